"""The quick pass says what the careful one says, whatever becomes of its second process."""

from __future__ import annotations

import json
import os
import re
import select
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tests.support import make_repo, write

from shipworthy.assess.cache import record_cache
from shipworthy.facts import bulk, process, scan, team
from shipworthy.facts.base import Analyser, Gap, Record
from shipworthy.facts.limits import OverTime, Turns, time_limit
from shipworthy.facts.scan import Scan
from shipworthy.facts.secrets.analyser import SecretsAnalyser
from shipworthy.facts.stack.imports import Imports
from shipworthy.project import FileEntry, Project, Source

PASSWORD = "Vq9mT2" + "zLw4kR"
FILES = 60


class Words(Analyser):
    """A light analyser that raises, takes long or finds a gap where the text says so."""

    name: ClassVar[str] = "words"
    version = "1"
    light: ClassVar[bool] = True

    def wants(self, entry: FileEntry) -> bool:
        return entry.suffix != ".png"

    def analyse(self, source: Source) -> Record:
        if b"raise" in source.data:
            raise ValueError(source.text)
        if b"forever" in source.data:
            while True:
                pass
        return Record({"words": len(source.data.split())}, (("a gap", 1),) if b"gap" in source.data else ())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {f"src/m{number:02}/a.py": f"DB_PASSWORD = '{PASSWORD}{number}'\n" * 20 for number in range(FILES)}
    files |= {"é/ü.env": f"DB_PASSWORD={PASSWORD}é\n", "utf16.txt": "", "cut.py": "x = 1\ny = 2\n", "image.png": "x"}
    made = make_repo(tmp_path_factory.mktemp("bulk") / "r", files)
    (made / "utf16.txt").write_bytes(f"DB_PASSWORD = '{PASSWORD}'\n".encode("utf-16"))
    (made / "cut.py").write_bytes(b"x = 1\ny =")
    (made / "locked.py").write_text("x")
    (made / "locked.py").chmod(0)
    return made


Answers = tuple[dict[str, Any], list[Gap]]


def look(folder: Path, analyser: Analyser) -> Answers:
    values, gaps = Scan(Project.open(folder), [analyser]).of(analyser)
    return dict(values), gaps


@pytest.fixture(scope="module")
def expected(folder: Path) -> Answers:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SecretsAnalyser, "light", False)
        patch.setattr(team, "processes", lambda: 1)
        return look(folder, SecretsAnalyser())


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> list[team.Worker]:
    """A second process whatever there is to do; the processes that were started."""
    started: list[team.Worker] = []
    worker = team.Worker
    monkeypatch.setattr(bulk, "processes", lambda: 2)
    monkeypatch.setattr(bulk, "WORTH_A_PROCESS", 0)
    monkeypatch.setattr(bulk, "STRETCH_FILES", 5)
    monkeypatch.setattr(bulk, "Worker", lambda *told: started.append(worker(*told)) or started[-1])
    return started


def test_alone_it_finds_what_the_careful_pass_finds(
    folder: Path, expected: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "processes", lambda: 1)
    assert look(folder, SecretsAnalyser()) == expected
    assert sum(len(value["rows"]) for value in expected[0].values() if value) > FILES
    assert {gap.path for gap in expected[1]} == {"cut.py"} | ({"locked.py"} if os.geteuid() else set())


def test_with_a_second_process_too(folder: Path, expected: Answers, two: list[team.Worker], slowly: None) -> None:
    assert look(folder, SecretsAnalyser()) == expected
    assert two[0].ready
    assert two[0].over


@pytest.fixture
def slowly(two: list[team.Worker], monkeypatch: pytest.MonkeyPatch) -> None:
    """This process waits for the other one to say something, so that both have a part in it."""
    here = bulk.Bulk._here

    def later(self: bulk.Bulk, *rest: Any) -> None:
        if two and not two[0].over:
            select.select([two[0].back], [], [], 1.0 if two[0].ready else 20.0)
        here(self, *rest)

    monkeypatch.setattr(bulk.Bulk, "_here", later)


