"""Finds tests that pytest's own configuration leaves out: `--deselect`, `--ignore` of one file, `-k "not ..."`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shipworthy.facts.base import View
from shipworthy.facts.tests import reasons
from shipworthy.facts.tests.draft import comments_beside
from shipworthy.facts.tests.kinds import Skip, SkipKind
from shipworthy.facts.tests.pytest_config import PytestConfig
from shipworthy.model import Location


def deselected(view: View, configs: Iterable[PytestConfig]) -> list[Skip]:
    """One skip for each test or file that `addopts` leaves out; a folder left out is another suite, not a skip."""
    found: list[Skip] = []
    for config in configs:
        source = view.source(config.path) if config.path else None
        if source is None or config.path is None:
            continue
        for option, value in _left_out(config.addopts):
            line = next((n for n, text in enumerate(source.lines, 1) if option in text and value[:60] in text), None)
            reason = comments_beside(source.lines, line, "#") if line else ""
            found.append(
                Skip(
                    kind=SkipKind.SKIP,
                    name=value[:160],
                    location=Location(path=config.path, line=line),
                    how=f"addopts {option}",
                    reason=reason,
                    says_why=reasons.says_why(reason),
                    defers=reasons.defers(reason),
                    reference=reasons.reference(reason),
                    until=reasons.until(reason),
                )
            )
    return found


def _left_out(options: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for position, word in enumerate(options):
        name, joined, value = word.partition("=")
        if not joined:
            value = options[position + 1] if position + 1 < len(options) else ""
        if (
            (name == "--deselect" and value)
            or (name in ("--ignore", "--ignore-glob") and value.endswith(".py"))
            or (name == "-k" and "not " in value)
        ):
            yield name, value
