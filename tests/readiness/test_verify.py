"""Verification: each mutation is refused at the step it belongs to, and what keeps the source tree is accepted."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.readiness.signed import PLAIN, SIGNED, Key, Signed, refused
from tests.support import NOW, git, write

from shipworthy.checklist.policy import Policy
from shipworthy.readiness import dsse, people, rules, sshsig
from shipworthy.readiness.allowed import Signers
from shipworthy.readiness.trust import Trusted
from shipworthy.readiness.verify import BadTrust, CouldNotEvaluate, NoReadinessFile, TrustRoot


def commit(folder: Path, files: dict[str, str | bytes]) -> None:
    write(folder, files)
    git(folder, "add", "-A", "-f")
    git(folder, "commit", "-q", "-m", "change")


def test_ready(repo: Signed) -> None:
    found = repo.verify()
    assert found.statement == repo.preparation.statement
    assert [each.id for each in found.attested] == ["routes-protected", "spend-alert"]
    assert found.self_waived == ()
    assert found.commit == git(repo.folder, "rev-parse", "HEAD")


# What keeps the source tree keeps the file.


def amended(repo: Signed) -> Path:
    git(repo.folder, "commit", "-q", "--amend", "-m", "another message")
    return repo.folder


def squashed(repo: Signed) -> Path:
    git(repo.folder, "reset", "-q", "--soft", "HEAD^")
    git(repo.folder, "commit", "-q", "--amend", "-m", "one")
    return repo.folder


def cherry_picked(repo: Signed) -> Path:
    git(repo.folder, "checkout", "-q", "-b", "other", "HEAD^")
    git(repo.folder, "commit", "-q", "--allow-empty", "-m", "between")
    git(repo.folder, "cherry-pick", "main")
    return repo.folder


def shallow(repo: Signed) -> Path:
    git(repo.folder, "clone", "-q", "--depth", "1", repo.folder.as_uri(), "../clone")
    return repo.folder.parent / "clone"


def blobless(repo: Signed) -> Path:
    git(repo.folder, "config", "uploadpack.allowFilter", "true")
    git(repo.folder, "clone", "-q", "--filter=blob:none", repo.folder.as_uri(), "../clone")
    return repo.folder.parent / "clone"


def bare(repo: Signed) -> Path:
    git(repo.folder, "clone", "-q", "--bare", repo.folder.as_uri(), "../clone.git")
    return repo.folder.parent / "clone.git"


def autocrlf(repo: Signed) -> Path:
    git(repo.folder, "clone", "-q", "-c", "core.autocrlf=true", repo.folder.as_uri(), "../clone")
    return repo.folder.parent / "clone"


def worktree(repo: Signed) -> Path:
    git(repo.folder, "worktree", "add", "-q", "--detach", "../linked")
    return repo.folder.parent / "linked"


def dirty_worktree(repo: Signed) -> Path:
    write(repo.folder, {"app.py": "not committed\n", SIGNED: "{}", ".shipworthy/policy.toml": "="})
    return repo.folder


def below(repo: Signed) -> Path:
    return repo.folder / "src"


def packed(repo: Signed) -> Path:
    git(repo.folder, "gc", "-q")
    return repo.folder


def other_keyid(repo: Signed) -> Path:
    whole = json.loads((repo.folder / SIGNED).read_bytes())
    whole["signatures"][0]["keyid"] = "SHA256:somebody"
    repo.replace_envelope(json.dumps(whole).encode())
    return repo.folder


def second_signature(repo: Signed) -> Path:
    whole = json.loads((repo.folder / SIGNED).read_bytes())
    message = dsse.pae(dsse.PAYLOAD_TYPE, repo.preparation.payload)
    for armored in (Key().sign(message, rules.APPROVER), Key().sign(message, rules.AUTHOR)):
        whole["signatures"].insert(0, {"sig": base64.b64encode(armored.encode()).decode()})
    repo.replace_envelope(json.dumps(whole).encode())
    return repo.folder


@pytest.mark.parametrize(
    "keep",
    [
        amended, squashed, cherry_picked, shallow, blobless, bare, autocrlf, worktree, dirty_worktree, below, packed,
        other_keyid, second_signature,
    ],
)  # fmt: skip
def test_accepted(repo: Signed, keep: Callable[[Signed], Path]) -> None:
    assert repo.verify(folder=keep(repo)).statement == repo.preparation.statement


# What must not pass.


def test_one_byte_of_source_and_back(repo: Signed) -> None:
    first = git(repo.folder, "rev-parse", "HEAD")
    commit(repo.folder, {"app.py": "print('hellp')\n"})
    refused(repo, "source tree")
    assert repo.verify(at=first).commit == first
    assert repo.verify(at="HEAD~1").commit == first


@pytest.mark.parametrize(
    "files",
    [
        {"new.py": ""},
        {".shipworthy/decisions.toml": "# later\n"},
        {".shipworthy/secret-exceptions.toml": "# later\n"},
        {".shipworthy/policy.toml": 'profile = "solo"\nchecklist = "demo"\nwaiver_max_days = 3000\n'},
        {".shipworthy/.gitattributes": ""},
        {".shipworthy/readiness.staging.json": "{}"},
        {".shipworthy/Readiness.production.json": "{}"},
        {".shipworthy/readiness.production.json.bak": "{}"},
        {"readiness.production.json": "{}"},
        {"src/.shipworthy/readiness.production.json": "{}"},
    ],
)
def test_any_other_file_of_the_tree(repo: Signed, files: dict[str, str | bytes]) -> None:
    commit(repo.folder, files)
    refused(repo, "source tree")


def test_a_policy_that_cannot_be_read(repo: Signed) -> None:
    commit(repo.folder, {".shipworthy/policy.toml": "not toml"})
    refused(repo, "policy")


def test_a_mode_is_source_too(repo: Signed) -> None:
    (repo.folder / "app.py").chmod(0o755)
    git(repo.folder, "commit", "-q", "-a", "-m", "mode")
    refused(repo, "source tree")


@pytest.mark.parametrize("path", [PLAIN, SIGNED])
@pytest.mark.parametrize("what", ["symlink", "executable", "folder"])
def test_not_a_regular_file(repo: Signed, path: str, what: str) -> None:
    full = repo.folder / path
    held = full.read_bytes()
    if what == "executable":
        full.chmod(0o755)
    else:
        full.unlink()
    if what == "symlink":
        write(repo.folder, {"held.json": held})
        full.symlink_to("../held.json")
    elif what == "folder":
        write(repo.folder, {f"{path}/x": held})
    commit(repo.folder, {})
    refused(repo, "file")


def test_the_folder_as_a_link(repo: Signed) -> None:
    (repo.folder / ".shipworthy").rename(repo.folder / "real")
    (repo.folder / ".shipworthy").symlink_to("real")
    commit(repo.folder, {})
    refused(repo, "file")


def test_too_large(repo: Signed) -> None:
    repo.replace_envelope(b" " * (1024 * 1024 + 1))
    refused(repo, "file")


def test_every_byte_of_the_envelope_counts(repo: Signed) -> None:
    """Any changed byte is refused, but in the keyid, which is a hint; checked without git, for speed."""
    data = (repo.folder / SIGNED).read_bytes()
    trust = TrustRoot.pinned([repo.key.fingerprint])
    trusted = Trusted(
        root=trust, signers=Signers(), policy=Policy(), policy_bytes=None, checklist_bytes=None, base=None, changed=()
    )
    held = dsse.parse(data)

    def same(one: dsse.Envelope, other: dsse.Envelope) -> bool:
        try:
            return sshsig.parse(one.signatures[0].sig.decode()) == sshsig.parse(other.signatures[0].sig.decode())
        except (sshsig.BadSignature, UnicodeDecodeError):
            return False

    start = data.index(b'"keyid": "') + len(b'"keyid": "')
    hint = range(start, start + 50)
    for position in range(0, len(data), 7):
        if position in hint:
            continue
        changed = data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]
        try:
            envelope = dsse.parse(changed)
        except dsse.Malformed:
            continue
        if envelope == dsse.parse(data):  # another blank between two values
            continue
        if envelope.payload_type != dsse.PAYLOAD_TYPE:
            continue
        if dsse.decode_base64(json.loads(changed)["payload"]) == held.payload and same(envelope, held):
            continue  # the armor of the signature has more than one spelling
        assert people.count(envelope, trusted, NOW).signatures == ()


@pytest.mark.parametrize("keep", [PLAIN, SIGNED])
def test_payload_and_plain_file_must_be_the_same_bytes(repo: Signed, keep: str) -> None:
    payload = repo.preparation.payload
    changed = payload.replace(b'"pass"', b'"fail"', 1)
    if keep == SIGNED:
        commit(repo.folder, {PLAIN: changed})
        refused(repo, "payload file")
        (repo.folder / PLAIN).unlink()
        commit(repo.folder, {})
        refused(repo, "payload file")
        return
    whole = json.loads((repo.folder / SIGNED).read_bytes())
    whole["payload"] = base64.b64encode(changed).decode()
    repo.replace_envelope(json.dumps(whole).encode())
    refused(repo, "signature")


def test_duplicate_keys_even_when_signed(repo: Signed) -> None:
    data = (repo.folder / SIGNED).read_bytes()
    repo.replace_envelope(data.replace(b"{", b'{"payloadType": "x",', 1))
    refused(repo, "envelope")
    payload = repo.preparation.payload
    repo.replace_payload(payload.replace(b'"verdict": "READY"', b'"verdict": "NOT READY", "verdict": "READY"'))
    refused(repo, "statement")


@pytest.mark.parametrize(
    "payload", [b"", b"{}", b"[" * 100_000, b"\xff", b'{"a": NaN}'], ids=["empty", "bare", "deep", "binary", "nan"]
)
def test_signed_nonsense(repo: Signed, payload: bytes) -> None:
    repo.replace_payload(payload)
    began = time.monotonic()
    refused(repo, "statement")
    assert time.monotonic() - began < 2


def test_another_payload_type(repo: Signed) -> None:
    envelope = dsse.parse((repo.folder / SIGNED).read_bytes())
    repo.replace_envelope(dsse.dump(replace(envelope, payload_type="application/json")))
    refused(repo, "payload type")


@pytest.mark.parametrize("namespace", ["git", "file", "shipworthy-author2"])
def test_a_signature_in_another_role(repo: Signed, namespace: str) -> None:
    repo.replace_payload(repo.preparation.payload, namespace=namespace)
    assert "namespace" in refused(repo, "signature").reason


def test_an_approver_alone(repo: Signed) -> None:
    repo.replace_payload(repo.preparation.payload, namespace=rules.APPROVER)
    assert "only an approver" in refused(repo, "signature").reason


def test_unsigned_and_signed_by_a_stranger(repo: Signed) -> None:
    assert "not trusted" in refused(repo, "signature", trust=TrustRoot.pinned([Key().fingerprint])).reason
    envelope = dsse.parse((repo.folder / SIGNED).read_bytes())
    repo.replace_envelope(dsse.dump(replace(envelope, signatures=())))
    assert "nobody" in refused(repo, "signature").reason


def test_the_author_it_names_must_have_signed(repo: Signed) -> None:
    repo.restate(replace(repo.preparation.statement, author_key=Key().fingerprint))
    refused(repo, "signature")


def test_no_file_no_trust_no_commit(repo: Signed) -> None:
    with pytest.raises(NoReadinessFile):
        repo.verify(environment="staging")
    with pytest.raises(NoReadinessFile):
        repo.verify(at="HEAD~1")
    with pytest.raises(CouldNotEvaluate, match="no trust root"):
        repo.verify(trust=TrustRoot())
    for at in ("nope", "--all", "HEAD~9"):
        with pytest.raises(CouldNotEvaluate, match="there is no commit"):
            repo.verify(at=at)
    with pytest.raises(CouldNotEvaluate, match="not a git repository"):
        repo.verify(folder=write(repo.folder.parent / "plain", {"a": "b"}))


def test_missing_objects(repo: Signed) -> None:
    blob = git(repo.folder, "rev-parse", f"HEAD:{SIGNED}")
    (repo.folder / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(CouldNotEvaluate):
        repo.verify()


def test_nothing_is_fetched(repo: Signed) -> None:
    git(repo.folder, "config", "uploadpack.allowFilter", "true")
    git(repo.folder, "clone", "-q", "--filter=blob:none", "--no-checkout", repo.folder.as_uri(), "../partial")
    partial = repo.folder.parent / "partial"
    before = sorted((partial / ".git/objects").rglob("*"))
    with pytest.raises(CouldNotEvaluate):
        repo.verify(folder=partial)
    assert sorted((partial / ".git/objects").rglob("*")) == before


@pytest.mark.parametrize("text", ["", "SHA256:", "sha256:" + "A" * 43, "SHA256:" + "A" * 44, "MD5:00", "*"])
def test_a_trust_root_is_a_whole_fingerprint(text: str) -> None:
    with pytest.raises(BadTrust):
        TrustRoot.pinned([text])
