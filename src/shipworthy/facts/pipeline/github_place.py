"""Where the steps of a GitHub job run, and small readings of step keys: conditions, shells, inputs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shipworthy.facts.pipeline.expressions import condition, fill, uses_status
from shipworthy.facts.pipeline.fact import YES, Link, Said, no, strength, strongest, unsure, weakest
from shipworthy.facts.pipeline.shell import Options
from shipworthy.facts.pipeline.shell_words import ANYTHING, Values, join_path
from shipworthy.facts.pipeline.values import HOLE, OneOf, Ordinary, Unknown, text_of, truth

NOTHING_HERE = no("no step before it checks the repository out, so there is nothing to look at")
_CLONES = re.compile(r"\bgit\s+(?:-\S+\s+)*(?:clone|fetch|pull|checkout|worktree)\b|\bgh\s+repo\s+(?:clone|sync)\b")
_LOADS = re.compile(r"\b(?:curl|wget|gh\s+api|svn|tar|unzip)\b|checkout|clone|download-artifact|restore|cache", re.I)


@dataclass(slots=True)
class Place:
    """Where steps run: a job in a scenario with one combination of its matrix, or an action inside it."""

    context: dict[str, Any]
    """`github`, `env`, `matrix`, `needs`, `inputs`, `runner`, `steps` and functions, as expressions see them."""
    path: str
    chain: tuple[Link, ...]
    shell: str
    folder: str | None
    runs: Said
    fails: Said
    depth: int = 0
    written: dict[str, Values] = field(default_factory=dict)
    """Variables that earlier steps handed on through GITHUB_ENV."""
    changed: str | None = None
    """The one file that is taken to have changed."""
    despite: bool = False
    """Steps here start although an earlier one failed."""
    mounts: dict[str, Said] = field(default_factory=dict)
    """Folders a checkout made: a plain yes for this repository, else why not."""
    brought: list[Said] = field(default_factory=list)
    """How surely each earlier step of the job brought the repository's files in."""

    @property
    def filled(self) -> Said:
        """Whether there are files to look at: the machine of a job starts without any."""
        said = strongest(self.brought, NOTHING_HERE)
        return YES if strength(said) >= strength(self.runs) else said


def texts(value: Any, context: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping such as `env` or `with`, with its expressions filled."""
    if isinstance(value, str):
        value = fill(value, context)
        if isinstance(value, Unknown):
            return {ANYTHING: value}
    return {str(key): fill(each, context) for key, each in value.items()} if isinstance(value, Mapping) else {}


def judged(text: Any, context: Mapping[str, Any], what: str) -> Said:
    """How surely an `if:` lets its job or step run."""
    if text is None:
        return YES
    shown = " ".join(str(text).split())[:80]
    value = condition(str(text), context) if isinstance(text, str) else text
    holds = truth(value)
    if holds is None:
        on = value.what if isinstance(value, Unknown) else "something"
        why = f"{what} runs only if {shown}"
        return unsure(why if on in shown else f"{why} ({on} is not known here)", str(text))
    return YES if holds else no(f"{what} has `if: {shown}`")


def options_of(shell: str) -> Options | None:
    """What a step's `shell` switches on; None for a shell that is not a Bourne shell.

    Source: the code host's "jobs.<job_id>.steps[*].shell": none given is `bash -e`, `bash` adds pipefail.
    """
    if shell == "":
        return Options(errexit=True)
    if shell == "bash":
        return Options(errexit=True, pipefail=True)
    if shell == "sh":
        return Options(errexit=True)
    words = shell.split()
    if not words or posixpath.basename(words[0]) not in ("bash", "sh", "zsh", "dash"):
        return None
    short = "".join(word[1:] for word in words[1:] if word.startswith("-") and not word.startswith("--"))
    return Options(errexit="e" in short or "errexit" in words, pipefail="pipefail" in words)


def replace_runs(place: Place, said: Said) -> Place:
    """The same place, reached less surely; what it collects is shared."""
    return place if said.yes else replace(place, runs=weakest(place.runs, said))


def replace_fails(place: Place, said: Said) -> Place:
    return replace(place, fails=weakest(place.fails, said))


def starts_despite(text: Any, context: Mapping[str, Any]) -> bool:
    """Whether a step starts although an earlier one failed; without a status function GitHub adds `success() &&`."""
    if not isinstance(text, str) or not uses_status(text):
        return False
    answers = {"success()": False, "always()": True, "failure()": True, "cancelled()": False}
    failed = {**context, **{name: (lambda _args, value=value: value) for name, value in answers.items()}}
    return truth(condition(text, failed)) is not False


def check_out(step: Mapping[str, Any], given: Mapping[str, Any], place: Place) -> None:
    """Notes what a checkout puts into its folder: this repository as it was started with, or something else."""
    raw = step.get("with")
    repository = raw.get("repository") if isinstance(raw, Mapping) else None
    mount = join_path(".", text_of(given.get("path") or "."))
    if place.runs.no:
        return
    place.brought.append(weakest(place.runs, _whole(given)))
    if mount is None:
        return
    said = YES
    if isinstance(repository, str) and "github.repository" not in repository and "head.repo" not in repository:
        said = unsure(f"the job works on another repository ({repository})")
    elif _is_elsewhere(given.get("ref"), place.context.get("github")):
        said = unsure(f"the job checks out `{raw['ref'] if isinstance(raw, Mapping) else ''}`, not the proposed change")
    if not said.yes or place.runs.yes or mount not in place.mounts:
        place.mounts[mount] = said


def _whole(given: Mapping[str, Any]) -> Said:
    """Whether a checkout takes every file. Source: the action's "sparse-checkout"."""
    part = text_of(given.get("sparse-checkout") or "").split()
    return unsure(f"only {part[0][:60]} is checked out".replace(HOLE, "…")) if part and part != ["."] else YES


def brings(text: str, place: Place) -> None:
    """Notes what commands, or another action by its name, may bring in."""
    if place.runs.no:
        return
    if _CLONES.search(text):
        place.brought.append(place.runs)
    elif _LOADS.search(text):
        place.brought.append(unsure("whether an earlier step brings the repository's files in is not known here"))


def _is_elsewhere(ref: Any, github: Any) -> bool:
    """Whether a checkout's `ref` is, where a change is proposed, certainly something else than that change.

    Source: the checkout action's "ref": the branch, tag or commit to check out, by default what started the workflow.
    """
    event = github.get("event_name") if isinstance(github, Mapping) else None
    pushed = github.get("ref") if isinstance(github, Mapping) else None
    feature = event == "push" and isinstance(pushed, Ordinary) and pushed.prefix == "refs/heads/"
    if event not in ("pull_request", "merge_group") and not feature:
        return False
    if isinstance(ref, str):
        return bool(ref) and HOLE not in ref
    return isinstance(ref, OneOf) or (isinstance(ref, Ordinary) and ref.what == "base sha")


def raises(key: str, later: Sequence[Any]) -> bool:
    """Whether a later step fails the job where the step with this id has failed, as some tools' manuals advise."""
    outcome = rf"steps\.{re.escape(key)}\.outcome\s*(==\s*'failure'|!=\s*'success')"
    return any(
        isinstance(step, Mapping)
        and re.search(outcome, str(step.get("if", "")))
        and "&&" not in str(step.get("if", "")).replace("always() &&", "").replace("!cancelled() &&", "")
        and "continue-on-error" not in step
        and re.search(r"^\s*exit [1-9]", str(step.get("run", "")), re.M)
        for step in later
    )
