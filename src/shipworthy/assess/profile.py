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
    """How many people wrote the recent commits; None where git cannot tell.

    By e-mail address; addresses under one full name are one person's, who commits from here and from a web page.
    """
    if project.git is None or project.head.commit is None:
        return None
    try:
        listed = project.git.text(
            "log", f"-n{RECENT_COMMITS}", "--format=%an%x00%ae", "--no-mailmap", project.head.commit
        )
    except GitError:
        return None
    person: dict[str, set[str]] = {}
    for line in listed.lower().splitlines():
        name, _, address = line.partition("\0")
        if not address or _ROBOT.search(address):
            continue
        # One word may be many people's: "admin", "root", a first name.
        keys = {address, name.strip()} if len(name.split()) > 1 else {address}
        joined = keys.union(*(person[key] for key in keys if key in person))
        person |= dict.fromkeys(joined, joined)
    return len({id(keys) for keys in person.values()})


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
