"""What a GitLab job runs: its scripts in one shell, its environment variables, and what deploys without a command.

Source: GitLab's reference "CI/CD YAML syntax" (`script`, `after_script`, `parallel:matrix`, `environment`, `pages`,
`release`) and GitLab Runner's "Types of shells": bash with `set -eo pipefail`, sh where there is no bash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from shipworthy.facts.pipeline.fact import Kind, Link, no
from shipworthy.facts.pipeline.neutral import is_neutral
from shipworthy.facts.pipeline.runners import classify
from shipworthy.facts.pipeline.shell import Options
from shipworthy.facts.pipeline.shell import Script as Shell
from shipworthy.facts.pipeline.shell_words import ROOT, Values
from shipworthy.facts.pipeline.systems.gitlab_config import Part, texts
from shipworthy.facts.pipeline.systems.gitlab_pipeline import Pipeline, Row
from shipworthy.facts.pipeline.systems.gitlab_policy import shell_value
from shipworthy.facts.pipeline.systems.gitlab_rules import Unset, look_in
from shipworthy.facts.pipeline.systems.plan import Plan, PlannedJob, Script
from shipworthy.facts.pipeline.values import HOLE, Ordinary
from shipworthy.facts.pipeline.wrappers import program_of, strip

MAX_COMBINATIONS = 24
_SHELL = Options(errexit=True, pipefail=True)
_ASKS = re.compile(r"(?:\[\[?\s|\btest\s|\bcase\s)[^\n]*")
_TELLING = re.compile(
    r"\bCI_(?:COMMIT_(?:BRANCH|TAG|REF_NAME|REF_SLUG|REF_PROTECTED)|PIPELINE_SOURCE|DEFAULT_BRANCH|MERGE_REQUEST_[A-Z_]+)\b"
)
"""Variables that tell pipelines apart."""
_NAME = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_NO_RESULT = no("`after_script` cannot fail the job")
_SENT = re.compile(
    r"(-X ?|--request=)?P(OST|UT|ATCH)|-[a-zA-Z]{0,4}[dFT]|--(data|form|json|upload|post)[\w-]*(=.*)?", re.S
)
_NO_DEPLOY = {"stop", "prepare", "verify", "access"}
_FOLDER = ("CI_PROJECT_DIR", "CI_BUILDS_DIR_PROJECT")


_Scripts = tuple[Script | None, list[Link], tuple[Link, ...]]


def script(pipeline: Pipeline, row: Row, *keys: str) -> _Scripts:
    """The scripts under these keys as one text, the references in them that lead nowhere, and the way to them."""
    known: dict[tuple[str, ...], _Scripts] = pipeline.jobs.scripts
    if (row.name, *keys) not in known:
        known[row.name, *keys] = _script(pipeline, row, keys)
    return known[row.name, *keys]


def _script(pipeline: Pipeline, row: Row, keys: Sequence[str]) -> _Scripts:
    found: list[Script] = []
    lost: list[Link] = []
    via: tuple[Link, ...] = ()
    for key in keys:
        part: Part | None = pipeline.jobs.default(row, key)
        if part is None or part.value is None:
            continue
        via = part.via
        for each in pipeline.jobs.config.commands(part):
            if isinstance(each, Link):
                lost.append(each)
            else:
                found.append(each)
    if not found:
        return None, lost, via
    rows = tuple(link for each in found for link in each.rows)
    return Script("\n".join(each.text for each in found), rows), lost, via


def _known(pipeline: Pipeline, own: Mapping[str, Any], text: str) -> dict[str, Values]:
    """The variables of a shell. Those that tell pipelines apart only where a script asks."""
    way = pipeline.policy.way
    look = look_in(way.variables, own)

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name in _FOLDER:
            return ROOT
        if name in own:
            return str(own[name]) if "$" not in str(own[name]) else HOLE
        known = look(name)
        shown = None if isinstance(known, Unset) else shell_value(known)
        return HOLE if shown is None else shown

    found: dict[str, Values] = {name: (_NAME.sub(value, str(each)),) for name, each in own.items()}
    asked = {name for line in _ASKS.findall(text) for name in _TELLING.findall(line)}
    for name in sorted(asked - set(found)):
        each = look(name)
        plain = "a-change" if isinstance(each, Ordinary) else None if isinstance(each, Unset) else shell_value(each)
        if plain is not None:
            found[name] = (plain,)
    return {**found, "CI_PROJECT_DIR": (ROOT,), "GITLAB_CI": ("true",)}


def _combinations(row: Row, text: str, plan: Plan) -> list[Mapping[str, Any]]:
    """What `parallel: matrix` sets in each run, as far as the script uses it."""
    parallel = row.keys.get("parallel")
    matrix = parallel.get("matrix") if isinstance(parallel, Mapping) else None
    found: dict[str, Mapping[str, Any]] = {}
    what = "combinations in a matrix"
    for axes in matrix if isinstance(matrix, list) else ():
        if not isinstance(axes, Mapping):
            continue
        used = {str(name): texts(each) or [HOLE] for name, each in axes.items() if str(name) in text}
        for values in plan.first(
            product(*used.values()), MAX_COMBINATIONS, "combinations in a matrix", row.section.at.line
        ):
            combination = dict(zip(used, values, strict=True))
            found.setdefault(repr(combination), combination)
    return plan.first(found.values(), MAX_COMBINATIONS, what, row.section.at.line) or [{}]


def run(pipeline: Pipeline, row: Row, job: PlannedJob) -> set[Kind]:
    """Everything the job's own commands come down to; the kinds seen. `after_script` runs even where they failed."""
    own = pipeline.variables(row)
    text, lost, via = script(pipeline, row, "before_script", "script")
    here = (*row.section.at.via, Link(row.section.at.path, row.section.at.line, row.name))
    for link in lost:
        job.lose(f"{link.text} leads to something that is not in the repository", (*via, link), anything=True)
    if row.section.lost and (text is None or not row.keys.get("script")):
        names = ", ".join(row.section.lost)
        job.lose(f"it extends {names}, which is not in the repository", here, anything=True)
    if row.keys.get("run") is not None:
        job.lose("its `run` steps are not followed", here, anything=True)
    kinds: set[Kind] = set()
    if text is not None:
        base, every = job.step, _combinations(row, text.text, job.plan)
        for number, combination in enumerate(every):
            job.step, job.combination = base, number if len(every) > 1 else None
            variables = _known(pipeline, {**own, **combination}, text.text)
            job.script(text, options=_SHELL, variables=variables, chain=via)
            kinds.update(each.kind for each in job.plan.resolved(text, _SHELL, ".", variables)[0])
        job.combination = None
    after, _, via = script(pipeline, row, "after_script")
    if after is not None:
        job.despite = True
        job.script(after, options=Options(), variables=_known(pipeline, own, after.text), chain=via, fails=_NO_RESULT)
        job.despite = False
    return kinds


