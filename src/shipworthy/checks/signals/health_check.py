"""Judges whether the app can be asked for its health, and whether something asks."""

from __future__ import annotations

import re

from shipworthy.checks.access.entry_points import routes_of
from shipworthy.checks.base import Check, CheckContext
from shipworthy.facts import Facts, Gap
from shipworthy.facts.routes import Routes
from shipworthy.facts.serving import HealthUse, Serving
from shipworthy.facts.serving_code import KNOWN_WITHOUT_ROUTES
from shipworthy.facts.stack import Part, Stack
from shipworthy.facts.stack_tables import SERVERS
from shipworthy.model import PROJECT, Finding, Location, Outcome, Severity
from shipworthy.text import plural

_HEALTH = re.compile(
    r"(^|/)_?(health|healthz|healthcheck|health[-_]check|livez|readyz|liveness|readiness|ready|live|ping|status|heartbeat"
    r"|up)/?$",
    re.I,
)
_NO_PROCESS = frozenset({"vercel", "netlify", "cloudflare", "serverless", "firebase", "aws-sam", "aws-amplify"})
"""Platforms that start code per request and restart it by themselves."""


class HealthCheck(Check):
    """A pass proves that a route for health exists and that the platform's configuration asks for it.

    Evidence: a GET route whose last part is a usual name for health (health, healthz, ready, ping, status, ...), and a
    HEALTHCHECK, compose health check, Kubernetes probe, platform setting or pipeline step that asks for that path.

    It cannot see health checks set up in a hosting console, nor whether the route looks at the database.
    """

    id = "health-check"
    needs = (Routes, Serving, Stack)
    scope = "component"

    def minds(self, gap: Gap) -> bool:
        # Which routes these frameworks have does not matter here: what does is read from settings, commands and text.
        return gap.subject not in KNOWN_WITHOUT_ROUTES

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        routes, serving, stack = facts[Routes], facts[Serving], facts[Stack]
        root = context.component.root if context.component else "."
        served = routes_of(routes, context)
        frameworks = sorted(stack.names(Part.FRAMEWORK, root) & SERVERS)
        listeners = [each for each in serving.listeners if context.covers(each.location.path)]
        if not (served or frameworks or listeners):
            return Outcome.not_applicable("no server here", [f"{plural(len(stack.read), 'file')} read: no server"])
        deploys = stack.names(Part.DEPLOY_TARGET, root)
        if deploys and deploys <= _NO_PROCESS:
            return Outcome.not_applicable(
                f"no long-running process: {', '.join(sorted(deploys))} starts code per request",
                [f"{each.name} at {each.location}" for each in stack.of(Part.DEPLOY_TARGET, root)],
            )
        asked = [
            (route.path, Location(path=route.file, line=route.line))
            for route in served
            if route.path and route.method in ("GET", "HEAD", "ANY") and _HEALTH.search(route.path)
        ]
        asked += [(each.path, each.location) for each in serving.health_routes if context.covers(each.location.path)]
        uses = [each for each in serving.health_uses if _concerns(each, context)]
        if not asked:
            return _no_route(uses, routes, context)
        for path, location in asked:
            for use in uses:
                if use.path is None or use.path.rstrip("/").endswith(path.rstrip("/")):
                    looked_at = [f"{path} at {location}", f"{use.source} at {use.location}"]
                    return Outcome.passed(f"{path}, asked by {use.source}", looked_at)
        path, location = asked[0]
        other = [use for use in uses if use.path is not None]
        found = f", and {other[0].source} asks for {other[0].path}" if other else ""
        finding = Finding.at(
            location, "health-unused", f"{path} answers, but nothing in the repository asks for it{found}.",
            anchor=path, severity=Severity.MEDIUM,
            remedy=f"Point the platform at it, for example: HEALTHCHECK CMD curl --fail http://localhost:8000{path}",
        )  # fmt: skip
        return Outcome.failed(f"{path} is never asked", [finding])


def _concerns(use: HealthUse, context: CheckContext) -> bool:
    """A use in the component, or in a file above all components (compose, platform, pipeline)."""
    path = use.location.path or ""
    return context.covers(path) or "/" not in path or path.startswith(".github/")


def _no_route(uses: list[HealthUse], routes: Routes, context: CheckContext) -> Outcome:
    root = context.component.root if context.component else "."
    first = next((app for app in routes.apps if context.covers(app.file)), None)
    where = Location(path=first.file, line=first.line) if first else PROJECT
    message = "No route answers for the app's health."
    if uses:
        message = f"{uses[0].source} asks for {uses[0].path or 'something'}, but no health route was found."
    finding = Finding.at(
        where, "no-health-route", message, anchor=f"no-health-route {root}", severity=Severity.MEDIUM,
        remedy="Add a GET route /health that answers 200, and one that also asks the database.",
    )  # fmt: skip
    return Outcome.failed("no health route", [finding])
