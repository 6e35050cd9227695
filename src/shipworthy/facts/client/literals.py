"""Joins the secrets that stand in files with what is sent: code, pages, static files, built output, phone apps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shipworthy.facts.base import View
from shipworthy.facts.client.apps import aside
from shipworthy.facts.client.fact import Exposure, How
from shipworthy.facts.client.found import Bundle
from shipworthy.facts.client.markup import is_markup
from shipworthy.facts.client.names import Meant, meant, public_prefix
from shipworthy.facts.secrets import GUESSABLE, Secrets, Sighting
from shipworthy.facts.settings import ListingKind, Settings
from shipworthy.model import Location
from shipworthy.project import is_test_path

_STATIC = re.compile(r"(?:^|/)(?:public|static|www|wwwroot|htdocs)/(?!.*\.(?:php|py|rb|cs|go|pl)$)")
_BUILT = re.compile(
    r"^(?P<folder>(?:.*/)?(?:dist|build|out|_site|storybook-static|\.output/public|\.next/static|\.svelte-kit/output/client))/"
)
_ALWAYS_CLIENT = (".output/public", ".next/static", "output/client", "storybook-static", "_site")
_PHONE = re.compile(r"(?:^|/)(?:android|ios)/|(?:^|/)(?:res/values[\w-]*/\w+\.xml|Info\.plist|google-services\.json)$")
_NOT_SURE = {"google-api-key", "json-web-token"}
"""Kinds that providers also hand out for browsers; only the context tells."""


def built_folders(view: View) -> dict[str, bool]:
    """Folders of built output that are listed, and whether they hold what browsers get (a page among it)."""
    found: dict[str, bool] = {}
    for entry in view.entries():
        match = _BUILT.match(entry.path) if "node_modules/" not in entry.path else None
        if match is None or entry.problem:
            continue
        folder = match["folder"]
        client = folder.endswith(_ALWAYS_CLIENT) or entry.suffix in (".html", ".htm")
        found[folder] = found.get(folder, False) or client
    return found


def of_sightings(
    view: View,
    secrets: Secrets,
    found: list[Bundle],
    code: Mapping[str, Any],
    built: Mapping[str, bool],
    phones: list[str],
) -> Iterator[Exposure]:
    """Secrets in what is sent."""
    for each in secrets.sightings:
        path, line = each.location.path or "", each.location.line
        sent = any(bundle.sends(path, line, code) for bundle in found)
        if not each.counts or (not sent and (aside(path) or is_test_path(path))):
            continue
        told = _meant(each)
        folder = _BUILT.match(path)
        if folder is not None and built.get(folder["folder"]):
            yield _exposure(each, How.BUILT, told, folder["folder"])
        elif sent and not _comment(view, path, line):
            yield _exposure(each, How.LITERAL, told, "client code")
        elif each.rule != "google-api-key" and any(_manifest(bundle, path) for bundle in found):
            yield _exposure(each, How.LITERAL, told, "the app's own configuration, which it carries along")
        elif _STATIC.search(path):
            yield _exposure(each, How.LITERAL, told, "a folder that is served as it is")
        elif _is_page(path):
            yield _exposure(each, How.LITERAL, told, "a page")
        elif any(path.startswith(root) for root in phones) and (_PHONE.search(path) or path.endswith(_NATIVE)):
            yield _exposure(each, How.LITERAL, told, "an app for phones")


def _comment(view: View, path: str, line: int | None) -> bool:
    """Whether a line is a comment in code that a bundler goes over: it is left out of what is sent."""
    source = view.source(path) if path.endswith(_BUNDLED) and not _STATIC.search(path) else None
    text = source.lines[line - 1].lstrip() if source is not None and line and line <= len(source.lines) else ""
    return text.startswith(("//", "/*", "* "))


_BUNDLED = (".ts", ".tsx", ".js", ".jsx", ".mts", ".mjs", ".cjs")
_NATIVE = (".kt", ".java", ".swift", ".m", ".dart", ".xml", ".plist", ".json", ".gradle", ".kts", ".xcconfig")


def _manifest(bundle: Bundle, path: str) -> bool:
    """Whether a file is the configuration that an app of Expo carries along (documentation of `expo-constants`)."""
    return bundle.app.framework == "expo" and bundle.app.below(path) in ("app.json", "app.config.js", "app.config.ts")


def _is_page(path: str) -> bool:
    from shipworthy.project import FileEntry
    from shipworthy.project.files import kind_of

    return is_markup(FileEntry(path=path, size=0, mtime_ns=0, inode=0, kind=kind_of(path), tracked=True))


def of_values(secrets: Secrets, settings: Settings, frameworks: frozenset[str]) -> Iterator[Exposure]:
    """Settings with a public prefix whose value, where a file sets it, has the form of a provider's secret."""
    lines = {(each.location.path, each.location.line): each for each in secrets.sightings if each.counts}
    for listing in settings.listings:
        if listing.kind not in (ListingKind.ENV_FILE, ListingKind.EXAMPLE) or aside(listing.path):
            continue
        for row in listing.assignments:
            sighting = lines.get((listing.path, row.line))
            if sighting is None or not public_prefix(row.name, frameworks) or sighting.rule in _NOT_SURE:
                continue
            if sighting.rule.startswith("assigned") or sighting.rule == GUESSABLE:
                continue  # found by its name, which is judged as a name
            yield Exposure(
                name=row.name, how=How.SET_BY_PREFIX, meant=Meant.SERVER, identity=sighting.identity,
                location=Location(path=listing.path, line=row.line), by=f"holds: {sighting.title}",
            )  # fmt: skip


def of_maps(maps: Mapping[str, Any]) -> Iterator[Exposure]:
    """Secrets in the sources that source maps carry."""
    for path in sorted(maps):
        for rule, title, line, source in (maps[path] or {}).get("rows", ()):
            told = Meant.OPEN if rule in _NOT_SURE else Meant.SERVER
            yield Exposure(
                name=title, how=How.BUILT, meant=told, location=Location(path=path, line=1),
                identity=f"{rule}:{source}:{line}",
                by=f"the source map's copy of {source or 'a file'}, line {line}",
            )  # fmt: skip


def _meant(each: Sighting) -> Meant:
    if each.rule in _NOT_SURE:
        return Meant.OPEN
    if each.rule in ("assigned-key", "assigned-token"):
        return meant(each.name) or Meant.OPEN
    return Meant.SERVER


def _exposure(each: Sighting, how: How, told: Meant, by: str) -> Exposure:
    return Exposure(name=each.title, how=how, meant=told, location=each.location, by=by, identity=each.identity)
