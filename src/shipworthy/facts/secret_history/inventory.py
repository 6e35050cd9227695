"""`shipworthy facts secrets --history`: what stands in old commits, as rows for JSON."""

from __future__ import annotations

from shipworthy.facts.secret_history.fact import SecretHistory


def inventory(history: SecretHistory, *, review: bool = False) -> list[dict[str, object]]:
    """One row a commit that brought a secret into a file, newest first; never a value.

    Keys: as of the files' rows, `commit` being the full id; `committed` and `authored` are its times (ISO 8601).
    `review` adds what is for a person to look at, and what somebody allowed.
    """
    rows: list[dict[str, object]] = []
    for each in history.sightings:
        if not (review or each.counts):
            continue
        stamp = history.stamps.get(each.location.commit or "")
        rows.append(
            {
                "file": each.location.path,
                "line": each.location.line,
                "kind": each.rule,
                "masked": each.masked,
                "fingerprint": each.identity,
                "commit": each.location.commit,
                "confidence": str(each.confidence),
                "committed": stamp.committed.isoformat() if stamp else None,
                "authored": stamp.authored.isoformat() if stamp else None,
            }
        )
    return rows