_TAKE = """
import json, os, struct, sys
def told():
    sizes = struct.unpack(">II", sys.stdin.buffer.read(8))
    return json.loads(sys.stdin.buffer.read(sizes[0]))
def say(head):
    text = json.dumps(head).encode()
    sys.stdout.buffer.write(struct.pack(">II", len(text), 0) + text)
    sys.stdout.buffer.flush()
hello = told(); say({"ready": True})
(number,) = struct.unpack(">I", os.read(hello["numbers"], 4))
files = os.fdopen(hello["plan"], "rb"); files.seek(0)
count = len(json.loads(files.read())[1][number]) // 3
"""


def stub(monkeypatch: pytest.MonkeyPatch, then: str) -> None:
    """In place of the second process, one that takes a stretch and then does something else."""
    monkeypatch.setattr(process, "may_copy", lambda: False)
    monkeypatch.setattr(process, "command", lambda _module: [sys.executable, "-c", _TAKE + then])


@pytest.mark.parametrize(
    "then",
    [
        "os._exit(3)",
        "os.kill(os.getpid(), 11)",
        "say('nonsense')",
        "say([number, ['x']])",
        "say([number, [[]] * count])",
        "say([number, [[['{}', 7]]] * count])",
        "say([number, [[[7, []]]] * count])",
        "say([number, [0] * (count + 1)])",
        "say([number, [1] * count])",
        "say([number, None])",
        "say([9999, [0] * count])",
        "say([7]); import time; time.sleep(60)",
        "sys.stdout.buffer.write(b'\\xff' * 99); sys.stdout.buffer.flush(); told()",
    ],
)
def test_what_a_lost_process_had_in_hand_is_looked_at_again(
    folder: Path, expected: Answers, two: list[team.Worker], slowly: None, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    stub(monkeypatch, then)
    # The careful pass afterwards does it here: its own processes are another test's matter.
    monkeypatch.setattr(team, "processes", lambda: 1)
    assert look(folder, SecretsAnalyser()) == expected
    assert two[0].over


def test_a_process_that_never_answers_costs_a_gap_and_no_green(
    folder: Path, two: list[team.Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    stub(monkeypatch, "import time; time.sleep(60)")
    monkeypatch.setattr(scan, "PASS_SECONDS", 3.0)
    _, gaps = look(folder, SecretsAnalyser())
    assert any("not reached within" in gap.reason for gap in gaps)
    assert two[0].over


def test_a_pipe_that_holds_too_little_costs_no_answer(
    folder: Path, expected: Answers, two: list[team.Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    held = Path("/proc/self/fd")
    before = len(list(held.iterdir())) if held.exists() else 0
    monkeypatch.setattr(bulk.os, "write", lambda pipe, data: write(pipe, data[:5]))
    assert look(folder, SecretsAnalyser()) == expected
    assert not two
    assert (len(list(held.iterdir())) if held.exists() else 0) == before


def test_one_file_never_costs_the_answers_about_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "FILE_SECONDS", 0.4)
    root = make_repo(tmp_path / "r", {"a": "one two", "b": "raise it", "c": "forever", "d": "a gap", "e": "x"})
    values, gaps = look(root, Words())
    assert values == {"a": {"words": 2}, "d": {"words": 2}, "e": {"words": 1}}
    assert [(gap.path, gap.line) for gap in gaps] == [("b", None), ("c", None), ("d", 1)]
    assert "took longer than" in gaps[1].reason
    assert "raise it" not in gaps[0].reason


def test_what_is_told_quickly_is_what_the_analysis_says(folder: Path) -> None:
    analyser, project, said = SecretsAnalyser(), Project.open(folder), 0
    extra = [("a.png.txt", b"\x89PNG\0"), ("marked.txt", b"\xef\xbb\xbfplain"), ("empty.txt", b"")]
    known = [(each, project.read(each.path)) for each in project.entries("*.py", "*.env", "*.txt") if not each.suspect]
    known += [(replace(project.files["image.png"], path=path), data) for path, data in extra]
    for entry, data in known:
        quick = analyser.quick(entry, data)
        if quick is not None:
            said += 1
            record = Record(json.loads(quick)) if isinstance(quick, str) else quick
            assert record == analyser.analyse(Source(entry, data))
    assert 1 <= said < len(known)


def test_the_cache_answers_the_second_time(
    folder: Path, expected: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # When a file came to be cannot be set back, and here that is now.
    monkeypatch.setattr("shipworthy.assess.cache.FRESH_SECONDS", -60.0)
    read: list[str] = []

    class Noted(SecretsAnalyser):
        def analyse(self, source: Source) -> Record:
            read.append(source.path)
            return super().analyse(source)

    for file in folder.rglob("*"):
        os.utime(file, (1_000_000_000, 1_000_000_000), follow_symlinks=False)
    for _ in range(2):
        with record_cache(tmp_path / "cache", folder) as cache:
            values, gaps = Scan(Project.open(folder), [Noted()], cache).of(Noted())
            assert (dict(values), gaps) == expected
    assert len(read) == len(set(read))


def test_with_heavy_analysers_light_ones_say_the_same(folder: Path, expected: Answers) -> None:
    secrets, imports = SecretsAnalyser(), Imports()
    each = Scan(Project.open(folder), [secrets, imports])
    values, gaps = each.of(secrets)
    assert (dict(values), gaps) == expected
    assert each.of(imports)[0]


def test_a_swapped_folder_leads_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_repo(tmp_path / "r", {"a/x.py": "one", "b/x.py": "two"})
    write(tmp_path / "elsewhere", {"x.py": "three four five"})
    project = Project.open(root)
    (root / "b" / "x.py").unlink()
    (root / "b").rmdir()
    (root / "b").symlink_to(tmp_path / "elsewhere")
    values, gaps = Scan(project, [Words()]).of(Words())
    assert dict(values) == {"a/x.py": {"words": 1}}
    assert [gap.path for gap in gaps] == ["b/x.py"]


def forever(turns: Turns) -> None:
    turns.begin()
    while True:
        pass


def run_turns(seconds: float, work: Callable[[Turns], None]) -> None:
    with Turns(seconds) as turns:
        work(turns)


def test_turns_end_what_takes_too_long() -> None:
    with pytest.raises(OverTime, match="longer than"):
        run_turns(0.1, forever)


def test_turns_leave_alone_what_has_ended() -> None:
    with Turns(0.05) as turns:
        turns.begin()
        turns.end()
        time.sleep(0.2)


@pytest.mark.parametrize("outer", [time_limit, Turns])
@pytest.mark.parametrize("inside", [False, True])
def test_a_limit_around_turns_keeps_its_time(outer: Callable[[float], Any], inside: bool) -> None:
    def spend() -> None:
        with outer(0.3) as around:
            if around is not None:
                around.begin()
            if inside:
                run_turns(20, forever)
            run_turns(0.05, lambda turns: time.sleep(0.1))
            run_turns(20, lambda turns: None)
            until = time.monotonic() + 20
            while time.monotonic() < until:
                pass

    with pytest.raises(OverTime, match=re.escape("0.3 s")):
        spend()


def test_what_time_ran_out_for_is_a_gap_for_every_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "PASS_SECONDS", -1.0)
    monkeypatch.setattr(team, "processes", lambda: 1)
    values, gaps = look(folder, SecretsAnalyser())
    wanted = {each.path for each in Project.open(folder).entries() if SecretsAnalyser().wants(each)}
    assert values == {}
    assert "cut.py" in wanted
    assert {gap.path for gap in gaps} == wanted


def test_a_file_that_nobody_answered_for_is_a_gap(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk.Bulk, "run", lambda *_: [])
    values, gaps = look(folder, SecretsAnalyser())
    assert values == {}
    assert len(gaps) > FILES
