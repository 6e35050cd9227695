"""How every screen looks, in each theme: against pictures in text, by contrast, and against the published screenshots.

After a wanted change: `pytest tests/tui/test_looks.py --snapshot-update`, and read the difference.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from driving import NARROW, WIDE, coach
from made_up_desk import MadeUpDesk
from picture import Picture, contrast, picture, read, still, words, written
from scenes import scenes
from textual.color import Color
from textual.screen import Screen
from textual.theme import Theme
from textual.widgets import Input

import shipworthy.tui.screens
from shipworthy.tui.themes import THEMES as THEMES_OF_OURS

FOLDER = Path(__file__).parent / "__snapshots__"
SIZES = {"80x24": NARROW, "140x40": WIDE}
THEMES = {"dark": ("dark", False), "light": ("light", False), "no colour": ("dark", True)}
"""By name: our theme, and whether NO_COLOR is set."""
FIRST = "help"
NOW = {("80x24", "dark"): "", ("140x40", "light"): FIRST, ("80x24", "no colour"): FIRST}
"""Walks of every run: each size and each theme once, some as far as a scene. All of all pairs in the long one."""
ABSTRACT = {"Commands", "Decide", "Dialog", "Once"}

Walked = tuple[dict[str, Picture], set[str]]
"""Scene to picture, and the names of the screens that were on it."""


@contextmanager
def environment(no_color: bool) -> Iterator[None]:
    before = os.environ.pop("NO_COLOR", None)
    if no_color:
        os.environ["NO_COLOR"] = "1"
    try:
        yield
    finally:
        os.environ.pop("NO_COLOR", None)
        if before is not None:
            os.environ["NO_COLOR"] = before


async def walk(size: str, name: str, last: str = "") -> Walked:
    """Every scene up to the last, by one app."""
    theme, no_color = THEMES.get(name, (name, False))
    with pytest.MonkeyPatch.context() as patch, environment(no_color):
        patch.setattr("shipworthy.reviewing.open_desk", lambda root, **options: MadeUpDesk())
        async with coach(size=SIZES[size], theme=theme, first_time=True) as driver:
            found: dict[str, Picture] = {}
            kinds: set[str] = set()
            async for scene in scenes(driver):
                still(driver.app)
                await driver.settle()
                found[scene] = picture(driver.app)
                kinds.add(type(driver.app.screen).__name__)
                if scene == last:
                    break
            return found, kinds


_written: set[str] = set()


async def write(size: str) -> None:
    """Write the pictures of one size, in every theme, and delete what nobody draws."""
    assert sys.version_info[:2] == (3, 11), "pictures are written by Python 3.11, with the locked libraries"
    folder = FOLDER / size
    folder.mkdir(parents=True, exist_ok=True)
    seen = {name: (await walk(size, name))[0] for name in THEMES}
    for scene in seen["dark"]:
        (folder / f"{scene}.txt").write_text(written({name: seen[name][scene] for name in THEMES}), encoding="utf-8")
    for path in folder.iterdir():
        if path.stem not in seen["dark"]:
            path.unlink()


@pytest.mark.parametrize(
    ("size", "name", "last"),
    [
        *(pytest.param(*pair, last, id="-".join(pair)) for pair, last in NOW.items()),
        *(
            pytest.param(size, name, "", id=f"{size}-{name}-whole", marks=pytest.mark.long)
            for size in SIZES
            for name in (*THEMES, "contrast")
            if NOW.get((size, name)) != ""
        ),
    ],
)
async def test_every_scene(size: str, name: str, last: str, pytestconfig: pytest.Config) -> None:
    """One walk for all that can be seen of it: like its picture, of enough contrast, no screen left out."""
    if pytestconfig.getoption("--snapshot-update") and size not in _written:
        await write(size)
        _written.add(size)
    seen, kinds = await walk(size, name, last)
    if name in THEMES:
        assert_as_pictured(size, name, seen, whole=not last)
    assert_readable(name, seen)
    if name == "no colour":
        assert_grey(seen)
    if not last:
        assert defined_screens() - kinds == set(), "screens without scene"


def assert_as_pictured(size: str, name: str, now: dict[str, Picture], *, whole: bool) -> None:
    drawn = {path.stem for path in (FOLDER / size).iterdir()}
    assert now.keys() == drawn if whole else now.keys() <= drawn
    different = []
    for scene, seen in now.items():
        before = read((FOLDER / size / f"{scene}.txt").read_text(encoding="utf-8"), name)
        after = read(written({name: seen}), name)
        if before != after:
            lines = difflib.unified_diff(before, after, f"{size}/{scene} in {name}: picture", "now", lineterm="", n=0)
            different.append("\n".join(lines))
    assert not different, "\n\n".join(different)


def defined_screens() -> set[str]:
    found = set()
    for each in pkgutil.iter_modules(shipworthy.tui.screens.__path__):
        module = importlib.import_module(f"shipworthy.tui.screens.{each.name}")
        for name, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, Screen) and kind.__module__ == module.__name__:
                found.add(name)
    return found - ABSTRACT


def assert_grey(seen: dict[str, Picture]) -> None:
    """The cursor, the verdict and the states must be told apart by brightness and words alone."""
    used = {color for each in seen.values() for row in each for cell in row for color in (cell.ink, cell.ground)}
    greys = [[int(color[at : at + 2], 16) for at in (1, 3, 5)] for color in used if color != "default"]
    assert greys
    assert all(max(each) - min(each) <= 2 for each in greys)


# Contrast

LEAST = 4.5
"""Between text and what it stands on: https://www.w3.org/TR/WCAG22/#contrast-minimum."""
FAINT_LEAST = 3.0
"""For faint words (tallies, asides of what passed) on the cursor's line and on a field being typed in, where a brighter
ink would be as loud as the words that count. It is what the same rule asks of large text; anywhere else, `LEAST`."""


