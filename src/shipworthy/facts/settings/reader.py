"""Joins the records of code and listings into the settings of the project."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from shipworthy.facts.base import FactReader, Facts, View
from shipworthy.facts.secrets.links import drop_mere_links
from shipworthy.facts.secrets.names import read_name
from shipworthy.facts.settings.code_analyser import CodeSettings
from shipworthy.facts.settings.listing_analyser import ListedSettings
from shipworthy.facts.settings.model import (
    Assignment,
    Default,
    ListingKind,
    SettingListing,
    SettingRead,
    Settings,
    StoreUse,
)
from shipworthy.model import Location
from shipworthy.project import is_test_path

_NOT_THE_APP = re.compile(
    r"(?:^|/)(?:docs?|documentation|examples?|samples?|benchmarks?|e2e|cypress|playwright|\.github|\.storybook|testing)/"
    r"|(?:^|/)(?:playwright|cypress|vitest|jest|karma|wdio|codecept|testcafe|eslint|prettier|commitlint|lint-staged|noxfile"
    r"|renovate|release|semantic-release)(?:[.-][\w.-]*)?\.(?:[cm]?[jt]s|py)$|(?:^|/)(?:setup|conftest|noxfile|fabfile|tasks)\.py$"
)


class SettingsReader(FactReader[Settings]):
    """Computed names stay rows: which check they trouble is the check's business."""

    def __init__(self) -> None:
        self._code, self._listed = CodeSettings(), ListedSettings()
        self.analysers = (self._code, self._listed)

    def read(self, view: View, facts: Facts) -> Settings:
        listed = view.records(self._listed)
        # A link that names settings elsewhere can only list more of them: its loss never makes a pass.
        drop_mere_links(view)
        code = view.records(self._code)
        stores = [*_stores(code), *_stores(listed)]
        loads = [Location(path=path, line=line) for path in sorted(code) if code[path] for line in code[path]["loads"]]
        return Settings(
            reads=tuple(_reads(code)),
            listings=tuple(_listings(listed, view)),
            stores=tuple(stores),
            files=len(code),
            loads_env_files=tuple(loads),
            read=tuple(view.seen),
            gaps=tuple(view.gaps),
        )


def _reads(code: Mapping[str, Any]) -> Iterator[SettingRead]:
    wrappers = {name for value in code.values() if value for name in value["wrappers"]}
    for path in sorted(code):
        value = code[path]
        if not value:
            continue
        test = is_test_path(path) or bool(_NOT_THE_APP.search(path))
        rows = list(value["reads"])
        rows += [row[1:] for row in value["calls"] if row[0] in wrappers]
        for name, line, how, default in sorted(rows, key=lambda row: (row[1], row[0] or "")):
            yield SettingRead(
                name=name,
                how=how,
                location=Location(path=path, line=line),
                default=Default(default),
                secret=name is not None and secret_name(name),
                test=test,
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
                Assignment(name=name, line=line, default=Default(default), secret=secret_name(name))
                for name, line, default, commented in value["assigned"]
                if not commented
            ),
        )


def _stores(records: Mapping[str, Any]) -> Iterator[StoreUse]:
    for path in sorted(records):
        for kind, line in (records[path] or {}).get("stores", ()):
            if not is_test_path(path):
                build_only = records[path].get("kind") == ListingKind.CI
                yield StoreUse(kind=kind, location=Location(path=path, line=line), build_only=build_only)


@lru_cache(maxsize=8_192)
def secret_name(name: str) -> bool:
    """Whether a setting's name is that of a secret; addresses with a password in them count."""
    found = read_name(name)
    if found is not None:
        return found.sure
    return bool(
        re.search(
            r"(?:^|_)(?:DATABASE|DB|REDIS|MONGO(?:DB)?|POSTGRES(?:QL)?|MYSQL|AMQP|BROKER|RABBITMQ)_(?:URL|URI|DSN)$",
            name,
            re.I,
        )
    )
