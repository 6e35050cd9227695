"""Makes the fix for `health-check`: a HEALTHCHECK in the Dockerfile that asks the health route the app has."""

from __future__ import annotations

import re

from shipworthy.facts.routes import Routes
from shipworthy.facts.serving import Serving, Start
from shipworthy.facts.serving.docker import instruction_rows
from shipworthy.fixes.desk import Desk, listed
from shipworthy.fixes.lines import line_end, line_span
from shipworthy.fixes.model import Fix, NoFix, Splice

_PATH = re.compile(r"/[A-Za-z0-9/_.~-]{0,200}", re.ASCII)
_PORT = re.compile(r"(?:--port|--listen-port|-p)[ =](\d{2,5})(?!\d)|(?:--bind|-b)[ =][\w.\[\]:]{0,60}:(\d{2,5})(?!\d)")
_PYTHON = re.compile(r"(^|[/:_-])python(?:[:@\d-]|$)|/uv:python|tiangolo/", re.I)
_NODE = re.compile(r"(^|/)node(?:[:@-]|$)", re.I)
_TIMES = "HEALTHCHECK --interval=30s --timeout=5s --start-period=10s"


def make(desk: Desk) -> Fix | NoFix:
    """Only where the route, the one Dockerfile, the port and a program that can ask are all known."""
    routes = [(route.file, route.path or "") for route in desk.fact(Routes).routes]
    routes += [(each.location.path or "", each.path) for each in desk.fact(Serving).health_routes]
    done: list[str] = []
    for file, path in dict.fromkeys(routes):
        if desk.is_open("health-unused", file, path):
            done += [where for where in [_wire(desk, file, path)] if where]
    if desk.of("no-health-route"):
        desk.refuse("no route answers for health: what healthy means for this app is yours to write.")
    return desk.result(f"Let the container ask {listed(done)}.")


def _wire(desk: Desk, file: str, path: str) -> str | None:
    if not _PATH.fullmatch(path):
        desk.refuse(f"{path} cannot be written into a HEALTHCHECK by machine.")
        return None
    starts = [
        each
        for each in desk.fact(Serving).starts
        if each.source.startswith("Dockerfile") and (each.folder == "." or file.startswith(each.folder + "/"))
    ]
    deepest = max((each.folder for each in starts), key=lambda each: 0 if each == "." else len(each), default="")
    starts = [each for each in starts if each.folder == deepest]
    files = sorted({each.location.path or "" for each in starts})
    data = desk.read(files[0]) if len(files) == 1 else None
    if data is None or len(starts) != 1:
        what = f"{len(files)} Dockerfiles start it" if files else "no Dockerfile starts it"
        desk.refuse(f"{path} answers, but {what}: point your platform's health check at it.")
        return None
    text = data.decode("utf-8")
    stage, image = _last_stage(text)
    if any(name == "HEALTHCHECK" for name, _, _ in stage):
        desk.refuse(f"{files[0]} has a HEALTHCHECK that asks something else: correct it there.")
        return None
    port, asks = _port(starts[0], stage), None
    if port:
        asks = _ask(image, f"http://127.0.0.1:{port}{path}")
    lines = [line for name, _, line in stage if name in ("CMD", "ENTRYPOINT")]
    span = line_span(data, min(lines)) if lines else None
    if asks is None or span is None:
        why = "its port is not written there" if not port else f"what could ask inside {image or 'it'} is not known"
        desk.refuse(f"{files[0]} cannot get a HEALTHCHECK by machine: {why}.")
        return None
    start = _above_comments(data, span[0])
    desk.change(files[0], Splice(start, start, f"{_TIMES} \\\n  CMD {asks}\n".encode().replace(b"\n", line_end(data))))
    desk.note("Docker and compose act on a HEALTHCHECK; Kubernetes and most hosting platforms want their own probe.")
    return f"{path} in {files[0]}"


def _last_stage(text: str) -> tuple[list[tuple[str, str, int]], str]:
    """The instructions of the stage that is shipped, and the image it comes from in the end."""
    images: dict[str, str] = {}
    rows: list[tuple[str, str, int]] = []
    image = ""
    for name, argument, line in instruction_rows(text):
        if name != "FROM":
            rows.append((name, argument, line))
            continue
        words = [word for word in argument.split() if not word.startswith("--")]
        rows = []
        image = images.get(words[0].lower(), words[0]) if words else ""
        if len(words) >= 3 and words[1].lower() == "as":
            images[words[2].lower()] = image
    return rows, image


def _port(start: Start, stage: list[tuple[str, str, int]]) -> str | None:
    """The one port: what the server is told, else what the image exposes."""
    told = {match[1] or match[2] for run in start.runs for match in _PORT.finditer(run.command)}
    told = told or {match[1] or match[2] for match in _PORT.finditer(start.command)}
    exposed = {word.partition("/")[0] for name, argument, _ in stage if name == "EXPOSE" for word in argument.split()}
    found = told or exposed
    port = next(iter(found)) if len(found) == 1 else ""
    return port if port.isdigit() and 0 < int(port) < 65536 else None


def _ask(image: str, address: str) -> str | None:
    """A command of the image's own program, as a list of words: slim images hold no curl."""
    if "distroless" in image or "$" in image:
        return None
    if _PYTHON.search(image):
        return f"""["python", "-c", "import urllib.request as r; r.urlopen('{address}', timeout=4)"]"""
    if _NODE.search(image):
        return f"""["node", "-e", "fetch('{address}').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]"""
    return None


def _above_comments(data: bytes, start: int) -> int:
    """Where the comment lines right above a line begin: they speak of that line."""
    while start:
        before = data.rfind(b"\n", 0, start - 1) + 1
        if not data[before:start].lstrip().startswith(b"#"):
            break
        start = before
    return start
