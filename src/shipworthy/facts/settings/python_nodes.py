"""Reads single expressions of Python for `python_reads`: calls, literals, defaults."""

from __future__ import annotations

from tree_sitter import Node

from shipworthy.facts.settings.defaults import of_text
from shipworthy.facts.settings.model import Default
from shipworthy.project.syntax import find, text_of


def function_of(node: Node, parameter: str) -> str | None:
    """The function that `node` lies in, if `parameter` is one of its own parameters."""
    here = node.parent
    while here is not None:
        if here.type == "function_definition":
            parameters, name = here.child_by_field_name("parameters"), here.child_by_field_name("name")
            if parameters is not None and name is not None:
                own = {text_of(each) for each in find(parameters, "identifier")}
                return text_of(name) if parameter in own else None
        here = here.parent
    return None


def callee_of(node: Node) -> str:
    """What a call calls, as it is written, without spaces."""
    function = node.child_by_field_name("function")
    return text_of(function).replace(" ", "").replace("\n", "") if function is not None else ""


def arguments(node: Node) -> tuple[list[Node], dict[str, Node]]:
    """A call's positional arguments in order, and its keyword arguments by name."""
    given = node.child_by_field_name("arguments")
    positional: list[Node] = []
    keywords: dict[str, Node] = {}
    for child in given.named_children if given is not None else ():
        if child.type == "keyword_argument":
            name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
            if name is not None and value is not None:
                keywords[text_of(name)] = value
        elif child.type != "comment":
            positional.append(child)
    return positional, keywords


def literal(node: Node) -> str | None:
    """The text of a plain string literal (also of several side by side); None for anything else."""
    if node.type == "parenthesized_expression" and len(node.named_children) == 1:
        return literal(node.named_children[0])
    if node.type == "concatenated_string":
        parts = [literal(child) for child in node.named_children]
        return None if any(part is None for part in parts) else "".join(part or "" for part in parts)
    if node.type != "string" or any(child.type == "interpolation" for child in node.named_children):
        return None
    return "".join(text_of(child) for child in node.named_children if child.type == "string_content")


def default_of(node: Node) -> Default:
    """The kind of a default's expression."""
    text = literal(node)
    if text is not None:
        return of_text(text)
    if node.type in ("none", "false"):
        return Default.EMPTY
    if node.type in ("list", "dictionary", "tuple", "set") and not node.named_children:
        return Default.EMPTY
    if node.type == "call" and callee_of(node).rpartition(".")[2] in (
        "SecretStr",
        "PostgresDsn",
        "AnyUrl",
        "HttpUrl",
        "str",
    ):
        positional, _ = arguments(node)
        return default_of(positional[0]) if positional else Default.EMPTY
    if node.type in ("integer", "float", "true"):
        return Default.TEXT
    return Default.COMPUTED
