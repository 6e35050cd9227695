"""What the review screen asks of the desk; the real one is `shipworthy.reviewing`."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from shipworthy.readiness.seen import Claim, Countersign, Head, Machine, Rerun, Since, Worth


class Desk(Protocol):
    """A review in progress. What may take a while says so, and is called in a thread."""

    @property
    def today(self) -> date: ...

    @property
    def payload(self) -> bytes:
        """The exact bytes that were signed."""
        ...

    @property
    def head(self) -> Head: ...

    @property
    def claims(self) -> tuple[Claim, ...]: ...

    @property
    def machines(self) -> tuple[Machine, ...]: ...

    @property
    def since(self) -> Since: ...

    @property
    def rerun(self) -> Rerun:
        """How far the re-run is."""
        ...

    @property
    def why_not(self) -> str:
        """Why it cannot be countersigned now; empty where nothing stands in the way."""
        ...

    def accept(self, item: str) -> None:
        """Keep the answer. Raises SessionError."""
        ...

    def send_back(self, item: str, remark: str) -> None:
        """Keep the answer. Raises SessionError."""
        ...

    def tell_author(self) -> str:
        """Commit what was sent back as remarks; the commit's id. Takes a moment. Raises SessionError."""
        ...

    def again(self) -> Rerun:
        """Repeat the checks. As slow as that; it raises nothing."""
        ...

    def stop(self) -> None:
        """Nobody waits for `again` any more."""
        ...

    def plan(self) -> Countersign:
        """What would be countersigned. May ask an agent. Raises SessionError."""
        ...

    def approve(self, passphrase: str | None = None) -> None:
        """Sign and write. May wait for a touch. Raises SessionError."""
        ...

    def commit(self) -> str:
        """Commit it; the full id. Raises SessionError."""
        ...

    def worth(self) -> Worth:
        """What the commit is worth. Raises SessionError."""
        ...
