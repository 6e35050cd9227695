"""The repository under examination, read-only: its files, their bytes, its git head, its syntax trees."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shipworthy.project.files import FileEntry, FileKind, is_test_path
    from shipworthy.project.project import Head, Project, ProjectError
    from shipworthy.project.safe import Missing, Unreadable, read_file
    from shipworthy.project.source import Source

__all__ = [
    "FileEntry",
    "FileKind",
    "Head",
    "Missing",
    "Project",
    "ProjectError",
    "Source",
    "Unreadable",
    "is_test_path",
    "read_file",
]

_HOMES = {
    "FileEntry": "files",
    "FileKind": "files",
    "Head": "project",
    "Missing": "safe",
    "Project": "project",
    "ProjectError": "project",
    "Source": "source",
    "Unreadable": "safe",
    "is_test_path": "files",
    "read_file": "safe",
}


def __getattr__(name: str) -> Any:
    # The coach reads its rules before its first picture and needs no listing, git or syntax trees for that.
    if name in _HOMES:
        found = globals()[name] = getattr(import_module(f"shipworthy.project.{_HOMES[name]}"), name)
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
