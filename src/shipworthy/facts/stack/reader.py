"""Reads the stack: components from manifests, their parts from dependencies, imports and well-known files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import PurePosixPath
from typing import Any

from shipworthy.facts.base import FactReader, Facts, View
from shipworthy.facts.stack import tables
from shipworthy.facts.stack.fact import Part, Stack, StackPart
from shipworthy.facts.stack.imports import Imports
from shipworthy.model import Component, ComponentKind, Location
from shipworthy.project import FileEntry, is_test_path

_REQUIREMENT = re.compile(r"^[ \t]*([A-Za-z0-9][A-Za-z0-9._-]{0,100})")
_STARTS = ("main.py", "app.py", "wsgi.py", "asgi.py", "manage.py", "server.py", "run.py")
"""Files that a Python app is started from, by custom."""
_IMAGE = re.compile(r"^[ \t]*image:[ \t]*[\"']?(?:[\w.-]+/)*(postgres|mysql|mariadb|mongo|redis|elasticsearch)\b", re.M)
_IMAGE_NAMES = {"postgres": "postgresql", "mongo": "mongodb"}
_SETTINGS = ("settings.py", "settings_*.py", "*_settings.py", "**/settings/*.py")
_IN_SETTINGS = re.compile(
    r"^[^#\n]{0,200}?[\"'](?:[\w.]{0,60}\bbackends\.(postgresql|postgis|mysql|oracle)\w*[\"']"
    r"|(postgres|postgresql|postgis|mysql)(?:\+\w{1,20})?://)",
    re.M,
)
"""The engine of a database in Django's settings, or its address (docs.djangoproject.com, "Databases")."""
_ENGINES = {"postgres": "postgresql", "postgis": "postgresql"}
_ENTRY = re.compile(
    r"^(?:[ \t]*uvicorn\.run\(|[ \t]*\w+\.run\(|[ \t]*execute_from_command_line\("
    r"|\w+[ \t]*=[ \t]*(?:FastAPI|Flask|Sanic)\()",
    re.M,
)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


_PYTHON = {_normal(name): part for name, part in tables.PYTHON.items()}


def line_with(text: str, needle: str) -> int | None:
    """The 1-based line a text first occurs on."""
    position = text.find(needle)
    return text.count("\n", 0, position) + 1 if position >= 0 else None


class _Manifest:
    """Direct dependencies of one manifest: name -> (line, runtime?), and what the manifest says of itself."""

    def __init__(self) -> None:
        self.python: dict[str, tuple[int | None, bool]] = {}
        self.node: dict[str, tuple[int | None, bool]] = {}
        self.command_line: int | None = None
        self.publishes: bool = False
        self.start_line: int | None = None


_NAMED = tuple(
    pattern for table in (tables.CI_FILES, tables.DEPLOY_FILES, tables.PACKAGE_MANAGERS) for pattern, _ in table
)
"""Every pattern of a file that says something by its name; hardly any file fits one."""


