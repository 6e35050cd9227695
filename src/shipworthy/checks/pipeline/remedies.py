"""How each CI system is told to start on every change and to let a failure count: the words of its own manual.

Sources: the manuals' pages on triggers (GitHub "Events that trigger workflows", GitLab "rules", CircleCI "filters",
Azure "triggers", Bitbucket "start conditions", Drone and Woodpecker "when", Travis "build conditions", Jenkins
"Multibranch Pipeline", Buildkite "GitHub settings", Cloud Build "triggers") and on failures that are tolerated.
"""

from __future__ import annotations

from dataclasses import dataclass

from shipworthy.facts.pipeline import Leaf, Pipeline


@dataclass(frozen=True, slots=True)
class Words:
    """One system: its name, its file, how a file starts on every change, and what hides a failure there."""

    title: str
    file: str
    start: str
    hides: str
    outside: str = ""
    """Where a person sees when it starts, for systems that keep that outside the repository."""


_NEUTRAL = Words(
    title="the pipeline",
    file="the pipeline's file",
    start="Start a job on every proposed change, without a branch or path filter.",
    hides="`|| true`, a setting that tolerates failures, or a pipe without `pipefail`",
)
_WORDS = {
    "github": Words(
        title="GitHub Actions",
        file=".github/workflows/ci.yml",
        start="Write `on: [push, pull_request]` at the top of the workflow, with no branch or path filter below it.",
        hides="`|| true`, `continue-on-error`, or a pipe without `shell: bash`",
    ),
    "gitlab": Words(
        title="GitLab CI",
        file=".gitlab-ci.yml",
        start='Give the job `rules:` with `- if: $CI_PIPELINE_SOURCE == "merge_request_event"` and `- if: '
        "$CI_COMMIT_BRANCH`, without `when: manual` and `changes:`, and see that `workflow: rules:` lets both through.",
        hides="`|| true`, `allow_failure: true`, or a pipe without `set -o pipefail`",
        outside="Settings, CI/CD, General pipelines",
    ),
    "circleci": Words(
        title="CircleCI",
        file=".circleci/config.yml",
        start="List the job under `workflows:` without `filters:` and without an approval before it.",
        hides="`|| true`, `; true`, or a shell without `-e`",
        outside="Project Settings, Triggers",
    ),
    "azure": Words(
        title="Azure Pipelines",
        file="azure-pipelines.yml",
        start="Write `pr: ['*']` and `trigger: ['*']` without path filters. Code in Azure Repos needs a branch policy "
        "“Build validation” instead of `pr:`.",
        hides="`|| true`, `continueOnError: true`, or a script whose last command decides",
        outside="Repos, Branches, Branch policies, Build validation",
    ),
    "bitbucket": Words(
        title="Bitbucket Pipelines",
        file="bitbucket-pipelines.yml",
        start="Put the step under `pipelines: default:`, or under `pull-requests: '**':`, without `trigger: manual`.",
        hides="`|| true`, `on-fail: strategy: ignore`, or a pipe without `set -o pipefail`",
    ),
    "jenkins": Words(
        title="Jenkins",
        file="Jenkinsfile",
        start="Make it a Multibranch Pipeline whose branch source discovers branches and pull requests.",
        hides="`|| true`, `catchError`, `returnStatus: true`, or a `try` that does not fail again",
        outside="the job's page, Configure, Branch Sources (a Multibranch Pipeline that discovers pull requests)",
    ),
    "drone": Words(
        title="Drone",
        file=".drone.yml",
        start="Let `trigger:` list `event: [push, pull_request]` without branch filters, or leave it out.",
        hides="`|| true`, or `failure: ignore`",
        outside="the repository's page, Settings",
    ),
    "woodpecker": Words(
        title="Woodpecker",
        file=".woodpecker.yml",
        start="Write `when: - event: [push, pull_request]` without branch and path filters.",
        hides="`|| true`, or `failure: ignore`",
        outside="the repository's page, Settings",
    ),
    "buildkite": Words(
        title="Buildkite",
        file=".buildkite/pipeline.yml",
        start="Switch on “Build branches” and “Build pull requests” in its settings, without branch filters.",
        hides="`|| true`, or `soft_fail`",
        outside="the pipeline's page, Settings, GitHub (“Build branches”, “Build pull requests”, branch filters)",
    ),
    "travis": Words(
        title="Travis CI",
        file=".travis.yml",
        start="Remove `branches:` and `if:` limits, and leave “Build pushed pull requests” on in the settings.",
        hides="`|| true`, `allow_failures`, or a test command under `after_script`",
        outside="the repository's page, More options, Settings",
    ),
    "cloudbuild": Words(
        title="Cloud Build",
        file="cloudbuild.yaml",
        start="Create a trigger for the event “Pull request” on the branch pattern `.*`.",
        hides="`|| true`, `allowFailure`, or `allowExitCodes`",
        outside="Cloud Build, Triggers (event “Pull request”, any branch, no file filter)",
    ),
}


def words_of(system: str) -> Words:
    """The words of a system, by the name its files are discovered under; plain ones for an unlisted system."""
    return _WORDS.get(system, _NEUTRAL)


def own_words(pipeline: Pipeline, path: str = "") -> Words:
    """Words for the pipeline file at `path`, else for the repository's first system; GitHub's where there is none."""
    systems = {each.path: each.name for each in reversed(pipeline.systems)}
    name = next((each.system for each in pipeline.workflows if each.path == path), None) or systems.get(path)
    if name is None and pipeline.systems:
        name = pipeline.systems[0].name
    return words_of(name or "github")


def outside_words(pipeline: Pipeline, path: str) -> tuple[str, str]:
    """What nobody can read in the repository about when the file at `path` starts, and what to do about it."""
    own = own_words(pipeline, path)
    where = f" ({own.outside})" if own.outside else ""
    remedy = (
        f"Look in {own.title}{where} whether it starts for every proposed change. If it does, record that you looked "
        "in a waiver that says what you saw and names the page; else change it there."
    )
    return f"when {own.title} starts it is set in {own.title} itself, not in this repository", remedy


_DRIVERS = frozenset({"bun", "cargo", "deno", "dotnet", "go", "gradle", "mix", "mvn", "npm"})
"""Programs that do many things: only the next word tells which."""


def proof(leaf: Leaf) -> str:
    """The chain from the pipeline's file to the command: "ci.yml:14 pytest <- Makefile:3"."""
    first, *rest = (f"{link.path.rpartition('/')[2]}:{link.line}" for link in leaf.chain)
    name, *words = leaf.text.split(" ")
    # An action keeps its owner: `o/r@v1`.
    program = name if "@" in name else name.rpartition("/")[2] or name
    if program in _DRIVERS and words and words[0][:1].isalpha():
        program += f" {words[0]}"
    return " <- ".join([f"{first} {program}", *rest])


def chained(leaf: Leaf) -> str:
    """The whole chain, as evidence."""
    return " <- ".join(f"{link} {link.text}" for link in leaf.chain)
