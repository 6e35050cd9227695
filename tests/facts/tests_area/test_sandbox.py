"""The sandbox: what a hostile command can and cannot do, with the kernel's namespaces and without."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shipworthy.facts.scan import OverTime, time_limit
from shipworthy.facts.tests.running import sandbox
from shipworthy.facts.tests.running.sandbox import Ended, Limits, Spec

PYTHON = str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())
kernel_only = pytest.mark.skipif(bool(sandbox.unavailable()), reason=f"needs namespaces: {sandbox.unavailable()}")
both = pytest.mark.parametrize("isolate", [pytest.param(True, marks=kernel_only), False], ids=["namespaces", "guard"])


@dataclass
class Place:
    """A repository, its copy, and folders of a run."""

    base: Path
    runs: int = 0

    def run(self, code: str, *, isolate: bool, seconds: float = 20, **limits: int) -> Ended:
        """Run Python code in the sandbox."""
        self.runs += 1
        made = {name: self.base / str(self.runs) / name for name in ("tmp", "home", "out", "scratch", "covers")}
        for path in made.values():
            path.mkdir(parents=True)
        repo, copy = self.base / "repo", self.base / "copy"
        spec = Spec(
            repo=str(repo),
            copy=str(copy),
            cwd=str(repo if isolate else copy),
            argv=[PYTHON, "-I", "-c", code],
            env={"PATH": "/usr/bin:/bin", "HOME": str(made["home"])},
            environments=["node_modules"] if isolate else [],
            cover=[("/tmp", str(made["tmp"])), ("/run", None), (str(self.base / "secrets"), None)],
            keep=[str(repo), str(made["out"]), str(made["home"])],
            writable=[str(made["out"]), str(made["home"])],
            scratch=str(made["scratch"]),
            covers=str(made["covers"]),
            isolate=isolate,
        )
        return sandbox.run(spec, Limits(seconds=seconds, **limits))  # type: ignore[arg-type]  # all are numbers


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    for name in ("repo/node_modules", "copy", "secrets"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "repo/a.txt").write_text("the user's")
    (tmp_path / "repo/node_modules/index.js").write_text("installed")
    (tmp_path / "copy/a.txt").write_text("the copy's")
    (tmp_path / "secrets/key").write_text("hidden")
    yield Place(tmp_path)
    # Whatever the test did, the user's own files are as they were.
    assert (tmp_path / "repo/a.txt").read_text() == "the user's"
    assert (tmp_path / "repo/node_modules/index.js").read_text() == "installed"
    assert sorted(each.name for each in (tmp_path / "repo").iterdir()) == ["a.txt", "node_modules"]
    assert [each.name for each in (tmp_path / "repo/node_modules").iterdir()] == ["index.js"]


def text(ended: Ended) -> str:
    return ended.output.decode()


@both
def test_it_runs_in_the_copy(place: Place, isolate: bool) -> None:
    ended = place.run("print(open('a.txt').read()); open('a.txt', 'w').write('changed')", isolate=isolate)
    assert (ended.code, ended.isolation) == (0, "namespaces" if isolate else "guard"), ended
    assert "the copy's" in text(ended)


@kernel_only
def test_the_copy_stands_in_the_repositorys_place(place: Place) -> None:
    ended = place.run("import os; print(os.getcwd())", isolate=True)
    assert text(ended).strip() == str(place.base / "repo")


@kernel_only
@pytest.mark.parametrize(
    "action",
    [
        "open('/etc/shipworthy', 'w')",
        "os.remove('{base}/copy/a.txt')",
        "os.mkdir('/var/shipworthy')",
        "open('/proc/sys/kernel/core_pattern', 'w')",
        "os.mknod('/tmp/disk', 0o600 | 0o060000, os.makedev(254, 0))",
    ],
)
def test_nothing_outside_can_be_written(action: str, place: Place) -> None:
    action = action.format(base=place.base)
    code = f"import os\ntry:\n    {action}\n    print('DONE')\nexcept OSError as e:\n    print('refused', e)"
    assert "refused" in text(place.run(code, isolate=True))


@kernel_only
def test_temporary_files_stay_in_the_run(place: Place) -> None:
    place.run(f"open('/tmp/shipworthy-{os.getpid()}', 'w'); open('{place.base}/elsewhere', 'w')", isolate=True)
    assert not Path(f"/tmp/shipworthy-{os.getpid()}").exists()
    assert not (place.base / "elsewhere").exists()


@kernel_only
def test_writing_to_installed_packages_stays_in_the_run(place: Place) -> None:
    code = "open('node_modules/index.js', 'w').write('evil'); open('node_modules/new', 'w').write('x'); print('wrote')"
    ended = place.run(code, isolate=True)
    if ended.environments["node_modules"] == "overlay":
        assert "wrote" in text(ended)
    else:
        assert ended.code != 0


@kernel_only
def test_covered_folders_show_nothing(place: Place) -> None:
    code = f"import os; print(os.path.exists('{place.base}/secrets/key'), os.listdir('/run'), os.listdir('/dev'))"
    said = text(place.run(code, isolate=True))
    assert said.startswith("False []")
    assert "sd" not in said.partition("[]")[2].replace("stdin", "").replace("stdout", "").replace("stderr", "")


@kernel_only
def test_no_capability_and_no_way_back(place: Place) -> None:
    code = (
        "import ctypes, os\n"
        "print([l.split()[1] for l in open('/proc/self/status') if l.startswith('Cap')])\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "print('umount', libc.umount2(b'/run', 2), 'remount', libc.mount(None, b'/', None, 32 | 4096, None))\n"
        "print('nested', libc.unshare(0x10020000), 'umount', libc.umount2(b'/run', 2))\n"
    )
    said = text(place.run(code, isolate=True))
    assert said.startswith(str(["0" * 16] * 5))
    assert "umount -1 remount -1" in said
    assert said.strip().endswith("umount -1")


@kernel_only
def test_no_network_but_loopback(place: Place) -> None:
    code = (
        "import socket\n"
        "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()\n"
        "socket.create_connection(s.getsockname()); print('loopback works')\n"
        "try:\n    socket.create_connection(('192.0.2.1', 80), 3)\nexcept OSError as e:\n    print('refused', e)\n"
    )
    said = text(place.run(code, isolate=True))
    assert "loopback works" in said
    assert "refused" in said


@kernel_only
def test_a_server_of_this_machine_is_out_of_reach(place: Place) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        connect = f"socket.create_connection(('127.0.0.1', {port}), 2)"
        code = f"import socket\ntry:\n    {connect}; print('REACHED')\nexcept OSError:\n    print('no')"
        assert text(place.run(code, isolate=True)).strip() == "no"


@kernel_only
def test_other_processes_are_not_seen(place: Place) -> None:
    code = (
        "import os\nprint(len([n for n in os.listdir('/proc') if n.isdigit()]))\n"
        "try:\n    print(open('/proc/1/environ').read())\nexcept OSError:\n    print('no')"
    )
    assert text(place.run(code, isolate=True)).split() == ["2", "no"]


@both
def test_it_ends_what_never_ends(place: Place, isolate: bool) -> None:
    started = time.monotonic()
    ended = place.run("import time; time.sleep(600)", isolate=isolate, seconds=1)
    assert ended.stopped == "still running after 1 s"
    assert time.monotonic() - started < 8


@both
@pytest.mark.parametrize("how", ["setsid", "double-fork"])
def test_a_daemon_is_not_left_behind(how: str, place: Place, isolate: bool) -> None:
    marker = f"shipworthy-daemon-{os.getpid()}-{how}"
    code = (
        "import os, sys, time\n"
        "if os.fork() == 0:\n    os.setsid()\n"
        + ("    if os.fork(): os._exit(0)\n" if how == "double-fork" else "")
        + f"    os.execv({PYTHON!r}, ['python', '-c', 'import time; time.sleep(300)', {marker!r}])\n"
        "time.sleep(0.3); print('left')\n"
    )
    ended = place.run(code, isolate=isolate)
    assert ended.code == 0, ended
    assert not running(marker)


def running(marker: str) -> list[str]:
    found = []
    for name in (entry.name for entry in os.scandir("/proc")):
        try:
            if name.isdigit() and marker.encode() in Path(f"/proc/{name}/cmdline").read_bytes():
                found.append(name)
        except OSError:
            continue
    return found


@both
def test_killing_its_own_group_harms_nobody_else(place: Place, isolate: bool) -> None:
    ended = place.run(
        "import os; os.killpg(os.getpgid(os.getppid()), 0) if False else os.killpg(0, 9)", isolate=isolate
    )
    assert ended.code == -9


@kernel_only
def test_killing_everybody_reaches_only_the_run(place: Place) -> None:
    ended = place.run(
        "import os\ntry:\n    os.kill(-1, 9)\nexcept OSError as e:\n    print(e)\nprint('alive')", isolate=True
    )
    assert ended.isolation == "namespaces"


@both
def test_processes_are_bounded(place: Place, isolate: bool) -> None:
    code = (
        "import os, time\n"
        "for n in range(40):\n"
        "    try:\n        pid = os.fork()\n    except OSError:\n        continue\n"
        "    if pid == 0:\n        time.sleep(30); os._exit(0)\n"
        "time.sleep(30)\n"
    )
    started = time.monotonic()
    ended = place.run(code, isolate=isolate, processes=10)
    assert ended.stopped == "more than 10 processes"
    assert time.monotonic() - started < 10


@both
def test_memory_is_bounded(place: Place, isolate: bool) -> None:
    ended = place.run("import time\nx = b'x' * (300 << 20)\ntime.sleep(20)", isolate=isolate, memory=100 << 20)
    assert ended.stopped == "more than 100 MiB of memory"


@both
def test_a_file_is_bounded(place: Place, isolate: bool) -> None:
    code = "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nopen('big', 'wb').write(b'x' * (2 << 20))"
    ended = place.run(code, isolate=isolate, file=1 << 20)
    assert ended.code == 1
    assert "File too large" in text(ended)


@both
def test_output_without_end_is_dropped(place: Place, isolate: bool) -> None:
    code = "import sys\nfor n in range(2000): sys.stdout.write('x' * 49_999 + '\\n')\nprint('the end')"
    ended = place.run(code, isolate=isolate)
    assert ended.printed > 90_000_000
    assert len(ended.output) <= 64 * 1024
    assert ended.output.endswith(b"the end\n")


def test_a_command_that_is_not_there(place: Place) -> None:
    spec = Spec(
        repo=str(place.base / "repo"),
        copy=str(place.base / "copy"),
        cwd=str(place.base / "copy"),
        argv=["no-such-program"],
        env={"PATH": "/usr/bin"},
        isolate=False,
    )
    ended = sandbox.run(spec, Limits(seconds=10))
    assert "no-such-program" in ended.not_started


@both
def test_an_alarm_in_this_process_leaves_nothing_running(place: Place, isolate: bool) -> None:
    marker = f"shipworthy-alarm-{os.getpid()}"
    with pytest.raises(OverTime), time_limit(1.0):
        place.run(f"import time; time.sleep(300)  # {marker}", isolate=isolate)
    assert not running(marker)


@both
def test_a_killed_shipworthy_leaves_nothing_running(place: Place, isolate: bool) -> None:
    marker = f"shipworthy-killed-{os.getpid()}"
    child = os.fork()
    if child == 0:
        place.run(f"import time; time.sleep(300)  # {marker}", isolate=isolate)
        os._exit(0)
    until = time.monotonic() + 10
    while not running(marker) and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.2)
    os.kill(child, 9)
    os.waitpid(child, 0)
    until = time.monotonic() + 10
    while running(marker) and time.monotonic() < until:
        time.sleep(0.05)
    assert not running(marker)


def test_the_variables_of_this_process_are_not_handed_on(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden-value")
    ended = place.run("import os; print(sorted(os.environ))", isolate=False)
    assert text(ended).strip() == "['HOME', 'LC_CTYPE', 'PATH']"
