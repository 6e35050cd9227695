"""`shipworthy form`: lists the forms about what only a person knows, and asks their questions line by line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shipworthy.cli.common import CANNOT, NOT_READY, asks, fail, print_lines, root_of, typed
from shipworthy.text import plural, visible

if TYPE_CHECKING:
    from shipworthy.facts.forms import Form
    from shipworthy.forms.prefill import Filled


@click.command("form")
@click.argument("item", required=False)
@click.argument("path", required=False)
@click.option("--show", is_flag=True, help="Print the form's file and what is missing from it; ask nothing.")
@click.option("--template", "as_text", is_flag=True, help="Print the file to fill in by hand, with what was found.")
def command(item: str | None, path: str | None, show: bool, as_text: bool) -> None:
    """Ask the questions of ITEM's form and write the answers below .shipworthy/ in the repository at PATH.

    Without ITEM: list the forms and how each item stands. Rows found in the code are shown with the place they were
    found at, and count only once you say that they are so. What you answered is saved after each question.

    Exit 0 when the form is complete, 1 when something is missing, 2 when it cannot be read or nobody can be asked.
    """
    if item is None:
        sys.exit(_list(root_of(path)))
    from shipworthy.facts.forms import form_of, forms

    form = form_of(item)
    if form is None:
        fail(f"no form serves {item!r}", f"These items have one: {', '.join(each.id for each in forms())}")
    root = root_of(path)
    if show:
        sys.exit(_show(root, form))
    if as_text or not asks():
        print_lines(_text(root, form).split("\n")[:-1])
        if as_text:
            sys.exit(0)
        fail("nobody can be asked here, so nothing is written", f"Write {form.file} by hand, as printed above.")
    from shipworthy.plain.questions import ask

    complete = ask(root, form, _filled(root, form), _Terminal())
    from shipworthy.cli.check import run_check

    print_lines([""])
    run_check(root, items=(form.id,))
    sys.exit(0 if complete else NOT_READY)


class _Terminal:
    """Asks on standard error. Raises click.Abort where the person leaves."""

    def tell(self, text: str = "") -> None:
        click.echo(text, err=True)

    def explain(self, text: str, indent: str) -> None:
        from shutil import get_terminal_size
        from textwrap import fill

        width = max(min(get_terminal_size().columns, 100), 40)
        self.tell(fill(text, width - 1, initial_indent=indent, subsequent_indent=indent))

    def line(self, prompt: str) -> str:
        return typed(prompt, default="", show_default=False, prompt_suffix=" ").strip()


def _list(root: Path) -> int:
    from shipworthy.assess.context import default_context
    from shipworthy.assess.examine import examine
    from shipworthy.assess.signing import SessionError
    from shipworthy.facts.forms import forms
    from shipworthy.session import Session

    try:
        session = Session(root)
        examine(root, default_context(), session.apply, only=tuple(each.id for each in forms()))
    except SessionError as error:
        fail(str(error), error.diagnostics)
    if session.failed is not None:
        fail(session.failed.message, session.failed.diagnostics)
    held = {result.item.id: result for result in session.assessment().results}
    missing = False
    lines: list[str] = []
    for form in forms():
        result = held.get(form.id)
        state = f"{result.status}: {result.summary}" if result else "not asked for here"
        missing = missing or (result is not None and not result.settled)
        lines += [f"{form.id:<22} {form.title}", f"{'':<22} {form.file}", f"{'':<22} {visible(state, 300)}", ""]
    print_lines([*lines, "Fill one in: shipworthy form ITEM"])
    return NOT_READY if missing else 0


def _show(root: Path, form: Form) -> int:
    from datetime import UTC, datetime

    from shipworthy.facts.forms import FormError, lacking
    from shipworthy.forms.store import text_of, written

    try:
        held = written(root, form)
        text = text_of(root, form) or ""
    except FormError as error:
        fail(str(error), error.diagnostics)
    if held is None:
        fail(f"there is no {form.file} yet", f"Make it: shipworthy form {form.id}", NOT_READY)
    flaws = held.broken or lacking(form, held.answers, datetime.now(UTC).date(), held)
    print_lines(visible(line, 2_000) for line in _masked(form, text))
    print_lines(["", *(f"! {visible(str(flaw), 400)}" for flaw in flaws), *([] if flaws else ["Nothing is missing."])])
    if held.broken:
        return CANNOT
    return NOT_READY if flaws else 0


def _filled(root: Path, form: Form) -> Filled:
    """In this process: the command line has no screen to keep alive."""
    from shipworthy.assess.context import default_context
    from shipworthy.facts.forms import FormError
    from shipworthy.forms.prefill import prefill
    from shipworthy.project import ProjectError

    try:
        filled = prefill(form, root, default_context())
    except (FormError, ProjectError) as error:
        fail(str(error), error.diagnostics)
    for line in _unsure(filled):
        click.echo(line, err=True)
    return filled


def _unsure(filled: Filled) -> Iterator[str]:
    if filled.unsure:
        yield f"! {plural(len(filled.unsure), 'thing')} could not be read, so rows may be missing:"
        yield from (f"    {visible(each, 200)}" for each in filled.unsure[:3])


def _text(root: Path, form: Form) -> str:
    """The file with a row, not confirmed, for everything that was found and is not in it."""
    from shipworthy.facts.forms import FormError
    from shipworthy.forms.store import rendered, text_of

    filled = _filled(root, form)
    try:
        data = rendered(form, filled.answers, (text_of(root, form) or "").encode("utf-8"))
    except FormError as error:
        fail(str(error), error.diagnostics)
    return "".join(f"{visible(line, 20_000)}\n" for line in _masked(form, data.decode("utf-8")))


def _masked(form: Form, text: str) -> list[str]:
    """The lines of the form's file, without a secret that somebody wrote into it."""
    from shipworthy.facts.secrets.mask import mask_words

    return mask_words(text).splitlines()
