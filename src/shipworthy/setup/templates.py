"""Fills the files that `shipworthy init` proposes from the templates beside it; every value is checked before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files

from shipworthy import __version__
from shipworthy.checklist.policy import Policy
from shipworthy.model import PROFILES

# What a full ref may hold (see readiness.trust), without the parts that would need quotes anywhere.
_BRANCH = re.compile(r"[A-Za-z0-9._+@#=-]+(?:/[A-Za-z0-9._+@#=-]+)*", re.ASCII)
_ENVIRONMENT = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_MARK = re.compile(r"@@([A-Z_]+)@@")
_BASE_GITHUB = """\
          # Whose policy and signers judge the commit. Written out on purpose, never taken from the event: a pull
          # request must not choose its own judge. It has to be a branch that only reviewed changes reach.
          SHIPWORTHY_BASE: 'refs/remotes/origin/@@BRANCH@@'"""
_TRUST_GITHUB = """\
          # The one key whose signature counts, from the repository's variables, which a pull request cannot change.
          # As a team, list people in .shipworthy/allowed_signers and write their branch out here instead:
          #   SHIPWORTHY_BASE: 'refs/remotes/origin/@@BRANCH@@'
          SHIPWORTHY_TRUST: ${{ vars.SHIPWORTHY_TRUST }}"""
_MERGE_REQUESTS = """\
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"""
# A job for merge requests in a project of branch pipelines would get a pipeline of its own, without the tests.
_BRANCHES = """\
    - if: $CI_COMMIT_BRANCH"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the files depend on."""

    branch: str
    """The protected branch (short name)."""
    profile: str
    reason: str
    """Why this profile, as one sentence without its dot."""
    base: bool
    """Whether a base judges; else one key, pinned outside the repository."""
    environment: str | None = None
    """None: the one a policy has where it says nothing."""
    merge_requests: bool = True
    """GitLab: pipelines for merge requests, not for branches."""
    version: str = __version__


def is_branch(name: str) -> bool:
    """Whether a branch can be written into the files as it is."""
    return bool(_BRANCH.fullmatch(name)) and ".." not in name and not name.startswith("-") and len(name) <= 200


def is_environment(name: str) -> bool:
    """Whether a policy can name this environment."""
    return bool(_ENVIRONMENT.fullmatch(name)) and len(name) <= 40


def _template(name: str) -> str:
    return (files("shipworthy.setup") / "data" / name).read_text(encoding="utf-8")


def _filled(text: str, values: dict[str, str]) -> bytes:
    """Raises KeyError for a mark without a value; a value is never searched for marks again."""
    return _MARK.sub(lambda match: values[match[1]], text).encode("utf-8")


def github(settings: Settings) -> bytes:
    """`.github/workflows/readiness.yml`."""
    text = _template("github.yml").replace("@@TRUST@@", _BASE_GITHUB if settings.base else _TRUST_GITHUB)
    if settings.environment:
        text = text.replace("--format github\n", "--format github --environment @@ENVIRONMENT@@\n")
    return _filled(
        text,
        {
            "BRANCH": settings.branch,
            # In a branch filter of GitHub a plus repeats what stands before it.
            "BRANCH_PATTERN": settings.branch.replace("+", "\\+"),
            "VERSION": settings.version,
            "ENVIRONMENT": settings.environment or "",
        },
    )


def gitlab(settings: Settings) -> bytes:
    """`.gitlab/readiness.yml`, to be included."""
    return _filled(
        _template("gitlab.yml"),
        {
            "BRANCH": settings.branch,
            "VERSION": settings.version,
            "TRUST": "base" if settings.base else "variable",
            "ENVIRONMENT": settings.environment or "",
            "RULES": _MERGE_REQUESTS if settings.merge_requests else _BRANCHES,
        },
    )


def gitlab_ci() -> bytes:
    """`.gitlab-ci.yml` for a project that has none."""
    return _filled(_template("gitlab-ci.yml"), {})


def policy(settings: Settings) -> bytes:
    """`.shipworthy/policy.toml`."""
    default = Policy()
    return _filled(
        _template("policy.toml"),
        {
            "REASON": f"{settings.reason[:1].upper()}{settings.reason[1:]}.",
            "PROFILES": ", ".join(PROFILES),
            "PROFILE": settings.profile,
            "ENVIRONMENT": settings.environment or default.environment,
            "APPROVERS": str(default.approvers_of(settings.profile)),
            "EXPIRY": str(default.expiry_days),
            "WAIVER": str(default.waiver_max_days),
            "ATTESTATION": str(default.attestation_max_days),
            "DRIFT": str(default.drift_max_age_days),
            "ADVISORY": str(default.advisory_max_age_days),
            "KEYS": str(default.key_max_days),
        },
    )


def attributes() -> bytes:
    """`.shipworthy/.gitattributes`."""
    return (
        b"# What was signed has to reach every machine byte by byte.\n"
        b"* -text\n"
        b'# Readable differences, once per clone: git config diff.shipworthy.textconv "shipworthy show --textconv"\n'
        b"readiness.*.json diff=shipworthy\n"
    )
