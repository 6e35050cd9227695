"""`visible` leaves nothing that a terminal would obey."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.text import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("grüße ✔ 日本", "grüße ✔ 日本"),
        ("\x1b[31mred", "␛[31mred"),
        ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
        ("a\nb\r\n", "a␊b␍␊"),
        ("\x9b31m \x9d0;t\x9c", "<9B>31m <9D>0;t<9C>"),
        ("user‮gpj.exe", "user<U+202E>gpj.exe"),
        ("zero​width﻿", "zero<U+200B>width<U+FEFF>"),
        ("bad\udcff byte", "bad\\xff byte"),
        ("lone\ud800", "lone\\ud800"),
        ("\x7f", "␡"),
        ("a\tb", "a    b"),
        ("tag\U000e0041", "tag<U+E0041>"),
    ],
)
def test_shows(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(alphabet=st.characters(), max_size=200))
def test_leaves_no_control_and_no_hidden_character(text: str) -> None:
    shown = visible(text)
    assert len(shown) <= 2_000
    for character in shown:
        assert unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"), repr(character)


def test_is_capped_with_an_ellipsis() -> None:
    assert visible("x" * 100_000, 10) == "x" * 9 + "…"
    assert visible("\x9b" * 9, 10) == "<9B><9B><…"
    assert visible("0123456789", 10) == "0123456789"
