"""Turns reads, listings, configurations and literals into exposures, each with the best place to look at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shipworthy.facts.base import View
from shipworthy.facts.client import angular
from shipworthy.facts.client.apps import INLINES, Found, aside
from shipworthy.facts.client.fact import Exposure, How, KeyUse
from shipworthy.facts.client.names import Meant, meant, public_prefix
from shipworthy.facts.client.reach import Reached, server_lines
from shipworthy.facts.client.resolve import Resolver
from shipworthy.facts.settings import ListingKind, SettingRead, Settings
from shipworthy.model import Location
from shipworthy.project import is_test_path

_COMPUTED_SHIPS = frozenset(
    {"vite", "cra", "vue-cli", "webpack", "parcel", "rsbuild", "nuxt", "astro", "mix", "gatsby"}
)
"""Where a computed name may give any public setting; Next.js and Expo put in only what is written out."""
_SETS = (
    ListingKind.ENV_FILE, ListingKind.COMPOSE, ListingKind.DOCKER, ListingKind.CI, ListingKind.PLATFORM,
    ListingKind.KUBERNETES, ListingKind.TERRAFORM, ListingKind.EXAMPLE,
)  # fmt: skip
_ENVIRONMENT = ("process.env", "import.meta.env")


@dataclass(slots=True)
class Bundle:
    """One app with what it reaches and what its bundler puts in."""

    app: Found
    reached: Reached
    prefixes: set[str] = field(default_factory=set)
    inlines: str = ""
    configured: set[str] = field(default_factory=set)
    """Settings that a configuration puts in by name."""

    def in_bundle(self, name: str, frameworks: frozenset[str]) -> str:
        """What puts a setting into the bundle, "" if nothing does."""
        prefix = public_prefix(name, frameworks)
        if prefix:
            return f"the prefix {prefix}"
        own = next((each for each in sorted(self.prefixes) if name.startswith(each)), None)
        if own is not None:
            return f"the prefix {own} of `envPrefix`"
        if name in self.configured:
            return "the configuration"
        return self.inlines

    def sends(self, path: str, line: int | None, code: Mapping[str, Any]) -> bool:
        """Whether a line of a file reaches the client."""
        if path not in self.reached.files:
            return False
        spans = server_lines(self.app, path, code.get(path))
        return not any(first <= (line or 0) <= last for first, last in spans)


def bundles(apps: Iterable[tuple[Found, Reached]], configs: Mapping[str, Any], owner: Any) -> list[Bundle]:
    """Each app with what the configurations in its folder say."""
    found: list[Bundle] = []
    for app, reached in apps:
        bundle = Bundle(app, reached, inlines=INLINES.get(app.framework, ""))
        for path, record in configs.items():
            if record and owner(path) == app.root:
                bundle.prefixes |= {prefix for prefix, _ in record.get("prefixes", ())}
                bundle.inlines = record.get("inlines", "") or bundle.inlines
                bundle.configured |= {row[0] for row in record.get("exposed", ())}
        found.append(bundle)
    return found


def configured(
    configs: Mapping[str, Any], settings: Settings, found: list[Bundle], code: Mapping[str, Any], view: View
) -> Iterator[Exposure]:
    """What configurations put in; what could not be followed is a gap. A definition is reached where code reads it."""
    read = {
        each.name
        for each in settings.reads
        if any(bundle.sends(each.location.path or "", each.location.line, code) for bundle in found)
    }
    for path in sorted(configs):
        record = configs[path] or {}
        for name, made_of, line, how in record.get("exposed", ()):
            if how == angular.HOW and not _built_in(path, line, found, code):
                continue  # a server may have files of this name, too
            told = [each for each in (meant(name), *(meant(part) for part in made_of)) if each]
            if told:
                worst = Meant.SERVER if Meant.SERVER in told else Meant.OPEN
                shown = next((part for part in made_of if meant(part) is worst), name)
                by_name = how in ("`define`", "DefinePlugin", "EnvironmentPlugin", "replace") and name.isidentifier()
                reached = not by_name or name.startswith("_") or name in read
                yield Exposure(
                    name=shown, how=How.CONFIGURED, meant=worst, location=Location(path=path, line=line), by=how,
                    reached=reached,
                )  # fmt: skip
        for line, how in record.get("whole", ()):
            yield Exposure(
                name="the whole environment", how=How.WHOLE, meant=Meant.SERVER,
                location=Location(path=path, line=line), by=how,
            )  # fmt: skip
        for line, why in record.get("opaque", ()):
            view.gap(path, why, line)


def _built_in(path: str, line: int, found: list[Bundle], code: Mapping[str, Any]) -> bool:
    return any(each.app.framework == "angular" and each.sends(path, line, code) for each in found)


def read_settings(
    settings: Settings, found: list[Bundle], code: Mapping[str, Any], frameworks: frozenset[str], view: View
) -> Iterator[Exposure]:
    """Settings that client code reads, and those whose prefix says that it may."""
    for read in settings.reads:
        path, line = read.location.path or "", read.location.line
        sending = [each for each in found if each.sends(path, line, code)]
        if not sending and (read.test or aside(path)):
            continue
        if read.name is None:
            ships = any(each.app.framework in _COMPUTED_SHIPS for each in sending)
            if ships and read.how.startswith(_ENVIRONMENT):
                view.gap(path, "client code reads settings whose names are worked out when it runs", line)
            continue
        told = meant(read.name)
        if told is None:
            continue
        prefix = public_prefix(read.name, frameworks)
        if prefix:
            judged = _judged(told, path, code) if sending else told
            yield _of(read, How.READ_BY_PREFIX, judged, f"the prefix {prefix}", reached=bool(sending))
            continue
        for bundle in sending:
            by = bundle.in_bundle(read.name, frameworks)
            if by:
                how = How.READ_BY_PREFIX if "envPrefix" in by else How.INLINED
                if by != "the configuration":
                    yield _of(read, how, told, by)
            elif told is Meant.SERVER and _meant_for_browser(read, bundle):
                yield _of(read, How.UNREACHED, told, bundle.app.framework)
            break


def _meant_for_browser(read: SettingRead, bundle: Bundle) -> bool:
    """Whether a read that gives nothing in a browser stands in code that is the client's own."""
    own = read.location.path in bundle.reached.direct and not bundle.app.desktop
    return own and read.how.startswith(_ENVIRONMENT)


