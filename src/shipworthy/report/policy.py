"""A policy on paper: what is in force, who may sign, what it takes, and what one key is worth."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from shipworthy.readiness.tree import FOLDER, readiness_names
from shipworthy.setup.in_force import Explained, Plain, Value
from shipworthy.setup.people import Listed
from shipworthy.text import plural, visible

SCHEMA = 1


def as_json(found: Explained) -> str:
    """One JSON object; `line` null: not set there, the default holds."""
    whole: dict[str, Any] = {
        "schema": SCHEMA,
        "policy": found.file if found.there else None,
        "base": found.base,
        "digest": found.force.policy.digest,
        "values": {each.key: {"value": each.value, "line": each.line} for each in found.values},
        "signers": [
            {
                "person": each.person,
                "address": each.line.principal,
                "key": each.line.fingerprint,
                "kind": each.kind,
                "roles": [role.value for role in each.roles],
                "countsAs": [role.value for role in each.counts_as],
                "why": _why(each),
                "line": each.line.line,
            }
            for each in found.lines
        ],
        "required": {
            "machine": [item.id for item in found.machine],
            "person": [item.id for item in found.person],
        },
    }
    return json.dumps(whole, indent=2)


def lines(found: Explained) -> Iterator[str]:
    """In plain words, a line each, safe to show."""
    yield from _values(found)
    yield from _people(found)
    yield from _takes(found)
    yield from _change(found)
    yield from _worth(found)


def _values(found: Explained) -> Iterator[str]:
    where = visible(found.file, 200)
    yield f"In force, by {where}" if found.there else f"In force: there is no {where}, so these are the defaults"
    yield ""
    for each in found.values:
        yield f"  {visible(each.key, 60):<24} {_shown(each.value):<24} {_from(each):<10} {each.means}"
    yield ""


def _shown(value: Plain) -> str:
    return visible(", ".join(value) or "none" if isinstance(value, list) else str(value), 200)


def _from(value: Value) -> str:
    return "default" if value.line is None else f"line {value.line}"


def _people(found: Explained) -> Iterator[str]:
    yield "Who may sign"
    if not found.lines:
        yield f"  Nobody is listed in {FOLDER}/allowed_signers. A verifier can only pin a key: --trust SHA256:…"
    for each in found.lines:
        roles = " and ".join(role.value for role in each.roles) or "nothing here"
        of = "" if each.person == each.line.principal.casefold() else f" ({visible(each.person, 80)})"
        yield f"  {visible(each.line.principal, 120)}{of} as {roles}, line {each.line.line}"
        yield f"    {each.line.fingerprint} ({visible(each.kind, 60)}){_until(each)}"
        if why := _why(each):
            yield f"    does not count: {visible(why, 200)}"
    yield ""


def _until(each: Listed) -> str:
    return "" if each.line.valid_before is None else f", until {each.line.valid_before:%Y-%m-%d}"


def _why(each: Listed) -> str | None:
    if each.never:
        return f"the key {each.never}"
    return "; ".join(f"as {role.value}: {why}" for role, why in each.not_as.items()) or None


def _takes(found: Explained) -> Iterator[str]:
    policy, force = found.force.policy, found.force
    names = [readiness_names(each)[1] for each in policy.environments]
    yield "What it takes to be READY"
    yield f"  - {FOLDER}/{names[0]} in the commit" + (f", for others: {', '.join(names[1:])}" if names[1:] else "")
    if policy.drift.value == "exact":
        yield "  - made for this very tree: one changed byte of source and it is signed anew"
    else:
        yield f"  - made for this tree, or for one up to {plural(policy.drift_max_age_days, 'day')} before it, where no"
        yield "    critical path changed and every automatic check passes again"
    yield f"  - under this policy, and no more than {plural(policy.expiry_days, 'day')} old"
    yield f"  - {plural(len(found.machine), 'required item')} a machine judges, passed or waived"
    yield f"  - {plural(len(found.person), 'required item')} a person settles, with an end date"
    authors = _names(found.authors)
    yield "  - signed as author" + (f" by {authors}" if found.lines else " with the key the verifier pins")
    if force.approvers:
        who = f": {_names(found.approvers)}" if found.lines else ""
        yield f"  - approved by {plural(force.approvers, 'other person', 'other people')}{who}"
    who = "an approver only" if force.two_people else "the author too, and it shows as self-waived"
    yield f"  - a required item may be waived, for at most {plural(policy.waiver_max_days, 'day')}: by {who}"
    yield ""


def _names(people: Iterable[str]) -> str:
    named = sorted(people)
    return visible(" or ".join(named), 300) if named else "nobody: it cannot be met now"


def _change(found: Explained) -> Iterator[str]:
    yield "What a change of these rules takes"
    if not found.lines:
        yield "  Nobody is listed, so a verifier pins a key and takes the rules from the commit itself: whoever holds"
        yield "  that key changes them by signing."
    elif found.approvers:
        yield "  A commit that changes policy, checklist or signers is judged by the base as it is before: it has to be"
        yield f"  READY under that, and approved by {_names(found.approvers)}, other than its author."
        yield "  An admin of the base branch can still push past all of this: protect the branch. Where CI pins a key"
        yield "  (--trust) in place of a base, the rules come from the commit itself."
    else:
        yield "  It is judged by the base as it is before; no approver is listed, so the author's signature is enough."
        yield "  List one: shipworthy key trust KEY.pub --as lead@example.org --role approver"
    yield ""


def _worth(found: Explained) -> Iterator[str]:
    yield "What that is worth"
    if found.force.approvers and len(found.authors | found.approvers) > 1:
        yield "  Two people's keys signed this tree. Not that they read it: only they know that."
    else:
        yield "  One person's key signed this tree: one person's word, and whoever can use the key can give it. An"
        yield "  assistant with a shell on that machine can, unless the key is a security key that wants a touch."
    if not (found.force.policy.touch or found.force.policy.pin):
        yield '  No touch is asked for. With security keys: touch = ["author", "approver"].'
