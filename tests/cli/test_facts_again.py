"""`shipworthy facts secrets` asked again: at once where nothing changed, and never an answer about other files."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.facts.secret_history.histories import LIVE
from tests.support import git, make_repo, write

from shipworthy.assess import answers
from shipworthy.cli import facts
from shipworthy.project import listing

HOLDS, CLEAN = f"k = '{LIVE}'\n", f"k = '{'x' * len(LIVE)}'\n"
FILES = {"a.py": "x = 1\n", "b/holds.py": HOLDS, "b/clean.py": CLEAN, ".gitignore": "*.env\n"}

OLD = 1_700_000_000


class Asked:
    """Asks one repository, and counts how often the answer had to be worked out."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.times = 0
        work_out = facts._worked_out

        def counted(*args: object) -> object:
            self.times += 1
            return work_out(*args)  # type: ignore[arg-type]  # as they came

        monkeypatch.setattr(facts, "_worked_out", counted)

    def found(self) -> set[str]:
        """The files in which something is found."""
        done = CliRunner().invoke(facts.command, ["secrets", str(self.folder)])
        assert done.exit_code == 0, done.output
        assert LIVE not in done.output
        return {row["file"] for row in json.loads(done.stdout)}

    def said(self) -> str:
        return CliRunner().invoke(facts.command, ["secrets", str(self.folder)]).stderr


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    # What a test writes is written now; in life that is a reason to look again.
    monkeypatch.setattr(listing, "FRESH_SECONDS", -1000.0)
    folder = make_repo(tmp_path / "p", FILES)
    for name in FILES:
        os.utime(folder / name, (OLD, OLD))
    # Git reads files again that are as young as its index.
    git(folder, "update-index", "--refresh")
    return Asked(folder, monkeypatch)


def settled(path: Path, text: str) -> None:
    """Put a text of the same length in its place, with the time of the one before."""
    found = path.stat()
    new = path.with_suffix(".new")
    new.write_text(text, encoding="ascii")
    os.utime(new, ns=(found.st_atime_ns, found.st_mtime_ns))
    new.replace(path)


def edited(folder: Path) -> None:
    settled(folder / "b/clean.py", HOLDS)


def edited_for_a_careless_git(folder: Path) -> None:
    git(folder, "config", "core.checkStat", "minimal")
    git(folder, "config", "core.trustctime", "false")
    edited(folder)


def staged(folder: Path) -> None:
    edited(folder)
    git(folder, "add", "-A")


def written_to(folder: Path) -> None:
    (folder / "b/clean.py").write_text(HOLDS, encoding="ascii")


def new(folder: Path) -> None:
    write(folder, {"c/deep/new.py": HOLDS})


def no_longer_ignored(folder: Path) -> None:
    (folder / ".gitignore").write_text("\n", encoding="ascii")


def no_longer_excluded(folder: Path) -> None:
    (folder / ".git/info/exclude").write_text("\n", encoding="ascii")


CHANGES: list[tuple[Callable[[Path], None], set[str]]] = [
    (edited, {"b/holds.py", "b/clean.py"}),
    (edited_for_a_careless_git, {"b/holds.py", "b/clean.py"}),
    (staged, {"b/holds.py", "b/clean.py"}),
    (written_to, {"b/holds.py", "b/clean.py"}),
    (new, {"b/holds.py", "c/deep/new.py"}),
    (no_longer_ignored, {"b/holds.py", "x.env"}),
    (no_longer_excluded, {"b/holds.py", "x.excluded"}),
    (lambda folder: (folder / "b/holds.py").unlink(), set()),
    (lambda folder: settled(folder / "b/holds.py", CLEAN), set()),
]


@pytest.mark.parametrize(("change", "found"), CHANGES)
def test_whatever_changes_a_file_is_seen(asked: Asked, change: Callable[[Path], None], found: set[str]) -> None:
    (asked.folder / ".git/info").mkdir(exist_ok=True)
    (asked.folder / ".git/info/exclude").write_text("*.excluded\n", encoding="ascii")
    write(asked.folder, {"x.env": HOLDS, "x.excluded": HOLDS})
    assert [asked.found(), asked.found(), asked.times] == [{"b/holds.py"}, {"b/holds.py"}, 1]
    change(asked.folder)
    assert [asked.found(), asked.times] == [found, 2]
    assert [asked.found(), asked.times] == [found, 2]


def test_a_change_of_what_was_changed_already_is_seen(asked: Asked) -> None:
    settled(asked.folder / "b/holds.py", CLEAN)
    write(asked.folder, {"new.py": CLEAN})
    assert [asked.found(), asked.found(), asked.times] == [set(), set(), 1]
    settled(asked.folder / "b/holds.py", HOLDS)
    assert [asked.found(), asked.times] == [{"b/holds.py"}, 2]
    settled(asked.folder / "new.py", HOLDS)
    assert [asked.found(), asked.times] == [{"b/holds.py", "new.py"}, 3]


@pytest.mark.parametrize("files", [{}, {"new.py": CLEAN}])
def test_what_was_just_written_is_looked_at_again(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, files: dict[str, str]
) -> None:
    """The files of the index count too: git compares whole seconds, so one may be written to behind the same time."""
    write(asked.folder, files)
    monkeypatch.setattr(listing, "FRESH_SECONDS", 2.0)
    asked.found(), asked.found()
    assert asked.times == 2


