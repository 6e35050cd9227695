"""Killing a signing at any moment: the old files or the new ones, no decision lost, and signing again just works."""

from __future__ import annotations

import fcntl
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import replace as changed
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.readiness.signed import NOW, PLAIN, POLICY, SIGNED, Key, Signed, assess, refused, repository
from tests.readiness.test_keys import key_file
from tests.support import git, write

from shipworthy.project import Project
from shipworthy.readiness import dsse, replace, rules, sign
from shipworthy.readiness.sign import Preparation, Refused
from shipworthy.readiness.verify import Asked, TrustRoot, verify

DECISIONS = b"# said by a person\n"
KEY = Key()


class Killing:
    """`os` for the code under test, in which the call number `at` never happens: the process is killed there."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __getattr__(self, name: str) -> object:
        real = getattr(os, name)
        if not callable(real):
            return real

        def call(*arguments: object, **keywords: object) -> object:
            self.left -= 1
            if self.left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **keywords)

        return call


def killed_at(at: int, work: Callable[[], object]) -> bool:
    """Whether `work`, in a process of its own, was killed at this call; False where it came to its end before."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            replace.os = Killing(at)  # type: ignore[assignment]  # a stand-in for the module
            work()
            code = 0
        finally:
            os._exit(code)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def prepare(folder: Path, hours: int = 0) -> Preparation:
    policy = rules.in_force(POLICY, None).policy
    now = NOW + timedelta(hours=hours)
    return sign.prepare(Project.open(folder), assess(folder, now=now), policy, "production", KEY, now)


def pair(folder: Path) -> tuple[bytes | None, bytes | None]:
    """What lies where the payload file and the envelope should be."""
    plain, signed = ((folder / path).read_bytes() if (folder / path).exists() else None for path in (PLAIN, SIGNED))
    return plain, signed


def strays(folder: Path) -> list[str]:
    return [path.name for path in (folder / ".shipworthy").iterdir() if path.name.endswith(".new")]


def armored(preparation: Preparation) -> str:
    return KEY.sign(preparation.pae, rules.AUTHOR)


@pytest.mark.parametrize("signed_before", [pytest.param(False, marks=pytest.mark.long), True])
def test_killed_at_every_call(tmp_path: Path, signed_before: bool) -> None:
    folder = repository(tmp_path / "app")
    if signed_before:
        first = prepare(folder)
        sign.write(first, armored(first))
        sign.commit(first, armored(first))
    write(folder, {".shipworthy/decisions.toml": DECISIONS})
    old, preparation = pair(folder), prepare(folder, hours=1)
    signature = armored(preparation)
    sign.write(preparation, signature)
    new, calls, torn = pair(folder), 0, 0
    assert old != new
    while True:
        for path, data in zip((PLAIN, SIGNED), old, strict=True):
            (folder / path).unlink() if data is None else (folder / path).write_bytes(data)
        if not killed_at(calls, lambda: sign.write(preparation, signature)):
            break
        calls += 1
        found = pair(folder)
        torn += found == (old[0], new[1])
        assert found in (old, new, (old[0], new[1]))
        assert (folder / ".shipworthy/decisions.toml").read_bytes() == DECISIONS
        # What was left behind neither stops the next signing nor outlives it.
        again = prepare(folder, hours=2)
        sign.write(again, armored(again))
        assert pair(folder)[0] == again.payload
        assert strays(folder) == []
    assert calls > 15
    assert torn == 1, "between the two replacements"


def test_a_pair_torn_by_a_crash_is_refused_and_mended(tmp_path: Path) -> None:
    folder = repository(tmp_path / "app")
    first, second = prepare(folder), prepare(folder, hours=1)
    sign.write(first, armored(first))
    old = (folder / PLAIN).read_bytes()
    sign.write(second, armored(second))
    (folder / PLAIN).write_bytes(old)
    with pytest.raises(Refused, match="changed since it was written") as caught:
        sign.commit(second, armored(second))
    assert caught.value.diagnostics
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "torn")
    made = Signed(folder, KEY, second)
    late = NOW + timedelta(hours=3)
    assert "shipworthy sign" in refused(made, "payload file", now=late).diagnostics
    third = prepare(folder, hours=2)
    sign.write(third, armored(third))
    sign.commit(third, armored(third))
    assert changed(made, preparation=third).verify(now=late).statement == third.statement


