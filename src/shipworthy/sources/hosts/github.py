"""Asks GitHub (and GitHub Enterprise) about one repository."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from shipworthy.sources.hosts.address import Address
from shipworthy.sources.hosts.client import Answer, Client, HostError
from shipworthy.sources.hosts.github_rules import branch_rules
from shipworthy.sources.hosts.model import Change, CheckRun, Environment, HostAnswers, OwnerProblem, Rule
from shipworthy.sources.hosts.shapes import Writers, dicts, is_robot, moment, names, number, part, text

HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
CHANGES = 30
"""So many merged pull requests are looked at."""
_OLDER_PAGES = 3
_DECIDES = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")


def ask_github(client: Client, address: Address, commit: str, now: datetime) -> HostAnswers:
    """What GitHub says. Raises HostError where it says nothing at all of the repository or its rules."""
    return _GitHub(client, address).ask(commit, now)


class _GitHub:
    def __init__(self, client: Client, address: Address) -> None:
        owner, _, name = address.project.partition("/")
        self._client, self._address = client, address
        self._repository = ("repos", owner, name)
        self._known: dict[str, str] = {}
        """Addresses and the accounts they belong to, as commits tell."""
        self._voids = False
        """Whether the host takes an approval back when the change goes on."""

    def ask(self, commit: str, now: datetime) -> HostAnswers:
        repository = self._client.get(*self._repository)
        branch = text(repository.data, "default_branch")
        if not repository.ok or not branch:
            raise HostError(
                f"the host shows this token no repository {self._address.project} ({repository.status})",
                "Give the token read access to it: the repository permission “Metadata: read” (classic token: repo).",
            )
        rules = branch_rules(self._client, self._repository, branch)
        self._voids = rules.fresh_approval.holds is True
        heads, changes, changes_missing = self._changes(branch)
        runs, runs_missing = self._runs(commit) if commit else ((), "there is no commit")
        environments, environments_missing = self._environments()
        owners, owners_missing = self._owners(branch)
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
            check_names=self._check_names([branch, *heads], runs),
            environments=environments,
            environments_missing=environments_missing,
            owners=owners,
            owners_missing=owners_missing,
        )

    def _changes(self, branch: str) -> tuple[list[str], tuple[Change, ...], str]:
        """The heads of the newest, the changes, and why they are not known."""
        try:
            merged: list[tuple[datetime, Mapping[str, Any]]] = []
            try:
                for answer in self._client.pages(
                    *self._repository, "pulls", pages=_OLDER_PAGES,
                    state="closed", base=branch, sort="updated", direction="desc",
                ):  # fmt: skip
                    if not answer.ok:
                        return [], (), "reading pull requests needs the repository permission “Pull requests: read”"
                    merged += [(when, row) for row in dicts(answer.data) if (when := moment(row, "merged_at"))]
                    if len(merged) >= CHANGES:
                        break
            except HostError:
                if len(merged) < CHANGES:
                    raise
            merged.sort(key=lambda each: each[0], reverse=True)
            changes = [self._change(when, row) for when, row in merged[:CHANGES]]
        except HostError as error:
            return [], (), f"pull requests could not be read: {error}"
        return list(names([row for _, row in merged[:1]], "head", "sha")), tuple(changes), ""

    def _change(self, merged: datetime, row: Mapping[str, Any]) -> Change:
        pull = number(row, "number") or 0
        author = text(row, "user", "login").lower()
        by_bot = text(row, "user", "type") == "Bot" or is_robot(author)
        if not author or not pull:
            return Change(number=pull, merged=merged, reviewed=Rule(None, "its author's account is gone"))
        writers = Writers()
        commits = self._client.rows(*self._repository, "pulls", str(pull), "commits", pages=3)
        reviews = self._client.rows(*self._repository, "pulls", str(pull), "reviews", pages=3)
        if isinstance(commits, Answer) or isinstance(reviews, Answer):
            why = "reading reviews needs the repository permission “Pull requests: read”"
            return Change(number=pull, merged=merged, reviewed=Rule(None, why), by_bot=by_bot)
        for commit in dicts(commits):
            email, login = text(commit, "commit", "author", "email"), text(commit, "author", "login")
            if email and login:
                self._known[email.lower()] = login.lower()
        for commit in dicts(commits):
            writers.add(text(commit, "author", "login"), text(commit, "commit", "author", "email"), self._known)
            writers.add_co_authors(part(commit, "commit", "message"), self._known)
        if author not in writers.accounts and len(writers.unmatched) == 1:
            # Whoever opened it wrote none of it by their account: the one address that belongs to nobody is theirs.
            writers.unmatched.clear()
        writers.accounts.add(author)
        final = _final(dicts(commits), text(row, "head", "sha"), self._voids)
        reviewed = _reviewed(dicts(reviews), writers, final, merged)
        return Change(number=pull, merged=merged, reviewed=reviewed, by_bot=by_bot)

    def _runs(self, commit: str) -> tuple[tuple[CheckRun, ...], str]:
        try:
            rows = self._client.rows(*self._repository, "commits", commit, "check-runs", key="check_runs")
            status = self._client.get(*self._repository, "commits", commit, "status", per_page=100)
        except HostError as error:
            return (), f"its runs could not be read: {error}"
        if isinstance(rows, Answer):
            if rows.status in (404, 422):
                return (), "the host does not have this commit"
            return (), "reading its runs needs the repository permission “Checks: read”"
        if not status.ok:
            return (), "reading its runs needs the repository permission “Commit statuses: read”"
        found = [
            CheckRun(name=name, conclusion=text(row, "conclusion"))
            for row in dicts(rows)
            if (name := text(row, "name"))
        ]
        states = dicts(part(status.data, "statuses"))
        found += [
            CheckRun(name=name, conclusion=text(row, "state")) for row in states if (name := text(row, "context"))
        ]
        return tuple(found), ""

    def _check_names(self, commits: Iterable[str], runs: tuple[CheckRun, ...]) -> tuple[str, ...]:
        found = dict.fromkeys(run.name for run in runs)
        for commit in commits:
            # What is not found out here only leaves a name unexplained.
            found |= dict.fromkeys(run.name for run in self._runs(commit)[0])
        return tuple(found)

    def _environments(self) -> tuple[tuple[Environment, ...], str]:
        try:
            rows = self._client.rows(*self._repository, "environments", key="environments")
        except HostError as error:
            return (), f"environments could not be read: {error}"
        if isinstance(rows, Answer):
            return (), "reading environments needs the repository permission “Actions: read”"
        return tuple(
            Environment(
                name=text(row, "name"),
                reviewed=any(
                    text(rule, "type") == "required_reviewers" and bool(part(rule, "reviewers"))
                    for rule in dicts(part(row, "protection_rules"))
                ),
            )
            for row in dicts(rows)
        ), ""

    def _owners(self, branch: str) -> tuple[tuple[OwnerProblem, ...], str]:
        try:
            answer = self._client.get(*self._repository, "codeowners", "errors", ref=branch)
            rows = dicts(part(answer.data, "errors"))
        except HostError as error:
            return (), f"owners could not be looked up: {error}"
        if answer.status == 404:
            return (), "the host finds no CODEOWNERS file on its main branch"
        if not answer.ok or not isinstance(part(answer.data, "errors"), list):
            return (), "looking up owners needs the repository permission “Contents: read”"
        return tuple(OwnerProblem(line=number(row, "line"), what=text(row, "kind")) for row in rows), ""


def _final(commits: list[Mapping[str, Any]], head: str, voids: bool) -> frozenset[str]:
    """Commits whose approval is one of the final state: the last, and those that only merges of the branch followed.

    The latter only where the host itself takes an approval back for anything else that such a merge brings in.
    """
    found = {head} - {""}
    for commit in reversed(commits) if voids and commits and text(commits[-1], "sha") == head else ():
        found.add(text(commit, "sha"))
        parents = part(commit, "parents")
        if not isinstance(parents, list) or len(parents) < 2:
            break
    return frozenset(found - {""})


def _reviewed(reviews: list[Mapping[str, Any]], writers: Writers, final: frozenset[str], merged: datetime) -> Rule:
    """Whether somebody approved who is a person, wrote none of it, and saw the last commit of it."""
    last: dict[str, Mapping[str, Any]] = {}
    for review in reviews:
        who, when = text(review, "user", "login").lower(), moment(review, "submitted_at")
        if who and when is not None and when <= merged and text(review, "state") in _DECIDES:
            held = last.get(who)
            if held is None or when >= (moment(held, "submitted_at") or when):
                last[who] = review
    why = "nobody approved it"
    unmatched = False
    for who, review in last.items():
        if text(review, "state") != "APPROVED":
            continue
        if text(review, "user", "type") != "User" or is_robot(who):
            why = "only a bot approved it"
        elif who in writers.accounts:
            why = "only its own author or co-author approved it"
        elif text(review, "commit_id") not in final:
            why = "it changed after it was approved"
        elif writers.unmatched:
            unmatched = True
        else:
            return Rule(True)
    if unmatched:
        return Rule(None, "whether the one who approved is also its co-author could not be told")
    return Rule(False, why)
