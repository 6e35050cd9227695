"""In which order a person is led through what is open."""

from __future__ import annotations

from collections.abc import Set

from shipworthy.model import Assessment, Result


def open_order(assessment: Assessment, step: Result | None, waiting: Set[str] = frozenset()) -> list[str]:
    """Ids of open required items in the order n visits them: the step first, then as the checklist lists them.

    `waiting`: ids to leave out.
    """
    areas = [area.id for area in assessment.checklist.areas]
    listed = sorted(assessment.open, key=lambda each: areas.index(each.item.area))
    found = [each.item.id for each in listed if each.item.id not in waiting]
    first = [step.item.id] if step is not None and step.item.id in found else []
    return first + [each for each in found if each not in first]