def _acts(text: Script) -> bool:
    """Whether a script has a command that could bring something somewhere: not only tests, messages and set-up."""
    for call in Shell(text.text, options=_SHELL, variables={}, exists=lambda _path: False).calls:
        words = strip(call.words).words
        if not words or words[0] in ("echo", "printf"):
            continue
        if _sends(words) or (not is_neutral(words) and classify(words) is None):
            return True
    return False


def _sends(words: Sequence[str]) -> bool:
    """Whether a command tells another system something, rather than asks it, or starts containers."""
    name = program_of(words[0])
    if name in ("docker", "docker-compose", "podman", "podman-compose", "nerdctl"):
        return bool({"up", "run"} & set(words[1:4]))
    return name in ("curl", "wget", "http", "https") and any(_SENT.fullmatch(each) for each in words[1:])


def _released(row: Row) -> Iterator[tuple[Kind, str]]:
    """What GitLab does by itself after the script: a release, a site."""
    if isinstance(row.keys.get("release"), Mapping):
        yield Kind.PUBLISH, "release"
    pages = row.keys.get("pages")
    artifacts = row.keys.get("artifacts")
    paths = texts(artifacts.get("paths")) if isinstance(artifacts, Mapping) else []
    asked = pages is True or isinstance(pages, Mapping)
    public = (
        str(pages.get("publish") or row.keys.get("publish") or "public") if isinstance(pages, Mapping) else "public"
    )
    given = any(path.strip("./").split("/")[0] == public.strip("./").split("/")[0] for path in paths)
    if pages is not False and (asked or (row.name == "pages" and (given or row.keys.get("publish") is not None))):
        yield Kind.DEPLOY, "pages"


def deploys(pipeline: Pipeline, row: Row, job: PlannedJob, found: set[Kind]) -> None:
    """What the job brings to users without a command that shows it. `found`: kinds of its commands."""
    for kind, key in _released(row):
        at = row.section.parts.get(key) or row.section.at
        job.note(kind, [key], (*at.via, Link(at.path, at.line, key)))
    environment = row.keys.get("environment")
    part = row.section.parts.get("environment")
    if part is None or not environment or found & {Kind.DEPLOY, Kind.PUBLISH}:
        return
    action = str(environment.get("action", "start")) if isinstance(environment, Mapping) else "start"
    name = environment.get("name", "") if isinstance(environment, Mapping) else environment
    text, _, _ = script(pipeline, row, "script")
    if action in _NO_DEPLOY or text is None or found & {Kind.TEST} or not _acts(text):
        return
    job.note(Kind.DEPLOY, ["environment", str(name)], (*part.via, Link(part.path, part.line, "environment")))


def environment_of(row: Row) -> str:
    """The name of the job's environment, or nothing."""
    given = row.keys.get("environment")
    return str(given.get("name", "")) if isinstance(given, Mapping) else str(given or "")
