"""The parts of a CircleCI configuration: where commands, jobs and executors are defined, and their parameters.

Source: CircleCI's configuration reference ("Reusable configuration reference", "Parameter types").
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Link, Said
from shipworthy.facts.pipeline.shell_words import Values
from shipworthy.facts.pipeline.systems.circleci_values import Scope, fill, text_of
from shipworthy.facts.pipeline.values import Unknown

MAX_DEPTH = 12
_HOME = re.compile(r"^(?:~|\$HOME|\$\{HOME\}|/home/circleci|/root|/Users/(?:distiller|\$USER))(?=/|$)")


@dataclass(frozen=True, slots=True)
class Block:
    """Steps given as a parameter, with the place they were written at."""

    steps: Any
    env: Env


@dataclass(slots=True)
class Definitions:
    """Where commands, jobs and executors are defined: a configuration file, or an orb written inside one."""

    path: str
    root: Mapping[str, Any]
    orbs: dict[str, Definitions | str] = field(default_factory=dict)
    """By the name they go by here: an orb of this file, or the full name of one in the registry."""

    @classmethod
    def of(cls, path: str, root: Mapping[str, Any], depth: int = 0) -> Definitions:
        made = cls(path, root)
        orbs = root.get("orbs")
        for name, value in orbs.items() if isinstance(orbs, Mapping) and depth < MAX_DEPTH else ():
            if isinstance(value, Mapping):
                made.orbs[str(name)] = cls.of(path, value, depth + 1)
            else:
                made.orbs[str(name)] = str(value).partition("@")[0].strip().lower()
        return made

    def part(self, kind: str, name: str) -> tuple[Mapping[str, Any], Definitions] | None:
        """A definition by the name it goes by here; None where it is not in this file."""
        alias, slash, member = name.partition("/")
        if slash:
            orb = self.orbs.get(alias)
            return orb.part(kind, member) if isinstance(orb, Definitions) and "/" not in member else None
        rows = self.root.get(kind)
        found = rows.get(name) if isinstance(rows, Mapping) else None
        return (found, self) if isinstance(found, Mapping) else None

    def registry(self, name: str) -> tuple[str, str] | None:
        """(full name of the orb, its member) for a name of an orb that is in the registry."""
        alias, slash, member = name.partition("/")
        orb = self.orbs.get(alias)
        return (orb, member) if slash and isinstance(orb, str) else None


@dataclass(frozen=True, slots=True)
class Env:
    """Where a step is written, and what it may name."""

    defs: Definitions
    scope: Scope
    chain: tuple[Link, ...] = ()
    depth: int = 0
    runs: Said = YES


def bind(part: Mapping[str, Any], given: Any, env: Env, defs: Definitions) -> Env:
    """The place inside a command, job or executor with parameters that is used with `given` values."""
    declared = part.get("parameters")
    values: dict[str, Any] = {}
    inner = replace(env, defs=defs, scope=env.scope.within("parameters", {}), depth=env.depth + 1)
    for name, row in declared.items() if isinstance(declared, Mapping) else ():
        kind = row.get("type") if isinstance(row, Mapping) else None
        if isinstance(given, Mapping) and name in given:
            values[str(name)] = given_value(given[name], env)
        elif isinstance(row, Mapping) and "default" in row:
            default = row["default"]
            values[str(name)] = Block(default, inner) if kind == "steps" else fill(default, inner.scope)
        else:
            values[str(name)] = Unknown(f"parameters.{name}")
    return replace(inner, scope=env.scope.within("parameters", values))


def given_value(value: Any, env: Env) -> Any:
    """A parameter's value: a scalar filled in, steps with the place they were written at."""
    return Block(value, env) if isinstance(value, list) else fill(value, env.scope)


def truth_of(value: Any, scope: Scope) -> bool:
    """Whether a setting is switched on."""
    return fill(value, scope) in (True, "true")


def absolute(path: str, base: str) -> str:
    """A path of the machine with `~` for the home folder."""
    text = _HOME.sub("~", path.strip())
    return posixpath.normpath(text if text.startswith(("~", "/")) else posixpath.join(base, text))


def environment(node: Any, scope: Scope) -> dict[str, Values]:
    """Variables of an `environment`: a mapping, or a list of mappings or of `NAME=value`."""
    found: dict[str, Values] = {}
    rows: Iterable[Any] = node if isinstance(node, list) else [node]
    for row in rows:
        if isinstance(row, Mapping):
            found.update({str(key): (text_of(fill(value, scope)),) for key, value in row.items()})
        elif isinstance(row, str) and "=" in row:
            key, _, value = row.partition("=")
            found[key.strip()] = (text_of(fill(value.strip(), scope)),)
    return found
