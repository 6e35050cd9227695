"""On a real pseudo-terminal: of a repository that attacks in every place, no screen lets one byte act."""

from __future__ import annotations

import base64
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.hostile_repository import ALONE, HARMLESS, MARKS, SHAPES, hostile_repository, shapes
from tests.support import write
from tests.terminal import SHIPWORTHY, Terminal, shipworthy

from shipworthy.demo.make import make_demo

ESCAPE, TAB, ENTER, END, PAGE_DOWN, PALETTE = "\x1b", "\t", "\r", "\x1b[F", "\x1b[6~", "\x10"
QUIET = 0.05
"""Seconds without output after which the answer to a key is complete."""
ESCAPE_WAIT = 0.25
"""A key that comes sooner after Esc would be taken for one pressed together with Alt."""
CLIPBOARD = "ESC ] 52;c;"


class Walk:
    """A terminal, and the text of every screen that was looked at."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.screens: list[str] = []

    def keys(self, *keys: str) -> None:
        """Type, and look at what each key led to."""
        for key in keys:
            self.terminal.type(key)
            started = time.monotonic()
            before = -1
            while before != len(self.terminal.sent) or (key == ESCAPE and time.monotonic() - started < ESCAPE_WAIT):
                before = len(self.terminal.sent)
                self.terminal.read(QUIET)
            self.look()

    def until(self, text: str) -> None:
        self.terminal.until(text)
        self.look()

    def look(self) -> None:
        # Without the frames and gaps that wrapping puts between the characters of a word.
        self.screens.append("".join(self.terminal.text.replace("│", "").split()))

    def find(self, item: str) -> None:
        """Open an item by its name."""
        self.keys("/", item, ENTER, ENTER)
        # Not the filter's line, which holds it too.
        self.until(f"\n {item} ")

    def hunt(self, key: str, *places: str) -> None:
        """Press a key until the text of these places was seen, however busy the machine is."""
        for _ in range(20):
            if set(places) <= self.shown():
                return
            self.keys(key)
        raise AssertionError(f"{set(places) - self.shown()} did not come:\n{self.terminal.text}")

    def leave(self) -> None:
        self.keys(ESCAPE, ESCAPE)

    def end(self) -> None:
        self.keys("q")
        while self.terminal.read(0.1):
            pass
        assert self.terminal.ended() == 0

    def shown(self) -> set[str]:
        """Places whose text was seen, in the form that is harmless."""
        everything = "\n".join(self.screens)
        return {place for place, mark in MARKS.items() if f"{mark}<U+202E>" in everything}

    def acted(self) -> list[str]:
        """What was sent that the coach's own driver never sends; the clipboard is `copied`."""
        return [each for each in shapes(bytes(self.terminal.sent)) if each not in SHAPES and CLIPBOARD not in each]

    def copied(self) -> list[str]:
        found = [each for each in shapes(bytes(self.terminal.sent)) if each.startswith(CLIPBOARD)]
        return [base64.b64decode(each.removeprefix(CLIPBOARD)).decode() for each in found]


