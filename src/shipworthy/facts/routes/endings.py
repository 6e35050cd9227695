"""How functions end: what they return, whether a branch leaves them, what an exception answers with."""

from __future__ import annotations

from typing import Any

from shipworthy.facts.python_code.values import Class, Made, Value
from shipworthy.facts.routes.calling import status_of


class Returned:
    """One `return`: what, and whether it was chosen because of who is asking."""

    def __init__(self, value: Value, identity_chose: bool, path: str, line: int, *, rest: bool = False) -> None:
        self.value = value
        self.identity = identity_chose
        self.rest = rest
        """Chosen only in that callers with an identity left before: `if user: return ...` above it."""
        self.path = path
        self.line = line


def ends(body: list[Any]) -> bool:
    """Whether a branch leaves the function at its end."""
    if not body:
        return False
    last = body[-1]
    if last[0] == "if":
        return ends(last[2]) and ends(last[3])
    return last[0] in ("r", "!") or (last[0] == "x" and "abort" in str(last[1][1])[:80])


def status_raised(value: Value) -> int | None:
    """The status an exception answers with."""
    if isinstance(value, Made):
        given = value.kwargs.get("status_code") or value.kwargs.get("code")
        if given is None and value.args and value.kind.endswith(("HTTPException", "WebSocketException")):
            given = value.args[0]
        status = status_of(given)
        if status is None and value.cls is not None:
            status = status_of(value.cls.own("status_code") or value.cls.own("code"))
        return 401 if status in (1008, 3000) else status
    if isinstance(value, Class):
        return status_of(value.own("status_code") or value.own("code"))
    return None
