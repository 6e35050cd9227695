"""Names what a readiness file is for: the repository, as its remote names it, and the environment."""

from __future__ import annotations

import re

from shipworthy.git import Git

ENVIRONMENT = "production"
"""The environment of a policy that names none."""
_ENVIRONMENT = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
_URL = re.compile(r"(?:https?|ssh|git)://(?:[^/@]*@)?[^/]+/(?P<path>.+)")
_SCP = re.compile(r"(?:[^/@:]+@)?[^/:]{2,}:(?!//)(?P<path>.+)")


def is_environment(name: str) -> bool:
    """Whether a name can be an environment's: it becomes part of two file names."""
    return bool(_ENVIRONMENT.fullmatch(name))


def hosted_name(url: str) -> str | None:
    """`acme/app` of a remote's address, without host and credentials; None for a local path."""
    found = _URL.fullmatch(url) or (None if "://" in url else _SCP.fullmatch(url))
    if found is None:
        return None
    return found["path"].strip("/").removesuffix(".git") or None


def repository_name(git: Git, remote: str = "origin") -> str | None:
    """What a remote calls this repository; None without that remote on a host."""
    url = git.answer("config", "--get", f"remote.{remote}.url")
    return hosted_name(url) if url else None


def same_repository(signed: str, here: str) -> bool:
    """Whether two names mean one repository. One may lack what stands before: `app` and `acme/app` agree."""
    one, other = signed.casefold().split("/"), here.casefold().split("/")
    count = min(len(one), len(other))
    return one[-count:] == other[-count:]
