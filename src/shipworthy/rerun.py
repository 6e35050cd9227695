"""Judges a verified commit again, in a checkout apart: every check that needs nothing but the tree, item by item.

The commit is checked out into a temporary repository of its own, so that neither the work tree nor the configuration
of the repository at hand takes part, and nothing is written to it. Nothing of the project's own code runs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from shipworthy.assess.context import default_context
from shipworthy.assess.events import Event, Failed, Judged
from shipworthy.assess.examine import examine
from shipworthy.checks import check_named
from shipworthy.git import GitError
from shipworthy.model import ComponentOutcome, OutcomeKind
from shipworthy.readiness import rules
from shipworthy.readiness.answers import CouldNotEvaluate, NotReady
from shipworthy.readiness.apart import check_out
from shipworthy.readiness.statement import StatedItem
from shipworthy.readiness.tree import FOLDER
from shipworthy.readiness.verify import Verified
from shipworthy.report.verification import Again
from shipworthy.text import visible

_SETTLED = (OutcomeKind.PASS, OutcomeKind.NOT_APPLICABLE)
_STEP = "re-run"


Told = Callable[[str, str | None], None]
"""Gets an item's id and why its fresh answer is worse than the signed one; None where it bears the signed one out."""


def rerun(
    root: Path,
    found: Verified,
    *,
    merged_into: str | None = None,
    told: Told = lambda item, worse: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Again:
    """Repeats the checks on what `found` verified. `merged_into`: the base ref whose predicted merge is meant.

    `told` hears of each item as soon as it is judged. Raises NotReady where an item's answer is worse than the signed
    one, CouldNotEvaluate where it cannot be repeated.
    """
    with tempfile.TemporaryDirectory(prefix="shipworthy-rerun-") as folder:
        apart = Path(folder) / "tree"
        try:
            check_out(root, apart, found.commit, merged_into)
            _hold_to(apart, found.policy_bytes)
        except GitError as error:
            raise CouldNotEvaluate(
                f"the commit could not be checked out to judge it again: {error}",
                "Fetch it with all its files: git fetch --refetch origin",
            ) from error
        judged, left_out = _judge(apart, found, told, cancelled)
    repeated = 0
    for item in found.statement.items:
        if item.outcome is None or item.id in left_out:
            continue
        outcomes = judged.get(item.id)
        if not outcomes:
            raise CouldNotEvaluate(
                f"{item.id} was not judged again", "Use the version of shipworthy it was signed with."
            )
        if why := _worse(item, outcomes):
            raise NotReady(_STEP, f"{item.id} {why}", "Examine and sign again: shipworthy check, shipworthy sign")
        repeated += 1
    return Again(repeated=repeated, left_out=left_out)


def _hold_to(folder: Path, policy_bytes: bytes | None) -> None:
    """Judge by the policy it was verified under, which with a base is not always the commit's own."""
    policy = folder / FOLDER / "policy.toml"
    policy.parent.mkdir(exist_ok=True)
    policy.unlink(missing_ok=True)
    if policy_bytes is not None:
        policy.write_bytes(policy_bytes)


def _judge(
    folder: Path, found: Verified, told: Told, cancelled: Callable[[], bool]
) -> tuple[dict[str, tuple[ComponentOutcome, ...]], tuple[str, ...]]:
    """Fresh outcomes by item id, and the items whose check needs a run or the outside world."""
    checklist = rules.in_force(found.policy_bytes, found.checklist_bytes).checklist
    signed = [item.id for item in found.statement.items if item.outcome is not None]
    checks = {item.id: check_named(item.check) for item in checklist.items if item.check and item.id in signed}
    wanted = tuple(name for name in signed if name in checks and checks[name].depends_on == "tree")
    left_out = tuple(name for name in signed if name not in wanted)
    judged: dict[str, tuple[ComponentOutcome, ...]] = {}
    failed: list[Failed] = []
    stated = {item.id: item for item in found.statement.items}

    def take(event: Event) -> None:
        if isinstance(event, Judged):
            judged[event.item] = event.outcomes
            if event.item in stated and event.outcomes:
                told(event.item, _worse(stated[event.item], event.outcomes))
        elif isinstance(event, Failed):
            failed.append(event)

    context = default_context(consent=lambda command, why: False)
    examine(folder, context, take, only=wanted, cancelled=cancelled, use_cache=False, profile=found.statement.profile)
    if failed:
        raise CouldNotEvaluate(f"the checks could not be repeated: {failed[0].message}", failed[0].diagnostics)
    return judged, left_out


def _worse(item: StatedItem, outcomes: tuple[ComponentOutcome, ...]) -> str | None:
    """Why the fresh outcome does not bear the signed one out; None where it does, or is better."""
    worst = min(outcomes, key=lambda each: each.rank)
    kind, said = worst.outcome.kind, item.said
    if kind in _SETTLED and (kind is item.outcome or item.outcome not in _SETTLED):
        return None
    if said is None and kind is item.outcome:
        # Nobody had to settle it: what is required and open does not come here.
        return None
    summary = visible(worst.outcome.summary, 160)
    if item.outcome in _SETTLED or said is None:
        return f"was signed as {item.outcome.value if item.outcome else 'open'}, and is {kind.value} here: {summary}"
    if kind is not item.outcome:
        before = item.outcome.value if item.outcome else "open"
        return f"was {before} when it was {said.kind.value}, and is {kind.value} here: {summary}"
    fresh = {
        finding.fingerprint
        for each in outcomes
        if each.outcome.kind not in _SETTLED
        for finding in each.outcome.findings
    }
    if fresh - set(said.findings):
        return f"has a finding that was not there when it was {said.kind.value}: {summary}"
    return None
