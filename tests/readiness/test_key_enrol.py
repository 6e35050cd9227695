"""Lines written into allowed_signers and revoked_keys, read back here and by ssh-keygen; and all that is refused."""

from __future__ import annotations

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.readiness.signed import same_key
from tests.support import NOW, write

from shipworthy.readiness import enrol, sshsig
from shipworthy.readiness.allowed import APPROVER, AUTHOR, parse_revoked, parse_signers
from shipworthy.readiness.enrol import CannotEnrol
from shipworthy.readiness.signers import PublicKey

ADA, BOB = "ada@example.org", "bob@example.org"
MESSAGE = b"message"


def new_key(number: int, comment: str = "laptop") -> tuple[ed25519.Ed25519PrivateKey, PublicKey]:
    private = same_key(number).private
    return private, PublicKey(blob=sshsig.public_blob(private), comment=comment)


PRIVATE, KEY = new_key(1)
OTHER_PRIVATE, OTHER = new_key(2, "desk")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path / "app", {"a": "b"})


@pytest.fixture
def openssh() -> None:
    if not shutil.which("ssh-keygen"):
        pytest.skip("needs ssh-keygen: OpenSSH is not on PATH")


def signers(root: Path) -> bytes:
    return (root / ".shipworthy/allowed_signers").read_bytes()


def revoked(root: Path) -> bytes:
    return (root / ".shipworthy/revoked_keys").read_bytes()


def judged(
    root: Path, private: ed25519.Ed25519PrivateKey, principal: str, role: str = AUTHOR, at: datetime = NOW
) -> bool:
    """Whether `ssh-keygen -Y verify` takes a signature at a time, by the files of this repository."""
    (root / "sig").write_text(sshsig.sign(private, MESSAGE, role))
    command = [
        "ssh-keygen", "-Y", "verify", "-f", str(root / ".shipworthy/allowed_signers"), "-I", principal, "-n", role,
        "-s", str(root / "sig"), "-O", f"verify-time={at:%Y%m%d%H%M%SZ}",
    ]  # fmt: skip
    if (root / ".shipworthy/revoked_keys").exists():
        command += ["-r", str(root / ".shipworthy/revoked_keys")]
    return subprocess.run(command, input=MESSAGE, capture_output=True, check=False).returncode == 0


def principals(root: Path, at: datetime = NOW) -> str:
    command = [
        "ssh-keygen", "-Y", "find-principals", "-f", str(root / ".shipworthy/allowed_signers"), "-s", str(root / "sig"),
        "-O", f"verify-time={at:%Y%m%d%H%M%SZ}",
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def test_a_line_is_exactly_this(root: Path) -> None:
    line = enrol.trust(
        root, KEY, ADA, [APPROVER, AUTHOR], valid_after=datetime(2026, 11, 1, tzinfo=UTC),
        valid_before=datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), now=NOW,
    )  # fmt: skip
    options = (
        'namespaces="shipworthy-author,shipworthy-approver",valid-after="20261101Z",valid-before="20261231235959Z"'
    )
    assert line == f"{ADA} {options} {KEY.line} laptop"
    assert signers(root) == f"{line}\n".encode()
    read = parse_signers(signers(root))[0]
    assert (read.principal, read.fingerprint, read.roles) == (ADA, KEY.fingerprint, {AUTHOR, APPROVER})
    assert (root / ".shipworthy/allowed_signers").stat().st_mode & 0o777 == 0o644


