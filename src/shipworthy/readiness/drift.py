"""When a later tree than the signed one may still be covered, where a policy says `drift = "rerun"`.

Never by itself: every automatic check has to pass again on the later tree, which the caller does.
"""

from __future__ import annotations

import posixpath
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
    ".github/**", ".gitlab-ci*.yml", ".gitlab/**", ".circleci/**", ".travis.yml", "**/azure-pipelines*.y*ml",
    ".azure-pipelines/**", ".azuredevops/**", "bitbucket-pipelines.yml", "**/Jenkinsfile*", ".drone.y*ml",
    ".woodpecker/**", ".woodpecker.y*ml", ".buildkite/**", ".forgejo/**", ".gitea/**", ".tekton/**", ".semaphore/**",
    ".teamcity/**", ".cirrus.yml", "*appveyor.yml", "**/cloudbuild*.y*ml", "**/cloudbuild*.json", "**/buildspec*.y*ml",
    "**/appspec.y*ml", "**/action.y*ml", "**/.pre-commit-config.yaml", "**/.husky/**",
    # How files are checked out, and what else is.
    "**/.gitattributes", "**/.gitmodules", "**/.lfsconfig",
    # What gets installed, and from where.
    "**/package.json", "**/package-lock.json", "**/npm-shrinkwrap.json", "**/yarn.lock", "**/pnpm-lock.yaml",
    "**/pnpm-workspace.yaml", "**/bun.lock", "**/bun.lockb", "**/deno.json*", "**/deno.lock", "**/.npmrc",
    "**/.yarnrc*", "**/.yarn/**", "**/.pnp.*", "**/.pnpmfile.*", "**/bunfig.toml",
    "**/pyproject.toml", "**/setup.py", "**/setup.cfg", "**/poetry.lock", "**/uv.lock", "**/uv.toml", "**/pdm.lock",
    "**/Pipfile", "**/Pipfile.lock", "**/pylock*.toml", "**/*requirements*.txt", "**/*requirements*.in",
    "**/*requirements*.lock", "**/requirements/**", "**/*constraints*.txt", "**/pip.conf", "**/environment*.y*ml",
    "**/conda-lock.y*ml", "**/pixi.toml", "**/pixi.lock",
    "**/Cargo.toml", "**/Cargo.lock", "**/.cargo/**", "**/go.mod", "**/go.sum", "**/go.work*", "**/Gemfile*",
    "**/*.gemspec", "**/composer.json", "**/composer.lock", "**/pom.xml", "**/.mvn/**", "**/*.gradle",
    "**/*.gradle.kts", "**/gradle*.lockfile", "**/gradle.properties", "**/gradle-wrapper.*", "**/libs.versions.toml",
    "**/mix.exs", "**/mix.lock", "**/*.csproj", "**/packages.lock.json", "**/Directory.*.props", "**/nuget.config",
    "**/pubspec.*", "**/Package.swift", "**/Package.resolved", "**/Podfile*", "**/flake.nix", "**/flake.lock",
    # What builds, configures and starts the thing that is deployed.
    "**/Dockerfile*", "**/*.dockerfile", "**/Containerfile*", "**/docker-compose*.y*ml", "**/compose*.y*ml",
    "**/docker-bake.*", "**/Makefile", "**/GNUmakefile", "**/*.mk", "**/justfile", "**/Taskfile.y*ml", "**/Procfile",
    "**/fly*.toml", "**/vercel.json", "**/netlify.toml", "**/render.yaml", "**/railway.*", "**/app.yaml",
    "**/wrangler.*", "**/serverless.y*ml", "**/*.tf", "**/*.tfvars",
)  # fmt: skip
"""Paths whose change is never covered, whatever a policy says."""
_ELSEWHERE = {"160000": "submodule", "120000": "link"}
_AGAIN = "Examine and sign again: shipworthy sign"
_STEP = "source tree"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drifted:
    """A later tree that may be covered."""

    signed_commit: str
    changed: tuple[str, ...]
    """Paths that differ between the signed tree and the one to deploy."""


def _pattern(glob: str) -> str:
    """`**/` any folders or none, `**` anything, `*` and `?` within one name; the whole path has to match."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", re.sub(r"\*{3,}", "**", glob))
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(words.get(part) or re.escape(part) for part in parts)


@lru_cache(maxsize=8)
def _patterns(globs: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """One pattern for names, of the globs that ask about nothing else, and one for whole paths."""
    names = [glob[3:] for glob in globs if glob.startswith("**/") and "/" not in glob[3:] and "**" not in glob[3:]]
    paths = [glob for glob in globs if glob[3:] not in names or not glob.startswith("**/")]
    name, path = ("|".join(map(_pattern, each)) or "(?!)" for each in (names, paths))
    return re.compile(name, re.S), re.compile(path, re.S)


def critical(paths: Iterable[str], policy: Policy) -> str | None:
    """The first path that must not change; None if there is none. Upper and lower case are one, as on many disks."""
    name, whole = _patterns(tuple(glob.casefold() for glob in (*CRITICAL, *policy.critical)))
    for path in paths:
        small = path.casefold()
        if name.fullmatch(small.rpartition("/")[2]) or whole.fullmatch(small):
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
    own = {f"{FOLDER}/{name}" for each in policy.environments for name in readiness_names(each)}
    rows = {path: modes for path, modes in _changed(git, signed, found).items() if path not in own}
    changed = list(rows)
    for path, modes in rows.items():
        if odd := next((word for mode, word in _ELSEWHERE.items() if mode in modes), None):
            raise NotReady(
                _STEP, f"{visible(path, 200)} changed after it was signed, and what that {odd} brings cannot be seen",
                _AGAIN,
            )  # fmt: skip
    touched = critical(changed, policy)
    if touched is not None:
        raise NotReady(_STEP, f"{visible(touched, 200)} changed after it was signed, and it is critical", _AGAIN)
    watched = _watched(statement)
    for path in changed:
        for place, item in watched.items():
            if f"{path.casefold()}/".startswith(f"{place}/"):
                raise NotReady(
                    _STEP, f"{visible(path, 200)} changed after it was signed, and {item} rests on it",
                    f"Look again and say it again: shipworthy attest {item}, then sign again.",
                )  # fmt: skip
    return Drifted(signed_commit=signed.commit, changed=tuple(changed))


def _changed(git: Git, signed: Snapshot, found: Snapshot) -> dict[str, tuple[str, str]]:
    """Each path that differs -> its mode before and after. Renames are two paths, a change of mode is a change."""
    # The tree, not the commit: a predicted merge has another than the commit it is predicted for.
    tree = found.objects.tree_oid(found.rows)
    raw = git.run("diff-tree", "-r", "-z", "--no-renames", "--raw", "--ignore-submodules=none", signed.commit, tree)
    fields = raw.decode("utf-8", "surrogateescape").split("\0")[:-1]
    rows = [head.lstrip(":").split(" ") for head in fields[::2]]
    return {path: (row[0], row[1]) for row, path in zip(rows, fields[1::2], strict=True)}


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
    """Path in small letters -> the item a person said something about on its account."""
    found: dict[str, str] = {}
    for item in statement.items:
        if item.said is None or item.said.kind is not DecisionKind.ATTESTED:
            continue
        # A file's name may hold a comma too.
        for part in (item.said.named, *item.said.named.split(", ")):
            path = posixpath.normpath(part.partition("#")[0].strip())
            if path != "." and "://" not in part:
                found.setdefault(path.casefold(), item.id)
    return found
