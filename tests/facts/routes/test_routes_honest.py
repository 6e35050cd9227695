"""What the routes fact must never do: miss in silence, hang, crash, or remember a secret."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from tests.facts.routes.reading_routes import gaps, read_routes, rows

from shipworthy.facts.python_code.analyser import PythonCode
from shipworthy.facts.python_code.strings import keep
from shipworthy.facts.routes import inventory
from shipworthy.project import FileEntry, FileKind, Source

APP = "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/x')\ndef x(): ...\n"


def code_of(text: str, path: str = "app.py") -> dict[str, object]:
    data = text.encode()
    entry = FileEntry(path=path, size=len(data), mtime_ns=0, inode=0, kind=FileKind.SOURCE, tracked=True)
    value = PythonCode().analyse(Source(entry, data)).value
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize(
    ("path", "text", "title"),
    [
        ("package.json", '{"dependencies": {"express": "^4"}}', "Express"),
        ("web/package.json", '{"dependencies": {"next": "15"}}', "Next.js"),
        ("site/urls.py", "from django.urls import path\nurlpatterns = []\n", "Django"),
        ("srv.py", "from aiohttp import web\n", "aiohttp"),
        ("tool.py", "from http.server import HTTPServer\n", "http.server"),
        ("go.mod", "require github.com/gin-gonic/gin v1.9.1\n", "Go"),
        ("supabase/functions/pay/index.ts", "Deno.serve(() => new Response())\n", "Supabase functions"),
    ],
)
def test_frameworks_not_read_yet_are_gaps(path: str, text: str, title: str, tmp_path: Path) -> None:
    fact = read_routes(tmp_path, {path: text})
    assert gaps(fact) == [f"{path}: routes of {title} are not read yet"]
    assert [name for name, _ in fact.frameworks] != []


def test_development_packages_are_no_servers(tmp_path: Path) -> None:
    fact = read_routes(tmp_path, {"package.json": '{"devDependencies": {"express": "^4"}}'})
    assert (gaps(fact), fact.frameworks) == ([], ())


def test_nothing_served(tmp_path: Path) -> None:
    fact = read_routes(tmp_path, {"tool.py": "import click\n@click.command()\ndef main(): ...\n"})
    assert (rows(fact), gaps(fact), fact.frameworks) == ({}, [], ())


def test_tests_and_vendored_files_are_no_routes(tmp_path: Path) -> None:
    fact = read_routes(tmp_path, {"tests/test_app.py": APP, "vendor/lib/app.py": APP, "conftest.py": APP})
    assert rows(fact) == {}


def test_a_broken_file_keeps_its_routes_and_is_a_gap(tmp_path: Path) -> None:
    fact = read_routes(tmp_path, {"main.py": APP + "def broken(:\n    pass\n@app.get('/y')\ndef y(): ...\n"})
    assert "GET /x" in rows(fact)
    assert any("syntax error" in gap for gap in gaps(fact))


def test_syntax_newer_than_the_interpreter(tmp_path: Path) -> None:
    newer = "type Names[T] = list[T]\ndef first[T](x: Names[T]) -> T: return x[0]\nmatch 1:\n    case 1: pass\n"
    fact = read_routes(tmp_path, {"main.py": newer + APP})
    assert (rows(fact), gaps(fact)) == ({"GET /x": False}, [])


def test_inventory_shape(tmp_path: Path) -> None:
    assert inventory(read_routes(tmp_path, {"main.py": APP})) == [
        {
            "method": "GET", "path": "/x", "file": "main.py", "line": 3, "handler": "x", "protected": False,
            "mechanism": "", "framework": "fastapi",
        }
    ]  # fmt: skip


SECRET = "hunt" + "er2" + "Zq9Lw4Xv7Bn1Km5Td"

SECRET_PLACES = [
    'API_KEY = "{}"',
    'password = "{}"',
    'x = os.getenv("SECRET_KEY", "{}")',
    'x = config("SECRET_KEY", default="{}")',
    'app.get("{}")',
    'app.config["SECRET_KEY"] = "{}"',
    'Settings(token="{}")',
    'connect("admin", "{}")',
    'if token == "{}": pass',
    'd = {{"password": "{}"}}',
    'def f(token="{}"): return token',
    'x = f"Bearer {}"',
    'x = f"/login/{{y}}/{}"',
    'x = "/{}"',
    'x = ["{}"]',
    'router = APIRouter(prefix="/{}")',
]


@pytest.mark.parametrize("place", SECRET_PLACES)
@pytest.mark.parametrize("secret", [SECRET, "hunter" + "2"])
def test_records_hold_no_secret(place: str, secret: str) -> None:
    if secret != SECRET and place.startswith(("app.get", "x = f", 'x = "/', "x = [", "router")):
        pytest.skip("a short word in a path is a path")
    assert secret not in json.dumps(code_of(place.format(secret) + "\n"))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("/api/v1/users/{user_id}", True),
        ("/files/<path:name>", True),
        ("GET", True),
        ("X-Hub-Signature-256", True),
        ("two words", False),
        ("/reset/" + "a1B2" * 8, False),
        ("0123456789", False),
    ],
)
def test_which_texts_are_kept(text: str, kept: bool) -> None:
    assert (keep(text, words=True) == text) is kept


HOSTILE = {
    "deep nesting": "x = " + "(" * 5_000 + "1" + ")" * 5_000 + "\n" + APP,
    "a long chain": APP + "y = a" + ".b" * 20_000 + "\n",
    "recursion": APP + "def f(a): return f(f(a))\n@app.get('/r')\ndef r(): return f(f(1))\n",
    "two modules importing each other": "from other import *\nfrom other import app\n",
    "a loop over everything": "from fastapi import FastAPI\napp = FastAPI()\n"
    + "".join(f"for i{n} in list('{'a' * 50}'):\n{' ' * (n + 1)}" for n in range(1))
    + "app.get('/' + i0)(print)\n",
    "a class that is its own base": "class A(A): pass\n" + APP,
    "names that are no names": "from . import *\nfrom .. import *\nfrom ... import x\n" + APP,
    "many nested routers": "from fastapi import APIRouter, FastAPI\napp = FastAPI()\nr = APIRouter()\n"
    + "r.include_router(r)\n" * 50
    + "app.include_router(r)\n",
    "not text": "\0\1\2",
}


@pytest.mark.parametrize("case", sorted(HOSTILE))
def test_hostile_files_end_soon_and_quietly(case: str, tmp_path: Path) -> None:
    began = time.monotonic()
    fact = read_routes(tmp_path, {"main.py": HOSTILE[case], "other.py": "from main import *\napp = nothing\n"})
    assert time.monotonic() - began < 10
    assert fact.read or gaps(fact)


def test_branches_do_not_multiply(tmp_path: Path) -> None:
    body = "".join(f"    if flag{n}: user{n} = request.headers.get('Authorization')\n" for n in range(60))
    source = f"from fastapi import FastAPI, Request\napp = FastAPI()\n@app.get('/x')\ndef x(request: Request):\n{body}"
    began = time.monotonic()
    fact = read_routes(tmp_path, {"main.py": source})
    assert time.monotonic() - began < 5
    assert rows(fact) == {"GET /x": False}
