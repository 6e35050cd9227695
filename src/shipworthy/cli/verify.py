"""`shipworthy verify`: decide whether a commit may be deployed; the exit code is the answer."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from shipworthy.report.verification import Answer

NO_ANSWER, INTERRUPTED = 4, 130
SUMMARY = "GITHUB_STEP_SUMMARY"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The command line."""

    path: str | None
    trust: tuple[str, ...]
    base: str | None
    environment: str | None
    at: str
    repo: str | None
    ref: str | None
    rerun: bool
    predict_merge: bool
    allow_rollback: bool


@click.command("verify")
@click.argument("path", required=False, type=click.Path(exists=True, file_okay=False))
@click.option(
    "--base", metavar="REF", envvar="SHIPWORTHY_BASE",
    help="A protected, full ref whose policy and signers judge the commit, like refs/remotes/origin/main.",
)  # fmt: skip
@click.option(
    "--trust", multiple=True, metavar="SHA256:…", envvar="SHIPWORTHY_TRUST",
    help="Without a base: the fingerprint of a key whose signature counts (may be given again; or SHIPWORTHY_TRUST).",
)  # fmt: skip
@click.option("--environment", metavar="NAME", help="Deploy where? Default: the first environment the policy names.")
@click.option("--at", default="HEAD", metavar="COMMIT", help="The commit to deploy. Default: HEAD.")
@click.option("--repo", metavar="OWNER/NAME", help="What it must be signed for. Default: what the remote origin says.")
@click.option("--ref", metavar="REFS/…", help="The ref it must be signed for. Default: the branch of the base, or any.")
@click.option("--rerun", is_flag=True, help="Run every check that needs nothing but the tree again, and compare.")
@click.option("--predict-merge", is_flag=True, help="Judge the tree that merging the commit into the base would have.")
@click.option("--allow-rollback", is_flag=True, help="Accept a file older than the one the base holds.")
@click.option(
    "--format", type=click.Choice(["human", "json", "github", "junit"]), default="human",
    help="How to print. github: a summary page and one annotation.",
)  # fmt: skip
def command(format: str, **asked: object) -> None:
    """Decide whether a commit of the repository at PATH may be deployed.

    Exit 0 ready · 1 not ready (tampered, unsigned, expired, stale, failing) · 2 usage or configuration · 3 no readiness
    file · 4 could not evaluate (no trust root, missing objects, git failed, a bug) · 130 interrupted.
    """
    try:
        answer = _answer(_Asked(**asked))  # type: ignore[arg-type]  # the options above, by name
        _print(answer, format)
        code = answer.exit
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BaseException as error:
        # A crash is "could not evaluate": never ready, and never mistaken for a judgement. Only its type is shown,
        # because its text may quote the repository.
        sys.stderr.write(f"shipworthy: verify failed inside ({type(error).__name__}): a bug, please report it\n")
        code = NO_ANSWER
    sys.exit(code)


def _answer(asked: _Asked) -> Answer:
    # Imported here, so that a failure to import is an answer too.
    from datetime import UTC, datetime

    from shipworthy.readiness import verify as readiness
    from shipworthy.readiness.context import is_environment
    from shipworthy.report.verification import NO_FILE, NOT_READY, READY, USAGE, Answer

    if asked.environment is not None and not is_environment(asked.environment):
        reason = f"{asked.environment} cannot be an environment's name"
        return Answer(exit=USAGE, step="usage", reason=reason, remedy="Use lower-case letters, digits and hyphens.")
    if asked.base is not None and asked.trust:
        reason = "--base and --trust are two different trust roots (SHIPWORTHY_BASE, SHIPWORTHY_TRUST count too)"
        return Answer(exit=USAGE, step="usage", reason=reason, remedy="Give one of them.")
    root = Path(asked.path) if asked.path else Path.cwd()
    try:
        trust = (
            readiness.TrustRoot.from_base(asked.base)
            if asked.base is not None
            else readiness.TrustRoot.pinned(part for each in asked.trust for part in each.replace(",", " ").split())
        )
        wanted = readiness.Asked(
            environment=asked.environment, at=asked.at, repo=asked.repo, ref=asked.ref,
            predict_merge=asked.predict_merge, allow_rollback=asked.allow_rollback,
        )  # fmt: skip
        found = readiness.verify(root, trust, wanted, datetime.now(UTC))
        again = None
        if asked.rerun or found.drifted is not None:
            from shipworthy.rerun import rerun

            again = rerun(root, found, merged_into=asked.base if asked.predict_merge else None)
        return Answer(exit=READY, found=found, again=again)
    except readiness.BadTrust as error:
        return Answer(exit=USAGE, step="trust", reason=str(error), remedy=error.diagnostics)
    except readiness.NotReady as error:
        return Answer(exit=NOT_READY, step=error.step, reason=error.reason, remedy=error.diagnostics)
    except readiness.NoReadinessFile as error:
        return Answer(exit=NO_FILE, step="file", reason=str(error), remedy=error.diagnostics)
    except readiness.CouldNotEvaluate as error:
        return Answer(exit=NO_ANSWER, step="could not evaluate", reason=str(error), remedy=error.diagnostics)


def _print(answer: Answer, format: str) -> None:
    from shipworthy.report import verification

    if format == "json":
        text = verification.as_json(answer) + "\n"
    elif format == "junit":
        text = verification.junit(answer)
    else:
        text = "\n".join(verification.lines(answer)) + "\n"
    if format == "github":
        text += verification.annotation(answer) + "\n"
        if summary := os.environ.get(SUMMARY):
            with Path(summary).open("a", encoding="utf-8") as page:
                page.write(verification.markdown(answer))
    told = answer.exit in (verification.READY, verification.NOT_READY, verification.NO_FILE)
    stream: TextIO = sys.stdout if told or format != "human" else sys.stderr
    stream.write(text)
    stream.flush()
