"""Judges whether debug modes, development servers and developers' pages stay out of production."""

from __future__ import annotations

import re

from shipworthy.checks.access.entry_points import routes_of
from shipworthy.checks.base import Check, CheckContext
from shipworthy.facts import Facts, Gap
from shipworthy.facts.routes import DebugSwitch, Routes
from shipworthy.facts.serving import Serving, Start, Surface
from shipworthy.facts.serving_code import KNOWN_WITHOUT_ROUTES
from shipworthy.facts.stack import Part, Stack
from shipworthy.facts.stack_tables import SERVERS
from shipworthy.model import Confidence, Finding, Location, Outcome, Severity
from shipworthy.text import plural

# Commands that start a development server or reload on change; each as its own documentation describes it.
_DEVELOPMENT_COMMAND = re.compile(
    r"(?P<what>(?:uvicorn|gunicorn|hypercorn|granian)\b[^;&|]*--reload\b|\bfastapi dev\b|\bflask\b[^;&|]*--debug\b"
    r"|\bmanage\.py runserver\b|\bnext dev\b|\bnuxt dev\b|\bnuxi dev\b|\bremix dev\b|\bastro dev\b|\bvite dev\b"
    r"|\bvite(?=\s*$|\s+--)|\bvite serve\b|\bng serve\b|\breact-scripts start\b|\bwebpack(?:-dev-server| serve)\b"
    r"|\bnodemon\b|\bts-node-dev\b|\btsx watch\b|\bnest start --(?:watch|debug)\b|\bnode (?:--watch|--inspect)\b"
    r"|\bdebugpy\b)"
)
# `npm start` of a front end is by convention its development server; it counts only where a deployment calls it.
_FRONT_END = re.compile(r"\b(react-scripts start|ng serve|vite|webpack)\b")


class DebugSurfaceClosed(Check):
    """A pass proves that neither the code nor the start commands switch on debugging or a development server.

    Evidence: the debug and reload arguments of FastAPI, Starlette and Flask apps, DEBUG settings and their defaults,
    variables set in images and compose files, and every start command (Dockerfile, compose, Procfile, platform files,
    package.json), followed through scripts. On by default counts as on.

    It cannot see variables or commands set in a hosting console, nor files a web server hands out by mistake. Public
    API documentation (/docs) is listed and does not fail the item: many APIs publish it on purpose.
    """

    id = "debug-surface-closed"
    needs = (Routes, Serving, Stack)
    scope = "component"

    def minds(self, gap: Gap) -> bool:
        # Which routes these frameworks have does not matter here: what does is read from settings, commands and text.
        return gap.subject not in KNOWN_WITHOUT_ROUTES

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        routes, serving, stack = facts[Routes], facts[Serving], facts[Stack]
        root = context.component.root if context.component else "."
        apps = [app for app in routes.apps if context.covers(app.file)]
        starts = [start for start in serving.starts if starts_component(start, context)]
        settings = [each for each in serving.settings if context.covers(each.location.path)]
        frameworks = sorted(stack.names(Part.FRAMEWORK, root) & SERVERS)
        if not (apps or frameworks or routes_of(routes, context)):
            listening = [each for each in serving.listeners if context.covers(each.location.path)]
            if not (starts or listening or settings):
                return Outcome.not_applicable(
                    "no server here", [f"{plural(len(stack.read), 'file')} read: no server framework, no start command"]
                )
        bad = [_started(start, match) for start in starts if (match := _development(start))]
        bad += [_switched(each, starts) for app in apps for each in app.debug if each.on and _counts(each, starts)]
        bad += [_setting(each.what, each.location) for each in settings if each.on]
        bad += [_surface(each.what, each.location) for each in _surfaces(serving, context, certain=True)]
        unclear = [_unclear(each) for app in apps for each in app.debug if each.on is None and _counts(each, starts)]
        unclear += [
            _unclear(DebugSwitch(on=None, what=each.what, file=each.location.path or "", line=each.location.line or 1))
            for each in settings
            if each.on is None
        ]
        remarks = [_docs(app.docs, Location(path=app.file, line=app.line)) for app in apps if app.docs]
        remarks += [_maybe(each.what, each.location) for each in _surfaces(serving, context, certain=False)]
        looked_at = [f"{start.source} at {start.location}: {start.command[:120]}" for start in starts]
        looked_at += [f"{app.framework} app at {app.file}:{app.line}" for app in apps]
        looked_at += [f"{each.what} at {each.location}" for each in settings if each.on is False]
        if bad:
            return Outcome.failed(bad[0].message.rstrip("."), [*bad, *unclear, *remarks], looked_at)
        if unclear:
            return Outcome.unknown(unclear[0].message.rstrip("."), [*unclear, *remarks], looked_at=looked_at)
        if not looked_at:
            name = ", ".join(frameworks) or "a server"
            return Outcome.unknown(f"{name} is used, but no start command and no setting was found", remarks)
        return Outcome.passed(f"{plural(len(looked_at), 'place')} looked at, none in debug mode", looked_at, remarks)


