"""Problems with file, line and key; extensions that add and tighten but never weaken; policies that may relax."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipworthy.checklist import ChecklistError, Problem, extend, lint, lint_file, load, parse
from shipworthy.checklist.policy import lint_policy
from shipworthy.checks import BUILT_IN
from shipworthy.model import PROFILES, Level, Risk

FILE = "own.toml"
GOOD = """\
schema = 1
name = "own"
version = "1"
title = "Our own"

[[area]]
id = "base"
title = "The base"

[[item]]
id = "first-thing"
area = "base"
title = "The first thing is done"
failing_title = "The first thing is open"
why = "It matters."
fix = [
  "Do it.",
  "Check it.",
]
decides = "person"
attest = "I did it."
not_applicable = ""
risk = "high"
minutes = 10
references = []
profiles = { solo = "required", team = "suggested" }
"""
OWN_ITEM = GOOD[GOOD.index("[[item]]") :]
HEAD = 'schema = 1\nextends = "production"\n'
PRODUCTION = load("production")


def one(problems: list[Problem]) -> Problem:
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]


def test_a_good_checklist() -> None:
    checklist = parse(GOOD.encode(), FILE, checks=BUILT_IN)
    assert checklist.digest == hashlib.sha256(GOOD.encode()).hexdigest()
    assert [item.id for item in checklist.items] == ["first-thing"]
    assert checklist.items[0].level("team") is Level.SUGGESTED
    assert checklist.items[0].level("cli") is Level.NONE
    assert lint_file(GOOD.encode(), FILE, checks=BUILT_IN) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "words"),
    [
        ("schema = 1", "schema = 2", 1, "schema", "schema 2 is not known"),
        ("schema = 1", "schema = true", 1, "schema", "schema true is not known"),
        ("schema = 1\n", "", 1, "", "`schema` is missing"),
        ('name = "own"', 'name = "Our Own"', 2, "name", "kebab-case"),
        ('version = "1"', "version = 1", 3, "version", "must be a text, is 1"),
        ('title = "Our own"', 'title = "Our own"\ntitel = "x"', 5, "titel", "Did you mean title?"),
        ('title = "Our own"', 'title = "Our own"\nonly = ["x"]', 5, "only", "not a known key"),
        ('id = "base"\n', "", 6, "area.#1", "`id` is missing"),
        ('title = "The base"', 'title = ""', 8, "area.base.title", "is empty"),
        ('title = "The base"', 'title = "The base"\n[[area]]\nid = "base"\ntitle = "x"', 10, "area.base.id", "already"),
        ('area = "base"', 'area = "bases"', 12, "item.first-thing.area", "Did you mean base?"),
        ('id = "first-thing"', 'id = "First_Thing"', 11, "item.#1.id", "kebab-case"),
        ('id = "first-thing"', 'id = ["first-thing"]', 11, "item.#1.id", "must be a text, is a list"),
        ('id = "first-thing"\n', "", 10, "item.#1", "`id` is missing"),
        ("The first thing is done", "T" * 61, 13, "item.first-thing.title", "61 characters, at most 60"),
        ("The first thing is open", "The first thing is done", 14, "item.first-thing.failing_title", "says the same"),
        ("It matters.", "   ", 15, "item.first-thing.why", "is empty"),
        ("It matters.", "a\\u001bb", 15, "item.first-thing.why", "control character"),
        ("It matters.", "x" * 2_001, 15, "item.first-thing.why", "2,001 characters"),
        ('"Check it."', '""', 18, "item.first-thing.fix.#2", "is empty"),
        ('"Check it."', "7", 18, "item.first-thing.fix.#2", "must be a text, is 7"),
        ('fix = [\n  "Do it.",\n  "Check it.",\n]', "fix = []", 16, "item.first-thing.fix", "0 entries"),
        ('fix = [\n  "Do it.",\n  "Check it.",\n]', 'fix = "Do it."', 16, "item.first-thing.fix", "must be a list"),
        ('decides = "person"', 'decides = "human"', 20, "item.first-thing.decides", "Use machine, both or person"),
        ('decides = "person"', "decides = 1979-05-27", 20, "item.first-thing.decides", "a date or time"),
        ('attest = "I did it."', 'attest = ""', 21, "item.first-thing.attest", "a person has to settle"),
        ('attest = "I did it."\n', "", 10, "item.first-thing", "`attest` is missing"),
        ('risk = "high"', 'risk = "severe"', 23, "item.first-thing.risk", "Use critical, high, medium or low"),
        ("minutes = 10", "minutes = 0", 24, "item.first-thing.minutes", "out of bounds"),
        ("minutes = 10", 'minutes = "10"', 24, "item.first-thing.minutes", "must be a whole number"),
        ("minutes = 10", "minutes = true", 24, "item.first-thing.minutes", "must be a whole number"),
        ("minutes = 10\n", "", 10, "item.first-thing", "`minutes` is missing"),
        ("references = []", "references = [['x']]", 25, "item.first-thing.references.#1", "must be a text, is a list"),
        ('team = "suggested"', 'teem = "suggested"', 26, "item.first-thing.profiles.teem", "Did you mean team?"),
        ('team = "suggested"', 'team = "r"', 26, "item.first-thing.profiles.team", "Use required, suggested"),
        ('{ solo = "required", team = "suggested" }', "{}", 26, "item.first-thing.profiles", "names no profile"),
        ('{ solo = "required", team = "suggested" }', '"all"', 26, "item.first-thing.profiles", "must be a table"),
        ("references = []", 'references = []\ncheck = "lockfil"', 26, "item.first-thing.check", "mean lockfile?"),
        ("references = []", 'references = []\nlevel = "must"', 26, "item.first-thing.level", "not a known key"),
        ("references = []", "references = []\nreferences = []", 26, "", "stands in the file twice"),
        ("[[item]]", "[item]", 10, "item", "written as [[item]] tables"),
        ("[[area]]", "[[area]", 6, "", "not valid TOML"),
        ("[[item]]", "[[item]]\n[[item]]", 10, "item.#1", "is missing"),
        ("It matters.", "\\ud800", 15, "", "not valid TOML"),
        ("minutes = 10", "minutes = " + "9" * 5_000, None, "", "not valid TOML"),
    ],
)  # fmt: skip
def test_a_problem_is_named_with_file_line_and_key(old: str, new: str, line: int | None, key: str, words: str) -> None:
    assert old in GOOD
    data = GOOD.replace(old, new, 1).encode()
    problem = lint_file(data, FILE, checks=BUILT_IN)[0]
    assert (problem.file, problem.line, problem.key) == (FILE, line, key), str(problem)
    assert words in str(problem)
    assert problem.remedy
    with pytest.raises(ChecklistError) as caught:
        parse(data, FILE, checks=BUILT_IN)
    assert caught.value.problems[0] == problem
    assert caught.value.diagnostics == problem.remedy


def test_all_problems_are_listed_in_the_order_of_the_file() -> None:
    broken = (
        GOOD.replace('version = "1"\n', "")
        .replace('"high"', '"big"')
        .replace("minutes = 10", "minutes = -1")
        .replace('"person"', '"nobody"')
        + OWN_ITEM
        + "extra = 1\n"
    )
    problems = lint(broken.encode(), FILE, checks=BUILT_IN)
    assert [(problem.line, problem.key) for problem in problems] == [
        (1, ""),
        (19, "item.first-thing.decides"),
        (22, "item.first-thing.risk"),
        (23, "item.first-thing.minutes"),
        (27, "item.first-thing.id"),
        (43, "item.first-thing.extra"),
    ]
    assert "line 10" in problems[4].message


def test_a_check_needs_no_words_of_a_person_where_the_machine_decides() -> None:
    machine = GOOD.replace('"person"', '"machine"').replace('attest = "I did it."', 'attest = ""')
    assert one(lint(machine.encode(), FILE)).key == "item.first-thing.attest"
    assert lint((machine + 'check = "lockfile"\n').encode(), FILE, checks=BUILT_IN) == []
    assert lint((machine + 'check = "of-a-plugin"\n').encode(), FILE) == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"a = 1\n\nb = '\xe9'", ":3: not UTF-8"),
        (b"#" * (1024 * 1024 + 1), "larger than 1,024 KiB"),
        (b"a=[" + b"1," * 500_000 + b"]", "lines and values"),
        (b"a=" + b"[" * 1_000_000, "nested too deeply"),
        (b"a=" + b"{a=" * 300_000, "nested too deeply"),
        (b".".join([b"a"] * 500_000) + b"=1", "32 dotted parts"),
        (b"[" + b".".join([b"'a'"] * 250_000) + b"]", "32 dotted parts"),
        (b"x = { b = 1, " + b" . ".join([b'"a"'] * 100_000) + b"=1}", "32 dotted parts"),
        (b'a = """' + b'""\\"' * 200_000, "not valid TOML"),
        (b"a" * 1_000_000, "not valid TOML"),
        (b'"' * 1_000_000, "not valid TOML"),
        (b"a = 1" + b"_1" * 500_000, "not valid TOML"),
        (b"\xef\xbb\xbfschema = 1\n", "not valid TOML"),
        (b"[[item]]\n" * 1_001, "1,001 entries"),
        (b"".join(b"k%d = 1\n" % number for number in range(5_000)), "more than 1,000 problems"),
    ],
    ids=["utf16", "latin1", "large", "commas", "arrays", "tables", "dotted", "header", "inline", "quotes", "long",
         "quote-run", "digits", "bom", "items", "keys"],
)  # fmt: skip
def test_hostile_bytes_are_decided_quickly(data: bytes, words: str) -> None:
    began = time.process_time()
    problems = lint(data, FILE)
    assert time.process_time() - began < 2
    assert any(words in str(problem) for problem in problems), [str(problem) for problem in problems[:3]]
    assert len(problems) <= 1_001
    assert max(len(str(problem)) for problem in problems) < 2_000


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_text_makes_it_raise_anything_else(data: st.DataObject) -> None:
    lines = (GOOD + HEAD).splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    cut = data.draw(st.integers(0, len(lines[at])))
    junk = data.draw(
        st.sampled_from(['"', "'''", "[", "]]", "{", "=", ".", "#", "\x00", "\\", "1", "x = 1\n", ""])
        | st.text(max_size=5)
    )
    text = (
        "".join(lines[:at])
        + lines[at][:cut]
        + junk
        + data.draw(st.sampled_from([lines[at][cut:], ""]))
        + "".join(lines[at + 1 :])
    )
    raw = text.encode("utf-8", "surrogatepass")
    for problems in (lint(raw, FILE), lint_policy(raw, FILE), lint(raw, FILE, base=PRODUCTION)):
        assert all(problem.message for problem in problems)