def open_items(walk: Walk) -> None:
    """Every screen and dialog of a repository that is not ready; it copies twice."""
    walk.until("checked 12 items")
    walk.keys("?", END, ESCAPE, "s", "f", PALETTE, ESCAPE, "V")
    walk.until("CANNOT REVIEW")
    walk.keys("q")
    walk.find("our-own")
    walk.hunt("J", "title", "why", "fix", "attest", "excuse", "reference")
    walk.keys("K", "a")
    walk.until("Said as")
    walk.hunt(TAB, "author")
    walk.keys(ESCAPE, "w")
    walk.until("I accept")
    walk.keys(ESCAPE, "d")
    assert not walk.copied()
    walk.keys("y")
    walk.until("terminal's clipboard")
    walk.keys(PAGE_DOWN, END, ESCAPE)
    walk.leave()
    walk.find("secrets-not-in-tree")
    walk.hunt("]", "folder", "file", "marked line", "line beside")
    walk.keys("[", "e", "a", "w")
    walk.until("I accept")
    walk.keys(ESCAPE, "y")
    walk.until("terminal's clipboard")
    walk.keys(PAGE_DOWN, PAGE_DOWN, PAGE_DOWN, ESCAPE, "d")
    walk.until("Apply")
    walk.keys(PAGE_DOWN, PAGE_DOWN, PAGE_DOWN, ESCAPE)
    walk.leave()
    for item, places in (
        ("lockfile", ("package", "dependency")),
        ("known-vulns", ()),
        ("ci-runs-tests", ("workflow value",)),
        ("ci-on-every-change", ("workflow key",)),
    ):
        walk.find(item)
        walk.keys("]")
        walk.hunt("]", *places)
        walk.leave()
    walk.find("spend-alert")
    walk.hunt("J", "waiver", "evidence", "says")
    walk.keys("u")
    walk.until("Take it back")
    walk.keys(ESCAPE)
    walk.leave()
    walk.end()


# The project's name has no room at 80 columns beside all that is open; `READY` shows it.
OPEN = {
    "folder", "file", "marked line", "line beside", "dependency", "package", "workflow key", "workflow value",
    "author", "waiver", "evidence", "says", "title", "why", "fix", "attest", "excuse", "reference", "area",
}  # fmt: skip


def settle_and_sign(walk: Walk) -> None:
    """From two words of a person to a commit, with a key made on the way."""
    walk.until("2 need you")
    for _ in range(2):
        walk.keys("n", "a")
        walk.until("How I know")
        walk.keys(TAB, TAB, "I looked.", ENTER, ENTER, ENTER, ENTER)
        walk.until("Written down in")
    walk.until("13 of 13 settled")
    walk.keys("s")
    walk.until("No key to sign with")
    walk.keys(TAB, "correct horse", TAB, "correct horse", ENTER, ENTER)
    walk.until("READY TO SIGN")
    walk.keys(TAB, "v")
    walk.until("What gets signed")
    walk.keys(PAGE_DOWN, END, ESCAPE, TAB)
    walk.keys(ESCAPE, "s")
    walk.until("READY TO SIGN")
    walk.keys("correct horse", ENTER, ENTER)
    walk.until("SIGNED")
    walk.keys(TAB, ENTER)
    walk.until("shipworthy verify --trust")
    walk.keys(ENTER, "V")
    walk.until("REVIEW")
    walk.keys("?", ESCAPE, "d", ESCAPE, "v", ESCAPE, ENTER, "q")
    walk.end()


READY = {"root", "author", "waiver", "attest", "title", "area"}


def walked(folder: Path, steps: Callable[[Walk], None], env: Mapping[str, str] | None = None) -> Walk:
    with shipworthy(folder, env) as terminal:
        walk = Walk(terminal)
        steps(walk)
        return walk


@pytest.mark.long
def test_no_byte_acts_on_any_screen(tmp_path: Path) -> None:
    walk = walked(hostile_repository(tmp_path), open_items)
    assert walk.acted() == []
    assert OPEN - walk.shown() == set()
    copied = walk.copied()
    assert len(copied) == 2
    assert all("<U+202E>" in each and list(shapes(each.encode())) == ["\\n"] * each.count("\n") for each in copied)


@pytest.mark.long
def test_no_byte_acts_on_the_way_to_a_signature(tmp_path: Path) -> None:
    walk = walked(hostile_repository(tmp_path, ready=True), settle_and_sign)
    assert walk.acted() == []
    assert walk.copied() == []
    assert READY - walk.shown() == set()


