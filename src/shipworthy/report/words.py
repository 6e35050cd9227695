"""The words and glyphs of a status, the same on the screen, in plain text and in reports."""

from __future__ import annotations

from shipworthy.model import Assessment, Result, Status

GLYPHS: dict[Status, str] = {
    Status.PASS: "✔",
    Status.ATTESTED: "✔",
    Status.FAIL: "✘",
    Status.NEEDS_YOU: "?",
    Status.UNKNOWN: "!",
    Status.WAIVED: "~",
    Status.NOT_APPLICABLE: "–",
}
ASCII_GLYPHS: dict[Status, str] = {
    Status.PASS: "+",
    Status.ATTESTED: "+",
    Status.FAIL: "x",
    Status.NEEDS_YOU: "?",
    Status.UNKNOWN: "!",
    Status.WAIVED: "~",
    Status.NOT_APPLICABLE: "-",
}
WORDS: dict[Status, str] = {
    Status.PASS: "pass",
    Status.ATTESTED: "said",
    Status.FAIL: "fail",
    Status.NEEDS_YOU: "you",
    Status.UNKNOWN: "could not check",
    Status.WAIVED: "waived",
    Status.NOT_APPLICABLE: "n/a",
}


def title_of(result: Result) -> str:
    """The failing title for a failure, the title for everything else."""
    return result.item.failing_title if result.status is Status.FAIL else result.item.title


def counts(assessment: Assessment) -> str:
    """ "3 block · 2 need you · 1 could not be checked · 6 of 12 settled", over required items."""
    open_items = assessment.open
    block = sum(1 for each in open_items if each.status is Status.FAIL)
    unknown = sum(1 for each in open_items if each.status is Status.UNKNOWN)
    you = sum(1 for each in open_items if each.status is Status.NEEDS_YOU)
    settled = len(assessment.required) - len(open_items)
    rows = [
        f"{block} block{'s' if block == 1 else ''}" if block else "",
        f"{you} need{'s' if you == 1 else ''} you" if you else "",
    ]
    rows.append(f"{unknown} could not be checked" if unknown else "")
    rows.append(f"{settled} of {len(assessment.required)} settled")
    return " · ".join(row for row in rows if row)
