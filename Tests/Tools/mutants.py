#!/usr/bin/env python3
"""Plants known bugs one by one; each must turn a test red.

    make mutants
    mutants.py --only 'expired'     those whose name, or whose file's path, contains the text
    mutants.py --list

Each file of mutants/ is TOML, a list of:

    [[mutant]]
    name = "an expired token is accepted"
    file = "Sources/Access/Tokens/TokenVerifier.swift"
    find = '''now >= content.claims.expiresAt'''      # must occur exactly once
    replace = '''now < content.claims.expiresAt'''
    filter = "TokenVerifierTests"                    # of swift test --filter; a regular expression

A bug that needs several places has, after its own `find` and `replace`, one or more

    [[mutant.also]]
    file = "Sources/Access/Tokens/TokenHeader.swift" # the mutant's own when left out
    find = '''…'''
    replace = '''…'''

The work is done in a copy of the package (by default .build/mutants) that keeps its own build between runs. Every filter
must first pass without a mutant, with at least one test. A mutant that does not compile, or whose text is not found once, is
an error of the list, not a kill. A test run that ends by a crash or hangs for --timeout seconds is a kill.

Of the test targets only the one is built that holds the suite with which a filter begins: a mutant in a leaf would otherwise
rebuild the whole package, twice.
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib

TOOLS = pathlib.Path(__file__).resolve().parent
COPIED = ["Sources", "Tests", "public", "Config"]
RAN = re.compile(r"Test run with (\d+) tests?")
# Appended to the copy's manifest.
REDUCTION = """
// Reduced to one test target and what it needs.
var wanted: Set<String> = ["%s"]
for _ in package.targets {
    for target in package.targets where wanted.contains(target.name) {
        for case .byNameItem(let name, _) in target.dependencies { wanted.insert(name) }
    }
}
package.products = []
package.targets.removeAll { !wanted.contains($0.name) }
"""


class ListError(Exception):
    """The list of mutants is wrong, or the package is not green without them."""


def read_mutants(folder):
    mutants = []
    for path in sorted(folder.glob("*.toml")):
        for mutant in tomllib.loads(path.read_text(encoding="utf-8")).get("mutant", []):
            missing = {"name", "file", "find", "replace", "filter"} - set(mutant)
            if missing:
                raise ListError(f"{path.name}: {mutant.get('name', 'a mutant')} lacks {', '.join(sorted(missing))}")
            mutants.append(mutant)
    names = [mutant["name"] for mutant in mutants]
    if len(names) != len(set(names)):
        raise ListError("two mutants have one name")
    return mutants


def synchronise(source, target):
    """Makes `target` a copy of `source`; files that are equal are not touched, so that the build stays incremental."""
    if source.is_file():
        if not target.is_file() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            shutil.copymode(source, target)
        return
    target.mkdir(parents=True, exist_ok=True)
    names = {entry.name for entry in source.iterdir() if entry.name != "__pycache__"}
    for entry in target.iterdir():
        if entry.name not in names:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    for name in names:
        synchronise(source / name, target / name)


class Copy:
    """The package in which mutants are planted."""

    def __init__(self, package, directory, timeout):
        self.directory, self.timeout = directory, timeout
        self.manifest = (package / "Package.swift").read_text(encoding="utf-8")
        for name in COPIED:
            if (package / name).exists():
                synchronise(package / name, directory / name)

    def swift(self, *arguments):
        """Status (None: too long) and output; everything it started is ended with it."""
        process = subprocess.Popen(
            ["swift", *arguments], cwd=self.directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True)
        try:
            output, _ = process.communicate(timeout=self.timeout)
            return process.returncode, output
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            return None, output

    def build(self, name):
        """Builds the tests that the filter `name` selects."""
        target = self.target(name)
        manifest = self.manifest + REDUCTION % target if target else self.manifest
        path = self.directory / "Package.swift"
        if not path.exists() or path.read_text(encoding="utf-8") != manifest:
            path.write_text(manifest, encoding="utf-8")
        return self.swift("build", "--build-tests")

    def target(self, name):
        """The test target that holds the suite with which the filter begins; None when that is not clear."""
        suite = re.match(r"\w+", name)
        found = list((self.directory / "Tests").rglob(f"{suite[0]}.swift")) if suite else []
        return found[0].relative_to(self.directory / "Tests").parts[0] if len(found) == 1 else None

    def test(self, name):
        return self.swift("test", "--skip-build", "--filter", name)

    def check(self, filters):
        """Without a mutant everything must build and pass, and each filter must select something."""
        built = False
        for name in sorted(filters, key=lambda name: self.target(name) or ""):
            if built is False or self.target(name) != built:
                status, output = self.build(name)
                if status != 0:
                    raise ListError(f"the package does not build:\n{output[-3000:]}")
                built = self.target(name)
            status, output = self.test(name)
            if status != 0:
                raise ListError(f"--filter {name} fails without a mutant:\n{output[-3000:]}")
            if not any(int(count) for count in RAN.findall(output)):
                raise ListError(f"--filter {name} selects no test")

    def verdict(self, mutant):
        """`killed`, `survived` or what is wrong with the mutant."""
        originals, planted = {}, {}
        for edit in [mutant, *mutant.get("also", [])]:
            path = self.directory / edit.get("file", mutant["file"])
            if not path.is_file():
                return f"error: no file {path.name}"
            if path not in originals:
                originals[path] = planted[path] = path.read_text(encoding="utf-8")
            count = originals[path].count(edit["find"])
            if count != 1:
                return f"error: the text occurs {count} times"
            planted[path] = planted[path].replace(edit["find"], edit["replace"])
        for path, text in planted.items():
            path.write_text(text, encoding="utf-8")
        try:
            status, output = self.build(mutant["filter"])
            if status != 0:
                reason = next((line for line in output.splitlines() if "error:" in line), "")
                return f"error: does not compile {reason[-160:]}"
            status, output = self.test(mutant["filter"])
            if "Test run started" not in output:
                return f"error: the tests did not start {output[-160:]}"
            return "survived" if status == 0 else "killed" if status else "killed (hung)"
        finally:
            for path, text in originals.items():
                path.write_text(text, encoding="utf-8")


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="part of a name or of a file")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--package", type=pathlib.Path, default=TOOLS.parent.parent)
    parser.add_argument("--mutants", type=pathlib.Path, default=TOOLS / "mutants")
    parser.add_argument("--scratch", type=pathlib.Path, help="where the copy is kept (default: .build/mutants)")
    parser.add_argument("--timeout", type=float, default=900)
    options = parser.parse_args(arguments)
    try:
        mutants = [mutant for mutant in read_mutants(options.mutants) if options.only in mutant["name"] or options.only in mutant["file"]]
        if options.list or not mutants:
            print("\n".join(f"{mutant['name']}  ({mutant['file']})" for mutant in mutants) or "no mutants")
            return 0 if mutants else 1
        copy = Copy(options.package, options.scratch or options.package / ".build" / "mutants", options.timeout)
        print("without a mutant …", flush=True)
        copy.check({mutant["filter"] for mutant in mutants})
    except ListError as error:
        print(error, file=sys.stderr)
        return 1
    verdicts = []
    print("\n| mutant | verdict | seconds |\n|---|---|---:|", flush=True)
    for mutant in mutants:
        began = time.monotonic()
        verdicts.append(copy.verdict(mutant))
        print(f"| {mutant['name']} | {verdicts[-1]} | {time.monotonic() - began:.0f} |", flush=True)
    killed = sum(verdict.startswith("killed") for verdict in verdicts)
    print(f"\n{killed} of {len(mutants)} killed")
    return 0 if killed == len(mutants) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
