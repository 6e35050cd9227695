"""`shipworthy facts AREA [PATH]`: what was found, as JSON that anything can read."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shipworthy.cli.common import fail, root_of

if TYPE_CHECKING:
    from shipworthy.assess.answers import Answer, Answers
    from shipworthy.project import Project

Read = Callable[[Any], Any]
"""Gives the fact of a kind, and keeps account of its gaps."""


def _stack(read: Read) -> Any:
    from shipworthy.facts.stack import Stack

    stack = read(Stack)
    return {
        "components": [
            {
                "root": each.root,
                "kind": each.kind.value,
                "languages": list(each.languages),
                "frameworks": list(each.frameworks),
                "manifests": list(each.manifests),
            }
            for each in stack.components
        ],
        "parts": [
            {
                "part": each.part.value,
                "name": each.name,
                "component": each.component,
                "file": each.location.path,
                "line": each.location.line,
            }
            for each in stack.parts
        ],
    }


def _third_parties(read: Read) -> Any:
    from shipworthy.facts.stack import Part

    return [each for each in _stack(read)["parts"] if each["part"] == Part.THIRD_PARTY.value]


def _routes(read: Read) -> Any:
    from shipworthy.facts.routes import Routes, inventory

    return inventory(read(Routes))


def _pipeline(read: Read) -> Any:
    from shipworthy.facts.pipeline import Pipeline
    from shipworthy.facts.pipeline.inventory import inventory
    from shipworthy.facts.update_bots import UpdateBots

    return inventory(read(Pipeline), read(UpdateBots))


def _dependencies(read: Read) -> Any:
    from shipworthy.facts.dependencies import Dependencies, KnownVulnerabilities
    from shipworthy.facts.dependencies.inventory import inventory

    return inventory(read(Dependencies), read(KnownVulnerabilities))


def _secrets(read: Read) -> Any:
    from shipworthy.facts.secrets import Secrets, inventory

    return inventory(read(Secrets))


def _secret_history(read: Read) -> Any:
    from shipworthy.facts.secret_history import SecretHistory, inventory

    return inventory(read(SecretHistory))


def _keys(read: Read) -> Any:
    from shipworthy.facts.forms import KeysFile
    from shipworthy.facts.keys import Keys
    from shipworthy.facts.keys.inventory import inventory

    return inventory(read(Keys), read(KeysFile))


def _env(read: Read) -> Any:
    from shipworthy.facts.settings import Settings, inventory

    return inventory(read(Settings))


def _tests(read: Read) -> Any:
    from shipworthy.facts.tests import TestCases, TestSuites
    from shipworthy.facts.tests.inventory import inventory

    return inventory(read(TestSuites), read(TestCases))


AREAS: dict[str, Callable[[Read], Any]] = {
    "stack": _stack,
    "routes": _routes,
    "pipeline": _pipeline,
    "dependencies": _dependencies,
    "secrets": _secrets,
    "keys": _keys,
    "env": _env,
    "tests": _tests,
    "third-parties": _third_parties,
}


_WITHOUT_STACK = ("secrets",)
_OF_FILES = ("secrets",)
"""Areas that depend on the repository's files and the day alone, however often they are asked for."""


@click.command("facts")
@click.argument("area", type=click.Choice(list(AREAS)))
@click.argument("path", required=False)
@click.option("--history", is_flag=True, help="Of secrets: those in the git history, by commit.")
def command(area: str, path: str | None, history: bool) -> None:
    """Print what was found of AREA in PATH as JSON: paths relative to PATH, lines from 1, null for "could not tell".

    What could not be read is listed on stderr. Nothing of the project is run.
    """
    from shipworthy.project import Project, ProjectError

    if history and area != "secrets":
        raise click.UsageError("--history goes with the area secrets only")
    root = root_of(path)
    try:
        with Project.opening(root) as opening:
            answers = _answers(root, area) if area in _OF_FILES and not history else None
            answer = answers.recalled(opening) if answers else None
            if answer is None:
                # Git lists the files while what will look at them is loaded.
                from shipworthy.assess.store import reader_of

                if area in _OF_FILES and not history:
                    from shipworthy.facts.secrets import Secrets

                    reader_of(Secrets)
                project = opening.project()
                state = opening.state() if answers else None
    except ProjectError as error:
        fail(str(error), error.diagnostics)
    if answer is None:
        answer, lasts = _worked_out(project, area, history)
        if answers:
            answers.keep(state if lasts else None, answer)
    sys.stdout.write(answer.out)
    for remark in answer.remarks:
        click.echo(remark, err=True)


def _answers(root: Path, area: str) -> Answers:
    from shipworthy.assess.answers import Answers
    from shipworthy.facts.secrets import kept

    return Answers(kept.folder(), root, f"facts {area}", datetime.now(UTC).date())


def _worked_out(project: Project, area: str, history: bool) -> tuple[Answer, bool]:
    """The answer, and whether it stands for as long as the files do."""
    from shipworthy.assess.answers import Answer, lasting
    from shipworthy.assess.cache import cache_dir, record_cache
    from shipworthy.assess.context import default_context
    from shipworthy.assess.store import FactStore
    from shipworthy.text import visible

    gaps: dict[str, None] = {}
    lasts = True

    def read(kind: Any) -> Any:
        nonlocal lasts
        found = store.get(kind)
        if isinstance(found, str):
            fail(found, "Nothing is known of this area here.")
        for gap in found.gaps:
            place = f"{gap.path}:{gap.line}" if gap.line else gap.path or "the repository"
            gaps[visible(f"{place}: {gap.reason}", 300)] = None
        lasts = lasts and lasting(project, found.gaps)
        return found

    context = default_context()
    folder = cache_dir(context.environment, context.home)
    context = replace(context, cache_dir=folder)
    with record_cache(folder, project.root) as cache:
        # What nobody asks for is not planned: secrets alone take a fraction of the time of everything.
        store = FactStore(project, context, [], cache, stack=area not in _WITHOUT_STACK)
        found = _secret_history(read) if history else AREAS[area](read)
    remarks = [f"could not read {gap}" for gap in gaps]
    if area == "secrets":
        remarks += _left_out(read, history)
    return Answer(json.dumps(found, indent=2) + "\n", tuple(remarks)), lasts


def _left_out(read: Read, history: bool) -> Iterator[str]:
    """What the rows do not show, so that no rows are not taken for nothing to see."""
    from shipworthy.facts.secret_history import SecretHistory
    from shipworthy.facts.secrets import Secrets

    sightings = read(SecretHistory if history else Secrets).sightings
    allowed = sum(each.allowed is not None for each in sightings)
    doubtful = sum(each.allowed is None and not each.counts for each in sightings)
    said = [f"{doubtful:,} for you to look at"] * bool(doubtful) + [f"{allowed:,} allowed"] * bool(allowed)
    if said:
        where = "" if history else ": shipworthy secret list"
        yield f"not listed: {' and '.join(said)}{where}"
