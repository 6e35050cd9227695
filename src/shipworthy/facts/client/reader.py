"""Joins what scripts, pages, configurations, settings and secrets say into what people are sent."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shipworthy.facts.base import FactReader, Facts, View
from shipworthy.facts.client import apps, found, literals
from shipworthy.facts.client.analyser import SCRIPTS, ClientCode
from shipworthy.facts.client.apps import Found, aside
from shipworthy.facts.client.config import ClientConfig
from shipworthy.facts.client.fact import App, Client, Exposure, How
from shipworthy.facts.client.files import PhoneFiles, SourceMaps
from shipworthy.facts.client.markup import is_markup
from shipworthy.facts.client.names import Meant, meant
from shipworthy.facts.client.reach import Reached, reach
from shipworthy.facts.client.renamed import renamed
from shipworthy.facts.client.resolve import Resolver, folder_of, join
from shipworthy.facts.secrets import Secrets
from shipworthy.facts.secrets.links import drop_mere_links
from shipworthy.facts.settings import Settings
from shipworthy.model import Location
from shipworthy.project import is_test_path

_PAGES_BY = frozenset({"vite", "parcel", "webpack", "rsbuild", "mix", "electron"})
"""Bundlers that start from a page."""
_STATIC_CODE = re.compile(r"(?:^|/)(?:public|static|www|wwwroot|htdocs)/.*\.[cm]?js$")
_ANGULAR = re.compile(r'"(?:main|browser)"\s*:\s*"([^"\n]{1,200}\.[jt]s)"')
_ROUTE_FILE = re.compile(r"[\"']((?:\./)?[\w./$()+-]{1,200}\.[jt]sx?)[\"']")
_FILLED_IN = re.compile(r"\{\{|\{%|<%|\$\{|#\{|@\{|^\s*$|%[A-Z_]+%")
_REMOTE = re.compile(r"^(?:[a-z]+:)?//|^data:", re.I)
_UNREAD = {
    ".elm": "Elm", ".cljs": "ClojureScript", ".res": "ReScript", ".coffee": "CoffeeScript", ".civet": "Civet",
    ".marko": "Marko", ".imba": "Imba", ".riot": "Riot", ".purs": "PureScript", ".razor": "Razor components",
}  # fmt: skip


class ClientReader(FactReader[Client]):
    """Each app is followed from where its client starts; what could not be followed is a gap."""

    needs = (Settings, Secrets)

    def __init__(self) -> None:
        self._code, self._configs = ClientCode(), ClientConfig()
        self._phones, self._maps = PhoneFiles(), SourceMaps()
        self.analysers = (self._code, self._configs, self._phones, self._maps)

    def read(self, view: View, facts: Facts) -> Client:
        settings, secrets = facts[Settings], facts[Secrets]
        code, configs = view.records(self._code), _own(view.records(self._configs))
        phones, maps = _own(view.records(self._phones)), view.records(self._maps)
        drop_mere_links(view)
        packages = apps.packages_of(view)
        resolver = Resolver(view, packages, _aliases(configs))
        listed = list(apps.apps_of(view, packages))
        _start(listed, code, configs, packages, resolver, view)
        listed += _pages(listed, code, resolver, view)
        listed = [each for each in listed if _kept(each, packages, view)]
        reached = [(each, reach(each, code, resolver, view)) for each in listed]
        bundles = found.bundles(reached, configs, resolver.package_of)
        frameworks = frozenset(each.framework for each in listed) | _others(packages)
        prefixes = {prefix for bundle in bundles for prefix in bundle.prefixes}
        built = literals.built_folders(view)
        native = list(_native(view, phones))
        exposures = [
            *found.configured(configs, settings, bundles, code, view),
            *found.read_settings(settings, bundles, code, frameworks, view),
            *found.named_settings(bundles, code, frameworks, view),
            *found.listed_settings(settings, prefixes, frameworks, view),
            *(renamed(view, settings, frameworks) if listed else ()),
            *found.shipped(bundles, code),
            *found.carried(bundles, code, resolver),
            *found.handed_on(bundles, code, resolver),
            *_written(code),
            *_phone_settings(phones, settings),
            *literals.of_sightings(view, secrets, bundles, code, built, [_slashed(each.root) for each in native]),
            *literals.of_values(secrets, settings, frameworks),
            *literals.of_maps(maps),
        ]
        _unread(view)
        _unclaimed(bundles, code, packages, resolver, view)
        return Client(
            apps=tuple(sorted([*_apps(reached), *native], key=lambda each: (each.root, each.framework))),
            exposures=found.joined(exposures),
            key_uses=tuple(found.key_uses(bundles, code, frameworks)),
            public=found.public_settings(settings, frameworks),
            scripts=len(code),
            built=tuple(sorted(folder for folder, client in built.items() if client)),
            maps=sum((record or {}).get("sources", 0) for record in maps.values()),
            read=tuple(dict.fromkeys(view.seen)),
            gaps=tuple(view.gaps),
        )


def _own(records: Mapping[str, Any]) -> dict[str, Any]:
    return {path: records[path] for path in sorted(records) if not aside(path)}


def _slashed(root: str) -> str:
    return "" if root == "." else root + "/"


def _apps(reached: Iterable[tuple[Found, Reached]]) -> Iterator[App]:
    for app, got in reached:
        where = Location(path=app.path, line=app.line)
        yield App(root=app.root or ".", framework=app.framework, location=where, files=len(got.files))


def _aliases(configs: Mapping[str, Any]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for path, record in configs.items():
        for alias, target in (record or {}).get("alias", ()):
            found.setdefault(folder_of(path), []).append((alias, target))
    return found


def _others(packages: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    """Tools with a public prefix of their own that make no app: Storybook."""
    deps = {name for package in packages.values() for name in apps.deps_of(package)}
    return (
        frozenset({"storybook"}) if any(name.startswith(("@storybook/", "storybook")) for name in deps) else frozenset()
    )


def _start(
    listed: list[Found],
    code: Mapping[str, Any],
    configs: Mapping[str, Any],
    packages: Mapping[str, Mapping[str, Any]],
    resolver: Resolver,
    view: View,
) -> None:
    """Where each app's client starts: by convention, by its configuration, by the directive in a file."""
    by_root = {app.root: app for app in listed}
    paths = sorted(code)
    for app in listed:
        app.starts |= apps.conventional(app, paths)
        main = packages[app.root].get("main")
        if app.framework in ("expo", "react-native", "electron") and isinstance(main, str):
            app.starts.update(resolver.at(join(app.root, main) or ""))
        if app.framework == "remix":
            routes = view.source(posixpath.join(app.root, "app/routes.ts"))
            for each in _ROUTE_FILE.findall(routes.text if routes is not None else ""):
                app.starts.update(resolver.at(join(posixpath.join(app.root, "app"), each) or ""))
        if app.framework == "vite":
            folder = posixpath.join(app.root, "app")
            ruby = (f"{folder}/javascript/entrypoints/", f"{folder}/frontend/entrypoints/")
            app.starts |= {path for path in paths if path.startswith(ruby)}
        if app.framework == "angular":
            data = view.read(posixpath.join(app.root, "angular.json"))
            for each in _ANGULAR.findall((data or b"").decode("utf-8", "replace")):
                app.starts.update(resolver.at(join(app.root, each) or ""))
    for path, record in configs.items():
        owner = by_root.get(resolver.package_of(path))
        if owner is not None and owner.framework in _PAGES_BY:
            for entry in (record or {}).get("entries", ()):
                for folder in {folder_of(path), owner.root, posixpath.join(owner.root, "src")}:
                    base = join(folder, entry.lstrip("/"))
                    owner.starts.update(each for each in resolver.at(base or "") if each.endswith(tuple(SCRIPTS)))
    next_apps = [app for app in listed if app.framework == "next"]
    for path, record in code.items():
        if next_apps and record and record.get("client") and not aside(path):
            owner = next((app for app in next_apps if app.below(path) is not None and app.root), next_apps[0])
            owner.starts.add(path)


