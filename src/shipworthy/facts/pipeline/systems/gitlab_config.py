"""A GitLab CI file as it is after merging: local includes, `extends`, YAML merge keys and `!reference`, with places.

Source: GitLab's "CI/CD YAML syntax reference" (`include`, `extends`, `spec:inputs`) and "Optimize GitLab CI/CD
configuration files" (merging, `!reference`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shipworthy.facts.pipeline.fact import Link, Said
from shipworthy.facts.pipeline.systems.gitlab_globs import selects
from shipworthy.facts.pipeline.systems.plan import Script, script_of
from shipworthy.facts.pipeline.tree import Tree
from shipworthy.project.yaml import BadData, line_of, load_yaml, why_bad

MAX_FILES = 100
MAX_EXTENDS = 11
MAX_REFERENCES = 10
MAX_VALUES = 60_000
"""Values looked at in one file with all it includes: aliases of aliases grow without end."""
_INPUT = re.compile(r"\$\[\[\s{0,20}inputs\.([\w-]{1,100})\s{0,20}(?:\|[^\]\n]{0,200})?\]\]")
_NOT_SET = "…"
_SUFFIX = re.compile(r"(\.gitlab-ci)?\.ya?ml$")


class BadConfig(Exception):
    """GitLab would refuse the configuration, or it is beyond the limits; `line` of the pipeline's own file."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Part:
    """The value of a key and where it is written: `node[key]` in the file `path`, reached through `via`."""

    value: Any
    path: str
    node: Any
    key: Any
    via: tuple[Link, ...] = ()

    @property
    def line(self) -> int:
        return line_of(self.node, self.key) or line_of(self.node) or 1


@dataclass(frozen=True, slots=True)
class Section:
    """A mapping at the top of a file (a job, `default`, `workflow`) by key, each with its own place."""

    at: Part
    parts: dict[str, Part]
    lost: tuple[str, ...] = ()
    """Names it extends that no file of the repository has, while something is included that could have them."""

    def value(self, key: str, default: Any = None) -> Any:
        part = self.parts.get(key)
        return default if part is None else part.value


@dataclass(frozen=True, slots=True)
class Foreign:
    """An include that lies elsewhere: its kind ("template", "remote", "project", "component"), name and place."""

    kind: str
    name: str
    chain: tuple[Link, ...]


@dataclass(slots=True)
class Config:
    """Everything of the file and what it includes. `entries`: top-level keys that hold a mapping; `plain`: others."""

    tree: Tree
    path: str
    entries: dict[str, Section] = field(default_factory=dict)
    plain: dict[str, Part] = field(default_factory=dict)
    foreign: list[Foreign] = field(default_factory=list)
    lost: list[tuple[str, tuple[Link, ...]]] = field(default_factory=list)
    """What could not be included, and where it is asked for."""
    files: int = 0
    conditional: bool = False
    """Whether an include depends on how the pipeline starts."""
    _values: int = 0
    _extended: dict[str, Section] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Whether jobs and templates may come from somewhere that is not read."""
        return bool(self.foreign or self.lost)

    def absorb(self, other: Config) -> None:
        """Takes in another configuration, whose entries go over those here."""
        for name, section in other.entries.items():
            known = self.entries.get(name)
            self.entries[name] = section if known is None else merged(known, section)
        self.plain.update(other.plain)
        self.foreign += other.foreign
        self.lost += other.lost

    def count(self) -> None:
        """Raises BadConfig when too many values were looked at."""
        self._values += 1
        if self._values > MAX_VALUES:
            raise BadConfig("it holds too many values to follow them all")

    def section(self, name: str) -> Section:
        """A job with everything it extends. Raises BadConfig."""
        if name not in self._extended:
            self._extended[name] = self._extend(name, ())
        return self._extended[name]

    def _extend(self, name: str, seen: tuple[str, ...]) -> Section:
        own = self.entries[name]
        line = own.at.line if own.at.path == self.path else None
        if name in seen:
            raise BadConfig(f"{name} extends itself in a circle", line)
        if len(seen) >= MAX_EXTENDS:
            raise BadConfig(f"{name} extends more than {MAX_EXTENDS} jobs deep", line)
        found = Section(own.at, {})
        for parent in texts(self.plain_value(own.value("extends"))):
            self.count()
            if parent in self.entries:
                found = merged(found, self._extend(parent, (*seen, name)))
            elif self.open:
                found = Section(found.at, found.parts, (*found.lost, parent))
            else:
                raise BadConfig(f"{name} extends {parent}, which does not exist", line)
        found = merged(found, own)
        return Section(own.at, {key: part for key, part in found.parts.items() if key != "extends"}, found.lost)

    def refer(self, reference: Any, depth: int) -> Part | None:
        """What `!reference [job, key, …]` names; None where it does not exist."""
        names = [str(each) for each in reference]
        if depth > MAX_REFERENCES:
            raise BadConfig(f"`!reference` is nested more than {MAX_REFERENCES} deep")
        if len(names) < 2 or names[0] not in self.entries:
            return None
        part = self.section(names[0]).parts.get(names[1])
        for name in names[2:]:
            if part is None or not isinstance(part.value, Mapping | list):
                return None
            key: Any = int(name) if isinstance(part.value, list) and name.isdigit() else name
            try:
                part = Part(part.value[key], part.path, part.value, key, part.via)
            except (KeyError, IndexError, TypeError):
                return None
        return part

    def plain_value(self, value: Any, depth: int = 0) -> Any:
        """A value with its references replaced; one that leads nowhere becomes None. Raises BadConfig."""
        self.count()
        if depth > 60:
            raise BadConfig("values are nested too deep")
        if is_reference(value):
            part = self.refer(value, depth)
            return None if part is None else self.plain_value(part.value, depth + 1)
        if isinstance(value, Mapping):
            return {str(key): self.plain_value(each, depth + 1) for key, each in value.items()}
        if isinstance(value, list):
            return [self.plain_value(each, depth + 1) for each in value]
        return str(value.value) if type(value).__name__ == "TaggedScalar" else value

    def commands(self, part: Part, depth: int = 0) -> Iterator[Script | Link]:
        """The texts of a script in order, each with its lines; a Link for a reference that leads nowhere."""
        self.count()
        if depth > 40:
            raise BadConfig("a script is nested too deep")
        value = part.value
        if is_reference(value):
            target = self.refer(value, depth)
            if target is None:
                yield Link(part.path, part.line, f"!reference {', '.join(map(str, value))}"[:80])
            else:
                yield from self.commands(target, depth + 1)
        elif isinstance(value, list):
            for index, each in enumerate(value):
                yield from self.commands(Part(each, part.path, value, index, part.via), depth + 1)
        else:
            script = script_of(part.path, holder(part.node, part.key), part.key)
            if script is not None:
                yield script


def _documents(text: str | None) -> list[Any] | BadData:
    """A file's documents, read as GitLab does: of two equal keys the last one counts."""
    try:
        return [] if text is None else load_yaml(text.encode("utf-8", "replace"), last_wins=True)
    except BadData as error:
        return error


