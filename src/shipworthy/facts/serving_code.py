"""What code says about serving: debug settings, sockets opened without a framework, health routes of JavaScript."""

from __future__ import annotations

import re
from typing import Any

from tree_sitter import Node

from shipworthy.facts.base import Analyser, Record
from shipworthy.facts.routes.unread import NODE
from shipworthy.project import FileEntry, Source, is_test_path, syntax

KNOWN_WITHOUT_ROUTES = frozenset({*NODE, "django", "rest_framework", "ninja"})
"""Frameworks whose debug switches and health routes are found without reading their routes."""

_DEVELOPMENT = re.compile(
    r"(^|[/_.-])(dev|devel|development|local|test|tests|testing|ci|example|sample)([/_.-]|$)", re.I
)
_DEVELOPMENT_CLASS = re.compile(r"dev|local|test|debug", re.I)
_SETTINGS_PLACE = re.compile(r"(^|/)(settings|config|configuration|conf)(/|\.py$|[_-])|(settings|config)\.py$", re.I)
_TRUE = re.compile(r"^(True|1|[\"'](1|true|yes|on)[\"'])$", re.I)
_FALSE = re.compile(r"^(False|0|None|[\"'](0|false|no|off|)[\"'])$", re.I)
_ENVIRONMENT = re.compile(r"environ|getenv|\benv\b|config\(|decouple|Field\(")

_JS = {".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx"}
_LISTENER = re.compile(
    r"\b(?:https?|http2)\.create(?:Secure)?Server\(|(?<![\w.])createServer\(|\bDeno\.serve\(|\bBun\.serve\("
)
_PYTHON_LISTENER = re.compile(r"\b(?:HTTPServer|ThreadingHTTPServer|TCPServer|make_server|asyncio\.start_server)\(")
_HEALTH = (
    r"(?:health|healthz|healthcheck|health-check|livez|readyz|liveness|readiness|ready|ping|status|heartbeat|_health)"
)
_JS_ROUTE = re.compile(
    rf"""\.(?:get|all|use|route)\(\s*["'`](/(?:[\w-]+/){{0,4}}{_HEALTH}/?)["'`]|@(?:Get|Controller)\(\s*["'`](/?(?:[\w-]+/){{0,4}}{_HEALTH})["'`]""",
    re.I,
)
_DJANGO_ROUTE = re.compile(rf"""\b(?:path|re_path|url)\(\s*r?["']\^?((?:[\w-]+/){{0,4}}{_HEALTH})/?\$?["']""", re.I)
_NEXT_ROUTE = re.compile(rf"(?:^|/)(?:app|pages)/((?:[^/]+/)*?{_HEALTH})(?:/route|/index)?\.[jt]sx?$", re.I)
_SURFACE = re.compile(r"\b(graphiql|playground|introspection)\s*[:=]\s*(?:true|True)\b")


class ServingCode(Analyser):
    """Value: {"settings": [[what, on, line]], "listeners": [[what, line]], "health": [[path, line]], "surfaces": …}."""

    name = "serving-code"
    version = "1"

    def wants(self, entry: FileEntry) -> bool:
        return entry.by_hand and not is_test_path(entry.path) and (entry.suffix == ".py" or entry.suffix in _JS)

    def analyse(self, source: Source) -> Record:
        if source.minified:
            return Record({})
        text = source.text
        value: dict[str, list[list[Any]]] = {}

        def line(position: int) -> int:
            return text.count("\n", 0, position) + 1

        def note(kind: str, *row: Any) -> None:
            value.setdefault(kind, []).append(list(row))

        python = source.entry.suffix == ".py"
        gaps: tuple[tuple[str, int | None], ...] = ()
        if python and "debug" in text.lower():
            tree = source.tree
            if tree is None:
                gaps = (("too large to look for debug settings", None),)
            else:
                for what, on, where in _settings(source.path, tree.root_node):
                    note("settings", what, on, where)
        for match in (_PYTHON_LISTENER if python else _LISTENER).finditer(text):
            note("listeners", match[0].rstrip("("), line(match.start()))
        for match in (_DJANGO_ROUTE if python else _JS_ROUTE).finditer(text):
            path = next(group for group in match.groups() if group)
            note("health", "/" + path.strip("/"), line(match.start()))
        if not python and (found := _NEXT_ROUTE.search(source.path)):
            note("health", "/" + re.sub(r"\([^)]*\)/", "", found[1]), 1)
        for match in _SURFACE.finditer(text):
            note("surfaces", match[1], line(match.start()))
        return Record(value, gaps)


def _settings(path: str, root: Node) -> list[tuple[str, bool | None, int]]:
    """Debug settings assigned in a module of settings: what is written, whether it is on by default, the line."""
    rows: list[tuple[str, bool | None, int]] = []
    if not _SETTINGS_PLACE.search(path) or _DEVELOPMENT.search(path):
        return rows
    for node in syntax.find(root, "assignment"):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None or syntax.text_of(left).lower() != "debug":
            continue
        if any(_DEVELOPMENT_CLASS.search(name) for name in _classes_around(node)):
            continue
        on, shown = _switch(right)
        rows.append((f"{syntax.text_of(left)} = {shown}", on, syntax.line_of(node)))
    return rows


def _classes_around(node: Node) -> list[str]:
    names: list[str] = []
    here = node.parent
    while here is not None:
        if here.type == "class_definition" and (name := here.child_by_field_name("name")) is not None:
            names.append(syntax.text_of(name))
        here = here.parent
    return names


def _switch(value: Node) -> tuple[bool | None, str]:
    """Whether a debug value is on by default, and a short way to show it."""
    text = syntax.text_of(value)
    if _TRUE.match(text):
        return True, text
    if _FALSE.match(text):
        return False, text
    if not _ENVIRONMENT.search(text):
        return None, "..."
    # Read from the environment: on by default where a default is given that means on.
    defaults = [syntax.text_of(each) for each in syntax.find(value, "true", "false", "string", "integer")]
    compared = value.type == "comparison_operator"
    truths = [each for each in defaults if _TRUE.match(each)]
    if "==" in text and compared:
        # os.getenv("DEBUG", "True") == "True": on only where the default equals what it is compared with.
        return len(truths) >= 2, "from the environment"
    if " in " in text and compared:
        call = next(iter(syntax.find(value, "call")), None)
        inner = [syntax.text_of(each) for each in syntax.find(call, "string", "true")] if call is not None else []
        return any(_TRUE.match(each) for each in inner), "from the environment"
    return bool(truths), "from the environment"
