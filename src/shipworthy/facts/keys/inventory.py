"""`shipworthy facts keys`: the keys found, joined with what `.shipworthy/keys.toml` says of them."""

from __future__ import annotations

from shipworthy.facts.forms import KeysFile, Row
from shipworthy.facts.keys.model import Key, Keys
from shipworthy.model import Location

QUESTION = "keys"
"""The question of the form whose rows are the keys."""


def listed(file: KeysFile) -> dict[str, Row]:
    """The confirmed rows of the file by the name in their first column; the first of several."""
    rows = file.written.answers.table(QUESTION) if file.written is not None else ()
    return {row.cell("name"): row for row in reversed(rows) if row.confirmed}


def row_of(key: Key, rows: dict[str, Row]) -> Row | None:
    """The row that names a key: by its very name, else as a word of a longer first column."""
    from shipworthy.facts.forms import Named, Source
    from shipworthy.facts.forms.found import mentions

    if key.name in rows:
        return rows[key.name]
    named = Named(source=Source.KEYS, name=key.name, location=Location())
    return next((row for name, row in rows.items() if mentions(named, name)), None)


def inventory(keys: Keys, file: KeysFile) -> list[dict[str, object]]:
    """One row a key, by name: no value, and null for what the files do not tell.

    Keys: name, provider, scope, reads, ci, named ([{file, line}]: where it is read, asked for by a workflow, named
    by an example of an env file, a committed one or a deployment file), stores ([{kind, file, line}]), and of its
    row in the file owner, created and rotate_by (YYYY-MM-DD); listed: whether there is such a row that somebody
    confirmed.
    """
    rows = listed(file)
    found: list[dict[str, object]] = []
    for key in keys.keys:
        row = row_of(key, rows)
        cells = {name: (row.cell(name) or None) if row else None for name in ("owner", "created", "rotate_by")}
        found.append(
            {
                "name": key.name,
                "provider": key.provider,
                "reads": [_place(each) for each in key.reads],
                "stores": [{"kind": each.kind, **_place(each.location)} for each in key.kept],
                "ci": [_place(each) for each in key.ci],
                "named": [_place(each) for each in key.named],
                "scope": key.scope,
                **cells,
                "listed": row is not None,
            }
        )
    return found


def _place(location: Location) -> dict[str, object]:
    return {"file": location.path, "line": location.line}
