"""Asks git who wrote the recent commits, and how they reached the main branch."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from shipworthy.facts.base import FactReader, Facts, View
from shipworthy.facts.pipeline.identity import default_branch
from shipworthy.facts.review.fact import DAYS, GIT_HISTORY, MAX_COMMITS, MAX_LANDED, Review, RiskyWork
from shipworthy.facts.review.people import assistant, count_people, is_bot
from shipworthy.facts.review.risky import AREAS, area_of
from shipworthy.git import Git, GitError

_SECONDS = 20.0
SHALLOW = "the git history was cut off when it was cloned: get the rest with `git fetch --unshallow`"
_TRAILERS = ("Reviewed-by", "Approved-by", "Acked-by", "Co-authored-by", "Assisted-by", "Generated-by")
# Names of pull and merge requests as the hosts write them into the subject of what they squash, rebase or merge.
_NUMBER = re.compile(
    r"\([#!]\d{1,9}\)\s*$|^Merge(?:d)? (?:pull request #|PR #?|in .{1,100}\(pull request #)\d|[!#]\d{1,9}$"
)
# A merge of the branch's other copy brings in nothing that was proposed.
_PULLED = re.compile(r"^Merge (?:remote-tracking )?branch '(?:origin/)?([^']{1,200})'(?: of |$| into )")
_TRAILER = re.compile(r"^([A-Za-z-]{1,40}):[ \t]*([^<\n]{0,200})<([^<>\n]{0,200})>", re.M)


@dataclass(frozen=True, slots=True)
class _Commit:
    parents: int
    name: str
    email: str
    when: int
    subject: str
    trailers: tuple[tuple[str, str, str], ...]
    """(key, name, e-mail), all in lower case."""
    paths: tuple[str, ...] = ()

    @property
    def assistants(self) -> set[str]:
        signatures = [(self.name, self.email), *(each[1:] for each in self.trailers if each[0] in _HELPED)]
        return {found for each in signatures if (found := assistant(*each))}


_HELPED = ("co-authored-by", "assisted-by", "generated-by")
_LOOKED = ("reviewed-by", "approved-by", "acked-by")


class ReviewReader(FactReader[Review]):
    """Bounded: the last commits only, never messages as a whole, never a file's content."""

    def read(self, view: View, facts: Facts) -> Review:
        git, head = view.project.git, view.project.head
        if git is None or head.commit is None:
            if head.in_git or view.project.incomplete:
                view.gap(None, view.project.incomplete or "there is no commit yet", subject=GIT_HISTORY)
            return Review(in_git=head.in_git or bool(view.project.incomplete), gaps=tuple(view.gaps))
        if head.shallow:
            view.gap(None, SHALLOW, subject=GIT_HISTORY)
        branch, ref = _main(view, git, head.branch, head.commit)
        since = (view.context.now - timedelta(days=DAYS)).timestamp()
        try:
            along = _log(git, ref, "--first-parent", "--no-patch", f"-n{MAX_LANDED}")
            every = _log(git, ref, "--no-merges", "--no-renames", "--name-only", f"-n{MAX_COMMITS}")
        except GitError as error:
            view.gap(None, f"git cannot tell who wrote what: {error}", subject=GIT_HISTORY)
            return Review(branch=branch, gaps=tuple(view.gaps))
        landed = [each for each in along if each.when >= since]
        merges = [each for each in landed if each.parents > 1 and not _is_pull(each, branch)]
        numbered = [each for each in landed if each.parents < 2 and _NUMBER.search(each.subject)]
        people = {(each.name, each.email) for each in every if not _by_program(each)}
        return Review(
            branch=branch,
            landed=len(landed),
            merged=len(merges),
            numbered=len(numbered),
            signed_off=sum(map(_reviewed, landed)),
            by_bots=sum(is_bot(each.name, each.email) for each in landed),
            direct=len(landed) - len(merges) - len(numbered),
            assistants=dict(Counter(name for each in every for name in each.assistants)),
            people=count_people(people),
            commits=len(every),
            risky=tuple(_risky([each for each in every if each.when >= since])),
            gaps=tuple(view.gaps),
        )


def _main(view: View, git: Git, current: str | None, commit: str) -> tuple[str, str]:
    """The main branch in words, and what to ask git for."""
    name = default_branch(view)
    for ref in (f"refs/remotes/origin/{name}", f"refs/heads/{name}") if name else ():
        found = git.answer("rev-parse", "--verify", "-q", f"{ref}^{{commit}}")
        if found:
            return name or "", found
    return current or "HEAD", commit


def _log(git: Git, commit: str, *how: str) -> list[_Commit]:
    """Commits as git lists them. Raises GitError."""
    keys = "".join(f"key={key}," for key in _TRAILERS)
    shown = f"%x01%P%x00%an%x00%ae%x00%ct%x00%<(300,trunc)%s%x00%(trailers:{keys}unfold,separator=%x0A)%x00"
    out = git.run("log", "-z", *how, f"--format={shown}", "--no-mailmap", commit, "--", timeout=_SECONDS)
    found = []
    for block in out.decode("utf-8", "surrogateescape").split("\x01")[1:]:
        fields = block.split("\0")
        if len(fields) < 6:
            raise GitError("git log answers in a way that is not understood")
        parents, name, email, when, subject, trailers, *paths = fields
        found.append(
            _Commit(
                parents=len(parents.split()),
                name=name.lower(),
                email=email.lower(),
                when=int(when) if when.isascii() and when.isdigit() else 0,
                subject=subject.rstrip(),
                trailers=tuple(
                    (key.lower(), who.strip().lower(), address.lower())
                    for key, who, address in _TRAILER.findall(trailers[:20_000])
                ),
                paths=tuple(path.lstrip("\n") for path in paths if path.strip("\n")),
            )
        )
    return found


def _is_pull(commit: _Commit, branch: str) -> bool:
    match = _PULLED.match(commit.subject)
    return match is not None and match[1] == branch


def _by_program(commit: _Commit) -> bool:
    return is_bot(commit.name, commit.email) or assistant(commit.name, commit.email) is not None


def _reviewed(commit: _Commit) -> bool:
    return any(
        key in _LOOKED and email != commit.email and name != commit.name and not is_bot(name, email)
        and assistant(name, email) is None
        for key, name, email in commit.trailers
    )  # fmt: skip


def _risky(commits: list[_Commit]) -> list[RiskyWork]:
    by_area: dict[str, list[_Commit]] = {}
    for commit in commits:
        for area in {found for path in commit.paths if (found := area_of(path))}:
            by_area.setdefault(area, []).append(commit)
    return [
        RiskyWork(
            area=area,
            commits=len(held),
            people=count_people({(each.name, each.email) for each in held if not _by_program(each)}),
            assisted=sum(bool(each.assistants) for each in held),
        )
        for area in AREAS
        if (held := by_area.get(area))
    ]
