"""`shipworthy facts AREA [PATH]`: what was found, as JSON that anything can read."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click

from shipworthy.cli.common import fail, root_of

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
    try:
        with Project.opening(root_of(path)) as opening:
            # Git lists the files while what will look at them is loaded.
            from shipworthy.assess.cache import cache_dir, record_cache
            from shipworthy.assess.context import default_context
            from shipworthy.assess.store import FactStore, reader_of
            from shipworthy.text import visible

            if area == "secrets" and not history:
                from shipworthy.facts.secrets import Secrets

                reader_of(Secrets)
            project = opening()
    except ProjectError as error:
        fail(str(error), error.diagnostics)
    gaps: dict[str, None] = {}

    def read(kind: Any) -> Any:
        found = store.get(kind)
        if isinstance(found, str):
            fail(found, "Nothing is known of this area here.")
        for gap in found.gaps:
            place = f"{gap.path}:{gap.line}" if gap.line else gap.path or "the repository"
            gaps[f"{place}: {gap.reason}"] = None
        return found

    context = default_context()
    folder = cache_dir(context.environment, context.home)
    context = replace(context, cache_dir=folder)
    with record_cache(folder, project.root) as cache:
        # What nobody asks for is not planned: secrets alone take a fraction of the time of everything.
        store = FactStore(project, context, [], cache, stack=area not in _WITHOUT_STACK)
        found = _secret_history(read) if history else AREAS[area](read)
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    for gap in gaps:
        click.echo(f"could not read {visible(gap, 300)}", err=True)
