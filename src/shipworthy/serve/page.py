"""The page around the coach: its HTML, the few files it loads, and the headers that go with every answer."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files

from shipworthy.text import visible

_STATIC = files("shipworthy.serve")
_FILES = {
    "coach.css": ("shipworthy.serve", "coach.css", "text/css"),
    "coach.js": ("shipworthy.serve", "coach.js", "text/javascript"),
    "xterm.css": ("textual_serve", "static/css/xterm.css", "text/css"),
    "textual.js": ("textual_serve", "static/js/textual.js", "text/javascript"),
}
"""Name below the place -> package, path in it, media type. Nothing else is served."""
_STYLES = (
    "",
    "h1{color:#fff;background-color:#000}body{margin:0;padding:0}.textual-terminal{width:100vw;height:100vh}",
)
"""The style sheets that `textual.js` puts into the page by itself; a browser lets in these texts and no other."""
_allowed = " ".join(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in _STYLES)
FONT_SIZE = 16
"""Pixels."""

NOT_LET_IN = (
    "This is somebody's coach, and this browser was not let in.",
    "The link that `shipworthy serve` printed works once, in one browser. If you opened it, go back to that tab.",
    "If you never opened it, somebody else did: end `shipworthy serve` with Ctrl-C now.",
    "For a new link, end it with Ctrl-C and start it again.",
)
NOT_FROM_THERE = (
    "This request came by another address than the one `shipworthy serve` printed, so it is refused.",
    "Open exactly the address it printed, in a browser on the same machine.",
)
ON_THE_WAY = ("Opening the coach …",)
NOT_HERE = ("There is nothing here.", "Go back to the coach's tab.")
ONLY_ONE = ("The coach is open in another tab.", "Go back to that tab, or close it and reload this one.")


def headers(host: str | None) -> dict[str, str]:
    """The headers of every answer; `host` where the page itself may talk to us under that name.

    The sandbox leaves the page its script and its own origin, and takes links, pop-ups, forms, downloads and dialogs:
    an address in a repository's text opens nothing.
    """
    socket = f"ws://{host}" if host else "'none'"
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self' {_allowed}; img-src data:; "
        f"connect-src {socket}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "sandbox allow-scripts allow-same-origin"
    )
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), clipboard-read=(), display-capture=(), geolocation=(), microphone=(), usb=()",
        "Referrer-Policy": "no-referrer",
        "Server": "shipworthy",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def file(name: str) -> tuple[bytes, str] | None:
    """A file the page loads and its media type; None for every other name."""
    if name not in _FILES:
        return None
    package, path, kind = _FILES[name]
    return files(package).joinpath(path).read_bytes(), kind


def coach_page(name: str, socket: str) -> str:
    """The page of the coach for the repository `name`; `socket` is the address of its websocket."""
    template = _STATIC.joinpath("coach.html").read_text(encoding="utf-8")
    values = {"@name@": escape(visible(name, 80)), "@socket@": escape(socket), "@size@": str(FONT_SIZE)}
    for mark, value in values.items():
        template = template.replace(mark, value)
    return template


def words_page(words: tuple[str, ...], again: str | None = None) -> str:
    """A page of plain words; `again` is a path to go to at once.

    A `SameSite=Strict` cookie stays away where a link on another site led here, and comes when our own page does.
    """
    lines = "".join(f"<p>{escape(line)}</p>\n" for line in words)
    onward = f'<meta http-equiv="refresh" content="0; url={escape(again)}">' if again else ""
    return f'<!DOCTYPE html>\n<html lang="en"><meta charset="utf-8">{onward}<title>shipworthy</title>\n{lines}</html>\n'
