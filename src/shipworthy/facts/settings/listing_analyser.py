"""Reads the files that name settings: env files and examples, compose, images, CI, platforms, manifests, docs."""

from __future__ import annotations

import re
from typing import Any

from shipworthy.facts.base import Analyser, Record
from shipworthy.facts.settings import sealed
from shipworthy.facts.settings.defaults import of_text
from shipworthy.facts.settings.deployed_rows import stand_in
from shipworthy.facts.settings.env_names import kind_of_name
from shipworthy.facts.settings.json_rows import encrypted, rows
from shipworthy.facts.settings.live_text import live
from shipworthy.facts.settings.loaded import named_in_compose
from shipworthy.facts.settings.model import ListingKind
from shipworthy.facts.settings.names import secret_name
from shipworthy.project import FileEntry, Source

_NAMES = re.compile(r"(?<![A-Za-z0-9_$-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![A-Za-z0-9_])|(?<=\{)[A-Z][A-Z0-9_]{2,}")
_KEYED = re.compile(
    r"^[ \t]*(?:-[ \t]+)?(?:export[ \t]+|name:[ \t]*|key:[ \t]*|ENV[ \t]+|ARG[ \t]+)?"
    r"[\"']?([A-Za-z_][A-Za-z0-9_]+)[\"']?[ \t]*(?:[:=]|$)",
    re.M,
)
_ASSIGNED = re.compile(r"^[ \t]*(#?)[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*(.*)$", re.M)
_WORD = re.compile(r"[`\"'|*][ ]?([A-Z][A-Z0-9_]{2,})[ ]?[`\"'|*=]")
_TOKEN = re.compile(r"(?=[A-Z]*[0-9])[A-Z0-9]{16,}")
"""A key of capitals, as some providers give them out, and no name: those part their words."""
_DOCS = {".md", ".mdx", ".rst", ".adoc", ".txt"}
_MOST = 3_000


_BY_PATH: tuple[tuple[ListingKind, tuple[str, ...]], ...] = (
    (ListingKind.COMPOSE, ("docker-compose*.y*ml", "compose*.y*ml", "docker-stack*.y*ml", "*.compose.y*ml")),
    (ListingKind.DOCKER, ("Dockerfile*", "*.Dockerfile", "*.dockerfile", "Containerfile")),
    (
        ListingKind.CI,
        (
            ".github/workflows/*.y*ml", ".gitlab-ci.yml", ".circleci/*.yml", "azure-pipelines*.yml",
            "bitbucket-pipelines.yml",
        ),
    ),
    (
        ListingKind.PLATFORM,
        (
            "fly*.toml", "render.y*ml", "vercel.json", "app.json", "netlify.toml", "railway.*", "app.y*ml", "Procfile",
            "wrangler.*", "serverless*.y*ml", "heroku.yml", "nixpacks.toml", "turbo.json", "apphosting*.y*ml",
            "cloudbuild*.y*ml", "template.y*ml", "samconfig.toml", "project.toml", "*.service", "ecosystem.config.*js",
            "amplify.yml",
        ),
    ),
    (ListingKind.TERRAFORM, ("*.tf", "*.tfvars", "*.tfvars.example")),
)  # fmt: skip
_MANIFESTS = re.compile(
    r"(?:^|/)(?:k8s|kubernetes|manifests?|helm|charts?|deploy(?:ment)?s?|kustomize|infra|base|overlays)/"
)


def kind_of(entry: FileEntry) -> ListingKind | None:
    """What kind of listing a path is; None for none."""
    named = kind_of_name(entry.path)
    if named is not None:
        return named
    manifest = entry.suffix in (".yaml", ".yml", ".tpl") and bool(_MANIFESTS.search(entry.path))
    for kind, patterns in _BY_PATH:
        # Platforms use names as plain as app.yaml, which in a folder of manifests means something else.
        if entry.matches(*patterns) and not (manifest and kind is ListingKind.PLATFORM):
            return kind
    if manifest:
        return ListingKind.KUBERNETES
    if entry.suffix in _DOCS and not entry.name.lower().startswith(("changelog", "license", "requirements")):
        return ListingKind.DOCS
    return None


class ListedSettings(Analyser):
    """Record: `{"kind", "names", "assigned", "env_files", "sealed", "unread"}`.

    Assigned rows are [name, line, default kind, commented, stand-in], those of env files [name, line]. Sealed: every
    secret in it is encrypted. Unread: it is an env file by its name, and no text.
    """

    name = "settings-listings"
    version = "9"

    def wants(self, entry: FileEntry) -> bool:
        return entry.by_hand and kind_of(entry) is not None

    def analyse(self, source: Source) -> Record:
        kind = kind_of(source.entry)
        if kind is None:
            return Record(None)
        of_values = kind in (ListingKind.EXAMPLE, ListingKind.ENV_FILE, ListingKind.SETTINGS_JSON)
        closed = of_values and sealed.whole(source.entry.name, source.data, binary=source.binary)
        if closed and not source.binary:
            # How a file begins is no proof of what follows.
            closed = all(not_own for *_, not_own in _of_env_file(kind, source.text)["assigned"])
        if closed or (source.binary and of_values):
            return Record(_record(kind, sealed=closed, unread=not closed))
        if source.binary:
            return Record(None)
        if kind is ListingKind.SETTINGS_JSON:
            return Record(_record(kind, assigned=rows(source.text), sealed=encrypted(source.entry.name, source.text)))
        if of_values:
            return Record(_of_env_file(kind, source.text))
        text = source.text if kind is ListingKind.DOCS else live(source.path, source.text)
        names = _named(text)
        if kind is not ListingKind.DOCS:
            names |= {name for name in _KEYED.findall(text) if name.upper() == name}
        env_files = list(named_in_compose(text))[:_MOST] if kind is ListingKind.COMPOSE else []
        return Record(_record(kind, names=names, env_files=env_files))


def _named(text: str) -> set[str]:
    return set(_NAMES.findall(text)) | set(_WORD.findall(text))


def _of_env_file(kind: ListingKind, text: str) -> dict[str, Any]:
    names, assigned, found = _named(text), [], []
    for match in _ASSIGNED.finditer(text):
        value = match[3].partition(" #")[0].strip().strip("\"'")
        names.add(match[2])
        line = text.count("\n", 0, match.start(2)) + 1
        own = secret_name(match[2]) and not stand_in(match[2], value)
        assigned.append([match[2], line, str(of_text(value)), bool(match[1]), not own])
        # A secret that somebody commented out is as readable as the others.
        found.append((match[2], value, own if match[1] else secret_name(match[2])))
    return _record(kind, names=names, assigned=assigned, sealed=sealed.every(found))


def _record(kind: ListingKind, **given: Any) -> dict[str, Any]:
    names = sorted(name for name in given.get("names", ()) if not _TOKEN.fullmatch(name))
    return {
        "kind": str(kind),
        "names": names[:_MOST],
        "assigned": given.get("assigned", [])[:_MOST],
        "env_files": given.get("env_files", []),
        "sealed": given.get("sealed", False),
        "unread": given.get("unread", False),
    }
