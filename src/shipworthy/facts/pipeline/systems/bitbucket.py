"""Reads `bitbucket-pipelines.yml`: which steps run for which branch, pull request or tag, in which order.

Source: the system's pages "Pipeline start conditions", "Step options", "Parallel step options", "Stage options",
"Use glob patterns on the Pipelines yaml file" and "Step failure strategies".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Answer, Kind, Link, Said, no, unsure
from shipworthy.facts.pipeline.gathering import Seen
from shipworthy.facts.pipeline.resolve import Found
from shipworthy.facts.pipeline.systems.bitbucket_steps import Planned, put, steps_of
from shipworthy.facts.pipeline.systems.occasions import FEATURES, expanded, fits, is_plain, landing_of
from shipworthy.facts.pipeline.systems.plan import BY_HAND, LANDED, ON_TAG, Plan, Start
from shipworthy.project.yaml import line_of

_PARTS = ("branches", "pull-requests", "tags", "custom", "bookmarks")
_ELSEWHERE = "its steps lie in another repository"


@dataclass(slots=True)
class Section:
    """One pipeline of the file. `steps` in order; `elsewhere`: it is imported."""

    kind: str
    pattern: str
    line: int
    steps: list[Planned] = field(default_factory=list)
    elsewhere: bool = False
    starts: list[Start] = field(default_factory=list)

    @property
    def title(self) -> str:
        return self.kind if not self.pattern else f"{self.kind} {self.pattern}"


def read(plan: Plan) -> None:
    """Reads the file of the plan."""
    data = plan.tree.yaml(plan.path)
    pipelines = data.get("pipelines") if isinstance(data, Mapping) else None
    if not isinstance(pipelines, Mapping):
        plan.bad(plan.tree.bad.get(plan.path, "it has no `pipelines`"))
        return
    plan.variables.update({"CI": ("true",)})
    sections = list(_sections(plan, data, pipelines))
    by_kind = {kind: [each for each in sections if each.kind == kind] for kind in ("default", *_PARTS)}
    branches = by_kind["branches"]
    default = next(iter(by_kind["default"]), None)
    landing = landing_of(plan.around.branch, [each.pattern for each in branches])
    landed = _serving(branches, landing) or default
    for section in sections:
        for name, said in _starts(section, section is landed, landing):
            _run(plan, section, name, said)
    _triggers(plan, data.get("triggers"), by_kind["custom"])
    _judge(plan, default, branches, by_kind["pull-requests"])


def _sections(plan: Plan, data: Mapping[str, Any], pipelines: Mapping[str, Any]) -> Iterator[Section]:
    used: set[str] = set()
    for kind, node in pipelines.items():
        if kind == "default":
            yield _section(plan, data, Section("default", "", line_of(pipelines, kind) or 1), node, used)
        elif kind in _PARTS and isinstance(node, Mapping):
            for pattern in node:
                line = line_of(node, pattern) or line_of(pipelines, kind) or 1
                yield _section(plan, data, Section(str(kind), str(pattern), line), node[pattern], used)


def _section(plan: Plan, data: Mapping[str, Any], section: Section, node: Any, used: set[str]) -> Section:
    section.elsewhere = isinstance(node, Mapping) and "import" in node
    section.steps = [] if section.elsewhere else steps_of(plan, data, node, section.title, used)
    return section


def _starts(section: Section, lands: bool, landing: str) -> list[tuple[str, Said]]:
    """(scenario, how far it covers changes) of a section; what serves changes is judged at the end."""
    if section.kind == "default":
        return [("change", YES), *([("landing", LANDED)] if lands else [])]
    if section.kind == "branches":
        only = no(f"starts only for branches {section.pattern}")
        found = [("landing", LANDED)] if lands else []
        more = [each for each in expanded(section.pattern) if not (is_plain(each) and each == landing)]
        if more:
            found.append((section.title, LANDED if all(is_plain(each) for each in more) else only))
        return found
    if section.kind == "pull-requests":
        return [(section.title, no(f"starts only for pull requests from {section.pattern}"))]
    if section.kind == "custom":
        return [(section.title, BY_HAND)]
    return [("tag" if section.kind == "tags" and section.pattern in ("*", "**") else section.title, ON_TAG)]


_EVENTS = {"default": "push", "branches": "push", "pull-requests": "pull_request", "tags": "tag", "custom": "manual"}


def _run(plan: Plan, section: Section, name: str, said: Said) -> None:
    """Puts a section's steps down in a start, and what comes after a step that waits for a person in one of its own."""
    event = _EVENTS.get(section.kind, section.kind)
    start = plan.start(name, said, section.line, event=event)
    section.starts.append(start)
    if section.elsewhere:
        link = Link(plan.path, section.line, section.title)
        start.job(f"{section.title}: import", section.line).lose(_ELSEWHERE, (link,), anything=True)
        return
    put(plan, start, section.steps, by_hand=False)
    if any(step.by_hand for step in section.steps):
        later = plan.start(f"{name}, by hand", BY_HAND, section.line, event="manual")
        put(plan, later, section.steps, by_hand=True)


