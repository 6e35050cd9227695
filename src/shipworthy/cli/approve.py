"""`shipworthy approve`: countersign a reviewed readiness file, and say what it is worth then."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shipworthy.cli.common import CANNOT, asks, fail, print_lines
from shipworthy.cli.lead import failing, look, trust_options
from shipworthy.home import home
from shipworthy.text import plural, visible

if TYPE_CHECKING:
    from shipworthy.approval import Plan
    from shipworthy.readiness.keys import Keyring
    from shipworthy.report.verification import Again


def plan_lines(made: Plan, again: Again) -> list[str]:
    """Exactly what will be signed, by whom, and what the commit will contain."""
    review, statement = made.review, made.review.statement
    repo, commit = visible(statement.repo, 120), review.found.commit[:12]
    rows = [
        f"APPROVE  {repo} for {visible(statement.environment, 60)}, commit {commit}",
        f"  signed by {visible(statement.author, 120)} on {statement.issued:%Y-%m-%d %H:%M} UTC",
        f"  expires {statement.expires:%Y-%m-%d %H:%M} UTC",
        f"  source tree {statement.tree}",
        f"  statement sha256 {review.payload}",
        f"  {plural(len(review.claims), 'claim')} accepted by you:",
    ]
    rows += [
        f"    {claim.said.kind.value:<9}{visible(claim.id, 60)} by {visible(claim.said.by, 120)}: "
        f"{visible(claim.said.words, 160)}"
        for claim in review.claims
        if claim.said is not None
    ]
    rows.append(f"  {plural(again.repeated, 'check')} repeated here with the same answer")
    if again.left_out:
        rows.append(f"  not repeated here: {visible(', '.join(again.left_out), 400)}")
    if review.found.changed_rules:
        names = ", ".join(f".shipworthy/{name}" for name in review.found.changed_rules)
        rows.append(f"  it changes the rules themselves: {names}")
    rows += [
        f"  as approver {visible(made.who, 120)} with {visible(made.signer.label, 120)}",
        f"  key {made.signer.fingerprint}",
        "  the commit will contain exactly:",
        f"    changed  .shipworthy/{made.name}",
    ]
    return rows


@click.command("approve")
@click.argument("path", required=False)
@trust_options
@click.option("--key", metavar="KEY", help="A private key's file, an agent key's SHA256:…, or `shipworthy`.")
@click.option("--yes", "-y", is_flag=True, help="Sign without asking.")
@click.option("--commit/--no-commit", default=None, help="Make the commit, or do not. Default: ask.")
def command(
    path: str | None,
    base: str | None,
    trust: tuple[str, ...],
    environment: str | None,
    repo: str | None,
    ref: str | None,
    predict_merge: bool,
    key: str | None,
    yes: bool,
    commit: bool | None,
) -> None:
    """Countersign the readiness file of the commit that is checked out at PATH.

    It takes an accepted answer to every claim (shipworthy review), and the checks repeated here with the same answer.

    Exit 0 approved · 1 not ready, or worse when repeated here · 2 cannot be approved as it is · 3 no readiness file ·
    4 could not evaluate.
    """
    from shipworthy.approval import again, answers_of, plan

    person = asks()
    if not yes and not person:
        fail("nobody can be asked here", "Say yes beforehand: shipworthy approve --yes")
    with failing("approve"):
        review = look(path, base, trust, environment, repo, ref, predict_merge=predict_merge)
        answers = answers_of(review)
        signer = _keys(review.root, asks=person).choose(key)
        made = plan(review, answers, signer, datetime.now(UTC))
        print_lines(plan_lines(made, again(review)))
        if not yes and not click.confirm("Approve this?", default=False, err=True):
            sys.exit(CANNOT)
        _approve(made, commit, asks=person)


def _keys(root: Path, *, asks: bool) -> Keyring:
    from shipworthy.readiness.keys import Keyring

    def ask(question: str) -> str:
        return str(click.prompt(visible(question, 200), hide_input=True, err=True))

    return Keyring(repository=root, home=home(), environment=dict(os.environ), ask=ask if asks else None)


def _approve(made: Plan, wanted: bool | None, *, asks: bool) -> None:
    from shipworthy.approval import approve, commit, worth
    from shipworthy.readiness.answers import NotReady

    if made.after is not None:
        print_lines(["your signature is there already: an earlier approval was not committed"])
    approve(made, datetime.now(UTC))
    print_lines([f"approved: .shipworthy/{made.name} holds your signature"])
    if wanted is None and asks:
        wanted = click.confirm("Make exactly this commit now?", default=True, err=True)
    if not wanted:
        print_lines(["commit it, or it counts for nothing:", f"  {made.commit_command}"])
        return
    at = commit(made)
    try:
        found = worth(made, at, datetime.now(UTC))
    except NotReady as error:
        print_lines(
            [
                f"committed as {at[:12]}, and it is not READY yet",
                f"  {visible(error.step, 60)}: {visible(error.reason, 600)}",
                f"  {visible(error.diagnostics, 600)}",
            ]
        )
        return
    print_lines(
        [f"committed as {at[:12]}, and it is READY, approved by {plural(len(found.approvals), 'person', 'people')}"]
    )
    if made.trusted.base is None:
        pins = ",".join(sorted(made.trusted.root.fingerprints))
        print_lines([f"  where keys are pinned, the workflow has to trust yours too: SHIPWORTHY_TRUST={pins}"])
