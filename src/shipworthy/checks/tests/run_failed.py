"""Tells a test run that failed from one that lacked something on this machine, and says what failed."""

from __future__ import annotations

from shipworthy.facts.tests import Failure, SuiteRun
from shipworthy.facts.tests.consent import command_text
from shipworthy.model import PROJECT, Finding, Location
from shipworthy.text import plural

MAX_FINDINGS = 30


def failed_runs(runs: tuple[SuiteRun, ...]) -> list[Finding]:
    """A finding for every suite that failed, then for its failing tests. Empty where none failed."""
    found: list[Finding] = []
    for row in runs:
        if _failed(row) and not idle(row, runs):
            found.append(_suite(row))
            found += [_test(row, failure) for failure in row.failures if not _excused(failure)][:MAX_FINDINGS]
    return found


def _failed(row: SuiteRun) -> bool:
    if row.state == "no-results":
        return not _lacks_plugin(row)
    if row.state != "ran":
        return False
    if row.failed or row.errors:
        return not _all_excused(row)
    return row.passed == 0 or row.exit_code != 0


def idle(row: SuiteRun, runs: tuple[SuiteRun, ...]) -> bool:
    """A script that says it tests, in a package without any test file, beside suites that do."""
    return row.state == "no-results" and not row.suite.files and any(each.passed for each in runs)


def _all_excused(row: SuiteRun) -> bool:
    """Every failure known by name has its cause outside the project, and none went unnamed."""
    return len(row.failures) == row.failed + row.errors and all(_excused(each) for each in row.failures)


def _excused(failure: Failure) -> bool:
    return failure.unreachable or bool(failure.missing_module)


def _lacks_plugin(row: SuiteRun) -> bool:
    """pytest did not know an option of the project's own configuration: a plugin is not installed."""
    return row.suite.runner == "pytest" and row.exit_code == 4 and any("unrecognized arguments" in t for t in row.tail)


def _suite(row: SuiteRun) -> Finding:
    command = command_text(row.suite)
    where = row.suite.evidence[0] if row.suite.evidence else PROJECT
    bad = row.failed + row.errors
    if row.state == "no-results" or (bad == 0 and row.passed == 0):
        said = f" It said: {row.tail[-1]}" if row.tail else ""
        message = f"`{command}` ran no test (exit code {row.exit_code}).{said}"
        if row.state == "ran":
            message = f"`{command}` skipped every test: {row.skipped} of {row.skipped}."
        remedy = "Run the command yourself and read why it finds no test; 0 tests must not count as a success."
        rule = "no-test-ran"
    elif bad:
        first = f", first {row.failures[0].name}" if row.failures else ""
        message = f"`{command}`: {bad:,} of {plural(bad + row.passed, 'test')} failed{first}."
        remedy = "Fix the first failing test, or the code it checks, and run the command again."
        rule = "tests-fail"
    else:
        said = f" It said: {row.tail[-1]}" if row.tail else ""
        message = f"`{command}` ended with exit code {row.exit_code} although no test failed.{said}"
        remedy = (
            "Run the command yourself: a coverage limit, a warning turned error or a step after the tests fails it."
        )
        rule = "tests-exit-code"
    return Finding.at(where, rule, message, anchor=command, remedy=remedy)


def _test(row: SuiteRun, failure: Failure) -> Finding:
    path = next(
        (p for p in row.suite.files if failure.file and (failure.file == p or failure.file.endswith("/" + p))), None
    )
    return Finding.at(
        Location(path=path),
        "test-failed",
        f"{failure.name}: {failure.message or 'no message'}",
        anchor=failure.name,
        remedy="Decide which is wrong, the test or the code; never change the expected value to what the code gives.",
    )
