"""The repository under examination, read-only: its files, their bytes, its git head, its syntax trees."""

from shipworthy.project.files import FileEntry, FileKind, is_test_path
from shipworthy.project.project import Head, Project, ProjectError, Unreadable
from shipworthy.project.source import Source

__all__ = ["FileEntry", "FileKind", "Head", "Project", "ProjectError", "Source", "Unreadable", "is_test_path"]
