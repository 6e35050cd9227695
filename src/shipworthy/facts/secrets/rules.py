"""Reads the detection rules: data in `rules/*.toml`, each with the public description of the token format it covers."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from shipworthy.facts.secrets import kept
from shipworthy.model import Confidence, Severity

Gate = Literal["word", "text", "exact", "shape", "whole"]
"""Where a rule's keywords are looked for before its pattern is tried.

`word`: in the file's long words; `shape`: a pattern on the long words; `text`: in the text, ignoring case; `exact`: in
the text as it is (both then try the pattern near the keyword only); `whole`: in the text, then the whole of it.
"""
_LAYOUT = b"shipworthy-rules-1\n"
_LEFT, _RIGHT = rb"(?<![A-Za-z0-9])(?:", rb")(?![A-Za-z0-9])"
_NAMED = (
    r"(?<![A-Za-z])(?i:(?:{named})[\w.\-\"'\]]{{0,30}}?(?:key|token|secret|auth|pat|password)\w{{0,12}}[\"'\])\\]{{0,4}}"
    r"\s{{0,3}}(?::\s{{0,3}}[a-z]{{1,12}}\s{{0,3}})?(?:[=:,]|=>|:=|\|\||\?\?)\s{{0,3}}\\{{0,2}}[\"'`]?)"
    r"(?P<value>{value})(?![\w-])"
)
"""How a key without a form of its own is told: by its provider's name in the setting it is given to."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One row of the rule files."""

    id: str
    title: str
    provider: str
    keywords: tuple[str, ...]
    pattern: str
    """A bytes `re`; the secret is its group `value` (or `value2`), else the whole match."""
    entropy: float
    """The least Shannon entropy of the value, in bits a character."""
    confidence: Confidence
    source: str
    example: tuple[str, ...]
    """Parts that make an example when joined; `{an:20}` stands for 20 random letters and digits."""
    gate: Gate = "word"
    shape: str = "token"
    """How the value is judged: token, random, drawn, encoded, password, pem, jwt, basic, signing."""
    issued: bool = True
    """A provider made it, so it is live wherever it stands; otherwise anybody can make one for a test."""
    uuid: bool = False
    """The value is or holds a UUID by design."""
    severity: Severity = Severity.CRITICAL
    names: tuple[str, ...] = ()
    """The only file names it applies to; empty for all."""
    raw: bool = False
    """The pattern brings its own borders."""
    commands: bool = False
    checksum: str = ""
    """How the provider sums its tokens: "crc32" of what follows the prefix, as the last six characters in base 62."""
    outline: str = ""
    """A short pattern that matches wherever `pattern` could begin, for an engine that pays for long ones."""
    above: int = 0
    below: int = 0
    """How many bytes before the outline's end `pattern` may begin on another line, and behind it end on one."""
    again: str = ""
    """Matches from where `pattern` ended, or this, to the end of the next value of the same list or block."""
    prefilter: str = ""
    """A short pattern that matches somewhere in every text that `pattern` matches in, for the same."""

    @cached_property
    def compiled(self) -> re.Pattern[bytes]:
        pattern = self.pattern.encode("ascii")
        return re.compile(pattern if self.raw or self.has_value else _LEFT + pattern + _RIGHT)

    @cached_property
    def following(self) -> re.Pattern[bytes] | None:
        """`again`, compiled."""
        return re.compile(self.again.encode("ascii")) if self.again else None

    @cached_property
    def has_value(self) -> bool:
        return "(?P<value>" in self.pattern

    @cached_property
    def needles(self) -> tuple[bytes, ...]:
        """The keywords as they are looked for."""
        return tuple((each.lower() if self.gate == "text" else each).encode("ascii") for each in self.keywords)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """All rules, and what is public by design. `digest` names this very set."""

    rules: tuple[Rule, ...]
    patterns: Mapping[str, str]
    """By id, the form of what is public."""
    documented: frozenset[str]
    """sha256 (hex) of values that documentation prints for everybody."""
    digest: str
    by_id: Mapping[str, Rule] = field(default_factory=dict)

    @cached_property
    def public(self) -> Mapping[str, re.Pattern[str]]:
        """By id, what is meant to be public."""
        return {name: re.compile(pattern) for name, pattern in self.patterns.items()}

    def public_key(self, value: str) -> bool:
        """Whether a value as a whole is of a kind meant to be public."""
        return any(pattern.fullmatch(value) for pattern in self.public.values())

    def printed(self, value: bytes) -> bool:
        """Whether it is a value out of somebody's documentation."""
        return hashlib.sha256(value).hexdigest() in self.documented


def _rule(row: Mapping[str, Any]) -> Rule:
    values = dict(row)
    named = values.pop("named", None)
    if named is not None:
        # `pattern` is the value's alone in such a row; the setting's name is the same for all of them.
        values["pattern"] = _NAMED.format(named=named, value=values["pattern"])
        outline = f"(?i:(?:{named})[\\w.\\-\"'\\]]*(?:key|token|secret|auth|pat|password))"
        values = {"gate": "text", "confidence": "likely", "entropy": 3.0, "outline": outline} | values
    for name in ("keywords", "example", "names"):
        values[name] = tuple(values.get(name, ()))
    values["confidence"] = Confidence(values["confidence"])
    values["severity"] = Severity(values.get("severity", "critical"))
    return Rule(**values)


@cache
def load() -> Rules:
    """The built-in rules. Raises ValueError for two rules of one id (a mistake in the rule files)."""
    texts = _texts()
    digest = _digest(texts)
    rows = _kept_rows(digest) or _parsed(texts)
    rules = tuple(_rule(row) for row in rows["rule"])
    by_id = {rule.id: rule for rule in rules}
    if len(by_id) != len(rules):
        raise ValueError("two rules share an id")
    return Rules(
        rules=rules,
        patterns={row["id"]: row["pattern"] for row in rows["public"]},
        documented=frozenset(row["sha256"] for row in rows["documented"]),
        digest=digest,
        by_id=by_id,
    )


def keep_rows() -> None:
    """Keep what the rule files say in a form that is read in a tenth of the time. Raises OSError."""
    texts = _texts()
    body = json.dumps(_parsed(texts), separators=(",", ":")).encode("ascii")
    kept.write(_rows_file(_digest(texts)), _LAYOUT, body)


def _texts() -> list[bytes]:
    folder = Path(__file__).parent / "rules"
    return [file.read_bytes() for file in sorted(folder.glob("*.toml"))]


def _digest(texts: list[bytes]) -> str:
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:16]


def _rows_file(digest: str) -> Path:
    return kept.folder() / f"rules-{digest}.json"


def _kept_rows(digest: str) -> dict[str, list[dict[str, Any]]] | None:
    try:
        body = kept.read(_rows_file(digest), _LAYOUT)
        return None if body is None else json.loads(body)
    except (OSError, ValueError):
        return None


def _parsed(texts: list[bytes]) -> dict[str, list[dict[str, Any]]]:
    import tomllib

    rows: dict[str, list[dict[str, Any]]] = {"rule": [], "public": [], "documented": []}
    for text in texts:
        table = tomllib.loads(text.decode("utf-8"))
        for kind, found in rows.items():
            found += table.get(kind, ())
    return rows
