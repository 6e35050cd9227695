"""Syntax trees with tree-sitter: which grammar a file takes, parsing within limits, and small ways to walk a tree."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import PurePosixPath

import tree_sitter
from tree_sitter import Node, Tree

MAX_SECONDS = 2.0
"""How long one file may take to parse."""
MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 400
"""How deep `walk` descends; deeper nesting is an attack or generated code."""

_BY_SUFFIX = {
    ".py": "python", ".pyi": "python",
    ".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".jsx": "javascript",
    ".ts": "typescript", ".mts": "typescript", ".cts": "typescript", ".tsx": "tsx",
    ".sh": "bash", ".bash": "bash",
}  # fmt: skip


def language_of(path: str) -> str | None:
    """The grammar's name for a path, None where there is none."""
    return _BY_SUFFIX.get(PurePosixPath(path).suffix.lower())


@cache
def language(name: str) -> tree_sitter.Language:
    """A grammar: python, javascript, typescript, tsx or bash. Raises ValueError for another name."""
    # Each grammar is imported when first needed: together they cost 20 ms of start-up.
    if name == "python":
        import tree_sitter_python as grammar

        return tree_sitter.Language(grammar.language())
    if name == "javascript":
        import tree_sitter_javascript

        return tree_sitter.Language(tree_sitter_javascript.language())
    if name in ("typescript", "tsx"):
        import tree_sitter_typescript

        pick = tree_sitter_typescript.language_tsx if name == "tsx" else tree_sitter_typescript.language_typescript
        return tree_sitter.Language(pick())
    if name == "bash":
        import tree_sitter_bash

        return tree_sitter.Language(tree_sitter_bash.language())
    raise ValueError(f"no grammar for {name}")


@cache
def _parser(name: str) -> tree_sitter.Parser:
    with warnings.catch_warnings():
        # The limit is deprecated in favour of a callback that works only for input that comes in chunks; a tree of
        # such input asks for the chunks again whenever a node's text is read, which costs 64 KiB for each node.
        warnings.simplefilter("ignore", DeprecationWarning)
        return tree_sitter.Parser(language(name), timeout_micros=int(MAX_SECONDS * 1_000_000))


def parse(name: str, data: bytes) -> Tree | None:
    """The tree of `data`; None where it is too large, or parsing took more than `MAX_SECONDS`.

    A broken file still has a tree, with error nodes in it (see `first_error`).
    """
    if len(data) > MAX_BYTES:
        return None
    parser = _parser(name)
    try:
        return parser.parse(data)
    except ValueError:
        # Out of time. Without a reset the next file would be parsed from where this one stopped.
        parser.reset()
        return None


def walk(node: Node) -> Iterator[Node]:
    """`node` and everything below it, in source order, without recursion, at most `MAX_DEPTH` deep."""
    stack = [(node, 0)]
    while stack:
        here, depth = stack.pop()
        yield here
        if depth < MAX_DEPTH:
            stack.extend((child, depth + 1) for child in reversed(here.children))


def find(node: Node, *types: str) -> Iterator[Node]:
    """The nodes of these types among those that `walk` gives, in the same order, at a quarter of its cost."""
    wanted = frozenset(types)
    cursor = node.walk()
    # A cursor makes one node at a time; `children` makes lists of all of them, which took most of the time.
    down, right, up = cursor.goto_first_child, cursor.goto_next_sibling, cursor.goto_parent
    depth = 0
    while True:
        here = cursor.node
        if here is not None and here.type in wanted:
            yield here
        if depth < MAX_DEPTH and down():
            depth += 1
            continue
        while not right():
            if not up():
                return
            depth -= 1


def text_of(node: Node) -> str:
    """The source text of a node; undecodable bytes are surrogate-escaped."""
    return (node.text or b"").decode("utf-8", "surrogateescape")


def line_of(node: Node) -> int:
    """The 1-based line a node starts on."""
    return node.start_point[0] + 1


def first_error(tree: Tree) -> int | None:
    """The 1-based line of the first syntax error, None for a tree without one."""
    root = tree.root_node
    if not root.has_error:
        return None
    for node in walk(root):
        if node.is_error or node.is_missing:
            return line_of(node)
    return 1
