"""What an examination reports while it runs: small messages, the same in process and over the child's JSON lines.

Order: one `Planned`; then `Started`, `Progress` and `Judged` in any mix; at the end exactly one `Done` or `Failed`.
A resident child that watches the files says `Watching` when that begins or ends, and `Changed` before it examines again
by itself. A change during a run replaces the run: it ends without a `Done`, and the next `Planned` has its open items.
"""

from __future__ import annotations

from dataclasses import dataclass

from shipworthy.model import Component, ComponentOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What will be judged, and what the repository is."""

    name: str
    commit: str | None
    branch: str | None
    dirty: tuple[str, ...]
    profile: str
    profile_reason: str
    components: tuple[Component, ...]
    items: tuple[str, ...]
    """Ids of the items a machine will judge in this run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A check began."""

    item: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where the pass over the files is."""

    done: int
    total: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One item's outcomes, one per component or one for the repository. They replace earlier ones."""

    item: str
    outcomes: tuple[ComponentOutcome, ...]
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Everything planned was judged, or the run was cancelled."""

    cancelled: bool
    advisories: str | None
    """The date of the advisory data, YYYY-MM-DD, where a check used it."""
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The examination could not be done: what happened, and what to do."""

    message: str
    diagnostics: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The repository changed. What was said of these items does not hold any more; they are judged again next."""

    paths: tuple[str, ...]
    """The first changed files, relative to the root, sorted."""
    total: int
    """How many files changed."""
    items: tuple[str, ...]
    """Ids of the items whose outcome may be another one now."""
    moved: bool = False
    """Whether HEAD is another commit or branch."""
    branch: str | None = None
    """The branch now; None when detached or outside git."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """Whether changes to the files are noticed from now on."""

    on: bool
    problem: str = ""
    """Why not, where nobody asked for that."""


Event = Planned | Started | Progress | Judged | Done | Failed | Changed | Watching