@pytest.mark.usefixtures("openssh")
@pytest.mark.parametrize(
    ("roles", "role", "counts"),
    [([AUTHOR], AUTHOR, True), ([AUTHOR], APPROVER, False), ([AUTHOR, APPROVER], APPROVER, True)],
)
def test_ssh_keygen_reads_the_line_alike(root: Path, roles: list[str], role: str, counts: bool) -> None:
    first, last = NOW - timedelta(days=1), NOW + timedelta(days=1)
    enrol.trust(root, KEY, ADA, roles, valid_after=first, valid_before=last, now=NOW)
    line = parse_signers(signers(root))[0]
    for at in (first - timedelta(seconds=1), first, NOW, last, last + timedelta(seconds=1)):
        assert judged(root, PRIVATE, ADA, role, at) is (counts and line.why_not(at) is None)
    assert principals(root) == ADA
    assert not judged(root, PRIVATE, BOB, role)
    assert not judged(root, OTHER_PRIVATE, ADA, role)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b""),
        (b"# who may sign\n\n", b"# who may sign\n\n"),
        (b"# no newline at the end", b"# no newline at the end\n"),
        (b"# windows\r\n", b"# windows\r\n"),
        (f'{BOB}   namespaces="{AUTHOR}"   {OTHER.line}  my  desk\n'.encode(),) * 2,
    ],
)
def test_what_stands_there_stays_byte_by_byte(root: Path, before: bytes, after: bytes) -> None:
    write(root, {".shipworthy/allowed_signers": before})
    line = enrol.trust(root, KEY, ADA, [AUTHOR], now=NOW)
    assert signers(root) == after + f"{line}\n".encode()


def listed(principal: str, key: PublicKey = KEY) -> dict[str, str | bytes]:
    return {".shipworthy/allowed_signers": f'{principal} namespaces="{AUTHOR}" {key.line}\n'}


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (listed(BOB), f"this key is {BOB}'s already"),
        (listed(ADA), "listed already"),
        (listed(ADA.upper()), "listed already"),
        (listed("Ada@example.org", OTHER), "other letters"),
        (listed("*@example.org", OTHER), "not one plain address"),
        ({".shipworthy/allowed_signers": f"{BOB} {OTHER.line}\n"}, "no namespaces="),
        ({".shipworthy/allowed_signers": f'{BOB} cert-authority,namespaces="x" {OTHER.line}'}, "cert-authority"),
        ({".shipworthy/allowed_signers": b"\xff\xfe"}, "not ASCII"),
        ({".shipworthy/allowed_signers": b"x" * (2 << 20)}, "larger than"),
        ({".shipworthy/allowed_signers/x": ""}, "allowed_signers: "),
        ({".shipworthy/revoked_keys": f"{KEY.line}\n"}, "is revoked"),
        ({".shipworthy/revoked_keys": "nonsense"}, "revoked_keys:1"),
        ({".shipworthy": "a file"}, "no folder"),
    ],
)  # fmt: skip
def test_files_that_keep_a_key_out(root: Path, files: dict[str, str | bytes], says: str) -> None:
    write(root, files)
    held = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    with pytest.raises(CannotEnrol, match=says) as caught:
        enrol.trust(root, KEY, ADA, [AUTHOR], now=NOW)
    assert caught.value.diagnostics
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == held


@pytest.mark.parametrize(
    "principal",
    [
        "*", "*@example.org", "ada@*", "!ada@example.org", "ada@example.org,bob@example.org", '"ada@example.org"', "",
        "ada", "ada@example.org bob@example.org", "ada@example.org\nbob@example.org", "#ada@x.org", "ad\u0430@x.org",
        f'a@x.org namespaces="{APPROVER}"', "ada@example.org\t", "a\x00@x.org",
    ],
)  # fmt: skip
def test_addresses_that_could_mean_more_than_one_person(root: Path, principal: str) -> None:
    with pytest.raises(CannotEnrol, match="address"):
        enrol.trust(root, KEY, principal, [AUTHOR], now=NOW)
    assert not (root / ".shipworthy").exists()


@pytest.mark.parametrize(
    ("comment", "stands"),
    [
        ("ada@laptop", "ada@laptop"), ("", ""), ("two  words\t", "two words"), ("# none", "# none"),
        ("evil\nmallory@x.org *", "evil mallory@x.org *"),
        ("\x1b[31mred", "[31mred"), ("z\u00fcrich", "z rich"), ("x" * 5000, "x" * 100),
    ],
)  # fmt: skip
def test_a_comment_cannot_become_a_line(root: Path, comment: str, stands: str) -> None:
    enrol.trust(root, PublicKey(blob=KEY.blob, comment=comment), ADA, [AUTHOR], now=NOW)
    assert [line.comment for line in parse_signers(signers(root))] == [stands]
    assert signers(root).count(b"\n") == 1


