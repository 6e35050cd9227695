"""What can be done about one item in the line mode. Every question that leads to writing says so; Enter says no."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING

from shipworthy.assess.signing import SessionError
from shipworthy.coaching import deciding
from shipworthy.coaching.when import DateError, until
from shipworthy.coaching.words import day
from shipworthy.model import Result
from shipworthy.plain.talk import Choice, GivenUp
from shipworthy.text import plural, visible

if TYPE_CHECKING:
    from shipworthy.plain.conversation import Conversation

_FILE = ".shipworthy/decisions.toml"


def recheck(here: Conversation, result: Result) -> None:
    """Examine one item again, after a question where that runs the project's own command."""
    item = result.item.id
    command = here.session.consent_needed(item)
    if command is not None and not _consents(here, command):
        return
    if here.examine((item,), "Checking it again."):
        here.now(item)


def _consents(here: Conversation, command: str) -> bool:
    """Ask whether the project's command may run; True where it may."""
    talk = here.talk
    talk.say("Checking this runs the project's own command on your machine:")
    talk.quote(f"$ {visible(command, 1_000)}")
    talk.say("It runs in a copy of the repository. Say yes only if you would run it yourself.")
    answers = (Choice("no", "no"), Choice("once", "yes, until I leave"), Choice("always", "always for this command"))
    answer = talk.choose("May it run?", answers)
    if answer == "once":
        here.session.allow(command)
    elif answer == "always":
        try:
            here.session.remember_consent(command)
        except SessionError as error:
            here.problem("Your answer could not be kept", error)
            return False
    else:
        talk.say("It does not run.")
    return answer != "no"


# Deciding


def _explain(here: Conversation) -> None:
    here.talk.say("Nothing is written before you say yes at the end; q gives up at any question.")
    try:
        here.session.author()
    except SessionError as error:
        here.problem("Nobody is known to write it down for", error)


def attest(here: Conversation, result: Result) -> None:
    """Ask what a person says, and write it down after a yes."""
    talk = here.talk
    talk.say(f"You would say: {deciding.statement(result)}")
    _explain(here)
    reason = talk.form("How I know (Enter alone gives up)")
    if not reason:
        talk.say(deciding.ATTEST_REASON, "Nothing was written.")
        return
    while True:
        when = talk.form("When it was so, as 2026-11-18", "", "not said")
        try:
            reason = deciding.with_day(reason, when, here.session.today)
            break
        except DateError as error:
            talk.say(str(error))
    seen = deciding.seen_file(result)
    question = "Link, a file or an address"
    evidence = talk.form(f"{question}; - for none" if seen else question, seen, seen or "none")
    evidence = "" if evidence == "-" else evidence

    def write(expires: date) -> None:
        here.session.attest(result.item.id, reason, evidence, expires)

    _write_down(here, result, "Say it", reason, deciding.ATTEST_DAYS, write)


def waive(here: Conversation, result: Result) -> None:
    """Ask why an item may stay open, or does not apply, and write it down after a yes."""
    talk = here.talk
    talk.say(f"You would accept: {' '.join(deciding.acceptance(result))}")
    _explain(here)
    reason = talk.form("Because (Enter alone gives up)")
    if not reason:
        talk.say(deciding.WAIVE_REASON, "Nothing was written.")
        return
    not_applicable = False
    if result.item.not_applicable:
        talk.say(f"It does not apply when: {result.item.not_applicable}")
        not_applicable = talk.agrees("Do you say that it does not apply here?")

    by: str | None = None
    if here.session.needs_approver(result):
        by = talk.form(f"Accepted by, {deciding.APPROVER_HINT} (Enter alone gives up)")
        if not by:
            talk.say(deciding.APPROVER, "Nothing was written.")
            return

    def write(expires: date) -> None:
        here.session.waive(result.item.id, reason, expires, not_applicable=not_applicable, by=by)

    _write_down(here, result, "Waive it", reason, deciding.WAIVE_DAYS, write, by=by)


def _write_down(
    here: Conversation, result: Result, act: str, reason: str, days: int, write: Callable[[date], None],
    *, by: str | None = None,
) -> None:  # fmt: skip
    """Ask until when, say exactly what will be written, and write it after a yes."""
    talk, today = here.talk, here.session.today
    while True:
        try:
            expires = until(talk.form("Valid for, in days or until a day like 2027-02-16", f"{days} days"), today)
        except DateError as error:
            talk.say(str(error))
            continue
        who = f"as accepted by {visible(by, 200)}" if by else f"as {_author(here)}"
        talk.say(f"{act}: “{visible(reason, 1_000)}”, until {day(expires, today)}, {who}.")
        if not talk.agrees(f"This writes {_FILE}. Write it down?"):
            talk.say("Nothing was written.")
            return
        try:
            write(expires)
        except SessionError as error:
            here.problem("It was not written down", error)
            if talk.agrees("Try again, with another end?"):
                continue
            talk.say("Nothing was written.")
            return
        talk.say(deciding.WRITTEN)
        here.now(result.item.id)
        return


def _author(here: Conversation) -> str:
    try:
        return here.session.author()
    except SessionError as error:
        return f"nobody yet: {error.message}"