@pytest.mark.parametrize("name", [".decisions.toml.new", ".policy.toml.new", f".{Path(SIGNED).name}.new"])
def test_what_a_crash_left_behind_stops_nothing(tmp_path: Path, name: str) -> None:
    folder = repository(tmp_path / "app")
    write(folder, {f".shipworthy/{name}": "half"})
    preparation = prepare(folder)
    sign.write(preparation, armored(preparation))
    sign.commit(preparation, armored(preparation))
    verify(folder, TrustRoot.pinned([KEY.fingerprint]), Asked(), NOW)
    assert strays(folder) == []
    assert git(folder, "status", "--porcelain") == ""


def test_such_a_file_is_no_excuse_once_it_is_staged(tmp_path: Path) -> None:
    folder = repository(tmp_path / "app")
    write(folder, {".shipworthy/.decisions.toml.new": "half", ".shipworthy/.notes.md.new": ""})
    with pytest.raises(Refused, match="notes"):
        prepare(folder)
    (folder / ".shipworthy/.notes.md.new").unlink()
    git(folder, "add", "-A")
    with pytest.raises(Refused, match="differs from HEAD"):
        prepare(folder)


def test_another_signing_at_the_same_time_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = repository(tmp_path / "app")
    preparation = prepare(folder)
    monkeypatch.setattr(replace, "LOCK_SECONDS", 0.05)
    held = os.open(folder / ".shipworthy", os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Refused, match="another shipworthy"):
            sign.write(preparation, armored(preparation))
    finally:
        os.close(held)
    sign.write(preparation, armored(preparation))


def test_a_full_disk_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = repository(tmp_path / "app")
    first = prepare(folder)
    sign.write(first, armored(first))
    old, second = pair(folder), prepare(folder, hours=1)

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(replace.os, "fsync", full)
    with pytest.raises(Refused, match="No space left"):
        sign.write(second, armored(second))
    assert pair(folder) == old
    assert strays(folder) == []


PROGRAM = textwrap.dedent(
    """
    import sys, datetime
    from shipworthy.cli import sign
    from shipworthy.project import Project
    from tests.readiness.signed import POLICY, assess, rules
    now = datetime.datetime.now(datetime.UTC)
    policy = rules.in_force(POLICY, None).policy
    sign.assess_for_signing = lambda root, **asked: (Project.open(root), assess(root, now=now), policy)
    sign.command(sys.argv[1:])
    """
)


def kill_often(times: int, seed: int, folder: Path, home: Path) -> None:
    """Start the command again and again on one repository, and kill it at random moments."""
    key_file(home)
    repository(folder)
    git(folder, "config", "commit.gpgsign", "false")
    write(folder, {".shipworthy/decisions.toml": DECISIONS})
    top = str(Path(__file__).parents[2])
    paths = os.pathsep.join([top, *filter(None, [os.environ.get("PYTHONPATH")])])
    env = {**os.environ, "PYTHONPATH": paths, "HOME": str(home), "CI": "true"}

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder), "--yes", "--commit"],
            env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip

    def gone(session: int) -> None:
        """Wait for the git or ssh-keygen that it left running."""
        while True:
            try:
                os.killpg(session, 0)
            except ProcessLookupError:
                return
            time.sleep(0.01)

    began = time.monotonic()
    whole = start()
    said = whole.communicate(timeout=60)[0]
    assert whole.returncode == 0, said
    trust = TrustRoot.pinned([said.partition("SHIPWORTHY_TRUST=")[2].split()[0]])
    seconds, rng, killed = time.monotonic() - began, random.Random(seed), 0
    before = pair(folder)
    for turn in range(times):
        running = start()
        time.sleep(rng.uniform(0.2, 1.1) * seconds)
        running.kill()
        said = running.communicate(timeout=60)[0]
        gone(running.pid)
        killed += running.returncode == -signal.SIGKILL
        assert running.returncode in (0, -signal.SIGKILL), (turn, said)
        assert (folder / ".shipworthy/decisions.toml").read_bytes() == DECISIONS
        found = pair(folder)
        plain, envelope = found
        assert plain is not None
        assert envelope is not None
        assert plain in (dsse.parse(envelope).payload, before[0])
        before = found
        # What is committed is one of the commits that were signed, whole.
        verify(folder, trust, Asked(), datetime.now(UTC))
    assert killed > times // 3, killed
    last = start()
    said = last.communicate(timeout=60)[0]
    assert last.returncode == 0, said
    assert strays(folder) == []
    assert git(folder, "status", "--porcelain") == ""
    verify(folder, trust, Asked(), datetime.now(UTC))


def test_killed_at_random_moments(tmp_path: Path, own_home: Path) -> None:
    kill_often(6, 1, tmp_path / "app", own_home)


@pytest.mark.long
def test_killed_at_many_random_moments(tmp_path: Path, own_home: Path) -> None:
    kill_often(100, 2, tmp_path / "app", own_home)
