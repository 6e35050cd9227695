"""Expressions that tell in one pass where a secret could stand: each matches wherever what it stands for could.

They are written for a matcher that reports where matches end, and loosely: whatever they find is looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

QUOTED, INLINE, PLAIN, DOCKER, MARKUP, LISTED, PAIRED, TERRAFORM, ATTRIBUTE, SPACED, FLOW = range(11)
"""The forms of an assignment, by number."""
PLAIN_ONLY: Final = frozenset({PLAIN, DOCKER, FLOW})
"""Forms that are assignments only where values stand without quotes."""

_LONG = "secret|token|passw|passphrase|passcode|pwd|senha|contrasena|bearer|jwt|pepper"
_SHORT = "key|pass|auth(?:orization|_?token|_?key|_?secret)?|cred(?:s|ential|entials)?|salt|_pat|_pw"
_NAME = rf"(?:(?i:{_LONG})[\w.$-]{{0,60}}|(?i:{_SHORT})s?_?\d?(?:[_.$A-Z-][\w.$-]{{0,60}})?)"
_SECRETIVE = re.compile(rf"(?i:{_LONG})|(?:(?i:{_SHORT}))s?_?\d?(?![a-z0-9])|\Apw(?![a-z0-9])".encode("ascii"))
_TYPE = r"(?:\[\]\s{0,4}|:\s{0,4}(?:&(?:'static\s)?)?\[?[A-Za-z_][\w.\[\]|<> ]{0,40}(?:;\s?\d{1,4}\])?\s{0,4})?"
_OPERATOR = rf"(?:{_TYPE}=>?|:=|:|={{2,3}}|!={{1,2}}|\|\|=?|\?\?=?|\?=|\+=|,)"
_CALLS = r"(?:(?:(?:new\s)?[A-Za-z_][\w.:]{0,40})?\(\s{0,20}){0,2}(?:[a-z_]{1,20}\s{0,2}=\s{0,2})?"
_PREFIX = r"[brufBRUF@$\\\"']{0,4}"
_BRACKETS = re.compile(rb"[()\[\]{}<>]")
_WRITTEN = re.compile(rb"[^A-Za-z_.\-]|[A-Za-z]{12}")


def _quoted(quote: str) -> str:
    return (
        rf"{quote}(?:[^{quote}\s]*[^A-Za-z\s{quote}_.\-][^{quote}\s]*|[A-Za-z_.\-]*[A-Za-z]{{12}}[A-Za-z_.\-]*){quote}"
    )


_DOUBLE, _SINGLE, _TICKS = (_quoted(quote) for quote in ('"', "'", "`"))
_VALUE = f"(?:{_DOUBLE}|{_SINGLE}|{_TICKS})"
_ANY_VALUE = r"[\"']?\s{0,4}[:=]\s{0,4}[\"']?[^\s\"'<>{}\[\],]{3}"
_SHOUTED = "SECRET|TOKEN|PASS|PWD|SENHA|CONTRASENA|BEARER|JWT|PEPPER|KEY|AUTH|CRED|SALT|_PAT|_PW"
_AFTER_NAME = {
    QUOTED: rf"\\{{0,2}}[\"'`]?\]?\)?\s{{0,20}}{_OPERATOR}\s{{0,40}}{_CALLS}{_PREFIX}{_VALUE}",
    PAIRED: rf"[\"']?[\s,;]{{1,80}}[\"']?(?:android:)?(?:value|Value|default|ParameterValue|defaultValue){_ANY_VALUE}",
    PLAIN: r"[\"']?[ \t]*[:=][ \t]*[^\s\"'#|>&*\[{(=:][^\s()\[\]{}<>]{2,}(?:\s|\z)",
    FLOW: r":[ \t]{1,4}[^\s\"',&*|>{}\[\]][^\s\"',{}\[\]]{3,200}\s{0,4}[,}]",
}


def _either(*forms: int) -> tuple[str, tuple[int, ...]]:
    """One expression for several forms: what each has in common with the others is looked for once."""
    return f"{_NAME}(?:{'|'.join(_AFTER_NAME[form] for form in forms)})", forms


ASSIGNMENTS: Final[tuple[tuple[str, tuple[int, ...]], ...]] = (
    _either(QUOTED, PAIRED),
    (rf"(?:{_SHOUTED})[A-Z0-9_]{{0,60}}=[^\s\"'`,;&|<>(){{}}\\]{{4}}", (INLINE,)),
    _either(PLAIN, FLOW),
    (
        rf"(?:ENV|ARG|(?i:setenv)|fastcgi_param|set -\w{{1,4}})[ \t]+\w{{0,60}}{_NAME}[ \t=]+[\"']?[^\s\"']{{3}}",
        (DOCKER,),
    ),
    (rf"<[\w.:-]{{0,60}}{_NAME}(?:\s[^<>\n]{{0,100}})?>[^<\s]{{3}}", (MARKUP,)),
    (
        rf"<(?:key|name)>[\w.:-]{{0,60}}{_NAME}</(?:key|name)>\s{{0,40}}<(?:string|value)>[^<\s]{{3}}",
        (LISTED,),
    ),
    (rf"variable\s{{1,4}}\"[\w-]{{0,60}}{_NAME}\"\s{{0,4}}\{{", (TERRAFORM,)),
    (rf"(?:key|name)=[\"'][\w.:-]{{0,60}}{_NAME}[\"'][^<>\n]{{0,100}}>[^<\s]{{3}}", (ATTRIBUTE,)),
    (rf"{_NAME}[ \t]{{1,8}}(?:{_DOUBLE}|{_SINGLE})[ \t]{{0,8}}[\r\n]", (SPACED,)),
)
"""Expressions, and the forms each stands for. Each ends where the value does or in its first characters, but for a
variable's, whose default follows."""


