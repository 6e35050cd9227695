"""YAML and JSON of a repository, within limits, with the line of every key."""

from __future__ import annotations

import io
import json
from typing import Any

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 60
MAX_ALIASES = 1_000
MAX_VALUES = 200_000
"""Values of a file with aliases, those below an anchor counted each time it is named."""


class BadData(Exception):
    """Not valid, or beyond the limits; `line` (1-based) where it went wrong, if known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def why_bad(error: Exception) -> str:
    """That a file is not valid and why, in 120 characters."""
    words = str(error)
    return (words if words.startswith("not valid") else f"not valid: {words}")[:120]


def load_yaml(data: bytes, *, last_wins: bool = False) -> list[Any]:
    """Every document of a YAML file as ruamel round-trip nodes without comments (`.lc`: 0-based lines). Raises BadData.

    `on:` stays text, anchors are expanded lazily; alias bombs and deep nesting (by aliases, too) are refused before
    anything is built from them. Duplicate keys are an error; with `last_wins` the last of them counts, as in Ruby.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.composer import Composer
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.events import AliasEvent
    from ruamel.yaml.parser import Parser
    from ruamel.yaml.scanner import Scanner

    class BoundedComposer(Composer):
        """Counts while the tree is made: a pass of its own over the events would double the time."""

        nesting = aliases = 0

        def __init__(self, loader: Any = None) -> None:
            super().__init__(loader)
            self.whole: dict[int, tuple[int, int, Any]] = {}
            # An anchor may be given anew (YAML 1.2, "Anchors and aliases"); a warning would go past every mask.
            self.warn_double_anchors = False

        def compose_node(self, parent: Any, index: Any) -> Any:
            event = self.parser.peek_event()
            if isinstance(event, AliasEvent):
                self.aliases += 1
                if self.aliases > MAX_ALIASES:
                    raise BadData(f"more than {MAX_ALIASES} aliases", event.start_mark.line + 1)
            self.nesting += 1
            if self.nesting > MAX_DEPTH + 1:
                raise BadData(f"nested more than {MAX_DEPTH} deep", event.start_mark.line + 1)
            try:
                node = super().compose_node(parent, index)
            finally:
                self.nesting -= 1
            if repeats:
                self.measure(node, event)
            return node

        def compose_document(self) -> Any:
            self.whole.clear()
            return super().compose_document()

        def measure(self, node: Any, event: Any) -> None:
            """Notes how many values a node stands for, and how deep they nest. Anchors come before their aliases."""
            if id(node) in self.whole:
                return
            if isinstance(event, AliasEvent):
                raise BadData("an anchor holds itself", event.start_mark.line + 1)
            inner = node.value if isinstance(node.value, list) else ()
            parts = [self.whole[id(part)] for row in inner for part in (row if isinstance(row, tuple) else (row,))]
            values = 1 + sum(part[0] for part in parts)
            deep = 1 + max((part[1] for part in parts), default=0)
            if values > MAX_VALUES:
                raise BadData(f"its aliases make more than {MAX_VALUES} values of it", event.start_mark.line + 1)
            if deep > MAX_DEPTH + 1:
                raise BadData(f"nested more than {MAX_DEPTH} deep by its aliases", event.start_mark.line + 1)
            # The node itself too: no other may get its identity.
            self.whole[id(node)] = values, deep, node

        def compose_mapping_node(self, anchor: Any) -> Any:
            node = super().compose_mapping_node(anchor)
            if last_wins:
                keys = [str(getattr(key, "value", "")) for key, _ in node.value]
                last = {key: at for at, key in enumerate(keys)}
                node.value = [
                    row for at, row in enumerate(node.value) if keys[at] == "<<" or last.get(keys[at], at) == at
                ]
            return node

    if len(data) > MAX_BYTES:
        raise BadData(f"larger than {MAX_BYTES // 1024} KiB")
    text = data.decode("utf-8-sig", "replace")
    if "\t" in text:
        # Tabs may stand at the end of a line; ruamel takes them for the start of a token.
        text = "\n".join(line.rstrip(" \t") if line.endswith("\t") else line for line in text.split("\n"))
    repeats = "*" in text and "&" in text
    yaml = YAML(typ="rt", pure=True)
    yaml.Composer = BoundedComposer
    # Without their comments, which nobody reads from the nodes: a third of the time.
    yaml.Scanner, yaml.Parser = Scanner, Parser
    try:
        return [document for document in yaml.load_all(io.StringIO(text)) if document is not None]
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadData(f"not valid YAML: {error.problem or 'it breaks off'}", mark.line + 1 if mark else None) from error
    except (YAMLError, ValueError, RecursionError, TypeError, AttributeError, KeyError) as error:
        # ruamel raises plain Python errors for some malformed scalars; all of them mean "not readable as YAML".
        raise BadData(f"not valid YAML: {type(error).__name__}") from error


def line_of(node: Any, key: Any = None) -> int | None:
    """The 1-based line of a mapping's key, of a sequence's index, or (no key) of the node itself."""
    mark = getattr(node, "lc", None)
    if mark is None:
        return None
    try:
        if key is None:
            return int(mark.line) + 1
        row = mark.key(key)[0] if hasattr(node, "keys") else mark.item(key)[0]
        return int(row) + 1
    except (KeyError, IndexError, TypeError):
        return None


def load_json(data: bytes) -> Any:
    """A JSON document; duplicate keys and non-finite numbers are refused. Raises BadData."""

    def pairs(rows: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(rows)
        if len(found) != len(rows):
            raise BadData("a key appears twice")
        return found

    def constant(name: str) -> Any:
        raise BadData(f"{name} is not JSON")

    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=pairs, parse_constant=constant)
    except json.JSONDecodeError as error:
        raise BadData(error.msg, error.lineno) from error
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise BadData(f"not valid JSON: {type(error).__name__}") from error
