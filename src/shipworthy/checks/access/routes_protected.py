"""Judges whether each route that is not meant for everybody asks who is calling."""

from __future__ import annotations

import re

from shipworthy.checks.access.entry_points import routes_of, without_routes
from shipworthy.checks.base import Check, CheckContext
from shipworthy.facts import Facts
from shipworthy.facts.routes import Route, Routes
from shipworthy.facts.serving import Serving
from shipworthy.facts.stack import Stack
from shipworthy.model import Confidence, Finding, Location, Outcome, Severity
from shipworthy.text import plural

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# What has to be open for anybody to get in, and what every site has: a person confirms it, nobody has to fix it.
_ENTRANCE = re.compile(
    r"(^|[/_-])(log-?in|log-?out|sign-?(in|up|out)|register|registration|token|refresh|auth|authorize|oauth2?|callback"
    r"|forgot|reset|recover|password-?(reset|recovery)|verify|confirm|activate|health|healthz|livez|readyz|ready|live"
    r"|ping|status|version|metrics|static|assets|favicon\.ico|robots\.txt|sitemap\.xml|contact|subscribe|newsletter"
    r"|captcha|csrf|unsubscribe)([/_.-]|$)",
    re.I,
)
# `POST /users` is the way in where its handler says so.
_LETS_IN = re.compile(r"(^|_)(log_?in|log_?out|register|sign_?(in|up)|forgot|(reset|recover)_password)(_|$)", re.I)
# What a read route gives away when anybody may call it.
_PRIVATE = re.compile(
    r"(^|[/_-])(admin|internal|private|debug|me|account|accounts|user|users|customer|customers|order|orders|invoice"
    r"|invoices|payment|payments|billing|subscription|subscriptions|transaction|transactions|message|messages|inbox"
    r"|settings|config|secret|secrets|key|keys|export|backup|backups|dump|logs?|audit|patients?|employees?|salary"
    r"|report|reports|upload|uploads|documents?)([/_.{<-]|$)",
    re.I,
)

_ANY_LOGIN = "Put your login check on the router or on this route"
_LOGIN = {
    "fastapi": "Put your login check on the router or on this route: dependencies=[Depends(your_check)]",
    "flask": "Put your login check on this route, such as @login_required of Flask-Login right below @…route",
}
"""How a route asks who is calling, by framework. Source: each project's own documentation."""


def meant_for_all(route: Route) -> bool:
    """Whether an open route is plausibly public by design, so that a person is asked instead of told to fix it."""
    path = route.path or ""
    if _ENTRANCE.search(path) or _LETS_IN.search(route.handler.rpartition(".")[2]):
        return True
    return route.method in _SAFE and not _PRIVATE.search(path)


class RoutesProtected(Check):
    """A pass proves that every route demands a verified identity before its handler does anything.

    Evidence: the guards in each route's chain (app, router, blueprint, decorator, dependency, middleware, or inside the
    handler), tried on paper: a guard counts when it turns a caller without credentials away. Optional identity counts
    as open. A route that changes something, or gives away what belongs to somebody, and is open, fails; open pages,
    entrances and health checks are listed for a person to confirm.

    It cannot see a gateway in front of the app, nor whether the identity that is asked for has the right role.
    """

    id = "routes-protected"
    needs = (Routes, Serving, Stack)
    scope = "component"

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        routes = routes_of(facts[Routes], context)
        if not routes:
            return without_routes(facts[Routes], facts[Serving], facts[Stack], context)
        guarded = [route for route in routes if route.protected]
        looked_at = [f"{route.name}: {route.mechanism}" for route in guarded]
        unclear = [_unclear(route) for route in routes if route.protected is None]
        open_routes = [route for route in routes if route.protected is False]
        public = [_public(route) for route in open_routes if meant_for_all(route)]
        bad = [_open(route) for route in open_routes if not meant_for_all(route)]
        if bad:
            return Outcome.failed(
                f"{plural(len(bad), 'open route')} of {len(routes)}", [*bad, *unclear, *public], looked_at
            )
        if unclear:
            summary = f"could not tell what protects {plural(len(unclear), 'route')} of {len(routes)}"
            return Outcome.unknown(summary, [*unclear, *public], looked_at=looked_at)
        if public:
            summary = f"{len(guarded)} protected; are {plural(len(public), 'open route')} meant for everybody?"
            return Outcome.needs_you(summary, public, looked_at)
        return Outcome.passed(f"all {plural(len(routes), 'route')} protected", looked_at)


def _open(route: Route) -> Finding:
    return Finding.at(
        Location(path=route.file, line=route.line),
        "open-route",
        f"{route.name} answers anybody: nothing in its chain asks who is calling.",
        anchor=route.name,
        severity=Severity.HIGH if route.method in _SAFE else Severity.CRITICAL,
        remedy=_LOGIN.get(route.framework, _ANY_LOGIN) + ", and try it without credentials.",
    )


def _public(route: Route) -> Finding:
    return Finding.at(
        Location(path=route.file, line=route.line),
        "public-route",
        f"{route.name} is open to everybody.",
        anchor=route.name,
        severity=Severity.INFO,
        confidence=Confidence.REVIEW,
        remedy="Say that it is meant to be public, or protect it.",
    )


def _unclear(route: Route) -> Finding:
    why = f": {route.mechanism}" if route.mechanism else ""
    return Finding.at(
        Location(path=route.file, line=route.line),
        "protection-unknown",
        f"It could not be told whether {route.name} asks who is calling{why}.",
        anchor=route.name,
        severity=Severity.MEDIUM,
        remedy="Try it without credentials, and say in the attestation what you saw.",
    )
