"""Judging a verified commit again: the same answer passes, a worse one is named, what needs a run is listed."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shipworthy.cli.sign import assess_for_signing
from shipworthy.model import DecisionKind, OutcomeKind
from shipworthy.readiness import rules, sign
from shipworthy.readiness.answers import CouldNotEvaluate, NotReady
from shipworthy.readiness.statement import Said, Statement, end_of
from shipworthy.readiness.verify import TrustRoot
from shipworthy.rerun import rerun
from shipworthy.session import Session
from tests.fixed_demo import fixed_demo
from tests.readiness.signed import AUTHOR, POLICY, Key, Signed
from tests.support import git, write

NOW = datetime.now(UTC)
DAY = NOW.date() + timedelta(days=20)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    """The demo app, examined for real and signed."""
    folder = fixed_demo(tmp_path_factory.mktemp("rerun") / "app")
    git(folder, "config", "user.email", AUTHOR)
    git(folder, "config", "user.name", "Ada")
    session = Session(folder)
    from shipworthy.assess.once import examine_afresh

    examine_afresh(folder, (), session.apply)
    for item in ("routes-protected", "spend-alert"):
        session.attest(item, "I looked", "app/main.py", DAY)
    project, assessment, policy = assess_for_signing(folder)
    key = Key()
    preparation = sign.prepare(project, assessment, policy, "production", key, NOW)
    armored = key.sign(preparation.pae, rules.AUTHOR)
    sign.write(preparation, armored)
    sign.commit(preparation, armored)
    return Signed(folder, key, preparation)


@pytest.fixture
def repo(tmp_path: Path, template: Signed) -> Signed:
    shutil.copytree(template.folder, tmp_path / "app", symlinks=True)
    return replace(template, folder=tmp_path / "app")


def test_the_same_answer(repo: Signed) -> None:
    found = repo.verify(now=NOW)
    before = git(repo.folder, "count-objects", "-v")
    again = rerun(repo.folder, found)
    # The demo's twelve items: one is a person's alone, one rests on advisory data.
    assert (again.repeated, again.left_out) == (11, ("known-vulns",))
    assert git(repo.folder, "count-objects", "-v") == before
    assert git(repo.folder, "status", "--porcelain") == ""


def resigned(repo: Signed, change: Callable[[Statement], Statement]) -> None:
    repo.restate(change(repo.preparation.statement))


def test_a_pass_that_is_none(repo: Signed) -> None:
    """The author's own machine said pass; here the same tree says otherwise."""
    write(repo.folder, {"app/pay.py": 'KEY = "sk_' + "live_" + 'Ab3dEf6hIj9lMn2pQr5tUv8x"\n'})
    git(repo.folder, "add", "-A")
    git(repo.folder, "commit", "-q", "-m", "key")
    tree = _tree(repo.folder)
    resigned(repo, lambda statement: replace(statement, tree=tree))
    found = repo.verify(now=NOW)
    with pytest.raises(NotReady) as caught:
        rerun(repo.folder, found)
    assert caught.value.step == "re-run"
    assert "secrets-not-in-tree was signed as pass, and is fail here" in caught.value.reason


def test_a_finding_that_appeared_after_the_waiver(repo: Signed) -> None:
    """Waived for one open line; the tree has another."""
    (repo.folder / ".env.example").unlink()
    git(repo.folder, "commit", "-q", "-a", "-m", "no list")
    tree = _tree(repo.folder)
    waived = Said(
        kind=DecisionKind.WAIVED, by=AUTHOR, words="later", expires=end_of(DAY), findings=("0123456789abcdef",)
    )

    def change(statement: Statement) -> Statement:
        rows = [
            replace(row, outcome=OutcomeKind.FAIL, said=waived) if row.id == "config-parity" else row
            for row in statement.items
        ]
        return replace(statement, tree=tree, items=tuple(rows))

    resigned(repo, change)
    with pytest.raises(NotReady, match="has a finding that was not there when it was waived"):
        rerun(repo.folder, repo.verify(now=NOW))


def test_what_was_open_and_asked_for_by_nobody_may_stay_so(repo: Signed) -> None:
    """Only what is required has to be settled; the answer is the same as when it was signed."""
    (repo.folder / ".env.example").unlink()
    write(repo.folder, {".shipworthy/policy.toml": POLICY + b'[items]\nconfig-parity = "suggested"\n'})
    git(repo.folder, "commit", "-q", "-a", "-m", "no list")
    tree, policy = _tree(repo.folder), (repo.folder / ".shipworthy/policy.toml").read_bytes()

    def change(statement: Statement) -> Statement:
        rows = [
            replace(row, outcome=OutcomeKind.FAIL, said=None) if row.id == "config-parity" else row
            for row in statement.items
        ]
        digest = hashlib.sha256(policy).hexdigest()
        return replace(statement, tree=tree, items=tuple(rows), policy_digest=digest)

    resigned(repo, change)
    assert rerun(repo.folder, repo.verify(now=NOW)).repeated == 11


def test_better_than_signed_is_no_reason_to_refuse(repo: Signed) -> None:
    waived = Said(kind=DecisionKind.WAIVED, by=AUTHOR, words="later", expires=end_of(DAY), findings=("aa",))
    resigned(
        repo,
        lambda statement: replace(
            statement,
            items=tuple(
                replace(row, outcome=OutcomeKind.FAIL, said=waived) if row.id == "lockfile" else row
                for row in statement.items
            ),
        ),
    )
    assert rerun(repo.folder, repo.verify(now=NOW)).repeated == 11


def test_programs_of_the_machine_have_no_part_in_it(
    repo: Signed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filter of the person's own configuration would run at checkout, and change what is judged."""
    trace = tmp_path / "ran"
    configuration = tmp_path / "gitconfig"
    configuration.write_text(f'[filter "own"]\n\tsmudge = touch {trace}; cat\n[core]\n\tautocrlf = true\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(configuration))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".gitconfig").write_text(configuration.read_text())
    write(repo.folder, {".gitattributes": "*.py filter=own\n"})
    git(repo.folder, "add", "-A")
    git(repo.folder, "commit", "-q", "-m", "filter")
    trace.unlink(missing_ok=True)
    tree = _tree(repo.folder)
    resigned(repo, lambda statement: replace(statement, tree=tree))
    trace.unlink(missing_ok=True)
    assert rerun(repo.folder, repo.verify(now=NOW)).repeated == 11
    assert not trace.exists()


def test_objects_that_are_not_here(repo: Signed, tmp_path: Path) -> None:
    git(repo.folder, "config", "uploadpack.allowFilter", "true")
    git(repo.folder, "clone", "-q", "--filter=blob:none", "--sparse", repo.folder.as_uri(), str(tmp_path / "part"))
    found = repo.verify(now=NOW)
    with pytest.raises(CouldNotEvaluate):
        rerun(tmp_path / "part", found)


def test_only_what_was_verified_is_trusted(repo: Signed) -> None:
    with pytest.raises(NotReady):
        repo.verify(now=NOW, trust=TrustRoot.pinned([Key().fingerprint]))


def _tree(folder: Path) -> str:
    """The source tree of HEAD by git alone."""
    copy = folder.parent / "tree"
    git(folder, "clone", "-q", folder.as_uri(), str(copy))
    git(copy, "rm", "-q", "--cached", *(f".shipworthy/readiness.production.{end}" for end in ("json", "dsse.json")))
    return git(copy, "write-tree")
