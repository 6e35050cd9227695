"""The repository under examination, read-only: its files, their bytes, its git head, its syntax trees."""

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
