"""The settings of a project: each place where one is read, and each place where one is listed or provided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shipworthy.facts.base import Fact, FactReader
from shipworthy.model import Location


class Default(StrEnum):
    """What happens when a setting is absent. The value itself is not kept: it may be a secret."""

    NONE = "none"
    """Nothing stands in: the setting is required."""
    EMPTY = "empty"
    """None, "", false or an empty collection."""
    TEXT = "text"
    PLACEHOLDER = "placeholder"
    """A stand-in such as "change-me"."""
    ADDRESS = "address"
    """Where a service is or a file lies, and nothing that lets anybody in: "sqlite://", "redis://cache:6379"."""
    LOCALHOST = "localhost"
    """An address of this very machine."""
    MACHINE_PATH = "machine-path"
    """A path that exists on one person's computer."""
    COMPUTED = "computed"
    """An expression."""
    STORED = "stored"
    """Not the value: the place of a store that holds it ("op://…"), or the value encrypted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRead:
    """One place where code reads a setting."""

    name: str | None
    """None where the name is computed: it could be any."""
    how: str
    """The form: "os.environ[]", "process.env", "pydantic", "zod", …"""
    location: Location
    default: Default
    secret: bool
    """Its name is that of a secret."""
    test: bool = False
    """Read by test code or its tools only."""

    @property
    def required(self) -> bool:
        return self.default is Default.NONE


class ListingKind(StrEnum):
    """What kind of file names settings."""

    EXAMPLE = "example"
    ENV_FILE = "env-file"
    SETTINGS_JSON = "settings-json"
    """Settings in JSON with secrets of a machine or of production: of Azure Functions, ASP.NET Core, env-cmd."""
    COMPOSE = "compose"
    DOCKER = "docker"
    CI = "ci"
    PLATFORM = "platform"
    KUBERNETES = "kubernetes"
    TERRAFORM = "terraform"
    DOCS = "docs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One `NAME=value` line of an env file; the value is not kept."""

    name: str
    line: int
    default: Default
    secret: bool
    stand_in: bool = True
    """No secret of anybody's: a placeholder, a word such as "postgres", or a setting that is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingListing:
    """One file that names settings."""

    path: str
    kind: ListingKind
    tracked: bool
    names: frozenset[str]
    assignments: tuple[Assignment, ...] = ()
    """Of env files, their examples and settings in JSON."""
    sealed: bool = False
    """Encrypted, as a whole or every secret in it."""
    unread: bool = False
    """An env file by its name, and neither text nor known ciphertext."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreUse:
    """One place that takes secrets from a managed store."""

    kind: str
    """In words: "AWS Secrets Manager", "keyring", "Kubernetes secret"."""
    location: Location
    build_only: bool = False
    """Used by CI or while an image is built, not by the running app."""
    name: str = ""
    """The one setting it gives; "" where the place names none."""


class WrittenIn(StrEnum):
    """What kind of file gives a secret setting its value outright."""

    KUBERNETES = "kubernetes-secret"
    """A `Secret` manifest: its base64 is an encoding, no protection."""
    MANIFEST = "manifest"
    """The environment of a service in a platform's or Kubernetes file."""
    COMPOSE = "compose"
    IMAGE = "image"
    """`ENV` of the stage that is shipped."""
    BUILD = "build"
    """`ARG`, or `ENV` of a stage that is not shipped."""
    TERRAFORM = "terraform"
    ANSIBLE = "ansible"
    HELM = "helm-values"
    UNIT = "service-unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSecret:
    """A secret-named setting whose value stands in a deployment file; the value is not kept."""

    name: str
    location: Location
    where: WrittenIn
    stand_in: bool
    """A placeholder, or a word such as "postgres" that a person would type on their own machine."""
    aside: bool
    """In a file for tests, documentation or development, by its path."""
    database: bool = False
    """Given to an image of a database or a queue, which wants a password to start at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFile:
    """An env file, or a service account's key, that code or a compose file loads by a name of its own."""

    name: str
    location: Location
    above: int | None
    """How many folders above that of the loading file the name starts; None: where the program is started."""


@dataclass(frozen=True, kw_only=True)
class Settings(Fact):
    """Reads and listings in path order. Computed names are rows without a name, not gaps."""

    reads: tuple[SettingRead, ...] = ()
    listings: tuple[SettingListing, ...] = ()
    stores: tuple[StoreUse, ...] = ()
    written: tuple[WrittenSecret, ...] = ()
    """Secrets in deployment files, in path order."""
    cloud_keys: tuple[StoreUse, ...] = ()
    """Long-lived keys of a cloud that the pipeline logs in with."""
    handed: tuple[StoreUse, ...] = ()
    """Secrets that a build argument puts into a shipped image."""
    unread: tuple[str, ...] = ()
    """Languages of code files that are not read for settings."""
    files: int = 0
    """Code files looked at."""
    loads_env_files: tuple[Location, ...] = ()
    """Where code or a manifest loads a `.env` file."""
    loaded: tuple[LoadedFile, ...] = ()
    """Env files loaded by name, in path order, without those that only tests load."""

    @classmethod
    def reader(cls) -> FactReader[Any]:
        from shipworthy.facts.settings.reader import SettingsReader

        return SettingsReader()

    def own_reads(self) -> tuple[SettingRead, ...]:
        """The reads of the app itself, without tests."""
        return tuple(read for read in self.reads if not read.test)

    def named(self) -> dict[str, list[SettingRead]]:
        """The app's reads by name, names in order; computed ones are left out."""
        found: dict[str, list[SettingRead]] = {}
        for read in self.own_reads():
            if read.name is not None:
                found.setdefault(read.name, []).append(read)
        return dict(sorted(found.items()))

    def stores_of(self, name: str) -> tuple[StoreUse, ...]:
        """The places that say which store gives the running app this setting."""
        return tuple(use for use in self.stores if use.name == name and not use.build_only)

    def listed_in(self, name: str, kinds: Iterable[ListingKind] | None = None) -> tuple[str, ...]:
        """The files that name a setting for everybody: all but env files of this machine alone."""
        wanted = None if kinds is None else set(kinds)
        return tuple(
            each.path
            for each in self.listings
            if name in each.names
            and (each.tracked or each.kind is not ListingKind.ENV_FILE)
            and (wanted is None or each.kind in wanted)
        )


def inventory(settings: Settings) -> list[dict[str, object]]:
    """`shipworthy facts env`: one row a place where a setting is read, in path order.

    Keys: name (None where it is computed), file, line, how, default (a `Default`), required, secret, test, listed (the
    files that name it), stores (where the files say the value comes from).
    """
    return [
        {
            "name": read.name,
            "file": read.location.path,
            "line": read.location.line,
            "how": read.how,
            "default": str(read.default),
            "required": read.required,
            "secret": read.secret,
            "test": read.test,
            "listed": list(settings.listed_in(read.name)) if read.name else [],
            "stores": sorted({use.kind for use in settings.stores_of(read.name)}) if read.name else [],
        }
        for read in settings.reads
    ]
