"""Verification: each mutation is refused at the step it belongs to, and what keeps the source tree is accepted."""

from __future__ import annotations

import base64
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.readiness.signed import AUTHOR, NOW, PLAIN, POLICY, SIGNED, Key, Signed, day, signed
from tests.support import git, write

from shipworthy.model import DecisionKind, OutcomeKind, Verdict
from shipworthy.readiness import dsse, rules
from shipworthy.readiness.statement import Said, StatedItem, Statement, end_of
from shipworthy.readiness.verify import BadTrust, CouldNotEvaluate, NoReadinessFile, NotReady, TrustRoot


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    return signed(tmp_path_factory.mktemp("signed") / "app")


@pytest.fixture
def repo(tmp_path: Path, template: Signed) -> Signed:
    """A copy of a signed repository, to spoil."""
    shutil.copytree(template.folder, tmp_path / "app", symlinks=True)
    return replace(template, folder=tmp_path / "app")


def refused(made: Signed, step: str, **options: object) -> NotReady:
    with pytest.raises(NotReady) as caught:
        made.verify(**options)  # type: ignore[arg-type]  # by keyword
    assert caught.value.step == step, caught.value.reason
    assert caught.value.diagnostics
    return caught.value


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
        {".shipworthy/policy.toml": 'profile = "solo"\nchecklist = "demo"\nwaiver_max_days = 3000\n'},
        {".shipworthy/policy.toml": "not toml"},
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
    from shipworthy.readiness.verify import _signed

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
        with pytest.raises(NotReady):
            _signed(envelope, trust)


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


@pytest.mark.parametrize("namespace", ["git", "file", rules.APPROVER, "shipworthy-author2"])
def test_a_signature_in_another_role(repo: Signed, namespace: str) -> None:
    repo.replace_payload(repo.preparation.payload, namespace=namespace)
    assert "namespace" in refused(repo, "signature").reason


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


Change = Callable[[Statement], Statement]


def item(name: str, **change: Any) -> Change:
    """The statement with one item changed; `said__x` changes what a person said."""

    def apply(statement: Statement) -> Statement:
        rows = []
        for row in statement.items:
            if row.id == name:
                inner = {key.removeprefix("said__"): value for key, value in change.items() if key.startswith("said__")}
                outer = {key: value for key, value in change.items() if not key.startswith("said__")}
                if inner and row.said:
                    outer["said"] = replace(row.said, **inner)
                row = replace(row, **outer)
            rows.append(row)
        return replace(statement, items=tuple(rows))

    return apply


def said(kind: DecisionKind, **change: Any) -> Said:
    made = Said(kind=kind, by=AUTHOR, words="because", expires=end_of(day(10)), findings=("aa",), named="docs/x.md")
    return replace(made, **change)


WAIVED, ATTESTED = said(DecisionKind.WAIVED, named=""), said(DecisionKind.ATTESTED)
FAIL, UNKNOWN, YOU, NONE = OutcomeKind.FAIL, OutcomeKind.UNKNOWN, OutcomeKind.NEEDS_YOU, OutcomeKind.NOT_APPLICABLE
MACHINE, BOTH, PERSON = "lockfile", "routes-protected", "spend-alert"


def without(name: str) -> Change:
    return lambda statement: replace(statement, items=tuple(row for row in statement.items if row.id != name))


def added(row: StatedItem) -> Change:
    return lambda statement: replace(statement, items=(*statement.items, row))


