"""Adds the lines around each finding, with every secret in them masked."""

from __future__ import annotations

from dataclasses import replace

from shipworthy.facts.secrets.mask import mask_lines
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
        self._lines: dict[str, tuple[str, ...] | None] = {}

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
        if path is None or line is None or finding.excerpt is not None:
            return finding
        if path not in self._lines:
            self._lines[path] = self._read(path)
        lines = self._lines[path]
        if lines is None or not 1 <= line <= len(lines):
            return finding
        first = max(1, line - AROUND)
        return replace(finding, excerpt=Excerpt(first=first, lines=lines[first - 1 : line + AROUND]))

    def _read(self, path: str) -> tuple[str, ...] | None:
        try:
            source = Source(self._project.files[path], self._project.read(path))
        except (KeyError, Unreadable):
            return None
        if source.binary:
            return None
        return tuple(line[:MAX_LINE] for line in mask_lines(path, source.text))
