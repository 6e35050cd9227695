"""Judges whether the test suite exists, runs here and passes."""

from __future__ import annotations

from shipworthy.checks.base import Check, CheckContext
from shipworthy.checks.tests.run_failed import failed_runs
from shipworthy.checks.tests.run_open import not_run, stray
from shipworthy.facts import Facts
from shipworthy.facts.tests import SuiteRun, TestCases, TestRun, TestSuites
from shipworthy.facts.tests.consent import command_text
from shipworthy.model import PROJECT, Confidence, Finding, Outcome, Severity
from shipworthy.text import plural


class TestsPass(Check):
    """The project's own test command runs here and passes.

    A pass proves that every suite found was run after the user's yes, in a copy of the tree as git would hand it to
    somebody else, that each ended with exit code 0, and that its runner reported at least one passed test and none
    failed or broken. Evidence: the result files the runners wrote (JUnit XML, JSON), never the printed text. No
    test at all fails, once everything was readable.

    It cannot see whether the tests check anything (tests-assert), suites that need a browser, which are listed and
    not run, and tests in languages other than Python, JavaScript and TypeScript, which leave the answer unknown. A
    suite whose every failure is a service out of reach is unknown: a pipeline that has the service must say.
    """

    __test__ = False
    id = "tests-pass"
    needs = (TestCases, TestSuites, TestRun)
    depends_on = "run"

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        cases, suites, run = facts[TestCases], facts[TestSuites], facts[TestRun]
        looked_at = [line for row in run.runs for line in _evidence(row)]
        looked_at += [f"listed, not run: {s.runner} in {s.folder} ({s.problem})" for s in suites.suites if s.browser]
        if cases.count == 0 and not suites.suites:
            return _no_tests(cases, suites)
        bad = failed_runs(run.runs)
        if bad:
            return Outcome.failed(bad[0].message.rstrip("."), bad, looked_at)
        open_ends = not_run(suites, run.runs)
        if open_ends:
            summary, findings = open_ends
            asks = [row.ask for row in run.runs if row.ask is not None]
            return Outcome.unknown(summary, findings, looked_at=looked_at, asks=asks)
        passed = sum(row.passed for row in run.runs)
        skipped = sum(row.skipped for row in run.runs)
        if not run.runs or passed == 0:
            return Outcome.unknown("no suite could be run", [stray(suites)], looked_at=looked_at)
        looked_at.append(f"tree {run.tree[:16]}: {plural(cases.count, 'test')} seen in the files")
        words = f"{passed:,} passed" + (f", {skipped:,} skipped" if skipped else "")
        return Outcome.passed(f"{words}: {_commands(run.runs)}", looked_at, _remarks(suites, run.runs))


def _commands(runs: tuple[SuiteRun, ...]) -> str:
    first = command_text(runs[0].suite)
    return first if len(runs) == 1 else f"{first} and {len(runs) - 1} more"


def _evidence(row: SuiteRun) -> list[str]:
    """What one run rests on, in words."""
    if row.exit_code is None:
        return [f"{command_text(row.suite)}: {row.state}{': ' + row.note if row.note else ''}", *row.remarks]
    versions = ", ".join(f"{name} {version}" for name, version in row.versions.items())
    kept = {"namespaces": "kernel namespaces, no network", "guard": "in-process guard, no namespaces here"}
    counts = f"{row.passed} passed, {row.failed} failed, {row.errors} broken, {row.skipped} skipped"
    lines = [f"{command_text(row.suite)}: {counts}, exit {row.exit_code}, {row.seconds:.1f} s"]
    lines.append(f"run with {row.interpreter}; {versions}; sandbox: {kept.get(row.isolation, 'none')}")
    return lines + list(row.remarks)


def _no_tests(cases: TestCases, suites: TestSuites) -> Outcome:
    if cases.gaps or suites.gaps:
        return Outcome.unknown("no test found, but not everything could be read")
    finding = Finding.at(
        PROJECT,
        "no-tests",
        f"No test was found in {plural(cases.listed, 'file')}.",
        anchor="no-tests",
        remedy="Ask your assistant for tests of the three riskiest functions, with expected values written by you.",
    )
    return Outcome.failed("no test found", [finding], [f"{cases.looked_at:,} of {cases.listed:,} files looked into"])


def _remarks(suites: TestSuites, runs: tuple[SuiteRun, ...]) -> list[Finding]:
    """What a person should know although all passed: other suites, settings that hide tests, files nothing runs."""
    found = [
        Finding.at(
            suite.evidence[0] if suite.evidence else PROJECT,
            "suite-listed",
            f"{plural(len(suite.files), 'test file')} for {suite.runner} in {suite.folder}: not run here.",
            anchor=f"{suite.runner} {suite.folder}",
            severity=Severity.INFO,
            confidence=Confidence.REVIEW,
        )
        for suite in suites.suites
        if suite.browser
    ]
    for row in runs:
        found += [
            Finding.at(
                row.suite.evidence[0] if row.suite.evidence else PROJECT,
                "run-remark",
                f"{command_text(row.suite)}: {remark}.",
                anchor=remark,
                severity=Severity.LOW,
                confidence=Confidence.REVIEW,
            )
            for remark in row.remarks
        ]
    return found
