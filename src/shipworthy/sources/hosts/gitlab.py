"""Asks GitLab (gitlab.com, or a server of one's own) about one repository."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from shipworthy.sources.hosts.address import Address
from shipworthy.sources.hosts.client import Answer, Client, HostError
from shipworthy.sources.hosts.gitlab_rules import branch_rules
from shipworthy.sources.hosts.model import Change, CheckRun, Environment, HostAnswers, OwnerProblem, Rule
from shipworthy.sources.hosts.shapes import account_of, co_authors, dicts, is_robot, moment, number, part, text

CHANGES = 30
MAX_OWNERS = 30
"""So many owners are looked up one by one."""
_API = "the scope read_api"
_BOT = re.compile(r"(?:project|group)_\d+_bot|service_account_")


def ask_gitlab(client: Client, address: Address, commit: str, now: datetime, owners: Iterable[str] = ()) -> HostAnswers:
    """What GitLab says. `owners` are the names to look up, with their "@". Raises HostError as `ask_github` does."""
    return _GitLab(client, address).ask(commit, now, list(owners))


class _GitLab:
    def __init__(self, client: Client, address: Address) -> None:
        self._client, self._address = client, address
        self._project = ("projects", address.project)

    def ask(self, commit: str, now: datetime, owners: list[str]) -> HostAnswers:
        project = self._client.get(*self._project)
        branch = text(project.data, "default_branch")
        if not project.ok or not branch:
            raise HostError(
                f"the host shows this token no project {self._address.project} ({project.status})",
                f"Give the token {_API} and make its owner a member of the project.",
            )
        rules, strict = branch_rules(self._client, self._project, branch, project.data)
        changes, changes_missing = self._changes(branch, strict)
        runs, runs_missing = self._runs(commit) if commit else ((), "there is no commit")
        environments, environments_missing = self._environments()
        unknown, owners_missing = self._owners(owners)
        return HostAnswers(
            address=self._address,
            branch=branch,
            asked=now,
            commit=commit,
            rules=rules,
            changes=changes,
            changes_missing=changes_missing,
            runs=runs,
            runs_missing=runs_missing,
            check_names=tuple(dict.fromkeys(run.name for run in runs)),
            environments=environments,
            environments_missing=environments_missing,
            owners=unknown,
            owners_missing=owners_missing,
        )

    def _changes(self, branch: str, strict: bool) -> tuple[tuple[Change, ...], str]:
        try:
            answer = self._client.get(
                *self._project, "merge_requests",
                state="merged", target_branch=branch, order_by="updated_at", sort="desc", per_page=100,
            )  # fmt: skip
            if not answer.ok:
                return (), f"reading merge requests needs {_API}"
            merged = [(when, row) for row in dicts(answer.data) if (when := moment(row, "merged_at"))]
            merged.sort(key=lambda each: each[0], reverse=True)
            return tuple(self._change(when, row, strict) for when, row in merged[:CHANGES]), ""
        except HostError as error:
            return (), f"merge requests could not be read: {error}"

    def _change(self, merged: datetime, row: Mapping[str, Any], strict: bool) -> Change:
        """`strict`: whether the host itself lets neither author nor committers approve, and voids old approvals."""
        request = number(row, "iid") or 0
        author = text(row, "author", "username").lower()
        by_bot = _bot(author)
        if not author or not request:
            return Change(number=request, merged=merged, reviewed=Rule(None, "its author's account is gone"))
        path = (*self._project, "merge_requests", str(request))
        approvals = self._client.get(*path, "approvals")
        if not approvals.ok or not isinstance(part(approvals.data, "approved_by"), list):
            why = f"reading approvals needs {_API}"
            return Change(number=request, merged=merged, reviewed=Rule(None, why), by_bot=by_bot)
        approved = dicts(approvals.data["approved_by"])
        people = [each for each in approved if not _bot(text(each, "user", "username"))]
        others = [each for each in people if text(each, "user", "username").lower() not in ("", author)]
        if not others:
            why = "only its own author approved it" if people else "nobody approved it"
            reviewed = Rule(False, "only a bot approved it" if approved and not people else why)
        elif strict:
            reviewed = Rule(True)
        else:
            reviewed = self._reviewed(path, others, row)
        return Change(number=request, merged=merged, reviewed=reviewed, by_bot=by_bot)

    def _reviewed(self, path: tuple[str, ...], others: list[Mapping[str, Any]], row: Mapping[str, Any]) -> Rule:
        commits = self._client.rows(*path, "commits", pages=3)
        versions = self._client.get(*path, "versions")
        if isinstance(commits, Answer) or not versions.ok:
            return Rule(None, f"reading the commits of merge requests needs {_API}")
        pushed = [when for version in dicts(versions.data) if (when := moment(version, "created_at"))]
        writers = _writers(dicts(commits))
        known = {text(row, "author", "name").lower(), text(row, "author", "username").lower()}
        strangers = [names for names in writers if not names & known]
        why = ""
        unsure = ""
        for each in others:
            mine = {text(each, "user", "name").lower(), text(each, "user", "username").lower()} - {""}
            when = moment(each, "approved_at")
            if any(names & mine for names in writers):
                why = "only its own author or co-author approved it"
            elif when is not None and pushed and when < max(pushed):
                why = "it changed after it was approved"
            elif when is None or not pushed:
                unsure = "whether it was approved after its last change, this version of GitLab does not tell"
            elif strangers:
                unsure = "whether the one who approved also wrote some of it could not be told"
            else:
                return Rule(True)
        return Rule(None, unsure) if unsure else Rule(False, why)

    def _runs(self, commit: str) -> tuple[tuple[CheckRun, ...], str]:
        try:
            rows = self._client.rows(*self._project, "repository", "commits", commit, "statuses")
        except HostError as error:
            return (), f"its runs could not be read: {error}"
        if isinstance(rows, Answer):
            return (), "the host does not have this commit" if rows.status == 404 else f"reading its runs needs {_API}"
        return tuple(
            CheckRun(name=name, conclusion=text(row, "status")) for row in dicts(rows) if (name := text(row, "name"))
        ), ""

    def _environments(self) -> tuple[tuple[Environment, ...], str]:
        try:
            rows = self._client.rows(*self._project, "protected_environments")
        except HostError as error:
            return (), f"environments could not be read: {error}"
        if isinstance(rows, Answer):
            return (), f"reading protected environments needs {_API}, the role Maintainer and GitLab Premium"
        return tuple(
            Environment(
                name=text(row, "name"),
                reviewed=(number(row, "required_approval_count") or 0) > 0
                or any((number(rule, "required_approvals") or 0) > 0 for rule in dicts(part(row, "approval_rules"))),
            )
            for row in dicts(rows)
        ), ""

    def _owners(self, owners: list[str]) -> tuple[tuple[OwnerProblem, ...], str]:
        """Accounts and groups that are not there, or no members; addresses and roles cannot be looked up."""
        named = sorted({each[1:].lower() for each in owners if each.startswith("@") and not each.startswith("@@")})
        try:
            rows = self._client.rows(*self._project, "members", "all") if named else []
            if isinstance(rows, Answer):
                return (), f"looking up owners needs {_API}"
            members = {text(row, "username").lower() for row in dicts(rows)}
            left = [each for each in named if each not in members]
            found = [problem for each in left[:MAX_OWNERS] if (problem := self._owner(each))]
        except HostError as error:
            return (), f"owners could not be looked up: {error}"
        if len(left) > MAX_OWNERS:
            return tuple(found), f"more than {MAX_OWNERS} owners are no members"
        missing = any(each.startswith("@@") or not each.startswith("@") for each in owners)
        return tuple(found), "addresses and roles cannot be looked up" if missing else ""

    def _owner(self, name: str) -> OwnerProblem | None:
        if self._client.get("groups", name, with_projects="false").ok:
            return None
        if "/" in name:
            return OwnerProblem(line=None, what=f"@{name} is no group that the token may see")
        users = self._client.get("users", username=name)
        if users.ok and dicts(users.data):
            return OwnerProblem(line=None, what=f"@{name} is no member of the project")
        return OwnerProblem(line=None, what=f"@{name} is neither an account nor a group that the token may see")


def _bot(account: str) -> bool:
    """Accounts of project and group tokens, and service accounts, by the names that GitLab gives them."""
    return is_robot(account) or bool(_BOT.match(account.lower()))


def _writers(commits: list[Mapping[str, Any]]) -> list[set[str]]:
    """For each one who wrote some of it, what they may be known by: name, account, first part of the address."""
    found: list[set[str]] = []
    for commit in commits:
        pairs = [(text(commit, "author_name"), text(commit, "author_email")), *co_authors(part(commit, "message"))]
        for name, email in pairs:
            if not is_robot(name.strip()) and not is_robot(email):
                known = {name.strip().lower(), account_of(email), email.partition("@")[0].lower()} - {""}
                if known and known not in found:
                    found.append(known)
    return found