# Extensions


def test_an_own_item_is_added_to_its_area() -> None:
    own = HEAD + OWN_ITEM.replace('"base"', '"secrets"')
    checklist = extend(PRODUCTION, own.encode(), FILE, checks=BUILT_IN)
    assert len(checklist.items) == 71
    place = [item.id for item in checklist.items].index("first-thing")
    assert checklist.items[place - 1].area == "secrets"
    assert checklist.items[place + 1].area == "dependencies"
    digests = PRODUCTION.digest, hashlib.sha256(own.encode()).hexdigest()
    assert checklist.digest == hashlib.sha256("".join(f"{each}\n" for each in digests).encode()).hexdigest()
    assert checklist.name == "production"


def test_an_own_area_comes_last() -> None:
    own = HEAD + '[[area]]\nid = "base"\ntitle = "House rules"\n' + OWN_ITEM
    checklist = extend(PRODUCTION, own.encode(), FILE)
    assert checklist.items[-1].id == "first-thing"
    assert checklist.areas[-1].title == "House rules"


def test_an_item_is_made_stricter() -> None:
    own = (
        HEAD
        + '[[item]]\nid = "update-bot"\nrisk = "high"\nfix = ["Ask Grace."]\nreferences = ["House rule 7"]\n'
        + 'profiles = { solo = "required", cli = "suggested" }\n'
    )
    item = extend(PRODUCTION, own.encode(), FILE, checks=BUILT_IN).item("update-bot")
    before = PRODUCTION.item("update-bot")
    assert item.fix == (*before.fix, "Ask Grace.")
    assert item.references == (*before.references, "House rule 7")
    assert item.risk is Risk.HIGH
    assert item.level("solo") is Level.REQUIRED
    assert item.level("team") is before.level("team")
    assert (item.check, item.title, item.attest) == (before.check, before.title, before.attest)


