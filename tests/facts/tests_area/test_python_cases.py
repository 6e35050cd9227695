"""What one Python test file says: its tests, and each construct that disables one."""

from __future__ import annotations

from textwrap import dedent

import pytest

from shipworthy.facts.base import Record
from shipworthy.facts.tests.cases import TestFileAnalyser
from shipworthy.project import FileEntry, FileKind, Source


def analysed(text: str, path: str = "tests/test_a.py") -> Record:
    data = dedent(text).encode()
    entry = FileEntry(path=path, size=len(data), mtime_ns=0, inode=0, kind=FileKind.SOURCE, tracked=True)
    return TestFileAnalyser().analyse(Source(entry, data))


def skips(text: str, path: str = "tests/test_a.py") -> list[tuple[str, str]]:
    return [(row["kind"], row["name"]) for row in analysed(text, path).value["skips"]]


BODY = "    assert add(1) == 2\n"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("import pytest\n@pytest.mark.skip\ndef test_a():\n" + BODY, "skip"),
        ("import pytest as pt\n@pt.mark.skip(reason='x')\ndef test_a():\n" + BODY, "skip"),
        ("from pytest import mark\n@mark.skip()\nasync def test_a():\n" + BODY, "skip"),
        ("import pytest\n@pytest.mark.skipif(True, reason='x')\ndef test_a():\n" + BODY, "skip"),
        (
            "import pytest, sys\n@pytest.mark.skipif(sys.platform == 'win32', reason='x')\ndef test_a():\n" + BODY,
            "conditional",
        ),
        ("import pytest\n@pytest.mark.xfail\ndef test_a():\n" + BODY, "xfail-default"),
        ("import pytest\n@pytest.mark.xfail(strict=True)\ndef test_a():\n" + BODY, "strict-xfail"),
        ("import pytest\n@pytest.mark.xfail(strict=False)\ndef test_a():\n" + BODY, "xfail"),
        ("import pytest\n@pytest.mark.xfail(run=False)\ndef test_a():\n" + BODY, "skip"),
        (
            "import pytest\n@pytest.mark.xfail(sys.version_info < (3, 9), reason='x')\ndef test_a():\n" + BODY,
            "conditional",
        ),
        ("import pytest\ndef test_a():\n    '''Doc.'''\n    pytest.skip('later')\n" + BODY, "skip"),
        ("import pytest\ndef test_a():\n    pytest.xfail('later')\n" + BODY, "skip"),
        ("def test_a():\n    return\n" + BODY, "skip"),
        ("import pytest\noff = pytest.mark.skip(reason='x')\n@off\ndef test_a():\n" + BODY, "skip"),
        ("from tests.marks import skip_on_windows\n@skip_on_windows\ndef test_a():\n" + BODY, "conditional"),
        ("from tests.marks import disabled\n@disabled\ndef test_a():\n" + BODY, "skip"),
        ("import pytest\ndef test_a():\n    pytest.importorskip('numpy')\n" + BODY, "conditional"),
    ],
)
def test_a_function_is_disabled(text: str, kind: str) -> None:
    record = analysed(text)
    assert [name for name, _ in record.value["tests"]] == ["test_a"]
    assert skips(text) == [(kind, "test_a")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "import pytest\npytestmark = pytest.mark.skip(reason='x')\ndef test_a(): assert f()\n",
            ("skip", "the whole file"),
        ),
        (
            "import pytest\npytestmark = [pytest.mark.slow, pytest.mark.skip]\ndef test_a(): assert f()\n",
            ("skip", "the whole file"),
        ),
        (
            "import pytest\npytest.skip('x', allow_module_level=True)\ndef test_a(): assert f()\n",
            ("skip", "the whole file"),
        ),
        (
            (
                "import pytest\ntry:\n    import numpy\nexcept ImportError:\n"
                "    pytest.skip('no numpy', allow_module_level=True)\n"
                "def test_a(): assert f()\n"
            ),
            ("conditional", "the whole file"),
        ),
        ("import unittest\nraise unittest.SkipTest('x')\ndef test_a(): assert f()\n", ("skip", "the whole file")),
        (
            "import pytest\nclass TestA:\n    pytestmark = pytest.mark.skip\n    def test_a(self): assert f()\n",
            ("skip", "TestA"),
        ),
    ],
)
def test_a_file_or_class_is_disabled(text: str, expected: tuple[str, str]) -> None:
    assert skips(text) == [expected]


@pytest.mark.parametrize(
    ("decorator", "kind"),
    [
        ("@unittest.skip('x')", "skip"),
        ("@skip", "skip"),
        ("@unittest.skipIf(sys.platform == 'win32', 'x')", "conditional"),
        ("@unittest.skipUnless(False, 'x')", "skip"),
        ("@unittest.expectedFailure", "strict-xfail"),
    ],
)
def test_unittest_decorators(decorator: str, kind: str) -> None:
    head = "import sys, unittest\nfrom unittest import skip, TestCase\n"
    on_method = f"class A(TestCase):\n    {decorator}\n    def test_a(self):\n        self.assertEqual(f(), 1)\n"
    on_class = f"{decorator}\nclass A(TestCase):\n    def test_a(self):\n        self.assertEqual(f(), 1)\n"
    assert skips(head + on_method) == [(kind, "A.test_a")]
    assert skips(head + on_class) == [(kind, "A")]
    assert analysed(head + on_method).value["styles"] == ["testcase"]
    assert analysed(head + on_method).value["frameworks"] == ["unittest"]


