"""Tests of the repository: which runners it has, every test and whether it is disabled, and what a run of them said."""

from shipworthy.facts.tests.kinds import (
    Failure,
    Skip,
    SkipKind,
    Suite,
    SuiteRun,
    TestCase,
    TestCases,
    TestFile,
    TestRun,
    TestSuites,
)

__all__ = [
    "Failure",
    "Skip",
    "SkipKind",
    "Suite",
    "SuiteRun",
    "TestCase",
    "TestCases",
    "TestFile",
    "TestRun",
    "TestSuites",
]
