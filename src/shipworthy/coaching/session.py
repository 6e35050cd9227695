"""What the coach asks of a session, on the screen and in lines; the real one is `shipworthy.session`."""

from __future__ import annotations

from collections.abc import Set
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import threading

    from shipworthy.assess.events import Event
    from shipworthy.assess.signing import Signed, SigningPlan
    from shipworthy.fixes import Fix, NoFix
    from shipworthy.fixes.offer import Offer
    from shipworthy.fixes.undo import Undone
    from shipworthy.forming import Opened
    from shipworthy.forms import Answers, Form, Saved
    from shipworthy.model import Assessment, Checklist, Result
    from shipworthy.readiness.changes import Changes
    from shipworthy.readiness.key_book import KeyBook


class Session(Protocol):
    """What is known and decided so far. Quick and synchronous but for what says otherwise."""

    @property
    def root(self) -> Path: ...

    @property
    def checklist(self) -> Checklist: ...

    @property
    def profile(self) -> str: ...

    @property
    def profile_reason(self) -> str: ...

    @property
    def today(self) -> date: ...

    @property
    def running(self) -> Set[str]:
        """Ids of items being judged now."""
        ...

    @property
    def pending(self) -> Set[str]:
        """Ids of items planned and not judged yet."""
        ...

    def apply(self, event: Event) -> None:
        """Take in what the engine reported."""
        ...

    def assessment(self) -> Assessment:
        """All results as known now; an item not judged yet has no outcome."""
        ...

    def attest(self, item: str, reason: str, evidence: str, expires: date) -> None:
        """Write down that a person says the item is true. Raises SessionError."""
        ...

    def waive(
        self, item: str, reason: str, expires: date, *, not_applicable: bool = False, by: str | None = None
    ) -> None:
        """Write down that a person accepts the item as it is: this one, or the approver whose address `by` is.

        Raises SessionError.
        """
        ...

    def needs_approver(self, result: Result) -> bool:
        """Whether a waiver of this item counts only where somebody else, an approver, accepts it."""
        ...

    def undo(self, item: str) -> bool:
        """Take back the decision about an item; False where there was none. Raises SessionError."""
        ...

    def author(self) -> str:
        """Who decisions are written down for: "Ada Lovelace <ada@example.org>". Raises SessionError."""
        ...

    def consent_needed(self, item: str) -> str | None:
        """The command of the project that judging this item would run and nobody said yes to; None if none."""
        ...

    @property
    def allowed(self) -> Set[str]:
        """Commands of the project the person said yes to, until they quit."""
        ...

    def allow(self, command: str) -> None:
        """The person said yes to this command, until they quit."""
        ...

    def remember_consent(self, command: str) -> None:
        """Never ask about this command in this repository again. Raises SessionError."""
        ...

    def propose_fix(self, item: str) -> Offer | NoFix:
        """What a machine would change for an item. It reads the repository elsewhere and waits. Raises SessionError."""
        ...

    def apply_fix(self, fix: Fix) -> None:
        """Write it as it was shown, all files or none. Raises SessionError."""
        ...

    def undo_fix(self) -> Undone:
        """Take the last fix applied to this repository back. Raises SessionError."""
        ...

    def signing(self) -> SigningPlan:
        """What signing would sign, after a fresh examination: as slow as that, so it is called in a thread.

        Raises SessionError when not READY or when something is dirty, `shipworthy.signing.NoKey` without a key.
        """
        ...

    def make_key(self, passphrase: str) -> str:
        """Generate a signing key; its fingerprint. Slow on purpose. Raises SessionError."""
        ...

    def keep_passphrase(self, fingerprint: str, passphrase: str) -> None:
        """Keep the passphrase of that key in the desktop's keyring. May wait for it. Raises SessionError."""
        ...

    def sign(self, plan: SigningPlan, passphrase: str | None) -> Signed:
        """Write and sign the readiness file. May wait for a touch of a key. Raises SessionError."""
        ...

    def commit(self, signed: Signed) -> str:
        """Make exactly that commit; its hash. Raises SessionError."""
        ...

    def since_sign_off(self, assessment: Assessment) -> Changes:
        """What an assessment says now, compared with the last accepted sign-off. Waits for git. Raises SessionError."""
        ...

    def between_sign_offs(self) -> Changes:
        """The signed file here, compared with the sign-off before it. Waits for git. Raises SessionError."""
        ...

    def key_book(self) -> KeyBook:
        """The person's keys, and whom the repository lets sign. Waits for git and an agent. Raises SessionError."""
        ...

    def form_file(self, item: str) -> str:
        """The path of the item's form from the repository's top; "" for an item without a form."""
        ...

    def form_there(self, item: str) -> bool:
        """Whether the item's form was written, in whatever state."""
        ...

    def open_form(self, item: str, stop: threading.Event) -> Opened:
        """The item's form, filled from its file and the code. It reads the repository elsewhere and waits, until
        `stop` is set. Raises SessionError."""
        ...

    def save_form(self, form: Form, answers: Answers, held: Answers | None) -> Saved:
        """Write the answers into the form's file, which must still say what `held` says; None asks no such thing.

        Waits for the disk. Raises SessionError, `shipworthy.forming.FormChanged`.
        """
        ...

    def keep_draft(self, form: Form, answers: Answers, held: Answers) -> bool:
        """Keep what is typed until it is saved or thrown away; whether that could be done. Waits for the disk."""
        ...

    def drop_draft(self, form: Form) -> None:
        """Forget what was typed and not saved."""
        ...

    def next_step(self) -> Result | None:
        """The open item to do first, by risk and effort."""
        ...

    def prompt(self, item: str) -> str:
        """A bounded prompt for an assistant: evidence, fix, pass condition. It holds no secret."""
        ...
