"""Asks zizmor, where its user installed it, about the GitHub workflows that were read: a second opinion, offline.

It is run whenever this fact is read and a usable version lies on PATH outside the repository, or beside the Python
that runs shipworthy. It is given copies of the workflow and action files in a folder of its own, and nothing else: no
configuration and no ignore comment of the repository counts, no token and no variable of the user's reaches it, it
makes no connection (`--offline`) and keeps no cache. What it says adds to the built-in rules; where it says nothing,
fails or answers in a form that is not known, they stand alone.

Source: its manual, "Usage" and "Audit Rules" (versions 1.32 and later of 1).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from shipworthy.facts.hardening.fact import Degree, Engine, Weakness
from shipworthy.facts.hardening.taint import flows
from shipworthy.git import find_tool
from shipworthy.text import visible

NAME = "zizmor"
SECONDS = 30.0
MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 2_000
OLDEST = (1, 32)
_RULES: Mapping[str, tuple[str, Degree | None]] = {
    "unpinned-uses": ("unpinned-action", None),
    "excessive-permissions": ("broad-permissions", Degree.REMARK),
    "dangerous-triggers": ("open-trigger", Degree.REMARK),
    "template-injection": ("injection", Degree.ASK),
    "secrets-inherit": ("secrets-inherit", None),
    "artipacked": ("left-token", Degree.REMARK),
    "insecure-commands": ("unsecure-commands", None),
    "self-hosted-runner": ("self-hosted", Degree.REMARK),
    "bot-conditions": ("bot-condition", None),
    "unpinned-images": ("unpinned-image", None),
    "github-env": ("environment-file", None),
    "archived-uses": ("zizmor-archived-uses", Degree.REMARK),
    "github-app": ("zizmor-github-app", Degree.REMARK),
    "cache-poisoning": ("cache", Degree.REMARK),
    "unredacted-secrets": ("secret-in-log", None),
}
"""Its name for a rule -> ours, and the degree where the item's own text decides that."""
_SAME = {
    "unpinned-action": {"unpinned-action", "unpinned-workflow", "own-by-tag"},
    "broad-permissions": {"no-permissions", "broad-permissions", "write-all"},
    "injection": {"injection", "injection-input"},
    "open-trigger": {"open-trigger", "target-checkout"},
}
_BY_FILE = {"broad-permissions", "open-trigger"}
"""Rules that are about a file or a job: the two may point at different lines of it."""
_LEVELS = {"Informational", "Low", "Medium", "High", "Unknown"}


class _Odd(Exception):
    """The program did not answer as its manual says."""


def second_opinion(files: Mapping[str, str], outside: Path) -> tuple[Engine, list[Weakness]]:
    """What it finds in these files (text by path), and what to say about it. Runs nothing that lies in `outside`."""
    program = _program(outside)
    if program is None:
        return Engine(name=NAME, said="is not installed"), []
    try:
        with tempfile.TemporaryDirectory(prefix="shipworthy-") as folder:
            top = Path(folder)
            version = _version(_run(program, ["--version"], top))
            for path, text in files.items():
                place = top / "files" / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, encoding="utf-8", errors="replace", newline="")
            options = ["--offline", "--no-exit-codes", "--no-config", "--no-ignores", "--no-progress", "--quiet"]
            options += ["--persona=regular", "--min-severity=medium", "--format=json-v1", "--cache-dir", str(top / "c")]
            rows = _rows(_run(program, [*options, "."], top / "files"), files)
    except subprocess.TimeoutExpired:
        return Engine(name=NAME, said=f"gave no answer within {SECONDS:g} s"), []
    except OSError as error:
        return Engine(name=NAME, said=f"could not be run: {error.strerror or type(error).__name__}"), []
    except _Odd as error:
        return Engine(name=NAME, said=str(error)), []
    return Engine(name=NAME, version=version), rows


def _program(outside: Path) -> str | None:
    beside = Path(sys.executable).absolute().parent / NAME
    found = find_tool(NAME, outside)
    if found is None and beside.is_file() and not beside.resolve().is_relative_to(outside.resolve()):
        found = str(beside)
    return found


