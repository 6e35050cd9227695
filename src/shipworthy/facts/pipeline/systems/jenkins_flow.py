"""Walks Groovy statements the way a Jenkins pipeline runs them, cut into jobs: blocks, `if`, `try`, loops, `return`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from shipworthy.facts.pipeline.fact import YES, Link, Said, no, unsure, weakest
from shipworthy.facts.pipeline.shell_words import Values
from shipworthy.facts.pipeline.systems.jenkins_tables import (
    SHELLS,
    is_harmless,
)
from shipworthy.facts.pipeline.systems.jenkins_text import plain_text
from shipworthy.facts.pipeline.systems.jenkins_tree import (
    Call,
    Called,
    Group,
    Item,
    Statement,
    assigned,
    body_of,
    call_of,
    deep,
    is_group,
    is_name,
    is_sign,
    is_text,
    line_in,
    raises,
)
from shipworthy.facts.pipeline.systems.jenkins_when import Scope, Setting, judged, shown
from shipworthy.facts.pipeline.systems.plan import Plan, PlannedJob, Start
from shipworthy.facts.pipeline.values import HOLE

MAX_STEPS = 4_000
MAX_RUNNING = 8
_HIDES = "`{}` hides its failure"
_AFTER_RETURN = no("the pipeline returns before it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What a file defines besides its steps."""

    functions: Mapping[str, Group]
    constants: Mapping[str, str]
    parameters: Mapping[str, object]
    images: frozenset[str]
    """Variables that hold a Docker image."""
    loaded: frozenset[str]
    """Variables that hold a script or class from elsewhere."""
    library: bool
    """It loads a shared library, so an unknown step may do anything."""


@dataclass(slots=True)
class At:
    """Where a sequence of steps stands. A stage is cut into several jobs where something in it fails for itself."""

    stage: str
    line: int
    before: tuple[str, ...]
    """Jobs that must have succeeded before the next one."""
    runs: Said
    fails: Said
    scope: Scope
    folder: str | None = "."
    job: PlannedJob | None = None
    condition: str = ""
    caught: tuple[str, ...] = ()
    """Jobs whose failure fails the build and lets the stages behind go on."""
    done: Said = YES
    """Whether the sequence is still going: not behind a `return`."""
    asked: Said = YES
    """Whether it goes on without a person's approval."""
    rows: Sequence[Statement] = ()
    """The statements of the block, for what is made of a status later."""

    def inside(self, runs: Said = YES, fails: Said = YES, folder: str | None = "") -> At:
        """The same place, reached less surely or failing less surely."""
        return replace(
            self,
            runs=weakest(self.runs, self.done, runs),
            fails=weakest(self.fails, fails),
            folder=self.folder if folder == "" else folder,
            done=YES,
        )

    def take(self, inner: At) -> None:
        """Goes on behind an inner block that ran in this place."""
        self.before, self.job, self.caught = inner.before, inner.job, inner.caught
        self.wait(inner.asked)

    def wait(self, asked: Said) -> None:
        """Nothing behind this runs before a person has approved it, unless `asked` is a plain yes."""
        self.asked = weakest(self.asked, asked)
        self.runs = weakest(self.runs, asked)

    def cut(self) -> None:
        """What comes next is a job of its own that waits for what came before."""
        if self.job is not None:
            self.before = (self.job.id,)
        self.job = None


