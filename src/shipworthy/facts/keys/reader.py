"""Joins what code, examples, workflows, deployment files and clients tell of each key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from shipworthy.facts.base import FactReader, Facts, View
from shipworthy.facts.keys.clients import ClientCalls, clients
from shipworthy.facts.keys.deployed import DeployedKeys, other_ci
from shipworthy.facts.keys.model import Kept, Key, Keys
from shipworthy.facts.keys.names import provider_of, public_key, scope_of, secret, switch
from shipworthy.facts.keys.pipeline_keys import PipelineKeys
from shipworthy.facts.settings import ListingKind, Settings
from shipworthy.facts.settings.env_names import plain
from shipworthy.facts.settings.names import secret_name
from shipworthy.model import Location
from shipworthy.project import is_test_path

GITHUB = "GitHub Actions secret"
IN_THE_FILE = "the file itself"
"""Of a key whose value stands in a deployment file."""
_WORKFLOW = re.compile(r"\.github/workflows/")
"""What workflows ask for is told by `PipelineKeys`, line by line."""
_HELD = {ListingKind.ENV_FILE, ListingKind.SETTINGS_JSON}
_ASIDE = re.compile(r"(?:^|/)(?:docs?|documentation|examples?|samples?|benchmarks?|e2e|cypress|playwright)/")


class _Told:
    """What was found of one key so far."""

    def __init__(self) -> None:
        self.provider: str | None = None
        self.reads: list[Location] = []
        self.kept: list[Kept] = []
        self.ci: list[Location] = []
        self.named: list[Location] = []

    def key(self, name: str) -> Key:
        return Key(
            name=name,
            provider=self.provider or provider_of(name),
            scope=scope_of(name),
            reads=_once(self.reads),
            kept=tuple(dict.fromkeys(self.kept)),
            ci=_once(self.ci),
            named=_once(self.named),
        )


def _once(places: list[Location]) -> tuple[Location, ...]:
    return tuple(sorted(set(places), key=lambda each: (each.path or "", each.line or 0)))


class KeysReader(FactReader[Keys]):
    """A key is what has a secret's name, what a workflow asks for as one, or what a client looks for by itself."""

    needs = (Settings, PipelineKeys)

    def __init__(self) -> None:
        self._calls = ClientCalls()
        self._deployed = DeployedKeys()
        self.analysers = (self._calls, self._deployed)

    def read(self, view: View, facts: Facts) -> Keys:
        settings, pipeline = facts[Settings], facts[PipelineKeys]
        told: dict[str, _Told] = {}
        for name, reads in settings.named().items():
            if not switch(name) and (any(each.secret for each in reads) or secret(name) or public_key(name)):
                told.setdefault(name, _Told()).reads += [each.location for each in reads]
        for name, place in _in_env_files(settings):
            told.setdefault(name, _Told()).named.append(place)
        for name, place in pipeline.asked:
            found = told.setdefault(name, _Told())
            found.ci.append(place)
            if not any(each.kind == GITHUB for each in found.kept):
                found.kept.append(Kept(kind=GITHUB, location=place))
        for path, rows in sorted(view.records(self._deployed).items()):
            asked = other_ci(view.project.files[path])
            for name, line in rows or ():
                found = told.setdefault(name, _Told())
                (found.ci if asked else found.named).append(Location(path=path, line=line))
        for use in settings.stores:
            # A store may hand out plain settings too: without a secret's name it is none, unless it is known as one.
            if _WORKFLOW.match(use.location.path or ""):
                continue
            if use.name and (use.name in told or secret(use.name) or secret_name(use.name)):
                told.setdefault(use.name, _Told()).kept.append(Kept(kind=use.kind, location=use.location))
        for each in settings.written:
            if not each.aside:
                told.setdefault(each.name, _Told()).kept.append(Kept(kind=IN_THE_FILE, location=each.location))
        for number, place in _made(view.records(self._calls)):
            client = clients()[number]
            name = next((each for each in client.keys if each in told), client.keys[0])
            found = told.setdefault(name, _Told())
            found.reads.append(place)
            found.provider = found.provider or client.provider or None
        return Keys(
            keys=tuple(told[name].key(name) for name in sorted(told)),
            files=settings.files,
            computed=(*(each.location for each in settings.own_reads() if each.name is None), *pipeline.computed),
            read=tuple(view.seen),
            gaps=tuple(view.gaps),
        )


def _in_env_files(settings: Settings) -> Iterator[tuple[str, Location]]:
    """Of examples, and of env files and settings in JSON that are committed: an app may read them in ways not seen."""
    for listing in settings.listings:
        meant = listing.kind is ListingKind.EXAMPLE or (listing.kind in _HELD and not _for_tests(listing.path))
        if meant and listing.tracked:
            for each in listing.assignments:
                if (each.secret or secret(each.name)) and not switch(each.name):
                    yield each.name, Location(path=listing.path, line=each.line)


def _for_tests(path: str) -> bool:
    return is_test_path(path) or plain(path.rpartition("/")[2]).endswith((".test", ".testing", ".ci"))


def _made(records: Any) -> Iterator[tuple[int, Location]]:
    for path in sorted(records):
        if records[path] and not is_test_path(path) and not _ASIDE.search(path):
            for number, line in records[path]:
                yield number, Location(path=path, line=line)
