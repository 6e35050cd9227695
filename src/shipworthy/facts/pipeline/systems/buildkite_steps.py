"""One step of a Buildkite pipeline: its commands, its plugins, and the pipeline files it uploads.

Source: the system's pages "Command step", "Plugins" and "Build matrix", and the pages of the plugins. The agent runs
all commands of a step in one `bash -e -c`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any

from shipworthy.facts.pipeline.fact import Kind, Link
from shipworthy.facts.pipeline.neutral import could_test
from shipworthy.facts.pipeline.shell import Options
from shipworthy.facts.pipeline.systems.plan import Plan, PlannedJob, Script, script_of
from shipworthy.facts.pipeline.uploads import WHERE
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.project.yaml import line_of

MAX_MATRIX = 24
_ERREXIT = Options(errexit=True)
_MATRIX = re.compile(r"\{\{\s*matrix(?:\.(\w+))?\s*\}\}")
_KINDS: Mapping[str, Kind] = {
    "ecs-deploy": Kind.DEPLOY,
    "lambda-deploy": Kind.DEPLOY,
    "aws-lambda-deploy": Kind.DEPLOY,
    "cloudformation-deploy": Kind.DEPLOY,
    "aws-cdk-deploy": Kind.DEPLOY,
    "aws-sam-deploy": Kind.DEPLOY,
    "heroku-container-deploy": Kind.DEPLOY,
    "kubernetes-deploy": Kind.DEPLOY,
    "helm-deploy": Kind.DEPLOY,
    "s3-sync": Kind.DEPLOY,
    "docker-ecr-publish": Kind.PUBLISH,
    "docker-publish": Kind.PUBLISH,
    "create-github-release": Kind.PUBLISH,
    "github-release": Kind.PUBLISH,
    "shellcheck": Kind.LINT,
    "rubocop": Kind.LINT,
    "plugin-linter": Kind.LINT,
    "snyk": Kind.SCAN,
    "trivy": Kind.SCAN,
    "wiz": Kind.SCAN,
    "sonarqube": Kind.SCAN,
}
_UPLOADERS = {"monorepo-diff", "monebag", "file-diff-pipeline", "templater", "gated-pipeline", "step-templates"}
_HARMLESS = {"test-collector", "junit-annotate", "artifacts", "docker-login", "ecr", "cache", "shellcheck"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step as written. `rules`: the step and the groups and uploading steps around it, each with its filters."""

    id: str
    kind: str
    key: str
    group: str
    path: str
    line: int
    node: Mapping[str, Any]
    rules: tuple[Mapping[str, Any], ...]
    variables: Mapping[str, tuple[str, ...]]

    @property
    def explicit(self) -> bool:
        """Whether what it waits for is written at it (or at its group), which takes the place of `wait` and `block`."""
        return any("depends_on" in each for each in self.rules)

    @property
    def wanted(self) -> list[tuple[str, bool]]:
        """(key, whether its failure is tolerated) of each step it waits for."""
        found = []
        for node in self.rules:
            given = node.get("depends_on")
            for each in given if isinstance(given, list) else [given]:
                if isinstance(each, Mapping):
                    found.append((str(each.get("step")), each.get("allow_failure") is True))
                elif each is not None:
                    found.append((str(each), False))
        return found


def texts_of(value: Any) -> list[str]:
    """Patterns of `branches`: a text with spaces between them, or a list."""
    return (
        str(value).split()
        if isinstance(value, str)
        else [str(each) for each in value]
        if isinstance(value, list)
        else []
    )


def _plain(plan: Plan, script: Script) -> Script:
    """Commands as the shell sees them: `$$` and `\\$` keep the agent from putting a value in when it uploads.

    A command that is the path of a file, from the folder of the code, is that file.
    """
    text = script.text.replace("$$", "$").replace("\\$", "$")
    path = posixpath.normpath(text.strip().lstrip("/"))
    if len(text.split()) == 1 and plan.tree.is_file(path):
        text = f"./{path}"
    return replace(script, text=text)


