"""Workers that share the pass over files: the same answers, and a gap for whatever went down with one of them."""

from __future__ import annotations

import shutil
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support import make_repo, write

from shipworthy.facts import process, records, scan, team
from shipworthy.facts.base import Analyser, Gap
from shipworthy.facts.python_code.analyser import PythonCode
from shipworthy.facts.scan import Scan
from shipworthy.facts.secrets.analyser import SecretsAnalyser
from shipworthy.facts.serving.code import ServingCode
from shipworthy.facts.settings.code_analyser import CodeSettings
from shipworthy.facts.settings.listing_analyser import ListedSettings
from shipworthy.facts.stack.imports import Imports
from shipworthy.facts.tests.cases import CasesReader
from shipworthy.project import Project

FILES = 40
SLOW_FILES = 50
"""As long as it takes a worker to start on a busy machine."""
ANALYSERS: tuple[Analyser, ...] = (
    PythonCode(), SecretsAnalyser(), ServingCode(), CodeSettings(), ListedSettings(), Imports(),
    *CasesReader().analysers,
)  # fmt: skip
READY = """
import json, os, struct, sys, time
def take():
    sizes = struct.unpack(">II", sys.stdin.buffer.read(8))
    return json.loads(sys.stdin.buffer.read(sizes[0])), sys.stdin.buffer.read(sizes[1])
def say(head, body=b""):
    text = json.dumps(head).encode()
    sys.stdout.buffer.write(struct.pack(">II", len(text), len(body)) + text + body)
    sys.stdout.buffer.flush()
take()
say({"ready": True})
head, data = take()
"""
"""The protocol's beginning, up to the first file."""

