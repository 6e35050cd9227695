"""What is done between pictures, and not while they are drawn."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from itertools import pairwise

import pytest

from shipworthy.tui import quiet
from shipworthy.tui.quiet import FEW, LONG, MOST, ROUNDS, SHORT, Quiet, due


class Ring:
    """Refers to itself, so that only a look for garbage takes it away."""

    gone = 0

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        Ring.gone += 1


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(quiet, "SHORT", 0.02)
    thresholds, was_on = gc.get_threshold(), gc.isenabled()
    gc.collect()
    Ring.gone = 0
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    if was_on:
        gc.enable()


@pytest.mark.parametrize(
    ("counts", "since", "expected"),
    [
        ((FEW + 1, 0, 0), SHORT, 0),
        ((FEW + 1, ROUNDS + 1, 0), SHORT, 1),
        ((FEW + 1, ROUNDS + 1, ROUNDS + 1), LONG, 2),
        ((0, 0, ROUNDS + 1), LONG, 2),
        ((FEW, ROUNDS + 1, 0), LONG, None),
        ((FEW + 1, ROUNDS + 1, ROUNDS + 1), SHORT / 2, None),
    ],
)
def test_what_is_looked_at_after_a_while_without_pictures(
    counts: tuple[int, int, int], since: float, expected: int | None
) -> None:
    assert due(counts, since) == expected


@pytest.mark.usefixtures("rings")
async def test_none_is_looked_for_while_pictures_are_drawn_and_all_is_found_afterwards() -> None:
    looking = Quiet(_nothing)
    looking.begin()
    for _ in range(10):
        _made()
        looking.drawn()
        await asyncio.sleep(0.004)
        assert Ring.gone == 0
    await _until_gone(10 * FEW)


@pytest.mark.usefixtures("rings")
async def test_what_may_be_shown_next_is_got_ready_a_piece_at_a_time() -> None:
    ready: list[float] = []
    loop = asyncio.get_running_loop()

    def prepare() -> bool:
        ready.append(loop.time())
        return len(ready) < 3

    looking = Quiet(prepare)
    looking.begin()
    for _ in range(5):
        looking.drawn()
        await asyncio.sleep(0.004)
    assert not ready
    async with asyncio.timeout(5):
        while len(ready) < 3:
            await asyncio.sleep(0.01)
    assert all(later - earlier >= quiet.BREATH * 0.9 for earlier, later in pairwise(ready))
    looking.drawn()
    async with asyncio.timeout(5):
        while len(ready) < 4:
            await asyncio.sleep(0.01)
    looking.end()
    looking.drawn()
    await asyncio.sleep(0.05)
    assert len(ready) == 4


@pytest.mark.usefixtures("rings")
async def test_without_any_picture_python_looks_by_itself() -> None:
    looking = Quiet(_nothing)
    looking.begin()
    for _ in range(2 + 2 * MOST // FEW):
        _made()
    assert Ring.gone > 0


def test_a_picture_before_the_beginning_and_outside_a_loop_does_nothing() -> None:
    Quiet(_nothing).drawn()


def _nothing() -> bool:
    return False


def _made() -> None:
    for _ in range(FEW):
        Ring()


async def _until_gone(count: int) -> None:
    async with asyncio.timeout(5):
        while Ring.gone < count:
            await asyncio.sleep(0.01)
