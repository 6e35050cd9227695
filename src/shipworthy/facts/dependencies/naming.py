"""What names tell: normalised package names, development groups, exact pins, and paths that belong to no product."""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath

from shipworthy.facts.stack.tables import NOT_PRODUCT

_SEPARATORS = re.compile(r"[-_.]+")
_DEVELOPMENT = frozenset({
    "dev", "devel", "develop", "development", "test", "tests", "testing", "lint", "linting", "linters", "docs", "doc",
    "documentation", "typing", "types", "mypy", "ci", "build", "release", "bench", "benchmark", "benchmarks", "format",
    "formatting", "local", "debug", "tox", "nox", "coverage", "quality", "tools", "tooling", "precommit",
})  # fmt: skip
_NOT_SHIPPED_FOLDERS = NOT_PRODUCT | {"test_data", "test-data", "__fixtures__", "demo", "demos", "__mocks__"}


def python_name(name: str) -> str:
    """PEP 503: lower case, runs of "-", "_" and "." as one "-"."""
    return _SEPARATORS.sub("-", name).lower()


def for_development(name: str) -> bool:
    """Whether a group, extra or file of this name serves development only: "dev", "lint", "requirements-test"."""
    return any(part in _DEVELOPMENT for part in _SEPARATORS.split(name.lower()))


def outside_product(path: str) -> bool:
    """Whether a path lies in a folder for examples, tests or documentation."""
    return any(folder.lower() in _NOT_SHIPPED_FOLDERS for folder in PurePosixPath(path).parts[:-1])


def below(folder: str, path: str) -> str | None:
    """`path`, relative to `folder`, from the project's root; None where it leaves the project."""
    if path.startswith("/") or re.match(r"[A-Za-z]:", path) or "\\" in path:
        return None
    joined = posixpath.normpath(posixpath.join("" if folder == "." else folder, path or "."))
    return None if joined == ".." or joined.startswith("../") else joined


def python_pin(spec: str) -> str | None:
    """The one version that a specifier set allows: "==1.2" or "===1.2", also beside wider clauses."""
    for clause in spec.split(","):
        text = clause.strip()
        if text.startswith("==") and not text.endswith("*"):
            return text.lstrip("=").strip() or None
    return None


_NPM_EXACT = re.compile(r"[v=\s]*(\d{1,16}\.\d{1,16}\.\d{1,16}(?:[-+][0-9A-Za-z.+-]*)?)\s*")


def npm_pin(spec: str) -> str | None:
    """The one version that an npm range allows."""
    match = _NPM_EXACT.fullmatch(spec) if len(spec) < 256 else None
    return match[1] if match else None