def test_saying_the_same_again_changes_nothing() -> None:
    item = PRODUCTION.item("lockfile")
    own = HEAD + f'[[item]]\nid = "lockfile"\ntitle = "{item.title}"\ndecides = "machine"\ncheck = "lockfile"\n'
    assert extend(PRODUCTION, own.encode(), FILE).items == PRODUCTION.items


@pytest.mark.parametrize(
    ("body", "line", "key", "words"),
    [
        ('profiles = { solo = "suggested" }', 5, "item.known-vulns.profiles", "from required to suggested"),
        ('[item.profiles]\nsolo = "none"', 5, "item.known-vulns.profiles", "from required to none"),
        ('decides = "both"', 5, "item.known-vulns.decides", 'it is "machine"'),
        ('check = "lockfile"', 5, "item.known-vulns.check", 'it is "known-vulns"'),
        ('check = ""', 5, "item.known-vulns.check", "cannot be changed"),
        ('attest = "I looked."', 5, "item.known-vulns.attest", "cannot be changed"),
        ('title = "Fine"', 5, "item.known-vulns.title", "cannot be changed"),
        ('area = "tests"', 5, "item.known-vulns.area", "cannot be changed"),
        ("minutes = 1", 5, "item.known-vulns.minutes", "cannot be changed"),
        ('not_applicable = "Always."', 5, "item.known-vulns.not_applicable", "cannot be changed"),
        ('risk = "low"', 5, "item.known-vulns.risk", "from critical to low"),
        ("remove = true", 5, "item.known-vulns.remove", "not a known key"),
        ('fix = "none"', 5, "item.known-vulns.fix", "must be a list"),
    ],
)  # fmt: skip
def test_nothing_is_weakened(body: str, line: int, key: str, words: str) -> None:
    own = f'{HEAD}\n[[item]]\nid = "known-vulns"\n{body}\n'.replace("\n\n", "\n", 1)
    problem = one(lint(own.encode(), FILE, checks=BUILT_IN, base=PRODUCTION))
    assert (problem.line, problem.key) == (line, key)
    assert words in problem.message
    with pytest.raises(ChecklistError):
        extend(PRODUCTION, own.encode(), FILE, checks=BUILT_IN)


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        ("", 1, "", "`schema` is missing"),
        ("schema = 1\n", 1, "", "`extends` is missing"),
        ('schema = 1\nextends = "demo"\n', 2, "extends", '"demo" is not the checklist in force'),
        (HEAD + 'only = ["lockfile"]\n', 3, "only", "can add items and make them stricter, nothing else"),
        (HEAD + 'name = "production"\n', 3, "name", "can add items"),
        (HEAD + 'disable = ["lockfile"]\n', 3, "disable", "not a known key"),
        (HEAD + '[[area]]\nid = "tests"\ntitle = "x"\n', 4, "area.tests.id", "already"),
        (HEAD + "[[item]]\nid = 'update-bot'\n[[item]]\nid = 'update-bot'\n", 6, "item.update-bot.id", "line 4"),
        (GOOD, 1, "", "`extends` is missing"),
    ],
)
def test_what_an_extension_cannot_be(text: str, line: int, key: str, words: str) -> None:
    problem = lint(text.encode(), FILE, base=PRODUCTION)[0]
    assert (problem.line, problem.key) == (line, key)
    assert words in problem.message
    with pytest.raises(ChecklistError):
        extend(PRODUCTION, text.encode(), FILE)


