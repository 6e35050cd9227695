"""Keeps what an approver answered to each claim, on their machine, bound to repository, statement and item.

One small file each below the user's state folder, replaced as a whole: a crash loses at most the answer just typed. A
new statement has another digest, so every claim in it is asked anew.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from shipworthy.checklist.document import KEBAB
from shipworthy.readiness.dsse import Malformed, load_json
from shipworthy.readiness.replace import replace

FOLDER = "reviews"
MAX_BYTES = 64 * 1024
_TIME = "%Y-%m-%dT%H:%M:%SZ"


class Reply(StrEnum):
    """What an approver says about a claim."""

    ACCEPTED = "accepted"
    SENT_BACK = "sent back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A reply to one claim."""

    item: str
    reply: Reply
    at: datetime
    """Aware, UTC."""
    remark: str = ""
    """What has to change, where it was sent back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The answers to one statement. `repository`: what tells this clone from others; `payload`: sha256 (hex)."""

    state: Path
    repository: str
    payload: str

    @property
    def folder(self) -> Path:
        name = hashlib.sha256(f"{self.repository}\0{self.payload}".encode()).hexdigest()
        return self.state / FOLDER / name

    def read(self, item: str) -> Answered | None:
        """The answer about an item; None where there is none, or what lies there is not one to this statement."""
        if not KEBAB.fullmatch(item):
            return None
        try:
            with (self.folder / f"{item}.json").open("rb") as stream:
                row = load_json(stream.read(MAX_BYTES + 1))
            if not isinstance(row, dict) or (row["item"], row["payload"]) != (item, self.payload):
                return None
            at = datetime.strptime(row["at"], _TIME).replace(tzinfo=UTC)
            return Answered(item=item, reply=Reply(row["reply"]), at=at, remark=str(row["remark"]))
        except (OSError, Malformed, KeyError, ValueError, TypeError):
            return None

    def keep(self, answered: Answered) -> None:
        """Write an answer in place of an earlier one about the same item. Raises OSError, ValueError for an odd id."""
        if not KEBAB.fullmatch(answered.item) or len(answered.item) > 60:
            raise ValueError("not an item's id")
        row = {
            "item": answered.item, "payload": self.payload, "reply": answered.reply.value,
            "at": answered.at.astimezone(UTC).strftime(_TIME), "remark": answered.remark,
        }  # fmt: skip
        self.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace(self.folder, {f"{answered.item}.json": (json.dumps(row, indent=1) + "\n").encode("ascii")})
