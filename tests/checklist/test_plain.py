"""The quick reader says exactly what tomllib says, or nothing."""

from __future__ import annotations

import contextlib
import re
import tomllib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shipworthy.checklist.packaged import NAMES, packaged_bytes
from shipworthy.checklist.plain import read_plain

PARTS = st.sampled_from(
    [
        "\n", " ", "\t", "\r\n", "# said\n", "[[item]]\n", "[[area]]\n", "[item]\n", "[ [item]]\n", 'id = "a"\n',
        'why = "it\'s"\n', "minutes = 5\n", "minutes = 05\n", "minutes = +5\n", "n = 1_000\n", "n = 1.5\n",
        "on = true\n",
        'fix = ["a", "b"]\n', 'fix = [\n  "a",\n  "b",\n]\n', "fix = []\n", "fix = [,]\n", 'fix = ["a" "b"]\n',
        'fix = ["a",,"b"]\n', 'profiles = { solo = "required" }\n', 'p = { a = "b", a = "c" }\n', "p = {}\n",
        'p = { a = "b", }\n', "item = 1\n", 'a.b = "c"\n', 'key = "\\n"\n', "key = 'x'\n", "key = ''\n",
        "fix = ['a \"b\"', \"'\"]\n",
        "'", 'key = """x"""\n', "[", "]",
        '"', "=", ",", "{", "}", "key", 'key = "x" # why\n', "1 = 1\n", "a", "\x00", "é = 1\n", 'u = "é…"\n', "\\", "0",
    ]
)  # fmt: skip


def by_tomllib(text: str) -> object:
    with contextlib.suppress(tomllib.TOMLDecodeError):
        return tomllib.loads(text)
    return None


@given(st.lists(PARTS, max_size=12).map("".join))
@example('a = "b"\na = "c"\n')
@example('item = "x"\n[[item]]\n')
@example('[[item]]\nid = "x"\nid = "y"\n')
@example('[[item]]\n[[item]]\nid = "x"')
@settings(max_examples=1500, deadline=None)
def test_it_agrees_with_tomllib_or_is_silent(text: str) -> None:
    found = read_plain(text)
    if found is not None:
        assert found == by_tomllib(text)


@pytest.mark.parametrize("name", NAMES)
def test_packaged_checklists_are_plain(name: str) -> None:
    text = packaged_bytes(name).decode()
    assert read_plain(text) == tomllib.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        'why = "' + "a" * 500_000,
        "fix = [" + '"a", ' * 100_000,
        "fix = [" + "\n" * 500_000,
        "p = { " + 'a = "b", ' * 100_000,
        " " * 500_000 + "x",
        "\n" * 500_000 + "x",
        "# \n" * 300_000 + "=",
    ],
    ids=lambda text: re.sub(r"\s+", " ", text[:12]),
)
def test_long_texts_that_are_not_plain_are_given_up_at_once(text: str) -> None:
    # In quadratic time this would not come back.
    assert read_plain(text) is None
