"""Finds the words of a Python file that tell whether a piece of it is about routes or about who is asking."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

_WORD = re.compile(rb"[A-Za-z_]\w{2,}")
_WIRING_WORD = re.compile(
    rb"^(FastAPI|APIRouter|Starlette|include_router|add_api_route|add_api_websocket_route|add_websocket_route|add_route"
    rb"|WebSocketRoute|Flask|Quart|APIFlask|\w*Blueprint|register_blueprint|add_url_rule|add_\w*resource|add_namespace"
    rb"|before_request|before_app_request|url_value_preprocessor|add_middleware|FlaskApp|add_view|init_app|HTTPEndpoint)$"
)
_CALLED_WORD = re.compile(rb"^(Route|Mount|Api|Admin)$")
"""Words that count only right before a parenthesis."""
_IDENTITY_WORD = re.compile(
    rb"auth|token|current_?user|jwt|hmac|digest|login|logged|permission|admin|role|scope|secur|header|cookie|signature"
    rb"|verif|redential|denied|forbid|abort|redirect|call_next|^request$|protect|guard|api_?key|^(require|ensure|check)_"
    rb"|identity|owner|^def$|secret|^super$|http_40[13]",
    re.I,
)
_WIRING_TEXT = re.compile(
    rb"\.(?:mount|route|websocket|api_route|middleware|expose|add_api)\(|\.(?:get|post|put|patch|delete)\(\s*[rf]?[\"']/"
)
_WIRING_DECORATOR = re.compile(rb"@[\w.]+\.(?:get|post|put|patch|delete|head|options)\(")
_IDENTITY_TEXT = re.compile(rb"\b40[13]\b|\bsession(?:\[|\.get|\.pop)|\bin session\b|\bg\.")
_WIRING, _IDENTITY, _INJECTION, _YIELD, _CALLED = 1, 2, 4, 8, 16


@dataclass(slots=True)
class Telling:
    """Byte offsets, in order, of what tells."""

    wiring: list[int] = field(default_factory=list)
    """May register a route."""
    identity: list[int] = field(default_factory=list)
    """May look at who is asking, or pass that question on."""
    injection: list[int] = field(default_factory=list)
    """Asks for a dependency."""
    yields: list[int] = field(default_factory=list)


@lru_cache(maxsize=100_000)
def _meaning(word: bytes) -> int:
    found = _IDENTITY if _IDENTITY_WORD.search(word) else 0
    found |= _WIRING if _WIRING_WORD.search(word) else 0
    found |= _CALLED if _CALLED_WORD.search(word) else 0
    found |= _INJECTION if word in (b"Depends", b"Security") else 0
    return found | (_YIELD if word == b"yield" else 0)


def telling_words(data: bytes) -> Telling:
    """Where a file's text tells. One pass over the words, each known word judged once."""
    found = Telling()
    for match in _WORD.finditer(data):
        meaning = _meaning(match[0])
        if not meaning:
            continue
        start = match.start()
        if meaning & _IDENTITY:
            found.identity.append(start)
        if meaning & _WIRING or (meaning & _CALLED and data[match.end() : match.end() + 1] == b"("):
            found.wiring.append(start)
        if meaning & _INJECTION:
            found.injection.append(start)
        if meaning & _YIELD:
            found.yields.append(start)
    found.wiring += [match.start() for match in _WIRING_TEXT.finditer(data)]
    found.wiring += [match.start() for match in _WIRING_DECORATOR.finditer(data)]
    found.wiring.sort()
    found.identity += [match.start() for match in _IDENTITY_TEXT.finditer(data)]
    found.identity.sort()
    return found
