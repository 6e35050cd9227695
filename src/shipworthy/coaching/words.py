"""How states, places, dates and counts are worded on the screen: a glyph and a word, never a colour alone."""

from __future__ import annotations

import re
from collections.abc import Set
from datetime import date
from typing import NamedTuple

from shipworthy.model import (
    Area,
    Assessment,
    Decides,
    Finding,
    Item,
    Level,
    Location,
    OutcomeKind,
    Result,
    Status,
    Verdict,
)
from shipworthy.model.form_files import FORM_FILES
from shipworthy.text import plural


class Face(NamedTuple):
    """How a state looks: glyph, the word in a list (at most 7 letters), the words on the item, a style."""

    glyph: str
    word: str
    words: str
    style: str


FACES = {
    Status.PASS: Face("✔", "pass", "PASS", "$success"),
    Status.FAIL: Face("✘", "fail", "FAIL", "$error"),
    Status.NEEDS_YOU: Face("?", "you", "NEEDS YOU", "$warning"),
    Status.UNKNOWN: Face("!", "unknown", "COULD NOT CHECK", "$warning"),
    Status.NOT_APPLICABLE: Face("–", "n/a", "DOES NOT APPLY", "$dim"),
    Status.ATTESTED: Face("✔", "said", "SAID BY A PERSON", "$success"),
    Status.WAIVED: Face("~", "waived", "WAIVED", "$accent"),
}
RUNNING = Face("…", "running", "RUNNING", "$primary")
WAITING = Face("…", "waiting", "WAITING", "$dim")

OUTCOME_STATUS = {
    OutcomeKind.PASS: Status.PASS,
    OutcomeKind.FAIL: Status.FAIL,
    OutcomeKind.NEEDS_YOU: Status.NEEDS_YOU,
    OutcomeKind.UNKNOWN: Status.UNKNOWN,
    OutcomeKind.NOT_APPLICABLE: Status.NOT_APPLICABLE,
}
_DECIDES = {
    Decides.MACHINE: "a machine decides",
    Decides.BOTH: "a machine looks, you confirm",
    Decides.PERSON: "you decide",
}
MEANS = {
    "pass": "A machine saw that it is true.",
    "fail": "A machine saw that it is not.",
    "you": "Only you can say; it counts as open until you do.",
    "unknown": "It could not be checked, so it is not passed. The reason is on the item.",
    "n/a": "A machine saw that it does not apply.",
    "said": "You said so, until a date, about what was there then.",
    "waived": "You accepted it as it is, until a date.",
}
"""What a state says, by its word in a list."""
NEVER = (
    "It never runs your tests or scripts without asking, and never sends source code anywhere.",
    "It never shows a secret, and writes nothing outside .shipworthy/ unless you say so.",
)
FORM_WORDS = ("no form yet", "form")
"""How the summaries of forms begin."""
_FIRST_STEP = re.compile(r"(?:^|(?<=: ))1\. ")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def face_of(result: Result, running: Set[str], pending: Set[str]) -> Face:
    """What an item shows now: while its check runs that, else its status."""
    if result.item.id in running:
        return RUNNING
    if result.item.id in pending:
        return WAITING
    return FACES[result.status]


def day(when: date, today: date) -> str:
    """ "20 Dec", with the year where it is another one than today's."""
    text = f"{when.day} {_MONTHS[when.month - 1]}"
    return text if when.year == today.year else f"{text} {when.year}"


def took(milliseconds: int) -> str:
    """ "84 ms", "3.2 s", "2 min 5 s"."""
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:.1f} s"
    minutes, rest = divmod(round(milliseconds / 1000), 60)
    return f"{minutes} min {rest} s"


def effort(minutes: int) -> str:
    """ "about 10 min", "about 2 hours", "about a day"; days have eight hours."""
    if minutes <= 90:
        return f"about {max(minutes, 1)} min"
    hours = round(minutes / 60)
    if hours < 8:
        return f"about {plural(hours, 'hour')}"
    days = round(hours / 8)
    return "about a day" if days == 1 else f"about {days} days"


def place(location: Location) -> str:
    """Short for a list: the file's own name and line."""
    if location.path is None:
        return str(location)
    name = location.path.rpartition("/")[2]
    return f"{name}:{location.line}" if location.line is not None else name


def heading(result: Result) -> str:
    """The title that fits the state: a failing item says what is wrong."""
    item = result.item
    return item.failing_title if result.status is Status.FAIL and item.failing_title else item.title


