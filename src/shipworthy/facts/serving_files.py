"""What deployment files say about serving: start commands, health checks, debug variables, pages for developers."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from shipworthy.facts.base import View
from shipworthy.facts.serving import HealthUse, Setting, Start, Surface
from shipworthy.model import Location
from shipworthy.project.yaml import line_of

_DEVELOPMENT = re.compile(
    r"(^|[._/-])(dev|devel|development|local|test|testing|ci|override|debug|example)([._/-]|$)", re.I
)
_DEBUG_NAMES = re.compile(r"^(FLASK_DEBUG|DJANGO_DEBUG|DEBUG|APP_DEBUG|FASTAPI_DEBUG)$")
_ON = re.compile(r"^[\"']?(1|true|yes|on)[\"']?$", re.I)
_ADDRESS = re.compile(r"https?://[^/\s\"']+(/[\w./-]*)?")
_ADMIN_IMAGES = re.compile(r"(^|/)(adminer|phpmyadmin|pgadmin4|mongo-express|redis-commander|mailhog)(:|$)")
MAX_FILES = 200


def development(path: str) -> bool:
    """Whether a deployment file is for developers' machines by its name."""
    return bool(_DEVELOPMENT.search(path))


def _folder(path: str) -> str:
    return path.rpartition("/")[0] or "."


def asked_path(text: str) -> str | None:
    """The path a health command asks for: of the first web address in it."""
    found = _ADDRESS.search(text)
    return (found[1] or "/") if found else None


def _instruction_rows(text: str) -> Iterator[tuple[str, str, int]]:
    """(instruction, argument, line) of a Dockerfile; continued lines are joined."""
    name, argument, first = "", "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if not name:
            word, _, rest = line.partition(" ")
            name, argument, first = word.upper(), rest.strip(), number
        else:
            argument += " " + line
        if argument.endswith("\\"):
            argument = argument[:-1].rstrip()
            continue
        yield name, argument, first
        name = ""


def command_of(argument: str) -> str:
    """A Dockerfile's CMD or ENTRYPOINT as one command line: the JSON form joined, `sh -c` taken off."""
    if argument.startswith("["):
        try:
            words = json.loads(argument)
        except ValueError:
            return argument
        if isinstance(words, list) and all(isinstance(word, str) for word in words):
            if len(words) >= 3 and words[0].rpartition("/")[2] in ("sh", "bash") and words[1] in ("-c", "-lc"):
                return str(words[2])
            return shlex.join(words)
    return argument


def read_dockerfile(view: View, path: str, found: Found) -> None:
    """Start command, health check and debug variables of the last stage (earlier ones only build)."""
    source = view.source(path)
    if source is None:
        return
    rows = list(_instruction_rows(source.text))
    last = max((index for index, row in enumerate(rows) if row[0] == "FROM"), default=0)
    entry = ""
    for name, argument, line in rows[last:]:
        where = Location(path=path, line=line)
        if name == "ENTRYPOINT":
            entry = command_of(argument)
            found.start(entry, where, "Dockerfile ENTRYPOINT", _folder(path))
        elif name == "CMD":
            command = f"{entry} {command_of(argument)}".strip()
            found.start(command, where, "Dockerfile CMD", _folder(path))
        elif name == "HEALTHCHECK" and argument.strip().upper() != "NONE":
            found.uses.append(HealthUse(path=asked_path(argument), location=where, source="Dockerfile HEALTHCHECK"))
        elif name == "ENV":
            pairs = re.findall(r"([A-Z_]+)[= ]([^\s]+)", argument)
            found.variables(dict(pairs), where)


class Found:
    """Collects what the files say."""

    def __init__(self) -> None:
        self.starts: list[Start] = []
        self.uses: list[HealthUse] = []
        self.settings: list[Setting] = []
        self.surfaces: list[Surface] = []

    def start(self, command: str, where: Location, source: str, folder: str) -> None:
        if command.strip():
            self.starts.append(Start(command=command.strip(), location=where, source=source, folder=folder))

    def variables(self, values: Mapping[str, str], where: Location) -> None:
        for name, value in values.items():
            if (_DEBUG_NAMES.match(name) and _ON.match(value)) or (
                name in ("FLASK_ENV", "NODE_ENV", "ENV", "APP_ENV") and value.strip("\"'").lower() == "development"
            ):
                self.settings.append(Setting(what=f"{name}={value}", on=True, location=where))


def _each_service(document: Any) -> Iterator[tuple[str, Any]]:
    services = document.get("services") if isinstance(document, dict) else None
    if isinstance(services, dict):
        yield from ((str(name), each) for name, each in services.items() if isinstance(each, dict))


