"""Says what a test run that did not pass means: a failure of the project, or something this machine lacks."""

from __future__ import annotations

from shipworthy.facts.tests import Failure, Suite, SuiteRun, TestSuites
from shipworthy.facts.tests.consent import command_text
from shipworthy.model import PROJECT, Finding, Location, Severity
from shipworthy.text import plural

MAX_FINDINGS = 30


def failed_runs(runs: tuple[SuiteRun, ...]) -> list[Finding]:
    """A finding for every suite that failed, then for its failing tests. Empty where none failed."""
    found: list[Finding] = []
    for row in runs:
        if _failed(row) and not _idle(row, runs):
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


def _idle(row: SuiteRun, runs: tuple[SuiteRun, ...]) -> bool:
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


def not_run(suites: TestSuites, runs: tuple[SuiteRun, ...]) -> tuple[str, list[Finding]] | None:
    """(one line, findings) for suites of which nothing is known; None where every suite has run and reported."""
    rows = [(_open(row), row) for row in runs if not _idle(row, runs)]
    found = [finding for finding, _ in rows if finding]
    unclear = [_unclear(suite) for suite in suites.suites if suite.problem and not suite.browser]
    if suites.strays:
        unclear.append(stray(suites))
    if not found and not unclear:
        return None
    asks = [row for finding, row in rows if finding and row.state == "no-consent"]
    if asks:
        more = f" and {len(asks) - 1} more" if len(asks) > 1 else ""
        return f"not run yet: `{command_text(asks[0].suite)}`{more} needs your yes", [*found, *unclear]
    first = (found or unclear)[0]
    return first.message.rstrip("."), [*found, *unclear]


def _open(row: SuiteRun) -> Finding | None:
    command = command_text(row.suite)
    rule, severity = "cannot-run", Severity.MEDIUM
    if row.state == "no-consent":
        rule, severity = "consent-needed", Severity.INFO
        message = f"`{command}` was not run: it is the project's own code and needs your yes."
        remedy = "Press r in the coach, or start shipworthy check with --run-tests."
    elif row.state == "cannot-run":
        message, remedy = f"cannot run here: {row.note}.", row.remedy or "Run the tests in a pipeline."
    elif row.state == "stopped":
        rule, message = "run-stopped", f"`{command}` was stopped: {row.note}."
        remedy = "Run it yourself; split off slow tests, or let a pipeline of this commit be the proof."
    elif row.state == "no-results":
        said = next((line for line in row.tail if "unrecognized arguments" in line), "an option is not known")
        message = f"cannot run here: {said.removeprefix('__main__.py: ').removeprefix('error: ')}."
        remedy = "Install the pytest plugins the project's configuration names into its environment."
    elif row.failed or row.errors:
        missing = next((each.missing_module for each in row.failures if each.missing_module), "")
        count = plural(row.failed + row.errors, "test")
        if missing:
            message = f"cannot run here: {missing} is not installed in the project's environment ({count} need it)."
            remedy = "Install the project's dependencies from its lock file; check that the package really exists."
        else:
            rule = "needs-services"
            message = f"cannot run here: {count} need a service or the network ({row.failures[0].message[:80]})."
            remedy = "Let a pipeline that starts the service be the proof, or replace the service in tests."
    else:
        return None
    where = row.suite.evidence[0] if row.suite.evidence else PROJECT
    return Finding.at(where, rule, message, anchor=command, severity=severity, remedy=remedy)


def stray(suites: TestSuites) -> Finding:
    """Test files that no suite would run."""
    return Finding.at(
        Location(path=suites.strays[0] if suites.strays else None),
        "no-command",
        f"{plural(len(suites.strays), 'test file')} and no command that runs them.",
        anchor="no-command",
        severity=Severity.MEDIUM,
        remedy="Add the command to package.json (scripts.test) or to pyproject.toml ([tool.pytest.ini_options]).",
    )


def _unclear(suite: Suite) -> Finding:
    return Finding.at(
        suite.evidence[0] if suite.evidence else PROJECT,
        "no-command",
        f"{plural(len(suite.files), 'test file')} in {suite.folder} cannot be run: {suite.problem}.",
        anchor=f"{suite.runner} {suite.folder}",
        severity=Severity.MEDIUM,
        remedy="Add a script `test` to package.json that runs them once and ends.",
    )
