"""Patterns in Go's syntax: the same answers as Go's documentation gives, whatever a pattern is, at a bounded cost."""

from __future__ import annotations

import random
import re

import pytest

from shipworthy.facts.secrets.allow.go_regex import MOST_WORK, GoRegex, OverWork, Work
from shipworthy.facts.secrets.allow.go_syntax import BadPattern
from shipworthy.facts.secrets.allow.wide import wide_line, wide_path, wide_value, wide_word


def search(pattern: str, text: str) -> bool:
    return GoRegex(pattern, Work()).search(text)


@pytest.mark.parametrize(
    ("pattern", "fits", "not_"),
    [
        ("abc", "xabcx", "ab"),
        (r"^src/.*_test\.go$", "src/a/b_test.go", "src/a/b_test.gox"),
        (r"(^|/)vendor/", "a/vendor/b", "a/vendors/b"),
        (r"(?i)EXAMPLE", "an example", "sample"),
        (r"a(?i)b(?-i)c", "aBc", "aBC"),
        (r"(?i:k)ey", "Key", "KEY"),
        (r"(?i)[a-c]+\z", "xABC", "ABCx"),
        (r"[[:alpha:]]{3}", "12abc", "12ab3c"),
        (r"[^[:digit:]]", "a", "1"),
        (r"[[:^digit:]]", "a", "1"),
        (r"\Aa\Q.*\Eb", "a.*b", "axxb"),
        (r"x{2,3}y", "xxy", "xy"),
        (r"a{,2}", "a{,2}", "aa"),
        (r"\x41\x{1F600}\101", "A\U0001f600A", "A"),
        (r"\pLx", "éx", "1x"),
        (r"\P{L}x", "1x", "éx"),
        (r"[\w.-]+@x", "a.b-c@x", "@x"),
        (r"[]a]", "]", "b"),
        (r"[a\]-]", "-", "b"),
        (r"(?P<n>a)(?<m>b)", "ab", "ba"),
        (r"a.c", "abc", "a\nc"),
        (r"(?s)a.c", "a\nc", "ac"),
        (r"(?m)^b$", "a\nb\nc", "ab"),
        (r"^b$", "b", "a\nb"),
        (r"\bkey\b", "a key.", "monkey"),
        (r"a\B", "ab", "a b"),
        (r"a*?b+?", "b", "a"),
        (r"(a|b|)c", "c", "d"),
        (r"\s\S\d\D\W", " a1b-", " a1b_"),
        (r"[^a]b", "cb", "ab"),
    ],
)
def test_the_syntax_of_go(pattern: str, fits: str, not_: str) -> None:
    assert search(pattern, fits)
    assert not search(pattern, not_)


@pytest.mark.parametrize(
    "pattern",
    [
        "(", ")", "a)", "(a", "[a", "[b-a]", "*a", "a**", "a{2}{3}", "a{1001}", "a{3,2}", r"\1", r"(?=a)", r"(?!a)",
        r"(?<=a)b", r"(?<!a)b", r"\p{Greek}", r"\k", "\\", "[[:no:]]", r"\x{110000}", r"\xg1", "(?", "(?z)", r"\Z",
        pytest.param("(" * 61 + ")" * 61, id="deep"), pytest.param("a" * 20_001, id="long"),
        "((((a{10}){10}){10}){10})", "(((){1000}){1000}){1000}",
    ],
)  # fmt: skip
def test_what_is_no_pattern_is_refused_without_being_quoted(pattern: str) -> None:
    with pytest.raises(BadPattern) as error:
        GoRegex(pattern, Work())
    assert pattern not in str(error.value) or len(pattern) < 4


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", ".*.*.*.*.*x", "((a*)*)*b", "(x+x+)+y", "(.*a){12}b"])
def test_a_bomb_costs_what_the_text_is_long(pattern: str) -> None:
    work = Work()
    GoRegex(pattern, work).search("a" * 2_000)
    assert MOST_WORK - work.left < 200_000


def test_what_costs_too_much_in_all_ends() -> None:
    work = Work(500_000)
    pattern = GoRegex("(a?){500}a{500}", work)
    with pytest.raises(OverWork):
        pattern.search("a" * 2_000)
    work = Work(60_000)
    GoRegex("(abc){300}", work)
    with pytest.raises(OverWork):
        GoRegex("(abc){300}", work)


def test_it_agrees_with_python_on_patterns_both_read_alike() -> None:
    drawn = random.Random(5)

    def made(depth: int = 0) -> str:
        kind = drawn.random()
        if depth > 3 or kind < 0.35:
            return drawn.choice(["a", "b", "c", ".", "[ab]", "[^a]", r"\w", r"\d", r"\b", "^", "$", r"\s", "_"])
        if kind < 0.55:
            return made(depth + 1) + made(depth + 1)
        if kind < 0.7:
            return f"(?:{made(depth + 1)}|{made(depth + 1)})"
        return f"(?:{made(depth + 1)})" + drawn.choice(["*", "+", "?", "{2}", "{1,3}", "{2,}", "*?"])

    for _ in range(800):
        pattern, text = made(), "".join(drawn.choice("abc_1 \n") for _ in range(drawn.randint(0, 8)))
        expected = re.search(pattern.replace("$", r"\Z"), text, re.ASCII) is not None
        assert search(pattern, text) == expected, (pattern, text)


@pytest.mark.parametrize(
    ("pattern", "wide"),
    [
        (".*", True), ("", True), ("/", True), (r".*\.py$", True), (r"\.json$", True), (r"(?i)\.(js|ts)$", True),
        ("^src/", True), ("a", True), ("^tests?/", False), (r"\.md$", False), (r".*test\.go", False), ("vendor", False),
        (r"package-lock\.json", False), (r"^src/settings\.py$", False), (r"(.*?)(jpg|svg|lock)$", False),
    ],
)  # fmt: skip
def test_which_paths_are_nearly_everything(pattern: str, wide: bool) -> None:
    own = [f"src/part{number}.py" for number in range(12)] + ["setup.py"]
    assert wide_path(GoRegex(pattern, Work()), own) is wide


@pytest.mark.parametrize(
    ("pattern", "value", "line"),
    [
        (".*", True, True), ("[a-f0-9]+", True, True), (r"\w", True, True), (r"^\S{1,64}$", True, False),
        ("[0-9a-f]{40}", False, False), ("EXAMPLE", False, False), ("=", False, True), ("(?i)dummy|test", False, False),
        ("^.{1,15}$", True, False), ("!", True, False),
    ],
)  # fmt: skip
def test_which_values_and_lines_are_nearly_everything(pattern: str, value: bool, line: bool) -> None:
    assert wide_value(GoRegex(pattern, Work())) is value
    assert wide_line(GoRegex(pattern, Work())) is line


@pytest.mark.parametrize(("word", "wide"), [("", True), ("a", True), ("example", False), ("qq", False)])
def test_which_words_are_nearly_everything(word: str, wide: bool) -> None:
    assert wide_word(word) is wide
