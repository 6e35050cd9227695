"""Changing one decision in the text: nothing else in it changes, whatever it holds and however it is laid out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from decision_samples import AT, BASE, BY_HAND, FILE, parsed
from hypothesis import given, settings
from hypothesis import strategies as st

from shipworthy.decisions import DecisionsError, read, record, remove
from shipworthy.decisions.edit import with_decision, without
from shipworthy.model import Decision, DecisionKind


def texts(most: int = 200) -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=most).filter(
        lambda text: text.strip()
    )


names = st.from_regex(r"[a-z0-9]{1,6}(-[a-z0-9]{1,6}){0,3}", fullmatch=True)
line = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(
    lambda text: text.strip()
)
digest = st.text("0123456789abcdef", min_size=64, max_size=64)


@st.composite
def decisions(draw: st.DrawFn) -> Decision:
    kind = draw(st.sampled_from(DecisionKind))
    return Decision(
        item=draw(names),
        kind=kind,
        by=draw(line),
        at=draw(st.datetimes(datetime(1971, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))),
        reason=draw(texts()),
        evidence=draw(st.one_of(st.just(""), texts())),
        expires=draw(st.none() | st.dates()),
        findings=tuple(draw(st.lists(line, max_size=8))),
        subjects=draw(st.dictionaries(texts(30), digest, max_size=4)),
        not_applicable=kind is DecisionKind.WAIVED and draw(st.booleans()),
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(decisions(), min_size=1, max_size=5), st.data())
def test_what_is_recorded_is_read_again_and_nothing_else_changes(said: list[Decision], data: st.DataObject) -> None:
    text, expected = BY_HAND, parsed(BY_HAND)
    for decision in said:
        text = with_decision(text, decision)
        expected[decision.item] = decision
        assert parsed(text) == expected
    gone = data.draw(st.sampled_from(sorted(expected)))
    text = without(text, gone)
    del expected[gone]
    assert parsed(text) == expected
    for item, body in (("lockfile", "# asked Grace first"), ("spend-alert", 'reason = "Budget alarm at 50 euros."')):
        if item not in {each.item for each in said} | {gone}:
            assert body in text
    assert "# What Ada said in the meeting of 20 November:" in text
    assert text.count("# end of file") == 1


@settings(max_examples=25, deadline=None)
@given(decisions(), decisions())
def test_a_decision_replaces_the_one_about_the_same_item(first: Decision, second: Decision) -> None:
    second = replace(second, item=first.item)
    text = with_decision(BY_HAND, first)
    assert parsed(with_decision(text, second)) == parsed(BY_HAND) | {first.item: second}
    assert with_decision(with_decision(text, second), second) == with_decision(text, second)


def test_comments_and_formatting_survive_a_change() -> None:
    new = replace(
        parsed(BY_HAND)["lockfile"], reason="Still a prototype.", expires=date(2027, 3, 1), evidence="plan.md"
    )
    text = with_decision(BY_HAND, new)
    assert text == BY_HAND.replace('"""Prototype:\nno lock yet."""', '"Still a prototype."').replace(
        "expires = 2027-01-01", "expires = 2027-03-01"
    ).replace("# the missing lock\n]\n", '# the missing lock\n]\nevidence = "plan.md"\n')


def test_taking_back_leaves_the_comment_above_the_next_one() -> None:
    text = without(BY_HAND, "lockfile")
    assert text.startswith(
        "# Decisions of the todo app.\n\n# What Ada said in the meeting of 20 November:\n[items.spend-alert]"
    )
    assert "Grace" not in text
    assert without(text, "lockfile") == text
    assert without(BY_HAND, "spend-alert") == BY_HAND[: BY_HAND.index("[items.spend-alert]")] + "\n# end of file\n"


REST = 'decision = "waived"\nby = "x"\nat = 2026-01-01T00:00:00Z\nreason = "r"\n'
INLINE = REST.strip().replace("\n", ", ")
LAYOUTS = {
    "inline": f"items.a = {{{INLINE}}} # one\nitems.b = {{{INLINE}}}\n",
    "dotted": "[items]\na." + REST.strip().replace("\n", "\n# between\na.") + f"\n[items.b]\n{REST}",
    "dotted subjects": f"[items.a]\n{REST}subjects.f = '{'0' * 64}'\n",
    "out of order": f"[items.a.subjects]\nf = '{'0' * 64}'\n[items.b]\n{REST}[items.a]\n{REST.strip()}",
    "quoted keys": "['items'.\"a\"]\n" + REST.replace("by", "'by'").replace("T00", " 00"),
}


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_other_layouts_are_changed_or_refused_but_never_corrupted(text: str, tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_text(text)
    before = parsed(text)
    for item in ("a", "c"):
        decision = replace(BASE, item=item)
        try:
            record(path, decision)
        except DecisionsError:
            assert path.read_text() == text
        else:
            assert parsed(path.read_text()) == before | {item: decision}
            assert remove(path, item)
            assert parsed(path.read_text()) == {key: value for key, value in before.items() if key != item}
            path.write_text(text)


@pytest.mark.parametrize(
    "text",
    ['items = { a = { decision = "waived", by = "x", at = 2026-01-01T00:00:00Z, reason = "r" } }\n'],
)
def test_an_inline_table_of_all_items_is_refused_and_kept(text: str, tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(DecisionsError, match=r"inline|not valid|without changing"):
        record(path, replace(BASE, item="a"))
    with pytest.raises(DecisionsError):
        record(path, BASE)
    with pytest.raises(DecisionsError, match="inline"):
        remove(path, "a")
    assert path.read_text() == text


@pytest.mark.parametrize(
    "reason",
    [
        "two\nlines",
        "\r\n",
        "quotes \" ' \"\"\" '''",
        "back\\slash \\u0041 \\",
        "\x00\x01\x1b[31m\x7f\x9b",
        "bidi \u202e and \u2028 \ufeff",
        "]\n[items.other]\ndecision = 'attested'",
        "x" * 10_000,
        "a." * 40 + "b",
        "\U0001f600 ünïcode",
    ],
    ids=["newline", "blank-crlf", "quotes", "backslash", "controls", "bidi", "injection", "10k", "dots", "emoji"],
)
def test_hostile_text_is_data(reason: str, tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_text(BY_HAND)
    decision = replace(BASE, reason=f"x{reason}", evidence=f"y{reason}", subjects={f"z{reason}": "b" * 64})
    record(path, decision)
    assert read(path.read_bytes(), FILE) == parsed(BY_HAND) | {decision.item: decision}


def test_a_time_in_another_zone_is_the_same_decision() -> None:
    at = AT + timedelta(microseconds=120_000)
    text = with_decision("", replace(BASE, at=at))
    assert "at = 2026-11-22T12:00:00.12" in text
    assert parsed(text)[BASE.item].at == at
