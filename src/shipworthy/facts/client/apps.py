"""Finds what is built for browsers and phones: which framework each package uses, and where its client code starts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shipworthy.facts.base import View
from shipworthy.facts.client.resolve import folder_of
from shipworthy.project import is_test_path

# Package -> framework, the one that decides first. Sources: each framework's own documentation.
_FRAMEWORKS = (
    ("next", "next"), ("nuxt", "nuxt"), ("nuxt3", "nuxt"), ("nuxt-edge", "nuxt"), ("@sveltejs/kit", "sveltekit"),
    ("@remix-run/dev", "remix"), ("@remix-run/react", "remix"), ("@react-router/dev", "remix"), ("astro", "astro"),
    ("gatsby", "gatsby"), ("@angular/core", "angular"), ("expo", "expo"), ("react-native", "react-native"),
    ("react-scripts", "cra"), ("react-app-rewired", "cra"), ("@craco/craco", "cra"), ("@vue/cli-service", "vue-cli"),
    ("parcel", "parcel"), ("parcel-bundler", "parcel"), ("electron-vite", "vite"), ("vite", "vite"),
    ("rolldown-vite", "vite"), ("@rsbuild/core", "rsbuild"), ("webpack", "webpack"), ("@rspack/core", "webpack"),
    ("electron", "electron"), ("laravel-mix", "mix"), ("@docusaurus/core", "docusaurus"),
)  # fmt: skip
_CONFIGS = {"next.config": "next", "nuxt.config": "nuxt", "svelte.config": "sveltekit", "astro.config": "astro",
            "react-router.config": "remix", "vite.config": "vite", "rsbuild.config": "rsbuild",
            "webpack.config": "webpack", "gatsby-config": "gatsby", "vue.config": "vue-cli"}  # fmt: skip
_ENDINGS = (".ts", ".js", ".mjs", ".mts", ".cjs")
_UNKNOWN = {
    "@tanstack/react-start": "TanStack Start", "@tanstack/start": "TanStack Start", "@tanstack/solid-start":
    "TanStack Start", "@solidjs/start": "SolidStart", "solid-start": "SolidStart", "@builder.io/qwik": "Qwik",
    "@redwoodjs/core": "RedwoodJS", "blitz": "Blitz", "meteor-node-stubs": "Meteor", "ember-cli": "Ember",
    "@analogjs/platform": "Analog", "vike": "Vike", "vite-plugin-ssr": "Vike", "waku": "Waku",
    "@quasar/app-vite": "Quasar", "@quasar/app-webpack": "Quasar", "umi": "Umi", "@umijs/max": "Umi",
    "@tarojs/taro": "Taro", "@modern-js/app-tools": "Modern.js", "wxt": "WXT", "plasmo": "Plasmo", "vitepress":
    "VitePress", "vuepress": "VuePress", "@nativescript/core": "NativeScript", "@ice/app": "ice.js", "razzle": "Razzle",
}  # fmt: skip
DRAWS = ("react-dom", "vue", "svelte", "solid-js", "preact", "lit", "@angular/core", "alpinejs", "inferno")
_SERVER_BOTH = frozenset({"next", "nuxt", "sveltekit", "remix", "astro", "gatsby"})
"""Frameworks whose files may run on the server, in the browser or in both."""
INLINES = {"parcel": "Parcel"}
"""Bundlers that put in whatever setting client code names (Parcel, documentation of Node emulation)."""
_ASIDE = frozenset({
    "test", "tests", "e2e", "cypress", "playwright", "example", "examples", "doc", "docs", "documentation", "fixtures",
    "sample", "samples", "benchmark", "benchmarks", "testdata", "playground", "playgrounds", "storybook", ".storybook",
})  # fmt: skip
_TEMPLATES = frozenset({"template", "templates", "_templates"})
_ALWAYS_ASIDE = frozenset({"__tests__", "__mocks__", "stories", "node_modules"})
_INNER = frozenset({
    "src", "app", "pages", "components", "routes", "views", "features", "lib", "client", "frontend", "web", "resources",
})  # fmt: skip
_STARTS: dict[str, tuple[str, ...]] = {
    "next": (r"(?:src/)?pages/(?!api/|_document\.|_error\.).*", r"(?:src/)?instrumentation-client\.\w+"),
    "nuxt": (
        r"(?:src/|app/|client/)?(?:pages|components|layouts|composables|plugins|middleware|stores?|utils|mixins)/.*",
        r"(?:src/|app/)?(?:app|error)\.vue",
    ),
    "sveltekit": (
        r"src/routes/.*\+(?:page|layout|error)(?:@[\w-]*)?\.(?:svelte|[jt]s)",
        r"src/hooks(?:\.client)?\.[jt]s",
    ),
    "remix": (r"app/(?:root|entry\.client)\.\w+", r"app/routes/.*"),
    "astro": (r"src/.*\.astro",),
    "gatsby": (r"src/(?:pages|templates)/.*", r"gatsby-browser\.\w+"),
    "angular": (r"(?:projects/[^/]+/)?src/main\.ts", r"(?:projects/[^/]+/)?src/environments/.*"),
    "expo": (r"(?:src/)?app/.*", r"(?:index|App|main)\.\w+", r"src/(?:index|App|main)\.\w+"),
    "react-native": (r"(?:index|App)(?:\.\w+)*\.\w+", r"src/(?:index|App)\.\w+"),
    "cra": (r"src/index\.\w+",),
    "vue-cli": (r"src/main\.\w+",),
    "rsbuild": (r"src/(?:index|main)\.\w+",),
    "docusaurus": (r"src/.*",),
    "mix": (r"resources/(?:js|assets/js)/app\.\w+",),
}  # fmt: skip
_TEST_FILE = re.compile(
    r"[._-](?:test|tests|spec|cy|e2e|stories)\.[cm]?[jt]sx?$|(?:^|/)__(?:tests|mocks)__/"
    r"|(?:^|/)(?:setupTests?|setup[.-]tests?|test[.-]setup|(?:jest|vitest)[.-]setup|karma)\b[\w.-]*\.[cm]?[jt]sx?$"
)
_CODE = re.compile(r"\.(?:[cm]?[jt]sx?|vue|svelte|astro)$")
# What the frameworks themselves keep out of the browser.
_SERVER = re.compile(
    r"(?:^|/)(?:[^/]+\.server\.[\w.]+|\.server/.*|[^/]*/\.server/.*|\+(?:page|layout)\.server\.\w+|\+server\.\w+|hooks\.server\.\w+)$"
    r"|(?:^|/)\.server/"
)
_SERVER_BY: dict[str, re.Pattern[str]] = {
    "next": re.compile(r"^(?:src/)?(?:pages/api/|app/(?:.*/)?route\.\w+$|middleware\.|proxy\.|instrumentation\.)"),
    "nuxt": re.compile(r"^(?:src/)?server/|^(?:src/)?modules/"),
    "sveltekit": re.compile(r"^src/lib/server/"),
    "astro": re.compile(r"^src/pages/.*\.[jt]s$|^src/middleware"),
    "expo": re.compile(r"\+api\.\w+$"),
    "gatsby": re.compile(r"^src/api/|^gatsby-(?:node|ssr|config)\."),
    "remix": re.compile(r"^app/entry\.server\."),
}


@dataclass(slots=True)
class Found:
    """One app while it is looked at."""

    root: str
    framework: str
    path: str
    line: int | None = None
    starts: set[str] = field(default_factory=set)
    desktop: bool = False
    """Its code runs on the person's own machine, with that machine's settings."""

    @property
    def both(self) -> bool:
        """Whether its files may also run on a server."""
        return self.framework in _SERVER_BOTH

    def below(self, path: str) -> str | None:
        """A path relative to the app's folder; None for one outside it."""
        if not self.root:
            return path
        return path[len(self.root) + 1 :] if path.startswith(self.root + "/") else None

    def server(self, path: str) -> bool:
        """Whether the framework itself keeps a file out of the browser."""
        rest = self.below(path)
        if self.both and _SERVER.search(path):
            return True
        pattern = _SERVER_BY.get(self.framework)
        return rest is not None and pattern is not None and bool(pattern.search(rest))


