"""Measures the search for secrets against other tools: the same files, the same cores, in turn, whole processes."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from bench_programs import Program, Run, adopt, cpu, in_turn, wall

KINGFISHER, DETECT_SECRETS = "kingfisher-bin==2.14.0", "detect-secrets==1.5.0"
CORES = 2
"""What everybody gets: as many as our search has processes."""
ENOUGH_BYTES, ENOUGH_COMMITS = 100_000_000, 30_000
SLOW_SAMPLE = 5_000_000
"""Bytes given to detect-secrets, which would take many minutes for everything; its time is scaled by bytes."""
STAGED = 10
_HEAD = 8_000
_KINGFISHER_FOUND = 200
_READ = """
import os
for folder, folders, names in os.walk("."):
    folders[:] = [each for each in folders if each != ".git"]
    for name in names:
        with open(f"{folder}/{name}", "rb") as file:
            file.read()
"""
"""As a program reads that does something with the text: found by a walk, each file whole."""
_READ_PIECES = """
import os, subprocess
listed = subprocess.run(["git", "ls-files", "-z"], stdout=subprocess.PIPE, check=True).stdout
for name in listed.split(b"\\0")[:-1]:
    file = os.open(name, os.O_RDONLY)
    while os.read(file, 1 << 16):
        pass
    os.close(file)
"""
"""The least there is: told by git what to read, and keeping nothing of it."""

Rows = list[tuple[str, str]]


def peers() -> tuple[Path, str] | str:
    """(the folder with the peers' programs, kingfisher's path), installed once; or why they are not there."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    cache = (Path(base) if base.startswith("/") else Path.home() / ".cache") / "shipworthy-bench"
    name = f"{KINGFISHER}-{DETECT_SECRETS}".replace("==", "-")
    folder, whole = cache / name, cache / f"{name}.whole"
    if not whole.exists():
        shutil.rmtree(folder, ignore_errors=True)
        cache.mkdir(parents=True, exist_ok=True)
        for command in (
            [sys.executable, "-m", "venv", str(folder)],
            [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", KINGFISHER, DETECT_SECRETS],
        ):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                return f"{KINGFISHER} and {DETECT_SECRETS} could not be installed: {done.stderr.strip()[-500:]}"
        whole.touch()
    # Its wrapper is a Python program; what is measured is the program itself.
    ask = "from kingfisher import get_binary_path; print(get_binary_path())"
    said = subprocess.run([str(folder / "bin" / "python"), "-c", ask], capture_output=True, text=True, check=True)
    return folder / "bin", said.stdout.strip()


def _installed(peer: Path | None) -> Iterator[tuple[str, Path]]:
    """Real source that is on any machine with this project's set-up, under names that say nothing of where it was."""
    paths = sysconfig.get_paths()
    standard = Path(paths["stdlib"])
    folders = {"packages": Path(paths["platlib"]), "standard": standard, "headers": Path(paths["include"])}
    if peer:
        folders["peers"] = Path(sysconfig.get_path("platlib", vars={"platbase": str(peer)}))
    for name, folder in folders.items():
        for top, below, files in os.walk(folder):
            below[:] = sorted(set(below) - {"__pycache__", *({"site-packages"} if folder == standard else ())})
            for file in sorted(files):
                yield str(Path(name, os.path.relpath(top, folder), file)), Path(top) / file


def _tracked(source: Path) -> Iterator[tuple[str, Path]]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=source, capture_output=True, check=True).stdout
    yield from ((os.fsdecode(name), source / os.fsdecode(name)) for name in listed.split(b"\0") if name)


def corpus(files: Iterator[tuple[str, Path]], into: Path) -> list[tuple[str, int]]:
    """Copies the text among files, each content once; (path, bytes) of each."""
    kept: list[tuple[str, int]] = []
    seen: set[bytes] = set()
    for name, file in files:
        if file.is_symlink() or not file.is_file():
            continue
        digest = hashlib.blake2b(data := file.read_bytes(), digest_size=16).digest()
        if b"\0" in data[:_HEAD] or digest in seen:
            continue
        seen.add(digest)
        target = into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, target)
        kept.append((name, len(data)))
    return kept


def _git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "core.compression=1", "-c", "gc.auto=0", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def _repository(tree: Path, folder: Path, files: list[tuple[str, int]]) -> Path:
    """A git repository of files of `tree`: the same bytes on disk, not copies, so that all read the same."""
    folder.mkdir(parents=True)
    for name, _ in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        os.link(tree / name, folder / name)
    _git(folder, "init", "-q")
    _git(folder, "add", "--force", "--all")
    return folder