class StackReader(FactReader[Stack]):
    """A folder with a manifest is a component; files outside every such folder belong to "."."""

    def __init__(self) -> None:
        self.imports = Imports()
        self.analysers = (self.imports,)

    def read(self, view: View, facts: Facts) -> Stack:
        roots = self._roots(view)
        owner = _Owner(roots)
        # What lies beside all components has the owner "." even where that is no component.
        languages: dict[str, Counter[str]] = {root: Counter() for root in (".", *roots)}
        manifests: dict[str, list[str]] = {root: [] for root in (".", *roots)}
        parts: dict[tuple[str, Part, str], StackPart] = {}

        def add(part: Part, name: str, path: str, line: int | None) -> None:
            root = owner.of(path)
            key = (root, part, name)
            if key not in parts:
                parts[key] = StackPart(part=part, name=name, component=root, location=Location(path=path, line=line))

        for entry in view.entries():
            if not entry.by_hand or entry.problem:
                continue
            root = owner.of(entry.path)
            language = tables.LANGUAGES.get(entry.suffix)
            if language and not is_test_path(entry.path):
                languages[root][language] += 1
                add(Part.LANGUAGE, language, entry.path, 1)
            if entry.name in tables.MANIFESTS and _folder(entry.path) == root:
                manifests[root].append(entry.path)
            if not entry.matches(*_NAMED):
                continue
            for pattern, name in tables.CI_FILES:
                if entry.matches(pattern):
                    add(Part.CI, name, entry.path, 1)
            for table, part in (
                (tables.DEPLOY_FILES, Part.DEPLOY_TARGET),
                (tables.PACKAGE_MANAGERS, Part.PACKAGE_MANAGER),
            ):
                for pattern, name in table:
                    if entry.matches(pattern):
                        add(part, name, entry.path, 1)
        read = {path: self._manifest(view, path) for path in _manifest_paths(view, roots)}
        self._declared(read, add)
        imported = self._imported(view.records(self.imports), owner, add)
        self._images(view, add)
        self._in_settings(view, add)
        self._entry_points(view, read, add)
        components = tuple(
            Component(
                root=root,
                kind=self._kind(root, parts.values(), imported, [m for p, m in read.items() if owner.of(p) == root]),
                languages=tuple(name for name, _ in languages[root].most_common()),
                frameworks=tuple(
                    sorted(
                        each.name for each in parts.values() if each.component == root and each.part is Part.FRAMEWORK
                    )
                ),
                manifests=tuple(manifests[root]),
            )
            for root in roots
        )
        ordered = sorted(parts.values(), key=lambda each: (each.component, each.part, each.name))
        return Stack(components=components, parts=tuple(ordered), read=tuple(view.seen), gaps=tuple(view.gaps))

    def _roots(self, view: View) -> list[str]:
        """Component folders in path order; "." unless every source file lies in a nested one."""
        nested = {
            _folder(entry.path)
            for entry in view.entries(*tables.MANIFESTS)
            if entry.by_hand and not entry.problem and not set_aside(entry.path)
        }
        nested.discard(".")
        rootless = [
            entry
            for entry in view.entries()
            if entry.by_hand and entry.suffix in tables.LANGUAGES and not _below(entry.path, nested)
        ]
        own_code = [entry for entry in rootless if "/" in entry.path or entry.suffix in (".py", ".go", ".rs", ".rb")]
        if len(nested) == 1:
            # Scripts and tests beside a repository's only component belong to it; an app of its own does not.
            own_code = [
                entry
                for entry in own_code
                if entry.name in _STARTS and not set_aside(entry.path) and not is_test_path(entry.path)
            ]
        has_manifest = any(view.exists(name) for name in tables.MANIFESTS)
        if own_code or not nested or (has_manifest and rootless):
            return [".", *sorted(nested)]
        return sorted(nested)

    def _manifest(self, view: View, path: str) -> _Manifest:
        found = _Manifest()
        name = path.rsplit("/", 1)[-1]
        source = view.source(path)
        if source is None:
            return found
        text = source.text
        if name == "package.json":
            _package_json(view.json(path), text, found)
        elif name == "pyproject.toml":
            _pyproject(view.toml(path), text, found)
        elif name == "Pipfile":
            document = view.toml(path) or {}
            for table, runtime in (("packages", True), ("dev-packages", False)):
                for each in _mapping(document.get(table)):
                    found.python[_normal(each)] = (line_with(text, each), runtime)
        elif name.endswith(".txt"):
            runtime = not re.search(r"dev|test|lint|doc", name)
            for number, line in enumerate(source.lines, 1):
                if match := _REQUIREMENT.match(line):
                    found.python.setdefault(_normal(match[1]), (number, runtime))
        elif name in ("setup.py", "setup.cfg"):
            for package in _PYTHON:
                if match := re.search(rf"""["'\s]{re.escape(package)}(?=[\s"'<>=~!\[;,])""", text, re.I):
                    found.python[package] = (text.count("\n", 0, match.start()) + 1, True)
            found.publishes = True
            found.command_line = line_with(text, "console_scripts")
        return found

    def _declared(self, read: Mapping[str, _Manifest], add: Any) -> None:
        for path, manifest in read.items():
            for package, (line, runtime) in manifest.python.items():
                self._known(_PYTHON.get(package), runtime, path, line, add)
            for package, (line, runtime) in manifest.node.items():
                self._known(tables.NODE.get(package), runtime, path, line, add)

    def _known(self, known: tuple[Part, str] | None, runtime: bool, path: str, line: int | None, add: Any) -> None:
        # A development dependency names a test runner; it makes no server and no customer of a service.
        if known and (runtime or known[0] is Part.TEST_RUNNER or known[1] in tables.BROWSERS):
            add(known[0], known[1], path, line)

    def _imported(self, records: Mapping[str, Any], owner: _Owner, add: Any) -> dict[str, set[str]]:
        """Framework names imported by the code of each component."""
        found: dict[str, set[str]] = {}
        for path in sorted(records):
            if set_aside(path):
                continue
            python = path.endswith(".py")
            for package, line in records[path].items():
                known = _PYTHON.get(_normal(package)) if python else tables.NODE.get(package)
                if known:
                    add(known[0], known[1], path, line)
                    found.setdefault(owner.of(path), set()).add(known[1])
        return found

    def _images(self, view: View, add: Any) -> None:
        for entry in view.entries("docker-compose*.yml", "docker-compose*.yaml", "compose.yml", "compose.yaml"):
            if entry.by_hand and not set_aside(entry.path) and (source := view.source(entry.path)):
                for match in _IMAGE.finditer(source.text):
                    line = source.text.count("\n", 0, match.start()) + 1
                    add(Part.DATABASE, _IMAGE_NAMES.get(match[1], match[1]), entry.path, line)

    def _in_settings(self, view: View, add: Any) -> None:
        """Django names its database in its settings, and its driver often in no list that is read."""
        for entry in view.entries(*_SETTINGS):
            if not entry.by_hand or "test" in entry.name or is_test_path(entry.path) or set_aside(entry.path):
                continue
            source = view.source(entry.path)
            for match in _IN_SETTINGS.finditer(source.text) if source else ():
                name = match[1] or match[2]
                line = source.text.count("\n", 0, match.end()) + 1 if source else None
                add(Part.DATABASE, _ENGINES.get(name, name), entry.path, line)

    def _entry_points(self, view: View, read: Mapping[str, _Manifest], add: Any) -> None:
        for path, manifest in read.items():
            for line in (manifest.command_line, manifest.start_line):
                if line:
                    add(Part.ENTRY_POINT, f"{path}:{line}", path, line)
        for entry in view.entries(*_STARTS):
            if entry.by_hand and not is_test_path(entry.path) and (source := view.source(entry.path)):
                match = _ENTRY.search(source.text)
                if match or entry.name in ("manage.py", "wsgi.py", "asgi.py"):
                    line = source.text.count("\n", 0, match.start()) + 1 if match else 1
                    add(Part.ENTRY_POINT, entry.path, entry.path, line)
        for entry in view.entries("Procfile"):
            add(Part.ENTRY_POINT, entry.path, entry.path, 1)

    def _kind(
        self, root: str, parts: Iterable[StackPart], imported: Mapping[str, set[str]], manifests: list[_Manifest]
    ) -> ComponentKind:
        names = {each.name for each in parts if each.component == root and each.part is Part.FRAMEWORK}
        deploys = {each.name for each in parts if each.component == root and each.part is Part.DEPLOY_TARGET}
        used = imported.get(root, set())
        published = any(manifest.publishes for manifest in manifests) and not deploys
        servers = (names & tables.SERVERS) - tables.CLIENT_ONLY
        starts = any(each.part is Part.ENTRY_POINT and each.component == root for each in parts)
        if servers and (servers & used or not published) and (starts or not published):
            return ComponentKind.SERVICE
        if names & tables.WORKERS and not published:
            return ComponentKind.WORKER
        if any(manifest.command_line for manifest in manifests):
            return ComponentKind.CLI
        if names & tables.BROWSERS and not published:
            return ComponentKind.SITE
        if published:
            return ComponentKind.LIBRARY
        return ComponentKind.CLI if names & tables.COMMAND_LINES and used else ComponentKind.UNKNOWN


