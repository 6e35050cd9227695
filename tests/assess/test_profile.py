"""How many people wrote the recent commits, from what git knows of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import git, make_repo

from shipworthy.assess.profile import authors
from shipworthy.project import Project

STEPHEN = "Stephen Oba"


@pytest.mark.parametrize(
    ("wrote", "people"),
    [
        ([f"{STEPHEN} <s@example.org>"], 1),
        # At home, at work and on a web page.
        ([f"{STEPHEN} <s@example.org>", "stephen oba <s@work.example>", f"{STEPHEN} <1+s@web.example>"], 1),
        ([f"{STEPHEN} <s@example.org>", "Ada Lovelace <ada@example.org>"], 2),
        # One address, two ways to write the name; then another address under one of the two.
        (["Ada <a@example.org>", "Ada King Lovelace <a@example.org>", "Ada King Lovelace <b@example.org>"], 1),
        (["Ada Lovelace <a@example.org>", "Ada King <b@example.org>", "Ada King <a@example.org>"], 1),
        # One word may be many people's.
        (["root <a@example.org>", "root <b@example.org>"], 2),
        ([f"{STEPHEN} <s@example.org>", "dependabot[bot] <1+dependabot[bot]@web.example>"], 1),
    ],
)
def test_people(tmp_path: Path, wrote: list[str], people: int) -> None:
    root = make_repo(tmp_path / "r", {"a.py": "x = 1\n"})
    git(root, "commit", "-q", "--amend", "--no-edit", f"--author={wrote[0]}")
    for author in wrote[1:]:
        git(root, "commit", "-q", "--allow-empty", "-m", "more", f"--author={author}")
    assert authors(Project.open(root)) == people


def test_nobody_is_known_without_a_commit(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    assert authors(Project.open(tmp_path)) is None
