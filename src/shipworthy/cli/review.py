"""`shipworthy review`: what an approver has to look at, claims of people first, and their answer to each."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

import click

from shipworthy.cli.common import NOT_READY, asks, fail, print_lines, root_of, typed
from shipworthy.cli.lead import NO_ANSWER, failing, look, trust_options

if TYPE_CHECKING:
    from shipworthy.readiness.answered import Answers
    from shipworthy.readiness.review import Review
    from shipworthy.report.review import Reviewed
    from shipworthy.tui.screens.review_desk import Desk

LEAST = (60, 14)
"""Columns and rows the screen takes."""


@click.command("review")
@click.argument("path", required=False)
@trust_options
@click.option("--at", default="HEAD", metavar="COMMIT", help="The commit to look at. Default: HEAD.")
@click.option("--accept", multiple=True, metavar="ITEM", help="Accept what was said about ITEM (may be given again).")
@click.option("--send-back", multiple=True, metavar="ITEM", help="Do not accept it; each takes a --remark.")
@click.option("--remark", multiple=True, metavar="TEXT", help="What has to change, for the --send-back it belongs to.")
@click.option("--format", type=click.Choice(["human", "json"]), default="human", help="How to print.")
@click.option("--plain", is_flag=True, help="Ask line by line; always so where no screen is, in CI, and for JSON.")
def command(
    path: str | None,
    base: str | None,
    trust: tuple[str, ...],
    environment: str | None,
    repo: str | None,
    ref: str | None,
    predict_merge: bool,
    at: str,
    accept: tuple[str, ...],
    send_back: tuple[str, ...],
    remark: tuple[str, ...],
    format: str,
    plain: bool,
) -> None:
    """Look at the signed readiness file of the repository at PATH before approving it.

    Your answers stay on this machine, bound to exactly this file; `shipworthy approve` needs one to each claim.

    Exit 0 nothing keeps you from approving · 1 something is open, sent back or not ready · 2 usage · 3 no readiness
    file · 4 could not evaluate.
    """
    from shipworthy.approval import answer, answers_of
    from shipworthy.readiness.answered import Reply

    if len(send_back) != len(remark):
        fail("each --send-back takes one --remark", "shipworthy review --send-back ITEM --remark TEXT")
    if both := set(accept) & set(send_back):
        fail(f"{', '.join(sorted(both))}: accepted and sent back at once", "Say one of the two.")
    if not (plain or accept or send_back) and format == "human" and _has_screen():
        root = root_of(path)
        _screen(lambda: look(str(root), base, trust, environment, repo, ref, predict_merge=predict_merge, at=at))
    with failing("review"):
        found = look(path, base, trust, environment, repo, ref, predict_merge=predict_merge, at=at)
        answers, now = answers_of(found), datetime.now(UTC)
        for item in accept:
            answer(found, answers, item, Reply.ACCEPTED, "", now)
        for item, text in zip(send_back, remark, strict=True):
            answer(found, answers, item, Reply.SENT_BACK, text, now)
        shown = _show(found, answers, format)
        if format == "human" and asks() and not (accept or send_back) and not shown.problem:
            _ask(found, answers)
            shown = _state(shown, answers)
        code = _end(shown, answers, format)
    sys.exit(code)


def _has_screen() -> bool:
    """Whether a person sits at a terminal that can show the review."""
    from shipworthy.cli.opening import is_screen

    if not asks() or not is_screen():
        return False
    width, height = os.get_terminal_size(sys.stderr.fileno())
    return width >= LEAST[0] and height >= LEAST[1]


def _screen(read: Callable[[], Review]) -> NoReturn:
    """Opens the review screen, and ends the program when the person leaves it."""
    from shipworthy.tui.review_app import launch_review

    def desk() -> Desk:
        from shipworthy.reviewing import desk_of

        return desk_of(read)

    left = launch_review(desk)
    if left is None:
        sys.exit(NO_ANSWER)
    if left.error is not None:
        with failing("review"):
            raise left.error.__cause__ or left.error
    sys.exit(NO_ANSWER if left.unmade else NOT_READY if left.open else 0)


def _state(shown: Reviewed, answers: Answers) -> Reviewed:
    from dataclasses import replace

    return replace(shown, answers={claim.id: answers.read(claim.id) for claim in shown.review.claims})


def _show(found: Review, answers: Answers, format: str) -> Reviewed:
    """Prints the review while the checks run again; what came of it."""
    from shipworthy.approval import again
    from shipworthy.readiness.answers import CouldNotEvaluate, NotReady
    from shipworthy.report import review as report

    shown = _state(report.Reviewed(review=found, answers={}), answers)
    human = format == "human"
    if human:
        print_lines([*report.head_lines(found), *report.people_lines(shown), *report.since_lines(found)])
    from dataclasses import replace

    try:
        shown = replace(shown, again=again(found))
    except NotReady as error:
        shown = replace(shown, problem=f"{error.reason}. {error.diagnostics}")
    except CouldNotEvaluate as error:
        shown = replace(shown, problem=f"could not be made: {error}. {error.diagnostics}")
    print_lines(report.machine_lines(shown) if human else [json.dumps(report.as_data(shown), indent=2)])
    return shown


def _ask(found: Review, answers: Answers) -> None:
    """Asks about each claim without an answer; every answer is kept at once."""
    from shipworthy.approval import answer
    from shipworthy.readiness.answered import Reply
    from shipworthy.readiness.answers import Refused
    from shipworthy.report.review import claim_lines

    for claim in found.claims:
        if answers.read(claim.id) is not None:
            continue
        print_lines(["", *claim_lines(found, claim)])
        said = typed("accept, send back, or skip", type=click.Choice(["a", "b", "s"]), default="s", show_choices=True)
        if said == "a":
            answer(found, answers, claim.id, Reply.ACCEPTED, "", datetime.now(UTC))
        while said == "b":
            text = typed("What has to change", default="", show_default=False)
            try:
                answer(found, answers, claim.id, Reply.SENT_BACK, text, datetime.now(UTC))
                break
            except Refused as error:
                click.echo(f"{error}. {error.diagnostics}", err=True)
                if not text.strip():
                    break


def _end(shown: Reviewed, answers: Answers, format: str) -> int:
    """Says what comes next; the exit code."""
    from shipworthy.approval import sent_back

    back = sent_back(shown.review, answers)
    if format == "human":
        print_lines(["", *_next(shown, [item for item, _ in back])])
    if shown.problem.startswith("could not"):
        return NO_ANSWER
    return 0 if shown.accepted else NOT_READY


def _next(shown: Reviewed, back: list[str]) -> list[str]:
    if shown.problem:
        return ["do not approve: the re-run here does not agree with what was signed"]
    if back:
        names = ", ".join(back)
        return [f"you sent back: {names}", "  tell the author, in a commit on this branch: shipworthy send-back"]
    if shown.open:
        more = f"{len(shown.open)} still to answer: {', '.join(shown.open)}"
        return [more, "  shipworthy review in a terminal, or --accept ITEM, or --send-back ITEM --remark TEXT"]
    return ["every claim is accepted and the re-run agrees; countersign it: shipworthy approve"]
