"""A pipeline file in the making: every system's reader puts its starts, jobs and commands down in the same terms."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from shipworthy.facts.pipeline.fact import (
    YES,
    Answer,
    Job,
    Kind,
    Link,
    NotRead,
    Opaque,
    Said,
    Scenario,
    Workflow,
    no,
    unsure,
    weakest,
)
from shipworthy.facts.pipeline.gathering import Read, Seen, gather, key_of
from shipworthy.facts.pipeline.resolve import Found, Frame, Here, Lost, Resolver, fixed, shown
from shipworthy.facts.pipeline.secret_scanners import hints, perhaps
from shipworthy.facts.pipeline.shell import Options
from shipworthy.facts.pipeline.shell_words import Values
from shipworthy.facts.pipeline.tree import Tree
from shipworthy.facts.pipeline.triggers import Surroundings
from shipworthy.project.yaml import line_of

T = TypeVar("T")
MAX_JOBS = 1_000
MAX_NESTING = 20
MAX_VALUES = 12_000
"""Values of one script that are looked at, those of aliases each time they are named."""
MAX_CHARS = 1024 * 1024
LANDED = no("starts only after a change has landed")
BY_HAND = no("starts only by hand")
BY_CLOCK = no("starts only by the clock")
ON_TAG = no("starts only when a tag is pushed")


class NotUnderstood(Exception):
    """A file that its system refuses, or that is beyond the limits; `line` (1-based) where, if it is in that file."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True, slots=True)
class Script:
    """Lines of one shell, each with the place it stands at: `rows[n]` is the link of line n (from 0)."""

    text: str
    rows: tuple[Link, ...]

    def here(self, row: int) -> Link:
        return self.rows[min(row, len(self.rows) - 1)]


def script_of(path: str, node: Any, key: Any) -> Script | None:
    """The commands under a key (or index) of a YAML node: a text, or a list of texts, lists in it included.

    None where there is no text at all. The lines of a literal block (`|`) have their own line numbers; those of a
    folded or quoted text stand at its first line. Raises NotUnderstood for what is no text, above all the mapping that
    YAML makes of `- echo "a: b"` (every system refuses it), and for scripts that are too long.
    """
    lines: list[str] = []
    links: list[Link] = []
    chars = 0
    for text, line, block in _commands(node, key, [MAX_VALUES], 0):
        chars += len(text)
        if chars > MAX_CHARS:
            raise NotUnderstood(f"a script is longer than {MAX_CHARS // 1024} KiB", line)
        for row, each in enumerate(text.rstrip("\n").split("\n")):
            lines.append(each)
            links.append(Link(path, line + 1 + row if block else line, each.strip()[:80]))
    return Script("\n".join(lines), tuple(links)) if links else None


def _commands(node: Any, key: Any, left: list[int], depth: int) -> Iterable[tuple[str, int, bool]]:
    """`left` holds how many values may still be looked at."""
    value = node[key]
    line = line_of(node, key) or line_of(node) or 1
    left[0] -= 1
    if left[0] < 0 or depth > MAX_NESTING:
        raise NotUnderstood("a script holds too many lists and lines to follow them all", line)
    tag = str(getattr(getattr(value, "tag", None), "value", None) or "")
    if tag.startswith("!") and not tag.startswith("!!"):
        raise NotUnderstood(f"a command has the tag {tag[:40]}, which is not known here", line)
    if isinstance(value, str):
        yield str(value), line, type(value).__name__ == "LiteralScalarString"
    elif isinstance(value, bool | int | float):
        yield str(value).lower() if isinstance(value, bool) else str(value), line, False
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from _commands(value, index, left, depth + 1)
    elif value is not None:
        raise NotUnderstood(
            "a command is no text (one with a colon and a space in it needs quotes around all of it)", line
        )


EMPTY = unsure("the code is not checked out")