class _Owner:
    """Which component a path belongs to: the nearest component folder above it."""

    def __init__(self, roots: Iterable[str]) -> None:
        self._roots = set(roots)
        # What lies beside a repository's only component (CI, compose) belongs to it.
        self._outside = next(iter(self._roots)) if len(self._roots) == 1 else "."
        self._known: dict[str, str] = {}

    def of(self, path: str) -> str:
        folder = _folder(path)
        if folder not in self._known:
            here = PurePosixPath(folder)
            chain = [str(here), *map(str, here.parents)]
            self._known[folder] = next((each for each in chain if each in self._roots), self._outside)
        return self._known[folder]


def _below(path: str, folders: Set[str]) -> bool:
    folder = _folder(path)
    while folder not in folders:
        if folder == ".":
            return False
        folder = _folder(folder)
    return True


def _folder(path: str) -> str:
    return path.rpartition("/")[0] or "."


def set_aside(path: str) -> bool:
    """Whether a nested path belongs to examples, tests or documentation rather than to the product."""
    return any(folder.lower() in tables.NOT_PRODUCT for folder in path.split("/")[:-1])


def _manifest_paths(view: View, roots: Iterable[str]) -> Iterator[str]:
    known = set(roots)
    for entry in view.entries(
        "package.json", "pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "*requirements*.txt"
    ):
        if _usable(entry) and _folder(entry.path) in known:
            yield entry.path
    for entry in view.entries("**/requirements/*.txt"):
        if _usable(entry):
            yield entry.path


