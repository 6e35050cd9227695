"""What GitLab's answers come down to: the most permissive rule counts, approvals by others, and what is not known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.sources.hosts.gitlab_shapes import (
    APPROVALS,
    HEAD,
    NO_PERMISSION,
    NOT_FOUND,
    approved,
    commit,
    gitlab,
    protected,
    request,
    rule,
)
from tests.sources.hosts.stand_in import Reply, stand_in

from shipworthy.sources.hosts.address import HostKind
from shipworthy.sources.hosts.client import HostError
from shipworthy.sources.hosts.gitlab import ask_gitlab
from shipworthy.sources.hosts.gitlab_rules import branch_rules, fits
from shipworthy.sources.hosts.model import Environment, HostAnswers

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NAMES = (
    "change_request", "no_force_push", "no_deletion", "no_bypass", "approval", "fresh_approval", "no_review_bypass",
    "code_owners", "green_only",
)  # fmt: skip


def asked(owners: tuple[str, ...] = (), **other: Any) -> HostAnswers:
    with stand_in(gitlab(**other)) as host, host.client() as client:
        found = ask_gitlab(client, host.address(HostKind.GITLAB), HEAD, NOW, owners)
        assert {each.partition(" ")[0] for each in host.asked} == {"GET"}
        return found


def settings(**changed: Any) -> dict[str, Any]:
    return {"settings": {**APPROVALS, **changed}}


def keyed(**level: Any) -> dict[str, Any]:
    return {"protected": [protected(push_access_levels=[{"access_level": 0, **level}])]}


RULES: dict[str, tuple[dict[str, Any], str]] = {
    "all is well": ({}, "yyyyyyyny"),
    "not protected": ({"protected": []}, "nnyyyyyny"),
    "another branch is": ({"protected": [protected("release")]}, "nnyyyyyny"),
    "by a wildcard": ({"protected": [protected("m*n")]}, "yyyyyyyny"),
    "a wildcard is more permissive": ({"protected": [protected(), protected("*", 40)]}, "nyyyyyyny"),
    "maintainers may push": ({"protected": [protected(level=40)]}, "nyyyyyyny"),
    "a deploy key may push": (keyed(deploy_key_id=3), "nyyyyyyny"),
    "one person may push": (keyed(user_id=3), "nyyyyyyny"),
    "who may push is hidden": ({"protected": [protected(push_access_levels=[])]}, "?yyyyyyny"),
    "forced pushes": ({"protected": [protected(force=True)]}, "ynyyyyyny"),
    "forced pushes by another rule": ({"protected": [protected(), protected("*", force=True)]}, "ynyyyyyny"),
    "forced pushes not told": ({"protected": [protected(force=None)]}, "y?yyyyyny"),
    "owners approve": ({"protected": [protected(code_owner_approval_required=True)]}, "yyyyyyyyy"),
    "no permission": ({"protected": NO_PERMISSION}, "??yyyyy?y"),
    "hidden": ({"protected": NOT_FOUND}, "??yyyyy?y"),
    "no approval rule": ({"rules": []}, "yyyynyyny"),
    "an approval rule of nought": ({"rules": [rule(0)]}, "yyyynyyny"),
    "a rule for another branch": ({"rules": [rule(protected_branches=[{"name": "release"}])]}, "yyyynyyny"),
    "a rule for this branch": ({"rules": [rule(protected_branches=[{"name": "main"}])]}, "yyyyyyyny"),
    "a rule for protected ones": ({"rules": [rule(applies_to_all_protected_branches=True)]}, "yyyyyyyny"),
    "a scanner's rule": ({"rules": [rule(rule_type="report_approver")]}, "yyyynyyny"),
    "approvals are Premium": ({"rules": NOT_FOUND}, "yyyy???ny"),
    "approval settings hidden": ({"settings": NO_PERMISSION}, "yyyy???ny"),
    "old approvals stay": (settings(reset_approvals_on_push=False), "yyyyynyny"),
    "authors edit the rules": (settings(disable_overriding_approvers_per_merge_request=False), "yyyyyynny"),
    "authors approve": (settings(merge_requests_author_approval=True), "yyyyyynny"),
    "red may land": (
        {"about": {"default_branch": "main", "only_allow_merge_if_pipeline_succeeds": False}}, "yyyyyyynn",
    ),
    "skipped may land": (
        {
            "about": {
                "default_branch": "main",
                "only_allow_merge_if_pipeline_succeeds": True,
                "allow_merge_on_skipped_pipeline": True,
            }
        },
        "yyyyyyynn",
    ),
    "settings hidden": ({"about": {"default_branch": "main"}}, "yyyyyyyn?"),
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_rules(name: str) -> None:
    other, expected = RULES[name]
    with stand_in(gitlab(**other)) as host, host.client() as client:
        about = client.get("projects", "acme/shop").data
        rules, _ = branch_rules(client, ("projects", "acme/shop"), "main", about)
    said = "".join({True: "y", False: "n", None: "?"}[getattr(rules, each).holds] for each in NAMES)
    assert said == expected
    assert all(getattr(rules, each).why for each in NAMES if getattr(rules, each).holds is None)


LOOSE = settings(merge_requests_disable_committers_approval=False)
GRACE = commit("Grace Hopper", "grace@example.org")
CHANGES: dict[str, tuple[dict[str, Any], bool | None, str]] = {
    "approved": ({}, True, ""),
    "approved, and compared": (LOOSE, True, ""),
    "nobody": ({"approvals": {"approved_by": []}}, False, "nobody"),
    "its author": ({"approvals": approved("Ada")}, False, "its own author"),
    "a project's bot": ({"approvals": approved("project_12_bot_ab12")}, False, "bot"),
    "a service account": ({"approvals": approved("service_account_12")}, False, "bot"),
    "the author of a commit": ({**LOOSE, "commits": [commit(), GRACE]}, False, "co-author"),
    "a co-author": (
        {**LOOSE, "commits": [commit(message="x\n\nCo-authored-by: G <grace@example.org>")]}, False, "co-author",
    ),
    "somebody else wrote too": ({**LOOSE, "commits": [commit(), commit("Joan", "j@example.org")]}, None, "not be told"),
    "with an assistant": (
        {**LOOSE, "commits": [commit(message="x\n\nCo-authored-by: Claude <noreply@anthropic.com>")]}, True, "",
    ),
    "changed after it": ({**LOOSE, "versions": [{"created_at": "2026-11-20T11:30:00.000Z"}]}, False, "changed after"),
    "when is not told": ({**LOOSE, "approvals": approved(at=None)}, None, "does not tell"),
    "approvals are hidden": ({"approvals": NO_PERMISSION}, None, "read_api"),
    "versions are hidden": ({**LOOSE, "versions": NO_PERMISSION}, None, "read_api"),
    "its account is gone": ({"requests": [{**request(), "author": None}]}, None, "gone"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_changes(name: str) -> None:
    other, holds, why = CHANGES[name]
    (change,) = asked(**other).changes
    assert change.reviewed.holds is holds, change.reviewed.why
    assert why in change.reviewed.why


MISSING: dict[str, tuple[dict[str, Any], str, str]] = {
    "requests": ({"requests": NO_PERMISSION}, "changes_missing", "read_api"),
    "requests of another shape": ({"requests": [1]}, "changes_missing", "not of the shape"),
    "a commit not pushed": ({"runs": NOT_FOUND}, "runs_missing", "does not have"),
    "environments": ({"environments": NOT_FOUND}, "environments_missing", "Premium"),
    "members": ({"members": NO_PERMISSION}, "owners_missing", "read_api"),
    "too many questions": ({"members": Reply({}, 429)}, "owners_missing", "enough questions"),
}


@pytest.mark.parametrize("name", MISSING)
def test_what_is_missing_leaves_the_rest(name: str) -> None:
    other, part, why = MISSING[name]
    found = asked(("@ada",), **other)
    assert why in getattr(found, part)
    assert found.rules.change_request.holds


def test_environments_and_owners() -> None:
    found = asked(("@ada", "@crew", "@@maintainer", "@gone", "x@example.org"))
    assert found.environments == (Environment(name="production", reviewed=True),)
    assert [each.what for each in found.owners] == ["@gone is neither an account nor a group that the token may see"]
    assert found.owners_missing == "addresses and roles cannot be looked up"
    stranger = asked(("@stranger",), users=[{"username": "stranger"}])
    assert [each.what for each in stranger.owners] == ["@stranger is no member of the project"]


def test_no_project() -> None:
    with pytest.raises(HostError, match="no project acme/shop"):
        asked(about=NOT_FOUND)


@pytest.mark.parametrize(
    ("pattern", "branch", "expected"),
    [
        ("main", "main", True), ("main", "mains", False), ("*", "a/b", True), ("release/*", "release/1/2", True),
        ("*-stable", "1-stable", True), ("a*b*c", "a1b2c", True), ("a*a", "a", False), ("a*b*c", "acb", False),
        ("*" * 300, "x" * 300, True), ("a*" * 200 + "b", "a" * 300, False),
    ],
    ids=["same", "longer", "all", "folder", "end", "middle", "overlap", "order", "stars", "many stars"],
)  # fmt: skip
def test_wildcards(pattern: str, branch: str, expected: bool) -> None:
    assert fits(pattern, branch) is expected
