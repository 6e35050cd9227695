"""Reads how hardened the pipeline of a few files is, outside git and with the built-in rules alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.support import NOW, write

from shipworthy.facts import Context, Facts, View
from shipworthy.facts.hardening import Hardening, Weakness
from shipworthy.facts.hardening.reader import HardeningReader
from shipworthy.facts.pipeline import Pipeline
from shipworthy.facts.pipeline.discovery import find_systems
from shipworthy.facts.pipeline.tree import Tree
from shipworthy.facts.scan import Scan
from shipworthy.project import Project

CI = ".github/workflows/ci.yml"
PIN = "a" * 40
READ = "permissions: {contents: read}\n"


def read(folder: Path, files: Mapping[str, str | bytes]) -> Hardening:
    project = Project.open(write(folder, files))
    view = View(project, Context(now=NOW, home=folder), Scan(project, ()))
    return HardeningReader().read(view, Facts({Pipeline: Pipeline(systems=tuple(find_systems(Tree(view))))}))


def steps(*lines: str, on: str = "[push, pull_request]", top: str = READ, job: str = "") -> str:
    """A workflow with one job "one" whose steps are these lines; the first of them is on line 7 at the least."""
    rows = "".join(f"      - {line}\n" for line in lines)
    return f"on: {on}\n{top}jobs:\n  one:\n    runs-on: ubuntu-latest\n{job}    steps:\n{rows}"


def told(rows: tuple[Weakness, ...]) -> list[str]:
    """ "rule degree line" for each row, sorted; further lines of a row behind commas."""
    return sorted(f"{row.rule} {row.degree} {','.join(map(str, (row.line, *row.more)))}" for row in rows)
