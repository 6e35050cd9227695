"""`shipworthy facts AREA [PATH]`: what was found, as JSON that anything can read."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import click

from shipworthy.cli.common import fail, root_of

AREAS = ("stack", "routes", "pipeline", "dependencies", "secrets", "env", "tests", "third-parties", "findings")


def _stack(read: Callable[[Any], Any]) -> Any:
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


def _third_parties(read: Callable[[Any], Any]) -> Any:
    from shipworthy.facts.stack import Part

    return [each for each in _stack(read)["parts"] if each["part"] == Part.THIRD_PARTY.value]


@click.command("facts")
@click.argument("area", type=click.Choice(AREAS))
@click.argument("path", required=False)
def command(area: str, path: str | None) -> None:
    """Print what was found of AREA in PATH as JSON: paths relative to PATH, lines from 1, null for "could not tell".

    What could not be read is listed on stderr.
    """
    from shipworthy.assess.context import default_context
    from shipworthy.assess.run import FactStore
    from shipworthy.project import Project, ProjectError
    from shipworthy.text import visible

    readers: dict[str, Callable[[Callable[[Any], Any]], Any]] = {"stack": _stack, "third-parties": _third_parties}
    try:
        project = Project.open(root_of(path))
    except ProjectError as error:
        fail(str(error), error.diagnostics)
    context = default_context()
    store = FactStore(project, context, [])
    gaps: list[str] = []

    def read(kind: Any) -> Any:
        found = store.get(kind)
        if isinstance(found, str):
            fail(found, "Nothing is known of this area here.")
        for gap in found.gaps:
            place = f"{gap.path}:{gap.line}" if gap.line else gap.path or "the repository"
            gaps.append(f"{place}: {gap.reason}")
        return found

    document = readers[area](read)
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
    for gap in dict.fromkeys(gaps):
        click.echo(f"could not read {visible(gap, 300)}", err=True)
