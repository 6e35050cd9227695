"""The commands as a person and CI run them: exit codes, imports, no network, and the one-liner without shipworthy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests import program
from tests.readiness.signed import AUTHOR, FILES, PLAIN, POLICY, SIGNED, Key, Signed, assess, repository, signed
from tests.support import git, write

import shipworthy.readiness
from shipworthy.cli import show, verify
from shipworthy.cli import sign as sign_command
from shipworthy.model import DecisionKind
from shipworthy.project import Project
from shipworthy.readiness import rules
from shipworthy.readiness.statement import Said

NOW = datetime.now(UTC)
STRANGER = "SHA256:" + "A" * 43


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    """A repository signed a moment ago; tests that change it copy it first."""
    return signed(tmp_path_factory.mktemp("fresh") / "app", now=NOW)


def run(*args: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return program.run(*args, cwd=cwd, env={**os.environ, **environment})


def copy(fresh: Signed, folder: Path) -> Path:
    shutil.copytree(fresh.folder, folder, symlinks=True)
    return folder


def test_exit_codes(fresh: Signed, tmp_path: Path) -> None:
    trust = fresh.key.fingerprint
    folder = copy(fresh, tmp_path / "copy")
    ready = run("verify", str(folder), "--trust", trust)
    assert (ready.returncode, ready.stderr) == (0, "")
    assert ready.stdout.startswith("READY  app for production")
    assert run("verify", cwd=folder, SHIPWORTHY_TRUST=f"{STRANGER} {trust}").returncode == 0
    unsure = run("verify", str(folder))
    assert unsure.returncode == 4
    assert "--trust SHA256:" in unsure.stderr
    wrong = run("verify", str(folder), "--trust", STRANGER)
    assert wrong.returncode == 1
    assert wrong.stdout.startswith("NOT READY  signature: ")
    assert run("verify", str(folder), "--trust", "nonsense").returncode == 2
    assert run("verify", str(folder), "--trust", trust, "--environment", "../x").returncode == 2
    assert run("verify", str(tmp_path / "none"), "--trust", trust).returncode == 2
    assert run("verify", str(folder), "--trust", trust, "--at", "nope").returncode == 4
    assert run("verify", str(folder), "--trust", trust, "--at", "HEAD^").returncode == 3
    assert run("verify", str(folder), "--at", "HEAD^").returncode == 3
    assert run("verify", str(write(tmp_path / "plain", {"a": "b"})), "--trust", trust).returncode == 4
    write(folder, {"app.py": "print('hellp')\n"})
    git(folder, "commit", "-q", "-a", "-m", "one byte")
    stale = run("verify", str(folder), "--trust", trust, "--format", "json")
    assert stale.returncode == 1
    said = json.loads(stale.stdout)
    assert (said["verdict"], said["step"]) == ("NOT READY", "source tree")
    assert said["remedy"]


def test_a_broken_git_is_no_answer(fresh: Signed, tmp_path: Path) -> None:
    """Every way git can fail: missing, failing, talking nonsense."""
    folder = tmp_path / "bin"
    folder.mkdir()
    assert run("verify", str(fresh.folder), "--trust", fresh.key.fingerprint, PATH=str(folder)).returncode == 4
    for script in ("exit 1", "exit 128", "echo nonsense", "kill -9 $$", ""):
        (folder / "git").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "git").chmod(0o755)
        done = run("verify", str(fresh.folder), "--trust", fresh.key.fingerprint, PATH=f"{folder}:/bin:/usr/bin")
        assert done.returncode == 4, (script, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("failure", "code"),
    [(RuntimeError("quoted"), 4), (RecursionError(), 4), (SystemExit(0), 4), (KeyboardInterrupt(), 130)],
)
def test_a_bug_is_no_answer(fresh: Signed, monkeypatch: pytest.MonkeyPatch, failure: BaseException, code: int) -> None:
    import shipworthy.readiness.verify as module

    def broken(*arguments: object, **keywords: object) -> None:
        raise failure

    monkeypatch.setattr(module, "verify", broken)
    done = CliRunner().invoke(verify.command, [str(fresh.folder), "--trust", fresh.key.fingerprint])
    assert done.exit_code == code
    assert "quoted" not in done.output


def test_what_verification_imports_and_opens(fresh: Signed) -> None:
    program = textwrap.dedent(
        """
        import sys, socket
        def refuse(*arguments, **keywords): raise AssertionError("network")
        socket.socket = socket.create_connection = socket.getaddrinfo = refuse
        from shipworthy.cli.group import cli
        code = cli(sys.argv[1:], standalone_mode=False)
        """
    )
    # `verify` ends by sys.exit, so what was imported is told from an exit handler.
    report = "import atexit; atexit.register(lambda: print('\\n'.join(sys.modules), file=sys.stderr))\n"
    done = subprocess.run(
        [sys.executable, "-P", "-c", "import sys\n" + report + program, "verify", str(fresh.folder), "--trust",
         fresh.key.fingerprint], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    loaded = set(done.stderr.split())
    assert "shipworthy.readiness.verify" in loaded
    never = ["textual", "httpx", "keyring", "safety", "ruamel", "tree_sitter", "tomlkit", "jinja2", "asyncio"]
    never += [f"shipworthy.{room}" for room in ("checks", "facts", "project", "assess", "tui", "sources", "decisions")]
    never += ["shipworthy.readiness.sign", "shipworthy.readiness.keys", "shipworthy.readiness.signers"]
    assert [name for name in loaded if any(name == each or name.startswith(each + ".") for each in never)] == []


def test_json_says_who_waived_what(tmp_path: Path) -> None:
    made = signed(tmp_path / "app", now=NOW)
    until = (NOW + timedelta(days=9)).replace(microsecond=0)
    waived = Said(kind=DecisionKind.WAIVED, by=AUTHOR, words="no \x1b[31mspend", expires=until)
    statement = made.preparation.statement
    rows = [row for row in statement.items if row.id != "spend-alert"]
    from dataclasses import replace

    lone = next(row for row in statement.items if row.id == "spend-alert")
    made.restate(replace(statement, items=(*rows, replace(lone, said=waived))))
    done = run("verify", str(made.folder), "--trust", made.key.fingerprint, "--format", "json")
    said = json.loads(done.stdout)
    assert (said["verdict"], said["exit"]) == ("READY", 0)
    assert [row["item"] for row in said["selfWaived"]] == ["spend-alert"]
    assert said["attested"] == ["routes-protected"]
    assert said["checklist"] == "demo 1.0"
    human = run("verify", str(made.folder), "--trust", made.key.fingerprint).stdout
    assert "self-waived" in human
    assert "\x1b" not in human


def one_liner() -> str:
    text = shipworthy.readiness.__doc__ or ""
    return textwrap.dedent(text.partition("exits 0::\n")[2].partition("\nIt proves")[0])


def shell(folder: Path, trust: str | None) -> subprocess.CompletedProcess[str]:
    missing = [tool for tool in ("ssh-keygen", "jq", "git") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"needs ssh-keygen, jq and git: {', '.join(missing)} not on PATH")
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), **({"TRUST": trust} if trust else {})}
    return subprocess.run(["sh", "-c", one_liner()], cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_the_one_liner_agrees(fresh: Signed, tmp_path: Path) -> None:
    folder, trust = copy(fresh, tmp_path / "copy"), fresh.key.fingerprint
    good = shell(folder, trust)
    assert good.returncode == 0, good.stderr
    assert good.stdout.split("\n")[1] == "true"
    assert git(folder, "status", "--porcelain") == ""
    for wrong in (None, STRANGER, trust[:-1], trust[1:] + "x"):
        assert shell(folder, wrong).returncode != 0
    payload = (folder / PLAIN).read_bytes()
    for path, data in (
        ("app.py", b"other\n"),
        (PLAIN, payload.replace(b"READY", b"ready")),
        (SIGNED, b"{}"),
        ("new.py", b""),
    ):
        held = (folder / path).read_bytes() if (folder / path).exists() else None
        (folder / path).write_bytes(data)
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "change")
        assert shell(folder, trust).returncode != 0, path
        git(folder, "reset", "-q", "--hard", "HEAD^")
        assert held is None or (folder / path).read_bytes() == held
    (folder / PLAIN).chmod(0o755)
    git(folder, "commit", "-q", "-a", "-m", "mode")
    assert shell(folder, trust).returncode != 0


def test_the_one_liner_knows_the_date(tmp_path: Path) -> None:
    old = signed(tmp_path / "old", now=NOW - timedelta(days=91))
    assert shell(old.folder, old.key.fingerprint).returncode != 0
    assert run("verify", str(old.folder), "--trust", old.key.fingerprint).returncode == 1


def test_show(fresh: Signed, tmp_path: Path) -> None:
    for path in (PLAIN, SIGNED):
        done = run("show", str(fresh.folder / path))
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("READY  app (refs/heads/main)")
        assert "spend-alert" in done.stdout
    assert f"as author by {fresh.key.fingerprint}" in run("show", cwd=fresh.folder).stdout
    write(tmp_path, {"x.json": b'{"a": "\x1b[2J"}', "y.json": b"\x00"})
    for name in ("x.json", "y.json", "none.json"):
        done = run("show", str(tmp_path / name))
        assert done.returncode in (1, 2)
        assert "\x1b" not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_show_never_lets_the_file_speak_to_the_terminal(tmp_path: Path) -> None:
    made = signed(tmp_path / "app", now=NOW)
    from dataclasses import replace

    evil = "\x1b]0;x\x07\u202e::error::\n\r"
    statement = made.preparation.statement
    rows = tuple(
        replace(row, summary=evil if row.outcome else "", said=replace(row.said, words=evil) if row.said else None)
        for row in statement.items
    )
    made.restate(replace(statement, repo=evil, ref=evil, author=evil, items=rows, inventories={"keys": (evil,)}))
    done = CliRunner().invoke(show.command, [str(made.folder / SIGNED)])
    assert done.exit_code == 0
    assert not any(character in done.output for character in "\x1b\x07\u202e\r")
    assert not any(line.startswith("::") for line in done.output.splitlines())


def test_show_as_textconv(fresh: Signed, tmp_path: Path) -> None:
    folder = copy(fresh, tmp_path / "copy")
    write(folder, {".git/info/attributes": "*.dsse.json diff=shipworthy\n"})
    program = f"{sys.executable} -P -c 'from shipworthy.cli.main import main; main()' show"
    git(folder, "config", "diff.shipworthy.textconv", program)
    assert "+READY  app" in git(folder, "show", "HEAD", "--", SIGNED)


@pytest.fixture
def examined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_home: Path) -> Path:
    """A repository that the command finds READY, without running the checks, and a key in `~/.ssh`."""
    from tests.readiness.test_keys import key_file

    folder = repository(tmp_path / "app")
    key_file(own_home)

    def found(root: Path, **asked: object) -> object:
        return Project.open(root), assess(root, now=NOW), rules.in_force(POLICY, None).policy

    monkeypatch.setattr(sign_command, "assess_for_signing", found)
    return folder


def test_sign_commits_and_tells_the_fingerprint(examined: Path) -> None:
    done = CliRunner().invoke(sign_command.command, [str(examined), "--yes", "--commit"])
    assert done.exit_code == 0, done.output
    assert "and it verifies" in done.output
    trust = done.output.partition("SHIPWORTHY_TRUST=")[2].split()[0]
    assert run("verify", str(examined), "--trust", trust).returncode == 0


def test_sign_without_a_commit_prints_the_command(examined: Path) -> None:
    done = CliRunner().invoke(sign_command.command, [str(examined), "--yes"])
    assert done.exit_code == 0, done.output
    command = done.output.splitlines()[-1].strip()
    trust = done.output.partition("SHIPWORTHY_TRUST=")[2].split()[0]
    assert run("verify", str(examined), "--trust", trust).returncode == 3
    subprocess.run(command, shell=True, cwd=examined, check=True, capture_output=True)
    assert run("verify", str(examined), "--trust", trust).returncode == 0


def test_sign_generates_a_key_when_told_to(examined: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = [str(examined), "--yes", "--commit", "--key", "shipworthy"]
    assert CliRunner().invoke(sign_command.command, arguments).exit_code == 2
    monkeypatch.setenv("SHIPWORTHY_PASSPHRASE", "correct horse")
    monkeypatch.setenv("PATH", os.environ["PATH"])
    done = CliRunner().invoke(sign_command.command, arguments)
    assert done.exit_code == 0, done.output
    assert "correct horse" not in done.output
    again = CliRunner().invoke(sign_command.command, arguments)
    assert again.exit_code == 0, again.output


def test_sign_refuses(examined: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asks = CliRunner().invoke(sign_command.command, [str(examined)])
    assert asks.exit_code == 2
    assert "--yes" in asks.output
    write(examined, {"app.py": "other\n"})
    dirty = CliRunner().invoke(sign_command.command, [str(examined), "--yes"])
    assert dirty.exit_code == 2
    assert "app.py differs" in dirty.output
    write(examined, {"app.py": FILES["app.py"]})
    unknown = CliRunner().invoke(sign_command.command, [str(examined), "--yes", "--key", STRANGER])
    assert unknown.exit_code == 2
    assert CliRunner().invoke(sign_command.command, [str(examined), "--yes", "--environment", "a/b"]).exit_code == 2
    assert not (examined / SIGNED).exists()


@pytest.mark.parametrize(("sign_it", "commit_it"), [("y", "y"), ("y", "n"), ("n", "")])
def test_sign_asks_on_a_terminal(examined: Path, sign_it: str, commit_it: str) -> None:
    import pexpect

    program = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from shipworthy.cli import sign
        from shipworthy.project import Project
        from tests.readiness.signed import NOW, POLICY, assess, rules
        import datetime
        now = datetime.datetime.now(datetime.UTC)
        policy = rules.in_force(POLICY, None).policy
        sign.assess_for_signing = lambda root, **asked: (Project.open(root), assess(root, now=now), policy)
        sign.command(sys.argv[1:])
        """
    )
    env = {key: value for key, value in os.environ.items() if key != "CI"}
    top = str(Path(__file__).parents[2])
    child = pexpect.spawn(
        sys.executable, ["-c", program, str(examined)], env={**env, "PYTHONPATH": top}, timeout=30, encoding="utf-8"
    )
    child.expect("the commit will contain exactly")
    child.expect("Sign this")
    child.sendline(sign_it)
    if commit_it:
        child.expect("SHIPWORTHY_TRUST=SHA256")
        child.expect("Make exactly this commit")
        child.sendline(commit_it)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == (0 if sign_it == "y" else 2)
    assert (examined / SIGNED).exists() is (sign_it == "y")
    committed = git(examined, "log", "-1", "--format=%s") == "Sign the production readiness file"
    assert committed is (commit_it == "y")


def test_sign_needs_a_ready_verdict(tmp_path: Path, own_home: Path) -> None:
    """The real examination: a project without a pipeline is not READY, whatever key there is."""
    from tests.readiness.test_keys import key_file

    folder = repository(tmp_path / "app")
    key_file(own_home)
    done = run("sign", str(folder), "--yes")
    assert done.returncode == 1, done.stderr
    assert "NOT READY" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / PLAIN).exists()
    assert Key().fingerprint.startswith("SHA256:")
