"""Finds signing secrets that code writes out as a word: whoever guesses it signs in as anybody.

The other filters drop a stand-in such as "secret" or "changeme", because it gives no access anywhere else. A key that
sessions or tokens are signed with is the exception: the app works with it, so the word is the key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shipworthy.facts.secrets import prefilter, values
from shipworthy.facts.secrets.calls import calls
from shipworthy.facts.secrets.names import read_name, split

_OWN_NEEDLES = (b"secret", b"jwt", b"signing")
_HINTS = (b"secret", b"jwt", b"session", b"cookie", b"signing", b"itsdangerous")
_END = rb"(?=(?:\.encode\([^()\n]{0,20}\))?\s{0,20}(?:[,;)\]}\n#]|//|\Z))"
_QUOTED = rb"b?(?P<quote>[\"'`])(?P<value>[^\"'`\r\n]{1,300})(?P=quote)" + _END
_ASSIGNED = re.compile(
    rb"(?P<before>(?<![\w$])[\w$]{0,40}[.\[][\"']?)?(?<![\w$-])(?P<name>[A-Za-z_]\w{1,80})(?P<close>[\"']?\]?)\s{0,4}"
    rb"(?::\s{0,4}[A-Za-z_][\w.\[\]| ]{0,40}?\s{0,4})?(?P<op>:=|=|:)\s{0,10}(?:\[\]byte\()?" + _QUOTED
)
_SIGNS = re.compile(rb"\bjwt\b|jsonwebtoken|\bjose\b|itsdangerous|[sS]ession\(|express-session|jwt\.", re.I)
_FRAMEWORKS = (b"flask", b"django", b"starlette", b"fastapi")
_FRAMEWORK = re.compile(rb"\bflask\b|\bdjango\b|\bstarlette\b|\bfastapi\b", re.I)
_COMMENT = re.compile(rb"[ \t]*(?:#|//|/?\*|--|>>>|\.\.\.[ ])")
_ELSEWHERE = re.compile(
    rb"^[ \t]*(?:(?:export[ ]+)?class[ ]+\w*(?:[tT]est|[dD]ev|[lL]ocal)|(?:async[ ]+)?def[ ]+test|(?:el)?if\b"
    rb"[^\n]{0,120}(?:debug|test|dev|local)|(?:describe|it|test)\()", re.I
)  # fmt: skip
_WORDS = """
    secret key keys jwt session sessions cookie cookies signing sign signature signed flask django app application
    nextauth auth better authjs hmac token tokens access refresh jws jwe state base hash hs256 hs384 hs512
    algorithm alg express koa fastify site my the server default user admin login serializer starlette fastapi config
    private env web api
"""
_OWN_WORDS = frozenset(_WORDS.split())
"""Words of names for an app's own signing secret; another one is a provider's, as in STRIPE_SECRET_KEY."""
_STRONG_WORDS = {"jwt", "session", "cookie", "signing", "hmac", "nextauth", "jws", "jwe"}
_WORDY = 0.45
_LONGEST_LINE, _MOST_LINES, _MOST_NAMES = 600, 20_000, 100
_LONGEST_NAME = 240
"""How many bytes before a literal's first one an assignment may begin."""
_ALGORITHM = re.compile(r"(?:HS|RS|ES|PS)\d{3}|none|utf-?8|hex|base64\w*|-----BEGIN.*|ssh-.*", re.I)


@dataclass(frozen=True, slots=True, repr=False)
class Guessable:
    """A signing secret in code. No repr: it holds the value."""

    name: str
    value: bytes
    start: int
    sure: bool
    """False where the word may be the name of a setting instead, or stands in a branch for development."""
    random: bool
    """Not guessable after all, and so a secret like any other."""


def signing_secrets(data: bytes, signs: Mapping[str, list[int]] | None, cut: list[str]) -> Iterator[Guessable]:
    """Each literal that code signs with: assigned to a signing name, or handed to a function that signs.

    `signs`: where they may be, by sign (see `prefilter.SIGNING`); None: anywhere.

    `cut` gets an entry where there are more places than are looked at.
    """
    low = data.lower()
    if not any(word in low for word in _HINTS):
        return
    found = list(calls(data, low, signs, cut))
    used = {each.identifier for each in found if each.identifier}
    for each in found:
        if each.literal is not None:
            yield from _judged(data, each.name, *each.literal, anchored=True)
    framework: bool | None = None
    for match in _named(data, low, None if signs is None else signs.get(prefilter.NAME, ()), used, cut):
        name = match["name"].decode("ascii")
        text = match["value"].decode("utf-8", "replace")
        before = match["before"] or b""
        anchored = name in used or (
            bool(before) and _kind(name) and (name == "secret_key" or before.endswith((b'"', b"'")))
        )
        if not (anchored or _own_name(name, data)) or (before and not anchored):
            continue
        if not anchored and (values.other_thing(text) or "") in ("path", "code", "version"):
            continue
        if " " in text and not anchored and (match["op"] == b":" or name != name.upper()):
            continue  # a label or a message
        if framework is None:
            framework = any(word in low for word in _FRAMEWORKS) and bool(_FRAMEWORK.search(data))
        named_alike = "".join(split(name)) == "".join(split(text))
        if named_alike and not (anchored or framework) and name != name.upper():
            continue
        yield from _judged(
            data, name, match["value"], match.start("value"), anchored=anchored or framework or not named_alike
        )


