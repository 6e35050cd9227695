"""Measures whole programs, each with every process it starts: time, processor time, memory."""

from __future__ import annotations

import ctypes
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_LINGER_SECONDS, _LOOK_SECONDS = 5.0, 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One finished program with every process it started. Seconds; bytes."""

    wall: float
    cpu: float
    largest: int
    """Peak memory of its largest process; before any look at it, as much as ours has at least, since a process that is
    started counts with what it was started from."""
    together: int = 0
    """The most that all its processes were seen to have at one time, what several have in common counted once."""
    said: bytes = b""
    """What it wrote to stderr."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What is measured, and how."""

    command: list[str]
    folder: Path
    env: dict[str, str]
    ok: tuple[int, ...] = (0,)
    """Exit codes of one that did its work."""
    before: Callable[[], object] = bool
    """Makes things ready for each run; not measured."""

    def run(self, *, look: bool = False) -> Run:
        """To its end. `look`: at its memory all along, which takes time. Raises SystemExit where it fails."""
        self.before()
        with tempfile.TemporaryFile() as errors:
            began = time.perf_counter()
            process = subprocess.Popen(
                self.command, cwd=self.folder, env={**os.environ, **self.env},
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
            )  # fmt: skip
            together = largest = 0
            while not (ended := os.wait4(process.pid, os.WNOHANG if look else 0))[0]:
                seen = list(_resident(process.pid))
                together = max(together, sum(shared for shared, _ in seen))
                largest = max(largest, *(peak for _, peak in seen), 0)
                time.sleep(_LOOK_SECONDS)
            wall = time.perf_counter() - began
            process.returncode = os.waitstatus_to_exitcode(ended[1])
            every = [ended[2], *_left_behind()]
            errors.seek(0)
            said = errors.read()
        if process.returncode not in self.ok:
            words = said[-2_000:].decode(errors="replace")
            raise SystemExit(f"{' '.join(self.command)} ended with {process.returncode}: {words}")
        return Run(
            wall=wall,
            cpu=sum(each.ru_utime + each.ru_stime for each in every),
            largest=largest or max(each.ru_maxrss for each in every) * (1 if sys.platform == "darwin" else 1024),
            together=together,
            said=said,
        )


def _left_behind() -> Iterator[resource.struct_rusage]:
    """What processes took that outlived the one that started them: Linux hands them to us, see `adopt`."""
    until = time.monotonic() + _LINGER_SECONDS
    try:
        while time.monotonic() < until:
            pid, _, used = os.wait4(-1, os.WNOHANG)
            if pid:
                yield used
            else:
                time.sleep(_LOOK_SECONDS)
    except ChildProcessError:
        return


def adopt() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER of prctl(2)


def _resident(pid: int, above: str = "") -> Iterator[tuple[int, int]]:
    """Bytes in memory of a process and of all below it, as /proc of Linux has them: shared ones by shares (PSS), and
    the most it ever had.
    """
    try:
        _, told = Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n", 1)
        if told == above:  # about to start a program, and until then in the very memory of its parent (vfork(2))
            return
        peaks = Path(f"/proc/{pid}/status").read_text().splitlines()
        yield _kilobytes(told.splitlines(), "Pss:"), _kilobytes(peaks, "VmHWM:")
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _resident(int(child), told)
    except (OSError, ValueError, IndexError):
        return


def _kilobytes(lines: list[str], name: str) -> int:
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def in_turn(programs: dict[str, Program], runs: int) -> dict[str, list[Run]]:
    """Each program `runs` times, in turn, so that a machine that speeds up or slows down does so for all."""
    found: dict[str, list[Run]] = {name: [] for name in programs}
    for _ in range(runs):
        for name, program in programs.items():
            found[name].append(run := program.run())
            print(f"  {name}: {run.wall:.2f} s, {run.cpu:.2f} s of CPU", file=sys.stderr, flush=True)
    return found


def wall(runs: list[Run]) -> float:
    return statistics.median(each.wall for each in runs)


def cpu(runs: list[Run]) -> float:
    return statistics.median(each.cpu for each in runs)
