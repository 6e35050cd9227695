"""What `review` and `approve` share: whom to trust, what to look at, and how their errors end the program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shipworthy.cli.common import CANNOT, NOT_READY, fail, root_of

if TYPE_CHECKING:
    from shipworthy.readiness.review import Review
    from shipworthy.readiness.trust import TrustRoot

NO_FILE, NO_ANSWER = 3, 4
Command = Callable[..., None]


def trust_options(command: Command) -> Command:
    """The options that say whose signatures count, and what is looked at."""
    options = [
        click.option(
            "--base", metavar="REF", envvar="SHIPWORTHY_BASE",
            help="A protected, full ref whose policy and signers judge it. Default: the remote's default branch as "
            "this clone knows it, where it lists signers.",
        ),
        click.option(
            "--trust", multiple=True, metavar="SHA256:…", envvar="SHIPWORTHY_TRUST",
            help="Without a base: the author's key, as its fingerprint (or SHIPWORTHY_TRUST).",
        ),
        click.option("--environment", metavar="NAME", help="For where? Default: the first the policy names."),
        click.option("--repo", metavar="OWNER/NAME", help="What it must be signed for. Default: the remote origin's."),
        click.option("--ref", metavar="REFS/…", help="The ref it must be signed for. Default: the base's branch."),
        click.option("--predict-merge", is_flag=True, help="It was signed for the merge of the commit into the base."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@contextmanager
def failing(verb: str) -> Iterator[None]:
    """Ends the program for every expected error of the second person's commands."""
    from shipworthy.assess.signing import SessionError
    from shipworthy.git import GitError
    from shipworthy.project import ProjectError
    from shipworthy.readiness.answers import BadTrust, CouldNotEvaluate, NoReadinessFile, NotReady, Refused
    from shipworthy.readiness.signers import KeyProblem
    from shipworthy.readiness.tree import MissingObject, OddTree

    try:
        yield
    except NotReady as error:
        fail(f"{error.step}: {error.reason}", error.diagnostics, code=NOT_READY)
    except NoReadinessFile as error:
        fail(str(error), f"There is nothing to {verb}: check out the commit that was signed.", code=NO_FILE)
    except (Refused, KeyProblem, BadTrust, SessionError, ProjectError) as error:
        fail(str(error), error.diagnostics, code=CANNOT)
    except OddTree as error:
        fail(str(error), "The author has to commit ordinary files there.", code=NOT_READY)
    except CouldNotEvaluate as error:
        fail(str(error), error.diagnostics, code=NO_ANSWER)
    except (GitError, MissingObject) as error:
        fail(str(error), "Fetch the commit with its files: git fetch origin", code=NO_ANSWER)


def trust_root(root: Path, base: str | None, trust: tuple[str, ...]) -> TrustRoot:
    """What the options name, or this clone's default base. Raises BadTrust."""
    from shipworthy.approval import default_base
    from shipworthy.readiness.answers import BadTrust
    from shipworthy.readiness.trust import TrustRoot

    if base and trust:
        raise BadTrust(
            "--base and --trust are two different trust roots (SHIPWORTHY_BASE, SHIPWORTHY_TRUST count too)",
            "Give one of them.",
        )
    pins = [part for each in trust for part in each.replace(",", " ").split()]
    if not base and not pins:
        base = default_base(root)
    return TrustRoot.from_base(base) if base else TrustRoot.pinned(pins)


def look(
    path: str | None,
    base: str | None,
    trust: tuple[str, ...],
    environment: str | None,
    repo: str | None,
    ref: str | None,
    *,
    predict_merge: bool,
    at: str = "HEAD",
) -> Review:
    """The review of a commit. Raises what `failing` ends the program for."""
    from shipworthy.git import Git
    from shipworthy.readiness.answers import CouldNotEvaluate, NotReady, Refused
    from shipworthy.readiness.context import is_environment
    from shipworthy.readiness.review import review
    from shipworthy.readiness.verify import Asked

    root = root_of(path)
    if not root.is_dir():
        raise Refused(f"{root}: no such folder", "Name the repository.")
    if Git(root).answer("rev-parse", "--git-dir") is None:
        raise CouldNotEvaluate(f"{root} is not a git repository", "Name the repository.")
    if environment is not None and not is_environment(environment):
        raise Refused(f"{environment} cannot be an environment's name", "Use lower-case letters, digits and hyphens.")
    asked = Asked(environment=environment, at=at, repo=repo, ref=ref, predict_merge=predict_merge)
    try:
        return review(root, trust_root(root, base, trust), asked, datetime.now(UTC))
    except NotReady as error:
        if error.step != "source tree" or predict_merge:
            raise
        hint = f"{error.diagnostics} If it was signed for the merge into the base: --predict-merge."
        raise NotReady(error.step, error.reason, hint) from error
