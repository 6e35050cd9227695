"""An Assessment as one HTML page for a lead or an auditor: self-contained, without script, made to be printed too."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

from shipworthy.model import Assessment
from shipworthy.report.html import Html, el, joined, text
from shipworthy.report.page_front import back, front
from shipworthy.report.page_items import areas
from shipworthy.report.page_signed import SignatureState


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """How a page came to be; the same Assessment and the same Made give the same bytes."""

    at: datetime
    """In UTC."""
    version: str
    """Of shipworthy."""
    signatures: tuple[SignatureState, ...] = ()


@cache
def _style() -> str:
    return (files("shipworthy.report") / "page.css").read_text(encoding="utf-8")


def content_security_policy() -> str:
    """Nothing may load, run or be sent; the one style element counts by its sha256 (CSP level 3, hash sources)."""
    digest = base64.b64encode(hashlib.sha256(_style().encode("utf-8")).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def render(assessment: Assessment, made: Made) -> str:
    """The page, ending in a newline. It holds no secret's value, and no text in it is markup or a command."""
    title = text(f"{assessment.verdict.value}: {assessment.name}, production readiness", 200)
    head = joined(
        (
            Html('<meta charset="utf-8">\n'),
            Html(f'<meta http-equiv="Content-Security-Policy" content="{content_security_policy()}">\n'),
            Html('<meta name="viewport" content="width=device-width, initial-scale=1">\n'),
            Html('<meta name="color-scheme" content="light dark">\n'),
            Html('<meta name="referrer" content="no-referrer">\n'),
            Html(f"<title>{title}</title>\n"),
            Html(f"<style>{_style()}</style>\n"),
        )
    )
    body = joined(
        (
            el("a", "Skip to what is open", href="#open", class_="skip"),
            front(assessment, made.at, made.signatures),
            areas(assessment),
            back(assessment, made.at, made.version),
            Html("</main>\n"),
            _foot(made),
        )
    )
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}</head>\n<body>\n{body}</body>\n</html>\n'


def _foot(made: Made) -> Html:
    words = (
        f"Made by shipworthy {made.version} on {made.at:%Y-%m-%d at %H:%M} UTC. This page is a copy for reading and "
        "proves nothing by itself: the signed readiness file does, and shipworthy verify reads it."
    )
    return el("footer", el("p", words))
