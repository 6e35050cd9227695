"""The second person's screen: claims first, machines last, an answer to each claim, then the countersignature."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, NamedTuple

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize

from shipworthy.assess.signing import SessionError
from shipworthy.readiness.seen import RerunState
from shipworthy.text import plural, visible
from shipworthy.tui.keys import REVIEW
from shipworthy.tui.screens.dialogs import Message, Once, Reader
from shipworthy.tui.screens.main import LEAST, WIDE
from shipworthy.tui.screens.review_desk import Desk
from shipworthy.tui.screens.review_rows import RowList, View, detail, entries, find_claim, since_lines, top_rows
from shipworthy.tui.widgets.keybar import KeyBar
from shipworthy.tui.widgets.lines import Lines, text_lines
from shipworthy.tui.widgets.safe import BOLD, DIM, NOTHING, Ends, Rows, SafeStatic, joined, shown
from shipworthy.tui.widgets.verdict import chip

POLL_SECONDS = 0.1
"""How often the screen looks how far the re-run is."""
_ON_CLAIMS = ("accept", "send_back")


class Left(NamedTuple):
    """How a review ended."""

    error: SessionError | None
    """Why it could not be opened."""
    open: str
    """What still keeps from approving; empty where nothing does."""
    unmade: bool
    """Whether the checks could not be repeated here."""


class Review(Once[Left]):
    """Opened at once; `open` makes the desk in a thread (it raises SessionError)."""

    CSS_PATH = [Path(__file__).with_name("review.tcss")]
    BINDINGS: ClassVar[list[BindingType]] = [binding for _, bindings in REVIEW for binding in bindings]
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (LEAST[0], "-narrow"), (WIDE, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (LEAST[1], "-tall")]
    AUTO_FOCUS = "#rows"

    def __init__(self, open: Callable[[], Desk]) -> None:
        super().__init__()
        self._open = open
        self.desk: Desk | None = None
        self._view: View | None = None
        self._error: SessionError | None = None
        self._read: set[str] = set()
        """Keys of claims whose words were on the screen in full."""
        self._outcome, self._ready, self._told = NOTHING, False, False
        self.ended: Left | None = None
        """How it stood when the person left."""

    def compose(self) -> ComposeResult:
        width, height = self.app.size
        across = "-wide" if width >= WIDE else "-narrow" if width >= LEAST[0] else "-tiny"
        self.add_class(across, "-tall" if height >= LEAST[1] else "-flat", "-message", update=False)
        yield SafeStatic(Ends(chip("REVIEW", "checking")), id="review-top")
        with Horizontal(id="review-body"):
            yield RowList(id="rows")
            yield Lines(id="detail")
        yield SafeStatic(shown("Reading the signed file, and who signed it …", DIM), id="message")
        yield KeyBar(id="review-keys")
        yield SafeStatic(id="review-small")

    def on_mount(self) -> None:
        # The first picture is on the screen before anything is read.
        self.call_after_refresh(self._begin)
        self.set_interval(POLL_SECONDS, self._poll)

    def on_unmount(self) -> None:
        # Before the re-run is stopped, which would count as one that could not be made.
        self.ended = self.left
        if self.desk is not None:
            self.desk.stop()

    @work(group="desk", exclusive=True)
    async def _begin(self) -> None:
        try:
            self.desk = await asyncio.to_thread(self._open)
        except SessionError as error:
            self._failed(error)
            return
        self.remove_class("-message")
        self.redraw()
        first = next((key for key in self.query_one(RowList).keys if key.startswith(("alarm:", "claim:"))), None)
        self.query_one(RowList).go(first)
        self.query_one(RowList).focus()
        self._repeat()

    def _failed(self, error: SessionError) -> None:
        self._error = error
        self.query_one("#review-top", SafeStatic).put(Ends(chip("CANNOT REVIEW", "failed")))
        parts = [joined((error.message, BOLD)), Content("\n\n")]
        parts += [Content(visible(line, 600) + "\n") for line in error.diagnostics.splitlines()[:10]]
        parts += [Content("\n"), joined(("q", "bold $primary"), (" leaves", DIM))]
        self.query_one("#message", SafeStatic).put(Content("").join(parts))
        self.refresh_bindings()

    @work(group="again", exclusive=True)
    async def _repeat(self) -> None:
        if self.desk is not None:
            await asyncio.to_thread(self.desk.again)
            self.redraw()

    def _poll(self) -> None:
        if self.desk is not None and self._view is not None and self.desk.rerun is not self._view.rerun:
            self.redraw()

    # What is shown

    @property
    def wide(self) -> bool:
        return self.has_class("-wide")

    @property
    def detail_open(self) -> bool:
        return self.has_class("-detail")

    def redraw(self) -> None:
        """Ask the desk afresh, and show it."""
        desk = self.desk
        if desk is None or not self.is_mounted:
            return
        self._view = View(
            head=desk.head, claims=desk.claims, machines=desk.machines, since=desk.since, rerun=desk.rerun,
            today=desk.today, why_not=desk.why_not, outcome=self._outcome, ready=self._ready,
        )  # fmt: skip
        self.query_one("#review-top", SafeStatic).put(Rows(top_rows(self._view)))
        self.query_one(RowList).put(entries(self._view))
        self._show_detail(keep_place=True)
        self.refresh_bindings()

    def _show_detail(self, *, keep_place: bool = False) -> None:
        key = self.query_one(RowList).key
        if self._view is None or not (self.wide or self.detail_open):
            return
        self.query_one("#detail", Lines).put(detail(self._view, key), keep_place=keep_place)
        if key and not self._too_small:
            self._read.add(key)

    @property
    def _too_small(self) -> bool:
        return self.has_class("-tiny") or self.has_class("-flat")

    def on_resize(self, event: Resize) -> None:
        if self._too_small:
            self.query_one("#review-small", SafeStatic).put(
                Content("\n").join(
                    [
                        joined(("Too small to review anything", BOLD)),
                        joined((f"{event.size.width}x{event.size.height}; it takes {LEAST[0]}x{LEAST[1]}.", DIM)),
                        joined(("shipworthy review --plain", BOLD), (" needs no screen.", DIM)),
                    ]
                )
            )
        self.call_later(self.redraw)

    def on_option_list_option_highlighted(self) -> None:
        self._show_detail()
        self.refresh_bindings()

    def on_option_list_option_selected(self) -> None:
        self.action_open()

    def tell(self, words: str, *, bad: bool = False) -> None:
        """A short message that goes away by itself."""
        self.app.notify(visible(words, 600), severity="warning" if bad else "information", markup=False, timeout=6)

    # What has an effect

    @property
    def current_claim(self) -> str | None:
        """The id of the claim under the cursor."""
        kind, _, name = (self.query_one(RowList).key or "").partition(":")
        return name if kind == "claim" else None

    def refusal(self, action: str) -> str:
        """Why a command has no effect now; empty where it has one."""
        if action in ("help", "back", "leave", "down", "up"):
            return ""
        if self._view is None or self.desk is None:
            return self._error.message if self._error else "The signed file is still being read."
        if self._too_small and action in (*_ON_CLAIMS, "countersign", "tell"):
            return "The terminal is too small to read what you would answer to."
        if self._told and action in (*_ON_CLAIMS, "countersign", "tell"):
            return "You sent this file back: the author has to sign anew."
        if action in _ON_CLAIMS:
            if self._ready or self.desk.why_not == "You approved it already.":
                return "You approved it already."
            return "" if self.current_claim else "Put the cursor on something that people say."
        if action == "countersign":
            return self._view.why_not
        if action == "tell" and not any(each.sent_back for each in self._view.claims):
            return "You sent nothing back: press b on a claim to do that."
        if action == "again" and self._view.rerun.state in (RerunState.WAITING, RerunState.RUNNING):
            return "The checks are running here already."
        return ""

    def _allowed(self, action: str) -> Desk | None:
        """The desk where the action has an effect; else None, after saying why it has none."""
        if words := self.refusal(action):
            self.tell(words, bad=True)
            return None
        return self.desk

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
        if self._view is None:
            return
        self.add_class("-detail")
        self._show_detail()
        self.query_one("#detail").focus()
        self.refresh_bindings()

    def action_back(self) -> None:
        if self.detail_open:
            self.remove_class("-detail")
            self.query_one(RowList).focus()
        else:
            self.action_leave()

    def action_next_open(self) -> None:
        if self._view is None:
            return
        left = [f"claim:{each.id}" for each in self._view.claims if each.reply is None]
        if not left:
            self.tell(self._view.why_not or "Every claim is accepted and the checks agree. Press c to countersign.")
            return
        rows = self.query_one(RowList)
        keys, current = rows.keys, rows.key
        place = keys.index(current) if current in keys else -1
        rows.go(next((key for key in left if keys.index(key) > place), left[0]))
        self._show_detail()

    # Answering

    def action_accept(self) -> None:
        desk, claim = self._allowed("accept"), self.current_claim
        if desk is None or claim is None or not self._in_sight(claim):
            return
        try:
            desk.accept(claim)
        except SessionError as error:
            self._problem("Your answer is not kept", error)
        self.redraw()

    def _in_sight(self, claim: str) -> bool:
        """Whether the claim was read; where it was not, it is opened instead of answered."""
        if f"claim:{claim}" in self._read:
            return True
        self.action_open()
        self.tell("Read it first; then press a to accept it, or b to send it back.")
        return False

    @work(group="ask", exclusive=True)
    async def action_send_back(self) -> None:
        from shipworthy.tui.screens.review_dialogs import SendBack

        desk, claim = self._allowed("send_back"), self.current_claim
        found = find_claim(self._view.claims, claim) if self._view and claim else None
        if desk is None or found is None or not self._in_sight(found.id):
            return
        remark = await self.app.push_screen_wait(SendBack(found))
        if remark is None:
            return
        try:
            desk.send_back(found.id, remark)
        except SessionError as error:
            self._problem("Your answer is not kept", error)
        self.redraw()

    def _problem(self, title: str, error: SessionError) -> None:
        self.app.push_screen(Message(title, error.message, error.diagnostics))

    @work(group="ask", exclusive=True)
    async def action_tell(self) -> None:
        from shipworthy.tui.screens.review_dialogs import ask_to_tell

        desk = self._allowed("tell")
        if desk is None or self._view is None:
            return
        rows = [each for each in self._view.claims if each.sent_back]
        if await self.app.push_screen_wait(ask_to_tell(rows)) != "yes":
            return
        try:
            at = await asyncio.to_thread(desk.tell_author)
        except SessionError as error:
            self._problem("The author is not told", error)
            return
        self._told = True
        words = f"{plural(len(rows), 'remark')} to the author in commit {at[:7]}. Push it: git push"
        self._outcome = joined(("Sent back  ", "bold $error"), (words, ""))
        self.redraw()

    # Looking closer

    def action_changes(self) -> None:
        from shipworthy.tui.screens.changes import ChangesScreen

        if not (desk := self._allowed("changes")):
            return
        since = desk.since
        if since.changes is not None:
            self.app.push_screen(ChangesScreen(since.changes, desk.today))
        else:
            self.app.push_screen(Reader("Since the last sign-off", list(since_lines(since))[2:]))

    def action_bytes(self) -> None:
        if desk := self._allowed("bytes"):
            text = desk.payload.decode("utf-8", "surrogateescape")
            size = plural(len(desk.payload), "byte")
            self.app.push_screen(Reader("What was signed", text_lines(text, wrap=False), aside=size))

    def action_again(self) -> None:
        if self._allowed("again"):
            self._repeat()

    def action_help(self) -> None:
        from shipworthy.tui.screens.review_dialogs import ReviewHelp

        self.app.push_screen(ReviewHelp(self))

    # Countersigning

    @work(group="sign", exclusive=True)
    async def action_countersign(self) -> None:
        from shipworthy.tui.screens.review_dialogs import Countersigning
        from shipworthy.tui.screens.sign import Busy

        desk = self._allowed("countersign")
        if desk is None or self._view is None:
            return
        busy = Busy("Looking for your key …")
        self.app.push_screen(busy)
        try:
            plan = await asyncio.to_thread(desk.plan)
        except SessionError as error:
            if busy.done():
                self._problem("This cannot be countersigned", error)
            return
        if busy.done():
            ended = await self.app.push_screen_wait(Countersigning(desk, self._view, plan))
            if ended is not None:
                self._outcome, self._ready = ended.words, ended.ready
            self.redraw()

    # Leaving

    @property
    def left(self) -> Left:
        """How it stands."""
        desk = self.desk
        if desk is None:
            return Left(self._error, "it was not read", False)
        open_ = "" if self._ready else "You sent it back." if self._told else desk.why_not
        return Left(None, open_, desk.rerun.state is RerunState.UNMADE)

    def action_leave(self) -> None:
        if len(self.app.screen_stack) > 1:
            self.dismiss(self.left)
        else:
            self.app.exit()
