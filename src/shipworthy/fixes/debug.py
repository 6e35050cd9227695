"""Makes the fix for `debug-surface-closed`: a written-out debug or reload switch is turned off."""

from __future__ import annotations

import re

from tree_sitter import Node

from shipworthy.facts.routes import DebugSwitch, Routes
from shipworthy.facts.serving import Serving
from shipworthy.fixes.desk import Desk, listed
from shipworthy.fixes.lines import line_span
from shipworthy.fixes.model import Fix, NoFix, Splice
from shipworthy.model import Finding
from shipworthy.project import syntax

_SWITCHES = ("debug", "reload", "use_reloader", "use_debugger")
_FLAG = re.compile(rb"(?<![\w-])--(?:reload|debug)(?![\w=-])")
_NEARBY = re.compile(rb"--reload[-=]|--no-reload|\$\{?\w*RELOAD", re.I)
# In a list of words (`["uvicorn", "--reload"]`) a word goes with one comma; on a plain line with the blank before it.
_LISTED = re.compile(rb"""(?:,[ \t]*(["'])--(?:reload|debug)\1)|(?:(["'])--(?:reload|debug)\2[ \t]*,[ \t]*)""")
_WORD = re.compile(rb"[ \t]+--(?:reload|debug)(?![\w=-])")
_SERVER = re.compile(rb"\b(?:uvicorn|gunicorn|hypercorn|granian|flask|quart|sanic|litestar)\b")


def make(desk: Desk) -> Fix | NoFix:
    """`debug=True` becomes `debug=False`, and `--reload` leaves a start command that a deployment uses."""
    done: list[str] = []
    switches = [each for app in desk.fact(Routes).apps for each in app.debug]
    done += [
        f"{each.what} in {each.file}"
        for each in switches
        if each.on and desk.is_open("debug-on", each.file, each.what) and _flip(desk, each)
    ]
    for finding in desk.of("development-server"):
        place = _take_out(desk, finding)
        if place:
            done.append(f"the development flag in {place}")
    settings = {(each.location.path, each.what) for each in desk.fact(Serving).settings}
    settings -= {(each.file, each.what) for each in switches}
    for finding in desk.of("debug-on", "developer-page"):
        here = [what for path, what in settings if path == finding.location.path and what in finding.message]
        if here or finding.rule == "developer-page":
            desk.refuse(f"{finding.location}: {finding.remedy}")
    if done:
        desk.note("On your own machine, switch it on by a flag: uvicorn … --reload, or flask run --debug.")
    return desk.result(f"Switch off {listed(done)}.")


def _flip(desk: Desk, switch: DebugSwitch) -> bool:
    data = desk.read(switch.file)
    tree = syntax.parse("python", data) if data is not None and switch.file.endswith(".py") else None
    values = _values(tree.root_node, switch.line) if tree is not None else []
    if len(values) != 1:
        desk.refuse(f"{switch.file}:{switch.line}: {switch.what} is not one literal True: switch it off by hand.")
        return False
    desk.change(switch.file, Splice(values[0].start_byte, values[0].end_byte, b"False"))
    return True


def _values(root: Node, line: int) -> list[Node]:
    """The literal `True` that a debug switch of this line is given."""
    found: list[Node] = []
    for node in syntax.find(root, "keyword_argument", "assignment"):
        name = node.child_by_field_name("name" if node.type == "keyword_argument" else "left")
        value = node.child_by_field_name("value" if node.type == "keyword_argument" else "right")
        if name is None or value is None or value.type != "true":
            continue
        call = node.parent.parent if node.type == "keyword_argument" and node.parent is not None else None
        lines = {syntax.line_of(node)} | ({syntax.line_of(call)} if call is not None else set())
        text = syntax.text_of(name)
        named = (
            text in _SWITCHES
            if node.type == "keyword_argument"
            else bool(re.search(r"(?:\.debug|\[[\"']DEBUG[\"']\])$", text))
        )
        if line in lines and named:
            found.append(value)
    return found


def _take_out(desk: Desk, finding: Finding) -> str | None:
    """Take the flag out of the line that has it; the place, or None after saying why not."""
    places = [finding.location, *finding.related]
    hits: list[tuple[str, int, int]] = []
    for place in places:
        data = desk.read(place.path or "")
        span = _whole(data, place.line or 0) if data is not None else None
        if data is not None and span is not None and _FLAG.search(data, *span):
            hits.append((place.path or "", *span))
    if len(set(hits)) != 1:
        desk.refuse(f"{finding.location}: {finding.message} {finding.remedy}")
        return None
    path, start, end = hits[0]
    name = path.rpartition("/")[2].lower()
    if "compose" in name or name == "package.json" or name in ("makefile", "justfile"):
        desk.refuse(f"{finding.location} may be meant for development: say there what production starts.")
        return None
    data = desk.read(path) or b""
    text = data[start:end]
    matches = list(_LISTED.finditer(data, start, end)) or list(_WORD.finditer(data, start, end))
    if len(_FLAG.findall(text)) != 1 or len(matches) != 1 or _NEARBY.search(text) or not _SERVER.search(text):
        desk.refuse(f"{finding.location}: {finding.remedy}")
        return None
    line = data.count(b"\n", 0, start) + 1
    desk.change(path, Splice(*matches[0].span(), b""))
    return f"{path}:{line}"


def _whole(data: bytes, line: int) -> tuple[int, int] | None:
    """The line with the ones that continue it."""
    span = line_span(data, line)
    if span is None:
        return None
    start, end = span
    while data[start:end].rstrip().endswith(b"\\"):
        line += 1
        further = line_span(data, line)
        if further is None or further[1] <= end:
            break
        end = further[1]
    return start, end
