"""Finds the file that an import names: relative paths, aliases, packages of the same repository."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shipworthy.facts.base import View
from shipworthy.project import is_test_path

_ENDINGS = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte", ".astro", ".json")
_CODE_ENDINGS = _ENDINGS[:-1]
_BUILD = re.compile(r"^(?:\./)?(?:dist|build|lib|es|esm|out)/")
_PLATFORMS = ("", ".native", ".ios", ".android", ".web", ".client")
_ASSET = re.compile(
    r"\.(?:css|scss|sass|less|styl|pcss|svg|png|jpe?g|gif|webp|avif|ico|woff2?|ttf|otf|eot|mp[34]|webm|wav|ogg|pdf|mdx?|txt|html?"
    r"|glsl|vert|frag|wgsl|wasm|graphql|gql|ya?ml|toml|csv|lottie|riv|glb|gltf|hdr|node|sql|proto|po|zip|bin|xml|worklet)$",
    re.I,
)
_OUTSIDE = re.compile(
    r"^(?:node:|https?:|data:|blob:|virtual:|astro:|bun:|cloudflare:|\$app/|\$env/|\$service-worker|#imports$|#app\b|#build"
    r"|#components$|~icons/|next/|uno\.css|unfonts\.css|\+types/|\./\+types/|\.\./\+types/)"
)
_COMMENT = re.compile(r'("(?:\\.|[^"\\\n])*")|//[^\n]*|/\*.{0,2000}?\*/', re.S)
_TRAILING = re.compile(r'("(?:\\.|[^"\\\n])*")|,(?=\s*[}\]])')
_PACKAGE = re.compile(r"^(?:@[a-z0-9~-][\w.~-]*/)?[A-Za-z0-9~_-][\w.~-]*(?=/|$)")
_MOST_EXTENDS = 4


def load_relaxed(data: bytes) -> Any:
    """JSON with comments and trailing commas, as TypeScript's configuration is; None for anything else."""
    text = data.decode("utf-8-sig", "replace")
    if len(text) > 40_000:
        return None
    text = _COMMENT.sub(lambda match: match[1] or " ", text)
    text = _TRAILING.sub(lambda match: match[1] or "", text)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def folder_of(path: str) -> str:
    """The folder a path lies in, "" for the top."""
    return path.rpartition("/")[0]


def join(folder: str, path: str) -> str | None:
    """A path below or beside a folder; None where it leaves the repository."""
    found = posixpath.normpath(posixpath.join(folder, path))
    return None if found.startswith(("..", "/")) else "" if found == "." else found


