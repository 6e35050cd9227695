"""Reads Jenkins pipelines: declarative ones in full, scripted ones as far as they are straight-line code.

When Jenkins builds a change is set in Jenkins, not in the file. Source: the Jenkins handbook, "Pipeline Syntax".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from shipworthy.facts.pipeline.fact import YES, Said, no, unsure, weakest
from shipworthy.facts.pipeline.shell_words import Values
from shipworthy.facts.pipeline.systems.jenkins_conditions import when_said
from shipworthy.facts.pipeline.systems.jenkins_flow import At, Program
from shipworthy.facts.pipeline.systems.jenkins_rules import heading, problems, sections_of, stages_in
from shipworthy.facts.pipeline.systems.jenkins_steps import Walk
from shipworthy.facts.pipeline.systems.jenkins_tables import AFTER_FAILURE, NOT_ALWAYS
from shipworthy.facts.pipeline.systems.jenkins_text import plain_text
from shipworthy.facts.pipeline.systems.jenkins_tokens import NotGroovy, Token
from shipworthy.facts.pipeline.systems.jenkins_tree import (
    Called,
    Group,
    Item,
    Statement,
    assigned,
    call_of,
    deep,
    is_group,
    is_name,
    is_sign,
    tree_of,
)
from shipworthy.facts.pipeline.systems.jenkins_when import (
    MAX_SETTINGS,
    Scope,
    Setting,
    parameters_of,
    settings_of,
)
from shipworthy.facts.pipeline.systems.plan import BY_CLOCK, BY_HAND, LANDED, ON_TAG, Plan, Start
from shipworthy.facts.pipeline.values import HOLE

_OUTSIDE = unsure("when Jenkins builds a change is set in Jenkins, not in the repository")
_NO_CHANGE = {
    "landing": LANDED, "tag": ON_TAG, "manual": BY_HAND, "schedule": BY_CLOCK,
}  # fmt: skip


def read(plan: Plan) -> None:
    """The Jenkinsfile of a plan."""
    text = plan.tree.text(plan.path)
    if text is None:
        plan.bad(plan.tree.bad.get(plan.path, "it could not be read"))
        return
    try:
        statements = tree_of(text)
    except NotGroovy as error:
        plan.bad(f"not valid: {error.reason}", error.line)
        return
    pipelines = _pipelines(statements)
    if len(pipelines) > 1:
        plan.bad("it has more than one `pipeline` block", pipelines[1].line)
        return
    wrong = heading(statements) or (next(problems(pipelines[0]), None) if pipelines else None)
    if wrong is not None:
        plan.bad(*wrong)
        return
    if not statements:
        plan.bad("it is empty")
        return
    program, parameters = _program(statements), parameters_of(statements)
    plan.variables["JENKINS_URL"] = (HOLE,)
    settings = plan.first(settings_of(statements, plan.around.branch), MAX_SETTINGS, "ways to start told apart")
    landing = next(each for each in settings if each.name == "landing").branch
    for setting in settings:
        start = _start(plan, setting)
        walk = Walk(plan, start, setting, program)
        names = getattr(landing, "values", ())
        scope = Scope(setting, parameters, program.constants, dict(plan.variables), landing=tuple(names))
        at = At("", 1, (), YES, YES, scope)
        if pipelines:
            Declarative(walk).pipeline(pipelines[0], at)
        else:
            walk.block([each for each in statements if _function(each) is None], at)


def _start(plan: Plan, setting: Setting) -> Start:
    if setting.name in ("change", "push"):
        return plan.start(setting.name, _OUTSIDE, outside=True)
    only = no(f"starts only on a {setting.name}")
    return plan.start(setting.name, _NO_CHANGE.get(setting.name, only), event="push" if "push" in setting.name else "")


def _pipelines(statements: Sequence[Statement]) -> list[Called]:
    """Every `pipeline { … }`, one in an `if` included."""
    found = []
    for statement in statements:
        call = call_of(statement)
        if call is not None and call.name == "pipeline" and call.last.block is not None:
            found.append(call.last)
    return found


def _function(statement: Statement) -> tuple[str, Group] | None:
    """The name and body of `def name(…) { … }` or `name = { … }`."""
    at = next((n for n, item in enumerate(statement) if is_group(item, "(")), 0)
    body = statement[-1]
    if not is_group(body, "{") or not isinstance(body, Group):
        return None
    head = statement[at - 1] if at > 1 else None
    if (
        at > 1
        and at == len(statement) - 2
        and isinstance(head, Token)
        and all(isinstance(item, Token) and item.kind == "name" for item in statement[:at])
    ):
        given = statement[at]
        body.items = given.items if isinstance(given, Group) else []
        return head.text, body
    if len(statement) >= 3 and is_sign(statement[-2], "=") and isinstance(name := statement[-3], Token):
        return name.text, body
    return None


def _program(statements: Sequence[Statement]) -> Program:
    functions = dict(found for each in statements if (found := _function(each)) is not None)
    values: dict[str, list[str]] = {}
    images: set[str] = set()
    loaded: set[str] = set()
    library = False
    for statement in statements:
        for row in deep(statement):
            library = library or _loads_library(row)
            if any(is_sign(item, "=", "+=") for item in row):
                target, value = assigned(row)
                first = value[0] if value else None
                call = call_of(value)
                if call is not None and call.name.startswith("docker."):
                    images.add(target.rpartition(".")[2])
                if is_name(first, "load", "new", "library"):
                    loaded.add(target)
                single = len(value) == 1 and isinstance(first, Token) and first.kind == "text" and len(first.parts) == 1
                values.setdefault(target, []).append(first.text if single and isinstance(first, Token) else HOLE)
    constants = {name: found[0] for name, found in values.items() if len(found) == 1 and HOLE not in found[0] and name}
    constants = {name: value for name, value in constants.items() if "." not in name and not name.isupper()} | {
        name: value for name, value in constants.items() if name.isupper() and _at_top(statements, name)
    }
    return Program(
        functions=functions, constants=constants, parameters={}, images=frozenset(images), loaded=frozenset(loaded),
        library=library,
    )  # fmt: skip


def _loads_library(row: Sequence[Item]) -> bool:
    if len(row) > 1 and is_name(row[0], "library"):
        return True
    return any(is_sign(one, "@") and is_name(two, "Library") for one, two in pairwise(row))


def _at_top(statements: Sequence[Statement], name: str) -> bool:
    """Whether a name is assigned at the top of the file, not in an `environment` block."""
    return any(assigned(each)[0] == name for each in statements)


class Declarative:
    """Walks `pipeline { … }` in one setting."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk

    def pipeline(self, link: Called, at: At) -> None:
        sections = sections_of(link.block)
        at.scope = replace(at.scope, env=self._environment(sections, at.scope))
        self._stages(sections.get("stages"), at, "")
        at.cut()
        at.stage, at.line = "pipeline", link.line
        self._post(sections.get("post"), at, (), (*at.before, *at.caught), "pipeline")

    def _environment(self, sections: Mapping[str, Called], scope: Scope) -> dict[str, Values]:
        block = sections["environment"].block if "environment" in sections else None
        known = dict(scope.env)
        for statement in block.statements if block is not None else ():
            name, value = assigned(statement)
            text = plain_text(value, replace(scope, env=known))
            known[name] = (text,) if HOLE not in text else (HOLE,)
        return known

    def _stages(self, link: Called | None, at: At, within: str) -> None:
        for stage in stages_in(link) if link is not None else ():
            self._stage(stage, at, within)

    def _stage(self, stage: Called, at: At, within: str) -> None:
        walk = self._walk
        sections = sections_of(stage.block)
        name = plain_text(stage.args[0], at.scope).replace(HOLE, "…")
        name = f"{within} > {name}" if within else name
        scope = replace(at.scope, env=self._environment(sections, at.scope))
        said = when_said(sections.get("when"), scope, walk.plan)
        asks = "input" in sections
        asked = unsure("only once a person approves (`input`)") if asks else YES
        inner = replace(at.inside(runs=weakest(said, asked)), stage=name, line=stage.line, job=None, scope=scope)
        inner.condition = "input" if asks else ""
        mounts = walk.mounts
        agent = sections.get("agent")
        if agent is not None and not (agent.args and is_name(agent.args[0][0], "none")):
            # A stage on an agent of its own starts from a fresh checkout.
            walk.mounts = {}
        start = inner.before
        self._body(sections, inner, name)
        inner.cut()
        ran = replace(inner, job=None)
        self._post(sections.get("post"), ran, start, inner.before, name)
        if agent is not None:
            walk.mounts = mounts
        at.before, at.job, at.caught = ran.before, None, inner.caught
        if not said.no:
            at.wait(weakest(asked, inner.asked))

    def _body(self, sections: Mapping[str, Called], inner: At, name: str) -> None:
        walk = self._walk
        if "steps" in sections:
            body = sections["steps"].block
            walk.job(inner)
            walk.block(body.statements if body is not None else [], inner)
        elif "stages" in sections:
            self._stages(sections["stages"], inner, name)
        elif "parallel" in sections:
            self._parallel(sections["parallel"], inner, name)
        elif "matrix" in sections and (block := sections["matrix"].block) is not None:
            own = sections_of(block)
            env = {**inner.scope.env, **_axes(own.get("axes"))}
            inner.scope = replace(inner.scope, env=self._environment(own, replace(inner.scope, env=env)))
            inner.runs = weakest(inner.runs, when_said(own.get("when"), inner.scope, walk.plan))
            self._stages(own.get("stages"), inner, name)

    def _parallel(self, link: Called, at: At, within: str) -> None:
        """Stages that start together; what follows waits for all of them."""
        ends: list[At] = []
        for stage in stages_in(link):
            branch = at.inside()
            self._stage(stage, branch, within)
            ends.append(branch)
        at.wait(weakest(*(end.asked for end in ends)))
        at.before = tuple(dict.fromkeys(each for end in ends for each in end.before)) or at.before
        at.caught = tuple(dict.fromkeys(each for end in ends for each in end.caught))

    def _post(self, post: Called | None, at: At, start: tuple[str, ...], green: tuple[str, ...], name: str) -> None:
        """`post`: `success` runs after a green run only; `always` waits for what came before the stage alone."""
        sections = sections_of(post.block) if post is not None and post.block is not None else {}
        kept = list(at.before)
        for condition, link in sections.items():
            said: Said = YES
            if condition in AFTER_FAILURE:
                said = no("it runs only after a failure")
            elif condition in NOT_ALWAYS:
                said = unsure(f"it runs only when the run is `{condition}`")
            inner = replace(at.inside(runs=said), stage=f"{name}, {condition}", line=link.line, job=None)
            inner.before = green if condition in ("success", "fixed") else start
            self._walk.block(link.block.statements if link.block is not None else [], inner)
            inner.cut()
            if said.yes and inner.before != start:
                kept += inner.before
        at.before = tuple(dict.fromkeys(kept))


def _axes(link: Called | None) -> dict[str, Values]:
    """The values of a matrix's axes."""
    found: dict[str, Values] = {}
    for statement in link.block.statements if link is not None and link.block is not None else ():
        call = call_of(statement)
        block = call.last.block if call is not None and call.name == "axis" else None
        sections = sections_of(block) if block is not None else {}
        if "name" in sections and "values" in sections and sections["name"].args and sections["values"].args:
            name = sections["name"].args[0][0]
            values = [row[0] for row in sections["values"].args]
            if isinstance(name, Token):
                found[name.text] = tuple(_text(each) for each in values[:4]) if len(values) <= 4 else (HOLE,)
    return found


def _text(item: Item) -> str:
    return item.text if isinstance(item, Token) and item.kind == "text" and len(item.parts) == 1 else HOLE