def _pages(listed: list[Found], code: Mapping[str, Any], resolver: Resolver, view: View) -> list[Found]:
    """Give pages to the bundler that starts from them; others, and static scripts, are an app of their own."""
    by_root = {app.root: app for app in listed if app.framework in _PAGES_BY}
    nested = {app.root for app in listed if _STATIC_CODE.search(f"{app.root}/a.js")}
    own = Found("", "page", "")
    for path in _extension(view, resolver):
        own.starts.add(path)
        own.path = own.path or path
    for path in sorted(code):
        entry = view.project.files.get(path)
        if entry is None or aside(path) or is_test_path(path):
            continue
        # An app may live in a folder that its output is served from: its sources are its own matter.
        if _STATIC_CODE.search(path) and resolver.package_of(path) not in nested:
            own.starts.add(path)
            own.path = own.path or path
        if entry.suffix in SCRIPTS or entry.suffix in (".vue", ".svelte", ".astro"):
            continue
        if entry.suffix == ".php" and not is_markup(entry):
            continue  # code of a server, of which no literal is sent
        owner = by_root.get(resolver.package_of(path))
        app = owner or own
        app.path = app.path or path
        if owner is None:
            own.starts.add(path)
        for src, line in (code[path] or {}).get("sources", ()):
            _script(app, path, src, line, owner is not None, resolver, view)
    return [own] if own.path else []


