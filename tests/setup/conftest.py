"""A remote with a signed and approved pull request, and the CI files of `shipworthy init` on its base."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.setup.hosts import NOW, Host, host

from shipworthy.setup import templates
from shipworthy.setup.plan import COMPONENT, WORKFLOW
from shipworthy.setup.templates import Settings

SETTINGS = Settings(branch="main", profile="team", reason="guessed", base=True)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Host:
    files = {WORKFLOW: templates.github(SETTINGS).decode(), COMPONENT: templates.gitlab(SETTINGS).decode()}
    found = host(tmp_path_factory.mktemp("host"), **files)
    found.team.signed(now=NOW)
    found.pull_request()
    return found


@pytest.fixture
def served(tmp_path: Path, template: Host) -> Host:
    folder = tmp_path / "host"
    shutil.copytree(template.folder, folder, symlinks=True)
    return replace(template, folder=folder, team=replace(template.team, folder=folder / "clone"))
