"""What starts an Azure pipeline (`trigger`, `pr`, `schedules`, `resources`), and its predefined variables then.

Source: the system's pages "trigger definition", "pr definition", "Build Azure Repos / GitHub repositories", and
"Predefined variables". Without `trigger` every branch starts it; without `pr` every pull request does where the code
lies with GitHub or Bitbucket; with Azure Repos `pr` is ignored and a branch policy decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Answer, Said, no, unsure, weakest
from shipworthy.facts.pipeline.globs import lets_by
from shipworthy.facts.pipeline.systems.plan import BY_CLOCK, BY_HAND, LANDED, ON_TAG, Plan, Start
from shipworthy.facts.pipeline.triggers import DEFAULT_BRANCHES
from shipworthy.facts.pipeline.values import OneOf, Open, Ordinary, Unknown
from shipworthy.project.yaml import line_of

_AZURE_HOST = re.compile(r"(^|[@/.])(dev\.azure\.com|[\w-]+\.visualstudio\.com|ssh\.dev\.azure\.com)([/:]|$)", re.I)
_NAMED = re.compile(r"refs/heads/([\w./-]{1,80})")
_LATER = no("starts only after another pipeline ended or a resource changed")
_MAX_NAMED = 6


@dataclass(frozen=True, slots=True)
class Way:
    """A start, and the predefined variables in it."""

    start: Start
    variables: Open
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class _Filter:
    """`branches`, `tags` and `paths` of a trigger as patterns in order; None where there is no such filter."""

    branches: list[str] | None
    tags: list[str] | None
    paths: list[str] | None


def _texts(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [] if value is None else [str(value)]


def _patterns(value: Any, everything: str) -> list[str] | None:
    """`include` and `exclude`, or a plain list, as patterns that take back with `!`."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        return _texts(value)
    include, exclude = _texts(value.get("include")), _texts(value.get("exclude"))
    return [*(include or [everything]), *("!" + each for each in exclude)]


def _branch(pattern: str) -> str:
    """Branch patterns: `*` goes over slashes there, and the full name may be written."""
    lead = "!" if pattern.startswith("!") else ""
    name = pattern.removeprefix("!").removeprefix("refs/heads/").removeprefix("/")
    return lead + re.sub(r"\*+", "**", name)


def _path(pattern: str) -> list[str]:
    """Path patterns: without a wildcard, a folder means all below it."""
    lead = "!" if pattern.startswith("!") else ""
    name = pattern.removeprefix("!").replace("\\", "/").removeprefix("/").rstrip("/")
    if not name:
        return [lead + "**"]
    return [lead + name] if any(sign in name for sign in "*?") else [lead + name, f"{lead}{name}/**"]


def _filter(value: Any) -> _Filter:
    if isinstance(value, Mapping):
        branches, tags = _patterns(value.get("branches"), "*"), _patterns(value.get("tags"), "*")
        paths = _patterns(value.get("paths"), "**")
        if branches is None and tags is None:
            branches = ["*"]
    else:
        branches, tags, paths = _patterns(value, "*") or [], None, None
    inside = [each for each in branches or [] if each.removeprefix("!").startswith("refs/tags/")]
    tags = [*(tags or []), *(each.replace("refs/tags/", "", 1) for each in inside)] if inside else tags
    branches = None if branches is None else [_branch(each) for each in branches if each not in inside]
    flat = None if paths is None else [one for each in paths for one in _path(each)]
    return _Filter(branches or None if inside else branches, tags and [_branch(each) for each in tags], flat)


def _is_none(value: Any) -> bool:
    return isinstance(value, str) and value.strip().lower() == "none"


def _remote(plan: Plan) -> str:
    """The address of the repository's remote; "" where there is none."""
    git = plan.tree.view.project.git
    return (git.answer("config", "--get", "remote.origin.url") if git is not None else None) or ""


def _landing(branches: Sequence[str], known: str | None) -> tuple[str, ...]:
    """Names of the branch changes land on that a filter lets by: one it names plainly, else the usual ones."""
    names = [each for each in (known, *DEFAULT_BRANCHES) if each]
    plain = [each for each in branches if "*" not in each and each[:1] != "!"]
    chosen = [each for each in names if each in plain and lets_by(branches, each)][:1]
    wide = [each for each in names if lets_by(branches, each)]
    return tuple(chosen or wide)


def _common(reason: Any, ref: Any, name: Any, **more: Any) -> Open:
    """The predefined variables that every start has; those of a pull request are empty in others."""
    known = {
        "Build.Reason": reason,
        "Build.SourceBranch": ref,
        "Build.SourceBranchName": name,
        "Build.SourceVersionMessage": Ordinary("the commit message"),
        "Build.RequestedForEmail": Ordinary("who asked for it"),
        "Build.BuildId": Ordinary("Build.BuildId"),
        "Build.BuildNumber": Ordinary("Build.BuildNumber"),
        "Agent.JobStatus": "Succeeded",
        **{
            f"System.PullRequest.{each}": None
            for each in ("PullRequestId", "PullRequestNumber", "TargetBranch", "TargetBranchName", "SourceBranch",
                         "SourceRepositoryURI", "IsFork", "SourceCommitId")
        },
        **more,
    }  # fmt: skip
    return Open("variables", known)


