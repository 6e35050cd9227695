"""Reads the routes: evaluates the Python code once, lets each framework report, and names what was not read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shipworthy.facts.base import FactReader, Facts, View
from shipworthy.facts.python_code.analyser import PythonCode
from shipworthy.facts.python_code.evaluate import evaluate
from shipworthy.facts.routes.base import Framework, Report
from shipworthy.facts.routes.fact import Routes
from shipworthy.facts.routes.fastapi import FastApi
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
        imports = {path: record["f"] for path, record in records.items() if record["f"]}
        report = Report({path: record["m"] for path, record in records.items()})
        used = {module for modules in imports.values() for module in modules}
        seen: list[tuple[str, str]] = []
        reading = [each for each in FRAMEWORKS if used & set(each.modules)]
        if reading:
            program = evaluate(records)
            for path, record in records.items():
                if record["e"] is not None and record["w"]:
                    view.gap(path, "a syntax error: routes after it may be missing", record["e"])
            if program.short:
                view.gap(None, program.short)
            guards = Guards(program)
            for framework in reading:
                framework().read(program, guards, report)
                seen += [
                    (framework.name, component_of(components, path))
                    for path, modules in imports.items()
                    if set(modules) & set(framework.modules)
                ]
        for gap in report.gaps:
            view.gap(gap.path, gap.reason, gap.line)
        for title, path, name in unread(view, imports):
            view.gap(path, f"routes of {title} are not read yet", subject=name)
            seen.append((name, component_of(components, path)))
        routes = [replace(route, component=component_of(components, route.file)) for route in report.routes.values()]
        routes.sort(key=lambda route: (route.path is None, route.path or "", route.method, route.file, route.line))
        return Routes(
            routes=tuple(routes),
            apps=tuple(replace(app, component=component_of(components, app.file)) for app in report.apps),
            frameworks=tuple(sorted(set(seen))),
            unserved=tuple(sorted(set(report.unserved))),
            read=tuple(view.seen),
            gaps=tuple(view.gaps),
        )


def component_of(components: Sequence[Component], path: str) -> str:
    """The root of the innermost component that holds a path."""
    roots = [component.root for component in components if component.contains(path)]
    return max(roots, key=lambda root: 0 if root == "." else len(root), default=".")
