"""Judges whether every entry point of the app could be listed."""

from __future__ import annotations

from shipworthy.checks.access.entry_points import routes_of, without_routes
from shipworthy.checks.base import Check, CheckContext
from shipworthy.facts import Facts
from shipworthy.facts.routes import Routes
from shipworthy.facts.serving import Serving
from shipworthy.facts.stack import Stack
from shipworthy.model import Finding, Location, Outcome, Severity
from shipworthy.text import plural


class RouteInventory(Check):
    """A pass proves that every route the code registers is known with its method and full path.

    Evidence: the registrations themselves, followed through routers, blueprints, prefixes and factories by evaluating
    the code on paper; nothing is imported. FastAPI, Starlette and Flask are read; any other server framework makes it
    unknown, and so do routes whose path is only known at run time.

    It cannot see what a gateway or proxy in front adds, nor routes that an installed package registers by itself.
    """

    id = "route-inventory"
    needs = (Routes, Serving, Stack)
    scope = "component"

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        routes = routes_of(facts[Routes], context)
        if not routes:
            return without_routes(facts[Routes], facts[Serving], facts[Stack], context)
        opaque = [route for route in routes if route.path is None]
        looked_at = [f"{route.name} at {route.file}:{route.line}" for route in routes if route.path is not None]
        if opaque:
            return Outcome.unknown(
                f"the full path of {plural(len(opaque), 'route')} is not known",
                [
                    Finding.at(
                        Location(path=route.file, line=route.line),
                        "opaque-route",
                        f"The full path of the route for {route.handler} is not known: nothing read here tells where "
                        "it begins, or a part of it is made at run time.",
                        anchor=route.name,
                        severity=Severity.MEDIUM,
                        remedy="Write the path as plain text, and register its router or blueprint on the app by its "
                        "name. Or list the route in a waiver.",
                    )
                    for route in opaque
                ],
                looked_at=looked_at,
            )
        files = len({route.file for route in routes})
        return Outcome.passed(f"{plural(len(routes), 'route')} in {plural(files, 'file')}", looked_at)
