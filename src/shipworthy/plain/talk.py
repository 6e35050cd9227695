"""Says lines and asks questions: the one place of the line mode that writes to the terminal or reads from it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import NamedTuple

from shipworthy.coaching.stand_ins import STAND_INS
from shipworthy.text import visible

MAX_LINE = 4_000
"""Characters of one line; texts from the repository are cut shorter before they come here."""
_UNSEEN = frozenset({*range(32), *range(127, 160)})
_STAND_INS = {**STAND_INS, "…": "..."}


class Left(Exception):
    """The person has left: the input ended."""


class GivenUp(Exception):
    """The person does not want to go on with what is being asked; nothing of it was written."""


class Unseen(Exception):
    """A passphrase cannot be typed without being shown here."""


class Choice(NamedTuple):
    """One answer to a question."""

    key: str
    """What is typed for it, beside its number."""
    words: str


def in_ascii(text: str) -> str:
    """Text for a terminal that shows nothing else; what has no stand-in is named by its code point."""
    if text.isascii():
        return text
    parts = (each if each.isascii() else _STAND_INS.get(each) or _code(each) for each in text)
    return "".join(parts)


def _code(character: str) -> str:
    return character.encode("ascii", "backslashreplace").decode()


class Talk:
    """A conversation. Raises Left from every question where the input ends."""

    def __init__(
        self,
        write: Callable[[str], None],
        read: Callable[[], str | None],
        unseen: Callable[[str], str | None],
        *,
        width: Callable[[], int] = lambda: 80,
        ascii_only: bool = False,
    ) -> None:
        """`read` gives one typed line, `unseen` one that is not shown; None: the input ended."""
        self._write = write
        self._read = read
        self._unseen = unseen
        self._width = width
        self._ascii_only = ascii_only

    def _shown(self, text: str) -> str:
        shown = visible(text, MAX_LINE)
        return in_ascii(shown) if self._ascii_only else shown

    def say(self, *lines: str, indent: int = 0) -> None:
        """Print lines, broken between words where they are wider than the terminal."""
        room = max(self._width() - 1, 20)
        before = " " * indent
        for line in lines:
            shown = self._shown(line)
            rows = textwrap.wrap(
                shown, room, initial_indent=before, subsequent_indent=before,
                break_long_words=False, break_on_hyphens=False,
            )  # fmt: skip
            self._write("".join(f"{row}\n" for row in rows or [""]))

    def quote(self, *lines: str) -> None:
        """Print lines that have to stay whole: code, a diff, a prompt."""
        for line in lines:
            self._write(f"{self._shown(line)}\n")

    def ask(self, question: str, default: str = "", named: str = "") -> str:
        """A line typed, without space around it; Enter alone gives `default`, which `named` calls in brackets."""
        called = named or default
        return self._typed(f"{question} [{called}]: " if called else f"{question}: ") or default

    def _typed(self, prompt: str) -> str:
        while True:
            self._write(self._shown(prompt))
            typed = self._read()
            if typed is None:
                self._write("\n")
                raise Left
            answer = typed.replace("\t", " ").strip()
            if not any(ord(each) in _UNSEEN for each in answer):
                return answer
            self.say("That held a character that cannot be seen, an arrow key perhaps. Type the line again.")

    def form(self, question: str, default: str = "", named: str = "") -> str:
        """As `ask`, for what will be written down. Raises GivenUp where the answer is q."""
        answer = self.ask(question, default, named)
        if answer.casefold() == "q":
            raise GivenUp
        return answer

    def tell(self, text: str = "") -> None:
        """Print what has to stay as it is, without what a terminal would act on."""
        self.quote(*text.split("\n"))

    def explain(self, text: str, indent: str) -> None:
        """Print words of ours, indented."""
        self.say(text, indent=len(indent))

    def line(self, prompt: str) -> str:
        """A line typed behind this prompt, "" for Enter alone. Raises GivenUp where the answer is q."""
        answer = self._typed(f"{prompt} ")
        if answer.casefold() == "q":
            raise GivenUp
        return answer

    def choose(self, question: str, choices: Sequence[Choice]) -> str:
        """The key of the answer chosen; Enter alone and q give the first, so the safest one stands there."""
        numbered = ", ".join(f"{number} {each.words}" for number, each in enumerate(choices, 1))
        self.say(f"{question} {numbered}.")
        while True:
            answer = self.ask("Your answer", "1", f"1 {choices[0].words}").casefold()
            for number, each in enumerate(choices, 1):
                if answer in (str(number), each.key, each.words.casefold()):
                    return each.key
            if answer == "q":
                return choices[0].key
            if answer == "y" and any(each.key == "yes" for each in choices):
                return "yes"
            if answer == "n" and any(each.key == "no" for each in choices):
                return "no"
            self.say(f"{visible(answer, 60)!r} is no answer here. Possible: {numbered}. Enter alone takes 1.")

    def agrees(self, question: str) -> bool:
        """Whether the person says yes; Enter alone says no."""
        return self.choose(question, (Choice("no", "no"), Choice("yes", "yes"))) == "yes"

    def passphrase(self, question: str) -> str:
        """What was typed unseen; "" where nothing was. Raises Unseen."""
        typed = self._unseen(self._shown(f"{question}, which is not shown (Enter alone gives up): "))
        if typed is None:
            self._write("\n")
            raise Left
        return typed
