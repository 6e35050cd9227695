"""Runs the program on the planted repository in a folder of its own; keeps what it says, writes, deletes, starts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.leaks.planted import plant, planted
from tests.leaks.searched import Search, contents, files_below, written
from tests.program import run_bytes


class Sandbox:
    """A home, folders for everything, the repository; and every line of output so far."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.home, self.tmp, self.grave = (base / name for name in ("home", "tmp", "grave"))
        for folder in (self.home, self.tmp, self.grave):
            folder.mkdir(parents=True)
        self.root = plant(base / "shop")
        made, files, held = planted()
        self.search = Search(made.values)
        texts = [each if isinstance(each, bytes) else each.encode() for each in files.values()]
        self.known = [*texts, held["old"].encode(), held["staged"].encode()]
        # git adds to its log of what HEAD was.
        self.known += [each.read_bytes() for each in files_below(self.root / ".git/logs")]
        self.before = contents(base)
        self.said: list[tuple[str, bytes]] = []
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "TMPDIR": str(self.tmp),
            "GIT_CONFIG_NOSYSTEM": "1",
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "SHIPWORTHY_PASSPHRASE": "correct horse battery",
        }

    def run(
        self,
        *args: str,
        typed: bytes = b"",
        before: Callable[[], None] | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run `shipworthy ARGS` in the repository; what it says is kept."""

        def prepare() -> None:
            self.watch()
            if before is not None:
                before()

        done = run_bytes(*args, cwd=cwd or self.root, env={**self.env, **(env or {})}, typed=typed, before=prepare)
        self.heard(" ".join(args), done.stdout, done.stderr)
        return done

    def heard(self, what: str, *said: bytes) -> None:
        """Keep what something said."""
        self.said += [(what, each) for each in said]

    def watch(self) -> None:
        """From here on in this process: keep what is deleted or replaced, and how other programs are started."""
        known, base, grave, ours = set(self.known), self.base, self.grave, set(self.before)
        count = 0

        def keep(data: bytes) -> None:
            nonlocal count
            if data in known:
                return
            count += 1
            descriptor = os.open(grave / f"{os.getpid()}-{count}", os.O_WRONLY | os.O_CREAT, 0o600)
            os.write(descriptor, data)
            os.close(descriptor)

        def content(name: Any, folder: Any) -> None:
            path = Path(os.fsdecode(name))
            if isinstance(folder, int) and folder >= 0:
                path = Path(f"/proc/self/fd/{folder}").readlink() / path
            if path.is_relative_to(base) and path not in ours and path.is_file() and not path.is_symlink():
                descriptor = os.open(path, os.O_RDONLY)
                keep(os.read(descriptor, 1 << 24))
                os.close(descriptor)

        def hook(event: str, args: tuple[Any, ...]) -> None:
            if event == "os.remove":
                content(args[0], args[1])
            elif event == "os.rename":
                content(args[1], args[3])
            elif event == "subprocess.Popen":
                keep(repr(args[1]).encode())

        sys.addaudithook(hook)

    def leaks(self) -> list[str]:
        """Every place where a part of a value came out."""
        out = [f"{what} said {each}" for what, said in self.said for each in self.search.found(said)]
        names = [
            f"a name: {path}"
            for path in files_below(self.base)
            if path not in self.before and self.search.line(os.fsencode(path))
        ]
        return [*out, *names, *written(self.search, self.base, self.before, self.known)]

    def look_again(self, folder: str) -> None:
        """Take what is below a folder of the repository now for what was there before: git of the test wrote it."""
        self.before.update(contents(self.root / folder))
