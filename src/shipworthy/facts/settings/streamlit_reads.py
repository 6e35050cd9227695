"""Finds the settings that a Streamlit app reads from `st.secrets`, its own file of secrets.

Source: Streamlit's documentation of `st.secrets` and of secrets.toml.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from shipworthy.facts.settings.model import Default
from shipworthy.facts.settings.python_nodes import arguments, default_of, literal
from shipworthy.facts.settings.row import Row
from shipworthy.project.syntax import find, line_of, text_of

HOW = "st.secrets"
_STORES = frozenset({"st.secrets", "streamlit.secrets"})
_GETS = frozenset({"st.secrets.get", "streamlit.secrets.get"})
_LONGEST = 40
_METHODS = frozenset({"get", "to_dict", "has_key", "keys", "items", "values", "load_if_toml_exists"})


def reads(root: Node) -> Iterator[Row]:
    """A row for each value asked for by name; that of a section is "section.name"."""
    for node in find(root, "subscript", "attribute", "call"):
        if node.type == "call":
            function = node.child_by_field_name("function")
            if function is None or not _is(function, _GETS):
                continue
            positional, keywords = arguments(node)
            if positional:
                default = positional[1] if len(positional) > 1 else keywords.get("default")
                kind = Default.EMPTY if default is None else default_of(default)
                yield Row(literal(positional[0]), line_of(node), HOW, kind)
            continue
        holder = node.child_by_field_name("value" if node.type == "subscript" else "object")
        if holder is None or not _is(holder, _STORES):
            continue
        name, outer = _step(node), node
        if node.type == "attribute" and (name in _METHODS or name is None):
            continue
        nested = False
        while name is not None and (around := outer.parent) is not None and _goes_on(around, outer):
            further = _step(around)
            if further is None:
                break
            name, outer, nested = f"{name}.{further}", around, True
        # A section may be left out as a whole, and names in small letters stand in no list of settings.
        required = name is not None and not nested and name.upper() == name
        yield Row(name, line_of(node), HOW, Default.NONE if required else Default.EMPTY)


def _is(node: Node, names: frozenset[str]) -> bool:
    """Whether an expression is one of these; a long one is not even read."""
    return node.end_byte - node.start_byte <= _LONGEST and text_of(node) in names


def _step(node: Node) -> str | None:
    if node.type == "attribute":
        name = node.child_by_field_name("attribute")
        return text_of(name) if name is not None else None
    key = node.child_by_field_name("subscript")
    return literal(key) if key is not None else None


def _goes_on(around: Node, inner: Node) -> bool:
    """Whether a part of what `inner` gives is asked for; the method of a value is none."""
    if around.type == "subscript":
        return around.child_by_field_name("value") == inner
    called = around.parent is not None and around.parent.child_by_field_name("function") == around
    return around.type == "attribute" and around.child_by_field_name("object") == inner and not called