def read_compose(view: View, path: str, found: Found) -> None:
    """Commands, health checks and debug variables of the services that are built here."""
    for document in view.yaml(path) or []:
        for _name, service in _each_service(document):
            image = service.get("image")
            if isinstance(image, str) and _ADMIN_IMAGES.search(image) and service.get("ports"):
                found.surfaces.append(
                    Surface(what=image, location=Location(path=path, line=line_of(service, "image")), certain=False)
                )
            build = service.get("build")
            if build is None:
                continue
            context = build if isinstance(build, str) else build.get("context", ".") if isinstance(build, dict) else "."
            folder = _joined(_folder(path), str(context))
            command = service.get("command")
            if command is not None and not development(path):
                words = shlex.join(map(str, command)) if isinstance(command, list) else str(command)
                where = Location(path=path, line=line_of(service, "command"))
                found.start(words, where, f"{path.rpartition('/')[2]} command", folder)
            check = service.get("healthcheck")
            test = check.get("test") if isinstance(check, dict) and not check.get("disable") else None
            if test is not None:
                words = " ".join(map(str, test)) if isinstance(test, list) else str(test)
                if words.strip().upper() != "NONE":
                    where = Location(path=path, line=line_of(service, "healthcheck"))
                    found.uses.append(HealthUse(path=asked_path(words), location=where, source="compose healthcheck"))
            if not development(path):
                where = Location(path=path, line=line_of(service, "environment"))
                found.variables(_environment(service.get("environment")), where)


def _environment(value: Any) -> dict[str, str]:
    if isinstance(value, dict):
        return {str(name): str(each) for name, each in value.items()}
    if isinstance(value, list):
        return dict(str(each).split("=", 1) for each in value if "=" in str(each))
    return {}


def _joined(folder: str, below: str) -> str:
    parts = [] if folder == "." else folder.split("/")
    for part in below.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts) or "."


def read_platform_toml(view: View, path: str, found: Found) -> None:
    """fly.toml and railway.toml: processes, checks, variables."""
    document = view.toml(path)
    source = view.source(path)
    if document is None or source is None:
        return

    def at(words: str) -> Location:
        position = source.text.find(words)
        return Location(path=path, line=source.text.count("\n", 0, position) + 1 if position >= 0 else None)

    for name, command in _mapping(document.get("processes")).items():
        found.start(str(command), at(str(name)), f"{path} process {name}", _folder(path))
    deploy = _mapping(document.get("deploy"))
    if isinstance(deploy.get("startCommand"), str):
        found.start(deploy["startCommand"], at("startCommand"), f"{path} startCommand", _folder(path))
    if isinstance(deploy.get("healthcheckPath"), str):
        found.uses.append(
            HealthUse(path=deploy["healthcheckPath"], location=at("healthcheckPath"), source=f"{path} health check")
        )
    checks = [*_mapping(document.get("checks")).values()]
    for service in [document.get("http_service"), *_list(document.get("services"))]:
        for key in ("checks", "http_checks", "tcp_checks"):
            held = _mapping(service).get(key)
            checks += held if isinstance(held, list) else list(_mapping(held).values())
    for check in checks:
        asked = _mapping(check).get("path")
        words = str(asked) if asked else "checks"
        found.uses.append(
            HealthUse(path=asked if isinstance(asked, str) else None, location=at(words), source=f"{path} check")
        )
    found.variables({str(k): str(v) for k, v in _mapping(document.get("env")).items()}, at("[env]"))


def read_deploy_yaml(view: View, path: str, found: Found) -> None:
    """render.yaml, app.yaml and Kubernetes manifests: start commands, probes and health paths, wherever they stand."""
    for document in view.yaml(path) or []:
        _descend(document, path, found, 0)


def _descend(node: Any, path: str, found: Found, depth: int) -> None:
    if depth > 30:
        return
    if isinstance(node, dict):
        for key, value in node.items():
            where = Location(path=path, line=line_of(node, key))
            if key in ("startCommand", "entrypoint") and isinstance(value, str):
                found.start(value, where, f"{path} {key}", _folder(path))
            elif key in ("healthCheckPath", "health_check_path") and isinstance(value, str):
                found.uses.append(HealthUse(path=value, location=where, source=f"{path} {key}"))
            elif key in ("livenessProbe", "readinessProbe", "startupProbe", "liveness_check", "readiness_check"):
                get = _mapping(_mapping(value).get("httpGet")).get("path") or _mapping(value).get("path")
                found.uses.append(HealthUse(path=str(get) if get else None, location=where, source=f"{path} {key}"))
            else:
                _descend(value, path, found, depth + 1)
    elif isinstance(node, list):
        for each in node:
            _descend(each, path, found, depth + 1)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
