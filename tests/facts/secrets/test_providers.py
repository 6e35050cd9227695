"""Every secret that can be found has an answer to "what now?": where to revoke it, and what comes next."""

from __future__ import annotations

import re

import pytest

from shipworthy.checks.secrets.handling import remedy
from shipworthy.facts.secrets.fact import GUESSABLE, title_of
from shipworthy.facts.secrets.providers import handling, provider_of, providers
from shipworthy.facts.secrets.rules import load
from shipworthy.facts.secrets.within import Within

RULES = load().rules
ROWS = providers().values()
OF_NO_PROVIDER = {"bearer-header", "proxy-header", "query-secret", "client-call", "header-key", "authorization-header",
                  "android-string", "typed-constant", "setting-fallback", "option-default",
                  "macro-secret", "make-variable", "tuple-assignment", "setter-key", "setting-default",
                  "schema-default", "nested-value", "argument-list", "shell-password", "symbol-value",
                  "environment-fallback", "declared-value", "block-value", "terraform-secret-value",
                  "git-url-token", "listed-key", "user-list",
                  "split-token", "encoded-token", "sign-in-call", "vapid-private-key", "swift-header-key",
                  "command-login", "updated-secret", "row-secret", "request-variable", "remarked-password",
                  "remarked-key", "secrets-file", "inserted-secret", "cookie-store-key",
                  "returned-secret", "form-secret", "plain-encoder-password", "key-store-password",
                  "htaccess-variable"}  # fmt: skip
NO_RULE = ("assigned-password", "assigned-signing", "assigned-secret", "assigned-key", "assigned-token", GUESSABLE,
           "supabase-service-role")  # fmt: skip
MOST_SHOWN = 300
PACKAGE_INDEXES = {"clojars", "crates", "hex", "jsr", "npm", "nuget", "packagist", "pypi", "rubygems"}


def test_every_rule_has_a_row() -> None:
    assert {rule.id for rule in RULES if provider_of(rule.id, rule.provider).id == "unknown"} == OF_NO_PROVIDER


def test_every_row_is_of_a_rule_that_exists() -> None:
    known = {rule.id for rule in RULES} | set(NO_RULE)
    assert {rule for row in ROWS for rule in row.rules} <= known
    used = {provider_of(rule.id, rule.provider).id for rule in RULES}
    used |= {provider_of(rule, "").id for rule in NO_RULE}
    assert {row.id for row in ROWS} - used <= {"stellar"}


def test_every_page_is_an_https_address() -> None:
    consoles = [row.console for row in ROWS if row.console]
    assert [each for each in consoles if not re.fullmatch(r"https://[\w.-]+\.[a-z]{2,}(?:/\S*)?", each)] == []


def test_every_row_names_a_place() -> None:
    assert [
        row.id for row in ROWS if not (row.revoke or (row.place and row.console)) and row.id not in PACKAGE_INDEXES
    ] == []
    assert {row.id for row in ROWS if row.place and not row.console} == PACKAGE_INDEXES


@pytest.mark.parametrize("in_history", [False, True])
def test_every_answer_revokes_first_and_fits_every_face(in_history: bool) -> None:
    for rule, provider in [
        *((rule.id, rule.provider) for rule in RULES),
        *((rule, "") for rule in NO_RULE),
        ("x", "y"),
    ]:
        steps = handling(rule, provider, in_history=in_history)
        assert re.match(r"Revoke|Change|Make a new|Move everything|Check that nothing", steps[0]), (rule, steps[0])
        assert ("Remove it from the file." in steps) is not in_history
        assert steps[-1].startswith("Old commits keep")
        assert all(step.endswith(".") and "\n" not in step for step in steps)
        text = remedy(rule, provider, in_history=in_history)
        assert len(f"If it guards anything: {text}") <= MOST_SHOWN, (rule, len(text), text)


@pytest.mark.parametrize("within", [Within.NAME, Within.MESSAGE, Within.TAG, Within.REF])
def test_what_no_edit_of_a_file_mends_has_steps_of_its_own(within: Within) -> None:
    for rule in RULES:
        steps = handling(rule.id, rule.provider, in_history=within is not Within.NAME, within=within)
        assert "Remove it from the file." not in steps
        assert all(step.endswith(".") for step in steps)
        text = remedy(rule.id, rule.provider, in_history=within is not Within.NAME, within=within)
        assert len(f"If it guards anything: {text}") <= MOST_SHOWN, (rule.id, len(text), text)


def test_the_steps_are_numbered() -> None:
    assert remedy("stripe-live-key", "stripe") == (
        "1. Revoke it at Stripe (https://dashboard.stripe.com/apikeys): Developers > API keys > the key's menu"
        " > Roll key (a Clerk key: Clerk > API keys). 2. Put the new one into the store or environment."
        " 3. Remove it from the file. 4. Old commits keep it: only revoking helps."
    )


def test_what_cannot_be_revoked_says_so() -> None:
    assert "the anon key changes with it" in remedy("supabase-service-role", "")
    assert "everybody is signed out" in remedy("assigned-signing", "")
    assert "ALTER USER" in remedy("url-password", "url")
    assert "remove the old public key" in remedy("private-key", "pem")
    assert title_of("supabase-service-role")
