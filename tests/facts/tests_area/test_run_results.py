"""What result files say, and that hostile ones say nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from shipworthy.facts.tests.running import results

JUNIT = """<?xml version="1.0"?><testsuites><testsuite name="pytest">
<testcase classname="tests.test_a" name="test_one" file="tests/test_a.py"/>
<testcase classname="tests.test_a" name="test_two" file="tests/test_a.py">
  <failure message="AssertionError: assert 1 == 2">tests/test_a.py:3: AssertionError</failure></testcase>
<testcase classname="" name="tests.test_b" file="tests/test_b.py">
  <error message="collection failure">E   ModuleNotFoundError: No module named 'fastapi'</error></testcase>
<testcase classname="tests.test_a" name="test_three"><skipped type="pytest.skip" message="x"/></testcase>
</testsuite></testsuites>"""

JEST = {
    "testResults": [
        {
            "name": "/repo/src/a.test.ts",
            "status": "failed",
            "assertionResults": [
                {"fullName": "adds", "status": "passed"},
                {"fullName": "subtracts", "status": "failed", "failureMessages": ["Error: expected 1\n  at x"]},
                {"fullName": "later", "status": "pending"},
                {"fullName": "some day", "status": "todo"},
            ],
        },
        {
            "name": "/repo/src/b.test.ts",
            "status": "failed",
            "message": "  ● Test suite failed to run\n\n    connect ECONNREFUSED 127.0.0.1:5432",
            "assertionResults": [],
        },
    ]
}

UNITTEST = {
    "shipworthy": "unittest",
    "run": 6,
    "failed": [{"name": "test_a (x.A)", "message": "AssertionError: 1 != 2"}],
    "errors": [],
    "failed_count": 1,
    "error_count": 0,
    "unexpected": ["test_b (x.A)"],
    "expected": 1,
    "skipped": ["test_c (x.A)"],
    "skipped_count": 1,
}

MOCHA = {
    "shipworthy": "mocha",
    "passed": 3,
    "failed": [{"name": "a", "message": "no", "file": "t.js", "hook": False}],
    "skipped": ["b"],
}

TAP = """TAP version 13
ok 1 - adds
not ok 2 - subtracts
  ---
    name: AssertionError
    message: Values are not equal
  ---
ok 3 - later # SKIP
not ok 4 - some day # TODO
1..4
"""


@pytest.mark.parametrize(
    ("name", "data", "counts"),
    [
        ("pytest.xml", JUNIT, (1, 1, 1, 1)),
        ("vitest-1.json", json.dumps(JEST), (1, 1, 1, 2)),
        ("unittest-1.json", json.dumps(UNITTEST), (2, 2, 0, 2)),
        ("mocha-1.json", json.dumps(MOCHA), (3, 1, 0, 1)),
        ("ava-1.tap", TAP, (1, 1, 0, 2)),
    ],
)
def test_counts(name: str, data: str, counts: tuple[int, int, int, int], tmp_path: Path) -> None:
    (tmp_path / name).write_text(data)
    found = results.read(tmp_path)
    assert (found.passed, found.failed, found.errors, found.skipped) == counts
    assert found.problems == []
    assert len(found.failures) == counts[1] + counts[2]


def test_all_files_are_added_up(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"vitest-{number}.json").write_text(json.dumps(JEST))
    assert results.read(tmp_path).passed == 3


@pytest.mark.parametrize(
    ("message", "missing", "unreachable"),
    [
        ("E   ModuleNotFoundError: No module named 'fastapi.testclient'", "fastapi.testclient", False),
        ("Error: Cannot find module 'express'\nRequire stack:", "express", False),
        ('Error: Failed to resolve import "react" from "src/a.tsx"', "react", False),
        ("psycopg.OperationalError: connection to server at localhost failed: Connection refused", "", True),
        ("TypeError: fetch failed", "", True),
        ("AssertionError: assert 1 == 2", "", False),
    ],
)
def test_what_a_failure_lacks(message: str, missing: str, unreachable: bool) -> None:
    found = results.failure("a", message)
    assert (found.missing_module, found.unreachable) == (missing, unreachable)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("pytest.xml", b"<testsuites><testcase"),
        ("pytest.xml", b'<!DOCTYPE a [<!ENTITY b "bb">]><testsuites><testcase name="&b;"/></testsuites>'),
        ("vitest.json", b'{"testResults": 7}'),
        ("vitest.json", b"[" * 100_000),
        ("vitest.json", b'{"numPassedTests": 5}'),
        ("unittest.json", b'{"shipworthy": "unittest"}'),
        ("mocha.json", b"\xff\xfe"),
    ],
)
def test_broken_files_are_a_problem_and_count_nothing(name: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    found = results.read(tmp_path)
    assert found.passed == 0
    assert found.problems


def test_only_plain_files_are_opened(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(json.dumps(JEST))
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.json").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(out / "b.json")
    (out / "c.json").mkdir()
    found = results.read(out)
    assert found.passed == 0
    assert len(found.problems) == 3


def test_names_and_messages_are_masked_and_bounded() -> None:
    token = "sk_" + "live_" + "4eC39HqLyjWDarjtT1zdp7dc"
    found = results.failure(f"uses {token}", f"AssertionError: key {token}\n" + "x" * 100_000)
    assert token not in repr(found)
    assert len(found.message) <= 200
