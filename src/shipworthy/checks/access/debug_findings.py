"""The findings of `debug-surface-closed`, and which commands start a development server."""

from __future__ import annotations

import re

from shipworthy.facts.routes import DebugSwitch
from shipworthy.facts.serving import Run, Start
from shipworthy.model import Confidence, Finding, Location, Severity

# Programs that start a development server or reload on change; each as its own documentation describes it. A run is
# one command of a few thousand characters at most, and every repetition is bounded.
_DEVELOPMENT_RUN = re.compile(
    r"(?P<what>\b(?:uvicorn|gunicorn|hypercorn|granian|daphne|litestar|sanic|quart|robyn)\b.{0,600}?\s--(?:reload|debug|dev)(?![\w-])"
    r"|\bfastapi dev\b|\bflask\b.{0,300}?\s--debug(?![\w-])|\bmanage\.py (?:runserver(?:_plus)?|tailwind dev)\b"
    r"|\bdjango-admin runserver\b|\bpython[\d.]{0,5} -m (?:pdb|debugpy)\b|\bdebugpy\b|\bwatchmedo\b|\bwatchfiles\b"
    r"|^(?:next|nuxt|nuxi|remix|astro|vite|svelte-kit|wrangler|netlify|vercel|turbo|gatsby|strapi|medusa|keystone|vinxi"
    r"|vue-cli-service|parcel|rsbuild|storybook|react-router|solid-start|farm|rspack|ember|blitz|redwood|rw)"
    r"(?: dev| develop| serve| vite:dev| start --dev)\b|^(?:next|vite|nuxt|parcel)(?=\s*$|\s+-)(?!.{0,40}--version)"
    r"|^ng (?:serve|start)\b|^nx (?:serve|dev)\b|\breact-scripts start\b|\bwebpack(?:-dev-server| serve)\b"
    r"|^craco start\b"
    r"|^nodemon\b|^ts-node-dev\b|^tsnd\b|^tsx watch\b|^nest start .{0,60}--(?:watch|debug)\b|^air\b|^cargo watch\b"
    r"|^(?:node|bun|deno|tsx)(?: run)? (?:.{0,200}?\s)?--(?:watch|inspect|inspect-brk|hot)(?![\w-])"
    r"|^expo start\b|\bartisan serve\b|^php .{0,60}-S\b|/start-reload\.sh\b)"
)
# `npm start` of a front end is by convention its development server; it counts only where a deployment calls it.
_FRONT_END = re.compile(
    r"\b(react-scripts start|craco start|ng serve|ng start|vite|webpack|vue-cli-service|parcel|expo|gatsby)\b"
)
_PLAIN_FLASK = re.compile(r"^(?:python[\d.]{0,5} -m )?(?:flask|quart)\b.{0,300}?\srun\b")
_DEVELOPMENT_CONFIG = re.compile(r"\w{0,80}(?:Dev|Local|Test|Debug)\w{0,80}\(")
_MAIN = re.compile(r"^python[\d.]{0,5}\b")
_MODULE_SERVER = re.compile(r"\bmanage\.py\b|\s-m\s+(?:gunicorn|uvicorn|flask|hypercorn|alembic|pip)\b")
_SERVES = re.compile(
    r"\b(?:gunicorn|uvicorn|hypercorn|granian|daphne|waitress(?:-serve)?|uwsgi|flask|fastapi|python[\d.]{0,5}|node|next|"
    r"litestar|quart|sanic|mod_wsgi-express)\b"
)


def development_run(start: Start) -> tuple[Run, str] | None:
    """The first run of a start that is a development server, and its words."""
    for run in start.runs:
        match = _DEVELOPMENT_RUN.search(run.command)
        if match and not (start.source.startswith("package.json") and _FRONT_END.search(match["what"])):
            return run, " ".join(match["what"].split())[:80]
    return None


