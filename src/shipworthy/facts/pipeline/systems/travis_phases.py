"""Runs through the phases of one Travis CI job: setup, `script`, deploys, and what comes after them.

All phases are lines of one shell without `set -e`. A line before `script` that fails ends the job; every line of
`script` runs, and the job fails if one of them does; nothing behind `script` fails it but a deploy.
Source: Travis CI's pages "Job lifecycle", "Customizing the build" and "Deployment".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Kind, Link, Said, no, strongest, unsure, weakest
from shipworthy.facts.pipeline.shell import Options
from shipworthy.facts.pipeline.shell import Script as Shell
from shipworthy.facts.pipeline.shell_words import Values
from shipworthy.facts.pipeline.systems.plan import NotUnderstood, Plan, PlannedJob, Script, Start, script_of
from shipworthy.facts.pipeline.systems.refs import Ref
from shipworthy.facts.pipeline.systems.travis_jobs import TravisJob
from shipworthy.facts.pipeline.systems.travis_tables import (
    RUNTIMES,
    VERSIONED,
    default_script,
    language_of,
    provider_kind,
)
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.project.yaml import line_of

MAX_NESTING = 10
MAX_LINES = 500
"""Lines of one phase."""
_SETUP = ("before_install", "install", "before_script")
_BY_BRANCH = ("heroku", "cloudfoundry")
"""Providers that may be given an app for each branch."""
_END = "end-of-this-line"
_UNSEEN = no("nothing behind `script` fails the job")
_MENTIONED = re.compile(r"\$\{?TRAVIS_BRANCH\b")
_BRANCH = re.compile(
    r"""\$\{?TRAVIS_BRANCH(?::-)?\}?["']?\s*(?:==?|!=)\s*["']?([\w./@-]+)["']?(?=\s*(?:\]|&&|\|\||;|\)|$))"""
    r"""|(?<![\w./@-])["']?([\w./@-]+)["']?\s*(?:==?|!=)\s*["']?\$\{?TRAVIS_BRANCH\}?["']?(?=\s*(?:\]|&&|\|\||;|\)|$))"""
    r"""|-[nz]\s+["']?\$\{?TRAVIS_BRANCH\}?["']?()""",
    re.M,
)


def named_branches(text: str) -> list[str]:
    """Names that commands in a text compare `$TRAVIS_BRANCH` with."""
    return [one or two for one, two, _ in _BRANCH.findall(text) if one or two]


@dataclass(frozen=True, slots=True)
class Event:
    """What started a build. `ref.branch` is the branch a pull request goes into, or the one that was pushed."""

    ref: Ref
    type: str
    default_branches: frozenset[str] = frozenset()


@dataclass(slots=True)
class _State:
    """The shell as the lines before have left it."""

    variables: dict[str, Values]
    folder: str | None = "."
    options: Options = field(default_factory=Options)
    reached: Said = YES


def elements(job: TravisJob, path: str, phase: str) -> list[Script] | None:
    """The lines of a phase, each a command of its own; None where the phase is not given."""
    node = job.nodes.get(phase)
    if node is None or phase not in node or job.given.get(phase) is None:
        return None
    found = list(itertools.islice(_elements(node, phase, path, 0), MAX_LINES + 1))
    if len(found) > MAX_LINES:
        raise NotUnderstood(f"`{phase}` has more than {MAX_LINES} lines", line_of(node, phase))
    return found


def _elements(node: Any, key: Any, path: str, depth: int) -> Iterator[Script]:
    value = node[key]
    if isinstance(value, list):
        if depth > MAX_NESTING:
            raise NotUnderstood("its lists are nested too deep", line_of(node, key))
        for index in range(len(value)):
            yield from _elements(value, index, path, depth + 1)
    elif isinstance(value, Mapping):
        # `- echo "a: b"` is a mapping to YAML; what Travis CI makes of it is not known.
        line = line_of(node, key) or line_of(value) or 1
        yield Script(HOLE, (Link(path, line, "a mapping, not a command"),))
    else:
        script = script_of(path, node, key)
        if script is not None and script.text.strip().lower() not in ("skip", "ignore", "true", ""):
            yield replace(script, text=re.sub(r"\btravis_terminate\b", "exit", script.text))