def _usable(entry: FileEntry) -> bool:
    return entry.by_hand and not set_aside(entry.path)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _package_json(document: Any, text: str, found: _Manifest) -> None:
    root = _mapping(document)
    for table, runtime in (("dependencies", True), ("optionalDependencies", True), ("devDependencies", False)):
        for name in _mapping(root.get(table)):
            found.node.setdefault(name, (line_with(text, f'"{name}"'), runtime))
    if root.get("bin"):
        found.command_line = line_with(text, '"bin"')
    found.publishes = not root.get("private") and bool(root.get("exports") or root.get("main")) and "version" in root
    if "start" in _mapping(root.get("scripts")):
        found.start_line = line_with(text, '"start"')


def _pyproject(document: Any, text: str, found: _Manifest) -> None:
    root = _mapping(document)
    project = _mapping(root.get("project"))
    rows = [(each, True) for each in project.get("dependencies") or [] if isinstance(each, str)]
    for extra in _mapping(project.get("optional-dependencies")).values():
        rows += [(each, False) for each in extra or [] if isinstance(each, str)]
    for group in _mapping(root.get("dependency-groups")).values():
        rows += [(each, False) for each in group or [] if isinstance(each, str)]
    poetry = _mapping(_mapping(root.get("tool")).get("poetry"))
    rows += [(name, True) for name in _mapping(poetry.get("dependencies"))]
    rows += [(name, False) for name in _mapping(poetry.get("dev-dependencies"))]
    for group in _mapping(poetry.get("group")).values():
        rows += [(name, False) for name in _mapping(_mapping(group).get("dependencies"))]
    for requirement, runtime in rows:
        if match := _REQUIREMENT.match(requirement):
            found.python.setdefault(_normal(match[1]), (line_with(text, match[1]), runtime))
    if project.get("scripts") or poetry.get("scripts"):
        found.command_line = line_with(text, "scripts]") or line_with(text, "scripts")
    found.publishes = "build-system" in root and bool(project.get("name") or poetry.get("name"))
