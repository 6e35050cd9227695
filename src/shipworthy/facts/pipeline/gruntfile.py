"""Doubts the tasks of grunt and gulp: what they run is written in programs of the repository that are not followed."""

from __future__ import annotations

from collections.abc import Sequence

from shipworthy.facts.pipeline.neutral import hints_at_tests
from shipworthy.facts.pipeline.resolve import Frame, Resolver, shown


def follow(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """A task that may run tests is lost; all the same, it is a build like others."""
    task = next((word for word in words[1:] if not word.startswith("-") and hints_at_tests(word)), None)
    if task is not None:
        r.lose(f"the task {shown([task])} of {words[0].rpartition('/')[2]} is not followed", frame)
    return False
