"""Judges whether the app can be asked for its health, and whether something asks."""

from __future__ import annotations

import re

from shipworthy.checks.access.entry_points import belongs, routes_of, without_routes
from shipworthy.checks.base import Check, CheckContext
from shipworthy.facts import Facts, Gap
from shipworthy.facts.routes import Routes
from shipworthy.facts.serving import HealthUse, Serving
from shipworthy.facts.serving.code import KNOWN_WITHOUT_ROUTES
from shipworthy.facts.stack import Part, Stack
from shipworthy.facts.stack.tables import CLIENT_ONLY, SERVERS
from shipworthy.model import PROJECT, Finding, Location, Outcome, Severity

_HEALTH = re.compile(
    r"(^|/)_?(health|healthz|healthcheck|health[-_]checks?|livez|readyz|liveness|readiness|ready|live|ping|status|heartbeat"
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
        frameworks = sorted((stack.names(Part.FRAMEWORK, root) & SERVERS) - CLIENT_ONLY)
        own = [each for each in serving.health_routes if context.covers(each.location.path)]
        if not (served or frameworks or own):
            by_hand = "See that its host asks it for its health"
            return without_routes(routes, serving, stack, context, by_hand=by_hand)
        deploys = stack.names(Part.DEPLOY_TARGET, root)
        if deploys and deploys <= _NO_PROCESS:
            return Outcome.not_applicable(
                f"no long-running process: {', '.join(sorted(deploys))} starts code per request",
                [f"{each.name} at {each.location}" for each in stack.of(Part.DEPLOY_TARGET, root)],
            )
        answered = [
            (route.path, Location(path=route.file, line=route.line))
            for route in served
            if route.path and route.method in ("GET", "HEAD", "ANY") and not re.search(r"[{<:*]", route.path)
        ]
        asked = [each for each in answered if _HEALTH.search(each[0])]
        asked += [(each.path, each.location) for each in own]
        uses = [each for each in serving.health_uses if _concerns(each, context)]
        for use in uses:
            for path, location in [*asked, *answered]:
                # A path may be asked below a prefix that a proxy or a router adds; a page only by its exact path.
                ends = use.own and (path, location) in asked and path != "/" and _plain(use.path).endswith(_plain(path))
                if use.path and (ends or _plain(use.path) == _plain(path)):
                    looked_at = [f"{path} at {location}", f"{use.source} at {use.location}"]
                    return Outcome.passed(f"{path}, asked by {use.source}", looked_at)
        uses = [use for use in uses if use.own]
        opaque = [use for use in uses if use.path is None]
        if opaque:
            summary = f"what {opaque[0].source} at {opaque[0].location} asks for could not be told"
            return Outcome.unknown(summary, looked_at=[f"{path} at {location}" for path, location in asked])
        if not asked:
            return _no_route(uses, routes, serving, context)
        path, location = asked[0]
        found = f", and {uses[0].source} asks for {_name(uses[0])}" if uses else ""
        finding = Finding.at(
            location, "health-unused", f"{path} answers, but nothing in the repository asks for it{found}.",
            anchor=path, severity=Severity.MEDIUM,
            remedy=f"Point the platform at it, for example: HEALTHCHECK CMD curl --fail http://localhost:8000{path}",
        )  # fmt: skip
        return Outcome.failed(f"{path} is never asked", [finding])


def _plain(path: str | None) -> str:
    return "/" + (path or "").partition("?")[0].strip("/")


def _name(use: HealthUse) -> str:
    return use.path or "an open port only"


def _concerns(use: HealthUse, context: CheckContext) -> bool:
    """A use in the component, or in a file above all components (compose, platform, pipeline)."""
    path = use.location.path or ""
    return belongs(path, context) or "/" not in path or path.startswith(".github/")


def _no_route(uses: list[HealthUse], routes: Routes, serving: Serving, context: CheckContext) -> Outcome:
    root = context.component.root if context.component else "."
    mentions = [each for each in serving.mentions if context.covers(each.path)]
    unread = [name for name, component in routes.frameworks if component == root]
    if (mentions or any(use.path for use in uses)) and not routes_of(routes, context):
        names = ", ".join(sorted(set(unread))) or "this server"
        why = f"{mentions[0]} speaks of health" if mentions else f"{uses[0].source} asks for {_name(uses[0])}"
        return Outcome.unknown(f"{why}, but routes of {names} are not read yet")
    first = next((app for app in routes.apps if context.covers(app.file)), None)
    where = Location(path=first.file, line=first.line) if first else PROJECT
    message = "No route answers for the app's health."
    if uses:
        message = f"{uses[0].source} asks for {_name(uses[0])}, but no health route was found."
    finding = Finding.at(
        where, "no-health-route", message, anchor=f"no-health-route {root}", severity=Severity.MEDIUM,
        remedy="Add a GET route /health that answers 200, and one that also asks the database.",
    )  # fmt: skip
    return Outcome.failed("no health route", [finding])
