"""Finds all nodes of some types in a syntax tree at once; a query runs in C, a walk in Python does not."""

from __future__ import annotations

from functools import cache

import tree_sitter
from tree_sitter import Node

from shipworthy.project.syntax import language


@cache
def _query(name: str, types: tuple[str, ...]) -> tree_sitter.Query:
    return tree_sitter.Query(language(name), "[" + " ".join(f"({each})" for each in types) + "] @found")


def by_type(name: str, root: Node, *types: str) -> dict[str, list[Node]]:
    """The nodes of each of these types below `root`, in source order. `name` is the grammar's.

    Raises tree_sitter.QueryError for a type the grammar does not have.
    """
    found: dict[str, list[Node]] = {each: [] for each in types}
    captures = tree_sitter.QueryCursor(_query(name, types)).captures(root)
    for node in captures.get("found", []):
        found[node.type].append(node)
    for nodes in found.values():
        nodes.sort(key=lambda node: (node.start_byte, -node.end_byte))
    return found
