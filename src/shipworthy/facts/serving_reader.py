"""Reads how the app is served, from its code, its deployment files and the scripts those call."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import Any

from shipworthy.facts.base import FactReader, Facts, View
from shipworthy.facts.serving import HealthRoute, HealthUse, Listener, Serving, Setting, Start, Surface
from shipworthy.facts.serving_code import ServingCode
from shipworthy.facts.serving_files import (
    Found,
    asked_path,
    development,
    read_compose,
    read_deploy_yaml,
    read_dockerfile,
    read_platform_toml,
)
from shipworthy.facts.stack_reader import set_aside
from shipworthy.model import Location
from shipworthy.project import FileEntry

_CODE = ServingCode()
_KUBERNETES = re.compile(rb"^kind:\s*(Deployment|StatefulSet|DaemonSet|Pod|CronJob)\b", re.M)
_MANIFEST_PLACE = re.compile(r"(^|/)(k8s|kubernetes|deploy|deployment|manifests|infra)/")
_RUNNERS = {"npm", "yarn", "pnpm", "bun"}
MAX_STEPS = 6
"""How many scripts a start command is followed through."""


class ServingReader(FactReader[Serving]):
    analysers = (_CODE,)

    def read(self, view: View, facts: Facts) -> Serving:
        found = Found()
        for entry in view.entries("Dockerfile", "Dockerfile.*", "*.Dockerfile", "Containerfile"):
            if _own(entry) and not development(entry.path) and not entry.path.endswith(".dockerignore"):
                read_dockerfile(view, entry.path, found)
        for entry in view.entries("docker-compose*.yml", "docker-compose*.yaml", "compose*.yml", "compose*.yaml"):
            if _own(entry):
                read_compose(view, entry.path, found)
        for entry in view.entries("fly.toml", "fly.*.toml", "railway.toml"):
            if _own(entry):
                read_platform_toml(view, entry.path, found)
        for entry in view.entries("render.yaml", "render.yml", "app.yaml", "app.yml"):
            if _own(entry):
                read_deploy_yaml(view, entry.path, found)
        self._kubernetes(view, found)
        self._procfiles(view, found)
        self._packages(view, found)
        self._pipelines(view, found)
        records = view.records(_CODE)
        starts = tuple(self._follow(view, start) for start in found.starts)
        return Serving(
            starts=starts,
            settings=tuple(found.settings)
            + tuple(
                Setting(what=what, on=on, location=Location(path=path, line=line))
                for path, record in records.items()
                for what, on, line in record.get("settings", ())
            ),
            listeners=tuple(
                Listener(what=what, location=Location(path=path, line=line))
                for path, record in records.items()
                for what, line in record.get("listeners", ())
            ),
            health_routes=tuple(
                HealthRoute(path=asked, location=Location(path=path, line=line))
                for path, record in records.items()
                for asked, line in record.get("health", ())
            ),
            health_uses=tuple(found.uses),
            surfaces=tuple(found.surfaces)
            + tuple(
                Surface(what=what, location=Location(path=path, line=line), certain=True)
                for path, record in records.items()
                for what, line in record.get("surfaces", ())
            ),
            read=tuple(view.seen),
            gaps=tuple(view.gaps),
        )

    def _kubernetes(self, view: View, found: Found) -> None:
        for entry in view.entries("*.yaml", "*.yml"):
            if not entry.by_hand or not re.search(
                r"(^|/)(k8s|kubernetes|deploy|deployment|manifests|infra)/", entry.path
            ):
                continue
            if entry.matches("docker-compose*", "compose*", "render.y*ml", "app.y*ml") or entry.problem:
                continue
            data = view.read(entry.path)
            if data is not None and _KUBERNETES.search(data):
                read_deploy_yaml(view, entry.path, found)

    def _procfiles(self, view: View, found: Found) -> None:
        for entry in view.entries("Procfile"):
            source = view.source(entry.path) if _own(entry) else None
            for number, line in enumerate(source.lines if source else (), 1):
                name, colon, command = line.partition(":")
                if colon and name.strip() in ("web", "worker", "app", "server", "api"):
                    folder = entry.path.rpartition("/")[0] or "."
                    where = Location(path=entry.path, line=number)
                    found.start(command, where, f"Procfile {name.strip()}", folder)

    def _packages(self, view: View, found: Found) -> None:
        for entry in view.entries("package.json"):
            if not _own(entry):
                continue
            document, source = view.json(entry.path), view.source(entry.path)
            scripts = document.get("scripts") if isinstance(document, dict) else None
            if source is None or not isinstance(scripts, dict):
                continue
            for name in ("start:prod", "start"):
                if isinstance(scripts.get(name), str):
                    where = Location(path=entry.path, line=_line(source.text, f'"{name}"'))
                    found.start(scripts[name], where, f"package.json {name}", entry.path.rpartition("/")[0] or ".")
                    break

    def _pipelines(self, view: View, found: Found) -> None:
        """A pipeline that asks for the health path after it deployed or started the app uses it too."""
        for entry in view.entries(".github/workflows/*.yml", ".github/workflows/*.yaml", ".gitlab-ci.yml"):
            source = view.source(entry.path)
            for number, line in enumerate(source.lines if source else (), 1):
                if re.search(r"\b(curl|wget)\b", line) and (asked := asked_path(line)) and len(asked) > 1:
                    where = Location(path=entry.path, line=number)
                    found.uses.append(HealthUse(path=asked, location=where, source="pipeline"))

    def _follow(self, view: View, start: Start) -> Start:
        """The start with its package scripts and shell scripts resolved to what they run."""
        for _step in range(MAX_STEPS):
            following = self._package_script(view, start) or self._shell_script(view, start)
            if following is None or following == start:
                return start
            start = following
        view.gap(start.location.path, "its start command goes through too many scripts", start.location.line)
        return start

    def _package_script(self, view: View, start: Start) -> Start | None:
        words = _words(start.command)
        if not words or words[0] not in _RUNNERS:
            return None
        rest = [word for word in words[1:] if not word.startswith("-")]
        name = rest[1] if rest[:1] == ["run"] and len(rest) > 1 else rest[0] if rest else ""
        path = name and ("package.json" if start.folder == "." else f"{start.folder}/package.json")
        document: Any = view.json(path) if path else None
        scripts = document.get("scripts") if isinstance(document, dict) else None
        script = scripts.get(name) if isinstance(scripts, dict) else None
        if not isinstance(script, str):
            return None
        source = view.source(path)
        where = Location(path=path, line=_line(source.text, f'"{name}"') if source else None)
        return replace(start, command=script, chain=(*start.chain, where))

    def _shell_script(self, view: View, start: Start) -> Start | None:
        for word in _words(start.command)[:3]:
            name = word.removeprefix("./").rpartition("/")[2]
            if not name.endswith((".sh", ".bash")):
                continue
            held = [entry for entry in view.entries(name) if _own(entry)]
            below = [entry for entry in held if start.folder == "." or entry.path.startswith(start.folder + "/")]
            chosen = below or held
            if len(chosen) != 1 or any(step.path == chosen[0].path for step in start.chain):
                return None
            source = view.source(chosen[0].path)
            if source is None:
                return None
            lines = [line.strip() for line in source.lines if line.strip() and not line.lstrip().startswith("#")]
            where = Location(path=chosen[0].path, line=1)
            return replace(start, command="; ".join(lines), chain=(*start.chain, where))
        return None


def _own(entry: FileEntry) -> bool:
    return entry.by_hand and not set_aside(entry.path)


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def _line(text: str, needle: str) -> int | None:
    position = text.find(needle)
    return text.count("\n", 0, position) + 1 if position >= 0 else None
