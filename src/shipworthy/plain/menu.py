"""The letters of the line mode, the same as the screen's keys, and what the help says of them."""

from __future__ import annotations

from collections.abc import Iterator

from shipworthy.coaching.words import FACES, MEANS, NEVER

BY_NAME = {
    "next": "n", "list": "l", "everything": "f", "filter": "/", "again": "r", "re-check": "r", "recheck": "r",
    "attest": "a", "waive": "w", "undo": "u", "prompt": "y", "fix": "d", "edit": "e", "form": "F", "sign": "s",
    "review": "V", "changes": "D", "people": "P", "help": "?", "quit": "q", "exit": "q", "leave": "q", "stop": "q",
}  # fmt: skip
# key -> (action as `refusal` knows it, words in a menu, words in the help)
ON_ITEM = {
    "r": ("recheck", "re-check", "check just this item again"),
    "a": ("attest", "attest", "say that it is true: what only a person can know"),
    "w": ("waive", "waive", "accept it as it is, with a reason and an end date, or say that it does not apply"),
    "u": ("undo", "undo", "take back what was said about this item"),
    "d": ("fix", "fix", "show what a machine would change, as a diff; apply it when you say so"),
    "y": ("copy", "prompt", "print evidence, fix and pass condition for your AI assistant"),
    "F": ("form", "form", "answer a few questions about it, and keep the answers in the repository"),
    "e": ("edit", "edit", "open the line in $VISUAL or $EDITOR"),
    "]": ("", "next evidence", "the next piece of evidence; [ is the piece before"),
}
ANYWHERE = {
    "n": "go to the next open item, the most pressing one first",
    "l": "the open items once more",
    "f": "every item, also what is settled, suggested or optional",
    "/": "only items with these words: title, state, area, file. For example: / fail tests",
    "R": "check everything again. Changed files are not noticed by themselves here",
    "U": "take back the last fix that was applied here",
    "s": "sign the readiness file",
    "m": "what can be chosen here",
    "D": "how to see what changed since the last sign-off",
    "P": "how to see your keys, and the people this repository lets sign",
    "V": "how to review a sign-off as the second person",
    "?": "this help",
    "q": "leave; everything decided is already written down",
}
# key -> what it is about, and the command that does it line by line
ELSEWHERE = {
    "D": ("To see what changed since the last sign-off", "shipworthy diff"),
    "P": ("To see your keys, and the people this repository lets sign", "shipworthy key list"),
    "V": ("To review somebody's sign-off line by line, as the second person", "shipworthy review --plain"),
}


def help_lines() -> Iterator[str]:
    """Every letter, what the states mean, and what the coach never does."""
    yield "Type an answer and press Enter. Enter alone takes the answer in brackets; it never writes anything."
    yield ""
    yield "Anywhere:"
    yield from (f"{key}: {words}." for key, words in ANYWHERE.items())
    yield "item and a number, or an item's id: that item. An item keeps its number."
    yield ""
    yield "On an item:"
    yield from (f"{key}: {words}." for key, (_, _, words) in ON_ITEM.items())
    yield ""
    yield "States:"
    yield from (f"{face.words}: {MEANS[face.word]}" for face in FACES.values())
    yield ""
    yield "What it never does:"
    yield from NEVER
