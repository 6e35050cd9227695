"""Draws the pictures in screenshots/ from the made-up app of the tests: `make screenshots`, or `--check` to compare."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "screenshots"
# The pictures show the made-up app that the tests of the screen use, and are made by driving it as they do.
sys.path.insert(0, str(ROOT / "tests" / "tui"))

FONTS = "'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace"


@dataclass(frozen=True)
class Picture:
    """A picture: what it shows in words, at which size, and which keys lead there."""

    words: str
    size: tuple[int, int]
    keys: tuple[str, ...] = ()
    wait: str = ""
    """A text that is on the screen once the picture can be taken."""
    ready: bool = False
    """Whether everything is settled, so that it can be signed."""
    options: dict[str, object] = field(default_factory=dict)
    hold: int | None = None
    texts: tuple[tuple[str, str], ...] = ()
    """Inputs (by id) and what stands in them."""


PICTURES = {
    "list-80x24": Picture("The list in a terminal of 80 by 24", (80, 24), options={"first_time": True}),
    "list-140x40": Picture("List and item side by side in a terminal of 140 by 40", (140, 40)),
    "running-80x24": Picture("Results stream in while the list can be used", (80, 24), wait="… running", hold=9),
    "item-80x24": Picture("An item with its evidence", (80, 24), ("enter",)),
    "filter-80x24": Picture("The list, filtered to what fails", (80, 24), ("slash",), texts=(("filter", "fail"),)),
    "consent-80x24": Picture(
        "Asking before the project's own command runs", (80, 24), ("slash", "enter", "r"),
        texts=(("filter", "runs here"),), wait="Always for this command",
    ),
    "prompt-80x24": Picture("The prompt for an assistant", (80, 24), ("y",), wait="Sent to your terminal"),
    "fix-80x24": Picture("What a machine would change, as a diff", (80, 24), ("d",), wait="os.environ"),
    "attest-80x24": Picture(
        "Saying what only a person can know", (80, 24), ("end", "k", "a"),
        texts=(("when", "2026-11-18"), ("reason", "Restored the nightly dump to staging, logged in."),
               ("evidence", "docs/runbook.md#restore")),
    ),
    "waive-80x24": Picture("Accepting an open item until a date", (80, 24), ("w",)),
    "sign-80x24": Picture("What gets signed", (80, 24), ("s",), wait="READY TO SIGN", ready=True),
    "signed-80x24": Picture(
        "Signed, and the commit on offer", (80, 24), ("s", "tab", "enter"), wait="SIGNED", ready=True,
    ),
    "help-140x40": Picture("Every key, and what the states mean", (140, 40), ("question_mark",)),
    "light-140x40": Picture("The light theme", (140, 40), ("f",), options={"theme": "light"}),
    "contrast-80x24": Picture("The theme of high contrast", (80, 24), options={"theme": "contrast"}),
    "ascii-80x24": Picture("In ASCII, where a terminal has no more", (80, 24), options={"ascii_only": True}),
}  # fmt: skip


async def draw(picture: Picture) -> str:
    """The picture as SVG: no font from elsewhere, no name or path of this machine."""
    from driving import coach
    from fake import FakeEngine, FakeSession
    from made_up import ALL_GOOD, DECIDED, OUTCOMES
    from textual.widgets import Input

    session = FakeSession(decisions=dict(DECIDED), dirty=()) if picture.ready else FakeSession()
    engine = FakeEngine(ALL_GOOD if picture.ready else OUTCOMES, hold=picture.hold)
    async with coach(session, engine, size=picture.size, **picture.options) as driver:
        texts = dict(picture.texts)
        for key in picture.keys or ("f5",):
            await driver.press(key)
            if key == "s":
                await driver.until("READY TO SIGN")
            for name in [name for name in texts if driver.app.screen.query(f"#{name}")]:
                driver.app.screen.query_one(f"#{name}", Input).value = texts.pop(name)
                await driver.settle()
        if picture.wait:
            await driver.until(picture.wait)
        for field_ in driver.app.screen.query(Input):
            field_.cursor_blink = False
        await driver.settle()
        return clean(driver.app.export_screenshot(title="shipworthy"), picture.words)


def clean(svg: str, words: str) -> str:
    """Without fonts from the network, with the words for who cannot see it."""
    svg = re.sub(r"\s*@font-face\s*\{[^}]*\}", "", svg)
    svg = svg.replace("Fira Code, monospace", FONTS).replace("Fira Code", "DejaVu Sans Mono")
    svg = re.sub(r"<!-- Generated with Rich.*?-->\s*", "", svg)
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{words}" ', 1)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def main(say: Callable[[str], None] = print) -> int:
    """0 when every file is as it should be (after writing them, unless `--check`), 1 when one would change."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file would change")
    check = parser.parse_args().check
    for name in ("NO_COLOR", "FORCE_COLOR", "TEXTUAL", "EDITOR", "VISUAL"):
        os.environ.pop(name, None)
    os.environ["TERM"], os.environ["COLORTERM"] = "xterm-256color", "truecolor"
    import shipworthy.tui.terminal

    shipworthy.tui.terminal.CLIPBOARDS = ()
    changed = []
    for name, picture in PICTURES.items():
        svg = asyncio.run(draw(picture))
        path = FOLDER / f"{name}.svg"
        if not path.exists() or path.read_text(encoding="utf-8") != svg:
            changed.append(path.name)
            if not check:
                FOLDER.mkdir(exist_ok=True)
                path.write_text(svg, encoding="utf-8", newline="\n")
    unknown = sorted(path.name for path in FOLDER.glob("*.svg") if path.stem not in PICTURES)
    for name in unknown:
        say(f"nobody draws screenshots/{name}: delete it")
    if check:
        for name in changed:
            say(f"screenshots/{name} is not what the coach shows now: make screenshots")
    else:
        say(f"{len(PICTURES)} pictures, {len(changed)} changed")
    return 1 if unknown or (check and changed) else 0


if __name__ == "__main__":
    sys.exit(main())
