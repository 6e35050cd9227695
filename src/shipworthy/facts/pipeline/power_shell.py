"""PowerShell and cmd: plain command lines are followed, nothing else."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import replace

from shipworthy.facts.pipeline.fact import Link, no
from shipworthy.facts.pipeline.neutral import could_test
from shipworthy.facts.pipeline.resolve import Frame, Resolver
from shipworthy.facts.pipeline.secret_scanners import hints
from shipworthy.facts.pipeline.shell_words import join_path

_ASIDE = re.compile(r"(?:^|(?<=\s))#.*|\bTest-(?:Path|Connection|NetConnection)\b|\bin CI\b", re.M | re.I)
"""Comments, and what asks something else."""
_SYNTAX = re.compile(r"[$;|&{}()@`]|^\s*(if|foreach|for|while|try|function|param)\b")


def power_shell(resolver: Resolver, text: str, frame: Frame, here: Callable[[int], Link]) -> None:
    """Follows a script, or loses it. The exit code is the last program's. `here` gives the place of a row (from 0)."""
    lines = [
        (row, line.strip()) for row, line in enumerate(text.split("\n")) if line.strip() and line.strip()[0] != "#"
    ]
    if any(_SYNTAX.search(line) for _, line in lines):
        if could_test(_ASIDE.sub(" ", text)):
            resolver.lose("a PowerShell script is not followed", frame.at(here(0)), anything=hints(text))
        return
    folder = frame.folder
    for number, (row, line) in enumerate(lines):
        try:
            words = shlex.split(line.replace("\\", "/"))
        except ValueError:
            words = line.split()
        if words and words[0] == "cd":
            folder = join_path(folder, words[1]) if len(words) > 1 else None
            continue
        inner = replace(frame.at(here(row)), folder=folder)
        if number < len(lines) - 1:
            inner = inner.masked(no("in PowerShell the last command decides the result"))
        resolver.command(words, inner)
