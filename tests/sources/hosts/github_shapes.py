"""Answers of GitHub's API, reduced to the keys its description names, for a repository in which all is well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.sources.hosts.stand_in import Reply

REPOSITORY = "/repos/acme/shop"
HEAD = "a" * 40
NO_PERMISSION = Reply({"message": "Resource not accessible by personal access token"}, 403)
NOT_FOUND = Reply({"message": "Not Found"}, 404)
NOT_PROTECTED = Reply({"message": "Branch not protected"}, 404)
UPGRADE = Reply({"message": "Upgrade to GitHub Pro or make this repository public to enable this feature."}, 403)

PROTECTION: Mapping[str, Any] = {
    "required_status_checks": {"strict": True, "contexts": ["test"], "checks": [{"context": "test", "app_id": 1}]},
    "enforce_admins": {"enabled": True},
    "required_pull_request_reviews": {
        "dismiss_stale_reviews": True,
        "require_code_owner_reviews": True,
        "required_approving_review_count": 1,
        "require_last_push_approval": False,
    },
    "allow_force_pushes": {"enabled": False},
    "allow_deletions": {"enabled": False},
}


def ruleset(**parameters: Any) -> list[dict[str, Any]]:
    """What "rules for a branch" lists for one ruleset with all rules that matter."""
    pull = {
        "required_approving_review_count": 1,
        "dismiss_stale_reviews_on_push": True,
        "require_code_owner_review": False,
        "require_last_push_approval": False,
        **parameters,
    }
    checks = {"required_status_checks": [{"context": "test"}], "strict_required_status_checks_policy": False}
    about = {"ruleset_source_type": "Repository", "ruleset_source": "acme/shop", "ruleset_id": 7}
    return [
        {"type": "deletion", **about},
        {"type": "non_fast_forward", **about},
        {"type": "pull_request", "parameters": pull, **about},
        {"type": "required_status_checks", "parameters": checks, **about},
    ]


def pull(number: int, author: str = "ada", kind: str = "User", merged: str | None = "2026-11-20T12:00:00Z") -> Any:
    """A closed pull request, merged or not."""
    user = {"login": author, "type": kind}
    return {"number": number, "user": user, "merged_at": merged, "head": {"sha": HEAD}, "updated_at": merged}


def commit(
    login: str | None = "ada",
    email: str = "ada@example.org",
    message: str = "Change",
    *,
    sha: str = HEAD,
    parents: int = 1,
) -> Any:
    return {
        "sha": sha,
        "parents": [{}] * parents,
        "author": {"login": login} if login else None,
        "commit": {"message": message, "author": {"name": "x", "email": email}},
    }


def review(
    login: str = "grace",
    state: str = "APPROVED",
    *,
    kind: str = "User",
    at: str = "2026-11-20T11:00:00Z",
    of: str = HEAD,
) -> Any:
    return {"user": {"login": login, "type": kind}, "state": state, "submitted_at": at, "commit_id": of}


def github(**other: Any) -> dict[str, Any]:
    """All paths; `other` replaces an answer by a short name (None: 404)."""
    paths = {
        "about": ("", {"default_branch": "main"}),
        "rules": ("/rules/branches/main", []),
        "who": ("/rulesets/7", {"id": 7, "bypass_actors": []}),
        "branch": ("/branches/main", {"name": "main", "protected": True}),
        "protection": ("/branches/main/protection", PROTECTION),
        "pulls": ("/pulls", [pull(3)]),
        "commits": ("/pulls/3/commits", [commit()]),
        "reviews": ("/pulls/3/reviews", [review()]),
        "runs": (
            f"/commits/{HEAD}/check-runs",
            {"total_count": 1, "check_runs": [{"name": "test", "status": "completed", "conclusion": "success"}]},
        ),
        "status": (f"/commits/{HEAD}/status", {"state": "success", "statuses": []}),
        "tip_runs": ("/commits/main/check-runs", {"total_count": 0, "check_runs": []}),
        "tip_status": ("/commits/main/status", {"state": "pending", "statuses": []}),
        "environments": (
            "/environments",
            {
                "total_count": 2,
                "environments": [
                    {"name": "production", "protection_rules": [{"type": "required_reviewers", "reviewers": [{}]}]},
                    {"name": "test", "protection_rules": [{"type": "wait_timer"}]},
                ],
            },
        ),
        "owners": ("/codeowners/errors", {"errors": []}),
    }
    unknown = set(other) - set(paths)
    assert not unknown, unknown
    replies = {f"{REPOSITORY}{path}": other.get(name, reply) for name, (path, reply) in paths.items()}
    return {path: reply for path, reply in replies.items() if reply is not None}
