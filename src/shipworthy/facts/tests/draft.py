"""Collects what is seen in one test file, and writes it as a JSON-shaped record."""

from __future__ import annotations

import re
from typing import Any

from tree_sitter import Node

from shipworthy.facts.tests import reasons
from shipworthy.facts.tests.quote import masked
from shipworthy.project.syntax import line_of

MAX_NAME = 160
MAX_ROWS = 5_000
"""Tests and skips kept for one file; a file beyond that is generated, and says so as a gap."""
_ABOVE = 4
"""Comment lines above a construct that are read as its reason."""
_COULD_HOLD_ONE = re.compile(r"passw|secret|key|token|(?=\S{0,40}\d)\S{12}", re.I)
"""Other texts are not looked at for secrets, which costs as much as reading the test."""


class Draft:
    """Tests as [name, line], skips as mappings. `scope` is a prefix of the names of the tests a skip covers."""

    def __init__(self, lines: list[str], comment: str) -> None:
        self.lines = lines
        self.comment = comment
        self.tests: list[list[Any]] = []
        self.skips: list[dict[str, Any]] = []
        self.empty = False
        self.overflow = False

    def test(self, name: str, node: Node) -> None:
        if len(self.tests) >= MAX_ROWS:
            self.overflow = True
            return
        self.tests.append([_short(name), line_of(node)])

    def add(
        self,
        kind: str,
        name: str,
        node: Node,
        how: str,
        *,
        group: bool = False,
        scope: str = "",
        reason: str = "",
        condition: str = "",
    ) -> None:
        if len(self.skips) >= MAX_ROWS:
            self.overflow = True
            return
        line = line_of(node)
        beside = comments_beside(self.lines, line, self.comment)
        said = reasons.clean(reason)
        text = " ".join(part for part in (said, beside) if part)
        self.skips.append(
            {
                "kind": kind,
                "name": _short(name),
                "line": line,
                "how": how[:80],
                "group": group,
                "scope": _kept(scope, MAX_NAME),
                "reason": _kept(said or beside, reasons.MAX_REASON),
                "reference": reasons.reference(text),
                "until": reasons.until(text),
                "condition": _kept(" ".join(condition.split()), 200),
            }
        )

    def commented(self, text: str, node: Node) -> None:
        """A test turned into a comment. Its name is the line itself without the comment sign."""
        name = _short(re.sub(r"^[\s#/*]+", "", text).rstrip(" :{("))
        if not any(each["kind"] == "commented-out" and each["name"] == name for each in self.skips):
            self.add("commented-out", name, node, "a comment", scope="\0comment")

    def record(self, **more: Any) -> dict[str, Any]:
        return {"tests": self.tests, "skips": self.skips, "empty": self.empty and not self.tests, **more}


def comments_beside(lines: list[str], line: int, sign: str) -> str:
    """The comment on a construct's own line (1-based) and the comment lines right above it."""
    own = lines[line - 1] if 0 < line <= len(lines) else ""
    found: list[str] = []
    above = line - 2
    while above >= 0 and line - 2 - above < _ABOVE and _is_comment(lines[above], sign):
        found.insert(0, lines[above])
        above -= 1
    if not _is_comment(own, sign):
        trailing = _trailing(own, sign)
        if trailing:
            found.append(trailing)
    kept = [reasons.clean(each[:500]) for each in found if not _looks_like_code(each)]
    return " ".join(each for each in kept if each)


def _short(name: str) -> str:
    return _kept(" ".join(name.split()), MAX_NAME)


def _kept(text: str, limit: int) -> str:
    """The beginning of it without any secret: what is in a record goes into the cache."""
    return masked(text, limit) if _COULD_HOLD_ONE.search(text) else text[:limit]


def _is_comment(line: str, sign: str) -> bool:
    line = line.strip()
    return line.startswith(sign) or (sign == "//" and (line.startswith(("/*", "* ", "*/")) or line == "*"))


def _trailing(line: str, sign: str) -> str:
    """The comment at the end of a line of code; a sign inside quotes or an address does not start one."""
    position = line.rfind(sign if sign == "//" else " #")
    if position <= 0 or line[:position].count('"') % 2 or line[:position].count("'") % 2:
        return ""
    if sign == "//" and line[position - 1] == ":":
        return ""
    return line[position:].strip()


def _looks_like_code(line: str) -> bool:
    """A commented-out statement is no reason."""
    bare = re.sub(r"^[\s#/*]+", "", line)
    return bool(
        re.match(r"(@|def |class |async def |assert |await |(it|test|describe|expect)[.(]|\}|\)|import |from )", bare)
    )
