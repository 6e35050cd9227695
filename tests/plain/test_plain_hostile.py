"""Text of a repository in the line mode: it is said, and the terminal obeys none of it; in ASCII where need be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fake import FakeSession
from made_up import ALL_GOOD, DECIDED
from talking import talk
from test_hostile import EACH, hostile
from tests.hostile_repository import MARKS, hostile_repository

from shipworthy.assess.events import Failed
from shipworthy.plain.conversation import Conversation
from shipworthy.plain.examining import examiner
from shipworthy.plain.talk import Talk, in_ascii
from shipworthy.session import Session

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


OPEN = {
    "root", "folder", "file", "marked line", "line beside", "dependency", "package", "workflow key", "workflow value",
    "title", "why", "fix", "attest", "excuse", "area",
}  # fmt: skip


@pytest.mark.long
def test_a_real_repository_that_attacks_is_said_in_full(tmp_path: Path) -> None:
    folder = hostile_repository(tmp_path)
    session = Session(folder)
    written: list[str] = []
    numbers = range(1, len(session.checklist.items) + 1)
    typed = ["f", "/ fail", *(each for number in numbers for each in (f"item {number}", *"]" * 12, "y", "u", "1"))]

    def read() -> str | None:
        return typed.pop(0) if typed else None

    talking = Talk(written.append, read, lambda question: None)
    code = Conversation(
        session, examiner(folder, session), talking, environ={}, editor=lambda command, folder: 0
    ).run()  # fmt: skip
    text = "".join(written)
    assert code == 0
    assert controls(text) == set()
    assert {place for place in OPEN if f"{MARKS[place]}<U+202E>" not in text} == set()


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
