"""Tells from the text beside a disabled test whether it says why, and until when: an issue, a date."""

from __future__ import annotations

import re

MAX_REASON = 300

_URL = re.compile(r"https?://[^\s'\"<>)]{4,200}")
_ISSUE = re.compile(
    r"(?<![\w&])(?:#\d{1,7}|GH-?\d{1,7}|bpo-?\d{1,7}|(?:issue|ticket|bug|pr)\s*[:#]?\s*\d{1,7})\b", re.I
)
# Keys of trackers look like "PROJ-123"; the same shape names standards, which are no issue.
_TRACKER = re.compile(r"\b([A-Z][A-Z0-9]{1,9})-(\d{1,6})\b")
_STANDARDS = {
    "UTF", "ISO", "SHA", "RFC", "CVE", "CWE", "HTTP", "TLS", "SSL", "ES", "IEEE", "PEP", "AES", "MD", "ASCII", "CP",
    "BASE", "IPV", "X", "HS", "RS", "WIN", "PY", "NODE", "GPT", "LATIN", "UTC", "GMT", "COVID", "H", "MP",
}  # fmt: skip
_ISO_DATE = re.compile(r"\b(20\d\d)-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?\b")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WORD_DATE = re.compile(
    r"\b(?:\d{1,2}\s+)?(?:" + "|".join(_MONTHS) + r")[a-z]{0,6}\.?\s+(?:\d{1,2},?\s+)?20\d\d\b|\bQ[1-4][\s/]20\d\d\b",
    re.I,
)
_OTHER_DATE = re.compile(r"\b\d{1,2}[./]\d{1,2}[./]20\d\d\b")
_UNTIL = re.compile(
    r"\b(?:until|till|by|before|expires?(?: on)?|remove after|re-?enable(?: on| by| after)?)[:\s]{1,3}"
    r"(20\d\d-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)\b",
    re.I,
)
# Words that admit a test is off without saying why.
_EMPTY_WORDS = {
    "a", "be", "broken", "ci", "comment", "commented", "currently", "disable", "disabled", "does", "doesnt",
    "fail", "failed", "failing", "fails", "fix", "fixed", "fixme", "flaky", "for", "hack", "ignore", "ignored",
    "in", "investigate", "is", "it", "later", "me", "na", "need", "needs", "no", "none", "not", "now", "off",
    "out", "please", "reason", "revisit", "should", "skip", "skipped", "skipping", "tbd", "temp", "temporarily",
    "temporary", "test", "tests", "the", "this", "to", "todo", "unknown", "will", "wip", "work", "working",
    "xxx", "yet",
}  # fmt: skip
# Words of somebody who means to come back: such a reason needs an issue or a date, or nobody will.
_DEFERS = re.compile(
    r"\b(todo|fixme|xxx|until|once we|later|for now|temporar|flak[ey]|unstable|unreliable|random(ly)?|intermittent|"
    r"broken?|breaks?|fail(s|ed|ing|ure)?|fix|bug|bugg?y|hangs?|hung|tim(es?|ed|ing) ?out|timeouts?|timing|race|"
    r"investigat|doesn'?t work|not work|disabl|revisit|wip|re-?enable|come back|deadlock|crash|slow on ci|sometimes)",
    re.I,
)
_PRAGMA = re.compile(
    r"^\W*(eslint|@ts-|prettier|istanbul|c8|v8|biome|noqa|type:|pylint|fmt:|pragma|ruff:|mypy:|flake8|tslint|jshint|"
    r"-\*-|!|region|endregion|@jest|@vitest|SPDX|copyright|nosec|nosonar)",
    re.I,
)


def clean(text: str) -> str:
    """One line, at most `MAX_REASON` characters, comment signs and surrounding quotes taken off."""
    lines = [re.sub(r"^\s*(?:#+|//+|/\*+|\*+(?!/))\s?", "", line).replace("*/", "") for line in text[:4000].split("\n")]
    joined = " ".join(line.strip() for line in lines if line.strip() and not _PRAGMA.match(line))
    return " ".join(joined.split())[:MAX_REASON]


def reference(text: str) -> str:
    """The first issue or date in a text, "" without one."""
    text = text[:2000]
    for pattern in (_URL, _ISSUE, _ISO_DATE, _WORD_DATE, _OTHER_DATE):
        found = pattern.search(text)
        if found:
            return found[0]
    for found in _TRACKER.finditer(text):
        if found[1] not in _STANDARDS:
            return found[0]
    return ""


def until(text: str) -> str:
    """The day after which the text says the matter is over, YYYY-MM-DD; a bare month means its last day."""
    found = _UNTIL.search(text[:2000])
    if not found:
        return ""
    return found[1] if len(found[1]) == 10 else found[1] + "-31"


def says_why(text: str) -> bool:
    """Whether a reason has a word of its own beside the ones that only say that the test is off."""
    bare = _URL.sub(" ", text)
    for pattern in (_ISSUE, _ISO_DATE, _WORD_DATE, _OTHER_DATE):
        bare = pattern.sub(" ", bare)
    words = [word.lower().replace("'", "") for word in re.findall(r"[^\W\d_][\w']*", bare)]
    return any(word not in _EMPTY_WORDS for word in words)


def defers(text: str) -> bool:
    """Whether a reason speaks of a fault or of coming back to it, as against why the test does not apply."""
    return bool(_DEFERS.search(text[:2000]))
