"""Whether local secret files can be committed, copied into an image or published: what git and docker ignore."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from shipworthy.facts.base import Fact, FactReader, Facts, View
from shipworthy.facts.secrets.analyser import text_bytes
from shipworthy.facts.secrets.fact import title_of
from shipworthy.facts.secrets.scanner import scan
from shipworthy.facts.settings.model import ListingKind, Settings
from shipworthy.git import GitError
from shipworthy.model import Confidence, Location
from shipworthy.project import is_test_path

PROBES = (".env", ".env.local", ".env.production")
"""Names of local env files that are tried against the ignore rules."""
_KEY_FILES = ("*.pem", "*.key", "*.p8", "*service-account*.json", "*service_account*.json", "*credentials*.json")
ROOT_PROBES = ("key.pem", "service-account.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignoring:
    """Whether git ignores a path, and by which line."""

    path: str
    ignored: bool
    """By a rule of the repository itself; a rule on this machine alone does not count."""
    by: str
    """ "path:line pattern" of the deciding rule, "" where there is none."""
    local_only: bool = False
    """Ignored, but only by a rule on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageCopy:
    """A Dockerfile line that copies a folder of env files into an image."""

    location: Location
    exposes: tuple[str, ...]
    """The env paths it would copy: none where an ignore file keeps them out."""
    ignore_file: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A package whose published files would hold its env file."""

    location: Location
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RealValue:
    """A committed example or key file that holds what looks like a real secret."""

    location: Location
    rule: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Ignored(Fact):
    """What the ignore rules say of env files, in every folder that has or documents one."""

    in_git: bool = False
    folders: tuple[str, ...] = ()
    """Folders looked at, "" for the root."""
    answers: tuple[Ignoring, ...] = ()
    copies: tuple[ImageCopy, ...] = ()
    published: tuple[Published, ...] = ()
    real_values: tuple[RealValue, ...] = ()

    @classmethod
    def reader(cls) -> FactReader[Any]:
        return IgnoredReader()

    def answer(self, path: str) -> Ignoring | None:
        """The answer about one path; None where it was not asked."""
        return next((each for each in self.answers if each.path == path), None)


class IgnoredReader(FactReader[Ignored]):
    """Reads ignore files through the view, so that their loss is noticed, and asks git what they mean."""

    needs = (Settings,)

    def read(self, view: View, facts: Facts) -> Ignored:
        folders = sorted({"", *_env_folders(facts[Settings])})
        for entry in view.entries(".gitignore", ".dockerignore", "*.dockerignore", ".npmignore"):
            view.read(entry.path)
        return Ignored(
            in_git=view.project.head.in_git,
            folders=tuple(folders),
            answers=tuple(_ask_git(view, folders)),
            copies=tuple(_copies(view, folders)),
            published=tuple(_published(view)),
            real_values=tuple(_real_values(view, facts[Settings])),
            read=tuple(view.seen),
            gaps=tuple(view.gaps),
        )


def _real_values(view: View, settings: Settings) -> Iterator[RealValue]:
    examples = {each.path for each in settings.listings if each.kind is ListingKind.EXAMPLE}
    keys = {entry.path for entry in view.entries(*_KEY_FILES) if entry.tracked and entry.by_hand}
    for path in sorted(examples | keys):
        source = view.source(path)
        if source is None or source.binary or is_test_path(path):
            continue
        data = text_bytes(source)
        for hit in scan(path, data).hits:
            if hit.confidence is not Confidence.REVIEW:
                line = data.count(b"\n", 0, hit.start) + 1
                yield RealValue(location=Location(path=path, line=line), rule=hit.rule, title=title_of(hit.rule))


def _env_folders(settings: Settings) -> Iterator[str]:
    for listing in settings.listings:
        if listing.kind in (ListingKind.EXAMPLE, ListingKind.ENV_FILE):
            yield listing.path.rpartition("/")[0]


def _in(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


_ANY_PATH = {"GIT_LITERAL_PATHSPECS": "0"}
"""check-ignore takes paths, not pathspecs, and refuses to run where they are declared literal."""


def _ask_git(view: View, folders: Iterable[str]) -> Iterator[Ignoring]:
    git = view.project.git
    if git is None:
        return
    paths = [_in(folder, name) for folder in folders for name in PROBES] + list(ROOT_PROBES)
    stdin = b"".join(path.encode("utf-8", "surrogateescape") + b"\0" for path in paths)
    try:
        said = git.run("check-ignore", "--no-index", "-v", "-n", "-z", "--stdin", stdin=stdin, ok=(0, 1), env=_ANY_PATH)
    except GitError as error:
        view.gap(None, f"git could not say what is ignored: {error}")
        return
    fields = said.decode("utf-8", "surrogateescape").split("\0")
    for source, line, pattern, path in zip(*(fields[start::4] for start in range(4)), strict=False):
        matched = bool(pattern) and not pattern.startswith("!")
        own = matched and source.rpartition("/")[2] == ".gitignore" and not source.startswith("/")
        by = f"{source}:{line} {pattern}" if matched else ""
        yield Ignoring(path=path, ignored=own, by=by, local_only=matched and not own)


_COPY = re.compile(r"^[ \t]*(?:COPY|ADD)[ \t]+((?:--\S+[ \t]+)*)([^\n#]+)$", re.M | re.I)


_BUILD = re.compile(
    r"^[ \t]*context:[ \t]*[\"']?([^\s\"'#]+)[\"']?[ \t]*\n[ \t]*dockerfile:[ \t]*[\"']?([^\s\"'#]+)", re.M
)


def _copies(view: View, folders: list[str]) -> Iterator[ImageCopy]:
    contexts = dict(_contexts(view))
    for entry in view.entries("Dockerfile*", "*.Dockerfile", "*.dockerfile", "Containerfile"):
        source = view.source(entry.path) if entry.by_hand and not entry.name.endswith(".dockerignore") else None
        if source is None:
            continue
        lines = [match for match in _COPY.finditer(source.text) if "--from" not in match[1]]
        copied = [each for match in lines for each in _sources(match[2])]
        home = contexts.get(entry.path)
        if home is None:
            home = _guessed_context(view, entry.path.rpartition("/")[0], copied)
        ignores = (f"{entry.path}.dockerignore", _in(home, ".dockerignore"))
        found = next((path for path in ignores if view.exists(path)), None)
        rules = _docker_rules((view.read(found) or b"").decode("utf-8", "replace")) if found else []
        for match in lines:
            taken = [_in(folder, ".env") for folder in folders if _covers(_sources(match[2]), folder, home)]
            within = {path: path[len(home) + 1 :] if home else path for path in taken}
            exposed = tuple(path for path in taken if not _docker_ignores(rules, within[path]))
            if taken:
                line = source.text.count("\n", 0, match.start()) + 1
                yield ImageCopy(location=Location(path=entry.path, line=line), exposes=exposed, ignore_file=found)


def _contexts(view: View) -> Iterator[tuple[str, str]]:
    """(Dockerfile, the folder it is built from) as compose files say it."""
    for entry in view.entries("docker-compose*.y*ml", "compose*.y*ml"):
        source = view.source(entry.path)
        home = entry.path.rpartition("/")[0]
        for match in _BUILD.finditer(source.text if source else ""):
            context = posixpath.normpath(posixpath.join(home, match[1]))
            context = "" if context == "." else context
            yield posixpath.normpath(posixpath.join(context, match[2])), context


def _guessed_context(view: View, home: str, copied: list[str]) -> str:
    """The Dockerfile's own folder, unless what it copies stands in the root only."""
    for source in copied:
        if source and home and not _there(view, _in(home, source)) and _there(view, source):
            return ""
    return home