class Resolver:
    """Of one project. `packages` are its package.json files by folder; `aliases` those of bundlers, by folder."""

    def __init__(
        self, view: View, packages: Mapping[str, Mapping[str, Any]], aliases: Mapping[str, list[tuple[str, str]]]
    ) -> None:
        self._view, self._packages, self._aliases = view, packages, aliases
        self._files = view.project.files
        self._named = {str(text["name"]): folder for folder, text in packages.items() if text.get("name")}
        self._configs: dict[str, tuple[list[tuple[str, list[str]]], str | None]] = {}
        self._declared: dict[str, frozenset[str]] = {}
        self._folders: set[str] | None = None

    def resolve(self, path: str, specifier: str) -> list[str] | None:
        """The files an import in `path` may give; none for what is no code of this repository; None: not found."""
        name = re.sub(r"(?<!:)//+", "/", specifier.partition("?")[0].rpartition("!")[2])
        if not name or _OUTSIDE.match(name):
            return []
        folder = folder_of(path)
        if name.startswith("."):
            base = join(folder, name)
            found = self.at(base) if base is not None else []
        elif name.startswith("/"):
            root = self.package_of(path)
            found = [
                each
                for top in (root, posixpath.join(root, "public"), "")
                for each in self.at(join(top, name[1:]) or "")
            ]
        else:
            found = self._by_alias(path, name)
            if not found and self._is_package(path, name):
                return []
            found = found or self._by_habit(path, name)
        if found:
            return found
        if _ASSET.search(name):
            return []
        bare = _PACKAGE.match(name) and not name.startswith((".", "/", "@/", "~", "#", "$"))
        if bare and not self.in_repository(name):
            return []  # a package that another one brings along
        return None

    def package_of(self, path: str) -> str:
        """The folder of the nearest package.json above a path."""
        here = folder_of(path)
        while here and here not in self._packages:
            here = folder_of(here)
        return here

    def at(self, base: str) -> list[str]:
        """The files a path without ending may mean, the first ending that exists for each platform."""
        if base in self._files:
            return [base] if not _ASSET.search(base) else []
        stem = re.sub(r"\.[cm]?jsx?$", "", base)
        found = [
            next((stem + platform + each for each in _ENDINGS if stem + platform + each in self._files), "")
            for platform in _PLATFORMS
        ]
        found += [
            next((base + platform + each for each in _ENDINGS if base + platform + each in self._files), "")
            for platform in _PLATFORMS
            if stem != base
        ]
        if any(found):
            return [each for each in found if each]
        index = posixpath.join(base, "index")
        return [index + each for each in _ENDINGS if index + each in self._files][:1]

    def _by_alias(self, path: str, name: str) -> list[str]:
        for prefix, targets in self._paths(folder_of(path)):
            if prefix.endswith("*"):
                if not name.startswith(prefix[:-1]):
                    continue
                rest = name[len(prefix) - 1 :]
            elif name == prefix:
                rest = ""
            else:
                continue
            found = [each for target in targets for each in self.at(target.replace("*", rest, 1))]
            if found:
                return found
        root = self.package_of(path)
        for folder in dict.fromkeys((root, "")):
            for alias, target in sorted(self._aliases.get(folder, ()), key=lambda row: -len(row[0])):
                plain = alias.rstrip("/*").rstrip("$")
                if name == plain or name.startswith(plain + "/"):
                    base = join(folder, posixpath.join(target.lstrip("/").rstrip("*"), name[len(plain) :].lstrip("/")))
                    found = self.at(base) if base is not None else []
                    if found:
                        return found
        match = _PACKAGE.match(name)
        if match and match[0] in self._named:
            return self._in_package(self._named[match[0]], name[len(match[0]) + 1 :])
        return []

    def _in_package(self, folder: str, rest: str) -> list[str]:
        if rest:
            wanted = [rest, f"src/{rest}", f"lib/{rest}", f"app/{rest}"]
        else:
            text = self._packages[folder]
            wanted = [value for key in ("source", "module", "main", "types") if isinstance(value := text.get(key), str)]
            wanted += ["src/index", "index", "src/main", "lib/index"]
        wanted += list(_exported(self._packages[folder].get("exports"), "./" + rest if rest else "."))
        for each in wanted:
            for variant in (each, re.sub(r"^(?:\./)?(?:dist|build|lib|es|esm)/", "src/", each)):
                base = join(folder, re.sub(r"\.d\.ts$", "", variant))
                found = self.at(base) if base else []
                if found:
                    return found
        return self._all_of(folder, wanted)

    def _all_of(self, folder: str, wanted: Iterable[str]) -> list[str]:
        """All sources of a package whose own build gives what is imported: which of them goes into it is not known."""
        if not any(_BUILD.match(each) for each in wanted):
            return []
        start = posixpath.join(folder, "src") + "/"
        return [
            path
            for path in self._files
            if path.startswith(start)
            and path.endswith(_CODE_ENDINGS)
            and not is_test_path(path)
            and ".test." not in path
        ]

    def in_repository(self, name: str) -> bool:
        """Whether an import names a package of this repository."""
        match = _PACKAGE.match(name)
        return bool(match and match[0] in self._named)

    def _is_package(self, path: str, name: str) -> bool:
        match = _PACKAGE.match(name)
        if match is None or match[0] in self._named:
            return False
        here = self.package_of(path)
        while True:
            if match[0] in self._deps(here):
                return True
            if not here:
                return False
            here = self.package_of(here)

    def _deps(self, folder: str) -> frozenset[str]:
        if folder not in self._declared:
            text = self._packages.get(folder, {})
            self._declared[folder] = frozenset(
                name
                for key in ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
                for name in _mapping(text.get(key))
            )
        return self._declared[folder]

    def _by_habit(self, path: str, name: str) -> list[str]:
        """What frameworks mean by `@/`, `~/` and `$lib`, and by a name that is a folder of the sources."""
        root = self.package_of(path)
        tops = [posixpath.join(root, each) for each in ("src", "app", "", "client/src", "resources/js")]
        if name == "$lib" or name.startswith("$lib/"):
            return self.at(posixpath.join(root, "src", name[1:]))
        rest = re.sub(r"^(?:@|~|~~|@@|#)/|^[~#](?=[A-Za-z])", "", name)
        if rest == name and (name.startswith(("@", "#", "$", "~")) or not self._has_folder(tops, name)):
            return []
        for top in tops:
            found = self.at(posixpath.join(top, rest) if top else rest)
            if found:
                return found
        return []

    def _has_folder(self, tops: Iterable[str], name: str) -> bool:
        if self._folders is None:
            self._folders = set()
            for path in self._files:
                here = folder_of(path)
                while here and here not in self._folders:
                    self._folders.add(here)
                    here = folder_of(here)
        head = name.partition("/")[0]
        return "/" in name and any((f"{top}/{head}" if top else head) in self._folders for top in tops)

    def _paths(self, folder: str) -> list[tuple[str, list[str]]]:
        """Patterns and their targets of the nearest configuration that maps any, with its base folder last."""
        here = folder
        while True:
            for name in ("tsconfig.json", "jsconfig.json", "tsconfig.app.json", "tsconfig.base.json"):
                config = posixpath.join(here, name)
                rows, base = self._config(config)
                if rows or base is not None:
                    return [*rows, *([("*", [posixpath.join(base, "*")])] if base is not None else [])]
            if not here:
                return []
            here = folder_of(here)

    def _config(self, config: str, depth: int = 0) -> tuple[list[tuple[str, list[str]]], str | None]:
        if config in self._configs:
            return self._configs[config]
        self._configs[config] = ([], None)
        data = self._view.read(config) if config in self._files else None
        text = _mapping(load_relaxed(data)) if data is not None else {}
        options = _mapping(text.get("compilerOptions"))
        folder = folder_of(config)
        given = options.get("baseUrl")
        base = join(folder, given) if isinstance(given, str) else None
        rows: list[tuple[str, list[str]]] = []
        for pattern, targets in _mapping(options.get("paths")).items():
            texts = [each for each in targets if isinstance(each, str)] if isinstance(targets, list) else []
            joined = [
                each for target in texts if (each := join(base if base is not None else folder, target)) is not None
            ]
            rows.append((pattern, joined))
        above = text.get("extends")
        for each in [above] if isinstance(above, str) else above if isinstance(above, list) else []:
            if rows or depth >= _MOST_EXTENDS or not isinstance(each, str) or not each.startswith("."):
                continue
            target = join(folder, each if each.endswith(".json") else each + ".json")
            if target is not None:
                inherited, inherited_base = self._config(target, depth + 1)
                rows += inherited
                base = base if base is not None else inherited_base
        rows.sort(key=lambda row: -len(row[0]))
        self._configs[config] = (rows, base)
        return self._configs[config]


def _exported(exports: Any, wanted: str) -> Iterator[str]:
    """Targets of a subpath in the `exports` of a package.json, patterns included."""
    if isinstance(exports, str):
        if wanted == ".":
            yield exports
        return
    for key, value in _mapping(exports).items():
        rest: str | None = None
        if key == wanted or (wanted == "." and not key.startswith(".")):
            rest = ""
        elif "*" in key:
            head, _, tail = key.partition("*")
            if wanted.startswith(head) and wanted.endswith(tail):
                rest = wanted[len(head) : len(wanted) - len(tail)]
        if rest is not None:
            for target in _targets(value):
                yield target.replace("*", rest)


def _targets(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict) and depth < 5:
        for each in value.values():
            yield from _targets(each, depth + 1)
