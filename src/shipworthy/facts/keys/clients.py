"""Finds clients of services that are made without a key: they look for one in the environment by themselves."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tree_sitter import Node

from shipworthy.facts.base import Analyser, Record
from shipworthy.project import FileEntry, Source
from shipworthy.project.syntax import find, line_of, text_of

_LANGUAGES = {
    ".py": "python",
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"), "javascript"),
}
_SPREAD = frozenset({"dictionary_splat", "list_splat", "spread_element"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One row of the table beside this module; its opening comment says what the fields mean."""

    language: str
    module: str
    call: tuple[str, ...]
    given: frozenset[str]
    first: int
    keys: tuple[str, ...]
    provider: str
    source: str

    def made_by(self, module: str, name: str) -> bool:
        """Whether calling this name of this module makes the client."""
        stem = self.module.removesuffix("*")
        if module != stem and not (stem != self.module and module.startswith(stem)):
            return False
        return any(name == each or (each[:1] == "*" and name.endswith(each[1:])) for each in self.call)


@cache
def clients() -> tuple[Client, ...]:
    """The table's rows."""
    text = files("shipworthy.facts.keys").joinpath("clients.toml").read_text(encoding="utf-8")
    return tuple(
        Client(
            language=row["language"], module=row["module"], call=tuple(row["call"]), given=frozenset(row["given"]),
            first=row["first"], keys=tuple(row["keys"]), provider=row["provider"], source=row["source"],
        )
        for row in tomllib.loads(text)["client"]
    )  # fmt: skip


@cache
def _hint(language: str) -> re.Pattern[bytes]:
    """What a file holds that imports any of the modules."""
    stems = {
        each.module.removesuffix("*").rstrip("/").partition(".")[0] for each in clients() if each.language == language
    }
    return re.compile(b"|".join(re.escape(stem.encode()) for stem in sorted(stems)))


class ClientCalls(Analyser):
    """Record: `[[number of the row in the table, line], …]`; null for a file that makes none."""

    name = "key-clients"
    version = "1"

    def wants(self, entry: FileEntry) -> bool:
        return entry.by_hand and entry.suffix in _LANGUAGES

    def analyse(self, source: Source) -> Record:
        language = _LANGUAGES[source.entry.suffix]
        if source.binary or source.minified or not _hint(language).search(source.data):
            return Record(None)
        if source.tree is None:
            return Record(None, (("took too long or is too large to parse for the clients it makes", None),))
        look = _python if language == "python" else _javascript
        rows = [
            [number, line]
            for path, name, call, line in look(source.tree.root_node)
            for number, client in enumerate(clients())
            if client.language == language and client.made_by(path, name) and not _gives(client, call)
        ]
        return Record(rows or None)


_Made = tuple[str, str, Node | None, int]
"""(module, name, the call's arguments, line)."""


def _gives(client: Client, arguments: Node | None) -> bool:
    """Whether the key is among the arguments. What is unpacked there cannot be seen, and counts as not given."""
    if arguments is None:
        return False
    plain = 0
    for each in arguments.named_children:
        if each.type in _SPREAD or each.type == "comment":
            continue
        if each.type == "keyword_argument":
            name = each.child_by_field_name("name")
            if name is not None and text_of(name) in client.given:
                return True
        elif each.type == "object":
            if client.given & set(_properties(each)):
                return True
        else:
            plain += 1
    return bool(client.first) and plain >= client.first


def _properties(node: Node) -> Iterator[str]:
    for each in node.named_children:
        if each.type == "shorthand_property_identifier":
            yield text_of(each)
        elif each.type == "pair" and (key := each.child_by_field_name("key")) is not None:
            yield text_of(key).strip("\"'`")


def _python(root: Node) -> Iterator[_Made]:
    known: dict[str, str] = {}
    for node in find(root, "import_statement", "import_from_statement"):
        known.update(_python_names(node))
    for node in find(root, "call"):
        function = node.child_by_field_name("function")
        if function is None or function.type not in ("identifier", "attribute"):
            continue
        first, dot, rest = text_of(function).partition(".")
        if first not in known:
            continue
        module, _, name = f"{known[first]}{dot}{rest}".rpartition(".")
        yield module, name, node.child_by_field_name("arguments"), line_of(node)


def _python_names(node: Node) -> Iterator[tuple[str, str]]:
    """(local name, what it stands for, dotted)."""
    stem = node.child_by_field_name("module_name")
    for each in node.children_by_field_name("name"):
        name, alias = each, None
        if each.type == "aliased_import":
            name, alias = each.child_by_field_name("name") or each, each.child_by_field_name("alias")
        path = text_of(name)
        if stem is not None:
            yield (text_of(alias) if alias else path), f"{text_of(stem)}.{path}"
        elif alias is not None:
            yield text_of(alias), path
        else:
            yield path.partition(".")[0], path.partition(".")[0]


def _javascript(root: Node) -> Iterator[_Made]:
    known: dict[str, tuple[str, str]] = {}
    for node in find(root, "import_statement", "variable_declarator"):
        known.update(_imported(node) if node.type == "import_statement" else _required(node))
    for node in find(root, "call_expression", "new_expression"):
        function = node.child_by_field_name("constructor" if node.type == "new_expression" else "function")
        if function is None or function.type not in ("identifier", "member_expression"):
            continue
        first, dot, rest = text_of(function).partition(".")
        if first in known:
            module, name = known[first]
            yield module, rest.rpartition(".")[2] if dot else name, node.child_by_field_name("arguments"), line_of(node)


def _imported(node: Node) -> Iterator[tuple[str, tuple[str, str]]]:
    source = node.child_by_field_name("source")
    if source is None:
        return
    module = text_of(source).strip("\"'`")
    for clause in (each for each in node.named_children if each.type == "import_clause"):
        for each in clause.named_children:
            if each.type == "identifier":
                yield text_of(each), (module, "default")
            elif each.type == "namespace_import":
                yield text_of(each.named_children[-1]), (module, "default")
            elif each.type == "named_imports":
                for one in each.named_children:
                    name, alias = one.child_by_field_name("name"), one.child_by_field_name("alias")
                    if name is not None:
                        yield text_of(alias or name), (module, text_of(name))


def _required(node: Node) -> Iterator[tuple[str, tuple[str, str]]]:
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name is None or value is None or value.type != "call_expression":
        return
    function, arguments = value.child_by_field_name("function"), value.child_by_field_name("arguments")
    if function is None or text_of(function) != "require" or arguments is None or not arguments.named_children:
        return
    module = text_of(arguments.named_children[0]).strip("\"'`")
    if name.type == "identifier":
        yield text_of(name), (module, "default")
    elif name.type == "object_pattern":
        for each in name.named_children:
            if each.type == "shorthand_property_identifier_pattern":
                yield text_of(each), (module, text_of(each))
            elif each.type == "pair_pattern":
                key, local = each.child_by_field_name("key"), each.child_by_field_name("value")
                if key is not None and local is not None:
                    yield text_of(local), (module, text_of(key))
