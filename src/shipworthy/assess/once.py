"""One whole examination in a fresh child process, without the cache: what is signed must not rest on a memory."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from shipworthy.assess.client import child_command, child_environment
from shipworthy.assess.events import Done, Event, Failed
from shipworthy.assess.wire import Command, WireError, load


def examine_afresh(root: Path, consent: Iterable[str], apply: Callable[[Event], None]) -> None:
    """Examine `root` and hand every event to `apply`; it blocks until the end. Raises OSError.

    An answer that breaks off ends with a Failed of its own.
    """
    with subprocess.Popen(
        child_command(root),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=child_environment(),
        start_new_session=True,
    ) as child:
        assert child.stdin is not None  # noqa: S101 - asked for above
        assert child.stdout is not None  # noqa: S101 - asked for above
        try:
            child.stdin.write(Command(do="run", consent=tuple(sorted(consent)), fresh=True).dump())
            child.stdin.flush()
            for line in child.stdout:
                event = load(line)
                apply(event)
                if isinstance(event, Done | Failed):
                    return
            apply(Failed(message="the examination process ended early", diagnostics="Try again, and report it."))
        except (WireError, BrokenPipeError) as error:
            apply(Failed(message=f"the examination process failed: {error}", diagnostics="Try again, and report it."))
        finally:
            child.kill()
