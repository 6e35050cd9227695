"""Puts the words of a Jenkinsfile into blocks, statements and calls, as far as pipelines need it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

from shipworthy.facts.pipeline.systems.jenkins_tokens import NotGroovy, Token, tokens_of

MAX_DEPTH = 80
_CLOSES = {"(": ")", "[": "]", "{": "}"}
_GOES_ON_AFTER = {
    ",", "=", "+", "&&", "||", "?", ":", ".", "?.", "*.", "?:", "==", "!=", "==~", "=~", "<", ">", "<=", ">=", "+=",
    "<<",
}  # fmt: skip
_GOES_ON_BEFORE = {".", "?.", "*.", "&&", "||", "?", ":", "?:", "+", "==", "!=", "{"}
_GOES_ON_WITH = {"if": {"else"}, "try": {"catch", "finally"}, "else": {"else"}}


@dataclass(slots=True)
class Group:
    """What stands in a pair of brackets: `items` in `(` and `[`, `statements` in `{`."""

    sign: str
    line: int
    items: list[Item] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)


Item = Token | Group
Statement = list[Item]


def is_sign(item: Item | None, *signs: str) -> TypeGuard[Token]:
    return isinstance(item, Token) and item.kind == "sign" and (not signs or item.text in signs)


def is_name(item: Item | None, *names: str) -> TypeGuard[Token]:
    return isinstance(item, Token) and item.kind == "name" and (not names or item.text in names)


def is_text(item: Item | None) -> TypeGuard[Token]:
    return isinstance(item, Token) and item.kind == "text"


def is_group(item: Item | None, sign: str) -> TypeGuard[Group]:
    return isinstance(item, Group) and item.sign == sign


def line_in(items: Sequence[Item]) -> int:
    return items[0].line if items else 1


def tree_of(text: str) -> list[Statement]:
    """The statements of a file. Raises NotGroovy where brackets do not pair or are nested too deep."""
    top = Group("{", 1)
    stack, current = [top], [Statement()]
    waiting = False
    for token in tokens_of(text):
        group, items = stack[-1], current[-1]
        if token.kind == "newline":
            waiting = waiting or group.sign == "{"
            continue
        if waiting:
            waiting = False
            if items and group.sign == "{" and not _goes_on(items, token):
                group.statements.append(items)
                items = current[-1] = []
        if token.kind == "sign" and token.text in _CLOSES:
            if len(stack) > MAX_DEPTH:
                raise NotGroovy("it is nested too deep to follow", token.line)
            inner = Group(token.text, token.line)
            items.append(inner)
            stack.append(inner)
            current.append(inner.items if token.text != "{" else [])
        elif token.kind == "sign" and token.text in (")", "]", "}"):
            if len(stack) == 1 or token.text != _CLOSES[group.sign]:
                raise NotGroovy(f"a `{token.text}` has no partner", token.line)
            if group.sign == "{" and items:
                group.statements.append(items)
            stack.pop()
            current.pop()
        elif group.sign == "{" and is_sign(token, ";"):
            if items:
                group.statements.append(items)
            current[-1] = []
        elif group.sign == "{" and is_sign(token, "->") and not group.statements:
            current[-1] = []
        else:
            items.append(token)
    if len(stack) > 1:
        raise NotGroovy(f"a `{stack[-1].sign}` is not closed", stack[-1].line)
    if current[0]:
        top.statements.append(current[0])
    return top.statements


def _goes_on(items: Statement, token: Token) -> bool:
    """Whether a statement that could end at the line's end goes on with this token."""
    last = items[-1]
    if isinstance(last, Token) and last.kind == "sign" and last.text in _GOES_ON_AFTER:
        return True
    if token.kind == "sign":
        return token.text in _GOES_ON_BEFORE
    first = items[0]
    return isinstance(first, Token) and token.kind == "name" and token.text in _GOES_ON_WITH.get(first.text, ())


@dataclass(slots=True)
class Called:
    """One link of a call chain: `image` in `docker.image('x').inside { … }`."""

    name: str
    line: int
    args: list[list[Item]] = field(default_factory=list)
    named: dict[str, list[Item]] = field(default_factory=dict)
    block: Group | None = None
    has_args: bool = False


@dataclass(slots=True)
class Call:
    """A call and what stands behind it in its statement (an operator, a comparison)."""

    links: list[Called]
    rest: list[Item]

    @property
    def name(self) -> str:
        """The dotted name without arguments ("docker.image.inside")."""
        return ".".join(link.name for link in self.links)

    @property
    def last(self) -> Called:
        return self.links[-1]