def _run(program: str, args: list[str], folder: Path) -> bytes:
    # Its output goes to a file, so that an endless one is cut off by the time limit and never fills the memory.
    with tempfile.TemporaryFile() as out:
        done = subprocess.run(
            [program, *args],
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C", "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
        if done.returncode:
            raise _Odd(f"failed with exit code {done.returncode}")
        size = out.tell()
        if size > MAX_BYTES:
            raise _Odd("gave an answer that is too large to read")
        out.seek(0)
        return out.read(MAX_BYTES + 1)


def _version(said: bytes) -> str:
    match = re.fullmatch(rb"zizmor (\d{1,4})\.(\d{1,4})\.(\d{1,4})[\w.+-]{0,40}\s*", said[:200])
    if match is None:
        raise _Odd("does not tell its version")
    number = (int(match[1]), int(match[2]))
    if number < OLDEST or number[0] != OLDEST[0]:
        shown = visible(match[0].decode("ascii").split()[1])
        raise _Odd(f"is version {shown}, and versions {OLDEST[0]}.{OLDEST[1]} and later of {OLDEST[0]} are understood")
    return match[0].decode("ascii").split()[1]


def _rows(answer: bytes, files: Mapping[str, str]) -> list[Weakness]:
    try:
        data = json.loads(answer)
    except (ValueError, RecursionError):
        raise _Odd("gave an answer that is not JSON") from None
    if not isinstance(data, list) or len(data) > MAX_ROWS:
        raise _Odd("gave an answer in a form that is not known")
    try:
        return [row for each in data for row in _row(each, files)]
    except (KeyError, TypeError, AttributeError, ValueError, IndexError):
        raise _Odd("gave an answer in a form that is not known") from None


def _row(each: Mapping[str, Any], files: Mapping[str, str]) -> Iterable[Weakness]:
    """One finding. Raises the plain errors of a shape that is not as expected."""
    ident, level = str(each["ident"]), each["determinations"]
    severity, confidence, persona = level["severity"], level["confidence"], level["persona"]
    if not {severity, confidence} <= _LEVELS or not re.fullmatch(r"[a-z][a-z0-9-]{1,60}", ident):
        raise ValueError(ident)
    if persona != "Regular" or severity not in ("Medium", "High"):
        return
    primary = [where for where in each["locations"] if where["symbolic"]["kind"] == "Primary"]
    place = primary.pop(0)
    path = str(place["symbolic"]["key"]["Local"]["verbatim_path"]).removeprefix("./")
    if path not in files:
        raise ValueError(path)
    line = int(place["concrete"]["location"]["start_point"]["row"]) + 1
    text = str(place["concrete"].get("feature") or "")
    said = visible(str(place["symbolic"].get("annotation") or each.get("desc") or ""), 160)
    rule, fixed = _RULES.get(ident, (f"{NAME}-{ident}", None))
    degree = Degree.DANGER if severity == "High" else Degree.WEAK
    degree = Degree.REMARK if confidence == "Low" else fixed or degree
    what = " ".join(text.split())[:2000] or ident
    if rule == "injection":
        what, degree = _expression(
            files[path], line, int(place["concrete"]["location"]["start_point"]["column"]), degree
        )
    if (rule, what[:2]) == ("secrets-inherit", "./") or (rule == "unpinned-image" and what.endswith("Dockerfile'")):
        # Both stay inside this repository.
        return
    yield Weakness(rule=rule, degree=degree, path=path, line=line, what=what, why=said, engine=NAME)


def _expression(text: str, line: int, column: int, degree: Degree) -> tuple[str, Degree]:
    """The expression it points at. What comes from `github.…` alone is known here: then it is text of nobody else."""
    row = "\n".join(text.split("\n")[line - 1 : line + 5])
    start = max(row.rfind("${{", 0, column + 3), 0)
    flow = next(flows(row[start:]), None)
    if flow is None:
        return " ".join(row[start:].split())[:200], degree
    mild = all(path.startswith("github.") for path in flow.paths)
    return " ".join(flow.text.split()), Degree.REMARK if mild else degree


def joined(own: list[Weakness], second: list[Weakness]) -> list[Weakness]:
    """Both lists as one: what the built-in rules found too is theirs, with their degree."""
    found = list(own)
    for row in second:
        same = _SAME.get(row.rule, {row.rule})
        known = any(
            row.rule in _BY_FILE or row.line == each.line or row.what == each.what
            for each in own
            if each.path == row.path and each.rule in same
        )
        if not known:
            # What it takes for foreign and no rule here knows is text of an unknown origin.
            found.append(replace(row, rule="pasted-value") if row.rule == "injection" else row)
    return found
