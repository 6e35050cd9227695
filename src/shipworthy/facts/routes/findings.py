"""What evaluating the code found, in a shape that can be cached without the components, which other files decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, fields
from typing import Any

from shipworthy.facts.base import Gap
from shipworthy.facts.routes.fact import App, DebugSwitch, Route

_ROUTE = tuple(each.name for each in fields(Route))
_APP = tuple(each.name for each in fields(App))
_SWITCH = tuple(each.name for each in fields(DebugSwitch))


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Routes, apps, routers that nothing includes, gaps, and the server frameworks each file imports."""

    imports: Mapping[str, list[str]]
    routes: tuple[Route, ...]
    apps: tuple[App, ...]
    unserved: tuple[str, ...]
    gaps: tuple[Gap, ...]

    def plain(self) -> dict[str, Any]:
        """As JSON values; `of` is the inverse."""
        return {
            "imports": dict(self.imports),
            "routes": [[getattr(route, name) for name in _ROUTE] for route in self.routes],
            "apps": [astuple(app) for app in self.apps],
            "unserved": list(self.unserved),
            "gaps": [[gap.path, gap.reason, gap.line] for gap in self.gaps],
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any], place: Callable[[str], str]) -> Findings:
        """From `plain()`, whether it went through JSON or not; `place` gives the component of a file."""
        return cls(
            imports=plain["imports"],
            routes=tuple(_route(row, place) for row in plain["routes"]),
            apps=tuple(_app(row, place) for row in plain["apps"]),
            unserved=tuple(plain["unserved"]),
            gaps=tuple(Gap(path=path, reason=reason, line=line) for path, reason, line in plain["gaps"]),
        )


def _route(row: list[Any], place: Callable[[str], str]) -> Route:
    given = dict(zip(_ROUTE, row, strict=True))
    if given["registered"] is not None:
        given["registered"] = tuple(given["registered"])
    given["component"] = place(given["file"])
    return Route(**given)


def _app(row: list[Any], place: Callable[[str], str]) -> App:
    given = dict(zip(_APP, row, strict=True))
    given["debug"] = tuple(DebugSwitch(**dict(zip(_SWITCH, each, strict=True))) for each in given["debug"])
    given["docs"] = tuple(given["docs"])
    given["component"] = place(given["file"])
    return App(**given)
