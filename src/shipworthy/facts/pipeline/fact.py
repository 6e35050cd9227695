"""The pipeline as rows: CI systems, workflows, jobs and the commands they come down to, each with its proof chain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from shipworthy.facts.base import Fact, FactReader


class Answer(StrEnum):
    """How far something holds. `partial`: for some changes and not for others, and the files say which."""

    NO = "no"
    UNKNOWN = "unknown"
    PARTIAL = "partial"
    YES = "yes"


_WEAK_FIRST = (Answer.NO, Answer.UNKNOWN, Answer.PARTIAL, Answer.YES)


Doubt = tuple[str, frozenset[str]]
"""A condition that the files do not settle, and the changed files for which it surely does not hold."""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer and, unless it is a plain yes, why in a few plain words."""

    answer: Answer
    why: str = ""
    left_out: frozenset[str] = frozenset()
    """Of a partial answer that depends on the changed files alone: the files for which it does not hold."""
    doubts: frozenset[Doubt] = field(default=frozenset(), compare=False, repr=False)
    """All that an open answer made of several rests on (see `rests_on`)."""

    @property
    def yes(self) -> bool:
        return self.answer is Answer.YES

    @property
    def no(self) -> bool:
        return self.answer is Answer.NO

    @property
    def rests_on(self) -> frozenset[Doubt]:
        """What must hold for it to hold, each as (condition, files it leaves out): nothing for a plain yes or no."""
        if self.doubts or self.yes or self.no:
            return self.doubts
        return frozenset({(self.why, self.left_out)})

    def within(self, where: str) -> Said:
        """The same, where the same words elsewhere are another condition: `where` names the place."""
        if self.yes or self.no:
            return self
        return replace(self, doubts=frozenset((f"{where} {what}", left_out) for what, left_out in self.rests_on))


YES = Said(Answer.YES)


def no(why: str) -> Said:
    return Said(Answer.NO, why)


def unsure(why: str, rests_on: str = "") -> Said:
    """`rests_on`: the whole condition, where `why` shows the beginning of it."""
    return Said(Answer.UNKNOWN, why, doubts=frozenset({(rests_on, frozenset[str]())}) if rests_on else frozenset())


def weakest(*said: Said) -> Said:
    """What holds when all of them must: the first of the weakest answers."""
    said = tuple(each for each in said if each is not YES)
    if len(said) < 2:
        return said[0] if said else YES
    found = min(said, key=lambda each: _WEAK_FIRST.index(each.answer), default=YES)
    if found.yes or found.no:
        return found
    doubts = frozenset[Doubt]().union(*(each.rests_on for each in said))
    if found.answer is Answer.UNKNOWN:
        return found if doubts == found.rests_on else replace(found, doubts=doubts)
    partial = [each for each in said if each.answer is Answer.PARTIAL]
    other = next((each for each in partial if not each.left_out), None)
    left_out = frozenset[str]() if other else frozenset[str]().union(*(each.left_out for each in partial))
    return Said(Answer.PARTIAL, (other or found).why, left_out, doubts)


def strongest(said: Iterable[Said], none: Said) -> Said:
    """What holds when one of them is enough; `none` where there is not one."""
    return max(said, key=strength, default=none)


def strength(said: Said) -> tuple[int, int]:
    """A key that sorts stronger answers last, and of partial ones those that leave out less."""
    return _WEAK_FIRST.index(said.answer), -len(said.left_out) if said.left_out else -(10**9)


