"""Small projects with secrets in them, made at run time, and what is said of each secret."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.facts.secrets.examples import drawn
from tests.support import NOW, write

from shipworthy.assess.store import FactStore
from shipworthy.facts import Context
from shipworthy.facts.secrets import Secrets, Sighting
from shipworthy.project import Project

KEY = "sk" + "_live_" + drawn("an", 60, 4)
TOKEN = "gh" + "p_" + drawn("crc", 36, 5)
PASSWORD = drawn("pw", 12, 4)
_DASHES = "-" * 5
PEM = f"{_DASHES}BEGIN RSA PRIVATE KEY{_DASHES}\n" + "\n".join(drawn("b64", 64, n) for n in range(12))
PEM += f"\n{_DASHES}END RSA PRIVATE KEY{_DASHES}"


def found(folder: Path, files: Mapping[str, str | bytes] | None = None) -> Secrets:
    """The secrets of a folder, after these files were written into it."""
    store = FactStore(Project.open(write(folder, files or {})), Context(now=NOW, home=folder), [Secrets])
    secrets = store.get(Secrets)
    assert isinstance(secrets, Secrets), secrets
    return secrets


def only(secrets: Secrets, path: str) -> Sighting:
    """The one sighting in a file."""
    here = [each for each in secrets.sightings if each.location.path == path]
    assert len(here) == 1, here
    return here[0]


def by(sighting: Sighting) -> str | None:
    """What allows it, and where that stands."""
    allowed = sighting.allowed
    return f"{allowed.by} {allowed.location}" if allowed else None
