"""A fast reader for the plain YAML that pnpm and Yarn write into their locks; anything else in a file is refused.

Understood are: block mappings, plain, quoted and folded scalars, sequences of scalars, flow collections (kept as
text), explicit keys ("? key"), comments and several documents. Not understood, and an error: tabs, anchors,
tags, merge keys, quoted texts over several lines, a key that appears twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shipworthy.facts.dependencies.parsing import Unclear

MAX_DEPTH = 40
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*+)"')
_SINGLE = re.compile(r"'((?:[^']|'')*+)'")
_ESCAPE = re.compile(r'\\(["\\/])')
_OPENS = re.compile(r":(?: |$)")
_FOLDED = re.compile(r"[|>][-+]?[1-9]?")

Value = "str | list[str] | Block"


class Block(dict[str, "str | list[str] | Block"]):
    """A mapping; `lines` holds the 1-based line of each key."""

    __slots__ = ("lines",)

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, int] = {}

    def block(self, key: str) -> Block:
        """The mapping under a key, an empty one where there is none."""
        found = self.get(key)
        return found if isinstance(found, Block) else Block()

    def text(self, key: str) -> str | None:
        """The scalar under a key."""
        found = self.get(key)
        return found if isinstance(found, str) else None


class _Level:
    __slots__ = ("block", "indent", "key", "parent")

    def __init__(self, indent: int, block: Block, parent: Block | None, key: str) -> None:
        self.indent = indent
        """Columns its keys stand at; -1 until the first is seen."""
        self.block = block
        self.parent = parent
        self.key = key


def read(text: str) -> list[Block]:
    """The documents of a file. Raises Unclear."""
    documents = [Block()]
    stack = [_Level(0, documents[0], None, "")]
    folded: int | None = None
    pending: tuple[int, str] | None = None
    flow: list[str] = []
    for number, line in _lines(text):
        stripped = line.lstrip(" ")
        indent = len(line) - len(stripped)
        if flow or (stripped and stripped[0] in "{["):
            flow.append(stripped)
            if stripped and stripped[-1] in "]}":
                _collection(stack, " ".join(flow), number)
                flow = []
            continue
        if folded is not None and (not stripped or indent > folded):
            continue
        folded = None
        if not stripped or stripped[0] == "#":
            continue
        if stripped in ("---", "...") and indent == 0:
            if documents[-1]:
                documents.append(Block())
            stack = [_Level(0, documents[-1], None, "")]
            continue
        if stripped[0] == "\t":
            raise Unclear("a tab where the format has none", number)
        if stripped == "-" or stripped.startswith("- "):
            _item(stack, indent, stripped[1:].strip(), number)
            continue
        if stripped.startswith("? "):
            pending = (indent, _scalar(stripped[2:].strip(), number))
            continue
        if pending:
            if indent != pending[0] or not (stripped == ":" or stripped.startswith(": ")):
                raise Unclear("a key without a value", number)
            key, rest = pending[1], stripped[1:].strip()
            pending = None
            if rest and rest[0] not in "'\"{[" and _OPENS.search(rest):
                # The mapping below the key starts on the line of its colon.
                _open(stack, key, indent, number)
                indent += 2
                key, rest = _key(rest, number)
        else:
            key, rest = _key(stripped, number)
        block = _place(stack, indent, number)
        if key in block:
            raise Unclear("a key appears twice", number)
        block.lines[key] = number
        if rest == "":
            _push(stack, key, block, number)
        elif _FOLDED.fullmatch(rest):
            block[key] = ""
            folded = indent
        else:
            block[key] = _scalar(rest, number)
    if pending or flow:
        raise Unclear("ends in the middle")
    return documents


def _push(stack: list[_Level], key: str, block: Block, number: int) -> None:
    child = Block()
    block[key] = child
    if len(stack) > MAX_DEPTH:
        raise Unclear(f"nested more than {MAX_DEPTH} deep", number)
    stack.append(_Level(-1, child, block, key))


def _open(stack: list[_Level], key: str, indent: int, number: int) -> None:
    """Start a mapping under an explicit key."""
    block = _place(stack, indent, number)
    if key in block:
        raise Unclear("a key appears twice", number)
    block.lines[key] = number
    _push(stack, key, block, number)


def _collection(stack: list[_Level], text: str, number: int) -> None:
    """A flow collection below the key it belongs to, as formatters write it."""
    top = stack[-1]
    if top.parent is None or top.block:
        raise Unclear("a collection where the format has none", number)
    top.parent[top.key] = text
    stack.pop()


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        yield number, line.rstrip(" \r")


def _place(stack: list[_Level], indent: int, number: int) -> Block:
    """The mapping that a key at this column belongs to."""
    while len(stack) > 1 and stack[-1].indent != -1 and stack[-1].indent > indent:
        stack.pop()
    top = stack[-1]
    if top.indent == -1:
        if indent > stack[-2].indent:
            top.indent = indent
        else:
            # The key above had no value at all.
            stack.pop()
            return _place(stack, indent, number)
    if stack[-1].indent != indent:
        raise Unclear("indented in a way the format never is", number)
    return stack[-1].block


def _item(stack: list[_Level], indent: int, text: str, number: int) -> None:
    """One item of a sequence of scalars, whose key was the last one without a value."""
    top = stack[-1]
    if top.parent is None or top.block or indent < stack[-2].indent:
        raise Unclear("a sequence where the format has none", number)
    held = top.parent[top.key]
    if isinstance(held, Block):
        held = top.parent[top.key] = []
    if not isinstance(held, list) or (text and text[0] not in "'\"" and re.search(r":(?: |$)", text)):
        raise Unclear("a sequence of more than texts", number)
    held.append(_scalar(text, number))


def _key(line: str, number: int) -> tuple[str, str]:
    """The key of a line and what follows its colon."""
    if line[0] in "'\"":
        match = (_DOUBLE if line[0] == '"' else _SINGLE).match(line)
        rest = line[match.end() :] if match else ""
        if not match or not (rest == ":" or rest.startswith(": ")):
            raise Unclear("a quoted key that is not closed", number)
        return _scalar(match[0], number), rest[1:].strip()
    if line[0] in "&*!%@`{}[]|>,":
        raise Unclear("YAML that these files never hold", number)
    position = line.find(": ")
    if position >= 0:
        return line[:position], line[position + 2 :].strip()
    if line.endswith(":"):
        return line[:-1], ""
    raise Unclear("a line without a key", number)


def _scalar(text: str, number: int) -> str:
    if not text:
        return ""
    first = text[0]
    if first in "'\"":
        match = (_DOUBLE if first == '"' else _SINGLE).fullmatch(text)
        if not match:
            raise Unclear("a quoted text that is not closed on its line", number)
        return _ESCAPE.sub(r"\1", match[1]) if first == '"' else match[1].replace("''", "'")
    if first in "&*!%`|>":
        raise Unclear("YAML that these files never hold", number)
    if (first == "{" and text[-1] != "}") or (first == "[" and text[-1] != "]"):
        raise Unclear("a collection over several lines", number)
    return text
