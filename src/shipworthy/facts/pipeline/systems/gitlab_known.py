"""What GitLab itself knows: the keywords of a file and of a job, and what its own templates put into a pipeline.

Source: GitLab's "CI/CD YAML syntax reference" (keywords, `include:template`) and the pages of each security scanner.
"""

from __future__ import annotations

import re

from shipworthy.facts.pipeline.fact import Kind
from shipworthy.facts.pipeline.words import words

TOP = words(
    "default include stages types variables workflow image services cache before_script after_script spec pages"
)
JOB = words(
    """
    after_script allow_failure artifacts before_script cache coverage dast_configuration dependencies environment except
    extends hooks id_tokens identity image inherit inputs interruptible manual_confirmation needs only pages parallel
    publish release resource_group retry rules run script secrets services stage start_in tags timeout trigger type
    variables when
    """
)
STAGES = ("build", "test", "deploy")
WORK = ("script", "trigger", "run")
"""Of these a job has one."""

_SCANS = re.compile(
    r"((Security|Jobs)/)?(SAST(-IaC)?|Secret-Detection|Dependency-Scanning|Container-Scanning|DAST(-API|-On-Demand-Scan)?"
    r"|License-(Scanning|Management)|API-(Fuzzing|Discovery|Security)|API-Security|Cluster-Image-Scanning|Coverage-Fuzzing"
    r"|BAS|DAST-Runner-Validation|Fortify-FoD-sast|Secure-Binaries)(\.latest)?\.gitlab-ci\.ya?ml"
)
_COMPONENTS = re.compile(
    r"[^@]*/(sast|secret-detection|dependency-scanning|container-scanning|iac-scanning|api-fuzzing|dast)(/[\w.-]+)?@.*"
)
_QUALITY = re.compile(r"(Jobs/)?Code-Quality(\.latest)?\.gitlab-ci\.ya?ml|[^@]*/code-quality(-oss)?(/[\w.-]+)?@.*")
_MEASURES = re.compile(
    r"((Verify|Jobs)/)?(Browser-Performance(-Testing)?|Load-Performance-Testing|Accessibility)(\.latest)?\.gitlab-ci\.ya?ml"
)
WORKFLOWS = {
    "Workflows/MergeRequest-Pipelines.gitlab-ci.yml": (
        "$CI_MERGE_REQUEST_IID", "$CI_COMMIT_TAG", "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH",
    ),
    "Workflows/Branch-Pipelines.gitlab-ci.yml": ("$CI_COMMIT_TAG", "$CI_COMMIT_BRANCH"),
}  # fmt: skip
"""Templates that only say for what a pipeline is created, with the conditions that create one."""


def template_kind(name: str) -> Kind | None:
    """What the jobs of a template or component of GitLab's own do; None where they may do anything.

    NOTHING: they measure what is deployed already.
    """
    if len(name) > 300:
        return None
    if _SCANS.fullmatch(name) or _COMPONENTS.fullmatch(name):
        return Kind.SCAN
    if _MEASURES.fullmatch(name):
        return Kind.NOTHING
    return Kind.LINT if _QUALITY.fullmatch(name) else None
