"""Reads Azure Pipelines files: every start with its stages, jobs and steps, local templates put in."""

from __future__ import annotations

from collections.abc import Mapping

from shipworthy.facts.pipeline.fact import Kind
from shipworthy.facts.pipeline.systems.azure_expressions import Scope
from shipworthy.facts.pipeline.systems.azure_jobs import Walk
from shipworthy.facts.pipeline.systems.azure_nodes import Expander, Map, Place, TooLarge
from shipworthy.facts.pipeline.systems.azure_starts import Way, ways_of
from shipworthy.facts.pipeline.systems.azure_variables import variables_of
from shipworthy.facts.pipeline.systems.plan import Plan
from shipworthy.facts.pipeline.values import text_of
from shipworthy.project.yaml import line_of

_NOT_RUN = ("parameters", "trigger", "pr", "schedules", "resources", "name")
_BODY = ("stages", "jobs", "phases", "steps", "extends")


def read(plan: Plan) -> None:
    """Fills the plan of one file."""
    data = plan.tree.yaml(plan.path)
    if not isinstance(data, Mapping):
        plan.bad(plan.tree.bad.get(plan.path) or "it is not a pipeline")
        return
    if not any(key in data for key in _BODY) and not any("${{" in str(key) for key in data):
        plan.bad("it has no stages, jobs or steps", line_of(data))
        return
    plan.variables = {"TF_BUILD": ("True",)}
    name = data.get("name")
    plan.name = text_of(name) if isinstance(name, str) and "$(" not in name else plan.path
    for way in ways_of(plan, data):
        try:
            _one(plan, data, way)
        except TooLarge:
            plan.bad("its templates are nested too deep or make too much to read", line_of(data))
            break
    _by_hand_alone(plan)


def _one(plan: Plan, data: Mapping[str, object], way: Way) -> None:
    expander = Expander(plan.tree)
    place = Place(plan.path, Scope({"variables": way.variables}))
    scope = expander.parameters(data, plan.path, place, asked=way.by_hand)
    variables = way.variables
    if "variables" in data:
        # Twice, so that `${{ variables.x }}` finds those of the file.
        for _ in range(2):
            here = scope.having(variables=variables)
            given = expander.node(data["variables"], Place(plan.path, here), line_of(data, "variables") or 1)
            variables = variables_of(given, way.variables)
    place = Place(plan.path, scope.having(variables=variables))
    root = expander.mapping(data, [key for key in data if key not in _NOT_RUN], place)
    extended = root.get("extends")
    if isinstance(extended, Map):
        expander.include(extended, place)
        body = extended.get("body")
        if extended.opaque or not isinstance(body, Map):
            job = way.start.job("extends", extended.line)
            job.lose(extended.opaque or "the template was not understood", (extended.link("template"),), anything=True)
            return
        for key, each in body.items():
            root.setdefault(key, each)
    Walk(plan, way).root(root, way.variables)


def _by_hand_alone(plan: Plan) -> None:
    """A deploy that another start reaches too is not named again for starts by hand, where a person may choose."""
    for (_, _, kind, *_), row in plan.seen.items():
        if kind in (Kind.DEPLOY, Kind.PUBLISH) and "manual" in row.ways:
            others = [pair for name, pairs in row.ways.items() if name != "manual" for pair in pairs]
            if any(not runs.no for runs, _ in others):
                del row.ways["manual"]
                row.combinations.pop("manual", None)
