"""Finds the CODEOWNERS file that counts, and holds its rules against the files of the repository."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from shipworthy.facts.base import FactReader, Facts, View
from shipworthy.facts.codeowners.fact import Codeowners, OwnerRule, Unowned
from shipworthy.facts.codeowners.parse import parse
from shipworthy.facts.codeowners.patterns import Pattern, compiled
from shipworthy.facts.host.remote import address, remote_of
from shipworthy.facts.review.risky import AREAS, area_of
from shipworthy.sources.hosts.address import HostKind

MAX_SIZE = 3 * 1024 * 1024
"""Larger ones GitHub does not load at all."""
MAX_COMPARED = 4_000_000
"""Patterns times files; more is a gap."""
SHOWN = 20
PLACES = {
    HostKind.GITHUB: (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"),
    HostKind.GITLAB: ("CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"),
}
"""In the order in which the host looks: the first file found is the one that counts."""
_OTHERS = {
    "bitbucket": "Bitbucket", "dev.azure.com": "Azure Repos", "visualstudio.com": "Azure Repos", "gitea": "Gitea",
    "codeberg.org": "Forgejo", "forgejo": "Forgejo", "sr.ht": "SourceHut",
}  # fmt: skip
_OTHER_PLACES = {".bitbucket": "Bitbucket", ".gitea": "Gitea", ".forgejo": "Forgejo"}
_SECTION = re.compile(rb"^\^?\[[^\[\]\n]{1,255}\]", re.M)


class CodeownersReader(FactReader[Codeowners]):
    """Reads one file; of all others it knows the names."""

    def read(self, view: View, facts: Facts) -> Codeowners:
        if view.project.incomplete:
            view.gap(None, view.project.incomplete)
        other = _other_host(view)
        if other:
            # Its rules for this file are others: judged by the wrong ones it would be said to be right, or broken.
            view.gap(None, f"how {other} reads code owners is not known here")
            return Codeowners(read=tuple(view.seen), gaps=tuple(view.gaps))
        in_git = view.project.head.in_git
        files = [entry for entry in view.project.files.values() if entry.tracked or not in_git]
        # Whatever is asked for by name has to be noted, there or not.
        present = [path for path in dict.fromkeys(p for places in PLACES.values() for p in places) if view.exists(path)]
        kind = _kind(view, present)
        path = next((each for each in PLACES[kind] if each in present), None)
        elsewhere = [
            entry.path for entry in files if entry.name.lower() == "codeowners" and entry.path != path and entry.by_hand
        ]
        risky = {entry.path: area for entry in files if entry.by_hand and (area := area_of(entry.path))}
        rules: list[OwnerRule] = []
        mistakes = []
        data = view.read(path) if path else None
        if path and data is not None:
            if kind is HostKind.GITHUB and len(data) >= MAX_SIZE:
                view.gap(path, "it is larger than 3 MB, and GitHub does not load it")
            parsed = parse(data[:MAX_SIZE].decode("utf-8-sig", "replace"), kind)
            if parsed.too_many:
                view.gap(path, "it has more rules than are read here")
            rules, mistakes = parsed.rules, parsed.mistakes
            if len(rules) * len(files) > MAX_COMPARED:
                view.gap(path, "it has too many rules for so many files")
                rules = []
        matcher = _Matcher(rules, kind)
        unowned = {path: area for path, area in risky.items() if not matcher.owned(path)}
        return Codeowners(
            kind=kind,
            path=path,
            ignored=tuple(sorted(elsewhere)),
            rules=tuple(matcher.with_stale([entry.path for entry in files])),
            mistakes=tuple(mistakes),
            risky=dict(Counter(risky.values())),
            unowned=tuple(
                Unowned(area=area, paths=paths)
                for area in AREAS
                if (paths := tuple(sorted(path for path, its in unowned.items() if its == area)))
            ),
            read=tuple(view.seen),
            gaps=tuple(view.gaps),
        )


def _kind(view: View, present: Sequence[str]) -> HostKind:
    """Whose rules apply: the remote tells, or else where the file lies, or else what stands in it."""
    found = address(view)
    if found is not None:
        return found.kind
    if ".github/CODEOWNERS" in present or view.project.has_folder(".github"):
        return HostKind.GITHUB
    if ".gitlab/CODEOWNERS" in present or view.exists(".gitlab-ci.yml"):
        return HostKind.GITLAB
    data = view.read(present[0]) if present else None
    return HostKind.GITLAB if data is not None and _SECTION.search(data[:MAX_SIZE]) else HostKind.GITHUB


def _other_host(view: View) -> str:
    """The host, where it is one that reads the file by rules of its own; "" otherwise."""
    if address(view) is not None:
        return ""
    remote = remote_of(view) or ""
    by_remote = next((name for part, name in _OTHERS.items() if part in remote.lower()), "")
    return by_remote or next((name for place, name in _OTHER_PLACES.items() if view.exists(f"{place}/CODEOWNERS")), "")


class _Matcher:
    """The rules of one file, ready to be compared."""

    def __init__(self, rules: Sequence[OwnerRule], kind: HostKind) -> None:
        self._rules = [(rule, compiled(rule.pattern, kind)) for rule in rules]
        self._by_section: dict[str, list[tuple[OwnerRule, Pattern]]] = {}
        for pair in self._rules:
            self._by_section.setdefault(pair[0].section, []).append(pair)

    def owned(self, path: str) -> bool:
        """Whether anybody owns a file: in some section, the last rule that matches it has an owner."""
        segments = path.split("/")
        for rules in self._by_section.values():
            hits = [rule for rule, pattern in rules if pattern.matches(segments)]
            if hits and not any(rule.excludes for rule in hits) and hits[-1].owners:
                return True
        return False

    def with_stale(self, paths: Sequence[str]) -> list[OwnerRule]:
        """The rules, each knowing whether it matches anything."""
        split = [path.split("/") for path in paths]
        known = {"/".join(parts[:count]) for parts in split for count in range(1, len(parts) + 1)}
        found = []
        for rule, pattern in self._rules:
            if pattern.plain and pattern.segments and pattern.below and not pattern.folder:
                live = "/".join(pattern.segments) in known
            else:
                live = any(map(pattern.matches, split))
            found.append(replace(rule, stale=not live))
        return found
