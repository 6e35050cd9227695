"""Reads pytest's configuration of each folder: which files, functions and classes it collects, and strictness."""

from __future__ import annotations

import configparser
import shlex
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

from shipworthy.facts.base import View

_FILES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
"""In the order pytest looks: https://docs.pytest.org/en/stable/reference/customize.html"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PytestConfig:
    """The settings that matter here, of one folder. `path` is None where nothing configures pytest."""

    folder: str
    path: str | None = None
    section: str = ""
    python_files: tuple[str, ...] = ("test_*.py", "*_test.py")
    testpaths: tuple[str, ...] = ()
    addopts: tuple[str, ...] = ()
    xfail_strict: bool = False
    django_settings: bool = False

    def collects(self, path: str) -> bool:
        """Whether a file's name or path fits `python_files`."""
        name = PurePosixPath(path).name
        return any(
            fnmatchcase(name, pattern) or ("/" in pattern and fnmatchcase(path, "*" + pattern.lstrip("./")))
            for pattern in self.python_files
        )


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(str(each) for each in value)[:200]
    try:
        return tuple(shlex.split(str(value), comments=False))[:200]
    except ValueError:
        return tuple(str(value).split())[:200]


def _true(value: Any) -> bool:
    return str(value).strip().lower() in ("true", "1", "yes", "on")


def _settings(folder: str, path: str, section: str, found: dict[str, Any]) -> PytestConfig:
    plain = PytestConfig(folder=folder)
    return PytestConfig(
        folder=folder,
        path=path,
        section=section,
        python_files=_words(found["python_files"]) if found.get("python_files") else plain.python_files,
        testpaths=_words(found.get("testpaths", "")),
        addopts=_words(found.get("addopts", "")),
        xfail_strict=_true(found.get("xfail_strict", found.get("strict_xfail", found.get("strict", False)))),
        django_settings="DJANGO_SETTINGS_MODULE" in found or "django_settings_module" in found,
    )


def _ini(view: View, path: str) -> dict[str, dict[str, str]]:
    source = view.source(path)
    if source is None:
        return {}
    parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=", ":"))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their case
    try:
        parser.read_string(source.text)
    except (configparser.Error, ValueError) as error:
        view.gap(path, f"not a readable ini file: {type(error).__name__}")
        return {}
    return {name: dict(parser.items(name)) for name in parser.sections()}


def read_ini(view: View, path: str) -> dict[str, dict[str, str]]:
    """Sections of an ini file; empty when absent, and a gap when unreadable or invalid."""
    return _ini(view, path)


def config_in(view: View, folder: str) -> PytestConfig:
    """pytest's configuration kept in one folder ("." is the root); without a path where there is none."""
    prefix = "" if folder == "." else folder + "/"
    for name in _FILES:
        path = prefix + name
        if not view.exists(path):
            continue
        if name.endswith(".toml"):
            tool = (view.toml(path) or {}) if name != "pyproject.toml" else (view.toml(path) or {}).get("tool", {})
            tables = tool.get("pytest") if isinstance(tool, dict) else None
            if not isinstance(tables, dict):
                continue
            old = tables.get("ini_options")
            return _settings(folder, path, "tool.pytest", {**tables, **(old if isinstance(old, dict) else {})})
        sections = _ini(view, path)
        section = "tool:pytest" if name == "setup.cfg" else "pytest"
        if section in sections:
            return _settings(folder, path, section, sections[section])
        if name in ("pytest.ini", ".pytest.ini"):
            return _settings(folder, path, "", {})
    return PytestConfig(folder=folder)


class PytestConfigs:
    """The configuration that governs a file: the nearest folder above it that has one."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._known: dict[str, PytestConfig] = {}

    def in_folder(self, folder: str) -> PytestConfig:
        if folder not in self._known:
            self._known[folder] = config_in(self._view, folder)
        return self._known[folder]

    def of(self, path: str) -> PytestConfig:
        for parent in PurePosixPath(path).parents:
            found = self.in_folder(str(parent))
            if found.path is not None:
                return found
        return self.in_folder(".")
