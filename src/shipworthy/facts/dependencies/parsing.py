"""What every parser of manifests and locks shares: the error it raises, the notes it makes, the graph it settles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shipworthy.facts.dependencies.model import Origin, Package
from shipworthy.project.yaml import BadData, load_json

MAX_NOTES = 20
"""How many lines of one file are named one by one; more are summed up."""


class Unclear(Exception):
    """A file that cannot be understood as a whole. The message quotes nothing of it."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


class Notes:
    """Lines of one file that were not understood; each becomes a gap."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, int | None]] = []
        self.more = 0

    def add(self, reason: str, line: int | None = None) -> None:
        if len(self.rows) < MAX_NOTES:
            self.rows.append((reason, line))
        else:
            self.more += 1


def toml(text: str) -> dict[str, Any]:
    """Raises Unclear."""
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = str(error).partition("at line ")[2].partition(",")[0]
        raise Unclear("not valid TOML", int(line) if line.isdigit() else None) from error
    except (RecursionError, ValueError) as error:
        raise Unclear("not valid TOML: nested too deep, or a number too long") from error


def json(data: bytes) -> dict[str, Any]:
    """An object. Raises Unclear, also where a key appears twice."""
    try:
        found = load_json(data)
    except BadData as error:
        raise Unclear(f"not valid JSON: {error}", error.line) from error
    if not isinstance(found, dict):
        raise Unclear("not a JSON object")
    return found


def table(value: Any) -> Mapping[str, Any]:
    """`value` if it is a table, else an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[Mapping[str, Any]]:
    """The tables in a list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    """The texts in a list."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def text(value: Any) -> str | None:
    """`value` if it is a text, else None."""
    return value if isinstance(value, str) else None


@dataclass(slots=True)
class Entry:
    """One package of a lock while its graph is still being settled."""

    name: str
    version: str | None
    line: int | None
    origin: Origin = Origin.REGISTRY
    hashed: bool = False
    direct: bool | None = None
    dev: bool | None = None
    needs: list[str] = field(default_factory=list)
    """Keys of the entries it brings in."""
    torn: bool = False
    """Whether something it certainly brings in was not found among the entries."""


def _reach(entries: Mapping[str, Entry], start: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    waiting = [key for key in start if key in entries]
    while waiting:
        key = waiting.pop()
        if key not in seen:
            seen.add(key)
            waiting.extend(need for need in entries[key].needs if need in entries and need not in seen)
    return seen


def settle(entries: Mapping[str, Entry], shipped: Iterable[str], development: Iterable[str]) -> None:
    """Fill `direct` and `dev` from the keys manifests ask for: for development is what no shipped one brings in."""
    shipped, development = set(shipped), set(development)
    runtime = _reach(entries, shipped)
    behind = _reach(entries, development)
    for key, entry in entries.items():
        entry.direct = key in shipped or key in development
        entry.dev = False if key in runtime else True if key in behind else None


def whole(entries: Iterable[Entry]) -> None:
    """Raises Unclear where a package needs one that is not there: a lock cut off between lines, or badly merged."""
    for entry in entries:
        if entry.torn:
            raise Unclear("needs a package that the lock does not hold: cut off, or badly merged", entry.line)


def packages(ecosystem: str, path: str, entries: Iterable[Entry]) -> tuple[Package, ...]:
    """One package per name and version, in file order."""
    found: dict[tuple[str, str | None, Origin], list[Entry]] = {}
    for entry in entries:
        found.setdefault((entry.name, entry.version, entry.origin), []).append(entry)
    return tuple(
        Package(
            ecosystem=ecosystem,
            name=name,
            version=version,
            file=path,
            line=same[0].line,
            direct=True if any(each.direct for each in same) else same[0].direct,
            dev=False
            if any(each.dev is False for each in same)
            else (None if any(each.dev is None for each in same) else True),
            origin=origin,
            hashed=all(each.hashed for each in same),
        )
        for (name, version, origin), same in found.items()
    )
