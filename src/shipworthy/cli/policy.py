"""`shipworthy policy lint | explain`: are the rules in order, and what do they mean?"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shipworthy.cli.common import NOT_READY, fail, print_lines, root_of
from shipworthy.text import plural, visible

if TYPE_CHECKING:
    from shipworthy.setup.policy_lint import Linted
    from shipworthy.setup.rulebook import Rulebook


@click.group("policy")
def command() -> None:
    """Lint the policy and who may sign, or explain in plain words what is in force."""


@command.command("lint")
@click.argument("path", required=False, type=click.Path(exists=True))
def lint(path: str | None) -> None:
    """List every problem of the rules of the repository at PATH, or of one FILE of them.

    Looked at: policy.toml, checklist.toml, allowed_signers and revoked_keys in .shipworthy, together. Exit 0 no problem
    (there may be warnings), 1 problems, 2 a file cannot be read.
    """
    file = Path(path) if path and not Path(path).is_dir() else None
    found = _one(file) if file else _all(path)
    print_lines(visible(str(each), 600) for each in found.problems)
    print_lines(f"warning: {visible(str(each), 600)}" for each in found.warnings)
    where = visible(path, 200) if path else "the policy and its signers"
    if found.problems:
        click.echo(f"{plural(len(found.problems), 'problem')} in {where}", err=True)
        sys.exit(NOT_READY)
    warned = f", {plural(len(found.warnings), 'warning')}" if found.warnings else ""
    print_lines([f"No problem in {where}{warned}"])


def _one(file: Path) -> Linted:
    """One file by itself; what only shows together is not looked at."""
    from shipworthy.checklist.policy import lint_policy
    from shipworthy.project import Unreadable, read_file
    from shipworthy.readiness.allowed import REVOKED_FILE, SIGNERS_FILE
    from shipworthy.readiness.trust import MAX_BYTES
    from shipworthy.setup.policy_lint import Linted, lint_revoked, lint_signers
    from shipworthy.setup.rulebook import POLICY

    kinds = {POLICY: lint_policy, SIGNERS_FILE: lint_signers, REVOKED_FILE: lint_revoked}
    if file.name not in kinds:
        fail(f"{file} is none of {', '.join(kinds)}", "For a checklist: shipworthy checklist lint FILE")
    try:
        data = read_file(file.absolute().parent, file.name, MAX_BYTES)
    except Unreadable as error:
        fail(f"{file}: {error}", "Make it an ordinary, readable file.")
    return Linted(problems=tuple(kinds[file.name](data, str(file))))


def _all(path: str | None) -> Linted:
    from shipworthy.setup.policy_lint import lint_rulebook

    return lint_rulebook(_rulebook(path, None), datetime.now(UTC))


def _rulebook(path: str | None, base: str | None) -> Rulebook:
    from shipworthy.assess.rules import RulesError
    from shipworthy.setup.rulebook import read_rulebook

    try:
        return read_rulebook(root_of(path), base)
    except RulesError as error:
        fail(str(error), error.diagnostics)


@command.command("explain")
@click.argument("path", required=False, type=click.Path(exists=True, file_okay=False))
@click.option("--base", metavar="REF", help="Explain what a full ref says, like refs/remotes/origin/main.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def explain_command(path: str | None, base: str | None, form: str) -> None:
    """Explain the rules of the repository at PATH: each value and where it comes from, who may sign, what it takes.

    Without --base it is what the files here say. What judges a pull request is what the base says.
    """
    from shipworthy.report import policy as paper
    from shipworthy.setup.in_force import NotInForce, explain

    book = _rulebook(path, base)
    try:
        found = explain(book, datetime.now(UTC), base)
    except NotInForce as error:
        fail(str(error), error.diagnostics)
    print_lines([paper.as_json(found)] if form == "json" else paper.lines(found))