def _scripts(plan: Plan, step: Step) -> Iterator[Script]:
    """The commands, once for each combination of a matrix that they name."""
    key = next((each for each in ("command", "commands", "script") if step.node.get(each)), None)
    holder: Any = step.node
    if key is not None and isinstance(holder[key], Mapping):
        holder, key = holder[key], next((each for each in ("command", "commands") if holder[key].get(each)), None)
    script = script_of(step.path, holder, key) if key is not None else None
    if script is None:
        return
    script = _plain(plan, script)
    if not _MATRIX.search(script.text):
        yield script
        return
    seen = set()
    for values in plan.first(_combinations(step.node.get("matrix")), MAX_MATRIX, "combinations in a matrix", step.line):
        text = _filled(script.text, values)
        if text not in seen:
            seen.add(text)
            yield replace(script, text=text)


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _MATRIX.sub(lambda match: values.get(match[1] or "", HOLE), text)


def _combinations(node: Any) -> Iterator[dict[str, str]]:
    setup = node.get("setup") if isinstance(node, Mapping) else node
    if isinstance(setup, list):
        yield from ({"": str(each)} for each in setup)
    elif isinstance(setup, Mapping):
        axes = [[str(each) for each in value] if isinstance(value, list) else [str(value)] for value in setup.values()]
        for row in product(*axes):
            yield dict(zip(map(str, setup), row, strict=True))
    else:
        yield {}


def uploaded(plan: Plan, step: Step) -> list[str]:
    """Paths of the pipeline files that the step's commands upload."""
    found: dict[str, None] = {}
    for script in _scripts(plan, step):
        key = script.text + repr(sorted(step.variables.items()))
        found.update(dict.fromkeys(plan.tree.kept("buildkite uploads", key, partial(_uploads, plan, step, script))))
    return list(found)


def _uploads(plan: Plan, step: Step, script: Script) -> list[str]:
    at = len(plan.resolver.written)
    plan.resolved(script, _ERREXIT, ".", step.variables)
    return [each.text for each in plan.resolver.written[at:] if each.where == WHERE]


def plugins_of(node: Any) -> list[tuple[str, Any]]:
    """(short name, settings) of each plugin."""
    found: list[tuple[str, Any]] = []
    for each in node if isinstance(node, list) else [node]:
        rows = each.items() if isinstance(each, Mapping) else [(each, None)] if isinstance(each, str) else []
        for name, settings in rows:
            short = str(name).partition("#")[0].rstrip("/").rsplit("/", 1)[-1]
            found.append((short.removesuffix(".git").removesuffix("-buildkite-plugin"), settings))
    return found


def body(plan: Plan, job: PlannedJob, step: Step) -> None:
    """Puts down what a command or trigger step comes down to."""
    node = step.node
    if step.kind == "trigger":
        link = Link(step.path, line_of(node, "trigger") or step.line, f"trigger: {node.get('trigger')}"[:80])
        job.lose(f"it starts the pipeline {str(node.get('trigger'))[:60]}", (link,), anything=True)
        return
    scripts = list(_scripts(plan, step))
    for script in scripts:
        job.script(script, options=_ERREXIT, variables=step.variables)
    line = line_of(node, "plugins") or step.line
    for name, settings in plugins_of(node.get("plugins")):
        _plugin(job, name, settings, Link(step.path, line, f"plugin {name}"), bare=not scripts)


def _plugin(job: PlannedJob, name: str, settings: Any, link: Link, *, bare: bool) -> None:
    """A plugin. `bare`: the step has no commands of its own, so those of the plugin run."""
    given = settings if isinstance(settings, Mapping) else {}
    command = given.get("command")
    words = [str(each) for each in command] if isinstance(command, list) else []
    if name == "docker-compose":
        if given.get("push"):
            job.note(Kind.PUBLISH, ("docker-compose push",), (link,))
        if given.get("run") and bare:
            files = given.get("config")
            options = [
                part
                for each in (files if isinstance(files, list) else [files] if files else [])
                for part in ("-f", str(each))
            ]
            job.command(["docker-compose", *options, "run", str(given["run"]), *words], link)
    elif name == "docker":
        if bare and words:
            job.command(words, link)
        elif bare and could_test(str(given.get("image", ""))):
            job.lose(f"what the image {given.get('image')} runs is not known", (link,))
    elif name in _KINDS:
        job.note(_KINDS[name], (f"plugin {name}",), (link,))
    elif name in _UPLOADERS:
        job.lose(f"the plugin {name} puts steps together at run time", (link,), anything=True)
    elif "$" in name and bare:
        job.lose("which plugin runs is put together at run time", (link,))
    elif bare and name not in _HARMLESS and could_test(name):
        job.lose(f"what the plugin {name} runs is not known", (link,))
