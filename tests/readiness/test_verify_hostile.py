"""Hostile commits through the real command: an answer with the right exit code, no traceback, no hang, no escapes."""

from __future__ import annotations

import base64
import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.readiness.hostile import Row, clean, commit_of, stored, verify
from tests.readiness.signed import PLAIN, SIGNED, Signed, signed
from tests.support import git

from shipworthy.cli import show
from shipworthy.cli import verify as verify_command
from shipworthy.git import Git
from shipworthy.readiness import dsse, rules
from shipworthy.readiness.tree import Objects, snapshot, source_tree

MIB = 1024 * 1024
EVIL = "\x1b]0;x\x07\x1b[2J\u202e\u2066\x9b31m\u2028::error::x\n::error::y\r\x00\x7f"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    """A repository signed a moment ago, that every test adds objects to and never changes."""
    return signed(tmp_path_factory.mktemp("hostile") / "app", now=datetime.now(UTC))


def answer(made: Signed, rows: dict[str, Row | None], *codes: int) -> str:
    """What the command says of such a commit, and that its exit code is one of these."""
    done = verify(made.folder, made.key.fingerprint, commit_of(made.folder, rows))
    said = clean(done.stdout + done.stderr)
    assert done.returncode in codes, said
    assert (done.returncode == 0) == said.startswith("READY  app")
    return said


def envelope(made: Signed, payload: bytes, kind: str = dsse.PAYLOAD_TYPE) -> bytes:
    """Any payload, validly signed."""
    sig = made.key.sign(dsse.pae(kind, payload), rules.AUTHOR).encode()
    return dsse.dump(dsse.Envelope(payload_type=kind, payload=payload, signatures=(entry(sig),)))


def entry(sig: bytes) -> dsse.EnvelopeSignature:
    return dsse.EnvelopeSignature(keyid=EVIL, sig=sig)


def test_the_unchanged_commit_is_ready(fresh: Signed) -> None:
    done = verify(fresh.folder, fresh.key.fingerprint, commit_of(fresh.folder, {}))
    assert done.returncode == 0, done.stderr
    assert clean(done.stdout).startswith("READY  app")


@pytest.mark.parametrize("path", [SIGNED, ".shipworthy/policy.toml"])
def test_two_hundred_megabytes(fresh: Signed, path: str) -> None:
    if not hasattr(fresh, "_huge"):
        object.__setattr__(fresh, "_huge", stored(fresh.folder, bytes(200 * MIB)))
    said = answer(fresh, {path: ("100644", fresh._huge)}, 1, 2, 4)  # type: ignore[attr-defined]  # set above
    assert "KiB" in said or "source tree" in said


