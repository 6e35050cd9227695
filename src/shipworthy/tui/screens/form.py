"""A form about what only a person knows: its questions one under the other, saved into the repository at any time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button

from shipworthy.assess.signing import SessionError
from shipworthy.coaching.session import Session
from shipworthy.forms import Answers, Flaw, Row, lacking
from shipworthy.text import plural, visible
from shipworthy.tui.keys import FORM
from shipworthy.tui.screens.changes import PAGES_CSS
from shipworthy.tui.screens.dialogs import DIALOG_CSS, Answer, Choice, Once, Question, Reader
from shipworthy.tui.screens.form_draft import Drafts, drafted
from shipworthy.tui.screens.form_fields import Asked, FormTable
from shipworthy.tui.screens.form_row import RowDialog
from shipworthy.tui.screens.form_words import by_question, gaps, help_lines, missing, told_once
from shipworthy.tui.screens.help import key_lines
from shipworthy.tui.screens.main import WIDE
from shipworthy.tui.widgets.keybar import KeyBar
from shipworthy.tui.widgets.lines import Line
from shipworthy.tui.widgets.safe import BOLD, DIM, NOTHING, Ends, SafeStatic, joined, shown
from shipworthy.tui.widgets.verdict import chip

if TYPE_CHECKING:
    from shipworthy.forming import Opened
    from shipworthy.forms import Saved

IN_TABLE = ("confirm", "fill", "add", "remove", "first", "last")


class Left(NamedTuple):
    """How a form was left."""

    saved: Saved | None
    """What was written last; None where nothing was."""
    gaps: int
    """How many questions lack something."""


class Body(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Scrolls, but takes no key: the arrows walk the questions."""


