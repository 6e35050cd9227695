"""What changed since a sign-off: what people say first, then what turned, then the rest, then the files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from shipworthy.assess.signing import SessionError
from shipworthy.coaching.words import FACES, OUTCOME_STATUS, day
from shipworthy.model import DecisionKind
from shipworthy.text import plural
from shipworthy.tui.keys import CHANGES
from shipworthy.tui.screens.dialogs import DIALOG_CSS, Message, Once, Reader
from shipworthy.tui.screens.help import key_lines
from shipworthy.tui.screens.sign import Busy
from shipworthy.tui.widgets.keybar import KeyBar
from shipworthy.tui.widgets.lines import Line, Lines
from shipworthy.tui.widgets.safe import BOLD, DIM, Ends, Rows, SafeStatic, joined, shown
from shipworthy.tui.widgets.verdict import chip

if TYPE_CHECKING:
    from shipworthy.readiness.changes import Changes
    from shipworthy.readiness.compare import ItemChange
    from shipworthy.readiness.statement import Said, StatedItem
    from shipworthy.tui.screens.commands import Commands

MAX_ROWS = 500
"""Rows of one kind that are drawn; the rest is counted."""
MAX_WORDS = 2_000
PAGES_CSS = Path(__file__).with_name("pages.tcss")
_SECTION = "bold $secondary"
_FIELDS = {
    "decision": "kind", "by": "by", "words": "words", "named": "evidence", "findings": "findings", "expires": "until",
    "notApplicable": "as not applicable",
}  # fmt: skip


async def show_changes(main: Commands) -> None:
    """Wait until everything is judged, compare it in a thread, and show it; Esc stops waiting."""
    coach, session = main.coach, main.session
    if coach.failed is not None:
        main.tell("Nothing could be examined, so it cannot be compared. Press R to try again.", bad=True)
        return
    if coach.checking:
        waiting = Busy("It is compared as soon as everything is checked …")
        main.app.push_screen(waiting)
        await coach.checked()
        if not waiting.done():
            return
        if coach.failed is not None:
            main.tell("Nothing could be examined, so it cannot be compared. Press R to try again.", bad=True)
            return
    found = await _waited(main, lambda: session.since_sign_off(coach.known), "There is nothing to compare with")
    if found is not None:
        if not coach.watching:
            stale = "Changed files are not noticed now, so items are as they were checked last. R checks them again."
            found = found._replace(notes=(stale, *found.notes))
        main.app.push_screen(ChangesScreen(found, session.today, session.between_sign_offs))


async def _waited(screen: Screen[Any], read: Callable[[], Changes], title: str) -> Changes | None:
    """What `read` gives, read in a thread; None after saying why there is nothing, or when nobody waits any more."""
    busy = Busy("Reading the sign-offs in the history …")
    screen.app.push_screen(busy)
    try:
        found = await asyncio.to_thread(read)
    except SessionError as error:
        if busy.done():
            screen.app.push_screen(Message(title, error.message, error.diagnostics))
        return None
    return found if busy.done() else None


class ChangesScreen(Once[None]):
    """Shows changes; with `other` a key swaps them for the ones that it reads, which raises SessionError."""

    CSS_PATH = [DIALOG_CSS, PAGES_CSS]
    BINDINGS: ClassVar[list[BindingType]] = [binding for _, bindings in CHANGES for binding in bindings]
    AUTO_FOCUS = "#changes"

    def __init__(self, changes: Changes, today: date, other: Callable[[], Changes] | None = None) -> None:
        super().__init__()
        self._first = self._shown = changes
        self._today = today
        self._other = other

    def compose(self) -> ComposeResult:
        yield SafeStatic(self._top(), id="changes-top", classes="page-top")
        yield Lines(list(change_lines(self._shown, self._today)), id="changes")
        yield KeyBar(id="changes-keys").set_class(True, "page-keys")

    def _top(self) -> Rows:
        before, after = self._shown.found.before, self._shown.found.after
        said = joined(("  since ", DIM), (day(before.issued.date(), self._today), BOLD), (f" by {before.author}", DIM))
        return Rows(
            [
                Ends(
                    chip("CHANGES", "checking") + said,
                    joined((after.repo, BOLD), (f" for {after.environment}", DIM)),
                    joined((after.repo.rpartition("/")[2], BOLD)),
                ),
                Ends(joined(("Then  ", DIM), (_commit(self._shown), ""), (self._shown.accepted, DIM))),
                Ends(joined(("Now   ", DIM), (self._shown.now, ""))),
            ]
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not (action == "other" and self._other is None)

    @work(group="other", exclusive=True)
    async def action_other(self) -> None:
        if self._other is None:
            return
        if self._shown is not self._first:
            self._put(self._first)
            return
        found = await _waited(self, self._other, "There are no two sign-offs to compare")
        if found is not None:
            self._put(found)

    def _put(self, changes: Changes) -> None:
        self._shown = changes
        self.query_one("#changes-top", SafeStatic).put(self._top())
        self.query_one("#changes", Lines).put(change_lines(changes, self._today))

    def action_help(self) -> None:
        self.app.push_screen(Reader("Keys", list(key_lines(self, CHANGES))))

    def action_leave(self) -> None:
        self.dismiss(None)


def _commit(changes: Changes) -> str:
    return f"commit {changes.found.commit[:7]}, " if changes.found.commit else ""


def change_lines(changes: Changes, today: date) -> Iterator[Line]:
    """All of it: people, machines, terms, lists, files."""
    found = changes.found
    for note in changes.notes:
        yield Line(shown(note, limit=MAX_WORDS), head=joined(("! ", "bold $warning")))
    if changes.notes:
        yield Line()
    if changes.nothing:
        yield Line(joined(("✔ ", "bold $success"), ("Nothing changed: no item, no rule, no file.", BOLD)))
        yield Line()
    yield Line(shown("People say", _SECTION))
    for each in changes.claims:
        yield from _claim(each, changes, today)
    if not changes.claims:
        yield Line(shown("nothing that is new, has ended or reads otherwise", DIM), head=shown("  "))
    yield Line()
    yield Line(shown("Items", _SECTION))
    groups = (
        (changes.opened, "✘", "turned open", "$error"),
        (changes.settled, "✔", "turned green", "$success"),
        (changes.others, "~", "", "$accent"),
    )
    for items, glyph, words, style in groups:
        for each in items:
            yield from _turned(each, changes, glyph, words or _other_word(each), style)
    rest = f", {changes.quiet:,} more with the same answer from other evidence" if changes.quiet else ""
    yield Line(joined((f"{plural(found.unchanged, 'item')} unchanged{rest}", "")), head=shown("= ", DIM))
    if found.terms:
        yield Line()
        yield Line(shown("Made under", _SECTION))
        for name, was, now in found.terms:
            yield Line(joined((f"{name}  ", DIM), (was, ""), ("  →  ", DIM), (now, BOLD)), head=shown("~ ", "$accent"))
    for name, added, removed in found.inventories:
        yield Line()
        yield Line(joined((name, _SECTION), (f"  {len(added):,} added, {len(removed):,} removed", DIM)))
        yield from _some([*(("+ ", row) for row in added), *(("- ", row) for row in removed)])
    yield Line()
    yield from _files(changes)


def _files(changes: Changes) -> Iterator[Line]:
    paths = changes.found.paths
    if paths is None:
        yield Line(shown("Files", _SECTION))
        why = f"Which files changed cannot be told: {changes.found.why_no_paths}"
        yield Line(shown(why, limit=MAX_WORDS), head=joined(("! ", "bold $warning")))
        return
    critical = [path for path in paths if path in changes.critical]
    count = f"  {len(paths):,} changed" + (f", {len(critical):,} of them critical" if critical else "")
    yield Line(joined(("Files", _SECTION), (count, "")))
    yield from _some(
        [*(("! ", path) for path in critical), *(("  ", path) for path in paths if path not in changes.critical)]
    )
    if critical:
        yield Line()
        words = "! is critical: it builds, checks or deploys this. A change of it always takes a new sign-off."
        yield Line(shown(words, DIM))


def _some(rows: list[tuple[str, str]]) -> Iterator[Line]:
    styles = {"! ": "bold $warning", "+ ": "$success", "- ": "$error"}
    for mark, row in rows[:MAX_ROWS]:
        yield Line(shown(row), head=joined((mark, styles.get(mark, ""))))
    if len(rows) > MAX_ROWS:
        words = f"… and {len(rows) - MAX_ROWS:,} more. All of them: shipworthy diff --format json, git status"
        yield Line(shown(words, DIM), head=shown("  "))


def _title(each: ItemChange, changes: Changes) -> tuple[tuple[str, str], tuple[str, str]]:
    title = changes.titles.get(each.id, "")
    return (title or each.id, ""), (f"  {each.id}" if title else "", DIM)


def _claim(each: ItemChange, changes: Changes, today: date) -> Iterator[Line]:
    was = each.before.said if each.before else None
    now = each.after.said if each.after else None
    if was is None and now is not None:
        glyph, word, style, said = "+", "new", "$warning", now
    elif was is not None and now is None:
        glyph, word, style, said = "-", "ended", "$error", was
    elif was is not None and now is not None:
        glyph, word, style, said = "~", "changed", "$warning", now
    else:
        return
    head = joined((f"{glyph} {word:<8}", f"bold {style}"), (f"{_kind(said):<7} ", "$accent"))
    yield Line(joined(*_title(each, changes)), head=head)
    if was is not None and now is not None:
        for name in each.fields:
            if name in _FIELDS:
                pair = (_field(was, name, today), ""), ("  →  ", DIM), (_field(now, name, today), BOLD)
                yield _aside(_FIELDS[name], joined(*((shown(*one, limit=MAX_WORDS)) for one in pair)))
        return
    yield _aside("by", joined((said.by, ""), (f", until {day(said.expires.date(), today)}", DIM)))
    yield _aside("words", shown(f"“{said.words}”", limit=MAX_WORDS))
    if said.named:
        yield _aside("evidence", shown(said.named, limit=MAX_WORDS))
    if now is None and (why := changes.ended.get(each.id)):
        yield _aside("why", shown(why, "$warning", MAX_WORDS))


def _aside(name: str, text: Any) -> Line:
    return Line(text, head=shown(f"    {name:<10} ", DIM))


def _kind(said: Said) -> str:
    if said.kind is DecisionKind.ATTESTED:
        return "said"
    return "n/a" if said.not_applicable else "waived"


def _field(said: Said, name: str, today: date) -> str:
    match name:
        case "decision":
            return _kind(said)
        case "by":
            return said.by
        case "words":
            return f"“{said.words}”"
        case "named":
            return said.named or "none"
        case "findings":
            return plural(len(said.findings), "finding")
        case "expires":
            return day(said.expires.date(), today)
        case _:
            return "yes" if said.not_applicable else "no"


def _other_word(each: ItemChange) -> str:
    return "new" if each.before is None else "gone" if each.after is None else "answer"


def _turned(each: ItemChange, changes: Changes, glyph: str, word: str, style: str) -> Iterator[Line]:
    head = joined((f"{glyph} {word:<13} ", f"bold {style}"))
    yield Line(joined(*_title(each, changes)), head=head)
    if each.before is not None and each.after is not None:
        yield _aside("was", shown(_state(each.before), DIM, MAX_WORDS))
    only = each.after or each.before
    if only is not None:
        yield _aside("now" if each.after else "was", shown(_state(only), limit=MAX_WORDS))


def _state(item: StatedItem) -> str:
    said = f", {_kind(item.said)} by {item.said.by}" if item.said else ""
    if item.outcome is None:
        return f"no machine checks it{said or ', and nobody says it'}"
    words = FACES[OUTCOME_STATUS[item.outcome]].word
    return f"{words}{said}: {item.summary}" if item.summary else f"{words}{said}"
