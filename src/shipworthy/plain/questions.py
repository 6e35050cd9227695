"""Asks a form's questions one line at a time, and saves after each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from shipworthy.facts.forms import Answers, Column, Form, FormError, Kind, Question, Row, lacking
from shipworthy.facts.forms.complete import flaws_of
from shipworthy.forms.prefill import Filled
from shipworthy.forms.store import Saved, save
from shipworthy.text import plural, visible

EMPTY = "-"
"""What takes an answer out."""


class Asker(Protocol):
    """Where the questions are asked: a terminal, or the line mode's conversation."""

    def tell(self, text: str = "") -> None:
        """Print a line as it is."""
        ...

    def explain(self, text: str, indent: str) -> None:
        """Print words of ours, broken where the terminal ends."""
        ...

    def line(self, prompt: str) -> str:
        """What is typed behind the prompt, without space around it; "" for Enter alone."""
        ...


def ask(root: Path, form: Form, filled: Filled, asker: Asker) -> bool:
    """Ask everything, save after each question; whether the form lacks nothing in the end.

    Whatever `asker.line` raises ends it; what was answered before is saved.
    """
    return _Asking(root, form, filled, asker).all()


class _Asking:
    def __init__(self, root: Path, form: Form, filled: Filled, asker: Asker) -> None:
        self.tell, self.explain, self.line = asker.tell, asker.explain, asker.line
        self.root = root
        self.form = form
        self.filled = filled
        self.answers = filled.answers
        self.saved: Saved | None = None
        self.today = datetime.now(UTC).date()

    def all(self) -> bool:
        form = self.form
        self.tell(f"{form.title}, kept in {form.file}")
        self.explain(form.intro, "")
        self.tell(f"Enter keeps what is shown, {EMPTY} takes it out. Saved after each question; Ctrl-C leaves.")
        for hint in self.filled.hints[:8]:
            self.tell(f"  found: {visible(hint, 200)}")
        try:
            for number, question in enumerate(form.questions, 1):
                self.tell()
                self.tell(f"{number} of {len(form.questions)}  {question.label}")
                self.explain(question.help, "  ")
                self.question(question)
        finally:
            if self.saved is not None:
                self.tell(f"\nSaved: {form.file}")
        return self.end()

    def question(self, question: Question) -> None:
        if question.kind is Kind.ROWS:
            self.table(question)
            return
        while not self.keep(self.value(question)):
            pass

    def keep(self, answers: Answers) -> bool:
        """Save; False where that was refused, which is said."""
        try:
            if not answers.same(self.answers):
                self.saved = save(self.root, self.form, answers)
                if self.saved.unread:
                    self.tell(f"  ! Saved. {visible(self.saved.unread, 300)}")
        except FormError as error:
            self.tell(f"  ! {visible(str(error), 300)}")
            self.tell(f"    {visible(error.diagnostics, 300)}")
            return False
        self.answers = answers
        return True

    def value(self, question: Question) -> Answers:
        now = self.answers.text(question.id)
        if now:
            self.tell("  now:")
            for line in now.split("\n")[:20]:
                self.tell(f"    {visible(line, 200)}")
        text = self.lines(now) if question.kind is Kind.LONG else self.one(question, now)
        return self.answers.with_text(question.id, text)

    def lines(self, now: str) -> str:
        """Lines until an empty one."""
        self.tell("  (as many lines as you like; an empty one ends)")
        found: list[str] = []
        while line := self.line("  >"):
            found.append(line)
        if found == [EMPTY]:
            return ""
        return "\n".join(found) if found else now

    def one(self, asked: Question | Column, now: str, prompt: str = "  >") -> str:
        """One line that fits its kind; what does not is said and asked again."""
        while True:
            text = self.line(prompt)
            if not text:
                return now
            if text == EMPTY:
                return ""
            if asked.kind is Kind.DATE and text.casefold() == "today":
                text = self.today.isoformat()
            wrong = flaws_of(asked, text, self.today)
            if not wrong:
                return text
            self.tell(f"    ! {wrong[0].message}. {wrong[0].remedy}")

    def table(self, question: Question) -> None:
        """The rows there are, those that wait, and new ones; each is saved by itself, and the order stays."""
        # By place, None for what is taken out.
        held: list[Row | None] = list(self.answers.table(question.id))
        self.change(question, held)
        waiting = [place for place, row in enumerate(held) if row and not row.confirmed]
        if waiting:
            self.tell(f"  {plural(len(waiting), 'row')} to confirm:")
        for place in waiting:
            row = held[place]
            while row is not None and not self.put(question, held, place, self.confirm(question, row)):
                pass
        first = question.columns[0]
        while True:
            name = self.line(f"  Add a row? {first.label}, or Enter when done >")
            if not name or name == EMPTY:
                return
            held.append(None)
            if not self.put(question, held, len(held) - 1, self.cells(question, Row(cells={first.id: name}))):
                held.pop()

    def put(self, question: Question, held: list[Row | None], place: int, row: Row | None) -> bool:
        """Put a row in its place and save; False, and as it was, where that was refused."""
        before, held[place] = held[place], row
        if self.keep(self.answers.with_rows(question.id, tuple(each for each in held if each))):
            return True
        held[place] = before
        return False

    def change(self, question: Question, held: list[Row | None]) -> None:
        """Show the rows somebody confirmed and change them by their numbers, until Enter."""
        while any(row and row.confirmed for row in held):
            numbers: dict[str, int] = {}
            for place, row in enumerate(held):
                if row and row.confirmed:
                    numbers[str(len(numbers) + 1)] = place
                    cells = " | ".join(row.cell(each.id) or "?" for each in question.columns)
                    self.tell(f"  {len(numbers):>3}  {visible(cells, 160)}")
            said = self.line(f"  Change a row? Its number, {EMPTY} and its number to take it out, or Enter >")
            if not said:
                return
            chosen = numbers.get(said.removeprefix(EMPTY).strip())
            row = held[chosen] if chosen is not None else None
            if chosen is None or row is None:
                self.tell("    ! there is no such row")
            else:
                self.put(question, held, chosen, None if said.startswith(EMPTY) else self.cells(question, row))

    def cells(self, question: Question, row: Row) -> Row:
        cells = dict(row.cells)
        for column in question.columns[1:]:
            now = row.cell(column.id)
            shown = f" [{visible(now, 120)}]" if now else ""
            self.explain(column.help, "      ")
            cells[column.id] = self.one(column, now, f"    {column.label}{shown} >")
        return replace(row, cells={key: text for key, text in cells.items() if text})

    def confirm(self, question: Question, row: Row) -> Row | None:
        """A row found in the code: filled in and confirmed, left for later, or (None) taken out."""
        self.tell()
        where = f", found at {visible(row.found, 200)}" if row.found else ""
        self.tell(f"  {visible(row.cell(question.columns[0].id), 120)}{where}")
        said = self.choice("    Fill it in? Enter: yes, l: later, d: does not belong here >", ("", "y", "l", "d"))
        if said == "l":
            return row
        if said == "d":
            self.tell("    Taken out. As long as it is in the code, the check goes on asking for it.")
            return None
        row = self.cells(question, row)
        said = self.choice("    Is this row so? y: yes, Enter: not yet >", ("", "y", "n"))
        return replace(row, confirmed=said == "y")

    def end(self) -> bool:
        flaws = lacking(self.form, self.answers, self.today)
        self.tell()
        for flaw in flaws[:10]:
            self.tell(f"! {visible(flaw.message, 200)}")
        if len(flaws) > 10:
            self.tell(f"! and {len(flaws) - 10} more")
        if self.saved is not None and self.saved.ignored:
            self.tell(f"! git ignores {self.form.file}, so nobody else sees it: take it out of .gitignore.")
        if not flaws:
            self.tell("Nothing is missing. Commit it. To say that it is so, with the file as evidence:")
            self.tell(f'  shipworthy attest {self.form.id} -m "..." -e {self.form.file}')
        return not flaws

    def choice(self, prompt: str, known: tuple[str, ...]) -> str:
        while (said := self.line(prompt).casefold()) not in known:
            self.tell("    ! one of the letters, or Enter")
        return said
