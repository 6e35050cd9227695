"""Which string constants of a program are kept in records: paths and plain words, never what could be a secret."""

from __future__ import annotations

import re

from shipworthy.facts.secrets.values import random

_PATH = re.compile(r"/[\w\-./<>{}:*()\[\]^$+?|\\=,%@~ ]{0,199}")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.:\-/<>{}*]{0,59}")
_TOKEN_LIKE = re.compile(r"[A-Za-z0-9+=_-]{20,}")
_SECRET_NAME = re.compile(
    r"passw|passwd|pwd|secret|token|api_?key|private|credential|salt|pepper|hash|dsn|(^|_)key(_|$)|cookie_?value", re.I
)
_HAS_LETTER, _HAS_DIGIT = re.compile(r"[A-Za-z]"), re.compile(r"\d")

_WORD_CALLS = """
    get post put patch delete options head trace route websocket api_route add_api_route add_route add_url_rule
    add_websocket_route add_api_websocket_route websocket_route include_router register_blueprint mount Mount Route
    WebSocketRoute Blueprint APIRouter FastAPI Flask Starlette Quart Api Namespace APIBlueprint APIFlask HTTPEndpoint
    add_resource add_namespace as_view url_for redirect abort render_template getenv startswith endswith getattr
    hasattr middleware requires header before_request partial join removeprefix removesuffix split strip lstrip
    rstrip format replace fullmatch match search compile add_org_resource import_module on_event exception_handler
    from_object from_mapping
    RedirectResponse TemplateResponse crud set frozenset list tuple pop
"""
WORD_CALLS = frozenset(_WORD_CALLS.split())
"""Calls whose plain words are worth keeping: registrations, redirects, tests of a path, look-ups by name."""


def names_a_secret(name: str) -> bool:
    """Whether what this name holds could be a secret."""
    return bool(_SECRET_NAME.search(name))


def keep(text: str, *, words: bool) -> str | None:
    """The text if it is a path (or, with `words`, a plain word); None for everything that could be a secret.

    Long runs that mix letters and digits are dropped wherever they stand, so a key can hide in no path either.
    """
    if text in ("", "0", "1"):
        return text
    if not (_PATH.fullmatch(text) or (words and _WORD.fullmatch(text))):
        return None
    for run in _TOKEN_LIKE.findall(text):
        if _HAS_DIGIT.search(run) and _HAS_LETTER.search(run) and not run.isidentifier():
            return None
        if sum(character.isdigit() for character in run) > 4:
            return None
        if any(random(part, 20) for part in re.split("[_=+-]", run)):
            return None
    return text
