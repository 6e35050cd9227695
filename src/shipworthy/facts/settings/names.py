"""Tells from a setting's name whether it is a secret."""

from __future__ import annotations

import re
from functools import lru_cache

from shipworthy.facts.secrets.names import read_name

_ADDRESS = re.compile(
    r"(?:^|_)(?:DATABASE|DB|REDIS|MONGO(?:DB)?|POSTGRES(?:QL)?|MYSQL|AMQP|BROKER|RABBITMQ|CELERY_BROKER"
    r"|SQLALCHEMY_DATABASE)_(?:URL|URI|DSN)$|^ConnectionStrings__|^(?:MONGO|REDIS|POSTGRES|MONGODB)(?:URL|URI)$",
    re.I,
)


@lru_cache(maxsize=8_192)
def secret_name(name: str) -> bool:
    """Whether a setting's name is that of a secret; addresses with a password in them count."""
    found = read_name(name)
    return found.sure if found is not None else bool(_ADDRESS.search(name))