def _serving(sections: Sequence[Section], name: str) -> Section | None:
    """The section for a branch: the one of its very name, else the pattern that says most about it."""
    best: tuple[int, Section] | None = None
    for section in sections:
        for pattern in expanded(section.pattern):
            if pattern == name:
                return section
            if fits([pattern], name):
                said = len(pattern.replace("*", ""))
                best = (said, section) if best is None or said > best[0] else best
    return best[1] if best else None


def _triggers(plan: Plan, node: Any, custom: Sequence[Section]) -> None:
    """The top-level `triggers`: custom pipelines that events start."""
    for event, given in node.items() if isinstance(node, Mapping) else ():
        for row in given if isinstance(given, list) else [given]:
            wanted = row.get("pipelines") if isinstance(row, Mapping) else None
            named = {str(each) for each in wanted} if isinstance(wanted, list) else set()
            every = str(event) in ("repository-push", "pullrequest-push") and "condition" not in row if named else False
            said = YES if every else unsure(f"`triggers` start it on {event}, by a condition")
            for section in custom:
                if section.pattern in named:
                    _run(plan, section, f"{event} {section.title}", said)


def _tested(plan: Plan, section: Section | None) -> bool:
    """Whether a section surely runs a test that can fail it. An imported one may; it is lost, and said to be."""
    if section is None:
        return False
    names = {start.scenario.name for start in section.starts}
    ids = {step.id for step in section.steps}
    return any(key[0] in ids and _is_test(row, names) for key, row in plan.seen.items())


def _is_test(row: Seen, names: set[str]) -> bool:
    if not isinstance(row.what, Found) or row.what.kind is not Kind.TEST:
        return False
    pairs = [pair for name, ways in row.ways.items() if name in names for pair in ways]
    return any(not runs.no and fails.yes for runs, fails in pairs)


def _judge(plan: Plan, default: Section | None, branches: Sequence[Section], requests: Sequence[Section]) -> None:
    """How far the sections that serve changes cover them: each kind of branch must find tests in one of its own."""
    ways = {name: (_serving(branches, name) or default, _serving(requests, name)) for name in FEATURES}
    missed = [name for name, both in ways.items() if not any(_tested(plan, each) for each in both)]
    serving = {id(section): section for both in ways.values() for section in both if section is not None}
    for section in serving.values():
        own = [name for name, both in ways.items() if any(each is section for each in both)]
        whole = not missed or len(own) == len(FEATURES)
        why = f"not for every branch: {next(iter(missed), '')} runs others, or none"
        said = YES if whole else Said(Answer.PARTIAL, why)
        for start in section.starts:
            if start.scenario.name != "landing":
                start.scenario = replace(start.scenario, on_change=said)
    if default is not None and id(default) not in serving:
        said = no("every branch has a pipeline of its own, so `default` never runs")
        default.starts[0].scenario = replace(default.starts[0].scenario, on_change=said)
    for section in requests:
        if id(section) not in serving and is_plain(section.pattern):
            said = unsure(f"for pull requests from {section.pattern}, or into it: that depends on the settings")
            for start in section.starts:
                start.scenario = replace(start.scenario, on_change=said)
