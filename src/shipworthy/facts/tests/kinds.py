"""The kinds of facts about tests: suites (runner and command), cases (each test and its skips), and a run's result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from shipworthy.facts.base import Fact, FactReader
from shipworthy.model import Ask, Location


class SkipKind(StrEnum):
    """How a test is kept from running, or from failing."""

    SKIP = "skip"
    """Never runs: pytest.mark.skip, unittest.skip, it.skip, xit, a skip or return as the first statement."""
    CONDITIONAL = "conditional"
    """Runs only under a condition: skipif, skipUnless, importorskip, describe.skipIf."""
    XFAIL = "xfail"
    """Runs, and its failure is ignored."""
    STRICT_XFAIL = "strict-xfail"
    """Must fail: the suite turns red when it starts to pass."""
    ONLY = "only"
    """All other tests beside it are left out."""
    TODO = "todo"
    """A title without a body."""
    COMMENTED_OUT = "commented-out"
    EMPTIED = "emptied"
    """A file named like a test that holds no test any more."""
    DYNAMIC = "dynamic"
    """A mark put on at run time; whether it applies cannot be told from the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """One place where tests are disabled. `covers` is how many tests are below it, as far as the text tells."""

    kind: SkipKind
    name: str
    """The test, group or file: what a person calls it, and stable when lines move."""
    location: Location
    how: str
    """The construct, as written: "pytest.mark.skip", "it.only"."""
    group: bool = False
    covers: int = 1
    reason: str = ""
    """Text beside it that says why; from the construct itself or the comment above it."""
    says_why: bool = False
    """The reason has words of its own beside "skip", "broken", "TODO"."""
    defers: bool = False
    """The reason speaks of a fault or of coming back to it."""
    reference: str = ""
    """An issue or a date found in the reason."""
    until: str = ""
    """The date after which the reason itself says it is over, YYYY-MM-DD."""
    condition: str = ""
    off_in_ci: bool = False
    """The condition is that it runs in a pipeline: there the test never runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCase:
    """One test function, method or `it` block, before parametrisation."""

    __test__: ClassVar[bool] = False

    name: str
    location: Location
    disabled: bool = False
    """A skip without a condition applies to it, its group or its file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestFile:
    """A file that holds tests, or is named like one."""

    __test__: ClassVar[bool] = False

    path: str
    language: str
    """ "python" or "javascript" (TypeScript included)."""
    frameworks: tuple[str, ...]
    """What it imports or derives from, of: pytest, unittest, django, vitest, jest, mocha, node:test, ava, …"""
    tests: tuple[TestCase, ...]
    styles: tuple[str, ...] = ()
    """Python: "function" and "class" (pytest collects both) and "testcase" (unittest does too)."""


@dataclass(frozen=True, kw_only=True)
class TestCases(Fact):
    """Every test seen, and every place where one is disabled."""

    __test__: ClassVar[bool] = False

    files: tuple[TestFile, ...] = ()
    skips: tuple[Skip, ...] = ()
    looked_at: int = 0
    """How many files were looked into."""
    listed: int = 0
    """How many files the repository has."""
    history: tuple[Skip, ...] = ()
    """Test files deleted within the last 30 days although no other code was; `name` says what happened."""

    @classmethod
    def reader(cls) -> FactReader[Any]:
        from shipworthy.facts.tests.cases import CasesReader

        return CasesReader()

    @property
    def count(self) -> int:
        return sum(len(each.tests) for each in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One command that runs tests, or why there is none."""

    runner: str
    """pytest, unittest, django, vitest, jest, mocha, node:test, ava, playwright, cypress, or another's name."""
    component: str
    folder: str
    """Where the command runs, relative to the root; "." for the root."""
    command: tuple[str, ...] = ()
    """The program and its arguments; empty where `problem` says why none could be determined."""
    shown: str = ""
    """The command as a person would type it."""
    script: tuple[str, ...] = ()
    """What the command goes through: the text of each package script, "test: vitest run"."""
    evidence: tuple[Location, ...] = ()
    why: tuple[str, ...] = ()
    """In words, one for each evidence: "pyproject.toml [tool.pytest.ini_options]"."""
    files: tuple[str, ...] = ()
    """The test files that belong to it."""
    browser: bool = False
    """Needs a browser or a running server: listed, never run."""
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class TestSuites(Fact):
    """All suites, and the test files no suite would run."""

    __test__: ClassVar[bool] = False

    suites: tuple[Suite, ...] = ()
    strays: tuple[str, ...] = ()
    """Test files that belong to no suite."""

    @classmethod
    def reader(cls) -> FactReader[Any]:
        from shipworthy.facts.tests.suites import SuitesReader

        return SuitesReader()

    @property
    def runnable(self) -> tuple[Suite, ...]:
        return tuple(each for each in self.suites if each.command and not each.browser)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A test that failed: its name and the first line of what it said, secrets masked, both bounded."""

    name: str
    message: str
    file: str = ""
    missing_module: str = ""
    """The module it could not import, if that is why."""
    unreachable: bool = False
    """It failed because something outside the sandbox (network, database) could not be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRun:
    """What running one suite said. `state` is one of:

    - "ran": the runner reported results (see the counts and `exit_code`)
    - "no-results": it ended without reporting any test
    - "unread": it ended well, and no runner whose results can be read was started
    - "stopped": a limit ended it; `note` says which
    - "cannot-run": something it needs is missing here; `note` says what, `remedy` what to do
    - "no-consent": nobody said yes
    """

    suite: Suite
    state: str
    note: str = ""
    remedy: str = ""
    passed: int = 0
    failed: int = 0
    errors: int = 0
    """Tests or files that broke before they could say anything: collection errors, broken fixtures."""
    skipped: int = 0
    failures: tuple[Failure, ...] = ()
    skipped_names: tuple[str, ...] = ()
    exit_code: int | None = None
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)
    isolation: str = ""
    """"namespaces": the kernel keeps network, other processes and all files but a copy away; "guard": a guard inside
    the test process refuses connections, and the copy is all that protects files."""
    interpreter: str = ""
    ask: Ask | None = None
    """What a yes would be about, where nobody said it."""
    remarks: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()
    """The last lines of output where no results were written; masked."""

    @property
    def executed(self) -> int:
        return self.passed + self.failed + self.errors


@dataclass(frozen=True, kw_only=True)
class TestRun(Fact):
    """One run for each runnable suite."""

    __test__: ClassVar[bool] = False

    runs: tuple[SuiteRun, ...] = ()
    tree: str = ""
    """sha256 (hex) over path, mode and bytes of every file in the copy that ran; empty where nothing ran."""

    @classmethod
    def reader(cls) -> FactReader[Any]:
        from shipworthy.facts.tests.run import RunReader

        return RunReader()
