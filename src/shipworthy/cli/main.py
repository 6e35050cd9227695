"""The entry point of the `shipworthy` program: the coach at once where nothing was asked, else the command named."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import NoReturn

from shipworthy.cli.safe_path import leave_out_the_repository

leave_out_the_repository()

INTERRUPTED = 130
BUG = 4
"""Exit code for a failure of ours: never 0, and for `verify` it means "could not evaluate"."""
_MANY, _ROUNDS = 100_000, 20
"""A command makes objects by the hundred thousand that live as long as it does: looking through them for garbage as
often as Python does took a thirtieth of its time."""


def _run() -> int | str | None:
    # What the shell's completion asks for comes in this variable, without arguments.
    if len(sys.argv) == 1 and "_SHIPWORTHY_COMPLETE" not in os.environ:
        # Without click, which costs a tenth of the way to the coach's first picture.
        from shipworthy.cli.opening import coach

        return coach(None)
    from shipworthy.cli.group import run

    gc.set_threshold(_MANY, _ROUNDS, _ROUNDS)
    return run()


def main() -> None:
    """Run the program. Exit 130 on an interrupt, 4 on a bug of ours."""
    try:
        sys.exit(_run())
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        from shipworthy.bugs import bug

        # No traceback: its lines and values come from the repository and may hold a secret.
        sys.stderr.write(f"shipworthy: {bug('this command', error)}\n")
        sys.exit(BUG)


def program() -> NoReturn:
    """As `main`, for a process of its own: once all is written and said, it does not tidy up its memory."""
    left: list[int] = []
    # What is registered first is called last: by then no thread runs and whatever else is to be done at the end is.
    atexit.register(_leave, left)
    try:
        main()
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            left.append(ended.code or 0)
        raise
    raise AssertionError("the program ended without an exit code")


def _leave(left: list[int]) -> None:
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        return  # Python's own way out says what becomes of it
    if left:
        os._exit(left[0])