class Flow:
    """One setting. `start` gets the jobs; `text` names the file for links."""

    def __init__(self, plan: Plan, start: Start, setting: Setting, program: Program) -> None:
        self.plan = plan
        self.start = start
        self.setting = setting
        self.program = program
        self.mounts: dict[str, Said] = {}
        self._ids: dict[str, int] = {}
        self._steps = 0
        self._running: list[str] = []

    # Jobs.

    def job(self, at: At) -> PlannedJob:
        """The job that steps at this place belong to."""
        if at.job is None:
            name = self.name(at.stage)
            at.job = self.start.job(
                name, at.line, needs=at.before, condition=at.condition, runs=at.runs, fails=YES, steps=1
            )
        return at.job

    def name(self, stage: str) -> str:
        """An id that no other job of this walk has. A slash would say that one job calls another."""
        stage = " ".join(stage.replace("/", "∕").replace(HOLE, "…").split())[:80] or "pipeline"
        number = self._ids[stage] = self._ids.get(stage, 0) + 1
        return stage if number == 1 else f"{stage} ({number})"

    def link(self, line: int, text: str) -> Link:
        return Link(self.plan.path, line, " ".join(text.replace(HOLE, "…").split())[:80])

    def lose(self, reason: str, at: At, line: int, text: str, *, anything: bool = False) -> None:
        runs = weakest(at.runs, at.done)
        self.job(at).lose(reason, (self.link(line, text),), runs=self.own(at, runs), anything=anything)

    def own(self, at: At, runs: Said) -> Said:
        """Less sure where the folder holds something else than the change."""
        folder = at.folder or "."
        inside = [mount for mount in self.mounts if mount == "." or folder == mount or folder.startswith(mount + "/")]
        return weakest(runs, self.mounts[max(inside, key=lambda each: (each != ".", len(each)))]) if inside else runs

    # Statements.

    def block(self, statements: Sequence[Statement], at: At) -> None:
        """Statements one after the other. `at` moves on with them."""
        outer, at.rows = at.rows, statements
        for number, statement in enumerate(statements):
            self._steps += 1
            if self._steps > MAX_STEPS:
                if self._steps == MAX_STEPS + 1:
                    self.lose("it is too long to follow", at, line_in(statement), "…", anything=True)
                return
            at.rows = statements[number + 1 :]
            self._statement(statement, at)
        at.rows = outer

    def _statement(self, items: Sequence[Item], at: At) -> None:
        first = items[0]
        if is_name(first, "if"):
            self._if(items, at)
        elif is_name(first, "try"):
            self._try(items, at)
        elif is_name(first, "for", "while", "switch", "do", "each"):
            self._loop(items, at)
        elif is_name(first, "return"):
            if len(items) > 1:
                self._expression(items[1:], at, "")
            at.done = weakest(at.done, _AFTER_RETURN)
        elif is_name(first, "throw"):
            at.done = weakest(at.done, no("the pipeline has failed before it"))
        elif is_name(first, "case", "default"):
            colon = next((n for n, item in enumerate(items) if is_sign(item, ":")), len(items))
            if items[colon + 1 :]:
                self._statement(items[colon + 1 :], at)
        elif not is_name(first, "import", "package", "break", "continue", "assert") and not is_sign(first, "@"):
            target, value = assigned(items)
            self._expression(value, at, target)

    def _expression(self, items: Sequence[Item], at: At, target: str) -> None:
        """A call, or an expression with calls in it. `target`: the variable that takes its value."""
        if target.startswith("env."):
            at.scope.env[target[4:]] = _values(items, at)
        call = call_of(items)
        if call is not None and (call.links[0].has_args or call.links[-1].has_args or call.last.block):
            self.call(call, at, target)
            if not call.rest:
                return
            items = call.rest
        elif items and is_text(items[0]) and any(is_group(item, "(") for item in items):
            self.lose("a step's name is put together at run time", at, line_in(items), "…", anything=True)
        for before, item in pairwise(items):
            if call is None and is_name(before) and isinstance(item, Group) and item.sign == "{":
                body = at.inside(runs=unsure(f"it stands in `{before.text}`"))
                body.cut()
                self.block(item.statements, body)
                self.join(at, [body])
        for row in deep(items, blocks=False):
            for number, item in enumerate(row):
                if is_name(item, *SHELLS):
                    inner = call_of(row[number:])
                    if inner is not None and inner.links[0].has_args:
                        self.shell(inner.links[0], at, target)

    def _if(self, items: Sequence[Item], at: At) -> None:
        """`if (…) … else if (…) … else …`."""
        rest: Said = YES
        inner_ends: list[At] = []
        before = at.before, at.job
        position = 0
        while position < len(items):
            if is_name(items[position], "else"):
                position += 1
            said, why = rest, ""
            if position < len(items) and is_name(items[position], "if"):
                group = items[position + 1] if position + 1 < len(items) else None
                condition = group.items if isinstance(group, Group) and group.sign == "(" else []
                self._asked(condition, items, at)
                why = shown(condition)
                holds = YES if _either_way(items) else judged(condition, at.scope, why)
                said = weakest(rest, holds)
                rest = weakest(rest, no(f"not if {why}") if holds.yes else YES if holds.no else unsure(f"not if {why}"))
                position += 2
            end = next((n for n in range(position, len(items)) if is_name(items[n], "else")), len(items))
            body = body_of(items[position:end])
            inner = at.inside(runs=said)
            if not said.yes:
                inner.cut()
            self.block(body, inner)
            inner_ends.append(inner)
            if not said.no and not inner.done.yes:
                ended = inner.done if said.yes else unsure(f"the pipeline may end before it, if {why}")
                # Where a branch fails, what comes behind is reached only in a green run anyway.
                if inner.done is _AFTER_RETURN or said.yes:
                    at.done = weakest(at.done, ended)
            position = max(end, position + 1)
        at.before, at.job = before
        self.join(at, inner_ends)

    def join(self, at: At, ends: Sequence[At]) -> None:
        """Goes on behind several blocks, each of which may have run."""
        at.wait(weakest(*(end.asked for end in ends if not end.runs.no)))
        if all(end.job is at.job and end.before == at.before for end in ends):
            at.caught = tuple(dict.fromkeys(each for end in ends for each in end.caught))
            return
        at.cut()
        for end in ends:
            end.cut()
        at.before = tuple(dict.fromkeys([*at.before, *(each for end in ends for each in end.before)]))
        at.caught = tuple(dict.fromkeys([*at.caught, *(each for end in ends for each in end.caught)]))

    def _asked(self, condition: Sequence[Item], whole: Sequence[Item], at: At) -> None:
        """Commands whose status an `if` asks for."""
        for row in deep(condition):
            for number, item in enumerate(row):
                if is_name(item, *SHELLS):
                    call = call_of(row[number:])
                    if call is not None and call.links[0].has_args:
                        self.shell(call.links[0], at, "", raised=raises(whole))

    def _loop(self, items: Sequence[Item], at: At) -> None:
        inner = at.inside(runs=unsure(f"it stands in a `{line_text(items[0])}`"))
        hidden = frozenset(item.text for row in deep(items[:2]) for item in row if is_name(item))
        inner.scope = replace(inner.scope, hidden=inner.scope.hidden | hidden)
        inner.cut()
        self.block(body_of([item for item in items[1:] if not is_group(item, "(")]), inner)
        self.join(at, [inner])

    def _try(self, items: Sequence[Item], at: At) -> None:
        blocks: dict[str, Group] = {}
        name = ""
        for item in items:
            name = item.text if is_name(item, "try", "catch", "finally") else name
            if isinstance(item, Group) and item.sign == "{":
                blocks.setdefault(name, item)
        body, handler, last = (blocks.get(each) for each in ("try", "catch", "finally"))
        start = at.before
        if body is not None:
            what = handled(handler.statements) if handler is not None else "thrown"
            if what == "hidden" and handler is not None and self._may_raise(handler.statements):
                what = "open"
            self.tried(body.statements, what, "catch", at)
        if handler is not None:
            inner = at.inside(runs=no("it runs only after a failure"))
            inner.cut()
            self.block(handler.statements, inner)
        if last is not None:
            # It runs after a failure too, so nothing in it waits for what was tried.
            inner = at.inside()
            inner.cut()
            inner.before = start
            self.block(last.statements, inner)

    def _may_raise(self, statements: Sequence[Statement]) -> bool:
        """Whether a handler calls what could make the build fail: a function of the file, a shared library's step."""
        calls = [call for statement in statements if (call := call_of(statement)) is not None]
        own = any(call.links[0].name in self.program.functions for call in calls)
        return own or (self.program.library and any(not is_harmless(call.name) for call in calls))

    def tried(self, statements: Sequence[Statement], what: str, name: str, at: At) -> None:
        """A block whose failure is "thrown" on, "failed" (the build is red, what follows runs), "open" or "hidden"."""
        if what == "thrown":
            inner = at.inside()
            self.block(statements, inner)
            at.take(inner)
            at.done = weakest(at.done, inner.done)
            return
        hides = no(_HIDES.format(name)) if what == "hidden" else unsure(f"`{name}` may hide its failure")
        inner = at.inside(fails=YES if what == "failed" else hides)
        at.cut()
        inner.cut()
        inner.stage = f"{at.stage}, failures caught"
        start = inner.before
        self.block(statements, inner)
        inner.cut()
        own = tuple(each for each in inner.before if each not in start)
        at.caught = tuple(dict.fromkeys([*at.caught, *inner.caught, *(own if what == "failed" else ())]))

    # What calls do is told by the steps.

    def call(self, call: Call, at: At, target: str = "") -> None:
        raise NotImplementedError

    def shell(self, link: Called, at: At, target: str, raised: bool = False) -> None:
        raise NotImplementedError


