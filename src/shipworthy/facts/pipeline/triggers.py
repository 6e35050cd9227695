"""What starts a workflow, and how far each start covers changes that are proposed but have not landed.

Source: the code host's pages "Events that trigger workflows" and "Workflow syntax".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Answer, Said, Scenario, no, unsure, weakest
from shipworthy.facts.pipeline.globs import lets_by, matches
from shipworthy.facts.pipeline.values import OneOf, Open, Ordinary, OrdinaryList, Unknown
from shipworthy.project.yaml import line_of

DEFAULT_BRANCHES = (
    "main", "master", "trunk", "develop", "development", "dev", "devel", "default", "mainline", "next", "canary",
    "production", "prod", "edge", "unstable",
)  # fmt: skip
_LATER = {
    "release": "starts only when a release is made",
    "workflow_dispatch": "starts only by hand",
    "repository_dispatch": "starts only when another system asks",
    "schedule": "starts only by the clock",
    "workflow_run": "starts only after another workflow ended, so it cannot hold a change back",
    "pull_request_target": "pull_request_target runs the code that has landed, not the proposed change",
}


_ASKS = re.compile(
    r"head_commit\.message|github\.(triggering_)?actor\b|\(\s*github\.ref(_name)?\b|uses:\s*['\"]?\./", re.I
)


@dataclass(frozen=True, slots=True)
class Start:
    """A scenario and what `github.*` is in it."""

    scenario: Scenario
    github: Mapping[str, Any]
    changed: str | None = None
    """The one file that is taken to have changed; None where nothing is assumed about it."""


def _texts(value: Any) -> list[str] | None:
    """A filter as a list of texts; None where there is no such filter."""
    if value is None:
        return None
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _open_filter(options: Mapping[str, Any], key: str) -> list[str] | None:
    """Like `_texts`, for a key that may be there without a value, which selects nothing."""
    return (_texts(options[key]) or []) if key in options else None


class Surroundings:
    """What triggers are judged against: the files whose change matters, the branch, the repository's own name."""

    def __init__(self, files: Sequence[str], branch: str | None = None, repository: str | None = None) -> None:
        self.files = files
        self.branch = branch
        self.repository = repository
        self._left_out: dict[tuple[str, ...], frozenset[str]] = {}

    def left_out(self, patterns: Sequence[str], *, ignored: bool) -> frozenset[str]:
        """Files whose change a `paths` (or `paths-ignore`) filter does not let by."""
        key = ("!" if ignored else "", *patterns)
        if key not in self._left_out:
            self._left_out[key] = frozenset(path for path in self.files if lets_by(patterns, path) is ignored)
        return self._left_out[key]


def _paths(options: Mapping[str, Any], around: Surroundings) -> Said:
    """Whether a change to any of the files starts the workflow."""
    for key in ("paths", "paths-ignore"):
        patterns = _open_filter(options, key)
        if patterns is not None:
            missed = around.left_out(patterns, ignored=key != "paths")
            if missed:
                return Said(Answer.PARTIAL, f"a `{key}` filter leaves out changes to {min(missed)}", missed)
    return YES


