"""Readers of the CI systems other than GitHub Actions: each turns a file into starts, jobs and commands of a plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shipworthy.facts.pipeline.systems import (
    azure,
    bitbucket,
    buildkite,
    circleci,
    cloudbuild,
    drone,
    gitlab,
    jenkins,
    travis,
    woodpecker,
)
from shipworthy.facts.pipeline.systems.plan import Plan

SystemReader = Callable[[Plan], None]
"""Reads the file of a plan (`plan.path`) into it: `start` for each way it starts, then its jobs and their commands."""

_READERS: Mapping[str, SystemReader] = {
    "travis": travis.read,
    "jenkins": jenkins.read,
    "circleci": circleci.read,
    "azure": azure.read,
    "cloudbuild": cloudbuild.read,
    "bitbucket": bitbucket.read,
    "buildkite": buildkite.read,
    "drone": drone.read,
    "gitlab": gitlab.read,
    "woodpecker": woodpecker.read,
}


def _filling(reader: SystemReader) -> SystemReader:
    return lambda plan: plan.fill(reader)


READERS: Mapping[str, SystemReader] = {name: _filling(reader) for name, reader in _READERS.items()}
"""By the name of the system (see `discovery`). A system without a reader is named and stays unknown."""
