"""Local secret files that a tool of the project makes or reads by itself: dotenvx, direnv, Azure Functions, Wrangler.

Sources: dotenvx on `.env.keys`, direnv's `direnv-stdlib(1)`, Microsoft on `host.json` and `local.settings.json`,
Cloudflare on secrets of Workers in development.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shipworthy.facts.base import View
from shipworthy.facts.settings.deployed_rows import aside
from shipworthy.facts.settings.loaded import within
from shipworthy.facts.settings.model import ListingKind, Settings
from shipworthy.facts.settings.names import secret_name
from shipworthy.project import FileEntry

_FUNCTIONS_HOST = re.compile(rb'"version"\s*:\s*"2\.0"')
_DIRENV = re.compile(
    r"^[ \t]*(dotenv|dotenv_if_exists|source_env|source_env_if_exists)(?:[ \t]+[\"']?([\w./-]+)[\"']?)?[ \t]*(?:#.*)?$",
    re.M,
)
_WRANGLER = ("wrangler.toml", "wrangler.json", "wrangler.jsonc")
_BOUND = re.compile(r"\benv\.([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b")
_CODE = (".ts", ".js", ".mjs", ".tsx", ".jsx", ".mts")
_MOST = 2_000
"""Files of code looked at for a secret that a Worker is bound to; a Worker has some tens."""


def used(view: View, settings: Settings) -> Iterator[str]:
    """Paths of such files that git does not track."""
    tracked = {entry.path for entry in view.entries() if entry.tracked}
    for path in (*_keys_of_dotenvx(settings), *_of_direnv(view, settings), *_of_azure(view), *_of_workers(view)):
        if path not in tracked:
            yield path


def _beside(path: str, name: str) -> str:
    folder = path.rpartition("/")[0]
    return f"{folder}/{name}" if folder else name


def _keys_of_dotenvx(settings: Settings) -> Iterator[str]:
    for each in settings.listings:
        env_file = each.kind is ListingKind.ENV_FILE and each.tracked
        if env_file and any(row.name.startswith("DOTENV_PUBLIC_KEY") for row in each.assignments):
            yield _beside(each.path, ".env.keys")


def _of_direnv(view: View, settings: Settings) -> Iterator[str]:
    """What a committed `.envrc` takes in: `.env` where `dotenv` names nothing."""
    for each in settings.listings:
        if each.path.rpartition("/")[2] != ".envrc" or not each.tracked or aside(each.path):
            continue
        source = view.source(each.path)
        for match in _DIRENV.finditer(source.text if source is not None else ""):
            name = match[2] or (".env" if match[1].startswith("dotenv") else "")
            found = within(each.path.rpartition("/")[0], name) if name and not name.startswith("/") else None
            if found is not None and found.rpartition("/")[2].startswith(".env"):
                yield found


def _of_azure(view: View) -> Iterator[str]:
    for entry in view.entries("host.json"):
        if entry.by_hand and not aside(entry.path) and _FUNCTIONS_HOST.search(view.read(entry.path) or b""):
            yield _beside(entry.path, "local.settings.json")


def _of_workers(view: View) -> Iterator[str]:
    """`.dev.vars` beside Wrangler's configuration, where the code below takes a secret from what it is bound to."""
    for entry in view.entries(*_WRANGLER):
        home = entry.path.rpartition("/")[0]
        if entry.by_hand and not aside(entry.path) and any(_bound(view, each) for each in _below(view, home)):
            yield _beside(entry.path, ".dev.vars")


def _below(view: View, home: str) -> list[FileEntry]:
    wanted = (each for each in view.entries() if each.suffix in _CODE and each.by_hand and not aside(each.path))
    return [each for each in wanted if not home or each.path.startswith(home + "/")][:_MOST]


def _bound(view: View, entry: FileEntry) -> bool:
    data = view.read(entry.path)
    if data is None or b"env." not in data:
        return False
    return any(secret_name(name) for name in _BOUND.findall(data.decode("utf-8", "replace")))
