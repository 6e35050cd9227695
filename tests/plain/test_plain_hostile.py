"""Text of a repository in the line mode: it is said, and the terminal obeys none of it; in ASCII where need be."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake import FakeSession
from made_up import ALL_GOOD, DECIDED
from talking import talk
from test_hostile import EACH, hostile

from shipworthy.assess.events import Failed
from shipworthy.plain.talk import in_ascii

EVERYTHING = (
    "?", "f", "/ fail", "9", "]", "r", "1", "y", "d", "1", "e", "w", "because", "1", "", "1", "u", "2",
    "16", "a", "so", "", "", "", "2", "1", "17", "u", "2", "item 6", "r", "2", "U", "2", "V", "s", "\x1b[31m", "n",
)  # fmt: skip
OBEYED = {*range(32), *range(127, 160), 0x202E, 0x2066, 0x200B} - {ord("\n")}


def controls(text: str) -> set[str]:
    """Characters in it that a terminal would obey, or that hide or turn text."""
    return {each for each in text if ord(each) in OBEYED or 0xD800 <= ord(each) <= 0xDFFF}


@EACH
@pytest.mark.parametrize("ascii_only", [False, True])
def test_nothing_a_repository_says_is_obeyed(payload: str, ascii_only: bool) -> None:
    session, engine = hostile(payload)
    said = talk(*EVERYTHING, session=session, engine=engine, ascii_only=ascii_only, width=80)
    assert controls(said.text) == set()
    assert said.text.isascii() or not ascii_only
    assert max(map(len, said.text.splitlines())) < 20_000
    engine.failed = Failed(message=payload, diagnostics=f"{payload}\n{payload}")
    assert controls(talk("9", "R", session=session, engine=engine).text) == set()


@EACH
def test_nothing_a_repository_says_is_obeyed_while_signing(payload: str) -> None:
    session, engine = hostile(payload)
    session.decisions = {item: replace(each, reason=payload, by=payload) for item, each in DECIDED.items()}
    engine.outcomes = {**engine.outcomes, **ALL_GOOD}
    said = talk("s", "3", "2", "2", session=session, engine=engine)
    assert "Examining everything once more" in said.text
    assert controls(said.text) == set()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("“said” … – ✔ → ••••", '"said" ... - + > ****'),
        ("café 漢", "caf\\xe9 \\u6f22"),
        ("␛", "\\u241b"),
    ],
)
def test_what_stands_in_where_there_is_only_ascii(text: str, shown: str) -> None:
    assert in_ascii(text) == shown


def test_lines_are_broken_between_words_and_code_is_not() -> None:
    said = talk("9", "y", session=FakeSession(), width=40)
    listed, item = said.text.split("Your answer")[:2]
    assert max(map(len, listed.splitlines())) < 40
    assert "| 14: DATABASES = load_databases()\n" in item
    assert "- app/settings.py:12: A Stripe key for real payments is written in this file.\n" in said.text
