"""Runs git read-only and hardened: no hooks, no fsmonitor, no filters, no replace refs, no `GIT_*` from outside."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

TIMEOUT = 30.0
"""Seconds one git call may take; a repository can make git slow, never make us hang."""

_FIXED = (
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.fsmonitor=false",
    # A file is unchanged only where all that is recorded of it agrees.
    "-c", "core.checkStat=default",
    "-c", "core.trustctime=true",
    "-c", "core.sshCommand=false",
    "-c", "core.pager=cat",
    "-c", "core.quotePath=false",
    "-c", "protocol.allow=never",
    "-c", "log.showSignature=false",
    "-c", "gc.auto=0",
    "-c", "maintenance.auto=false",
)  # fmt: skip
# Configuration keys of the repository itself whose value git would run.
_RUNS = re.compile(r"^(filter\..*\.(clean|smudge|process)|merge\..*\.driver)$", re.I | re.S)
_REQUIRED = re.compile(r"^filter\..*\.required$", re.I | re.S)
_USAGE = 129
_NEWER = "Install git 2.31 or later."


class GitError(Exception):
    """git could not answer: what was asked, and what it said. `diagnostics` is the advice for a person."""

    def __init__(self, message: str, diagnostics: str = "") -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


class GitMissing(GitError):
    """There is no usable git program on PATH."""


def find_tool(name: str, outside: Path) -> str | None:
    """The absolute path of a program on PATH that does not lie inside `outside` (the repository); None if none."""
    forbidden = outside.resolve()
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        if not folder or not Path(folder).is_absolute():
            continue
        found = shutil.which(name, path=folder)
        if found and not Path(found).resolve().is_relative_to(forbidden):
            return str(Path(found).absolute())
    return None


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """This process's environment without any `GIT_*` variable or passphrase, replace refs, grafts and prompts off."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "SHIPWORTHY_"))}
    env.update(
        GIT_NO_REPLACE_OBJECTS="1",
        GIT_GRAFT_FILE="/dev/null",
        GIT_TERMINAL_PROMPT="0",
        GIT_OPTIONAL_LOCKS="0",
        GIT_NO_LAZY_FETCH="1",
        # Unlike protocol.allow, no setting of the repository overrides it.
        GIT_ALLOW_PROTOCOL="none",
        LC_ALL="C",
        GIT_LITERAL_PATHSPECS="1",
    )
    env.update(extra or {})
    return env


def _late(name: str, timeout: float) -> GitError:
    return GitError(f"git {name} did not answer within {timeout:g} s")


def _failed(name: str, code: int, stderr: bytes) -> GitError:
    said = stderr.decode("utf-8", "replace").strip().splitlines()
    return GitError(f"git {name} failed ({code}): {said[-1] if said else 'no message'}")


def _memory() -> BinaryIO:
    """A file that is nowhere: what is written to it waits for nobody to read it, and comes back in one piece."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("git"), "w+b")
    return tempfile.TemporaryFile()


class Asked:
    """A call to git that is under way. Use it as a context: it ends with it."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], output: BinaryIO) -> None:
        self._name = name
        self._process = process
        self._output = output

    def __enter__(self) -> Asked:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._process.kill()
            self._process.communicate()
        self._output.close()

    def result(self) -> bytes:
        """Its standard output, once it has ended. Raises GitError where it fails or takes too long from now on."""
        try:
            _, stderr = self._process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired as error:
            raise _late(self._name, TIMEOUT) from error
        if self._process.returncode:
            raise _failed(self._name, self._process.returncode, stderr)
        self._output.seek(0)
        return self._output.read()


