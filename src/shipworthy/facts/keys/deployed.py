"""Finds names of keys in compose files, images, manifests, Terraform and the files of other CI systems than GitHub."""

from __future__ import annotations

import re

from shipworthy.facts.base import Analyser, Record
from shipworthy.facts.keys.names import secret, switch
from shipworthy.facts.settings import ListingKind
from shipworthy.facts.settings.deployed_rows import aside
from shipworthy.facts.settings.listing_analyser import kind_of
from shipworthy.facts.settings.names import secret_name
from shipworthy.project import FileEntry, Source

_KINDS = frozenset({
    ListingKind.COMPOSE, ListingKind.DOCKER, ListingKind.PLATFORM, ListingKind.KUBERNETES, ListingKind.TERRAFORM,
})  # fmt: skip
_NAME = re.compile(r"(?<![A-Za-z0-9_])[A-Z][A-Z0-9_]{2,99}(?![A-Za-z0-9_])")
_VARIABLE = re.compile(r"^\s*variable\s+\"([A-Za-z][\w-]{0,99})\"")
_ASKED = re.compile(r"\$\{?([A-Z][A-Z0-9_]{2,99})|\$\(([A-Z][A-Z0-9_]{2,99})\)")
# Source: GitLab, predefined variables; CircleCI and Bitbucket name their own likewise.
_OWN = re.compile(r"(?:CI|GITLAB|CIRCLE|BITBUCKET|SYSTEM|BUILD)_")
_MOST_LINE = 2_000
_MOST = 500


def other_ci(entry: FileEntry) -> bool:
    """Whether a file tells another CI system than GitHub's what to do."""
    return kind_of(entry) is ListingKind.CI and not entry.path.startswith(".github/")


class DeployedKeys(Analyser):
    """Record: `[[name, line of the first place], …]` in line order; null for a file that names no key."""

    name = "key-names"
    version = "1"

    def wants(self, entry: FileEntry) -> bool:
        return entry.by_hand and (other_ci(entry) or (kind_of(entry) in _KINDS and not aside(entry.path)))

    def analyse(self, source: Source) -> Record:
        if source.binary:
            return Record(None)
        found: dict[str, int] = {}
        asked = other_ci(source.entry)
        for number, line in enumerate(source.lines, 1):
            bare = line[:_MOST_LINE].lstrip()
            if bare.startswith(("#", "//")):
                continue
            names = [first or second for first, second in _ASKED.findall(bare)] if asked else _NAME.findall(bare)
            if variable := _VARIABLE.match(bare):
                names.append(variable[1])
            for name in names:
                if (secret(name) or secret_name(name)) and not switch(name) and not (asked and _OWN.match(name)):
                    found.setdefault(name, number)
        return Record([[name, line] for name, line in found.items()][:_MOST] or None)