@dataclass(slots=True)
class PlannedJob:
    """A job in one start. Each call of `script`, `command`, `note` or `lose` is a step of its own, one after the other.

    `runs` and `fails` of a step say how surely it runs once the job does, and how surely its failure fails the job.
    """

    plan: Plan
    scenario: str
    id: str
    runs: Said
    fails: Said
    step: int = -1
    despite: bool = False
    """Set by the reader while its steps start although an earlier step of the job failed."""
    combination: int | None = None
    """Set by the reader for a job with several combinations of a matrix: which of them its steps belong to."""

    filled: Said = YES
    """Set by the reader: whether the repository's files are there to look at."""

    def script(
        self,
        script: Script | None,
        *,
        options: Options,
        folder: str | None = ".",
        variables: Mapping[str, Values] | None = None,
        chain: tuple[Link, ...] = (),
        runs: Said = YES,
        fails: Said = YES,
    ) -> None:
        """Commands of one shell. `chain`: the links that led to it from the file of the plan (a template, an orb)."""
        self.step += 1
        if script is None:
            return
        found, lost = self.plan.resolved(script, options, folder, variables or {})
        for each in found:
            self._end(replace(each, chain=(*chain, *each.chain)), weakest(runs, each.runs), weakest(fails, each.fails))
        for loss in lost:
            self._end(replace(loss, chain=(*chain, *loss.chain)), weakest(runs, loss.runs), YES)

    def command(
        self,
        words: Sequence[str],
        link: Link,
        *,
        folder: str | None = ".",
        variables: Mapping[str, Values] | None = None,
        chain: tuple[Link, ...] = (),
        runs: Said = YES,
        fails: Said = YES,
    ) -> None:
        """One command without shell syntax (what a plugin or a known task runs in the end)."""
        import shlex

        script = Script(shlex.join(words), (link,))
        options = Options(errexit=True)
        self.script(script, options=options, folder=folder, variables=variables, chain=chain, runs=runs, fails=fails)

    def note(
        self, kind: Kind, words: Sequence[str], chain: tuple[Link, ...], *, runs: Said = YES, fails: Said = YES
    ) -> None:
        """A step whose kind is known without a command: a plugin, a task, a `deploy:` section."""
        self.step += 1
        scan = perhaps(words[0]) if words and hints(" ".join(words)) else None
        self._end(Found(kind, shown(words), chain, YES, YES, "", scan), runs, fails)

    def lose(self, reason: str, chain: tuple[Link, ...], *, runs: Said = YES, anything: bool = False) -> None:
        """A step that could run tests and cannot be followed; `anything`: it could also deploy, or be a whole job."""
        self.step += 1
        self._end(Lost(reason, chain, YES, anything), runs, YES)

    def _end(self, what: Found | Lost, runs: Said, fails: Said) -> None:
        if isinstance(what, Lost) and self.fails.no and not what.anything:
            # Whatever tests it may hide, they hold no change back.
            return
        runs = weakest(self.runs, runs)
        fails = weakest(self.fails, fails)
        if isinstance(what, Found) and what.secrets is not None:
            fails = weakest(fails, self.filled)
        if isinstance(what, Lost):
            what = replace(what, runs=YES)
        else:
            what = replace(what, runs=YES, fails=YES, despite=self.despite)
        row = self.plan.seen.setdefault(key_of(self.id, self.step, what), Seen(self.step, what))
        if self.despite and not runs.no:
            # A condition may say so in one start and keep the step out of another.
            row.what = what
        row.ways.setdefault(self.scenario, []).append((runs, fails))
        if self.combination is not None:
            row.combined(self.scenario, self.combination, (runs, fails))


@dataclass(slots=True)
class Start:
    """One way the file's pipeline starts."""

    plan: Plan
    scenario: Scenario

    def job(
        self,
        id: str,
        line: int,
        *,
        needs: Sequence[str] = (),
        waits: bool = True,
        condition: str = "",
        environment: str = "",
        runs: Said = YES,
        fails: Said = YES,
        steps: int = 0,
    ) -> PlannedJob:
        """A job that this start has. `needs`: ids of every job that must have succeeded first, by stage order too.

        `waits`: False where it starts although one of them failed. `runs`: whether this start runs it (a manual job,
        a condition); `fails`: whether its failure fails the pipeline. The same id in several starts is one job.
        """
        rows = self.plan.jobs
        known = rows.get(id)
        wanted = tuple(dict.fromkeys(needs))
        if known is not None and wanted != known.needs:
            # Over several starts, only what holds in each: a gate must not be taken from another start.
            both = set(known.needs)
            wanted = tuple(need for need in wanted if need in both)
        if known is None and len(rows) >= MAX_JOBS:
            self.plan.cut(f"it has more than {MAX_JOBS} jobs", line)
        else:
            rows[id] = Job(
                workflow=self.plan.path,
                id=id,
                line=line,
                needs=wanted,
                waits=waits and (known is None or known.waits),
                condition=condition or (known.condition if known else ""),
                on_change=YES,
                environment=environment or (known.environment if known else ""),
                runs={**(known.runs if known else {}), self.scenario.name: runs},
                steps=steps,
            )
        return PlannedJob(self.plan, self.scenario.name, id, runs, fails)