def undo(here: Conversation, result: Result) -> None:
    """Take back what was said about an item."""
    said = result.decision.reason if result.decision else result.note
    here.talk.say("This takes back:", f"“{visible(said, 1_000)}”")
    if not here.talk.agrees(f"This writes {_FILE}. Take it back?"):
        here.talk.say("It stays.")
        return
    try:
        taken_back = here.session.undo(result.item.id)
    except SessionError as error:
        here.problem("It could not be taken back", error)
        return
    here.talk.say("Taken back." if taken_back else "There was nothing to take back.")
    here.now(result.item.id)


# Handing over


def prompt(here: Conversation, result: Result) -> None:
    """Print the prompt for an assistant, whole."""
    text = here.session.prompt(result.item.id).splitlines()
    here.talk.say(f"Prompt for your assistant, {plural(len(text), 'line')}:", "")
    here.talk.quote(*text)
    here.talk.say("", "End of the prompt. To have it in a file, leave here and type:")
    here.talk.quote(f"shipworthy prompt {visible(result.item.id, 80)} > prompt.txt")


def edit(here: Conversation, result: Result) -> None:
    """Lend the terminal to the person's editor, at the evidence last shown."""
    from shipworthy.coaching.editor import editable, editor_command

    location = next(_places(here, result), None)
    if location is None:
        return
    path, line = location
    words = visible(f"{path}:{line}" if line else path)
    if not editable(here.session.root, path):
        here.talk.say(f"{words} is not a plain file in this repository now.")
        return
    command = editor_command(here.session.root, path, line, here.environ)
    if command is None:
        here.talk.say(f"Set VISUAL or EDITOR to open it from here: {words}")
        return
    here.talk.say(f"Opening {words}.")
    try:
        code = here.editor(command, here.session.root)
    except OSError as error:
        here.talk.say(f"{command[0]} could not start ({error.strerror}). Open it yourself: {words}")
        return
    here.talk.say(f"{command[0]} ended with {code}." if code else "Press r to check this item again.")


def _places(here: Conversation, result: Result) -> Iterator[tuple[str, int | None]]:
    shown = result.findings[here.finding : here.finding + 1]
    for finding in (*shown, *result.findings):
        if finding.location.path is not None:
            yield finding.location.path, finding.location.line


# Forms


def form(here: Conversation, result: Result) -> None:
    """Ask the questions of the item's form, and judge the item by the answers."""
    from threading import Event

    from shipworthy.plain.questions import ask

    talk, item = here.talk, result.item.id
    talk.say("Looking at what the code tells already.")
    try:
        opened = here.session.open_form(item, Event())
    except SessionError as error:
        here.problem("The form could not be opened", error)
        return
    talk.say("q leaves the form at any question.", "")
    try:
        ask(here.session.root, opened.form, opened.filled, talk)
    except GivenUp:
        talk.say("Left the form. What you answered before is saved.")
    if here.examine((item,), "Checking it again."):
        here.now(item)


# Fixing


def fix(here: Conversation, result: Result) -> None:
    """Show what a machine would change as a diff, and apply it after a yes."""
    from shipworthy.fixes import NoFix

    talk, item = here.talk, result.item.id
    talk.say("Looking at what a machine could change.")
    try:
        found = here.session.propose_fix(item)
    except SessionError as error:
        here.problem("No fix could be made", error)
        return
    if isinstance(found, NoFix):
        talk.say(f"No fix by machine: {visible(found.why, 1_000)}")
        return
    talk.say(visible(found.fix.says, 600), *(f"Note: {visible(note, 600)}" for note in found.fix.notes))
    talk.say(f"The change, {plural(len(found.diff), 'line')}; + is added, - is removed:")
    talk.quote(*found.diff)
    if not talk.agrees(f"This changes {plural(len(found.fix.edits), 'file')}. Apply it?"):
        talk.say("Nothing was written.")
        return
    try:
        here.session.apply_fix(found.fix)
    except SessionError as error:
        here.problem("It was not applied", error)
        return
    talk.say("Applied. Press U to take it back.")
    if here.examine((item,), "Checking it again."):
        here.now(item)
    talk.say("Other items may rest on these files too: R checks everything.")


def undo_fix(here: Conversation) -> None:
    """Take the last fix back."""
    talk = here.talk
    talk.say("This takes back the last fix that was applied here, in all its files.")
    talk.say("A secret it removed does not come back: it was kept nowhere.")
    if not talk.agrees("This writes those files. Take it back?"):
        talk.say("It stays.")
        return
    try:
        done = here.session.undo_fix()
    except SessionError as error:
        here.problem("It could not be taken back", error)
        return
    talk.say(f"Taken back: {', '.join(visible(each, 200) for each in done.paths) or 'nothing was left of it'}.")
    talk.say(*done.notes)
    known = any(each.id == done.item for each in here.session.checklist.items)
    if known and here.examine((done.item,), "Checking it again."):
        here.now(done.item)


ACTS: dict[str, Callable[[Conversation, Result], None]] = {
    "recheck": recheck,
    "attest": attest,
    "waive": waive,
    "undo": undo,
    "copy": prompt,
    "edit": edit,
    "fix": fix,
    "form": form,
}
"""What each command of `coaching.refusals.ON_ITEM` does."""
