"""Finds values given to names: in code, configuration, markup, manifests and command lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shipworthy.facts.secrets import prefilter

_NEEDLES = tuple(
    word.encode("ascii")
    for word in (
        "pass", "pwd", "secret", "token", "cred", "bearer", "jwt", "key", "auth", "_pat", "salt", "_pw", "pepper",
        "senha", "contrasena",
    )
)  # fmt: skip
# What must follow a short word that is common in other words and as a word of its own ("pass", "monkey", "author").
_FOLLOWED = {
    b"key": re.compile(rb"key(?:s|_?\d)?(?![a-rt-z0-9])"),
    b"pass": re.compile(
        rb"pass(?:w|phrase|code|_?\d?(?![a-z0-9\s;:]|\s*$)|_?\d?[\"']?[ \t]{0,3}(?:[:=]|=>)[ \t]{0,3}[^\s]"
        rb"|(?<=_pass)(?:[ \t]{1,8}[^\s]|\s{1,40}[\"']?value))"
    ),
    b"auth": re.compile(rb"auth(?:orization|_?token|_?key|_?secret)?(?![a-z0-9])"),
    b"cred": re.compile(rb"cred(?:s|ential|entials)?(?![a-z])"),
}
# What may follow a name is no part of one, so giving back some of it (which takes most of the time) finds nothing.
_NAME = rb"(?<![\w$.@-])(?P<name>[A-Za-z_@$][\w.$-]{1,80}+)"
_TYPE = rb"(?:\[\]\s{0,4}|:\s{0,4}(?:&(?:'static\s)?)?\[?[A-Za-z_][\w.\[\]|<> ]{0,40}?(?:;\s?\d{1,4}\])?\s{0,4})?"
_OPERATOR = rb"(?:" + _TYPE + rb"=>?|:=|:|={2,3}|!={1,2}|\|\|=?|\?\?=?|\?=|\+=|,)"
_AGAIN = rb"[a-z_]{1,20}\s{0,2}=\s{0,2}"
"""A second name for the same value, or the argument it is; on a line of its own it is another assignment."""
_CALLS = (
    rb"(?:[ \t]{0,40}" + _AGAIN
    + rb"|\s{0,40}(?:(?:(?:(?:new\s)?[A-Za-z_][\w.:]{0,40})?\(\s{0,20}){1,2}(?:" + _AGAIN + rb")?)?)"
)  # fmt: skip
_QUOTED = rb"(?:\"(?P<double>[^\"\r\n]{1,1000})\"|'(?P<single>[^'\r\n]{1,1000})'|`(?P<tick>[^`\r\n]{1,1000})`)"
_ASSIGNED = re.compile(
    _NAME + rb"(?=(?P<close>\\{0,2}[\"'`]?\]?\)?)\s{0,20}(?P<op>" + _OPERATOR + rb")" + _CALLS
    + rb"(?P<prefix>[brufBRUF@$]{0,2})(?:\"\"(?=\")|''(?=')|\\{0,2})" + _QUOTED + rb")"
)  # fmt: skip
_PLAIN = re.compile(
    rb"^[ \t]*(?:[-+#;][ \t]*)?(?:(?:export|set|setx|env|global|readonly|local|declare -x)[ \t]+)?[\"']?"
    rb"(?:[a-z][\w-]{0,40}:)?(?P<name>[A-Za-z_][\w.-]{1,80})[\"']?[ \t]*(?P<op>[:=])(?![=:])[ \t]*"
    rb"(?P<value>[^\s\"'#|>&*\[{(=:][^\s]{2,800})[ \t]*"
    rb"(?=$|\r|[ \t]#|[ \t]*\\|[ \t]+[A-Z_]+=)",
    re.M,
)
_DOCKER = re.compile(
    rb"^[ \t]*(?:ENV|ARG|(?i:setenv)|fastcgi_param|set -\w{1,4})[ \t]+"
    rb"(?P<name>[A-Za-z_]\w{1,80})[ \t=]+[\"']?(?P<value>[^\s\"']{3,800})",
    re.M,
)
_INLINE = re.compile(rb"(?<![\w$.-])(?P<name>[A-Z][A-Z0-9_]{2,80})=(?P<value>[^\s\"'`,;&|<>(){}\\]{4,800})")
_MARKUP = re.compile(rb"<(?P<name>[\w.:-]{2,80})(?:\s[^<>\n]{0,100})?>(?P<value>[^<\r\n]{3,400})</")
_LISTED = re.compile(
    rb"<(?:key|name)>(?P<name>[\w.:-]{2,80})</(?:key|name)>\s{0,40}<(?:string|value)>(?P<value>[^<\r\n]{3,400})</"
)
_ATTRIBUTE = re.compile(rb"\b(?:key|name)=[\"'](?P<name>[\w.:-]{2,80})[\"'][^<>\n]{0,100}>(?P<value>[^<\r\n]{3,400})</")
_SPACED = re.compile(
    rb"^[ \t]*@?(?P<name>[A-Za-z_][\w.-]{1,80})[ \t]{1,8}"
    rb"(?:\"(?P<double>[^\"\r\n]{4,400})\"|'(?P<single>[^'\r\n]{4,400})')"
    rb"[ \t]{0,8}(?=[\r\n]|\Z)",
    re.M,
)
_FLOW = re.compile(
    rb"[{,]\s{0,20}(?P<name>[A-Za-z_][\w.-]{1,80}):[ \t]{1,4}"
    rb"(?P<value>[^\s\"',&*|>{}\[\]][^\s\"',{}\[\]]{3,200})(?=\s{0,4}[,}])"
)
_PAIRED = re.compile(
    rb"(?<![\w-])(?:name|key|Name|Key|ParameterKey|variable)[\"']?\s{0,4}[:=]\s{0,4}"
    rb"[\"']?(?P<name>[A-Za-z_][\w.:-]{1,80})[\"']?[\s,;]{1,80}[\"']?(?:android:)?(?:value|Value|default|ParameterValue|defaultValue)[\"']?\s{0,4}[:=]\s{0,4}"
    rb"(?:\"(?P<double>[^\"\r\n]{1,800})\"|'(?P<single>[^'\r\n]{1,800})'|(?P<value>[^\s\"'<>{}\[\],]{3,800}))"
)
_TERRAFORM = re.compile(
    rb"\bvariable\s{1,4}\"(?P<name>[\w-]{2,80})\"\s{0,4}\{(?:(?!\n\})[\s\S]){0,400}?\bdefault\s{0,20}=\s{0,4}\"(?P<double>[^\"\r\n]{1,800})\""
)
_SETTING = re.compile(
    rb"(?:get_?env|environ\.(?:get|setdefault)|set_?env|put_?env|set_?default|set_?property|\bput|\bconfig|\benv(?:\.\w{1,12})?"
    rb"|fetch|config\.get)\(\s{0,20}b?[\"'`]\Z|\.set\(\s{0,8}[\"'][\w.-]{1,30}[\"']\s{0,4},\s{0,8}[\"']\Z",
    re.I,
)
"""A call that sets or reads the setting whose name comes next, with its value or default behind."""
_CHOSEN = re.compile(rb"(?=\S*[0-9])(?=\S*[a-z])(?=\S*[A-Z])(?=\S*[!#$%&*+?@^~])\S{8,64}\Z")
"""Signs of all kinds, as people are told to put in a password."""
_BEFORE = 60
_PATTERNS = {
    prefilter.QUOTED: _ASSIGNED,
    prefilter.INLINE: _INLINE,
    prefilter.PLAIN: _PLAIN,
    prefilter.DOCKER: _DOCKER,
    prefilter.MARKUP: _MARKUP,
    prefilter.LISTED: _LISTED,
    prefilter.PAIRED: _PAIRED,
    prefilter.TERRAFORM: _TERRAFORM,
    prefilter.ATTRIBUTE: _ATTRIBUTE,
    prefilter.SPACED: _SPACED,
    prefilter.FLOW: _FLOW,
}
_ABOVE = 160
_SPREAD = {prefilter.TERRAFORM: 0, prefilter.PLAIN: 0, prefilter.DOCKER: 0, prefilter.INLINE: 0, prefilter.SPACED: 0}
"""How many bytes above its line a form may begin."""
_BELOW = {prefilter.TERRAFORM: 500}
"""How many bytes behind its end a value may stand."""
_LINE, _WINDOW = 1_200, 600
_MOST_PLACES = 100_000
"""Assignments looked at in one file: bounds the time a hostile file can take. What lies beyond is told."""


@dataclass(frozen=True, slots=True, repr=False)
class Assigned:
    """A name and the value given to it. No repr: the value may be a secret."""

    name: str
    value: bytes
    start: int
    """Where the value starts, in bytes from the start of the file."""
    quoted: bool
    weak: bool = False
    """The form says little: a comparison, a pair of arguments."""
    bare: bool = False
    """Without quotes in a form of which code writes both with them."""


def _positions(low: bytes) -> list[int]:
    """Where words stand that a secret's name could hold, in order."""
    positions: list[int] = []
    for needle in _NEEDLES:
        followed = _FOLLOWED.get(needle)
        at = low.find(needle)
        while at >= 0:
            if followed is None or followed.match(low, at):
                positions.append(at)
            at = low.find(needle, at + len(needle))
    positions.sort()
    return positions