def _extension(view: View, resolver: Resolver) -> Iterator[str]:
    """The scripts that the manifest of a browser extension names."""
    for entry in view.entries("manifest.json"):
        if not entry.by_hand or aside(entry.path) or is_test_path(entry.path):
            continue
        source = view.source(entry.path)
        text = source.text if source is not None else ""
        if '"manifest_version"' in text[:200_000]:
            for each in _ROUTE_FILE.findall(text[:200_000]):
                yield from resolver.at(join(folder_of(entry.path), each) or "")


def _script(app: Found, page: str, src: str, line: int, bundled: bool, resolver: Resolver, view: View) -> None:
    plain = src.partition("?")[0]
    if _REMOTE.search(plain) or _FILLED_IN.search(plain):
        return
    tail = plain.lstrip("./")
    root = resolver.package_of(page)
    tops = (folder_of(page), root, posixpath.join(root, "public"), posixpath.join(root, "static"), "")
    for top in tops:
        base = join(top, plain.lstrip("/"))
        targets = resolver.at(base) if base else []
        if targets:
            app.starts.update(targets)
            return
    if any(path.endswith("/" + tail) for path in view.project.files):
        return  # served from a folder of static files, which is looked at anyway
    if bundled:
        view.gap(page, f'loads "{plain[:80]}", which was not found in the repository', line)


def _kept(app: Found, packages: Mapping[str, Mapping[str, Any]], view: View) -> bool:
    """Whether it is an app: a bundler without a page builds a library. One that starts nowhere known is a gap."""
    if app.starts or app.framework == "page":
        return True
    if app.both and app.framework in ("next", "astro"):
        folders = ("app", "src/app", "src/pages", "pages")
        if any(view.project.has_folder(posixpath.join(app.root, each)) for each in folders):
            return True
    package = packages[app.root]
    library = any(package.get(key) for key in ("main", "module", "exports", "bin", "types", "workspaces"))
    if app.framework in _PAGES_BY | {"angular", "react-native", "expo"}:
        scripts = package.get("scripts")
        texts = " ".join(str(each) for each in scripts.values()) if isinstance(scripts, dict) else ""
        builds = re.search(r"\b(?:vite|parcel|webpack|rsbuild|ng|expo)\b(?! ?(?:-w|--watch) lib)", texts)
        draws = apps.deps_of(package) & set(apps.DRAWS)
        if library or not builds or (app.framework == "webpack" and not draws):
            return False
    view.gap(app.path, f"where the client of this {app.framework} app starts was not found", app.line)
    return True


def _written(code: Mapping[str, Any]) -> Iterator[Exposure]:
    for path in sorted(code):
        if not aside(path):
            for name, line in (code[path] or {}).get("told", ()):
                where = Location(path=path, line=line)
                yield Exposure(name=name, how=How.WRITTEN, meant=Meant.SERVER, location=where, by="the template")


