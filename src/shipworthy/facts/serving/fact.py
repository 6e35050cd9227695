"""How the app is served: start commands, debug settings in the code, health checks that something asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shipworthy.facts.base import Fact, FactReader
from shipworthy.facts.routes.fact import DebugSwitch
from shipworthy.model import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A program that is run in the end: without wrappers, shells and scripts around it."""

    command: str
    """Its words, with a space between, secrets masked."""
    location: Location
    variables: tuple[tuple[str, str], ...] = ()
    """What is set for it on its own line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A command that starts the app where it is deployed, scripts of the repository followed."""

    command: str
    """As written, its secrets masked."""
    location: Location
    source: str
    """What names it, in words: "Dockerfile CMD", "Procfile web", "package.json start"."""
    folder: str
    """The folder it starts in: tells the component."""
    chain: tuple[Location, ...] = ()
    """The script lines it goes through."""
    runs: tuple[Run, ...] = ()
    opaque: tuple[str, ...] = ()
    """What of it could not be followed, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A debug setting in code or in a deployed environment."""

    what: str
    """As written, without any value but the switch itself: `DEBUG = True`."""
    on: bool | None
    """Whether debug is on unless something turns it off; None where that is only known at run time."""
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Code that answers requests without a framework we read."""

    what: str
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRoute:
    """A route for health checks in code whose routes are not read otherwise."""

    path: str
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthUse:
    """Something that asks for the app's health."""

    path: str | None
    """The path it asks for; None where a program decides that."""
    location: Location
    source: str
    """In words: "Dockerfile HEALTHCHECK", "fly.toml check"."""
    own: bool = True
    """False where it belongs to an image that may be another program: only the exact path tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """A page for developers or administrators that is opened by configuration."""

    what: str
    location: Location
    certain: bool
    """False where it may be meant for development only."""


@dataclass(frozen=True, kw_only=True)
class Serving(Fact):
    """Everything about serving that is not a route."""

    starts: tuple[Start, ...] = ()
    settings: tuple[Setting, ...] = ()
    listeners: tuple[Listener, ...] = ()
    debug_runs: tuple[DebugSwitch, ...] = ()
    """Calls that start an app in debug mode, by their text: also where the app was not understood."""
    health_routes: tuple[HealthRoute, ...] = ()
    health_uses: tuple[HealthUse, ...] = ()
    surfaces: tuple[Surface, ...] = ()
    mentions: tuple[Location, ...] = ()
    """Code that speaks of health without being a health route that is read here."""
    picked: bool = False
    """Whether a deployed variable picks a configuration that is not for development."""
    foreign: tuple[tuple[str, str], ...] = ()
    """(language, path) of code in languages that are not read at all and that the stack does not name."""

    @classmethod
    def reader(cls) -> FactReader[Any]:
        from shipworthy.facts.serving.reader import ServingReader

        return ServingReader()
