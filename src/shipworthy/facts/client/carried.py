"""Finds server code that hands a secret setting straight to the client: as a property, in props, in an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from tree_sitter import Node

from shipworthy.facts.client.names import Meant, meant
from shipworthy.project.syntax import find, line_of, text_of

_READ = re.compile(rb"(?<![\w$.])(?:process|import\.meta)\.env\??\.([A-Za-z_][A-Za-z0-9_]{1,99})(?![\w(])")
_WHOLE = re.compile(rb"(?:(?<![\w$.])|(?<=\.\.\.))process\.env(?![\w$.?\[!])")
_OWN_MODULE = re.compile(r"\.|[@~#]/|\$lib/|src/")
_LIKELY = re.compile(r"(?i)key|secret|token|password|credential|env|config|settings|private|conf$")
"""Names of what may be a setting of another file; a check of each import would follow whole programs."""
_KIT = re.compile(rb"(?<![\w$.])env\.([A-Z][A-Z0-9_]{1,99})(?![\w(])")
_HANDLERS = re.compile(
    r"^(?:define(?:Cached)?EventHandler|(?:cached)?[eE]ventHandler|routeLoader\$|server\$|createServerFn\b.{0,200}\.handler)$",
    re.S,
)
"""What is given to these answers the client: Nitro, Qwik and TanStack Start, by their documentation."""
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
_STEPS = 3
"""Variables a value is followed through."""
_MOST_FOLLOWED = 24
ENVIRONMENT = "process.env"
"""What stands for every setting at once."""


def carried(root: Node, data: bytes, bindings: Mapping[str, str], *, served: bool = False) -> list[list[Any]]:
    """Rows [setting, line, way, module]; way is property, props or answer. `module` gives the component of a property.

    Only a value that is passed on as it is counts: one given to another call is used on the server. It is followed
    through variables of the same file. `served`: each function that the file exports can be called by the client.
    """
    rows: dict[tuple[str, int], list[Any]] = {}
    if b".env" not in data and b"$env/" not in data:
        return []
    looks = _Looks(served)
    for name, node in _sources(root, data):
        for at, kind, tag in looks.ways(node, 0):
            rows.setdefault((name, at), [name, at, kind, bindings.get(tag, "")])
        if len(rows) >= _MOST:
            break
    return list(rows.values())[:_MOST]


def handed_on(root: Node, data: bytes, bindings: Mapping[str, str], *, served: bool = False) -> list[list[Any]]:
    """Rows [name in the other file, line, way, component, module]: the same of what another file of the project gives.

    Whether that is a server's setting is known where the other file is: see `given`.
    """
    rows: dict[tuple[str, int], list[Any]] = {}
    looks = _Looks(served)
    for statement in find(root, "import_statement"):
        source = statement.child_by_field_name("source")
        module = text_of(source).strip("\"'") if source is not None else ""
        if not _OWN_MODULE.match(module):
            continue
        for item in islice(find(statement, "import_specifier"), _MOST_FOLLOWED):
            own, alias = item.child_by_field_name("name"), item.child_by_field_name("alias")
            if own is None or not _LIKELY.search(text_of(own)):
                continue
            for use in _uses(root, text_of(alias or own), item):
                node, name = _member(use, text_of(own))
                for at, way, tag in looks.ways(node, 0):
                    rows.setdefault((name, at), [name, at, way, bindings.get(tag, ""), module])
                if len(rows) >= _MOST:
                    return list(rows.values())
    return list(rows.values())


def _member(use: Node, name: str) -> tuple[Node, str]:
    """A property of what is imported, where that is what the place names."""
    parent = use.parent
    inner = (
        parent.child_by_field_name("property") if parent is not None and parent.type == "member_expression" else None
    )
    if parent is None or inner is None or parent.child_by_field_name("object") != use:
        return use, name
    return parent, f"{name}.{text_of(inner)}"


def given(root: Node, data: bytes) -> list[list[str]]:
    """Rows [exported name, setting] of a server's settings that a file gives others as they are."""
    rows: list[list[str]] = []
    for statement in find(root, "export_statement") if b".env" in data else ():
        inner = statement.child_by_field_name("declaration")
        for each in inner.named_children if inner is not None and inner.type == "lexical_declaration" else ():
            name, value = each.child_by_field_name("name"), each.child_by_field_name("value")
            if name is not None and value is not None:
                rows += [[".".join(filter(None, (text_of(name), key))), setting] for key, setting in _read_in(value)]
    return rows[:_MOST]


def _read_in(value: Node) -> Iterator[tuple[str, str]]:
    """(key or "", setting) of a value that is one read, or an object of some."""
    while value.type in ("non_null_expression", "as_expression", "satisfies_expression", "parenthesized_expression"):
        value = value.named_children[0]
    if value.type == "object":
        for pair in value.named_children:
            key, inner = pair.child_by_field_name("key"), pair.child_by_field_name("value")
            if key is not None and inner is not None and inner.type != "object":
                yield from ((text_of(key).strip("\"'"), setting) for _, setting in _read_in(inner))
    elif value.type == "binary_expression" and (left := value.child_by_field_name("left")) is not None:
        sign = value.child_by_field_name("operator")
        yield from _read_in(left) if sign is not None and text_of(sign) in ("||", "??") else ()
    elif value.type == "member_expression" and (found := _READ.fullmatch(text_of(value).encode())) is not None:
        setting = found[1].decode("ascii")
        if meant(setting) is Meant.SERVER:
            yield "", setting


