#!/usr/bin/env python3
"""The feature table: each row of the requirements, and the test that proves it.

    features.py                    prints the table as Markdown
    features.py --check README.md  compares it with the README, between the two markers; status 1 when they differ
    features.py --write README.md  puts it there

A test proves the rows that its name begins with: `S4-5 · a posted event reaches every stream`, or `S4-3, S4-6 · …`. A row
without such a test is printed as missing, a disabled test proves nothing, and a row that nobody asked for is an error.
"""

import argparse
import pathlib
import re
import sys

TOOLS = pathlib.Path(__file__).resolve().parent
BEGIN, END = "<!-- features:begin -->", "<!-- features:end -->"
GROUPS = {
    "S4": "Live workspace analytics",
    "S0": "Channel activity, unread and mentions",
    "S1": "User activity feed",
    "S2": "Message analytics",
    "S3": "Live activity stream",
}
ROW = r"S\d-F?\d+"
TEST = re.compile(rf"@Test(?P<traits>[^`{{}}]*?)\bfunc\s+`(?P<rows>{ROW}(?:,\s*{ROW})*) · (?P<name>[^`]+)`")


def read_rows(path=TOOLS / "acceptance-rows.txt"):
    """The rows in their order: id -> what."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split(" ", 1) for line in lines if line and not line.startswith("#"))


def read_tests(folder):
    """Row id -> names of the tests that prove it."""
    proofs = {}
    for path in sorted(folder.rglob("*.swift")):
        for match in TEST.finditer(path.read_text(encoding="utf-8")):
            if ".disabled" in match["traits"]:
                continue
            for row in re.split(r",\s*", match["rows"]):
                proofs.setdefault(row, []).append(match["name"])
    return proofs


def table(rows, proofs):
    """The Markdown of all groups, and a first line that counts."""
    proved = sum(row in proofs for row in rows)
    lines = [f"{proved} of {len(rows)} rows have a test over the running server."]
    for group, title in GROUPS.items():
        members = [row for row in rows if row.startswith(group + "-")]
        done = sum(row in proofs for row in members)
        lines += ["", f"**{title}** ({done} of {len(members)})", "", "| row | what | test |", "|---|---|---|"]
        for row in members:
            tests = "<br>".join(name.replace("|", "\\|") for name in proofs.get(row, [])) or "**missing**"
            lines.append(f"| {row} | {rows[row].replace('|', '/')} | {tests} |")
    return "\n".join(lines)


def section(text):
    """Where the table lies in a README: the positions after the first marker and before the second."""
    begin, end = text.find(BEGIN), text.find(END)
    if begin < 0 or end < begin:
        raise SystemExit(f"the file has no {BEGIN} … {END}")
    return begin + len(BEGIN), end


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--write", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--tests", type=pathlib.Path, default=TOOLS.parent / "IntegrationTests")
    options = parser.parse_args(arguments)
    rows, proofs = read_rows(), read_tests(options.tests)
    unknown = sorted(set(proofs) - set(rows))
    if unknown:
        print(f"tests name rows that do not exist: {', '.join(unknown)}", file=sys.stderr)
        return 1
    text = table(rows, proofs)
    if not (options.check or options.write):
        print(text)
        return 0
    path = options.check or options.write
    readme = path.read_text(encoding="utf-8")
    begin, end = section(readme)
    if options.write:
        path.write_text(readme[:begin] + "\n" + text + "\n" + readme[end:], encoding="utf-8")
        return 0
    if readme[begin:end].strip() != text:
        print(f"{path}: the feature table is not what the tests say; run features.py --write {path}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
