"""`shipworthy` as a process of its own, forked from this one: the start of an interpreter is what costs the most.

What the start itself must hold to (modules planted in a folder, what is imported, a terminal) is tested with a real
one.
"""

from __future__ import annotations

import functools
import importlib
import io
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

import shipworthy

WAITS = 0.002


@functools.cache
def _import_all() -> None:
    """Import here what every child would import again."""
    for module in pkgutil.walk_packages(shipworthy.__path__, "shipworthy."):
        if not module.name.startswith(("shipworthy.tui", "shipworthy.serve")) and "__main__" not in module.name:
            importlib.import_module(module.name)


def _become(
    args: tuple[str, ...],
    cwd: Path | None,
    env: Mapping[str, str],
    streams: list[int],
    before: Callable[[], None] | None,
) -> NoReturn:
    code = 70
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.environ.clear()
        os.environ.update(env)
        if cwd is not None:
            os.chdir(cwd)
        sys.stdin = io.TextIOWrapper(open(0, "rb", closefd=False), encoding="utf-8")  # noqa: SIM115
        sys.stdout, sys.stderr = (
            io.TextIOWrapper(open(number, "wb", closefd=False), "utf-8", errors)  # noqa: SIM115
            for number, errors in ((1, "strict"), (2, "backslashreplace"))
        )
        sys.argv = ["shipworthy", *args]
        if before is not None:
            before()
        from shipworthy.cli.main import main

        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
            if isinstance(end.code, str):
                sys.stderr.write(f"{end.code}\n")
        except BaseException:
            traceback.print_exc()
            code = 1
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _wait(child: int, timeout: float) -> int:
    deadline = time.monotonic() + timeout
    while not (found := os.waitpid(child, os.WNOHANG))[0]:
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise subprocess.TimeoutExpired("shipworthy", timeout)
        time.sleep(WAITS)
    return os.waitstatus_to_exitcode(found[1])


def run_bytes(
    *args: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    typed: bytes = b"",
    timeout: float = 120,
    before: Callable[[], None] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run `shipworthy ARGS`. `typed` is its standard input; `before` is called in the child before anything else.

    Raises subprocess.TimeoutExpired.
    """
    _import_all()
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(typed)
        given.seek(0)
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child == 0:
            streams = [each.fileno() for each in (given, out, err)]
            _become(args, cwd, dict(os.environ if env is None else env), streams, before)
        code = _wait(child, timeout)
        for each in (out, err):
            each.seek(0)
        return subprocess.CompletedProcess(["shipworthy", *args], code, out.read(), err.read())


def run(
    *args: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    typed: str = "",
    timeout: float = 120,
) -> subprocess.CompletedProcess[str]:
    """As `run_bytes`, with text in UTF-8."""
    done = run_bytes(*args, cwd=cwd, env=env, typed=typed.encode(), timeout=timeout)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