def forms_at(number: int, data: bytes, end: int) -> tuple[int, ...]:
    """Which of an expression's forms may end here, by the last character."""
    forms = ASSIGNMENTS[number][1]
    last = data[end - 1 : end]
    if forms == (QUOTED, PAIRED):
        return forms if last == b"`" else forms[:1] if last in (b'"', b"'") else forms[1:]
    if forms == (PLAIN, FLOW):
        return forms if end == len(data) else forms[1:] if last in (b",", b"}") else forms[:1]
    return forms


_SET = r"(?::\s{0,4}[A-Za-z_][\w.\[\]| ]{0,40}\s{0,4})?(?::=|=|:)\s{0,10}(?:\[\]byte\()?"
NAME, TOKEN_CALL, COMMON_CALL, COOKIE_CALL = "name", "token-call", "common-call", "cookie-call"
_KEYWORD, _SUBJECT = "keyword", "subject"
SIGNING: Final[tuple[tuple[str, str], ...]] = (
    # A signing name that is given a literal.
    (
        rf"(?i:secret|jwt|sign|hmac|(?:session|cookie|app)_?key)\w{{0,60}}[\"']?\]?\s{{0,4}}{_SET}b?[\"'`][^\"'`\r\n]",
        NAME,
    ),
    (r"(?i:jwt|jsonwebtoken|jws)\s{0,2}\.\s{0,2}(?:encode|decode|sign|verify)\s{0,2}\(", TOKEN_CALL),
    (
        r"(?:cookieParser|(?:URLSafe|Timed|JSONWebSignature)\w{0,20}Serializer|TimestampSigner|Keygrip)\(",
        COOKIE_CALL,
    ),
    (
        r"(?:[sS]ession|[jJ]wt|Strategy|NextAuth|betterAuth|register|add_middleware|Middleware|JwtService)\s{0,2}\(",
        COMMON_CALL,
    ),
)
"""Where code may sign with a literal, and which sign of it that is. A name's ends behind the literal's first character,
a call's behind its bracket."""
SUBJECTS: Final[tuple[tuple[str, str], ...]] = (
    (r"(?:[sS]ecret|[kK]eys?)[\"']?\s{0,4}[:=]\s{0,10}\[?\s{0,10}[\"'`A-Za-z_]", _KEYWORD),
    (r"(?i:session|jwt|nextauth|betterauth)", _SUBJECT),
)
"""What a file says that gives a sign its meaning, wherever it stands."""


