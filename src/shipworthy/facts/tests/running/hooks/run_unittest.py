"""Runs `unittest` or a Django `manage.py test` in the project's interpreter and writes what it said as JSON.

Called as `python run_unittest.py RESULTS-FOLDER unittest ARGS...` or `... manage.py test ARGS...`. Standard library
only, and nothing newer than Python 3.8: it runs in whatever interpreter the project has.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import unittest

_results = sys.argv[1]
_written = [0]
_run = unittest.TextTestRunner.run


def _row(pair: tuple[unittest.TestCase, str]) -> dict[str, str]:
    test, said = pair
    lines = [line for line in str(said).splitlines() if line.strip()]
    return {"name": str(test)[:300], "message": (lines[-1] if lines else "")[:2000]}


def _recording(self: unittest.TextTestRunner, test: unittest.TestSuite | unittest.TestCase) -> unittest.TestResult:
    result = _run(self, test)
    _written[0] += 1
    rows = {
        "shipworthy": "unittest",
        "run": result.testsRun,
        "failed": [_row(pair) for pair in result.failures][:500],
        "errors": [_row(pair) for pair in result.errors][:500],
        "failed_count": len(result.failures),
        "error_count": len(result.errors),
        "unexpected": [str(each)[:300] for each in getattr(result, "unexpectedSuccesses", [])],
        "expected": len(getattr(result, "expectedFailures", [])),
        "skipped": [str(pair[0])[:300] for pair in result.skipped][:2000],
        "skipped_count": len(result.skipped),
    }
    path = os.path.join(_results, f"unittest-{os.getpid()}-{_written[0]}.json")
    with open(path, "w", encoding="utf-8", errors="replace") as stream:
        json.dump(rows, stream)
    return result


unittest.TextTestRunner.run = _recording  # type: ignore[method-assign,assignment]  # to record is its purpose
sys.argv = sys.argv[2:]
sys.path[0] = os.getcwd()
if sys.argv[0] == "unittest":
    runpy.run_module("unittest", run_name="__main__", alter_sys=True)
else:
    runpy.run_path(sys.argv[0], run_name="__main__")
