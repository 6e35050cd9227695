"""Benchmarks: whole processes, medians, and ratios against peers in the same run. Prints a table; judges nothing."""

from __future__ import annotations

import argparse
import compileall
import os
import pty
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import bench_keys
import bench_pipeline
import bench_secrets

BIN = Path(sys.executable).parent
SHIPWORTHY = str(BIN / "shipworthy")
BARE = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    def compose(self):
        yield Static("bare-is-painted")

Bare().run()
"""
PAINT_TIMEOUT = 20.0


def first_paint(command: list[str], folder: Path, needle: bytes, size: tuple[int, int] = (140, 40)) -> float:
    """Seconds from starting `command` in a pseudo-terminal until `needle` is on its screen."""
    import fcntl
    import struct
    import termios

    began = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
        os.execv(command[0], command)  # noqa: S606 - a fixed program, no shell
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    seen = b""
    try:
        while needle not in seen:
            if time.perf_counter() - began > PAINT_TIMEOUT:
                raise SystemExit(f"{command}: nothing painted within {PAINT_TIMEOUT:g} s: {seen[-500:]!r}")
            if select.select([terminal], [], [], 0.05)[0]:
                seen += os.read(terminal, 65_536)
        return time.perf_counter() - began
    finally:
        os.kill(pid, signal.SIGKILL)
        os.close(terminal)
        os.waitpid(pid, 0)


def seconds(command: list[str], folder: Path, env: dict[str, str] | None = None) -> float:
    """Wall seconds of one finished process."""
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, env={**os.environ, **(env or {})}, capture_output=True, check=False)
    return time.perf_counter() - began


def median_ms(measure: Callable[[], float], runs: int) -> float:
    """Milliseconds, the median of `runs` after one warm-up."""
    measure()
    return statistics.median(measure() for _ in range(runs)) * 1000


def sample_repository(folder: Path, files: int) -> Path:
    """A git repository of `files` Python and TypeScript files of a few kilobytes, with routes, settings and tests."""
    for number in range(files):
        part = folder / f"pkg{number % 40:02}"
        part.mkdir(parents=True, exist_ok=True)
        if number % 2:
            body = "".join(
                f"\n@router.get('/items{number}/{each}')\ndef view_{each}(user=Depends(current_user)):\n"
                f"    limit = os.environ.get('LIMIT_{each}', '10')\n    return {{'n': {each}, 'limit': limit}}\n"
                for each in range(12)
            )
            text = f"import os\nfrom fastapi import APIRouter, Depends\nrouter = APIRouter()\n{body}"
            (part / f"mod{number}.py").write_text(text)
        else:
            body = "".join(
                f"export function part{each}(value: number): number {{\n  return value * {each} + {number}\n}}\n"
                for each in range(40)
            )
            (part / f"mod{number}.ts").write_text(body)
    (folder / "requirements.txt").write_text("fastapi==0.115.0\n")
    (folder / "package.json").write_text('{"name": "x", "private": true, "dependencies": {}}\n')
    git = ["git", "-c", "user.name=b", "-c", "user.email=b@bench.example"]
    subprocess.run([*git, "init", "-q"], cwd=folder, check=True)
    subprocess.run([*git, "add", "-A"], cwd=folder, check=True)
    subprocess.run([*git, "commit", "-q", "-m", "bench"], cwd=folder, check=True)
    return folder


def edit_to_rechecked(folder: Path, name: str, runs: int) -> float:
    """Milliseconds from writing a file to the last outcome of what it touches, told by a watching child; the median."""
    import asyncio

    from shipworthy.assess.client import ChildEngine
    from shipworthy.assess.events import Changed, Done

    async def measure() -> float:
        engine = ChildEngine(folder)
        await engine.start()
        await engine.watch(True)
        await engine.run()
        events = engine.events()
        taken: list[float] = []
        file = folder / name
        text = file.read_text()
        try:
            while not isinstance(await anext(events), Done):
                pass
            for number in range(runs + 1):
                # Longer than a listing made sure of after a change, and than what is too fresh for the cache.
                await asyncio.sleep(3)
                began = time.perf_counter()
                file.write_text(f"{text}\n# {number}\n")
                changed = False
                while not (isinstance(event := await anext(events), Done) and changed):
                    changed = changed or isinstance(event, Changed)
                taken.append(time.perf_counter() - began)
        finally:
            file.write_text(text)
            await engine.stop()
        return statistics.median(taken[1:]) * 1000

    return asyncio.run(measure())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--files", type=int, default=2_000)
    parser.add_argument("--only", choices=["keys", "pipeline", "secrets"], help="measure just these")
    parser.add_argument("--source", type=Path, help="a git work tree to look for secrets in; else what is installed")
    parser.add_argument("--history", type=Path, help="a git repository to look for secrets in the history of")
    options = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="shipworthy-bench-"))
    try:
        rows = [] if options.only else measure(scratch, options.runs, options.files)
        if options.only in (None, "pipeline"):
            rows += bench_pipeline.rows(scratch, options.runs, SHIPWORTHY)
        if options.only in (None, "keys"):
            rows += keys(scratch)
        if options.only in (None, "secrets"):
            rows += bench_secrets.Bench(SHIPWORTHY, scratch / "secrets").rows(options.source, options.history)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    for name, value in rows:
        print(f"{name:<66} {value:>12}")


KEY_GOALS = {"idle": 16, "scanning": 30}
"""Milliseconds within which 95 of 100 keys are to be answered, by what the coach does meanwhile."""
KEY_FILES = 5_000
SCANS = 3


def keys(scratch: Path) -> list[tuple[str, str]]:
    """(what, figure) rows: from a key to its repaint, median and 95th percentile, and what is asked of the latter."""
    busy = os.getloadavg()[0]
    demo = scratch / "keys-demo"
    subprocess.run([SHIPWORTHY, "demo", "--plain", "--into", str(demo)], capture_output=True, check=True)
    found = bench_keys.idle([SHIPWORTHY], demo, {"XDG_CACHE_HOME": str(scratch / "keys")}, 150)
    large = sample_repository(scratch / "keys-large", KEY_FILES)
    for number in range(SCANS):
        # A cache of its own each time, so that every file is read.
        env = {"XDG_CACHE_HOME": str(scratch / f"keys-{number}")}
        for name, values in bench_keys.scanning([SHIPWORTHY], large, env).items():
            found.setdefault(name, []).extend(values)
    rows = [("load of this machine before the keys", f"{busy:.1f}")]
    for name, values in found.items():
        goal = next(goal for word, goal in KEY_GOALS.items() if name.startswith(word))
        rows.append((f"key, {name}, median / p95 (goal {goal}), ms", bench_keys.figures(values)))
    return rows


def measure(scratch: Path, runs: int, files: int) -> list[tuple[str, str]]:
    """(what, figure) rows."""
    # As an installation is: without compiled files, every start would compile what was edited last.
    compileall.compile_dir(Path(__file__).parents[1] / "src" / "shipworthy", quiet=1)
    rows: list[tuple[str, str]] = []
    demo = scratch / "demo"
    subprocess.run([SHIPWORTHY, "demo", "--plain", "--into", str(demo)], capture_output=True, check=True)
    bare = scratch / "bare.py"
    bare.write_text(BARE)
    version = median_ms(lambda: seconds([SHIPWORTHY, "--version"], scratch), runs)
    python = median_ms(lambda: seconds([sys.executable, "-c", "pass"], scratch), runs)
    rows += [("bare python, ms", f"{python:.0f}"), ("--version, ms", f"{version:.0f}")]
    # In turn, so that a machine that speeds up or slows down does so for both.
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(runs + 1):
        ours.append(first_paint([SHIPWORTHY], demo, b"Tests"))
        theirs.append(first_paint([sys.executable, str(bare)], scratch, b"bare-is-painted"))
    mine, other = statistics.median(ours[1:]) * 1000, statistics.median(theirs[1:]) * 1000
    rows += [("coach, first paint at 140x40, ms", f"{mine:.0f}"), ("bare Textual, first paint, ms", f"{other:.0f}")]
    rows.append(("difference, ms", f"{mine - other:.0f}"))
    middle = sample_repository(scratch / "middle", 500)
    rows += [
        ("edit to re-checked, demo, ms", f"{edit_to_rechecked(demo, 'app/main.py', runs):.0f}"),
        ("edit to re-checked, 500 files, ms", f"{edit_to_rechecked(middle, 'pkg01/mod1.py', runs):.0f}"),
    ]
    repository = sample_repository(scratch / "large", files)
    cache = scratch / "cache"

    def cold() -> float:
        shutil.rmtree(cache, ignore_errors=True)
        return seconds([SHIPWORTHY, "check", str(repository)], scratch, {"XDG_CACHE_HOME": str(cache)})

    # Files modified within two seconds are read again, so a warm run must not follow too closely.
    time.sleep(2.5)
    first = median_ms(cold, 3) / 1000
    second = median_ms(
        lambda: seconds([SHIPWORTHY, "check", str(repository)], scratch, {"XDG_CACHE_HOME": str(cache)}), 3
    )
    rows += [
        (f"check, {files:,} files, cold, s", f"{first:.2f}"),
        (f"check, {files:,} files, second run, s", f"{second / 1000:.2f}"),
        ("second run / cold", f"{second / 1000 / first:.2f}"),
    ]
    return rows


if __name__ == "__main__":
    main()
