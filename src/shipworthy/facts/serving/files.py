"""What compose, platform files and Kubernetes manifests say about serving: commands, health checks, debug variables."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from shipworthy.facts.base import View
from shipworthy.facts.serving.docker import read_dockerfile
from shipworthy.facts.serving.fact import HealthUse, Surface
from shipworthy.facts.serving.follow import joined
from shipworthy.facts.serving.found import Found, asked, development, folder_of
from shipworthy.model import Location
from shipworthy.project.yaml import line_of

_ADMIN_IMAGES = re.compile(r"(^|/)(adminer|phpmyadmin|pgadmin4?|mongo-express|redis-commander|mailhog)(:|$)")
_PRODUCTION = re.compile(r"[._-](prod|production|deploy|release|live)([._-]|$)", re.I)
_START_KEYS = frozenset({"startCommand", "dockerCommand", "entrypoint", "run_command", "start_command"})
_PROBES = frozenset({"livenessProbe", "readinessProbe", "startupProbe", "liveness_check", "readiness_check"})
_HEALTH_KEYS = frozenset({"healthCheckPath", "health_check_path", "healthcheckPath", "http_path"})
_TEMPLATE_PROBE = re.compile(
    r"(livenessProbe|readinessProbe|startupProbe):(?:(?!\bpath:)[^\0]){0,200}?\bpath:[ \t]{0,9}([^\s#]{1,200})"
)


def compose_services(view: View, path: str) -> Iterator[tuple[str, Any]]:
    """The services of a compose file, by name."""
    for document in view.yaml(path) or []:
        services = document.get("services") if isinstance(document, dict) else None
        if isinstance(services, dict):
            yield from ((str(name), each) for name, each in services.items() if isinstance(each, dict))


def replaced_services(view: View, paths: list[str]) -> set[tuple[str, str]]:
    """(folder, service) whose command a production compose file gives anew."""
    return {
        (folder_of(path), name)
        for path in paths
        if _PRODUCTION.search(path.rpartition("/")[2]) and not development(path)
        for name, service in compose_services(view, path)
        if "command" in service or "build" in service or "image" in service
    }


def read_compose(view: View, path: str, found: Found, replaced: set[tuple[str, str]]) -> None:
    """Commands, health checks and debug variables of the services that are built here."""
    production = bool(_PRODUCTION.search(path.rpartition("/")[2]))
    for name, service in compose_services(view, path):
        image = service.get("image")
        if isinstance(image, str) and _ADMIN_IMAGES.search(image) and service.get("ports"):
            found.surfaces.append(
                Surface(what=image[:80], location=Location(path=path, line=line_of(service, "image")), certain=False)
            )
        _read_healthcheck(view, path, service, found)
        build = service.get("build")
        if build is None and not production:
            continue
        built = build if isinstance(build, dict) else {}
        context = build if isinstance(build, str) else built.get("context", ".")
        folder = joined(folder_of(path), str(context))
        if not (development(path) or (not production and (folder_of(path), name) in replaced)):
            _read_service(view, path, service, folder, built, found)


def _read_healthcheck(view: View, path: str, service: Any, found: Found) -> None:
    check = service.get("healthcheck")
    test = check.get("test") if isinstance(check, dict) and not check.get("disable") else None
    words = " ".join(map(str, test)) if isinstance(test, list) else str(test or "NONE")
    if words.strip().upper() == "NONE":
        return
    build = service.get("build")
    context = build if isinstance(build, str) else build.get("context", ".") if isinstance(build, dict) else "."
    asks = asked(view, words, joined(folder_of(path), str(context)))
    unsure = asks is None and "health" in words.lower() and "/" in str(service.get("image", ""))
    if build is not None or asks or unsure:
        where = Location(path=path, line=line_of(service, "healthcheck"))
        use = HealthUse(path=asks, location=where, source="compose healthcheck", own=build is not None or unsure)
        found.uses.append(use)


def _read_service(view: View, path: str, service: Any, folder: str, built: Mapping[str, Any], found: Found) -> None:
    dockerfile = built.get("dockerfile")
    target = built.get("target")
    named = joined(folder, str(dockerfile)) if dockerfile else joined(folder, "Dockerfile")
    mounts = [str(each.get("source") if isinstance(each, dict) else each) for each in _list(service.get("volumes"))]
    sources = {joined(folder_of(path), mount.partition(":")[0]) for mount in mounts if mount.startswith(".")}
    local = any(source == folder or source.startswith(folder + "/") for source in sources if source != ".") or (
        "." in sources
    )
    values = _environment(service.get("environment"))
    for each in _list(service.get("env_file")) or [service.get("env_file")]:
        source = view.source(joined(folder_of(path), str(each))) if isinstance(each, str) else None
        for line in source.lines if source and not local else ():
            key, equals, value = line.removeprefix("export ").partition("=")
            if equals and not key.startswith("#"):
                values.setdefault(key.strip(), value.strip())
    where = Location(path=path, line=line_of(service, "environment"))
    if not local:
        found.variables(values, where)
    entry, command = (_command(service.get(key)) for key in ("entrypoint", "command"))
    if entry or command:
        where = Location(path=path, line=line_of(service, "command" if command else "entrypoint"))
        label = f"{path.rpartition('/')[2]} command"
        found.start(f"{entry} {command}".strip(), where, label, folder, values, local=local)
    # A file or stage for developers counts where a service that is deployed is built from it.
    if view.exists(named) and (development(named) or target) and not local:
        read_dockerfile(view, named, found, str(target) if target else None)


def _command(value: Any) -> str:
    if isinstance(value, list):
        return shlex.join(map(str, value))
    # Compose writes $$ for a dollar sign that the container's shell is to see.
    return "" if value is None else str(value).replace("$$", "$")


def _environment(value: Any) -> dict[str, str]:
    if isinstance(value, dict):
        return {str(name): "" if each is None else str(each) for name, each in value.items()}
    if isinstance(value, list):
        return dict(str(each).split("=", 1) for each in value if "=" in str(each))
    return {}


def read_platform(view: View, path: str, document: Any, found: Found) -> None:
    """fly.toml, railway.toml or .json, nixpacks.toml: processes, start commands, checks, variables."""
    source = view.source(path)
    if not isinstance(document, dict) or source is None:
        return

    def at(words: str) -> Location:
        position = source.text.find(words)
        return Location(path=path, line=source.text.count("\n", 0, position) + 1 if position >= 0 else None)

    variables = {str(k): str(v) for k, v in _mapping(document.get("env")).items()}
    for name, command in _mapping(document.get("processes")).items():
        found.start(str(command), at(str(name)), f"{path} process {name}", folder_of(path), variables)
    deploy = _mapping(document.get("deploy"))
    if isinstance(deploy.get("startCommand"), str):
        found.start(deploy["startCommand"], at("startCommand"), f"{path} startCommand", folder_of(path))
    start = _mapping(document.get("start")).get("cmd")
    if isinstance(start, str):
        found.start(start, at("cmd"), f"{path} start", folder_of(path))
    if isinstance(deploy.get("healthcheckPath"), str):
        found.uses.append(
            HealthUse(path=deploy["healthcheckPath"], location=at("healthcheckPath"), source=f"{path} health check")
        )
    build = _mapping(document.get("build"))
    named = build.get("dockerfile") or build.get("dockerfilePath")
    target = build.get("build-target")
    if (named or target) and view.exists(place := joined(folder_of(path), str(named or "Dockerfile"))):
        read_dockerfile(view, place, found, str(target) if target else None)
    checks = [*_mapping(document.get("checks")).values()]
    for service in [document.get("http_service"), *_list(document.get("services"))]:
        for key in ("checks", "http_checks", "tcp_checks"):
            held = _mapping(service).get(key)
            checks += held if isinstance(held, list) else list(_mapping(held).values())
    for check in checks:
        path_asked = _mapping(check).get("path")
        asks = str(path_asked) if path_asked else ""
        found.uses.append(HealthUse(path=asks, location=at(asks or "checks"), source=f"{path} check"))
    found.variables(variables, at("[env]"))


def read_deploy_yaml(view: View, path: str, found: Found) -> None:
    """render.yaml, app.yaml and Kubernetes manifests: start commands, probes and health paths, wherever they stand."""
    data = view.read(path) or b""
    if b"{{" in data:
        # A template is no YAML until it is filled in; what its probes ask for can be read all the same.
        text = data.decode("utf-8", "surrogateescape")
        for match in _TEMPLATE_PROBE.finditer(text):
            where = Location(path=path, line=text.count("\n", 0, match.start()) + 1)
            asks = match[2].strip("\"'") if "{{" not in match[2] else None
            found.uses.append(HealthUse(path=asks, location=where, source=f"{path} {match[1]}"))
        return
    for document in view.yaml(path) or []:
        _descend(view, document, path, found, 0)


def _descend(view: View, node: Any, path: str, found: Found, depth: int) -> None:
    if depth > 30:
        return
    if isinstance(node, list):
        for each in node:
            _descend(view, each, path, found, depth + 1)
        return
    if not isinstance(node, dict):
        return
    deployed = not development(path)
    if deployed and "image" in node and ("command" in node or "args" in node):
        key = "command" if "command" in node else "args"
        text = f"{_command(node.get('command'))} {_command(node.get('args'))}"
        found.start(text, Location(path=path, line=line_of(node, key)), f"{path} {key}", ".")
    name, value = node.get("name", node.get("key")), node.get("value")
    if deployed and isinstance(name, str) and isinstance(value, str | int | bool):
        found.variables({name: str(value)}, Location(path=path, line=line_of(node, "value")))
    for key, value in node.items():
        where = Location(path=path, line=line_of(node, key))
        if key in _START_KEYS and isinstance(value, str):
            if deployed:
                root = node.get("rootDir", node.get("source_dir", "."))
                found.start(value, where, f"{path} {key}", joined(folder_of(path), str(root)))
        elif key in _HEALTH_KEYS and isinstance(value, str):
            found.uses.append(HealthUse(path=value, location=where, source=f"{path} {key}"))
        elif key in _PROBES:
            found.uses.append(HealthUse(path=_probed(view, value), location=where, source=f"{path} {key}"))
        elif key in ("env_variables", "data", "environment") and deployed and isinstance(value, dict):
            found.variables(_environment(value), where)
        else:
            _descend(view, value, path, found, depth + 1)


def _probed(view: View, probe: Any) -> str | None:
    """The path a probe asks for; "" for a port, None where a command decides."""
    held = _mapping(probe)
    path = _mapping(held.get("httpGet")).get("path") or held.get("path")
    if path:
        return str(path)
    command = _mapping(held.get("exec")).get("command")
    return asked(view, _command(command), ".") if command else "/" if "httpGet" in held else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
