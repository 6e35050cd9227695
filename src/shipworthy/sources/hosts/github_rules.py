"""Joins GitHub's two kinds of branch rules, rulesets and branch protection, into one answer per rule.

Sources: "REST API endpoints for rules", "REST API endpoints for protected branches": the rules that apply to a branch
are told to every reader; who may bypass a ruleset only to whoever may edit it; branch protection to administrators.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shipworthy.sources.hosts.client import Answer, Client, HostError
from shipworthy.sources.hosts.model import BranchRules, Rule
from shipworthy.sources.hosts.shapes import dicts, flag, names, number, part, text

ADMINISTRATION = "reading branch protection needs the repository permission “Administration: read” (classic token: repo, as an administrator)"  # noqa: E501 - one sentence
BYPASS = "who may bypass a ruleset is told only to whoever may edit it: repository permission “Administration: write” (for an organization's ruleset its own)"  # noqa: E501 - one sentence
_NO_RULES = "no rule of the host says so"
_UPGRADE = "upgrade to github"


@dataclass(slots=True)
class _Source:
    """One ruleset, or the branch protection. `bypass`, `review_bypass`: whether somebody may pass it by."""

    name: str
    holds: set[str] = field(default_factory=set)
    bypass: bool | None = None
    review_bypass: bool | None = None
    checks: list[str] = field(default_factory=list)


def branch_rules(client: Client, repository: tuple[str, str, str], branch: str) -> BranchRules:
    """The rules of a branch. `repository` is ("repos", owner, name). Raises HostError for what is no answer."""
    sources: list[_Source] = []
    missing = _rulesets(client, repository, branch, sources)
    missing += _protection(client, repository, branch, sources)
    return joined(sources, missing)


def joined(sources: list[_Source], missing: list[str]) -> BranchRules:
    """One answer per rule: yes where one source enforces it, no only where all sources are known."""

    def rule(name: str) -> Rule:
        if any(name in each.holds for each in sources):
            return Rule(True)
        return Rule(None, "; ".join(missing)) if missing else Rule(False, _NO_RULES)

    kept = [rule(name) for name in ("change-request", "no-force-push", "no-deletion")]
    return BranchRules(
        change_request=kept[0],
        no_force_push=kept[1],
        no_deletion=kept[2],
        no_bypass=_all_bound(sources, ("change-request", "no-force-push", "no-deletion"), "bypass"),
        approval=rule("approval"),
        fresh_approval=rule("fresh"),
        no_review_bypass=_all_bound(sources, ("approval",), "review_bypass"),
        code_owners=rule("owners"),
        green_only=rule("checks"),
        checks=tuple(dict.fromkeys(name for each in sources for name in each.checks)),
        by=tuple(each.name for each in sources if each.holds),
    )


def _all_bound(sources: list[_Source], rules: tuple[str, ...], which: str) -> Rule:
    """Whether each rule that is enforced is enforced by some source that nobody may bypass."""
    unsure = False
    for rule in rules:
        said = [getattr(each, which) for each in sources if rule in each.holds]
        if said and all(each is True for each in said):
            return Rule(False, "somebody may bypass it")
        unsure = unsure or (bool(said) and False not in said)
    return Rule(None, BYPASS) if unsure else Rule(True)


def _rulesets(client: Client, repository: tuple[str, str, str], branch: str, sources: list[_Source]) -> list[str]:
    rows = client.rows(*repository, "rules", "branches", branch)
    if isinstance(rows, Answer):
        if rows.status == 403 and _UPGRADE in rows.said.lower():
            return []
        # A server older than rulesets does not know the question.
        if rows.status == 404:
            return ["rulesets could not be read: repository permission “Metadata: read”, or an older server"]
        return ["reading rulesets needs the repository permission “Metadata: read”"]
    found: dict[int | None, _Source] = {}
    for row in dicts(rows):
        number_ = number(row, "ruleset_id")
        if number_ not in found:
            found[number_] = _Source(name=f"ruleset {number_}" if number_ is not None else "a ruleset")
        _ruled(found[number_], row)
    for number_, source in found.items():
        if source.holds and number_ is not None:
            source.bypass, source.review_bypass = _who_may(client, repository, number_)
    sources += found.values()
    return []


def _ruled(source: _Source, row: Mapping[str, Any]) -> None:
    kind, settings = text(row, "type"), part(row, "parameters")
    if kind == "non_fast_forward":
        source.holds.add("no-force-push")
    elif kind == "deletion":
        source.holds.add("no-deletion")
    elif kind == "pull_request":
        source.holds.add("change-request")
        if (number(settings, "required_approving_review_count") or 0) >= 1:
            source.holds.add("approval")
            if flag(settings, "dismiss_stale_reviews_on_push") or flag(settings, "require_last_push_approval"):
                source.holds.add("fresh")
        if flag(settings, "require_code_owner_review"):
            source.holds.add("owners")
    elif kind == "workflows" and part(settings, "workflows"):
        # An organization's workflow that must be green: it has no name here.
        source.holds.add("checks")
    elif kind == "required_status_checks":
        checks = names(dicts(part(settings, "required_status_checks")), "context")
        if checks:
            source.holds.add("checks")
            source.checks += checks


def _who_may(client: Client, repository: tuple[str, str, str], ruleset: int) -> tuple[bool | None, bool | None]:
    """Whether somebody may push past a ruleset, and whether somebody may merge past it."""
    try:
        answer = client.get(*repository, "rulesets", str(ruleset), includes_parents="true")
    except HostError:
        return None, None
    actors = part(answer.data, "bypass_actors") if answer.ok else None
    if not isinstance(actors, list):
        return None, None
    # In the mode "pull_request" one may merge a request that breaks the rules, but not do without one.
    always = any(text(actor, "bypass_mode") != "pull_request" for actor in actors)
    return always, bool(actors)


def _protection(client: Client, repository: tuple[str, str, str], branch: str, sources: list[_Source]) -> list[str]:
    answer = client.get(*repository, "branches", branch, "protection")
    said = answer.said.lower()
    if answer.ok and isinstance(answer.data, Mapping):
        sources.append(_protected(answer.data))
        return []
    if (answer.status == 404 and said.startswith("branch not protected")) or (
        answer.status == 403 and _UPGRADE in said
    ):
        return []
    if answer.status not in (403, 404):
        raise HostError(
            f"the host answers about branch protection in a way that its API does not describe ({answer.status})"
        )
    summary = client.get(*repository, "branches", branch)
    if summary.ok and flag(summary.data, "protected") is False:
        return []
    return [ADMINISTRATION]


def _protected(data: Mapping[str, Any]) -> _Source:
    found = _Source(name="branch protection", bypass=_not(flag(data, "enforce_admins", "enabled")))
    found.review_bypass = found.bypass
    if flag(data, "allow_force_pushes", "enabled") is False:
        found.holds.add("no-force-push")
    if flag(data, "allow_deletions", "enabled") is False:
        found.holds.add("no-deletion")
    reviews = part(data, "required_pull_request_reviews")
    if isinstance(reviews, Mapping):
        found.holds.add("change-request")
        if (number(reviews, "required_approving_review_count") or 0) >= 1:
            found.holds.add("approval")
            if flag(reviews, "dismiss_stale_reviews") or flag(reviews, "require_last_push_approval"):
                found.holds.add("fresh")
        if flag(reviews, "require_code_owner_reviews"):
            found.holds.add("owners")
        allowed = part(reviews, "bypass_pull_request_allowances")
        if isinstance(allowed, Mapping) and any(allowed.get(who) for who in ("users", "teams", "apps")):
            found.bypass = found.review_bypass = True
    required = part(data, "required_status_checks")
    checks = part(required, "contexts")
    listed = list(names([{"context": each} for each in checks], "context")) if isinstance(checks, list) else []
    listed += names(dicts(part(required, "checks")), "context")
    if listed:
        found.holds.add("checks")
        found.checks += listed
    return found


def _not(said: bool | None) -> bool | None:
    return None if said is None else not said
