"""What a check is: a judge of facts. It parses nothing, prints nothing, and cannot forget an incomplete fact."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

from shipworthy.facts import Context, Fact, Facts, Gap
from shipworthy.model import Component, Outcome, OutcomeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckContext:
    """Where and when a check judges."""

    outside: Context
    profile: str
    components: tuple[Component, ...]
    component: Component | None = None
    """The component under judgement; None for a check of the whole repository."""

    def covers(self, path: str | None) -> bool:
        """Whether a path belongs to the component under judgement: below its root and below no nested component."""
        if self.component is None:
            return True
        if not self.component.contains(path):
            return False
        return not any(
            other.root != self.component.root and self.component.contains(other.root) and other.contains(path)
            for other in self.components
            if other.root != "."
        )


class Check(ABC):
    """A check named after the item it judges. Its docstring is its documentation.

    The docstring says what a pass proves, from which evidence, and what the check cannot see.
    """

    id: ClassVar[str]
    needs: ClassVar[tuple[type[Fact], ...]]
    depends_on: ClassVar[Literal["tree", "run", "outside"]] = "tree"
    """What the answer rests on: the files alone, running the project, or the world outside."""
    late: ClassVar[bool] = False
    """Whether a first look takes so long that it comes after the others that rest on the same."""
    scope: ClassVar[Literal["repository", "component"]] = "repository"
    stands: ClassVar[frozenset[OutcomeKind]] = frozenset({OutcomeKind.FAIL})
    """Outcomes that what could not be read cannot undo. None of them may be green."""

    def minds(self, gap: Gap) -> bool:
        """Whether a gap in a needed fact leaves this check's question open. Yes, unless its subject is another one."""
        return True

    @abstractmethod
    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        """Judge. The engine turns what is not in `stands` into unknown where a needed fact has a gap."""
