#!/usr/bin/env python3
"""The tools must be able to fail: the soak test on servers with bugs, the feature table, the mutants on a small package."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parent


def run(tool, *arguments, **environment):
    """Status and output of one of the tools."""
    result = subprocess.run(
        [sys.executable, TOOLS / tool, *map(str, arguments)], env={**os.environ, **environment}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return result.returncode, result.stdout


class SoakTests(unittest.TestCase):
    def soak(self, *arguments, **environment):
        return run("soak.py", "--server-binary", TOOLS / "stand_in.py", "--seed", 7, *arguments, **environment)

    def test_a_sound_server_passes(self):
        status, output = self.soak("--rounds", 4)
        self.assertEqual(status, 0, output)

    def test_a_bug_that_is_not_there_is_not_noticed(self):
        status, output = self.soak("--rounds", 1, "--expect-failure")
        self.assertEqual(status, 1, output)

    def test_synchronous_off_is_noticed_by_power_loss_alone(self):
        status, output = self.soak("--rounds", 5, "--mode", "power", "--expect-failure", TIDELINE_STORAGE_SYNCHRONOUS="OFF")
        self.assertEqual(status, 0, output)
        status, output = self.soak("--rounds", 2, "--mode", "kill", TIDELINE_STORAGE_SYNCHRONOUS="OFF")
        self.assertEqual(status, 0, output)

    def test_bugs_of_the_server_are_noticed(self):
        for bug in ("answer-first", "twice", "gap"):
            status, output = self.soak("--rounds", 20, "--expect-failure", STAND_IN_BUG=bug)
            self.assertEqual(status, 0, f"{bug}: {output}")


class FeatureTests(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)

    def features(self, source, *arguments):
        (self.path / "SomeTests.swift").write_text(source)
        return run("features.py", "--tests", self.path, *arguments)

    def test_one_test_proves_all_rows_it_names(self):
        _, output = self.features("@Test func `S4-3, S4-6 · the figures agree`() async throws {}")
        self.assertEqual(output.count("the figures agree"), 2)
        self.assertTrue(output.startswith("2 of "))

    def test_a_disabled_test_proves_nothing(self):
        _, output = self.features("@Test(.disabled(\"later\"))\nfunc `S4-3 · the figures`() {}")
        self.assertTrue(output.startswith("0 of "))

    def test_an_unknown_row_is_an_error(self):
        status, output = self.features("@Test func `S4-99 · something`() {}")
        self.assertEqual(status, 1)
        self.assertIn("S4-99", output)

    def test_a_stale_readme_is_noticed_and_written(self):
        readme = self.path / "README.md"
        readme.write_text("before\n<!-- features:begin -->\nold\n<!-- features:end -->\nafter\n")
        source = "@Test func `S4-5 · a posted event reaches every stream`() {}"
        self.assertEqual(self.features(source, "--check", readme)[0], 1)
        self.assertEqual(self.features(source, "--write", readme)[0], 0)
        self.assertEqual(self.features(source, "--check", readme)[0], 0)
        self.assertTrue(readme.read_text().startswith("before\n") and readme.read_text().endswith("\nafter\n"))


class MutantTests(unittest.TestCase):
    """On a package of one function, whose test knows only one side of it."""

    MANIFEST = (
        "// swift-tools-version: 6.2\nimport PackageDescription\nlet package = Package(name: \"small\", targets: "
        "[.target(name: \"Small\"), .testTarget(name: \"SmallTests\", dependencies: [\"Small\"])])\n")
    SOURCE = "public func limited(_ n: Int) -> Int {\n    if n > 9 { return 9 }\n    if n < 0 { return 0 }\n    return n\n}\n"
    TEST = "import Testing\nimport Small\n@Test func upper() { #expect(limited(10) == 9) }\n"
    MUTANT = "[[mutant]]\nname = \"{}\"\nfile = \"Sources/Small/Small.swift\"\nfind = '''{}'''\nreplace = '''{}'''\nfilter = \"upper\"\n"

    def test_killed_survived_and_wrong_mutants_are_told_apart(self):
        with tempfile.TemporaryDirectory() as name:
            base = pathlib.Path(name)
            for path, text in {
                "p/Package.swift": self.MANIFEST, "p/Sources/Small/Small.swift": self.SOURCE,
                "p/Tests/SmallTests/SmallTests.swift": self.TEST,
                "m/a.toml": self.MUTANT.format("no upper limit", "if n > 9 { return 9 }", "")
                + self.MUTANT.format("no lower limit", "if n < 0 { return 0 }", "")
                + self.MUTANT.format("not Swift", "return n\n", "return m\n")
                + self.MUTANT.format("not there", "return 8", "")
                + self.MUTANT.format("two places", "if n > 9", "if n > 8")
                + "[[mutant.also]]\nfind = 'return 9'\nreplace = 'return 8'\n",
            }.items():
                (base / path).parent.mkdir(parents=True, exist_ok=True)
                (base / path).write_text(text)
            status, output = run("mutants.py", "--package", base / "p", "--mutants", base / "m")
        self.assertEqual(status, 1, output)
        for line in ("| no upper limit | killed |", "| no lower limit | survived |", "| not Swift | error: does not compile",
                     "| not there | error: the text occurs 0 times |", "| two places | killed |", "2 of 5 killed"):
            self.assertIn(line, output)


if __name__ == "__main__":
    unittest.main(verbosity=1)