def named_settings(
    found: list[Bundle], code: Mapping[str, Any], frameworks: frozenset[str], view: View
) -> Iterator[Exposure]:
    """Settings with a public prefix that client code names in a way of its own, such as through a cast."""
    for bundle in found:
        for path in sorted(bundle.reached.files):
            record = code.get(path) or {}
            for name, line in record.get("named", ()):
                prefix, told = public_prefix(name, frameworks), meant(name)
                if prefix and told and bundle.sends(path, line, code):
                    yield Exposure(
                        name=name, how=How.READ_BY_PREFIX, meant=_judged(told, path, code),
                        location=Location(path=path, line=line),
                        by=f"the prefix {prefix}",
                    )  # fmt: skip
            for line in record.get("computed", ()):
                if bundle.app.framework in _COMPUTED_SHIPS and bundle.sends(path, line, code):
                    view.gap(path, "client code reads settings whose names are worked out when it runs", line)


_WAYS = {
    "property": "a property of a client component",
    "element": "an element of the page",
    "island": "a property of a component that runs in the browser",
    "props": "what this function returns to the page",
    "answer": "an answer of the server",
}


def carried(found: list[Bundle], code: Mapping[str, Any], resolver: Resolver) -> Iterator[Exposure]:
    """Settings that server code hands to the client as they are."""
    sent = {path for bundle in found for path in bundle.reached.files}
    for path in sorted(code):
        if aside(path) or is_test_path(path):
            continue
        for name, line, way, module in (code[path] or {}).get("carried", ()):
            targets = resolver.resolve(path, module) if module else []
            if way != "property" or any(each in sent for each in targets or ()):
                yield Exposure(
                    name=name, how=How.CARRIED, meant=Meant.SERVER, location=Location(path=path, line=line),
                    by=_WAYS[way],
                )  # fmt: skip


def handed_on(found: list[Bundle], code: Mapping[str, Any], resolver: Resolver) -> Iterator[Exposure]:
    """The same of settings that one file reads and another one, which takes them from there, hands over."""
    sent = {path for bundle in found for path in bundle.reached.files}
    for path in sorted(code):
        if aside(path) or is_test_path(path):
            continue
        for name, line, way, component, module in (code[path] or {}).get("handed", ()):
            givers = [dict((code.get(each) or {}).get("gives", ())) for each in resolver.resolve(path, module) or ()]
            # Who hands over an object hands over all that is in it.
            rows = ((key, held) for each in givers for key, held in each.items())
            setting = next((held for key, held in rows if key == name or key.startswith(name + ".")), None)
            targets = resolver.resolve(path, component) if component else []
            if setting is not None and (way != "property" or any(each in sent for each in targets or ())):
                yield Exposure(
                    name=setting, how=How.CARRIED, meant=Meant.SERVER, location=Location(path=path, line=line),
                    by=_WAYS[way],
                )  # fmt: skip