def _pull_request() -> Open:
    names = DEFAULT_BRANCHES
    return _common(
        "PullRequest",
        Ordinary("Build.SourceBranch", "refs/pull/"),
        "merge",
        **{
            "System.PullRequest.PullRequestId": Ordinary("its id"),
            "System.PullRequest.PullRequestNumber": Ordinary("its number"),
            "System.PullRequest.TargetBranch": OneOf("target", (*names, *(f"refs/heads/{each}" for each in names))),
            "System.PullRequest.TargetBranchName": OneOf("target", names),
            "System.PullRequest.SourceBranch": Ordinary("its branch"),
            "System.PullRequest.SourceRepositoryURI": Ordinary("its repository"),
            "System.PullRequest.SourceCommitId": Ordinary("its commit"),
            "System.PullRequest.IsFork": Unknown("System.PullRequest.IsFork"),
        },
    )


def _paths(plan: Plan, found: _Filter) -> Said:
    return YES if found.paths is None else plan.paths(found.paths)


def _change(plan: Plan, data: Mapping[str, Any], line: int) -> list[Way]:
    given = data.get("pr")
    where = line_of(data, "pr") or line
    if _AZURE_HOST.search(_remote(plan)[:400]):
        why = "Azure Repos starts it on a pull request only where a branch policy says so"
        return [Way(plan.start("change", unsure(why), where, event="pull_request", outside=True), _pull_request())]
    if _is_none(given):
        return []
    said = YES
    if "pr" in data and given is not None:
        found = _filter(given)
        branches = found.branches or []
        known = plan.around.branch
        lands = [each for each in ([known] if known else DEFAULT_BRANCHES) if lets_by(branches, each)]
        if not lands:
            plain = ", ".join(each for each in branches[:3] if each[:1] != "!")
            said = Said(Answer.PARTIAL, f"only for changes into {plain}") if plain else no("`pr` has no branch")
        said = weakest(said, _paths(plan, found))
    return [Way(plan.start("change", said, where, event="pull_request"), _pull_request())]


def _push(plan: Plan, data: Mapping[str, Any], line: int) -> list[Way]:
    given = data.get("trigger")
    if _is_none(given):
        return []
    where = line_of(data, "trigger") or line
    found = _filter(given) if given is not None else _Filter(["**"], None, None)
    batch = isinstance(given, Mapping) and given.get("batch") is True
    reason: Any = OneOf("Build.Reason", ("IndividualCI", "BatchedCI")) if batch else "IndividualCI"
    ways: list[Way] = []
    branches = found.branches or []
    if lets_by(branches, "\ue002"):
        taken = [each[1:] for each in branches if each.startswith("!") and "*" in each]
        said = Said(Answer.PARTIAL, f"not for branches like {taken[0]}") if taken else YES
    else:
        wild = [each for each in branches if "*" in each and each[:1] != "!"]
        said = Said(Answer.PARTIAL, f"only for pushes to branches like {', '.join(wild[:3])}") if wild else LANDED
    if not said.no:
        push = plan.start("push", weakest(said, _paths(plan, found)), where)
        ref = Ordinary("Build.SourceBranch", "refs/heads/")
        ways.append(Way(push, _common(reason, ref, Ordinary("Build.SourceBranchName"))))
    names = _landing(branches, plan.around.branch)
    if names or (branches and said.no):
        plain = [each for each in branches if each[:1] != "!"]
        names = names or tuple(plain[:1])
        lands = OneOf("the default branch", tuple(f"refs/heads/{each}" for each in names))
        ways.append(Way(plan.start("landing", LANDED, where, event="push"), _common(reason, lands, OneOf("it", names))))
    plain_tags = [each for each in found.tags or [] if each[:1] != "!"]
    if plain_tags:
        head = plain_tags[0].partition("*")[0]
        tag = Ordinary("Build.SourceBranch", f"refs/tags/{head}")
        start = plan.start("tag", ON_TAG, where, event="push")
        ways.append(Way(start, _common(reason, tag, Ordinary("Build.SourceBranchName", head))))
    text = plan.tree.text(plan.path) or ""
    own = dict.fromkeys(each for each in _NAMED.findall(text) if each not in DEFAULT_BRANCHES and each not in names)
    for name in plan.first(own, _MAX_NAMED, "branches that it names"):
        branch = name + "x" if name[-1] in "/-." else name
        if lets_by(branches, branch):
            start = plan.start(f"push to {name}", no(f"only for pushes to {name}"), where, event="push")
            ways.append(Way(start, _common(reason, f"refs/heads/{branch}", branch.rpartition("/")[2])))
    return ways


def ways_of(plan: Plan, data: Mapping[str, Any]) -> list[Way]:
    """Every way the pipeline starts. A person can always start it, so that way is there too, as the last."""
    line = line_of(data) or 1
    ways = [*_change(plan, data, line), *_push(plan, data, line)]
    usual = OneOf("the default branch", tuple(f"refs/heads/{each}" for each in DEFAULT_BRANCHES))
    name = OneOf("the default branch", DEFAULT_BRANCHES)
    if isinstance(data.get("schedules"), list):
        start = plan.start("schedule", BY_CLOCK, line_of(data, "schedules") or line)
        ways.append(Way(start, _common("Schedule", usual, name)))
    resources = data.get("resources")
    if isinstance(resources, Mapping) and re.search(r"trigger", str(dict(resources))):
        start = plan.start("pipeline", _LATER, line_of(data, "resources") or line)
        ways.append(Way(start, _common("ResourceTrigger", usual, name)))
    hand = plan.start("manual", BY_HAND, line)
    unknown = Unknown("Build.SourceBranch")
    ways.append(Way(hand, _common("Manual", unknown, Unknown("Build.SourceBranchName")), by_hand=True))
    return ways
