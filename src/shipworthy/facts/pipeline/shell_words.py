"""Words of a shell script: expansions with what is known of the variables, and `[ … ]` tests."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase

from tree_sitter import Node

from shipworthy.facts.pipeline.shell_text import Printed
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.project.syntax import text_of

Values = tuple[str, ...]
"""What a variable may hold: one text where it is known, several where a branch decides, `(HOLE,)` where nothing is."""

_EXPANSION = re.compile(r"\$\{(!?)([A-Za-z_]\w*|[0-9@*#?])(?:(:?[-=+])(.*))?\}", re.S)
_OWN_FOLDER = re.compile(r"""dirname\s+(?:--\s+)?["']?(?:\$0|\$\{0\}|\$\{?BASH_SOURCE(?:\[0\])?\}?)["']?""")
_TO_FOLDER = re.compile(r"&&\s*pwd(?:\s+-[PL])?$")
_PATH_TOOLS = {"which", "command", "type"}


ANYTHING = "*"
"""The name under which a frame notes that its environment was given as a whole and is not known."""
ROOT = "\ue001"
"""Leads a path that counts from the repository's root wherever the script stands (`$GITHUB_WORKSPACE`, `$(pwd)`)."""


def join_path(folder: str | None, path: str) -> str | None:
    """A path inside the repository ("." is its root); None where it is unknown or leaves the repository."""
    if path.startswith(ROOT):
        folder, path = ".", path[1:].lstrip("/") or "."
    if folder is None or HOLE in path or ROOT in path:
        return None
    if path.startswith("/"):
        return None
    joined = posixpath.normpath(posixpath.join(folder, path))
    return None if joined == ".." or joined.startswith("../") else joined


def unescape(text: str) -> str:
    """A bare word without its backslashes; a backslash before a line end joins the lines."""
    return re.sub(r"\\(.)", lambda m: "" if m[1] == "\n" else m[1], text, flags=re.S) if "\\" in text else text


class Words:
    """Expands the words of one script with the variables as they are at that point."""

    def __init__(
        self, variables: dict[str, Values], args: Sequence[str], exists: Callable[[str], bool], folder: str | None
    ) -> None:
        self.variables = variables
        self.args = tuple(args)
        self.exists = exists
        """Whether a path inside the repository is a file or folder of it."""
        self.folder = folder
        self.printed = Printed(self.command, self.expand, HOLE)
        self.own: str | None = None
        """The script's own path, where it is a file of the repository."""

    def variable(self, name: str, *, leading: bool = False) -> str:
        """The value of a variable or positional parameter; `HOLE` where it is not known.

        `leading`: in front of a program's name every value that is empty or a folder means the same.
        """
        if name == "0":
            return ROOT + self.own if self.own is not None else HOLE
        if name.isdigit():
            index = int(name)
            return self.args[index - 1] if 0 < index <= len(self.args) else ("" if index else HOLE)
        if name in ("@", "*"):
            return " ".join(self.args)
        if name == "#":
            return str(len(self.args)) if not any(HOLE in each for each in self.args) else HOLE
        values = self.variables.get(name)
        if values is None:
            # The shell itself keeps it, whatever the environment says.
            return ROOT + self.folder if name == "PWD" and self.folder is not None else HOLE
        if len(values) == 1:
            return values[0]
        if leading and all(not value or value.endswith("/") for value in values):
            return ""
        return HOLE

    def known(self, name: str) -> bool:
        return name in self.variables or name.isdigit() or name in ("@", "*", "#")

    def expand(self, node: Node, *, leading: bool = False) -> str:
        """One word as text. Globs stay as they are written."""
        kind = node.type
        if kind in ("word", "number", "extglob_pattern", "regex", "variable_name", "test_operator", "string_content"):
            return unescape(text_of(node)) if kind != "string_content" else _unquote(text_of(node))
        if kind == "raw_string":
            return text_of(node)[1:-1]
        if kind == "ansi_c_string":
            return text_of(node)[2:-1].replace("\\n", "\n").replace("\\t", "\t").replace("\\'", "'")
        if kind == "simple_expansion":
            return self.variable(text_of(node)[1:], leading=leading)
        if kind == "expansion":
            return self._expansion(text_of(node), leading)
        if kind == "command_substitution":
            return self._substitution(node)
        if kind in ("string", "concatenation", "command_name", "translated_string"):
            return self._parts(node, leading)
        return HOLE

    def _parts(self, node: Node, leading: bool) -> str:
        """Children and the text between them, which the grammar leaves out (blanks inside quotes)."""
        raw = node.text or b""
        quoted = node.type in ("string", "translated_string")
        parts: list[str] = []
        at = node.start_byte
        for number, child in enumerate(node.children):
            between = raw[at - node.start_byte : child.start_byte - node.start_byte].decode("utf-8", "replace")
            parts.append(between if quoted else between.strip("\\\n"))
            if child.type not in ('"', '$"', "$"):
                parts.append(self.expand(child, leading=leading and (number == 0 or not "".join(parts))))
            elif child.type == "$":
                parts.append("$")
            at = child.end_byte
        return "".join(parts)

    def _expansion(self, text: str, leading: bool) -> str:
        match = _EXPANSION.fullmatch(text)
        if match is None or match[1]:
            return HOLE
        name, sign, other = match[2], match[3], match[4] or ""
        if sign is None:
            return self.variable(name, leading=leading)
        other = other.strip("\"'")
        if "$" in other or "`" in other:
            other = HOLE
        value = self.variable(name, leading=leading) if self.known(name) else None
        if sign.endswith("+"):
            return HOLE if value == HOLE else (other if value else "")
        if value is None:
            return other
        return value or (other if sign.startswith(":") else value)

    def _substitution(self, node: Node) -> str:
        inner = text_of(node).removeprefix("$(").removesuffix(")").strip("`").strip()
        if inner == "pwd":
            return ROOT + self.folder if self.folder is not None else HOLE
        if inner == "git rev-parse --show-toplevel":
            return ROOT
        if _OWN_FOLDER.fullmatch(inner):
            return ROOT + (posixpath.dirname(self.own) or ".") if self.own is not None else HOLE
        words = inner.split()
        if len(words) in (2, 3) and words[0] in _PATH_TOOLS and re.fullmatch(r"[\w.+-]+", words[-1]):
            return words[-1]
        for child in node.named_children:
            if child.type == "list" and _TO_FOLDER.search(inner):
                change = child.named_children[0]
                if change.type == "redirected_statement":
                    change = change.named_children[0]
                target = self.command(change) if change.type == "command" else []
                path = join_path(self.folder, target[-1]) if len(target) > 1 and target[0] == "cd" else None
                return ROOT + path if path is not None else HOLE
        if self.printed.changed is not None and len(node.named_children) == 1:
            text, _ = self.printed.of(node.named_children[0])
            return HOLE if text is None else text.strip("\n")
        return HOLE

    def command(self, node: Node) -> list[str]:
        """The words of a simple command, split where an unquoted variable holds several."""
        words: list[str] = []
        for child in node.children:
            if child.type in ("variable_assignment", "file_redirect", "herestring_redirect", "heredoc_redirect"):
                continue
            leading = not words
            bare = child.children[0] if child.type == "command_name" and child.child_count == 1 else child
            text = self.expand(bare, leading=leading)
            if bare.type in ("simple_expansion", "expansion"):
                words += text.split()
            elif bare.type == "string" and text_of(bare) == '"$@"':
                words += list(self.args)
            elif child.is_named:
                words.append(text)
        return words


def _unquote(text: str) -> str:
    """Inside double quotes a backslash protects only a few characters."""
    return re.sub(r"\\([$`\"\\\n])", lambda m: "" if m[1] == "\n" else m[1], text) if "\\" in text else text


def test_words(node: Node, words: Words) -> list[str]:
    """The tokens of a `[ … ]` or `[[ … ]]`, expanded, without the brackets."""
    found: list[str] = []

    def add(each: Node) -> None:
        if each.type in ("unary_expression", "binary_expression", "negated_command", "parenthesized_expression"):
            for child in each.children:
                add(child)
        elif each.is_named:
            found.append(words.expand(each))
        else:
            found.append(text_of(each))

    for child in node.children[1:-1]:
        add(child)
    return found


def evaluate_test(tokens: Sequence[str], words: Words) -> bool | None:
    """Whether a test holds; None where that is not known."""
    value, at = _any(list(tokens), 0, words)
    return value if at == len(tokens) else None


def _any(tokens: list[str], at: int, words: Words) -> tuple[bool | None, int]:
    value, at = _all(tokens, at, words)
    while at < len(tokens) and tokens[at] in ("||", "-o"):
        other, at = _all(tokens, at + 1, words)
        value = True if value or other else (None if value is None or other is None else False)
    return value, at


def _all(tokens: list[str], at: int, words: Words) -> tuple[bool | None, int]:
    value, at = _one(tokens, at, words)
    while at < len(tokens) and tokens[at] in ("&&", "-a"):
        other, at = _one(tokens, at + 1, words)
        value = False if value is False or other is False else (None if value is None or other is None else True)
    return value, at


def _one(tokens: list[str], at: int, words: Words) -> tuple[bool | None, int]:
    if at >= len(tokens):
        return None, at
    here = tokens[at]
    left = len(tokens) - at
    if here == "!" and left > 1:
        value, end = _one(tokens, at + 1, words)
        return (None if value is None else not value), end
    if here == "(":
        value, end = _any(tokens, at + 1, words)
        return value, end + 1
    if left >= 3 and tokens[at + 1] in _BINARY:
        return _binary(here, tokens[at + 1], tokens[at + 2]), at + 3
    if left >= 2 and re.fullmatch(r"-[a-zA-Z]", here) and tokens[at + 1] not in ("&&", "||", "-a", "-o", ")"):
        return _unary(here, tokens[at + 1], words), at + 2
    return (None if HOLE in here else bool(here)), at + 1


_BINARY: Mapping[str, Callable[[int, int], bool]] = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "=~": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
}


def _binary(left: str, sign: str, right: str) -> bool | None:
    if HOLE in left or HOLE in right or sign in ("=~", "<", ">"):
        return None
    if sign in ("=", "=="):
        return fnmatchcase(left, right) if "*" in right else left == right
    if sign == "!=":
        return not (fnmatchcase(left, right) if "*" in right else left == right)
    try:
        return _BINARY[sign](int(left), int(right))
    except ValueError:
        return None


def _unary(sign: str, text: str, words: Words) -> bool | None:
    if sign in ("-n", "-z"):
        if text and text != HOLE and text.replace(HOLE, ""):
            return sign == "-n"
        return None if HOLE in text else sign == "-z"
    if sign in ("-f", "-e", "-d", "-r", "-s", "-x"):
        path = join_path(words.folder, text) if text else None
        # What is not in the repository may still be made by an earlier command.
        return True if path is not None and words.exists(path) else None
    return None
