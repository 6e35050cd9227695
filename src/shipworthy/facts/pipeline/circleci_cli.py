"""Follows CircleCI's own program: `circleci tests run` starts the command it is given on the tests it is piped.

Source: CircleCI's page "Re-run failed tests" and the manual of `circleci tests`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from shipworthy.facts.pipeline.resolve import Frame, Resolver, fixed
from shipworthy.facts.pipeline.shell import Options
from shipworthy.facts.pipeline.wrappers import option, strip

_SHELL = re.compile(r"[;&|<>()$`\n]")
_LISTED = re.compile(
    r"(circleci(?:-agent)?\s+tests\s+(?:split|glob)\b[^|]{0,300}\|(?:[^|]{1,200}\|)?\s*(?:\\\n\s*)?)"
    r"xargs(?:\s+-[nPL]\s*\d+|\s+-[rt0]|\s+--no-run-if-empty)*(?=\s)"
)


def without_xargs(text: str) -> str:
    """A script whose `circleci tests split | xargs pytest` reads as if the tests were given to the program itself.

    CircleCI lists the project's own tests there, so `xargs` is never left without any.
    """
    return _LISTED.sub(r"\1", text) if "xargs" in text else text


def follow(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`circleci tests run --command="xargs pytest"`."""
    if list(words[1:3]) != ["tests", "run"]:
        return False
    command = option(words, "--command")
    inner = frame.enter("circleci", command or "")
    if not command or inner is None:
        return True
    if _SHELL.search(command) and frame.chain:
        text = re.sub(r"^\s*xargs\s+", "", command)
        r.script(text, inner, fixed(frame.chain[-1]), options=Options(errexit=True, pipefail=True))
        return True
    try:
        r.command(strip(shlex.split(command)).words, inner)
    except ValueError:
        r.lose("the command of `circleci tests run` is not understood", frame)
    return True