def starts_component(start: Start, context: CheckContext) -> bool:
    """Whether a start command belongs to the component under judgement, by the folder it starts in."""
    return context.covers(f"{start.folder}/x" if start.folder != "." else "x")


def _development(start: Start) -> re.Match[str] | None:
    match = _DEVELOPMENT_COMMAND.search(start.command)
    if match and start.source.startswith("package.json") and _FRONT_END.search(match["what"]):
        return None
    return match


def _counts(switch: DebugSwitch, starts: list[Start]) -> bool:
    """A switch under `__main__` counts where that file is what gets started, or where nothing says what is."""
    if not switch.in_main:
        return True
    name = switch.file.rpartition("/")[2]
    module = name.removesuffix(".py")
    known = [start for start in starts if not start.source.startswith("package.json")]
    return not known or any(
        re.search(
            rf"python[\d.]*\s[^;&|]*\b{re.escape(name)}|python[\d.]*\s+-m\s+[\w.]*\b{re.escape(module)}\b", s.command
        )
        for s in known
    )


def _surfaces(serving: Serving, context: CheckContext, *, certain: bool) -> list[Surface]:
    return [each for each in serving.surfaces if each.certain is certain and context.covers(each.location.path)]


def _started(start: Start, match: re.Match[str]) -> Finding:
    what = " ".join(match["what"].split())[:80]
    return Finding.at(
        start.location, "development-server", f"The app is started as a development server: {what}.",
        anchor=f"{start.source} {what}", related=start.chain,
        remedy="Start it the production way: without --reload or --debug, with the framework's production server.",
    )  # fmt: skip


def _switched(switch: DebugSwitch, starts: list[Start]) -> Finding:
    place = " and nothing says that the app is started another way" if switch.in_main and not starts else ""
    return Finding.at(
        Location(path=switch.file, line=switch.line), "debug-on", f"{switch.what} switches debugging on{place}.",
        anchor=switch.what, remedy="Take it out, or read it from the environment with off as the default.",
    )  # fmt: skip


def _setting(what: str, location: Location) -> Finding:
    return Finding.at(
        location, "debug-on", f"{what}: debugging is on unless something turns it off.", anchor=what,
        remedy="Make off the default, and turn it on in your local environment only.",
    )  # fmt: skip


def _surface(what: str, location: Location) -> Finding:
    return Finding.at(
        location, "developer-page", f"{what} is switched on: everybody can explore the API through it.", anchor=what,
        severity=Severity.MEDIUM, remedy="Switch it off unless the environment says development.",
    )  # fmt: skip


def _unclear(switch: DebugSwitch) -> Finding:
    return Finding.at(
        Location(path=switch.file, line=switch.line), "debug-unknown",
        f"{switch.what}: whether debugging is on is decided by a value that is not known here.", anchor=switch.what,
        severity=Severity.MEDIUM, remedy="Read it from the environment with off as the default.",
    )  # fmt: skip


def _docs(paths: tuple[str, ...], location: Location) -> Finding:
    return Finding.at(
        location, "docs-open", f"API documentation is public at {', '.join(paths)}.", anchor="docs",
        severity=Severity.LOW, confidence=Confidence.REVIEW,
        remedy="If that is not meant: docs_url=None, redoc_url=None, openapi_url=None in production.",
    )  # fmt: skip


def _maybe(what: str, location: Location) -> Finding:
    return Finding.at(
        location, "admin-page", f"{what} is started with an open port.", anchor=what,
        severity=Severity.MEDIUM, confidence=Confidence.REVIEW,
        remedy="Keep it in a compose file for development only.",
    )  # fmt: skip
