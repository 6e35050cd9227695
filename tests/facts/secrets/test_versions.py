"""A version of a file gets the answers it would get alone, whatever version was looked at before."""

from __future__ import annotations

import random
from re import _constants, _parser  # type: ignore[attr-defined]  # how Python's own `re` reads a pattern
from typing import Any

import pytest
from tests.facts.secrets.test_engines import texts

from shipworthy.facts.secrets import hyper, prefilter, versions
from shipworthy.facts.secrets.engine import pattern_engine
from shipworthy.facts.secrets.hyper import HyperscanEngine
from shipworthy.facts.secrets.rules import load
from shipworthy.facts.secrets.scanner import judged
from shipworthy.facts.secrets.versions import Versions

PASSWORD = "Vq9mT2" + "zLw4kR"
ASSIGNED = f"DB_PASSWORD = '{PASSWORD}'\n"
CODE = [f"def part{number}(first: int, second: int) -> int:\n    return first * {number}\n" for number in range(400)]
BLANKS = set(map(ord, " \t\r\n\f\v,;"))
MOST_BLANKS = 4


@pytest.fixture(scope="module")
def fast() -> HyperscanEngine:
    return HyperscanEngine(load(), hyper.database(load()))


def members(items: Any) -> set[int]:
    """The bytes that a class stands for."""
    found: set[int] = set()
    negated = False
    for op, value in items:
        if op is _constants.NEGATE:
            negated = True
        elif op is _constants.LITERAL:
            found.add(value)
        elif op is _constants.RANGE:
            found |= set(range(value[0], value[1] + 1))
        else:
            assert op is _constants.CATEGORY, op
            name = str(value).removeprefix("CATEGORY_")
            words = {c for c in range(256) if chr(c).isascii() and (chr(c).isalnum() or c == ord("_"))}
            spaces = set(map(ord, " \t\r\n\f\v"))
            digits = set(range(48, 58))
            every = {"SPACE": spaces, "WORD": words, "DIGIT": digits}
            held = every[name.removeprefix("NOT_")]
            found |= set(range(256)) - held if name.startswith("NOT_") else held
    return set(range(256)) - found if negated else found


def lines(pattern: Any) -> float:
    """The most line ends that a pattern may pass over, of a run of blanks `MOST_BLANKS` at most."""
    total: float = 0
    for op, value in pattern:
        if op is _constants.LITERAL:
            total += value == 10
        elif op is _constants.NOT_LITERAL:
            total += value != 10
        elif op is _constants.IN:
            total += 10 in members(value)
        elif op in (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT):
            _, most, inner = value
            many = float("inf") if most is _constants.MAXREPEAT else int(most)
            item = inner[0] if len(inner) == 1 else (None, None)
            if item[0] is _constants.IN and members(item[1]) <= BLANKS:
                many = min(many, MOST_BLANKS)
            once = lines(inner)
            total += once * many if once else 0
        elif op is _constants.SUBPATTERN:
            total += lines(value[3])
        elif op is _constants.BRANCH:
            total += max(map(lines, value[1]))
        elif op in (_constants.ASSERT, _constants.ASSERT_NOT):
            total += lines(value[1])
        else:
            assert op in (_constants.AT, _constants.ANY), op
    return total


def expressions() -> dict[str, str]:
    found = {
        rule.id: rule.outline or rule.prefilter or rule.compiled.pattern.decode("ascii")
        for rule in load().rules
        if not rule.names
    }
    found |= {f"assignment {number}": each for number, (each, _) in enumerate(prefilter.ASSIGNMENTS)}
    return found | {
        f"sign {number}": each for number, (each, _) in enumerate((*prefilter.SIGNING, *prefilter.SUBJECTS))
    }


def test_no_expression_spans_more_lines_than_are_matched_around_a_change() -> None:
    longest = {name: lines(_parser.parse(text.replace(r"\z", r"\Z"))) for name, text in expressions().items()}
    assert {name: number for name, number in longest.items() if number >= versions.LINES} == {}
    assert max(longest.values()) > 10


def test_a_pattern_of_many_lines_is_told() -> None:
    assert lines(_parser.parse(r"a[^{}]{0,80}b")) == 80
    assert lines(_parser.parse(r"a\s{0,80}[\s\S]b(?=[^x]+)")) == float("inf")
    assert lines(_parser.parse(r"a\s*b.*c[^\n]*\w+")) == MOST_BLANKS


Histories = list[list[bytes]]


def edited(drawn: random.Random, text: list[str], pieces: list[str]) -> list[str]:
    """The next version: a place or two changed, in whole pieces or within one."""
    text = list(text)
    for _ in range(drawn.choice((1, 1, 2, 3))):
        at = drawn.randrange(len(text))
        what = drawn.randrange(5)
        if what == 0:
            text[at:at] = [drawn.choice(pieces)]
        elif what == 1:
            del text[at : at + drawn.randrange(1, 4)]
        elif what == 2:
            cut = drawn.randrange(len(text[at]) + 1)
            text[at] = text[at][:cut] + drawn.choice(("", "'", "\n", "\n\n", " ", "key = ", "x")) + text[at][cut:]
        elif what == 3:
            cut = drawn.randrange(len(text[at]) + 1)
            text[at] = text[at][:cut] + text[at][cut + drawn.randrange(4) :]
        else:
            text[at] = drawn.choice(CODE)
        text = text or [CODE[0]]
    return text


