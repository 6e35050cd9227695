"""The parts of the line mode at the terminal's edge: progress in whole lines, typed bytes, the lent terminal."""

from __future__ import annotations

import io
import os
import signal
import sys
from pathlib import Path

import pytest
from made_up import COMMIT, COMPONENT, OUTCOMES
from made_up import ITEMS as CATALOGUE

from shipworthy.assess.events import Done, Event, Judged, Planned, Progress
from shipworthy.model import ComponentOutcome, Finding, Level, Location, Outcome, Result, Status
from shipworthy.plain import opening
from shipworthy.plain.examining import Telling
from shipworthy.plain.lines import evidence_lines

ITEMS = ("tests-pass", "lockfile", "known-vulns")
PLANNED = Planned(
    name="app", commit=COMMIT, branch="main", dirty=(), profile="solo", profile_reason="one author",
    components=(COMPONENT,), items=ITEMS,
)  # fmt: skip
DONE = Done(cancelled=False, advisories=None, milliseconds=1_500)


def judged(item: str) -> Judged:
    return Judged(item=item, outcomes=(ComponentOutcome(component=None, outcome=OUTCOMES[item]),), milliseconds=1)


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (0.0, ["Checked 3 items in 1.5 s."]),
        (2.0, ["Reading files: 400 of 1,200.", "Checked 3 items in 1.5 s."]),
        (
            9.0,
            [
                "Reading files: 400 of 1,200.",
                "Checked 1 of 3 items.",
                "Checked 2 of 3 items.",
                "Checked 3 items in 1.5 s.",
            ],
        ),
    ],
)
def test_progress_is_said_now_and_then_and_once_at_the_end(seconds: float, says: list[str]) -> None:
    said: list[str] = []
    taken: list[Event] = []
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += seconds
        return now

    telling = Telling(taken.append, said.append, clock)
    events = [Progress(done=400, total=1_200, what="reading files"), PLANNED, *map(judged, ITEMS), DONE]
    if seconds == 2.0:
        events[:0] = [Progress(done=1, total=1_200, what="reading files")] * 2
    for event in events:
        telling(event)
    assert (said, taken) == (says, events)


@pytest.mark.parametrize(
    ("typed", "read"),
    [(b"n\n", "n\n"), (b"", None), ("Größe\n".encode(), "Größe\n"), (b"caf\xe9\n", "caf�\n"), (b"end", "end")],
)
def test_a_typed_line(monkeypatch: pytest.MonkeyPatch, typed: bytes, read: str | None) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed), encoding="utf-8"))
    assert opening._read() == read


def test_a_terminal_that_is_gone_ends_the_input(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: object) -> int:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Gone()), encoding="utf-8"))
    assert opening._read() is None


def test_ctrl_c_in_the_editor_is_the_editors(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    code = opening._edit(["/bin/sh", "-c", f"kill -INT {os.getpid()}; trap - INT; exit 7"], tmp_path)
    assert code == 7
    assert signal.getsignal(signal.SIGINT) is before


def test_what_has_an_order_is_said_a_step_a_line() -> None:
    finding = Finding.at(
        Location(path="app.py", line=1), "fake", "A key.", anchor="a", remedy="For you: 1. Revoke it. 2. Remove it."
    )
    outcomes = (ComponentOutcome(component=COMPONENT.root, outcome=Outcome.failed("one", [finding])),)
    result = Result(item=CATALOGUE[0], level=Level.REQUIRED, status=Status.FAIL, outcomes=outcomes)
    assert list(evidence_lines(result, 0))[2:] == ["What to do: For you:", "1. Revoke it.", "2. Remove it."]
