"""Which CI systems a repository uses, told by their files; and files that look like workflows and are none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shipworthy.facts.pipeline.fact import CiSystem, NotRead
from shipworthy.facts.pipeline.systems import READERS
from shipworthy.facts.pipeline.systems.azure_files import find_azure
from shipworthy.facts.pipeline.systems.cloudbuild import is_build
from shipworthy.facts.pipeline.tree import Tree

_BY_PATH: tuple[tuple[str, str, str], ...] = (
    ("github", "GitHub Actions", r"\.github/workflows/[^/]+\.ya?ml"),
    ("gitlab", "GitLab CI", r"\.gitlab-ci\.ya?ml"),
    ("circleci", "CircleCI", r"\.circleci/config\.ya?ml|circle\.yml"),
    ("bitbucket", "Bitbucket Pipelines", r"bitbucket-pipelines\.ya?ml"),
    (
        "jenkins",
        "Jenkins",
        r"(.*/)?(?![^/]*\.(orig|bak|old|md|txt|example|sample|template|disabled|j2)$)(Jenkinsfile([._-][^/]*)?|[^/]+\.[jJ]enkinsfile)",
    ),
    ("drone", "Drone", r"\.drone\.(ya?ml|star|jsonnet)"),
    ("woodpecker", "Woodpecker", r"\.woodpecker(/[^/]+)?\.ya?ml"),
    (
        "buildkite",
        "Buildkite",
        r"\.buildkite/([^/]+/)?[^/]+\.ya?ml|\.buildkite/pipeline[^/]*\.(json|sh)|buildkite\.ya?ml",
    ),
    ("travis", "Travis CI", r"\.travis\.ya?ml"),
    ("cloudbuild", "Cloud Build", r"(.*/)?([^/]*cloud[-_.]?build[^/]*|\.?cloudbuild/[^/]+)\.(ya?ml|json)"),
    ("appveyor", "AppVeyor", r"\.?appveyor\.ya?ml"),
    ("cirrus", "Cirrus CI", r"\.cirrus\.(ya?ml|star)"),
    ("semaphore", "Semaphore", r"\.semaphore/semaphore\.ya?ml"),
    ("codebuild", "AWS CodeBuild", r"(.*/)?buildspec[^/]*\.ya?ml"),
    ("forgejo", "Forgejo Actions", r"\.(forgejo|gitea)/workflows/[^/]+\.ya?ml"),
    ("teamcity", "TeamCity", r"\.teamcity/settings\.kts"),
    ("concourse", "Concourse", r"ci/pipeline\.ya?ml"),
)
_COMPILED = [(name, title, re.compile(pattern)) for name, title, pattern in _BY_PATH]
_ANY = re.compile("|".join(f"(?:{pattern})" for _, _, pattern in _BY_PATH))
_PASSED_OVER = re.compile(
    r"(^|/)(templates?|examples?|samples?|fixtures|testdata|test[-_]?data|cookiecutters?)(/|$)|\{\{|\{%", re.I
)


def _is_read(name: str) -> bool:
    return name == "github" or name in READERS


def find_systems(tree: Tree) -> Iterator[CiSystem]:
    """Every file that configures a CI system, in path order. Azure may use any name, so its files are told by text."""
    azure = find_azure(tree, lambda path: _PASSED_OVER.search(path) is not None)
    for path in sorted(tree.files):
        entry = tree.files[path]
        if not entry.by_hand:
            continue
        if path in azure:
            yield CiSystem(name="azure", title="Azure Pipelines", path=path, is_read=_is_read("azure"))
            continue
        for name, title, pattern in _COMPILED if _ANY.fullmatch(path) else ():
            if pattern.fullmatch(path) and not (_PASSED_OVER.search(path) and "/" in path):
                if name == "cloudbuild" and not _is_build(tree, path):
                    continue
                yield CiSystem(name=name, title=title, path=path, is_read=_is_read(name))
                break


def _is_build(tree: Tree, path: str) -> bool:
    """Whether a file with such a name is a build; one that is called just so is taken for one that went wrong."""
    return is_build(tree.yaml(path)) or bool(re.fullmatch(r"(.*/)?cloudbuild\.(ya?ml|json)", path))


def find_disabled(tree: Tree) -> Iterator[NotRead]:
    """Files that somebody may take for a workflow and the code host never reads."""
    for path in sorted(tree.files):
        if not path.startswith(".github/") or not re.search(r"workflow", path):
            continue
        inside = path.removeprefix(".github/workflows/")
        if path.startswith(".github/workflows/") and "/" not in inside and re.search(r"\.ya?ml$", inside):
            continue
        if re.search(r"\.ya?ml", path):
            where = "in a sub-folder" if "/" in inside and inside != path else "under a name that is not read"
            yield NotRead(path=path, line=None, reason=f"lies {where}, so GitHub does not run it")
