"""Finds what code hands to functions that sign: the literal, or the name of the variable that holds it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shipworthy.facts.secrets.prefilter import COMMON_CALL, COOKIE_CALL, TOKEN_CALL

_LITERAL = re.compile(
    rb"\s*b?(?P<quote>[\"'`])(?P<value>[^\"'`\r\n]{1,300})(?P=quote)(?:\.encode\([^()\n]{0,20}\))?\s*\Z"
)
_NAME = re.compile(rb"\s*(?:[\w.]{0,60}\[[\"'])?(?:(?:[A-Za-z_]\w*)\.){0,4}([A-Za-z_]\w{0,80})(?:[\"']\])?\s*\Z")
_KEYWORDS = rb"secret_key|secretKey|secretOrKey|secretOrPrivateKey|secret|cookieSecret|keys|key"
_NAMED = re.compile(
    rb"(?<![\w$.-])[\"']?(?:" + _KEYWORDS + rb")[\"']?\s{0,4}[:=]\s{0,10}\[?\s{0,10}"
    rb"(?:b?(?P<quote>[\"'`])(?P<value>[^\"'`\r\n]{1,300})(?P=quote)(?=\s{0,20}[,)\]}]|\s{0,20}\Z)"
    rb"|(?P<name>[A-Za-z_]\w{0,80})(?=\s{0,20}[,)\]}]|\s{0,20}\Z))"
)
_CALLEES = (
    # PyJWT, python-jose, Authlib; jsonwebtoken
    (
        TOKEN_CALL,
        re.compile(rb"\b(?:jwt|jsonwebtoken|JWT|jws)\s{0,2}\.\s{0,2}(?:encode|decode|sign|verify)\s{0,2}\("),
        (b"jwt", b"jsonwebtoken", b"jws"),
        (b"jwt", b"jsonwebtoken", b"JWT", b"jws"),
        1,
        True,
    ),
    # express-session, cookie-session, express-jwt, koa-jwt, @nestjs/jwt, passport-jwt, @fastify/jwt, Auth.js, Starlette
    (
        COMMON_CALL,
        re.compile(
            rb"\b(?:(?:express|cookie|koa)?-?[sS]ession|expressjwt|expressJwt|jwt|koaJwt|JwtModule\.register|JwtService"
            rb"|(?:Jwt|JWT)?Strategy|NextAuth|betterAuth|register|add_middleware|SessionMiddleware|fastifyJwt)\s{0,2}\("
        ),
        (b"session", b"jwt", b"nextauth", b"betterauth"),
        (
            b"express", b"cookie", b"koa", b"session", b"Session", b"jwt", b"Jwt", b"JWT", b"Strategy", b"NextAuth",
            b"betterAuth", b"register", b"add_middleware", b"fastifyJwt",
        ),
        None,
        True,
    ),
    # cookie-parser, itsdangerous, keygrip
    (
        COOKIE_CALL,
        re.compile(
            rb"\b(?:cookieParser|(?:URLSafe|Timed|JSONWebSignature)\w{0,20}Serializer|TimestampSigner|Keygrip)\("
        ),
        (b"cookieparser", b"itsdangerous", b"keygrip"),
        (b"cookieParser", b"URLSafe", b"Timed", b"JSONWebSignature", b"TimestampSigner", b"Keygrip"),
        0,
        False,
    ),
)  # fmt: skip
"""Its sign, the callee, what a file that holds one says (lower case), how a callee may begin, the key's position,
whether it may be given by name."""
_SIGNING_ARGUMENT = re.compile(rb"[jJ][wW][tT]|[sS]ession|[cC]ookie")
_MOST_CALLS, _LONGEST, _LONGEST_CALLEE = 400, 3_000, 80


@dataclass(frozen=True, slots=True, repr=False)
class Call:
    """One call. No repr: the literal may be a secret."""

    name: str
    """The function's."""
    literal: tuple[bytes, int] | None
    """The value, and where it starts."""
    identifier: str | None
    """The variable handed in instead."""


