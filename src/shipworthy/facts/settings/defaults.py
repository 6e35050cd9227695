"""Sorts a default value into a kind, so that the value itself need not be kept."""

from __future__ import annotations

import re

from shipworthy.facts.secrets import values
from shipworthy.facts.settings import stores
from shipworthy.facts.settings.model import Default

_LOCAL = re.compile(r"(?:://|@|^)(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?:[:/]|$)", re.I)
_MACHINE = re.compile(r"^(?:file://)?(?:/h[o]me/[\w.-]+/|/Users/[\w.-]+/|/r[o]ot/|[A-Za-z]:[\\/]+Users[\\/])", re.I)
# Of a web address only the host: a path can be the secret itself (a webhook). Never with a user, a query or a fragment.
_ADDRESS = re.compile(
    r"https?://[\w.-]+(?::\d+)?/?"
    r"|(?:sqlite|postgres|postgresql|mysql|mariadb|mssql|oracle|mongodb|redis|rediss|valkey|memcached?|amqps?|pyamqp|kafka"
    r"|nats|duckdb|elasticsearch|clickhouse|cassandra|etcd|smtp)(?:\+\w+)?://[\w./:,-]*",
    re.I,
)
_EMPTY = {"", "none", "null", "false", "undefined", "0", "nil"}


def of_text(value: str) -> Default:
    """The kind of a literal text."""
    value = value.strip()
    if value.lower() in _EMPTY:
        return Default.EMPTY
    if stores.kept_by(value):
        return Default.STORED
    if _MACHINE.match(value):
        return Default.MACHINE_PATH
    if _LOCAL.search(value):
        return Default.LOCALHOST
    if _ADDRESS.fullmatch(value):
        return Default.ADDRESS
    return Default.PLACEHOLDER if values.plainly_not(value) in ("placeholder", "template") else Default.TEXT
