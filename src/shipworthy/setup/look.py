"""Looks at a repository before it is set up: its CI, its protected branch, who works on it, what it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shipworthy.assess.context import default_context
from shipworthy.assess.profile import authors, guess
from shipworthy.assess.store import FactStore
from shipworthy.checklist import DocumentError
from shipworthy.checklist.policy import parse_policy
from shipworthy.facts.stack import Part, Stack
from shipworthy.project import Project, Unreadable, read_file
from shipworthy.readiness.context import repository_name
from shipworthy.readiness.sign import target

GITHUB, GITLAB = "github", "gitlab"
GITLAB_FILE, POLICY_FILE = ".gitlab-ci.yml", ".shipworthy/policy.toml"
MAX_BYTES = 1024 * 1024
_VERIFIES = re.compile(rb"^[^#\n]*(?:\bshipworthy\"? verify\b|\buses:[ \t]*[\"']?[\w.-]+/shipworthy@)", re.M)
_INCLUDES = re.compile(rb"^[^#\n]*\.gitlab/readiness\.yml", re.M)
_MERGE_REQUESTS = re.compile(rb"^[^#\n]*(?:merge_request_event|\bmerge_requests\b|MergeRequest-Pipelines)", re.M)
_HOSTS = ((GITHUB, re.compile(r"github", re.I)), (GITLAB, re.compile(r"gitlab", re.I)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What was found. Names are a repository's own text: `text.visible` before any screen."""

    name: str
    systems: tuple[str, ...]
    """CI systems with a file in the repository, sorted."""
    host: str | None
    """`github` or `gitlab`, where the remote's address says so."""
    branch: str | None
    """The branch that is deployed, as far as git knows."""
    profile: str
    """The policy's; the guessed one where it names none."""
    reason: str
    verifies: str | None
    """A workflow that runs `shipworthy verify` already."""
    includes: bool
    """Whether `.gitlab-ci.yml` includes our file already."""
    merge_requests: bool
    """Whether `.gitlab-ci.yml` has pipelines for merge requests; True where there is none."""

    @property
    def ci(self) -> str | None:
        """The one system of ours that is meant; None where there is none or it could be either."""
        ours = [name for name in (GITHUB, GITLAB) if name in self.systems]
        if len(ours) == 1:
            return ours[0]
        return self.host if ours or not self.systems else None


def look(project: Project) -> Surroundings:
    """What is there. A profile that cannot be told from the files is the strictest guess."""
    stack = FactStore(project, default_context(), []).get(Stack)
    if isinstance(stack, Stack):
        profile, reason = guess(stack.components, authors(project))
        systems = tuple(sorted(stack.names(Part.CI)))
    else:
        profile, reason, systems = "team", f"what it is could not be told ({stack})", ()
    reason = f"guessed: {reason}"
    named = _named(project)
    if named is not None:
        profile, reason = named, f"set in {POLICY_FILE}"
    pipeline = _bytes(project, GITLAB_FILE)
    return Surroundings(
        name=project.root.name,
        systems=systems,
        host=_host(project),
        branch=_branch(project),
        profile=profile,
        reason=reason,
        verifies=_verifies(project),
        includes=pipeline is not None and bool(_INCLUDES.search(pipeline)),
        merge_requests=pipeline is None or bool(_MERGE_REQUESTS.search(pipeline)),
    )


def _bytes(project: Project, path: str) -> bytes | None:
    try:
        return read_file(project.root, path, MAX_BYTES)
    except Unreadable:
        return None


def _named(project: Project) -> str | None:
    """The profile that a policy names."""
    data = _bytes(project, POLICY_FILE)
    try:
        return None if data is None else parse_policy(data).profile
    except DocumentError:
        return None


def _host(project: Project) -> str | None:
    if project.git is None:
        return None
    url = project.git.answer("config", "--get", "remote.origin.url") or ""
    name = repository_name(project.git)
    # Only what stands before the repository's own name is the host.
    place = url.removesuffix(".git").removesuffix(name) if name else ""
    return next((host for host, pattern in _HOSTS if pattern.search(place)), None)


def _branch(project: Project) -> str | None:
    """Where a readiness file signed here is meant for: the two have to agree, or nothing ever verifies."""
    if project.git is None:
        return None
    ref = target(project.git)
    return ref.removeprefix("refs/heads/") if ref.startswith("refs/heads/") else None


def _verifies(project: Project) -> str | None:
    for path in sorted(project.files):
        if re.fullmatch(r"\.github/workflows/[^/]+\.ya?ml", path):
            data = _bytes(project, path)
            if data is not None and _VERIFIES.search(data):
                return path
    return None
