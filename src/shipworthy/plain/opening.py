"""Opens the line mode on this process's own terminal."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from shipworthy.coaching.stand_ins import needs_ascii
from shipworthy.plain.conversation import Conversation
from shipworthy.plain.examining import examiner
from shipworthy.plain.talk import Talk, Unseen

MAX_TYPED = 65_536
"""Bytes of one typed line."""


def _write(text: str) -> None:
    data = text.encode(sys.stdout.encoding or "ascii", "backslashreplace")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
    except OSError:
        # The terminal is gone, and Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)


def _read() -> str | None:
    # Not `input`, which edits the line by moving the cursor about as soon as readline is loaded.
    try:
        raw = sys.stdin.buffer.readline(MAX_TYPED)
    except OSError:
        # The terminal is gone.
        return None
    return raw.decode(sys.stdin.encoding or "utf-8", "replace") if raw else None


def _unseen(question: str) -> str | None:
    """Raises Unseen where the terminal would show what is typed."""
    import getpass
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(question)
        except getpass.GetPassWarning:
            raise Unseen from None
        except EOFError:
            return None


def _edit(command: Sequence[str], folder: Path) -> int:
    # Ctrl-C typed there is the editor's. A handler, unlike SIG_IGN, is not handed on to it.
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        return subprocess.run(command, cwd=folder, check=False).returncode
    finally:
        signal.signal(signal.SIGINT, before)


def converse(root: Path, *, ascii_only: bool | None = None) -> int:
    """Talk about a repository until the person leaves; the exit code. Raises SessionError, like `Session`."""
    from shipworthy.session import Session

    if ascii_only is None:
        ascii_only = needs_ascii(sys.stdout.encoding, os.environ)
    session = Session(root)
    talk = Talk(
        _write, _read, _unseen, width=lambda: shutil.get_terminal_size().columns, ascii_only=ascii_only
    )  # fmt: skip
    talking = Conversation(session, examiner(root, session), talk, environ=os.environ, editor=_edit)
    return talking.run()
