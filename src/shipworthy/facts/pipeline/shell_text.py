"""What small shell pipelines print, for scripts that decide by the names of changed files which jobs to run.

`echo`, `git diff --name-only`, `grep` and a few filters, on known text; anything else is not known (None).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from tree_sitter import Node

from shipworthy.project import syntax

MAX_TEXT = 4_000
_NAMES_OF_CHANGES = (["git", "diff"], ["git", "diff-tree"], ["git", "show"], ["git", "log"], ["gh", "pr"])

Answered = tuple[str | None, bool | None]
"""What a command prints, and whether it succeeds; None where that is not known."""
UNKNOWN: Answered = (None, None)


class Printed:
    """Evaluates nodes of one script. `words` gives a command's words, `changed` is the changed file's path."""

    def __init__(self, words: Callable[[Node], list[str]], expand: Callable[[Node], str], hole: str) -> None:
        self._words = words
        self._expand = expand
        self._hole = hole
        self.changed: str | None = None

    def of(self, node: Node, stdin: str | None = None, depth: int = 0) -> Answered:
        """What a statement prints and whether it succeeds."""
        if depth > 12:
            return UNKNOWN
        named = [child for child in node.named_children if child.type != "comment"]
        if node.type == "command":
            return self._command(self._words(node), stdin)
        if node.type == "pipeline":
            answered: Answered = (stdin, None)
            for child in named:
                answered = self.of(child, answered[0], depth + 1)
            return answered
        if node.type == "list" and len(named) == 2:
            return self._list(node, named, stdin, depth)
        if node.type == "redirected_statement":
            return self._redirected(node, stdin, depth)
        if node.type == "negated_command" and named:
            text, holds = self.of(named[0], stdin, depth + 1)
            return text, None if holds is None else not holds
        return UNKNOWN

    def _list(self, node: Node, named: Sequence[Node], stdin: str | None, depth: int) -> Answered:
        text, holds = self.of(named[0], stdin, depth + 1)
        either = any(child.type == "||" for child in node.children)
        if holds is None or text is None:
            return UNKNOWN
        if holds is either:
            return text, holds
        more, then = self.of(named[1], stdin, depth + 1)
        return (None if more is None else text + more), then

    def _redirected(self, node: Node, stdin: str | None, depth: int) -> Answered:
        body = node.child_by_field_name("body")
        if body is None:
            return UNKNOWN
        for child in node.named_children:
            if child.type == "herestring_redirect" and child.named_children:
                stdin = self._expand(child.named_children[-1])
            elif child.type == "heredoc_redirect":
                return UNKNOWN
        text, holds = self.of(body, stdin, depth + 1)
        aside = any(
            child.type == "file_redirect" and not syntax.text_of(child).startswith("2") for child in node.children
        )
        return ("" if aside else text), holds

    def _command(self, words: Sequence[str], stdin: str | None) -> Answered:
        if not words:
            return UNKNOWN
        if any(words[:2] == names for names in _NAMES_OF_CHANGES) and any("--name-only" in word for word in words):
            return (self.changed, True) if self.changed is not None else UNKNOWN
        name, rest = words[0], words[1:]
        if name in ("echo", "printf"):
            plain = [word for word in rest if word not in ("-n", "-e", "-E")]
            plain = plain[1:] if name == "printf" and len(plain) > 1 else plain
            text = " ".join(plain)
            return (None, True) if self._hole in text else (text[:MAX_TEXT], True)
        if name in ("true", ":"):
            return "", True
        if name == "false":
            return "", False
        if stdin is None or self._hole in stdin:
            return UNKNOWN
        if name in ("cat", "sort", "uniq", "head", "tail", "tee", "xargs") and not (name == "xargs" and rest):
            return stdin, True
        if name == "tr":
            return stdin.replace("\n", " "), True
        if name == "wc" and "-l" in rest:
            return str(len(stdin.split("\n")) if stdin else 0), True
        if name in ("grep", "egrep"):
            return self._grep(name, rest, stdin)
        return UNKNOWN

    def _grep(self, name: str, rest: Sequence[str], stdin: str) -> Answered:
        flags = "".join(word[1:] for word in rest if word.startswith("-") and not word.startswith("--"))
        plain = [word for word in rest if not word.startswith("-")]
        if len(plain) != 1 or self._hole in plain[0] or set(flags) - set("qvEPFixcw"):
            return UNKNOWN
        pattern = _pattern(plain[0], extended=name == "egrep" or bool({"E", "P"} & set(flags)), fixed="F" in flags)
        if pattern is None:
            return UNKNOWN
        try:
            compiled = re.compile(pattern, re.I if "i" in flags else 0)
        except (re.error, OverflowError, RecursionError):
            return UNKNOWN
        lines = [line for line in stdin.split("\n") if line]
        look = compiled.fullmatch if "x" in flags else compiled.search
        kept = [line for line in lines if bool(look(line)) != ("v" in flags)]
        if "c" in flags:
            return str(len(kept)), bool(kept)
        return ("" if "q" in flags else "\n".join(kept)), bool(kept)


def _pattern(text: str, *, extended: bool, fixed: bool) -> str | None:
    """A grep pattern in Python's form; None for one that could take long on a hostile text."""
    if fixed:
        return re.escape(text)
    if not extended:
        # In basic patterns these signs are themselves, and their meaning comes with a backslash.
        text = re.sub(r"\\?[|+?(){}]", lambda m: m[0][1:] if m[0].startswith("\\") else "\\" + m[0], text)
    if len(text) > 1_000 or re.search(r"\)[*+{]", text) or len(re.findall(r"(?<!\\)[*+]|(?<!\\)\{", text)) > 3:
        return None
    return text.replace("[[:space:]]", r"\s").replace("[[:alnum:]]", "[A-Za-z0-9]")
