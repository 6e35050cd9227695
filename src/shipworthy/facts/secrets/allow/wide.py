"""Tells permissions that name something from those that cover nearly everything and so say nothing of any one secret.

A path pattern is wide if it covers a code or configuration file whose folders and name mean nothing (`.*`, `\\.py$`),
or more than half of the files written for this project. A pattern for the value is wide if it fits most random values
of one alphabet, one for the line if it fits most ways a secret is written. What is wide is not followed: a scan that
`paths = ['.*']` turned green would have looked at nothing, and nobody would see it. It is said of every finding it
would have covered. Folders of tests and documents, endings of pictures and lock files, and words are followed.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Iterable
from functools import cache

from shipworthy.facts.secrets.allow.go_regex import GoRegex, OverWork
from shipworthy.project import FileEntry, is_test_path

_CODE = """
.py .js .jsx .ts .tsx .mjs .vue .svelte .go .java .kt .rb .php .cs .rs .swift .dart .sh .sql .tf .env .json .yaml .yml
.toml .ini .cfg .conf .properties .xml .ipynb .html .gradle
"""
_SUFFIXES = _CODE.split()
_FORMS = ('api_key = "{}"', "  token: {}", "const password = '{}';", "DB_SECRET={}", '{{"clientSecret": "{}"}}')
_LENGTHS = (20, 24, 28, 32, 36, 40, 48)
_SHORT = (7, 8, 9, 10, 11, 12, 14)
_ALPHABETS = (string.ascii_letters + string.digits, "0123456789abcdef")
_LEAST_FILES = 10
_MOST_FILES = 100


def wide_path(pattern: GoRegex, own: Iterable[str]) -> bool:
    """Whether a pattern for paths covers nearly everything; `own` are paths written for the project."""
    try:
        if any(pattern.search(f"{_random(5, 'q')}/{_random(7, 'z')}{suffix}") for suffix in _SUFFIXES):
            return True
        paths = list(own)
        return len(paths) >= _LEAST_FILES and sum(map(pattern.search, paths)) * 2 > len(paths)
    except OverWork:
        return True


def own_paths(entries: Iterable[FileEntry]) -> list[str]:
    """Paths of code and configuration written for the project, without tests; of many, some evenly spread."""
    found = [e.path for e in entries if e.by_hand and e.suffix in _SUFFIXES and not is_test_path(e.path)]
    return found[:: -(-len(found) // _MOST_FILES) or 1]


def wide_value(pattern: GoRegex) -> bool:
    """Whether a pattern for values fits most of the random ones of some alphabet."""
    return _most(pattern, *_values())


def wide_line(pattern: GoRegex) -> bool:
    """Whether a pattern for lines fits most ways of writing a secret down."""
    return _most(pattern, tuple(form.format(_values()[0][3]) for form in _FORMS))


def wide_word(word: str) -> bool:
    """Whether a stop word stands in most random values."""
    word = word.lower()
    return any(sum(word in each for each in row) * 2 > len(row) for row in _lower())


def _most(pattern: GoRegex, *rows: tuple[str, ...]) -> bool:
    try:
        return any(sum(map(pattern.search, row)) * 2 > len(row) for row in rows)
    except OverWork:
        return True


@cache
def _values() -> tuple[tuple[str, ...], ...]:
    """Random values, the same in every run: one row an alphabet, and one of what people choose as passwords."""
    rows = [tuple(_random(size, alphabet) for size in _LENGTHS) for alphabet in _ALPHABETS]
    return (*rows, tuple(f"{_random(size - 2, _ALPHABETS[0])}!7" for size in _SHORT))


@cache
def _lower() -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(each.lower() for each in row) for row in _values())


def _random(size: int, alphabet: str) -> str:
    """Text that means nothing; of a single letter it is made of random lower-case ones."""
    letters = alphabet if len(alphabet) > 1 else string.ascii_lowercase
    drawn = hashlib.blake2b(f"{size} {alphabet}".encode(), digest_size=64).digest()
    return "".join(letters[byte % len(letters)] for byte in drawn[:size])
