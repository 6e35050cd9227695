"""What one file says about settings, as the analysers write it down and the record holds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from shipworthy.facts.settings.model import Default


@dataclass(frozen=True, slots=True)
class Row:
    """One read. `name` None: computed."""

    name: str | None
    line: int
    how: str
    default: Default

    def value(self) -> list[Any]:
        return [self.name, self.line, self.how, str(self.default)]


@dataclass(slots=True)
class Rows:
    """All of one file."""

    reads: list[Row] = field(default_factory=list)
    wrappers: list[str] = field(default_factory=list)
    """Functions of this file that read the setting they are given the name of."""
    calls: list[tuple[str, Row]] = field(default_factory=list)
    """Calls that would be reads if the called function were a wrapper: (its name, the read)."""
    declared: dict[str, str] = field(default_factory=dict)
    """Defaults given elsewhere in the file (a schema): name to `Default`."""
    classes: list[str] = field(default_factory=list)
    stores: list[tuple[str, int]] = field(default_factory=list)
    loads: list[int] = field(default_factory=list)
    """Lines that load a .env file."""
    env_files: list[tuple[str, int, int | None]] = field(default_factory=list)
    """Env files loaded by a name of their own, as `loaded.named_in` gives them."""

    def record(self) -> dict[str, Any]:
        """JSON-shaped."""
        seen: set[tuple[str | None, int]] = set()
        reads: list[list[Any]] = []
        # Of two readings of one line, the one that knows what stands in: `X: str = config("X", default="y")`.
        for row in sorted(self.reads, key=lambda row: row.default is Default.COMPUTED):
            if (row.name, row.line) in seen:
                continue
            seen.add((row.name, row.line))
            default = self.declared.get(row.name or "", str(row.default))
            keep = str(row.default) if row.default is not Default.NONE else default
            reads.append([row.name, row.line, row.how, keep])
        return {
            "reads": reads,
            "wrappers": sorted(set(self.wrappers)),
            "calls": [[callee, *row.value()] for callee, row in self.calls],
            "stores": [list(each) for each in self.stores],
            "loads": self.loads,
            "env_files": [list(each) for each in self.env_files],
        }
