"""Reads the routes: evaluates the Python code once, lets each framework report, and names what was not read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from shipworthy.facts.base import FactReader, Facts, Gap, View
from shipworthy.facts.python_code.analyser import PythonCode
from shipworthy.facts.python_code.evaluate import evaluate
from shipworthy.facts.routes.base import Framework, Report
from shipworthy.facts.routes.fact import Routes
from shipworthy.facts.routes.fastapi import FastApi
from shipworthy.facts.routes.findings import Findings
from shipworthy.facts.routes.flask import Flask
from shipworthy.facts.routes.guards import Guards
from shipworthy.facts.routes.unread import unread
from shipworthy.facts.stack import Stack
from shipworthy.model import Component

FRAMEWORKS: tuple[type[Framework], ...] = (FastApi, Flask)
"""To add one: a file with a `Framework`, its class here, and its name out of `unread`."""
_CODE = PythonCode()


class RoutesReader(FactReader[Routes]):
    needs = (Stack,)
    analysers = (_CODE,)

    def read(self, view: View, facts: Facts) -> Routes:
        components = facts[Stack].components
        records = view.records(_CODE)
        place = cache(lambda path: component_of(components, path))
        found = Findings.of(view.remembered("routes", _CODE, lambda: _evaluated(records)), place)
        for gap in found.gaps:
            view.gap(gap.path, gap.reason, gap.line)
        seen = [
            (framework.name, place(path))
            for framework in FRAMEWORKS
            for path, modules in found.imports.items()
            if set(modules) & set(framework.modules)
        ]
        for title, path, name in unread(view, found.imports):
            view.gap(path, f"routes of {title} are not read yet", subject=name)
            seen.append((name, place(path)))
        routes = list(found.routes)
        routes.sort(key=lambda route: (route.path is None, route.path or "", route.method, route.file, route.line))
        return Routes(
            routes=tuple(routes),
            apps=found.apps,
            frameworks=tuple(sorted(set(seen))),
            unserved=tuple(sorted(set(found.unserved))),
            read=tuple(view.seen),
            gaps=tuple(view.gaps),
        )


def _evaluated(records: Mapping[str, Any]) -> Any:
    """What the code says of routes, as `Findings.plain`: a function of the records alone, so that it can be cached."""
    imports = {path: record["f"] for path, record in records.items() if record["f"]}
    report = Report({path: record["m"] for path, record in records.items()})
    used = {module for modules in imports.values() for module in modules}
    gaps: list[Gap] = []
    reading = [each for each in FRAMEWORKS if used & set(each.modules)]
    if reading:
        program = evaluate(records)
        for path, record in records.items():
            if record["e"] is not None and record["w"]:
                reason = "a syntax error: routes after it may be missing"
                gaps.append(Gap(path=path, reason=reason, line=record["e"]))
        if program.short:
            gaps.append(Gap(path=None, reason=program.short))
        guards = Guards(program)
        for framework in reading:
            framework().read(program, guards, report)
    return Findings(
        imports=imports,
        routes=tuple(report.routes.values()),
        apps=tuple(report.apps),
        unserved=tuple(report.unserved),
        gaps=(*gaps, *report.gaps),
    ).plain()


def component_of(components: Sequence[Component], path: str) -> str:
    """The root of the innermost component that holds a path."""
    roots = [component.root for component in components if component.contains(path)]
    return max(roots, key=lambda root: 0 if root == "." else len(root), default=".")
