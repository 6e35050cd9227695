"""The one screen of the coach: verdict on top, the list, and beside or in place of it the item."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize
from textual.geometry import Region, Size
from textual.strip import Strip

from shipworthy.coaching.order import open_order
from shipworthy.coaching.session import Session
from shipworthy.coaching.words import face_of, headline
from shipworthy.model import Level, Result
from shipworthy.tui.keys import GROUPS
from shipworthy.tui.screens.commands import Commands
from shipworthy.tui.widgets.item import ItemPane, Subject
from shipworthy.tui.widgets.items import ItemList, Listing, cut_short, empty, too_small
from shipworthy.tui.widgets.keybar import KeyBar
from shipworthy.tui.widgets.safe import BOLD, DIM, Across, Below, SafeStatic, joined
from shipworthy.tui.widgets.verdict import Top, VerdictBar

if TYPE_CHECKING:
    from textual.widgets import Input

LEAST = (60, 14)
"""Columns and rows below which only a message is shown."""
WIDE = 100


class MainScreen(Commands):
    """List and item. Narrow terminals show one of the two, wide ones both."""

    BINDINGS: ClassVar[list[BindingType]] = [binding for _, bindings in GROUPS for binding in bindings]
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (LEAST[0], "-narrow"), (WIDE, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (LEAST[1], "-tall")]
    AUTO_FOCUS = "#list"

    def __init__(self, session: Session, *, first_time: bool = False) -> None:
        super().__init__()
        self.session = session
        self._first_time = first_time
        self._unfolded: frozenset[str] = frozenset()
        self._words = ""
        self._number = 0
        self._shown: str | None = None
        self._touched = False
        # Not `_size`, which is Textual's own: it sets that on a covered screen before the screen itself is told.
        self._drawn_at = Size(0, 0)

    def compose(self) -> ComposeResult:
        # What the breakpoints will say, so that the first layout is the right one already.
        self._drawn_at = width, height = self.app.size
        across = "-wide" if width >= WIDE else "-narrow" if width >= LEAST[0] else "-tiny"
        # Its own styles are worked out when it is mounted, a moment from now.
        self.add_class(across, "-tall" if height >= LEAST[1] else "-flat", update=False)
        yield VerdictBar(id="verdict")
        with Across(id="body"):
            with Below(id="left"):
                yield ItemList(id="list")
                yield SafeStatic(id="empty")
            yield ItemPane(id="item")
        yield SafeStatic(id="hint")
        yield Across(id="filter-line")
        yield KeyBar(id="keys")
        yield SafeStatic(id="too-small")

    def render_lines(self, crop: Region) -> list[Strip]:
        """What no widget covers: one empty line, as often as asked for."""
        strip = Strip.blank(crop.width, self.visual_style.rich_style)
        for each in self.get_line_filters():
            strip = strip.apply_filter(each, self.background_colors[1])
        return [strip] * crop.height

    def on_mount(self) -> None:
        if self._first_time:
            self.query_one("#hint", SafeStatic).put(
                joined(
                    ("First time here?  ", "bold $success"),
                    ("enter ", BOLD),
                    ("opens what matters most, ", DIM),
                    ("n ", BOLD),
                    ("goes on, ", DIM),
                    ("? ", BOLD),
                    ("explains all. Nothing leaves this machine.", DIM),
                )
            )
            self.add_class("-first-time")
        self.redraw()

    # What is shown

    @property
    def current_result(self) -> Result | None:
        current = self.query_one(ItemList).current
        return None if current is None else self._result_of(current)

    def _result_of(self, item_id: str) -> Result | None:
        return next((each for each in self.coach.known.results if each.item.id == item_id), None)

    @property
    def item_open(self) -> bool:
        """Whether the item has the whole screen (in a narrow terminal) or the focus (in a wide one)."""
        return self.has_class("-item")

    @property
    def wide(self) -> bool:
        return self.has_class("-wide")

    def redraw(self) -> None:
        self._redraw_list()
        self._redraw_around()

    def _redraw_list(self) -> None:
        coach = self.coach
        assessment = coach.known
        running, pending = self.waiting()
        listing = Listing(
            areas=assessment.checklist.areas,
            results=assessment.results,
            today=self.session.today,
            several=len(assessment.components) > 1,
            running=running,
            pending=pending,
            unfolded=self._unfolded,
            words=self._words,
            height=self.app.size.height - 5 - self.has_class("-first-time") - self.has_class("-filter"),
        )
        items = self.query_one(ItemList)
        items.show(listing)
        nothing = not items.item_ids and items.option_count == 0
        self.set_class(nothing or coach.failed is not None, "-nothing")
        self.set_class(coach.failed is not None, "-failed")
        if coach.failed is not None:
            self.remove_class("-item")
        self.query_one("#empty", SafeStatic).put(cut_short(coach.failed) if coach.failed else empty(self._words))

    def _redraw_around(self) -> None:
        """What stands around the list: the verdict, the item, the keys."""
        coach = self.coach
        assessment = coach.known
        running, pending = self.waiting()
        self.query_one(VerdictBar).show(
            Top(
                assessment=assessment,
                headline=headline(assessment, running, pending, planned=coach.planned),
                running=running,
                pending=pending,
                step=self._step(running | pending),
                planned=coach.planned,
                progress=coach.progress,
                brief=coach.brief,
                failed=coach.failed,
                signed=self.signed,
            ),
            brief=self.item_open and not self.wide,
        )
        self._show_item()
        self.refresh_bindings()

    def waiting(self) -> tuple[frozenset[str], frozenset[str]]:
        """Ids of items that are judged now, and of those still to be judged."""
        running, pending = frozenset(self.session.running), frozenset(self.session.pending)
        if not self.coach.planned and self.coach.checking:
            # Nothing is planned yet, so every check is still to come.
            pending |= {each.item.id for each in self.coach.known.results if each.item.check} - running
        return running, pending - running

    def _step(self, waiting: frozenset[str]) -> Result | None:
        """What to do first; nothing while it is only open because it was not judged yet."""
        step = self.session.next_step() if self.coach.planned else None
        return None if step is None or step.item.id in waiting else step

    def _show_item(self) -> None:
        pane = self.query_one(ItemPane)
        result = self.current_result
        if result is None:
            pane.show(None)
            return
        if result.item.id != self._shown:
            self._shown, self._number = result.item.id, 0
        self._number = max(0, min(self._number, len(result.findings) - 1))
        pane.show(self._subject(result, self._number))

    def _subject(self, result: Result, number: int) -> Subject:
        return Subject(
            result=result,
            face=face_of(result, *self.waiting()),
            today=self.session.today,
            milliseconds=self.coach.took.get(result.item.id),
            number=number,
            command=self.session.consent_needed(result.item.id),
            form=self.session.form_file(result.item.id),
        )

    def prepare(self) -> bool:
        """Get one item ready that a key may show next; False where all are."""
        if not (self.is_current and self.wide):
            return False
        likely = {*self.query_one(ItemList).beside, *self.open_order()[:1]}
        pane = self.query_one(ItemPane)
        return any(pane.prepare(self._subject(each, 0)) for each in self.coach.known.results if each.item.id in likely)

    def on_resize(self, event: Resize) -> None:
        if event.size.width < LEAST[0] or event.size.height < LEAST[1]:
            self.query_one("#too-small", SafeStatic).put(too_small(event.size, LEAST))
        # The classes for the new size are set before this, so the layout is known.
        if self.app.size != self._drawn_at:
            self._drawn_at = self.app.size
            self.call_later(self.redraw)

    def on_screen_suspend(self) -> None:
        self.query_one(KeyBar).redraw()

    def on_key(self) -> None:
        self._touched = True

    def arrive(self) -> None:
        """The first examination is over: start where it matters most, unless the person already moved."""
        step = self._step(frozenset())
        if step is not None and not self._touched:
            self.go_to(step.item.id)

    # Moving

    def on_option_list_option_highlighted(self) -> None:
        # In a narrow terminal nobody sees it yet, but opening it is then a matter of drawing.
        self._show_item()
        self.refresh_bindings()

    def on_option_list_option_selected(self) -> None:
        self.action_open()

    def action_down(self) -> None:
        self.query_one(ItemList).action_cursor_down()

    def action_up(self) -> None:
        self.query_one(ItemList).action_cursor_up()

    def action_page_down(self) -> None:
        self.query_one(ItemList).page(1)

    def action_page_up(self) -> None:
        self.query_one(ItemList).page(-1)

    def action_first(self) -> None:
        self.query_one(ItemList).action_first()

    def action_last(self) -> None:
        self.query_one(ItemList).action_last()

    def action_open(self) -> None:
        items = self.query_one(ItemList)
        if area := items.current_fold:
            self._unfolded = self._unfolded ^ {area}
            self.redraw()
        elif items.current is not None:
            self._open_item()

    def _open_item(self) -> None:
        self._welcomed()
        self._give_way(item=True)
        current = self.query_one(ItemList).current
        if current != self._shown:
            # Its turn would come only after this key's.
            self._show_item()
        # Now, and not when its turn comes: the next picture shows it then.
        self.set_focus(self.query_one(ItemPane), scroll_visible=False)
        self._draw_now()

    def _draw_now(self) -> None:
        # Three rounds of messages would come before, each of which waits for its turn.
        if self._repaint_required:
            # A dialog that was here has just gone.
            self._dirty_widgets.add(self)
        self._layout_required = self._repaint_required = False
        self._refresh_layout()

    def _welcomed(self) -> None:
        """Take the first hint away."""
        if self.has_class("-first-time"):
            self.remove_class("-first-time")
            self._redraw_list()

    def _give_way(self, *, item: bool) -> None:
        """In a narrow terminal, the list to the item or the item to the list."""
        self.set_class(item, "-item", update=False)
        self.refresh_bindings()
        if self.has_class("-narrow"):
            self.query_one(VerdictBar).shorten(item)
            # What the style sheet says of these classes; having it worked out for the screen takes longer than a key.
            self.query_one("#left").styles.base.display = "none" if item else "block"
            self.query_one("#item").styles.base.display = "block" if item else "none"

    def action_back(self) -> None:
        if self.item_open:
            self._give_way(item=False)
        elif self.has_class("-filter"):
            self._drop_filter()
            self.redraw()
        self.set_focus(self.query_one(ItemList), scroll_visible=False)

    def go_to(self, item_id: str) -> bool:
        """Put the cursor on an item, unfolding and unfiltering as needed; False where it is not listed."""
        result = self._result_of(item_id)
        if result is None or result.level is Level.NONE:
            return False
        items = self.query_one(ItemList)
        if item_id not in items.item_ids:
            self._drop_filter()
            if result.level is not Level.REQUIRED:
                self._unfolded = self._unfolded | {result.item.area}
            self.redraw()
        found = items.go(f"item:{item_id}")
        self._show_item()
        return found

    def open_order(self) -> list[str]:
        """Ids of open required items in the order n visits them: the most pressing one, then as listed."""
        running, pending = self.waiting()
        # What was open before it is looked at again is no news, and stays where n finds it.
        waiting = (running | pending) - self.coach.took.keys()
        return open_order(self.coach.known, self._step(waiting), waiting)

    def action_next_open(self) -> None:
        self._welcomed()
        order = self.open_order()
        if not order:
            waiting = self.coach.checking
            self.tell("Nothing is open so far." if waiting else "Nothing is open. Press s to sign.")
            return
        current = self.query_one(ItemList).current
        following = (order.index(current) + 1) % len(order) if current in order else 0
        self.go_to(order[following])
        self.redraw()

    def action_scroll_item(self, pages: int) -> None:
        rows = max(self.query_one(ItemPane).size.height // 2, 1)
        self.query_one(ItemPane).scroll_relative(y=pages * rows, animate=False)

    def action_evidence(self, step: int) -> None:
        result = self.current_result
        if result is None or not result.findings:
            return
        if not self.wide and not self.item_open:
            self._open_item()
            return
        self._number = (self._number + step) % len(result.findings)
        self._show_item()

    def location_to_edit(self, result: Result) -> tuple[str, int | None] | None:
        numbered = [result.findings[self._number]] if result.item.id == self._shown and result.findings else []
        for finding in (*numbered, *result.findings):
            if finding.location.path is not None:
                return finding.location.path, finding.location.line
        return None

    # Filtering and folding

    async def action_filter(self) -> None:
        from textual.widgets import Input

        self.remove_class("-item")
        self.add_class("-filter")
        if not self._fields():
            mark = SafeStatic(joined(("/ ", "bold $primary")), id="filter-mark")
            field = Input(id="filter", compact=True, placeholder="fail, tests, api.py …", max_length=100)
            await self.query_one("#filter-line").mount(mark, field)
        self.redraw()
        self._fields()[0].focus()

    def _fields(self) -> list[Input]:
        """The filter's input, once it was opened."""
        from textual.widgets import Input

        return list(self.query("#filter").results(Input))

    def _drop_filter(self) -> None:
        self.remove_class("-filter")
        self._words = ""
        for field in self._fields():
            field.value = ""

    def on_input_changed(self, event: Input.Changed) -> None:
        self._words = event.value.strip()
        self.redraw()

    def on_input_submitted(self) -> None:
        self.query_one(ItemList).focus()

    def action_fold(self) -> None:
        folded = {
            each.item.area for each in self.coach.known.results if each.level in (Level.SUGGESTED, Level.OPTIONAL)
        }
        self._unfolded = frozenset() if self._unfolded else frozenset(folded)
        self.redraw()
