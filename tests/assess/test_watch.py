"""The resident child notices what happens to real files, and lets no outcome stand that a change may have undone."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.assess.watched import APP, SECONDS, TOKEN, watching
from tests.support import git, make_repo, write

from shipworthy.assess import watch
from shipworthy.assess.events import Changed, Failed, Planned, Started, Watching
from shipworthy.assess.notify import Notifier
from shipworthy.facts.tests.consent import ConsentKey, record


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return make_repo(tmp_path / "repo", APP)


async def test_an_edited_file_is_examined_again_and_nothing_that_it_cannot_touch(repo: Path) -> None:
    async with watching(repo) as child:
        assert child.outcomes["secrets-not-in-tree"] == "pass"
        write(repo, {"app/settings.py": f"import os\n\nTOKEN = '{TOKEN}'\n"})
        await child.done()
        assert child.changed().paths == ("app/settings.py",)
        assert child.changed().total == 1
        assert not child.changed().moved
        assert child.outcomes["secrets-not-in-tree"] == "fail"
        planned = next(event for event in child.said if isinstance(event, Planned))
        assert set(child.changed().items) == set(planned.items)
        assert "secrets-not-in-tree" in planned.items
        assert "ci-runs-tests" not in planned.items
        assert planned.dirty == ("app/settings.py",)

        write(repo, {"app/settings.py": APP["app/settings.py"]})
        await child.done()
        assert child.outcomes["secrets-not-in-tree"] == "pass"
        await child.nothing()


def _rename(repo: Path) -> None:
    (repo / "app/settings.py").rename(repo / "app/config.py")


def _replace(repo: Path) -> None:
    write(repo, {"app/.new": "import os\n\nLIMIT = 1\n"})
    (repo / "app/.new").replace(repo / "app/settings.py")


def _unreadable(repo: Path) -> None:
    (repo / "app/settings.py").unlink()
    os.mkfifo(repo / "app/settings.py")


def _loop(repo: Path) -> None:
    (repo / "app/loop").symlink_to(repo, target_is_directory=True)


def _new_folder(repo: Path) -> None:
    write(repo, {"lib/deep/er/new.py": "VALUE = 1\n"})


LONG = pytest.mark.long


@pytest.mark.parametrize(
    ("act", "paths"),
    [
        (lambda repo: (repo / "app/settings.py").unlink(), ("app/settings.py",)),
        pytest.param(_rename, ("app/config.py", "app/settings.py"), marks=LONG),
        pytest.param(_replace, ("app/settings.py",), marks=LONG),
        (_new_folder, ("lib/deep/er/new.py",)),
        pytest.param(_unreadable, ("app/settings.py",), marks=LONG),
        pytest.param(_loop, ("app/loop",), marks=LONG),
        pytest.param(lambda repo: write(repo, {".gitignore": ""}), (".gitignore",), marks=LONG),
        (lambda repo: write(repo, {".shipworthy/policy.toml": 'profile = "team"\n'}), (".shipworthy/policy.toml",)),
    ],
    ids=["deleted", "renamed", "replaced", "new-folder", "fifo", "symlink-loop", "ignore-rules", "policy"],
)
async def test_what_is_noticed(repo: Path, act: Callable[[Path], object], paths: tuple[str, ...]) -> None:
    async with watching(repo) as child:
        act(repo)
        await child.done()
        assert child.changed().paths == paths
        assert "secrets-not-in-tree" in child.changed().items
        # What was said stands or was judged anew: nothing is left open, nothing is told twice.
        assert set(child.changed().items) <= child.outcomes.keys() | {"tests-pass"}


@pytest.mark.long
async def test_a_file_that_cannot_be_read_any_more_is_unknown(repo: Path) -> None:
    async with watching(repo) as child:
        assert child.outcomes["secrets-not-in-tree"] == "pass"
        (repo / "app/settings.py").unlink()
        await child.done()
        assert child.outcomes["secrets-not-in-tree"] == "unknown"
        assert "app/settings.py" in child.summaries["secrets-not-in-tree"]


@pytest.mark.long
async def test_a_burst_is_one_change(repo: Path) -> None:
    async with watching(repo) as child:
        for number in range(60):
            write(repo, {f"app/part{number}.py": f"PART = {number}\n"})
            await asyncio.sleep(0.005)
        await child.done()
        assert child.changed().total == 60
        assert len(child.changed().paths) == 50
        await child.nothing()


@pytest.mark.long
async def test_another_branch_is_one_change(repo: Path) -> None:
    git(repo, "checkout", "-q", "-b", "other")
    write(repo, {"app/settings.py": f"TOKEN = '{TOKEN}'\n", "app/more.py": "MORE = 1\n"})
    git(repo, "rm", "-q", "tests/test_app.py")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "other")
    git(repo, "checkout", "-q", "main")
    async with watching(repo) as child:
        git(repo, "checkout", "-q", "other")
        await child.done()
        assert child.changed().paths == ("app/more.py", "app/settings.py", "tests/test_app.py")
        assert child.changed().moved
        assert child.changed().branch == "other"
        assert child.outcomes["secrets-not-in-tree"] == "fail"
        assert child.outcomes["tests-pass"] == "fail"
        planned = next(event for event in child.said if isinstance(event, Planned))
        assert planned.branch == "other"


@pytest.mark.long
async def test_a_commit_is_told_though_no_file_changed(repo: Path) -> None:
    write(repo, {"app/more.py": "MORE = 1\n"})
    git(repo, "add", "-A")
    async with watching(repo) as child:
        git(repo, "commit", "-q", "-m", "more")
        await child.done()
        assert child.changed().moved
        assert child.changed().paths == ()
        planned = next(event for event in child.said if isinstance(event, Planned))
        assert planned.commit == git(repo, "rev-parse", "HEAD")
        assert planned.dirty == ()


@pytest.mark.long
async def test_what_git_ignores_wakes_nobody(repo: Path) -> None:
    write(repo, {"node_modules/left-pad/index.js": "1\n", "debug.log": "1\n"})
    async with watching(repo) as child:
        write(repo, {"node_modules/left-pad/index.js": "2\n", "node_modules/new/index.js": "2\n"})
        write(repo, {"app/__pycache__/main.pyc": "x", "debug.log": "2\n", "app/other.log": "2\n"})
        git(repo, "status")
        await child.nothing()


@pytest.mark.long
async def test_a_file_in_a_folder_that_was_empty(repo: Path) -> None:
    (repo / "later").mkdir()
    async with watching(repo) as child:
        (repo / "app" / "also").mkdir()
        await child.nothing()
        write(repo, {"later/a.py": "A = 1\n"})
        await child.done()
        assert child.changed().paths == ("later/a.py",)
        write(repo, {"app/also/b.py": "B = 1\n"})
        await child.done()
        assert child.changed().paths == ("app/also/b.py",)


async def test_our_own_record_does_not_go_round_in_circles(repo: Path) -> None:
    async with watching(repo) as child:
        write(repo, {".shipworthy/decisions.toml": "# nothing yet\n"})
        await child.done()
        assert child.changed().paths == (".shipworthy/decisions.toml",)
        await child.nothing()


@pytest.mark.long
async def test_a_broken_policy_says_so_and_mending_it_examines_everything(repo: Path) -> None:
    async with watching(repo) as child:
        everything = set(child.outcomes)
        write(repo, {".shipworthy/policy.toml": "profile = \n"})
        assert isinstance((await child.done())[-1], Failed)
        write(repo, {".shipworthy/policy.toml": 'profile = "solo"\n'})
        await child.done()
        planned = next(event for event in child.said if isinstance(event, Planned))
        assert set(planned.items) == everything


@pytest.mark.long
async def test_no_run_of_the_tests_survives_a_change_and_none_is_started(repo: Path) -> None:
    async with watching(repo) as child:
        asks = child.asks()
        if not asks:
            pytest.skip(f"the tests of a project cannot be run here: {child.summaries['tests-pass']}")
        # Said for always, so that only the watch itself keeps from running it.
        for ask in asks:
            key = ConsentKey(ask.repository, ask.digest)
            record(repo.parent / "state/shipworthy", key, "always", shown=ask.command, at=datetime.now(UTC))
        await child.engine.run(("tests-pass",))
        await child.done()
        if child.outcomes["tests-pass"] != "pass":
            pytest.skip(f"the tests do not pass here: {child.summaries['tests-pass']}")

        write(repo, {"app/main.py": APP["app/main.py"] + "\nMORE = 1\n"})
        await child.done()
        assert "tests-pass" in child.changed().items
        assert child.outcomes["tests-pass"] == "unknown"
        assert "app/main.py changed after this was run" in child.summaries["tests-pass"]

        write(repo, {"tests/test_more.py": "def test_more():\n    assert 2 + 2 == 4\n"})
        await child.done()
        assert child.outcomes["tests-pass"] == "unknown"

        await child.engine.run(("tests-pass",))
        await child.done()
        assert child.outcomes["tests-pass"] == "pass"
        git(repo, "add", "app/main.py")
        git(repo, "commit", "-q", "-m", "the same files")
        await child.done()
        assert child.outcomes["tests-pass"] == "pass"


@pytest.mark.long
async def test_while_the_tests_run_a_change_takes_back_what_was_said_at_once(repo: Path) -> None:
    write(repo, {"tests/test_app.py": "import time\n\n\ndef test_app():\n    time.sleep(4)\n"})
    async with watching(repo) as child:
        asks = [ask.command for ask in child.asks()]
        if not asks:
            pytest.skip(f"the tests of a project cannot be run here: {child.summaries['tests-pass']}")
        await child.engine.run(("tests-pass",), frozenset(asks))
        await child.until(lambda: isinstance(child.said[-1], Started))
        write(repo, {"app/settings.py": f"TOKEN = '{TOKEN}'\n"})
        await child.until(lambda: isinstance(child.said[-1], Changed))
        assert "secrets-not-in-tree" not in child.outcomes
        await child.until(lambda: child.outcomes.get("secrets-not-in-tree") == "fail")
        await child.until(lambda: child.outcomes.get("tests-pass") == "unknown")


@pytest.mark.long
async def test_paused_it_says_nothing_and_told_again_it_catches_up(repo: Path) -> None:
    async with watching(repo) as child:
        await child.engine.watch(False)
        await child.until(lambda: isinstance(child.said[-1], Watching))
        write(repo, {"app/settings.py": f"TOKEN = '{TOKEN}'\n"})
        await child.nothing()
        await child.engine.watch(True)
        await child.done()
        assert child.changed().paths == ("app/settings.py",)
        assert child.outcomes["secrets-not-in-tree"] == "fail"


@pytest.mark.long
async def test_a_check_of_one_item_hides_no_change_from_the_others(repo: Path) -> None:
    async with watching(repo) as child:
        write(repo, {"app/settings.py": f"TOKEN = '{TOKEN}'\n"})
        await child.engine.run(("lockfile",))
        await child.until(lambda: child.outcomes.get("secrets-not-in-tree") == "fail")


@pytest.mark.long
async def test_a_change_while_everything_is_examined_is_not_lost(repo: Path) -> None:
    async with watching(repo) as child:
        await child.engine.run()
        await child.until(lambda: isinstance(child.said[-1], Planned))
        write(repo, {"app/settings.py": f"TOKEN = '{TOKEN}'\n"})
        await child.until(lambda: child.outcomes.get("secrets-not-in-tree") == "fail")


@pytest.mark.long
async def test_a_repository_that_goes_and_comes_back(repo: Path) -> None:
    async with watching(repo) as child:
        repo.rename(repo.with_name("away"))
        assert isinstance((await child.done())[-1], Failed)
        write(repo.with_name("away"), {"app/settings.py": f"TOKEN = '{TOKEN}'\n"})
        repo.with_name("away").rename(repo)
        await child.until(lambda: child.outcomes.get("secrets-not-in-tree") == "fail")


@pytest.mark.long
async def test_outside_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = write(tmp_path / "plain", APP)
    async with watching(folder) as child:
        write(folder, {"new/place/settings.py": f"TOKEN = '{TOKEN}'\n"})
        await child.done()
        assert child.outcomes["secrets-not-in-tree"] == "fail"


def test_without_a_word_from_the_system_the_files_are_looked_at(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep alone: in this process, because a child takes no switch for it."""
    import threading

    from shipworthy.project import Project

    monkeypatch.setattr(Notifier, "_listen", lambda self: None)
    told: list[tuple[str, ...]] = []
    heard = threading.Event()

    def tell(number: int, project: Project | None, change: object) -> None:
        told.append(change.paths)  # type: ignore[attr-defined]  # a Change
        heard.set()

    watcher = watch.Watch(repo, tell, broke=lambda why: told.append((why,)))
    watcher.on()
    watcher.examined(Project.open(repo), time.time())
    for name in ("app/settings.py", "app/new.py"):
        heard.clear()
        write(repo, {name: "CHANGED = 1\n"})
        assert heard.wait(SECONDS)
        assert told[-1] == (name,)
    watcher.off()
