"""Weak places of pipeline files as rows, and which other program looked at them too."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shipworthy.facts.base import Fact, FactReader
from shipworthy.facts.pipeline.fact import NotRead


class Degree(StrEnum):
    """What a weak place amounts to."""

    DANGER = "danger"
    """A stranger could run code, or take rights or secrets."""
    WEAK = "weak"
    """One thing more has to go wrong."""
    ASK = "ask"
    """The files do not tell whether it is weak or dangerous: a person has to look."""
    REMARK = "remark"
    """Better otherwise; it stands in nobody's way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakness:
    """One weak place. Rows that differ in their lines alone are one (`more`)."""

    rule: str
    """"unpinned-action", "injection", …: see `checks.pipeline.ci_hardened`."""
    degree: Degree
    path: str
    line: int
    what: str
    """What stands there and names the place in its file, whatever its line: "acme/setup@v1"."""
    why: str = ""
    """What is wrong with it here, in a few words that complete a sentence; "" where the rule says it all."""
    more: tuple[int, ...] = ()
    """Further lines of the file with the same."""
    engine: str = ""
    """The program that found it; "" for the built-in rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Another program for the same question. `version` "" where it gave no answer that counts; `said` tells why."""

    name: str
    version: str = ""
    said: str = ""


@dataclass(frozen=True, kw_only=True)
class Hardening(Fact):
    """Every weak place found, in file order, and what was looked at."""

    weaknesses: tuple[Weakness, ...] = ()
    files: tuple[str, ...] = ()
    """Pipeline and action files that were understood."""
    not_understood: tuple[NotRead, ...] = ()
    engine: Engine | None = None
    """None where no other program concerns these files."""

    @classmethod
    def reader(cls) -> FactReader[Any]:
        from shipworthy.facts.hardening.reader import HardeningReader

        return HardeningReader()
