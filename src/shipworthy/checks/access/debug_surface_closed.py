"""Judges whether debug modes, development servers and developers' pages stay out of production."""

from __future__ import annotations

from shipworthy.checks.access import debug_findings as report
from shipworthy.checks.access.entry_points import belongs, routes_of, starts_of, without_routes
from shipworthy.checks.base import Check, CheckContext
from shipworthy.facts import Facts, Gap
from shipworthy.facts.routes import Routes
from shipworthy.facts.serving import Serving, Surface
from shipworthy.facts.serving.code import KNOWN_WITHOUT_ROUTES
from shipworthy.facts.stack import Part, Stack
from shipworthy.facts.stack.tables import CLIENT_ONLY, SERVERS
from shipworthy.model import Finding, Location, Outcome
from shipworthy.text import plural


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
        starts = starts_of(serving, context)
        settings = [each for each in serving.settings if belongs(each.location.path, context)]
        frameworks = sorted((stack.names(Part.FRAMEWORK, root) & SERVERS) - CLIENT_ONLY)
        bad: list[Finding] = []
        unclear: list[Finding] = []
        for start in starts:
            if found := report.development_run(start):
                bad.append(report.started(start, *found))
            elif start.opaque:
                unclear.append(report.opaque_start(start))
        for app in apps:
            for switch in app.debug:
                counts = report.main_counts(switch, starts, picked=serving.picked)
                if counts and switch.on:
                    bad.append(report.switched(switch, starts))
                elif counts is not False and switch.on is not False:
                    unclear.append(report.unclear(switch.what, Location(path=switch.file, line=switch.line)))
        told = {(switch.file, switch.line) for app in apps for switch in app.debug}
        for switch in serving.debug_runs:
            if context.covers(switch.file) and (switch.file, switch.line) not in told:
                counts = report.main_counts(switch, starts, picked=serving.picked)
                if counts:
                    bad.append(report.switched(switch, starts))
                elif counts is None:
                    unclear.append(report.unclear(switch.what, Location(path=switch.file, line=switch.line)))
        bad += [report.setting_on(each.what, each.location) for each in settings if each.on]
        bad += [report.surface_open(each.what, each.location) for each in _surfaces(serving, context, certain=True)]
        unclear += [report.unclear(each.what, each.location) for each in settings if each.on is None]
        remarks = [report.docs_open(app.docs, Location(path=app.file, line=app.line)) for app in apps if app.docs]
        remarks += [report.own_server(start) for start in starts if report.plain_flask(start)]
        remarks += [report.admin_page(each.what, each.location) for each in _surfaces(serving, context, certain=False)]
        looked_at = [f"{start.source} at {start.location}: {start.command[:120]}" for start in starts]
        looked_at += [f"{app.framework} app at {app.file}:{app.line}" for app in apps]
        looked_at += [f"{each.what} at {each.location}" for each in settings if each.on is False]
        if bad:
            return Outcome.failed(bad[0].message.rstrip("."), [*bad, *unclear, *remarks], looked_at)
        if unclear:
            return Outcome.unknown(unclear[0].message.rstrip("."), [*unclear, *remarks], looked_at=looked_at)
        if not (apps or frameworks or routes_of(routes, context)):
            # Clean start commands of a program that is not understood say nothing about its debug mode.
            by_hand = "Start it as in production, see that an error page shows no code"
            return without_routes(routes, serving, stack, context, by_hand=by_hand)
        if not looked_at:
            return Outcome.unknown(f"{', '.join(frameworks)} is used, but no start command and no setting was found")
        return Outcome.passed(f"{plural(len(looked_at), 'place')} looked at, none in debug mode", looked_at, remarks)


def _surfaces(serving: Serving, context: CheckContext, *, certain: bool) -> list[Surface]:
    return [each for each in serving.surfaces if each.certain is certain and belongs(each.location.path, context)]