def _sources(root: Node, data: bytes) -> Iterator[tuple[str, Node]]:
    """Places that read a server's setting, or the whole environment, by its name."""
    for pattern in (_READ, _WHOLE, *((_KIT,) if b"$env/dynamic/private" in data else ())):
        for match in pattern.finditer(data):
            name = match[1].decode("ascii") if match.re.groups else ENVIRONMENT
            node = root.named_descendant_for_byte_range(match.start(), match.end())
            if node is None or node.type != "member_expression" or node.start_byte != match.start():
                continue
            if name == ENVIRONMENT or meant(name) is Meant.SERVER:
                yield name, node
    for statement in find(root, "import_statement") if b"$env/static/private" in data else ():
        source = statement.child_by_field_name("source")
        if source is None or text_of(source).strip("\"'") != "$env/static/private":
            continue
        for item in islice(find(statement, "import_specifier"), _MOST_FOLLOWED):
            own, alias = item.child_by_field_name("name"), item.child_by_field_name("alias")
            if own is not None and meant(text_of(own)) is Meant.SERVER:
                name = text_of(own)
                yield from ((name, use) for use in _uses(root, text_of(alias or own), item))


def _uses(scope: Node, name: str, but: Node) -> Iterator[Node]:
    """Places that name a variable of a scope, without those where an inner one of the same name is meant."""
    named = (each for each in find(scope, "identifier", "shorthand_property_identifier") if text_of(each) == name)
    for use in islice(named, _MOST):
        if not but.start_byte <= use.start_byte < but.end_byte and not _hidden(use, scope, but):
            yield use


def _hidden(use: Node, scope: Node, but: Node) -> bool:
    here = use.parent
    while here is not None and here != scope:
        declared: list[Node] = []
        if here.type in _FUNCTIONS:
            given = here.child_by_field_name("parameters") or here.child_by_field_name("parameter")
            declared = [each for each in (given,) if each is not None]
        elif here.type == "statement_block":
            inner = [
                child for child in here.named_children if child.type in ("lexical_declaration", "variable_declaration")
            ]
            holders = [each for child in inner for each in child.named_children if each != but]
            declared = [each for holder in holders if (each := holder.child_by_field_name("name")) is not None]
        for each in declared:
            names = (
                [each]
                if each.type == "identifier"
                else find(each, "identifier", "shorthand_property_identifier_pattern")
            )
            if any(text_of(name) == text_of(use) for name in names):
                return True
        here = here.parent
    return False


class _Looks:
    """One file: how its values get to the client."""

    def __init__(self, served: bool) -> None:
        self._served = served
        self._followed = 0

    def ways(self, node: Node, depth: int) -> Iterator[tuple[int, str, str]]:
        """(line, way, component) of each place where a value is handed over."""
        way = _way(node, self._served)
        if isinstance(way, tuple):
            yield line_of(node), *way
            return
        name = way.child_by_field_name("name") if way is not None else None
        if way is None or name is None or depth == _STEPS or self._followed == _MOST_FOLLOWED:
            return
        self._followed += 1
        scope = way.parent
        while scope is not None and scope.parent is not None and scope.type != "statement_block":
            scope = scope.parent
        for use in _uses(scope, text_of(name), way) if scope is not None else ():
            yield from self.ways(use, depth + 1)


def _way(node: Node, served: bool) -> tuple[str, str] | Node | None:
    """How a value gets to the client; the declaration of a variable where that is given the value."""
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
            if call is None:
                return None
            function = call.child_by_field_name("function")
            if function is None:
                made = call.child_by_field_name("constructor")
                return ("answer", "") if made is not None and text_of(made) in ("Response", "NextResponse") else None
            name = text_of(function)[:200]
            if _ANSWERS.match(name):
                return "answer", ""
            if name not in ("JSON.stringify", "String"):
                return None
            here = call
            continue
        elif parent.type == "return_statement" or (parent.type == "arrow_function" and _is_body(parent, here)):
            given = _giver(parent, served)
            return (given, "") if given else None
        elif parent.type == "variable_declarator":
            name_node = parent.child_by_field_name("name")
            return parent if name_node is not None and name_node.type == "identifier" and name_node != here else None
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


def _giver(node: Node, served: bool) -> str:
    """The way by which what the function returns is sent; "" for one whose result stays on the server."""
    here: Node | None = node
    while here is not None and here.type not in _FUNCTIONS:
        here = here.parent
    if here is None:
        return ""
    name = here.child_by_field_name("name")
    holder = here.parent
    if holder is not None and holder.type == "arguments" and holder.parent is not None:
        function = holder.parent.child_by_field_name("function")
        return "answer" if function is not None and _HANDLERS.match(text_of(function)[:300]) else ""
    if name is None and holder is not None and holder.type in ("variable_declarator", "pair", "assignment_expression"):
        name = (
            holder.child_by_field_name("name")
            or holder.child_by_field_name("key")
            or holder.child_by_field_name("left")
        )
    called = text_of(name).rpartition(".")[2] if name is not None else ""
    # A module of the server may have a `load` of its own; that of a route is exported.
    if called in _GIVERS and (called not in ("load", "loader") or _exported(here)):
        return "props"
    return "answer" if _own_directive(here) or (served and _exported(here)) else ""


def _own_directive(function: Node) -> bool:
    """Whether a function's body begins with `"use server"`: then the client can call it."""
    body = function.child_by_field_name("body")
    first = body.named_children[0] if body is not None and body.named_children else None
    return first is not None and first.type == "expression_statement" and text_of(first).strip("\"';") == "use server"


def _exported(function: Node) -> bool:
    here = function.parent
    while here is not None and here.type in ("variable_declarator", "lexical_declaration"):
        here = here.parent
    return here is not None and here.type == "export_statement"