def _filters(options: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    given = ((key, _open_filter(options, key)) for key in ("paths", "paths-ignore"))
    return tuple((key, tuple(patterns)) for key, patterns in given if patterns is not None)


def _branch_of(branches: Sequence[str] | None) -> OneOf:
    """The branch changes land on: one the filter names plainly, else the default branch by its usual names."""
    plain = [each for each in branches or () if not any(sign in each for sign in "*?+[!")]
    usual = [each for each in plain if each in DEFAULT_BRANCHES] or plain
    return OneOf("the default branch", tuple(usual[:1]) or DEFAULT_BRANCHES)


def _prefixed(prefix: str, branch: OneOf) -> OneOf:
    return OneOf(branch.what, tuple(prefix + name for name in branch.values))


def _common(event: str, around: Surroundings, **own: Any) -> dict[str, Any]:
    default = OneOf("the default branch", DEFAULT_BRANCHES)
    payload = {
        "inputs": None,
        "label": None,
        "schedule": None,
        "repository": Open("github.event.repository", {"default_branch": default}),
        **own.pop("payload", {}),
    }
    known = {
        "event_name": event,
        "actor": Ordinary("github.actor"),
        "triggering_actor": Ordinary("github.triggering_actor"),
        "sha": Ordinary("github.sha"),
        "run_id": Ordinary("github.run_id"),
        "run_number": Ordinary("github.run_number"),
        "head_ref": "",
        "base_ref": "",
        "workspace": ".",
        **_identity(around.repository),
        "event": Open("github.event", payload),
        **own,
    }
    return Open("github", known)


def _identity(repository: str | None) -> dict[str, Any]:
    """The repository's own name, where it is known; else it is left open."""
    if repository is None:
        return {}
    # A repository may have been renamed since its remote or manifest was written, so another name is no "no".
    owner = repository.partition("/")[0]
    return {
        "repository": OneOf("github.repository", (repository,), closed=False),
        "repository_owner": OneOf("github.repository_owner", (owner,), closed=False),
    }


def _pull_request(options: Mapping[str, Any], line: int, around: Surroundings) -> list[Start]:
    said, branch = [_paths(options, around)], around.branch
    types = _open_filter(options, "types")
    if types is None:
        types = ["opened", "synchronize", "reopened"]
    elif not {"opened", "synchronize"} & set(types):
        said.append(no(f"starts only on {', '.join(types) or 'no'} events of a pull request"))
    elif "synchronize" not in types:
        said.append(
            Said(Answer.PARTIAL, "`types` leaves out `synchronize`, so later pushes to a change are not covered")
        )
    elif "opened" not in types:
        said.append(
            Said(Answer.PARTIAL, "`types` leaves out `opened`, so a change is not covered until its second push")
        )
    branches, ignored = _open_filter(options, "branches"), _open_filter(options, "branches-ignore")
    names = {branch} if branch else set(DEFAULT_BRANCHES)
    if branches is not None and not any(lets_by(branches, name) for name in names):
        only = ", ".join(branches[:3])
        said.append(Said(Answer.PARTIAL, f"only for changes into {only}") if branches else no("`branches` is empty"))
    if ignored is not None and any(lets_by(ignored, name) for name in ((branch,) if branch else ("main", "master"))):
        said.append(Said(Answer.PARTIAL, "`branches-ignore` leaves out changes into the default branch"))
    base = _branch_of(branches)
    person = Open("github.event.pull_request.user", {"login": Ordinary("the author"), "type": "User"})
    # Who closes a change may have labelled or named it for this: a release, a deploy.
    closed = "closed" in types and not {"opened", "synchronize"} & set(types)
    named: Any = Unknown("its branch") if closed else Ordinary("head branch")
    head = {"ref": named, "sha": Ordinary("head sha"), "label": Ordinary("head label")}
    change = Open(
        "github.event.pull_request",
        {
            "draft": False if "ready_for_review" in types else Unknown("whether it is a draft"),
            "labels": Unknown("its labels") if closed else OrdinaryList("labels"),
            "title": Unknown("its title") if closed else Ordinary("its title"),
            "body": Ordinary("its text"),
            "state": Unknown("its state") if "closed" in types else "open",
            "merged": Unknown("whether it was merged") if "closed" in types else False,
            "number": Ordinary("its number"),
            "user": person,
            "head": Open("github.event.pull_request.head", head),
            "base": Open("github.event.pull_request.base", {"ref": base, "sha": Ordinary("base sha")}),
        },
    )
    actions = [each for each in ("synchronize", "opened") if each in types] or types[:1] or ["synchronize"]
    scenario = Scenario(name="pull_request", event="pull_request", line=line, on_change=weakest(*said))
    scenario = replace(scenario, filters=_filters(options))
    return [
        Start(
            scenario,
            _common(
                "pull_request",
                around,
                ref=Ordinary("github.ref", "refs/pull/"),
                ref_name=Ordinary("github.ref_name"),
                ref_type="branch",
                head_ref=named,
                base_ref=base,
                payload={
                    "action": action,
                    "pull_request": change,
                    "number": Ordinary("its number"),
                    "head_commit": None,
                },
            ),
        )
        for action in actions
    ]


def _pushed(name: str, line: int, said: Said, ref: Any, ref_name: Any, kind: str, around: Surroundings) -> Start:
    commit = Open("github.event.head_commit", {"message": Ordinary("the commit message")})
    payload = {
        "head_commit": commit,
        "pull_request": None,
        "action": None,
        "deleted": False,
        "created": Unknown("created"),
    }
    scenario = Scenario(name=name, event="push", line=line, on_change=said)
    return Start(scenario, _common("push", around, ref=ref, ref_name=ref_name, ref_type=kind, payload=payload))


def _push(options: Mapping[str, Any], line: int, around: Surroundings) -> list[Start]:
    branches, ignored = _open_filter(options, "branches"), _open_filter(options, "branches-ignore")
    tags, tags_ignored = _open_filter(options, "tags"), _open_filter(options, "tags-ignore")
    any_branch = branches is None and ignored is None
    any_tag = tags is None and tags_ignored is None
    starts: list[Start] = []
    landing = _branch_of(branches)
    if (any_branch and any_tag) or not any_branch:
        said = _push_branches(branches, ignored)
        if not said.no:
            feature = _pushed(
                "push", line, weakest(said, _paths(options, around)),
                Ordinary("github.ref", "refs/heads/"), Ordinary("github.ref_name"), "branch", around,
            )  # fmt: skip
            starts.append(replace(feature, scenario=replace(feature.scenario, filters=_filters(options))))
        lands = branches is None or any(lets_by(branches, each) for each in landing.values)
        if lands and not (ignored and any(matches(each, "main") or matches(each, "master") for each in ignored)):
            after = no(f"starts only after a change has landed on {landing.values[0]}")
            starts.append(_pushed("landing", line, after, _prefixed("refs/heads/", landing), landing, "branch", around))
        elif said.no:
            starts.append(
                _pushed("push", line, said, Ordinary("github.ref", "refs/heads/"), Ordinary("branch"), "branch", around)
            )
    if (any_branch and any_tag) or not any_tag:
        ref = Ordinary("github.ref", "refs/tags/" + _tag_prefix(tags), chosen=True)
        name = Ordinary("github.ref_name", _tag_prefix(tags), chosen=True)
        tag = _pushed("tag", line, no("starts only when a tag is pushed"), ref, name, "tag", around)
        starts.append(_as_chosen(tag, "tag"))
    return starts


def _tag_prefix(tags: Sequence[str] | None) -> str:
    """What every tag of the filter starts with ("v" for `v*`)."""
    if not tags or len(tags) > 1:
        return ""
    head = tags[0]
    for sign in "*?+[!":
        head = head.partition(sign)[0]
    return head


def _push_branches(branches: Sequence[str] | None, ignored: Sequence[str] | None) -> Said:
    """How far pushes to branches other than the one changes land on are covered."""
    if ignored is not None:
        if "**" in ignored:
            return no("`branches-ignore` leaves out every branch")
        return Said(Answer.PARTIAL, "`branches-ignore` leaves out branches") if "*" in ignored else YES
    if branches is None or "**" in branches:
        return YES
    wild = [each for each in branches if "*" in each and not each.startswith("!")]
    if wild:
        return Said(Answer.PARTIAL, f"only for pushes to branches like {', '.join(wild[:3])}")
    if not branches:
        return no("`branches` is empty, so no push starts it")
    return no(f"starts only after a change has landed on {', '.join(branches[:3])}")


def _as_chosen(start: Start, name: str, **more: Any) -> Start:
    """The same start where who makes it and what they write are meant: a condition that names them may hold."""
    event = start.github["event"]
    people = {key: Ordinary(f"github.{key}", chosen=True) for key in ("actor", "triggering_actor")}
    if event.get("head_commit") is not None:
        commit = Open("github.event.head_commit", {"message": Ordinary("the commit message", chosen=True)})
        event = Open(event.name, {**event, "head_commit": commit})
    known = Open("github", {**start.github, **people, "event": event, **more})
    return Start(replace(start.scenario, name=name), known)


def as_asked(starts: Sequence[Start], text: str) -> list[Start]:
    """Further ways a workflow with this text starts: on a landing or a branch that somebody named for what it asks."""
    if not _ASKS.search(text):
        return []
    found = [_as_chosen(each, "landing as asked") for each in starts if each.scenario.name == "landing"]
    for each in starts:
        if each.scenario.name == "push" and not each.scenario.on_change.no:
            ref = Ordinary("github.ref", "refs/heads/", chosen=True)
            named = {"ref": ref, "ref_name": Ordinary("github.ref_name", chosen=True)}
            said = no("starts only for branches with certain names")
            branch = replace(each, scenario=replace(each.scenario, on_change=said))
            found.append(_as_chosen(branch, "branch as named", **named))
    return found


def starts_of(triggers: Any, line: int, around: Surroundings) -> list[Start]:
    """Every way a workflow starts. `triggers` is the value of `on`.

    `workflow_call` is none: the caller decides. A form that is not understood gives one scenario that is unknown.
    """
    if isinstance(triggers, str):
        events: dict[str, Any] = {triggers: {}}
    elif isinstance(triggers, list):
        events = {str(each): {} for each in triggers}
    elif isinstance(triggers, Mapping):
        events = dict(triggers)
    else:
        scenario = Scenario(name="?", event="?", line=line, on_change=unsure("`on` is not understood"))
        return [Start(scenario, Open("github"))]
    starts: list[Start] = []
    for event, given in events.items():
        options = given if isinstance(given, Mapping) else {}
        where = line_of(triggers, event) or line
        if event == "pull_request":
            starts += _pull_request(options, where, around)
        elif event == "push":
            starts += _push(options, where, around)
        elif event == "merge_group":
            said = Said(Answer.PARTIAL, "only where the merge queue is switched on")
            scenario = Scenario(name=event, event=event, line=where, on_change=said)
            starts.append(
                Start(scenario, _common(event, around, ref=Ordinary("github.ref", "refs/heads/gh-readonly-queue/")))
            )
        elif event != "workflow_call":
            scenario = Scenario(
                name=event, event=event, line=where, on_change=no(_LATER.get(event, f"starts only on {event}"))
            )
            own: dict[str, Any] = {}
            if event in ("workflow_dispatch", "repository_dispatch"):
                own["payload"] = {"inputs": Unknown("inputs")}
            if event == "schedule":
                own["payload"] = {"schedule": Unknown("which of its times it is")}
            later = Start(scenario, _common(event, around, ref=Unknown("github.ref"), **own))
            starts.append(_as_chosen(later, event))
    return starts