def test_a_file_that_git_does_not_compare_is_looked_at_again(asked: Asked) -> None:
    git(asked.folder, "update-index", "--assume-unchanged", "b/clean.py")
    assert asked.found() == {"b/holds.py"}
    settled(asked.folder / "b/clean.py", HOLDS)
    assert asked.found() == {"b/holds.py", "b/clean.py"}
    assert asked.times == 2


def test_another_program_or_day_answers_for_itself(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]  # asked in one way only
            return datetime.now(UTC) + timedelta(days=1)

    asked.found()
    monkeypatch.setattr(answers, "program_stamp", lambda: "another")
    asked.found(), asked.found()
    assert asked.times == 2
    monkeypatch.setattr(facts, "datetime", Tomorrow)
    asked.found(), asked.found()
    assert asked.times == 3


def test_the_program_is_known_by_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"shipworthy/assess/answers.py": "1", "shipworthy/x/rules.toml": "2", "site/old/x.py": "3"})
    monkeypatch.setattr(answers, "__file__", str(tmp_path / "shipworthy/assess/answers.py"))
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site"), "/nowhere"])
    seen = {answers.program_stamp(), answers.program_stamp()}
    assert len(seen) == 1
    settled(tmp_path / "shipworthy/x/rules.toml", "4")
    seen.add(answers.program_stamp())
    write(tmp_path, {"shipworthy/x/more.toml": ""})
    seen.add(answers.program_stamp())
    write(tmp_path, {"site/new/x.py": ""})
    seen.add(answers.program_stamp())
    assert len(seen) == 4


def test_a_program_that_changes_is_looked_at_before_it_answers(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is on the disk by the end is not what answered."""
    looked: list[int] = []

    def changing() -> str:
        looked.append(asked.times)
        return f"program {len(looked)}"

    monkeypatch.setattr(answers, "program_stamp", changing)
    assert [asked.found(), asked.found()] == [{"b/holds.py"}, {"b/holds.py"}]
    assert looked == [0, 1], "once a run, before anything is worked out"
    assert asked.times == 2


def test_a_program_that_cannot_be_looked_at_answers_all_the_same(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    asked.found()

    def unseen(folder: object) -> None:
        raise PermissionError("no")

    monkeypatch.setattr(answers, "_files", unseen)
    assert [asked.found(), asked.found(), asked.times] == [{"b/holds.py"}, {"b/holds.py"}, 3]


def test_what_cannot_be_read_is_said_again(asked: Asked) -> None:
    (asked.folder / "b/clean.py").unlink()
    write(asked.folder, {"large.txt": b"x" * (8 * 1024 * 1024 + 1)})
    first, again = asked.said(), asked.said()
    assert ("missing on disk" in first, "larger than" in first) == (True, True)
    assert (again, asked.times) == (first, 1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_could_be_read_another_time_is_tried_again(asked: Asked) -> None:
    (asked.folder / "a.py").chmod(0)
    asked.found(), asked.found()
    assert asked.times == 2


def test_what_took_too_long_is_tried_again(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    from shipworthy.facts import scan

    with monkeypatch.context() as late:
        late.setattr(scan, "PASS_SECONDS", -1.0)
        assert "not reached within" in asked.said()
    assert asked.found() == {"b/holds.py"}


@pytest.mark.parametrize("damage", ["cut", "another", "open", "link"])
def test_an_answer_that_may_be_somebody_elses_is_none(asked: Asked, own_home: Path, damage: str) -> None:
    asked.found()
    (file,) = (own_home / ".cache/shipworthy").glob("answer-*.json")
    body = file.read_bytes()
    assert LIVE.encode() not in body
    if damage == "cut":
        file.write_bytes(body[:-10])
    elif damage == "another":
        file.write_bytes(body.replace(b"holds.py", b"other.py"))
    elif damage == "open":
        file.chmod(0o666)
    else:
        file.rename(file.with_suffix(".moved"))
        file.symlink_to(file.with_suffix(".moved"))
    assert [asked.found(), asked.times] == [{"b/holds.py"}, 2]


def test_without_git_each_time_is_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(write(tmp_path / "p", FILES), monkeypatch)
    assert [asked.found(), asked.found(), asked.times] == [{"b/holds.py"}, {"b/holds.py"}, 2]


def test_what_is_not_listed_is_counted(tmp_path: Path, own_home: Path) -> None:
    """No rows are not to be taken for nothing to see."""
    doubtful = f'password = "{"".join(("Tr0ub", "4dor", "&3x"))}"\n'
    folder = make_repo(tmp_path / "p", {"a.py": HOLDS.rstrip() + "  # gitleaks:allow\n", "tests/test_a.py": doubtful})
    done = CliRunner().invoke(facts.command, ["secrets", str(folder)])
    assert json.loads(done.stdout) == []
    assert done.stderr == "not listed: 1 for you to look at and 1 allowed: shipworthy secret list\n"
    assert CliRunner().invoke(facts.command, ["secrets", str(folder)]).stderr == done.stderr
    history = CliRunner().invoke(facts.command, ["secrets", "--history", str(folder)])
    assert history.stderr == "not listed: 1 for you to look at and 1 allowed\n"


def test_nothing_is_said_where_nothing_is_left_out(asked: Asked) -> None:
    assert asked.said() == ""
