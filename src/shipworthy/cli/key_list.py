"""What `shipworthy key list` says of one key, as data and in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shipworthy.readiness.allowed import ROLES
from shipworthy.text import visible

if TYPE_CHECKING:
    from shipworthy.readiness.enrol import Enrolled
    from shipworthy.readiness.keys import Found, Keyring


def key_row(keys: Keyring, found: Found, known: Enrolled | None) -> dict[str, Any]:
    """What is known of a key. `known` None: the repository's files cannot be read, so nothing is said of trust."""
    key, signer = found.key, found.signer
    fingerprint = key.fingerprint if key else None
    row: dict[str, Any] = {
        "fingerprint": fingerprint,
        "kind": key.kind if key else None,
        "label": signer.label if signer else found.place,
        "place": found.place,
        "usable": signer is not None,
        "problem": found.problem or None,
        "needs_passphrase": signer.needs_passphrase if signer else None,
        "passphrase_in_keyring": bool(fingerprint) and keys.keeps(fingerprint or ""),
        "revoked": None if known is None else fingerprint in known.revoked,
        "listed": None if known is None else [],
    }
    if known is not None and fingerprint is not None:
        now = datetime.now(UTC)
        row["listed"] = [
            {
                "principal": line.principal,
                "roles": _roles(line.roles),
                "valid_after": line.valid_after.isoformat() if line.valid_after else None,
                "valid_before": line.valid_before.isoformat() if line.valid_before else None,
                "why_not_now": line.why_not(now),
                "line": line.line,
            }
            for line in known.of(fingerprint)
        ]
    return row


def key_lines(row: dict[str, Any], *, default: bool) -> Iterator[str]:
    """The same in words."""
    yield visible(row["label"], 120) + (" (the default)" if default else "")
    if row["fingerprint"]:
        yield f"  {row['fingerprint']}  {visible(row['kind'], 60)}"
    locked = {True: ", asks for its passphrase", False: "", None: ""}[row["needs_passphrase"]]
    yield f"  {visible(row['place'], 200)}" + (
        ", passphrase in your keyring" if row["passphrase_in_keyring"] else locked
    )
    if row["problem"]:
        yield f"  cannot be used: {visible(row['problem'], 300)}"
    if row["listed"] is None:
        yield "  here: unknown"
        return
    if row["revoked"]:
        yield "  here: REVOKED, nothing signed with it counts"
    elif not row["listed"]:
        yield "  here: not listed"
    for line in row["listed"]:
        roles = " and ".join(line["roles"]) or "in no role of shipworthy"
        until = f", until {line['valid_before'][:10]}" if line["valid_before"] else ""
        yield f"  here: {line['principal']} as {roles}{until} (line {line['line']})"
        if line["why_not_now"]:
            yield f"    does not count now: {line['why_not_now']}"


def _roles(namespaces: frozenset[str]) -> list[str]:
    return [role for role, namespace in ROLES.items() if namespace in namespaces]
