"""Text of a repository on every screen: it is shown, and neither the terminal nor the app obeys it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from driving import NARROW, WIDE, Driver, coach
from fake import FakeEngine, FakeSession
from looked_up import hostile_book, hostile_changes
from made_up import ALL_GOOD, CHECKLIST, DECIDED, ITEMS, OUTCOMES, WAIVED, a_finding
from rich.segment import Segment

from shipworthy.assess.events import Failed
from shipworthy.assess.signing import SessionError, Signed, SigningPlan
from shipworthy.model import Area, Assessment, Component, ComponentKind, Finding, Location, Outcome
from shipworthy.readiness.changes import Changes
from shipworthy.readiness.key_book import KeyBook
from shipworthy.tui.terminal import OutputGuard

PAYLOADS = {
    "escape": "a\x1b[31mred\x1b[2J",
    "title": "\x1b]0;pwned\x07",
    "clipboard": "\x1b]52;c;cHduZWQ=\x1b\\",
    "c1": "\x9b31m\x9d0;pwned\x9c",
    "bidi": "user\u202etxt.exe\u2066\u200b",
    "click": "[@click=app.quit]click me[/]",
    "link": "[link=https://evil.example]x[/link]",
    "closing": "[/nope] [/] [bold",
    "controls": "".join(map(chr, range(32))) + "\x7f",
    "wide": "漢字" * 30 + "👩‍👩‍👧‍👦" * 10,
    "surrogate": "caf\udce9",
    "huge": "x" * 100_000,
    "next route": "app/[id]/[...slug]/page.tsx",
    "variables": "$primary $(id) {user} %s",
}

# A few that hold many, for every run; all of them on their own in the long one.
COCKTAILS = {
    "escapes": "\x1b]0;p\x07\x9b1m\x1b[2J\x00\t\r\nx\u202e\u200b\udce9",
    "markup": "[@click=app.quit]a[/][/nope][b $x",
    "huge": PAYLOADS["huge"],
}
EACH = pytest.mark.parametrize(
    "payload",
    [
        *(
            pytest.param(text, id=name, marks=() if name == "escapes" else pytest.mark.long)
            for name, text in COCKTAILS.items()
        ),
        *(pytest.param(text, id=name, marks=pytest.mark.long) for name, text in PAYLOADS.items() if name != "huge"),
    ],
)


def hostile(payload: str) -> tuple[FakeSession, FakeEngine]:
    """A session in which every text field holds the payload."""
    areas = tuple(Area(id=area.id, title=f"{area.title} {payload}") for area in CHECKLIST.areas)
    items = tuple(
        replace(
            item,
            title=payload,
            failing_title=payload,
            why=payload,
            fix=(payload, payload),
            attest=payload,
            not_applicable=payload,
            references=(payload,),
        )
        for item in ITEMS
    )

    def spoil(finding: Finding) -> Finding:
        bad = a_finding(payload, 12, payload, 10, (payload, payload, payload), remedy=payload)
        return replace(bad, related=(Location(path=payload),), fingerprint=finding.fingerprint)

    outcomes = {
        item: replace(
            outcome,
            summary=payload,
            findings=tuple(map(spoil, outcome.findings)),
            looked_at=tuple(payload for _ in outcome.looked_at),
        )
        for item, outcome in OUTCOMES.items()
    }
    outcomes["ci-runs-tests"] = Outcome.failed(
        payload, [spoil(WAIVED_FINDING), Finding.at(Location(commit=payload), "x", payload, anchor="a")]
    )
    component = Component(root=payload, kind=ComponentKind.SERVICE, languages=(payload,), frameworks=(payload,))
    session = HostileSession(
        checklist=replace(CHECKLIST, areas=areas, items=items, name=payload, version=payload),
        name=payload,
        profile_reason=payload,
        dirty=(payload,),
        components=(component, replace(component, root=f"b{payload}")),
        decisions={WAIVED.item: replace(WAIVED, reason=payload, by=payload, evidence=payload)},
        commands={"tests-pass": payload, "secrets-not-in-tree": payload},
    )
    session.payload = payload
    return session, FakeEngine(outcomes, items=items, components=session.components)


WAIVED_FINDING = OUTCOMES["errors-alert-someone"].findings[0]


class HostileSession(FakeSession):
    """Answers with the payload wherever a text is asked for."""

    payload = ""
    refuses = False

    def author(self) -> str:
        return self.payload

    def prompt(self, item: str) -> str:
        return f"{self.payload}\n{self.payload}"

    def attest(self, *args: object) -> None:
        raise SessionError(self.payload, self.payload)

    def undo(self, item: str) -> bool:
        raise SessionError(self.payload, self.payload)

    def signing(self) -> SigningPlan:
        if self.refuses:
            raise SessionError(self.payload, self.payload)
        plan = super().signing()
        return plan._replace(
            payload=self.payload.encode("utf-8", "surrogatepass"),
            files=(self.payload,),
            records=(self.payload,),
            key_label=self.payload,
            key_fingerprint=self.payload,
            key_place=self.payload,
        )

    def sign(self, plan: SigningPlan, passphrase: str | None) -> Signed:
        return Signed(files=(self.payload,), fingerprint=self.payload, commit_command=self.payload)

    def commit(self, signed: Signed) -> str:
        raise SessionError(self.payload, self.payload)

    def since_sign_off(self, assessment: Assessment) -> Changes:
        return hostile_changes(self.payload)

    def key_book(self) -> KeyBook:
        return hostile_book(self.payload)


def segments(driver: Driver) -> Iterator[Segment]:
    for strip in driver.app.screen._compositor.render_strips():
        yield from strip


def look(driver: Driver) -> None:
    """Fails where anything on the screen is more than text."""
    width = driver.app.size.width
    for strip in driver.app.screen._compositor.render_strips():
        assert strip.cell_length == width
    for segment in segments(driver):
        assert not segment.control
        raw = [character for character in segment.text if ord(character) < 32 or 127 <= ord(character) < 160]
        assert not raw, repr(segment.text)
        assert not set(segment.text) & set("\u202e\u2066\u200b\u2028")
        if segment.style is not None:
            assert segment.style.link is None
            assert "@click" not in segment.style.meta
    assert driver.app.is_running


SIZES = {"escapes": [NARROW], "markup": [WIDE], "huge": [NARROW]}


@pytest.mark.parametrize(
    ("payload", "size"),
    [
        *(pytest.param(text, size, id=f"{name}-{size[0]}") for name, text in COCKTAILS.items() for size in SIZES[name]),
        *(
            pytest.param(text, size, id=f"{name}-alone-{size[0]}", marks=pytest.mark.long)
            for name, text in PAYLOADS.items()
            for size in (NARROW, WIDE)
        ),
    ],
)
async def test_every_screen(payload: str, size: tuple[int, int]) -> None:
    session, engine = hostile(payload)
    async with coach(session, engine, size=size) as driver:
        look(driver)
        await driver.press("f")
        look(driver)
        for key in ("enter", "right_square_bracket", "escape"):
            await driver.press(key)
            look(driver)
        # Every dialog, each left with its safest answer.
        for item, key in (
            ("backup-restored", "a"),
            ("backup-restored", "w"),
            ("secrets-not-in-tree", "r"),
            ("secrets-not-in-tree", "y"),
            ("secrets-not-in-tree", "e"),
            ("errors-alert-someone", "u"),
            ("errors-alert-someone", "question_mark"),
        ):
            assert driver.main.go_to(item)
            await driver.press(key)
            look(driver)
            await driver.press("escape")
        await driver.press("ctrl+p")
        await driver.settle()
        look(driver)
        assert driver.app.is_running


@EACH
async def test_refusals_signing_and_failures(payload: str) -> None:
    session, _ = hostile(payload)
    assert isinstance(session, HostileSession)
    session.decisions = {item: replace(each, reason=payload) for item, each in DECIDED.items()}
    engine = FakeEngine(ALL_GOOD)
    async with coach(session, engine) as driver:
        assert driver.main.go_to("errors-alert-someone")
        await driver.press("u", "tab", "enter")
        look(driver)
        await driver.press("escape")
        session.refuses = True
        await driver.press("s")
        await driver.settle()
        look(driver)
        await driver.press("escape")
        session.refuses = False
        await driver.press("s")
        await driver.until("READY TO SIGN")
        look(driver)
        await driver.press("v")
        look(driver)
        await driver.press("escape", "tab", "enter")
        await driver.until("SIGNED")
        look(driver)
        await driver.press("tab", "enter")
        look(driver)
        await driver.press("escape")
        look(driver)
        engine.failed = Failed(message=payload, diagnostics=f"{payload}\n{payload}")
        await driver.press("R")
        await driver.until("COULD NOT EXAMINE")
        look(driver)


async def test_a_path_with_brackets_is_shown_whole() -> None:
    session, engine = hostile(PAYLOADS["next route"])
    async with coach(session, engine, size=WIDE) as driver:
        await driver.press("n")
        assert "app/[id]/[...slug]/page.tsx:12" in driver.text


@pytest.mark.parametrize("name", PAYLOADS)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_last_guard_lets_nothing_through_and_keeps_the_width(name: str, ascii_only: bool) -> None:
    from textual.color import Color

    guard = OutputGuard(ascii_only=ascii_only)
    before = Segment(PAYLOADS[name][:500])
    (after,) = guard.apply([before], Color(0, 0, 0))
    assert not [each for each in after.text if ord(each) < 32 or 127 <= ord(each) < 160]
    assert after.cell_length == before.cell_length
    if ascii_only:
        assert after.text.isascii()


def test_no_byte_of_a_repository_steers_a_real_terminal() -> None:
    """On a pty: the raw bytes that leave the process, and not what the screen thinks it drew."""
    import os
    import pty
    import select
    import subprocess
    import sys
    import time

    program = (
        "from test_hostile import hostile\n"
        "from shipworthy.tui.app import CoachApp\n"
        r"CoachApp(*hostile('\x1b]0;PWNED\x07\x1b]52;c;UFdORUQ=\x1b\\\x9bPWNED'), ascii_only=False).run()"
    )
    leader, follower = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        cwd=os.path.dirname(__file__),  # noqa: PTH120 - where this module is imported from
        env={**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"},
        start_new_session=True,
    )
    os.close(follower)
    keys = [b"n", b"\r", b"]", b"w", b"\x1b", b"?", b"\x1b", b"D", b"\x1b", b"P", b"\r", b"\x1b", b"\x1b", b"q"]
    shown, deadline = b"", time.monotonic() + 20
    pressed = 0.0
    while time.monotonic() < deadline and child.poll() is None:
        ready, _, _ = select.select([leader], [], [], 0.05)
        if ready:
            try:
                shown += os.read(leader, 1 << 16)
            except OSError:
                break
        if b"PWNED" in shown and keys and time.monotonic() - pressed > 0.25:
            os.write(leader, keys.pop(0))
            pressed = time.monotonic()
    child.terminate()
    child.wait(10)
    os.close(leader)
    assert not keys, shown[-500:]
    assert shown.count(b"PWNED") > 10
    for raw in (b"\x1b]0;PWNED", b"\x1b]52;c;UFdORUQ=", b"\x9bPWNED", b"\xc2\x9bPWNED"):
        assert raw not in shown
