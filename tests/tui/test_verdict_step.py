"""The line below the verdict says nothing of the profile while what comes first is still looked at."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake import FakeSession

from shipworthy.coaching.words import headline
from shipworthy.model import Assessment
from shipworthy.tui.widgets.verdict import Top, VerdictBar

NOTHING = "This profile requires nothing of this repository."


@pytest.mark.parametrize("rest", [frozenset[str](), frozenset({"known-vulns"})])
def test_what_is_looked_at_again_is_required_all_the_same(rest: frozenset[str]) -> None:
    assessment = FakeSession().assessment()
    waiting = frozenset(each.item.id for each in assessment.required) - rest
    assert said(assessment, waiting) == "Looking. Results appear as they come."


def test_a_profile_that_requires_nothing_says_so() -> None:
    assert said(replace(FakeSession().assessment(), results=()), frozenset()) == NOTHING


def said(assessment: Assessment, waiting: frozenset[str]) -> str:
    words = headline(assessment, waiting, frozenset(), planned=True)
    top = Top(assessment=assessment, headline=words, running=waiting, pending=frozenset(), step=None)
    return VerdictBar._step(top).left.plain