def _evenly(files: list[tuple[str, int]], size: int) -> list[tuple[str, int]]:
    """Files from everywhere in the list, of about `size` bytes together."""
    step = max(1, sum(length for _, length in files) // size)
    return files[step // 2 :: step]


class Bench:
    """One run of the benchmark of secrets."""

    def __init__(self, shipworthy: str, scratch: Path, runs: int = 3) -> None:
        self._ours, self._scratch, self._runs = shipworthy, scratch, runs
        self._cache = scratch / "cache"
        self._env = {"XDG_CACHE_HOME": str(self._cache)}

    def rows(self, source: Path | None, history: Path | None) -> Rows:
        """(what, figure) rows. Everything it starts gets the same cores."""
        adopt()
        cores = getattr(os, "sched_getaffinity", lambda _: set(range(CORES)))(0)
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, sorted(cores)[:CORES])
        if source and not (source / ".git").exists():
            raise SystemExit(f"{source} is not the top of a git work tree")
        fetched = self._fetched(history) if history else None
        found = peers()
        rows: Rows = [("load of this machine before the secrets", f"{os.getloadavg()[0]:.1f}")]
        if isinstance(found, str):
            print(f"NO PEERS: {found}", file=sys.stderr)
            rows.append(("secrets: kingfisher and detect-secrets", "NOT MEASURED"))
        try:
            rows += self._tree(source, found)
            rows += self._history(fetched, found)
        finally:
            if hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(0, cores)
        return [*rows, ("load of this machine after the secrets", f"{os.getloadavg()[0]:.1f}")]

    def _forget(self) -> None:
        """What was remembered of any repository; the compiled engine and its rules stay."""
        for file in self._cache.glob("shipworthy/*"):
            if not file.name.startswith(("hyperscan-", "rules-")):
                file.unlink()

    def _program(self, folder: Path, *words: str, fresh: bool = False) -> Program:
        before = self._forget if fresh else bool
        return Program(command=[self._ours, *words], folder=folder, env=self._env, before=before)

    def _kingfisher(self, binary: str, target: Path, history: str) -> Program:
        """It asks no provider about a key and looks for no update; its rules are compiled before, as ours are."""
        words = ["scan", str(target), "--git-history", history, "--no-validate", "--no-update-check", "--quiet"]
        words += ["--jobs", str(CORES), "--format", "json", "--output", os.devnull]
        env = {"KF_RULE_CACHE_DIR": str(self._scratch / "kingfisher-rules"), "HOME": str(self._scratch)}
        return Program(command=[binary, *words], folder=self._scratch, env=env, ok=(0, _KINGFISHER_FOUND))

    def _tree(self, source: Path | None, found: tuple[Path, str] | str) -> Rows:
        tree = self._scratch / "tree"
        peer = None if isinstance(found, str) else found[0].parent
        files = corpus(_tracked(source) if source else _installed(peer), tree)
        size = sum(length for _, length in files)
        whole = _repository(tree, self._scratch / "whole", files)
        rows = self._hook(tree, files)
        sample = _evenly(files, SLOW_SAMPLE)
        part = _repository(tree, self._scratch / "part", sample)
        programs = {
            "first": self._program(whole, "facts", "secrets", ".", fresh=True),
            "second": self._program(whole, "facts", "secrets", "."),
            "reading": Program(command=[sys.executable, "-I", "-S", "-c", _READ], folder=whole, env={}),
            "pieces": Program(command=[sys.executable, "-I", "-S", "-c", _READ_PIECES], folder=whole, env={}),
        }
        if not isinstance(found, str):
            folder, binary = found
            # Beside a .git it would read what is in there too.
            programs["kingfisher"] = self._kingfisher(binary, tree, "none")
            slow = [str(folder / "detect-secrets"), "--cores", str(CORES), "scan", "--no-verify"]
            programs["detect-secrets"] = Program(command=slow, folder=part, env={})
        for name in set(programs) - {"detect-secrets"}:  # nothing is kept of it, and it takes long
            programs[name].run()
        runs = in_turn(programs, self._runs)
        first = wall(runs["first"])
        head = f"secrets, {size / 1e6:.0f} MB in {len(files):,} files"
        rows += [
            (f"{head} (asked: {ENOUGH_BYTES / 1e6:.0f}), MB/s", f"{size / 1e6 / first:.0f}"),
            *self._figures("secrets of the tree", programs, runs),
            (f"not read by us, of {len(files):,} files", f"{_gaps(runs['first'])}"),
            ("CPU of merely reading these files, s", f"{cpu(runs['reading']):.2f}"),
            ("our CPU / merely reading (goal <= 8)", f"{cpu(runs['first']) / cpu(runs['reading']):.1f}"),
            ("CPU of reading them in pieces of 64 KiB, s", f"{cpu(runs['pieces']):.2f}"),
            ("our CPU / reading in pieces", f"{cpu(runs['first']) / cpu(runs['pieces']):.1f}"),
        ]
        if "kingfisher" in runs:
            other, slow_size = wall(runs["kingfisher"]), sum(length for _, length in sample)
            scaled = wall(runs["detect-secrets"]) * size / slow_size
            rows += [
                *self._peer("kingfisher, tree", programs["kingfisher"], runs["kingfisher"]),
                ("kingfisher / ours (goal >= 2.5)", f"{other / first:.2f}"),
                (f"detect-secrets on {slow_size / 1e6:.1f} MB of these, s", f"{wall(runs['detect-secrets']):.1f}"),
                ("detect-secrets for all of it, scaled by bytes, s", f"{scaled:.0f}"),
                ("detect-secrets / ours (goal >= 100)", f"{scaled / first:.0f}"),
            ]
        return rows

    def _figures(self, what: str, programs: dict[str, Program], runs: dict[str, list[Run]]) -> Rows:
        """Ours: the first run, the second, and memory in a run of its own."""
        first, second = wall(runs["first"]), wall(runs["second"])
        looked = programs["first"].run(look=True)
        return [
            (f"{what}, wall / CPU, s", f"{first:.2f} / {cpu(runs['first']):.2f}"),
            (f"{what}, second run, s", f"{second:.2f}"),
            ("second run / first (goal <= 0.20)", f"{second / first:.2f}"),
            (f"{what}, peak memory (goal 100), MB", _memory(looked)),
        ]

    def _peer(self, what: str, program: Program, runs: list[Run]) -> Rows:
        taken = (f"{what}, wall / CPU, s", f"{wall(runs):.2f} / {cpu(runs):.2f}")
        return [taken, (f"{what}, peak memory, MB", _memory(program.run(look=True)))]

    def _hook(self, tree: Path, files: list[tuple[str, int]]) -> Rows:
        """What a commit of some files waits for; and what the very first start on a machine takes once."""
        names = files[:: max(1, len(files) // STAGED)][:STAGED]
        folder = _repository(tree, self._scratch / "staged", names)
        install = self._program(folder, "hook", "install")
        with_compiling, without = install.run(), [install.run() for _ in range(self._runs)]
        hook = Program(command=[".git/hooks/pre-commit"], folder=folder, env=self._env, ok=(0, 1))
        hook.run()
        taken = [hook.run() for _ in range(3 * self._runs)]
        return [
            ("compiling the engine, once on a machine (goal 1), s", f"{with_compiling.wall - wall(without):.2f}"),
            (f"hook, {len(names)} staged files (goal 150), ms", f"{wall(taken) * 1e3:.0f}"),
        ]

    def _fetched(self, history: Path) -> Path:
        """A repository with the same history. Raises SystemExit where git cannot make it."""
        folder = self._scratch / "history"
        folder.mkdir(parents=True)
        _git(folder, "init", "-q")
        # All refs, and nothing that none of them reaches; no files beside it, which only some tools read.
        try:
            head = _git(history, "rev-parse", "HEAD")
            _git(folder, "fetch", "-q", "--update-head-ok", str(history.absolute()), "+refs/*:refs/*")
            _git(folder, "update-ref", "--no-deref", "HEAD", head)
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"{history}: its history cannot be copied; is it a whole clone? {error.stderr}") from None
        return folder

    def _history(self, folder: Path | None, found: tuple[Path, str] | str) -> Rows:
        if folder is None:
            return [(f"secrets of a history: give --history REPO, >= {ENOUGH_COMMITS:,} commits", "NOT MEASURED")]
        commits = int(_git(folder, "rev-list", "--all", "--count"))
        log = ["git", "log", "-p", "--all", "--no-color", "--no-ext-diff", "--no-textconv"]
        programs = {
            "first": self._program(folder, "facts", "secrets", "--history", ".", fresh=True),
            "second": self._program(folder, "facts", "secrets", "--history", "."),
            "log": Program(command=log, folder=folder, env={"GIT_PAGER": "cat"}),
        }
        if not isinstance(found, str):
            programs["kingfisher"] = self._kingfisher(found[1], folder, "full")
        runs = in_turn(programs, self._runs)
        first = wall(runs["first"])
        rows = [
            (f"secrets of a history of (asked: {ENOUGH_COMMITS:,}), commits", f"{commits:,}"),
            *self._figures("secrets of the history", programs, runs),
            ("of the history not read by us, reasons", f"{_gaps(runs['first'])}"),
            ("git log -p --all, wall / CPU, s", f"{wall(runs['log']):.2f} / {cpu(runs['log']):.2f}"),
            ("ours / git log -p (goal <= 0.5)", f"{first / wall(runs['log']):.2f}"),
        ]
        if "kingfisher" in runs:
            rows += self._peer("kingfisher, history", programs["kingfisher"], runs["kingfisher"])
            rows.append(("ours / kingfisher (goal <= 0.6)", f"{first / wall(runs['kingfisher']):.2f}"))
        return rows


def _gaps(runs: list[Run]) -> int:
    """The most that any run says it could not read: an early end must not pass for speed."""
    return max(each.said.count(b"could not read ") for each in runs)


def _memory(run: Run) -> str:
    together = f" / {run.together / 1e6:.0f}" if run.together else ""
    return f"{run.largest / 1e6:.0f}{together}"