@dataclass(slots=True)
class Plan:
    """The file at `path`, read into `starts`; `finish` hands its rows on. A reader that gives up calls `bad`."""

    resolver: Resolver
    around: Surroundings
    read: Read
    system: str
    path: str
    name: str = ""
    starts: dict[str, Start] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    seen: dict[Any, Seen] = field(default_factory=dict)
    variables: dict[str, Values] = field(default_factory=lambda: {"CI": ("true",)})
    """What the system itself sets in every command's environment."""
    _known: dict[Any, tuple[list[Found], list[Lost]]] = field(default_factory=dict)
    _same: dict[int, tuple[Script, int]] = field(default_factory=dict)
    _equal: dict[Script, int] = field(default_factory=dict)
    _cuts: dict[str, int] = field(default_factory=dict)

    @property
    def tree(self) -> Tree:
        """The repository's files, parsed once each."""
        return self.resolver.tree

    def bad(self, reason: str, line: int | None = None) -> None:
        """Says that the file, or a part of it, is not understood: what it does with a change is then unknown."""
        row = NotRead(path=self.path, line=line or 1, reason=reason)
        if row not in self.read.not_read:
            self.read.not_read.append(row)

    def cut(self, reason: str, line: int | None = None) -> None:
        """Says that what lies beyond a limit was left out: tests or deploys may hide there."""
        self.bad(reason, line)
        self._cuts.setdefault(reason, line or 1)

    def first(self, rows: Iterable[T], most: int, what: str, line: int | None = None) -> list[T]:
        """The first rows, and word of those left out: `what` they are."""
        found = list(itertools.islice(rows, most + 1))
        if len(found) > most:
            self.cut(f"it has more than {most} {what}", line)
        return found[:most]

    def fill(self, reader: Callable[[Plan], None]) -> None:
        """Reads the file. Of one that is not understood nothing is kept but why."""
        try:
            reader(self)
        except NotUnderstood as error:
            self._none(str(error), error.line)
        except RecursionError:
            self._none("it is nested too deep", None)

    def _none(self, reason: str, line: int | None) -> None:
        for rows in (self.starts, self.jobs, self.seen, self._cuts):
            rows.clear()
        self.bad(reason, line)

    def start(self, name: str, on_change: Said, line: int = 1, *, event: str = "", outside: bool = False) -> Start:
        """A way it starts. `name` is "change" (a proposed change), "landing", "tag", "manual", "schedule" or another.

        `on_change`: how far it covers proposed changes. `outside`: that is not in the repository but set in the
        system itself, and `on_change` is unknown for no other reason. The same name twice is the same start.
        """
        scenario = Scenario(name=name, event=event or name, line=line, on_change=on_change, outside=outside)
        return self.starts.setdefault(name, Start(self, scenario))

    def paths(self, patterns: Sequence[str], *, ignored: bool = False, key: str = "paths") -> Said:
        """Whether a filter on changed files (`*`, `**`, `!` as in GitHub's) lets every file's change by."""
        missed = self.around.left_out(patterns, ignored=ignored)
        if not missed:
            return YES
        return Said(Answer.PARTIAL, f"a `{key}` filter leaves out changes to {min(missed)}", missed)

    def resolved(
        self, script: Script, options: Options, folder: str | None, variables: Mapping[str, Values]
    ) -> tuple[list[Found], list[Lost]]:
        """What a script comes down to, followed once for all starts."""
        given = {**self.variables, **variables}
        # Equal scripts are found by their whole text once, and the same one again by its identity.
        if id(script) not in self._same:
            self._same[id(script)] = script, self._equal.setdefault(script, len(self._equal))
        key = (self._same[id(script)][1], options, folder, tuple(sorted(given.items())))
        if key not in self._known:
            frame = Frame(chain=(), folder=folder, variables=given)
            at = len(self.resolver.found), len(self.resolver.lost)
            here: Here = script.here if len(script.rows) > 1 else fixed(script.rows[0])
            self.resolver.script(script.text, frame, here, options=options)
            self._known[key] = self.resolver.found[at[0] :], self.resolver.lost[at[1] :]
        return self._known[key]

    def finish(self) -> None:
        """Adds the rows to what was read."""
        scenarios = tuple(start.scenario for start in self.starts.values())
        if not scenarios:
            return
        workflow = Workflow(
            path=self.path, name=self.name or self.path, scenarios=scenarios, permissions="", system=self.system
        )
        gather(self.read, workflow, scenarios, self.jobs.values(), self.seen)
        for reason, line in self._cuts.items():
            said = unsure(reason)
            loss = Opaque(
                reason=reason,
                chain=(Link(self.path, line, ""),),
                workflow=self.path,
                job="",
                on_change=said,
                anything=True,
                runs=dict.fromkeys(self.starts, said),
            )
            self.read.opaque.append(loss)
