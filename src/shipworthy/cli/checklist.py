"""`shipworthy checklist lint | show`: is the file in order, and what does this repository ask for?"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import click

from shipworthy import decisions
from shipworthy.assess.rules import FOLDER, RulesError, read_record, read_rules
from shipworthy.checklist import NAMES, DocumentError, Problem, extend, lint, lint_file, load, packaged_bytes
from shipworthy.checklist.document import MAX_BYTES
from shipworthy.checklist.policy import Policy, lint_policy, parse_policy
from shipworthy.checks import BUILT_IN
from shipworthy.cli.common import NOT_READY, fail, print_lines, root_of
from shipworthy.model import PROFILES, Checklist, Decides, Item, Level
from shipworthy.text import plural, visible

_RECORDS = ("policy", "checklist", "decisions")


@click.group("checklist")
def command() -> None:
    """Lint a checklist, a policy or decisions, or show the checklist in force."""


@command.command("lint")
@click.argument("file", required=False)
def lint_command(file: str | None) -> None:
    """List every problem of FILE, or of the files in this repository's .shipworthy folder, or of the packaged ones.

    Exits 0 where there is none, 1 where there are some, 2 where a file cannot be read.
    """
    checked: list[str] = []
    problems: list[Problem] = []
    for name, found in _lint_one(file) if file is not None else _lint_all(root_of(None)):
        checked.append(name)
        problems += found
    if problems:
        print_lines(visible(str(problem)) for problem in problems)
        click.echo(f"{plural(len(problems), 'problem')} in {visible(', '.join(checked))}", err=True)
        sys.exit(NOT_READY)
    print_lines([f"No problem in {visible(', '.join(checked))}"])


_Linted = Iterator[tuple[str, list[Problem]]]


def _lint_one(file: str) -> _Linted:
    path = Path(file)
    data = _bytes(path, file)
    if data is None:
        fail(f"{file}: no such file", "Name a checklist or a policy: shipworthy checklist lint FILE")
    if path.name == "policy.toml":
        yield file, lint_policy(data, file)
    elif path.name == "decisions.toml":
        yield file, decisions.lint(data, file)
    elif path.absolute().parent.name == FOLDER:
        policy = _bytes(path.with_name("policy.toml"), "policy.toml")
        yield file, lint(data, file, checks=BUILT_IN, base=load(_asked(policy)))
    else:
        yield file, lint_file(data, file, checks=BUILT_IN)


def _lint_all(root: Path) -> _Linted:
    policy_name, checklist_name, decisions_name = (f"{FOLDER}/{name}.toml" for name in _RECORDS)
    try:
        policy, extension, said = (read_record(root, f"{name}.toml") for name in _RECORDS)
    except RulesError as error:
        fail(str(error), error.diagnostics)
    base = load(_asked(policy))
    if extension is not None:
        problems = lint(extension, checklist_name, checks=BUILT_IN, base=base)
        yield checklist_name, problems
        if not problems:
            base = extend(base, extension, checklist_name, checks=BUILT_IN)
    if policy is not None:
        yield policy_name, lint_policy(policy, policy_name, base)
    if said is not None:
        yield decisions_name, decisions.lint(said, decisions_name)
    if policy is None and extension is None and said is None:
        for name in NAMES:
            yield f"{name}.toml", lint_file(packaged_bytes(name), f"{name}.toml", checks=BUILT_IN)


def _asked(policy: bytes | None) -> str:
    """The checklist a policy asks for; the default where there is none or it has problems, which are said elsewhere."""
    try:
        return (Policy() if policy is None else parse_policy(policy)).checklist
    except DocumentError:
        return Policy().checklist


def _bytes(path: Path, shown: str) -> bytes | None:
    """The bytes of an ordinary file; None where there is none. Exits where it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        fail(f"{shown} cannot be read: {getattr(error, 'strerror', None) or error}", "Give yourself read permission.")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        fail(f"{shown} is not an ordinary file", "Name a checklist or a policy in TOML.")
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read(MAX_BYTES + 1)


@command.command("show")
@click.option("--profile", type=click.Choice(PROFILES), help="Show the levels of this profile (default: the policy's).")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--path", metavar="PATH", help="The repository (default: the one you stand in).")
def show(profile: str | None, form: str, path: str | None) -> None:
    """Show the checklist this repository is held to: the packaged one, what it adds, and what its policy changes."""
    try:
        rules = read_rules(root_of(path))
    except RulesError as error:
        fail(str(error), error.diagnostics)
    checklist, profile = rules.checklist, profile or rules.policy.profile
    if form == "json":
        import json

        document = asdict(checklist) | {"schema": 1, "profile": profile}
        print_lines([json.dumps(document, indent=2)])
    else:
        print_lines(_lines(checklist, profile))


def _lines(checklist: Checklist, profile: str | None) -> Iterator[str]:
    items = [item for item in checklist.items if profile is None or item.level(profile) is not Level.NONE]
    yield f"{visible(checklist.title)}: {checklist.name} {visible(checklist.version)}, {plural(len(items), 'item')}"
    yield f"sha256 {checklist.digest}"
    if profile is not None:
        yield f"Profile {profile}: {_counts(items, profile)}"
    wide = max((len(item.id) for item in items), default=0)
    for area in checklist.areas:
        inside = [item for item in items if item.area == area.id]
        if inside:
            yield ""
            yield visible(area.title)
        for item in inside:
            level = f"{item.level(profile):<9}  " if profile is not None else ""
            yield f"  {level}{_who(item):<13}  {item.id:<{wide}}  {visible(item.title)}"


def _counts(items: Iterable[Item], profile: str) -> str:
    found = [item.level(profile) for item in items]
    return ", ".join(f"{found.count(level)} {level}" for level in Level if level is not Level.NONE)


def _who(item: Item) -> str:
    """Who settles it today: an item no check judges yet is a person's to say."""
    if item.check is None:
        return "you"
    return "machine" if item.decides is Decides.MACHINE else "machine + you"
