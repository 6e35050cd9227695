"""When a later tree than the signed one may still be covered, where a policy says `drift = "rerun"`.

Never by itself: every automatic check has to pass again on the later tree, which the caller does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from shipworthy.checklist.policy import Policy
from shipworthy.git import Git
from shipworthy.model import DecisionKind
from shipworthy.readiness.answers import NotReady
from shipworthy.readiness.history import holding
from shipworthy.readiness.statement import Statement
from shipworthy.readiness.tree import FOLDER, Objects, Snapshot, readiness_names, snapshot, source_tree
from shipworthy.text import plural, visible

CRITICAL = (
    f"{FOLDER}/**",
    # What runs before a deploy.
    ".github/**", ".gitlab-ci.yml", ".gitlab/**", ".circleci/**", ".travis.yml", "azure-pipelines.yml",
    "bitbucket-pipelines.yml", "Jenkinsfile", ".drone.yml", ".woodpecker/**", ".woodpecker.yml", ".buildkite/**",
    ".forgejo/**", ".gitea/**", "cloudbuild.yaml", "buildspec.yml",
    # What gets installed.
    "**/package-lock.json", "**/npm-shrinkwrap.json", "**/yarn.lock", "**/pnpm-lock.yaml", "**/bun.lock",
    "**/bun.lockb", "**/poetry.lock", "**/uv.lock", "**/pdm.lock", "**/Pipfile.lock", "**/pylock*.toml",
    "**/requirements*.txt", "**/requirements*.lock", "**/constraints*.txt", "**/package.json", "**/pyproject.toml",
    "**/Cargo.lock", "**/go.sum", "**/Gemfile.lock", "**/composer.lock",
)  # fmt: skip
"""Paths whose change is never covered, whatever a policy says."""
_AGAIN = "Examine and sign again: shipworthy sign"
_STEP = "source tree"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drifted:
    """A later tree that may be covered."""

    signed_commit: str
    changed: tuple[str, ...]
    """Paths that differ between the signed tree and the one to deploy."""


@lru_cache(maxsize=256)
def _pattern(glob: str) -> re.Pattern[str]:
    """`**/` any folders or none, `**` anything, `*` and `?` within one name; the whole path has to match."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", re.sub(r"\*{3,}", "**", glob))
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(words.get(part) or re.escape(part) for part in parts), re.S)


def critical(paths: Iterable[str], policy: Policy) -> str | None:
    """The first path that must not change; None if there is none. Upper and lower case are one, as on many disks."""
    patterns = [_pattern(glob.casefold()) for glob in (*CRITICAL, *policy.critical)]
    for path in paths:
        small = path.casefold()
        if any(each.fullmatch(small) for each in patterns):
            return path
    return None


def drifted(
    git: Git, objects: Objects, found: Snapshot, statement: Statement, policy: Policy, now: datetime
) -> Drifted:
    """What changed since the signed commit, an ancestor of `found`. Raises NotReady where that is not covered."""
    signed = _signed_commit(git, objects, found, statement, policy)
    if signed is None:
        raise NotReady(
            _STEP, f"commit {found.commit[:12]} does not descend from one that holds the files signed",
            "Fetch more history (git fetch --deepen 200), or examine and sign again.",
        )  # fmt: skip
    if now - statement.issued > timedelta(days=policy.drift_max_age_days):
        raise NotReady(
            _STEP, f"changed since it was signed, more than {plural(policy.drift_max_age_days, 'day')} ago", _AGAIN
        )
    # Renames count as two paths, and a change of mode as a change.
    raw = git.run(
        "diff-tree", "-r", "-z", "--no-renames", "--name-only", "--ignore-submodules=none", signed.commit, found.commit
    )
    own = {f"{FOLDER}/{name}" for each in policy.environments for name in readiness_names(each)}
    changed = [path for path in raw.decode("utf-8", "surrogateescape").split("\0") if path and path not in own]
    touched = critical(changed, policy)
    if touched is not None:
        raise NotReady(_STEP, f"{visible(touched, 200)} changed after it was signed, and it is critical", _AGAIN)
    watched = _watched(statement)
    for path in changed:
        for place, item in watched.items():
            if path == place or path.startswith(f"{place.rstrip('/')}/"):
                raise NotReady(
                    _STEP, f"{visible(path, 200)} changed after it was signed, and {item} rests on it",
                    f"Look again and say it again: shipworthy attest {item}, then sign again.",
                )  # fmt: skip
    return Drifted(signed_commit=signed.commit, changed=tuple(changed))


def _signed_commit(
    git: Git, objects: Objects, found: Snapshot, statement: Statement, policy: Policy
) -> Snapshot | None:
    entry = found.records.get(readiness_names(statement.environment)[1].encode("ascii"))
    if entry is None:
        return None
    for commit in holding(git, objects, found.commit, statement.environment, entry.oid):
        held = snapshot(objects, commit)
        if source_tree(held, policy.environments) == statement.tree:
            return held
    return None


def _watched(statement: Statement) -> dict[str, str]:
    """Path -> the item a person said something about on its account."""
    found: dict[str, str] = {}
    for item in statement.items:
        if item.said is None or item.said.kind is not DecisionKind.ATTESTED:
            continue
        for part in item.said.named.split(", "):
            path = part.partition("#")[0].strip().removeprefix("./")
            if path and "://" not in path:
                found.setdefault(path, item.id)
    return found
