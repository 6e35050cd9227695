"""Reads the files that name settings: env files and examples, compose, images, CI, platforms, manifests, docs."""

from __future__ import annotations

import re
from typing import Any

from shipworthy.facts.base import Analyser, Record
from shipworthy.facts.settings.defaults import of_text
from shipworthy.facts.settings.deployed_rows import stand_in
from shipworthy.facts.settings.live_text import live
from shipworthy.facts.settings.loaded import named_in_compose
from shipworthy.facts.settings.model import ListingKind
from shipworthy.facts.settings.names import secret_name
from shipworthy.project import FileEntry, Source

_EXAMPLE = re.compile(
    r"^(?:\.?env[._-](?:[\w.-]+[._-])?(?:example|sample|template|tmpl|tpl|dist|defaults?|skel|schema)"
    r"|(?:example|sample|template|default)[._-]?\.?env(?:[._-][\w.-]+)?|[\w.-]+\.env[._-](?:example|sample|template|dist)"
    r"|secrets\.toml[._-](?:example|sample|template)|(?:secrets[._-])?(?:example|sample|template)[._-]secrets\.toml"
    r"|secrets[._-](?:example|sample|template)\.toml|\.env(?:\.[\w-]+)*\.(?:example|sample|template|tmpl|dist)|\.dev\.vars\.example)$"
)
ENV_FILE = re.compile(r"^(?:\.env(?:\.[\w.-]+)?|[\w-]+\.env|\.envrc|\.flaskenv|\.dev\.vars)$")
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
    if _EXAMPLE.match(entry.name):
        return ListingKind.EXAMPLE
    if ENV_FILE.match(entry.name):
        return ListingKind.ENV_FILE
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
    """Record: `{"kind", "names", "assigned", "env_files"}`.

    Assigned rows are [name, line, default kind, commented, stand-in], those of env files [name, line].
    """

    name = "settings-listings"
    version = "7"

    def wants(self, entry: FileEntry) -> bool:
        return entry.by_hand and kind_of(entry) is not None

    def analyse(self, source: Source) -> Record:
        kind = kind_of(source.entry)
        if kind is None or source.binary:
            return Record(None)
        told_in_words = kind in (ListingKind.EXAMPLE, ListingKind.ENV_FILE, ListingKind.DOCS)
        text = source.text if told_in_words else live(source.path, source.text)
        names = set(_NAMES.findall(text)) | set(_WORD.findall(text))
        assigned: list[list[Any]] = []
        if kind in (ListingKind.EXAMPLE, ListingKind.ENV_FILE):
            for match in _ASSIGNED.finditer(text):
                value = match[3].partition(" #")[0].strip().strip("\"'")
                names.add(match[2])
                line = text.count("\n", 0, match.start(2)) + 1
                own = secret_name(match[2]) and not stand_in(match[2], value)
                assigned.append([match[2], line, str(of_text(value)), bool(match[1]), not own])
        elif kind is not ListingKind.DOCS:
            names |= {name for name in _KEYED.findall(text) if name.upper() == name}
        return Record(
            {
                "kind": str(kind),
                "names": sorted(name for name in names if not _TOKEN.fullmatch(name))[:_MOST],
                "assigned": assigned[:_MOST],
                "env_files": list(named_in_compose(text))[:_MOST] if kind is ListingKind.COMPOSE else [],
            }
        )