@pytest.mark.parametrize(
    ("change", "step", "says"),
    [
        (lambda s: replace(s, tree="0" * 40), "source tree", ""),
        (lambda s: replace(s, environment="staging"), "context", "signed for staging"),
        (lambda s: replace(s, profile="library"), "policy", "profile"),
        (lambda s: replace(s, policy_digest="0" * 64), "policy", "another policy"),
        (lambda s: replace(s, checklist_digest="0" * 64), "policy", "checklist"),
        (lambda s: replace(s, issued=NOW + timedelta(minutes=6)), "dates", "future"),
        (lambda s: replace(s, expires=NOW), "dates", "expired"),
        (lambda s: replace(s, expires=NOW + timedelta(days=91)), "dates", "longer"),
        (lambda s: replace(s, issued=NOW - timedelta(days=5), expires=NOW - timedelta(days=1)), "dates", "expired"),
        (lambda s: replace(s, verdict=Verdict.NOT_READY), "items", "NOT READY"),
        (lambda s: replace(s, items=()), "items", "missing"),
        (without(MACHINE), "items", "lockfile is missing"),
        (without(PERSON), "items", "spend-alert is missing"),
        (added(StatedItem(id=PERSON, outcome=None, said=ATTESTED)), "items", "twice"),
        (added(StatedItem(id="made-up", outcome=None, said=ATTESTED)), "items", "no item made-up"),
        (item(MACHINE, outcome=FAIL), "items", "open: fail"),
        (item(MACHINE, outcome=UNKNOWN), "items", "open: unknown"),
        (item(MACHINE, outcome=YOU), "items", "open: needs-you"),
        (item(MACHINE, outcome=FAIL, said=ATTESTED), "items", "cannot be attested"),
        (item(MACHINE, outcome=UNKNOWN, said=ATTESTED), "items", "cannot be attested"),
        (item(MACHINE, outcome=None, summary="", evidence=None, said=ATTESTED), "items", "a check judges it"),
        (item(MACHINE, outcome=None, summary="", evidence=None), "items", "a check judges it"),
        (item(MACHINE, outcome=FAIL, said=replace(WAIVED, findings=())), "items", "without naming the findings"),
        (item(BOTH, said=None), "items", "open: pass"),
        (item(BOTH, outcome=FAIL, said=ATTESTED), "items", "cannot be attested"),
        (item(BOTH, outcome=UNKNOWN, said=replace(ATTESTED, named=" ")), "items", "what was looked at"),
        (item(BOTH, outcome=YOU, said=replace(ATTESTED, findings=())), "items", "without naming the findings"),
        (item(PERSON, outcome=OutcomeKind.PASS, summary="x", evidence="a" * 64), "items", "no check judges it"),
        (item(PERSON, said=None), "items", "open: not decided"),
        (item(PERSON, said__by="bob@example.org"), "items", "did not sign"),
        (item(PERSON, said__by=AUTHOR.upper()), "items", "did not sign"),
        (item(PERSON, said__words="  "), "items", "without a reason"),
        (item(PERSON, said__expires=NOW), "items", "until 2026-11-22"),
        (item(PERSON, said__expires=end_of(day(181))), "items", "longer than the policy's 180"),
        (item(PERSON, said=replace(WAIVED, expires=end_of(day(91)))), "items", "longer than the policy's 90"),
        (item(PERSON, said=replace(WAIVED, by="bob@example.org")), "items", "did not sign"),
    ],
)
def test_validly_signed_and_still_not_ready(repo: Signed, change: Change, step: str, says: str) -> None:
    repo.restate(change(repo.preparation.statement))
    assert says in refused(repo, step).reason


@pytest.mark.parametrize(
    "change",
    [
        lambda s: replace(s, issued=NOW + timedelta(minutes=4)),
        item(MACHINE, outcome=NONE),
        item(MACHINE, outcome=FAIL, said=WAIVED),
        item(MACHINE, outcome=UNKNOWN, said=WAIVED),
        item(BOTH, outcome=NONE, said=None),
        item(BOTH, outcome=YOU, said=ATTESTED),
        item(BOTH, outcome=UNKNOWN, said=ATTESTED),
        item(BOTH, outcome=FAIL, said=WAIVED),
        item(PERSON, said=WAIVED),
        item(PERSON, said__expires=end_of(day(180))),
    ],
)
def test_validly_signed_and_ready(repo: Signed, change: Change) -> None:
    statement = change(repo.preparation.statement)
    repo.restate(statement)
    found = repo.verify()
    waived = [row.id for row in statement.items if row.said and row.said.kind is DecisionKind.WAIVED]
    assert [row.id for row in found.self_waived] == waived


