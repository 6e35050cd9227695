"""Answers of GitLab's API, reduced to the keys its description names, for a project in which all is well."""

from __future__ import annotations

from typing import Any

from tests.sources.hosts.stand_in import Reply

PROJECT = "/projects/acme%2Fshop"
HEAD = "c" * 40
NO_PERMISSION = Reply({"message": "403 Forbidden"}, 403)
NOT_FOUND = Reply({"message": "404 Not Found"}, 404)


def protected(name: str = "main", level: int = 0, *, force: bool | None = False, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "push_access_levels": [{"access_level": level, "user_id": None, "group_id": None, "deploy_key_id": None}],
        "merge_access_levels": [{"access_level": 40}],
        "allow_force_push": force,
        "code_owner_approval_required": False,
        **more,
    }


APPROVALS = {
    "reset_approvals_on_push": True,
    "disable_overriding_approvers_per_merge_request": True,
    "merge_requests_author_approval": False,
    "merge_requests_disable_committers_approval": True,
}


def rule(required: int = 1, **more: Any) -> dict[str, Any]:
    return {"rule_type": "any_approver", "approvals_required": required, "protected_branches": [], **more}


def request(author: str = "ada", name: str = "Ada Lovelace") -> dict[str, Any]:
    return {"iid": 5, "merged_at": "2026-11-20T12:00:00.000Z", "author": {"username": author, "name": name}}


def approved(username: str = "grace", name: str = "Grace Hopper", at: str | None = "2026-11-20T11:00:00.000Z") -> Any:
    return {"approved_by": [{"user": {"username": username, "name": name}, "approved_at": at}]}


def commit(name: str = "Ada Lovelace", email: str = "ada@example.org", message: str = "Change") -> dict[str, Any]:
    return {"id": HEAD, "author_name": name, "author_email": email, "message": message}


def gitlab(**other: Any) -> dict[str, Any]:
    """All paths; `other` replaces an answer by a short name (None: 404)."""
    paths = {
        "about": (
            PROJECT,
            {
                "default_branch": "main",
                "only_allow_merge_if_pipeline_succeeds": True,
                "allow_merge_on_skipped_pipeline": False,
            },
        ),
        "protected": (f"{PROJECT}/protected_branches", [protected()]),
        "settings": (f"{PROJECT}/approvals", APPROVALS),
        "rules": (f"{PROJECT}/approval_rules", [rule()]),
        "requests": (f"{PROJECT}/merge_requests", [request()]),
        "approvals": (f"{PROJECT}/merge_requests/5/approvals", approved()),
        "commits": (f"{PROJECT}/merge_requests/5/commits", [commit()]),
        "versions": (f"{PROJECT}/merge_requests/5/versions", [{"created_at": "2026-11-20T10:00:00.000Z"}]),
        "runs": (f"{PROJECT}/repository/commits/{HEAD}/statuses", [{"name": "test", "status": "success"}]),
        "environments": (
            f"{PROJECT}/protected_environments",
            [{"name": "production", "required_approval_count": 0, "approval_rules": [{"required_approvals": 1}]}],
        ),
        "members": (f"{PROJECT}/members/all", [{"username": "Ada"}, {"username": "grace"}]),
        "group": ("/groups/crew", {"id": 1}),
        "users": ("/users", []),
    }
    unknown = set(other) - set(paths)
    assert not unknown, unknown
    replies = {path: other.get(name, reply) for name, (path, reply) in paths.items()}
    return {path: reply for path, reply in replies.items() if reply is not None}
