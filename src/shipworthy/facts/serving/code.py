"""What code says about serving: debug settings, sockets opened without a framework, health routes of JavaScript."""

from __future__ import annotations

import re
from typing import Any

from shipworthy.facts.base import Analyser, Record
from shipworthy.facts.routes.unread import NODE
from shipworthy.facts.serving.debug_runs import MAX_CALLS, debug_runs
from shipworthy.facts.serving.found import debug_variable
from shipworthy.facts.serving.settings import debug_settings, is_settings
from shipworthy.project import FileEntry, Source, is_test_path

_JS = {".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx"}
_LISTENER = re.compile(
    r"\b(?:https?|http2|net|tls)\.create(?:Secure)?Server\(|(?<![\w.])createServer\(|\bDeno\.(?:serve|listen)\("
    r"|\bBun\.serve\(|\bnew WebSocketServer\(|\bnew WebSocket\.Server\(|\bexports\.handler\s{0,5}="
    r"|\bexport const handler\b|\bexport default (?:async )?function \w{0,60}\(\s{0,9}req\w{0,20}\b"
    r"|\bmodule\.exports\s{0,5}=\s{0,5}(?:async )?\(req\b|\basync fetch\(req\w{0,20}\b"
    r"|\bexport async function onRequest"
)
_PYTHON_LISTENER = re.compile(
    r"\b(?:HTTPServer|ThreadingHTTPServer|TCPServer|ThreadingTCPServer|UDPServer|SimpleXMLRPCServer|make_server"
    r"|start_server|create_server|WSGIServer|FastMCP|websockets\.serve|grpc\.server|run_simple|uvicorn\.run)\("
    r"|\bdef lambda_handler\(|\bdef \w{1,60}\(\s{0,9}environ\s{0,9},\s{0,9}start_response"
    r"|\basync def \w{1,60}\(\s{0,9}scope\s{0,9},\s{0,9}receive\s{0,9},\s{0,9}send\s{0,9}\)"
    r"|\.listen\(\d{0,5}\)"
)
_HEALTH = (
    r"(?:_?health|healthz|health[-_]?checks?|livez|readyz|liveness|readiness|ready|live|ping|status|heartbeat|ht|up)"
)
_PATH = rf"/?(?:[\w-]{{1,60}}/){{0,4}}{_HEALTH}"
# A client asks with the same words (`axios.get("/health")`): a route is given a handler by something that serves.
_CLIENT = r"(?:axios|client|http|https|api|request|agent|ky|got|superagent|fetcher|\$http|httpClient|supertest)"
_JS_ROUTE = re.compile(
    rf"""\b(?!{_CLIENT}\.)\w{{1,60}}\.(?:get|all|use|route|head)\(\s{{0,40}}["'`](/{_PATH.removeprefix("/?")}/?)["'`]\s{{0,40}}[,)]"""
    rf"""|@(?:Get|Controller)\(\s{{0,40}}["'`]({_PATH})["'`]"""
    rf"""|\b(?:url|path)\s{{0,5}}:\s{{0,5}}["'`](/{_PATH.removeprefix("/?")})["'`]\s{{0,5}},\s{{0,40}}(?:method|handler)""",
    re.I,
)
_PYTHON_ROUTE = re.compile(
    rf"""\b(?:path|re_path|url|add_get|add_route|add_url_rule|Route)\(\s{{0,40}}r?["']\^?({_PATH})/?\$?["']"""
    rf"""|@\w{{1,60}}\.(?:get|route)\(\s{{0,40}}["']({_PATH})/?["']|\(\s{{0,5}}r?["']({_PATH})/?["']\s{{0,5}},\s{{0,5}}\w{{0,60}}Handler""",
    re.I,
)
_PYTHON_READ = re.compile(r"^[ \t]{0,40}(?:from|import)[ \t]{1,9}(?:fastapi|starlette|flask)\b", re.M)
"""Modules whose routes are read in full: what is read here would lack their prefixes."""
_FILE_ROUTE = re.compile(
    rf"(?:^|/)(?:app/(?P<next>(?:[^/]{{1,80}}/){{0,8}}{_HEALTH})/route|pages/(?P<pages>api/(?:[^/]{{1,80}}/){{0,8}}{_HEALTH})(?:/index)?"
    rf"|server/(?:routes/|(?=api/))(?P<nuxt>(?:[^/]{{1,80}}/){{0,8}}{_HEALTH})(?:\.get)?|src/routes/(?P<kit>(?:[^/]{{1,80}}/){{0,8}}{_HEALTH})/\+server"
    rf"|app/routes/(?P<remix>{_HEALTH}))\.[jt]sx?$",
    re.I,
)
_MENTION = re.compile(rf"""\b(?:health|livez|readyz|liveness|readiness|heartbeat)|["'`]/{_HEALTH}/?["'`]""", re.I)
_SURFACE = re.compile(r"\b(graphiql|playground|introspection)\s{0,9}[:=]\s{0,9}(?:true|True)\b")
_SETTINGS_MODULE = re.compile(r"""["']DJANGO_SETTINGS_MODULE["']\s{0,9}(?:,|\]\s{0,9}=)\s{0,9}["']([\w.]{1,200})["']""")
_SERVER_ENTRY = re.compile(r"(^|/)(wsgi|asgi)\.py$")
KNOWN_WITHOUT_ROUTES = frozenset({*NODE, "django", "rest_framework", "ninja"})
"""Frameworks whose debug switches and health routes are found without reading their routes."""
MAX_MATCHES = 50
# Each pattern above can match only where one of its words stands, and looking for words costs next to nothing.
_WORDS: dict[re.Pattern[str], tuple[str, ...]] = {
    _LISTENER: (
        "server(", "deno.", "bun.serve(", "exports.handler", "const handler", "export default", "module.exports",
        "async fetch(req", "onrequest",
    ),
    _PYTHON_LISTENER: (
        "server(", "fastmcp(", "websockets.serve(", "run_simple(", "uvicorn.run(", "lambda_handler(", "start_response",
        "receive", ".listen(",
    ),
    _JS_ROUTE: (".get(", ".all(", ".use(", ".route(", ".head(", "@get(", "@controller(", "url", "path"),
    _PYTHON_ROUTE: ("path(", "url(", "add_get(", "route(", "add_url_rule(", ".get(", "handler"),
    _PYTHON_READ: ("fastapi", "starlette", "flask"),
    _SURFACE: ("graphiql", "playground", "introspection"),
}  # fmt: skip
_MENTIONED = ("health", "livez", "readyz", "liveness", "readiness", "heartbeat")
_QUOTED = re.compile(rf"""["'`]/{_HEALTH}/?["'`]""", re.I)
_ODD_CASE = re.compile("[\u0130\u0131\u017f\u212a]")
"""Letters beyond ASCII that a pattern without regard to case takes for i, s and k."""


