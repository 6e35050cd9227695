"""Finds a token that belongs to a host: the keyring, the usual environment variables, the host's own command line.

A token is given to no other host than the one it was made for. A variable says nothing about its host, so it counts for
the public one, or for the one that the variables around it name.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shipworthy.git import find_tool
from shipworthy.sources.hosts.address import Address, HostKind, named_hosts

SECONDS = 10.0
"""How long the host's own command line may take."""
_SENDABLE = re.compile(r"[\x21-\x7e]{8,2000}")

Keyring = Callable[[str], str | None]
"""Given an account ("host:github.com"), the token kept for it; None where there is none or no keyring."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token and, in words for a person, where it came from."""

    value: str = field(repr=False)
    source: str


class NoToken(Exception):
    """There is no token for this host: what was looked for and, in `diagnostics`, how to give one."""

    def __init__(self, message: str, diagnostics: str) -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


def how_to(address: Address) -> str:
    """What a person does to give a token, in one sentence."""
    if address.kind is HostKind.GITHUB:
        return (
            "Set GITHUB_TOKEN (for a GitHub Enterprise Server GH_ENTERPRISE_TOKEN and GH_HOST), run `gh auth login`, "
            f"or keep one in the keyring: keyring set shipworthy host:{address.host}. It needs to read metadata, "
            "contents, pull requests, checks, commit statuses, actions and administration."
        )
    return (
        "Set GITLAB_TOKEN (for a host of your own GITLAB_HOST too), run `glab auth login`, or keep one in the keyring: "
        f"keyring set shipworthy host:{address.host}. It needs the scope read_api and the role Maintainer."
    )


def find_token(address: Address, environment: Mapping[str, str], keyring: Keyring, outside: Path, home: Path) -> Token:
    """The first token found. Raises NoToken.

    `outside` is the repository, none of whose programs is started.
    """
    kept = keyring(f"host:{address.host}")
    if kept and _SENDABLE.fullmatch(kept):
        return Token(kept, "from the keyring")
    for name in _variables(address, environment):
        value = environment.get(name, "").strip()
        if _SENDABLE.fullmatch(value):
            return Token(value, f"in {name}")
    asked = _from_program(address, environment, outside, home)
    if asked is not None:
        return asked
    if address.kind is HostKind.GITLAB and environment.get("CI_JOB_TOKEN"):
        raise NoToken(
            f"there is no token for {address.host}: CI_JOB_TOKEN is not enough, it reads no branch rules and approvals",
            how_to(address),
        )
    raise NoToken(f"there is no token for {address.host}", how_to(address))


def _variables(address: Address, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the variables whose token belongs to this host."""
    named = named_hosts(environment, address.kind)
    if address.kind is HostKind.GITLAB:
        return ("GITLAB_TOKEN",) if address.host in (named or {"gitlab.com"}) else ()
    # Inside a workflow, GITHUB_TOKEN is one of the server that runs it.
    server = environment.get("GITHUB_SERVER_URL", "").partition("://")[2].strip("/").lower() or "github.com"
    if address.host == "github.com" or address.host.endswith(".ghe.com"):
        return ("GH_TOKEN", "GITHUB_TOKEN") if server in ("github.com", address.host) else ("GH_TOKEN",)
    if address.host not in named:
        return ()
    mine = ("GITHUB_TOKEN",) if server == address.host else ()
    return (*mine, "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")


def _from_program(address: Address, environment: Mapping[str, str], outside: Path, home: Path) -> Token | None:
    """What `gh` or `glab` answers, asked for this very host."""
    name = "gh" if address.kind is HostKind.GITHUB else "glab"
    program = find_tool(name, outside)
    if program is None:
        return None
    asking = ["auth", "token", "--hostname"] if name == "gh" else ["config", "get", "token", "--host"]
    try:
        done = subprocess.run(
            [program, *asking, address.host],
            cwd=home if home.is_dir() else "/",
            env={key: value for key, value in environment.items() if not key.startswith(("GIT_", "SHIPWORTHY_"))},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return None
    # On stderr may stand what it tried with: nothing of it is looked at or told.
    value = done.stdout.decode("ascii", "replace").strip() if done.returncode == 0 else ""
    return Token(value, f"from `{name}`") if _SENDABLE.fullmatch(value) else None