class Kind(StrEnum):
    """What a command does, decided by the program that runs in the end, never by the name of a script or job."""

    TEST = "test"
    LINT = "lint"
    TYPES = "types"
    SCAN = "scan"
    BUILD = "build"
    DEPLOY = "deploy"
    PUBLISH = "publish"
    LOCAL = "local"
    """Starts a cluster on the machine at hand, for tests. This one and the next four: see `settling`."""
    GITOPS = "gitops"
    """Writes another image or version into a manifest."""
    PUSH = "push"
    """Pushes commits."""
    UP = "up"
    """Starts containers or a service on a machine of the project's own."""
    LEFT = "left"
    """Leaves something running in the background, on a machine of the project's own."""
    UPDATE = "update"
    """Raises locked versions: `npm update`, `uv lock --upgrade`."""
    INSTALL = "install"
    """Installs packages of a package manager: see `Install`."""
    PROBE = "probe"
    """Asks something that was started or deployed whether it works: `curl --fail https://…`, `wait-on`."""
    NOTHING = "nothing"
    """Looks like a test and is none: an empty script, `--collect-only`."""


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a proof chain: a line of a file and what stands there. `line` is 1-based."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretScan:
    """That a command looks for secrets (see `secret_scanners`)."""

    tool: str
    blocks: Said
    """Whether a secret that it finds makes the command fail."""
    staged: bool = False
    """It looks at what is about to be committed, which is nothing in a pipeline."""
    configured: bool = False
    """It is given a configuration of its own, so the file where its tool looks by itself says nothing of it."""
    config: str = ""
    """The path of that, from the root; "" where it is not known."""
    lists: tuple[tuple[str, bool], ...] = ()
    """Files with patterns of paths that it is given: (path from the root or "", whether it looks at nothing else)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Install:
    """That a command installs packages (see `installs`)."""

    tool: str
    """The package manager: "npm", "pip"."""
    frozen: Said
    """Whether it installs exactly what a lock of the repository holds, as far as the command itself decides."""
    requirements: tuple[str, ...] = ()
    """Requirement files it takes: then it is frozen as far as their lines are exact."""
    needs: tuple[str, ...] = ()
    """Names of locks without which the same command picks versions itself."""
    proves: bool = False
    """It fails where the lock does not answer the manifest."""
    follows: bool = False
    """It takes the lock as it is where an earlier command of the same job proved it."""
    aside: str = ""
    """Of a tool rather than of the project's own packages: what to know about it, "pinned" where nothing."""