class Phases:
    """One job in one start."""

    def __init__(
        self, plan: Plan, start: Start, job: TravisJob, event: Event, needs: Sequence[str], runs: Said
    ) -> None:
        self.plan, self.start, self.job, self.event, self.runs = plan, start, job, event, runs
        self.fails = no("the job is allowed to fail") if job.may_fail else YES
        self.state = _State(self._variables())
        self.made: list[str] = []
        start.job(job.id, job.line, needs=needs, runs=runs, fails=self.fails)

    def _variables(self) -> dict[str, Values]:
        asked = self.event.type == "pull_request"
        found: dict[str, Values] = {
            "TRAVIS": ("true",),
            "CONTINUOUS_INTEGRATION": ("true",),
            "TRAVIS_BUILD_DIR": ("\ue001",),
            "TRAVIS_EVENT_TYPE": (self.event.type,),
            "TRAVIS_PULL_REQUEST": ("1" if asked else "false",),
            "TRAVIS_PULL_REQUEST_BRANCH": (HOLE if asked else "",),
            "TRAVIS_TAG": ("v" + HOLE if self.event.ref.is_tag else "",),
            "TRAVIS_OS_NAME": (str(self.job.given.get("os", "linux")),),
            "TRAVIS_SECURE_ENV_VARS": (HOLE if asked else "true",),
            "TRAVIS_TEST_RESULT": ("0",),
        }
        for key in VERSIONED & set(self.job.given) if self.job.told_apart else ():
            name = {"node_js": "NODE", "rvm": "RUBY"}.get(key, key.upper())
            found[f"TRAVIS_{name}_VERSION"] = (str(self.job.given[key]),)
        # What only other jobs set is not set in this one.
        found.update(dict.fromkeys(self.job.unset, ("",)))
        found.update({name: (value,) for name, value in self.job.env})
        return found

    def _child(self, name: str, needs: Sequence[str], *, waits: bool = True, fails: Said = YES) -> PlannedJob:
        self.made.append(name)
        wanted = [f"{self.job.id}/{each}" for each in needs]
        return self.start.job(
            f"{self.job.id}/{name}", self.job.line, needs=wanted, waits=waits, runs=self.runs,
            fails=weakest(fails, self.fails),
        )  # fmt: skip

    def run(self) -> None:
        """Every phase in its order."""
        path = self.plan.path
        setup = [script for phase in _SETUP for script in elements(self.job, path, phase) or ()]
        if setup:
            child = self._child("setup", ())
            for script in setup:
                self._line(child, script)
        scripts = elements(self.job, path, "script")
        gates = list(self.made)
        if scripts is None:
            gates += self._default(list(gates))
        for number, script in enumerate(scripts or ()):
            # With `set -e` in an earlier line, a failing line ends the job at once.
            before = gates if self.state.options.errexit else gates[: 1 if setup else 0]
            name = "script" if len(scripts or ()) == 1 else f"script {number + 1}"
            self._line(self._child(name, before), script)
            gates.append(name)
        after = self.state
        self._after("after_success", gates)
        self.state = after
        self._deploys(gates)
        self._after("after_script", (), waits=False)

    def _after(self, phase: str, gates: Sequence[str], *, waits: bool = True) -> None:
        lines = elements(self.job, self.plan.path, phase)
        if lines:
            child = self._child(phase, gates, waits=waits, fails=_UNSEEN)
            for script in lines:
                self._line(child, script)

    def _default(self, gates: list[str]) -> list[str]:
        """What the language runs where there is no `script`."""
        language = language_of(self.job.given)
        lines, test = default_script(language, self.job.given, self.plan.tree.exists)
        node = self.job.nodes.get("language")
        line = (line_of(node, "language") if node is not None else None) or self.job.line
        names: list[str] = []
        for number, text in enumerate(lines):
            name = "script" if len(lines) == 1 else f"script {number + 1}"
            link = Link(self.plan.path, line, f"{text} (what {language} runs without a `script`)"[:80])
            self._line(self._child(name, gates), Script(text, (link,)))
            names.append(name)
        if test:
            link = Link(self.plan.path, line, f"{test} (what {language} runs without a `script`)")
            self._child("script", gates).note(Kind.TEST, [test], (link,))
            names.append("script")
        return names

    def _line(self, child: PlannedJob, script: Script, runs: Said = YES) -> None:
        """One command, evaluated by the shell the ones before it ran in."""
        state = self.state
        variables = dict(state.variables)
        branch = self.event.ref.branch or self.event.ref.tag
        # Its value stands for many: commands may see it only where they do no more than compare it with a name.
        mentioned = len(_MENTIONED.findall(script.text))
        if branch and mentioned and mentioned == len(_BRANCH.findall(script.text)):
            variables["TRAVIS_BRANCH"] = (branch,)
        child.script(
            script, options=state.options, folder=state.folder, variables=variables, runs=weakest(runs, state.reached)
        )
        probe = Shell(
            f"{script.text}\n{_END}", options=state.options, variables=variables, exists=self.plan.tree.exists,
            folder=state.folder,
        )  # fmt: skip
        end = next((call for call in reversed(probe.calls) if call.words == (_END,)), None)
        if end is None:
            self.state = replace(
                state, folder=None, reached=weakest(state.reached, unsure("an earlier line is not understood"))
            )
            return
        reached = no("an earlier line ends the job") if end.runs.no else end.runs
        known = {name: value for name, value in end.variables.items() if name != "TRAVIS_BRANCH"}
        self.state = _State(known, end.folder, end.options, weakest(state.reached, reached))

    # Deploys.

    def _deploys(self, gates: Sequence[str]) -> None:
        node = self.job.nodes.get("deploy")
        value = self.job.given.get("deploy")
        if node is None or not isinstance(value, (Mapping, list)):
            return
        rows = [(value, None)] if isinstance(value, Mapping) else [(value[at], at) for at in range(len(value))]
        said = [self._deploys_here(row) if isinstance(row, Mapping) else no("not a deploy") for row, _ in rows]
        any_of = strongest(said, no("there is no deploy"))
        if any_of.no:
            return
        child = self._child("deploy", gates)
        for script in elements(self.job, self.plan.path, "before_deploy") or ():
            self._line(child, script, any_of)
        for (row, at), runs in zip(rows, said, strict=True):
            if isinstance(row, Mapping) and not runs.no:
                line = line_of(row, "provider") or (line_of(value, at) if at is not None else None) or line_of(row) or 1
                self._deploy(child, row, line, runs)
        for script in elements(self.job, self.plan.path, "after_deploy") or ():
            self._line(child, script, any_of)

    def _deploy(self, child: PlannedJob, row: Mapping[str, Any], line: int, runs: Said) -> None:
        provider = str(row.get("provider", "")).strip()
        if provider.lower() == "script":
            inner = TravisJob(dict(row), dict.fromkeys(row, row), line)
            for script in elements(inner, self.plan.path, "script") or ():
                self._line(child, script, runs)
            return
        kind = provider_kind(provider)
        if kind is not None and provider:
            words = ["deploy:", provider.replace(HOLE, "…")[:60]]
            child.note(
                kind, words, (Link(self.plan.path, line, " ".join(words)),), runs=weakest(runs, self.state.reached)
            )

    def _deploys_here(self, row: Mapping[str, Any]) -> Said:
        """Whether a deploy's conditions (`on`) hold for this build."""
        if self.event.type == "pull_request":
            return no("deploys are left out for pull requests")
        on = next((row[key] for key in ("if", "on", "true") if key in row), None)
        wanted: Mapping[Any, Any] = on if isinstance(on, Mapping) else {} if on is None else {"branch": on}
        ref = self.event.ref
        tags = wanted.get("tags")
        if tags is True and not ref.is_tag:
            return no("deploys only tags")
        if tags is False and ref.is_tag:
            return no("deploys no tags")
        said = [YES]
        if wanted.get("all_branches") is not True and not tags:
            said.append(self._branch(row, wanted))
        if "condition" in wanted:
            said.append(self._condition(wanted["condition"]))
        for key in wanted:
            name = RUNTIMES.get(str(key), str(key))
            other = str(self.job.given.get(name, wanted[key])) != str(wanted[key])
            if name in VERSIONED and self.job.told_apart and other:
                said.append(no(f"deploys only for {name} {wanted[key]}"))
        return weakest(*said)

    def _branch(self, row: Mapping[str, Any], wanted: Mapping[Any, Any]) -> Said:
        given = wanted.get("branch", wanted.get("branches"))
        if given is None:
            apps = [value for value in row.values() if isinstance(value, Mapping) and value is not wanted]
            given = [key for each in apps for key in each] if row.get("provider") in _BY_BRANCH else []
        names = {str(each) for each in (given if isinstance(given, (list, Mapping)) else [given])}
        names = names or set(self.event.default_branches)
        here = self.event.ref.tag if self.event.ref.is_tag else self.event.ref.branch
        if here is None:
            return unsure("whether it deploys this branch is not known")
        shown = ", ".join(sorted(names))[:60]
        return YES if here in names else no(f"deploys only {shown}")

    def _condition(self, condition: Any) -> Said:
        text = " && ".join(str(each) for each in (condition if isinstance(condition, list) else [condition]))
        variables = dict(self.state.variables)
        probe = Shell(
            f"if [[ {text} ]]; then {_END}; fi", options=Options(), variables=variables,
            exists=self.plan.tree.exists, folder=self.state.folder,
        )  # fmt: skip
        end = next((call for call in probe.calls if call.words == (_END,)), None)
        return end.runs if end is not None else unsure(f"deploys only if {text[:60]}")
