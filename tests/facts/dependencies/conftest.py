"""Reads the dependencies of a repository made of a mapping of files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.support import NOW, make_repo

from shipworthy.assess.store import FactStore
from shipworthy.facts import Context
from shipworthy.facts.dependencies import Dependencies
from shipworthy.project import Project

Read = Callable[[Mapping[str, str | bytes]], Dependencies]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def reading(files: Mapping[str, str | bytes]) -> Dependencies:
        folder = make_repo(tmp_path / "repo", files)
        found = FactStore(Project.open(folder), Context(now=NOW, home=tmp_path), [Dependencies]).get(Dependencies)
        assert isinstance(found, Dependencies), found
        return found

    return reading
