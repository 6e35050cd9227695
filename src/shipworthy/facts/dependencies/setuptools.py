"""Reads setup.cfg, and the literal dependency lists of setup.py without running it."""

from __future__ import annotations

import configparser
import re
from dataclasses import dataclass, field

from tree_sitter import Node

from shipworthy.facts.dependencies import requirements as pip
from shipworthy.facts.dependencies.lines import Finder
from shipworthy.facts.dependencies.model import PYPI, Manifest, Origin, Requirement
from shipworthy.facts.dependencies.naming import for_development, python_name
from shipworthy.facts.dependencies.parsing import Notes, Unclear
from shipworthy.project import syntax

_FILES = re.compile(r"[\"']([\w./-]{0,80}requirements[\w./-]{0,80}\.(?:txt|in))[\"']")


@dataclass(slots=True)
class Setup:
    """What the file says, and the requirements files it names (paths as written)."""

    manifest: Manifest
    files: list[str] = field(default_factory=list)
    unread: int | None = None
    """The line of a dependency list that is worked out when the file runs; None where all are literal."""


def _manifest(path: str, kind: str, found: list[Requirement]) -> Manifest:
    kept = tuple(row for row in found if row.origin is not Origin.PATH)
    return Manifest(path=path, ecosystem=PYPI, kind=kind, requirements=kept)


def parse_cfg(path: str, content: str, notes: Notes) -> Setup:
    """Raises Unclear."""
    reader = configparser.ConfigParser(interpolation=None, strict=True)
    try:
        reader.read_string(content)
    except (configparser.Error, ValueError) as error:
        raise Unclear("not valid as setup.cfg", getattr(error, "lineno", None)) from error
    finder = Finder(content)
    found: list[Requirement] = []
    files: list[str] = []
    lists: list[tuple[str, bool, bool]] = []
    if reader.has_option("options", "install_requires"):
        lists.append((reader.get("options", "install_requires"), False, False))
    if reader.has_section("options.extras_require"):
        lists += [(value, for_development(name), True) for name, value in reader.items("options.extras_require")]
    for value, dev, conditional in lists:
        if value.strip().startswith("file:"):
            files += [name.strip() for name in value.strip().removeprefix("file:").split(",")]
            continue
        for each in filter(None, map(str.strip, value.replace(";python", "; python").split("\n"))):
            line = finder.line(each)
            row = pip.requirement(path, each.partition("#")[0].strip(), line, dev=dev, conditional=conditional)
            if row is None:
                notes.add("a requirement that cannot be understood", line)
            else:
                found.append(row)
    return Setup(_manifest(path, "setup.cfg", found), files)


def parse_py(path: str, content: str, notes: Notes) -> Setup:
    """Only what stands there as literal strings; anything computed is said to be unread."""
    data = content.encode("utf-8", "surrogateescape")
    tree = syntax.parse("python", data)
    if tree is None:
        raise Unclear("could not be parsed within limits")
    root = tree.root_node
    assigned = {
        syntax.text_of(left): right
        for node in syntax.find(root, "assignment")
        if (left := node.child_by_field_name("left")) and (right := node.child_by_field_name("right"))
    }
    found: list[Requirement] = []
    unread: int | None = None
    for call in syntax.find(root, "call"):
        function = call.child_by_field_name("function")
        arguments = call.child_by_field_name("arguments")
        if function is None or arguments is None or syntax.text_of(function).rpartition(".")[2] != "setup":
            continue
        for argument in arguments.named_children:
            if argument.type == "dictionary_splat":
                unread = unread or syntax.line_of(argument)
            if argument.type != "keyword_argument":
                continue
            name = argument.child_by_field_name("name")
            value = argument.child_by_field_name("value")
            if name is None or value is None or syntax.text_of(name) not in ("install_requires", "extras_require"):
                continue
            extras = syntax.text_of(name) == "extras_require"
            literals = _literals(value, assigned, extras=extras)
            if literals is None:
                unread = unread or syntax.line_of(value)
                continue
            for each, line, group in literals:
                row = pip.requirement(path, each, line, dev=for_development(group), conditional=extras)
                if row is None:
                    notes.add("a requirement that cannot be understood", line)
                else:
                    found.append(row)
    return Setup(_manifest(path, "setup.py", found), [match[1] for match in _FILES.finditer(content)], unread)


def _literals(node: Node, assigned: dict[str, Node], *, extras: bool) -> list[tuple[str, int, str]] | None:
    """(text, line, extra) of a list of strings, or of a dictionary of such lists; None where any part is computed."""
    if node.type == "identifier":
        held = assigned.get(syntax.text_of(node))
        return None if held is None or held.type == "identifier" else _literals(held, assigned, extras=extras)
    if extras and node.type == "dictionary":
        found: list[tuple[str, int, str]] = []
        for pair in node.named_children:
            key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
            if pair.type == "comment":
                continue
            inner = _literals(value, assigned, extras=False) if key is not None and value is not None else None
            if inner is None or key is None:
                return None
            found += [(each, line, _string(key) or "") for each, line, _ in inner]
        return found
    if node.type not in ("list", "tuple"):
        return None
    result: list[tuple[str, int, str]] = []
    for child in node.named_children:
        if child.type == "comment":
            continue
        value_text = _string(child)
        if value_text is None:
            return None
        result.append((value_text, syntax.line_of(child), ""))
    return result


def _string(node: Node) -> str | None:
    """The value of a plain string literal without escapes or interpolation."""
    if node.type != "string" or any(child.type in ("interpolation", "escape_sequence") for child in syntax.walk(node)):
        return None
    return "".join(syntax.text_of(child) for child in node.children if child.type == "string_content")


def own_name(content: str) -> str | None:
    """The project's name in a setup.py, where it is literal."""
    match = re.search(r"\bname\s{0,9}=\s{0,9}[\"']([A-Za-z0-9._-]{1,100})[\"']", content)
    return python_name(match[1]) if match else None