def _judged(told: Meant, path: str, code: Mapping[str, Any]) -> Meant:
    """A key beside the address of a provider that has none for browsers is that provider's."""
    return Meant.SERVER if told is Meant.OPEN and (code.get(path) or {}).get("hosts") else told


def _of(read: SettingRead, how: How, told: Meant, by: str, *, reached: bool = True) -> Exposure:
    return Exposure(name=read.name or "", how=how, meant=told, location=read.location, by=by, reached=reached)


def public_settings(settings: Settings, frameworks: frozenset[str]) -> dict[str, Location]:
    """Settings with a public prefix and nothing secret in their names, each with its first place."""
    found: dict[str, Location] = {}
    for name, reads in settings.named().items():
        if public_prefix(name, frameworks) and meant(name) is None:
            found[name] = reads[0].location
    return found


def listed_settings(
    settings: Settings, prefixes: set[str], frameworks: frozenset[str], view: View
) -> Iterator[Exposure]:
    """Secret-named settings with a public prefix that files set or tell people to set."""
    for listing in settings.listings:
        if listing.kind not in _SETS or aside(listing.path) or is_test_path(listing.path):
            continue
        for name in sorted(listing.names):
            prefix = public_prefix(name, frameworks) or next((each for each in prefixes if name.startswith(each)), "")
            if prefix and meant(name) is Meant.SERVER:
                line = next((row.line for row in listing.assignments if row.name == name), None)
                if line is None:
                    line = _line_in(view, listing.path, name)
                if line is None:
                    continue  # it stands in a comment only
                yield Exposure(
                    name=name, how=How.SET_BY_PREFIX, meant=Meant.SERVER,
                    location=Location(path=listing.path, line=line), by=f"the prefix {prefix}",
                    reached=listing.kind is not ListingKind.EXAMPLE,
                )  # fmt: skip


def _line_in(view: View, path: str, name: str) -> int | None:
    source = view.source(path)
    word = re.compile(r"^(?!\s*(?:#|//)).*(?<![A-Za-z0-9_])" + re.escape(name) + r"(?![A-Za-z0-9_])")
    for number, line in enumerate(source.lines if source is not None else (), 1):
        if name in line and word.match(line[:2_000]):
            return number
    return None


def key_uses(found: list[Bundle], code: Mapping[str, Any], frameworks: frozenset[str]) -> Iterator[KeyUse]:
    """Keys that client code hands to a server's library."""
    for bundle in found:
        for path in sorted(bundle.reached.files):
            for provider, line, source, name, admitted in (code.get(path) or {}).get("keys", ()):
                if not bundle.sends(path, line, code):
                    continue
                if bundle.app.both and path not in bundle.reached.direct and not admitted:
                    continue  # a module that the server uses too
                yield KeyUse(
                    provider=provider, source=source, name=name,
                    in_bundle=bool(name) and bool(bundle.in_bundle(name, frameworks)), admitted=admitted,
                    location=Location(path=path, line=line),
                )  # fmt: skip


def shipped(found: list[Bundle], code: Mapping[str, Any]) -> Iterator[Exposure]:
    """Settings from modules that hold the .env file of a phone app."""
    for bundle in found:
        for path in sorted(bundle.reached.files):
            for name, line, module in (code.get(path) or {}).get("shipped", ()):
                told = meant(name)
                if told:
                    yield Exposure(
                        name=name, how=How.INLINED, meant=told, location=Location(path=path, line=line), by=module
                    )


def joined(exposures: Iterable[Exposure]) -> tuple[Exposure, ...]:
    """One for each name and way, at its most telling place, with the others beside it."""
    groups: dict[tuple[str, How, str], list[Exposure]] = {}
    for each in exposures:
        groups.setdefault((each.name, each.how, each.identity), []).append(each)
    rows: list[Exposure] = []
    for group in groups.values():
        first = min(group, key=lambda each: (not each.reached, each.meant is not Meant.SERVER, str(each.location)))
        others = tuple(dict.fromkeys(each.location for each in group if each.location != first.location))[:6]
        rows.append(replace(first, related=others))
    return tuple(
        sorted(rows, key=lambda each: (each.location.path or "", each.location.line or 0, each.name, each.how))
    )
