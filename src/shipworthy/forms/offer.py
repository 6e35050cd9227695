"""What a screen opens a form with: its answers and the rows found in the code, from a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from shipworthy.assess.client import child_environment
from shipworthy.facts.forms import Form, FormError
from shipworthy.forms.child import load
from shipworthy.forms.prefill import Filled

SECONDS = 600.0


def prefilled(root: Path, form: Form) -> Filled:
    """As `prefill`, in another process, because reading a repository keeps a screen from drawing. Raises FormError."""
    command = [sys.executable, "-P", "-X", "utf8", "-m", "shipworthy.forms.child", str(root.absolute()), form.id]
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
            raise FormError(str(found["error"]), str(found["advice"]))
        return load(found)
    except subprocess.TimeoutExpired as error:
        raise FormError("looking at the code took too long", "Try shipworthy form on the command line.") from error
    except OSError as error:
        raise FormError(f"looking at the code could not be started: {error.strerror}", "Try again.") from error
    except (KeyError, TypeError, ValueError) as error:
        raise FormError("looking at the code ended early", "Try again, and report it.") from error