def compare(fast: HyperscanEngine, path: str, history: list[bytes]) -> int:
    """How many answers there were; every one must be that of a fresh look."""
    ask = Versions(fast).candidates
    hits = 0
    for number, data in enumerate(history):
        mine = judged(path, data, ask(data, path), minified=None)
        alone = judged(path, data, fast.candidates(data, path), minified=None)
        assert (mine.hits, sorted(mine.left_out), mine.cut) == (alone.hits, sorted(alone.left_out), alone.cut), number
        hits += len(alone.hits)
    return hits


def histories(seed: int, count: int) -> list[tuple[str, list[bytes]]]:
    drawn = random.Random(seed)
    pieces = [text + "\n" for _, text in texts() if len(text) < 3_000]
    found = []
    for _ in range(count):
        text = drawn.sample(CODE, 120)
        for _ in range(drawn.randrange(3)):
            text.insert(drawn.randrange(len(text)), drawn.choice(pieces))
        rows = []
        for _ in range(12):
            rows.append("".join(text).encode())
            text = edited(drawn, text, pieces)
        found.append((drawn.choice(("a.py", "conf/a.yml", ".env", "a.tsx", "Dockerfile", "README.md", "a.tf")), rows))
    return found


def test_every_version_is_judged_as_it_would_be_alone(fast: HyperscanEngine) -> None:
    assert sum(compare(fast, path, history) for path, history in histories(3, 40)) > 50


@pytest.mark.long
def test_every_version_of_many_is_judged_as_it_would_be_alone(fast: HyperscanEngine) -> None:
    assert sum(compare(fast, path, history) for path, history in histories(4, 3_000)) > 5_000


def test_only_what_changed_is_matched(fast: HyperscanEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    matched: list[int] = []
    whole = HyperscanEngine.reports

    def counted(self: HyperscanEngine, data: bytes, path: str) -> Any:
        matched.append(len(data))
        return whole(self, data, path)

    monkeypatch.setattr(HyperscanEngine, "reports", counted)
    ask = Versions(fast).candidates
    before = "".join(CODE).encode()
    middle = len(before) // 2
    assert ask(before, "a.py") is None
    found = ask(before[:middle] + b"\n" + ASSIGNED.encode() + before[middle:], "a.py")
    assert found is not None
    assert found.assigned
    # The same file: what stood in the last version is known, and moves with the rest.
    again = ask(b"import os\n" + before[:middle] + b"\n" + ASSIGNED.encode() + before[middle:], "a.py")
    assert again is not None
    assert again.assigned == {0: [found.assigned[0][0] + len("import os\n")]}
    assert ask(b"import os\n" + before, "a.py") is None
    assert ask(before, "b.py") is None
    first, *parts, last = matched
    assert first == last == len(before)
    assert all(part < len(before) // 4 for part in parts)


SPLIT = [
    # (what stood there, what stands there now): the change is far from what it makes a secret of.
    ("kind: ConfigMap\n", "kind: Secret\n"),
    ("user = 'x',\n", "password =\n"),
    ("# ", ""),
    ("pass_ = (", "password = ("),
]


@pytest.mark.parametrize("blank", ["\n" * 45, "\n  " * 45 + "\n", "\n\n"])
@pytest.mark.parametrize("number", range(len(SPLIT)))
def test_a_change_above_many_blank_lines_is_seen_below_them(fast: HyperscanEngine, blank: str, number: int) -> None:
    was, now = SPLIT[number]
    head, tail = "".join(CODE[:100]), "".join(CODE[100:200])
    rows = [f"{head}{each}{blank}'{PASSWORD}'\n{tail}".encode() for each in (was, now, was)]
    compare(fast, "a.py", rows)
    rows = [f"{head}password = (\n{blank}{each}'{PASSWORD}')\n{tail}".encode() for each in ("# ", "", "# ")]
    compare(fast, "a.py", rows)


def test_signs_that_come_one_by_one_count_together(fast: HyperscanEngine) -> None:
    head, tail = "".join(CODE[:100]), "".join(CODE[100:200])
    rows = ["", "import session\n", "import session\nStrategy(\n", "import session\nStrategy({ secretKey: 'shop' })\n"]
    assert compare(fast, "a.js", [f"{row}{head}{tail}".encode() for row in rows]) == 1
    assert compare(fast, "a.js", [f"{head}{row}{tail}".encode() for row in rows]) == 1


def test_without_hyperscan_each_version_is_looked_at_whole() -> None:
    ask = Versions(pattern_engine()).candidates
    data = ("".join(CODE) + ASSIGNED).encode()
    assert [each and each.assigned for each in (ask(data, "a.py"), ask(data + b"\n", "a.py"))] == [None, None]
    assert judged("a.py", data, ask(data, "a.py"), minified=None).hits


def test_more_words_than_are_listed_are_looked_for_everywhere(
    fast: HyperscanEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hyper, "_MOST_REPORTS", 3)
    text = "".join(CODE) + ASSIGNED * 9
    compare(fast, "a.py", [text.encode(), (text + "\n").encode(), (text + "x = 1\n").encode()])