def _there(view: View, path: str) -> bool:
    return view.exists(path) or view.project.has_folder(path)


def _sources(words: str) -> list[str]:
    """What a COPY line copies, without "./" and "/" at the ends; "" is everything."""
    listed = re.findall(r"\"([^\"]+)\"", words) if words.lstrip().startswith("[") else words.split()
    plain = [each.removeprefix("./").strip("/") for each in listed[:-1]]
    return ["" if each in (".", "*") else each for each in plain]


def _covers(sources: list[str], folder: str, home: str) -> bool:
    """Whether copied sources, seen from the build's folder, take a folder of env files along."""
    if home and folder != home and not folder.startswith(home + "/"):
        return False
    inside = folder[len(home) :].strip("/") if home else folder
    return any(not source or (inside and (inside == source or inside.startswith(source + "/"))) for source in sources)


def _docker_rules(text: str) -> list[tuple[bool, re.Pattern[str]]]:
    rules: list[tuple[bool, re.Pattern[str]]] = []
    for line in text.splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        keep = pattern.startswith("!")
        pattern = pattern.lstrip("!").strip("/").removeprefix("./")
        rules.append((keep, re.compile(_translated(pattern) + r"(?:/.*)?\Z")))
    return rules


def _translated(pattern: str) -> str:
    """A Go `filepath.Match` pattern with `**`, as moby's patternmatcher reads it, as a regular expression."""
    out = ""
    position = 0
    while position < len(pattern):
        if pattern.startswith("**/", position):
            out, position = out + "(?:[^/]+/)*", position + 3
        elif pattern.startswith("**", position):
            out, position = out + ".*", position + 2
        elif pattern[position] == "*":
            out, position = out + "[^/]*", position + 1
        elif pattern[position] == "?":
            out, position = out + "[^/]", position + 1
        else:
            out, position = out + re.escape(pattern[position]), position + 1
    return out


def _docker_ignores(rules: list[tuple[bool, re.Pattern[str]]], path: str) -> bool:
    ignored = False
    for keep, pattern in rules:
        if pattern.match(path):
            ignored = not keep
    return ignored


def _published(view: View) -> Iterator[Published]:
    for entry in view.entries("package.json"):
        package = view.json(entry.path) if entry.by_hand else None
        if (
            not isinstance(package, dict)
            or package.get("private")
            or not (package.get("name") and package.get("version"))
        ):
            continue
        home = entry.path.rpartition("/")[0]
        listed = package.get("files")
        if isinstance(listed, list):
            if any(isinstance(each, str) and fnmatch.fnmatchcase(".env", each.lstrip("./") or "*") for each in listed):
                yield Published(location=Location(path=entry.path), why="its files list takes everything along")
            continue
        ignore = _in(home, ".npmignore")
        if view.exists(ignore):
            lines = [line.strip() for line in (view.read(ignore) or b"").decode("utf-8", "replace").splitlines()]
            names = [PurePosixPath(line.strip("/")).name for line in lines if line and not line.startswith(("#", "!"))]
            if not any(fnmatch.fnmatchcase(".env", name) for name in names):
                yield Published(location=Location(path=ignore), why="it replaces .gitignore and does not name .env")