def handled(statements: Sequence[Statement]) -> str:
    """What a `catch` makes of a failure: "thrown", "failed", "open" or "hidden"."""
    if any(is_name(statement[0], "error", "throw", "exit") for statement in statements):
        return "thrown"
    for statement in statements:
        target, value = assigned(statement)
        if target in ("currentBuild.result", "currentBuild.currentResult") and value:
            text = value[-1].text if not isinstance(value[-1], Group) else ""
            return "failed" if text in ("FAILURE", "FAILED") else "hidden" if is_text(value[-1]) else "open"
    return "open" if any(raises(statement) for statement in statements) else "hidden"


def line_text(item: Item) -> str:
    return item.sign if isinstance(item, Group) else item.text


def _values(items: Sequence[Item], at: At) -> Values:
    text = plain_text(items, at.scope)
    surely = at.runs.yes and at.done.yes
    return (text,) if text and surely and HOLE not in text else (HOLE,)


def _either_way(items: Sequence[Item]) -> bool:
    """Whether it is `if (isUnix()) { sh 'x' } else { bat 'x' }`, which runs the same on any agent."""
    if len(items) != 5 or not is_group(items[1], "(") or not is_name(items[3], "else"):
        return False
    bodies = [[item.text for row in deep([each]) for item in row if is_text(item)] for each in (items[2], items[4])]
    return shown(items[1].items).lstrip("! ").startswith("isUnix") and bodies[0] == bodies[1] != []