def documents() -> dict[str, bytes]:
    """JSON documents no verifier should choke on, at most 1 MiB each."""
    whole = MIB - 100
    keys = ",".join(f'"{number}":0' for number in range(95_000))
    return {
        "empty": b"",
        "lists": b"[" * 100_000,
        "objects": b'{"a":' * 100_000,
        "closed lists": b"[" * 100_000 + b"]" * 100_000,
        "digits": b"1" * whole,
        "digits inside": b'{"a": -' + b"9" * (whole - 20) + b"}",
        "zeros": b"[" + b"0," * (whole // 2 - 5) + b"0]",
        "keys": f"{{{keys}}}".encode(),
        "one key again": b"{" + b'"a":0,' * 170_000 + b'"a":0}',
        "escapes": b'"' + b"\\u0000" * 170_000 + b'"',
        "no end": b'"' + b"a" * whole,
        "NaN": b'{"payload": NaN}',
        "Infinity": b"[Infinity, -Infinity]",
        "huge exponent": b'{"payload": 1e999999999}',
        "minus zero": b'{"payload": -0}',
        "float": b"1.0",
        "surrogate": b'{"payload": "\\ud800"}',
        "raw surrogate": b'{"payload": "\xed\xa0\x80"}',
        "mark": b"\xef\xbb\xbf{}",
        "utf-16": "{}".encode("utf-16"),
        "NUL": b"{}\0",
        "binary": bytes(range(256)) * 16,
        "controls": b'{"\x1b[2J": 1}',
        "one byte too many": b" " * (MIB + 1),
    }


@pytest.mark.parametrize("name", documents())
def test_documents_as_envelope(fresh: Signed, name: str) -> None:
    answer(fresh, {SIGNED: ("100644", documents()[name])}, 1)


@pytest.mark.parametrize(
    "name", ["lists", "digits", "keys", "NaN", "surrogate", "mark", "empty", "huge exponent", "one key again"]
)
def test_documents_as_signed_payload(fresh: Signed, name: str) -> None:
    """The same below a valid signature: the strict reading does not rely on the signature."""
    payload = documents()[name][: 700 * 1024]
    answer(fresh, {SIGNED: ("100644", envelope(fresh, payload)), PLAIN: ("100644", payload)}, 1)


def spelled(made: Signed) -> dict[str, bytes]:
    """The valid envelope in spellings that are not quite it."""
    data = (made.folder / SIGNED).read_bytes()
    whole = json.loads(data)
    payload, row = whole["payload"], whole["signatures"][0]
    sig = base64.b64decode(row["sig"])
    rest = payload.rstrip("=")

    def with_(**change: Any) -> bytes:
        return json.dumps({**whole, **change}).encode()

    crowd = [{"keyid": str(number), "sig": base64.b64encode(sig).decode()} for number in range(40)]
    return {
        "trailing data": data + b"{}",
        "a key twice": data.replace(b'{\n  "payload"', b'{\n  "payload": "", "payload"', 1),
        "space in base64": with_(payload=payload[:40] + " " + payload[40:]),
        "newline in base64": with_(payload=payload + "\n"),
        "no padding": with_(payload=rest if rest != payload else payload + "="),
        "url alphabet": with_(payload=base64.urlsafe_b64encode(b"\xff\xfe" + base64.b64decode(payload)).decode()),
        "stray bits": with_(payload=base64.b64encode(b"x").decode().replace("A=", "B=")),
        "many signatures": with_(signatures=crowd),
        "ten thousand signatures": with_(signatures=[{"sig": ""}] * 10_000),
        "no signature": with_(signatures=[]),
        "junk signatures": with_(signatures=[{"sig": base64.b64encode(EVIL.encode()).decode()}] * 32),
        "long signatures": with_(signatures=[{"sig": base64.b64encode(sig * 70).decode()[:24_000]}] * 32),
        "another type": with_(payloadType="text/plain" + EVIL),
        "more fields": with_(**{EVIL: EVIL}),
    }


@pytest.mark.parametrize(
    "name",
    [
        "trailing data", "a key twice", "space in base64", "newline in base64", "no padding", "url alphabet",
        "stray bits", "many signatures", "ten thousand signatures", "no signature", "junk signatures",
        "long signatures", "another type", "more fields",
    ],
)  # fmt: skip
def test_spellings_of_the_envelope(fresh: Signed, name: str) -> None:
    changed = spelled(fresh)
    assert changed[name] != (fresh.folder / SIGNED).read_bytes()
    answer(fresh, {SIGNED: ("100644", changed[name])}, 1)


def statement(made: Signed) -> dict[str, Any]:
    found = json.loads((made.folder / PLAIN).read_bytes())
    assert isinstance(found, dict)
    return found


def restated(made: Signed, document: dict[str, Any]) -> str:
    payload = json.dumps(document).encode()
    return commit_of(made.folder, {SIGNED: ("100644", envelope(made, payload)), PLAIN: ("100644", payload)})


def test_a_huge_number_of_items(fresh: Signed) -> None:
    document = statement(fresh)
    document["predicate"]["items"] = [{"id": f"{number}", "outcome": None} for number in range(20_000)]
    payload = json.dumps(document, separators=(",", ":")).encode()
    answer(fresh, {SIGNED: ("100644", envelope(fresh, payload)), PLAIN: ("100644", payload)}, 1)


def texts(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every text in a document, keys included (as the text's holder and the key twice)."""
    if isinstance(value, str):
        return [at]
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way for key, inner in rows for way in texts(inner, (*at, key))]


@pytest.mark.long
def test_escapes_in_every_text(fresh: Signed) -> None:
    """In process, for there are many; whatever the answer is, it does not reach the terminal raw."""
    ways, seen = texts(statement(fresh)), set()
    for way in ways:
        # One item stands for all of its kind.
        kind = tuple("*" if isinstance(key, int) else key for key in way)
        if kind in seen:
            continue
        seen.add(kind)
        document = copy.deepcopy(statement(fresh))
        holder: Any = document
        for key in way[:-1]:
            holder = holder[key]
        holder[way[-1]] = EVIL
        commit = restated(fresh, document)
        for form in ("human", "json", "junit", "github"):
            arguments = [str(fresh.folder), "--trust", fresh.key.fingerprint, "--at", commit, "--format", form]
            done = CliRunner().invoke(verify_command.command, arguments)
            assert done.exit_code in (0, 1), (way, done.output)
            said = done.output
            if form == "github":
                said, _, annotation = said.removesuffix("\n").rpartition("\n")
                assert annotation.startswith(("::notice ", "::error ")), way
                assert clean(annotation.lstrip(":").encode()), way
            assert clean(said.encode()), way
    assert len(seen) > 15


def test_escapes_through_the_real_command(fresh: Signed, tmp_path: Path) -> None:
    document = statement(fresh)
    for key in ("repo", "ref"):
        document["predicate"]["context"][key] = EVIL
    document["predicate"]["tool"]["version"] = EVIL
    for item in document["predicate"]["items"]:
        item.update({key: EVIL for key in ("summary", "statement", "reason") if key in item})
    done = verify(fresh.folder, fresh.key.fingerprint, restated(fresh, document))
    assert done.returncode in (0, 1)
    assert clean(done.stdout + done.stderr)
    (tmp_path / "x.json").write_text(json.dumps(document))
    clean(CliRunner().invoke(show.command, [str(tmp_path / "x.json")]).output.encode())


@pytest.mark.parametrize("path", [SIGNED, PLAIN])
@pytest.mark.parametrize("what", ["symlink", "executable", "gitlink", "folder"])
def test_only_a_regular_file_counts(fresh: Signed, path: str, what: str) -> None:
    data = (fresh.folder / path).read_bytes()
    rows: dict[str, dict[str, Row | None]] = {
        "symlink": {path: ("120000", b"../app.py")},
        "executable": {path: ("100755", data)},
        "gitlink": {path: ("160000", git(fresh.folder, "rev-parse", "HEAD"))},
        "folder": {path: None, f"{path}/{Path(path).name}": ("100644", data)},
    }
    assert "not a regular file" in answer(fresh, rows[what], 1)


ALIKE = [
    ".shipworthy/Readiness.production.json", ".shipworthy/readiness.production.json ",
    ".shipworthy/readiness.production.dsse.json.", ".Shipworthy/readiness.production.dsse.json",
    ".shipworthy /readiness.production.dsse.json", ".shipworthy/readiness.production.dsse.JSON",
    ".shipworthy/readines\u017f.production.dsse.json", ".shipworthy/\u200breadiness.production.json",
    ".shipworthy/readiness.pr\u00f3duction.json", ".shipworthy/readiness.production.json\x1b[2J",
    "readiness.production.dsse.json", "a/.shipworthy/readiness.production.dsse.json",
    ".shipworthy/readiness.staging.json", ".shipworthy/a/readiness.production.json",
]  # fmt: skip


@pytest.mark.parametrize("path", ALIKE)
def test_a_path_that_looks_alike_is_no_readiness_file(fresh: Signed, path: str) -> None:
    """It neither stands in for the real one nor hides from the signature."""
    data = (fresh.folder / SIGNED).read_bytes()
    assert "source tree" in answer(fresh, {path: ("100644", data)}, 1)
    assert "is not in commit" in answer(fresh, {path: ("100644", data), SIGNED: None}, 3)


@pytest.mark.long
def test_a_folder_of_a_quarter_million_files(fresh: Signed) -> None:
    blob = bytes.fromhex(git(fresh.folder, "rev-parse", "HEAD:app.py"))
    rows = b"".join(b"100644 %06d\0%s" % (number, blob) for number in range(250_000))
    folder = stored(fresh.folder, rows, "tree")
    root = stored(fresh.folder, b"40000 .shipworthy\0" + bytes.fromhex(folder), "tree")
    commit = git(fresh.folder, "commit-tree", "-m", "many", root)
    done = verify(fresh.folder, fresh.key.fingerprint, commit)
    assert done.returncode == 3
    clean(done.stdout + done.stderr)


NO_RECORDS = {
    "deep": b"a = " + b"[" * 100_000,
    "deep tables": b"a = " + b"{b=" * 100_000,
    "dotted": b"a" + b".b" * 100_000 + b" = 1",
    "digits": b"expiry_days = " + b"9" * 500_000,
    "binary": b"\x1b[2J\0\xff" * 1000,
    "controls": 'profile = "\x85\u202e"\n'.encode(),
    "long": b'a = "' + b"x" * MIB,
    "key": b'"\\u001b[2J" = 1\n',
}


@pytest.mark.parametrize(
    "name",
    [
        *("policy.toml", "allowed_signers"),
        *(pytest.param(each, marks=pytest.mark.long) for each in ("checklist.toml", "revoked_keys")),
    ],
)
@pytest.mark.parametrize("what", NO_RECORDS)
def test_records_that_are_no_records(fresh: Signed, name: str, what: str) -> None:
    """Below a valid signature over just that tree, so that every step is reached."""
    rows: dict[str, Row | None] = {f".shipworthy/{name}": ("100644", NO_RECORDS[what])}
    objects = Objects(Git(fresh.folder))
    document = statement(fresh)
    tree = source_tree(snapshot(objects, commit_of(fresh.folder, rows)), ["production"])
    document["subject"][0]["digest"]["gitTree"] = tree
    payload = json.dumps(document).encode()
    said = answer(fresh, {**rows, SIGNED: ("100644", envelope(fresh, payload)), PLAIN: ("100644", payload)}, 0, 1, 2, 4)
    # Whose keys are pinned needs no list of signers, so a broken one is not read.
    assert "source tree: " not in said
    if name.endswith(".toml"):
        assert "NOT READY" in said or "NO ANSWER" in said
