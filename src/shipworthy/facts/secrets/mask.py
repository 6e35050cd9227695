"""Masks secrets in text that a person or a report will see."""

from __future__ import annotations

import re

BULLETS = "••••••••"

_LONG = re.compile(r"[A-Za-z0-9+/_\-=.]{20,}")
_ASSIGNED = re.compile(
    r"""(?i)(?:pass(?:word|wd)?|secret|token|api_?key|private_?key|credential)[\w.\-\]'"]{0,40}\s{0,4}(?:[:=]|=>|:=)\s{0,4}"""
    r"""["'`]?([^\s"'`,;]{3,})"""
)
_URL = re.compile(r"(?i)[a-z][a-z0-9+.\-]{1,20}://[^\s:/@]{0,80}:([^\s@]{1,200})@")
_ENV_LINE = re.compile(r"^\s*(?:export\s+)?[A-Za-z_][\w.]*\s*=\s*(\S.*)$")
_ENV_NAME = re.compile(r"(^|/)\.env(\.[^/]*)?$|\.env$")


def _random_looking(text: str) -> bool:
    kinds = sum(any(test(c) for c in text) for test in (str.isupper, str.islower, str.isdigit))
    return kinds >= 2 and any(c.isdigit() for c in text)


def mask_lines(path: str, text: str) -> list[str]:
    """The lines of a file with everything that could be a secret masked: rather too much than too little."""
    env_file = bool(_ENV_NAME.search(path))
    inside_key = False
    lines: list[str] = []
    for line in text.split("\n"):
        if "-----BEGIN" in line and "PRIVATE KEY" in line:
            inside_key = True
        spans = [found.span(1) for pattern in (_ASSIGNED, _URL) for found in pattern.finditer(line)]
        spans += [found.span() for found in _LONG.finditer(line) if _random_looking(found.group())]
        if env_file and (found := _ENV_LINE.match(line)):
            spans.append(found.span(1))
        shown = line
        if inside_key and "-----" not in line:
            shown = BULLETS if line.strip() else line
        else:
            for start, end in sorted(spans, reverse=True):
                if start < len(shown):
                    shown = shown[:start] + BULLETS + shown[max(end, start) :]
        if "-----END" in line:
            inside_key = False
        lines.append(shown)
    return lines
