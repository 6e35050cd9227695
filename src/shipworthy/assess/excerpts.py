"""Adds the lines around each finding, with every secret in them masked."""

from __future__ import annotations

from dataclasses import replace

from shipworthy.facts.secrets.mask import Masked
from shipworthy.model import ComponentOutcome, Excerpt, Finding
from shipworthy.project import Project, Source, Unreadable

AROUND = 3
"""Lines shown before and after the finding's own."""
MAX_LINE = 400
MAX_FINDINGS = 200


class Excerpts:
    """Reads a file at most once for all findings in it."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._texts: dict[str, Masked | None] = {}

    def add(self, outcomes: tuple[ComponentOutcome, ...]) -> tuple[ComponentOutcome, ...]:
        """The same outcomes, their first findings with an excerpt."""
        return tuple(
            replace(
                each,
                outcome=replace(
                    each.outcome,
                    findings=tuple(
                        self._with(finding) if number < MAX_FINDINGS else finding
                        for number, finding in enumerate(each.outcome.findings)
                    ),
                ),
            )
            for each in outcomes
        )

    def _with(self, finding: Finding) -> Finding:
        path, line = finding.location.path, finding.location.line
        # What stood in an old commit does not stand in the file any more, or on another line.
        if path is None or line is None or finding.location.commit is not None or finding.excerpt is not None:
            return finding
        if path not in self._texts:
            self._texts[path] = self._read(path)
        text = self._texts[path]
        if text is None or not 1 <= line <= len(text):
            return finding
        first = max(1, line - AROUND)
        lines = tuple(each[:MAX_LINE] for each in text.lines(first, line + AROUND))
        return replace(finding, excerpt=Excerpt(first=first, lines=lines))

    def _read(self, path: str) -> Masked | None:
        try:
            source = Source(self._project.files[path], self._project.read(path))
        except (KeyError, Unreadable):
            return None
        return None if source.binary else Masked(path, source.text)
