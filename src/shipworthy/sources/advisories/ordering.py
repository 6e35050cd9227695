"""How versions are ordered in each ecosystem: PEP 440 for PyPI, Semantic Versioning for npm."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

MAX_LENGTH = 256
"""The longest version or range that is looked at, in characters (npm's own limit)."""


class NotComparable(ValueError):
    """A version that its ecosystem's rules cannot order; the message names the rule, not the text."""


@lru_cache(maxsize=20_000)
def key(ecosystem: str, version: str) -> Any:
    """A value that orders this version among others of the ecosystem. Raises NotComparable."""
    if len(version) > MAX_LENGTH:
        raise NotComparable(f"a version of more than {MAX_LENGTH} characters")
    if ecosystem == "PyPI":
        return _python(version)
    if ecosystem == "npm":
        return _npm(version)
    raise NotComparable(f"no order is known for {ecosystem}")


def _python(version: str) -> Any:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version)
    except InvalidVersion as error:
        raise NotComparable("not a version by PEP 440") from error


_SEMVER = re.compile(r"[v=\s]*\d+\.\d+(?:\.\d+)?(?![.\d])")


def _npm(version: str) -> Any:
    # node-semver guesses at anything that starts with a digit ("2004d" is 2004.0.0); a guess is not a version.
    if not _SEMVER.match(version):
        raise NotComparable("not a version by Semantic Versioning")
    from nodesemver import loose_key_function  # type: ignore[import-untyped]  # ships no types

    try:
        return loose_key_function(version.strip())
    except (ValueError, TypeError) as error:
        raise NotComparable("not a version by Semantic Versioning") from error


def without_local(ecosystem: str, version: str) -> str:
    """A Python version without its local part ("2.1.0+cu118" is a build of "2.1.0"); others as they are."""
    return version.partition("+")[0] if ecosystem == "PyPI" else version
