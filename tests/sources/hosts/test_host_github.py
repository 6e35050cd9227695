"""What GitHub's answers come down to: rules joined from both kinds, approvals that count, and what is not known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.sources.hosts.github_shapes import (
    HEAD,
    NO_PERMISSION,
    NOT_FOUND,
    NOT_PROTECTED,
    PROTECTION,
    UPGRADE,
    commit,
    github,
    pull,
    review,
    ruleset,
)
from tests.sources.hosts.stand_in import Reply, stand_in

from shipworthy.sources.hosts.address import HostKind
from shipworthy.sources.hosts.client import HostError, Refused
from shipworthy.sources.hosts.github import ask_github
from shipworthy.sources.hosts.github_rules import branch_rules
from shipworthy.sources.hosts.model import CheckRun, Environment, HostAnswers, OwnerProblem

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def asked(**other: Any) -> HostAnswers:
    with stand_in(github(**other)) as host, host.client() as client:
        found = ask_github(client, host.address(HostKind.GITHUB), HEAD, NOW)
        assert {each.partition(" ")[0] for each in host.asked} == {"GET"}
        return found


def without(key: str, **more: Any) -> dict[str, Any]:
    return {name: value for name, value in PROTECTION.items() if name != key} | more


def reviews(**settings: Any) -> dict[str, Any]:
    return {"required_pull_request_reviews": {**PROTECTION["required_pull_request_reviews"], **settings}}


NAMES = (
    "change_request", "no_force_push", "no_deletion", "no_bypass", "approval", "fresh_approval", "no_review_bypass",
    "code_owners", "green_only",
)  # fmt: skip
# Per row: the answers, and the rules above as y(es), n(o) or ? (not told), in that order.
RULES: dict[str, tuple[dict[str, Any], str]] = {
    "branch protection": ({}, "yyyyyyyyy"),
    "ruleset": ({"protection": NOT_PROTECTED, "rules": ruleset()}, "yyyyyyyny"),
    "both": ({"rules": ruleset()}, "yyyyyyyyy"),
    "nothing": ({"protection": NOT_PROTECTED}, "nnnynnynn"),
    "not in the plan": ({"protection": UPGRADE, "rules": UPGRADE}, "nnnynnynn"),
    "no permission": ({"protection": NO_PERMISSION}, "???y??y??"),
    "hidden": ({"protection": NOT_FOUND}, "???y??y??"),
    "hidden, and the branch says no": (
        {"protection": NOT_FOUND, "branch": {"name": "main", "protected": False}}, "nnnynnynn",
    ),
    "hidden, with a ruleset": ({"protection": NOT_FOUND, "rules": ruleset()}, "yyyyyyy?y"),
    "ruleset hides who may bypass": (
        {"protection": NOT_PROTECTED, "rules": ruleset(), "who": {"id": 7, "current_user_can_bypass": "never"}},
        "yyy?yy?ny",
    ),
    "ruleset cannot be looked at": ({"protection": NOT_PROTECTED, "rules": ruleset(), "who": None}, "yyy?yy?ny"),
    "ruleset with a bypass": (
        {"protection": NOT_PROTECTED, "rules": ruleset(), "who": {"bypass_actors": [{"bypass_mode": "always"}]}},
        "yyynyynny",
    ),
    "ruleset with a bypass for requests": (
        {"protection": NOT_PROTECTED, "rules": ruleset(), "who": {"bypass_actors": [{"bypass_mode": "pull_request"}]}},
        "yyyyyynny",
    ),
    "bypass of one, not of the other": (
        {"rules": ruleset(), "who": {"bypass_actors": [{"bypass_mode": "always"}]}}, "yyyyyyyyy",
    ),
    "rules hidden, older server": ({"rules": None, "protection": NOT_PROTECTED}, "???y??y??"),
    "rules hidden, protection whole": ({"rules": NO_PERMISSION}, "yyyyyyyyy"),
    "administrators are left out": ({"protection": without("x", enforce_admins={"enabled": False})}, "yyynyynyy"),
    "whether administrators are is missing": ({"protection": without("enforce_admins")}, "yyy?yy?yy"),
    "some may do without a request": (
        {"protection": without("x", **reviews(bypass_pull_request_allowances={"users": [{}], "teams": []}))},
        "yyynyynyy",
    ),
    "forced pushes": ({"protection": without("x", allow_force_pushes={"enabled": True})}, "ynyyyyyyy"),
    "deletion": ({"protection": without("x", allow_deletions={"enabled": True})}, "yynyyyyyy"),
    "no request": ({"protection": without("required_pull_request_reviews")}, "nyyynnyny"),
    "without approval": ({"protection": without("x", **reviews(required_approving_review_count=0))}, "yyyynnyyy"),
    "old approvals stay": ({"protection": without("x", **reviews(dismiss_stale_reviews=False))}, "yyyyynyyy"),
    "the last push is approved": (
        {"protection": without("x", **reviews(dismiss_stale_reviews=False, require_last_push_approval=True))},
        "yyyyyyyyy",
    ),
    "no required check": ({"protection": without("required_status_checks")}, "yyyyyyyyn"),
    "a workflow of the organization": (
        {
            "protection": NOT_PROTECTED,
            "rules": [*ruleset()[:3], {"type": "workflows", "ruleset_id": 7, "parameters": {"workflows": [{}]}}],
        },
        "yyyyyyyny",
    ),
    "an empty list of checks": ({"protection": without("x", required_status_checks={"contexts": []})}, "yyyyyyyyn"),
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_rules(name: str) -> None:
    other, expected = RULES[name]
    with stand_in(github(**other)) as host, host.client() as client:
        rules = branch_rules(client, ("repos", "acme", "shop"), "main")
    said = "".join({True: "y", False: "n", None: "?"}[getattr(rules, each).holds] for each in NAMES)
    assert said == expected
    assert all(getattr(rules, each).why for each in NAMES if getattr(rules, each).holds is None)


def test_what_is_missing_is_named() -> None:
    assert "Administration: read" in asked(protection=NO_PERMISSION).rules.change_request.why
    rules = asked(protection=NOT_PROTECTED, rules=ruleset(), who={}).rules
    assert "Administration: write" in rules.no_bypass.why


CO_AUTHORED = commit(message="Change\n\nCo-authored-by: Grace <7+grace@users.noreply.github.com>\n")
WITH_CLAUDE = commit(message="Change\n\nCo-Authored-By: Claude <noreply@anthropic.com>\n")
# Per row: the answers, whether the one change was reviewed, and why not.
CHANGES: dict[str, tuple[dict[str, Any], bool | None, str]] = {
    "approved": ({}, True, ""),
    "approved, written with an assistant": ({"commits": [WITH_CLAUDE]}, True, ""),
    "nobody": ({"reviews": []}, False, "nobody"),
    "a remark only": ({"reviews": [review(state="COMMENTED")]}, False, "nobody"),
    "a remark after it": ({"reviews": [review(), review(state="COMMENTED", at="2026-11-20T11:30:00Z")]}, True, ""),
    "taken back": (
        {"reviews": [review(), review(state="CHANGES_REQUESTED", at="2026-11-20T11:30:00Z")]}, False, "nobody",
    ),
    "dismissed": ({"reviews": [review(state="DISMISSED")]}, False, "nobody"),
    "after the merge": ({"reviews": [review(at="2026-11-20T13:00:00Z")]}, False, "nobody"),
    "a bot": ({"reviews": [review("helper[bot]", kind="Bot")]}, False, "bot"),
    "an app that looks like a user": ({"reviews": [review("copilot-reviewer")]}, False, "bot"),
    "its author": ({"reviews": [review("Ada")]}, False, "author"),
    "a co-author": ({"commits": [CO_AUTHORED]}, False, "co-author"),
    "the author of a commit in it": ({"commits": [commit(), commit("grace", "g@example.org")]}, False, "co-author"),
    "by an address seen elsewhere": (
        {
            "commits": [
                commit("grace", "g@example.org"), commit(message="x\n\nCo-authored-by: G <g@example.org>"),
            ]
        },
        False, "co-author",
    ),
    "changed after it": ({"reviews": [review(of="b" * 40)]}, False, "changed after"),
    "only a merge of the branch came after": (
        {"commits": [commit(sha="b" * 40), commit(parents=2)], "reviews": [review(of="b" * 40)]}, True, "",
    ),
    "a merge, and more, came after": (
        {
            "commits": [commit(sha="b" * 40), commit(sha="d" * 40), commit(parents=2)],
            "reviews": [review(of="b" * 40)],
        },
        False, "changed after",
    ),
    "a merge came after, and approvals stay": (
        {
            "commits": [commit(sha="b" * 40), commit(parents=2)],
            "reviews": [review(of="b" * 40)],
            "protection": without("x", **reviews(dismiss_stale_reviews=False)),
        },
        False, "changed after",
    ),
    "a second one saw it all": ({"reviews": [review(of="b" * 40), review("joan")]}, True, ""),
    "a co-author nobody knows": (
        {"commits": [commit(message="x\n\nCo-authored-by: G <g@example.org>")]}, None, "could not be told",
    ),
    "an author without an account": ({"commits": [commit(None, "ada@laptop.example")]}, True, ""),
    "its account is gone": ({"pulls": [{**pull(3), "user": None}]}, None, "gone"),
    "reviews are hidden": ({"reviews": NO_PERMISSION}, None, "Pull requests: read"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_changes(name: str) -> None:
    other, holds, why = CHANGES[name]
    (change,) = asked(**other).changes
    assert (change.number, change.reviewed.holds) == (3, holds)
    assert why in change.reviewed.why


def test_merged_ones_only_newest_first_and_bots_told() -> None:
    rows = [
        pull(1, merged=None), pull(2, merged="2026-11-01T00:00:00Z"), pull(3), pull(4, "dependabot[bot]", "Bot"),
    ]  # fmt: skip
    found = asked(pulls=rows)
    assert [(each.number, each.by_bot) for each in found.changes] == [(3, False), (4, True), (2, False)]


MISSING: dict[str, tuple[dict[str, Any], str, str]] = {
    "pulls": ({"pulls": NO_PERMISSION}, "changes_missing", "Pull requests: read"),
    "pulls of another shape": ({"pulls": {"a": 1}}, "changes_missing", "not of the shape"),
    "runs": ({"runs": NO_PERMISSION}, "runs_missing", "Checks: read"),
    "statuses": ({"status": NO_PERMISSION}, "runs_missing", "Commit statuses: read"),
    "a commit not pushed": ({"runs": Reply({"message": "No commit found"}, 422)}, "runs_missing", "does not have"),
    "environments": ({"environments": NO_PERMISSION}, "environments_missing", "Actions: read"),
    "owners": ({"owners": NO_PERMISSION}, "owners_missing", "Contents: read"),
    "no owners": ({"owners": NOT_FOUND}, "owners_missing", "finds no CODEOWNERS"),
    "too many questions": ({"environments": Reply({}, 429)}, "environments_missing", "enough questions"),
    "server broken": ({"owners": Reply({}, 500)}, "owners_missing", "error of its own"),
}


@pytest.mark.parametrize("name", MISSING)
def test_what_is_missing_leaves_the_rest(name: str) -> None:
    other, part, why = MISSING[name]
    found = asked(**other)
    assert why in getattr(found, part)
    assert found.rules.change_request.holds


def test_runs_environments_and_owners() -> None:
    kinds = [{"line": 4, "column": 3, "kind": "Unknown owner", "path": "CODEOWNERS"}]
    found = asked(
        owners={"errors": kinds},
        status={"state": "failure", "statuses": [{"context": "ci/other", "state": "failure"}]},
        tip_runs={"check_runs": [{"name": "deploy", "conclusion": None}]},
    )
    assert found.runs == (CheckRun(name="test", conclusion="success"), CheckRun(name="ci/other", conclusion="failure"))
    assert found.check_names == ("test", "ci/other", "deploy")
    assert found.environments == (
        Environment(name="production", reviewed=True),
        Environment(name="test", reviewed=False),
    )
    assert found.owners == (OwnerProblem(line=4, what="Unknown owner"),)


@pytest.mark.parametrize(
    ("about", "kind", "said"),
    [
        (NOT_FOUND, HostError, "no repository acme/shop"),
        (Reply({}, 401), Refused, "does not take the token"),
        ({"default_branch": 3}, HostError, "no repository"),
        ([], HostError, "no repository"),
        (Reply({}, 429), Refused, "enough questions"),
    ],
    ids=["404", "401", "no branch", "a list", "429"],
)
def test_nothing_at_all(about: object, kind: type[HostError], said: str) -> None:
    with pytest.raises(HostError, match=said) as caught:
        asked(about=about)
    assert type(caught.value) is kind