def aside(path: str) -> bool:
    """Whether a path belongs to tests, examples or documentation, not to what is sent.

    Below a folder of sources such names are the product's own: `src/pages/tests/` may be the pages of a quiz.
    """
    folders = path.lower().split("/")[:-1]
    if any(each in _ALWAYS_ASIDE for each in folders):
        return True
    for each in folders:
        if each in _INNER:
            return False
        if each in _ASIDE:
            return True
    return False


def is_test_file(path: str) -> bool:
    """Whether a script is a test by its own name."""
    return bool(_TEST_FILE.search(path))


def deps_of(package: Mapping[str, Any], *, peers: bool = False) -> frozenset[str]:
    """What a package.json depends on, development included."""
    keys = ("dependencies", "devDependencies", "optionalDependencies", *(["peerDependencies"] if peers else []))
    return frozenset(name for key in keys if isinstance(package.get(key), dict) for name in package[key])


def packages_of(view: View) -> dict[str, Mapping[str, Any]]:
    """Every package.json by its folder ("" for the top) but those of examples and tests."""
    found: dict[str, Mapping[str, Any]] = {}
    for entry in view.entries("package.json"):
        if _TEMPLATES & set(entry.path.split("/")[:-1]):
            continue  # a file to be filled in, or what a generator copies: hardly JSON yet
        if entry.by_hand and not aside(entry.path) and not is_test_path(entry.path):
            text = view.json(entry.path)
            found[folder_of(entry.path)] = text if isinstance(text, dict) else {}
    return found


