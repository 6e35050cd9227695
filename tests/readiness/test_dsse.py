"""The envelope: its encoding for signing, and one strict reading."""

from __future__ import annotations

import json
import time

import pytest

from shipworthy.readiness import dsse
from shipworthy.readiness.dsse import Envelope, EnvelopeSignature, Malformed


def test_pae_is_the_one_of_the_specification() -> None:
    # The test vector of DSSE's protocol.md.
    assert dsse.pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert dsse.pae("ü", "é".encode()) == "DSSEv1 2 ü 2 é".encode()


def test_it_comes_back_as_it_was_written() -> None:
    envelope = Envelope(
        payload_type=dsse.PAYLOAD_TYPE,
        payload=b"\x00\xff payload",
        signatures=(EnvelopeSignature(keyid="SHA256:x", sig=b"sig"), EnvelopeSignature(keyid="", sig=b"")),
    )
    assert dsse.parse(dsse.dump(envelope)) == envelope


def written(**change: object) -> bytes:
    whole: dict[str, object] = {"payload": "aGk=", "payloadType": "t", "signatures": [{"keyid": "k", "sig": "aGk="}]}
    whole.update(change)
    return json.dumps({key: value for key, value in whole.items() if value is not None}).encode()


def test_a_keyid_may_be_missing() -> None:
    assert dsse.parse(written(signatures=[{"sig": "aGk="}])).signatures[0].keyid == ""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b'{"payload": "aGk=", "payload": "aGk=", "payloadType": "t", "signatures": []}',
        b'{"payload": "aGk=", "payloadType": "t", "signatures": [{"sig": "", "sig": ""}]}',
        b"\xef\xbb\xbf" + written(),
        written().decode().encode("utf-16"),
        written() + b"x",
        written() + b"\0",
        b"\xff" + written(),
        written(payload=None),
        written(payloadType=None),
        written(signatures=None),
        written(extra=1),
        written(payload=1),
        written(payloadType=[]),
        written(signatures={}),
        written(signatures=["x"]),
        written(signatures=[{"keyid": "k"}]),
        written(signatures=[{"keyid": 1, "sig": ""}]),
        written(signatures=[{"sig": "", "cert": ""}]),
        written(signatures=[{"sig": ""}] * 33),
        written().replace(b'"t"', b'"\\ud800"'),
        written().replace(b'"t"', b'"\n"'),
        written().replace(b"}]}", b"}], }"),
    ],
)
def test_malformed_envelopes(data: bytes) -> None:
    with pytest.raises(Malformed):
        dsse.parse(data)


@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "-Infinity", "1e999", "1.5", "9" * 5000, "01", "[1,]", "'x'"], ids=range(9)
)
def test_numbers_and_text_that_are_not_strict_json(text: str) -> None:
    with pytest.raises(Malformed):
        dsse.load_json(f'{{"a": {text}}}'.encode())


@pytest.mark.parametrize(
    "text", ["aGk", "aGk=\n", " aGk=", "aG k=", "aGl=", "aGk==", "-_-_", "aGk=aGk=", "aGk=x", "ü", "="]
)
def test_base64_has_one_spelling(text: str) -> None:
    with pytest.raises(Malformed):
        dsse.decode_base64(text)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 1_000_000,
        b'{"a":' * 200_000,
        b"[" * 17 + b"]" * 17,
        b'"' + b'\\"' * 500_000,
        b"[" + b"{}," * 300_000 + b"{}]" + b" " * 200_000,
        b" " * (dsse.MAX_BYTES + 1),
    ],
    ids=["lists", "objects", "just too deep", "escapes", "many", "large"],
)
def test_hostile_documents_are_decided_quickly(data: bytes) -> None:
    began = time.monotonic()
    with pytest.raises(Malformed):
        dsse.load_json(data)
    assert time.monotonic() - began < 2


def test_depth_within_bounds_is_fine() -> None:
    assert dsse.load_json(b"[" * 16 + b"]" * 16)
