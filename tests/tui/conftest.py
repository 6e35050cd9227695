"""What every test of the screen needs: a quick clock for waiting, and no trace of the terminal that runs the tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet


@pytest.fixture(autouse=True, scope="session")
def parsed_once() -> Iterator[None]:
    """Textual parses the same style sheets anew for each app, which is a good part of what opening one costs."""
    real, parsed = Stylesheet._parse_rules, dict[Any, list[RuleSet]]()

    def once(self: Stylesheet, css: str, *more: Any, **options: Any) -> list[RuleSet]:
        asked = (css, more, *sorted(options.items()), *sorted(self._variables.items()))
        if asked not in parsed:
            parsed[asked] = real(self, css, *more, **options)
        return parsed[asked]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", once)
        yield


@pytest.fixture(autouse=True)
def quick_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Textual's pilot looks every 20 ms whether the app is idle; looking more often finds out sooner."""
    monkeypatch.setattr("textual._wait.SLEEP_GRANULARITY", 0.004)
    monkeypatch.setattr("textual._wait.SLEEP_IDLE", 0.0004)


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither an editor nor a clipboard of this machine."""
    for name in ("EDITOR", "VISUAL", "TEXTUAL", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr("shipworthy.tui.terminal.CLIPBOARDS", ())
