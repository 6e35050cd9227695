"""Reading decisions strictly, and what a person may say about which item."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from shipworthy.checklist import load
from shipworthy.decisions import DecisionsError, propose, read
from shipworthy.model import Decides, Decision, DecisionKind, Item, OutcomeKind
from shipworthy.settle import why_not

FILE = ".shipworthy/decisions.toml"
NOW = datetime(2026, 11, 22, 12, 0, 0, 5, tzinfo=UTC)
TODAY = NOW.date()
GOOD = """\
[items.routes-protected]
decision = "attested"
by = "ada@example.org"
at = 2026-11-22T12:00:00Z
reason = "I went through the list."
evidence = "docs/x.md"
expires = 2027-02-20
findings = ["00ff"]

[items.routes-protected.subjects]
"docs/x.md" = "{digest}"
""".format(digest="a" * 64)
ATTESTED, WAIVED = DecisionKind.ATTESTED, DecisionKind.WAIVED


def test_a_good_file() -> None:
    assert read(GOOD.encode(), FILE) == {
        "routes-protected": Decision(
            item="routes-protected",
            kind=ATTESTED,
            by="ada@example.org",
            at=datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
            reason="I went through the list.",
            evidence="docs/x.md",
            expires=date(2027, 2, 20),
            findings=("00ff",),
            subjects={"docs/x.md": "a" * 64},
        )
    }


@pytest.mark.parametrize("text", ["", "# nothing said yet\n", "schema = 1\n", "[items]\n"])
def test_nothing_said(text: str) -> None:
    assert read(text.encode(), FILE) == {}


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "words"),
    [
        ("2027-02-20", "2027-02-30", 7, "", "not valid TOML"),
        ("2027-02-20", '"2027-02-20"', 7, "items.routes-protected.expires", "must be a date"),
        ("2027-02-20", '"next year"', 7, "items.routes-protected.expires", "must be a date"),
        ("2027-02-20", "2027-02-20T00:00:00Z", 7, "items.routes-protected.expires", "is a date and time"),
        ("2027-02-20", "9999", 7, "items.routes-protected.expires", "is 9999"),
        ("2026-11-22T12:00:00Z", "2026-11-22", 4, "items.routes-protected.at", "is a date"),
        ("2026-11-22T12:00:00Z", "2026-11-22T12:00:00", 4, "items.routes-protected.at", "without its zone"),
        ("2026-11-22T12:00:00Z", "0001-01-01T00:00:00+23:59", 4, "items.routes-protected.at", "no moment"),
        ("2026-11-22T12:00:00Z", "true", 4, "items.routes-protected.at", "is true"),
        ('"attested"', '"approved"', 2, "items.routes-protected.decision", 'Use attested or waived'),
        ('decision = "attested"\n', "", 1, "items.routes-protected", "`decision` is missing"),
        ('by = "ada@example.org"\n', "", 1, "items.routes-protected", "`by` is missing"),
        ('"ada@example.org"', '"ada\\nboss"', 3, "items.routes-protected.by", "line break"),
        ('"ada@example.org"', '" "', 3, "items.routes-protected.by", "is empty"),
        ('"I went through the list."', '""', 5, "items.routes-protected.reason", "is empty"),
        ('"I went through the list."', "17", 5, "items.routes-protected.reason", "must be a text"),
        ('"I went through the list."', '"' + "x" * 20_001 + '"', 5, "items.routes-protected.reason", "20,001"),
        ('["00ff"]', '"00ff"', 8, "items.routes-protected.findings", "must be a list"),
        ('["00ff"]', '["00ff", 7]', 8, "items.routes-protected.findings.#2", "must be a text"),
        ('["00ff"]', '["00ff"]\nnot_applicable = true', 9, "items.routes-protected.not_applicable", "only be waived"),
        ('["00ff"]', '["00ff"]\nnot_applicable = 1', 9, "items.routes-protected.not_applicable", "true or false"),
        ('["00ff"]', '["00ff"]\nexpire = 2027-01-01', 9, "items.routes-protected.expire", "Did you mean expires?"),
        ("a" * 64, "a" * 63, 11, "items.routes-protected.subjects.docs/x.md", "64 hex"),
        ("a" * 64, "A" * 64, 11, "items.routes-protected.subjects.docs/x.md", "64 hex"),
        ("items.routes-protected", "items.Routes_Protected", 1, "items.Routes_Protected", "no item's id"),
        ("[items.routes-protected]\n", "schema = 2\n[items.routes-protected]\n", 1, "schema", "schema 2"),
        (GOOD, "items = 3\n", 1, "items", "must be a table"),
        ("[items.routes-protected]\n", "item = 1\n[items.routes-protected]\n", 1, "item", "Did you mean items?"),
        ("[items.routes-protected.subjects]", "[items.routes-protected]", 10, "", "stands in the file twice"),
        ("[items.routes-protected.subjects]", "[items.other]", 10, "items.other", "`decision` is missing"),
    ],
)  # fmt: skip
def test_one_bad_decision_and_nothing_counts(old: str, new: str, line: int, key: str, words: str) -> None:
    assert old in GOOD
    with pytest.raises(DecisionsError) as caught:
        read(GOOD.replace(old, new, 1).encode(), FILE)
    problem = caught.value.problem
    assert (problem.file, problem.line, problem.key) == (FILE, line, key)
    assert words in str(problem)
    assert problem.remedy


def item(decides: Decides = Decides.BOTH, *, check: str | None = "routes-protected", attest: str = "I looked.") -> Item:
    return replace(
        load("production").item("routes-protected"), decides=decides, check=check, attest=attest, not_applicable="No."
    )


def said(about: Item, kind: DecisionKind, outcome: OutcomeKind | None, **changes: object) -> Decision:
    words: dict[str, object] = {
        "by": "ada@example.org",
        "reason": " I looked at every route. ",
        "evidence": "docs/routes.md",
        "expires": TODAY + timedelta(days=90),
        "findings": ("b", "a", "b"),
        "subjects": {"docs/routes.md": "a" * 64},
        "now": NOW,
        "max_days": 180,
    }
    return propose(about, kind, outcome=outcome, **(words | changes))  # type: ignore[arg-type] # a table of words


@pytest.mark.parametrize(
    ("decides", "outcome", "attest", "waive"),
    [
        (Decides.MACHINE, OutcomeKind.PASS, False, False),
        (Decides.MACHINE, OutcomeKind.FAIL, False, True),
        (Decides.MACHINE, OutcomeKind.UNKNOWN, False, True),
        (Decides.MACHINE, OutcomeKind.NEEDS_YOU, False, True),
        (Decides.MACHINE, OutcomeKind.NOT_APPLICABLE, False, False),
        (Decides.BOTH, OutcomeKind.PASS, True, True),
        (Decides.BOTH, OutcomeKind.FAIL, False, True),
        (Decides.BOTH, OutcomeKind.UNKNOWN, True, True),
        (Decides.BOTH, OutcomeKind.NEEDS_YOU, True, True),
        (Decides.BOTH, OutcomeKind.NOT_APPLICABLE, False, False),
        (Decides.BOTH, None, False, False),
    ],
)
def test_who_may_say_what_about_a_checked_item(
    decides: Decides, outcome: OutcomeKind | None, attest: bool, waive: bool
) -> None:
    for kind, may in ((ATTESTED, attest), (WAIVED, waive)):
        if may:
            decision = said(item(decides), kind, outcome)
            assert why_not(decision, item(decides), outcome, ["a", "b"], TODAY, dict(decision.subjects)) is None
        else:
            with pytest.raises(DecisionsError, match="routes-protected: ") as caught:
                said(item(decides), kind, outcome)
            assert caught.value.diagnostics


@pytest.mark.parametrize("decides", Decides)
def test_an_item_no_machine_judges_is_a_persons(decides: Decides) -> None:
    for kind in DecisionKind:
        assert said(item(decides, check=None), kind, None).kind is kind
    with pytest.raises(DecisionsError, match="nobody can attest"):
        said(item(decides, check=None, attest=""), ATTESTED, None)


def test_what_is_made_of_it() -> None:
    decision = said(item(), ATTESTED, OutcomeKind.PASS, now=NOW.astimezone(timezone(timedelta(hours=9))))
    assert decision.at == NOW.replace(microsecond=0)
    assert decision.at.tzinfo is UTC
    assert decision.reason == "I looked at every route."
    assert decision.findings == ("b", "a")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": " \n"}, "no reason"),
        ({"reason": "x" * 20_001}, "20,000"),
        ({"reason": "\ud800"}, "not Unicode"),
        ({"reason": "I looked\x1b[2K"}, "what you say holds a character that cannot be seen, \u241b as its 9th"),
        ({"reason": "a\x00"}, "cannot be seen, \u2400 as its 2nd"),
        ({"reason": "a\x9b31m"}, "cannot be seen, <9B>"),
        ({"reason": "a\u202eb"}, "cannot be seen, <U.202E>"),
        ({"evidence": "docs/\x07x.md"}, "the evidence holds a character that cannot be seen, \u2407 as its 6th"),
        ({"by": ""}, "not known who"),
        ({"by": "ada\nboss"}, "no name or address"),
        ({"expires": TODAY}, "not lie in the future"),
        ({"expires": TODAY - timedelta(days=1)}, "not lie in the future"),
        ({"expires": TODAY + timedelta(days=181)}, "180 days at most, until 2027-05-21"),
        ({"subjects": {"../x": "a" * 64}}, "its path in the repository"),
        ({"subjects": {"/etc/x": "a" * 64}}, "its path in the repository"),
        ({"subjects": {"x": "a"}}, "its path in the repository"),
        ({"subjects": {"\udcff": "a" * 64}}, "not Unicode"),
        ({"evidence": "", "subjects": {}}, "what you looked at"),
        ({"not_applicable": True}, "waived, not attested"),
        ({"findings": [str(number) for number in range(10_001)]}, "too many findings"),
    ],
)
def test_what_would_not_count_is_not_made(changes: dict[str, object], words: str) -> None:
    with pytest.raises(DecisionsError, match=words) as caught:
        said(item(), ATTESTED, OutcomeKind.UNKNOWN, **changes)
    assert caught.value.problem.key == "routes-protected"


@pytest.mark.parametrize("reason", ["Two\nlines,\r\none\ttab.", "Grün \U0001f468\u200d\U0001f469 und so."])
def test_what_people_type_is_taken_as_it_is(reason: str) -> None:
    assert said(item(), ATTESTED, OutcomeKind.PASS, reason=reason).reason == reason


def test_not_applicable_only_where_the_item_can_be() -> None:
    assert said(item(), WAIVED, OutcomeKind.FAIL, not_applicable=True).not_applicable
    always = replace(item(), not_applicable="")
    with pytest.raises(DecisionsError, match="applies to every project"):
        said(always, WAIVED, OutcomeKind.FAIL, not_applicable=True)
    with pytest.raises(ValueError, match="time zone"):
        said(item(), WAIVED, OutcomeKind.FAIL, now=NOW.replace(tzinfo=None))


def test_the_last_day_allowed_is_allowed() -> None:
    assert said(item(), ATTESTED, OutcomeKind.PASS, expires=TODAY + timedelta(days=180)).expires == date(2027, 5, 21)
