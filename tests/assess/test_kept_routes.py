"""Routes worked out before are recalled only where nothing they rest on has changed."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tests.support import NOW, git, make_repo, write

from shipworthy.assess.cache import record_cache
from shipworthy.assess.store import FactStore
from shipworthy.facts import Context, scan
from shipworthy.facts.python_code.analyser import PythonCode
from shipworthy.facts.routes import reader
from shipworthy.facts.routes.fact import Routes
from shipworthy.project import Project

FILES = {
    "main.py": "from fastapi import FastAPI\nfrom api import router\napp = FastAPI()\napp.include_router(router)\n",
    "api.py": (
        "from fastapi import APIRouter, Depends\nfrom auth import user\nrouter = APIRouter(prefix='/v1')\n\n"
        "@router.get('/me')\ndef me(who=Depends(user)):\n    return who\n"
    ),
    "auth.py": (
        "from fastapi import Depends, HTTPException\nfrom fastapi.security import OAuth2PasswordBearer\nimport jwt\n"
        "from keys import KEY\nscheme = OAuth2PasswordBearer(tokenUrl='t')\n\ndef user(token: str = Depends(scheme)):\n"
        "    try:\n        return jwt.decode(token, KEY, algorithms=['HS256'])\n"
        "    except jwt.PyJWTError:\n        raise HTTPException(401)\n"
    ),
    "keys.py": "import os\nKEY = os.environ['KEY']\n",
    "requirements.txt": "fastapi==0.115.0\n",
}


@pytest.fixture
def evaluations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry each time the code is evaluated."""
    made: list[int] = []
    evaluated = reader._evaluated

    def counted(records: Any) -> Any:
        made.append(1)
        return evaluated(records)

    monkeypatch.setattr(reader, "_evaluated", counted)
    # Fixed, or an edit of the program while the tests run would decide them.
    monkeypatch.setattr(scan, "program_version", lambda: "of today")
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_repo(tmp_path / "r", FILES)


def routes(folder: Path, *, cached: bool = True) -> Routes:
    context = Context(now=NOW, home=folder.parent)
    if not cached:
        found = FactStore(Project.open(folder), context, [Routes]).get(Routes)
    else:
        with record_cache(folder.parent / "cache", folder) as cache:
            found = FactStore(Project.open(folder), context, [Routes], cache).get(Routes)
    assert isinstance(found, Routes)
    return found


def test_a_second_look_evaluates_nothing_and_says_the_same(folder: Path, evaluations: list[int]) -> None:
    cold = routes(folder)
    assert [route.protected for route in cold.routes] == [True]
    assert len(evaluations) == 1
    assert routes(folder) == cold == routes(folder, cached=False)
    assert len(evaluations) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"auth.py": "def user():\n    return None\n"},
        {"auth.py": FILES["auth.py"].replace("raise HTTPException(401)", "return None")},
        {"api.py": FILES["api.py"].replace("who=Depends(user)", "")},
        {"main.py": FILES["main.py"].replace("router)\n", "router, prefix='/x')\n")},
        {"keys.py": "KEY = 'now here'\n"},
        {"other.py": "from fastapi import FastAPI\nother = FastAPI()\n\n@other.get('/open')\ndef o(): ...\n"},
        {"auth/__init__.py": "def user():\n    return None\n"},
        {"api.py": "def broken(:\n"},
        {"keys.py": None},
        {"auth.py": None},
    ],
)
def test_a_change_of_any_file_evaluates_again(
    folder: Path, evaluations: list[int], change: dict[str, str | None]
) -> None:
    routes(folder)
    for path, text in change.items():
        if text is None:
            git(folder, "rm", "-q", path)
        else:
            write(folder, {path: text})
    del evaluations[:]
    warm = routes(folder)
    assert len(evaluations) == 1
    assert warm == routes(folder, cached=False)


def test_a_file_that_can_no_longer_be_read_evaluates_again(
    folder: Path, evaluations: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    routes(folder)
    (folder / "auth.py").unlink()
    (folder / "auth.py").symlink_to("/nowhere")
    warm = routes(folder)
    assert len(evaluations) == 2
    assert any(gap.path == "auth.py" for gap in warm.gaps)
    assert warm == routes(folder, cached=False)


@pytest.mark.parametrize("what", ["program", "no program", "analyser"])
def test_another_program_evaluates_again(
    folder: Path, evaluations: list[int], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    routes(folder)
    if what == "analyser":
        monkeypatch.setattr(PythonCode, "version", "of tomorrow")
    else:
        monkeypatch.setattr(scan, "program_version", lambda: None if what == "no program" else "of tomorrow")
    routes(folder)
    assert len(evaluations) == 2


@pytest.mark.parametrize("column", ["text", "sum", "key"])
def test_a_damaged_memory_is_not_believed(folder: Path, evaluations: list[int], column: str) -> None:
    cold = routes(folder)
    (file,) = (folder.parent / "cache").glob("*.sqlite")
    with sqlite3.connect(file) as connection:
        connection.execute(f"UPDATE kept SET {column} = replace({column}, substr({column}, 3, 2), '')")
    assert routes(folder) == cold
    assert len(evaluations) == 2


def test_a_damaged_record_is_read_again(folder: Path) -> None:
    cold = routes(folder)
    (file,) = (folder.parent / "cache").glob("*.sqlite")
    with sqlite3.connect(file) as connection:
        connection.execute('UPDATE record SET value = \'{"b":[],"w":false,"e":null,"f":[],"m":[]}\'')
        connection.execute("DELETE FROM kept")
    assert routes(folder) == cold


def test_a_program_replaced_while_it_runs_is_no_program_to_remember_by(monkeypatch: pytest.MonkeyPatch) -> None:
    from shipworthy.facts import program_version

    monkeypatch.setattr(program_version, "_STARTED", 0.0)
    assert program_version.program_version() is None
