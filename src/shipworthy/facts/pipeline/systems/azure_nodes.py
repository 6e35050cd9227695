"""An Azure Pipelines file with its templates put in: plain mappings and lists that know the lines they stand on.

Source: the system's references "Templates" and "Template expressions" (`parameters`, `extends`, `${{ if }}`, `each`).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Link, Said, unsure, weakest
from shipworthy.facts.pipeline.systems.azure_expressions import MAX_TEXT, Scope, evaluate
from shipworthy.facts.pipeline.systems.plan import NotUnderstood, Script
from shipworthy.facts.pipeline.tree import Tree
from shipworthy.facts.pipeline.values import HOLE, Unknown, text_of, truth
from shipworthy.project.yaml import line_of

MAX_DEPTH = 40
MAX_TEMPLATES = 20
MAX_NODES = 60_000
MAX_ROUNDS = 100
_WHOLE = re.compile(r"\s*\$\{\{(.*?)\}\}\s*", re.S)
_PART = re.compile(r"\$\{\{(.*?)\}\}", re.S)
_DIRECTIVE = re.compile(r"\s*\$\{\{\s*(if|elseif|else|each|insert)\b(.*?)\}\}\s*", re.S)
_EACH = re.compile(r"\s*(\w+)\s+in\s+(.*)", re.S)


class TooLarge(Exception):
    """The templates make more than is looked at."""


class Text(str):
    """A text of the file. `rows`: whether its lines have lines of their own in the file, from the one below it on."""

    __slots__ = ("rows",)
    rows: bool

    def __new__(cls, text: str, rows: bool) -> Text:
        made = super().__new__(cls, text)
        made.rows = rows
        return made


class Map(dict[str, Any]):
    """A mapping. `lines` by key, `chain` the templates it came through, `runs` the template conditions around it."""

    def __init__(self, path: str, line: int, chain: tuple[Link, ...], runs: Said = YES) -> None:
        super().__init__()
        self.path, self.line, self.chain, self.runs = path, line, chain, runs
        self.lines: dict[str, int] = {}
        self.opaque = ""
        """Why what belongs here is not in the repository."""

    def link(self, key: str | None = None) -> Link:
        line = self.lines.get(key, self.line) if key else self.line
        value = self.get(key) if key else None
        shown = f"{key}: {value.splitlines()[0] if value else ''}" if isinstance(value, str) else key or ""
        return Link(self.path, line, shown.replace(HOLE, "…")[:80])

    def script(self, key: str, text: str | None = None) -> Script | None:
        """The commands under a key (or `text`, what became of them) with the line of each."""
        raw = self.get(key)
        if raw is None:
            return None
        if not isinstance(raw, (str, int, float, Unknown)):
            raise NotUnderstood(f"the text of `{key}` is no text", self.lines.get(key))
        text = text_of(raw) if text is None else text
        line = self.lines.get(key, self.line)
        rows = isinstance(raw, Text) and raw.rows
        links = [
            Link(self.path, line + 1 + row if rows else line, each.strip().replace(HOLE, "…")[:80])
            for row, each in enumerate(text.rstrip("\n").split("\n"))
        ]
        return Script(text.rstrip("\n"), tuple(links))


@dataclass(frozen=True, slots=True)
class Place:
    """Where expansion stands: the file, how it was reached, what names mean there."""

    path: str
    scope: Scope
    chain: tuple[Link, ...] = ()
    runs: Said = YES
    depth: int = 0


class Expander:
    """Puts the templates of one file in, for one way it starts."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._count = 0

    def text(self, text: str, scope: Scope) -> Any:
        """A text with its `${{ }}` filled: any value where it is one expression as a whole."""
        if "${{" not in text:
            return text
        whole = _WHOLE.fullmatch(text)
        if whole is not None and "${{" not in whole[1]:
            return evaluate(whole[1], scope)
        filled = _PART.sub(lambda match: text_of(evaluate(match[1], scope)), text)
        if len(filled) > MAX_TEXT:
            raise TooLarge
        return filled

    def node(self, value: Any, place: Place, line: int = 1, nesting: int = 0) -> Any:
        """A value of the file, expanded."""
        self._step(nesting)
        if isinstance(value, Mapping):
            made = Map(place.path, line_of(value) or line, place.chain, place.runs)
            self._fill(made, value, place, nesting)
            return made
        if isinstance(value, list):
            return list(self._items(value, place, line, nesting))
        if isinstance(value, str):
            filled = self.text(str(value), place.scope)
            return Text(filled, type(value).__name__ == "LiteralScalarString") if isinstance(filled, str) else filled
        return value

    def _step(self, nesting: int) -> None:
        self._count += 1
        if self._count > MAX_NODES or nesting > MAX_DEPTH:
            raise TooLarge

    def mapping(self, value: Mapping[Any, Any], keys: Collection[str], place: Place) -> Map:
        """Some keys of a mapping, expanded."""
        made = Map(place.path, line_of(value) or 1, place.chain, place.runs)
        self._fill(made, value, place, 0, keys)
        return made

    def _fill(
        self, made: Map, value: Mapping[Any, Any], place: Place, nesting: int, only: Collection[str] | None = None
    ) -> None:
        taken: bool | None = True
        for key, inner in value.items():
            if only is not None and key not in only:
                continue
            self._step(nesting)
            line = line_of(value, key) or made.line
            match = _DIRECTIVE.fullmatch(key) if isinstance(key, str) and "${{" in key else None
            if match is None:
                name = text_of(self.text(key, place.scope)) if isinstance(key, str) else text_of(key)
                made[name] = self.node(inner, place, line, nesting + 1)
                made.lines[name] = line
                continue
            taken, branches = self._directive(match, inner, place, taken)
            for branch in branches:
                if not branch.runs.yes:
                    made.runs = weakest(made.runs, branch.runs)
                if isinstance(inner, Mapping):
                    self._fill(made, inner, branch, nesting + 1)
                elif match[1] == "insert":
                    given = self.node(inner, branch, line, nesting + 1)
                    for name, each in given.items() if isinstance(given, Mapping) else ():
                        made[str(name)] = each
                        made.lines[str(name)] = line

    def _directive(
        self, match: re.Match[str], inner: Any, place: Place, taken: bool | None
    ) -> tuple[bool | None, list[Place]]:
        """Where the body of an `if`, `elseif`, `else`, `each` or `insert` is read: nowhere, once or often.

        `taken`: whether an earlier branch of the same `if` was; None where that is not known.
        """
        kind, text = match[1], match[2]
        if kind == "insert":
            return taken, [place]
        if kind == "each":
            named = _EACH.fullmatch(text)
            if named is None:
                return taken, []
            over = evaluate(named[2], place.scope)
            if isinstance(over, Unknown):
                place = replace(place, runs=weakest(place.runs, unsure(f"for each of {named[2].strip()[:60]}")))
                return taken, [replace(place, scope=place.scope.having(**{named[1]: over}))]
            return taken, [replace(place, scope=place.scope.having(**{named[1]: each})) for each in _rounds(over)]
        holds: bool | None = True if kind == "else" else truth(evaluate(text, place.scope))
        shown = " ".join(f"{kind} {text}".split())[:80]
        if kind != "if":
            if taken is True:
                return True, []
            if taken is None:
                holds = None if holds is not False else False
        if holds is False:
            return (False if kind == "if" else taken), []
        if holds is None:
            doubt = unsure(f"only `${{{{ {shown} }}}}`", f"{place.path} {kind} {text}")
            return None, [replace(place, runs=weakest(place.runs, doubt))]
        return True, [place]

    def _items(self, value: list[Any], place: Place, line: int, nesting: int) -> Iterator[Any]:
        taken: bool | None = True
        for index, item in enumerate(value):
            self._step(nesting)
            here = line_of(value, index) or line
            only = next(iter(item)) if isinstance(item, Mapping) and len(item) == 1 else None
            match = _DIRECTIVE.fullmatch(only) if isinstance(only, str) and "${{" in only else None
            if match is not None and isinstance(item, Mapping):
                inner = item[only]
                taken, branches = self._directive(match, inner, place, taken)
                for branch in branches:
                    if isinstance(inner, list):
                        yield from self._items(inner, branch, here, nesting + 1)
                    else:
                        each = self.node(inner, branch, here, nesting + 1)
                        yield from each if isinstance(each, list) else [each] if each is not None else []
                continue
            taken = True
            made = self.node(item, place, here, nesting + 1)
            if isinstance(made, Map) and "template" in made:
                self.include(made, place, nesting)
            if isinstance(made, list) and isinstance(item, str):
                yield from made
            elif isinstance(made, Map) and isinstance(made.get("template"), list):
                yield from made["template"]
            elif made is not None:
                yield made

    # Templates.

    def include(self, made: Map, place: Place, nesting: int = 0) -> None:
        """An item `template: FILE` gets its rows under "template" and the file as "body", or a reason in `opaque`."""
        if not isinstance(made.get("template"), str):
            made.opaque = "which template it takes is not known"
            made["template"] = None
            return
        name = made["template"]
        path = template_path(place.path, name)
        if place.depth >= MAX_TEMPLATES:
            raise TooLarge
        if path is None:
            made.opaque = f"the template {name[:80]} lies in another repository"
        elif not self.tree.is_file(path) or not isinstance(self.tree.yaml(path), Mapping):
            made.opaque = f"the template {name[:80]} is not in the repository or was not understood"
        if made.opaque or path is None:
            made.opaque = made.opaque.replace(HOLE, "…")
            made["template"] = None
            return
        data = self.tree.yaml(path)
        scope = self.parameters(data, path, place, made.get("parameters"))
        chain = (*place.chain, made.link("template"))
        inner = Place(path, scope, chain, weakest(place.runs, made.runs), place.depth + 1)
        rows: list[Any] = []
        body = Map(path, 1, chain, inner.runs)
        self._fill(body, data, inner, nesting + 1, [key for key in data if key != "parameters"])
        for key in ("stages", "jobs", "steps", "variables"):
            rows += [
                _keyed(path, name, each, chain) if not isinstance(each, Map) else each
                for name, each in _entries(body.get(key))
            ]
        made["template"] = rows
        made["body"] = body

    def parameters(self, data: Any, path: str, place: Place, given: Any = None, *, asked: bool = False) -> Scope:
        """The scope inside a file: its parameters as `given`, else their defaults. `asked`: a person chooses them."""
        declared = data.get("parameters") if isinstance(data, Mapping) else None
        own = Place(path, Scope({k: v for k, v in place.scope.names.items() if k != "parameters"}), place.chain)
        known: dict[str, Any] = {}
        if isinstance(declared, Mapping):
            known = {
                str(name): self.node(default, own, line_of(declared, name) or 1) for name, default in declared.items()
            }
        for index, row in enumerate(declared if isinstance(declared, list) else ()):
            if isinstance(row, Mapping) and isinstance(row.get("name"), str):
                default = self.node(row.get("default"), own, line_of(declared, index) or 1)
                chosen = asked and (row.get("type") == "boolean" or "values" in row or "default" not in row)
                known[row["name"]] = Unknown(f"parameters.{row['name']}") if chosen else default
        if isinstance(given, Mapping):
            known.update({str(name): each for name, each in given.items()})
        return Scope({**place.scope.names, "parameters": known})


def _entries(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, Mapping):
        return [(str(name), each) for name, each in value.items()]
    return [("", each) for each in value] if isinstance(value, list) else []


def _keyed(path: str, name: str, value: Any, chain: tuple[Link, ...]) -> Any:
    """A row of a mapping of variables in the form that a list of them has."""
    if not name:
        return value
    made = Map(path, 1, chain)
    made.update(name=name, value=value)
    return made


def _rounds(value: Any) -> list[Any]:
    if isinstance(value, (Mapping, list)) and len(value) > MAX_ROUNDS:
        raise TooLarge
    if isinstance(value, Mapping):
        return [{"key": str(key), "value": each} for key, each in value.items()]
    return list(value) if isinstance(value, list) else []


def template_path(path: str, name: str) -> str | None:
    """The path of a template that a file names: "/x" counts from the root; None where it is not of this repository."""
    name, _, alias = name.replace("\\", "/").partition("@")
    if (alias and alias != "self") or HOLE in name:
        return None
    joined = name.lstrip("/") if name.startswith("/") else posixpath.join(posixpath.dirname(path), name)
    found = posixpath.normpath(joined)
    return None if found.startswith("../") else found
