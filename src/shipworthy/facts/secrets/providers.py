"""What to do with a secret that leaked, in order: rows of `providers.toml`, one a provider or a kind of secret."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from shipworthy.facts.secrets.within import Within

_UNKNOWN = "unknown"
_STORE = "Put the new one into the store or environment."
_FILE = "Remove it from the file."
_RENAME = "Rename the file."
_HISTORY = "Old commits keep it: only revoking helps."
_ANEW = {
    Within.MESSAGE: "Reword it: git commit --amend, or git filter-repo --replace-message.",
    Within.TAG: "Make the tag anew, also where it was pushed: git tag -f -a.",
    Within.REF: "Rename it, also where it was pushed: git branch -m, or git tag -d.",
}
"""What no commit mends: it has to be written anew."""


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One row: where a provider's keys are revoked, or how a kind of secret is replaced."""

    id: str
    title: str
    console: str = ""
    """The https address of the page; empty where each customer has an own one, and for package indexes."""
    place: str = ""
    """The way through the menus, in words."""
    revoke: str = ""
    """The whole first step, where "Revoke it at TITLE" does not say it."""
    store: str = _STORE
    rules: tuple[str, ...] = ()
    """The rules it answers for, whatever their provider is."""

    @property
    def first(self) -> str:
        """The first step: where to revoke it."""
        if self.revoke:
            return self.revoke
        page = f" ({self.console})" if self.console else ""
        return f"Revoke it at {self.title}{page}: {self.place}."


@cache
def providers() -> Mapping[str, Provider]:
    """All rows by id. Raises ValueError for two rows of one id, or two that answer for one rule."""
    data = (files("shipworthy.facts.secrets") / "providers.toml").read_bytes()
    table = tomllib.loads(data.decode("utf-8"))
    rows = [_row(row) for row in (*table["kind"], *table["provider"])]
    answered = [rule for row in rows for rule in row.rules]
    if len({row.id for row in rows}) != len(rows) or len(set(answered)) != len(answered):
        raise ValueError("two rows of providers.toml share an id or a rule")
    return {row.id: row for row in rows}


def _row(row: Mapping[str, Any]) -> Provider:
    return Provider(**{**row, "rules": tuple(row.get("rules", ()))})


@cache
def _by_rule() -> Mapping[str, Provider]:
    return {rule: row for row in providers().values() for rule in row.rules}


def provider_of(rule: str, provider: str) -> Provider:
    """The row that says what to do: by the rule, else by the provider, else the row for an unknown one."""
    return _by_rule().get(rule) or providers().get(provider) or providers()[_UNKNOWN]


def handling(rule: str, provider: str, *, in_history: bool = False, within: Within = Within.FILE) -> tuple[str, ...]:
    """What to do, one sentence a step, in order: revoke it, store the new one, clear its place, what history keeps.

    `in_history`: it stands in no file any more, only in old commits. `within`: what of them or of the files holds it.
    """
    row = provider_of(rule, provider)
    if within in _ANEW:
        return (row.first, row.store, _ANEW[within])
    clear = _RENAME if within is Within.NAME else _FILE
    return (row.first, row.store, *(() if in_history else (clear,)), _HISTORY)