levels = st.sampled_from(Level)
ids = st.sampled_from([item.id for item in PRODUCTION.items])


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(ids, st.dictionaries(st.sampled_from(PROFILES), levels, min_size=1), max_size=4))
def test_an_extension_that_is_accepted_asks_for_no_less(asked: dict[str, dict[str, Level]]) -> None:
    order = [Level.NONE, Level.OPTIONAL, Level.SUGGESTED, Level.REQUIRED]
    own = HEAD + "".join(
        f'[[item]]\nid = "{item}"\n[item.profiles]\n'
        + "".join(f'{profile} = "{level}"\n' for profile, level in profiles.items())
        for item, profiles in asked.items()
    )
    weaker = any(
        order.index(level) < order.index(PRODUCTION.item(item).level(profile))
        for item, profiles in asked.items()
        for profile, level in profiles.items()
    )
    if weaker:
        with pytest.raises(ChecklistError, match="lowers"):
            extend(PRODUCTION, own.encode(), FILE)
        return
    for before, after in zip(PRODUCTION.items, extend(PRODUCTION, own.encode(), FILE).items, strict=True):
        assert after.id == before.id
        assert all(order.index(after.level(each)) >= order.index(before.level(each)) for each in PROFILES)


@pytest.mark.parametrize("data", ["b'.'.join([b'a'] * 500_000) + b'=1'", "b'a=' + b'{a=' * 300_000"])
def test_memory_stays_small_on_hostile_bytes(data: str) -> None:
    code = (
        "import resource; from shipworthy.checklist import lint\n"
        "resource.setrlimit(resource.RLIMIT_AS, (300 << 20, 300 << 20))\n"
        f"print(len(lint({data}, 'x')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "1\n", done.stderr