def calls(data: bytes, low: bytes, signs: Mapping[str, list[int]] | None, cut: list[str]) -> Iterator[Call]:
    """Every signing call whose key is a literal or a plain name. `low`: the text in lower case.

    `signs`: behind the brackets of which calls they are looked for; None: everywhere.

    `cut` gets an entry where there are too many.
    """
    for sign, callee, needles, beginnings, position, named in _CALLEES:
        ends = None if signs is None else signs.get(sign, ())
        if ends == () or not any(needle in low for needle in needles):
            continue
        found = _matches(callee, data, beginnings) if ends is None else _ending(callee, data, ends)
        for number, match in enumerate(found):
            if number >= _MOST_CALLS:
                cut.append("calls")
                break
            function = match.group().rstrip(b"( ").decode("ascii", "replace")
            arguments = _arguments(data, match.end())
            if arguments is None:
                continue
            if function in ("register", "add_middleware") and not _SIGNING_ARGUMENT.search(data, *arguments[0]):
                continue
            if position is not None and len(arguments) > position:
                yield from _given(data, function, arguments[position])
            for span in arguments if named else ():
                yield from _by_name(data, function, span, position is None)


def _matches(callee: re.Pattern[bytes], data: bytes, beginnings: tuple[bytes, ...]) -> Iterator[re.Match[bytes]]:
    """As `callee.finditer`, which tries every alternative at every place: a tenth of the speed."""
    places: list[int] = []
    for beginning in beginnings:
        at = data.find(beginning)
        while at >= 0:
            places.append(at)
            at = data.find(beginning, at + 1)
    done = 0
    for place in sorted(places):
        if place >= done and (match := callee.match(data, place)):
            done = match.end()
            yield match


def _ending(callee: re.Pattern[bytes], data: bytes, ends: Sequence[int]) -> Iterator[re.Match[bytes]]:
    """The same of those matches that end at one of these places, which are in order."""
    for end in ends:
        for match in callee.finditer(data, max(0, end - _LONGEST_CALLEE), end):
            if match.end() == end:
                yield match


def _given(data: bytes, function: str, span: tuple[int, int]) -> Iterator[Call]:
    text = data[slice(*span)]
    literal, name = _LITERAL.match(text), _NAME.match(text)
    if literal:
        yield Call(function, (literal["value"], span[0] + literal.start("value")), None)
    elif name:
        yield Call(function, None, name[1].decode("ascii"))


def _by_name(data: bytes, function: str, span: tuple[int, int], inside: bool) -> Iterator[Call]:
    for match in _NAMED.finditer(data, *span) if inside else _first(data, span):
        if match["value"] is not None:
            yield Call(function, (match["value"], match.start("value")), None)
        else:
            yield Call(function, None, match["name"].decode("ascii"))


def _first(data: bytes, span: tuple[int, int]) -> Iterator[re.Match[bytes]]:
    """A keyword argument itself, not one of a payload's keys."""
    start = span[0]
    while start < span[1] and data[start : start + 1].isspace():
        start += 1
    match = _NAMED.match(data, start, span[1])
    if match and b":" not in data[start : match.start("value") if match["value"] is not None else match.start("name")]:
        yield match


def _arguments(data: bytes, start: int) -> list[tuple[int, int]] | None:
    """The spans of a call's arguments from behind its bracket; None where it does not end soon."""
    spans: list[tuple[int, int]] = []
    depth, at, begun = 0, start, start
    end = min(len(data), start + _LONGEST)
    while at < end:
        sign = data[at : at + 1]
        if sign in b"\"'`":
            closing = at + 1
            while closing < end and data[closing : closing + 1] != sign:
                closing += 2 if data[closing : closing + 1] == b"\\" else 1
            at = closing
        elif sign in b"([{":
            depth += 1
        elif sign in b")]}":
            depth -= 1
            if depth < 0:
                return [*spans, (begun, at)]
        elif sign == b"," and depth == 0:
            spans.append((begun, at))
            begun = at + 1
        at += 1
    return None
