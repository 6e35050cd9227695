"""Policies: the one place where a level may be relaxed, read as strictly as a checklist."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest

from shipworthy.checklist import ChecklistError, load
from shipworthy.checklist.policy import Drift, Policy, Role, apply, lint_policy, parse_policy
from shipworthy.model import PROFILES, Level

PRODUCTION = load("production")
POLICY = """\
schema = 1
profile = "team"
checklist = "production"
environments = ["staging"]
advisory_max_age_days = 30
expiry_days = 60
waiver_max_days = 14
attestation_max_days = 90

[items]
known-vulns = "suggested"
update-bot = "required"
"""


def test_a_policy() -> None:
    policy = parse_policy(POLICY.encode())
    assert policy == Policy(
        profile="team",
        environments=("staging",),
        advisory_max_age_days=30,
        expiry_days=60,
        waiver_max_days=14,
        attestation_max_days=90,
        levels={"known-vulns": Level.SUGGESTED, "update-bot": Level.REQUIRED},
        digest=hashlib.sha256(POLICY.encode()).hexdigest(),
    )
    checklist = apply(policy, PRODUCTION)
    assert {checklist.item("known-vulns").level(profile) for profile in PROFILES} == {Level.SUGGESTED}
    assert {checklist.item("update-bot").level(profile) for profile in PROFILES} == {Level.REQUIRED}
    assert checklist.digest == PRODUCTION.digest
    others = [item for item in PRODUCTION.items if item.id not in policy.levels]
    assert [item for item in checklist.items if item.id not in policy.levels] == others


def test_how_long_a_key_is_used() -> None:
    assert parse_policy(b"schema = 1\nkey_max_days = 100\n").key_max_days == 100
    assert Policy().key_max_days == 365


TEAM = """\
approvers = 2
touch = ["approver"]
pin = ["author", "approver"]
drift = "rerun"
drift_max_age_days = 3
critical = ["src/pay/**"]
environments = ["production", "staging"]

[people]
ada = ["Ada@example.org", "ada@home.example"]
"""


def test_a_teams_policy() -> None:
    policy = parse_policy(TEAM.encode())
    assert (policy.approvers, policy.touch, policy.pin) == (2, {Role.APPROVER}, {Role.AUTHOR, Role.APPROVER})
    assert (policy.drift, policy.drift_max_age_days, policy.critical) == (Drift.RERUN, 3, ("src/pay/**",))
    assert (policy.environment, policy.environments) == ("production", ("production", "staging"))
    assert policy.people == {"ada@example.org": "ada", "ada@home.example": "ada"}


@pytest.mark.parametrize(
    ("profile", "said", "approvers"),
    [("solo", None, 0), ("team", None, 1), ("regulated", None, 1), ("team", 0, 0), ("solo", 2, 2)],
)
def test_how_many_approve(profile: str, said: int | None, approvers: int) -> None:
    assert Policy(approvers=said).approvers_of(profile) == approvers


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("= 2", "= 11", "approvers", "out of bounds"),
        ("= 2", "= true", "approvers", "whole number"),
        ('touch = ["approver"]', 'touch = ["approvers"]', "touch", "Use author or approver"),
        ('touch = ["approver"]', "touch = true", "touch", "list of texts"),
        ('"rerun"', '"never"', "drift", "Use exact or rerun"),
        ("= 3", "= 0", "drift_max_age_days", "out of bounds"),
        ('["src/pay/**"]', "[1]", "critical.#1", "must be a text"),
        ('"staging"]', '"production"]', "environments", "twice"),
        ('["production", "staging"]', "[]", "environments", "must have 1 to 8"),
        ('"Ada@example.org"', '"*@example.org"', "people.ada", "no plain address"),
        ('"Ada@example.org", ', "", "people.ada", ""),
        ("ada =", '"ada@example.org" =', "people.ada@example.org", "not a person's name"),
        ("ada =", 'bob = ["ADA@home.example"]\nada =', "people.ada", "somebody else"),
        ("ada = [", "ada = [1, ", "people.ada.#1", "must be a text"),
    ],
)
def test_a_teams_policys_problem(old: str, new: str, key: str, words: str) -> None:
    assert old in TEAM
    problems = lint_policy(TEAM.replace(old, new, 1).encode(), "policy.toml", PRODUCTION)
    if not words:
        assert problems == []
        return
    assert problems[0].key == key
    assert words in str(problems[0])


def test_no_policy_is_an_empty_one() -> None:
    assert parse_policy(b"") == Policy()
    assert apply(Policy(), PRODUCTION).items == PRODUCTION.items


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "words"),
    [
        ('"team"', '"teams"', 2, "profile", "Use solo, team"),
        ('"team"', '""', 2, "profile", "is empty"),
        ('"production"', '"mine"', 3, "checklist", "Use production or demo"),
        ('"staging"', '"../x"', 4, "environments", "kebab-case"),
        ('"staging"', '"Staging"', 4, "environments", "kebab-case"),
        ("= 30", "= -1", 5, "advisory_max_age_days", "out of bounds"),
        ("= 60", "= 0", 6, "expiry_days", "out of bounds"),
        ("= 60", "= 60.5", 6, "expiry_days", "whole number"),
        ("= 14", '= "14"', 7, "waiver_max_days", "whole number"),
        ("= 90", "= true", 8, "attestation_max_days", "whole number"),
        ("= 90", "= 4000", 8, "attestation_max_days", "out of bounds"),
        ("expiry_days", "expire_days", 6, "expire_days", "Did you mean expiry_days?"),
        ('"suggested"', '"off"', 11, "items.known-vulns", "Use required, suggested"),
        ("known-vulns", "known-vuln", 11, "items.known-vuln", "Did you mean known-vulns?"),
        ("[items]", "[item]", 10, "item", "Did you mean items?"),
        ("schema = 1", "schema = 9", 1, "schema", "schema 9"),
    ],
)
def test_a_policys_problem(old: str, new: str, line: int, key: str, words: str) -> None:
    data = POLICY.replace(old, new, 1).encode()
    (problem,) = lint_policy(data, "policy.toml", PRODUCTION)
    assert (problem.file, problem.line, problem.key) == ("policy.toml", line, key)
    assert words in str(problem)
    with pytest.raises(ChecklistError) as caught:
        apply(parse_policy(data, "policy.toml"), PRODUCTION)
    assert caught.value.problem == problem


def test_the_policy_path_loads_nothing_heavy() -> None:
    code = "import sys, shipworthy.checklist.policy as p; p.parse_policy(b''); print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    for heavy in ("tomlkit", "click", "textual", "httpx", "keyring", "asyncio", "subprocess", "difflib", "tree_sitter"):
        assert heavy not in loaded
