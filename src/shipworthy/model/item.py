"""What a checklist is made of: items that must be true, in areas, at a level per profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Decides(StrEnum):
    """Who decides an item. `both`: a machine can disprove, a person confirms."""

    MACHINE = "machine"
    BOTH = "both"
    PERSON = "person"


class Level(StrEnum):
    """How much a profile asks of an item."""

    REQUIRED = "required"
    SUGGESTED = "suggested"
    OPTIONAL = "optional"
    NONE = "none"


LEVEL_ORDER = (Level.NONE, Level.OPTIONAL, Level.SUGGESTED, Level.REQUIRED)


class Risk(StrEnum):
    """What an open item can cost; orders the coach's next step."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


PROFILES = ("solo", "team", "regulated", "internal", "library", "cli", "worker")


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A group of items on the screen."""

    id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that must be true before production. `id` is the only name it has."""

    id: str
    area: str
    title: str
    failing_title: str
    why: str
    fix: tuple[str, ...]
    decides: Decides
    attest: str
    """What a person states when they attest; empty where nobody can."""
    not_applicable: str
    """When the item does not apply; empty where it always does."""
    references: tuple[str, ...]
    profiles: Mapping[str, Level]
    risk: Risk
    minutes: int
    """A typical time to fix, in minutes, shown with the next step."""
    check: str | None = None
    """The name of the check that judges it; None while no machine verifies it yet."""

    def level(self, profile: str) -> Level:
        """The level this profile asks for; a profile the item does not name asks for nothing."""
        return self.profiles.get(profile, Level.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """Items in reading order. `digest` is the sha256 (hex) of every byte the checklist was read from."""

    name: str
    version: str
    title: str
    areas: tuple[Area, ...]
    items: tuple[Item, ...]
    digest: str

    def item(self, item_id: str) -> Item:
        """Raises KeyError where the checklist has no such item."""
        for item in self.items:
            if item.id == item_id:
                return item
        raise KeyError(item_id)
