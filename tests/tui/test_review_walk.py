"""The lead's screen with two real clones, real keys and real checks: to READY, and back to the author."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from driving import NARROW, WIDE
from tests.readiness.test_story import BASE, World
from tests.support import git
from tests.tui.clones import signed_and_waiting
from textual.pilot import Pilot
from textual.widgets import Input

from shipworthy.reviewing import open_desk
from shipworthy.tui.review_app import ReviewApp

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen")
WAIT = 1_500
"""Hundredths of a second to wait for checks on a slow machine."""


@dataclass
class Lead:
    """The screen, as a lead sees and steers it."""

    app: ReviewApp
    pilot: Pilot[None]

    @property
    def text(self) -> str:
        return "\n".join(strip.text for strip in self.app.screen._compositor.render_strips())

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await self.pilot.pause()

    async def until(self, *texts: str) -> None:
        for _ in range(WAIT):
            await self.pilot.pause(0.01)
            if all(text in self.text for text in texts):
                return
        raise AssertionError(f"{texts!r} did not come:\n{self.text}")


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Path]:
    return signed_and_waiting(tmp_path_factory.mktemp("waiting"))


@pytest.fixture
def clone(waiting: tuple[World, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lead's clone, to spoil, with answers of its own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "SSH_AUTH_SOCK"):
        monkeypatch.delenv(name, raising=False)
    shutil.copytree(waiting[1], tmp_path / "lead", symlinks=True)
    return tmp_path / "lead"


@asynccontextmanager
async def review(folder: Path, size: tuple[int, int]) -> AsyncIterator[Lead]:
    app = ReviewApp(lambda: open_desk(folder), ascii_only=False)
    async with app.run_test(size=size, notifications=True) as pilot:
        yield Lead(app, pilot)


async def accept_all(lead: Lead) -> None:
    """Each claim is read, then accepted; where it was on the screen already, that is one key."""
    for _ in range(2):
        await lead.press("n", "enter", "a", "escape")


@pytest.mark.parametrize(
    "size", [pytest.param(NARROW, id="80x24"), pytest.param(WIDE, id="140x40", marks=pytest.mark.long)]
)
async def test_to_a_countersigned_commit_that_is_ready(
    waiting: tuple[World, Path], clone: Path, size: tuple[int, int]
) -> None:
    async with review(clone, size) as lead:
        await lead.until("REVIEW", "Each non-public")
        assert "ada@example.org" in lead.text
        await lead.press("c")
        await lead.until("answer")
        await accept_all(lead)
        for _ in range(WAIT):
            await lead.pilot.pause(0.01)
            assert lead.app.review.desk is not None
            if not lead.app.review.desk.why_not:
                break
        await lead.press("c")
        await lead.until("COUNTERSIGN", "Cancel")
        assert "lea@example.org" in lead.text
        await lead.press("tab", "enter")
        await lead.until("Commit it")
        await lead.press("tab", "enter")
        await lead.until("READY")
        await lead.press("enter")
        await lead.press("q")
    assert "Approve the production readiness file" in git(clone, "log", "-1", "--format=%s")
    assert git(clone, "status", "--porcelain") == ""
    assert waiting[0].run(clone, "verify", "--base", BASE).startswith("READY")
    # Once approved, there is nothing more to answer.
    async with review(clone, size) as lead:
        await lead.until("Each non-public")
        await lead.until("repeated here")
        await lead.press("c")
        await lead.until("has approved this already")


async def test_back_to_the_author(waiting: tuple[World, Path], clone: Path) -> None:
    async with review(clone, WIDE) as lead:
        await lead.until("Each non-public")
        await lead.press("n", "t")
        await lead.until("You sent nothing back")
        await lead.press("b")
        await lead.until("Send it back")
        box = lead.app.screen.query_one(Input)
        assert lead.app.screen.query_one("#yes").disabled
        box.focus()
        box.insert_text_at_cursor("Who may see [GET /]?")
        await lead.pilot.pause()
        await lead.press("enter", "enter")
        await lead.until("sent back", "Who may see [GET /]?")
        await lead.press("c")
        await lead.until("sent")
        assert "COUNTERSIGN" not in lead.text
        await lead.press("t")
        await lead.until("Commit the remarks")
        await lead.press("tab", "enter")
        await lead.until("Sent back", "git push")
    assert git(clone, "show", "--name-only", "--format=", "HEAD") == ".shipworthy/remarks.toml"
    assert "Who may see [GET /]?" in git(clone, "show", "HEAD:.shipworthy/remarks.toml")
    assert waiting[0].run(clone, "verify", "--base", BASE, code=1).startswith("NOT READY")


@pytest.mark.long
async def test_an_answer_outlives_the_screen(clone: Path) -> None:
    async with review(clone, WIDE) as lead:
        await lead.until("Each non-public")
        await lead.press("n", "enter", "a")
        await lead.until("accepted")
    async with review(clone, NARROW) as lead:
        await lead.until("Each non-public", "accepted")


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("d", "Since the last sign-off"),
        ("v", "https://in-toto.io/Statement/v1"),
        ("question_mark", "Countersign"),
    ],
)
@pytest.mark.long
async def test_looking_closer(clone: Path, key: str, shown: str) -> None:
    async with review(clone, WIDE) as lead:
        await lead.until("Each non-public")
        await lead.press(key)
        await lead.until(shown)
        await lead.press("escape")
        assert "Each non-public" in lead.text


@pytest.mark.long
async def test_once_more(clone: Path) -> None:
    async with review(clone, WIDE) as lead:
        await lead.until("repeated here")
        assert lead.app.review.desk is not None
        before = lead.app.review.desk.rerun
        await lead.press("r")
        await lead.until("repeated here")
        assert lead.app.review.desk.rerun is not before


@pytest.mark.parametrize(
    "size", [(59, 14), *(pytest.param(each, marks=pytest.mark.long) for each in ((40, 12), (20, 5)))]
)
async def test_too_small_to_review_anything(clone: Path, size: tuple[int, int]) -> None:
    async with review(clone, size) as lead:
        for _ in range(200):
            await lead.pilot.pause(0.01)
            if lead.app.review.desk is not None:
                break
        await lead.press("n", "enter", "a", "b", "c", "down", "up")
        assert lead.app.review.desk is not None
        assert all(claim.reply is None for claim in lead.app.review.desk.claims)
        await lead.pilot.resize_terminal(*WIDE)
        await lead.until("Each non-public")


async def test_nothing_to_review(tmp_path: Path, clone: Path) -> None:
    git(clone, "checkout", "-q", "main")
    async with review(clone, WIDE) as lead:
        await lead.until("CANNOT REVIEW")
        await lead.press("a", "c", "d", "q")
    assert lead.app.review.ended is not None
    assert lead.app.review.ended.error is not None
