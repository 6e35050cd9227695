"""What a shell text runs with only the known variables set: its simple commands, branches decided on paper."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from tree_sitter import Node

from shipworthy.project import syntax

MAX_TEXT = 20_000
MAX_COMMANDS = 300
MAX_DEPTH = 60
_VARIABLE = re.compile(r"\$(?:\{(\w{1,80})(?::?([-=+])([^{}]{0,300}))?\}|(\w{1,80}))")
_ALL_ARGUMENTS = frozenset({'"$@"', "$@", "$*", '"$*"', '"${@}"', "${@}"})


class TooLong(Exception):
    """A shell text that is too long, or runs too many commands, to be followed."""


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command: its words, and the variables set for it."""

    words: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)


def commands(text: str, arguments: Sequence[str] = (), variables: Mapping[str, str] | None = None) -> list[Command]:
    """The commands a shell text runs, in order. A branch whose condition is not understood counts as run.

    `arguments` are what `$1` and `"$@"` stand for; an unknown variable counts as not set. Raises TooLong.
    """
    if len(text) > MAX_TEXT:
        raise TooLong("its shell text is too long to follow")
    tree = syntax.parse("bash", (text + "\n").encode("utf-8", "surrogateescape"))
    if tree is None:
        raise TooLong("its shell text took too long to read")
    walker = _Walker(list(arguments), dict(variables or {}))
    walker.walk(tree.root_node, 0)
    return walker.found


class _Walker:
    def __init__(self, arguments: list[str], variables: dict[str, str]) -> None:
        self.arguments = arguments
        self.variables = variables
        self.functions: dict[str, Node] = {}
        self.found: list[Command] = []

    def walk(self, node: Node, depth: int) -> None:
        if depth > MAX_DEPTH or len(self.found) > MAX_COMMANDS:
            raise TooLong("its start command goes through too many commands")
        kind = node.type
        if kind == "command":
            self._command(node, depth)
        elif kind == "variable_assignment":
            self._assign(node, self.variables)
        elif kind == "function_definition":
            name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
            if name is not None and body is not None:
                self.functions[syntax.text_of(name)] = body
        elif kind == "if_statement":
            self._if(node, depth)
        elif kind == "case_statement":
            self._case(node, depth)
        elif kind == "list" and len(node.children) == 3:
            left, operator, right = node.children
            self.walk(left, depth + 1)
            if self._truth(left) is not (operator.type != "&&"):
                self.walk(right, depth + 1)
        elif kind not in ("command_substitution", "heredoc_body", "comment", "test_command", "file_redirect"):
            for child in node.named_children:
                self.walk(child, depth + 1)

    def _assign(self, node: Node, into: dict[str, str]) -> None:
        name, _, value = syntax.text_of(node).partition("=")
        shown = self.expand(value)
        if shown is None:
            into.pop(name, None)
        else:
            into[name] = shown

    def _command(self, node: Node, depth: int) -> None:
        words: list[str] = []
        inline: dict[str, str] = {}
        for child in node.named_children:
            if child.type == "variable_assignment":
                self._assign(child, inline)
                continue
            if child.type.endswith("redirect"):
                continue
            text = syntax.text_of(child)
            if text in _ALL_ARGUMENTS:
                words += self.arguments
            else:
                words.append(shown if (shown := self.expand(text)) is not None else text)
        if words and (body := self.functions.pop(words[0], None)) is not None:
            # Taken out while it runs, so that a function calling itself ends.
            outer, self.arguments = self.arguments, words[1:]
            self.walk(body, depth + 1)
            self.arguments = outer
            self.functions[words[0]] = body
        elif words or inline:
            self.found.append(Command(tuple(words), inline))

    def _if(self, node: Node, depth: int) -> None:
        condition: list[Node] = []
        body: list[Node] = []
        at = condition
        for child in node.children:
            if child.type == "then":
                at = body
            elif child.type in ("elif_clause", "else_clause"):
                break
            elif child.type not in ("if", "elif", "fi", ";") and child.is_named:
                at.append(child)
        truth = self._truth(condition[0]) if len(condition) == 1 else None
        if truth is not False:
            for child in body:
                self.walk(child, depth + 1)
        if truth is True:
            return
        for child in node.children:
            if child.type == "elif_clause":
                self._if(child, depth + 1)
                if len(child.children) > 1 and self._truth(child.children[1]) is True:
                    return
            elif child.type == "else_clause":
                for each in child.named_children:
                    self.walk(each, depth + 1)

    def _case(self, node: Node, depth: int) -> None:
        value = node.child_by_field_name("value")
        subject = self.expand(syntax.text_of(value)) if value is not None else None
        for item in node.named_children:
            if item.type != "case_item":
                continue
            patterns = item.children_by_field_name("value")
            if subject is not None:
                shown = [self.expand(syntax.text_of(each)) for each in patterns]
                if not any(each is not None and fnmatchcase(subject, each) for each in shown):
                    continue
            for each in item.named_children:
                if each not in patterns:
                    self.walk(each, depth + 1)
            if subject is not None:
                return

    def expand(self, text: str) -> str | None:
        """A word with its variables put in and its quotes taken off; None where a command decides it."""
        if "$(" in text or "`" in text:
            return None
        if text.startswith("'"):
            return text.strip("'")

        def put(match: re.Match[str]) -> str:
            name = match[1] or match[4]
            if name.isdigit():
                held = self.arguments[int(name) - 1] if 0 < int(name[:4]) <= len(self.arguments) else ""
            else:
                held = self.variables.get(name, "")
            if match[2] == "+":
                return match[3] if held else ""
            return held or (match[3] or "")

        return _VARIABLE.sub(put, text).replace('"', "")

    def _truth(self, node: Node) -> bool | None:
        """Whether a condition holds; None where that is not known on paper."""
        if node.type == "negated_command":
            inner = self._truth(node.named_children[0]) if node.named_children else None
            return None if inner is None else not inner
        text = syntax.text_of(node).strip()
        if node.type == "command" and text in ("true", "false"):
            return text == "true"
        if node.type != "test_command" and not text.startswith("test "):
            return None
        if re.search(r"\$\(|`|&&|\|\| | -[ao] ", text):
            return None
        text = text.removeprefix("test ").strip("[] \t")
        try:
            raw = shlex.split(text, posix=False)
        except ValueError:
            return None
        negated = raw[:1] == ["!"]
        words = [self.expand(each) for each in raw[negated:]]
        if any(word is None for word in words):
            return None
        held: bool | None = None
        if len(words) == 2 and words[0] in ("-n", "-z"):
            held = bool(words[1]) is (words[0] == "-n")
        elif len(words) == 1:
            held = bool(words[0])
        elif len(words) == 3 and words[1] in ("=", "==", "!="):
            held = fnmatchcase(words[0] or "", words[2] or "") is (words[1] != "!=")
        return None if held is None else held is not negated
