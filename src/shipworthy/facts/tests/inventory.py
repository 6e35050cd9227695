"""The inventory of tests as JSON-shaped data, for `shipworthy facts tests`."""

from __future__ import annotations

from typing import Any

from shipworthy.facts.tests.kinds import Skip, Suite, SuiteRun, TestCases, TestRun, TestSuites
from shipworthy.facts.tests.quote import masked


def inventory(suites: TestSuites, cases: TestCases, run: TestRun | None = None) -> dict[str, Any]:
    """Suites with their commands, test files with counts, every skip, and (after a run) the evidence bundle.

    Reasons and names are masked; lines are 1-based; `run` is None where nothing was asked to run.
    """
    return {
        "suites": [_suite(suite) for suite in suites.suites],
        "files_without_a_suite": list(suites.strays),
        "tests": cases.count,
        "files": [
            {
                "path": file.path,
                "language": file.language,
                "frameworks": list(file.frameworks),
                "tests": [
                    {"name": masked(test.name, 160), "line": test.location.line, "disabled": test.disabled}
                    for test in file.tests
                ],
            }
            for file in cases.files
        ],
        "skips": [_skip(skip) for skip in cases.skips],
        "deleted_lately": [{"path": skip.name, "commit": skip.location.commit} for skip in cases.history],
        "run": None if run is None else {"tree": run.tree, "suites": [_run(row) for row in run.runs]},
        "not_understood": [
            {"path": gap.path, "line": gap.line, "reason": gap.reason}
            for gap in dict.fromkeys([*cases.gaps, *suites.gaps, *(run.gaps if run else ())])
        ],
    }


def _suite(suite: Suite) -> dict[str, Any]:
    return {
        "runner": suite.runner,
        "component": suite.component,
        "folder": suite.folder,
        "command": masked(suite.shown, 300),
        "scripts": [masked(each, 300) for each in suite.script],
        "evidence": [f"{place} {masked(words, 300)}" for place, words in zip(suite.evidence, suite.why, strict=False)],
        "files": len(suite.files),
        "browser": suite.browser,
        "problem": suite.problem,
    }


def _skip(skip: Skip) -> dict[str, Any]:
    return {
        "kind": skip.kind.value,
        "name": masked(skip.name, 160),
        "path": skip.location.path,
        "line": skip.location.line,
        "how": skip.how,
        "covers": skip.covers,
        "reason": masked(skip.reason, 300),
        "reference": skip.reference,
        "until": skip.until,
        "condition": masked(skip.condition, 200),
    }


def _run(row: SuiteRun) -> dict[str, Any]:
    return {
        "runner": row.suite.runner,
        "command": masked(row.suite.shown, 300),
        "state": row.state,
        "note": row.note,
        "passed": row.passed,
        "failed": row.failed,
        "errors": row.errors,
        "skipped": row.skipped,
        "skipped_names": list(row.skipped_names),
        "failures": [{"name": each.name, "message": each.message} for each in row.failures],
        "exit_code": row.exit_code,
        "seconds": row.seconds,
        "versions": dict(row.versions),
        "sandbox": row.isolation,
        "interpreter": row.interpreter,
        "remarks": list(row.remarks),
    }
