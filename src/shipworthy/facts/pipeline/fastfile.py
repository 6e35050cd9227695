"""Reads what lanes of fastlane name: one that uploads publishes; tests in one are asked about, since lanes are Ruby.

Source: fastlane's manual ("Lanes", "Available actions").
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from shipworthy.facts.pipeline.deploys import classify_deploy
from shipworthy.facts.pipeline.fact import Kind, Link
from shipworthy.facts.pipeline.neutral import could_test
from shipworthy.facts.pipeline.resolve import Frame, Resolver, shown

_FILES = ("fastlane/Fastfile", ".fastlane/Fastfile", "Fastfile")
_TESTS = re.compile(r"\b(run_tests|scan|xctest|test_center|multi_scan)\b|[\"':]\w*[tT]est(?!_?[fF]light)")
_DEPLOYS = re.compile(
    r"\b(upload_to_\w+|supply|deliver|pilot|testflight|appstore|firebase_app_distribution|appcenter_upload"
    r"|hockey|crashlytics|aws_s3|set_github_release|create_github_release|github_release)\b(?=[ \t]*[(\w:\n]|$)"
    r"|\bgradle\b[^\n]{0,200}\bpublish"
)
_LANE = re.compile(r"^[ \t]*(?:private_)?lane[ \t(]+:(\w+)", re.M)
_MOST = 20
"""Lanes followed from one."""


def _body(text: str, name: str) -> tuple[int, str] | None:
    """The line of a lane and its text, to the `end` that stands as far in as its head."""
    head = re.search(rf"^([ \t]*)(?:private_)?lane[ \t(]+:{re.escape(name)}\b[^\n]*", text, re.M)
    if head is None:
        return None
    end = re.compile(rf"^{head[1]}end\b", re.M).search(text, head.end())
    return text.count("\n", 0, head.start()) + 1, text[head.end() : end.start() if end else len(text)]


def _reached(text: str, name: str) -> tuple[str, bool]:
    """What a lane says, with the lanes it names, comments left out; and whether that is all."""
    lanes = set(_LANE.findall(text))
    seen, open_names, found = {name}, [name], ""
    while open_names and len(seen) <= _MOST:
        body = _body(text, open_names.pop())
        said = re.sub(r"(?m)^[ \t]*#.*", "", body[1]) if body else ""
        found += said
        named = (set(re.findall(r"\b[a-z]\w*", said)) & lanes) - seen
        seen |= named
        open_names += sorted(named)
    return found, not open_names


def follow(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`fastlane [platform] lane`: a lane that names an upload and no test publishes, one that names a test is lost."""
    plain = [word for word in words[1:] if not word.startswith("-") and ":" not in word]
    if not plain or classify_deploy(words) is not None or plain[0] in ("run", "install_plugins", "match", "lanes"):
        return False
    path = r.tree.upwards(frame.folder, *_FILES)
    text = r.tree.text(path) if path is not None else None
    own = [(name, body) for name in plain[:2] if text is not None and (body := _body(text, name)) is not None]
    if path is None or text is None or not own:
        if plain[0] in ("scan", "run_tests") or could_test(" ".join(plain)):
            r.lose(f"the lane {shown(plain[:2])} of fastlane is not in this repository", frame)
        return path is None or text is None
    name, body = own[-1]
    said, whole = _reached(text, name)
    deploys, here = _DEPLOYS.search(said) is not None, frame.at(Link(path, body[0], "Fastfile"))
    if not whole:
        r.lose(f"the lane {shown([name])} of fastlane names too many others", here, anything=True)
    elif _TESTS.search(said):
        r.lose(f"the lane {shown([name])} of fastlane is not followed", here, anything=deploys)
    elif deploys:
        r.note(Kind.PUBLISH, words, here)
    return True
