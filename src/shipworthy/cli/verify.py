"""`shipworthy verify`: decide whether a commit may be deployed; the exit code is the answer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shipworthy.text import visible

if TYPE_CHECKING:
    from shipworthy.readiness.verify import Verified

READY, NOT_READY, USAGE, NO_FILE, NO_ANSWER = 0, 1, 2, 3, 4


def verified_json(found: Verified) -> dict[str, Any]:
    """What was verified, for a machine."""
    statement = found.statement
    return {
        "verdict": "READY",
        "exit": READY,
        "commit": found.commit,
        "sourceTree": statement.tree,
        "repo": statement.repo,
        "ref": statement.ref,
        "environment": statement.environment,
        "profile": statement.profile,
        "checklist": f"{statement.checklist_name} {statement.checklist_version}",
        "author": {"id": statement.author, "key": found.signed.fingerprint, "kind": found.signed.kind},
        "touched": found.signed.touched,
        "userVerified": found.signed.user_verified,
        "issuedAt": statement.issued.isoformat(),
        "expiresAt": statement.expires.isoformat(),
        "attested": [each.id for each in found.attested],
        "selfWaived": [
            {"item": each.id, "reason": each.said.words, "expiresAt": each.said.expires.isoformat()}
            for each in found.self_waived
            if each.said
        ],
        "notCompared": list(found.not_compared),
    }


def verified_lines(found: Verified) -> list[str]:
    """What was verified, for a person."""
    statement = found.statement
    touch = {True: ", with a touch", False: ", without a touch", None: ""}[found.signed.touched]
    dates = f"issued {statement.issued:%Y-%m-%d %H:%M} UTC, expires {statement.expires:%Y-%m-%d %H:%M} UTC"
    lines = [
        f"READY  {visible(statement.repo, 120)} for {statement.environment}, commit {found.commit[:12]}",
        f"  signed by {visible(statement.author, 120)} with {found.signed.fingerprint} ({found.signed.kind}{touch})",
        f"  source tree {statement.tree}",
        f"  {dates}",
        f"  profile {statement.profile}, checklist {statement.checklist_name} {statement.checklist_version}",
    ]
    for each in found.self_waived:
        if each.said:
            until = f"{each.said.expires:%Y-%m-%d}"
            lines.append(f"  self-waived until {until}: {each.id}: {visible(each.said.words, 200)}")
    if found.attested:
        lines.append(f"  attested by the author: {', '.join(each.id for each in found.attested)}")
    if found.not_compared:
        lines.append(f"  signed for, not compared here: {', '.join(found.not_compared)}")
    return lines


@click.command("verify")
@click.argument("path", required=False, type=click.Path(exists=True, file_okay=False))
@click.option(
    "--trust", multiple=True, metavar="SHA256:…", envvar="SHIPWORTHY_TRUST",
    help="The fingerprint of a key whose signature counts (may be given again; or SHIPWORTHY_TRUST).",
)  # fmt: skip
@click.option("--environment", metavar="NAME", help="Deploy where? Default: the environment the commit's policy names.")
@click.option("--at", default="HEAD", metavar="COMMIT", help="The commit to deploy. Default: HEAD.")
@click.option("--repo", metavar="OWNER/NAME", help="What it must be signed for. Default: what the remote origin says.")
@click.option("--ref", metavar="REFS/…", help="The ref it must be signed for. Default: any.")
@click.option("--format", type=click.Choice(["human", "json"]), default="human", help="How to print.")
def command(
    path: str | None,
    trust: tuple[str, ...],
    environment: str | None,
    at: str,
    repo: str | None,
    ref: str | None,
    format: str,
) -> None:
    """Decide whether a commit of the repository at PATH may be deployed.

    Exit 0 ready · 1 not ready (tampered, unsigned, expired, stale, failing) · 2 usage or configuration · 3 no readiness
    file · 4 could not evaluate (no trust root, missing objects, git failed, a bug) · 130 interrupted.
    """
    sys.exit(_run(path, trust, environment, at, repo, ref, format))


def _run(
    path: str | None,
    trust: tuple[str, ...],
    environment: str | None,
    at: str,
    repo: str | None,
    ref: str | None,
    format: str,
) -> int:
    try:
        # Imported here, so that a failure to import is an answer too.
        from datetime import UTC, datetime

        from shipworthy.readiness.context import is_environment
        from shipworthy.readiness.verify import (
            BadTrust,
            CouldNotEvaluate,
            NoReadinessFile,
            NotReady,
            TrustRoot,
            verify,
        )

        if environment is not None and not is_environment(environment):
            return _say(format, USAGE, "usage", f"{environment} cannot be an environment's name", "")
        try:
            pinned = TrustRoot.pinned(part for each in trust for part in each.replace(",", " ").split())
            found = verify(
                Path(path) if path else Path.cwd(), pinned, environment, at, datetime.now(UTC), repo=repo, ref=ref
            )
        except BadTrust as error:
            return _say(format, USAGE, "trust", str(error), "Print one: ssh-keygen -lf KEY.pub")
        except NotReady as error:
            return _say(format, NOT_READY, error.step, error.reason, error.diagnostics)
        except NoReadinessFile as error:
            return _say(format, NO_FILE, "file", str(error), error.diagnostics)
        except CouldNotEvaluate as error:
            return _say(format, NO_ANSWER, "could not evaluate", str(error), error.diagnostics)
        if format == "json":
            import json

            text = json.dumps(verified_json(found), indent=2)
        else:
            text = "\n".join(verified_lines(found))
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
        return READY
    except KeyboardInterrupt:
        return 130
    except BaseException as error:
        # A crash is "could not evaluate": never ready, and never mistaken for a judgement. Only its type is shown,
        # because its text may quote the repository.
        sys.stderr.write(f"shipworthy: verify failed inside ({type(error).__name__}): a bug, please report it\n")
        return NO_ANSWER


def _say(format: str, code: int, step: str, reason: str, remedy: str) -> int:
    verdict = {NOT_READY: "NOT READY", NO_FILE: "NO READINESS FILE"}.get(code, "NO ANSWER")
    if format == "json":
        import json

        said = {"verdict": verdict, "exit": code, "step": step, "reason": reason, "remedy": remedy}
        sys.stdout.write(json.dumps(said, indent=2) + "\n")
        return code
    stream = sys.stdout if code in (NOT_READY, NO_FILE) else sys.stderr
    stream.write(f"{verdict}  {visible(step, 60)}: {visible(reason, 600)}\n")
    if remedy:
        stream.write(f"  {visible(remedy, 600)}\n")
    return code
