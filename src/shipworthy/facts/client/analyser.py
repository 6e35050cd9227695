"""Reads each script, component and page for the shared pass."""

from __future__ import annotations

import re
from typing import Any

from shipworthy.facts.base import Analyser, Record
from shipworthy.facts.client import astro, markup
from shipworthy.facts.client.parts import cut
from shipworthy.facts.client.script import Script
from shipworthy.project import FileEntry, Source
from shipworthy.project.syntax import language_of, parse

SCRIPTS = frozenset({".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"})
COMPONENTS = frozenset({".vue", ".svelte", ".astro"})
_SAYS = re.compile(
    rb"\b(?:import|require|export)\b|use client|use server|angerously|dangerous-direct|document\.|window\.|env\b"
)
_DECORATED = re.compile(rb"^[ \t]*@[A-Za-z_]\w*\s*\(", re.M)
_CUT = (("it names more settings than are looked at in one file", None),)
_NOT_CODE = re.compile(r"\.d\.[cm]?ts$|[._-](?:test|tests|spec|cy|e2e|stories)\.[cm]?[jt]sx?$")


def _php(entry: FileEntry) -> bool:
    """Whether a file is PHP without being a template: only what it prints into a page is looked at."""
    return entry.suffix == ".php" and not markup.is_markup(entry)


class ClientCode(Analyser):
    """Record: null, or an object with these keys, each left out where it is empty.

    client, server: the directive that leads the file. only: "server" or "client" where it may run only there.
    imports: [specifier, line, use]. opaque: lines that import what is computed. globs: imported patterns.
    strips, lines: the server's part of a page or route, as [first, last] lines. keys: rows of `keys.uses`.
    named: [setting, line] with a public prefix. computed: lines that read settings by computed names through a cast.
    carried: rows of `carried.carried`; handed, gives: those of `carried.handed_on` and `carried.given`.
    hosts: providers' addresses it calls. draws: it is written for browsers.
    shipped: [setting, line, module] that a module with the app's .env file gives.
    sources: [src, line] of script elements. told: [setting, line] that markup writes out.
    """

    name = "client-code"
    version = "6"

    def wants(self, entry: FileEntry) -> bool:
        if not entry.by_hand or _NOT_CODE.search(entry.name):
            return False
        return entry.suffix in SCRIPTS or entry.suffix in COMPONENTS or markup.is_markup(entry) or _php(entry)

    def analyse(self, source: Source) -> Record:
        entry = source.entry
        if source.binary:
            return Record(None)
        if entry.suffix in SCRIPTS:
            return self._script(source)
        if _php(entry):
            told = markup.written(source.text) if markup.php_page(source.text) else []
            return Record({"told": told} if told else None)
        parts = cut(entry.suffix, source.text)
        found: dict[str, Any] = {"sources": [list(row) for row in parts.sources]}
        gaps: tuple[tuple[str, int | None], ...] = ()
        if entry.suffix not in COMPONENTS:
            found["told"] = markup.written(source.text)
        data = parts.text.encode("utf-8", "surrogateescape")
        if data.strip() and (entry.suffix in COMPONENTS or _SAYS.search(data)):
            tree = parse(parts.language, data)
            if tree is None:
                gaps = (("took too long or is too large to parse for what it imports", None),)
            else:
                template = entry.suffix in COMPONENTS
                script = Script(parts.language, tree.root_node, parts.text, typed=False, template=template)
                found |= script.record()
                gaps = _CUT if script.cut else ()
                if entry.suffix == ".astro":
                    _astro(found, parts.server, parts.islands, script)
                    found["carried"] = [*found.get("carried", ()), *astro.carried(source.text)]
        kept = {key: value for key, value in found.items() if value}
        return Record(kept or None, gaps)

    def _script(self, source: Source) -> Record:
        if source.minified or not _SAYS.search(source.data):
            return Record(None)
        language = language_of(source.path)
        if language is None:
            return Record(None)
        tree = source.tree
        if tree is None:
            return Record(None, (("took too long or is too large to parse for what it imports", None),))
        # Offsets are of the bytes that were parsed, mark and all.
        text = source.data.decode("utf-8", "surrogateescape")
        # Decorators may keep what stands in types alone: Angular gives a constructor its services by them.
        typed = language != "javascript" and not _DECORATED.search(source.data)
        script = Script(language, tree.root_node, text, typed=typed, template=False)
        kept = {key: value for key, value in script.record().items() if value}
        return Record(kept or None, _CUT if script.cut else ())


def _astro(found: dict[str, Any], server: tuple[int, int] | None, islands: frozenset[str], script: Script) -> None:
    """Frontmatter runs on the server; of what it imports, only islands reach the browser."""
    if server is None:
        return
    names = script.named()
    for row in found.get("imports", ()):
        if server[0] <= row[1] <= server[1]:
            row[2] = "value" if names.get(row[0], set()) & islands else "server"
    found["strips"], found["lines"] = "astro", [list(server)]
