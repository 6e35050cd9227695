"""The person's keys, and the people whose keys this repository lets sign; never anything of a private key."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import Screen

from shipworthy.assess.signing import SessionError
from shipworthy.coaching.session import Session
from shipworthy.text import visible
from shipworthy.tui.keys import PEOPLE
from shipworthy.tui.screens.changes import PAGES_CSS
from shipworthy.tui.screens.dialogs import DIALOG_CSS, Message, Once, Reader
from shipworthy.tui.screens.help import key_lines
from shipworthy.tui.screens.main import WIDE
from shipworthy.tui.screens.people_rows import (
    MAX_WORDS,
    MEANS,
    SECTION,
    SIGNERS,
    copied_lines,
    entries,
    listed_lines,
    own_lines,
    problem_lines,
)
from shipworthy.tui.screens.review_rows import RowList
from shipworthy.tui.screens.sign import Busy
from shipworthy.tui.widgets.keybar import KeyBar
from shipworthy.tui.widgets.lines import Line, Lines
from shipworthy.tui.widgets.safe import BOLD, DIM, Ends, Rows, SafeStatic, joined, shown
from shipworthy.tui.widgets.verdict import chip

if TYPE_CHECKING:
    from shipworthy.readiness.key_book import KeyBook, OwnKey
    from shipworthy.tui.screens.commands import Commands


async def read_book(screen: Screen[None], session: Session) -> KeyBook | None:
    """Look for keys in a thread; None after saying why that failed, or when nobody waits any more."""
    busy = Busy("Looking for your keys, and whom this repository lets sign …")
    screen.app.push_screen(busy)
    try:
        found = await asyncio.to_thread(session.key_book)
    except SessionError as error:
        if busy.done():
            screen.app.push_screen(Message("Keys cannot be looked at", error.message, error.diagnostics))
        return None
    return found if busy.done() else None


async def show_people(main: Commands) -> None:
    """Look, and show what was found."""
    found = await read_book(main, main.session)
    if found is not None:
        main.app.push_screen(PeopleScreen(main.session, found), lambda _: main.coach.look_again())


class PeopleScreen(Once[None]):
    """A list of keys and people, and beside or in place of it what is known of one."""

    CSS_PATH = [DIALOG_CSS, PAGES_CSS]
    BINDINGS: ClassVar[list[BindingType]] = [binding for _, bindings in PEOPLE for binding in bindings]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
    AUTO_FOCUS = "#rows"

    def __init__(self, session: Session, book: KeyBook) -> None:
        super().__init__()
        self._session = session
        self._book = book

    def compose(self) -> ComposeResult:
        self.add_class("-wide" if self.app.size.width >= WIDE else "-narrow", update=False)
        yield SafeStatic(id="people-top", classes="page-top")
        with Horizontal(classes="page-body"):
            yield RowList(id="rows")
            yield Lines(id="detail")
        yield KeyBar(id="people-keys").set_class(True, "page-keys")

    def on_mount(self) -> None:
        self._show()

    def _show(self) -> None:
        self.query_one("#people-top", SafeStatic).put(Rows(list(self._top())))
        self.query_one(RowList).put(list(entries(self._book, self._session.today)))
        self._show_detail()
        self.refresh_bindings()

    def _top(self) -> Iterator[Ends]:
        book = self._book
        me = joined(("  git says you are ", DIM), (book.email, BOLD)) if book.email else joined(
            ("  git does not know who you are", "$warning")
        )  # fmt: skip
        yield Ends(chip("KEYS", "checking") + me)
        signing = book.signing
        if signing is None:
            yield Ends(joined(("! ", "bold $warning"), ("No key here can sign. Press m to make one.", "")))
        else:
            told = (signing.label, BOLD), (f" signs: {signing.signs}", DIM)
            yield Ends(joined(*told), shown(f"{signing.fingerprint[:20]}…", DIM))

    @property
    def wide(self) -> bool:
        return self.has_class("-wide")

    @property
    def detail_open(self) -> bool:
        return self.has_class("-detail")

    def on_resize(self) -> None:
        self.call_later(self._show_detail)

    def on_option_list_option_highlighted(self) -> None:
        self._show_detail()
        self.refresh_bindings()

    def on_option_list_option_selected(self) -> None:
        self.action_open()

    def _show_detail(self) -> None:
        if self.wide or self.detail_open:
            kind, _, number = (self.query_one(RowList).key or "").partition(":")
            book = self._book
            lines: Iterator[Line] = iter(())
            if kind == "key":
                lines = own_lines(book.keys[int(number)], book, self._session.today)
            elif kind == "person":
                lines = listed_lines(book.people[int(number)], book, self._session.today)
            elif kind == "problem":
                lines = problem_lines(book)
            self.query_one("#detail", Lines).put(lines)

    def refusal(self, action: str) -> str:
        """Why a command has no effect now; empty where it has one."""
        if action == "make" and self._book.has_generated:
            return "shipworthy made a key for you already. To make a new one in its place: shipworthy key rotate"
        if action == "copy" and not self._line_key():
            return "There is no key here with a line to copy. Press m to make one."
        return ""

    def _line_key(self) -> OwnKey | None:
        """The key under the cursor, or the one that signs, where it has a line to give."""
        kind, _, number = (self.query_one(RowList).key or "").partition(":")
        here = self._book.keys[int(number)] if kind == "key" else self._book.signing
        return here if here and here.line else None

    def _refused(self, action: str) -> bool:
        words = self.refusal(action)
        if words:
            self.app.notify(visible(words, 600), severity="warning", markup=False, timeout=6)
        return bool(words)

    # Moving

    def action_down(self) -> None:
        self.query_one(RowList).action_cursor_down()

    def action_up(self) -> None:
        self.query_one(RowList).action_cursor_up()

    def action_page_down(self) -> None:
        self.query_one(RowList).page(1)

    def action_page_up(self) -> None:
        self.query_one(RowList).page(-1)

    def action_first(self) -> None:
        self.query_one(RowList).action_first()

    def action_last(self) -> None:
        self.query_one(RowList).action_last()

    def action_scroll_item(self, pages: int) -> None:
        pane = self.query_one("#detail", Lines)
        pane.scroll_relative(y=pages * max(pane.size.height // 2, 1), animate=False)

    def action_open(self) -> None:
        self.add_class("-detail")
        self._show_detail()
        self.query_one("#detail").focus()

    def action_back(self) -> None:
        if self.detail_open:
            self.remove_class("-detail")
            self.query_one(RowList).focus()
        else:
            self.dismiss(None)

    def action_leave(self) -> None:
        self.dismiss(None)

    # Doing

    @work(group="people", exclusive=True)
    async def action_again(self) -> None:
        await self._read_again()

    async def _read_again(self) -> None:
        found = await read_book(self, self._session)
        if found is not None:
            self._book = found
            self._show()

    @work(group="people", exclusive=True)
    async def action_make(self) -> None:
        from shipworthy.tui.screens.key import NewKey

        if self._refused("make"):
            return
        why = SessionError("An SSH key of yours signs too: in ~/.ssh, in your agent, or the one git config names.")
        if await self.app.push_screen_wait(NewKey(self._session, why, "A key to sign with")):
            await self._read_again()

    @work(group="copy", exclusive=True)
    async def action_copy(self) -> None:
        from shipworthy.tui.terminal import copy_with_tool

        key = self._line_key()
        if self._refused("copy") or key is None:
            return
        line = visible(key.line, MAX_WORDS)
        self.app.copy_to_clipboard(line)
        reader = Reader(
            f"A line for {SIGNERS}", list(copied_lines(key, line)), note="Copied, if your terminal allows it."
        )
        await self.app.push_screen(reader)
        tool = await asyncio.to_thread(copy_with_tool, line, self._session.root)
        if tool and reader.is_current:
            reader.say(f"Copied with {tool}. Give it to a lead.")
        elif reader.is_current:
            reader.say("Sent to your terminal's clipboard. If it did not arrive, hold Shift and select the line.")

    def action_help(self) -> None:
        lines = list(key_lines(self, PEOPLE))
        lines.append(Line(shown("Words", SECTION)))
        lines += [
            Line(shown(face.words), head=joined((f"  {face.glyph} {face.word:<9}", f"bold {face.style}")))
            for face in MEANS
        ]
        lines += [Line(), Line(joined(("shipworthy key list", BOLD), (" prints the same without this screen.", DIM)))]
        self.app.push_screen(Reader("Keys and words", lines))
