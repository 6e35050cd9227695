"""What a code host said, as tests of the checks need it: all is well, but for what they replace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from shipworthy.sources.hosts.address import Address, HostKind
from shipworthy.sources.hosts.model import BranchRules, Change, CheckRun, HostAnswers, Rule
from tests.support import NOW

REMOTE = "https://github.com/acme/shop.git"
ADDRESS = Address(kind=HostKind.GITHUB, host="github.com", project="acme/shop", api="https://api.github.com")
YES, NO, NOT_TOLD = Rule(True), Rule(False, "no rule says so"), Rule(None, "the permission “Administration: read”")
RULES = BranchRules(
    change_request=YES, no_force_push=YES, no_deletion=YES, no_bypass=YES, approval=YES, fresh_approval=YES,
    no_review_bypass=YES, code_owners=YES, green_only=YES, checks=("test",), by=("branch protection",),
)  # fmt: skip


def change(number: int = 3, reviewed: Rule = YES, *, by_bot: bool = False) -> Change:
    return Change(number=number, merged=NOW - timedelta(days=2), reviewed=reviewed, by_bot=by_bot)


def answers(*, rules: dict[str, Any] | None = None, **other: Any) -> HostAnswers:
    """All is well; `rules` replaces single rules, `other` single answers."""
    found = HostAnswers(
        address=ADDRESS,
        branch="main",
        asked=NOW,
        commit="a" * 40,
        rules=replace(RULES, **(rules or {})),
        changes=(change(),),
        runs=(CheckRun(name="lint", conclusion="success"),),
    )
    return replace(found, **other)


def asker(found: HostAnswers | Exception) -> Callable[..., HostAnswers]:
    """Takes the place of a host."""

    def ask(*_: object) -> HostAnswers:
        if isinstance(found, Exception):
            raise found
        return found

    return ask
