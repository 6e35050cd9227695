"""The child's protocol: every event survives the line, and nothing else is taken for one."""

from __future__ import annotations

from datetime import date

import pytest

from shipworthy.assess.events import Changed, Done, Event, Failed, Judged, Planned, Progress, Started, Watching
from shipworthy.assess.wire import Command, WireError, dump, load
from shipworthy.model import (
    Component,
    ComponentKind,
    ComponentOutcome,
    Excerpt,
    Finding,
    Location,
    Outcome,
    Severity,
)

FINDING = Finding(
    rule="r",
    message="bad \x1b[31m \udcff ✔",
    location=Location(path="a\nb.py", line=3, column=1),
    fingerprint="ab",
    severity=Severity.LOW,
    related=(Location(commit="c0ffee"),),
    excerpt=Excerpt(first=2, lines=("x", "y")),
)
EVENTS: list[Event] = [
    Planned(
        name="app", commit=None, branch="main", dirty=("a",), profile="solo", profile_reason="why",
        components=(Component(root=".", kind=ComponentKind.SERVICE, languages=("python",)),), items=("a", "b"),
    ),
    Started(item="a"),
    Progress(done=1, total=2, what="reading"),
    Judged(
        item="a",
        outcomes=(ComponentOutcome(component=".", outcome=Outcome.failed("s", [FINDING])),),
        milliseconds=4,
    ),
    Judged(
        item="b",
        outcomes=(ComponentOutcome(component=None, outcome=Outcome.passed("s", ["x"], until=date(2026, 12, 1))),),
        milliseconds=4,
    ),
    Done(cancelled=False, advisories=None, milliseconds=9),
    Failed(message="m", diagnostics="d"),
    Changed(paths=("a\x1b\udcff.py",), total=3, items=("a",), moved=True, branch="main"),
    Watching(on=False, problem="no"),
]  # fmt: skip


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_round_trip(event: Event) -> None:
    line = dump(event)
    assert line.count(b"\n") == 1
    assert load(line) == event


@pytest.mark.parametrize(
    "line",
    [
        b"", b"nonsense", b"[]", b"3", b'{"v":1,"event":"started","item":"a"}', b'{"v":2,"event":"nope"}',
        b'{"v":2,"event":"started"}', b'{"v":2,"event":"started","item":4}',
        b'{"v":2,"event":"started","item":"a","x":1}',
        b'{"v":2,"event":"outcome","item":"a","outcomes":[{"outcome":{"kind":"pass","summary":"s"}}],"milliseconds":1}',
    ],
)  # fmt: skip
def test_refuses(line: bytes) -> None:
    with pytest.raises(WireError):
        load(line)


def test_commands() -> None:
    command = Command(do="run", only=("a",), consent=("pytest",))
    assert Command.load(command.dump()) == command
    with pytest.raises(WireError):
        Command.load(b'{"v":2,"do":3}')
