"""The pipelines GitLab can create from a file: for a merge request, a push, a tag, a schedule, …, with their variables.

Source: GitLab's pages "Predefined CI/CD variables reference" and "Types of pipelines".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Said, no
from shipworthy.facts.pipeline.systems.gitlab_rules import Base, Conditions, Pattern, Value, pattern_of
from shipworthy.facts.pipeline.systems.plan import BY_CLOCK, BY_HAND, LANDED, ON_TAG, NotUnderstood
from shipworthy.facts.pipeline.triggers import DEFAULT_BRANCHES
from shipworthy.facts.pipeline.values import OneOf, Ordinary, Unknown

MAX_NAMED = 12
MOST_TRIED = 200
"""Branches and tags named in conditions that are tried, each as a start of its own."""
HANDS = ", by hand"
"""Behind the name of a pipeline in which somebody starts the manual jobs."""
_BRANCHES = (
    "release/1.2", "release-1.2", "release-1.2.3", "releases/1.2", "1.2", "1-2-stable", "v1.2", "hotfix/x", "hotfix-x",
    "staging", "production", "develop", "feature/x", "feature-x", "bugfix/x", "main", "master", "test", "pre-prod",
)  # fmt: skip
_TAGS = ("v1.2.3", "1.2.3", "v1.2", "1.2", "v1.2.3-rc.1", "1.2.3-rc1", "release-1.2.3", "release/1.2.3", "20240131")
_COMPARED = re.compile(
    r"\$\{?CI_(COMMIT_BRANCH|COMMIT_REF_NAME|COMMIT_TAG|COMMIT_REF_SLUG|BUILD_REF_NAME|MERGE_REQUEST_TARGET_BRANCH_NAME)"
    r"\}?\s{0,20}(==|=~)\s{0,20}(\"[^\"\n]{1,200}\"|'[^'\n]{1,200}'|/(?:[^/\\\n]|\\.){1,200}/[ismU]{0,4})"
)
_KEYWORDS = frozenset(
    {"branches", "tags", "merge_requests", "merge_request_event", "schedules", "schedule", "web", "webs", "api", "apis",
     "triggers", "trigger", "pipelines", "pipeline", "pushes", "push", "chat", "chats", "external",
     "external_pull_requests", "external_pull_request_event", "parent_pipeline", "webide", "ondemand_dast_scan",
     "security_orchestration_policy"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Way:
    """One pipeline: what starts it, what it runs for, and the predefined variables (None: not there)."""

    name: str
    event: str
    on_change: Said
    source: str
    kind: str
    """"branch", "tag" or "merge request"."""
    ref: Value
    variables: Mapping[str, Value]
    diff: bool
    """Whether there is a diff that `changes` looks at; without one every `changes` holds."""
    by_hand: bool = False
    """Whether somebody starts its manual jobs."""

    @property
    def child(self) -> Way:
        """The same, in a child pipeline."""
        known = {**self.variables, "CI_PIPELINE_SOURCE": "parent_pipeline"}
        return replace(self, source="parent_pipeline", variables=known)

    @property
    def played(self) -> Way:
        """The same, once somebody has started its manual jobs."""
        return replace(self, name=f"{self.name}{HANDS}", event="manual", on_change=BY_HAND, by_hand=True)


def _way(name: str, said: Said, source: str, kind: str, ref: Value, default: str, own: str | None, **more: Any) -> Way:
    text = ref if isinstance(ref, str) else None
    slug: Value = re.sub(r"[^a-z0-9]+", "-", text.lower())[:63].strip("-") if text is not None else Ordinary("the slug")
    ordinary = {
        name: Ordinary(f"${name}")
        for name in (
            "CI_COMMIT_SHA", "CI_COMMIT_SHORT_SHA", "CI_COMMIT_MESSAGE", "CI_COMMIT_TITLE", "CI_COMMIT_DESCRIPTION",
            "CI_COMMIT_AUTHOR", "CI_COMMIT_TIMESTAMP", "CI_PIPELINE_ID", "CI_PIPELINE_IID", "CI_PIPELINE_URL",
            "CI_JOB_ID", "CI_JOB_NAME", "CI_JOB_STAGE", "CI_JOB_TOKEN", "CI_COMMIT_BEFORE_SHA", "GITLAB_USER_LOGIN",
            "GITLAB_USER_NAME", "GITLAB_USER_EMAIL", "GITLAB_USER_ID", "CI_REGISTRY_IMAGE", "CI_PROJECT_ID",
            "CI_PROJECT_URL", "CI_API_V4_URL", "CI_BUILD_ID", "CI_BUILD_REF",
        )
    }  # fmt: skip
    variables: dict[str, Value] = {
        **ordinary,
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_SERVER": "yes",
        "CI_DEFAULT_BRANCH": default,
        "CI_PIPELINE_SOURCE": source,
        "CI_COMMIT_REF_NAME": ref,
        "CI_BUILD_REF_NAME": ref,
        "CI_COMMIT_REF_SLUG": slug,
        "CI_COMMIT_BRANCH": ref if kind == "branch" else None,
        "CI_COMMIT_TAG": ref if kind == "tag" else None,
        "CI_BUILD_TAG": ref if kind == "tag" else None,
        "CI_COMMIT_REF_PROTECTED": "true"
        if ref == default and kind == "branch"
        else Unknown("$CI_COMMIT_REF_PROTECTED", True),
        "CI_DEPLOY_FREEZE": None,
        "CI_PIPELINE_TRIGGERED": "true" if source == "trigger" else None,
        "CI_OPEN_MERGE_REQUESTS": None,
        "CI_MERGE_REQUEST_LABELS": None,
        **more.pop("variables", {}),
    }
    if own is not None:
        variables["CI_PROJECT_NAME"] = own
    return Way(name, more.pop("event", name), said, source, kind, ref, variables, diff=source in ("push", _MR))


_MR = "merge_request_event"


def ways(
    data: str, refs: Iterable[str], conditions: Conditions, branch: str | None, own: str | None
) -> tuple[list[Way], list[Way], bool]:
    """Pipelines that a project has, and rarer ones that count only if they run what no other does; whether that is all.

    `data`: the conditions of the file as text; `refs`: what stands in its `only`; `branch`: the default branch, where
    it is known.
    """
    names, patterns = _named(data, refs)
    default = branch or next((each for each in DEFAULT_BRANCHES if each in names), "main")
    open_mr: dict[str, Value] = {"CI_OPEN_MERGE_REQUESTS": Ordinary("the merge request")}
    person = Ordinary("the source branch")
    merge: dict[str, Value] = {
        **{
            f"CI_MERGE_REQUEST_{key}": Ordinary(f"$CI_MERGE_REQUEST_{key}")
            for key in ("ID", "IID", "TITLE", "REF_PATH", "DIFF_BASE_SHA", "DIFF_ID", "SOURCE_BRANCH_SHA", "AUTHOR",
                        "TARGET_BRANCH_SHA", "PROJECT_URL", "PROJECT_ID", "ASSIGNEES", "DESCRIPTION")
        },
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": person,
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": Base(default),
        "CI_MERGE_REQUEST_EVENT_TYPE": OneOf("$CI_MERGE_REQUEST_EVENT_TYPE", ("detached", "merged_result")),
        "CI_MERGE_REQUEST_APPROVED": Unknown("$CI_MERGE_REQUEST_APPROVED"),
        "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": Unknown("$CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", True),
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": Unknown("$CI_MERGE_REQUEST_SOURCE_PROJECT_ID", True),
        "CI_MERGE_REQUEST_PROJECT_PATH": Unknown("$CI_MERGE_REQUEST_PROJECT_PATH", True),
        "CI_MERGE_REQUEST_DRAFT": "false",
        "CI_COMMIT_REF_PROTECTED": "false",
    }  # fmt: skip

    def way(name: str, said: Said, source: str, kind: str, ref: Value, **more: Any) -> Way:
        return _way(name, said, source, kind, ref, default, own, **more)

    unprotected: dict[str, Value] = {"CI_COMMIT_REF_PROTECTED": "false"}
    usual = [
        way("merge_request", YES, _MR, "merge request", person, variables={**open_mr, **merge}),
        way("push", YES, "push", "branch", Ordinary("the branch"), variables={**open_mr, **unprotected}),
        way("landing", LANDED, "push", "branch", default, event="push"),
        way("tag", ON_TAG, "push", "tag", "v1.2.3"),
    ]
    for name in names:
        if name not in (default, "v1.2.3"):
            said = no(f"starts only on a push to {name}")
            usual.append(way(f"landing on {name}", said, "push", "branch", name, event="push"))
    for pattern, kind in patterns:
        usual += _sampled(pattern, kind, usual, conditions, way)
    rare = [
        way("schedule", BY_CLOCK, "schedule", "branch", default),
        way("manual", BY_HAND, "web", "branch", default),
        *(
            way(source, no("starts only when another system asks"), source, "branch", default)
            for source in ("api", "trigger", "pipeline", "chat", "webide", "external")
        ),
        way(
            "external_pull_request", no("starts only for pull requests of another code host"),
            "external_pull_request_event", "branch", Ordinary("the branch"),
        ),
    ]  # fmt: skip
    return usual[: 4 + MAX_NAMED], rare, len(usual) <= 4 + MAX_NAMED


def _sampled(
    pattern: Pattern, only: str, known: list[Way], conditions: Conditions, way: Callable[..., Way]
) -> Iterator[Way]:
    """A branch and a tag that fit a pattern which none of the known ones fits. `only`: the kind it was written for."""
    found = False
    for kind, names, said in (("branch", _BRANCHES, None), ("tag", _TAGS, ON_TAG)):
        if only and kind != only:
            continue
        if any(
            each.kind == kind and isinstance(each.ref, str) and conditions.matches(pattern, each.ref) for each in known
        ):
            found = True
            continue
        plain = re.sub(r"\\([./-])", r"\1", pattern.text.strip("^$"))
        plain = re.split(r"[\\.*+?\[\](){}|]", plain, maxsplit=1)[0]
        # A pattern that fits branches too is tried on tags only as tags are mostly named.
        tails = ("", "1.2", "1.2.3", "x", "1", "/x", "-x") if not found else ()
        tries = [*names, *(plain + tail for tail in tails if plain)]
        name = next((each for each in tries if each and conditions.matches(pattern, each)), None)
        if name is not None:
            words, event = ("landing on", "push") if kind == "branch" else ("tag", "tag")
            found = True
            why = said or no(f"starts only on a push to a branch like {name}")
            yield way(f"{words} {name}", why, "push", kind, name, event=event)


def _named(data: str, refs: Iterable[str]) -> tuple[list[str], list[tuple[Pattern, str]]]:
    """Branches and tags that conditions name, and patterns they are held against, with the kind where that is told."""
    names: dict[str, None] = {}
    patterns: dict[tuple[Pattern, str], None] = {}
    found = [(match[3], match[1]) for match in _COMPARED.finditer(data)]
    for text, variable in [
        *((each.strip("\"'") if each[0] != "/" else each, name) for each, name in found),
        *((each, "") for each in refs),
    ]:
        text = text.partition("@")[0] if not text.startswith("/") else re.sub(r"/@.*$", "/", text)
        pattern = pattern_of(text) if text.startswith("/") else None
        if pattern is not None:
            patterns[pattern, {"COMMIT_TAG": "tag", "COMMIT_BRANCH": "branch"}.get(variable, "")] = None
        elif text and text not in _KEYWORDS and "$" not in text and len(text) < 200:
            names[text] = None
    if max(len(names), len(patterns)) > MOST_TRIED:
        raise NotUnderstood(f"its conditions name more than {MOST_TRIED} branches, tags or patterns")
    return list(names), list(patterns)
