"""`shipworthy sign`: examine afresh, show what would be signed, sign it, and make exactly that commit when asked."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shipworthy.cli.common import CANNOT, NOT_READY, fail, print_lines, root_of
from shipworthy.cli.common import asks as can_ask
from shipworthy.home import home
from shipworthy.text import plural, visible

if TYPE_CHECKING:
    from shipworthy.checklist.policy import Policy
    from shipworthy.model import Assessment
    from shipworthy.project import Project
    from shipworthy.readiness.keys import Keyring
    from shipworthy.readiness.sign import Preparation
    from shipworthy.readiness.signers import Signer
    from shipworthy.readiness.statement import Said

NO_ANSWER = 4


def assess_for_signing(
    root: Path, *, run_tests: bool = False, base: str | None = None, merged: bool = False
) -> tuple[Project, Assessment, Policy]:
    """A fresh examination without the cache. Fails with a message where there is none.

    `base`: examine under the policy of that ref. `merged`: examine what merging HEAD into it will give.
    """
    from shipworthy.assess.context import default_context
    from shipworthy.assess.examine import examine
    from shipworthy.assess.signing import SessionError
    from shipworthy.project import Project, ProjectError
    from shipworthy.session import Session

    try:
        project = Project.open(root)
        policy, profile = _base_policy(project, base) if base else (None, None)
        with _examined(project, base if merged else None) as place:
            session = Session(place, policy=policy)
            consent = session.consent(always=run_tests)
            examine(
                place, default_context(consent=consent), session.apply, use_cache=False, profile=profile, policy=policy
            )
            if session.failed is not None:
                fail(session.failed.message, session.failed.diagnostics)
            assessment = session.assessment()
    except (ProjectError, SessionError) as error:
        fail(str(error), error.diagnostics)
    if merged:
        # The checkout's own commit is the merge; what gets signed is the commit that will be merged.
        assessment = replace(assessment, commit=project.head.commit)
    return project, assessment, session.rules.policy


def _base_policy(project: Project, base: str) -> tuple[Policy, str]:
    """The policy of a ref, and its profile."""
    from shipworthy.git import GitError
    from shipworthy.readiness.answers import BadTrust, CouldNotEvaluate
    from shipworthy.readiness.rules import PROFILE
    from shipworthy.readiness.tree import MissingObject, Objects, OddTree, snapshot
    from shipworthy.readiness.trust import TrustRoot, read_trust

    git = project.git
    if git is None:
        fail("not a git repository: there is no base", "Run: git init, then commit your files.")
    try:
        objects = Objects(git)
        root = TrustRoot.from_base(base)
        policy = read_trust(git, objects, root, snapshot(objects, objects.commit("HEAD"))).policy
    except (BadTrust, CouldNotEvaluate) as error:
        fail(str(error), error.diagnostics)
    except (GitError, MissingObject, OddTree) as error:
        fail(str(error), "Check the repository: git fsck", code=NO_ANSWER)
    return policy, policy.profile or PROFILE


@contextmanager
def _examined(project: Project, merged_into: str | None) -> Iterator[Path]:
    """Where to examine: the work tree, or a checkout of the merge."""
    if merged_into is None:
        yield project.root
        return
    from shipworthy.git import GitError
    from shipworthy.readiness.answers import CouldNotEvaluate
    from shipworthy.readiness.apart import check_out

    with tempfile.TemporaryDirectory(prefix="shipworthy-merge-") as folder:
        place = Path(folder) / (project.root.name or "tree")
        try:
            check_out(project.root, place, project.head.commit or "HEAD", merged_into)
        except CouldNotEvaluate as error:
            fail(str(error), error.diagnostics)
        except GitError as error:
            fail(f"the merge could not be checked out: {error}", error.diagnostics, code=NO_ANSWER)
        yield place


def _said_by(said: Said, author: str) -> str:
    """What kind of decision it is, and whose, where it is not the author's own."""
    if said.by.casefold() == author.casefold():
        return f"{said.kind.value:<9}"
    return f"{said.kind.value} by {visible(said.by, 120)} (counts once they approve) "