def least(theme: Theme, ink: str, *, on_cursor: bool, grey: bool = False) -> float:
    """The contrast that is asked of an ink."""
    faint = Color.parse(theme.variables["faint"])
    return FAINT_LEAST if on_cursor and ink == (faint.monochrome if grey else faint).hex.lower() else LEAST


@pytest.mark.parametrize("theme", THEMES_OF_OURS, ids=lambda theme: theme.name)
def test_every_ink_can_be_read_on_every_ground(theme: Theme) -> None:
    ground = Color.parse(theme.background)
    plain = {
        "background": theme.background,
        "surface": theme.surface,
        "a marked line": _over(ground, theme.error, 0.16),
    }
    cursor = {"panel": theme.panel, "the cursor": _over(ground, theme.primary, 0.20)}
    inks = {name: getattr(theme, name) for name in ("foreground", "primary", "secondary", "accent", "success")}
    inks |= {
        "warning": theme.warning,
        "error": theme.error,
        **{name: theme.variables[name] for name in ("dim", "faint")},
    }
    found = {
        f"{ink} on {name}": (contrast(inks[ink], where), least(theme, inks[ink], on_cursor=name in cursor))
        for ink in inks
        for name, where in (plain | cursor).items()
        if (ink, name) != ("faint", "a marked line")
    }
    for name in ("foreground", "success", "error", "warning", "primary"):
        found[f"background on {name}"] = (contrast(theme.background, inks[name]), LEAST)
    assert {name: each for name, each in found.items() if each[0] < each[1]} == {}


def _over(ground: Color, name: str | None, part: float) -> str:
    return ground.blend(Color.parse(name or "#000000"), part).hex.lower()


def assert_readable(name: str, pictures: dict[str, Picture]) -> None:
    theme = next(each for each in THEMES_OF_OURS if each.name == f"shipworthy-{THEMES.get(name, (name, False))[0]}")
    grey = name == "no colour"
    plain = {Color.parse(each) for each in (theme.background, theme.surface) if each}
    still_plain = {(each.monochrome if grey else each).hex.lower() for each in plain}
    bad: dict[tuple[str, str], str] = {}
    for scene, seen in pictures.items():
        for y, row in enumerate(seen):
            for cell in row:
                # A mark that is not set has the colour of its ground.
                if not cell.text.isalnum() or not cell.live or cell.ink == cell.ground:
                    continue
                asked = least(theme, cell.ink, on_cursor=cell.ground not in still_plain, grey=grey)
                if contrast(cell.ink, cell.ground) < asked:
                    bad.setdefault((cell.ink, cell.ground), f"{scene}:{y + 1} {words(seen)[y].strip()}")
    assert not [f"{contrast(ink, ground):.2f} {ink} on {ground}: {where}" for (ink, ground), where in bad.items()]


# Terminals that show less


@pytest.mark.long
async def test_every_scene_in_ascii() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shipworthy.reviewing.open_desk", lambda root, **options: MadeUpDesk())
        async with coach(ascii_only=True, first_time=True) as driver:
            async for name in scenes(driver):
                assert driver.text.isascii(), f"{name}: {[each for each in driver.text if not each.isascii()]}"


@pytest.mark.long
async def test_no_scene_breaks_where_there_is_no_room_for_it() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shipworthy.reviewing.open_desk", lambda root, **options: MadeUpDesk())
        async with coach(first_time=True) as driver:
            async for _ in scenes(driver):
                for size in ((40, 12), NARROW):
                    await driver.pilot.resize_terminal(*size)
                    await driver.until_size(*size)


@pytest.mark.parametrize("asked", ["none", "full"])
async def test_nothing_moves_by_itself_where_that_is_asked(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textual.constants.TEXTUAL_ANIMATIONS", asked)
    async with coach() as driver:
        assert driver.app.animation_level == "none"
        for key, field in (("slash", "#filter"), ("w", "#reason"), ("ctrl+p", "Input")):
            await driver.press("escape", key)
            found = driver.app.screen.query_one(field, Input)
            found.focus()
            await driver.settle()
            assert found.cursor_blink is (asked == "full")


@pytest.mark.long
def test_the_published_screenshots_are_what_it_looks_like_now() -> None:
    script = Path(__file__).parents[2] / "scripts" / "screenshots.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
