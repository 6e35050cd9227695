"""Which local secret files a Dockerfile's COPY takes along, and whether they reach the image that is shipped."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from shipworthy.facts.base import View
from shipworthy.facts.settings.deployed_rows import aside
from shipworthy.facts.settings.ignore_rules import Rule, docker_rules, ignores
from shipworthy.model import Location

_COPY = re.compile(r"^[ \t]*(?:ONBUILD[ \t]+)?(?:COPY|ADD)[ \t]+((?:--\S+[ \t]+)*)([^\n#]+)$", re.I)
_MOST = 200
_FROM = re.compile(r"^[ \t]*FROM[ \t]+(?:--\S+[ \t]+)*(\S+)(?:[ \t]+AS[ \t]+(\S+))?", re.I)
_FOR_TESTS = re.compile(r"(?i)[._-](?:playwright|cypress|selenium|storybook|lint|devcontainer)\b")
_WORKDIR = re.compile(r"^[ \t]*WORKDIR[ \t]+[\"']?([^\s\"']+)", re.I)
_CONTEXT = re.compile(
    r"^[ \t]*(?:-[ \t]+)?(context|dockerfile|file|build):[ \t]*[\"']?([^\s\"'#{}$]+)[\"']?[ \t]*(?:#.*)?$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageCopy:
    """A Dockerfile line that copies a folder of env files into an image."""

    location: Location
    exposes: tuple[str, ...]
    """The env paths it would copy: none where an ignore file keeps them out."""
    ignore_file: str | None
    shipped: bool = True
    """Whether what it copies is in the image at the end, not only in a stage that builds."""
    aside: bool = False
    """The image is for tests or development, by its path."""


@dataclass(slots=True)
class _Stage:
    base: str
    name: str
    workdir: str = "/"


@dataclass(slots=True)
class _Copied:
    number: int
    stage: int
    flags: str
    sources: list[str]
    target: str


def copies(view: View, secret_files: list[str]) -> Iterator[ImageCopy]:
    """Every COPY that would take one of these paths along, if no ignore file kept it out."""
    contexts = dict(_contexts(view))
    for entry in view.entries("Dockerfile*", "*.Dockerfile", "*.dockerfile", "Containerfile*"):
        source = view.source(entry.path) if entry.by_hand and not entry.name.endswith("ignore") else None
        if source is None or source.binary:
            continue
        stages, rows = _parsed(source.text)
        if len(stages) > _MOST or len(rows) > _MOST:
            view.gap(entry.path, f"more than {_MOST} stages or copied paths: not followed")
            continue
        own = [row for row in rows if "--from" not in row.flags]
        home = contexts.get(entry.path)
        if home is None:
            home = _guessed_context(view, entry.path.rpartition("/")[0], [each for row in own for each in row.sources])
        found, rules = _rules(view, entry.path, home)
        for row in own:
            taken = [path for path in secret_files if _covers(row.sources, path, home)]
            if taken:
                inside = {path: path[len(home) + 1 :] if home else path for path in taken}
                yield ImageCopy(
                    location=Location(path=entry.path, line=row.number),
                    exposes=tuple(path for path in taken if not ignores(rules, inside[path])),
                    ignore_file=found,
                    shipped=_shipped(stages, rows, row),
                    aside=aside(entry.path) or bool(_FOR_TESTS.search(entry.name)),
                )


def _rules(view: View, dockerfile: str, home: str) -> tuple[str | None, list[Rule]]:
    beside = f"{home}/" if home else ""
    names = [f"{dockerfile}.dockerignore", f"{beside}.dockerignore"]
    if "ontainerfile" in dockerfile:
        names.insert(0, f"{beside}.containerignore")
    found = next((path for path in names if view.exists(path)), None)
    return found, docker_rules((view.read(found) or b"").decode("utf-8", "replace")) if found else []


def _parsed(text: str) -> tuple[list[_Stage], list[_Copied]]:
    stages: list[_Stage] = []
    rows: list[_Copied] = []
    for number, line in _joined(text):
        began, moved, copied = _FROM.match(line), _WORKDIR.match(line), _COPY.match(line)
        if began:
            base = began[1].lower()
            above = next((each for each in stages[:_MOST] if each.name == base), None)
            stages.append(_Stage(base, (began[2] or str(len(stages))).lower(), above.workdir if above else "/"))
        elif moved and stages:
            stages[-1].workdir = posixpath.join(stages[-1].workdir, moved[1])
        elif copied:
            words = _words(copied[2])
            where = stages[-1].workdir if stages else "/"
            target = posixpath.normpath(posixpath.join(where, words[-1])) if words else where
            rows.append(_Copied(number, len(stages) - 1, copied[1], [_source(each) for each in words[:-1]], target))
    return stages, rows


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """(first line's number, instruction) with continued lines joined."""
    parts: list[str] = []
    first = 1
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip()
        if parts and line.lstrip().startswith("#"):
            continue
        first = first if parts else number
        parts.append(line.removesuffix("\\"))
        if not line.endswith("\\"):
            yield first, " ".join(parts)
            parts = []
    if parts:
        yield first, " ".join(parts)


def _shipped(stages: list[_Stage], rows: list[_Copied], row: _Copied) -> bool:
    """Whether the copied folder is in the last stage: copied there, built upon, or taken over from another stage."""
    reached = {row.stage: {row.target}}
    for number in range(row.stage + 1, len(stages)):
        places: set[str] = set()
        for before, held in reached.items():
            names = {stages[before].name, str(before)} if before >= 0 else set()
            if stages[number].base in names:
                places |= held
            for other in rows:
                taken = re.search(r"--from=[\"']?([^\s\"']+)", other.flags)
                if other.stage == number and taken and taken[1].lower() in names:
                    for place in held:
                        if any(_holds(source, place, stages[before].workdir) for source in other.sources):
                            places.add(other.target)
        if places:
            reached[number] = places
    return not stages or len(stages) - 1 in reached


def _holds(source: str, place: str, workdir: str) -> bool:
    """Whether copying `source` out of a stage takes what lies in the folder `place`; a variable may be any path."""
    if "$" in source or "$" in place:
        return True
    whole = posixpath.normpath(posixpath.join("/", source))
    return place == whole or place.startswith(whole.rstrip("/") + "/") or source in ("", workdir.strip("/"))


def _contexts(view: View) -> Iterator[tuple[str, str]]:
    """(Dockerfile, the folder it is built from) as compose files and workflows say it."""
    for entry in view.entries("docker-compose*.y*ml", "compose*.y*ml", ".github/workflows/*.y*ml"):
        source = view.source(entry.path)
        workflow = entry.path.startswith(".github/")
        home = "" if workflow else entry.path.rpartition("/")[0]
        context: str | None = None
        line_of = -10
        dockerfile = ""
        for number, line in enumerate(source.text.split("\n") if source else ()):
            match = _CONTEXT.match(line)
            if not match:
                continue
            if number - line_of > 4:
                context, dockerfile = None, ""
            line_of = number
            if match[1] in ("context", "build"):
                context = posixpath.normpath(posixpath.join(home, match[2]))
            else:
                dockerfile = match[2]
            if context is not None and (dockerfile or match[1] == "build"):
                folder = "" if context == "." else context
                below = "" if workflow else folder
                yield posixpath.normpath(posixpath.join(below, dockerfile or "Dockerfile")), folder
                context, dockerfile = None, ""


def _guessed_context(view: View, home: str, copied: list[str]) -> str:
    """The Dockerfile's own folder, unless what it copies stands in the root only."""
    for source in copied:
        if source and home and not _there(view, f"{home}/{source}") and _there(view, source):
            return ""
    return home


def _there(view: View, path: str) -> bool:
    return view.exists(path) or view.project.has_folder(path)


def _words(text: str) -> list[str]:
    return re.findall(r"\"([^\"]+)\"", text) if text.lstrip().startswith("[") else text.split()


def _source(word: str) -> str:
    """Without "./" and "/" at the ends; "" is everything."""
    plain = word.removeprefix("./").strip("/")
    return "" if plain in (".", "*", "**") else plain.removesuffix("/*").removesuffix("/.")


def _covers(sources: list[str], path: str, home: str) -> bool:
    """Whether copied sources, seen from the build's folder, take a file along."""
    if home and not path.startswith(home + "/"):
        return False
    inside = path[len(home) :].strip("/") if home else path
    return any(
        not source
        or inside == source
        or inside.startswith(source + "/")
        or ("*" in source and ignores(docker_rules(source), inside))
        for source in sources
    )
