"""`shipworthy facts secrets --history`: what stands in old commits, as rows for JSON."""

from __future__ import annotations

from shipworthy.facts.secret_history.fact import SecretHistory
from shipworthy.facts.secrets.within import Within


def inventory(history: SecretHistory, *, review: bool = False) -> list[dict[str, object]]:
    """One row a commit that brought a secret into a file, newest first, then those beside files; never a value.

    Keys: as of the files' rows, `commit` being the full id; `committed` and `authored` are its times (ISO 8601).
    `within` says what holds it; of a commit's or tag's message and a ref's name `file` is null, and `part` says which
    in words. `commit` is then the tag's own id, or the one the ref names.
    `review` adds what is for a person to look at, and what somebody allowed.
    """
    rows: list[dict[str, object]] = []
    for each in history.sightings:
        if not (review or each.counts):
            continue
        stamp = history.stamps.get(each.location.commit or "") if each.within is not Within.REF else None
        rows.append(
            {
                "file": each.location.path,
                "line": each.location.line,
                "kind": each.rule,
                "masked": each.masked,
                "fingerprint": each.identity,
                "commit": each.location.commit,
                "confidence": str(each.confidence),
                "allowed": each.allowed.by if each.allowed else None,
                "within": str(each.within),
                "part": each.location.part,
                "committed": stamp.committed.isoformat() if stamp else None,
                "authored": stamp.authored.isoformat() if stamp else None,
            }
        )
    return rows