def is_reference(value: Any) -> bool:
    return isinstance(value, list) and str(getattr(getattr(value, "tag", None), "value", "")) == "!reference"


def texts(value: Any) -> list[str]:
    """A text or a list of texts (lists in it included) as a list."""
    if isinstance(value, list):
        return [text for each in value for text in texts(each)]
    return [] if value is None or isinstance(value, Mapping) else [str(value)]


def holder(node: Any, key: Any) -> Any:
    """The mapping in whose text a key is written: the node itself, or one that it takes in with `<<`."""
    lines = getattr(getattr(node, "lc", None), "data", None)
    if not isinstance(node, Mapping) or lines is None or key in lines:
        return node
    for _ in range(20):
        inner = next((each for each in getattr(node, "merge", None) or () if key in each), None)
        if inner is None:
            return node
        node = inner
        if key in (node.lc.data or {}):
            break
    return node


def merged(under: Section, over: Section) -> Section:
    """Two sections as GitLab merges them: mappings key by key, everything else replaced."""
    parts = dict(under.parts)
    for key, part in over.parts.items():
        known = parts.get(key)
        if known is not None and isinstance(known.value, Mapping) and isinstance(part.value, Mapping):
            part = Part(_deep(known.value, part.value, 0), part.path, part.node, part.key, part.via)
        parts[key] = part
    return Section(over.at, parts, (*under.lost, *over.lost))


def _deep(under: Mapping[Any, Any], over: Mapping[Any, Any], depth: int) -> dict[Any, Any]:
    found = dict(under.items())
    for key, value in over.items():
        known = found.get(key)
        both = isinstance(known, Mapping) and isinstance(value, Mapping) and depth < 20
        found[key] = _deep(known, value, depth + 1) if both and known is not None else value
    return found


Decide = Callable[[Any], Said]
"""Whether the `rules` of an include hold in the pipeline at hand."""


def load(tree: Tree, path: str, decide: Decide, expand: Callable[[str], str | None]) -> Config:
    """The file with all it includes. `expand` puts variables into an include's path. Raises BadConfig."""
    config = Config(tree, path)
    _Loader(config, decide, expand).file(path, (), {}, ())
    return config


