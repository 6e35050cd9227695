"""How the main screens look: against snapshots in the other colours, and against the published screenshots."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from fake import FakeEngine, FakeSession
from textual.pilot import Pilot

from shipworthy.tui.app import CoachApp

SCENES: dict[str, tuple[tuple[int, int], str, bool, tuple[str, ...]]] = {
    # name: size, theme, NO_COLOR, keys
    "list-light-80x24": ((80, 24), "light", False, ()),
    "both-light-140x40": ((140, 40), "light", False, ("n",)),
    "list-no-color-80x24": ((80, 24), "dark", True, ()),
    "both-no-color-140x40": ((140, 40), "dark", True, ("n",)),
    "waive-no-color-80x24": ((80, 24), "dark", True, ("w",)),
}


@pytest.mark.parametrize("scene", SCENES)
def test_snapshot(scene: str, snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch) -> None:
    size, theme, no_color, keys = SCENES[scene]
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")

    async def drive(pilot: Pilot[None]) -> None:
        for _ in range(5):
            await pilot.pause()
        for key in keys:
            await pilot.press(key)
        await pilot.pause()

    run: Callable[[Pilot[None]], Awaitable[None]] = drive
    app = CoachApp(FakeSession(), FakeEngine(), theme=theme, ascii_only=False)
    assert snap_compare(app, terminal_size=size, run_before=run)


def test_without_colour_nothing_has_a_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cursor, the verdict and the states must be told apart by brightness and words alone."""
    import asyncio

    from driving import coach

    monkeypatch.setenv("NO_COLOR", "1")

    async def look() -> set[tuple[int, int, int]]:
        async with coach() as driver:
            return {
                tuple(color.triplet)
                for strip in driver.app.screen._compositor.render_strips()
                for segment in strip
                if segment.style
                for color in (segment.style.color, segment.style.bgcolor)
                if color and color.triplet
            }

    greys = asyncio.run(look())
    assert greys
    assert all(max(each) - min(each) <= 2 for each in greys)


@pytest.mark.long
def test_the_published_screenshots_are_what_it_looks_like_now() -> None:
    script = Path(__file__).parents[2] / "scripts" / "screenshots.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