Answers = dict[str, tuple[dict[str, Any], list[Gap]]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {
        "README.md": "Set `DATABASE_URL`.\n",
        "tests/test_it.py": "import pytest\n\n@pytest.mark.skip\ndef test_x(): ...\n",
    }
    for number in range(FILES):
        files[f"app/m{number:02}.py"] = (
            f"import os\nfrom fastapi import APIRouter\nrouter = APIRouter(prefix='/p{number}')\n"
            f"LIMIT = os.getenv('LIMIT_{number}', 'é')\n\n@router.get('/health')\ndef health():\n    return {number}\n"
        )
        files[f"web/w{number:02}.ts"] = (
            f"import x from 'express'\nexport const part{number} = process.env.PART_{number}\n"
        )
    files["web/broken.ts"] = "export const (= ) => {{{ process.env.X\n"
    files["app/empty.py"] = ""
    return make_repo(tmp_path_factory.mktemp("team") / "r", files)


@pytest.fixture(scope="module")
def expected(folder: Path) -> Answers:
    """What this process finds without any worker."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(team, "processes", lambda: 1)
        return look(folder)


@pytest.fixture
def sharing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Makes every pass worth sharing, and this process slow enough to share; the paths that a worker answered for."""
    answered: list[str] = []
    slow = iter(range(SLOW_FILES))
    pump = team.Team.pump

    def counted(self: team.Team, wait: float) -> Any:
        found = pump(self, wait)
        answered.extend(job.entry.path for job, _ in found)
        return found

    def slowly(*arguments: Any) -> Any:
        if not answered and next(slow, None) is not None:
            time.sleep(0.03)
        return records.analyse(*arguments)

    monkeypatch.setattr(team.Team, "pump", counted)
    monkeypatch.setattr(scan, "analyse", slowly)
    monkeypatch.setattr(team, "LEAST_BYTES", 0)
    monkeypatch.setattr(team, "processes", lambda: 2)
    return answered


def look(folder: Path, progress: Callable[[int, int], None] | None = None) -> Answers:
    each = Scan(Project.open(folder), ANALYSERS, None, progress)
    found = {analyser.name: each.of(analyser) for analyser in ANALYSERS}
    # As JSON gives them, which is how records come from the cache: lists for tuples.
    return {
        name: ({path: plain(value) for path, value in values.items()}, gaps) for name, (values, gaps) in found.items()
    }


def plain(value: Any) -> Any:
    import json

    return json.loads(json.dumps(value))


def stub(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    monkeypatch.setattr(process, "may_copy", lambda: False)
    monkeypatch.setattr(process, "command", lambda _module: [sys.executable, "-c", textwrap.dedent(script)])


@pytest.mark.parametrize("processes", [2, 4])
def test_workers_change_no_answer_and_no_order(
    folder: Path, expected: Answers, sharing: list[str], monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    monkeypatch.setattr(team, "processes", lambda: processes)
    found = look(folder)
    assert sharing
    assert found == expected
    assert [list(values) for values, _ in found.values()] == [list(values) for values, _ in expected.values()]
    assert expected["settings-code"][0]["app/m07.py"]["reads"]


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ("os.kill(os.getpid(), 9)", "ended unexpectedly (-9)"),
        ("sys.exit(3)", "ended unexpectedly (3)"),
        ("time.sleep(600)", "took longer than"),
        ("say({'path': 'another', 'rows': []}); time.sleep(600)", "answered nonsense"),
        ("say([1]); time.sleep(600)", "answered nonsense"),
        ("say({'path': head['path'], 'rows': [[99, []]] * len(head['which'])}); time.sleep(600)", "answered nonsense"),
    ],
)
def test_a_lost_worker_leaves_a_gap_for_the_file_it_had_in_hand_and_for_no_other(
    folder: Path, expected: Answers, sharing: list[str], monkeypatch: pytest.MonkeyPatch, after: str, words: str
) -> None:
    stub(monkeypatch, READY + after)
    monkeypatch.setattr(scan, "FILE_SECONDS", 0.5 if "longer" in words else 10.0)
    monkeypatch.setattr(team, "GRACE_SECONDS", 0.1)
    found = look(folder)
    (path,) = sharing
    missing = 0
    for name, (values, gaps) in found.items():
        wanted, known_gaps = expected[name]
        assert {**values, **({path: wanted[path]} if path in wanted else {})} == wanted
        new = [gap for gap in gaps if gap not in known_gaps]
        if path in wanted:
            missing += 1
            assert path not in values
            assert [gap.path for gap in new] == [path]
            assert words in new[0].reason
        else:
            assert not new
    assert missing


@pytest.mark.parametrize(
    "script", ["raise SystemExit(1)", "import time; time.sleep(600)", "print('hello, I am no worker')"]
)
def test_a_worker_that_never_gets_ready_costs_no_answer(
    folder: Path, expected: Answers, sharing: list[str], monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    stub(monkeypatch, script)
    assert look(folder) == expected
    assert not sharing


def test_a_program_that_cannot_be_started_costs_no_answer(
    folder: Path, expected: Answers, sharing: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "may_copy", lambda: False)
    monkeypatch.setattr(process, "command", lambda _module: [str(folder / "absent")])
    assert look(folder) == expected


def test_a_worker_of_another_version_is_not_used(
    folder: Path, sharing: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "may_copy", lambda: False)
    monkeypatch.setattr(CodeSettings, "version", "of tomorrow")
    look(folder)
    assert not sharing


def test_files_not_answered_in_time_are_gaps(folder: Path, sharing: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    stub(monkeypatch, READY + "time.sleep(600)")
    monkeypatch.setattr(scan, "PASS_SECONDS", 0.7)
    found = look(folder)
    values, gaps = found["secrets"]
    late = {gap.path for gap in gaps if "not reached within" in gap.reason}
    assert late
    assert late | set(values) == {entry.path for entry in Project.open(folder).entries()}


def test_an_interrupt_ends_the_workers(folder: Path, sharing: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    worker = team.Worker
    monkeypatch.setattr(team, "Worker", lambda hello: started.append(worker(hello)) or started[-1])

    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        look(folder, interrupt)
    assert [each.over for each in started] == [True]


def test_a_small_repository_starts_no_worker(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("started a worker")

    monkeypatch.setattr(team, "processes", lambda: 4)
    monkeypatch.setattr(team, "Process", never)
    assert look(folder)["imports"][0]


def test_a_worker_imports_nothing_from_the_repository(
    folder: Path, sharing: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(process, "may_copy", lambda: False)
    folder = Path(shutil.copytree(folder, tmp_path / "r"))
    mark = tmp_path / "was-here"
    planted = f"open({str(mark)!r}, 'w').close()\nraise SystemExit(1)\n"
    write(folder, {"tree_sitter.py": planted, "sitecustomize.py": planted, "json.py": planted})
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setenv("PYTHONSTARTUP", str(folder / "json.py"))
    look(folder)
    assert sharing
    assert not mark.exists()


def test_each_analyser_of_a_file_gets_its_full_time(folder: Path) -> None:
    class Slow(CodeSettings):
        def analyse(self, source: Any) -> Any:
            time.sleep(0.45)
            return super().analyse(source)

    class Stuck(CodeSettings):
        def analyse(self, source: Any) -> Any:
            while True:
                pass

    project = Project.open(folder)
    source = records.Source(project.files["app/m01.py"], project.read("app/m01.py"))
    answers = records.analyse(source, [Slow(), Slow(), Stuck(), Slow()], 0.8)
    assert ["took" in each if isinstance(each, str) else "record" for each in answers] == [
        "record",
        "record",
        True,
        "record",
    ]
