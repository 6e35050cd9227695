"""Ways to a READY that should not be, each as an attacker would go about it."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.readiness.signed import AUTHOR, Signed, refused, signed
from tests.readiness.signed import POLICY as SOLO
from tests.readiness.team import BASE, LEAD, POLICY, Team, line, team
from tests.support import NOW, git, write

from shipworthy.checklist.policy import Policy
from shipworthy.cli import verify as verify_command
from shipworthy.git import Git, GitError
from shipworthy.model import Result
from shipworthy.readiness import sshsig
from shipworthy.readiness.allowed import APPROVER, BadSigners, parse_revoked, parse_signers
from shipworthy.readiness.allowed import AUTHOR as AUTHORS
from shipworthy.readiness.answers import Refused
from shipworthy.readiness.commit import commit_files
from shipworthy.readiness.drift import critical
from shipworthy.readiness.statement import StatedItem, Statement
from shipworthy.readiness.tree import Objects, snapshot, source_tree
from shipworthy.readiness.verify import CouldNotEvaluate

RERUN = POLICY + b'drift = "rerun"\n'
POLICY_FILE, SIGNERS = ".shipworthy/policy.toml", ".shipworthy/allowed_signers"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Team:
    return team(tmp_path_factory.mktemp("team") / "app")


@pytest.fixture
def made(template: Team, tmp_path: Path) -> Team:
    return template.copy(tmp_path / "app")


# The base.


@pytest.mark.parametrize("base", ["refs/heads/release", "refs/remotes/upstream/main"])
@pytest.mark.parametrize("kind", ["tags", "heads"])
def test_a_tag_or_branch_named_like_the_base(made: Team, base: str, kind: str) -> None:
    """Where the base itself was not fetched, git looks for it below refs/tags and refs/heads too."""
    mallory = line("mal@example.org", made.other, AUTHORS, APPROVER)
    made.ada = made.other
    made.commit({SIGNERS: mallory, POLICY_FILE: SOLO})
    git(made.folder, "update-ref", f"refs/{kind}/{base}", "HEAD")
    ref = f"refs/heads/{base.rpartition('/')[2]}"
    mine = _as("mal@example.org")
    made.signed([(made.other, AUTHORS)], restate=lambda s: replace(mine(s), ref=ref))
    with pytest.raises(CouldNotEvaluate, match=f"there is no {base}"):
        made.verify(base=base)


def test_a_bare_repository_among_the_files(made: Team) -> None:
    """A pull request adds a folder that git takes for a repository of its own, with a base of its own."""
    evil = made.copy(made.folder.parent / "evil")
    evil.base({SIGNERS: line(AUTHOR, made.other, AUTHORS), POLICY_FILE: SOLO})
    evil.ada = made.other
    evil.commit({"app.py": "print('evil')\n"})
    evil.signed([(made.other, AUTHORS)])
    assert evil.verify()
    inner = made.folder / "service"
    inner.mkdir()
    git(evil.folder, "clone", "-q", "--bare", evil.folder.as_uri(), str(inner / "x"))
    for each in (inner / "x").iterdir():
        shutil.move(each, inner / each.name)
    (inner / "x").rmdir()
    git(inner, "--git-dir=.", "symbolic-ref", "HEAD", "refs/heads/work")
    git(inner, "--git-dir=.", "update-ref", BASE, "refs/heads/main")
    with pytest.raises(CouldNotEvaluate):
        made.verify(folder=inner)


def test_an_empty_base_is_not_no_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--base "$BASE"` with a variable that is not set must not fall back on what else the environment names."""
    repo = signed(tmp_path / "app", now=datetime.now(UTC))
    monkeypatch.setenv("SHIPWORTHY_TRUST", repo.key.fingerprint)
    assert CliRunner().invoke(verify_command.command, [str(repo.folder)]).exit_code == 0
    assert CliRunner().invoke(verify_command.command, [str(repo.folder), "--base", ""]).exit_code == 2


# Who signed.


def test_a_pinned_key_speaks_for_nobody_but_its_person(tmp_path: Path) -> None:
    """The commit itself says whose key it is, and the statement says another."""
    made = team(tmp_path / "app", SOLO)
    made.signed([(made.ada, AUTHORS)], restate=_as(LEAD))
    repo = Signed(made.folder, made.ada, made.state())  # type: ignore[arg-type]  # a team's key is a Key
    assert LEAD in refused(repo, "signature").reason


def _as(who: str) -> Callable[[Statement], Statement]:
    """The statement as somebody else's, with all they said in it."""

    def theirs(item: StatedItem) -> StatedItem:
        return item if item.said is None else replace(item, said=replace(item.said, by=who))

    return lambda s: replace(s, author=who, items=tuple(map(theirs, s.items)))


