"""Puts the suites of all languages together and gives each to its component."""

from __future__ import annotations

from shipworthy.facts.base import FactReader, Facts, View
from shipworthy.facts.stack import Stack
from shipworthy.facts.tests import node_suites, python_suites
from shipworthy.facts.tests.kinds import TestCases, TestSuites
from shipworthy.facts.tests.pytest_config import PytestConfigs


class _Components(dict[str, str]):
    """Folder -> root of the component it belongs to: the deepest one above it."""

    def __init__(self, roots: tuple[str, ...]) -> None:
        super().__init__()
        self._roots = roots

    def get(self, folder: str, default: str = ".") -> str:  # type: ignore[override]  # never None
        return node_suites.nearest(folder + "/", self._roots) or default


class SuitesReader(FactReader[TestSuites]):
    needs = (Stack, TestCases)

    def read(self, view: View, facts: Facts) -> TestSuites:
        cases = facts[TestCases]
        components = _Components(tuple(each.root for each in facts[Stack].components))
        python = [file for file in cases.files if file.language == "python" and file.tests]
        scripts = [file for file in cases.files if file.language == "javascript" and file.tests]
        found = python_suites.suites(view, python, PytestConfigs(view), components) if python else []
        found += node_suites.suites(view, scripts, components)
        covered = {path for suite in found for path in suite.files}
        strays = tuple(file.path for file in [*python, *scripts] if file.path not in covered)
        return TestSuites(suites=tuple(found), strays=strays, read=tuple(view.seen), gaps=tuple(view.gaps))
