"""Each rule finds what it describes, says where its format is described, and cannot be slowed down."""

from __future__ import annotations

import time

import pytest
from tests.facts.secrets.examples import example

from shipworthy.facts.secrets.rules import Rule, load
from shipworthy.facts.secrets.scanner import scan
from shipworthy.model import Confidence

RULES = load().rules


def text_with(rule: Rule, seed: int) -> bytes:
    token = example(rule, seed)
    quoted = rule.issued and rule.gate != "text" and '"' not in token
    return (f'x = "{token}"\n' if quoted else f"{token}\n").encode()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_finds_its_own_example(rule: Rule) -> None:
    path = rule.names[0] if rule.names else "app/settings_store.py"
    found = [
        any(
            hit.rule == rule.id and hit.confidence is not Confidence.REVIEW
            for hit in scan(path, text_with(rule, seed)).hits
        )
        for seed in range(1, 7)
    ]
    # One of them may fall to a filter by chance: random text can look like words.
    assert sum(found) >= 5, rule.id


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_names_its_source_and_is_complete(rule: Rule) -> None:
    assert rule.source
    assert rule.title
    assert rule.keywords
    assert all(rule.needles)
    assert rule.compiled.groups >= 0


def test_the_rules_cover_many_providers() -> None:
    assert len({rule.provider for rule in RULES}) >= 120


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
    keywords = sorted(
        {keyword for rule in RULES if rule.gate in ("text", "exact", "whole") for keyword in rule.keywords}
    )
    started = time.process_time()
    for keyword in keywords[::3]:
        scan("a.py", shape.replace("{k}", keyword).encode())
    assert time.process_time() - started < 20


def test_one_long_line_is_scanned_in_bounded_time() -> None:
    line = b'{"password": "' + b"x" * 1_000_000 + b'", ' + b'"token":"a",' * 50_000 + b"}"
    started = time.process_time()
    scan("app/data.json", line)
    assert time.process_time() - started < 5
