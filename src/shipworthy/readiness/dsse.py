"""The DSSE envelope: what exactly is signed (PAE), and one strict reading of JSON and base64.

Format: DSSE 1.0 (protocol.md, envelope.md of secure-systems-lab/dsse). It imports nothing of the rest of shipworthy.
Unlike the standard, an unknown field is refused: nothing that is not signed rides along.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any, NoReturn

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MAX_BYTES = 1024 * 1024
MAX_DEPTH = 16
MAX_SIGNATURES = 32
MAX_DIGITS = 18
"""Of a whole number: turning a million of them into one takes Python minutes where it is told not to mind."""


class Malformed(Exception):
    """Bytes that are not what they should be; the message says how, never quoting them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeSignature:
    """One signature. `keyid` is a hint for people and decides nothing."""

    keyid: str
    sig: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A payload and the signatures over `pae(payload_type, payload)`."""

    payload_type: str
    payload: bytes
    signatures: tuple[EnvelopeSignature, ...]


def pae(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding: the bytes that are signed."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def decode_base64(text: str) -> bytes:
    """Standard base64 in its one canonical spelling. Raises Malformed: padding, alphabet, whitespace, trailing bits."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Malformed("not standard base64") from error
    if base64.b64encode(data).decode("ascii") != text:
        raise Malformed("base64 that is not in its canonical form")
    return data


def _pairs(rows: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(rows)
    if len(found) != len(rows):
        raise Malformed("a key appears twice in one object")
    return found


def _no_float(text: str) -> NoReturn:
    raise Malformed("a number that is not a whole one")


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise Malformed(f"a number of more than {MAX_DIGITS} digits")
    return int(text)


def load_json(data: bytes) -> Any:
    """A JSON document read strictly. Raises Malformed.

    At most `MAX_BYTES` and `MAX_DEPTH`, UTF-8 without a mark, no key twice in an object, whole numbers only, no
    unpaired surrogate.
    """
    if len(data) > MAX_BYTES:
        raise Malformed(f"larger than {MAX_BYTES // 1024:,} KiB")
    try:
        text = data.decode("utf-8")
        found = json.loads(
            text, object_pairs_hook=_pairs, parse_constant=_no_float, parse_float=_no_float, parse_int=_whole
        )
    except UnicodeDecodeError as error:
        raise Malformed("not UTF-8") from error
    except RecursionError as error:
        raise Malformed("nested too deep") from error
    except ValueError as error:
        raise Malformed("not JSON") from error
    _bounded(found)
    return found


def _bounded(value: Any) -> None:
    level, depth = [value], 0
    while level:
        below: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                below += each.keys()
                below += each.values()
            elif isinstance(each, list):
                below += each
            elif isinstance(each, str) and not each.isascii():
                try:
                    each.encode("utf-8")
                except UnicodeEncodeError as error:
                    raise Malformed("text with an unpaired surrogate") from error
        depth += any(isinstance(each, dict | list) for each in level)
        if depth > MAX_DEPTH:
            raise Malformed("nested too deep")
        level = below


def _object(value: Any, keys: set[str], optional: frozenset[str] = frozenset()) -> dict[str, Any]:
    if not isinstance(value, dict) or not keys <= value.keys() <= keys | optional:
        raise Malformed(f"not an object with exactly the keys {', '.join(sorted(keys))}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Malformed("a value that should be text is not")
    return value


def parse(data: bytes) -> Envelope:
    """Reads an envelope. Raises Malformed; says nothing about whether its signatures are valid."""
    whole = _object(load_json(data), {"payload", "payloadType", "signatures"})
    rows = whole["signatures"]
    if not isinstance(rows, list) or len(rows) > MAX_SIGNATURES:
        raise Malformed(f"signatures is not a list of at most {MAX_SIGNATURES}")
    signatures = []
    for row in rows:
        entry = _object(row, {"sig"}, frozenset({"keyid"}))
        signatures.append(
            EnvelopeSignature(keyid=_text(entry.get("keyid", "")), sig=decode_base64(_text(entry["sig"])))
        )
    return Envelope(
        payload_type=_text(whole["payloadType"]),
        payload=decode_base64(_text(whole["payload"])),
        signatures=tuple(signatures),
    )


def dump(envelope: Envelope) -> bytes:
    """The file's bytes: keys sorted, indented, one newline at the end."""
    whole = {
        "payload": base64.b64encode(envelope.payload).decode("ascii"),
        "payloadType": envelope.payload_type,
        "signatures": [
            {"keyid": each.keyid, "sig": base64.b64encode(each.sig).decode("ascii")} for each in envelope.signatures
        ],
    }
    return (json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=True) + "\n").encode("ascii")
