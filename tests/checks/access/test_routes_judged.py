"""Which routes can be listed, which are protected, and what is said where neither can be told."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import check_files

HEAD = """\
import os

from fastapi import Depends, FastAPI, Header, HTTPException

app = FastAPI()


def user(authorization: str = Header()):
    if authorization != os.environ["TOKEN"]:
        raise HTTPException(status_code=401)


"""


def fastapi(*routes: str) -> dict[str, str]:
    """An app with these routes; "!" in front means protected."""
    text = HEAD
    for number, route in enumerate(routes):
        method, path = route.lstrip("!").split(" ")
        guard = ", dependencies=[Depends(user)]" if route.startswith("!") else ""
        text += f"@app.{method.lower()}({path!r}{guard})\ndef view{number}():\n    return {{}}\n\n\n"
    return {"main.py": text, "requirements.txt": "fastapi==0.115.0\n"}


FLASK = "from flask import Flask\napp = Flask(__name__)\n"
JS = {
    "package.json": '{"name": "x", "private": true, "dependencies": {"express": "4"}}',
    "server.js": "require('express')",
}


@pytest.mark.parametrize(
    ("files", "kind", "summary"),
    [
        (fastapi("!GET /items", "!POST /items"), "pass", "all 2 routes protected"),
        (fastapi("!GET /items", "GET /"), "needs-you", "1 protected; are 1 open route meant for everybody?"),
        (fastapi("POST /login", "GET /health"), "needs-you", "0 protected; are 2 open routes meant for everybody?"),
        (fastapi("!GET /items", "POST /items"), "fail", "1 open route of 2"),
        (
            {"app.py": FLASK + "@app.post('/api/users')\ndef register_user(): return ''\n"},
            "needs-you",
            "0 protected; are 1 open route meant for everybody?",
        ),
        (fastapi("GET /orders"), "fail", "1 open route of 1"),
        (fastapi("GET /admin/users", "GET /about"), "fail", "1 open route of 2"),
        ({"app.py": FLASK + "@app.delete('/x')\ndef x(): return ''\n"}, "fail", "1 open route of 1"),
        (JS, "unknown", "package.json: routes of Express are not read yet"),
        (
            {"main.go": 'package main\nimport "net/http"\nfunc main() { http.ListenAndServe(":80", nil) }\n'},
            "unknown",
            "",
        ),
        ({"tool.py": "print('hi')\n"}, "not-applicable", "no network entry point"),
    ],
)
def test_routes_protected(tmp_path: Path, files: dict[str, str], kind: str, summary: str) -> None:
    found = check_files("routes-protected", tmp_path, files)
    assert found.kind == kind
    assert summary in found.summary


@pytest.mark.parametrize(
    ("files", "kind", "summary"),
    [
        (fastapi("GET /a", "POST /b"), "pass", "2 routes in 1 file"),
        ({"main.py": HEAD + "@app.get(os.environ['P'])\ndef view(): return 1\n"}, "unknown", "full path"),
        ({"main.py": HEAD + "@app.get('/a')\ndef view(:\n"}, "unknown", "main.py"),
        (JS, "unknown", "Express"),
        ({"tool.py": "print('hi')\n"}, "not-applicable", "no network entry point"),
    ],
)
def test_route_inventory(tmp_path: Path, files: dict[str, str], kind: str, summary: str) -> None:
    found = check_files("route-inventory", tmp_path, files)
    assert found.kind == kind
    assert summary in found.summary


@pytest.mark.parametrize(
    ("check", "remedy"),
    [
        ("route-inventory", "List its addresses by hand"),
        ("routes-protected", "List its addresses by hand"),
        ("debug-surface-closed", "Start it as in production"),
        ("health-check", "See that its host asks it"),
    ],
)
def test_what_is_not_read_has_a_place_and_a_way_on(tmp_path: Path, check: str, remedy: str) -> None:
    code = "export default async function handler(req, res) {\n  res.status(200).end()\n}\n"
    found = check_files(check, tmp_path, {"api/a.ts": code})
    assert found.kind == "unknown"
    assert str(found.findings[0].location) == "api/a.ts:1"
    assert found.findings[0].remedy.startswith(remedy)
    assert found.findings[0].remedy.endswith(", and waive this with what you saw.")


def test_a_path_that_is_written_out_is_not_said_to_be_made_at_run_time(tmp_path: Path) -> None:
    """What is not known of it is what the blueprint is registered with."""
    code = "from flask import Blueprint\nmain = Blueprint('m', __name__)\n@main.route('/a')\ndef a():\n    return 1\n"
    found = check_files("route-inventory", tmp_path, {"routes.py": code})
    said = next(each for each in found.findings if each.rule == "opaque-route")
    assert found.kind == "unknown"
    assert said.message.startswith("The full path of the route for a is not known: nothing read here")
    assert "register" in said.remedy


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (HEAD + "@app.post('/a')\ndef a():\n    return 1\n", "dependencies=[Depends(your_check)]"),
        (
            "from flask import Flask\napp = Flask(__name__)\n@app.post('/a')\ndef a():\n    return ''\n",
            "@login_required of Flask-Login",
        ),
    ],
    ids=["fastapi", "flask"],
)
def test_an_open_route_is_told_in_the_words_of_its_framework(tmp_path: Path, code: str, says: str) -> None:
    found = check_files("routes-protected", tmp_path, {"main.py": code})
    assert found.kind == "fail"
    assert says in found.findings[0].remedy


def test_hostile_paths_are_findings_like_others(tmp_path: Path) -> None:
    text = HEAD + "@app.post('/\\x1b]0;owned\\x07[@click=app.quit]')\ndef view():\n    return 1\n"
    found = check_files("routes-protected", tmp_path, {"main.py": text})
    assert found.kind == "fail"


def test_the_same_route_keeps_its_fingerprint_when_lines_move(tmp_path: Path) -> None:
    files = fastapi("POST /items")
    first = check_files("routes-protected", tmp_path / "a", files)
    files["main.py"] = "# a line more\n" + files["main.py"]
    second = check_files("routes-protected", tmp_path / "b", files)
    assert [each.fingerprint for each in first.findings] == [each.fingerprint for each in second.findings]
