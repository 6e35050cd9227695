"""The context of a real run: this machine's clock, home and environment, read here and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.facts import Context
from shipworthy.home import home

if TYPE_CHECKING:
    from shipworthy.sources.hosts.model import Asker


def state_dir(home: Path) -> Path:
    """The user's state folder for shipworthy (XDG base directory specification)."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return (Path(base) if base.startswith("/") else home / ".local" / "state") / "shipworthy"


def default_context(
    allow: frozenset[str] = frozenset(),
    consent: Callable[[str, str], bool] | None = None,
    ask_host: Asker | None = None,
) -> Context:
    """The context of a real run: this clock, home and environment. `allow` names commands a person said yes to.

    `ask_host` asks the code host; only where a person asked for that.
    """
    from shipworthy.assess.cache import cache_dir

    return Context(
        now=datetime.now(UTC),
        home=home(),
        state_dir=state_dir(home()),
        environment=dict(os.environ),
        run_consent=consent or (lambda command, why: command in allow),
        ask_host=ask_host,
        host_dir=cache_dir(os.environ, home()),
    )