def _windows(data: bytes, low: bytes, cut: list[str]) -> list[tuple[int, int]]:
    """Spans around every word that a secret's name could hold: whole lines, or a part of a very long one."""
    spans: list[tuple[int, int]] = []
    covered = 0
    for at in _positions(low):
        if at < covered:
            continue
        if len(spans) >= _MOST_PLACES:
            cut.append("assigned")
            break
        line = data.rfind(b"\n", max(0, at - _LINE), at) + 1
        start = line if line else max(0, at - _WINDOW)
        first = data.find(b"\n", at, at + _LINE)
        if first < 0:
            end = min(len(data), at + _LINE)
        else:
            # The value may stand on one of the next two lines, as formatters and manifests break them.
            end = first
            for _ in range(2):
                following = data.find(b"\n", end + 1, end + 400)
                end = following if following >= 0 else min(len(data), end + 400)
        if spans and start <= spans[-1][1] and end - spans[-1][0] < 20_000:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
        covered = at + 64 if first < 0 or (start != line and at + 64 < first) else first + 1
    return spans


def _value(match: re.Match[bytes]) -> tuple[bytes, int, bool]:
    groups = match.re.groupindex
    for group in ("double", "single", "tick"):
        if group in groups and match.group(group) is not None:
            return match.group(group), match.start(group), True
    return match.group("value"), match.start("value"), False


