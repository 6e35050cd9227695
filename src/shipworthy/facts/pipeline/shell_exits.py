"""Whether a piece of shell script surely ends with a failure, and which variables carry a failure to the end."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tree_sitter import Node

from shipworthy.project import syntax

_EXIT_WITH = re.compile(r"\b(?:exit|return)\s+\"?\$\{?([A-Za-z_]\w*)")
_COMPARED = re.compile(
    r"\$\{?([A-Za-z_]\w*)\}?\"?\s*(?:(?:-ne|-gt|!=)\s*[\"']?0|(?:-eq|==?)\s*[\"']?(?:1|true|failed|failure)\b)"
)
_SUCCEEDS = {"echo", "printf", "true", ":", "sleep", "date", "touch", "mkdir", "cat", "tee", "warn"}
_STATUS = re.compile(r"\$\?|\$\{\?\}")
_GREEN = re.compile(r"\bexit\b(?![ \t]+[1-9])(?:[ \t]+[^\s;)}]+)?")
MAX_DEPTH = 12


class Exits:
    """Reads one script's tree; `functions` fills while the script is walked."""

    def __init__(self, root: Node, functions: Mapping[str, Node]) -> None:
        self._functions = functions
        self.carriers: set[str] = set(_EXIT_WITH.findall(syntax.text_of(root)))
        """Variables that an `exit` later turns into the script's own failure."""
        self._last_resort = len(_GREEN.findall(syntax.text_of(root))) == 1 and bool(
            self.surely_fails(*root.named_children)
        )
        for node in syntax.find(root, "if_statement", "list"):
            head, _, rest = syntax.text_of(node).partition("then" if node.type == "if_statement" else "exit")
            body = [child for child in node.named_children[1:] if child.type not in ("elif_clause", "else_clause")]
            names = _COMPARED.findall(head)
            if names and rest and (self.surely_fails(*body) or self.surely_fails(node.named_children[-1])):
                self.carriers.update(names)

    def is_only_way_out(self, node: Node) -> bool:
        """Whether the script succeeds only by this `exit 0`, since its end fails: `tests && exit 0`, later `exit 1`."""
        return self._last_resort and node.type == "command" and bool(_GREEN.fullmatch(syntax.text_of(node)))

    def takes_status(self, node: Node) -> bool:
        """Whether a statement hands the status of the command before it on: `exit $?`, `rc=$?` with a later exit."""
        text = syntax.text_of(node)
        if not _STATUS.search(text):
            return False
        if node.type == "command":
            words = text.split()
            return words[0] in ("exit", "return") and bool(_STATUS.search(words[1] if len(words) > 1 else "$?"))
        if node.type in ("variable_assignment", "declaration_command"):
            return any(re.search(rf"\b{re.escape(name)}=\"?\$\{{?\?", text) for name in self.carriers)
        if node.type == "if_statement" and re.search(
            r"\$\??\}?\?\"?\s*(?:-ne|-gt|!=)\s*\"?0", text.partition("then")[0]
        ):
            body = [child for child in node.named_children[1:] if child.type not in ("elif_clause", "else_clause")]
            return self.surely_fails(*body) is True
        return False

    def surely_fails(self, *nodes: Node, depth: int = 0) -> bool | None:
        """Whether running these statements ends with a failure: True, False, or None where that is open."""
        if depth > MAX_DEPTH:
            return None
        last: bool | None = False
        for node in nodes:
            if node.type == "comment":
                continue
            last = self._one(node, depth)
            if self._leaves(node):
                return last
        return last

    def _leaves(self, node: Node) -> bool:
        if node.type == "redirected_statement" and node.named_children:
            node = node.named_children[0]
        return node.type == "command" and syntax.text_of(node).split()[0] in ("exit", "return")

    def _one(self, node: Node, depth: int) -> bool | None:
        if node.type == "command":
            return self._command(syntax.text_of(node).split(), depth)
        if node.type in ("compound_statement", "subshell", "redirected_statement"):
            inner = [child for child in node.named_children if "redirect" not in child.type]
            return self.surely_fails(*inner, depth=depth + 1)
        if node.type == "list":
            if any(child.type == "||" for child in node.children):
                right = self.surely_fails(node.named_children[-1], depth=depth + 1)
                return right if right is False else None
            return self.surely_fails(node.named_children[-1], depth=depth + 1)
        if node.type in ("variable_assignment", "variable_assignments"):
            name = syntax.text_of(node).partition("=")[0]
            value = syntax.text_of(node).partition("=")[2].strip("\"'")
            return name in self.carriers and value not in ("0", "", "false")
        return None

    def _command(self, words: list[str], depth: int) -> bool | None:
        name = words[0]
        if name in ("exit", "return"):
            code = words[1].strip("\"'") if len(words) > 1 else "$?"
            if code.isdigit():
                return int(code) % 256 != 0
            return True if _STATUS.search(code) else None
        if name == "false":
            return True
        if name in self._functions:
            return self.surely_fails(self._functions[name], depth=depth + 1)
        return False if name in _SUCCEEDS else None
