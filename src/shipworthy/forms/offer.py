"""What a screen opens a form with: its answers and the rows found in the code, from a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

from shipworthy.assess.client import child_environment
from shipworthy.facts.forms import Form, FormError
from shipworthy.forms.child import load
from shipworthy.forms.prefill import Filled
from shipworthy.forms.rotated import unread

SECONDS = 600.0
ROTATION_SECONDS = 60.0
LOOK_SECONDS = 0.1
"""How often it is looked whether anybody still waits."""


def prefilled(root: Path, form: Form, stop: Event | None = None) -> Filled:
    """As `prefill`, in another process, because reading a repository keeps a screen from drawing. Raises FormError.

    That process is ended once `stop` is set.
    """
    try:
        return load(_found(root, form, (), stop or Event(), SECONDS))
    except TimeoutError as error:
        raise FormError(str(error), "Try shipworthy form on the command line.") from error
    except (KeyError, TypeError, ValueError) as error:
        raise FormError("looking at the code ended early", "Try again, and report it.") from error


def rotations_count(root: Path, form: Form, days: Iterable[tuple[str, date]]) -> str:
    """Raises FormError where a rotation, by its fingerprint, would not count for its day; in another process, too.

    What could not be read to tell, as a sentence: it is no reason to keep what was answered from being saved.
    """
    try:
        found = _found(root, form, [f"{each}={day}" for each, day in days], Event(), ROTATION_SECONDS)
        return str(found["unread"])
    except TimeoutError as error:
        return unread(str(error))
    except (KeyError, TypeError, ValueError):
        return unread("looking at it ended early")


def _found(root: Path, form: Form, more: Sequence[str], stop: Event, seconds: float) -> dict[str, Any]:
    """What the process prints. Raises FormError, TimeoutError, TypeError, ValueError."""
    command = [sys.executable, "-P", "-X", "utf8", "-m", "shipworthy.forms.child", str(root.absolute()), form.id, *more]
    try:
        found = json.loads(_answer(command, stop, seconds))
    except TimeoutError:
        raise
    except OSError as error:
        raise FormError(f"looking at the code could not be started: {error.strerror}", "Try again.") from error
    if "error" in found:
        raise FormError(str(found["error"]), str(found["advice"]))
    return dict(found)


def _answer(command: list[str], stop: Event, seconds: float) -> bytes:
    """Raises OSError, TimeoutError."""
    until = monotonic() + seconds
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # Outside the repository, so that nothing planted there is found by a relative name.
        cwd="/",
        env=child_environment(),
        start_new_session=True,
    ) as child:
        try:
            while True:
                try:
                    return child.communicate(timeout=LOOK_SECONDS)[0]
                except subprocess.TimeoutExpired:
                    if stop.is_set():
                        raise TimeoutError("looking at the code was stopped") from None
                    if monotonic() > until:
                        raise TimeoutError("looking at the code took too long") from None
        finally:
            if child.poll() is None:
                child.kill()
