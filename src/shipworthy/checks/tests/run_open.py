"""Says of suites whose answer is open what is missing: a yes, a package, a service, time, a command."""

from __future__ import annotations

from shipworthy.checks.tests.run_failed import idle
from shipworthy.facts.tests import Suite, SuiteRun, TestSuites
from shipworthy.facts.tests.consent import command_text
from shipworthy.model import PROJECT, Finding, Location, Severity
from shipworthy.text import plural


def not_run(suites: TestSuites, runs: tuple[SuiteRun, ...]) -> tuple[str, list[Finding]] | None:
    """(one line, findings) for suites of which nothing is known; None where every suite has run and reported."""
    rows = [(_open(row), row) for row in runs if not idle(row, runs)]
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
    elif row.state == "unread":
        message = f"`{command}` ended well and started no test runner whose results can be read."
        remedy = "Let the script start vitest, jest, mocha, ava or node --test itself, also with CI=true."
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
