"""Files in which a quick analyser found nothing are known again by their stat, and by nothing less."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tests.support import make_repo, write

from shipworthy.assess import cache
from shipworthy.assess.cache import record_cache
from shipworthy.facts.base import Analyser, Record
from shipworthy.facts.records import NOTHING
from shipworthy.facts.scan import Scan
from shipworthy.project import FileEntry, Project, Source

OLD = 1_000_000_000


class Lines(Analyser):
    """Says what begins with "found", and of other files nothing."""

    name: ClassVar[str] = "lines"
    version = "1"
    light: ClassVar[bool] = True
    read: ClassVar[list[str]] = []

    def wants(self, entry: FileEntry) -> bool:
        return entry.suffix == ".txt"

    def quick(self, entry: FileEntry, data: bytes) -> Record | str | None:
        self.read.append(entry.path)
        return Record(data.decode()) if data.startswith(b"found") else NOTHING

    def analyse(self, source: Source) -> Record:
        raise AssertionError("the quick look was enough")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # When a file came to be cannot be set back, and here that is now.
    monkeypatch.setattr(cache, "FRESH_SECONDS", -60.0)
    made = make_repo(tmp_path / "r", {"a.txt": "nothing", "b/é.txt": "nothing", "c.txt": "found one"})
    for file in made.rglob("*.txt"):
        os.utime(file, (OLD, OLD))
    Lines.read = []
    return made


def look(folder: Path, version: str = "1") -> tuple[dict[str, Any], list[str]]:
    """What it says by path, and which files were read for it."""
    Lines.read = []
    analyser = Lines()
    analyser.version = version
    with record_cache(folder.parent / "cache", folder) as records:
        values, gaps = Scan(Project.open(folder), [analyser], records).of(analyser)
    assert not gaps
    return dict(values), sorted(Lines.read)


FIRST = {"a.txt": None, "b/é.txt": None, "c.txt": "found one"}


def test_the_second_time_nothing_is_read(folder: Path) -> None:
    assert look(folder) == (FIRST, sorted(FIRST))
    assert look(folder) == (FIRST, [])
    assert look(folder) == (FIRST, [])


def edited(folder: Path) -> None:
    # Of the same length, at the same time: the inode is another one, as editors and git leave it.
    write(folder, {"new.txt": "foundXY"})
    (folder / "new.txt").replace(folder / "a.txt")
    os.utime(folder / "a.txt", (OLD, OLD))


def in_place(folder: Path) -> None:
    with (folder / "a.txt").open("r+") as file:
        file.write("foundXY")
    os.utime(folder / "a.txt", (OLD + 1, OLD + 1))


def in_place_with_its_time_put_back(folder: Path) -> None:
    in_place(folder)
    os.utime(folder / "a.txt", (OLD, OLD))


@pytest.mark.parametrize("edit", [edited, in_place, in_place_with_its_time_put_back])
def test_what_was_written_to_is_read(folder: Path, edit: Callable[[Path], None]) -> None:
    look(folder)
    edit(folder)
    assert look(folder) == (FIRST | {"a.txt": "foundXY"}, ["a.txt"])
    assert look(folder) == (FIRST | {"a.txt": "foundXY"}, [])


def test_what_is_too_fresh_is_read_again(folder: Path) -> None:
    os.utime(folder / "a.txt", (time.time() + 3600, time.time() + 3600))
    assert look(folder) == (FIRST, sorted(FIRST))
    assert look(folder) == (FIRST, ["a.txt"])
    assert look(folder) == (FIRST, ["a.txt"])


def test_what_just_came_to_be_is_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of whatever age its content claims to be: it may be written to again behind the same second."""
    monkeypatch.setattr(cache, "FRESH_SECONDS", 2.0)
    assert look(folder) == (FIRST, sorted(FIRST))
    assert look(folder) == (FIRST, sorted(FIRST))


def test_another_version_reads_all_and_forgets_the_first(folder: Path) -> None:
    look(folder)
    assert look(folder, "2") == (FIRST, sorted(FIRST))
    assert look(folder, "2") == (FIRST, [])
    assert look(folder) == (FIRST, sorted(FIRST))


def test_a_file_that_comes_back_as_another_is_read(folder: Path) -> None:
    look(folder)
    (folder / "a.txt").unlink()
    (folder / "c.txt").unlink()
    # Both are in the index, and missing: gaps, which no record covers.
    with record_cache(folder.parent / "cache", folder) as cache:
        _, gaps = Scan(Project.open(folder), [Lines()], cache).of(Lines())
    assert sorted(str(each.path) for each in gaps) == ["a.txt", "c.txt"]
    write(folder, {"a.txt": "found b", "c.txt": "nothing"})
    assert look(folder)[0] == FIRST | {"a.txt": "found b", "c.txt": None}


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE kept SET text = replace(text, 'b/', 'x/')",
        "UPDATE kept SET text = substr(text, 1, 20)",
        "UPDATE kept SET text = '[]'",
        "UPDATE kept SET text = NULL",
        "UPDATE kept SET key = 'another'",
        "DELETE FROM kept",
    ],
)
def test_a_damaged_cache_costs_time_only(folder: Path, damage: str) -> None:
    look(folder)
    (file,) = (folder.parent / "cache").glob("records-*.sqlite")
    with sqlite3.connect(file) as connection:
        assert connection.execute(damage).rowcount > 0
    connection.close()
    assert look(folder) == (FIRST, ["a.txt", "b/é.txt"])
    assert look(folder) == (FIRST, [])
