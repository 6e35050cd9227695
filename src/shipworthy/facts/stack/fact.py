"""What the repository is made of: components, languages, frameworks, services, entry points, each with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shipworthy.facts.base import Fact, FactReader
from shipworthy.model import Component, Location


class Part(StrEnum):
    """The kinds of things a stack is made of."""

    LANGUAGE = "language"
    FRAMEWORK = "framework"
    PACKAGE_MANAGER = "package-manager"
    CI = "ci"
    DEPLOY_TARGET = "deploy-target"
    DATABASE = "database"
    THIRD_PARTY = "third-party"
    ENTRY_POINT = "entry-point"
    TEST_RUNNER = "test-runner"


@dataclass(frozen=True, slots=True, kw_only=True)
class StackPart:
    """One thing found, in lower case as its makers write it ("fastapi", "next", "github"), and where."""

    part: Part
    name: str
    component: str
    """The root of the component it belongs to ("." for the repository)."""
    location: Location


@dataclass(frozen=True, kw_only=True)
class Stack(Fact):
    """Components in path order, at least one ("."), and all parts found."""

    components: tuple[Component, ...] = ()
    parts: tuple[StackPart, ...] = ()

    @classmethod
    def reader(cls) -> FactReader[Any]:
        from shipworthy.facts.stack.reader import StackReader

        return StackReader()

    def of(self, part: Part, component: str | None = None) -> tuple[StackPart, ...]:
        """Parts of one kind, of one component's root or of all."""
        return tuple(each for each in self.parts if each.part is part and component in (None, each.component))

    def names(self, part: Part, component: str | None = None) -> frozenset[str]:
        """Just the names of `of`."""
        return frozenset(each.name for each in self.of(part, component))
