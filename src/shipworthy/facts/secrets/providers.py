"""What to do with a secret that leaked, in order: rows of `providers.toml`, one a provider or a kind of secret."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

_UNKNOWN = "unknown"
_STORE = "Put the new one into the secret store or the environment."
_FILE = "Remove it from the file."
_HISTORY = "Old commits keep the old one: only revoking it helps."


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
    steps: tuple[str, ...] = ()
    """What else revoking takes, or does."""
    store: str = _STORE
    rules: tuple[str, ...] = ()
    """Rules it answers for, whatever their provider is."""

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
    rows = [_row(row) for row in tomllib.loads(data.decode("utf-8"))["provider"]]
    answered = [rule for row in rows for rule in row.rules]
    if len({row.id for row in rows}) != len(rows) or len(set(answered)) != len(answered):
        raise ValueError("two rows of providers.toml share an id or a rule")
    return {row.id: row for row in rows}


def _row(row: Mapping[str, Any]) -> Provider:
    return Provider(**{**row, "steps": tuple(row.get("steps", ())), "rules": tuple(row.get("rules", ()))})


@cache
def _by_rule() -> Mapping[str, Provider]:
    return {rule: row for row in providers().values() for rule in row.rules}


def provider_of(rule: str, provider: str) -> Provider:
    """The row that says what to do: by the rule, else by the provider, else the row for an unknown one."""
    return _by_rule().get(rule) or providers().get(provider) or providers()[_UNKNOWN]


def handling(rule: str, provider: str, *, in_history: bool = False) -> tuple[str, ...]:
    """What to do, one sentence a step, in order: revoke it, store the new one, clear the file, what history keeps.

    `in_history`: it stands in no file any more, only in old commits.
    """
    row = provider_of(rule, provider)
    return (row.first, *row.steps, row.store, *(() if in_history else (_FILE,)), _HISTORY)
