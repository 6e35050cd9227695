"""What is said of each kind of weak place in a pipeline, and what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shipworthy.facts.hardening import Weakness


@dataclass(frozen=True, slots=True)
class Words:
    """`says` and `remedy` may name `{what}`; `short` is for the summary."""

    short: str
    says: str
    remedy: str


_PIN = (
    "Write the full commit hash of the version you use instead of its name, and the version behind it: `{name}@<40 "
    "letters and digits> # {ref}`. The hash stands on the project's Releases page; Dependabot and Renovate keep it new."
)
_WORDS = {
    "unpinned-action": Words(
        "borrowed steps that can change",
        "`{what}` is somebody else's code under a name that can be given to other code at any time.",
        _PIN,
    ),
    "unpinned-workflow": Words(
        "borrowed workflows that can change",
        "The workflow `{what}` lies in another repository, under a name that can be given to other code at any time.",
        _PIN,
    ),
    "own-by-tag": Words(
        "actions by tag",
        "Actions are used by a tag, which their owner can move; {what}.",
        "Best is a full commit hash with the version behind it, for these too: Dependabot and Renovate keep it new.",
    ),
    "no-version-comment": Words(
        "pins that do not tell their version",
        "Actions are pinned by a commit hash, and nothing tells which version that is.",
        "Write the version behind the hash (`# v4.2.2`): people and update bots need it.",
    ),
    "no-permissions": Words(
        "no `permissions:`",
        "Nothing limits what the token of this workflow may do.",
        "It has whatever rights the repository's settings give. Above `jobs:` write `permissions:` and, indented below "
        "it, `contents: read`. A job that must write gets its own `permissions:` with the one right it needs.",
    ),
    "write-all": Words(
        "`permissions: write-all`",
        "`permissions: write-all` gives every step the right to change code, releases, packages and issues.",
        "Write `permissions: {{contents: read}}` instead, and give the one job that must write the one right it needs.",
    ),
    "broad-permissions": Words(
        "rights to write for every job",
        "A right to write is given at the top, so every job and every action in it has it.",
        "Write `permissions: {{contents: read}}` at the top and move the right to the one job that needs it.",
    ),
    "target-checkout": Words(
        "checkouts of strangers' code beside your secrets",
        "`{what}` brings in the code of a pull request, which anybody may open, where the repository's secrets are.",
        "Let `on: pull_request` build and test the change: it has no secrets. Keep here only what does not run the "
        "change's code, without this checkout.",
    ),
    "open-trigger": Words(
        "triggers with secrets",
        "`pull_request_target` runs with the repository's secrets for everybody's pull requests.",
        "Use `on: pull_request` where no secret is needed. Where one is, never check out or run the change here.",
    ),
    "injection": Words(
        "text of strangers in commands",
        "`{what}` is pasted into a command before it runs, and a stranger chooses that text: it can be a command.",
        "Pass it through the environment: give the step `env:` and, indented below it, `{name}: {what}`, and use "
        "{use} in the command.",
    ),
    "pasted-value": Words(
        "values pasted into commands",
        "`{what}` is pasted into a command before it runs, and where its text comes from cannot be told here.",
        "If a stranger may have chosen it (names of files or branches, titles), pass it through the environment: give "
        "the step `env:` and, indented below it, `{name}: {what}`, and use {use} in the command.",
    ),
    "injection-input": Words(
        "inputs in commands",
        "Inputs are pasted into commands before they run, so whoever fills them can add commands.",
        'Pass them through the environment, such as `env: {{VERSION: ${{{{ inputs.version }}}}}}` and `"$VERSION"`.',
    ),
    "secrets-inherit": Words(
        "secrets given to other repositories",
        "`secrets: inherit` gives every secret of this repository to `{what}`.",
        "Name the secrets it needs under `secrets:` instead, and pin the workflow by its commit hash.",
    ),
    "left-token": Words(
        "tokens left in a folder",
        "The checkout leaves the job's token in the folder's git configuration.",
        "Write `persist-credentials: false` under the checkout's `with:`.",
    ),
    "unsecure-commands": Words(
        "commands from printed text",
        "`ACTIONS_ALLOW_UNSECURE_COMMANDS` lets anything that prints a line set variables for later steps.",
        'Remove it, and write `echo "NAME=value" >> "$GITHUB_ENV"` where `::set-env` stands.',
    ),
    "old-command": Words(
        "commands that no longer work",
        "`{what}` was switched off by GitHub because printed text could use it.",
        'Write `echo "NAME=value" >> "$GITHUB_ENV"` instead.',
    ),
    "self-hosted": Words(
        "pull requests on own machines",
        "Pull requests run on a machine of your own, and keep whatever they leave there.",
        "In a public repository use GitHub's runners for pull requests, or throw the machine away after each job.",
    ),
    "bot-condition": Words(
        "conditions that trust a bot's name",
        "The condition trusts who started the run. On this event a stranger can make a bot start it.",
        "Ask for the author of the change instead: `github.event.pull_request.user.login == 'dependabot[bot]'`.",
    ),
    "unpinned-image": Words(
        "images that can change",
        "The image `{what}` can be another one tomorrow.",
        "Name a version's tag, or best the digest: `{name}:<version>@sha256:…` (`docker images --digests` shows it).",
    ),
    "pipe-to-shell": Words(
        "scripts from the network",
        "`{what}` runs a script as it happens to be at that address.",
        "Use your package manager or a pinned action, or keep the script in the repository. Else load one version "
        "of it to a file and compare its checksum before it runs.",
    ),
    "secret-in-log": Words(
        "secrets in the log",
        "`{what}` writes settings, secrets among them, into the log.",
        "Remove it, or print only the names: `env | cut -d= -f1`.",
    ),
    "remote-include": Words(
        "pipeline parts from elsewhere that can change",
        "`{what}` becomes part of this pipeline and can change without a change here.",
        "Name a full commit hash (GitLab and Azure: in `ref:`), or copy the file into this repository.",
    ),
    "unpinned-orb": Words(
        "orbs that can change",
        "The orb `{what}` runs with your secrets and can become a newer version by itself.",
        "Write its full version, such as `@5.1.0`: a published version never changes.",
    ),
    "environment-file": Words(
        "strangers' text in the environment",
        "Text that strangers may choose is written where later steps take their variables from.",
        "Write only fixed names and checked values to `$GITHUB_ENV` and `$GITHUB_PATH`.",
    ),
    "cache": Words(
        "caches in a release",
        "A release is built with a cache that other runs can fill.",
        "Build releases without a cache.",
    ),
}
_OTHER = Words("further weak places", "`{what}`", "Look the rule up in zizmor's list of audits.")


def words_of(rule: str) -> Words:
    """The words of a rule; for a rule of the other program alone, plain ones."""
    return _WORDS.get(rule, _OTHER)


def message(row: Weakness) -> str:
    """What is wrong, in one or two sentences."""
    words = words_of(row.rule)
    said = words.says.format(what=row.what)
    if row.engine and row.why:
        return f"{said} {row.engine} says: {row.why.rstrip('.')}."
    return f"{said[:-1]}: {row.why}." if row.why else said


def remedy(row: Weakness) -> str:
    """What to do, with the names of the place itself."""
    name, _, ref = row.what.rpartition("@")
    if row.rule == "unpinned-image":
        name = row.what.partition("@")[0]
        name = name.rpartition(":")[0] if ":" in name.rsplit("/", 1)[-1] else name
    elif row.rule in ("injection", "pasted-value"):
        name = _variable(row.what)
    script = "script" in row.why
    use = f"`process.env.{name}`" if script else f'`"${name}"`'
    if row.what.startswith("docker://"):
        return "Name the image by its digest: `docker://…@sha256:…` (`docker images --digests` shows it)."
    return words_of(row.rule).remedy.format(what=row.what, name=name or row.what, ref=ref or "its version", use=use)


def _variable(expression: str) -> str:
    """A good name for the variable: TITLE for `${{ github.event.issue.title }}`."""
    names = re.findall(r"[A-Za-z_]\w*", expression)
    last = names[-1].upper() if names else "VALUE"
    return {"REF": "BRANCH", "HEAD_REF": "BRANCH", "LABEL": "BRANCH", "EVENT": "EVENT"}.get(last, last)
