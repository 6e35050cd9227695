"""Reads how the app is served, from its code, its deployment files and the scripts those call."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from shipworthy.facts.base import FactReader, Facts, View
from shipworthy.facts.routes.fact import DebugSwitch
from shipworthy.facts.serving.code import ServingCode
from shipworthy.facts.serving.docker import read_dockerfile
from shipworthy.facts.serving.fact import HealthRoute, HealthUse, Listener, Serving, Setting, Start, Surface
from shipworthy.facts.serving.files import read_compose, read_deploy_yaml, read_platform, replaced_services
from shipworthy.facts.serving.follow import follow, line_of_text, own
from shipworthy.facts.serving.found import Found, asked_path, debug_variable, development, folder_of
from shipworthy.facts.serving.settings import PRODUCTION
from shipworthy.facts.stack.reader import set_aside
from shipworthy.model import Location

_CODE = ServingCode()
_KUBERNETES = re.compile(rb"^kind:\s{0,9}(Deployment|StatefulSet|DaemonSet|Pod|CronJob|Job|ReplicaSet|Service|Rollout"
                         rb"|ConfigMap)\b", re.M)  # fmt: skip
_MANIFEST_BYTES = 512 * 1024
MAX_MANIFESTS = 400
_PROCESS = re.compile(r"^([A-Za-z][\w-]{0,60}):(.*)$")
_FOREIGN = {
    ".lua": "Lua", ".pl": "Perl", ".pm": "Perl", ".erl": "Erlang", ".hs": "Haskell", ".fs": "F#", ".vb": "Visual Basic",
    ".groovy": "Groovy", ".jl": "Julia", ".r": "R", ".ml": "OCaml", ".nim": "Nim", ".zig": "Zig", ".cr": "Crystal",
    ".cgi": "CGI", ".jsp": "JSP", ".aspx": "ASP.NET", ".cshtml": "ASP.NET", ".razor": "ASP.NET", ".cfm": "ColdFusion",
    ".gleam": "Gleam", ".rkt": "Racket", ".tcl": "Tcl", ".pyx": "Cython", ".ipynb": "Jupyter",
}  # fmt: skip
"""Languages that neither the stack nor the analysers know: where such code stands, a server may hide in it."""
_CHOOSES = re.compile(r"(CONFIG|ENV|ENVIRONMENT|SETTINGS|SETTINGS_MODULE|MODE)$")
_DEVELOPMENT_VALUE = re.compile(r"dev|test|local|default|debug|^$", re.I)


def _masked(start: Start) -> Start:
    """The start without the secrets that stand in its text."""
    from shipworthy.facts.secrets.mask import mask_text

    def mask(text: str) -> str:
        return mask_text("commands.sh", text) if text else text

    runs = tuple(replace(run, command=mask(run.command)) for run in start.runs)
    return replace(start, command=mask(start.command), runs=runs, opaque=tuple(map(mask, start.opaque)))


class ServingReader(FactReader[Serving]):
    analysers = (_CODE,)

    def read(self, view: View, facts: Facts) -> Serving:
        found = Found()
        for entry in view.entries(
            "Dockerfile", "Dockerfile.*", "*.Dockerfile", "*.dockerfile", "dockerfile*", "Containerfile"
        ):
            if own(entry) and not development(entry.path) and not entry.path.endswith(".dockerignore"):
                read_dockerfile(view, entry.path, found)
        compose = [
            entry.path for entry in view.entries("docker-compose*.y*ml", "compose*.y*ml", "*compose.y*ml") if own(entry)
        ]
        replaced = replaced_services(view, compose)
        for path in compose:
            read_compose(view, path, found, replaced)
        for entry in view.entries("fly.toml", "fly.*.toml", "railway.toml", "nixpacks.toml", "railway.json"):
            if own(entry) and not development(entry.path):
                document = view.json(entry.path) if entry.suffix == ".json" else view.toml(entry.path)
                read_platform(view, entry.path, document, found)
        self._manifests(view, found)
        self._procfiles(view, found)
        self._packages(view, found)
        self._pipelines(view, found)
        records = view.records(_CODE)
        starts = self._starts(view, found)
        return Serving(
            starts=tuple(map(_masked, starts)),
            settings=(*found.settings, *_set_for_a_run(starts), *_code_settings(records, found.chosen)),
            listeners=(*found.listeners, *_rows(records, "listeners", lambda row, at: Listener(what=row, location=at))),
            debug_runs=tuple(
                DebugSwitch(on=True, what=what, file=path, line=line, in_main=below)
                for path, record in sorted(records.items())
                for what, below, line in record.get("runs", ())
            ),
            health_routes=_rows(records, "health", lambda row, at: HealthRoute(path=row, location=at)),
            health_uses=tuple(dict.fromkeys(found.uses)),
            surfaces=(
                *found.surfaces,
                *_rows(records, "surfaces", lambda row, at: Surface(what=row, location=at, certain=True)),
            ),
            picked=_picked(found.chosen),
            mentions=_rows(records, "mentions", lambda row, at: at),
            foreign=tuple(
                (_FOREIGN[entry.suffix], entry.path)
                for entry in view.entries()
                if entry.suffix in _FOREIGN and own(entry)
            ),
            read=tuple(view.seen),
            gaps=tuple(view.gaps),
        )

    def _starts(self, view: View, found: Found) -> tuple[Start, ...]:
        """Followed starts; how developers run a service counts only where nothing says how it is deployed."""
        deployed = {each.start.folder for each in found.starts if not each.local and not _from_package(each.start)}
        kept = [each for each in found.starts if not each.local or each.start.folder not in deployed]
        unique = {(each.start.location, each.start.command, each.start.folder): each for each in kept}
        return tuple(follow(view, each.start, each.variables, each.copies) for each in unique.values())

    def _manifests(self, view: View, found: Found) -> None:
        """Platform files by name, Kubernetes manifests by what stands in them."""
        looked_at = 0
        for entry in view.entries("*.yaml", "*.yml"):
            if not own(entry) or entry.problem or entry.path.startswith(".github/"):
                continue
            if entry.matches("docker-compose*", "compose*", "*compose.y*ml", "*-lock.y*ml", "mkdocs.y*ml"):
                continue
            named = entry.matches("render.y*ml", "app.y*ml", "apprunner.y*ml", ".platform.app.yaml")
            if not named and entry.size > _MANIFEST_BYTES:
                continue
            looked_at += 1
            if looked_at > MAX_MANIFESTS:
                view.gap(None, f"more than {MAX_MANIFESTS} YAML files: some were not searched for start commands")
                return
            data = view.read(entry.path)
            if data is not None and (named or _KUBERNETES.search(data)):
                read_deploy_yaml(view, entry.path, found)

    def _procfiles(self, view: View, found: Found) -> None:
        for entry in view.entries("Procfile"):
            source = view.source(entry.path) if own(entry) else None
            for number, line in enumerate(source.lines if source else (), 1):
                match = _PROCESS.match(line.strip())
                if match and match[1] != "release":
                    where = Location(path=entry.path, line=number)
                    found.start(match[2], where, f"Procfile {match[1]}", folder_of(entry.path))

    def _packages(self, view: View, found: Found) -> None:
        for entry in view.entries("package.json"):
            if not own(entry):
                continue
            document, source = view.json(entry.path), view.source(entry.path)
            scripts = document.get("scripts") if isinstance(document, dict) else None
            if source is None or not isinstance(scripts, dict):
                continue
            for name in ("start:prod", "start:production", "start"):
                if isinstance(scripts.get(name), str):
                    where = Location(path=entry.path, line=line_of_text(source.text, f'"{name}"'))
                    found.start(scripts[name], where, f"package.json {name}", folder_of(entry.path))
                    break

    def _pipelines(self, view: View, found: Found) -> None:
        """A pipeline that asks for the health path after it deployed or started the app uses it too."""
        for entry in view.entries(".github/workflows/*.yml", ".github/workflows/*.yaml", ".gitlab-ci.yml"):
            source = view.source(entry.path)
            for number, line in enumerate(source.lines if source else (), 1):
                if line.lstrip().startswith("#") or not re.search(r"\b(curl|wget)\b", line[:2_000]):
                    continue
                if (asked := asked_path(line[:2_000])) and _looks_like_health(asked):
                    where = Location(path=entry.path, line=number)
                    found.uses.append(HealthUse(path=asked, location=where, source="pipeline"))


def _looks_like_health(path: str) -> bool:
    """A pipeline downloads much else: only a path named like a health route counts as asking for one."""
    return bool(
        re.search(r"/_?(health|livez|readyz|liveness|readiness|ready|live|ping|status|heartbeat|up)[\w-]{0,9}/?$", path)
    )


def _from_package(start: Start) -> bool:
    return start.source.startswith("package.json")


def _rows(records: Mapping[str, Any], kind: str, make: Callable[[str, Location], Any]) -> tuple[Any, ...]:
    return tuple(
        make(row, Location(path=path, line=line))
        for path, record in records.items()
        if not set_aside(path)
        for row, line in record.get(kind, ())
    )


def _set_for_a_run(starts: tuple[Start, ...]) -> list[Setting]:
    """Debug variables on the command line of a start."""
    return [
        Setting(what=what, on=True, location=run.location)
        for start in starts
        if not _from_package(start)
        for run in start.runs
        for name, value in run.variables
        if (what := debug_variable(name, value.strip("\"'")))
    ]


def _picked(chosen: Mapping[str, str]) -> bool:
    return any(_CHOOSES.search(name) and not _DEVELOPMENT_VALUE.search(value) for name, value in chosen.items())


def _code_settings(records: Mapping[str, Any], chosen: Mapping[str, str]) -> list[Setting]:
    """Debug settings of the code that a deployed app can come to use.

    A module for production that switches debugging off speaks for the modules beside it; a configuration that a
    deployed variable picks speaks against the default one.
    """
    picked = _picked(chosen)
    module = chosen.get("DJANGO_SETTINGS_MODULE")
    named = module is not None and debug_variable("DJANGO_SETTINGS_MODULE", module) is None
    off: set[str] = set()
    for path, record in records.items():
        rows = record.get("settings", ())
        if rows and PRODUCTION.search(path.rpartition("/")[2]) and rows[-1][1] is False:
            off.add(folder_of(path))
    kept: list[Setting] = []
    for path, record in records.items():
        beside = folder_of(path) in off and not PRODUCTION.search(path.rpartition("/")[2])
        for what, on, line in record.get("settings", ()):
            if set_aside(path) or (beside and on is not False and "DJANGO_SETTINGS_MODULE" not in what):
                continue
            if (picked and what.endswith("is the default configuration")) or (
                named and what.startswith("DJANGO_SETTINGS_MODULE")
            ):
                continue
            kept.append(Setting(what=what, on=on, location=Location(path=path, line=line)))
    return kept
