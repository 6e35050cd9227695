"""Finds a server's setting that a file gives the client under another name: `VITE_A: ${{ secrets.STRIPE_KEY }}`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shipworthy.facts.base import View
from shipworthy.facts.client.apps import aside
from shipworthy.facts.client.fact import Exposure, How
from shipworthy.facts.client.names import Meant, meant, public_prefix
from shipworthy.facts.settings import ListingKind, Settings
from shipworthy.model import Location
from shipworthy.project import is_test_path

# Sources: the code host's "secrets context"; the shell's, dotenv-expand's and compose's "variable expansion".
_GIVEN = re.compile(
    r"(?<![A-Za-z0-9_$])([A-Z][A-Z0-9_]{3,99})[\"']?[ \t]{0,8}[:=][ \t]{0,8}\\?[\"']?"
    r"\$(?:\{\{[ \t]{0,8}(?:secrets|env|vars)\.|\{)?([A-Za-z_][A-Za-z0-9_]{2,99})"
)
_COMMENT = re.compile(r"^\s*(?:#|//)")
_MOST = 50


def renamed(view: View, settings: Settings, frameworks: frozenset[str]) -> Iterator[Exposure]:
    """Settings of a server whose value a file gives to a name with a public prefix that says nothing of it."""
    paths = {each.path for each in settings.listings if each.kind not in (ListingKind.EXAMPLE, ListingKind.DOCS)}
    paths |= {entry.path for entry in view.entries("package.json", "netlify.toml") if entry.by_hand}
    for path in sorted(paths):
        source = view.source(path) if not aside(path) and not is_test_path(path) else None
        if source is None or source.binary:
            continue
        found = 0
        for number, line in enumerate(source.lines, 1):
            if "$" not in line or _COMMENT.match(line):
                continue
            for match in _GIVEN.finditer(line[:5_000]):
                name, held = match[1], match[2].upper()
                prefix = public_prefix(name, frameworks)
                if prefix and meant(name) is not Meant.SERVER and meant(held) is Meant.SERVER and found < _MOST:
                    found += 1
                    yield Exposure(
                        name=held, how=How.CONFIGURED, meant=Meant.SERVER, location=Location(path=path, line=number),
                        by=f"{name}, a name for the browser,",
                    )  # fmt: skip