class Git:
    """git in one folder. Raises GitMissing when there is no git, GitError when a call fails."""

    def __init__(self, folder: Path, env: dict[str, str] | None = None) -> None:
        """`env`: variables for every call, beside the hardened environment."""
        self.folder = folder
        self._env = dict(env or {})
        program = find_tool("git", folder)
        if program is None:
            raise GitMissing("git was not found on PATH", "Install git, or check a folder outside version control.")
        self._base = [program, *_FIXED, "-c", f"safe.directory={folder.resolve()}"]
        self._base += ["-c", "safe.directory=*"]
        if any((each / ".git").exists() for each in folder.resolve().parents):
            # Files of a commit can look like a bare repository, with refs of the author's own making.
            self._base += ["-c", "safe.bareRepository=explicit"]
        self._neutral: dict[str, str] = {}
        self._neutral = self._neutralise()

    def _neutralise(self) -> dict[str, str]:
        """Variables that override every setting of the repository's own configuration that would run a program.

        Its own is also what it includes, and that of a linked work tree. Not `-c`: a name may hold an equals sign.
        """
        found = self._call(["config", "--list", "--name-only", "--show-scope", "-z"])
        fields = os.fsdecode(found.stdout).split("\0") if found.returncode == 0 else []
        override: dict[str, str] = {}
        for scope, name in zip(fields[::2], fields[1::2], strict=False):
            if scope in ("local", "worktree"):
                if _RUNS.match(name):
                    override[name] = ""
                elif _REQUIRED.match(name):
                    override[name] = "false"
        variables = {"GIT_CONFIG_COUNT": str(len(override))} if override else {}
        for number, (name, value) in enumerate(override.items()):
            variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
        # A git before 2.26 does not know the option, one before 2.31 not the variables.
        held = self._call(["config", "--get", next(iter(override))], env=variables).stdout if override else b""
        if found.returncode == _USAGE or held.strip() not in (b"", b"false"):
            raise GitMissing("this git cannot be kept from running programs that a repository names", _NEWER)
        return variables

    def _call(
        self,
        args: Sequence[str],
        *,
        stdin: bytes | None = None,
        timeout: float = TIMEOUT,
        env: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(
                self._command(args),
                cwd=self.folder,
                env=self._variables(env),
                input=stdin if stdin is not None else b"",
                capture_output=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise _late(args[0], timeout) from error
        except OSError as error:
            raise self._not_started(args, error) from error

    def _not_started(self, args: Sequence[str], error: OSError) -> GitError:
        return GitError(f"git {args[0]} could not start in {self.folder}: {error.strerror}")

    def _command(self, args: Sequence[str]) -> list[str]:
        # Diffs are the one output git lets the repository pipe through a program of its choice.
        guard = ("--no-ext-diff", "--no-textconv") if args[0] in ("diff", "log", "show", "diff-tree") else ()
        return [*self._base, args[0], *guard, *args[1:]]

    def _variables(self, env: dict[str, str] | None = None) -> dict[str, str]:
        return environment({**self._neutral, **self._env, **(env or {})})

    def ask(self, *args: str) -> Asked:
        """As `run`, but git works while the caller does something else. Raises GitError where it cannot start."""
        output = _memory()
        try:
            process = subprocess.Popen(
                self._command(args),
                cwd=self.folder,
                env=self._variables(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            output.close()
            raise self._not_started(args, error) from error
        return Asked(args[0], process, output)

    def start(self, *args: str) -> subprocess.Popen[bytes]:
        """`git ARGS` as a process that is talked to through pipes; whoever starts it ends it. Raises GitError."""
        try:
            return subprocess.Popen(
                self._command(args),
                cwd=self.folder,
                env=self._variables(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
        except OSError as error:
            raise self._not_started(args, error) from error

    def run(
        self,
        *args: str,
        stdin: bytes | None = None,
        timeout: float = TIMEOUT,
        env: dict[str, str] | None = None,
        ok: Iterable[int] = (0,),
    ) -> bytes:
        """Standard output of `git ARGS`. Raises GitError for an exit code outside `ok`."""
        done = self._call(args, stdin=stdin, timeout=timeout, env=env)
        if done.returncode not in ok:
            raise _failed(args[0], done.returncode, done.stderr)
        return done.stdout

    def text(self, *args: str, ok: Iterable[int] = (0,)) -> str:
        """Like `run`, stripped and decoded: in this order, as a folder's name may end in what Unicode calls a space."""
        return self.run(*args, ok=ok).strip().decode("utf-8", "surrogateescape")

    def answer(self, *args: str) -> str | None:
        """Like `text`, but None where git says no (exit code other than 0)."""
        done = self._call(args)
        return done.stdout.strip().decode("utf-8", "surrogateescape") if done.returncode == 0 else None
