"""The conversation: what is listed, which item is being talked about, and what each answer does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from shipworthy.assess.events import Event, Judged
from shipworthy.assess.signing import SessionError
from shipworthy.coaching.order import open_order
from shipworthy.coaching.refusals import refusal, why_not_sign
from shipworthy.coaching.session import Session
from shipworthy.coaching.words import FACES, matches
from shipworthy.model import Level, Result
from shipworthy.plain import lines
from shipworthy.plain.examining import Examine, Telling
from shipworthy.plain.menu import ANYWHERE, BY_NAME, ELSEWHERE, ON_ITEM, help_lines
from shipworthy.plain.talk import Choice, GivenUp, Left, Talk
from shipworthy.text import plural, visible

Editor = Callable[[list[str], Path], int]
"""Runs a command in a folder with the terminal lent to it; its exit code. Raises OSError."""

INTERRUPTED = 130
GOODBYE = "Left. Everything decided is already written down."
_ITEM = re.compile(r"(?:item\s*|#\s*)(\d{1,6})")


class Conversation:
    """One person, one session. `run` lasts until the person leaves."""

    def __init__(
        self, session: Session, examine: Examine, talk: Talk, *, environ: Mapping[str, str], editor: Editor
    ) -> None:
        self.session = session
        self.talk = talk
        self.environ = environ
        self.editor = editor
        self.known = session.assessment()
        self.current: str | None = None
        """Id of the item being talked about; None: the list is."""
        self.finding = 0
        """Which piece of its evidence, from 0."""
        self.signed = ""
        """What was signed in this session, in words, for as long as nothing was changed since."""
        self._examine = examine
        self._telling: Telling | None = None
        self._took: dict[str, int] = {}
        self._numbers = {item.id: number for number, item in enumerate(session.checklist.items, 1)}
        self._heard: tuple[str | None, list[Choice]] = (None, [])
        """The choices last said, and about which item."""

    def run(self) -> int:
        """Talk until the person leaves; the exit code."""
        try:
            if self.examine(None, "Checking. Nothing leaves this machine."):
                self.listing()
            while self._answer():
                pass
        except Left:
            self.talk.say(GOODBYE)
        except KeyboardInterrupt:
            self.talk.say("", GOODBYE)
            return INTERRUPTED
        return 0

    # What is known

    @property
    def result(self) -> Result | None:
        """The item being talked about, as it stands."""
        return next((each for each in self.known.results if each.item.id == self.current), None)

    def number(self, item: str) -> int:
        """The number of an item, the same for as long as the checklist is."""
        return self._numbers[item]

    def look(self) -> None:
        """Ask the session what is known now."""
        self.known = self.session.assessment()
        self._numbers = {item.id: number for number, item in enumerate(self.session.checklist.items, 1)}

    @property
    def failed(self) -> bool:
        """Whether the last examination could not be done, so that nothing is known."""
        return self._telling is not None and self._telling.failed is not None

    def examine(self, only: tuple[str, ...] | None, words: str = "Checking.") -> bool:
        """Examine all items, or some; after a failure all of them. False, after saying why, where it failed."""
        self.talk.say(words)
        only = None if self.failed else only
        self._telling = Telling(self._take, self.talk.say)
        self._examine(only, self._telling)
        self.look()
        failed = self._telling.failed
        if failed is not None:
            self.current = None
            self.talk.say("", f"COULD NOT EXAMINE. {failed.message}", *failed.diagnostics.splitlines()[:10])
        return failed is None

    def _take(self, event: Event) -> None:
        self.session.apply(event)
        if isinstance(event, Judged):
            self._took[event.item] = event.milliseconds

    def problem(self, title: str, error: SessionError) -> None:
        """Say what could not be done, and what to do about it."""
        self.talk.say(f"{title}: {error.message}")
        self.talk.say(*error.diagnostics.splitlines()[:12])

    def now(self, item: str) -> None:
        """How an item and the whole stand after something was done."""
        self.signed = ""
        self.look()
        result = next((each for each in self.known.results if each.item.id == item), None)
        if result is not None:
            several = len(self.known.components) > 1
            self.talk.say(lines.short_line(result, self.number(item), self.session.today, several=several))
        self.talk.say(lines.verdict_line(self.known))
        if not self.known.open:
            self.talk.say(lines.step_line(self.known, None, self._numbers))

    # Lists

    def listing(self) -> None:
        """The verdict, the next step, and what is open."""
        self.current = None
        self.talk.say("", lines.verdict_line(self.known))
        step = self.session.next_step()
        self.talk.say(f"Done: {self.signed}" if self.signed else lines.step_line(self.known, step, self._numbers))
        self.talk.say(*lines.about_lines(self.known))
        rows = [each for each in self._rows() if each.level is Level.REQUIRED and not each.settled]
        if rows:
            self.talk.say("", f"Open, {plural(len(rows), 'item')} by number:")
        self._say_rows(rows)
        if words := lines.folded_line(self.known):
            self.talk.say(words)

    def _rows(self) -> list[Result]:
        """Every item asked for, in the checklist's order."""
        asked = (each for each in self.known.results if each.level is not Level.NONE)
        return sorted(asked, key=lambda each: self.number(each.item.id))

    def _say_rows(self, rows: list[Result]) -> None:
        several = len(self.known.components) > 1
        for each in rows:
            self.talk.say(lines.row(each, self.number(each.item.id), self.session.today, several=several))

    def _everything(self) -> None:
        self.current = None
        self.talk.say("", lines.verdict_line(self.known))
        for area in self.known.checklist.areas:
            rows = [each for each in self._rows() if each.item.area == area.id]
            if rows:
                self.talk.say("", f"{area.title}:")
                self._say_rows(rows)

    def _filter(self, words: str) -> None:
        words = words or self.talk.ask("Words to look for (title, state, area, file)")
        if not words:
            return
        self.current = None
        areas = {area.id: area for area in self.known.checklist.areas}
        rows = [each for each in self._rows() if matches(each, areas[each.item.area], FACES[each.status], words)]
        self.talk.say("", f"{plural(len(rows), 'item')} with {words!r}:" if rows else f"No item has {words!r}.")
        self._say_rows(rows)

    # Answers

    def _answer(self) -> bool:
        """Ask what to do and do it; False where the person leaves."""
        menu = self._menu()
        self.talk.say("")
        if (self.current, menu) != self._heard:
            self._say_menu(menu)
        first = menu[0]
        typed = self.talk.ask("Your answer, m for the choices", first.key, f"{first.key}, {first.words}")
        return self._do(self._meant(typed, menu), menu)

    def _say_menu(self, menu: list[Choice]) -> None:
        """What can be chosen, in one line; said again only where it changed, or on demand."""
        if self.current is None:
            named = ", ".join(f"{each.key} {each.words}" for each in menu)
            self.talk.say(f"Choose: an item's number, {named}.")
        else:
            named = ", ".join(f"{number} {each.words} ({each.key})" for number, each in enumerate(menu, 1))
            self.talk.say(f"Choose: {named}.")
        self._heard = (self.current, menu)

    def _menu(self) -> list[Choice]:
        """What can be chosen now, the safest first."""
        result = self.result
        if self.failed:
            return [Choice("R", "try again"), Choice("?", "help"), Choice("q", "leave")]
        others = [each for each in open_order(self.known, self.session.next_step()) if each != self.current]
        menu = [Choice("n", "next open item")] if others else []
        menu.append(Choice("l", "list of open items" if self.known.open else "list"))
        if result is not None:
            menu += [Choice(key, words) for key, (action, words, _) in ON_ITEM.items() if self._possible(key, action)]
        else:
            menu += [Choice("f", "everything"), Choice("/", "filter"), Choice("R", "check all again")]
        if not why_not_sign(self.known):
            menu.append(Choice("s", "sign"))
        return [*menu, Choice("?", "help"), Choice("q", "leave")]

    def _possible(self, key: str, action: str) -> bool:
        result = self.result
        if result is None:
            return False
        return len(result.findings) > 1 if key == "]" else not refusal(action, result)

    def _meant(self, typed: str, menu: list[Choice]) -> str:
        """The key that an answer stands for; the answer itself where it is one, or is none at all."""
        if typed.isdecimal() and self.current is not None:
            number = int(typed[:6])
            return menu[number - 1].key if 1 <= number <= len(menu) else typed
        for each in menu:
            if typed.casefold() == each.words.casefold():
                return each.key
        return BY_NAME.get(typed.casefold(), typed)

    def _do(self, answer: str, menu: list[Choice]) -> bool:
        if answer == "q":
            self.talk.say(GOODBYE)
            return False
        if answer == "m":
            self._say_menu(menu)
        elif answer[:1] == "/":
            self._filter(answer[1:].strip())
        elif answer in ON_ITEM or answer == "[":
            self._on_item(answer)
        elif answer in ANYWHERE:
            self._anywhere(answer)
        elif (item := self._item_named(answer)) is not None:
            self.open(item)
        else:
            here = ", ".join(each.key for each in menu)
            number = "an item's number" if self.current is None else f"a number from 1 to {len(menu)}"
            self.talk.say(
                f"{visible(answer, 60)!r} is no answer here. Possible: {number}, or {here}. Nothing was done."
            )
            if self.current is not None and answer.isdecimal() and self._item_named(f"#{answer}"):
                self.talk.say(f"To talk about item {answer}, type: item {answer}")
        return True

    def _item_named(self, answer: str) -> str | None:
        """The item that a number ("7" in a list, "item 7" or "#7" anywhere) or an id stands for."""
        found = _ITEM.fullmatch(answer.casefold())
        number = found[1] if found else answer if self.current is None else ""
        for each in self._rows():
            if each.item.id == answer or (number.isdecimal() and self.number(each.item.id) == int(number[:6])):
                return each.item.id
        return None

    def _anywhere(self, key: str) -> None:
        from shipworthy.plain import acts, signing

        if self.failed and key not in ("R", "?", "U", *ELSEWHERE):
            self.talk.say("Nothing could be examined. Press R to try again.")
        elif key == "n":
            self._next()
        elif key == "l":
            self.listing()
            self._heard = (None, [])
        elif key == "f":
            self._everything()
        elif key == "R":
            if self.examine(None, "Checking everything again."):
                self.listing()
        elif key == "U":
            acts.undo_fix(self)
        elif key == "s":
            signing.sign(self)
        elif key in ELSEWHERE:
            what, command = ELSEWHERE[key]
            self.talk.say(f"{what}: leave here and type:")
            self.talk.quote(command)
        else:
            self.talk.say("", *help_lines())

    def _next(self) -> None:
        order = open_order(self.known, self.session.next_step())
        if not order:
            self.talk.say("Nothing is open. Press s to sign." if self.known.required else "Nothing is required here.")
            return
        following = (order.index(self.current) + 1) % len(order) if self.current in order else 0
        self.open(order[following])

    def open(self, item: str) -> None:
        """Talk about this item from now on, from its first evidence."""
        self.current, self.finding = item, 0
        self.show()

    def show(self) -> None:
        """Say everything about the item."""
        result = self.result
        if result is None:
            return
        item = result.item.id
        self.talk.say("")
        self._say_item(
            lines.item_lines(
                result, self.number(item), self.session.today, finding=self.finding,
                milliseconds=self._took.get(item), command=self.session.consent_needed(item) or "",
            )
        )  # fmt: skip

    def _say_item(self, said: Iterable[str]) -> None:
        for line in said:
            if line.startswith(lines.QUOTE):
                self.talk.quote(line)
            else:
                self.talk.say(line)

    def _on_item(self, key: str) -> None:
        from shipworthy.plain import acts

        result = self.result
        if self.failed:
            self.talk.say("Nothing could be examined. Press R to try again.")
        elif result is None:
            self.talk.say("Choose an item first: type its number.")
        elif key in ("]", "["):
            self._evidence(result, 1 if key == "]" else -1)
        else:
            action = ON_ITEM[key][0]
            if words := refusal(action, result):
                self.talk.say(words)
            else:
                try:
                    acts.ACTS[action](self, result)
                except GivenUp:
                    self.talk.say("Given up. Nothing was written.")

    def _evidence(self, result: Result, step: int) -> None:
        if len(result.findings) < 2:
            self.talk.say("This item has no more evidence.")
            return
        self.finding = (self.finding + step) % len(result.findings)
        self.talk.say("")
        self._say_item(lines.evidence_lines(result, self.finding))