def blob(private: object) -> PublicKey:
    line = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)  # type: ignore[attr-defined]
    found = PublicKey.parse(line.decode())
    assert found is not None
    return found


@pytest.mark.filterwarnings("ignore:SSH DSA")
@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("rsa1024", "1024 bits: too short"), ("dsa", "DSA"), ("certificate", "certificate"), ("damaged", "damaged"),
        ("unknown", "not accepted"),
    ],
)  # fmt: skip
def test_kinds_of_keys_that_are_refused(root: Path, kind: str, says: str) -> None:
    name = b"ssh-ed25519-cert-v01@openssh.com"
    key = {
        "rsa1024": lambda: blob(rsa.generate_private_key(65537, 1024)),
        "dsa": lambda: blob(dsa.generate_private_key(1024)),
        "certificate": lambda: PublicKey(blob=len(name).to_bytes(4, "big") + name + b"rest"),
        "damaged": lambda: PublicKey(blob=KEY.blob[:-1]),
        "unknown": lambda: PublicKey(blob=b"\0\0\0\x09ssh-xmss1"),
    }[kind]()
    with pytest.raises(CannotEnrol, match=says):
        enrol.trust(root, key, ADA, [AUTHOR], now=NOW)
    assert not (root / ".shipworthy").exists()


@pytest.mark.parametrize(
    "make", [lambda: ec.generate_private_key(ec.SECP521R1()), lambda: rsa.generate_private_key(65537, 2048)]
)
def test_other_kinds_of_keys_are_listed(root: Path, make: object) -> None:
    key = blob(make())  # type: ignore[operator]
    enrol.trust(root, key, ADA, [AUTHOR], now=NOW)
    assert parse_signers(signers(root))[0].fingerprint == key.fingerprint


@pytest.mark.parametrize(
    ("after", "before", "says"),
    [(None, -1, "ended already"), (5, 4, "valid-after is not before"), (5, 5, "valid-after is not before")],
)
def test_times_that_make_no_sense(root: Path, after: int | None, before: int, says: str) -> None:
    with pytest.raises(CannotEnrol, match=says):
        enrol.trust(
            root, KEY, ADA, [AUTHOR], now=NOW, valid_before=NOW + timedelta(days=before),
            valid_after=None if after is None else NOW + timedelta(days=after),
        )  # fmt: skip


@pytest.mark.parametrize("what", ["folder", "file"])
def test_nothing_is_written_through_a_symlink(root: Path, tmp_path: Path, what: str) -> None:
    outside = write(tmp_path / "outside", {"allowed_signers": ""})
    if what == "folder":
        (root / ".shipworthy").symlink_to(outside)
    else:
        (root / ".shipworthy").mkdir()
        (root / ".shipworthy/allowed_signers").symlink_to(outside / "allowed_signers")
    with pytest.raises(CannotEnrol, match="symlink"):
        enrol.trust(root, KEY, ADA, [AUTHOR], now=NOW)
    assert (outside / "allowed_signers").read_bytes() == b""


def test_many_at_once_lose_no_line(root: Path) -> None:
    made = [new_key(number + 10)[1] for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: enrol.trust(root, each, f"p{each.comment}@x.org", [AUTHOR], now=NOW), made))
    assert {line.fingerprint for line in parse_signers(signers(root))} == {key.fingerprint for key in made}


