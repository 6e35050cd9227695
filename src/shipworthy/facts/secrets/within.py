"""What of a repository a secret stands in: a file's text, or what has no lines of a file."""

from __future__ import annotations

from enum import StrEnum


class Within(StrEnum):
    """What holds a secret."""

    FILE = "file"
    NAME = "file name"
    MESSAGE = "commit message"
    TAG = "tag message"
    REF = "ref name"