def main_counts(switch: DebugSwitch, starts: list[Start], *, picked: bool) -> bool | None:
    """Whether a switch takes effect; under `__main__` only where that file is started, or nothing says what is.

    None where a start command could not be followed. `picked`: a deployed variable picks another configuration than
    the one for development.
    """
    if picked and _DEVELOPMENT_CONFIG.match(switch.what):
        return False
    calls_run = ".run(" in switch.what
    if not (switch.in_main or calls_run):
        return True
    known = [each for each in starts if not each.source.startswith("package.json")]
    runs = [run.command for start in known for run in start.runs]
    name = switch.file.rpartition("/")[2]
    module = re.escape(name.removesuffix(".py"))
    started = re.compile(rf"(?<![\w-]){re.escape(name)}\b|\s-m\s+(?:[\w.]{{0,200}}\.)?{module}\b")
    if any(_MAIN.match(run) and started.search(run) for run in runs):
        return True
    if name == "__main__.py" and any(_MAIN.match(run) and " -m " in run for run in runs):
        return True
    if not switch.in_main and any(_MAIN.match(run) and not _MODULE_SERVER.search(run) for run in runs):
        # `run()` in a function or module that another program may import.
        return True
    if any(start.opaque for start in known):
        return None
    return not any(_SERVES.search(run) for run in runs)


def plain_flask(start: Start) -> bool:
    """Whether a start uses Flask's own server without debugging."""
    return any(_PLAIN_FLASK.search(run.command) for run in start.runs)


def started(start: Start, run: Run, what: str) -> Finding:
    related = dict.fromkeys((*start.chain, run.location))
    return Finding.at(
        start.location, "development-server", f"The app is started as a development server: {what}.",
        anchor=f"{start.source} {what}", related=[each for each in related if each != start.location],
        remedy="Start it the production way: without --reload or --debug, with the framework's production server.",
    )  # fmt: skip


def opaque_start(start: Start) -> Finding:
    return Finding.at(
        start.location, "start-unknown", f"{start.source} could not be followed: {start.opaque[0]}.",
        anchor=f"{start.source} opaque", severity=Severity.MEDIUM,
        remedy="Write the start command out, or put the script it calls into the repository.",
    )  # fmt: skip


def own_server(start: Start) -> Finding:
    return Finding.at(
        start.location, "framework-server", "The app is served by its framework's own development server.",
        anchor=f"{start.source} own server", severity=Severity.LOW, confidence=Confidence.REVIEW,
        remedy="Serve it with gunicorn, uvicorn or another production server.",
    )  # fmt: skip


def switched(switch: DebugSwitch, starts: list[Start]) -> Finding:
    place = " and nothing says that the app is started another way" if switch.in_main and not starts else ""
    return Finding.at(
        Location(path=switch.file, line=switch.line), "debug-on", f"{switch.what} switches debugging on{place}.",
        anchor=switch.what, remedy="Take it out, or read it from the environment with off as the default.",
    )  # fmt: skip


def setting_on(what: str, location: Location) -> Finding:
    return Finding.at(
        location, "debug-on", f"{what}: debugging is on unless something turns it off.", anchor=what,
        remedy="Make off the default, and turn it on in your local environment only.",
    )  # fmt: skip


def surface_open(what: str, location: Location) -> Finding:
    return Finding.at(
        location, "developer-page", f"{what} is switched on: everybody can explore the API through it.", anchor=what,
        severity=Severity.MEDIUM, remedy="Switch it off unless the environment says development.",
    )  # fmt: skip


def unclear(what: str, location: Location) -> Finding:
    return Finding.at(
        location, "debug-unknown", f"{what}: whether debugging is on is decided by a value that is not known here.",
        anchor=what, severity=Severity.MEDIUM, remedy="Read it from the environment with off as the default.",
    )  # fmt: skip


def docs_open(paths: tuple[str, ...], location: Location) -> Finding:
    return Finding.at(
        location, "docs-open", f"API documentation is public at {', '.join(paths)}.", anchor="docs",
        severity=Severity.LOW, confidence=Confidence.REVIEW,
        remedy="If that is not meant: docs_url=None, redoc_url=None, openapi_url=None in production.",
    )  # fmt: skip


def admin_page(what: str, location: Location) -> Finding:
    return Finding.at(
        location, "admin-page", f"{what} is started with an open port.", anchor=what,
        severity=Severity.MEDIUM, confidence=Confidence.REVIEW,
        remedy="Keep it in a compose file for development only.",
    )  # fmt: skip