@pytest.mark.usefixtures("openssh")
def test_a_revoked_key_stops_counting_and_stays_readable(root: Path) -> None:
    enrol.trust(root, KEY, ADA, [AUTHOR], now=NOW)
    enrol.trust(root, OTHER, BOB, [AUTHOR], now=NOW)
    before = signers(root)
    assert judged(root, PRIVATE, ADA)
    assert enrol.revoke(root, [KEY], NOW) == (KEY.fingerprint,)
    assert enrol.revoke(root, [KEY], NOW) == ()
    assert signers(root) == before
    assert revoked(root) == f"{KEY.line} laptop revoked 2026-11-22\n".encode()
    assert parse_revoked(revoked(root)) == {KEY.fingerprint}
    assert not judged(root, PRIVATE, ADA)
    assert judged(root, OTHER_PRIVATE, BOB)
    known = enrol.enrolled(root)
    assert known.revoked == {KEY.fingerprint}
    assert [line.principal for line in known.of(KEY.fingerprint)] == [ADA]
    assert enrol.revoke(root, [KEY, OTHER], NOW) == (OTHER.fingerprint,)
    assert not judged(root, OTHER_PRIVATE, BOB)


def test_a_list_of_revoked_keys_that_cannot_be_read_is_not_written_over(root: Path) -> None:
    write(root, {".shipworthy/revoked_keys": b"SSHKRL\n\0" + b"\0" * 40})
    with pytest.raises(CannotEnrol, match="binary"):
        enrol.revoke(root, [KEY], NOW)
    assert revoked(root).startswith(b"SSHKRL")


@pytest.mark.usefixtures("openssh")
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_key_hands_its_roles_over(root: Path, ending: str) -> None:
    rows = ["# team", f'{ADA} namespaces="{APPROVER},git,{AUTHOR}" {KEY.line} laptop', "", "# end"]
    write(root, {".shipworthy/allowed_signers": ending.join(rows) + ending})
    new_private, new = new_key(3, "new")
    until = NOW + timedelta(days=7)
    added = enrol.hand_over(root, KEY.fingerprint, new, until, NOW)
    roles = f"{AUTHOR},{APPROVER},git"
    assert added == (f'{ADA} namespaces="{roles}" {new.line} new',)
    rows[1] = f'{ADA} namespaces="{roles}",valid-before="{until:%Y%m%d%H%M%SZ}" {KEY.line} laptop'
    assert signers(root) == f"{ending.join(rows)}{ending}{added[0]}\n".encode()
    for at, counts in ((NOW, True), (until, True), (until + timedelta(seconds=1), False)):
        assert judged(root, PRIVATE, ADA, APPROVER, at) is counts
        assert judged(root, new_private, ADA, APPROVER, at)
    with pytest.raises(CannotEnrol, match="listed already"):
        enrol.hand_over(root, KEY.fingerprint, new, until, NOW)


@pytest.mark.usefixtures("openssh")
def test_a_key_that_ends_now_does_not_count_now(root: Path) -> None:
    enrol.trust(root, KEY, ADA, [AUTHOR], now=NOW)
    new_private, new = new_key(4)
    enrol.hand_over(root, KEY.fingerprint, new, enrol.end_now(NOW), NOW)
    assert not judged(root, PRIVATE, ADA)
    assert judged(root, new_private, ADA)


def test_handing_over_widens_nothing(root: Path) -> None:
    """An end that a lead set is the new key's too, is not moved, and a line that ended gives nothing."""
    last = NOW + timedelta(days=30)
    enrol.trust(root, KEY, ADA, [AUTHOR], valid_before=last, now=NOW)
    new = new_key(4)[1]
    enrol.hand_over(root, KEY.fingerprint, new, NOW + timedelta(days=60), NOW)
    old_line, new_line = parse_signers(signers(root))
    assert old_line.valid_before == new_line.valid_before == last
    held = signers(root)
    late = last + timedelta(days=1)
    assert enrol.hand_over(root, KEY.fingerprint, new_key(5)[1], late + timedelta(days=1), late) == ()
    assert enrol.hand_over(root, OTHER.fingerprint, new_key(6)[1], NOW, NOW) == ()
    assert signers(root) == held


def test_nothing_there_is_nobody(root: Path) -> None:
    assert enrol.enrolled(root) == enrol.Enrolled()
    assert enrol.enrolled(root).belonging_to(ADA) == ()