def signs(seen: Mapping[str, list[int]]) -> dict[str, list[int]]:
    """Of the signs seen in a file, by where they end, those to look at; none, mostly."""
    found = {sign: ends for sign, ends in seen.items() if sign in (NAME, TOKEN_CALL, COOKIE_CALL)}
    # Functions of common names sign only where a key is named among what they are given, in a file about sessions.
    if seen.keys() >= {COMMON_CALL, _KEYWORD, _SUBJECT}:
        found[COMMON_CALL] = seen[COMMON_CALL]
    return found


@lru_cache(maxsize=65_536)
def secretive(name: bytes) -> bool:
    """Whether a name in code has a word in it that a secret's name could have."""
    return _SECRETIVE.search(name.lstrip(b"@$")) is not None


def written(value: bytes, quoted: bool) -> bool:
    """Whether a value may be more than a plain word or a sentence. Most values in code are words: names of fields."""
    if (value.split(None, 1) != [value]) if quoted else _BRACKETS.search(value):
        return False
    return _WRITTEN.search(value) is not None


_BOUNDS = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_MOST_REPEATS = 24
_BEFORE = re.compile(r"\A\(\?<!\[([^\]^][^\]]*)\]\)")
_BEHIND = re.compile(r"\(\?!\[([^\]^][^\]]*)\]\)\Z")
_HEAD = re.compile(
    # Groups that only set flags, and in front an assertion, or one character or class that may be left out.
    r"\A((?:\(\?[ims]*:)*)(?:\\b|\^|(?:\\[wsd]|\[(?:[^\]\\]|\\.)+\])(?:[*?]|\{0,\d*\}))(?![*+?{|])"
)
_PIECE = re.compile(r"\\.|\[(?:[^\]\\]|\\.)+\]|[()]", re.DOTALL)
_REPEATS = ("*", "+", "?", "{")


def headless(pattern: str) -> str:
    """A pattern that ends wherever this one does, less what need not stand in front of it.

    A matcher that only tells ends looks for words quickly, and slowly for words after any number of other characters.
    """
    while (head := _HEAD.match(pattern)) and not _repeated(pattern, head[1].count("(")):
        pattern = head[1] + pattern[head.end() :]
    return pattern


def _repeated(pattern: str, groups: int) -> bool:
    """Whether one of so many groups at the beginning may match more than once, or not at all."""
    depth = 0
    for piece in _PIECE.finditer(pattern):
        if piece[0] in "()":
            depth += 1 if piece[0] == "(" else -1
            if piece[0] == ")" and depth < groups:
                if pattern.startswith(_REPEATS, piece.end()):
                    return True
                groups = depth
    return False


def loosened(pattern: str) -> str:
    """A pattern that matches wherever this one does (a character more at its ends) and that compiles quickly.

    Borders become characters, for a matcher that would leave them out; long bounded repeats become open ones.
    """

    def loose(match: re.Match[str]) -> str:
        least, most = int(match[1]), match[2]
        if most is None:
            return match[0] if least <= _MOST_REPEATS else f"{{{_MOST_REPEATS},}}"
        if most == "" or int(most) > _MOST_REPEATS:
            return f"{{{min(least, _MOST_REPEATS // 2)},}}"
        return match[0]

    pattern = _BEFORE.sub(lambda match: f"(?:^|[^{match[1]}])", pattern)
    pattern = _BEHIND.sub(lambda match: f"(?:[^{match[1]}]|\\z)", pattern)
    return headless(_BOUNDS.sub(loose, pattern))
