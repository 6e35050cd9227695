"""What a key's name tells: who issued it, what it may do, whether it is meant to be public."""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files

from shipworthy.facts.keys.model import IDENTIFIER, PUBLIC
from shipworthy.facts.secrets.names import PUBLIC_PREFIX, read_name, split

# "next" by itself is a word that makes a later token something else: the one of the next page.
_SERVER_PREFIX = re.compile(r"^(?:NEXT_PRIVATE|NEXT|NUXT|NITRO)_")
_ORDINAL = re.compile(r"_(?:PRIMARY|SECONDARY)(?=_KEY$)")
_HELD = re.compile(r"_(?:CONTENTS?|JSON|BASE64|B64)$")
"""What follows where the setting holds a whole file."""
_DATA_ADDRESS = re.compile(
    r"(?:^|_)(?:DATABASE|DB|POSTGRES(?:QL)?|MYSQL|MONGO(?:DB)?|REDIS)(?:_[A-Z]{2,12}){0,2}_URLS?"
    r"(?:_(?:UNPOOLED|POOLED|NON_POOLING))?$"
)
_KEY_WORDS = frozenset({"key", "keys", "token", "dsn", "pat"})
_CREDENTIALS = frozenset({"credential", "credentials", "creds"})
_PUBLIC_WORDS = frozenset({"publishable", "public", "pub", "anon", "site", "sitekey", "browser"})
_IDENTIFIES = frozenset({
    "id", "ids", "arn", "user", "username", "account", "email", "mail", "host", "hostname", "domain", "region", "zone",
    "bucket", "project", "org", "organization", "team", "name", "repo", "repository", "registry", "port", "role", "url",
    "uri",
})  # fmt: skip
_ADDRESS_OF_DATA = frozenset({"database", "db", "redis", "mongo", "mongodb", "postgres", "mysql", "amqp", "webhook"})
"""Words that make an address one that lets somebody in: it holds a password, or is itself the secret."""
_SWITCH = frozenset({
    "use", "uses", "enable", "enabled", "disable", "disabled", "skip", "is", "has", "allow", "allowed", "require",
    "required", "verify", "random", "no",
})  # fmt: skip
"""Words of a setting that is on or off, whatever it is about."""
_STAGES = frozenset({"live", "test", "prod", "production", "dev", "development", "staging"})
_SCOPES = (
    ("test", frozenset({"test", "testing", "sandbox", "dev", "development", "staging"})),
    ("live", frozenset({"live", "prod", "production"})),
    ("admin", frozenset({"admin", "master", "root", "superuser"})),
    ("restricted", frozenset({"restricted"})),
)
_READ_ONLY = re.compile(
    r"(?:^|_)(?:READ_?ONLY|RO|READ(?!_WRITE))(?:_|$)|(?:^|_)(?:SEARCH|VIEWER)_(?:API_)?(?:KEY|TOKEN)$"
)
_SERVICE_ROLE = re.compile(r"(?:^|_)SERVICE_ROLE(?:_|$)")


@cache
def _table() -> tuple[dict[tuple[str, ...], str], frozenset[str]]:
    table = tomllib.loads(files("shipworthy.facts.keys").joinpath("providers.toml").read_text(encoding="utf-8"))
    words = {tuple(run.lower().split("_")): provider for provider, runs in table["words"].items() for run in runs}
    return words, frozenset(table["public"]["names"])


@lru_cache(maxsize=8_192)
def provider_of(name: str) -> str | None:
    """Who issued a key; None where no word of its name tells. The longest run of words decides, then the first."""
    known, _ = _table()
    # A border between a letter and a digit is none here: "auth0" and "s3" are words.
    parts = [part.lower() for part in re.split(r"[^A-Za-z0-9]+", PUBLIC_PREFIX.sub("", name)) if part]
    for size in range(min(len(parts), 4), 0, -1):
        for start in range(len(parts) - size + 1):
            if found := known.get(tuple(parts[start : start + size])):
                return found
    return None


@lru_cache(maxsize=8_192)
def public_key(name: str) -> bool:
    """Whether a name is that of a key that is meant to be seen: publishable, anonymous, or one for the browser."""
    bare = PUBLIC_PREFIX.sub("", name)
    parts = split(bare)
    if len(parts) > 1 and parts[-1] in _STAGES:
        parts.pop()
    if not parts or parts[-1] not in _KEY_WORDS | {"sitekey"}:
        return False
    if "secret" in parts or "private" in parts:
        return False
    if _PUBLIC_WORDS & set(parts):
        return True
    # What a front end carries without a secret's name is public by its place.
    return bare != name and (bare.upper() in _table()[1] or read_name(name) is None)


def secret(name: str) -> bool:
    """Whether a name is that of a secret, without the prefix a framework gives settings of the server."""
    bare = _HELD.sub("", _ORDINAL.sub("", _SERVER_PREFIX.sub("", name)))
    found = read_name(bare)
    if found is not None and (found.sure or split(bare)[-1] in _CREDENTIALS):
        return True
    return bool(_DATA_ADDRESS.search(bare)) or (bare.endswith("_EVENT_KEY") and provider_of(bare) is not None)


def switch(name: str) -> bool:
    """Whether a setting's name is that of something on or off: `USE_ID_TOKEN`."""
    return bool(_SWITCH & set(split(name)[:-1]))


def identifier(name: str) -> bool:
    """Whether a name tells who or where: `DOCKERHUB_USERNAME`, `APP_ID`. Of addresses only those without a password."""
    parts = split(name)
    if not parts or parts[-1] not in _IDENTIFIES:
        return False
    return parts[-1] not in ("url", "uri") or (len(parts) > 1 and not _ADDRESS_OF_DATA & set(parts))


def scope_of(name: str) -> str | None:
    """What the key may do, as far as its name tells."""
    if public_key(name):
        return PUBLIC
    if identifier(name):
        return IDENTIFIER
    upper = name.upper()
    if _READ_ONLY.search(upper):
        return "read-only"
    if _SERVICE_ROLE.search(upper):
        return "admin"
    parts = set(split(name))
    return next((scope for scope, words in _SCOPES if words & parts), None)


def guarded(name: str) -> bool:
    """Whether a key of this name opens anything, so that somebody has to look after it and replace it."""
    return scope_of(name) not in (PUBLIC, IDENTIFIER)
