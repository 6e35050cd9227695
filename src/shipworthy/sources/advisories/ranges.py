"""What a version range allows, as spans of the version order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shipworthy.sources.advisories.index import Interval
from shipworthy.sources.advisories.ordering import MAX_LENGTH, key


@dataclass(frozen=True, slots=True)
class Span:
    """Versions from `low` (None: the first) to `high` (None: without end), as keys of `ordering`. It may be wider
    than what the range allows, never narrower."""

    low: Any
    high: Any
    closed: bool
    """Whether `high` itself belongs to it."""

    def within(self, ecosystem: str, interval: Interval) -> bool:
        """Whether an advisory's interval holds every version of this span."""
        if interval.introduced is not None and (self.low is None or self.low < key(ecosystem, interval.introduced)):
            return False
        if interval.end is None:
            return True
        if self.high is None:
            return False
        end = key(ecosystem, interval.end)
        return bool(self.high < end if self.closed and not interval.inclusive else self.high <= end)


def allowed(ecosystem: str, spec: str) -> list[Span] | None:
    """The spans a range allows; None where it cannot be read."""
    if len(spec) > MAX_LENGTH:
        return None
    try:
        return _npm(spec) if ecosystem == "npm" else _python(spec)
    except (ValueError, TypeError, AttributeError, IndexError):
        # Both libraries raise plain Python errors for malformed ranges.
        return None


def satisfies(ecosystem: str, version: str, spec: str) -> bool | None:
    """Whether a version lies in a range; None where either cannot be read."""
    if len(spec) > MAX_LENGTH or len(version) > MAX_LENGTH:
        return None
    try:
        if ecosystem == "npm":
            from nodesemver import make_range  # type: ignore[import-untyped]  # ships no types

            text = " ".join(spec.split())
            return bool(make_range(text, True).test(version, include_prerelease=True))
        from packaging.specifiers import SpecifierSet

        return SpecifierSet(spec).contains(version, prereleases=True)
    except (ValueError, TypeError, AttributeError, IndexError):
        return None


def _python(spec: str) -> list[Span] | None:
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    low: Any = None
    high: Any = None
    closed = False
    for each in SpecifierSet(spec):
        operator, text = each.operator, each.version
        if operator == "===":
            return None
        if operator == "!=":
            continue
        release = Version(text.removesuffix(".*")).release
        if operator == "==" and not text.endswith(".*"):
            start, stop, stop_closed = Version(text), Version(text), True
        elif operator == "==" or operator == "~=":
            fixed = release if operator == "==" else release[:-1]
            start = Version(text.removesuffix(".*") + ".dev0") if operator == "==" else Version(text)
            stop, stop_closed = Version(".".join(map(str, (*fixed[:-1], fixed[-1] + 1)))), False
        elif operator in (">=", ">"):
            start, stop, stop_closed = Version(text), None, False
        else:
            start, stop, stop_closed = None, Version(text), operator == "<="
        low = start if low is None or (start is not None and start > low) else low
        if stop is not None and (high is None or stop < high or (stop == high and not stop_closed)):
            high, closed = stop, stop_closed
    return [Span(low, high, closed)]


def _npm(spec: str) -> list[Span] | None:
    from nodesemver import make_range

    spans = []
    for comparators in make_range(" ".join(spec.split()), True).set:
        low: Any = None
        high: Any = None
        closed = False
        for each in comparators:
            version = getattr(each.semver, "version", None)
            if not version:
                continue
            here = key("npm", version)
            if each.operator in (">", ">=", "", "="):
                low = here if low is None or here > low else low
            if each.operator in ("<", "<=", "", "=") and (high is None or here < high):
                high, closed = here, each.operator != "<"
        spans.append(Span(low, high, closed))
    return spans
