"""What a resident child remembers between examinations: what each outcome rests on, and so what a change undoes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shipworthy.assess.depends import Account, Change
from shipworthy.assess.events import Judged
from shipworthy.assess.rules import Rules
from shipworthy.facts import Context
from shipworthy.facts.stack import Stack
from shipworthy.model import PROJECT, ComponentOutcome, Finding, Outcome, OutcomeKind, Severity


class Memory:
    """The accounts of the outcomes that were told, by item. No outcome is answered from it."""

    def __init__(self) -> None:
        self._accounts: dict[str, tuple[Account, ...]] = {}
        self._ran: dict[str, dict[str | None, str]] = {}
        """By item and component, what the last run of the project's own code said."""
        self._stacks: dict[str, Stack] = {}
        """By item, the stack it was judged by."""
        self._rules: Rules | None = None
        self._profile: str | None = None
        self.run_items: frozenset[str] = frozenset()
        """Ids of items whose check runs the project's own code."""
        self.doubt = False
        """Whether everything has to be judged again after the next change: an examination broke off."""

    def another_plan(self, rules: Rules, profile: str) -> bool:
        """Whether other rules or another profile are in force than at the last examination, which makes all old."""
        old = self._profile is not None and (self._rules, self._profile) != (rules, profile)
        self._rules, self._profile = rules, profile
        return old

    def forget(self, items: Iterable[str] | None = None) -> None:
        """These items (None: all) have no outcome any more."""
        for item in tuple(self._accounts) if items is None else items:
            self._accounts.pop(item, None)

    def judged(self, event: Judged, accounts: tuple[Account, ...], stack: Stack, *, withheld: bool) -> None:
        """An outcome was told; `withheld`: without running anything of the project's."""
        self._accounts[event.item] = accounts
        self._stacks[event.item] = stack
        if event.item in self.run_items and not withheld:
            self._ran[event.item] = {
                each.component: each.outcome.summary for each in event.outcomes if not each.outcome.asks
            }

    def affected(self, change: Change, stack: Stack | None = None) -> frozenset[str]:
        """Ids of the judged items whose outcome may be another one after the change.

        `stack`: as it is after the change; None: not read yet, and taken to be as it was.
        """
        only_git = not change.paths and not change.whole
        return frozenset(
            item
            for item, accounts in tuple(self._accounts.items())
            # A run was of the files as they lay there: a commit of the same files takes nothing from it.
            if not (only_git and item in self._ran and self._ran[item])
            and (
                self.doubt
                or (stack is not None and stack != self._stacks[item])
                or any(account.touched_by(change) for account in accounts)
            )
        )

    def without_running(self, event: Judged, why: str) -> Judged:
        """What can be said of an item that would take a run which nobody asked for: never that it passes."""
        before = self._ran.get(event.item, {})
        told = [
            replace(each, outcome=_stale(each.outcome, why, before[each.component]))
            if each.component in before and each.outcome.asks
            else _never_green(each, why)
            for each in event.outcomes
        ]
        return replace(event, outcomes=tuple(told))


def _stale(outcome: Outcome, why: str, before: str) -> Outcome:
    summary = f"{why} after this was run: it has to be run again"
    finding = Finding.at(
        PROJECT,
        "changed-since-run",
        f"The last run was of other files. It said: {before}",
        anchor="changed-since-run",
        severity=Severity.INFO,
        remedy="Re-check this item (r): that runs it on the files as they are now.",
    )
    # No question in it: the yes that the last run had is asked for by the reader, if it does not hold any more.
    return Outcome.unknown(summary, [finding], looked_at=[f"then: {before}"])


def _never_green(told: ComponentOutcome, why: str) -> ComponentOutcome:
    if told.outcome.kind is not OutcomeKind.PASS:
        return told
    return replace(told, outcome=Outcome.unknown(f"{why}, and nothing was run since", looked_at=told.outcome.looked_at))


def withheld(context: Context) -> Context:
    """The context in which nothing of the project's is run, whatever anybody said yes to."""
    return replace(context, run_consent=None, state_dir=None)
