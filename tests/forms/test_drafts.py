"""What is typed and not saved comes back after a kill; no secret is kept, and nobody's later answers are undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.facts.secrets.examples import example

from shipworthy.facts.secrets.rules import load
from shipworthy.forms import Answers, Row, drafts, form_of, opened, save

AT = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
found = form_of("backup-restored")
assert found is not None
FORM = found
HELD = Answers().with_text("result", "It came back.")
STORES = (
    Row(cells={"name": "postgresql"}),
    Row(cells={"name": "redis"}, confirmed=False, found="compose.yaml:12"),
)
TYPED = HELD.with_text("took", "an hour").with_rows("stores", STORES)


def keep(tmp_path: Path, answers: Answers = TYPED, held: Answers = HELD) -> Path:
    drafts.keep(tmp_path / "state", tmp_path / "r", FORM, answers, held, AT)
    (file,) = (tmp_path / "state" / "drafts").iterdir()
    return file


def test_what_was_typed_comes_back(tmp_path: Path) -> None:
    file = keep(tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    draft = drafts.kept(tmp_path / "state", tmp_path / "r", FORM, HELD)
    assert draft is not None
    assert draft.at == AT
    assert draft.answers.same(TYPED)
    drafts.drop(tmp_path / "state", tmp_path / "r", FORM)
    drafts.drop(tmp_path / "state", tmp_path / "r", FORM)
    assert drafts.kept(tmp_path / "state", tmp_path / "r", FORM, HELD) is None


def test_it_is_of_one_form_of_one_repository_as_its_file_was(tmp_path: Path) -> None:
    keep(tmp_path)
    other = form_of("spend-alert")
    assert other is not None
    assert drafts.kept(tmp_path / "state", tmp_path / "other", FORM, HELD) is None
    assert drafts.kept(tmp_path / "state", tmp_path / "r", other, HELD) is None
    assert drafts.kept(tmp_path / "state", tmp_path / "r", FORM, HELD.with_text("result", "It did not.")) is None
    # What is empty is not said.
    assert drafts.kept(tmp_path / "state", tmp_path / "r", FORM, HELD.with_text("took", "")) is not None


def test_it_outlives_that_saving_tidied_what_was_typed_before(tmp_path: Path) -> None:
    root = tmp_path / "r"
    root.mkdir()
    saved = TYPED.with_text("result", "It came back.  \nAll of it.\n").with_text("took", " an hour ")
    save(root, FORM, saved)
    keep(tmp_path, saved.with_text("took", "two hours"), saved)
    draft = drafts.kept(tmp_path / "state", root, FORM, opened(root, FORM))
    assert draft is not None
    assert draft.answers.text("took") == "two hours"


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b'{"held": 1}', b"[" * 100_000, b'{"texts": []', b"\xff", b"null"]
)
def test_a_damaged_one_is_none(tmp_path: Path, damage: bytes) -> None:
    file = keep(tmp_path)
    file.write_bytes(damage)
    assert drafts.kept(tmp_path / "state", tmp_path / "r", FORM, HELD) is None


@pytest.mark.parametrize(
    ("old", "new"), [('"texts": {', '"texts": {"took": 1, '), ('"cells": {', '"cells": {"name": [], '), ("2026", "x")]
)
def test_one_of_another_shape_is_none(tmp_path: Path, old: str, new: str) -> None:
    file = keep(tmp_path, TYPED.with_text("took", ""))
    text = file.read_text(encoding="ascii")
    assert old in text
    file.write_text(text.replace(old, new, 1).replace('"took": "", ', "").replace('"name": "postgresql"', '"x": ""'))
    assert drafts.kept(tmp_path / "state", tmp_path / "r", FORM, HELD) is None


def test_a_secret_is_in_none(tmp_path: Path) -> None:
    secret = example(load().by_id["github-pat"], 3)
    typed = TYPED.with_text("result", f"see {secret}").with_rows(
        "stores", (*STORES, Row(cells={"name": "mysql", FORM.question("stores").columns[1].id: secret}))
    )
    file = keep(tmp_path, typed)
    assert secret not in file.read_text(encoding="ascii")
    draft = drafts.kept(tmp_path / "state", tmp_path / "r", FORM, HELD)
    assert draft is not None
    assert draft.answers.same(TYPED.with_text("result", ""))


def test_a_full_disk_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = keep(tmp_path)
    before = file.read_bytes()

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        drafts.keep(tmp_path / "state", tmp_path / "r", FORM, HELD, HELD, AT)
    assert [each.read_bytes() for each in file.parent.iterdir()] == [before]


def test_what_the_code_names_by_now_is_added() -> None:
    new = Row(cells={"name": "mysql"}, confirmed=False, found="compose.yaml:3")
    own = Row(cells={"name": "written by a person"})
    filled = Answers().with_rows("stores", (*TYPED.table("stores"), new, own))
    draft = drafts.continued(FORM, drafts.Draft(answers=TYPED, at=AT), filled)
    assert draft.answers.table("stores") == (*TYPED.table("stores"), new)
    assert draft.answers.text("took") == "an hour"
    assert replace(draft, answers=TYPED) == drafts.Draft(answers=TYPED, at=AT)