@dataclass(frozen=True, slots=True)
class Combinations:
    """In which combinations of a job's matrix (by number) something may run, and in which it surely runs and fails."""

    may: frozenset[int] = frozenset()
    surely: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A command that a job comes down to."""

    kind: Kind
    text: str
    """The program and its arguments, shortened ("pytest -q")."""
    chain: tuple[Link, ...]
    """From the workflow's step to the line the command stands on; at least one."""
    workflow: str
    job: str
    step: int
    """Position of its step in the job, from 0; -1 for what the job itself names."""
    on_change: Said
    """Whether it runs on every proposed change."""
    fails: Said
    """Whether its failure fails the job, in the start that says most of `on_change`; see `fails_when`."""
    runs: Mapping[str, Said] = field(default_factory=dict)
    """Whether it runs, by the name of the workflow's scenario."""
    remark: str = ""
    """Of a NOTHING: why it is no test."""
    secrets: SecretScan | None = None
    install: Install | None = None
    despite: bool = False
    """Its step starts although an earlier one of the job failed (`if: always()`)."""
    combinations: Mapping[str, Combinations] = field(default_factory=dict)
    """By scenario, for jobs with several combinations of a matrix."""
    fails_in: Mapping[str, Said] = field(default_factory=dict)
    """Whether its failure fails the job, by the name of the workflow's scenario."""

    def fails_when(self, scenario: str) -> Said:
        """Whether its failure fails the job where the workflow starts so."""
        return self.fails_in.get(scenario, self.fails)

    @property
    def path(self) -> str:
        return self.chain[0].path

    @property
    def line(self) -> int:
        return self.chain[0].line


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque:
    """Something in a job that could run tests and could not be followed."""

    reason: str
    chain: tuple[Link, ...]
    workflow: str
    job: str
    on_change: Said
    anything: bool = False
    """More than tests may hide there: a workflow that lies elsewhere, commands beyond the limit."""
    step: int = -1
    """As in a leaf."""
    runs: Mapping[str, Said] = field(default_factory=dict)
    """Whether it runs, by the name of the workflow's scenario."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CiSystem:
    """A CI system and the file that shows it. `is_read` is False for systems whose files are not understood yet."""

    name: str
    title: str
    path: str
    is_read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One way a workflow starts: an event, and how far it covers proposed changes."""

    name: str
    event: str
    line: int
    on_change: Said
    outside: bool = False
    """When it starts is not in the repository but set in the system itself; `on_change` is unknown for that alone."""
    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """GitHub's `paths` and `paths-ignore` with their patterns: `on_change` minds only what tests are for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job of a workflow. A job of a called workflow has the id "caller/job"."""

    workflow: str
    id: str
    line: int
    needs: tuple[str, ...]
    """Ids of the jobs it waits for."""
    waits: bool
    """False where its condition lets it start although a needed job failed (`always()`)."""
    condition: str
    on_change: Said
    environment: str = ""
    runs: Mapping[str, Said] = field(default_factory=dict)
    steps: int = 0
    fails_with: frozenset[tuple[str, str]] = frozenset()
    """Of a job that does not wait: the (needed job, result) with which its own steps surely fail."""
    looks: bool = False
    """Of a job that does not wait: its steps look at results in other ways, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """One workflow file that was understood."""

    path: str
    name: str
    scenarios: tuple[Scenario, ...]
    permissions: str
    """"absent", "all-jobs-set", "restricted" or "write" (see `facts.pipeline.hardening`); "" outside GitHub."""
    after: tuple[str, ...] = ()
    """Names of the workflows whose end starts this one."""
    system: str = "github"
    """Name of the CI system that runs it."""

    @property
    def on_change(self) -> Said:
        """How far its triggers cover proposed changes."""
        return strongest((each.on_change for each in self.scenarios), no("nothing starts it"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionUse:
    """One `uses:` of a workflow or action file. `where` is "external", "local" or "docker"."""

    path: str
    line: int
    name: str
    where: str
    pinned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A file that ties the repository to a hosting platform, which may deploy by itself whenever code lands."""

    name: str
    title: str
    path: str
    line: int
    waits: Said
    """Whether a red build is stopped, as far as the file says."""
    test: Link | None = None
    """The build command that runs the tests."""
    for_checks: bool = False
    """It waits for the checks of the commit: what they are worth, the pipeline says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """A script with which a person deploys or publishes from where they sit."""

    path: str
    line: int
    text: str
    name: str
    pulls: bool = False
    """It logs in to a server and pulls the code there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRead:
    """A file or folder that looks like a workflow and is none for the code host, or one that is not valid."""

    path: str
    line: int | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class Pipeline(Fact):
    """Everything that runs when somebody changes the code, as far as the repository's files say."""

    systems: tuple[CiSystem, ...] = ()
    workflows: tuple[Workflow, ...] = ()
    jobs: tuple[Job, ...] = ()
    leaves: tuple[Leaf, ...] = ()
    opaque: tuple[Opaque, ...] = ()
    actions: tuple[ActionUse, ...] = ()
    not_read: tuple[NotRead, ...] = ()
    platforms: tuple[Platform, ...] = ()
    by_hand: tuple[ByHand, ...] = ()
    files: int = 0
    """Files the repository lists, hand-written ones, so that "there is no code" can be told from "nothing read"."""
    code_files: int = 0
    codeowners: tuple[str, ...] = ()

    @classmethod
    def reader(cls) -> FactReader[Any]:
        from shipworthy.facts.pipeline.reader import PipelineReader

        return PipelineReader()

    def of(self, *kinds: Kind) -> tuple[Leaf, ...]:
        """Commands of these kinds, in file order."""
        return tuple(leaf for leaf in self.leaves if leaf.kind in kinds)

    @property
    def unread_systems(self) -> tuple[CiSystem, ...]:
        """Systems that are there and whose files are not understood yet."""
        return tuple(each for each in self.systems if not each.is_read)
