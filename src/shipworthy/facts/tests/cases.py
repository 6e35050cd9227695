"""Reads every test file: the tests in it and what disables them, joined with pytest's settings and git's memory."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tree_sitter import Tree

from shipworthy.facts.base import Analyser, FactReader, Facts, Record, View
from shipworthy.facts.tests import history, reasons
from shipworthy.facts.tests.deselected import deselected
from shipworthy.facts.tests.draft import MAX_ROWS
from shipworthy.facts.tests.js_cases import ScriptFile
from shipworthy.facts.tests.kinds import Skip, SkipKind, TestCase, TestCases, TestFile
from shipworthy.facts.tests.pytest_config import PytestConfigs
from shipworthy.facts.tests.python_cases import PythonFile
from shipworthy.model import Location
from shipworthy.project import FileEntry, Source
from shipworthy.project.syntax import language_of, walk

_SCRIPT = re.compile(r"\.[cm]?[jt]sx?$")
_PY_NAMED = re.compile(r"(^|/)(test[^/]*|[^/]*_tests?)\.py$")
_JS_NAMED = re.compile(r"([._-](test|tests|spec|cy|e2e)|(^|/)(test|tests))\.[cm]?[jt]sx?$", re.I)
_IN_FOLDER = re.compile(r"(^|/)(tests?|__tests__|spec|specs|e2e|cypress|unittests?|unit|integration)/", re.I)
# Sample projects, recorded data and templates hold test code that is not this project's.
_DATA = re.compile(
    r"(^|/)(__?fixtures?__?|fixtures?|testdata|test[-_]data|__snapshots__|snapshots|__mocks__|cassettes|node_modules)/"
    r"|(^|/)(tests?|__tests__|specs?|e2e)/(.*/)?(data|assets)/|(^|/)(examples?|samples?|templates)/|\{\{"
)
_NOT_TEST = re.compile(r"(^|/)(conftest|__init__|__main__)\.py$|\.d\.[cm]?ts$|\.(config|setup)\.[cm]?[jt]s$")
# Words in a part of a file that did not parse which could hide a disabled test.
_DISABLING = re.compile(rb"skip|only|xfail|\bx(it|test|describe)\b|\bf(it|describe)\b|todo|fixme|expectedFailure", re.I)
_CI = re.compile(r"\b(CI|GITHUB_ACTIONS|GITLAB_CI|CIRCLECI|TRAVIS|BUILDKITE|TF_BUILD|JENKINS_URL|isCI|IS_CI)\b")
_NEGATED = re.compile(r"\bnot\b|!(?!=)")
_NO_VALUE = re.compile(r"^\W{0,4}(not in\b|is None|!=|==+\s*(undefined|null|['\"]['\"]|['\"]?(0|false)))", re.I)
# Test files of languages whose tests are not read, by name.
_OTHER = (
    ("Go", re.compile(r"_test\.go$")),
    ("Ruby", re.compile(r"(_spec|_test)\.rb$")),
    ("Java", re.compile(r"(^|/)src/test/.*\.(java|kt|groovy|scala)$")),
    ("PHP", re.compile(r"(^|/)tests?/.*Test\.php$")),
    ("C#", re.compile(r"Tests?\.cs$")),
    ("Elixir", re.compile(r"_test\.exs$")),
    ("Dart", re.compile(r"_test\.dart$")),
    ("Rust", re.compile(r"(^|/)tests/[^/]+\.rs$")),
    ("Swift", re.compile(r"Tests?\.swift$")),
    ("Vue or Svelte", re.compile(r"\.(test|spec)\.(vue|svelte)$")),
)


def named_like_a_test(path: str) -> bool:
    """By the name alone, under the default patterns of pytest, unittest, Django, Jest, Vitest and Cypress."""
    if _NOT_TEST.search(path) or _DATA.search(path):
        return False
    if path.endswith(".py"):
        return bool(_PY_NAMED.search(path))
    return bool(_JS_NAMED.search(path)) or ("__tests__/" in path and bool(_SCRIPT.search(path)))


class TestFileAnalyser(Analyser):
    """The record of one file: tests as [name, line], skips, frameworks; an empty one for a file without any."""

    __test__ = False
    name = "tests.cases"
    version = "2"

    def wants(self, entry: FileEntry) -> bool:
        path = entry.path
        if not entry.by_hand or _DATA.search(path) or _NOT_TEST.search(path):
            return False
        if path.endswith(".py"):
            return bool(_PY_NAMED.search(path) or _IN_FOLDER.search(path))
        return bool(_SCRIPT.search(path)) and bool(_JS_NAMED.search(path) or _IN_FOLDER.search(path))

    def analyse(self, source: Source) -> Record:
        named = named_like_a_test(source.path)
        if not source.data.strip():
            return Record({"tests": [], "skips": [], "frameworks": [], "styles": [], "empty": True})
        if source.binary:
            return Record(None, (("named like a test, but not text", None),) if named else ())
        tree = source.tree
        if tree is None:
            return Record(None, (("could not be parsed within the limits", None),))
        if source.path.endswith(".py"):
            python = PythonFile(tree.root_node, source.lines)
            value, over = python.record(), python.draft.overflow
        else:
            script = ScriptFile(language_of(source.path) or "javascript", tree.root_node, source.lines)
            value, over = script.record(), script.draft.overflow
        gaps: list[tuple[str, int | None]] = []
        hidden = _hidden(tree)
        if hidden and (named or value["tests"]):
            gaps.append(("not understood from here on, and a disabled test may be in it", hidden))
        if over:
            gaps.append((f"more than {MAX_ROWS:,} tests or skips in one file", None))
        return Record(value, tuple(gaps))


def _hidden(tree: Tree) -> int | None:
    """The 1-based line of a part that did not parse and names something that disables tests."""
    if not tree.root_node.has_error:
        return None
    for node in walk(tree.root_node):
        if node.is_error and _DISABLING.search(node.text or b""):
            return node.start_point[0] + 1
    return None


class CasesReader(FactReader[TestCases]):
    """Decides which of the analysed files are test files, and what their skips amount to."""

    def __init__(self) -> None:
        self.analyser = TestFileAnalyser()
        self.analysers = (self.analyser,)

    def read(self, view: View, facts: Facts) -> TestCases:
        records = view.records(self.analyser)
        configs = PytestConfigs(view)
        files: list[TestFile] = []
        skips: list[Skip] = []
        for path in sorted(records):
            record = records[path]
            if record is None:
                continue
            python = path.endswith(".py")
            if python and not _PY_NAMED.search(path) and not configs.of(path).collects(path):
                continue
            if not record["tests"] and not named_like_a_test(path) and not _commented(record):
                continue
            found = [_skip(path, row, record, python and configs.of(path).xfail_strict) for row in record["skips"]]
            if record["empty"] and not _commented(record):
                found += history.emptied(view, path)
            skips += found
            files.append(_file(path, record))
        python_files = [file.path for file in files if file.language == "python"]
        governing = {config.path: config for path in python_files if (config := configs.of(path)).path}
        skips += deselected(view, governing.values())
        self._others(view)
        listed = len(view.project.files)
        return TestCases(
            files=tuple(files),
            skips=tuple(skips),
            history=history.deletions(view, named_like_a_test),
            looked_at=len(records),
            listed=listed,
            read=tuple(view.seen),
            gaps=tuple(view.gaps),
        )

    def _others(self, view: View) -> None:
        """Tests in languages that are not read: said once for each, so that nobody takes silence for none."""
        counts: dict[str, list[str]] = {}
        for entry in view.entries():
            if not entry.by_hand or _DATA.search(entry.path):
                continue
            for language, pattern in _OTHER:
                if pattern.search(entry.path):
                    counts.setdefault(language, []).append(entry.path)
        for language, paths in counts.items():
            view.gap(paths[0], f"{len(paths)} test file(s) in {language}, which is not read yet")


def _off_in_ci(how: str, condition: str) -> bool:
    found = _CI.search(condition)
    if not found or re.search(r"\band\b|&&", condition):
        return False
    negated = bool(_NEGATED.search(condition[: found.start()])) or bool(_NO_VALUE.search(condition[found.end() :]))
    return negated if how.endswith(("skipUnless", "runIf")) else not negated


def _commented(record: Mapping[str, Any]) -> bool:
    return any(row["kind"] == "commented-out" for row in record["skips"])


def _skip(path: str, row: Mapping[str, Any], record: Mapping[str, Any], strict: bool) -> Skip:
    kind = row["kind"]
    if kind == "xfail-default":
        kind = "strict-xfail" if strict else "xfail"
    scope = row["scope"]
    covered = sum(1 for name, _ in record["tests"] if name.startswith(scope)) if row["group"] else 1
    name = path.rpartition("/")[2] if row["name"] == "the whole file" else row["name"]
    return Skip(
        kind=SkipKind(kind),
        name=name,
        location=Location(path=path, line=row["line"]),
        how=row["how"],
        group=row["group"],
        covers=covered,
        reason=row["reason"],
        says_why=reasons.says_why(row["reason"]),
        defers=reasons.defers(row["reason"]),
        reference=row["reference"],
        until=row["until"],
        condition=row["condition"],
        off_in_ci=kind == "conditional" and _off_in_ci(row["how"], row["condition"]),
    )


def _file(path: str, record: Mapping[str, Any]) -> TestFile:
    rows = [row for row in record["skips"] if row["kind"] == "skip"]
    groups = tuple(row["scope"] for row in rows if row["group"])
    single = {row["scope"] for row in rows if not row["group"]}
    case = TestCase(name="", location=Location(path=path))
    tests = tuple(
        replace(
            case,
            name=name,
            location=Location(path=path, line=line),
            disabled=name in single or any(name.startswith(scope) for scope in groups),
        )
        for name, line in record["tests"]
    )
    return TestFile(
        path=path,
        language="python" if path.endswith(".py") else "javascript",
        frameworks=tuple(record["frameworks"]),
        styles=tuple(record["styles"]),
        tests=tests,
    )
