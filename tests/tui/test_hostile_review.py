"""A sign-off that attacks whoever reviews it, and what fixes and keys say: shown on every screen, never obeyed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date

import pytest
from driving import NARROW, WIDE, Driver, coach
from fake import FakeEngine, FakeSession
from made_up import ALL_GOOD, DECIDED, ITEMS
from made_up_fix import OFFER
from test_hostile import COCKTAILS, PAYLOADS, look, segments

from shipworthy.assess.events import Changed, Watching
from shipworthy.assess.signing import SessionError, SigningPlan
from shipworthy.fixes import NoFix
from shipworthy.fixes.undo import Undone
from shipworthy.model import OutcomeKind
from shipworthy.readiness.answered import Reply
from shipworthy.readiness.seen import Claim, Countersign, Head, Machine, Rerun, RerunState, Since, Worth
from shipworthy.signing import NoKey
from shipworthy.text import visible
from shipworthy.tui.review_app import ReviewApp

TODAY = date(2026, 11, 22)
MORE = {
    "backslashes": "\\[@click=app.quit]x\\[/] [@click='app.quit()']y [@on.click=app.quit]z \\",
    "nested": "[[b]]x[[/b]] [b][/i] [not a tag] [$error 50%]y[/] [link='https://evil.example']l",
    "accents": "e" + "\u0301" * 40 + "\ufe0f\u20e3" * 5,
}
ALL = COCKTAILS | PAYLOADS | MORE
NOW = {("escapes", NARROW)}
"""In every run; the rest in the long one."""
EVERY = pytest.mark.parametrize(
    ("payload", "size"),
    [
        pytest.param(text, size, id=f"{name}-{size[0]}", marks=() if (name, size) in NOW else pytest.mark.long)
        for name, text in ALL.items()
        for size in (NARROW, WIDE)
    ],
)


def watch(driver: Driver, mark: str = "") -> None:
    """As `look`; nothing that can be clicked came with the text, and the beginning of the text is there in full."""
    look(driver)
    for segment in segments(driver):
        meta = segment.style.meta if segment.style else {}
        # A scroll bar is grabbed by its own, and has no letters.
        assert not [key for key in meta if key.startswith("@") and any(map(str.isalnum, segment.text))], segment
    assert mark[:8] in "".join(driver.text.replace("│", "").split()), driver.text


@dataclass
class HostileDesk:
    """A review in which every text is the payload."""

    text: str
    reply: Reply | None = None
    refuses: bool = False
    today: date = TODAY

    @property
    def payload(self) -> bytes:
        return f"{self.text}\n{self.text}".encode("utf-8", "surrogatepass")

    @property
    def head(self) -> Head:
        text = self.text
        return Head(
            name=text, environment=text, commit="4f2a91c" + "0" * 33, author=text, fingerprint=text, key_kind=text,
            listed=text, issued=TODAY, expires=date(2026, 12, 22), missing=text, approved=(text,), alarms=(text, text),
            remarks=(text,), own="",
        )  # fmt: skip

    @property
    def claims(self) -> tuple[Claim, ...]:
        text = self.text
        first = Claim(
            id="one", title=text, kind="said", by=text, words=f"{text}\n{text}", evidence=text,
            until=date(2026, 12, 1), machine=text, findings=(text,) * 3, waits=text, reply=self.reply, remark=text,
        )  # fmt: skip
        return first, first._replace(id="two", kind="waived", evidence="", waits="")

    @property
    def machines(self) -> tuple[Machine, ...]:
        return tuple(Machine(id=each.value, title=self.text, outcome=each, summary=self.text) for each in OutcomeKind)

    @property
    def since(self) -> Since:
        return Since(brief=self.text, lines=(self.text, self.text))

    def __post_init__(self) -> None:
        items = {OutcomeKind.PASS.value: self.text, OutcomeKind.FAIL.value: ""}
        self.rerun = Rerun(RerunState.WORSE, self.text, self.text, items, (self.text,))

    @property
    def why_not(self) -> str:
        return self.text if self.refuses else ""

    def _maybe(self) -> None:
        if self.refuses:
            raise SessionError(self.text, f"{self.text}\n{self.text}")

    def accept(self, item: str) -> None:
        self._maybe()
        self.reply = Reply.ACCEPTED

    def send_back(self, item: str, remark: str) -> None:
        self._maybe()
        self.reply = Reply.SENT_BACK

    def tell_author(self) -> str:
        raise SessionError(self.text, self.text)

    def again(self) -> Rerun:
        return self.rerun

    def stop(self) -> None: ...

    def plan(self) -> Countersign:
        self._maybe()
        text = self.text
        return Countersign(
            who=text, key_label=text, key_fingerprint=text, key_place=text, needs_passphrase=False, needs_touch=True,
            resumed=True, file=text, commit_command=text,
        )  # fmt: skip

    def approve(self, passphrase: str | None = None) -> None: ...

    def commit(self) -> str:
        return "8caf24" + "0" * 34

    def worth(self) -> Worth:
        return Worth(False, self.text, self.text)


@asynccontextmanager
async def review(desk: HostileDesk, size: tuple[int, int]) -> AsyncIterator[Driver]:
    def opened() -> HostileDesk:
        return desk

    app = ReviewApp(opened, ascii_only=False)
    async with app.run_test(size=size, notifications=True) as pilot:
        driver = ReviewDriver(pilot, None, None)  # type: ignore[arg-type]  # a review has neither
        for _ in range(200):
            await pilot.pause(0.01)
            if app.review._view is not None:
                break
        yield driver


class ReviewDriver(Driver):
    @property
    def app(self) -> ReviewApp:  # type: ignore[override]  # the other app
        app = self.pilot.app
        assert isinstance(app, ReviewApp)
        return app


async def press(driver: Driver, *keys: str) -> None:
    for key in keys:
        await driver.press(key)
        await asyncio.sleep(0.01)
        await driver.settle()
        watch(driver)


@EVERY
async def test_a_review(payload: str, size: tuple[int, int]) -> None:
    text = f"QQ{payload}"
    mark = "".join(visible(text).split())
    desk = HostileDesk(text)
    async with review(desk, size) as driver:
        watch(driver, mark)
        await press(driver, *("enter", "escape", "down") * 5)
        await press(driver, "d", "escape", "v", "escape", "question_mark", "escape")
        await press(driver, "home", "n", "enter", "b", "escape", "escape", "a")
        desk.refuses = True
        await press(driver, "a", "escape")
        await press(driver, "c")
        desk.refuses, desk.reply = False, Reply.SENT_BACK
        await press(driver, "r", "t", "tab", "enter", "escape")
        desk.reply = Reply.ACCEPTED
        await press(driver, "r", "c")
        await driver.until("COUNTERSIGN")
        watch(driver, mark)
        await press(driver, "v", "escape", "tab", "enter")
        await driver.until("SIGNED")
        watch(driver, mark)
        await press(driver, "tab", "enter")
        await driver.until("NOT READY YET")
        watch(driver, mark)
        await press(driver, "enter")


@EVERY
async def test_a_review_that_cannot_be_opened(payload: str, size: tuple[int, int]) -> None:
    def refuse() -> HostileDesk:
        raise SessionError(f"QQ{payload}", f"QR{payload}\n{payload}")

    app = ReviewApp(refuse, ascii_only=False)
    async with app.run_test(size=size, notifications=True) as pilot:
        driver = ReviewDriver(pilot, None, None)  # type: ignore[arg-type]  # as above
        await driver.until("CANNOT REVIEW")
        watch(driver, "".join(visible(f"QQ{payload}").split()))
        await driver.press("a", "question_mark")
        look(driver)


class HostileHands(FakeSession):
    """Answers with the payload about fixes and keys."""

    text = ""

    def undo_fix(self) -> Undone:
        return Undone(item=ITEMS[0].id, paths=(self.text,), notes=(self.text, self.text))

    def signing(self) -> SigningPlan:
        raise NoKey(self.text, self.text)

    def make_key(self, passphrase: str) -> str:
        raise SessionError(self.text, self.text)


@EVERY
async def test_fixes_keys_and_notices(payload: str, size: tuple[int, int]) -> None:
    text = f"QQ{payload}"
    mark = "".join(visible(text).split())
    offer = replace(
        OFFER, fix=replace(OFFER.fix, says=text, notes=(text,)), diff=tuple(f"{each}{text}" for each in ("+", "-", ""))
    )
    session = HostileHands(offers={"secrets-not-in-tree": offer, "deploy-gated": NoFix(item="deploy-gated", why=text)})
    session.text = text
    async with coach(session, FakeEngine(), size=size) as driver:
        assert driver.main.go_to("secrets-not-in-tree")
        await driver.press("d")
        await driver.until("Apply")
        watch(driver, mark)
        session.fix_error = SessionError(text, text)
        await press(driver, "tab", "enter", "j", "pagedown", "k")
        await driver.press("escape", "U", "tab", "enter")
        await driver.until("Taken back, but")
        watch(driver, mark)
        await driver.press("escape")
        driver.engine.change(Changed(paths=(text, f"b/{text}"), total=2, items=("known-vulns",)), hold=True)
        await driver.pilot.pause(0.05)
        look(driver)
        driver.engine._queue.put_nowait(Watching(on=False, problem=text))
        await driver.until("noticed any more")
        watch(driver, mark)
        await driver.press("ctrl+p", "Q", "escape")
        look(driver)


@EVERY
async def test_a_key_that_cannot_be_made(payload: str, size: tuple[int, int]) -> None:
    session = HostileHands(decisions=dict(DECIDED))
    session.text = text = f"QQ{payload}"
    mark = "".join(visible(text).split())
    async with coach(session, FakeEngine(ALL_GOOD), size=size) as driver:
        await driver.press("s")
        await driver.until("No key to sign with")
        watch(driver, mark)
        await driver.press("tab")
        await driver.type("correct horse")
        await driver.press("tab")
        await driver.type("correct horse")
        await driver.press("enter", "enter")
        await driver.settle()
        watch(driver, mark)
