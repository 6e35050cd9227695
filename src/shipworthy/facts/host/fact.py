"""The host's answers, or why there are none; and the names under which the repository's own jobs report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shipworthy.facts.base import Fact, FactReader
from shipworthy.sources.hosts.address import Address
from shipworthy.sources.hosts.model import HostAnswers

HOURS = 24
"""How long an answer counts."""


@dataclass(frozen=True, kw_only=True)
class HostEvidence(Fact):
    """What the host said within the last day. Nothing of it is a gap: each check says what it does without."""

    address: Address | None = None
    """Whom to ask; None where the remote names nobody who could be asked."""
    answers: HostAnswers | None = None
    why: str = ""
    """Why there are no answers."""
    remedy: str = ""
    """What a person can do about it."""
    failed: bool = False
    """Whether they were asked for, and did not come."""

    @classmethod
    def reader(cls) -> FactReader[Any]:
        from shipworthy.facts.host.reader import HostReader

        return HostReader()

    def lines(self) -> list[str]:
        """What was asked, in words, one line each."""
        if self.answers is None:
            return []
        found = self.answers
        lines = [f"{found.address} asked on {found.asked:%Y-%m-%d %H:%M} UTC about {found.branch}"]
        if found.rules.by:
            lines.append(f"rules by {', '.join(found.rules.by)}")
        if found.runs:
            red = sorted({run.name for run in found.runs if run.conclusion not in _GREEN})
            state = f"not green: {', '.join(red[:5])}" if red else "all green"
            lines.append(f"checks of commit {found.commit[:12]}: {len(found.runs)}, {state}")
        else:
            lines.append(f"checks of commit {found.commit[:12]}: {found.runs_missing or 'none'}")
        lines += [
            f"environment {each.name}: {'a person lets deploys by' if each.reviewed else 'nobody is asked'}"
            for each in found.environments[:10]
        ]
        return lines


_GREEN = ("success", "neutral", "skipped")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckName:
    """The name of a check that a job reports under: `pieces` in this order, with anything between them.

    The first begins the name and the last ends it; one piece is the whole name.
    """

    path: str
    line: int
    pieces: tuple[str, ...]

    def fits(self, name: str) -> bool:
        first, *rest = self.pieces
        if not rest:
            return first == name
        if not name.startswith(first) or len(name) < len(first) + len(rest[-1]):
            return False
        at, end = len(first), len(name) - len(rest[-1])
        for piece in rest[:-1]:
            found = name.find(piece, at, end)
            if found < 0:
                return False
            at = found + len(piece)
        return name.endswith(rest[-1])


@dataclass(frozen=True, kw_only=True)
class CheckNames(Fact):
    """Names of the checks that the repository's GitHub workflows report."""

    names: tuple[CheckName, ...] = ()

    @classmethod
    def reader(cls) -> FactReader[Any]:
        from shipworthy.facts.host.names import CheckNamesReader

        return CheckNamesReader()
