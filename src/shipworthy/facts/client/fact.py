"""What people's browsers and phones are sent, and every place where a server's key gets into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from shipworthy.facts.base import Fact, FactReader
from shipworthy.facts.client.names import Meant
from shipworthy.model import Location


class How(StrEnum):
    """The ways a value gets to everybody."""

    READ_BY_PREFIX = "read-by-prefix"
    """Code reads a setting whose prefix puts it into the bundle."""
    SET_BY_PREFIX = "set-by-prefix"
    """A file gives such a setting a value, or tells people to."""
    CONFIGURED = "configured"
    """The configuration of a bundler, framework or app puts it in."""
    WHOLE = "whole"
    """The configuration puts the whole environment in."""
    INLINED = "inlined"
    """Client code names a setting, and its bundler puts in whatever is named."""
    UNREACHED = "unreached"
    """Client code names a server's setting that its bundler does not put in: it is undefined in the browser."""
    WRITTEN = "written"
    """A template writes it into the page."""
    CARRIED = "carried"
    """Server code hands it to the client: as a component's property, in props, in an answer."""
    LITERAL = "literal"
    """The secret itself stands in a file that is sent."""
    BUILT = "built"
    """The secret itself stands in built output, or in a source map of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One thing that is sent to browsers or installed on phones."""

    root: str
    """Its folder; "." for the repository."""
    framework: str
    """As its makers write it ("next", "vite"); "page" for pages and templates without one, "android", "ios"."""
    location: Location
    """What says so."""
    files: int = 0
    """Its files that reach the client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """One setting or secret on its way to everybody."""

    name: str
    """The setting's name or, of a literal, what it is in words."""
    how: How
    meant: Meant
    location: Location
    by: str = ""
    """What puts it there, in words: "`define`", "dotenv-webpack"."""
    reached: bool = True
    """Client code is known to use it."""
    identity: str = ""
    """Of a literal: its fingerprint."""
    related: tuple[Location, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse:
    """Client code hands a key to a library that acts with a server's key."""

    provider: str
    source: str
    """env, literal, given (a person or caller hands it in), other, none (no key is given)."""
    name: str
    """Of `env`: the setting."""
    in_bundle: bool
    """Of `env`: the setting is put into the bundle."""
    admitted: bool
    """The code says that it is to work in browsers (`dangerouslyAllowBrowser`)."""
    location: Location


@dataclass(frozen=True, kw_only=True)
class Client(Fact):
    """The apps in path order, and what reaches them. Constructs that could not be followed are gaps."""

    apps: tuple[App, ...] = ()
    exposures: tuple[Exposure, ...] = ()
    key_uses: tuple[KeyUse, ...] = ()
    public: Mapping[str, Location] = field(default_factory=dict)
    """Settings that reach the client and are meant to, with one place each."""
    scripts: int = 0
    """Code files looked at."""
    built: tuple[str, ...] = ()
    """Folders of built output that are in the repository."""
    maps: int = 0
    """Source maps whose sources were looked at."""

    @classmethod
    def reader(cls) -> FactReader[Any]:
        from shipworthy.facts.client.reader import ClientReader

        return ClientReader()