def _damaged(made: Team) -> dict[str, str]:
    """A key's line that still looks like one and is not that key."""
    import base64

    blob = sshsig.public_blob(made.ada.private)

    def line_of(data: bytes) -> str:
        return f"ssh-ed25519 {base64.b64encode(data).decode()}"

    return {
        "cut off": line_of(blob[:-3]),
        "only its kind": line_of(blob[:15]),
        "more behind it": line_of(blob + b"\0\0\0\0"),
        "shorter point": line_of(blob[:15] + (29).to_bytes(4, "big") + blob[22:]),
        "of no known kind": line_of(blob.replace(b"ssh-ed25519", b"ssh-ed25520")).replace("19", "20", 1),
    }


@pytest.mark.parametrize("how", ["cut off", "only its kind", "more behind it", "shorter point", "of no known kind"])
def test_a_damaged_revocation_revokes_nothing_and_says_so(template: Team, how: str) -> None:
    damaged = _damaged(template)[how]
    with pytest.raises(BadSigners):
        parse_revoked(damaged.encode())
    with pytest.raises(BadSigners):
        parse_signers(f'a@example.org namespaces="{AUTHORS}" {damaged}'.encode())


# An older state.


def test_an_older_state_comes_back_under_a_pinned_key(tmp_path: Path) -> None:
    first = signed(tmp_path / "app")
    old = git(first.folder, "rev-parse", "HEAD")
    write(first.folder, {"app.py": "print('mended')\n"})
    git(first.folder, "commit", "-q", "-a", "-m", "mend")
    later = NOW + timedelta(days=1)
    objects = Objects(Git(first.folder))
    tree = source_tree(snapshot(objects, objects.commit("HEAD")), ["production"])
    first.restate(replace(first.preparation.statement, tree=tree, issued=later))
    assert first.verify(later)
    git(first.folder, "rm", "-q", "-r", ".")
    git(first.folder, "checkout", old, "--", ".")
    git(first.folder, "commit", "-q", "-m", "Revert")
    assert "for another tree" in refused(first, "rollback", now=later).reason
    assert first.verify(later, allow_rollback=True)


# Later trees.


def test_a_merge_brings_a_critical_change(made: Team) -> None:
    """The branch changed nothing critical since it was signed; what it is merged with did."""
    made.base({POLICY_FILE: RERUN, "package-lock.json": "{}\n"})
    made.signed()
    made.commit({"src/util.py": "X = 2\n"})
    git(made.folder, "checkout", "-q", "main")
    made.commit({"package-lock.json": '{"evil": 1}\n'})
    git(made.folder, "update-ref", BASE, "HEAD")
    git(made.folder, "checkout", "-q", "work")
    assert "package-lock.json" in made.refused("source tree", predict_merge=True).reason


def test_a_merge_brings_a_change_that_is_not_critical(made: Team) -> None:
    made.base({POLICY_FILE: RERUN})
    made.signed()
    made.commit({"src/util.py": "X = 2\n"})
    git(made.folder, "checkout", "-q", "main")
    made.commit({"other.py": "1\n"})
    git(made.folder, "update-ref", BASE, "HEAD")
    git(made.folder, "checkout", "-q", "work")
    found = made.verify(predict_merge=True)
    assert found.drifted is not None
    assert found.drifted.changed == ("other.py", "src/util.py")


