"""What a change is said to touch holds everything whose outcome the change altered, and leaves the rest alone."""

from __future__ import annotations

import ast
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support import git, make_repo, write

import shipworthy.facts
from shipworthy.assess.depends import Account, Change, NotedView, compare
from shipworthy.assess.events import Event, Judged
from shipworthy.assess.examine import Resident, examine
from shipworthy.assess.memory import Memory
from shipworthy.demo.make import make_demo
from shipworthy.facts import Context, View
from shipworthy.facts.scan import Scan
from shipworthy.facts.stack import Stack
from shipworthy.project import Project
from shipworthy.project.listing import NESTED

NOW = datetime(2024, 10, 11, 12, 0, tzinfo=UTC)
WORKFLOW = ".github/workflows/ci.yml"
JOB = "name: ci\non: [push, pull_request]\njobs:\n  t:\n    runs-on: ubuntu-latest\n    steps:\n      - run: pytest\n"


def outcomes(folder: Path, memory: Memory) -> tuple[dict[str, object], Stack]:
    """Every item's outcomes, judged without any cache; the accounts go into the memory."""
    found: dict[str, object] = {}
    stacks: list[Stack] = []

    def emit(event: Event) -> None:
        if isinstance(event, Judged):
            found[event.item] = event.outcomes

    keep = memory.judged
    memory.judged = lambda event, accounts, stack, withheld: (  # type: ignore[method-assign]  # a look over its shoulder
        stacks.append(stack),
        keep(event, accounts, stack, withheld=withheld),
    )
    examine(folder, Context(now=NOW, home=folder), emit, use_cache=False, resident=Resident(memory=memory))
    return found, stacks[0]


def _append(text: str) -> Callable[[Path], None]:
    def act(path: Path) -> None:
        path.write_bytes(path.read_bytes() + text.encode())

    return act


LONG = {True: pytest.mark.long, False: ()}
FILES = [
    "Dockerfile", "README.md", "requirements.txt", "app/auth.py", "app/main.py", "app/orders.py", "app/payments.py",
    "app/settings.py", "tests/test_orders.py", ".env", WORKFLOW, ".gitignore", "docs/notes.yml",
]  # fmt: skip
ACTS: dict[str, Callable[[Path], None]] = {
    "more": _append("\n@app.post('/x')\ndef x():\n    return os.environ['X']\nurllib3==1.0\n"),
    "gone": lambda path: path.unlink(),
    "emptied": lambda path: path.write_bytes(b""),
    "broken": _append("\n((((((: [\x00\xff"),
    "link": lambda path: (path.unlink(), path.symlink_to("README.txt"))[0],
}
NEW = {
    "app/new.py": "from fastapi import FastAPI\napp = FastAPI(debug=True)\n@app.post('/n')\ndef n():\n    return 1\n",
    "package.json": '{"name": "x", "dependencies": {"express": "4.0.0"}, "scripts": {"test": "jest"}}\n',
    "web/package.json": '{"name": "web", "dependencies": {"next": "14.0.0"}}\n',
    "poetry.lock": '[[package]]\nname = "x"\n',
    ".gitlab-ci.yml": "test:\n  script: pytest\n",
    "renovate.json": "{}\n",
    ".dockerignore": ".env\n",
    ".env.example": "LIMIT=\n",
    "tests/test_new.py": "import pytest\n\n@pytest.mark.skip\ndef test_new():\n    assert 1\n",
    "compose.yml": "services:\n  web:\n    build: .\n    command: uvicorn app.main:app --reload\n",
    "id_rsa.pem": "x\n",
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Memory, dict[str, object], Project]:
    folder = make_demo(tmp_path_factory.mktemp("depends") / "demo")
    write(folder, {WORKFLOW: JOB, "docs/notes.yml": "a: 1\n", ".gitignore": "*.log\n"})
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "more")
    memory = Memory()
    found, _ = outcomes(folder, memory)
    return folder, memory, found, Project.open(folder)


def _check(
    demo: tuple[Path, Memory, dict[str, object], Project], change_it: Callable[[Path], object], at: Path
) -> None:
    folder, memory, before, _ = demo
    # In the same place, because places are in what is said; put back as it was, times and inodes included.
    away = folder.with_name("away")
    folder.rename(away)
    shutil.copytree(away, folder, symlinks=True)
    try:
        base = Project.open(folder)
        change_it(folder)
        change = compare(base, Project.open(folder))
        assert change is not None
        after, stack = outcomes(folder, Memory())
    finally:
        shutil.rmtree(folder)
        away.rename(folder)
    altered = {item for item in before.keys() | after.keys() if before.get(item) != after.get(item)}
    touched = memory.affected(change, stack)
    assert altered <= touched, (sorted(altered - touched), at)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("act", [pytest.param(act, marks=LONG[act in ("emptied", "link", "gone")]) for act in ACTS])
def test_whatever_a_change_alters_is_touched(
    demo: tuple[Path, Memory, dict[str, object], Project], name: str, act: str
) -> None:
    _check(demo, lambda folder: ACTS[act](folder / name), Path(name))


@pytest.mark.parametrize("name", NEW)
@pytest.mark.long
def test_whatever_a_new_file_alters_is_touched(
    demo: tuple[Path, Memory, dict[str, object], Project], name: str
) -> None:
    _check(demo, lambda folder: write(folder, {name: NEW[name]}), Path(name))


