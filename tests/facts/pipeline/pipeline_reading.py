"""Reads the pipeline of a few files, outside git, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.support import NOW, write

from shipworthy.facts import Context, Facts, View
from shipworthy.facts.pipeline import Kind, Leaf, Pipeline
from shipworthy.facts.pipeline.reader import PipelineReader
from shipworthy.facts.scan import Scan
from shipworthy.project import Project


def read(folder: Path, files: Mapping[str, str | bytes]) -> Pipeline:
    project = Project.open(write(folder, files))
    return PipelineReader().read(View(project, Context(now=NOW, home=folder), Scan(project, ())), Facts({}))


def workflow(run: str, on: str = "[push, pull_request]", job: str = "", step: str = "") -> str:
    """A workflow with one job of one step. `job` and `step` are further lines of them."""
    lines = "\n".join("          " + line for line in run.split("\n"))
    return (
        f"on: {on}\njobs:\n  one:\n    runs-on: ubuntu-latest\n"
        + "".join(f"    {line}\n" for line in job.split("\n") if line)
        + "    steps:\n      - uses: actions/checkout@v4\n      - run: |\n"
        + lines
        + "\n"
        + "".join(f"        {line}\n" for line in step.split("\n") if line)
    )


def leaves_in(pipeline: Pipeline) -> list[Leaf]:
    return list(pipeline.of(Kind.TEST))
