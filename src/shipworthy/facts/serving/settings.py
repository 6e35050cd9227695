"""Finds the debug switches that a Python module of settings assigns, and whether they are on by default."""

from __future__ import annotations

import re
from typing import Any

from tree_sitter import Node

from shipworthy.facts.serving.values import switched_on
from shipworthy.project import syntax

_PLACE = re.compile(r"(^|/)(settings|config|configuration|conf)(/|[_-])|(^|/)[^/]*(settings|config)\.py$", re.I)
_CONTENT = re.compile(r"^(?:INSTALLED_APPS|ROOT_URLCONF|ALLOWED_HOSTS|DEBUG)\b", re.M)
_DEVELOPMENT_WORDS = frozenset({
    "dev", "devel", "develop", "development", "local", "test", "tests", "testing", "ci", "example", "sample", "debug",
})  # fmt: skip
_DEVELOPMENT = re.compile(r"dev|local|test|debug", re.I)
PRODUCTION = re.compile(r"prod|production|deploy|live|staging|heroku|docker", re.I)
_NEGATION = re.compile(r"\bnot\b|!=|\belse\b")
_ENV_DEFAULT = re.compile(r"\b(\w{1,60})\s{0,9}=\s{0,9}\(\s{0,9}bool\s{0,9},\s{0,9}(True|False)\s{0,9}\)")


def is_settings(path: str, text: str) -> bool:
    """Whether a Python file holds settings that a deployed app may use."""
    *folders, name = path.lower().split("/")
    if _DEVELOPMENT_WORDS & {*re.split(r"[._-]", name), *folders[-1:]}:
        return False
    return "debug" in text.lower() and bool(_PLACE.search(path) or _CONTENT.search(text))


def debug_settings(root: Node) -> list[list[Any]]:
    """[what is written, whether it is on by default or None, line], the last word of each scope."""
    names = _module_names(root)
    scopes: dict[str, list[tuple[bool | None, str, int, bool]]] = {}
    for node in syntax.find(root, "assignment"):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None or syntax.text_of(left).lower() not in ("debug", "flask_debug"):
            continue
        scope, condition = _around(node, names)
        if scope is None or condition is False:
            continue
        on = switched_on(syntax.text_of(right), names)
        if condition is None and on:
            on = None
        text = syntax.text_of(right)
        shown = text if text in ("True", "False", "0", "1") else "the environment decides" if on is False else "..."
        what = f"{syntax.text_of(left)} = {shown if on is not True or text in ('True', '1') else '... (on by default)'}"
        scopes.setdefault(scope, []).append((on, what, syntax.line_of(node), condition is not None))
    return _judged(root, scopes)


def _judged(root: Node, scopes: dict[str, list[tuple[bool | None, str, int, bool]]]) -> list[list[Any]]:
    rows: list[list[Any]] = []
    off_in_production = any(
        PRODUCTION.search(scope) and held and held[-1][0] is False for scope, held in scopes.items() if scope
    )
    for scope, held in scopes.items():
        last_certain = max((index for index, row in enumerate(held) if row[3]), default=0)
        counted = held[last_certain:]
        if _DEVELOPMENT.search(scope):
            line = _default_line(root, scope) if any(row[0] for row in counted) else None
            if line:
                rows.append([f"{scope} (debug) is the default configuration", True, line])
            continue
        if off_in_production and not PRODUCTION.search(scope):
            continue
        rows += [[f"{scope}.{what}" if scope else what, on, line] for on, what, line, _ in counted]
    return rows


def _default_line(root: Node, name: str) -> int | None:
    """Where a table of configurations makes this class the default one."""
    for pair in syntax.find(root, "pair"):
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if key is not None and value is not None:
            default = syntax.text_of(key).strip("\"'").lower() in ("default", "none")
            if default and syntax.text_of(value).strip("\"'").rpartition(".")[2] == name:
                return syntax.line_of(pair)
    return None


def _module_names(root: Node) -> dict[str, str]:
    """The module's own simple assignments, name to expression; a name assigned twice is left out."""
    names: dict[str, str] = {}
    twice: set[str] = set()
    for statement in root.named_children:
        node = (
            statement.named_children[0]
            if statement.type == "expression_statement" and statement.named_children
            else None
        )
        left, right = (node.child_by_field_name(each) for each in ("left", "right")) if node else (None, None)
        if node is None or node.type != "assignment" or left is None or right is None or left.type != "identifier":
            continue
        name = syntax.text_of(left)
        if name in names:
            twice.add(name)
        names[name] = syntax.text_of(right)
        for match in _ENV_DEFAULT.finditer(names[name][:20_000]):
            names[f"default of {match[1]}"] = match[2]
    return {name: text for name, text in names.items() if name not in twice}


def _around(node: Node, names: dict[str, str]) -> tuple[str | None, bool | None]:
    """The class around an assignment ("" for the module, None inside a function), and whether it is reached.

    Reached is True, False (only where something turns it on), or None (not known here).
    """
    scope = ""
    reached: bool | None = True
    below = node
    here = node.parent
    while here is not None:
        if here.type == "function_definition":
            return None, False
        if here.type == "class_definition" and not scope:
            name = here.child_by_field_name("name")
            scope = syntax.text_of(name) if name is not None else "?"
        if here.type in ("if_statement", "elif_clause") and below.type == "block":
            condition = here.child_by_field_name("condition")
            reached = _both(reached, _holds(condition, names))
        elif here.type == "if_statement" and below.type in ("else_clause", "elif_clause"):
            held = _holds(here.child_by_field_name("condition"), names)
            reached = _both(reached, None if held is None else not held)
        elif here.type in ("except_clause", "for_statement", "while_statement", "match_statement"):
            reached = _both(reached, None)
        below, here = here, here.parent
    return scope, reached


def _holds(condition: Node | None, names: dict[str, str]) -> bool | None:
    if condition is None:
        return None
    text = syntax.text_of(condition)
    held = switched_on(text, names)
    if held is None and _DEVELOPMENT.search(text) and not _NEGATION.search(text):
        return False
    return held


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True
