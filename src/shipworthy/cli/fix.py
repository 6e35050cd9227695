"""`shipworthy fix`: shows what a machine would change for an item, applies it after a yes, takes the last one back."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shipworthy.cli.common import CANNOT, NOT_READY, asks, fail, print_lines, root_of, wants_color
from shipworthy.text import plural, visible

if TYPE_CHECKING:
    from shipworthy.fixes import Fix, NoFix
    from shipworthy.session import Session

NO_FIX = 3
_COLORS = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m"}


@click.command("fix")
@click.argument("item", required=False)
@click.argument("path", required=False)
@click.option("--apply", "wanted", is_flag=True, help="Apply it, after a question.")
@click.option("--yes", "-y", is_flag=True, help="Apply it without a question (in a pipeline: needed to apply at all).")
@click.option("--undo", "undoing", is_flag=True, help="Take back the last fix applied to this repository.")
def command(item: str | None, path: str | None, wanted: bool, yes: bool, undoing: bool) -> None:
    """Show what a machine would change so that ITEM holds in the repository at PATH, as a diff with secrets masked.

    Nothing is written without --apply. All files are changed or none; --undo takes the last fix back, but not a secret
    it removed: that is kept nowhere.

    Exit 0 when shown, or applied and the item holds; 1 when applied and something is left; 2 when it cannot be done;
    3 when there is no fix by machine.
    """
    if undoing:
        if wanted or yes or path:
            fail("--undo goes with a PATH only", "Say: shipworthy fix --undo [PATH]")
        sys.exit(_undo(root_of(item)))
    if item is None:
        fail("say which item to fix", "See what is open: shipworthy check")
    sys.exit(_fix(item, root_of(path), wanted=wanted or yes, yes=yes))


def _fix(item: str, root: Path, *, wanted: bool, yes: bool) -> int:
    from shipworthy.assess.signing import SessionError
    from shipworthy.fixes import FixError, NoFix
    from shipworthy.fixes.propose import shown
    from shipworthy.session import Session

    try:
        session = Session(root)
        session.known(item)
        found = _proposed(session, item)
        if isinstance(found, NoFix):
            print_lines([f"No fix by machine for {visible(item)}: {visible(found.why, 1_000)}"])
            return NO_FIX
        lines = shown(found, root)
    except (SessionError, FixError) as error:
        fail(str(error), error.diagnostics)
    print_lines(_words(found, lines, color=wants_color(sys.stdout.isatty())))
    if not wanted:
        print_lines(["", f"Nothing is written. Apply it: shipworthy fix {visible(item)} --apply"])
        return 0
    if not yes:
        if not asks():
            fail("nobody can be asked here, so nothing is written", "Say it beforehand: --apply --yes")
        if not click.confirm(f"Change {plural(len(found.edits), 'file')}?", default=False, err=True):
            click.echo("Nothing is written.", err=True)
            return CANNOT
    try:
        session.apply_fix(found)
    except SessionError as error:
        fail(str(error), error.diagnostics)
    print_lines(["", "Applied. Take it back: shipworthy fix --undo", ""])
    from shipworthy.cli.check import run_check

    return NOT_READY if run_check(root, items=(item,)) else 0


def _proposed(session: Session, item: str) -> Fix | NoFix:
    """In this process: the command line has no screen to keep alive. Raises SessionError."""
    from shipworthy.assess.context import default_context
    from shipworthy.assess.rules import RulesError
    from shipworthy.assess.signing import SessionError
    from shipworthy.fixes.propose import propose
    from shipworthy.project import ProjectError

    try:
        return propose(session.checklist.item(item), session.root, default_context())
    except (ProjectError, RulesError) as error:
        raise SessionError(str(error), error.diagnostics) from error


def _words(fix: Fix, lines: Iterable[str], *, color: bool) -> Iterator[str]:
    yield visible(fix.says, 600)
    yield ""
    for line in lines:
        paint = _COLORS.get(line[:1], "") if color and not line.startswith(("+++", "---")) else ""
        yield f"{paint}{line}\x1b[0m" if paint else line
    if fix.notes:
        yield ""
        yield from (f"! {visible(note, 600)}" for note in fix.notes)


def _undo(root: Path) -> int:
    from shipworthy.assess.signing import SessionError
    from shipworthy.session import Session

    try:
        done = Session(root).undo_fix()
    except SessionError as error:
        fail(str(error), error.diagnostics)
    files = ", ".join(visible(each, 200) for each in done.paths) or "nothing was left to take back"
    print_lines([f"Taken back, for {visible(done.item)}: {files}", *(f"! {visible(note, 600)}" for note in done.notes)])
    return 0
