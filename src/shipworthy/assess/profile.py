"""Guesses the profile from the facts, and says why, so that a person can correct it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from shipworthy.git import GitError
from shipworthy.model import Component, ComponentKind
from shipworthy.project import Project

RECENT_COMMITS = 500
"""How far back authors are counted."""
_ROBOT = re.compile(r"\[bot\]|^(dependabot|renovate|github-actions|bot)\b|noreply@(anthropic|openai|cursor)", re.I)


def authors(project: Project) -> int | None:
    """How many people wrote the recent commits, by e-mail address; None where git cannot tell."""
    if project.git is None or project.head.commit is None:
        return None
    try:
        listed = project.git.text("log", f"-n{RECENT_COMMITS}", "--format=%ae", "--no-mailmap", project.head.commit)
    except GitError:
        return None
    return len({line.lower() for line in listed.splitlines() if line and not _ROBOT.search(line)})


def guess(components: Iterable[Component], people: int | None) -> tuple[str, str]:
    """(profile, reason). Anything that serves, or that cannot be told, gets a deploying team's or person's profile."""
    kinds = {component.kind for component in components}
    served = kinds & {ComponentKind.SERVICE, ComponentKind.SITE}
    sure = kinds - {ComponentKind.UNKNOWN}
    if not served and sure == kinds and kinds:
        if ComponentKind.WORKER in kinds:
            return "worker", "it works in the background and serves no requests"
        if ComponentKind.CLI in kinds:
            return "cli", "it installs a command and serves no requests"
        return "library", "it is published as a package and serves no requests"
    what = "it serves users" if served else "what it runs as could not be told"
    if people is not None and people > 1:
        return "team", f"{what}, and {people} people wrote the recent commits"
    wrote = "one person wrote the recent commits" if people == 1 else "no second author is known"
    return "solo", f"{what}, and {wrote}"
