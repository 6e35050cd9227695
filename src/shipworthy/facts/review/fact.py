"""Counts over the recent history of the main branch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shipworthy.facts.base import Fact, FactReader
from shipworthy.text import plural

GIT_HISTORY = "git-history"
"""The subject of gaps in what git tells of the past."""
DAYS, MAX_LANDED, MAX_COMMITS = 90, 300, 500
"""What is looked at: days and commits along the first parent; commits of all branches merged, for who works here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskyWork:
    """Commits that touched one kind of risky path."""

    area: str
    commits: int
    people: int
    """How many people wrote them."""
    assisted: int
    """How many of them name an assistant."""


@dataclass(frozen=True, kw_only=True)
class Review(Fact):
    """Who works here and how changes reach the main branch."""

    in_git: bool = True
    branch: str = ""
    """The branch that was looked at; "" where there is none."""
    landed: int = 0
    """Commits along the first parent, within the limits."""
    merged: int = 0
    """Of those, merges of another branch."""
    numbered: int = 0
    """Of those, commits that name a pull or merge request and are no merge."""
    signed_off: int = 0
    """Of those, with a Reviewed-by or Approved-by of somebody else than their author."""
    by_bots: int = 0
    """Of those, written by a bot."""
    direct: int = 0
    """Of those, neither a merge nor numbered."""
    assistants: Mapping[str, int] = field(default_factory=dict)
    """Commits that name an assistant as author or co-author, by its name."""
    people: int | None = None
    """How many people wrote the recent commits; None where git cannot tell. At least so many, where there is a gap."""
    commits: int = 0
    """How many commits `people` and `risky` rest on."""
    risky: tuple[RiskyWork, ...] = ()

    @classmethod
    def reader(cls) -> FactReader[Any]:
        from shipworthy.facts.review.reader import ReviewReader

        return ReviewReader()

    @property
    def whole(self) -> bool:
        """Whether all of the recent history was there to be read."""
        return self.people is not None and not self.gaps

    def lines(self) -> list[str]:
        """The evidence in words, one line each."""
        if self.people is None:
            return []
        found = [
            f"git: {plural(self.landed, 'commit')} reached {self.branch} in {DAYS} days"
            + (f" (the last {MAX_LANDED} were looked at)" if self.landed == MAX_LANDED else ""),
            f"git: {self.merged} of them merges, {self.numbered} with a request's number, {self.direct} with neither",
            f"git: {self.signed_off} with a Reviewed-by or Approved-by of another person, {self.by_bots} by bots",
            f"git: {plural(self.people, 'person', 'people')} wrote the last {plural(self.commits, 'commit')}",
        ]
        if self.assistants:
            named = ", ".join(f"{name} {count}" for name, count in sorted(self.assistants.items()))
            found.append(f"git: commits that name an assistant: {named}")
        found += [
            f"git: {each.area}: {plural(each.commits, 'commit')} by {plural(each.people, 'person', 'people')}, "
            f"{each.assisted} with an assistant"
            for each in self.risky
        ]
        return found
