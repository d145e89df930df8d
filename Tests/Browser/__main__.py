"""Runs the tests of the admin UI in a browser: python Tests/Browser --unstick PATH [--screenshots DIR] [TEST …]"""

import argparse
import sys
import time
import unittest
from pathlib import Path

import harness


class Result(unittest.TextTestResult):
    """Takes screenshots of failed tests while their pages are open, and prints the duration of each test."""

    def startTest(self, test):
        self.began = time.monotonic()
        super().startTest(test)

    def addSuccess(self, test):
        self.stream.write(f"{time.monotonic() - self.began:5.1f} s  ")
        super().addSuccess(test)

    def _exc_info_to_string(self, error, test):
        """Without Playwright's log and the text of the page: the screenshot and the HTML have more detail."""
        return super()._exc_info_to_string(error, test).partition("\nCall log:")[0]

    def addFailure(self, test, error):
        self.keep_evidence(test)
        super().addFailure(test, error)

    def addSubTest(self, test, part, error):
        if error:
            self.keep_evidence(test)
        super().addSubTest(test, part, error)

    def addError(self, test, error):
        self.keep_evidence(test)
        super().addError(test, error)

    @staticmethod
    def keep_evidence(test):
        if isinstance(test, harness.BrowserTest):
            test.keep_evidence()


def main():
    parser = argparse.ArgumentParser(prog="Tests/Browser")
    parser.add_argument("--unstick", type=Path, required=True, help="the server")
    parser.add_argument("--screenshots", type=Path, required=True, help="where pictures go")
    parser.add_argument("tests", nargs="*", help="test_stuck, test_stuck.FewStuck, …; without one all of them")
    options = parser.parse_args()
    harness.binary = options.unstick.resolve()
    harness.shots = options.screenshots.resolve()
    harness.shots.mkdir(parents=True, exist_ok=True)
    for old in harness.shots.glob("failed-*"):
        old.unlink()

    loader = unittest.defaultTestLoader
    if options.tests:
        tests = loader.loadTestsFromNames(options.tests)
    else:
        tests = loader.discover(str(Path(__file__).parent), pattern="test_*.py")
    result = unittest.TextTestRunner(sys.stderr, verbosity=2, resultclass=Result).run(tests)
    failed = len(result.failures) + len(result.errors)
    sys.stderr.flush()
    print(f"{max(result.testsRun - failed, 0)} passed, {failed} failed", flush=True)
    # Without any test the result is not a success.
    return 0 if result.wasSuccessful() and result.testsRun > 0 else 1


sys.exit(main())
