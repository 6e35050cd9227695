"""Collects what deployment files say about serving, and what they have in common: names, variables, addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shipworthy.facts.base import View
from shipworthy.facts.serving.fact import HealthUse, Listener, Setting, Start, Surface
from shipworthy.facts.serving.follow import joined
from shipworthy.model import Location

_DEVELOPMENT_WORDS = frozenset({
    "dev", "devel", "develop", "development", "local", "test", "tests", "testing", "ci", "override", "debug", "example",
    "sample", "devcontainer",
})  # fmt: skip
_DEBUG_NAMES = re.compile(r"^([A-Z]+_)?(FLASK_DEBUG|DJANGO_DEBUG|DEBUG|APP_DEBUG|FASTAPI_DEBUG|DEBUG_MODE)$")
_NOT_DEBUG = re.compile(r"^(SQL|DB|LOG|CORS|CELERY|NPM|WERKZEUG|GIT|LOGGING|AIOHTTP|NODE)_")
_ON = re.compile(r"^(1|true|yes|on)$", re.I)
_MODES = frozenset({"FLASK_ENV", "NODE_ENV", "ENV", "APP_ENV", "ENVIRONMENT", "RAILS_ENV", "QUART_ENV", "DJANGO_ENV"})
_DEVELOPMENT_MODULE = re.compile(r"(^|[._])(dev|devel|development|local|test|testing)([._]|$)", re.I)
_DEFAULTED = re.compile(r"^\$\{\w{1,80}:?-([^{}]{0,200})\}$")
_ADDRESS = re.compile(
    r"(?:https?://[^/\s\"'`;|&)]{1,255}|(?<![\w./-])(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::[\w${}-]{1,60})?)"
    r"(/[\w./~%-]{0,300})?"
)
_PATH_ARGUMENT = re.compile(r"""\bpath["']?\s{0,5}:\s{0,5}["'](/[\w./-]{0,300})["']""")
_PORT_ONLY = re.compile(r"\bnc\b|\bncat\b|/dev/tcp/|\bpg_isready\b|\bredis-cli\b|\bpgrep\b|\bpidof\b|^\s*exit 0|^true$")
_SCRIPT = re.compile(r"[\w./-]{1,200}\.(?:sh|py|js|mjs|cjs|ts)\b")


def development(path: str) -> bool:
    """Whether a deployment file is for developers' machines: by a word of its name, or by the folder it lies in."""
    *folders, name = path.lower().split("/")
    if _DEVELOPMENT_WORDS & set(re.split(r"[._-]", name)):
        return True
    return any(folder.strip(".") in _DEVELOPMENT_WORDS for folder in folders)


def folder_of(path: str) -> str:
    return path.rpartition("/")[0] or "."


def asked_path(text: str) -> str | None:
    """The path a health command asks for: of the first web address in it."""
    found = _ADDRESS.search(text)
    if found:
        return found[1] or "/"
    argument = _PATH_ARGUMENT.search(text)
    return argument[1] if argument else None


def asked(view: View, command: str, folder: str) -> str | None:
    """The path a health command asks for, through a script of the repository; "" where it only tries a port."""
    path = asked_path(command)
    if path is not None:
        return path
    for match in list(_SCRIPT.finditer(command[:4_000]))[:4]:
        name = match[0].rpartition("/")[2]
        direct = joined(folder, match[0])
        held = [direct] if view.exists(direct) else [each.path for each in view.entries(name) if each.by_hand]
        source = view.source(held[0]) if len(held) == 1 else None
        lines = [line for line in source.lines if not line.lstrip().startswith(("#", "//"))] if source else []
        if (path := asked_path("\n".join(lines))) is not None:
            return path
    return "" if _PORT_ONLY.search(command) else None


@dataclass
class Pending:
    """A start command before it is followed."""

    start: Start
    variables: Mapping[str, str]
    copies: Sequence[tuple[str, str]]
    local: bool = False
    """From a service that mounts its source: how developers run it, where something else says how it is deployed."""


@dataclass
class Found:
    """Collects what the files say."""

    starts: list[Pending] = field(default_factory=list)
    uses: list[HealthUse] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    surfaces: list[Surface] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)
    chosen: dict[str, str] = field(default_factory=dict)
    """All variables of deployed images and services."""

    def start(
        self, command: str, where: Location, source: str, folder: str, variables: Mapping[str, str] | None = None,
        copies: Sequence[tuple[str, str]] = (), *, local: bool = False,
    ) -> None:  # fmt: skip
        if command.strip():
            start = Start(command=command.strip(), location=where, source=source, folder=folder)
            self.starts.append(Pending(start, dict(variables or {}), copies, local))

    def variables(self, values: Mapping[str, str], where: Location) -> None:
        """Note the debug switches among deployed variables; a default inside `${…}` counts."""
        for name, held in values.items():
            value = held.strip().strip("\"'")
            if match := _DEFAULTED.match(value):
                value = match[1]
            self.chosen.setdefault(name, value)
            if what := debug_variable(name, value):
                self.settings.append(Setting(what=what, on=True, location=where))


def debug_variable(name: str, value: str) -> str | None:
    """How to show a variable that switches debugging on; None for one that does not."""
    if _DEBUG_NAMES.match(name) and not _NOT_DEBUG.match(name) and _ON.match(value):
        return f"{name}={value}"
    if name in _MODES and value.lower() in ("development", "dev"):
        return f"{name}={value}"
    if name == "DJANGO_SETTINGS_MODULE" and len(value) < 200 and _DEVELOPMENT_MODULE.search(value):
        return f"{name}={value}"
    return None
