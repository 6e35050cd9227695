"""Makes a signing key for a person who has none."""

from __future__ import annotations

import asyncio

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button, Input

from shipworthy.assess.signing import SessionError
from shipworthy.coaching.session import Session
from shipworthy.tui.screens.dialogs import Choice, Dialog, Field, Message, Tick
from shipworthy.tui.widgets.safe import DIM, SafeStatic, shown


class NewKey(Dialog[bool]):
    """Asks for a passphrase twice; True once the key is there. `error`: why one may be wanted."""

    def __init__(self, session: Session, error: SessionError, title: str = "No key to sign with") -> None:
        super().__init__(title)
        self._session = session
        self._error = error

    def compose(self) -> ComposeResult:
        with self.box():
            yield SafeStatic(shown(self._error.message, limit=600))
            if self._error.diagnostics:
                yield SafeStatic(shown(self._error.diagnostics, DIM, 600))
            yield SafeStatic(
                shown("Or type a passphrase twice: shipworthy makes an Ed25519 key of yours and keeps it under that."),
                id="offer",
            )
            yield Field("Passphrase", "first", secret=True)
            yield Field("Once more", "second", secret=True)
            yield Tick("Keep it in your desktop's keyring, and ask no more", id="keep")
            yield SafeStatic(id="problem")
            with Horizontal(classes="buttons"):
                yield Choice("Cancel", id="no")
                yield Choice("Make the key", id="yes", tone="primary", disabled=True)

    def _typed(self) -> tuple[str, str]:
        return self.query_one("#first", Input).value, self.query_one("#second", Input).value

    def on_input_changed(self) -> None:
        first, second = self._typed()
        self.query_one("#yes", Button).disabled = not first or first != second
        self._say("The two differ." if second and not first.startswith(second) else "")

    def _say(self, words: str, style: str = "$error") -> None:
        self.query_one("#problem", SafeStatic).put(shown(words, style, 600))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        yes = self.query_one("#yes", Button)
        if event.input.id == "first":
            self.query_one("#second").focus()
        elif not yes.disabled:
            yes.focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "yes":
            self._make(self._typed()[0])
        else:
            self.dismiss(None)

    @work(group="key", exclusive=True)
    async def _make(self, passphrase: str) -> None:
        self._say("Making the key. This takes a moment on purpose.", DIM)
        try:
            # In a thread: a passphrase is stretched, and a desktop keyring may ask something.
            fingerprint = await asyncio.to_thread(self._session.make_key, passphrase)
        except SessionError as error:
            self._say(f"{error.message} {error.diagnostics}".strip())
            return
        if self.query_one("#keep", Tick).value:
            self._say("Asking your keyring. It may want to be unlocked.", DIM)
            try:
                await asyncio.to_thread(self._session.keep_passphrase, fingerprint, passphrase)
            except SessionError as error:
                # The key is there and signs; it only asks each time.
                await self.app.push_screen_wait(Message("The key is made", error.message, error.diagnostics))
        self.app.notify(f"Key {fingerprint}", markup=False)
        self.dismiss(True)
