"""A locked package is raised by its package manager: no fix by machine, but the command that does it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fixes.fixing import changed, contents, refusal
from tests.support import make_repo

NPM_LOCK = """\
{"name": "a", "lockfileVersion": 3, "packages": {
  "": {"name": "a", "dependencies": {"%s": "1"}},
  "node_modules/axios": {"version": "1.6.2"}
}}
"""
UV_LOCK = """\
version = 1

[[package]]
name = "urllib3"
version = "2.0.4"
source = { registry = "https://index.example/simple" }
"""


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"package.json": '{"dependencies": {"axios": "1"}}', "package-lock.json": NPM_LOCK % "axios"},
         ": npm install axios@1."),
        ({"package.json": '{"dependencies": {"got": "1"}}', "package-lock.json": NPM_LOCK % "got"}, ": npm audit fix"),
        ({"uv.lock": UV_LOCK}, ": uv lock --upgrade-package urllib3"),
    ],
    ids=["npm", "npm-below", "uv"],
)  # fmt: skip
def test_the_command_is_named(tmp_path: Path, files: dict[str, str], command: str) -> None:
    root = make_repo(tmp_path / "app", files)
    before = contents(root)
    assert command in refusal("known-vulns", root)
    assert changed(before, root) == {}