def plan_lines(preparation: Preparation, signer: Signer) -> list[str]:
    """What would be signed, in words."""
    from shipworthy.readiness.review import remark_lines

    statement = preparation.statement
    decided = [(item.id, item.said) for item in statement.items if item.said is not None]
    lines = [
        f"{statement.verdict.value}  {visible(statement.repo, 120)} for {statement.environment}",
        f"  until {statement.expires:%Y-%m-%d}, profile {statement.profile}, checklist {statement.checklist_name}",
        f"  {plural(len(statement.items), 'item')}, {len(decided)} decided by a person",
    ]
    lines += [f"    {_said_by(said, statement.author)}{item}: {visible(said.words, 160)}" for item, said in decided]
    lines += [f"  {row}" for row in remark_lines(preparation.root)]
    lines += [
        f"  source tree {statement.tree}",
        f"  as {visible(statement.author, 120)} with {visible(signer.label, 120)}",
        f"  key {signer.fingerprint}",
        "  the commit will contain exactly:",
    ]
    lines += [f"    {change.word:<9}.shipworthy/{change.name}" for change in preparation.changes]
    lines += [f"    signed   {path}" for path in preparation.files[-2:]]
    if preparation.approvers:
        people = plural(preparation.approvers, "other person", "other people")
        lines.append(f"  it counts once {people} approved it: shipworthy review, shipworthy approve")
    if preparation.unlisted:
        lines.append("  NOT LISTED: allowed_signers does not name this key for you as author: shipworthy key trust")
    lines.append(f"  not covered: {'; '.join(preparation.uncovered)}")
    return lines


@click.command("sign")
@click.argument("path", required=False)
@click.option("--key", metavar="KEY", help="A private key's file, an agent key's SHA256:…, or `shipworthy`.")
@click.option("--environment", metavar="NAME", help="Sign for where? Default: the environment the policy names.")
@click.option(
    "--base", metavar="REF", envvar="SHIPWORTHY_BASE",
    help="A full ref whose policy and signers will judge it. Needed where the commit changes the policy itself.",
)  # fmt: skip
@click.option("--repo", metavar="OWNER/NAME", help="Signed for which repository. Default: the base's, or origin's.")
@click.option("--predict-merge", is_flag=True, help="Examine and sign the tree that merging into the base will have.")
@click.option("--run-tests", is_flag=True, help="Say yes to running the project's own tests in a copy of the tree.")
@click.option("--yes", "-y", is_flag=True, help="Sign without asking.")
@click.option("--commit/--no-commit", default=None, help="Make the commit, or do not. Default: ask.")
def command(
    path: str | None,
    key: str | None,
    environment: str | None,
    base: str | None,
    repo: str | None,
    predict_merge: bool,
    run_tests: bool,
    yes: bool,
    commit: bool | None,
) -> None:
    """Examine the repository at PATH afresh, and write and sign its readiness file.

    Exit 0 signed, 1 not READY, 2 cannot be signed as it is, 4 git failed.
    """
    from shipworthy.git import GitError
    from shipworthy.readiness.sign import NotReadyToSign, Refused, prepare
    from shipworthy.readiness.signers import KeyProblem
    from shipworthy.readiness.tree import MissingObject, OddTree

    asks = can_ask()
    if not yes and not asks:
        fail("nobody can be asked here", "Say yes beforehand: shipworthy sign --yes")
    if predict_merge and not base:
        fail("a merge into what?", "--predict-merge needs --base, the branch to merge into.")
    root = root_of(path)
    project, assessment, policy = assess_for_signing(root, run_tests=run_tests, base=base, merged=predict_merge)
    try:
        keys = _keys(project.root, asks=asks)
        signer = _signer(keys, key, asks=asks)
        preparation = prepare(
            project, assessment, policy, environment or policy.environment, signer, datetime.now(UTC), base=base,
            merged=predict_merge, repo=repo,
        )  # fmt: skip
        print_lines(plan_lines(preparation, signer))
        if not yes and not click.confirm("Sign this?", default=False, err=True):
            sys.exit(CANNOT)
        _sign(preparation, signer, commit, asks=asks)
    except NotReadyToSign as error:
        fail(str(error), error.diagnostics, code=NOT_READY)
    except (Refused, KeyProblem) as error:
        fail(str(error), error.diagnostics)
    except OddTree as error:
        fail(str(error), "Commit ordinary files there.")
    except GitError as error:
        fail(str(error), error.diagnostics, code=NO_ANSWER)
    except MissingObject as error:
        fail(str(error), "Fetch the commit with its files.", code=NO_ANSWER)


