"""Joins the records of code and listings into the settings of the project."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from shipworthy.facts.base import FactReader, Facts, View
from shipworthy.facts.secrets.links import drop_mere_links
from shipworthy.facts.settings.code_analyser import CodeSettings
from shipworthy.facts.settings.deployed_analyser import DeployedSecrets
from shipworthy.facts.settings.listing_analyser import ListedSettings
from shipworthy.facts.settings.model import (
    Assignment,
    Default,
    ListingKind,
    LoadedFile,
    SettingListing,
    SettingRead,
    Settings,
    StoreUse,
    WrittenIn,
    WrittenSecret,
)
from shipworthy.facts.settings.names import secret_name
from shipworthy.model import Location
from shipworthy.project import is_test_path
from shipworthy.text import plural

_NOT_THE_APP = re.compile(
    r"(?:^|/)(?:docs?|documentation|examples?|samples?|benchmarks?|e2e|cypress|playwright|\.github|\.storybook|testing)/"
    r"|(?:^|/)(?:playwright|cypress|vitest|jest|karma|wdio|codecept|testcafe|eslint|prettier|commitlint|lint-staged|noxfile"
    r"|renovate|release|semantic-release)(?:[.-][\w.-]*)?\.(?:[cm]?[jt]s|py)$|(?:^|/)(?:setup|conftest|noxfile|fabfile|tasks)\.py$"
)

_TOOLING = re.compile(
    r"(?:^|/)(?:scripts?|tools?|tooling|hack|ci|dev|devtools|devscripts|bin|build|\.ci|release)/"
    r"|(?:^|/)(?:run_?|run)?tests?(?:[_-]?(?:utils?|helpers?|settings|runner|support|case))?\.(?:py|[cm]?[jt]s)$"
)
"""Where a name that is computed says nothing of the app: these start programs and hand the environment on."""


class SettingsReader(FactReader[Settings]):
    """Computed names stay rows: which check they trouble is the check's business."""

    def __init__(self) -> None:
        self._code, self._listed, self._deployed = CodeSettings(), ListedSettings(), DeployedSecrets()
        self.analysers = (self._code, self._listed, self._deployed)

    def read(self, view: View, facts: Facts) -> Settings:
        listed = view.records(self._listed)
        # A link that names settings elsewhere can only list more of them: its loss never makes a pass.
        drop_mere_links(view)
        code = view.records(self._code)
        deployed = view.records(self._deployed)
        unread = _unread(view)
        for language, count in unread.items():
            reason = f"which settings {language} code reads is not seen ({plural(count, 'file')})"
            view.gap(None, reason, subject=language)
        loads = [Location(path=path, line=line) for path in sorted(code) if code[path] for line in code[path]["loads"]]
        return Settings(
            reads=tuple(_reads(code, deployed)),
            listings=tuple(_listings(listed, view)),
            stores=(*_asked(code), *_uses(deployed)),
            written=tuple(_written(deployed)),
            cloud_keys=tuple(_places(deployed, "cloud_keys", "a cloud key kept by the pipeline")),
            handed=tuple(_places(deployed, "handed", "a build argument")),
            unread=tuple(unread),
            files=len(code),
            loads_env_files=tuple(loads),
            loaded=(*_loaded(code), *_loaded(listed)),
            read=tuple(view.seen),
            gaps=tuple(view.gaps),
        )


_UNREAD = {
    ".hs": "Haskell", ".erl": "Erlang", ".ml": "OCaml", ".jl": "Julia", ".pas": "Pascal", ".cob": "COBOL",
    ".adb": "Ada",
    ".f90": "Fortran", ".d": "D", ".vala": "Vala", ".cls": "Apex or ABAP", ".gleam": "Gleam", ".elm": "Elm",
    ".rkt": "Racket", ".scm": "Scheme", ".lisp": "Lisp", ".hx": "Haxe", ".tcl": "Tcl", ".sas": "SAS",
}  # fmt: skip


