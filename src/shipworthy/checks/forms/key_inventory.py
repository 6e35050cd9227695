"""Judges `key-inventory`: every key has an owner, a purpose, rights and a place."""

from __future__ import annotations

from dataclasses import replace

from shipworthy.checks.base import CheckContext
from shipworthy.checks.forms.base import READ, FormCheck
from shipworthy.facts import Facts
from shipworthy.facts.forms import KeysFile
from shipworthy.facts.keys import Keys
from shipworthy.facts.keys.inventory import QUESTION
from shipworthy.facts.secrets import Secrets
from shipworthy.facts.stack import Part, Stack
from shipworthy.model import Confidence, Finding, Outcome, OutcomeKind, Severity
from shipworthy.project import is_test_path
from shipworthy.text import plural

_TOLD = frozenset({"github"})
"""CI systems that name in their files every secret they use."""


class KeyInventory(FormCheck):
    """A pass proves that each known key of the code and its workflows has a complete row in `.shipworthy/keys.toml`.

    Evidence: the secret-named settings that code and deployment files read, env files that are committed and their
    examples, the secrets that GitHub's workflows ask for, and clients of services that look for their key by
    themselves; by name, no value is looked at. What is public, or only an id, needs no row. It cannot see keys that
    only the host or another CI system uses (it says so), nor settings with computed names. Not applicable where
    none of it is found, no key stands in any file but tests, and no outside service and no data store is used
    either.
    """

    id = "key-inventory"
    file = KeysFile
    needs = (KeysFile, Keys, Secrets, Stack)

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        file, keys, stack = facts[KeysFile], facts[Keys], facts[Stack]
        if not said(file):
            nothing = no_keys(keys, stack, facts[Secrets])
            if nothing is not None and not file.gaps:
                return Outcome.not_applicable("no key is used", nothing)
            # A file that only records which leaked keys were replaced is no list yet.
            facts = Facts({**{kind: facts[kind] for kind in self.needs}, KeysFile: replace(file, written=None)})
        outcome = super().check(facts, context)
        if outcome.kind is not OutcomeKind.PASS:
            return outcome
        elsewhere = [_elsewhere(name, stack) for name in sorted(stack.names(Part.CI) - _TOLD)]
        return replace(outcome, findings=(*(each for each in outcome.findings if _is_gone(each, keys)), *elsewhere))


def said(file: KeysFile) -> bool:
    """Whether anything was written about which keys there are."""
    answers = file.written.answers if file.written is not None else None
    return answers is not None and bool(answers.table(QUESTION) or answers.text("checked"))


def _is_gone(remark: Finding, keys: Keys) -> bool:
    """Whether what a remark is about is really gone: what needs no row may have one, and still be used."""
    return remark.rule != "no-longer-found" or not any(key.name in remark.message for key in keys.keys)


def no_keys(keys: Keys, stack: Stack, secrets: Secrets) -> list[str] | None:
    """What shows that the app uses no key at all; None where it uses one, or where that cannot be told."""
    services = stack.of(Part.THIRD_PARTY) + stack.of(Part.DATABASE) + stack.of(Part.DEPLOY_TARGET)
    written = any(each.counts and not is_test_path(each.location.path or "") for each in secrets.sightings)
    if keys.keys or keys.computed or services or written or not keys.files:
        return None
    if stack.names(Part.LANGUAGE) - READ or stack.names(Part.CI) - _TOLD:
        return None
    return [f"{plural(keys.files, 'code file')}: no key, no outside service, no data store, nothing that deploys"]


def _elsewhere(name: str, stack: Stack) -> Finding:
    place = next(each.location for each in stack.of(Part.CI) if each.name == name)
    return Finding.at(
        place,
        "keys-elsewhere",
        f"{name} keeps its variables outside the repository: which keys it uses stands in no file.",
        anchor=name,
        severity=Severity.INFO,
        confidence=Confidence.REVIEW,
        remedy="Look at its settings, and add a row for each key there: shipworthy form key-inventory",
    )
