"""A signed repository, made once a module and copied for each test."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.readiness.signed import Signed, signed


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    return signed(tmp_path_factory.mktemp("signed") / "app")


@pytest.fixture
def repo(tmp_path: Path, template: Signed) -> Signed:
    """A copy of a signed repository, to spoil."""
    shutil.copytree(template.folder, tmp_path / "app", symlinks=True)
    return replace(template, folder=tmp_path / "app")
