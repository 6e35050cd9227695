"""A form in the line mode: its questions one by one, each answer saved at once."""

from __future__ import annotations

from pathlib import Path

from fake import FakeSession
from talking import talk

from shipworthy.assess.signing import SessionError

ITEM = "backup-restored"


def stores(folder: Path) -> list[str]:
    """The data stores that the saved form names; postgresql and redis are found in the code."""
    saved = (folder / ".shipworthy/backup.toml").read_text()
    return [name for name in ("postgresql", "redis") if f'"{name}"' in saved]


def test_the_questions_are_asked_and_each_answer_is_saved(tmp_path: Path) -> None:
    typed = ("F", "d", "", "Dumped every night", "Another account", "y", "q")
    said = talk(ITEM, *typed, session=FakeSession(root=tmp_path))
    assert "Looking at what the code tells already." in said.text
    assert "1 of " in said.text
    assert "Left the form. What you answered before is saved." in said.text
    assert stores(tmp_path) == ["redis"]
    assert said.looked == [None, (ITEM,)]


def test_leaving_at_once_writes_nothing(tmp_path: Path) -> None:
    said = talk(ITEM, "form", "q", session=FakeSession(root=tmp_path))
    assert "Left the form." in said.text
    assert not (tmp_path / ".shipworthy").exists()


def test_the_end_of_the_input_keeps_what_was_answered(tmp_path: Path) -> None:
    said = talk(ITEM, "F", "d", session=FakeSession(root=tmp_path))
    assert said.code == 0
    assert stores(tmp_path) == ["redis"]


def test_a_form_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    broken = SessionError("line 3 is not TOML", "Correct it by hand.")
    said = talk(ITEM, "F", session=FakeSession(root=tmp_path, forms={ITEM: broken}))
    assert "The form could not be opened: line 3 is not TOML\nCorrect it by hand." in said.text
    assert said.looked == [None]


def test_it_is_offered_where_there_is_one_and_only_there() -> None:
    assert "form (F)" in talk(ITEM).text
    assert "form (F)" not in talk("9").text
    assert "This item has no form to fill in." in talk("9", "F").text