def assignments(data: bytes, plain: bool, ends: Mapping[int, list[int]] | None, cut: list[str]) -> Iterator[Assigned]:
    """Every assignment near a secret-sounding word, some of them twice and some under names that are no secret's.

    `plain`: also without quotes.

    `ends`: where they may end, by form; None to look near every such word. `cut` gets an entry if there are too many.
    """
    if ends is not None:
        yield from _at(data, plain, ends, cut)
        return
    patterns = [_ASSIGNED, _INLINE, _SPACED]
    if b"<" in data:
        patterns += [_MARKUP, _LISTED, _ATTRIBUTE]
    if b"alue" in data or b"default" in data:
        patterns.append(_PAIRED)
        # A variable's default may stand many lines below its name.
        yield from (found for match in _TERRAFORM.finditer(data) if (found := _read(_TERRAFORM, match)))
    if plain:
        patterns += [_PLAIN, _DOCKER, _FLOW]
    for start, end in _windows(data, data.lower(), cut):
        for pattern in patterns:
            for match in pattern.finditer(data, start, end):
                found = _read(pattern, match)
                if found is not None:
                    yield found


def _at(data: bytes, plain: bool, ends: Mapping[int, list[int]], cut: list[str]) -> Iterator[Assigned]:
    for form, places in ends.items():
        if form in prefilter.PLAIN_ONLY and not plain:
            continue
        pattern = _PATTERNS[form]
        done = 0
        if len(places) > _MOST_PLACES:
            cut.append("assigned")
        for place in places[:_MOST_PLACES]:
            if place <= done:
                continue
            done, found = _on_its_line(data, place, pattern)
            if not found:
                start, done = _around(data, place, _SPREAD.get(form, _ABOVE), _BELOW.get(form, 0))
                found = _secretive(pattern, data, start, done)
            for match in found:
                assigned = _read(pattern, match)
                if assigned is not None:
                    yield assigned


def _secretive(pattern: re.Pattern[bytes], data: bytes, start: int, end: int) -> list[re.Match[bytes]]:
    """What the pattern finds there with a name that a secret could have: few of the names in a line."""
    return [match for match in pattern.finditer(data, start, end) if prefilter.secretive(match["name"])]


def _on_its_line(data: bytes, place: int, pattern: re.Pattern[bytes]) -> tuple[int, list[re.Match[bytes]]]:
    """The line's end, and what is on it; nothing where the name of what ends here may stand above, which is rare."""
    start, end = _around(data, place, 0)
    found = _secretive(pattern, data, start, end)
    return end, found if any(_spans(match, place) for match in found) else []


def _spans(match: re.Match[bytes], place: int) -> bool:
    value, start, _ = _value(match)
    return start <= place <= start + len(value) + 1


def _around(data: bytes, place: int, above: int, below: int = 0) -> tuple[int, int]:
    """The lines around an assignment that ends here: where its name may stand, and to the end of its value."""
    line = data.rfind(b"\n", max(0, place - 1 - _LINE), place - 1) + 1 or max(0, place - 1 - _LINE)
    above = max(0, line - above)
    start = data.rfind(b"\n", max(0, above - _LINE), above) + 1 or above
    end = data.find(b"\n", place + below, place + below + _LINE)
    return start, end if end >= 0 else min(len(data), place + below + _LINE)


def _read(pattern: re.Pattern[bytes], match: re.Match[bytes]) -> Assigned | None:
    value, start, quoted = _value(match)
    name = match.group("name").decode("utf-8", "replace").lstrip("@$")
    weak = False
    if pattern is _ASSIGNED:
        if match.group("op").startswith(b"[") and match.group("name").startswith(b"$"):
            return None  # PHP: one more of a list
        if b"f" in match.group("prefix").lower() and b"{" in value:
            return None
        operator = match.group("op")
        closed = match.group("close").lstrip(b"\\")
        if operator == b",":
            if closed[:1] not in (b'"', b"'", b"`"):
                return None
            weak = not _SETTING.search(match.string, max(0, match.start("name") - _BEFORE), match.start("name"))
        if operator[:2] in (b"==", b"!="):
            # What is compared is the name of a case more often than a secret, unless nobody names one so.
            weak = _CHOSEN.match(value) is None
        value = value.rstrip(b"\\")
    elif not quoted and value[-1:] in b",;)\"'":
        value = value.rstrip(b",;)\"'")
    if pattern in (_PLAIN, _INLINE) and value[-1:] in b"\"'":
        value = value.rstrip(b"\"'")
    return Assigned(name, value, start, quoted, weak, pattern is _PAIRED and not quoted) if value else None
