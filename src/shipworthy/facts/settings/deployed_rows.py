"""What one deployment file says of secrets, and how its values are judged; a value never leaves this module."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from shipworthy.facts.secrets import values, words
from shipworthy.facts.secrets.names import PUBLIC_PREFIX, read_name
from shipworthy.facts.settings import stores
from shipworthy.facts.settings.model import WrittenIn
from shipworthy.facts.settings.names import secret_name
from shipworthy.project import is_test_path

_ASIDE = re.compile(
    r"(?:^|/)(?:docs?|documentation|examples?|samples?|demos?|e2e|testdata|fixtures|\.devcontainer|\.github|molecule"
    r"|benchmarks?|minikube|kind|\.ci|local|dev|development|sandbox|playground|tutorials?)/"
    r"|[._/-](?:dev|devel|develop|development|local|localhost|tests?|testing|ci|e2e|example|sample|template|override"
    r"|minikube|demo|debug)(?:[._-][\w.-]*)?\.(?:ya?ml|tf|tfvars|json|service|properties|Dockerfile|dockerfile|example)$"
    r"|(?:^|/)(?:Taskfile|\.gitpod|\.travis|appveyor|environment|skaffold|devspace|mkdocs)(?:[._-][\w-]+)?\.ya?ml$"
    r"|(?:^|/)Dockerfile[._-](?:dev|devel|development|local|tests?|ci|e2e)\b"
    r"|\.(?:example|sample|template|tpl|dist)$",
    re.I,
)
_PIPELINE = re.compile(r"(?:^|/)\.gitlab-ci\.ya?ml$")
"""A pipeline's one file, which also deploys: its name says "ci" and is no file for tests."""
_PRODUCTION = re.compile(r"(?:^|[/._-])prod(?:uction)?(?:[/._-]|$)", re.I)
_DATABASE = re.compile(
    r"(?:^|/)(?:[\w-]*(?:postgres|postgis|timescale|pgvector|mysql|mariadb|percona|mongo|redis|valkey|rabbitmq|minio"
    r"|elasticsearch|opensearch|kibana|clickhouse|cassandra|neo4j|mssql|influxdb|couchdb|arangodb|keycloak|localstack"
    r"|pgadmin|adminer|grafana|mailhog|mailpit|memcached|oracle|db2|azurite|nats|kafka)[\w-]*)(?:[:@/]|$)",
    re.I,
)
_PASSWORD_IN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s:/@]{0,100}:([^\s@/]{1,200})@")
_REFERS = re.compile(r"[a-z0-9]([a-z0-9.-]{0,80}[a-z0-9])?")
_LONGEST = 4_000
"""Characters of a value; a longer one is a file, which the scanner of secrets reads."""
_MOST = 500


@dataclass(slots=True)
class Deployed:
    """Rows of one file. `record()` is JSON-shaped and holds no value."""

    aside: bool = False
    uses: list[tuple[str, int, str, bool]] = field(default_factory=list)
    """(store, line, name of the setting or "", for the build only)."""
    written: list[tuple[str, int, str, bool, bool]] = field(default_factory=list)
    """(name, line, `WrittenIn`, stand-in, for a database's image)."""
    cloud_keys: list[tuple[str, int]] = field(default_factory=list)
    handed: list[tuple[str, int]] = field(default_factory=list)
    """Secrets that a build argument puts into the shipped image."""
    reads: list[tuple[str, int, str, str]] = field(default_factory=list)
    """(name, line, how, `Default`)."""

    def use(self, kind: str, line: int, name: str = "", *, build_only: bool = False) -> None:
        """Add a use, each store and name once."""
        if len(self.uses) < _MOST and not any((each[0], each[2]) == (kind, name) for each in self.uses):
            self.uses.append((kind, line, name[:100], build_only))

    def write(self, name: str, line: int, where: WrittenIn, value: str, *, database: bool = False) -> None:
        """Add a value that stands in the file, if name and value are those of a secret."""
        if secret_value(name, value):
            self.written.append((name[:100], line, str(where), stand_in(name, value), database))

    def record(self) -> dict[str, Any] | None:
        """Null for a file that says nothing."""
        if not (self.uses or self.written or self.cloud_keys or self.handed or self.reads):
            return None
        return {
            "aside": self.aside,
            "uses": [list(each) for each in self.uses[:_MOST]],
            "written": [list(each) for each in self.written[:_MOST]],
            "cloud_keys": [list(each) for each in self.cloud_keys[:_MOST]],
            "handed": [list(each) for each in self.handed[:_MOST]],
            "reads": [list(each) for each in self.reads[:_MOST]],
        }


def aside(path: str) -> bool:
    """Whether a path is for tests, documentation or one's own machine, unless it says production."""
    return is_test_path(path) or (bool(_ASIDE.search(path)) and not production(path) and not _PIPELINE.search(path))


def production(path: str) -> bool:
    """Whether a path names production."""
    return bool(_PRODUCTION.search(path))


def is_database(image: str) -> bool:
    """Whether an image is that of a database, queue or tool that wants a password to start at all."""
    return bool(_DATABASE.search(image[:300]))


def secret_value(name: str, value: str) -> bool:
    """Whether a setting has a secret's name and a value of its own: no reference, template, hash or empty text."""
    value = value.strip()
    name = name.rpartition(".")[2] if "." in name else name
    if (
        PUBLIC_PREFIX.match(name)
        or not secret_name(name)
        or value.lower() in ("", "none", "null", "~", "nil", "undefined", "true", "false", "yes", "no", "on", "off")
    ):
        return False
    if value[:1] in ("*", "|", ">", "!", "{", "[", "$", "%") or stores.kept_by(value):
        return False
    if len(value) > _LONGEST:
        return False
    told = read_name(name)
    if told is None or re.search(r"(?i)_(?:url|uri|dsn)$", name):
        # An address counts for the password in it.
        found = _PASSWORD_IN.search(value)
        return found is not None and values.plainly_not(found[1]) not in ("template", "reference", "empty")
    if values.plainly_not(value) in ("template", "reference", "empty", "hash"):
        return False
    if told.kind in ("secret", "key", "token") and _REFERS.fullmatch(value) and ("-" in value or "." in value):
        # `secret: my-app` names a secret by its name.
        return bool(re.search(r"\d", value)) and values.random(value, 12)
    return "/" not in value[:1]


def stand_in(name: str, value: str) -> bool:
    """Whether a value is a placeholder, or a word such as "postgres", that a person types on their own machine."""
    inner = _PASSWORD_IN.search(value)
    value = (inner[1] if inner else value).strip()
    if values.plainly_not(value):
        return True
    parts = values.pieces(value)
    known = words.COMMON_PASSWORDS | words.PLACEHOLDER_WORDS | set(values.pieces(name))
    return all(part.isdigit() or part in known for part in parts)
