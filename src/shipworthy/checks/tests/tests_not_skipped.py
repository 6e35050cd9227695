"""Judges whether tests are quietly disabled."""

from __future__ import annotations

from shipworthy.checks.base import Check, CheckContext
from shipworthy.checks.tests.skip_words import lacks_reason, remedy
from shipworthy.facts import Facts
from shipworthy.facts.tests import Skip, SkipKind, TestCases
from shipworthy.facts.tests.quote import quote
from shipworthy.model import Confidence, Finding, Outcome, Severity
from shipworthy.text import plural

_NEVER_RUNS = (SkipKind.SKIP, SkipKind.XFAIL, SkipKind.COMMENTED_OUT)
_COUNTED = {
    SkipKind.CONDITIONAL: "run only under a condition",
    SkipKind.STRICT_XFAIL: "must fail (strict xfail)",
    SkipKind.DYNAMIC: "marked at run time",
}
MAX_FINDINGS = 200


class TestsNotSkipped(Check):
    """No test is disabled without saying why.

    A pass proves that at least one test was seen, that no file keeps all tests but one from running (`only`), and
    that each test which never runs, or whose failure is ignored, says why beside it. A reason that speaks of a fault
    or of coming back ("flaky", "TODO", "for now") counts only with an issue or a date, and not after its own
    "until". Tests that run under a condition (platform, version, optional package) and strict xfails pass; a
    condition that is true in every pipeline is a skip. Evidence: the syntax trees of all Python, JavaScript and
    TypeScript test files, and git for emptied ones.

    It cannot see tests disabled by a plugin, by command-line options, or by a helper in another file, nor a test
    that was weakened and not disabled.
    """

    __test__ = False
    id = "tests-not-skipped"
    needs = (TestCases,)

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        cases = facts[TestCases]
        today = context.outside.now.date().isoformat()
        judged = [(skip, _judge(skip, today)) for skip in cases.skips]
        bad = sorted((f for _, f in judged if f), key=lambda finding: finding.rule != "test-only")
        remarks = [_remark(skip) for skip, finding in judged if finding is None and _is_remark(skip)]
        remarks += [_deleted(skip) for skip in cases.history]
        seen = f"{plural(cases.count, 'test')} in {plural(len(cases.files), 'file')}"
        looked_at = [seen, *_counts(cases)]
        if bad:
            more = f" and {len(bad) - 1:,} more" if len(bad) > 1 else ""
            what = "runs only itself" if bad[0].rule == "test-only" else "is disabled without a reason that holds"
            return Outcome.failed(f"{bad[0].location} {what}{more}", [*bad, *remarks][:MAX_FINDINGS], looked_at)
        if cases.count == 0:
            words = f"{plural(cases.listed, 'file')} listed, {cases.looked_at:,} looked into: no test in them"
            return Outcome.not_applicable("no tests (see tests-pass)", [words])
        return Outcome.passed(f"{seen}, 0 skipped without reason", looked_at, remarks[:MAX_FINDINGS])


def _judge(skip: Skip, today: str) -> Finding | None:
    """The finding for a skip that nothing explains; None for one that may stand."""
    if skip.kind is SkipKind.ONLY:
        return Finding.at(
            skip.location,
            "test-only",
            f"`{skip.how}` makes the runner leave out every other test beside {quote(skip.name)}.",
            anchor=f"{skip.how} {skip.name}",
            remedy=f"Change `{skip.how}` back and run the whole file; add a lint rule that forbids it.",
        )
    if skip.kind is SkipKind.EMPTIED:
        return Finding.at(
            skip.location,
            "test-file-emptied",
            f"{quote(skip.name)} is named like a test and held one once; now it is empty ({skip.how}).",
            anchor="emptied",
            remedy="Restore the tests (git log -p shows them), or delete the file and say why in the commit.",
        )
    never = skip.kind in _NEVER_RUNS or skip.off_in_ci
    if not never:
        return None
    lacks = lacks_reason(skip, today)
    if not lacks:
        return None
    many = f" ({plural(skip.covers, 'test')})" if skip.group and skip.covers > 1 else ""
    what = {
        SkipKind.XFAIL: "may fail without anybody noticing",
        SkipKind.COMMENTED_OUT: "is commented out",
        SkipKind.CONDITIONAL: "is skipped in every pipeline run",
    }.get(skip.kind, "never runs")
    return Finding.at(
        skip.location,
        "test-xfail" if skip.kind is SkipKind.XFAIL else "test-skipped",
        f"{quote(skip.name)} {what}{_by(skip)}{many} and {lacks}.",
        anchor=f"{skip.kind} {skip.name}",
        severity=Severity.MEDIUM if skip.says_why else Severity.HIGH,
        confidence=Confidence.LIKELY if skip.kind is SkipKind.COMMENTED_OUT else Confidence.CERTAIN,
        remedy=remedy(skip),
    )


def _by(skip: Skip) -> str:
    return "" if skip.kind is SkipKind.COMMENTED_OUT else f" (`{skip.how}`)"


def _is_remark(skip: Skip) -> bool:
    return skip.kind in (*_NEVER_RUNS, SkipKind.TODO) or skip.off_in_ci


def _remark(skip: Skip) -> Finding:
    todo = skip.kind is SkipKind.TODO
    return Finding.at(
        skip.location,
        "test-todo" if todo else "test-skipped-with-reason",
        f"{quote(skip.name)} {'is planned and not written' if todo else 'is off: ' + quote(skip.reason)}.",
        anchor=f"{skip.kind} {skip.name}",
        severity=Severity.LOW,
        confidence=Confidence.REVIEW,
        remedy="Write the test." if todo else "Look at it once more before the release.",
    )


def _deleted(skip: Skip) -> Finding:
    return Finding.at(
        skip.location,
        "test-file-deleted",
        f"A commit of the last 30 days deleted {quote(skip.name)} and no other code with it.",
        anchor=skip.name,
        severity=Severity.LOW,
        confidence=Confidence.REVIEW,
        remedy="Read that commit: was the feature removed, or the test moved? Else restore it from git.",
    )


def _counts(cases: TestCases) -> list[str]:
    """How many skips of each other kind there are, in words."""
    counted = [(sum(1 for each in cases.skips if each.kind is kind), words) for kind, words in _COUNTED.items()]
    return [f"{number:,} {words}" for number, words in counted if number]
