"""What a code host says of one repository: the rules of its main branch, recent changes, runs, environments, owners."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shipworthy.sources.hosts.address import Address


@dataclass(frozen=True, slots=True)
class Rule:
    """Whether the host enforces something. None: it could not be found out, and `why` says what is missing."""

    holds: bool | None
    why: str = ""


NOT_ASKED = Rule(None, "it was not asked for")


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchRules:
    """What the host enforces on one branch."""

    change_request: Rule = NOT_ASKED
    """Nothing lands but by a pull or merge request."""
    no_force_push: Rule = NOT_ASKED
    no_deletion: Rule = NOT_ASKED
    no_bypass: Rule = NOT_ASKED
    """The three above hold for administrators and everybody else."""
    approval: Rule = NOT_ASKED
    """A change needs at least one approval."""
    fresh_approval: Rule = NOT_ASKED
    """An approval is void once new commits arrive, or the last push needs an approval of its own."""
    no_review_bypass: Rule = NOT_ASKED
    """The approval holds for administrators and everybody else."""
    code_owners: Rule = NOT_ASKED
    """Owners of the files have to approve."""
    green_only: Rule = NOT_ASKED
    """A change with failing required checks, or a failing pipeline, is not merged."""
    checks: tuple[str, ...] = ()
    """Names of the required checks."""
    by: tuple[str, ...] = ()
    """What enforces: "branch protection", "ruleset 12"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A merged pull or merge request, and whether a person who did not write it approved what was merged."""

    number: int
    merged: datetime
    reviewed: Rule
    by_bot: bool = False
    """Whether a bot proposed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRun:
    """One check of a commit. `conclusion` is the host's own word ("success", "failed"); empty while it runs."""

    name: str
    conclusion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One place that is deployed to, and whether a person has to let a deploy by."""

    name: str
    reviewed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerProblem:
    """A line of CODEOWNERS that the host does not accept. `line` is 1-based; None where the host names none."""

    line: int | None
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAnswers:
    """Everything that was asked. Each `…_missing` says why a part is not known; "" where it is."""

    address: Address
    branch: str
    """The default branch, as the host has it."""
    asked: datetime
    commit: str
    """The commit whose runs were asked for; "" for none."""
    rules: BranchRules
    changes: tuple[Change, ...] = ()
    """The last merged ones, newest first."""
    changes_missing: str = ""
    runs: tuple[CheckRun, ...] = ()
    """Of `commit`."""
    runs_missing: str = ""
    check_names: tuple[str, ...] = ()
    """Names of checks that ran lately on the branch and on the last merged change."""
    environments: tuple[Environment, ...] = ()
    environments_missing: str = ""
    owners: tuple[OwnerProblem, ...] = ()
    owners_missing: str = ""


class Asker(Protocol):
    """Asks a host. Raises HostError, and NoToken where there is none."""

    def __call__(
        self, address: Address, commit: str, now: datetime, owners: tuple[str, ...], progress: Callable[[int], None]
    ) -> HostAnswers:
        """`owners`: owners that the repository names, for a host that has no question of its own for them."""
        ...
