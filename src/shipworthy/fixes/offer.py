"""What a person is shown before they say yes: the fix with its masked diff, or why there is none."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from shipworthy.assess.client import child_environment
from shipworthy.fixes.model import Fix, FixError, NoFix
from shipworthy.fixes.wire import load

SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A fix and the lines of its diff, each safe to show."""

    fix: Fix
    diff: tuple[str, ...]


def offer(root: Path, item: str) -> Offer | NoFix:
    """Made in a process of its own, because reading a repository keeps a screen from drawing. Raises FixError."""
    command = [sys.executable, "-P", "-X", "utf8", "-m", "shipworthy.fixes.child", str(root.absolute()), item]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Outside the repository, so that nothing planted there is found by a relative name.
            cwd="/",
            env=child_environment(),
            timeout=SECONDS,
            check=False,
            start_new_session=True,
        )
        found = json.loads(done.stdout)
        if "error" in found:
            raise FixError(str(found["error"]), str(found["advice"]))
        if "why" in found:
            return NoFix(item=item, why=str(found["why"]))
        return Offer(fix=load(found["fix"]), diff=tuple(str(each) for each in found["diff"]))
    except subprocess.TimeoutExpired as error:
        raise FixError("looking for a fix took too long", "Try shipworthy fix on the command line.") from error
    except OSError as error:
        raise FixError(f"looking for a fix could not be started: {error.strerror}", "Try again.") from error
    except (KeyError, TypeError, ValueError) as error:
        raise FixError("looking for a fix ended early", "Try again, and report it.") from error
