"""Finds server code that hands a secret setting straight to the client: as a property, in props, in an answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tree_sitter import Node

from shipworthy.facts.client.names import Meant, meant
from shipworthy.project.syntax import line_of, text_of

_READ = re.compile(rb"(?<![\w$.])(?:process|import\.meta)\.env\??\.([A-Za-z_][A-Za-z0-9_]{1,99})(?![\w(])")
_ANSWERS = re.compile(
    r"^(?:res|response|reply|ctx|c|h)(?:\.(?:status|code|type|set|header)\([^()]{0,80}\))?\.(?:json|send|end|write)$"
    r"|^(?:NextResponse|Response)\.json$|^(?:json|data|defer|superjson\.json)$"
)
_GIVERS = {"getServerSideProps", "getStaticProps", "getInitialProps", "loader", "load", "asyncData"}
"""Functions whose result a framework sends to the browser, each by its framework's documentation."""
_THROUGH = {
    "pair", "object", "array", "parenthesized_expression", "non_null_expression", "as_expression",
    "satisfies_expression", "template_substitution", "template_string", "spread_element", "await_expression",
}  # fmt: skip
_FUNCTIONS = ("arrow_function", "function_expression", "function_declaration", "method_definition")
_DEPTH = 30
_MOST = 100


def carried(root: Node, data: bytes, bindings: Mapping[str, str]) -> list[list[Any]]:
    """Rows [setting, line, way, module]; way is property, props or answer. `module` gives the component of a property.

    Only a value that is passed on as it is counts: one given to another call is used on the server.
    """
    rows: list[list[Any]] = []
    if b".env" not in data:
        return rows
    for match in _READ.finditer(data):
        name = match[1].decode("ascii")
        if meant(name) is not Meant.SERVER:
            continue
        node = root.named_descendant_for_byte_range(match.start(), match.end())
        way = _way(node) if node is not None and node.type == "member_expression" else None
        if way is not None and node is not None:
            kind, tag = way
            rows.append([name, line_of(node), kind, bindings.get(tag, "")])
            if len(rows) == _MOST:
                break
    return rows


def _way(node: Node) -> tuple[str, str] | None:
    here: Node = node
    for _ in range(_DEPTH):
        parent = here.parent
        if parent is None:
            return None
        if parent.type == "binary_expression":
            sign = parent.child_by_field_name("operator")
            if sign is None or text_of(sign) not in ("||", "??", "+"):
                return None
        elif parent.type == "jsx_expression":
            return _property(parent)
        elif parent.type == "arguments":
            call = parent.parent
            function = call.child_by_field_name("function") if call is not None else None
            if function is None or call is None:
                return None
            name = text_of(function)[:200]
            if _ANSWERS.match(name):
                return "answer", ""
            if name not in ("JSON.stringify", "String"):
                return None
            here = call
            continue
        elif parent.type == "return_statement" or (parent.type == "arrow_function" and _is_body(parent, here)):
            return ("props", "") if _giver(parent) else None
        elif parent.type not in _THROUGH or (parent.type == "pair" and parent.child_by_field_name("key") == here):
            return None
        here = parent
    return None


def _is_body(function: Node, node: Node) -> bool:
    return function.child_by_field_name("body") == node


def _property(expression: Node) -> tuple[str, str] | None:
    """Of a component its name; "" for an element of the page."""
    holder = expression.parent
    element = holder.parent if holder is not None and holder.type == "jsx_attribute" else holder
    if element is None or holder is None:
        return None
    if holder.type != "jsx_attribute":
        return "element", ""  # written between tags
    tag = element.child_by_field_name("name")
    name = text_of(tag) if tag is not None else ""
    return ("element", "") if name[:1].islower() else ("property", name.partition(".")[0])


def _giver(node: Node) -> bool:
    """Whether the function that returns is one whose result is sent."""
    here: Node | None = node
    while here is not None and here.type not in _FUNCTIONS:
        here = here.parent
    if here is None:
        return False
    name = here.child_by_field_name("name")
    holder = here.parent
    if name is None and holder is not None and holder.type in ("variable_declarator", "pair", "assignment_expression"):
        name = (
            holder.child_by_field_name("name")
            or holder.child_by_field_name("key")
            or holder.child_by_field_name("left")
        )
    return name is not None and text_of(name).rpartition(".")[2] in _GIVERS
