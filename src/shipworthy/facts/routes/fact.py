"""What the repository answers over a network: every route with method, full path, and what protects it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shipworthy.facts.base import Fact, FactReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One entry point. `line` is where it is declared: its decorator, or its handler."""

    method: str
    """"GET", …, "ANY", or "WEBSOCKET"."""
    path: str | None
    """The full path as the framework writes it; None where part of it is only known while running."""
    file: str
    line: int
    handler: str
    protected: bool | None
    """Whether it demands a verified identity; None where that could not be told."""
    mechanism: str
    """What protects it, or why that could not be told: `Depends(get_user) via include_router at main.py:31`."""
    framework: str
    component: str = "."
    registered: tuple[str, int] | None = None
    """File and line that put it on the app, where that is elsewhere."""

    @property
    def name(self) -> str:
        """`GET /users/{id}`; stable while lines move."""
        return f"{self.method} {self.path}" if self.path is not None else f"{self.method} ? ({self.handler})"


@dataclass(frozen=True, slots=True, kw_only=True)
class DebugSwitch:
    """A place that sets an app's debug mode or automatic reload."""

    on: bool | None
    """None where a setting decides whose value is not known here."""
    what: str
    """As written: `app.run(debug=True)`."""
    file: str
    line: int
    in_main: bool = False
    """Inside `if __name__ == "__main__"`: counts only when this file itself is started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An app object of a framework, and the surfaces it opens by itself."""

    framework: str
    file: str
    line: int
    component: str = "."
    debug: tuple[DebugSwitch, ...] = ()
    docs: tuple[str, ...] = ()
    """Addresses of API documentation that it serves unless told not to."""


@dataclass(frozen=True, kw_only=True)
class Routes(Fact):
    """All routes in path order, the apps they hang on, and the frameworks whose routes were read."""

    routes: tuple[Route, ...] = ()
    apps: tuple[App, ...] = ()
    frameworks: tuple[tuple[str, str], ...] = ()
    """(framework, component root) of every server framework seen, read or not."""
    unserved: tuple[str, ...] = ()
    """Routers that nothing includes, as `file:line`: their routes are not part of the inventory."""

    @classmethod
    def reader(cls) -> FactReader[Any]:
        from shipworthy.facts.routes.reader import RoutesReader

        return RoutesReader()


def inventory(fact: Routes) -> list[dict[str, Any]]:
    """The routes as `shipworthy facts routes` prints them, one dict each; null means "could not tell"."""
    return [
        {
            "method": "ANY" if route.method == "WEBSOCKET" else route.method,
            "path": route.path,
            "file": route.file,
            "line": route.line,
            "handler": route.handler,
            "protected": route.protected,
            "mechanism": route.mechanism,
            "framework": route.framework,
        }
        for route in fact.routes
    ]