@pytest.mark.parametrize("arguments", [("rm", "-q", "--cached", ".env"), ("branch", "-m", "trunk")], ids=str)
def test_whatever_git_alters_is_touched(
    demo: tuple[Path, Memory, dict[str, object], Project], arguments: tuple[str, ...]
) -> None:
    _check(demo, lambda folder: git(folder, *arguments), Path(".git"))


def test_a_change_leaves_alone_what_it_cannot_touch(
    demo: tuple[Path, Memory, dict[str, object], Project],
) -> None:
    _, memory, found, project = demo
    edited = Change(edited=(project.files["app/main.py"],))
    touched = memory.affected(edited)
    assert {"routes-protected", "secrets-not-in-tree"} <= touched
    assert not {"ci-runs-tests", "ci-on-every-change", "lockfile", "known-vulns"} & touched
    assert memory.affected(Change(whole=True)) == found.keys()


def test_a_listing_that_could_not_be_read_to_the_end_touches_everything(tmp_path: Path) -> None:
    folder = make_repo(tmp_path, {"a.py": "A = 1\n"})
    old, new = Project.open(folder), Project.open(folder)
    assert compare(old, new) is None
    new.incomplete = "stopped"
    change = compare(old, new)
    assert change is not None
    assert change.whole


@pytest.mark.parametrize(
    ("act", "edited", "listed"),
    [
        (lambda folder: (folder / "a.py").write_text("A = 22\n"), ["a.py"], []),
        (lambda folder: (folder / "a.py").unlink(), [], ["a.py"]),
        (lambda folder: (folder / "b.py").write_text("B = 1\n"), [], ["b.py"]),
        (lambda folder: git(folder, "rm", "-q", "--cached", "a.py"), [], ["a.py"]),
        (lambda folder: os.utime(folder / "a.py", (1, 1)), ["a.py"], []),
        (lambda folder: make_repo(folder / "inner", {"c.py": "C = 1\n"}), [], ["inner"]),
    ],
    ids=["edit", "delete", "create", "untrack", "time", "nested"],
)
def test_compare(tmp_path: Path, act: Callable[[Path], object], edited: list[str], listed: list[str]) -> None:
    folder = make_repo(tmp_path, {"a.py": "A = 1\n", "z.py": "Z = 1\n"})
    old = Project.open(folder)
    act(folder)
    new = Project.open(folder)
    change = compare(old, new)
    assert change is not None
    assert sorted({entry.path for entry in change.edited}) == edited
    assert sorted({entry.path for entry in change.listed}) == listed
    assert "inner" not in new.files or new.files["inner"].problem == NESTED


@pytest.mark.parametrize(
    ("ask", "edit", "new", "git_moved"),
    [
        (lambda view: view.read("a.py"), True, False, False),
        (lambda view: view.read("new.py"), False, True, False),
        (lambda view: view.exists("new.py"), False, True, False),
        (lambda view: view.exists("a.py"), False, False, False),
        (lambda view: list(view.entries("*.py")), True, True, False),
        (lambda view: list(view.entries("*.md")), False, False, False),
        (lambda view: list(view.entries()), False, True, False),
        (lambda view: len(view.project.files), False, True, False),
        (lambda view: view.project.files.get("new.py"), False, True, False),
        (lambda view: view.project.has_folder("deep"), False, False, False),
        (lambda view: view.project.has_folder("."), False, False, False),
        (lambda view: view.project.git, False, False, True),
        (lambda view: view.project.head.commit, False, False, True),
        (lambda view: view.project.incomplete, False, False, False),
        (lambda view: view.project._ordered, True, True, True),
    ],
)
def test_what_a_view_was_asked(
    tmp_path: Path, ask: Callable[[View], object], edit: bool, new: bool, git_moved: bool
) -> None:
    folder = make_repo(tmp_path, {"a.py": "A = 1\n"})
    project = Project.open(folder)
    account = Account()
    ask(NotedView(project, Context(now=NOW, home=folder), Scan(project, []), account))
    write(folder, {"new.py": "NEW = 1\n"})
    fresh = Project.open(folder).files["new.py"]
    assert account.touched_by(Change(edited=(project.files["a.py"],))) is edit
    assert account.touched_by(Change(listed=(fresh,))) is new
    assert account.touched_by(Change(git=True)) is git_moved
    assert account.touched_by(Change(whole=True))


ASKS_FOR_SIZES = {
    # By what each of these asks for it: an analyser's `wants`, a listing by pattern, the records of the same files, or
    # the shared pass itself.
    "pipeline/discovery.py", "pipeline/systems/azure_files.py", "serving/reader.py", "scan.py", "team.py", "worker.py",
    "bulk.py", "stretch.py", "secrets/hyper.py", "secrets/fact.py",
}  # fmt: skip


def test_no_reader_asks_for_the_size_or_the_time_of_what_it_listed_as_a_whole() -> None:
    """`Account.names` says nothing of edits, which is right as long as names and kinds are all that is used."""
    top = Path(shipworthy.facts.__file__).parent
    found = {
        file.relative_to(top).as_posix()
        for file in top.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("size", "mtime_ns", "inode", "suspect")
    }
    assert found <= ASKS_FOR_SIZES, "list by pattern, and add the file here once you have seen that it does"