class _Loader:
    def __init__(self, config: Config, decide: Decide, expand: Callable[[str], str | None]) -> None:
        self._config = config
        self._decide = decide
        self._expand = expand

    def _data(self, path: str, given: Mapping[str, Any]) -> Mapping[Any, Any]:
        tree, own = self._config.tree, path == self._config.path
        documents = tree.kept("gitlab", path, lambda: _documents(tree.text(path)))
        if isinstance(documents, BadData):
            reason, line = why_bad(documents), documents.line
            raise BadConfig(reason if own else f"the included {path} is {reason}", line if own else None)
        if not documents or not isinstance(documents[-1], Mapping):
            raise BadConfig("it is no mapping of jobs" if own else f"the included {path} is no mapping of jobs")
        header = documents[0]
        if len(documents) < 2 or not isinstance(header, Mapping) or "spec" not in header:
            return documents[-1]
        values = _inputs(header, given)
        text = _INPUT.sub(lambda match: values.get(match[1], _NOT_SET), self._config.tree.text(path) or "")
        try:
            found = load_yaml(text.encode("utf-8", "replace"), last_wins=True)
        except BadData as error:
            raise BadConfig(f"{path} is not valid with its inputs: {error}") from error
        return found[-1] if found and isinstance(found[-1], Mapping) else {}

    def file(self, path: str, via: tuple[Link, ...], given: Mapping[str, Any], seen: tuple[str, ...]) -> None:
        """Puts a file's entries over what is there, its includes first: they come below the file itself."""
        config = self._config
        config.files += 1
        if config.files > MAX_FILES:
            raise BadConfig(f"it includes more than {MAX_FILES} files")
        data = self._data(path, given)
        if "include" in data:
            self._includes(Part(data["include"], path, data, "include", via), (*seen, path))
        for name, value in data.items():
            config.count()
            part = Part(value, path, holder(data, name), name, via)
            if name == "include":
                continue
            if not isinstance(value, Mapping):
                config.plain[str(name)] = part
                config.entries.pop(str(name), None)
                continue
            own = Section(part, {str(key): self._part(value, key, path, via) for key in value})
            known = config.entries.get(str(name))
            config.entries[str(name)] = own if known is None else merged(known, own)

    def _part(self, node: Any, key: Any, path: str, via: tuple[Link, ...]) -> Part:
        self._config.count()
        return Part(node[key], path, holder(node, key), key, via)

    def _includes(self, part: Part, seen: tuple[str, ...]) -> None:
        rows = part.value if isinstance(part.value, list) else [part.value]
        for index, row in enumerate(rows):
            line = (line_of(part.value, index) if isinstance(part.value, list) else None) or part.line
            self._include(row, part, line, seen)

    def _include(self, row: Any, part: Part, line: int, seen: tuple[str, ...]) -> None:
        config = self._config
        if isinstance(row, str):
            row = {"remote" if "://" in row else "local": row}
        if not isinstance(row, Mapping):
            raise BadConfig("an `include` is neither a path nor a mapping", line if part.path == config.path else None)
        kind = next((each for each in ("local", "template", "remote", "component", "project") if each in row), "")
        names = [f"{each} {file}".strip() for each in texts(row.get(kind)) for file in texts(row.get("file")) or [""]]
        name = ", ".join(names)
        chain = (*part.via, Link(part.path, line, f"include {_SUFFIX.sub('', name)}"[:80]))
        if "rules" in row:
            config.conditional = True
            said = self._decide(row["rules"])
            if said.no:
                return
            if not said.yes:
                config.lost.append((f"whether {name} is included is not known: {said.why}", chain))
                return
        if kind != "local":
            for each in names:
                own = replace(chain[-1], text=f"include {_SUFFIX.sub('', each)}"[:80])
                config.foreign.append(Foreign(kind, each, (*part.via, own)))
            return
        given = row.get("inputs")
        for wanted in texts(row["local"]):
            self._local(wanted, chain, given if isinstance(given, Mapping) else {}, seen)

    def _local(self, wanted: str, chain: tuple[Link, ...], given: Mapping[str, Any], seen: tuple[str, ...]) -> None:
        config = self._config
        path = self._expand(wanted)
        if path is None:
            config.lost.append((f"the path {wanted} of an include is put together elsewhere", chain))
            return
        path = path.removeprefix("/")
        wild = "*" in path
        found = sorted(each for each in config.tree.files if selects(path, each)) if wild else [path]
        for each in found:
            if each in seen:
                continue
            if not config.tree.is_file(each):
                raise BadConfig(f"it includes {each}, which does not exist", chain[0].line)
            self.file(each, chain, given, seen)


def _inputs(header: Mapping[Any, Any], given: Mapping[str, Any]) -> dict[str, str]:
    """The inputs of an included file as YAML text: what it is given, else its defaults."""
    spec = header["spec"]
    declared = spec.get("inputs") if isinstance(spec, Mapping) else None
    found: dict[str, str] = {}
    for name, settings in declared.items() if isinstance(declared, Mapping) else ():
        value = given.get(name)
        if value is None and isinstance(settings, Mapping):
            value = settings.get("default")
        if value is not None:
            found[str(name)] = value if isinstance(value, str) else json.dumps(value, default=str)
    return found