def steps(remedy: str) -> tuple[str, tuple[str, ...]]:
    """What stands before a remedy's numbered steps, and the steps without their numbers.

    A remedy without two of them, "1. …. 2. …", is all of the first part.
    """
    start = _FIRST_STEP.search(remedy)
    if start is None:
        return remedy, ()
    found: list[str] = []
    rest = remedy[start.end() :]
    # Each number after the end of a sentence, and in its order: others belong to what a step says.
    while end := re.search(rf"(?<=[.!?:;)]) {len(found) + 2}\. ", rest):
        found.append(rest[: end.start()])
        rest = rest[end.end() :]
    return (remedy[: start.start()].rstrip(), (*found, rest)) if found else (remedy, ())


def primary(result: Result) -> Finding | None:
    """The first finding with a file, if any."""
    return next((finding for finding in result.findings if finding.location.path is not None), None)


def aside(result: Result, today: date, several: bool) -> str:
    """What stands at the right end of an item's line: where, until when, or a few words."""
    if result.decision is not None:
        expires = result.decision.expires
        return f"to {day(expires, today)}" if expires else "no end date"
    if result.note:
        return result.note
    worst = result.worst
    if worst is None:
        return ""
    text = worst.outcome.summary
    # What a form lacks stands in many places; how much it is says more than the first of them.
    placed = result.item.check not in FORM_FILES
    if result.status is Status.FAIL and placed and (finding := primary(result)) is not None:
        others = len(result.findings) - 1
        text = place(finding.location) + (f" +{others}" if others else "")
    if several and worst.component not in (None, "."):
        text = f"{worst.component}: {text}"
    return text


def counts(assessment: Assessment, running: Set[str], pending: Set[str]) -> str:
    """ "3 block · 2 need you · 1 unknown · 6 of 12 settled"; items still being judged are just "to check"."""
    waiting = running | pending
    required = assessment.required
    judged = [result for result in required if result.item.id not in waiting]
    block = sum(result.status is Status.FAIL for result in judged)
    unknown = sum(result.status is Status.UNKNOWN for result in judged)
    you = sum(result.status is Status.NEEDS_YOU for result in judged)
    settled = sum(result.settled for result in judged)
    parts = [
        plural(block, "blocks", "block") if block else "",
        plural(you, "needs you", "need you") if you else "",
        f"{unknown} unknown" if unknown else "",
        f"{settled} of {len(required)} settled",
        f"{len(required) - len(judged)} to check" if len(required) > len(judged) else "",
    ]
    return " · ".join(part for part in parts if part)


class Headline(NamedTuple):
    """The verdict, as early as it is certain."""

    words: str
    tone: str
    """ready, not-ready, checking or failed: a class of the style sheet."""


def headline(assessment: Assessment, running: Set[str], pending: Set[str], *, planned: bool) -> Headline:
    """NOT READY as soon as one judged item stands in the way; READY only when nothing is left to judge."""
    waiting = running | pending
    if any(result.item.id not in waiting for result in assessment.open) and planned:
        return Headline("NOT READY", "not-ready")
    if not planned or any(result.item.id in waiting for result in assessment.required):
        return Headline("CHECKING", "checking")
    if assessment.verdict is Verdict.READY:
        return Headline("READY", "ready")
    return Headline("NOT READY", "not-ready")


def next_words(result: Result) -> str:
    """One sentence on what to do first."""
    item = result.item
    if result.status is Status.FAIL:
        finding = primary(result)
        where = f" ({place(finding.location)})" if finding else ""
        said = f"{heading(result)}{where}."
    elif result.status is Status.UNKNOWN:
        said = f"Could not check: {item.title}."
    elif result.note:
        said = f"Say again: {item.title}."
    else:
        said = f"Only you can say: {item.title}."
    return said


def decides_words(item: Item) -> str:
    """Who decides about an item."""
    if item.check is None and item.decides is not Decides.PERSON:
        return "you decide, as no machine checks it yet"
    return _DECIDES[item.decides]


def level_words(level: Level) -> str:
    return "not asked for" if level is Level.NONE else level.value


_STATES = frozenset(face.word for face in (*FACES.values(), RUNNING, WAITING))


def matches(result: Result, area: Area, face: Face, words: str) -> bool:
    """Whether the item has every word of the filter: titles, id, area, level, summary, files.

    A word that names a state means just that: "fail" does not find a title about tests that can fail.
    """
    item = result.item
    parts = [item.title, item.failing_title, item.id, area.title, face.words, result.level.value]
    parts += [result.summary, *(finding.location.path or "" for finding in result.findings[:50])]
    text = " ".join(parts).casefold()
    return all(word == face.word if word in _STATES else word in text for word in words.casefold().split())