def test_a_submodule_is_bumped(made: Team) -> None:
    """What it holds is in no tree, so no check repeated here has seen it."""
    made.base({POLICY_FILE: RERUN})
    made.signed()
    git(made.folder, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendor")
    git(made.folder, "commit", "-q", "-m", "vendor")
    assert "vendor" in made.refused("source tree", "cannot be seen").reason


@pytest.mark.parametrize("target", ["/etc", "../../outside", ".git/config"])
def test_a_file_becomes_a_link(made: Team, target: str) -> None:
    made.base({POLICY_FILE: RERUN})
    made.signed()
    (made.folder / "src/util.py").unlink()
    (made.folder / "src/util.py").symlink_to(target)
    made.commit({})
    assert "src/util.py" in made.refused("source tree", "cannot be seen").reason


@pytest.mark.parametrize(
    "path",
    [
        # How files are checked out, and what else is.
        ".gitattributes", "src/.gitattributes", ".gitmodules", ".lfsconfig",
        # What gets installed, and from where.
        "setup.py", "api/setup.cfg", "Pipfile", "Cargo.toml", "go.mod", "Gemfile", "composer.json", "pom.xml",
        "app/build.gradle.kts", "gradle/wrapper/gradle-wrapper.properties", "requirements/base.txt",
        "api/requirements.in", "dev-requirements.txt", ".npmrc", "web/.yarnrc.yml", ".pnpmfile.cjs",
        "pnpm-workspace.yaml", "deno.lock", "environment.yml", "pixi.lock", "conda-lock.yml", "npm/.NPMRC",
        ".yarn/releases/yarn-4.cjs", "pip.conf", "mix.lock", "gradle.lockfile", "packages.lock.json", "flake.lock",
        # What runs before a deploy, and builds and starts what is deployed.
        "actions/deploy/action.yml", ".gitlab-ci-deploy.yml", "ci/Jenkinsfile.deploy", "azure-pipelines-prod.yml",
        ".pre-commit-config.yaml", "Dockerfile", "api/Dockerfile.prod", "api/prod.dockerfile", "Containerfile",
        "docker-compose.prod.yml", "compose.yaml", "Makefile", "api/GNUmakefile", "justfile", "Procfile", "fly.toml",
        "vercel.json", "netlify.toml", "render.yaml", "app.yaml", "infra/main.tf", "wrangler.toml",
    ],
)  # fmt: skip
def test_what_decides_which_code_runs_is_critical(path: str) -> None:
    assert critical([path], Policy()) == path


@pytest.mark.parametrize("path", ["app.py", "src/util.ts", "README.md", "docs/setup.md", "templates/index.html"])
def test_ordinary_files_are_not_critical(path: str) -> None:
    assert critical([path], Policy()) is None


@pytest.mark.parametrize(
    "named",
    [
        "docs/runbook.md", "./docs/runbook.md", "docs//runbook.md", "docs/./runbook.md", "Docs/Runbook.md", "docs/",
        "docs/runbook.md#restore", "seen on 2026-11-20, docs/runbook.md", "app/../docs/runbook.md",
    ],
)  # fmt: skip
def test_an_attestation_rests_on_a_file_however_it_is_written(made: Team, named: str) -> None:
    made.base({POLICY_FILE: RERUN, "docs/runbook.md": "restore\n"})
    made.signed(restate=lambda s: replace(s, items=tuple(map(_naming(named), s.items))))
    made.commit({"docs/runbook.md": "do not restore\n"})
    made.refused("source tree", "rests on it")


def test_an_attestation_rests_on_every_file_it_is_bound_to(made: Team) -> None:
    """What was said names a date, and is bound to a file beside."""

    def bound(result: Result) -> Result:
        if result.decision is None:
            return result
        return replace(result, decision=replace(result.decision, evidence="2026-11-20", subjects={"a.md": "0" * 64}))

    made.base({POLICY_FILE: RERUN, "a.md": "restore\n"})
    made.signed(change=bound)
    made.commit({"a.md": "do not restore\n"})
    made.refused("source tree", "rests on it")


def test_a_file_name_with_a_comma(made: Team) -> None:
    made.base({POLICY_FILE: RERUN, "docs/a, b.md": "restore\n"})
    made.signed(restate=lambda s: replace(s, items=tuple(map(_naming("docs/a, b.md"), s.items))))
    made.commit({"docs/a, b.md": "do not restore\n"})
    made.refused("source tree", "rests on it")


def _naming(named: str) -> Callable[[StatedItem], StatedItem]:
    def change(item: StatedItem) -> StatedItem:
        return item if item.said is None else replace(item, said=replace(item.said, named=named))

    return change


# Programs of a hostile repository's own.


def _setting(folder: Path, name: str, value: str, where: str) -> None:
    """A setting of the repository, where a list of its own configuration does not show it."""
    if where == "included":
        git(folder, "config", "--file", str(folder / ".git/more"), name, value)
        git(folder, "config", "include.path", "more")
    elif where == "worktree":
        git(folder, "config", "core.repositoryFormatVersion", "1")
        git(folder, "config", "extensions.worktreeConfig", "true")
        git(folder, "config", "--worktree", name, value)
    else:
        git(folder, "config", name, value)


@pytest.mark.parametrize("where", ["plain", "included", "worktree", "with an equals sign", "not UTF-8"])
@pytest.mark.parametrize("what", ["merge driver", "clean filter", "signature viewer"])
def test_no_setting_of_the_repository_runs_a_program(made: Team, tmp_path: Path, what: str, where: str) -> None:
    trace = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{trace}'\ncat >/dev/null\nexit 0\n")
    program.chmod(0o755)
    folder = made.folder
    driver = {"with an equals sign": b"a=b", "not UTF-8": b"\xff"}.get(where, b"own")
    name = os.fsdecode(driver)
    if what == "merge driver":
        made.base({".gitattributes": b"*.txt merge=" + driver + b"\n", "a.txt": "1\n2\n3\n"})
        made.commit({"a.txt": "1\n2\n4\n"})
        git(folder, "checkout", "-q", "main")
        made.commit({"a.txt": "0\n2\n3\n"})
        git(folder, "checkout", "-q", "work")
        _setting(folder, f"merge.{name}.driver", f"{program} %O %A %B", where)
        with contextlib.suppress(GitError):
            Git(folder).run("merge-tree", "--write-tree", "main", "work", ok=(0, 1))
    elif what == "clean filter":
        made.commit({".gitattributes": b"*.txt filter=" + driver + b"\n", "a.txt": "1\n"})
        write(folder, {"a.txt": "2\n"})
        _setting(folder, f"filter.{name}.clean", str(program), where)
        Git(folder).run("status", "--porcelain")
    else:
        key = git(folder, "rev-parse", "HEAD")
        raw = git(folder, "cat-file", "commit", key).replace(
            "\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n", 1
        )
        (tmp_path / "commit").write_text(raw + "\n")
        new = git(folder, "hash-object", "-w", "-t", "commit", str(tmp_path / "commit"))
        _setting(folder, "log.showSignature", "true", where)
        _setting(folder, "gpg.program", str(program), where)
        Git(folder).run("log", "-1", new)
    assert not trace.exists()


@pytest.mark.parametrize("lacks", ["--show-scope", "GIT_CONFIG_COUNT"])
def test_a_git_that_cannot_be_held_back_is_not_used(
    made: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lacks: str
) -> None:
    real = shutil.which("git")
    old = tmp_path / "bin" / "git"
    old.parent.mkdir()
    unknown = 'case "$*" in *--show-scope*) exit 129;; esac' if lacks == "--show-scope" else "unset GIT_CONFIG_COUNT"
    old.write_text(f'#!/bin/sh\n{unknown}\nexec {real} "$@"\n')
    old.chmod(0o755)
    git(made.folder, "config", "filter.own.clean", "true")
    monkeypatch.setenv("PATH", str(old.parent), prepend=os.pathsep)
    with pytest.raises((GitError, CouldNotEvaluate), match="cannot be kept from running programs"):
        made.verify()


@pytest.mark.parametrize("transport", ["ext", "file"])
def test_a_missing_object_starts_no_transport(made: Team, tmp_path: Path, transport: str) -> None:
    """A repository that says of itself that it is a partial clone, and that its protocols are allowed."""
    trace = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{trace}'\nexit 1\n")
    program.chmod(0o755)
    folder = made.folder
    for name, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": f"ext::{program}" if transport == "ext" else str(tmp_path),
        "remote.origin.uploadpack": str(program),
        f"protocol.{transport}.allow": "always",
        "protocol.allow": "always",
    }.items():
        git(folder, "config", name, value)
    with pytest.raises(GitError):
        Git(folder).run("cat-file", "blob", "1" * 40)
    assert not trace.exists()