def commas(items: Sequence[Item]) -> list[list[Item]]:
    """Items cut at their commas."""
    rows: list[list[Item]] = [[]]
    for item in items:
        if is_sign(item, ","):
            rows.append([])
        else:
            rows[-1].append(item)
    return [row for row in rows if row]


def pairs(items: Sequence[Item]) -> tuple[list[list[Item]], dict[str, list[Item]]]:
    """Arguments in order, and those with a name (`script: 'x'`)."""
    plain: list[list[Item]] = []
    named: dict[str, list[Item]] = {}
    for row in commas(items):
        key = row[0]
        if len(row) > 1 and is_sign(row[1], ":") and isinstance(key, Token) and key.kind in ("name", "text", "number"):
            named[key.text] = row[2:]
        else:
            plain.append(row)
    return plain, named


def call_of(items: Sequence[Item]) -> Call | None:
    """The call a statement (or argument) starts with; None where it starts with something else."""
    first = items[0] if items else None
    if not is_name(first):
        return None
    links = [Called(first.text, first.line)]
    at = 1
    while at < len(items):
        item, link = items[at], links[-1]
        following = items[at + 1] if at + 1 < len(items) else None
        if is_sign(item, ".", "?.", "*.") and isinstance(following, Token) and following.kind in ("name", "text"):
            links.append(Called(following.text, following.line))
            at += 2
        elif isinstance(item, Group) and item.sign == "(" and not link.has_args and link.block is None:
            link.args, link.named = pairs(item.items)
            link.has_args = True
            at += 1
        elif isinstance(item, Group) and item.sign == "{" and link.block is None:
            link.block = item
            at += 1
        elif not link.has_args and link.block is None and not _is_operator(item):
            link.args, link.named = pairs(items[at:])
            link.has_args = True
            at = len(items)
        else:
            break
    last = links[-1]
    if last.block is None and last.args and len(last.args[-1]) == 1 and is_group(last.args[-1][0], "{"):
        block = last.args.pop()[0]
        last.block = block if isinstance(block, Group) else None
    return Call(links, list(items[at:]))


def _is_operator(item: Item) -> bool:
    return isinstance(item, Token) and item.kind == "sign" and item.text not in ("-", "!", "~", "@", "*")


def deep(items: Sequence[Item], *, blocks: bool = True) -> Iterator[Sequence[Item]]:
    """These items and those of every bracket in them (`{…}` only if `blocks`), without recursion."""
    waiting: list[Sequence[Item]] = [items]
    while waiting:
        row = waiting.pop()
        yield row
        for item in row:
            if isinstance(item, Group):
                waiting.append(item.items)
                waiting.extend(item.statements if blocks else ())


def assigned(items: Sequence[Item]) -> tuple[str, Sequence[Item]]:
    """("x", value) of `def x = value`, `env.X = value`; ("", items) where nothing is assigned."""
    at = next((n for n, item in enumerate(items) if is_sign(item, "=", "+=")), 0)
    before = items[:at]
    if not at or any(isinstance(item, Group) and item.sign == "{" for item in before):
        return "", items[1:] if is_name(items[0], "def", "final") and len(items) > 1 else items
    names = [item.text for item in before if is_name(item) and not isinstance(item, Group)]
    dotted = len(before) > 2 and is_sign(before[-2], ".")
    return (f"{names[-2]}.{names[-1]}" if dotted and len(names) > 1 else names[-1] if names else ""), items[at + 1 :]


def body_of(items: Sequence[Item]) -> list[Statement]:
    """The statements of a block, or the one statement that stands without one."""
    if len(items) == 1 and isinstance(items[0], Group) and items[0].sign == "{":
        return items[0].statements
    blocks = [item for item in items if isinstance(item, Group) and item.sign == "{"]
    if blocks and isinstance(items[0], Group):
        return blocks[0].statements
    return [list(items)] if items else []


def raises(items: Sequence[Item]) -> bool:
    """Whether something in these items may make the build fail."""
    return any(
        is_name(item, "error", "throw", "unstable")
        or (is_text(item) and getattr(item, "text", "") in ("FAILURE", "FAILED"))
        for row in deep(items)
        for item in row
    )


def raises_at_once(statements: Sequence[Statement]) -> bool:
    return any(is_name(statement[0], "error", "throw") for statement in statements)
