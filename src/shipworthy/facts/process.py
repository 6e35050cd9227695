"""Another process of this program: a copy of this one where that is safe, else started anew."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NoReturn

Serve = Callable[[BinaryIO, BinaryIO], None]
"""Answers what comes in, until the input ends."""


def command(module: str) -> list[str]:
    """-P keeps the working directory, and with it every repository, off the module path."""
    return [sys.executable, "-P", "-X", "utf8", "-m", module]


def may_copy() -> bool:
    """Whether a copy of this process is sure to work: another thread may hold a lock, which nobody would release in it.

    Linux only: system libraries of macOS do not stand being copied.
    """
    return sys.platform == "linux" and threading.active_count() == 1


class Process:
    """One that runs the `serve` of a module; what is written to `to` it reads, what it answers is read from `back`."""

    def __init__(self, module: str, kept: tuple[int, ...] = (), copy: Serve | None = None) -> None:
        """`kept`: descriptors that it gets by the same numbers. Raises OSError where there can be none.

        `copy`: what it runs in place of the module's `serve`, which a copy alone can: only where `may_copy` says so.
        """
        self._code: int | None = None
        self._popen: subprocess.Popen[bytes] | None = None
        if copy is not None or may_copy():
            # Before the copy is made: what can go wrong goes wrong here, and is there in both.
            serve: Serve = copy or importlib.import_module(module).serve
            self._pid, self.to, self.back = _copied(serve, kept)
            return
        self._popen = subprocess.Popen(
            command(module),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            # Outside every repository, so that nothing planted there is found by a relative name.
            cwd="/",
            pass_fds=kept,
            env={
                **{key: value for key, value in os.environ.items() if not key.startswith("PYTHON")},
                "PYTHONSAFEPATH": "1",
            },
        )
        assert self._popen.stdin is not None  # noqa: S101 - asked for above
        assert self._popen.stdout is not None  # noqa: S101 - asked for above
        self._pid = self._popen.pid
        self.to, self.back = os.dup(self._popen.stdin.fileno()), os.dup(self._popen.stdout.fileno())
        self._popen.stdin.close()
        self._popen.stdout.close()

    @property
    def over(self) -> bool:
        """Whether it was ended."""
        return self._code is not None

    def kill(self) -> None:
        """Stop it, so that whoever reads or writes here waits no longer; `end` is still to come."""
        if self._code is None:
            with contextlib.suppress(OSError):
                os.kill(self._pid, signal.SIGKILL)  # it is not waited for yet, so the number is nobody else's

    def end(self) -> int:
        """End it now; its exit code, negative for the signal that ended it."""
        if self._code is None:
            self.kill()
            for descriptor in (self.to, self.back):
                os.close(descriptor)
            if self._popen is not None:
                self._code = self._popen.wait()
            else:
                self._code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        return self._code


def _copied(serve: Serve, kept: tuple[int, ...]) -> tuple[int, int, int]:
    """(process id, descriptor to write to, descriptor to read from)."""
    incoming, to = os.pipe()
    back, outgoing = os.pipe()
    pid = os.fork()
    if not pid:
        _answer(serve, incoming, outgoing, kept)
    os.close(incoming)
    os.close(outgoing)
    return pid, to, back


def _answer(serve: Serve, incoming: int, outgoing: int, kept: tuple[int, ...]) -> NoReturn:
    """The copy's whole life. It leaves nothing to be cleaned up: files, locks and temporary folders are the other's."""
    code = 1
    try:
        quiet()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        gc.freeze()  # what is there is shared memory as long as nobody walks over it
        # Held open here, another's pipe would never tell that its writer is gone.
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in range(3):
            os.dup2(nothing, standard)
        for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - numbers, not files
            if int(name) > 2 and int(name) not in (incoming, outgoing, *kept):
                with contextlib.suppress(OSError):  # the one of this very listing
                    os.close(int(name))
        os.chdir(Path("/"))
        with os.fdopen(incoming, "rb") as source, os.fdopen(outgoing, "wb") as target:
            serve(source, target)
        code = 0
    except BrokenPipeError:
        pass
    finally:
        os._exit(code)


def quiet() -> None:
    """An interrupt reaches the whole group; the one who started this process ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def main(serve: Serve) -> None:
    """What a module does that is started anew."""
    quiet()
    # Whatever a library prints must not land among the answers.
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        serve(sys.stdin.buffer, outgoing)
    except BrokenPipeError:
        os._exit(1)