def test_set_up_that_skips_takes_its_class_along() -> None:
    text = """
    class TestA(TestCase):
        def setUp(self):
            self.skipTest("no database")
        def test_one(self): assert one()
        def test_two(self): assert two()
    """
    rows = analysed(text).value["skips"]
    assert [(row["kind"], row["name"], row["group"], row["scope"]) for row in rows] == [
        ("skip", "TestA", True, "TestA.")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "def test_a():\n    if broken():\n        pytest.skip('x')\n    assert f()\n",
        "import pytest\n@pytest.mark.skipif(False, reason='x')\ndef test_a():\n    assert f()\n",
        "import pytest\n@pytest.mark.parametrize('a', [1])\n@pytest.mark.slow\ndef test_a(a):\n    assert f()\n",
        "def test_a():\n    return\n",
        "def test_a():\n    '''Skip me not: pytest.mark.skip'''\n    assert f('# def test_b():')\n",
        "# see def testing() above\n# the def of test\ndef test_a():\n    assert f()\n",
        "import pytest\n@pytest.fixture\ndef test_client():\n    yield 1\ndef test_a(test_client):\n    assert f()\n",
    ],
)
def test_nothing_is_disabled(text: str) -> None:
    assert skips(text) == []


def test_single_cases_of_a_parametrisation() -> None:
    text = """
    import pytest
    @pytest.mark.parametrize("a", [1, pytest.param(2, marks=pytest.mark.skip(reason="odd")),
                                   pytest.param(3, marks=[pytest.mark.xfail])])
    def test_a(a): assert f(a)
    """
    assert [kind for kind, _ in skips(text)] == ["skip", "xfail-default"]


def test_marks_put_on_at_run_time_are_told_apart() -> None:
    text = """
    import pytest
    def test_a(request):
        if f():
            request.node.add_marker(pytest.mark.xfail(reason="x"))
        assert f()
    """
    assert [kind for kind, _ in skips(text)] == ["dynamic"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("def test_a(): assert f()\n# def test_b():\n#     assert g()\n", "test_b"),
        ("def test_a(): assert f()\n#async def test_b(client):\n#     assert g()\n", "test_b"),
        ("def test_a(): assert f()\n# class TestB:\n#     def test_c(self): ...\n", "TestB"),
        ('"""Doc."""\ndef test_a(): assert f()\n"""\ndef test_b():\n    assert g()\n"""\n', "test_b"),
    ],
)
def test_commented_out(text: str, name: str) -> None:
    found = skips(text)
    assert ("commented-out", name) in found


def test_reason_reference_and_deadline_are_read_beside_the_construct() -> None:
    text = """
    import pytest
    # The gateway's sandbox is gone, see https://tracker.example/issues/12
    @pytest.mark.skip
    def test_a(): assert f()

    @pytest.mark.skip(reason="flaky until 2026-12-31, PAY-77")
    def test_b(): assert f()
    """
    first, second = analysed(text).value["skips"]
    assert first["reason"] == "The gateway's sandbox is gone, see https://tracker.example/issues/12"
    assert first["reference"] == "https://tracker.example/issues/12"
    assert (second["reference"], second["until"]) == ("2026-12-31", "2026-12-31")


def test_emptied_is_only_a_file_without_code() -> None:
    assert analysed("import os\n# Create your tests here.\n").value["empty"] is True
    assert analysed("").value["empty"] is True
    assert analysed("def helper(): return 1\n").value["empty"] is False


@pytest.mark.parametrize(
    ("text", "gap"),
    [
        ("def test_a(): assert f()\n@pytest.mark.skip((((\ndef test_b: pass\n", True),
        ("def test_a(): assert f()\nprint 'old syntax'\n", False),
    ],
)
def test_a_part_that_does_not_parse_is_a_gap_where_it_could_hide_a_skip(text: str, gap: bool) -> None:
    assert bool(analysed(text).gaps) is gap


def test_binary_named_like_a_test_is_a_gap() -> None:
    entry = FileEntry(path="tests/test_a.py", size=3, mtime_ns=0, inode=0, kind=FileKind.SOURCE, tracked=True)
    assert TestFileAnalyser().analyse(Source(entry, b"\0\1\2")).gaps


@pytest.mark.parametrize(
    "text",
    [
        "@" * 50_000 + "\ndef test_a(): pass\n",
        "def test_a():\n" + "    if x:\n" * 1 + "(" * 20_000,
        "# def test_" + "a" * 100_000 + "(\n",
        "@pytest.mark.skip(reason='" + "a " * 50_000 + "')\ndef test_a(): assert f()\n",
        "class A:\n" * 3_000,
        "".join(f"def test_{n}(): assert f()\n" for n in range(6_000)),
    ],
    ids=["decorators", "brackets", "comment", "reason", "classes", "many"],
)
def test_hostile_text_ends_soon_and_small(text: str) -> None:
    record = analysed(text)
    assert record.value is None or len(str(record.value)) < 1_000_000