# What CI makes of the words.


@pytest.mark.parametrize("form", ["human", "json", "junit", "github"])
@pytest.mark.parametrize("command", ["##[set-output name=x]y", "##vso[task.complete result=Succeeded]", "###[stop]"])
def test_no_word_in_the_file_is_a_command_to_the_runner(tmp_path: Path, form: str, command: str) -> None:
    """GitHub's and Azure's runners look for these anywhere in a line."""
    repo = signed(tmp_path / "app", now=datetime.now(UTC))
    repo.restate(replace(repo.preparation.statement, repo=f"acme {command}"))
    said = CliRunner().invoke(
        verify_command.command, [str(repo.folder), "--trust", repo.key.fingerprint, "--format", form]
    )
    assert said.exit_code == 0
    assert "##[" not in said.output
    assert "##vso[" not in said.output


@pytest.mark.parametrize("where", ["plain", "included", "worktree"])
def test_a_commit_is_not_signed_by_a_program_the_repository_names(made: Team, where: str) -> None:
    git(made.folder, "config", "commit.gpgsign", "true")
    _setting(made.folder, "gpg.program", "/bin/true", where)
    objects = Objects(Git(made.folder))
    data = (made.folder / SIGNERS).read_bytes()
    with pytest.raises(Refused, match="names a program to sign with"):
        commit_files(made.folder, snapshot(objects, objects.commit("HEAD")), {"allowed_signers": data}, "x")
