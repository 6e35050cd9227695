"""Says what the reason beside a disabled test is short of, and what to do about it."""

from __future__ import annotations

from shipworthy.facts.tests import Skip, SkipKind
from shipworthy.facts.tests.quote import quote


def lacks_reason(skip: Skip, today: str) -> str:
    """What a disabled test's reason is short of; "" where it holds."""
    if skip.until and skip.until < today:
        return f"its own deadline {skip.until} has passed"
    faulty = skip.kind is not SkipKind.SKIP or skip.defers
    if not skip.reason:
        return "nothing beside it says why"
    if skip.reference:
        return ""
    if not skip.says_why:
        return f"{quote(skip.reason)} does not say why"
    if faulty and not skip.off_in_ci:
        return f"its reason {quote(skip.reason)} names no issue or date, so nobody will come back to it"
    return ""


def remedy(skip: Skip) -> str:
    if skip.kind is SkipKind.XFAIL:
        return "Add strict=True, so that the suite tells you when it passes again, or give the reason and an issue."
    if skip.kind is SkipKind.COMMENTED_OUT:
        return "Bring the test back, or delete it and say why in the commit message."
    return "Re-enable the test, delete it, or write beside it why it is off with an issue or a date."
