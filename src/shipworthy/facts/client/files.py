"""Reads the files that go to people as they are: what phone apps are built with, and source maps of built output."""

from __future__ import annotations

import json
import re
from typing import Any

from shipworthy.facts.base import Analyser, Record
from shipworthy.facts.client.names import meant
from shipworthy.facts.secrets.fact import title_of
from shipworthy.facts.secrets.scanner import TOO_MANY, scan
from shipworthy.model import Confidence
from shipworthy.project import FileEntry, Source

_FIELD = re.compile(r"\b(?:buildConfigField|resValue)\s*\(?\s*[\"']\w+[\"']\s*,\s*[\"'](\w{2,80})[\"']")
_PLIST = re.compile(r"<key>\s*([A-Za-z][\w.-]{1,80})\s*</key>\s*<string>\s*([^<]{1,400})</string>")
_STRING = re.compile(r"<string\s+name=\"(\w{2,80})\"[^>]{0,100}>\s*([^<]{1,400})</string>")
_ASSET = re.compile(r"^\s*-\s*[\"']?((?:[\w./-]*/)?\.env[\w.-]*)[\"']?\s*$", re.M)
_MOST_SOURCES = 5_000
_MOST_BYTES = 6 * 1024 * 1024


class PhoneFiles(Analyser):
    """Record: null or [[name, line, how], …]: settings with a secret's name that a phone app is built with."""

    name = "client-phone-files"
    version = "1"

    def wants(self, entry: FileEntry) -> bool:
        return entry.by_hand and (
            entry.name in ("Info.plist", "strings.xml", "secrets.xml", "keys.xml", "pubspec.yaml")
            or entry.name.endswith((".gradle", ".gradle.kts"))
        )

    def analyse(self, source: Source) -> Record:
        text, name = source.text, source.entry.name
        rows: list[list[Any]] = []
        if name == "pubspec.yaml":
            rows = [[match[1], _line(text, match), "asset"] for match in _ASSET.finditer(text)]
        elif name == "Info.plist":
            rows = [[match[1], _line(text, match), "Info.plist"] for match in _PLIST.finditer(text)]
        elif name.endswith(".xml"):
            rows = [[match[1], _line(text, match), name] for match in _STRING.finditer(text) if _key_like(match[2])]
        else:
            rows = [[match[1], _line(text, match), "a field of the Android build"] for match in _FIELD.finditer(text)]
        kept = [row for row in rows if row[2] == "asset" or meant(row[0])]
        return Record(kept[:200] or None)


class SourceMaps(Analyser):
    """Record: null, or {"sources": how many were looked at, "rows": [rule, title, line in the source, source]}."""

    name = "client-source-maps"
    version = "1"

    def wants(self, entry: FileEntry) -> bool:
        return entry.suffix == ".map" and "node_modules/" not in entry.path

    def analyse(self, source: Source) -> Record:
        try:
            document = json.loads(source.text)
        except (ValueError, RecursionError):
            return Record(None, (("not a readable source map", None),))
        if not isinstance(document, dict) or not isinstance(document.get("mappings"), str):
            return Record(None)
        contents, names = document.get("sourcesContent"), document.get("sources")
        if not isinstance(contents, list):
            return Record({"sources": 0, "rows": []})
        rows: list[list[Any]] = []
        size = looked = 0
        cut = False
        for index, content in enumerate(contents[:_MOST_SOURCES]):
            if not isinstance(content, str):
                continue
            named = names[index] if isinstance(names, list) and index < len(names) else ""
            path = named if isinstance(named, str) else ""
            if "node_modules/" in path:
                continue
            data = content.encode("utf-8", "surrogatepass")
            size += len(data)
            if size > _MOST_BYTES:
                break
            looked += 1
            found = scan(path.rpartition("/")[2][-80:] or "source.js", data)
            cut = cut or found.cut
            for hit in found.hits:
                if hit.confidence is not Confidence.REVIEW:
                    line = data.count(b"\n", 0, hit.start) + 1
                    rows.append([hit.rule, title_of(hit.rule), line, path[-120:]])
        gaps: tuple[tuple[str, int | None], ...] = ()
        if size > _MOST_BYTES or len(contents) > _MOST_SOURCES:
            gaps = (("a source map too large to look through", None),)
        elif cut:
            gaps = ((TOO_MANY, None),)
        return Record({"sources": looked, "rows": rows[:200]}, gaps)


def _line(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start(1)) + 1


def _key_like(value: str) -> bool:
    """No sentence for people: `<string name="password">Password</string>` is a label."""
    return len(value.strip()) >= 16 and " " not in value.strip() and any(each.isdigit() for each in value)
