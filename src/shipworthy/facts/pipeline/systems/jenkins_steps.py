"""Walks the steps of a Jenkins pipeline in one setting: shells, wrapping steps, and Groovy's own control flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shipworthy.facts.pipeline.fact import YES, Kind, Said, no, unsure, weakest
from shipworthy.facts.pipeline.neutral import could_test
from shipworthy.facts.pipeline.shell_words import join_path
from shipworthy.facts.pipeline.systems.jenkins_checkout import checked_out
from shipworthy.facts.pipeline.systems.jenkins_flow import At, Flow, line_text
from shipworthy.facts.pipeline.systems.jenkins_shell import shell_of
from shipworthy.facts.pipeline.systems.jenkins_tables import (
    HARMLESS,
    NOTES,
    REPORTS,
    SHELLS,
    WRAPPERS,
    is_method,
    is_quiet,
)
from shipworthy.facts.pipeline.systems.jenkins_text import Written, plain_text, written
from shipworthy.facts.pipeline.systems.jenkins_tree import (
    Call,
    Called,
    Group,
    Item,
    body_of,
    call_of,
    deep,
    is_group,
    is_name,
    is_text,
    pairs,
    raises,
    raises_at_once,
)
from shipworthy.facts.pipeline.systems.jenkins_when import shown
from shipworthy.facts.pipeline.values import HOLE

MAX_STEPS = 4_000
MAX_RUNNING = 8
_HIDES = "`{}` hides its failure"
_AFTER_RETURN = no("the pipeline returns before it")


class Walk(Flow):
    """One setting: what steps, functions of the file and methods do."""

    def call(self, call: Call, at: At, target: str = "") -> None:
        """A step, a function of the file, or a method of something."""
        name, last = call.name, call.last
        head = call.links[0]
        handler = {
            "stage": self._stage, "parallel": self._parallel, "dir": self._dir, "withEnv": self._with_env,
            "catchError": self._caught, "warnError": self._caught, "input": self._input, "error": self._error,
        }.get(name)  # fmt: skip
        if handler is not None:
            handler(last, at)
        elif head.name in SHELLS and head.has_args:
            self.shell(head, at, target)
        elif name in ("git", "checkout", "checkout.call"):
            said = checked_out(last, at.scope, self.plan.around.repository, self.setting)
            self.mounts[at.folder or "."] = said
        elif name in self.program.functions:
            self._function(name, last, at)
        elif (
            name in NOTES
            or f"{head.name}.{last.name}" in NOTES
            or name.endswith(".push")
            or (len(call.links) > 1 and head.name == "docker" and any(link.name == "push" for link in call.links))
        ):
            self._noted(call, at)
        elif name in ("build", "load", "library", "evaluate", "readTrusted"):
            what = "another job of Jenkins" if name == "build" else "a script from elsewhere"
            self.lose(f"`{name}` runs {what}", at, last.line, name, anything=True)
        elif name in REPORTS:
            self.reported(last, at)
        elif last.block is not None:
            self._wrapped(call, at)
        else:
            self._unknown(call, at)

    def reported(self, link: Called, at: At) -> None:
        """`junit`: tests that were hidden before may still mark the build unstable."""
        tested = any(
            found.what.kind is Kind.TEST and any(fails.yes for _, fails in rows)
            for found in self.plan.seen.values()
            if hasattr(found.what, "kind")
            for rows in found.ways.values()
        )
        if not tested:
            self.lose(
                f"`{link.name}` marks the build unstable where a report tells of failed tests", at, link.line, link.name
            )

    def _noted(self, call: Call, at: At) -> None:
        push = next((link for link in call.links if link.name == "push"), None)
        known = call.links[0].name in self.program.images or call.links[0].name == "docker"
        if push is not None and not known and call.name not in NOTES:
            self._unknown(call, at)
            return
        kind = (
            Kind.PUBLISH
            if push is not None
            else NOTES.get(call.name) or NOTES.get(f"{call.links[0].name}.{call.last.name}")
        )
        if kind is not None:
            line = call.links[0].line
            runs = self.own(at, weakest(at.runs, at.done))
            self.job(at).note(kind, [call.name], (self.link(line, call.name),), runs=runs, fails=at.fails)
        if call.last.block is not None:
            self._wrapped(call, at)

    def _wrapped(self, call: Call, at: At) -> None:
        """A step with a block."""
        link, block = call.last, call.last.block
        if block is None:
            return
        if link.name in WRAPPERS:
            self.tried(block.statements, "thrown", link.name, at)
            return
        self._unknown(call, at)
        if self.program.library:
            return
        inner = at.inside(runs=unsure(f"what `{link.name}` makes of its block is not known"))
        inner.cut()
        self.block(block.statements, inner)
        self.join(at, [inner])

    def _unknown(self, call: Call, at: At) -> None:
        link, name = call.last, call.links[0].name
        if link.name in HARMLESS or name == "new" or (len(call.links) > 1 and is_method(link.name)):
            return
        if len(call.links) > 1 and name not in self.program.loaded and not self.program.library:
            return
        if len(call.links) == 1 and not self.program.library and is_quiet(link.name):
            return
        where = "of a shared library" if self.program.library else "that is not known here"
        anything = self.program.library or name in self.program.loaded
        self.lose(f"`{call.name}` is a step {where}", at, link.line, call.name, anything=anything)

    def _function(self, name: str, link: Called, at: At) -> None:
        if name in self._running or len(self._running) >= MAX_RUNNING:
            self.lose(f"`{name}` calls itself or is nested too deep", at, link.line, name)
            return
        body = self.program.functions[name]
        self._running.append(name)
        inner = at.inside()
        inner.scope = replace(inner.scope, hidden=inner.scope.hidden | _parameters(body))
        self.block(body.statements, inner)
        at.take(inner)
        self._running.pop()

    def _stage(self, link: Called, at: At) -> None:
        """A stage of a scripted pipeline."""
        name = plain_text(link.args[0], at.scope) if link.args else ""
        if link.block is None:
            at.cut()
            at.stage, at.line = name or "stage", link.line
            return
        inner = at.inside()
        inner.cut()
        inner.stage, inner.line = name or "stage", link.line
        self.job(inner)
        self.block(link.block.statements, inner)
        inner.cut()
        at.take(inner)

    def _parallel(self, link: Called, at: At) -> None:
        branches = {key: rows for key, rows in link.named.items() if key != "failFast"}
        group = link.args[0][0] if len(link.args) == 1 and len(link.args[0]) == 1 else None
        if not branches and is_group(group, "["):
            branches = {key: rows for key, rows in pairs(group.items)[1].items() if key != "failFast"}
        bodies = {key: body for key, (body, *more) in branches.items() if not more and is_group(body, "{")}
        if not bodies or len(bodies) < len(branches):
            self.lose("its parallel branches are put together at run time", at, link.line, "parallel")
        at.cut()
        ends = []
        for key, body in bodies.items():
            inner = at.inside()
            inner.stage = f"{at.stage} > {key}" if at.stage else key
            self.block(body.statements, inner)
            ends.append(inner)
        self.join(at, ends)

    def _dir(self, link: Called, at: At) -> None:
        text = plain_text(link.args[0], at.scope) if link.args else None
        folder = join_path(at.folder, text.removeprefix("./") or ".") if text is not None else None
        if link.block is not None:
            inner = at.inside(folder=folder)
            self.block(link.block.statements, inner)
            at.take(inner)
            at.done = weakest(at.done, inner.done)

    def _with_env(self, link: Called, at: At) -> None:
        known = dict(at.scope.env)
        for row in deep(link.args[0] if link.args else []):
            for item in row:
                name, sign, value = plain_text([item], at.scope).partition("=") if is_text(item) else ("", "", "")
                if sign:
                    known[name] = (value if HOLE not in value else HOLE,)
        inner = at.inside()
        inner.scope = replace(inner.scope, env=known)
        if link.block is not None:
            self.block(link.block.statements, inner)
        at.take(inner)
        at.done = weakest(at.done, inner.done)

    def _caught(self, link: Called, at: At) -> None:
        """`catchError` and `warnError`. By default the first makes the build red and lets what follows run."""
        what = "hidden"
        if link.name == "catchError":
            given = link.named.get("buildResult")
            result = plain_text(given, at.scope) if given else "FAILURE"
            constant = line_text(given[-1]) if given else ""
            known = bool({"SUCCESS", "UNSTABLE", "NOT_BUILT", "ABORTED", "null"} & {result, constant})
            what = "failed" if "FAILURE" in (result, constant) else "hidden" if known else "open"
        if link.block is not None:
            self.tried(link.block.statements, what, link.name, at)

    def _input(self, link: Called, at: At) -> None:
        at.cut()
        at.condition = "input"
        at.wait(unsure("only once a person approves (`input`)"))

    def _error(self, link: Called, at: At) -> None:
        at.done = weakest(at.done, no("the pipeline has failed before it"))

    def shell(self, link: Called, at: At, target: str, raised: bool = False) -> None:
        """`sh`, `bat`, `powershell`, `pwsh`: a text, or `script:` in a map."""
        given = link.named.get("script") or (link.args[0] if link.args else [])
        path, text = self._text(given, at)
        status = link.named.get("returnStatus", [])
        fails = at.fails
        if status and not is_name(status[0], "false"):
            fails = weakest(fails, self._of_status(target, at, raised))
        runs = self.own(at, weakest(at.runs, at.done))
        if text is None or not text.text.strip(HOLE + " \n"):
            self.lose(f"`{link.name}` runs a text that is put together at run time", at, link.line, link.name)
            return
        script, options = shell_of(link.name, text, lambda row, line: replace(self.link(line, row), path=path))
        if script is None or options is None:
            if not could_test(text.text):
                return
            self.lose(f"a script for `{link.name}` is not followed", at, link.line, _first(text))
            return
        variables = {name: each for name, each in at.scope.env.items() if name not in at.scope.hidden}
        chain = (self.link(link.line, f"{link.name} {path}"),) if path != self.plan.path else ()
        self.job(at).script(
            script, options=options, folder=at.folder, variables=variables, chain=chain, runs=runs, fails=fails
        )

    def _text(self, given: Sequence[Item], at: At) -> tuple[str, Written | None]:
        """A shell step's text and the file it stands in: this one, or the one of `readFile '…'`."""
        call = call_of(given)
        if call is None or call.name != "readFile" or call.rest:
            return self.plan.path, written(given, at.scope)
        named = call.last.named.get("file") or (call.last.args[0] if call.last.args else [])
        path = join_path(at.folder, plain_text(named, at.scope))
        text = self.plan.tree.text(path) if path is not None and self.plan.tree.is_file(path) else None
        if path is None or text is None:
            return self.plan.path, None
        return path, Written(text, tuple(range(1, text.count("\n") + 2)))

    def _of_status(self, target: str, at: At, raised: bool) -> Said:
        """What becomes of a failure that is only handed back as a status."""
        hidden = no("`returnStatus: true` hides its failure")
        if raised:
            return unsure("what becomes of its status is not followed")
        if not target:
            return hidden
        for statement in at.rows:
            if is_name(statement[0], "if") and any(
                is_name(item, target) for row in deep(statement[1:2]) for item in row
            ):
                tests = shown(statement[1].items) if isinstance(statement[1], Group) else ""
                if tests in (f"{target} != 0", f"{target} > 0", target) and raises_at_once(body_of(statement[2:3])):
                    return YES
                return unsure("what becomes of its status is not followed")
            if raises(statement) or any(is_name(item, target) for row in deep(statement) for item in row):
                return unsure("what becomes of its status is not followed")
        return hidden


def _first(text: Written) -> str:
    return text.text.strip().split("\n")[0]


def _parameters(body: Group) -> frozenset[str]:
    return frozenset(item.text for item in body.items if is_name(item) and not isinstance(item, Group))
