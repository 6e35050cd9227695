"""The engine keeps unknown from being green, whatever a reader or a check does."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support import NOW, git, make_repo, write

from shipworthy.assess import run
from shipworthy.assess.cache import record_cache
from shipworthy.assess.client import ChildEngine
from shipworthy.assess.run import judge
from shipworthy.assess.store import FactStore
from shipworthy.checks import Check, CheckContext
from shipworthy.facts import Analyser, Context, Fact, FactReader, Facts, Record, View
from shipworthy.model import Outcome, OutcomeKind
from shipworthy.project import FileEntry, Project, Source


class Shouting(Analyser):
    """Counts capital letters, and does whatever a file tells it to."""

    name = "shouting"
    version = "1"
    runs: list[str] = []

    def wants(self, entry: FileEntry) -> bool:
        return entry.suffix == ".txt"

    def analyse(self, source: Source) -> Record:
        Shouting.runs.append(source.path)
        if source.text == "crash":
            raise RuntimeError("a secret stands in this message")
        if source.text == "hang":
            while True:
                pass
        if source.text == "deep":
            return self.analyse(source)
        return Record(sum(letter.isupper() for letter in source.text), (("odd", 3),) if "?" in source.text else ())


@dataclass(frozen=True, kw_only=True)
class Loud(Fact):
    total: int = 0

    @classmethod
    def reader(cls) -> FactReader[Any]:
        return LoudReader()


class LoudReader(FactReader[Loud]):
    def __init__(self) -> None:
        self.shouting = Shouting()
        self.analysers = (self.shouting,)

    def read(self, view: View, facts: Facts) -> Loud:
        total = sum(view.records(self.shouting).values())
        if total == 13:
            raise ZeroDivisionError("thirteen")
        return Loud(total=total, read=tuple(view.seen), gaps=tuple(view.gaps))


class Quiet(Check):
    """Passes where nobody shouts."""

    id = "quiet"
    needs = (Loud,)

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        total = facts[Loud].total
        if total == 99:
            raise ValueError("ninety-nine")
        if total > 3:
            return Outcome.failed("loud", [run.Finding.at(run.PROJECT, "loud", "loud", anchor="loud")])
        return Outcome.passed("quiet", [f"{total} capitals"])


class Greedy(Quiet):
    """Reads a fact it does not declare."""

    id = "greedy"
    needs = ()


@pytest.fixture(autouse=True)
def _fresh() -> None:
    Shouting.runs.clear()


def outcome(folder: Path, check: Check | None = None) -> Outcome:
    found = judge(Project.open(folder), [("quiet", check or Quiet())], Context(now=NOW, home=folder), "solo")
    return found["quiet"][0].outcome


@pytest.mark.parametrize(
    ("files", "kind", "words"),
    [
        ({"a.txt": "one A"}, "pass", "quiet"),
        ({"a.txt": "LOUD"}, "fail", "loud"),
        ({"a.txt": "one A?"}, "unknown", "a.txt:3: odd"),
        ({"a.txt": "LOUD", "b.txt": "?"}, "fail", "loud"),
        ({"a.txt": "crash"}, "unknown", "RuntimeError"),
        ({"a.txt": "deep"}, "unknown", "nested too deep"),
        ({"a.txt": "A" * 13}, "unknown", "ZeroDivisionError"),
        ({"a.txt": "A" * 99}, "unknown", "ValueError"),
    ],
)
def test_outcomes(tmp_path: Path, files: dict[str, str], kind: str, words: str) -> None:
    found = outcome(make_repo(tmp_path, files))
    assert found.kind == kind
    assert words in found.summary
    assert "secret stands" not in repr(found)


def test_a_file_that_cannot_be_read_makes_unknown(tmp_path: Path) -> None:
    make_repo(tmp_path, {"a.txt": "fine\n", "b.txt": "fine\n"})
    (tmp_path / "b.txt").unlink()
    found = outcome(tmp_path)
    assert found.kind is OutcomeKind.UNKNOWN
    assert "b.txt" in found.summary
    assert found.findings[0].location.path == "b.txt"


def test_a_check_that_reads_what_it_did_not_declare_is_a_bug_and_unknown(tmp_path: Path) -> None:
    found = outcome(make_repo(tmp_path, {"a.txt": "x"}), Greedy())
    assert found.kind is OutcomeKind.UNKNOWN
    assert "a bug" in found.summary


def test_a_file_that_takes_for_ever_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shipworthy.facts.scan.FILE_SECONDS", 0.2)
    began = time.monotonic()
    found = outcome(make_repo(tmp_path, {"a.txt": "hang", "b.txt": "fine"}))
    assert time.monotonic() - began < 5
    assert found.kind is OutcomeKind.UNKNOWN
    assert "took longer" in found.summary


def test_records_are_cached_by_content_and_warm_answers_equal_cold_ones(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "r", {"a.txt": "one A?", "b.txt": "two"})

    def once() -> tuple[Outcome, int]:
        Shouting.runs.clear()
        with record_cache(tmp_path / "cache", folder) as cache:
            project = Project.open(folder)
            store = FactStore(project, Context(now=NOW, home=tmp_path), [Loud], cache)
            found = judge(project, [("quiet", Quiet())], Context(now=NOW, home=tmp_path), "solo", store=store)
        return found["quiet"][0].outcome, len(Shouting.runs)

    cold, ran = once()
    assert ran == 2
    assert once() == (cold, 0)
    write(folder, {"b.txt": "TWO"})
    warm, ran = once()
    assert ran == 1
    assert warm != cold
    next((tmp_path / "cache").glob("*.sqlite")).write_bytes(b"not a database at all" * 100)
    assert once() == (warm, 2)


def test_a_fresh_file_is_read_again_though_size_and_time_agree(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "r", {"a.txt": "aaaa"})
    for content, capitals in (("aaaa", 0), ("AAAA", 4)):
        write(folder, {"a.txt": content})
        git(folder, "add", "-A")
        with record_cache(tmp_path / "cache", folder) as cache:
            store = FactStore(Project.open(folder), Context(now=NOW, home=tmp_path), [Loud], cache)
            found = store.get(Loud)
            assert isinstance(found, Loud)
            assert found.total == capitals


def test_a_cache_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "r", {"a.txt": "x"})
    write(tmp_path, {"file": "in the way"})
    with record_cache(tmp_path / "file" / "cache", folder) as cache:
        assert cache is None
    assert outcome(folder).kind is OutcomeKind.PASS


def test_a_relative_folder_is_the_callers_and_not_the_childs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    started: list[str] = []

    async def start(*command: str, **_: object) -> None:
        started.extend(command)
        raise OSError("enough")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start)
    with pytest.raises(OSError, match="enough"):
        asyncio.run(ChildEngine(Path()).start())
    assert started[-1] == str(tmp_path)