def _phone_settings(phones: Mapping[str, Any], settings: Settings) -> Iterator[Exposure]:
    for path, rows in phones.items():
        for name, line, how in rows or ():
            where = Location(path=path, line=line)
            if how == "asset":
                yield from _packed(name, where, settings)
            elif told := meant(name):
                yield Exposure(name=name, how=How.CONFIGURED, meant=told, location=where, by=how)


def _packed(asset: str, where: Location, settings: Settings) -> Iterator[Exposure]:
    """The settings of an env file that an app carries along; where no file lists them, a person has to say."""
    folder = folder_of(where.path or "")
    lists = [each for each in settings.listings if each.assignments and folder_of(each.path).startswith(folder)]
    if not lists:
        yield Exposure(name=asset, how=How.WHOLE, meant=Meant.OPEN, location=where, by="the app's assets")
    for name in sorted({row.name for each in lists for row in each.assignments}):
        if told := meant(name):
            yield Exposure(name=name, how=How.CONFIGURED, meant=told, location=where, by=f"{asset} in the app's assets")


def _native(view: View, phones: Mapping[str, Any]) -> Iterator[App]:
    """Apps for phones outside JavaScript: their files are looked at for secrets, their code is not read."""
    seen: set[tuple[str, str]] = set()
    react = any(view.entries("**/metro.config.*", "**/app.json", "**/capacitor.config.*", "**/ionic.config.json"))
    for entry in view.entries("AndroidManifest.xml", "Info.plist", "pubspec.yaml"):
        if aside(entry.path) or not entry.by_hand:
            continue
        name = {"AndroidManifest.xml": "android", "Info.plist": "ios", "pubspec.yaml": "flutter"}[entry.name]
        root = re.split(
            r"(?:^|/)(?:app/)?src/(?:main|debug|release)/|(?:^|/)(?:android|ios|macos)/", folder_of(entry.path) + "/"
        )[0]
        root = root.strip("/") or "."
        if (root, name) in seen or (root, "flutter") in seen:
            continue
        seen.add((root, name))
        yield App(root=root, framework=name, location=Location(path=entry.path, line=1))
        if not react:
            view.gap(entry.path, f"an app for phones ({name}), whose own code is not read for the keys it uses")


def _unclaimed(
    bundles: list[found.Bundle],
    code: Mapping[str, Any],
    packages: Mapping[str, Mapping[str, Any]],
    resolver: Resolver,
    view: View,
) -> None:
    """Scripts for browsers that no page or bundler known here starts; a library's are started by its users."""
    sent = {path for bundle in bundles for path in bundle.reached.files}
    roots = {bundle.app.root for bundle in bundles if bundle.app.framework != "page"}
    told: set[str] = set()
    for path in sorted(code):
        other = aside(path) or is_test_path(path) or apps.is_test_file(path)
        if path in sent or other or not _draws(path, code[path] or {}):
            continue
        root = resolver.package_of(path)
        package = packages.get(root, {})
        library = any(package.get(key) for key in ("main", "module", "exports"))
        if root not in roots and not library and root not in told:
            told.add(root)
            view.gap(path, "a script for browsers that no page and no bundler known here starts")


def _draws(path: str, record: Mapping[str, Any]) -> bool:
    """Whether a script is written for browsers."""
    drawn = any(row[0].partition("/")[0] in apps.DRAWS or row[0] in apps.DRAWS for row in record.get("imports", ()))
    return bool(record.get("draws") or record.get("client")) or drawn or path.endswith((".vue", ".svelte"))


def _unread(view: View) -> None:
    """Client code in languages that are not read."""
    told: set[str] = set()
    for entry in view.entries(*(f"*{suffix}" for suffix in _UNREAD)):
        title = _UNREAD[entry.suffix]
        if entry.by_hand and title not in told and not aside(entry.path) and not is_test_path(entry.path):
            told.add(title)
            view.gap(entry.path, f"client code in {title} is not read")
