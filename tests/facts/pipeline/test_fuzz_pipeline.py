"""Damaged pipeline files of every system: never an exception, a hang, or a proof out of a file that is not valid.

`SHIPWORTHY_PIPELINE_FILES` may name a folder of real ones for the long run: FOLDER/NAME/PATH-IN-THE-REPOSITORY.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.facts.pipeline.damaging import SEEDS, damaged
from tests.support import NOW, write

from shipworthy.facts import Context, Facts, View
from shipworthy.facts.pipeline import Pipeline
from shipworthy.facts.pipeline.gate import gates, overall
from shipworthy.facts.pipeline.github_rules import problems
from shipworthy.facts.pipeline.inventory import tests_on_change as answer_of
from shipworthy.facts.pipeline.neutral import could_test
from shipworthy.facts.pipeline.reader import PipelineReader
from shipworthy.facts.pipeline.systems import READERS
from shipworthy.facts.scan import Scan
from shipworthy.project import Project
from shipworthy.project.yaml import BadData, load_yaml

CODE = {
    "src/app.py": "x = 1\n",
    "tests/test_app.py": "def test(): assert 1\n",
    "package.json": '{"scripts": {"test": "jest", "ci": "npm test"}}',
    "a.test.js": "test('a', () => {})\n",
    "Makefile": "check:\n\tpytest\n",
}
SECONDS = 20
"""Of CPU time for one file; none takes a hundredth of it."""


class Replaced(View):
    """A view of a project in which one file has another content."""

    def __init__(self, project: Project, path: str, data: bytes) -> None:
        super().__init__(project, Context(now=NOW, home=project.root), Scan(project, ()))
        self._path, self._data = path, data

    def read(self, path: str) -> bytes | None:
        return self._data if path == self._path else super().read(path)


@contextmanager
def limited() -> Iterator[None]:
    """Stops what uses more than `SECONDS` of CPU time."""

    def stop(_number: int, _frame: object) -> None:
        raise TimeoutError(f"more than {SECONDS} s")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def refused(path: str, text: str) -> bool:
    """Whether the file is surely not valid, asked of others than its reader."""
    if not path.endswith((".yml", ".yaml")):
        return False
    try:
        # Ruby, which reads the files of some systems, takes the last of two equal keys.
        documents = load_yaml(text.encode("utf-8", "replace"), last_wins=not path.startswith(".github/"))
    except BadData:
        return True
    data = documents[0] if documents else None
    if not isinstance(data, Mapping):
        return True
    return path.startswith(".github/workflows/") and next(problems(data), None) is not None


def broken(project: Project, path: str, text: str) -> str:
    """What is wrong with the answer for this text; "" where nothing is."""
    try:
        with limited():
            found: Pipeline = PipelineReader().read(Replaced(project, path, text.encode("utf-8", "replace")), Facts({}))
            said, gated = answer_of(found), overall(gates(found))
    except Exception as error:
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        where = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame is not None else "?"
        return f"{type(error).__name__} at {where}: {str(error)[:80]}"
    if (said == "yes" or gated == "yes") and refused(path, text):
        return f"tests {said} and gate {gated} of a file that is not valid"
    # Travis runs a language's usual tests where the file names no command.
    if said == "yes" and path != ".travis.yml" and not could_test(text):
        return "tests of a file that names none"
    return ""


def run(projects: Mapping[str, Project], texts: Mapping[str, str], seed: int, rounds: int) -> dict[str, str]:
    """Damages each text `rounds` times; what broke -> the first text that broke it."""
    found: dict[str, str] = {}
    for name, text in texts.items():
        path = name.partition(":")[2]
        rng = random.Random(f"{seed} {name}")
        for _ in range(rounds):
            given = damaged(text, rng)
            if why := broken(projects[name], path, given):
                found.setdefault(f"{path}: {why}", given)
    return found


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Project]:
    """For each seed a project of its own, with code and that one pipeline file."""
    return {
        f"seed:{path}": Project.open(write(tmp_path_factory.mktemp("damaged"), {**CODE, path: text}))
        for path, text in SEEDS.items()
    }


TEXTS = {f"seed:{path}": text for path, text in SEEDS.items()}


def test_every_reader_has_a_seed_that_it_understands(projects: dict[str, Project]) -> None:
    read = {}
    for name, text in TEXTS.items():
        found = PipelineReader().read(Replaced(projects[name], name.partition(":")[2], text.encode()), Facts({}))
        assert found.workflows, (name, found.not_read)
        read.update({system.name: answer_of(found) for system in found.systems})
    assert set(read) == {*READERS, "github"}
    assert set(read.values()) <= {"yes", "partial"}


def test_a_few_hundred_damaged_files(projects: dict[str, Project]) -> None:
    assert run(projects, TEXTS, seed=1, rounds=15) == {}


def test_an_anchor_given_anew_warns_nobody(recwarn: pytest.WarningsRecorder) -> None:
    assert load_yaml(b"a: &x 1\nb: &x 2\nc: *x\n")[0]["c"] == 2
    assert not recwarn.list


@pytest.mark.long
def test_ten_thousand_damaged_files(projects: dict[str, Project]) -> None:
    assert run(projects, TEXTS, seed=2, rounds=10_000 // len(TEXTS) + 1) == {}


@pytest.mark.long
@pytest.mark.skipif("SHIPWORTHY_PIPELINE_FILES" not in os.environ, reason="no folder of real pipeline files is named")
def test_damaged_real_files(tmp_path: Path) -> None:
    folder = Path(os.environ["SHIPWORTHY_PIPELINE_FILES"])
    texts: dict[str, str] = {}
    projects: dict[str, Project] = {}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        owner, _, path = file.relative_to(folder).as_posix().partition("/")
        texts[f"{owner}:{path}"] = text = file.read_text("utf-8", "replace")
        projects[f"{owner}:{path}"] = Project.open(write(tmp_path / str(len(texts)), {**CODE, path: text}))
    assert texts
    assert run(projects, texts, seed=3, rounds=-(-10_000 // len(texts))) == {}