class FormScreen(Once[Left]):
    """Dismissed with how it was left."""

    CSS_PATH = [DIALOG_CSS, PAGES_CSS, Path(__file__).with_name("form.tcss")]
    BINDINGS: ClassVar[list[BindingType]] = [binding for _, bindings in FORM for binding in bindings]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (20, "-tall")]
    AUTO_FOCUS = ""

    def __init__(self, session: Session, opened: Opened) -> None:
        super().__init__()
        self._session = session
        self._form = opened.form
        self._filled = opened.filled
        self._held: Answers = opened.held
        """What the file says, as far as this screen knows."""
        self._kept = opened.filled.answers
        """What was there before anybody typed, or was saved last."""
        self._draft = opened.draft if opened.draft and not opened.draft.answers.same(self._kept) else None
        """What was typed and not saved when this form was last open, which is shown again."""
        self._saved: Saved | None = None
        self._flaws: tuple[Flaw, ...] = ()
        self._saving = False
        self._drafts = Drafts(self, there=opened.draft is not None)

    def compose(self) -> ComposeResult:
        self.add_class("-wide" if self.app.size.width >= WIDE else "-narrow", update=False)
        form, answers = self._form, self._draft.answers if self._draft else self._filled.answers
        yield SafeStatic(id="form-top", classes="page-top")
        yield SafeStatic(shown(form.intro, DIM, 600), id="form-intro")
        with Body(id="form-body"):
            for words in self._found():
                yield SafeStatic(words, classes="form-found")
            for number, question in enumerate(form.questions, 1):
                text, rows = answers.text(question.id), answers.table(question.id)
                yield Asked(number, len(form.questions), question, text, rows, self._session.today)
            with Horizontal(classes="buttons"):
                yield Choice("Save", id="save", tone="primary")
                yield Choice("Back", id="back")
        yield SafeStatic(id="form-foot")
        yield SafeStatic(id="form-said")
        yield KeyBar(id="form-keys").set_class(True, "page-keys")

    def _found(self) -> Iterator[Content]:
        """What was typed before, what was found that may help, and what could not be read."""
        filled = self._filled
        if self._draft:
            yield drafted(self._draft)
            yield NOTHING
        if filled.hints:
            yield joined(("Found in the code  ", BOLD), Content.assemble((told_once(filled.hints), DIM)))
        if filled.unsure:
            many = plural(len(filled.unsure), "thing")
            yield shown(f"{many} could not be read, so rows may be missing: {filled.unsure[0]}", "$warning", 300)
        if filled.hints or filled.unsure:
            yield NOTHING

    def on_mount(self) -> None:
        self._look()
        lacks = by_question(self._flaws)
        asked = list(self.query(Asked))
        (next((each for each in asked if each.question.id in lacks), asked[0])).field.focus()

    # What is typed

    @property
    def answers(self) -> Answers:
        """Everything as it stands on the screen."""
        found = Answers()
        for asked in self.query(Asked):
            field = asked.field
            if isinstance(field, FormTable):
                found = found.with_rows(asked.question.id, field.rows)
            else:
                found = found.with_text(asked.question.id, asked.text)
        return found

    @property
    def unsaved(self) -> bool:
        """Whether something was typed that is nowhere else."""
        return not self.answers.same(self._kept)

    async def keep_draft(self) -> None:
        """Keep what is typed and not saved; without a word, for who types is not to be stopped by it."""
        if not self.unsaved:
            # Typed, kept and taken back: it is not to come again.
            await self.drop_draft()
        else:
            await asyncio.to_thread(self._session.keep_draft, self._form, self.answers, self._held)

    async def drop_draft(self) -> None:
        """Forget what was kept: it was saved, or is to be lost."""
        await asyncio.to_thread(self._session.drop_draft, self._form)

    def on_input_changed(self) -> None:
        self._look()
        self._bring_focused()

    def on_text_area_changed(self) -> None:
        self._look()
        self._bring_focused()

    def _look(self) -> None:
        """Say how every question stands, as it is typed."""
        answers = self.answers
        self._flaws = lacking(self._form, answers, self._session.today)
        held = by_question(self._flaws)
        for asked in self.query(Asked):
            asked.look(gaps(asked.question, answers, held.get(asked.question.id, ())))
        self.query_one("#form-foot", SafeStatic).put(missing(self._form.questions, answers, self._flaws))
        unsaved = not answers.same(self._kept)
        state = ("  not saved", "$warning") if unsaved else ("  saved", DIM) if self._saved else ("", "")
        self._drafts.typed(unsaved=unsaved)
        left = joined((" ", ""), (self._form.title, BOLD), state)
        self.query_one("#form-top", SafeStatic).put(Ends(chip("FORM", "checking") + left, shown(self._form.file, DIM)))

    def on_descendant_focus(self) -> None:
        self._bring_focused()

    def _bring_focused(self) -> None:
        """Keep the question in sight that is answered now; what is said below it may take another line."""
        here = self.focused
        asked = next((each for each in here.ancestors if isinstance(each, Asked)), None) if here else None
        if asked is not None:
            self.call_after_refresh(self._bring, asked)

    def _bring(self, asked: Asked) -> None:
        """Show a question with its words, where there is room for both."""
        if asked.size.height <= self.query_one("#form-body").size.height:
            asked.scroll_visible(animate=False)

    def _say(self, words: str, *, bad: bool = False) -> None:
        self.query_one("#form-said", SafeStatic).put(shown(words, "$error" if bad else "", 600))
        self.set_class(bool(words), "-said")

    # Rows

    @property
    def table(self) -> FormTable | None:
        """The table that has the focus."""
        return self.focused if isinstance(self.focused, FormTable) else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action not in IN_TABLE or self.table is not None

    def refusal(self, action: str) -> str:
        """Why a command has no effect now; empty where it has one."""
        if action in ("confirm", "remove") and self.table is not None and self.table.number is None:
            return "Choose a row first."
        return ""

    def _put(self, table: FormTable, rows: list[Row]) -> None:
        table.set(rows)
        self._look()
        self.refresh_bindings()

    def on_option_list_option_highlighted(self) -> None:
        self.refresh_bindings()

    def on_option_list_option_selected(self) -> None:
        self.action_fill()

    def action_confirm(self) -> None:
        table = self.table
        number = table.number if table else None
        if table is None or number is None:
            return
        rows = list(table.rows)
        rows[number] = row = replace(rows[number], confirmed=not rows[number].confirmed)
        self._put(table, rows)
        empty = [each.label for each in table.question.columns if each.required and not row.cell(each.id)]
        if row.confirmed and empty:
            self._say(f"Said. Still empty in this row: {', '.join(empty)}. Press enter to fill it in.")
        else:
            self._say("" if row.confirmed else "It does not count any more, until you say that it is so.")

    def action_fill(self) -> None:
        table = self.table
        if table is not None:
            self._write(table, table.number)

    def action_add(self) -> None:
        if self.table is not None:
            self._write(self.table, None)

    def _write(self, table: FormTable, number: int | None) -> None:
        """Have a row filled in; a new one where there is no number."""
        rows = list(table.rows)
        others = rows if number is None else rows[:number] + rows[number + 1 :]
        row = None if number is None else rows[number]

        def filled(made: Row | None) -> None:
            if made is None:
                return
            if number is None:
                self._put(table, [*rows, made])
                table.go(f"row:{len(rows)}")
            else:
                rows[number] = made
                self._put(table, rows)
                if made.confirmed and row is not None and not row.confirmed:
                    table.go_to_waiting(number + 1)
            self._say("")

        self.app.push_screen(RowDialog(table.question, row, others, self._session.today), filled)

    @work(group="row", exclusive=True)
    async def action_remove(self) -> None:
        table = self.table
        number = table.number if table else None
        if table is None or number is None:
            return
        row = table.rows[number]
        name = visible(row.cell(table.question.columns[0].id), 100)
        if not row.found or len(row.cells) > 1:
            lines = [Line(shown(name, BOLD), head=shown("This takes out the row  ", DIM))]
            answers = (Answer("no", "Keep it"), Answer("yes", "Take it out"))
            if await self.app.push_screen_wait(Question("Take a row out", lines, answers)) != "yes":
                return
        self._put(table, [each for each in table.rows if each is not row])
        table.go(f"row:{min(number, len(table.rows) - 1)}" if table.rows else None)
        again = f" It comes back when the form is opened again, as long as {name} is in the code." if row.found else ""
        self._say(f"Taken out.{again}")

    # Moving

    def action_down(self) -> None:
        if self.table is None or not self.table.move(1):
            self.focus_next()

    def action_up(self) -> None:
        if self.table is None or not self.table.move(-1):
            self.focus_previous()

    def action_first(self) -> None:
        if self.table is not None:
            self.table.action_first()

    def action_last(self) -> None:
        if self.table is not None:
            self.table.action_last()

    def action_page(self, pages: int) -> None:
        if self.table is not None:
            self.table.page(pages)
        else:
            body = self.query_one("#form-body")
            body.scroll_relative(y=pages * max(body.size.height - 1, 1), animate=False)

    def on_input_submitted(self) -> None:
        self.focus_next()

    # Saving and leaving

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "save":
            self.action_save()
        else:
            self.action_leave()

    @work(group="save")
    async def action_save(self) -> None:
        await self._save()

    async def _save(self, *, leave: bool = False) -> None:
        """Write everything down. What cannot be written stays on the screen, with the reason."""
        if self._saving:
            return
        self._saving = True
        try:
            saved = await self._written()
        finally:
            self._saving = False
        if saved is None:
            return
        self._saved = saved
        self._look()
        if saved.ignored:
            words = f"Written to {saved.path}, but git ignores it: nobody else sees it, and no check counts it."
            self._say(f"{words} Take it out of .gitignore.", bad=True)
        elif saved.unread:
            self._say(f"Written to {saved.path}. {saved.unread}", bad=True)
        elif leave or not self._flaws:
            self._leave()
        else:
            self._say(f"Written to {saved.path}, an ordinary file: git shows and undoes it. Go on, or leave with Esc.")

    async def _written(self) -> Saved | None:
        from shipworthy.forming import FormChanged

        answers = self.answers
        known: Answers | None = self._held
        while True:
            try:
                saved = await asyncio.to_thread(self._session.save_form, self._form, answers, known)
            except FormChanged as error:
                lines = [Line(shown(f"{error.message}. {error.diagnostics}", limit=600))]
                choices = (Answer("no", "Keep writing"), Answer("over", "Write mine over it"))
                if await self.app.push_screen_wait(Question("The file was changed", lines, choices)) != "over":
                    return None
                known = None
            except SessionError as error:
                self._say(f"Not saved: {error.message}. {error.diagnostics}", bad=True)
                return None
            else:
                self._kept = self._held = answers
                await self._drafts.forget()
                return saved

    def _leave(self) -> None:
        self.dismiss(Left(self._saved, len(by_question(self._flaws))))

    @work(group="leave", exclusive=True)
    async def action_leave(self) -> None:
        await self._ask_and_leave()

    async def _ask_and_leave(self) -> bool:
        """Leave, after asking where something is not saved; False where the person goes on writing."""
        if not self.unsaved:
            await self._drafts.forget()
            self._leave()
            return True
        lines = [Line(shown("What you typed since the last save would be lost."))]
        choices = (Answer("no", "Keep writing"), Answer("save", "Save and leave"), Answer("drop", "Leave it unsaved"))
        answer = await self.app.push_screen_wait(Question("Not everything is saved", lines, choices))
        if answer == "drop":
            await self._drafts.forget()
            self._leave()
        elif answer == "save":
            await self._save(leave=True)
        return answer is not None

    def leave_first(self) -> None:
        """Somebody wants to quit the coach: what is typed here would be lost."""
        self.action_leave()

    def action_help(self) -> None:
        self.app.push_screen(Reader("Keys of a form", [*key_lines(self, FORM), *help_lines(self._form)]))
