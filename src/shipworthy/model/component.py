"""One app or package in a repository."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ComponentKind(StrEnum):
    """What a component is when it runs."""

    SERVICE = "service"
    """Answers requests over a network."""
    SITE = "site"
    """Runs in a browser: a front end or a static site."""
    WORKER = "worker"
    CLI = "cli"
    LIBRARY = "library"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One app or package in the repository. `root` is "." or a folder path without a trailing slash."""

    root: str
    kind: ComponentKind
    languages: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()

    def contains(self, path: str | None) -> bool:
        """Whether a path lies under this component's folder (nested components are the caller's business)."""
        return self.root == "." or (path is not None and (path == self.root or path.startswith(self.root + "/")))
