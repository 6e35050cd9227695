"""Takes away what hides the failure of a test in the project's own pipeline: `|| true`, `continue-on-error: true`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from shipworthy.facts.pipeline import Leaf
from shipworthy.fixes.desk import Desk
from shipworthy.fixes.lines import line_span
from shipworthy.fixes.model import Splice, edited
from shipworthy.project.yaml import BadData, load_json, load_yaml

_HIDDEN = re.compile(r"`\|\| (true|:|exit 0|echo [^`]{0,60})` hides its failure")
_TOLERATED = re.compile(r"`continue-on-error` at (.+):(\d+)")
_KEY = re.compile(rb"[ ]+continue-on-error:[ ]+true[ ]*(?:#.*)?")
_TAIL = re.compile(rb"[ \t]*\|\|[ \t]*(?:true|:|exit 0)(?=[ \t]*(?:$|\"[ \t]*,?[ \t]*$))")


def unmask(desk: Desk, leaves: Iterable[Leaf]) -> list[str]:
    """What was taken away, one phrase each; what could not be is left to a person, with the reason."""
    done: list[str] = []
    for leaf in leaves:
        told = _tolerated(desk, leaf) or _hidden(desk, leaf)
        if told is None:
            desk.refuse(f"{leaf.chain[-1]}: `{leaf.text}` cannot fail the pipeline ({leaf.fails.why}).")
        elif told not in done:
            done.append(told)
    if done:
        desk.note("Run the tests first: where one of them is red today, the pipeline turns red with this.")
    return done


def _tolerated(desk: Desk, leaf: Leaf) -> str | None:
    match = _TOLERATED.fullmatch(leaf.fails.why)
    data = desk.read(match[1]) if match else None
    span = line_span(data, int(match[2])) if match and data is not None else None
    if match is None or data is None or span is None or not _KEY.fullmatch(data[span[0] : span[1]]):
        return None
    splice = Splice(span[0], data.find(b"\n", span[1]) + 1 or len(data), b"")
    if not _reads(match[1], edited(match[1], data, [splice]).data):
        return None
    desk.change(match[1], splice)
    return f"Let a failure at {match[1]}:{match[2]} count"


def _hidden(desk: Desk, leaf: Leaf) -> str | None:
    """`|| true` at the end of the line that the test stands on."""
    link = leaf.chain[-1]
    data = desk.read(link.path) if _HIDDEN.fullmatch(leaf.fails.why) else None
    span = line_span(data, link.line) if data is not None else None
    if data is None or span is None:
        return None
    text = data[span[0] : span[1]]
    tail = _TAIL.search(text)
    if tail is None or text.count(b"||") != 1:
        return None
    splice = Splice(span[0] + tail.start(), span[0] + tail.end(), b"")
    if not _reads(link.path, edited(link.path, data, [splice]).data):
        return None
    desk.change(link.path, splice)
    return f"Let a failure of `{leaf.text}` at {link.path}:{link.line} count"


def _reads(path: str, data: bytes) -> bool:
    """Whether a file is still valid."""
    try:
        if path.endswith((".yml", ".yaml")):
            return bool(load_yaml(data))
        if path.endswith(".json"):
            load_json(data)
    except BadData:
        return False
    return True
