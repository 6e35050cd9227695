"""Reads from GitLab what protects a branch: protected branches, approval rules, settings for merge requests.

Sources: "Protected branches API", "Merge request approvals API", "Projects API"; "Protected branches": where several
rules match, the most permissive one applies; the default branch cannot be deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shipworthy.sources.hosts.client import Answer, Client
from shipworthy.sources.hosts.model import BranchRules, Rule
from shipworthy.sources.hosts.shapes import dicts, flag, number, part, text

_PROTECTED = "reading protected branches needs the scope read_api and the role Maintainer"
_APPROVALS = "reading approval rules needs the scope read_api, the role Maintainer and GitLab Premium"
_NOT_PROTECTED = "the branch is not protected"


def branch_rules(client: Client, project: tuple[str, str], branch: str, about: Any) -> tuple[BranchRules, bool]:
    """The rules of a branch; and whether GitLab itself lets neither the author nor committers approve a change and
    voids approvals when it changes. `about` is the project as the API describes it. Raises HostError.
    """
    change_request, no_force_push, code_owners, matching = _protection(client, project, branch)
    approval, fresh, no_bypass, strict = _approvals(client, project, branch, matching)
    green = flag(about, "only_allow_merge_if_pipeline_succeeds")
    skipped = flag(about, "allow_merge_on_skipped_pipeline")
    return BranchRules(
        change_request=change_request,
        no_force_push=no_force_push,
        no_deletion=Rule(True),
        # Where no role may push, an administrator may not either.
        no_bypass=Rule(True),
        approval=approval,
        fresh_approval=fresh,
        no_review_bypass=no_bypass,
        code_owners=code_owners,
        green_only=Rule(None, "the project's settings are not shown to this token")
        if green is None
        else Rule(green and not skipped, "" if green and not skipped else "a change with a red pipeline can be merged"),
        by=tuple(f"protected branch {text(each, 'name')}" for each in matching),
    ), strict


def _protection(
    client: Client, project: tuple[str, str], branch: str
) -> tuple[Rule, Rule, Rule, list[Mapping[str, Any]]]:
    rows = client.rows(*project, "protected_branches")
    if isinstance(rows, Answer):
        missing = Rule(None, _PROTECTED)
        return missing, missing, missing, []
    matching = [row for row in dicts(rows) if fits(text(row, "name"), branch)]
    if not matching:
        no = Rule(False, _NOT_PROTECTED)
        return no, no, no, []
    forced = [flag(row, "allow_force_push") for row in matching]
    if True in forced:
        no_force_push = Rule(False, "forced pushes are allowed")
    else:
        no_force_push = Rule(None, "this version does not tell whether forced pushes are allowed")
        if None not in forced:
            no_force_push = Rule(True)
    owners = any(flag(row, "code_owner_approval_required") for row in matching)
    return _pushes(matching), no_force_push, Rule(owners, "" if owners else "owners need not approve"), matching


def _pushes(matching: list[Mapping[str, Any]]) -> Rule:
    """Whether nobody may push: every level of every matching rule says "no one"."""
    for row in matching:
        levels = dicts(part(row, "push_access_levels"))
        if not levels:
            return Rule(None, "who may push is not shown to this token")
        for level in levels:
            if number(level, "access_level") != 0 or any(
                number(level, whom) is not None for whom in ("user_id", "group_id", "deploy_key_id")
            ):
                return Rule(False, "some may push without a merge request")
    return Rule(True)


def _approvals(
    client: Client, project: tuple[str, str], branch: str, matching: list[Mapping[str, Any]]
) -> tuple[Rule, Rule, Rule, bool]:
    missing = Rule(None, _APPROVALS)
    settings = client.get(*project, "approvals")
    rows = client.rows(*project, "approval_rules")
    if isinstance(rows, Answer) or not settings.ok:
        return missing, missing, missing, False
    required = any(_applies(row, branch, bool(matching)) for row in dicts(rows))
    reset = flag(settings.data, "reset_approvals_on_push")
    fixed = flag(settings.data, "disable_overriding_approvers_per_merge_request")
    own = flag(settings.data, "merge_requests_author_approval")
    committers = flag(settings.data, "merge_requests_disable_committers_approval")
    return (
        Rule(required, "" if required else "no approval is required"),
        _said(reset, "old approvals stay when a change goes on"),
        _said(None if fixed is None or own is None else fixed and not own, "an author may approve, or edit the rules"),
        reset is True and own is False and committers is True,
    )


def _applies(row: Mapping[str, Any], branch: str, protected: bool) -> bool:
    if text(row, "rule_type") not in ("regular", "any_approver") or (number(row, "approvals_required") or 0) < 1:
        return False
    if flag(row, "applies_to_all_protected_branches"):
        return protected
    named = dicts(part(row, "protected_branches"))
    return not named or any(fits(text(each, "name"), branch) for each in named)


def _said(said: bool | None, otherwise: str) -> Rule:
    return Rule(None, _APPROVALS) if said is None else Rule(said, "" if said else otherwise)


def fits(pattern: str, branch: str) -> bool:
    """Whether a branch's name fits a pattern in which `*` stands for anything, in linear time."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == branch
    if not branch.startswith(first) or len(branch) < len(first) + len(rest[-1]):
        return False
    at = len(first)
    for piece in rest[:-1]:
        found = branch.find(piece, at, len(branch) - len(rest[-1]))
        if found < 0:
            return False
        at = found + len(piece)
    return branch.endswith(rest[-1])
