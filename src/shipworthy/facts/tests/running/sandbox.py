"""Starts a command in a sandbox, reads what it prints within a cap, and ends everything it started."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

LAUNCHER = Path(__file__).with_name("launcher.py")
OUTPUT_CAP = 1024 * 1024
"""Bytes of output looked at; the rest is read and dropped."""
_TAIL = 64 * 1024
"""Bytes of output kept: the last ones."""
_GRACE = 10.0
"""Seconds the launcher gets to end everything before it is ended itself."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a run may use. Bytes and counts are of all its processes together, unless said otherwise."""

    seconds: float = 600.0
    processes: int = 512
    memory: int = 6 << 30
    disk: int = 4 << 30
    file: int = 1 << 30
    """Of one file."""
    cpu: int | None = None
    """Seconds of one process; None takes the wall clock limit."""
    address_space: int | None = None
    """Of one process. Never set for Node: V8 reserves far more than it uses."""

    def rows(self) -> dict[str, int | None]:
        """As the launcher takes them."""
        cpu = self.cpu if self.cpu is not None else int(self.seconds) + 30
        return {
            "processes": self.processes,
            "memory": self.memory,
            "disk": self.disk,
            "file": self.file,
            "cpu": cpu,
            "address_space": self.address_space,
            "user_processes": None if (tasks := _tasks_of_user()) is None else tasks + self.processes,
        }


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What the launcher builds and starts. All paths are absolute and resolved, but for `environments`."""

    repo: str
    """The repository; inside the namespaces the copy stands in its place."""
    copy: str
    cwd: str
    argv: Sequence[str]
    env: Mapping[str, str]
    environments: Sequence[str] = ()
    """Folders and files relative to the repository that the copy lacks and the run needs."""
    cover: Sequence[tuple[str, str | None]] = ()
    """Folders to hide, and the folder to show there instead (writable; None: an empty read-only one)."""
    keep: Sequence[str] = ()
    """What of the covered folders stays to be seen."""
    writable: Sequence[str] = ()
    scratch: str = ""
    covers: str = ""
    isolate: bool = True


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a run ended. `isolation` is empty where it never started; `refused` says why."""

    isolation: str = ""
    code: int | None = None
    stopped: str = ""
    """The limit that ended it, in words; empty where it ended by itself."""
    not_started: str = ""
    refused: str = ""
    seconds: float = 0.0
    output: bytes = b""
    """The last bytes it printed."""
    printed: int = 0
    environments: Mapping[str, str] = field(default_factory=dict)


def memory_allowance() -> int:
    """Bytes a run may use here: 6 GiB, or three quarters of what the machine has where that is less."""
    try:
        return min(6 << 30, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * 3 // 4)
    except (ValueError, OSError):
        return 6 << 30


def _tasks_of_user() -> int | None:
    """How many tasks (threads) this user has now: RLIMIT_NPROC counts them all. None where that cannot be told."""
    count = 0
    try:
        entries = list(os.scandir("/proc"))
    except OSError:
        return None
    for entry in entries:
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if entry.stat().st_uid == os.getuid():
                    count += len(list(os.scandir(f"/proc/{entry.name}/task")))
    return count + 64


def run(spec: Spec, limits: Limits) -> Ended:
    """Run to the end or to a limit. Whatever happens, an exception included, nothing is left running.

    Raises OSError where the launcher cannot be started at all.
    """
    started = time.monotonic()
    events_in, events_out = os.pipe()
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", str(LAUNCHER), str(events_out)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(events_out,),
            start_new_session=True,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        )
    except BaseException:
        os.close(events_in)
        os.close(events_out)
        raise
    os.close(events_out)
    reading = _Reading(process, events_in)
    try:
        row: dict[str, Any] = {**asdict(spec), "limits": limits.rows()}
        assert process.stdin is not None  # noqa: S101 - asked for above
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(row).encode("utf-8", "surrogateescape"))
            process.stdin.close()
        in_time = reading.until(started + limits.seconds)
    finally:
        _end(process, reading)
    return reading.ended(time.monotonic() - started, "" if in_time else f"still running after {limits.seconds:g} s")


