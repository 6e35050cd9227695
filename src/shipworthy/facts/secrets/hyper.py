"""The fast engine: all rules in one pass by Hyperscan, compiled once and kept in the user's cache folder.

A compiled database is machine code in all but name: loading one that somebody else wrote is unsafe. So it is read only
from a file that belongs to this user and that nobody else may write, in a folder of the same kind, under a name made
from the engine's version, the processor and the rules, and with the hash of its bytes in front of them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import stat
import struct
import tempfile
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from shipworthy.facts.secrets import prefilter
from shipworthy.facts.secrets.engine import Candidates, Engine
from shipworthy.facts.secrets.rules import Rule, Rules
from shipworthy.home import home

if TYPE_CHECKING:
    import hyperscan

_LAYOUT = b"shipworthy-hyperscan-1\n"
_HASH = 32
_LENGTHS = struct.Struct(">QQ")
_MOST_BYTES = 64_000_000
_SIGNING = 1_000
"""Numbers from here on are of `prefilter.SIGNING`, smaller ones of `prefilter.ASSIGNMENTS`."""
_MOST_OUTLINES = 2_000
_MOST_REPORTS = 100_000
"""More of one text, and every word in it is looked at instead."""


class HyperscanEngine:
    """Two databases: tokens by their own form, and the words around what is known by its name.

    Rules for files of certain names are in neither: they are tried in every such file.
    """

    def __init__(self, rules: Rules, tokens: hyperscan.Database, words: hyperscan.Database) -> None:
        self._rules = rules.rules
        self._by_file: dict[str, list[Rule]] = {}
        for rule in rules.rules:
            for name in rule.names:
                self._by_file.setdefault(name, []).append(rule)
        self._tokens, self._words = tokens, words
        self._lock = Lock()

    def candidates(self, data: bytes, name: str) -> Candidates | None:
        of_file = self._by_file.get(name)
        found: dict[int, list[int]] = {}
        reports: list[tuple[int, int]] = []

        def token(number: int, start: int, end: int, flags: int, context: Any) -> None:
            ends = found.setdefault(number, [])
            if len(ends) < _MOST_OUTLINES:
                ends.append(end)

        def word(number: int, start: int, end: int, flags: int, context: Any) -> bool | None:
            reports.append((number, end))
            return len(reports) > _MOST_REPORTS or None

        # One scratch space each, and whatever thread asks.
        with self._lock:
            self._tokens.scan(data, match_event_handler=token)
            overrun = False
            try:
                self._words.scan(data, match_event_handler=word)
            except _terminated():
                overrun = True
        if not found and not reports and not of_file:
            return None
        rules = (*(self._rules[number] for number in sorted(found)), *(of_file or ()))
        named = {rule.id: ends for number, ends in found.items() if (rule := self._rules[number]).outline}
        if overrun:
            return Candidates(rules, named, None, True)
        assigned: dict[int, list[int]] = {}
        signs: set[str] = set()
        for number, end in reports:
            if number < _SIGNING:
                assigned.setdefault(number, []).append(end)
            else:
                signs |= prefilter.SIGNING[number - _SIGNING][1]
        signing = prefilter.signs(signs)
        if not rules and not assigned and not signing:
            return None
        return Candidates(rules, named, assigned, signing)


def _terminated() -> type[Exception]:
    import hyperscan

    found: type[Exception] = hyperscan.ScanTerminated
    return found


def stored_engine(rules: Rules) -> Engine | None:
    """The engine from the cache; None where it is not there, not to be trusted, or of another machine or version."""
    try:
        import hyperscan
    except ImportError:
        return None
    path = _path(rules)
    try:
        data = _read(path)
        if data is None:
            return None
        databases = []
        first, second = _LENGTHS.unpack_from(data)
        for start, length in ((_LENGTHS.size, first), (_LENGTHS.size + first, second)):
            database = hyperscan.loadb(data[start : start + length], hyperscan.HS_MODE_BLOCK)
            database.scratch = hyperscan.Scratch(database)
            databases.append(database)
    except (OSError, ValueError, struct.error, hyperscan.HyperscanError):
        return None
    return HyperscanEngine(rules, *databases)


def compiled_engine(rules: Rules) -> Engine | None:
    """The engine, compiled now and kept for the next time; None where there is no Hyperscan or it will not compile."""
    try:
        import hyperscan
    except ImportError:
        return None
    try:
        tokens, words = databases(rules)
    except (hyperscan.HyperscanError, ValueError):
        return None
    parts = [hyperscan.dumpb(tokens), hyperscan.dumpb(words)]
    with contextlib.suppress(OSError):  # without it, the next start compiles again
        _write(_path(rules), _LENGTHS.pack(*map(len, parts)) + b"".join(parts))
    return HyperscanEngine(rules, tokens, words)


def databases(rules: Rules) -> tuple[hyperscan.Database, hyperscan.Database]:
    """Compiles both. Raises hyperscan.HyperscanError naming no rule: `tests` compile each rule on its own."""
    import hyperscan

    once, loose = hyperscan.HS_FLAG_SINGLEMATCH, hyperscan.HS_FLAG_PREFILTER
    tokens = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    anywhere = [(number, rule) for number, rule in enumerate(rules.rules) if not rule.names]
    tokens.compile(
        expressions=[_expression(rule) for _, rule in anywhere],
        ids=[number for number, _ in anywhere],
        flags=[loose if rule.outline else once | loose for _, rule in anywhere],
    )
    words = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    signing = [expression for expression, _ in prefilter.SIGNING]
    words.compile(
        expressions=[each.encode("ascii") for each in (*prefilter.ASSIGNMENTS, *signing)],
        ids=[*range(len(prefilter.ASSIGNMENTS)), *range(_SIGNING, _SIGNING + len(signing))],
        flags=[0] * len(prefilter.ASSIGNMENTS) + [once] * len(signing),
    )
    return tokens, words


def _expression(rule: Rule) -> bytes:
    return prefilter.loosened(rule.outline or rule.compiled.pattern.decode("ascii")).encode("ascii")


def _folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else home() / ".cache") / "shipworthy"


def _path(rules: Rules) -> Path:
    import hyperscan

    parts = [
        hyperscan.__version__,  # type: ignore[attr-defined]  # its stubs leave it out
        platform.machine(), _processor(), rules.digest, *prefilter.ASSIGNMENTS,
        *(expression for expression, _ in prefilter.SIGNING),
    ]  # fmt: skip
    name = hashlib.blake2b("\0".join(parts).encode("utf-8"), digest_size=12).hexdigest()
    return _folder() / f"hyperscan-{name}.db"


def _processor() -> str:
    """What the processor can do, as far as Linux tells: a database compiled for more than that would crash."""
    try:
        with Path("/proc/cpuinfo").open(encoding="ascii", errors="replace") as lines:
            return next((line.rstrip() for line in lines if line.startswith(("flags", "Features"))), "")
    except OSError:
        return platform.processor()


def _own(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _read(path: Path) -> bytes | None:
    """The file's content behind its header; None where it is missing, damaged, or not only this user's to write."""
    if os.name != "posix":
        return None  # whose a file is cannot be told here the same way, so it is compiled at every start
    folder = path.parent.lstat()
    if not stat.S_ISDIR(folder.st_mode) or not _own(folder):
        return None
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode) or not _own(found) or found.st_size > _MOST_BYTES:
            return None
        data = stream.read(_MOST_BYTES)
    start = len(_LAYOUT) + _HASH
    body = data[start:]
    if not data.startswith(_LAYOUT) or _hash(body) != data[len(_LAYOUT) : start]:
        return None
    return body


def _hash(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_HASH).digest()


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".hyperscan-")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(_LAYOUT + _hash(body) + body)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    for old in path.parent.glob("hyperscan-*.db"):
        if old != path:
            with contextlib.suppress(OSError):
                old.unlink()