def test_no_byte_acts_in_the_report_without_a_screen(tmp_path: Path) -> None:
    folder = hostile_repository(tmp_path)
    done = subprocess.run([SHIPWORTHY, "check", "--verbose"], cwd=folder, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert set(shapes(done.stdout)) == {"\\n"}
    assert {place for place in OPEN if f"{MARKS[place]}<U+202E>" in done.stdout.decode()} >= {"title", "area", "attest"}


BROKEN = {
    "policy key": {".shipworthy/policy.toml": '"Q1\\u202E\\u001b]0;T\\u0007\\u009b2J" = "[@click=app.quit]x"\n'},
    "policy value": {".shipworthy/policy.toml": 'profile = "Q1\\u202E\\u001b]0;T\\u0007\\u009b2J"\n'},
    "policy bytes": {".shipworthy/policy.toml": b'profile = "Q1\x1b]0;T\x07\x9b2J\xe2\x80\xae'},
    "checklist": {".shipworthy/checklist.toml": 'schema = 1\n[[item]]\nid = "Q1\\u202E\\u001b]0;T\\u0007"\n'},
    "decisions": {".shipworthy/decisions.toml": '[items."Q1\\u202E\\u001b]0;T\\u0007\\u009b2J"]\nby = 1\n'},
}


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=() if case == "policy bytes" else pytest.mark.long) for case in BROKEN]
)
def test_no_byte_acts_where_the_coach_refuses_to_open(case: str, tmp_path: Path) -> None:
    folder = write(make_demo(tmp_path / "app"), BROKEN[case])
    with shipworthy(folder) as terminal:
        walk = Walk(terminal)
        while terminal.read(0.2) and "NOT READY" not in terminal.text and "shipworthy: " not in terminal.text:
            pass
        walk.look()
    assert walk.acted() == []
    assert "shipworthy" in walk.screens[-1]


@pytest.mark.long
def test_nothing_more_is_allowed_than_a_harmless_walk_needs(tmp_path: Path) -> None:
    """Else an attack could hide among what is allowed."""
    walk = walked(hostile_repository(tmp_path, HARMLESS), open_items)
    assert walk.acted() == []
    assert set(shapes(bytes(walk.terminal.sent))) >= SHAPES


@pytest.mark.long
@pytest.mark.parametrize("kind", ALONE)
@pytest.mark.parametrize("ready", [False, True], ids=["open", "ready"])
def test_no_byte_of_one_kind_acts(kind: str, ready: bool, tmp_path: Path) -> None:
    walk = walked(hostile_repository(tmp_path, kind, ready=ready), settle_and_sign if ready else open_items)
    assert walk.acted() == []
    assert (READY if ready else OPEN) - walk.shown() == set()


NO_VISIBLE = "import shipworthy.text as text\ntext.visible = lambda each, limit=2000: each[:limit]\n"
NO_GUARD = "import re\nimport shipworthy.tui.terminal as terminal\nterminal._CONTROL = re.compile('(?!)')\n"


@pytest.mark.long
@pytest.mark.parametrize("damage", [NO_VISIBLE, NO_GUARD], ids=["visible", "guard"])
def test_either_of_two_guards_is_enough(damage: str, tmp_path: Path) -> None:
    def steps(walk: Walk) -> None:
        walk.until("checked 12 items")
        walk.keys("n", ENTER, "]", "]", "]")

    walk = walked(hostile_repository(tmp_path), steps, broken(tmp_path, damage))
    assert walk.acted() == []
    assert bool(walk.shown()) == (damage == NO_GUARD)


def test_without_both_guards_the_walk_notices(tmp_path: Path) -> None:
    def steps(walk: Walk) -> None:
        for _ in range(600):
            if walk.acted():
                return
            walk.terminal.read(0.1)

    assert walked(hostile_repository(tmp_path), steps, broken(tmp_path, NO_VISIBLE + NO_GUARD)).acted()


def broken(folder: Path, damage: str) -> dict[str, str]:
    """An environment in which the program begins with a piece of itself taken out."""
    return {"PYTHONPATH": str(write(folder / "broken", {"sitecustomize.py": damage}))}