def _base(preparation: Preparation) -> str:
    """The remote's side of the branch it was signed for."""
    return preparation.statement.ref.replace("refs/heads/", "refs/remotes/origin/", 1)


def _keys(root: Path, *, asks: bool) -> Keyring:
    from shipworthy.readiness.keys import Keyring

    def ask(question: str) -> str:
        return str(click.prompt(visible(question, 200), hide_input=True, err=True))

    return Keyring(repository=root, home=home(), environment=dict(os.environ), ask=ask if asks else None, tries=3)


def _signer(keys: Keyring, wanted: str | None, *, asks: bool) -> Signer:
    """The key named, or the default one. `--key shipworthy` makes the generated key where there is none yet."""
    from shipworthy.readiness.keys import PASSPHRASE

    if wanted != "shipworthy" or keys.has_generated:
        return keys.choose(wanted)
    passphrase = os.environ.get(PASSPHRASE)
    if not passphrase:
        if not asks:
            fail("a new key needs a passphrase", f"Set {PASSPHRASE} for this command.")
        passphrase = click.prompt("Passphrase for the new key", hide_input=True, confirmation_prompt=True, err=True)
    place = keys.generate(passphrase, "shipworthy")
    click.echo(f"made {visible(str(place), 300)}", err=True)
    signer = keys.choose(wanted)
    if asks:
        _keep(keys, signer, passphrase)
    # Chosen again, because it is looked up in the keyring from now on.
    return keys.choose(wanted)


def _keep(keys: Keyring, signer: Signer, passphrase: str) -> None:
    from shipworthy.readiness import passphrases

    try:
        passphrases.usable()
        if click.confirm("Keep the passphrase in your keyring?", default=True, err=True):
            keys.keep(signer.fingerprint, passphrase)
    except passphrases.KeyringUnavailable as error:
        click.echo(f"not kept: {error}. {error.diagnostics}", err=True)


def _sign(preparation: Preparation, signer: Signer, commit: bool | None, *, asks: bool) -> None:
    from shipworthy.readiness import sign
    from shipworthy.readiness.rules import AUTHOR
    from shipworthy.readiness.verify import Asked, CouldNotEvaluate, NoReadinessFile, NotReady, TrustRoot, verify

    armored = signer.sign(preparation.pae, AUTHOR)
    sign.write(preparation, armored)
    # A pinned key is for one person alone; people who countersign are listed on a base.
    trusting = f"trust it in CI: SHIPWORTHY_TRUST={signer.fingerprint}"
    if preparation.approvers:
        trusting = f"in CI, judged by the base: shipworthy verify --base {_base(preparation)}"
    print_lines([f"signed: {', '.join(preparation.files)}", trusting])
    if commit is None and asks:
        commit = click.confirm("Make exactly this commit now?", default=True, err=True)
    if not commit:
        print_lines(["commit it, or it counts for nothing:", f"  {preparation.commit_command}"])
        return
    made = sign.commit(preparation, armored)
    if preparation.approvers:
        print_lines([f"committed as {made[:12]}; next, somebody else: shipworthy review, shipworthy approve"])
        return
    if preparation.merged:
        print_lines([f"committed as {made[:12]}; it will verify once merged, and now with --predict-merge"])
        return
    trust = TrustRoot.pinned([signer.fingerprint])
    try:
        verify(preparation.root, trust, Asked(environment=preparation.environment, at=made), datetime.now(UTC))
    except (NotReady, NoReadinessFile, CouldNotEvaluate) as error:
        fail(f"committed as {made[:12]}, but it does not verify: {error}", error.diagnostics, code=NO_ANSWER)
    print_lines([f"committed as {made[:12]}, and it verifies"])
