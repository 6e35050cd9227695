"""The rules for one workflow or action file of GitHub that need no other file.

Sources: the code host's "Secure use reference", "Automatic token authentication", "Workflow syntax" and "Workflow
commands"; the changelogs of `actions/upload-artifact` (hidden files) and `actions/checkout` (where the token is kept).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shipworthy.facts.hardening.fact import Degree
from shipworthy.facts.hardening.github_target import OPEN
from shipworthy.facts.hardening.images import judged
from shipworthy.facts.hardening.sheet import Place, Sheet, mapping
from shipworthy.facts.hardening.shells import weak_commands
from shipworthy.facts.pipeline.tree import rows

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_VERSION = re.compile(r"#.*\d")
_BY_TAG = "slsa-framework/slsa-github-generator/"
"""Proves by its tag that it is what it says it is (its manual, "Referencing SLSA builders")."""
_HOSTS = {"actions", "github"}
_BOT = re.compile(
    r"github\.(actor|triggering_actor)=='[\w-]+\[bot\]'|'[\w-]+\[bot\]'==github\.(actor|triggering_actor)"
)
_OLD_COMMAND = re.compile(r"::(set-env|add-path)\b")
_NO_BASH = ("pwsh", "powershell", "cmd", "python")
_MATRIX = re.compile(r"\$\{\{\s*matrix\.([\w-]+)\s*\}\}")
_EVERYTHING = {".", "./", "*", "**", "**/*", "./**", "./*", "${{ github.workspace }}", "${{github.workspace}}"}
_HIDDEN_SINCE = 4
"""The first `actions/upload-artifact` that leaves out `.git` and other hidden files."""
_OUTSIDE_SINCE = 6
"""The first `actions/checkout` that keeps the token outside the folder."""


def look(sheet: Sheet, owner: str, starts: set[str], *, targeted: bool) -> str:
    """Adds what is weak in the file; why a script in it could not be read, "" where all were.

    `owner`: whose the repository is, in lower case. `starts`: events, callers' ones included. `targeted`: it checks
    out what strangers wrote.
    """
    unread = ""
    commented = 0
    for place in sheet.places():
        commented += _borrowed(sheet, place, owner)
        if place.step is not None and isinstance(place.step.get("run"), str):
            unread = _script(sheet, place, place.step) or unread
        for node in (place.step, place.job if place.step is None else None):
            if node is not None:
                _bot(sheet, node, starts)
    if commented:
        line = next((row for row, text in enumerate(sheet.text.split("\n"), 1) if _bare_commit(text)), 1)
        sheet.add("no-version-comment", Degree.REMARK, line, "commit", f"{commented} of them in this file")
    image = mapping(sheet.data.get("runs")).get("image")
    if isinstance(image, str) and image.startswith("docker://") and "@sha256:" not in image:
        sheet.add(
            "unpinned-action",
            Degree.WEAK,
            sheet.line(sheet.data["runs"], "image"),
            image,
            "only a digest fixes an image",
        )
    for node in _environments(sheet):
        _old_commands(sheet, node)
    for id, job in sheet.jobs.items():
        _job(sheet, id, job, starts)
        _left_token(sheet, id, targeted=targeted)
    if sheet.is_workflow:
        _permissions(sheet)
        if "pull_request_target" in sheet.events and not targeted:
            sheet.add("open-trigger", Degree.REMARK, sheet.line(sheet.data, "on", "pull_request_target"), OPEN[0])
    return unread


def _bare_commit(text: str) -> bool:
    return re.search(r"uses:.*@([0-9a-f]{40}|[0-9a-f]{64})['\"]?\s*$", text) is not None


def _borrowed(sheet: Sheet, place: Place, owner: str) -> int:
    """What a place borrows from elsewhere; 1 for a pin that does not tell its version."""
    uses = place.uses
    node = place.job if place.step is None else place.step
    if not uses or uses.startswith(("./", "$")):
        return 0
    line = sheet.line(node, "uses")
    if uses.startswith("docker://"):
        if "@sha256:" not in uses:
            sheet.add("unpinned-action", Degree.WEAK, line, uses, "only a digest fixes an image")
        return 0
    name, _, ref = uses.partition("@")
    whose = name.split("/")[0].lower()
    if place.step is None and place.job.get("secrets") == "inherit" and whose != owner:
        degree = Degree.REMARK if _COMMIT.fullmatch(ref) else Degree.DANGER
        sheet.add("secrets-inherit", degree, sheet.line(node, "secrets"), uses)
    if _COMMIT.fullmatch(ref):
        text = sheet.text.split("\n")[line - 1 : line]
        return int(bool(text) and _VERSION.search(text[0]) is None)
    rule = "unpinned-workflow" if place.step is None else "unpinned-action"
    if name.lower().startswith(_BY_TAG):
        sheet.add("own-by-tag", Degree.REMARK, line, "its manual asks for a version's tag, which it looks at itself")
    elif whose in _HOSTS:
        sheet.add("own-by-tag", Degree.REMARK, line, "these are GitHub's own")
    elif owner and whose == owner:
        sheet.add("own-by-tag", Degree.REMARK, line, "these have the same owner as this repository")
    else:
        sheet.add(rule, Degree.DANGER, line, uses)
    return 0


def _script(sheet: Sheet, place: Place, step: Mapping[str, Any]) -> str:
    text = step["run"]
    shell = str(step.get("shell") or "")
    defaults = [mapping(mapping(node.get("defaults")).get("run")).get("shell") for node in (place.job, sheet.data)]
    shell = shell or next((str(each) for each in defaults if each), "")
    if _OLD_COMMAND.search(text):
        match = _OLD_COMMAND.search(text)
        line = sheet.line(step, "run", match[0] if match else "")
        sheet.add("old-command", Degree.REMARK, line, match[0] if match else "")
    if shell.startswith(_NO_BASH[2:]):
        return ""
    weak = weak_commands(text)
    if weak is None:
        return "a script in it is too large to read"
    literal = type(text).__name__ == "LiteralScalarString"
    for each in weak:
        line = sheet.line(step, "run") + (1 + each.row if literal else 0)
        # Values of secrets are masked in this system's logs, as long as they are printed as they are.
        degree = Degree.REMARK if each.rule == "secret-in-log" else each.degree
        sheet.add(each.rule, degree, line, each.what, each.why)
    return ""


def _bot(sheet: Sheet, node: Mapping[str, Any], starts: set[str]) -> None:
    condition = node.get("if")
    if isinstance(condition, str) and starts.intersection(OPEN) and _BOT.search(re.sub(r"\s+", "", condition)):
        sheet.add("bot-condition", Degree.WEAK, sheet.line(node, "if"), " ".join(condition.split())[:2000])


def _environments(sheet: Sheet) -> list[Mapping[str, Any]]:
    nodes = [sheet.data, *sheet.jobs.values(), *(place.step for place in sheet.places() if place.step is not None)]
    return [mapping(node.get("env")) for node in nodes if isinstance(node.get("env"), Mapping)]


def _old_commands(sheet: Sheet, env: Mapping[str, Any]) -> None:
    for key, value in env.items():
        if str(key).upper() == "ACTIONS_ALLOW_UNSECURE_COMMANDS" and str(value).lower() in ("true", "1"):
            sheet.add("unsecure-commands", Degree.WEAK, sheet.line(env, key), str(key))


def _job(sheet: Sheet, id: str, job: Mapping[str, Any], starts: set[str]) -> None:
    container = job.get("container")
    if isinstance(container, str):
        _image(sheet, job, job, "container", served=False)
    elif isinstance(container, Mapping):
        _image(sheet, job, container, "image", served=False)
    for service in mapping(job.get("services")).values():
        _image(sheet, job, mapping(service), "image", served=True)
    labels = job.get("runs-on")
    labels = mapping(labels).get("labels", labels)
    named = [str(each) for each in rows(labels)] or [str(labels)]
    if "self-hosted" in named and starts.intersection({"pull_request", "pull_request_target"}):
        sheet.add("self-hosted", Degree.REMARK, sheet.line(job, "runs-on"), id)


def _image(sheet: Sheet, job: Mapping[str, Any], node: Mapping[str, Any], key: str, *, served: bool) -> None:
    image = node.get(key)
    if not isinstance(image, str):
        return
    for name in _filled(image, mapping(mapping(job.get("strategy")).get("matrix"))):
        said = judged(name)
        if said is not None:
            degree = Degree.REMARK if served else said[0]
            sheet.add("unpinned-image", degree, sheet.line(node, key), name, said[1])


def _filled(image: str, matrix: Mapping[str, Any]) -> list[str]:
    """An image's name for each value that the job's matrix gives its `matrix.…`."""
    match = _MATRIX.search(image)
    if match is None:
        return [image] if image.strip() else []
    key = match[1]
    values = [*rows(matrix.get(key)), *(mapping(each).get(key) for each in rows(matrix.get("include")))]
    plain = [each for each in values if isinstance(each, str | int | float)]
    return [image.replace(match[0], str(each)) for each in plain[:100]] or [image]


def _major(uses: str) -> int | None:
    match = re.search(r"@v?(\d+)", uses)
    return int(match[1]) if match and not re.search(r"@[0-9a-f]{40}", uses) else None


def _left_token(sheet: Sheet, id: str, *, targeted: bool) -> None:
    """A checkout leaves the token in `.git`, and a later step hands the folder on, or runs what strangers wrote."""
    own = [place for place in sheet.places() if place.id == id and place.step is not None]
    for at, place in enumerate(own):
        uses = place.uses.lower()
        kept = str(place.given.get("persist-credentials", "true")).lower() != "false"
        major = _major(uses)
        if not uses.startswith("actions/checkout@") or not kept or (major is not None and major >= _OUTSIDE_SINCE):
            continue
        handed = next((each for each in own[at + 1 :] if _hands_on(each)), None)
        if handed is not None or targeted:
            why = "a later step uploads the whole folder" if handed else "the job has the code of strangers"
            sheet.add("left-token", Degree.REMARK, sheet.line(place.step, "uses"), f"{id} {place.uses}", why)


def _hands_on(place: Place) -> bool:
    uses = place.uses.lower()
    paths = {each.strip() for each in str(place.given.get("path", "")).split("\n")}
    if not uses.startswith("actions/upload-artifact@") or not paths & _EVERYTHING:
        return False
    major = _major(uses)
    hidden = str(place.given.get("include-hidden-files", "false")).lower() == "true"
    return hidden or (major is not None and major < _HIDDEN_SINCE)


def _permissions(sheet: Sheet) -> None:
    nodes = [("", sheet.data), *sheet.jobs.items()]
    for id, node in nodes:
        if str(node.get("permissions")).strip() == "write-all":
            sheet.add("write-all", Degree.DANGER, sheet.line(node, "permissions"), id or "workflow")
    top = sheet.data.get("permissions")
    if "permissions" in sheet.data:
        writes = [str(key) for key, value in mapping(top).items() if str(value) == "write"]
        if writes and len(sheet.jobs) > 1:
            why = f"every job has {', '.join(f'`{each}: write`' for each in writes)}"
            sheet.add("broad-permissions", Degree.REMARK, sheet.line(sheet.data, "permissions"), "workflow", why)
        return
    bare = [id for id, job in sheet.jobs.items() if "permissions" not in job]
    if not bare or set(sheet.events) == {"workflow_call"}:
        # A called workflow has at most the rights of its caller.
        return
    some = len(bare) < len(sheet.jobs)
    line = sheet.line(sheet.data["jobs"], bare[0]) if some else sheet.line(sheet.data, "jobs")
    names = ", ".join(bare[:4]) + (f" and {len(bare) - 4} more" if len(bare) > 4 else "")
    why = f"`permissions:` is missing in {names}" if some else ""
    sheet.add("no-permissions", Degree.WEAK, line, "workflow", why)
