"""Follows imports from where an app's client starts to every file that is sent with it."""

from __future__ import annotations

import fnmatch
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shipworthy.facts.base import View
from shipworthy.facts.client.apps import Found
from shipworthy.facts.client.resolve import Resolver, folder_of, join

_MOST_GAPS = 10
_STRIPS = {"page": {"next"}, "route": {"remix"}, "astro": {"astro"}}
"""Which frameworks remove which kind of server's part."""


@dataclass(slots=True)
class Reached:
    """What one app sends. `direct` files are the client's own; others are shared with the server or imported."""

    files: set[str] = field(default_factory=set)
    direct: set[str] = field(default_factory=set)
    lost: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Imports that were not found: the specifier, with the first place."""


def server_lines(app: Found, path: str, record: Mapping[str, Any] | None) -> list[list[int]]:
    """The lines of a file that the framework of an app keeps on the server."""
    if not record or app.framework not in _STRIPS.get(record.get("strips", ""), ()):
        return []
    rest = app.below(path) or ""
    if record["strips"] == "page" and not rest.removeprefix("src/").startswith("pages/"):
        return []
    lines: list[list[int]] = record.get("lines", [])
    return lines


def reach(app: Found, code: Mapping[str, Any], resolver: Resolver, view: View) -> Reached:
    """All files that the app's client is made of."""
    found = Reached()
    waiting: deque[str] = deque(sorted(app.starts))
    found.direct.update(app.starts)
    while waiting:
        path = waiting.popleft()
        if path in found.files:
            continue
        record = code.get(path)
        if app.both and record and (record.get("server") or record.get("only") == "server"):
            continue
        if app.server(path):
            continue
        found.files.add(path)
        if record is None or record.keys() <= {"gives"}:
            continue  # nothing in it says that it is the client's own
        if record.get("client") or not app.both or path.endswith((".vue", ".svelte")):
            found.direct.add(path)
        stripped = bool(server_lines(app, path, record))
        for specifier, line, use in record.get("imports", ()):
            if use == "server" and stripped:
                continue
            targets = resolver.resolve(path, specifier)
            if targets is None:
                found.lost.setdefault(specifier, (path, line))
            else:
                waiting.extend(targets)
        for pattern in record.get("globs", ()):
            waiting.extend(_globbed(path, pattern, code, resolver))
        for line in record.get("opaque", ()):
            if not any(first <= line <= last for first, last in server_lines(app, path, record)):
                view.gap(path, "imports a file whose name is worked out when it runs", line)
    _gaps(app, found, view)
    return found


def _gaps(app: Found, found: Reached, view: View) -> None:
    for count, (specifier, (path, line)) in enumerate(sorted(found.lost.items())):
        if count == _MOST_GAPS:
            view.gap(app.path, f"{len(found.lost) - _MOST_GAPS} more imports of its client were not found")
            return
        view.gap(path, f'imports "{specifier[:80]}", which was not found in the repository', line)


def _globbed(path: str, pattern: str, code: Mapping[str, Any], resolver: Resolver) -> Iterable[str]:
    if pattern.startswith("!"):
        return []
    if pattern.startswith("."):
        base = join(folder_of(path), pattern)
    elif pattern.startswith("/"):
        root = resolver.package_of(path)
        base = join(root, pattern[1:])
    else:
        root = resolver.package_of(path)
        rest = pattern.partition("/")[2]
        base = join(root, "src/" + rest)
    if not base:
        return []
    wide = base.replace("**/", "*") if "**/" in base else base
    return [each for each in code if fnmatch.fnmatchcase(each, wide)]
