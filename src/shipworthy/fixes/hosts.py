"""Tells whether the repository's remote is on another code host than the one whose files are made here."""

from __future__ import annotations

import re

from shipworthy.project import Project

_OTHERS = (
    ("GitLab", re.compile(r"gitlab", re.I)),
    ("Bitbucket", re.compile(r"bitbucket", re.I)),
    ("Azure DevOps", re.compile(r"dev\.azure|visualstudio", re.I)),
    ("Codeberg", re.compile(r"codeberg|gitea|forgejo", re.I)),
)


def elsewhere(project: Project) -> str | None:
    """The host's name where the remote's address says that it is not GitHub; None where it may be."""
    address = project.git.answer("config", "--get", "remote.origin.url") if project.git is not None else None
    return next((name for name, pattern in _OTHERS if address and pattern.search(address)), None)
