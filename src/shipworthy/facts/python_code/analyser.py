"""Reads the code of each Python file once; what readers evaluate across files is built from these records."""

from __future__ import annotations

from tree_sitter import Node

from shipworthy.facts.base import Analyser, Record
from shipworthy.facts.python_code.code import CodeBuilder
from shipworthy.facts.python_code.servers import python_servers
from shipworthy.project import FileEntry, Source, is_test_path
from shipworthy.project.syntax import first_error

_NOT_SERVED = ("migrations/", "alembic/versions/", "docs/", "site-packages/")


class PythonCode(Analyser):
    """Record: `{"b": code (see `code`), "w": whether it may register routes, "e": line of a syntax error or None,
    "f": modules of server frameworks that it imports, "m": first and last line of each `__main__` block}`."""

    name = "python-code"
    version = "3"

    def wants(self, entry: FileEntry) -> bool:
        if entry.suffix != ".py" or not entry.by_hand or is_test_path(entry.path):
            return False
        return not any(f"/{folder}" in f"/{entry.path}" for folder in _NOT_SERVED)

    def analyse(self, source: Source) -> Record:
        tree = source.tree
        if tree is None:
            empty = {"b": [], "w": False, "e": None, "f": [], "m": []}
            return Record(empty, (("took too long or is too large to parse", None),))
        builder = CodeBuilder(source.data)
        return Record(
            {
                "b": builder.module(tree.root_node),
                "w": builder.wiring,
                "e": first_error(tree),
                "f": python_servers(source.data),
                "m": _main_blocks(tree.root_node),
            }
        )


def _main_blocks(root: Node) -> list[list[int]]:
    found = []
    for node in root.named_children:
        condition = node.child_by_field_name("condition") if node.type == "if_statement" else None
        if condition is not None and b"__name__" in (condition.text or b""):
            found.append([node.start_point[0] + 1, node.end_point[0] + 1])
    return found