def _end(process: subprocess.Popen[bytes], reading: _Reading) -> None:
    """Ask the launcher to end all, wait until it did, and make sure."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    reading.until(time.monotonic() + _GRACE)
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    process.wait()
    # The launcher's own group; the command has another, which the launcher ended.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    reading.close()


class _Reading:
    """Events and output of one launcher, read without ever waiting for a pipe that a stray process holds open."""

    def __init__(self, process: subprocess.Popen[bytes], events: int) -> None:
        self._process = process
        self._events = events
        self._lines = b""
        self._tail = bytearray()
        self._printed = 0
        self._open = True
        assert process.stdout is not None  # noqa: S101 - asked for in `run`
        self._output = process.stdout.fileno()
        self._selector = selectors.DefaultSelector()
        for descriptor in (self._output, events):
            os.set_blocking(descriptor, False)
            self._selector.register(descriptor, selectors.EVENT_READ)

    def until(self, deadline: float) -> bool:
        """Read until the launcher is gone (True) or the deadline has passed (False)."""
        while self._open:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            for key, _ in self._selector.select(min(left, 0.2)):
                self._take(key.fd)
            if self._process.poll() is not None:
                for descriptor in (self._output, self._events):
                    while self._take(descriptor):
                        pass
                self._open = False
        return True

    def _take(self, descriptor: int) -> bool:
        """Read a piece; False at the end or where nothing waits."""
        try:
            data = os.read(descriptor, 65_536)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            with contextlib.suppress(KeyError):
                self._selector.unregister(descriptor)
            return False
        if descriptor == self._events:
            self._lines = (self._lines + data)[:OUTPUT_CAP]
            return True
        self._printed += len(data)
        self._tail += data
        del self._tail[:-_TAIL]
        return True

    def close(self) -> None:
        self._selector.close()
        os.close(self._events)
        if self._process.stdout:
            self._process.stdout.close()

    def ended(self, seconds: float, overdue: str) -> Ended:
        found: dict[str, Any] = {}
        for line in self._lines.splitlines():
            with contextlib.suppress(ValueError):
                event = json.loads(line)
                found[event.pop("event")] = event
        end = found.get("ended", {})
        ready = found.get("ready", {})
        refused = found.get("refused", {}).get("reason", "")
        if not ready and not refused and not overdue:
            refused = "the sandbox ended before it was ready"
        return Ended(
            isolation=ready.get("isolation", ""),
            code=end.get("code"),
            stopped=overdue or end.get("stopped", ""),
            not_started=found.get("not-started", {}).get("reason", ""),
            refused=refused,
            seconds=seconds,
            output=bytes(self._tail),
            printed=self._printed,
            environments=ready.get("environments", {}),
        )


@cache
def unavailable() -> str:
    """Why the kernel's namespaces cannot be used here, "" where they can. Starts only a harmless program."""
    if sys.platform != "linux":
        return f"no namespaces on {sys.platform}"
    with tempfile.TemporaryDirectory(prefix="shipworthy-probe-") as name:
        folder = Path(name).resolve()
        paths = {each: str(folder / each) for each in ("repo", "copy", "scratch", "covers")}
        for path in paths.values():
            Path(path).mkdir()
        spec = Spec(
            repo=paths["repo"], copy=paths["copy"], scratch=paths["scratch"], covers=paths["covers"],
            cwd=paths["repo"], argv=["/bin/true"], env={},
        )  # fmt: skip
        try:
            ended = run(spec, Limits(seconds=10))
        except OSError as error:
            return error.strerror or "the launcher did not start"
    if ended.isolation == "namespaces" and ended.code == 0:
        return ""
    return ended.refused or ended.not_started or "the sandbox did not start"
