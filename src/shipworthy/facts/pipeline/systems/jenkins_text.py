"""Texts of a Jenkinsfile with the line each of their lines stands on, and what is known of their `${…}` parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shipworthy.facts.pipeline.systems.jenkins_tokens import Token
from shipworthy.facts.pipeline.systems.jenkins_tree import Group, Item, is_group, is_sign
from shipworthy.facts.pipeline.systems.jenkins_when import Scope
from shipworthy.facts.pipeline.values import HOLE, text_of

_CLEANS = {"stripIndent", "trim", "stripMargin", "toString"}


@dataclass(frozen=True, slots=True)
class Written:
    """A text and the 1-based line of each of its lines."""

    text: str
    rows: tuple[int, ...]


def written(items: Sequence[Item], scope: Scope) -> Written | None:
    """The text of an expression made of strings, names and `+`; None for any other. Unknown parts are `HOLE`."""
    if len(items) == 1 and isinstance(items[0], Group) and items[0].sign == "(":
        return written(items[0].items, scope)
    text, rows = "", tuple[int, ...]((0,))
    at = 0
    while at < len(items):
        item = items[at]
        if not isinstance(item, Token) or item.kind not in ("text", "name"):
            return None
        end = next((n for n in range(at, len(items)) if is_sign(items[n], "+")), len(items))
        if item.kind == "text":
            if not _is_cleaned(items[at + 1 : end]):
                return None
            value, lines = _filled(item, scope), item.rows
        else:
            name = "".join(each.text if isinstance(each, Token) else "()" for each in items[at:end])
            value = text_of(scope.look_up(name)).replace("\n", HOLE)
            lines = (item.line,)
        text += value
        rows = (*rows[:-1], rows[-1] or lines[0], *lines[1:])
        at = end + 1
    return Written(text, rows) if items else None


def _is_cleaned(items: Sequence[Item]) -> bool:
    """Whether nothing follows a string but `.stripIndent()` and the like."""
    names = [item.text for item in items if isinstance(item, Token) and item.kind == "name"]
    return all(isinstance(item, Token) or is_group(item, "(") for item in items) and set(names) <= _CLEANS


def _filled(token: Token, scope: Scope) -> str:
    """The text of a string token; what is filled in adds no line."""
    return "".join(scope.text((part,)).replace("\n", HOLE) if part.is_code else part.text for part in token.parts)


def plain_text(items: Sequence[Item], scope: Scope) -> str:
    """The text of an expression; `HOLE` where it is none or not known."""
    found = written(items, scope) if items else None
    return found.text if found is not None else HOLE
