"""Commits with anything at any path, made from raw objects, and the real command run on them."""

from __future__ import annotations

import os
import resource
import subprocess
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from tests import program
from tests.support import git

MORE_MEMORY = 900 * 2**20
HANGS = 60
"""Seconds after which a decision counts as a hang; no measurement."""
Row = tuple[str, bytes | str]
"""A mode and what lies there: bytes of a file or link, or the id of an object that exists."""


def stored(folder: Path, data: bytes, kind: str = "blob") -> str:
    """The id of new object."""
    done = subprocess.run(
        ["git", "-c", "core.compression=1", "hash-object", "-w", "-t", kind, "--literally", "--stdin"],
        cwd=folder, input=data, capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout.decode().strip()


def commit_of(folder: Path, rows: Mapping[str, Row | None]) -> str:
    """A commit like HEAD with these rows in its tree (None: gone). Index and work tree stay as they are."""
    index = folder / ".git/hostile-index"
    env = {**os.environ, "GIT_INDEX_FILE": str(index)}

    def run(*args: str, stdin: bytes = b"") -> str:
        return subprocess.run(
            ["git", *args], cwd=folder, env=env, input=stdin, check=True, capture_output=True
        ).stdout.decode().strip()  # fmt: skip

    run("read-tree", "HEAD")
    lines = b""
    for path, row in rows.items():
        mode, what = row or ("0", "0" * 40)
        oid = stored(folder, what) if isinstance(what, bytes) else what
        lines += f"{mode} {oid}\t".encode() + os.fsencode(path) + b"\0"
    run("update-index", "-z", "--index-info", stdin=lines)
    tree = run("write-tree", "--missing-ok")
    return git(folder, "commit-tree", "-p", "HEAD", "-m", "hostile", tree)


def verify(folder: Path, trust: str, commit: str, *more: str) -> subprocess.CompletedProcess[bytes]:
    """`shipworthy verify`, in a process of its own that gets less than a gigabyte of memory."""

    def bounded() -> None:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + MORE_MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))

    arguments = ("verify", str(folder), "--trust", trust, "--at", commit, *more)
    return program.run_bytes(*arguments, timeout=HANGS, before=bounded)


def clean(output: bytes) -> str:
    """The output as text, once it is sure that it cannot speak to a terminal or to CI."""
    text = output.decode("utf-8")
    odd = [hex(ord(each)) for each in text if each != "\n" and unicodedata.category(each) in ("Cc", "Cf", "Zl", "Zp")]
    assert odd == [], ascii(text)
    assert not any(line.lstrip().startswith(("::", "##")) for line in text.splitlines())
    assert "Traceback" not in text
    assert "a bug" not in text
    return text
