"""Builds the embedded index of advisories from archives in OSV format (see `shipworthy.sources.advisories`).

    python scripts/build_advisories.py OUTPUT PyPI=osv-pypi.zip npm=osv-npm.zip "--partial=npm=why it is not the whole"

The same archives give the same bytes. Withdrawn advisories are left out; of the versions an advisory names, only
those are kept that its ranges do not already hold.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from shipworthy.sources.advisories.index import FORMAT, Advisory, Interval
from shipworthy.sources.advisories.matching import affects
from shipworthy.sources.advisories.ordering import NotComparable, key
from shipworthy.sources.advisories.severity import level_of

_RANGES = {"PyPI": "ECOSYSTEM", "npm": "SEMVER"}


def intervals_of(ecosystem: str, events: Iterable[Mapping[str, str]]) -> list[Interval]:
    """Affected intervals of one range: events in version order, as OSV's evaluation algorithm reads them.

    Raises NotComparable where an event names a version that cannot be ordered.
    """
    rows = []
    for event in events:
        for kind, version in event.items():
            if kind in ("introduced", "fixed", "last_affected"):
                start = kind == "introduced" and version == "0"
                # At one version a fix comes before a new introduction, and the last affected one after both.
                order = {"fixed": 0, "introduced": 1, "last_affected": 2}[kind]
                rows.append(((0,) if start else (1, key(ecosystem, version), order), kind, None if start else version))
    found: list[Interval] = []
    begun, since = False, None
    for _, kind, version in sorted(rows, key=lambda row: row[0]):
        if kind == "introduced" and not begun:
            begun, since = True, version
        elif kind != "introduced" and begun:
            found.append(Interval(since, version, kind == "last_affected"))
            begun = False
    return [*found, Interval(since, None)] if begun else found


def row_of(ecosystem: str, record: Mapping[str, Any], affected: Mapping[str, Any]) -> list[Any]:
    """One advisory about one package, in the index's shape."""
    intervals: list[Interval] = []
    unordered = False
    for each in affected.get("ranges", []):
        if each["type"] == _RANGES[ecosystem]:
            try:
                intervals += intervals_of(ecosystem, each["events"])
            except NotComparable as error:
                print(f"{record['id']}: a range that cannot be ordered, {error}", file=sys.stderr)
                unordered = True
    bare = Advisory(record["id"], (), None, tuple(dict.fromkeys(intervals)))

    def extra(version: str) -> bool:
        try:
            return not affects(ecosystem, bare, version)
        except NotComparable:
            return True

    words = record.get("database_specific", {}).get("severity")
    return [
        record["id"],
        sorted(record.get("aliases", [])),
        level_of(record.get("severity", []), words),
        [
            [each.introduced or ""] if each.end is None else [each.introduced or "", each.end, *([1] * each.inclusive)]
            for each in bare.intervals
        ]
        + [[]] * unordered,
        sorted(filter(extra, set(affected.get("versions", [])))),
    ]


def name_of(ecosystem: str, name: str) -> str:
    from packaging.utils import canonicalize_name

    return str(canonicalize_name(name)) if ecosystem == "PyPI" else name


def read(ecosystem: str, archive: Path, partial: str) -> dict[str, Any]:
    """The part of the index that one archive fills."""
    packages: dict[str, list[list[Any]]] = {}
    newest, count = "", 0
    with zipfile.ZipFile(archive) as bundle:
        for name in sorted(bundle.namelist()):
            record = json.loads(bundle.read(name))
            newest = max(newest, record.get("modified", "")[:10], record.get("published", "")[:10])
            if record.get("withdrawn"):
                continue
            count += 1
            for affected in record["affected"]:
                if affected["package"]["ecosystem"] == ecosystem:
                    name = name_of(ecosystem, affected["package"]["name"])
                    packages.setdefault(name, []).append(row_of(ecosystem, record, affected))
    return {
        "date": newest,
        "advisories": count,
        "partial": partial,
        "inputs": [{"name": archive.name, "sha256": hashlib.sha256(archive.read_bytes()).hexdigest()}],
        "packages": {name: sorted(packages[name], key=lambda row: row[0]) for name in sorted(packages)},
    }


def build(archives: Mapping[str, Path], partial: Mapping[str, str]) -> bytes:
    """The index's bytes."""
    document = {
        "format": FORMAT,
        "ecosystems": {name: read(name, path, partial.get(name, "")) for name, path in sorted(archives.items())},
    }
    return zlib.compress(json.dumps(document, separators=(",", ":"), sort_keys=True).encode(), 9)


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    if name not in _RANGES or not value:
        raise argparse.ArgumentTypeError(f"{text}: expected {' or '.join(_RANGES)}=VALUE")
    return name, value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("archive", type=_pair, nargs="+", help="ECOSYSTEM=PATH of a zip of OSV records")
    parser.add_argument("--partial", type=_pair, action="append", default=[], help="ECOSYSTEM=WHY the data is partial")
    given = parser.parse_args()
    data = build({name: Path(path) for name, path in given.archive}, dict(given.partial))
    given.output.write_bytes(data)
    print(f"{given.output}: {len(data):,} bytes")


if __name__ == "__main__":
    main()
