"""Each rule finds what it describes, says where its format is described, and cannot be slowed down."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest
from tests.facts.secrets.examples import example, near_misses, placeholders

from shipworthy.facts.secrets.rules import Rule, load
from shipworthy.facts.secrets.scanner import scan
from shipworthy.model import Confidence

RULES = load().rules


# What makes it up is not fixed: any words before the password or the secret, any number of groups.
FREE = {
    "url-password": ["mark"],
    "pgpass": ["mark"],
    "secrets-file": ["mark"],
    "unleash-token": ["mark"],
    "slack-token": ["short", "alphabet"],
}


def path_of(rule: Rule) -> str:
    return rule.names[0] if rule.names else "app/settings_store.py"


def line_with(rule: Rule, token: str) -> str:
    quoted = rule.issued and rule.gate != "text" and '"' not in token
    return f'x = "{token}"\n\n' if quoted else f"{token}\n\n"


def counted(rule: Rule, tokens: Iterable[str]) -> int:
    """In how many of these places the rule itself is sure of a secret."""
    lines = [line_with(rule, token) for token in tokens]
    texts = lines if rule.shape == "pem" else ["".join(lines)]
    hits = [hit for text in texts for hit in scan(path_of(rule), text.encode()).hits]
    return sum(hit.rule == rule.id and hit.confidence is not Confidence.REVIEW for hit in hits)


def test_each_rule_finds_its_own_examples() -> None:
    # One of them may fall to a filter by chance: random text can look like words.
    found = {rule.id: counted(rule, (example(rule, seed) for seed in range(1, 7))) for rule in RULES}
    assert {name: count for name, count in found.items() if count < 5} == {}


def test_no_rule_matches_what_is_nearly_its_own() -> None:
    matched = [
        (rule.id, what)
        for rule in RULES
        for what, text in near_misses(rule)
        if what not in FREE.get(rule.id, ()) and rule.compiled.search(line_with(rule, text).encode())
    ]
    assert matched == []


def test_no_rule_takes_a_stand_in_for_a_secret() -> None:
    taken = {rule.id: counted(rule, placeholders(rule)) for rule in RULES if rule.shape != "jwt"}
    assert {name: count for name, count in taken.items() if count} == {}


def test_every_rule_names_its_source_and_is_complete() -> None:
    wanting = [rule.id for rule in RULES if not (rule.source and rule.title and rule.keywords and all(rule.needles))]
    assert wanting == []
    assert all(rule.compiled.groups >= 0 for rule in RULES)


def test_the_rules_cover_many_providers() -> None:
    assert len({rule.provider for rule in RULES}) >= 300


def test_the_rule_files_hold_nothing_the_rules_find() -> None:
    from importlib.resources import files

    for entry in (files("shipworthy.facts.secrets") / "rules").iterdir():
        hits = scan(f"src/rules/{entry.name}", entry.read_bytes()).hits
        assert [hit.rule for hit in hits if hit.confidence is not Confidence.REVIEW] == []


@pytest.mark.parametrize(
    "shape",
    [
        "{k}" * 4_000,
        "{k}" + "a" * 60_000,
        ("{k}=" + "a" * 50 + "\n") * 600,
        "{k}(" * 3_000,
        "{k}, '" * 2_000,
        "{k}-" * 3_000,
    ],
    ids=["repeated", "long", "lines", "calls", "quotes", "dashes"],
)
def test_no_text_makes_the_scanner_slow(shape: str) -> None:
    anchored = [rule for rule in RULES if rule.gate in ("text", "exact", "whole")]
    # Rules that go by a setting's name share one pattern, so a few of them stand for all.
    keywords = sorted({keyword for rule in anchored if not rule.outline for keyword in rule.keywords})[::10]
    keywords += sorted({keyword for rule in anchored if rule.outline for keyword in rule.keywords})[::40]
    started = time.process_time()
    for keyword in keywords:
        scan("a.py", shape.replace("{k}", keyword).encode())
    assert time.process_time() - started < 20


def test_one_long_line_is_scanned_in_bounded_time() -> None:
    line = b'{"password": "' + b"x" * 1_000_000 + b'", ' + b'"token":"a",' * 50_000 + b"}"
    started = time.process_time()
    scan("app/data.json", line)
    assert time.process_time() - started < 5