_TOLD = ("comment", "string", "string_content", "string_start", "string_end")


class ServingCode(Analyser):
    """Value: {"settings": [[what, on, line]], "listeners": [[what, line]], "health": [[path, line]], "runs": …}."""

    name = "serving-code"
    version = "6"

    def wants(self, entry: FileEntry) -> bool:
        return entry.by_hand and not is_test_path(entry.path) and (entry.suffix == ".py" or entry.suffix in _JS)

    def analyse(self, source: Source) -> Record:
        if source.minified:
            return Record({})
        text = source.text
        value: dict[str, list[list[Any]]] = {}
        gaps: tuple[tuple[str, int | None], ...] = ()
        python = source.entry.suffix == ".py"
        lower = text.lower()
        odd = not text.isascii() and bool(_ODD_CASE.search(text))

        def may(pattern: re.Pattern[str]) -> bool:
            if pattern is _MENTION:
                return odd or any(word in lower for word in _MENTIONED) or bool(_QUOTED.search(text))
            return odd or any(word in lower for word in _WORDS[pattern])

        def look(kind: str, pattern: re.Pattern[str], limit: int = MAX_MATCHES) -> None:
            for match in pattern.finditer(text) if may(pattern) else ():
                if len(value.get(kind, ())) >= limit:
                    return
                if _commented(source, match.start()):
                    continue
                found = next((group for group in match.groups() if group), match[0])
                shown = "/" + found.strip("/") if kind == "health" else " ".join(found.rstrip("(= ").split())[:80]
                value.setdefault(kind, []).append([shown, text.count("\n", 0, match.start()) + 1])

        if python and is_settings(source.path, text):
            if source.tree is None:
                gaps = (("too large to look for debug settings", None),)
            else:
                value["settings"] = debug_settings(source.tree.root_node)
        if python and _SERVER_ENTRY.search(source.path):
            for match in _SETTINGS_MODULE.finditer(text):
                if what := debug_variable("DJANGO_SETTINGS_MODULE", match[1]):
                    row = [what, True, text.count("\n", 0, match.start()) + 1]
                    value.setdefault("settings", []).append(row)
        if python and ".run(" in text and "debug" in text:
            for what, offset, line, below in debug_runs(text):
                # What only tells of one uses up none of the room.
                if len(value.get("runs", ())) < MAX_CALLS and not _commented(source, offset, or_told=True):
                    value.setdefault("runs", []).append([what, below, line])
        look("listeners", _PYTHON_LISTENER if python else _LISTENER, 3)
        if not (python and may(_PYTHON_READ) and _PYTHON_READ.search(text)):
            look("health", _PYTHON_ROUTE if python else _JS_ROUTE)
        if not python and (place := _FILE_ROUTE.search(source.path)):
            path = next(group for group in place.groups() if group)
            value.setdefault("health", []).append(["/" + re.sub(r"\([^)/]*\)/", "", path), 1])
        if "graphql" in lower or "apollo" in lower:
            look("surfaces", _SURFACE)
        look("mentions", _MENTION, 1)
        return Record({kind: rows for kind, rows in value.items() if rows}, gaps)


def _commented(source: Source, position: int, *, or_told: bool = False) -> bool:
    """Whether a place in the text is inside a comment; `or_told`: or a string, such as what a module says of itself.

    What has no tree is taken as code.
    """
    tree = source.tree
    if tree is None:
        return False
    offset = len(source.text[:position].encode("utf-8", "surrogateescape"))
    if source.data.startswith(b"\xef\xbb\xbf"):
        offset += 3
    node = tree.root_node.descendant_for_byte_range(offset, offset)
    return node is not None and node.type in (_TOLD if or_told else ("comment",))
