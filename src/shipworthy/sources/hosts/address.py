"""Tells from a remote's address which code host it is and where its API answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

_SCP = re.compile(r"(?:[^@/:\s]{1,100}@)?(?P<host>[A-Za-z0-9.-]{1,253}):(?P<path>[^:\s][^\s]{0,500})")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9-]{1,63}){0,20})")
_PART = re.compile(r"[A-Za-z0-9_.][\w.-]{0,254}", re.A)
_LOOPBACK = ("127.0.0.1", "localhost")


class HostKind(StrEnum):
    """Whose API a host speaks."""

    GITHUB = "github"
    GITLAB = "gitlab"

    @property
    def spoken(self) -> str:
        """As people write it."""
        return {"github": "GitHub", "gitlab": "GitLab"}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One repository at one host."""

    kind: HostKind
    host: str
    """The name in the remote, lower case, with its port where it names one: tokens belong to it."""
    project: str
    """ "owner/name", or "group/subgroup/name"."""
    api: str
    """Where the API answers, without a slash at the end."""

    def __str__(self) -> str:
        return f"{self.host}/{self.project}"


def _split(remote: str) -> tuple[str, str, str, int | None] | None:
    """(scheme, host, path, port) of a remote; None for a path on this machine and for what is no address."""
    if "://" not in remote:
        match = _SCP.fullmatch(remote)
        return ("ssh", match["host"], match["path"], None) if match else None
    try:
        parts = urlsplit(remote)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("https", "http", "ssh", "git", "git+ssh") or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, parts.path, port


def _kind(host: str, environment: Mapping[str, str], systems: Iterable[str]) -> HostKind | None:
    """By the public hosts, by what a person or CI system names, by the host's own name, by the pipeline's files."""
    if host == "github.com" or host.endswith(".ghe.com"):
        return HostKind.GITHUB
    if host == "gitlab.com":
        return HostKind.GITLAB
    if host in named_hosts(environment, HostKind.GITHUB):
        return HostKind.GITHUB
    if host in named_hosts(environment, HostKind.GITLAB):
        return HostKind.GITLAB
    labels = re.split(r"[.-]", host.partition(":")[0])
    told = {kind for kind in HostKind if kind.value in labels} or {kind for kind in HostKind if kind.value in systems}
    return told.pop() if len(told) == 1 else None


def named_hosts(environment: Mapping[str, str], kind: HostKind) -> frozenset[str]:
    """Hosts that the usual environment variables name, lower case, with a port where they name one."""
    names = {
        HostKind.GITHUB: ("GITHUB_SERVER_URL", "GH_HOST"),
        HostKind.GITLAB: ("CI_SERVER_URL", "GITLAB_HOST", "GITLAB_URI", "GL_HOST"),
    }[kind]
    found = set()
    for name in names:
        text = environment.get(name, "").strip().lower()
        text = text.partition("://")[2] or text
        if text := text.partition("/")[0]:
            found.add(text)
    return frozenset(found)


def address_of(remote: str, environment: Mapping[str, str], systems: Iterable[str] = ()) -> Address | None:
    """Where the host of a remote answers; None where it cannot be told whose API it speaks, or there is no host.

    `systems` names CI systems whose files the repository holds. The API is always asked over TLS, whatever the remote
    uses, but for a stand-in on this machine. Names and passwords inside the remote are dropped.
    """
    found = _split(remote.strip()[:2_000])
    if found is None:
        return None
    scheme, host, path, port = found
    host = host.lower()
    parts = [part for part in path.strip("/").removesuffix(".git").split("/") if part]
    if not _HOST.fullmatch(host) or len(parts) < 2 or not all(_PART.fullmatch(part) for part in parts):
        return None
    if any(part in (".", "..") for part in parts):
        return None
    # The port of ssh says nothing about where the API is.
    at = f"{host}:{port}" if port is not None and scheme in ("https", "http") else host
    kind = _kind(at, environment, systems)
    if kind is None or (kind is HostKind.GITHUB and len(parts) != 2):
        return None
    base = f"http://{at}" if scheme == "http" and host in _LOOPBACK else f"https://{_tls(at, scheme)}"
    if kind is HostKind.GITLAB:
        api = f"{base}/api/v4"
    elif host == "github.com":
        api = "https://api.github.com"
    elif host.endswith(".ghe.com"):
        api = f"https://api.{host}"
    else:
        api = f"{base}/api/v3"
    return Address(kind=kind, host=at, project="/".join(parts), api=api)


def _tls(at: str, scheme: str) -> str:
    """A port that the remote uses without TLS is not one to speak TLS to."""
    return at.partition(":")[0] if scheme == "http" else at