def test_an_invalid_date_is_expired(repo: Signed) -> None:
    payload = repo.preparation.payload
    expires = b'"expiresAt": "2027-02-20T12:00:00Z"'
    assert expires in payload
    repo.replace_payload(payload.replace(expires, b'"expiresAt": "2027-02-30T12:00:00Z"'))
    assert "counts as expired" in refused(repo, "statement").reason


def test_it_expires_by_itself(repo: Signed) -> None:
    assert repo.verify(now=NOW + timedelta(days=29))
    assert "attested until 2026-12-22" in refused(repo, "items", now=NOW + timedelta(days=31)).reason
    refused(repo, "dates", now=NOW + timedelta(days=90))
    refused(repo, "dates", now=NOW - timedelta(days=1))


def test_replayed_elsewhere(repo: Signed) -> None:
    assert repo.verify(repo="acme/app")
    assert repo.verify(ref="refs/heads/main")
    refused(repo, "context", repo="acme/other")
    refused(repo, "context", ref="refs/heads/release")
    git(repo.folder, "remote", "add", "origin", "git@git.example:acme/other.git")
    refused(repo, "context")
    git(repo.folder, "remote", "set-url", "origin", "git@git.example:acme/app.git")
    assert repo.verify().not_compared == ("ref refs/heads/main",)


def test_copied_to_another_environment(repo: Signed) -> None:
    for name in ("json", "dsse.json"):
        data = (repo.folder / f".shipworthy/readiness.production.{name}").read_bytes()
        write(repo.folder, {f".shipworthy/readiness.staging.{name}": data})
    git(repo.folder, "rm", "-q", "--cached", PLAIN, SIGNED)
    git(repo.folder, "add", ".shipworthy/readiness.staging.json", ".shipworthy/readiness.staging.dsse.json")
    git(repo.folder, "commit", "-q", "-m", "copied")
    assert "signed for production" in refused(repo, "context", environment="staging").reason


@pytest.mark.parametrize("profile", ["team", "regulated"])
def test_two_people_waive_nothing_for_themselves(repo: Signed, profile: str) -> None:
    force = rules.in_force(f'profile = "{profile}"\nchecklist = "demo"\n'.encode(), None)
    row = next(each for each in repo.preparation.statement.items if each.id == PERSON)
    lone = next(each for each in force.checklist.items if each.id == PERSON)
    waived = replace(row, said=WAIVED)
    why = rules.why_open(lone, waived, repo.preparation.statement, force, NOW)
    assert why is not None
    assert "approver" in why[0]


@pytest.mark.parametrize(
    ("change", "decided", "says"),
    [
        ({"attest": ""}, ATTESTED, "only a machine's answer"),
        ({"not_applicable": ""}, replace(WAIVED, not_applicable=True), "applies to every project"),
    ],
)
def test_what_the_item_itself_does_not_allow(repo: Signed, change: dict[str, str], decided: Said, says: str) -> None:
    force = rules.in_force(POLICY, None)
    lone = next(each for each in force.checklist.items if each.id == PERSON)
    statement = repo.preparation.statement
    row = replace(next(each for each in statement.items if each.id == PERSON), said=decided)
    assert rules.why_open(replace(lone, attest="x", not_applicable="x"), row, statement, force, NOW) is None
    why = rules.why_open(replace(lone, **change), row, statement, force, NOW)  # type: ignore[arg-type]  # texts of Item
    assert why is not None
    assert says in why[0]


def test_a_policy_that_cannot_be_read_is_not_ready(repo: Signed) -> None:
    with pytest.raises(NotReady) as caught:
        rules.in_force(b"profile = 1", None)
    assert caught.value.step == "policy"
    with pytest.raises(NotReady):
        rules.in_force(None, b"[[item]]\n")
