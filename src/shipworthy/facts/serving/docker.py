"""What a Dockerfile says about serving: the shipped stage's start command, health check, variables."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field

from shipworthy.facts.base import View
from shipworthy.facts.serving.fact import HealthUse, Listener
from shipworthy.facts.serving.follow import joined
from shipworthy.facts.serving.found import Found, asked, folder_of
from shipworthy.model import Location

_HEREDOC = re.compile(r"<<-?[\"']?(\w{1,60})[\"']?")
_PAIR = re.compile(r"""([A-Za-z_]\w{0,80})=("[^"]{0,300}"|'[^']{0,300}'|[^\s"']{0,300})""")
_VARIABLE = re.compile(r"\$(?:\{(\w{1,80})\}|(\w{1,80}))")
_STATIC = re.compile(r"(^|/)(nginx|caddy|httpd|nginx-unprivileged|static-web-server|serve)([:@-]|$)")
"""Images of servers that hand out files."""


@dataclass
class _Stage:
    image: str = ""
    rows: list[tuple[str, str, int]] = field(default_factory=list)


def instruction_rows(text: str) -> Iterator[tuple[str, str, int]]:
    """(instruction, argument, line) of a Dockerfile; continued lines joined, comments and here-documents left out."""
    name, first = "", 0
    parts: list[str] = []
    ends: list[str] = []
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if ends:
            if line == ends[0]:
                ends.pop(0)
            continue
        if not line or line.startswith("#"):
            continue
        if not name:
            words = line.split(None, 1)
            name, parts, first = words[0].upper(), [], number
            line = words[1] if len(words) > 1 else ""
        if line.endswith("\\"):
            parts.append(line[:-1].rstrip())
            continue
        parts.append(line)
        argument = " ".join(parts).strip()
        if name in ("RUN", "COPY", "ADD"):
            ends = _HEREDOC.findall(argument)
        yield name, argument, first
        name = ""
    if name:
        yield name, " ".join(parts).strip(), first


def command_of(argument: str) -> tuple[str, bool]:
    """A CMD or ENTRYPOINT as one command line, and whether it was a list of words (then CMD follows ENTRYPOINT)."""
    if argument.startswith("["):
        try:
            words = json.loads(argument)
        except ValueError:
            return argument, False
        if isinstance(words, list) and all(isinstance(word, str) for word in words):
            return shlex.join(words), True
    return argument, False


def read_dockerfile(view: View, path: str, found: Found, target: str | None = None) -> None:
    """Start command, health check and debug variables of one stage: `target`, or the last one.

    What a stage takes over from the stage it is built on counts; stages that only build do not.
    """
    source = view.source(path)
    if source is None:
        return
    stages: dict[str, _Stage] = {}
    here = _Stage()
    for name, argument, line in instruction_rows(source.text):
        if name == "FROM":
            words = [word for word in argument.split() if not word.startswith("--")]
            base = stages.get(words[0].lower()) if words else None
            here = _Stage(base.image, list(base.rows)) if base else _Stage(words[0] if words else "")
            stages[str(len(stages))] = here
            if len(words) >= 3 and words[1].lower() == "as":
                stages[words[2].lower()] = here
        else:
            here.rows.append((name, argument, line))
    _read_stage(view, path, (stages.get(target.lower()) if target else None) or here, found)


def _read_stage(view: View, path: str, stage: _Stage, found: Found) -> None:
    last: dict[str, tuple[str, int]] = {}
    variables: dict[str, str] = {}
    copies: list[tuple[str, str]] = []
    workdir = ""
    folder = folder_of(path)
    for name, argument, line in stage.rows:
        where = Location(path=path, line=line)
        if name in ("CMD", "ENTRYPOINT", "HEALTHCHECK", "EXPOSE"):
            last[name] = (argument, line)
        elif name == "WORKDIR":
            argument = _expanded(argument, variables)
            workdir = argument if argument.startswith("/") else f"{workdir.rstrip('/')}/{argument}"
        elif name in ("COPY", "ADD"):
            copies += _copies(_expanded(argument, variables), folder, workdir)
        elif name == "ARG" and "=" in argument:
            key, _, value = argument.partition("=")
            variables.setdefault(key.strip(), value.strip("\"' "))
        elif name == "ENV":
            argument = _expanded(argument, variables)
            pairs = {key: value.strip("\"'") for key, value in _PAIR.findall(argument)}
            words = argument.split(None, 1)
            if not pairs and len(words) == 2:
                pairs = {words[0]: words[1]}
            variables |= pairs
            found.variables(pairs, where)
    entry, entry_line = last.get("ENTRYPOINT", ("", 0))
    command, command_line = last.get("CMD", ("", 0))
    text, listed = command_of(entry)
    if entry and entry != "[]":
        if listed and command:
            text = f"{text} {command_of(command)[0]}"
        found.start(
            text, Location(path=path, line=command_line if listed and command else entry_line),
            "Dockerfile CMD" if listed and command else "Dockerfile ENTRYPOINT", folder, variables, copies,
        )  # fmt: skip
    elif command:
        found.start(
            command_of(command)[0], Location(path=path, line=command_line), "Dockerfile CMD", folder, variables, copies
        )
    if "EXPOSE" in last and not _STATIC.search(stage.image.lower()):
        argument, line = last["EXPOSE"]
        found.listeners.append(Listener(what=f"EXPOSE {argument[:40]}", location=Location(path=path, line=line)))
    check, line = last.get("HEALTHCHECK", ("NONE", 0))
    if check.strip().upper() != "NONE":
        test = re.split(r"\bCMD\b", check, maxsplit=1)[-1].strip()
        found.uses.append(
            HealthUse(
                path=asked(view, command_of(test)[0], folder),
                location=Location(path=path, line=line),
                source="Dockerfile HEALTHCHECK",
            )
        )


def _expanded(argument: str, variables: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda found: variables.get(found[1] or found[2], found[0]), argument)


def _copies(argument: str, folder: str, workdir: str) -> list[tuple[str, str]]:
    """(place in the image, path here) of a COPY line; from other stages or with patterns: none."""
    if "--from" in argument:
        return []
    text, listed = command_of(argument)
    words = [word for word in (shlex.split(text) if listed else text.split()) if not word.startswith("--")]
    rows = []
    for source in words[:-1]:
        target = words[-1] if words[-1].startswith("/") else f"{workdir.rstrip('/')}/{words[-1].removeprefix('./')}"
        if target.endswith(("/", "/.")) and "." in source.rpartition("/")[2].strip("."):
            target = f"{target.removesuffix('.')}{source.rpartition('/')[2]}"
        rows += [(target.removesuffix("/."), joined(folder, source)), (target.removesuffix("/."), joined(".", source))]
    return rows