def _named(
    data: bytes, low: bytes, ends: Sequence[int] | None, used: set[str], cut: list[str]
) -> Iterator[re.Match[bytes]]:
    """Assignments to names of signing secrets, whose literals begin where these end, and to variables in use."""
    if ends is None:
        yield from _assignments(data, low, _OWN_NEEDLES, used, cut)
        return
    # A variable in use may have such a name too.
    found = {match.start(): match for match in _assignments(data, low, (), used, cut)} if used else {}
    if len(ends) > _MOST_LINES:
        cut.append("signing")
    for end in ends[:_MOST_LINES]:
        line = data.rfind(b"\n", max(0, end - _LONGEST_LINE), max(0, end - _LONGEST_NAME)) + 1
        start = line or max(0, end - _LONGEST_LINE)
        for match in _ASSIGNED.finditer(data, start, end + _LONGEST_LINE):
            if match.start("value") >= end:
                break
            if match.start("value") == end - 1 and _on_line(low, match.start("name")):
                found[match.start()] = match
    yield from (found[start] for start in sorted(found))


def _on_line(low: bytes, at: int) -> bool:
    """Whether the line of a name says that it is about signing."""
    line = low.rfind(b"\n", max(0, at - _LONGEST_LINE), at) + 1 or max(0, at - _LONGEST_LINE)
    end = low.find(b"\n", at, at + 2 * _LONGEST_LINE)
    return any(low.find(needle, line, end if end >= 0 else at + 2 * _LONGEST_LINE) >= 0 for needle in _OWN_NEEDLES)


def _assignments(
    data: bytes, low: bytes, words: tuple[bytes, ...], used: set[str], cut: list[str]
) -> Iterator[re.Match[bytes]]:
    """Assignments on the lines that name a signing secret by one of these words, or a variable that is used as one."""
    needles = [*words, *(name.lower().encode("ascii") for name in sorted(used)[:_MOST_NAMES])]
    lines: set[int] = set()
    for needle in needles:
        at = low.find(needle)
        while at >= 0:
            line = low.rfind(b"\n", max(0, at - _LONGEST_LINE), at) + 1
            lines.add(line or max(0, at - _LONGEST_LINE))
            end = low.find(b"\n", at)
            at = low.find(needle, end) if end >= 0 else -1
    if len(lines) > _MOST_LINES or len(used) > _MOST_NAMES:
        cut.append("signing")
    for start in sorted(lines)[:_MOST_LINES]:
        end = data.find(b"\n", start, start + 2 * _LONGEST_LINE)
        second = data.find(b"\n", end + 1, end + _LONGEST_LINE) if end >= 0 else -1
        stop = second if second >= 0 else min(len(data), start + 2 * _LONGEST_LINE)
        for match in _ASSIGNED.finditer(data, start, stop):
            if end < 0 or match.start("name") < end:
                yield match


def _judged(data: bytes, name: str, value: bytes, start: int, *, anchored: bool) -> Iterator[Guessable]:
    text = value.decode("utf-8", "replace")
    if not text.strip() or text == name or _ALGORITHM.fullmatch(text):
        return
    if values.plainly_not(text) in ("template", "reference") or _in_comment(data, start):
        return
    bare = "".join(text.split())
    strong = values.random(bare, 12) or (
        len(bare) >= 16 and values.chosen_password(bare) and values.wordy(bare) < _WORDY and not values.identifier(bare)
    )
    yield Guessable(name, value, start, anchored and not _in_branch(data, start), strong)


def _kind(name: str) -> bool:
    found = read_name(name)
    return found is not None and found.kind == "signing"


def _own_name(name: str, data: bytes) -> bool:
    """Whether a name is that of a secret the app itself signs with."""
    found = read_name(name)
    if found is None or found.kind != "signing":
        return False
    parts = split(name)
    if not all(part in _OWN_WORDS or part.isdigit() for part in parts):
        return False
    if not {"secret", "secrets", "signing", "sign", "jwt", "hmac"} & set(parts):
        return False  # the key of a cookie or session is its name far more often
    strong = bool(_STRONG_WORDS & set(parts)) or ("secret" in parts and "key" in parts)
    return strong or bool(_SIGNS.search(data))


def _in_comment(data: bytes, at: int) -> bool:
    return bool(_COMMENT.match(data, data.rfind(b"\n", 0, at) + 1))


def _in_branch(data: bytes, at: int) -> bool:
    """Whether a line stands in a class, function or branch for tests or development, by indentation."""
    line = data.rfind(b"\n", 0, at) + 1
    depth = _depth(data[line:at])
    while line > 0 and depth > 0:
        end, line = line - 1, data.rfind(b"\n", 0, line - 1) + 1
        row = data[line:end]
        if row.strip() and _depth(row) < depth:
            depth = _depth(row)
            if _ELSEWHERE.match(row):
                return True
    return False


def _depth(row: bytes) -> int:
    return len(row) - len(row.lstrip(b" \t"))
