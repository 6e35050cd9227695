"""Reads facts of a repository as a command needs them: by themselves, through the caches that checking it fills."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from shipworthy.assess.cache import cache_dir, record_cache
from shipworthy.assess.context import default_context
from shipworthy.assess.store import FactStore
from shipworthy.facts import Fact
from shipworthy.project import Project


def facts_of(root: Path, *kinds: type[Fact]) -> tuple[Fact | str, ...]:
    """The facts of these kinds; for each that cannot be had, why. Raises ProjectError."""
    project = Project.open(root)
    context = default_context()
    folder = cache_dir(context.environment, context.home)
    with record_cache(folder, project.root) as cache:
        store = FactStore(project, replace(context, cache_dir=folder), kinds, cache, stack=False)
        return tuple(store.get(kind) for kind in kinds)
