"""Arbitrary and almost right bytes for every parser of the signed file: the documented error, or a faithful reading."""

from __future__ import annotations

import base64
import copy
import json
import os
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.readiness.spoil import joined

from shipworthy.model import DecisionKind, OutcomeKind, Verdict
from shipworthy.readiness import dsse, sshsig, statement
from shipworthy.readiness.dsse import Envelope, EnvelopeSignature, Malformed
from shipworthy.readiness.sshsig import BadSignature
from shipworthy.readiness.statement import Said, StatedItem, Statement

FUZZ = int(os.environ.get("FUZZ", "1"))
"""How many times as many examples as in `make test`."""
words = st.text(max_size=12).filter(lambda text: text.isascii() or text.encode("utf-8", "ignore").decode() == text)
times = st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31)).map(lambda at: at.replace(microsecond=0, tzinfo=UTC))
hexes = st.text("0123456789abcdef", min_size=64, max_size=64)
trees = hexes | st.text("0123456789abcdef", min_size=40, max_size=40)
numbers = st.integers(-(10**15), 10**15)
anything = st.recursive(
    st.none() | st.booleans() | numbers | words | st.sampled_from(["fail", "pass", "attested", "waived", "READY"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def said(draw: st.DrawFn, machine: bool) -> Said:
    kind = draw(st.sampled_from([DecisionKind.ATTESTED, DecisionKind.WAIVED]))
    waived = kind is DecisionKind.WAIVED
    return Said(
        kind=kind,
        by=draw(words),
        words=draw(words),
        expires=draw(times),
        findings=tuple(draw(st.lists(words, max_size=2))),
        named="" if waived else draw(words),
        not_applicable=waived and draw(st.booleans()),
    )


@st.composite
def stated(draw: st.DrawFn) -> StatedItem:
    outcome = draw(st.none() | st.sampled_from(list(OutcomeKind)))
    return StatedItem(
        id=draw(words),
        outcome=outcome,
        summary="" if outcome is None else draw(words),
        evidence=None if outcome is None else draw(hexes),
        said=draw(st.none() | said(outcome is not None)),
        until=draw(st.none() | times) if outcome is OutcomeKind.PASS else None,
    )


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    text = {name: draw(words) for name in (
        "repo", "ref", "environment", "profile", "tool_version", "checklist_name", "checklist_version", "author",
        "author_key",
    )}  # fmt: skip
    names = draw(st.sets(st.sampled_from(statement.INVENTORIES)))
    return Statement(
        tree=draw(trees), checklist_digest=draw(hexes), policy_digest=draw(hexes), issued=draw(times),
        expires=draw(times), verdict=draw(st.sampled_from(list(Verdict))),
        items=tuple(draw(st.lists(stated(), max_size=4))),
        inventories={name: tuple(draw(st.lists(words, max_size=2))) for name in names},
        advisories=draw(st.none() | words.filter(bool)), **text,
    )  # fmt: skip


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value inside a JSON document."""
    found = [at]
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in rows:
        found += places(inner, (*at, key))
    return found


def spoiled(draw: st.DrawFn, document: Any) -> Any:
    """The document with up to three values replaced, removed, added or moved."""
    whole = {"": copy.deepcopy(document)}
    for _ in range(draw(st.integers(0, 3))):
        way = draw(st.sampled_from(places(whole)[1:]))
        holder: Any = whole
        for key in way[:-1]:
            holder = holder[key]
        change = draw(st.sampled_from(["replace", "remove", "add", "swap"]))
        if change == "replace" or len(way) == 1:
            holder[way[-1]] = draw(anything)
        elif change == "remove":
            del holder[way[-1]]
        elif change == "swap":
            other = draw(st.sampled_from(list(holder) if isinstance(holder, dict) else range(len(holder))))
            holder[way[-1]], holder[other] = holder[other], holder[way[-1]]
        elif isinstance(holder, dict):
            keys = words | st.sampled_from(["findings", "evidence", "decision", "notApplicable", "named", "keyid"])
            holder[draw(keys)] = draw(anything)
        else:
            holder.insert(way[-1], draw(anything))
    return whole[""]


def faithful(value: Any) -> Any:
    """A document without what says nothing: a list, text or yes that may as well be left out."""
    if isinstance(value, dict):
        rows = {key: faithful(inner) for key, inner in value.items()}
        return {key: inner for key, inner in rows.items() if inner not in ("", [], False) or key == "evidence"}
    return [faithful(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.fuzz
@settings(max_examples=50 * FUZZ, deadline=None)
@given(statements())
def test_a_statement_comes_back_as_it_was(made: Statement) -> None:
    payload = statement.dump(made)
    assert statement.parse(payload) == made
    assert statement.dump(statement.parse(payload)) == payload


@pytest.mark.fuzz
@settings(max_examples=66 * FUZZ, deadline=None)
@given(st.data(), statements())
def test_a_spoiled_statement_is_malformed_or_read_whole(data: st.DataObject, made: Statement) -> None:
    document = data.draw(st.composite(spoiled)(json.loads(statement.dump(made))))
    payload = json.dumps(document).encode()
    try:
        found = statement.parse(payload)
    except Malformed:
        return
    # Nothing that was read can have been dropped on the way: what is signed is what is judged.
    assert faithful(json.loads(statement.dump(found))) == faithful(document)


def machine_less(**change: object) -> bytes:
    """A statement with one item that no machine verified, waived; some of the item's fields changed."""
    when = datetime(2026, 1, 1, tzinfo=UTC)
    waiver = Said(kind=DecisionKind.WAIVED, by="ada", words="small", expires=when)
    made = Statement(
        tree="0" * 40, repo="", ref="", environment="", profile="", tool_version="", checklist_name="",
        checklist_version="", checklist_digest="0" * 64, policy_digest="0" * 64, author="", author_key="", issued=when,
        expires=when, verdict=Verdict.READY, items=(StatedItem(id="x", outcome=None, said=waiver),),
    )  # fmt: skip
    document = json.loads(statement.dump(made))
    document["predicate"]["items"][0].update(change)
    return json.dumps(document).encode()


@pytest.mark.parametrize("evidence", ["unseen", "", [], 0, False, None, {"named": "x"}])
def test_evidence_that_nobody_reads_is_refused(evidence: object) -> None:
    statement.parse(machine_less())
    with pytest.raises(Malformed):
        statement.parse(machine_less(evidence=evidence))
    if evidence not in ("unseen", ""):
        said = {"decision": "attested", "statement": "I looked", "evidence": evidence}
        document = json.loads(machine_less(**said))
        del document["predicate"]["items"][0]["reason"]
        with pytest.raises(Malformed):
            statement.parse(json.dumps(document).encode())


@pytest.mark.fuzz
@settings(max_examples=50 * FUZZ, deadline=None)
@given(st.data(), st.binary(max_size=20), st.lists(st.tuples(words, st.binary(max_size=20)), max_size=3), words)
def test_an_envelope_is_malformed_or_read_whole(
    data: st.DataObject, payload: bytes, rows: list[tuple[str, bytes]], kind: str
) -> None:
    signatures = tuple(EnvelopeSignature(keyid=keyid, sig=sig) for keyid, sig in rows)
    made = Envelope(payload_type=kind, payload=payload, signatures=signatures)
    written = dsse.dump(made)
    assert dsse.parse(written) == made
    assert dsse.dump(dsse.parse(written)) == written
    document = data.draw(st.composite(spoiled)(json.loads(written)))
    try:
        found = dsse.parse(json.dumps(document).encode())
    except Malformed:
        return
    for row in document["signatures"]:
        row.setdefault("keyid", "")
    assert json.loads(dsse.dump(found)) == document


@pytest.mark.fuzz
@settings(max_examples=50 * FUZZ, deadline=None)
@given(st.binary(max_size=200) | words.map(str.encode))
@example(b"-0")
@example(b"1" * 5000)
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b'"\\ud800"')
@example(b'"\\ud800\\udc00"')
def test_any_bytes_as_json(data: bytes) -> None:
    for parse in (dsse.load_json, dsse.parse, statement.parse):
        try:
            found = parse(data)
        except Malformed:
            continue
        assert json.dumps(found) is not None


@pytest.mark.fuzz
@settings(max_examples=50 * FUZZ, deadline=None)
@given(anything)
def test_json_is_read_as_it_was_written(value: Any) -> None:
    assert dsse.load_json(json.dumps(value).encode()) == value
    assert dsse.load_json(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.fuzz
@settings(max_examples=66 * FUZZ, deadline=None)
@given(st.text("AZaz09+/=-_ \n\0ü", max_size=12) | words)
def test_base64_is_read_in_one_spelling_only(text: str) -> None:
    try:
        data = dsse.decode_base64(text)
    except Malformed:
        return
    assert base64.b64encode(data).decode() == text


@pytest.mark.parametrize("text", ["1" * 30, "-" + "1" * 30, "1" * 1_000_000], ids=["long", "negative", "endless"])
def test_a_number_is_bounded_whatever_python_allows(text: str) -> None:
    held = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        with pytest.raises(Malformed):
            dsse.load_json(text.encode())
    finally:
        sys.set_int_max_str_digits(held)


NAMES = [
    b"ssh-ed25519", b"ssh-rsa", b"rsa-sha2-512", b"ecdsa-sha2-nistp256", b"nistp256", b"ecdsa-sha2-nistp521",
    b"nistp521", b"sk-ssh-ed25519@openssh.com", b"sk-ecdsa-sha2-nistp256@openssh.com", b"sha512", b"space",
]  # fmt: skip
fields = st.binary(max_size=70) | st.sampled_from(NAMES) | st.sampled_from([b"\1\0\1", b"\0" + b"\xff" * 256])
blobs = st.lists(fields, max_size=5).map(joined) | st.binary(max_size=100)


@pytest.mark.fuzz
@settings(max_examples=100 * FUZZ, deadline=None)
@given(st.data())
def test_no_bytes_are_a_signature(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(NAMES) | fields)
    key = joined([kind, *data.draw(st.lists(fields, max_size=4))])
    value = joined([data.draw(st.just(kind) | fields), data.draw(fields | blobs)]) + data.draw(st.binary(max_size=6))
    parts = [key, b"space", b"", b"sha512", value]
    if data.draw(st.booleans()):
        parts[data.draw(st.integers(0, 4))] = data.draw(blobs)
    blob = data.draw(st.just(b"SSHSIG\0\0\0\1") | st.binary(max_size=12)) + joined(parts)
    with pytest.raises(BadSignature):
        sshsig.verify(sshsig.armor(blob), b"message", "space")


@pytest.mark.fuzz
@settings(max_examples=50 * FUZZ, deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200).map(sshsig.armor))
def test_any_text_as_armor(text: str) -> None:
    for parse in (sshsig.parse, sshsig.dearmor):
        try:
            found = parse(text)
        except BadSignature:
            continue
        if isinstance(found, bytes):
            assert sshsig.dearmor(sshsig.armor(found)) == found
    with pytest.raises(BadSignature):
        sshsig.verify(text, b"message", "space")


@pytest.mark.fuzz
@settings(max_examples=66 * FUZZ, deadline=None)
@given(st.binary(max_size=200) | blobs.map(lambda blob: b"openssh-key-v1\0" + blob))
def test_any_bytes_as_a_private_key_s_header(data: bytes) -> None:
    try:
        cipher, key = sshsig.openssh_header(data)
    except BadSignature:
        return
    assert isinstance(cipher, str)
    assert key in data
