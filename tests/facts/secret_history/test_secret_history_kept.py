"""What is kept of a git history between runs: it saves reading, changes no answer, and holds no value."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.facts.secret_history.histories import LIVE, OTHER, PASSWORD, Commit, history, read
from tests.support import git

from shipworthy.facts import Context, Stopped
from shipworthy.facts.secret_history import SecretHistory, crew, inventory, look

KEY = f"k = '{LIVE}'\n"


def _again(folder: Path, cache: Path) -> SecretHistory:
    fresh, kept = read(folder), read(folder, cache=cache)
    assert (kept.sightings, kept.stamps, kept.gaps) == (fresh.sightings, fresh.stamps, fresh.gaps)
    assert (kept.commits, kept.blobs, kept.bytes) == (fresh.commits, fresh.blobs, fresh.bytes)
    assert kept.left_out == fresh.left_out
    return kept


def test_the_second_look_reads_only_what_is_new(tmp_path: Path) -> None:
    folder, cache = tmp_path / "p", tmp_path / "cache"
    history(folder, [Commit(files={"a.py": KEY, "b.py": "b\n"}), Commit(files={"a.py": "x\n"})])
    assert read(folder, cache=cache).read_now == 3
    assert _again(folder, cache).read_now == 0
    history(folder, [Commit(files={"a.py": KEY + "#\n"}), Commit(files={"c.py": f"k = '{OTHER}'\n"})])
    assert _again(folder, cache).read_now == 2


def test_a_moved_secret_is_still_a_moved_one_when_the_move_is_new(tmp_path: Path) -> None:
    folder, cache = history(tmp_path / "p", [Commit(files={"a.py": KEY})]), tmp_path / "cache"
    read(folder, cache=cache)
    history(folder, [Commit(files={"a.py": None, "b.py": KEY})])
    assert len(_again(folder, cache).sightings) == 1


def test_what_no_ref_leads_to_any_more_is_gone(tmp_path: Path) -> None:
    folder, cache = tmp_path / "p", tmp_path / "cache"
    history(folder, [Commit(files={"a.py": "x\n"}), Commit(files={"k.py": KEY}, ref="refs/heads/dev")])
    assert len(read(folder, cache=cache).sightings) == 1
    git(folder, "branch", "-D", "dev")
    fact = _again(folder, cache)
    assert (fact.sightings, fact.read_now) == ((), 0)


def test_what_was_read_before_a_stop_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = history(tmp_path / "p", [Commit(files={f"{n}.py": f"x = {n}\n" for n in range(20)})])
    monkeypatch.setattr(look, "_TELL_EVERY", 5)
    asked: list[int] = []
    told: list[tuple[int, int]] = []

    def stopped() -> bool:
        asked.append(1)
        return len(asked) == 3

    context = Context(
        home=tmp_path,
        cache_dir=tmp_path / "cache",
        stopped=stopped,
        progress=lambda done, total, what: told.append((done, total)),
    )
    with pytest.raises(Stopped):
        read(folder, context=context)
    assert told == [(1, 20), (6, 20)]
    assert read(folder, cache=tmp_path / "cache").read_now == 20 - 11


@pytest.mark.parametrize("lost", [False, True])
def test_other_processes_find_the_same_and_a_lost_one_is_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: bool
) -> None:
    files = {f"{n:02}.py": f"k{n} = '{LIVE[:-2]}{n:02}'\n" for n in range(12)}
    folder = history(tmp_path / "p", [Commit(files=files)])
    alone = read(folder)
    monkeypatch.setattr(crew, "LEAST", 1)
    monkeypatch.setattr(crew, "processes", lambda: 3)
    monkeypatch.setattr(look, "PART", 1)
    asked = threading.Event()
    whole = crew.Helper.ask

    def ask(helper: crew.Helper, blobs: crew.Asked) -> crew.Answered | None:
        if lost:
            helper.end()
        answered = whole(helper, blobs)
        asked.set()
        return answered

    def own(*args: Any) -> Any:
        # Else this process is done with everything before the others have begun.
        asked.wait(20)
        return looks(*args)

    looks = look.looks
    monkeypatch.setattr(crew.Helper, "ask", ask)
    monkeypatch.setattr(look, "looks", own)
    shared = read(folder)
    if lost:
        assert 0 < len(alone.sightings) - len(shared.sightings) <= 2
        assert all("ended unexpectedly" in gap.reason for gap in shared.gaps)
        assert shared.gaps
    else:
        assert (shared.sightings, shared.blobs, shared.gaps) == (alone.sightings, 12, ())


@pytest.mark.parametrize("damage", ["garbage", "cut", "rows", "state", "folder", "hits"])
def test_a_damaged_store_costs_time_and_no_answer(tmp_path: Path, damage: str) -> None:
    folder, cache = tmp_path / "p", tmp_path / "cache"
    history(folder, [Commit(files={"a.py": KEY, **{f"{n}.py": f"{n}\n" for n in range(50)}})])
    read(folder, cache=cache)
    (file,) = cache.glob("history-*.sqlite")
    if damage == "garbage":
        file.write_bytes(b"\0" * 5_000)
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:5_000])
    elif damage == "folder":
        file.unlink()
        file.mkdir()
    else:
        with sqlite3.connect(file) as connection:
            if damage == "rows":
                connection.execute("UPDATE blob SET text = ''")
                connection.execute("DELETE FROM meta WHERE name = 'state'")
            elif damage == "hits":
                connection.execute("UPDATE meta SET text = replace(text, 'a.py', 'b.py')")
            else:
                connection.execute("UPDATE meta SET text = '{}' WHERE name = 'state'")
    assert len(_again(folder, cache).sightings) == 1


def test_a_store_in_the_repository_is_not_believed(tmp_path: Path) -> None:
    folder = history(tmp_path / "p", [Commit(files={"a.py": KEY})])
    read(folder, cache=folder / ".cache")
    assert not (folder / ".cache").exists()


def test_no_value_is_kept_or_told(tmp_path: Path) -> None:
    folder = history(tmp_path / "p", [Commit(files={"a.py": KEY + f"password = '{PASSWORD}'\n"})])
    fact = read(folder, cache=tmp_path / "cache")
    assert len(inventory(fact, review=True)) == 2
    kept = b"".join(file.read_bytes() for file in (tmp_path / "cache").iterdir())
    for text in (repr(fact), repr(inventory(fact, review=True)), kept.decode("latin-1")):
        assert LIVE not in text
        assert PASSWORD not in text
