"""Which files of a repository are Azure pipelines of their own: told by what stands in them, since any name will do.

Source: the system's reference "YAML schema": only a pipeline's own file may have `trigger`, `pr`, `schedules` or
`resources`; a file that others take with `template:` is no pipeline of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from shipworthy.facts.pipeline.systems.azure_nodes import template_path
from shipworthy.facts.pipeline.tree import MAX_BYTES, Tree
from shipworthy.project import FileEntry

_BODY = re.compile(r"^(stages|jobs|steps|phases|extends)[ \t]*:", re.M)
_SIGN = re.compile(
    r"^(trigger|pr|schedules|resources|pool|queue|parameters|variables)[ \t]*:"
    r"|^[ \t]*-[ \t]+(task|template|script|bash|pwsh|powershell|job|deployment|stage|checkout)[ \t]*:"
    r"|^[ \t]*(vmImage|template)[ \t]*:",
    re.M,
)
_TAKES = re.compile(r"^[ \t]*(?:-[ \t]+)?template[ \t]*:[ \t]*[\"']?([^\s\"'#{}]{1,200})", re.M)
_NAME = re.compile(r"(^|/)\.?(azure|ado|vsts|azdo|devops)[-_.]?\w*|(^|/)[\w.-]*(pipeline|azure|devops)[\w.-]*", re.I)
_OWN = re.compile(r"(^|/)\.?(azure[-_]pipelines?|vsts[-_]ci)[^/]*\.ya?ml$|(^|/)\.azure-pipelines/[^/]+\.ya?ml$", re.I)
_DEEP = re.compile(r"azure|pipeline|\bci\b|build|release|deploy|devops|\bado\b|vsts|\beng\b|\bcd\b|cicd", re.I)
_FOREIGN = re.compile(
    r"(^|/)(docker-compose|compose|mkdocs|pnpm-lock|_config|dependabot|renovate|cloudbuild|buildspec|appveyor|codecov"
    r"|serverless|openapi|swagger|kustomization|chart|values|pubspec|environment|bitbucket-pipelines|gitlab-ci"
    r"|\.pre-commit-config|\.travis|\.drone|\.gitlab-ci|\.woodpecker|taskfile)[\w.-]*\.ya?ml$"
    r"|(^|/)\.(github|gitlab|circleci|buildkite|semaphore|woodpecker|forgejo|gitea|tekton)/",
    re.I,
)
_STARTS = ("trigger", "pr", "schedules", "resources")
_STEP = ("script", "bash", "pwsh", "powershell", "task", "checkout", "template", "publish", "download", "downloadBuild")
_ITEMS = {
    "stages": ("stage", "template"),
    "jobs": ("job", "deployment", "template"),
    "phases": ("phase", "template"),
    "steps": _STEP,
}


def find_azure(tree: Tree, passed_over: Callable[[str], bool]) -> frozenset[str]:
    """Paths of the pipelines. `passed_over`: folders whose files belong to no pipeline of this repository."""
    shaped: dict[str, Mapping[str, Any]] = {}
    taken: set[str] = set()
    broken: set[str] = set()
    # By pattern, so that a file that shrinks is looked at again: sizes are asked for.
    for entry in tree.view.entries("*.yml", "*.yaml"):
        path = entry.path
        if not _could_be(entry):
            continue
        # Large ones are data, unless their name says otherwise.
        text = tree.text(path) if entry.size <= MAX_BYTES or _OWN.search(path) else ""
        if text is None and _OWN.search(path):
            broken.add(path)
        if not text or not (_BODY.search(text) and _SIGN.search(text)):
            continue
        data = tree.yaml(path)
        if isinstance(data, Mapping) and _is_shaped(data):
            shaped[path] = data
            taken |= {other for name in _TAKES.findall(text) if (other := template_path(path, name)) and other != path}
        elif data is None and path in tree.bad and _OWN.search(path):
            broken.add(path)
    found = {path for path, data in shaped.items() if _is_own(path, data, path in taken)}
    return frozenset(path for path in found | broken if not ("/" in path and passed_over(path)))


def _could_be(entry: FileEntry) -> bool:
    if entry.suffix not in (".yml", ".yaml") or not entry.by_hand:
        return False
    if _FOREIGN.search(entry.path):
        return False
    return entry.path.count("/") < 2 or bool(_DEEP.search(entry.path))


def _is_shaped(data: Mapping[str, Any]) -> bool:
    """Whether the stages, jobs or steps are written in this system's way, and no other's."""
    if "on" in data or "kind" in data or ("services" in data and "pool" not in data):
        return False
    extended = data.get("extends")
    if isinstance(extended, Mapping) and isinstance(extended.get("template"), str):
        return True
    for key, known in _ITEMS.items():
        rows = data.get(key)
        if isinstance(rows, str) and "${{" in rows:
            return True
        if isinstance(rows, list) and rows and all(isinstance(row, Mapping) for row in rows):
            return all(any(name in row for name in known) or _is_expression(row) for row in rows[:50])
    return False


def _is_expression(row: Mapping[str, Any]) -> bool:
    return any(isinstance(name, str) and "${{" in name for name in row)


def _is_own(path: str, data: Mapping[str, Any], taken: bool) -> bool:
    if any(key in data for key in _STARTS):
        return True
    if taken:
        return False
    if _OWN.search(path):
        return "template" not in path.lower()
    # Without a start it may be either: a template has no pool of its own, and takes parameters.
    plain = "parameters" not in data and "template" not in path.lower()
    return plain and ("pool" in data or bool(_NAME.search(path)))
