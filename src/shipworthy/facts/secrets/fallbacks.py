"""Finds the values that stand in for secret settings nobody set: defaults of every form, whatever they are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shipworthy.facts.secrets.names import read_name

_QUOTED = rb"(?:\"(?P<double>[^\"\r\n]{1,1000})\"|'(?P<single>[^'\r\n]{1,1000})'|`(?P<tick>[^`\r\n]{1,1000})`)"
_TARGET = re.compile(
    rb"(?<![\w$.@-])([A-Za-z_$][\w.$]{1,80})(?:\s{0,4}:\s{0,4}[\w.\[\]|]{1,40})?\s{0,4}[:=]\s{0,4}[\w.]{0,60}$"
)
_READS = rb"(?:[gG]et_?[eE]nv\w{0,4}|[eE]nviron\w{0,4}|[eE]nv|ENV|[cC]onfig|[sS]ettings?|[sS]ecret|get|fetch)"
_NAMED = rb"b?[\"'](?P<name>[A-Za-z_][\w.-]{1,80})[\"']"
_FORMS = tuple(
    re.compile(pattern)
    for pattern in (
        # os.getenv("NAME", "default"), config("NAME", cast=str, default="default"), ENV.fetch("NAME", "default")
        _READS + rb"(?:\.\w{1,20})?\(\s{0,40}" + _NAMED
        + rb"\s{0,4},\s{0,40}(?:[\w.]{1,20}\s{0,2}=\s{0,2}[\w.]{1,40}\s{0,2},\s{0,40}){0,4}"
        rb"(?:(?:default|fallback)\s{0,2}[=:]\s{0,2})?[rbu]?" + _QUOTED,
        # os.environ.get("NAME") or "default", ENV["NAME"] || "default"
        _READS + rb"(?:\.\w{1,20})?[(\[]\s{0,40}" + _NAMED
        + rb"\s{0,4}[)\]]\s{0,20}(?:or\b|\|\||\?\?|\?:)\s{0,20}" + _QUOTED,
        rb"\bprocess\.env\.(?P<name>\w{1,80})\)?\s{0,20}(?:\|\||\?\?)\s{0,20}" + _QUOTED,
        # NAME: z.string().default("default"), NAME: str({default: "default"}), name: str = Field(default="default")
        rb"(?<![\w$.@-])(?P<name>[A-Za-z_$][\w$]{1,80})[\"']?\s{0,4}[:=][^\n;\"'`]{0,200}?"
        rb"\b(?:[dD]efault|devDefault)(?:\(|\s{0,2}[:=])\s{0,20}" + _QUOTED,
        # ${NAME:-default}, and ${NAME:default} as Spring writes it
        rb"\$\{(?P<name>[A-Za-z_][\w.]{1,80}):?[-=:](?P<plain>[^}\s$]{1,400})\}",
    )
)  # fmt: skip
_HINT = re.compile(rb"env|ENV|onfig|etting|ecret|efault|fetch|get\(|\$\{")
_READ = re.compile(
    rb"(?:[gG]et_?[eE]nv\w{0,4}|[eE]nviron|ENV|[eE]nv|[cC]onfig)(?:\.\w{1,20})?[(\[]\s{0,40}b?[\"']"
    rb"(?P<name>[A-Za-z_]\w{1,80})[\"']"
)


def fallbacks(data: bytes) -> Iterator[tuple[int, int]]:
    """The byte spans of default values of settings that have a secret's name, or go into a variable that has one."""
    if not _HINT.search(data):
        return
    for pattern in _FORMS:
        for match in pattern.finditer(data):
            groups = match.groupdict()
            target = _TARGET.search(data, max(0, match.start() - 200), match.start())
            names = (groups["name"], target[1] if target else b"")
            if not any(read_name(each.decode("ascii", "replace")) for each in names):
                continue
            for group in ("double", "single", "tick", "plain"):
                if groups.get(group) is not None:
                    yield match.span(group)


def setting_names(data: bytes) -> Iterator[tuple[int, int]]:
    """The byte spans of the names that settings are read by: `"NAME"` of `os.getenv("NAME"`."""
    for match in _READ.finditer(data):
        yield match.span("name")