def _reads(code: Mapping[str, Any], deployed: Mapping[str, Any]) -> Iterator[SettingRead]:
    wrappers = {name for value in code.values() if value for name in value["wrappers"]}
    for path in sorted(code):
        value = code[path]
        if not value:
            continue
        test = is_test_path(path) or bool(_NOT_THE_APP.search(path))
        rows = list(value["reads"])
        rows += [row[1:] for row in value["calls"] if row[0] in wrappers]
        for name, line, how, default in sorted(rows, key=lambda row: (row[1], row[0] or "")):
            tooling = test or (name is None and bool(_TOOLING.search(path)))
            yield SettingRead(
                name=name,
                how=how,
                location=Location(path=path, line=line),
                default=Default(default),
                secret=name is not None and secret_name(name),
                test=tooling,
            )
    for path in sorted(deployed):
        for name, line, how, default in (deployed[path] or {}).get("reads", ()):
            yield SettingRead(
                name=name,
                how=how,
                location=Location(path=path, line=line),
                default=Default(default),
                secret=secret_name(name),
                test=is_test_path(path) or bool(_NOT_THE_APP.search(path)),
            )


def _listings(listed: Mapping[str, Any], view: View) -> Iterator[SettingListing]:
    for path in sorted(listed):
        value = listed[path]
        if not value:
            continue
        entry = view.project.files[path]
        yield SettingListing(
            path=path,
            kind=ListingKind(value["kind"]),
            tracked=entry.tracked or not view.project.head.in_git,
            names=frozenset(value["names"]),
            assignments=tuple(
                Assignment(name=name, line=line, default=Default(default), secret=secret_name(name), stand_in=stand_in)
                for name, line, default, commented, stand_in in value["assigned"]
                if not commented
            ),
            sealed=value["sealed"],
            unread=value["unread"],
        )


def _loaded(records: Mapping[str, Any]) -> Iterator[LoadedFile]:
    """What code says starts where the code or its program does, what compose says where its own file lies."""
    for path in sorted(records):
        for name, line, *above in (records[path] or {}).get("env_files", ()):
            if not is_test_path(path) and not _NOT_THE_APP.search(path):
                start = above[0] if above else 0
                yield LoadedFile(name=name, location=Location(path=path, line=line), above=start)


def _asked(code: Mapping[str, Any]) -> Iterator[StoreUse]:
    for path in sorted(code):
        for kind, line in (code[path] or {}).get("stores", ()):
            if not is_test_path(path):
                yield StoreUse(kind=kind, location=Location(path=path, line=line))


def _uses(deployed: Mapping[str, Any]) -> Iterator[StoreUse]:
    for path in sorted(deployed):
        for kind, line, name, build_only in (deployed[path] or {}).get("uses", ()):
            if not is_test_path(path):
                yield StoreUse(kind=kind, location=Location(path=path, line=line), build_only=build_only, name=name)


def _places(deployed: Mapping[str, Any], key: str, kind: str) -> Iterator[StoreUse]:
    for path in sorted(deployed):
        for name, line in (deployed[path] or {}).get(key, ()):
            yield StoreUse(kind=kind, location=Location(path=path, line=line), build_only=True, name=name)


def _written(deployed: Mapping[str, Any]) -> Iterator[WrittenSecret]:
    for path in sorted(deployed):
        value = deployed[path] or {}
        for name, line, where, stand_in, database in value.get("written", ()):
            yield WrittenSecret(
                name=name,
                location=Location(path=path, line=line),
                where=WrittenIn(where),
                stand_in=stand_in,
                aside=value["aside"],
                database=database,
            )


def _unread(view: View) -> dict[str, int]:
    """Languages of the app's own code that no pattern here reads, with the number of files."""
    found: Counter[str] = Counter()
    for entry in view.entries():
        language = _UNREAD.get(entry.suffix)
        if language and entry.by_hand and not is_test_path(entry.path) and not _NOT_THE_APP.search(entry.path):
            found[language] += 1
    return dict(sorted(found.items()))