def apps_of(view: View, packages: Mapping[str, Mapping[str, Any]]) -> Iterator[Found]:
    """The apps that package.json files tell of, without their starts; a framework not known here is a gap."""
    for folder, package in packages.items():
        deps = deps_of(package)
        path = posixpath.join(folder, "package.json")
        unknown = next((title for name, title in _UNKNOWN.items() if name in deps), None)
        framework = next((title for name, title in _FRAMEWORKS if name in deps), None) or _by_config(view, folder)
        if unknown is not None and framework in (None, "vite", "webpack", "nuxt"):
            view.gap(
                path,
                f"its front end is made with {unknown}, whose client and server code cannot be told apart here yet",
            )
        elif framework is not None:
            found = Found(folder, framework, path, _line(view, path, framework, deps))
            found.desktop = bool(deps & {"electron", "@tauri-apps/api", "@tauri-apps/cli"})
            yield found


def _by_config(view: View, folder: str) -> str | None:
    """The framework that a configuration in a folder is for: a workspace may hold the packages of all its apps."""
    for name in _CONFIGS:
        if any(view.exists(posixpath.join(folder, f"{name}{ending}")) for ending in _ENDINGS):
            return _CONFIGS[name]
    return None


def _line(view: View, path: str, framework: str, deps: frozenset[str]) -> int | None:
    source = view.source(path)
    names = [name for name, title in _FRAMEWORKS if title == framework and name in deps]
    at = source.text.find(f'"{names[0]}"') if source is not None and names else -1
    return source.text.count("\n", 0, at) + 1 if source is not None and at >= 0 else None


def conventional(app: Found, paths: list[str]) -> set[str]:
    """The files of an app that its framework starts the client from."""
    wanted = _STARTS.get(app.framework, ())
    if not wanted:
        return set()
    pattern = re.compile("|".join(f"(?:{each})$" for each in wanted))
    found: set[str] = set()
    for path in paths:
        rest = app.below(path)
        if rest is None or not _CODE.search(path) or app.server(path) or rest.endswith(".d.ts"):
            continue
        if pattern.match(rest) and not is_test_file(path):
            found.add(path)
    return found
