"""Checklists in TOML: load a packaged one, extend it by a project's own, read a policy, lint with file and line."""

from shipworthy.checklist.document import DocumentError, Problem
from shipworthy.checklist.items import ChecklistError
from shipworthy.checklist.packaged import NAMES, lint_file, load, packaged_bytes
from shipworthy.checklist.read import extend, lint, parse

__all__ = [
    "NAMES",
    "ChecklistError",
    "DocumentError",
    "Problem",
    "extend",
    "lint",
    "lint_file",
    "load",
    "packaged_bytes",
    "parse",
]
