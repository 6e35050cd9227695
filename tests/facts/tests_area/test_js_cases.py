"""What one JavaScript or TypeScript test file says: its tests, and each construct that disables one."""

from __future__ import annotations

from textwrap import dedent

import pytest

from shipworthy.facts.base import Record
from shipworthy.facts.tests.cases import TestFileAnalyser
from shipworthy.project import FileEntry, FileKind, Source


def analysed(text: str, path: str = "src/a.test.ts") -> Record:
    data = dedent(text).encode()
    entry = FileEntry(path=path, size=len(data), mtime_ns=0, inode=0, kind=FileKind.SOURCE, tracked=True)
    return TestFileAnalyser().analyse(Source(entry, data))


def skips(text: str, path: str = "src/a.test.ts") -> list[tuple[str, str]]:
    return [(row["kind"], row["name"]) for row in analysed(text, path).value["skips"]]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("it.skip('a', () => { expect(f()).toBe(1) })", "skip"),
        ("xit('a', () => {})", "skip"),
        ("xtest('a', function () {})", "skip"),
        ("test.concurrent.skip('a', async () => {})", "skip"),
        ("it.skip.each([1, 2])('a', (n) => {})", "skip"),
        ("it.skip.each`x\n${1}`('a', (n) => {})", "skip"),
        ("test('a', { skip: true }, () => {})", "skip"),
        ("test('a', { skip: 'no database here' }, () => {})", "skip"),
        ("test('a', { skip: process.platform === 'win32' }, () => {})", "conditional"),
        ("test.skipIf(isWindows)('a', () => {})", "conditional"),
        ("it('a', function () { this.skip(); expect(f()).toBe(1) })", "skip"),
        ("test('a', (t) => { t.skip('why'); t.equal(1, 1) })", "skip"),
        ("test('a', () => { return; expect(f()).toBe(1) })", "skip"),
        ("it.todo('a')", "todo"),
        ("it('a')", "todo"),
        ("test('a', { todo: true }, () => {})", "xfail"),
        ("test.fails('a', () => {})", "strict-xfail"),
        ("test.failing('a', () => {})", "strict-xfail"),
        ("it.only('a', () => {})", "only"),
        ("fit('a', () => {})", "only"),
        ("test.only.each([1])('a', () => {})", "only"),
        ("test('a', { only: true }, () => {})", "only"),
        ("test.serial.only('a', (t) => {})", "only"),
        ("(ci ? it : it.skip)('a', () => {})", "conditional"),
        ("const maybe = ci ? it : it.skip\nmaybe('a', () => {})", "conditional"),
        ("const off = it.skip\noff('a', () => {})", "skip"),
        ("import { it as spec } from 'vitest'\nspec.skip('a', () => {})", "skip"),
        ("import test from 'ava'\ntest.skip('a', (t) => {})", "skip"),
        ("import check from 'ava'\ncheck.only('a', (t) => {})", "only"),
        ("Deno.test.ignore('a', () => {})", "skip"),
    ],
)
def test_a_test_is_disabled(text: str, kind: str) -> None:
    assert [name for name, _ in analysed(text).value["tests"]] == ["a"]
    assert skips(text) == [(kind, "a")]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("describe.skip('g', () => { it('a', () => {}); it('b', () => {}) })", "skip"),
        ("xdescribe('g', () => { it('a', () => {}); it('b', () => {}) })", "skip"),
        ("describe.only('g', () => { it('a', () => {}); it('b', () => {}) })", "only"),
        ("fdescribe('g', () => { it('a', () => {}); it('b', () => {}) })", "only"),
        ("describe.skipIf(x)('g', () => { it('a', () => {}); it('b', () => {}) })", "conditional"),
        ("suite.skip('g', () => { test('a', () => {}); test('b', () => {}) })", "skip"),
        ("test.describe.skip('g', () => { test('a', () => {}); test('b', () => {}) })", "skip"),
        ("describe('g', () => { before(function () { this.skip() }); it('a', () => {}); it('b', () => {}) })", "skip"),
    ],
)
def test_a_group_is_disabled(text: str, kind: str) -> None:
    record = analysed(text)
    assert [name for name, _ in record.value["tests"]] == ["g > a", "g > b"]
    assert [(row["kind"], row["name"], row["group"]) for row in record.value["skips"]] == [(kind, "g", True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("test('a', async () => { test.skip(); await f() })", [("skip", "a")]),
        ("test('a', async () => { test.skip(browser === 'webkit', 'no'); await f() })", [("conditional", "a")]),
        ("test('a', async () => { test.fixme(); await f() })", [("skip", "a")]),
        ("test.fixme('a', async () => {})", [("skip", "a")]),
        (
            "test.skip(({ browserName }) => browserName === 'firefox', 'no')\ntest('a', () => {})",
            [("conditional", "the whole file")],
        ),
    ],
)
def test_playwright_annotations(text: str, expected: list[tuple[str, str]]) -> None:
    assert skips("import { test } from '@playwright/test'\n" + text, "e2e/a.spec.ts") == expected


@pytest.mark.parametrize(
    "text",
    [
        "it('a', () => { cursor.skip(10); query.only('x'); expect(/x/.test('x')).toBe(true) })",
        "it('skips nothing', () => { const only = 1; fit(model, data) })",
        "test.beforeEach(() => {}); test.use({}); test('a', () => {})",
        "const skip = { it: 1 }; it('a', () => {})",
        "// it is fine, test this\nit('a', () => {})",
        "/** Usage: it('does', () => {}) */\nit('a', () => {})",
        "it('a', () => { const text = \"it.only('x')\" })",
        "it('a', () => { if (x) return; expect(1).toBe(1) })",
    ],
)
def test_nothing_is_disabled(text: str) -> None:
    assert skips(text) == []
    assert len(analysed(text).value["tests"]) == 1


@pytest.mark.parametrize(
    "comment",
    [
        "// it('b', () => {",
        "//test.each([1])('b', () => {",
        "/* it('b', () => {\n expect(1).toBe(1)\n}) */",
        "/*\n  describe('b', () => {\n*/",
    ],
)
def test_commented_out(comment: str) -> None:
    rows = analysed(f"it('a', () => {{}})\n{comment}\n").value["skips"]
    assert [row["kind"] for row in rows] == ["commented-out"]


def test_a_reason_is_the_comment_above_or_at_the_end_of_the_line() -> None:
    text = """
    // The sandbox of the bank answers 500 since May, BANK-12
    it.skip('a', () => {})
    it.skip('b', () => {}) // not for old browsers
    // eslint-disable-next-line
    it.skip('c', () => {})
    """
    rows = analysed(text).value["skips"]
    assert [(row["reason"], row["reference"]) for row in rows] == [
        ("The sandbox of the bank answers 500 since May, BANK-12", "BANK-12"),
        ("not for old browsers", ""),
        ("", ""),
    ]


@pytest.mark.parametrize(
    ("path", "language"), [("a.test.js", "js"), ("a.spec.tsx", "tsx"), ("a.test.mts", "ts"), ("test/a.cjs", "js")]
)
def test_every_kind_of_script(path: str, language: str) -> None:
    text = "const f = (a) => <b>{a}</b>\nit.skip('a', () => {})\n" if language == "tsx" else "it.skip('a', () => {})\n"
    assert skips(text, path) == [("skip", "a")]


@pytest.mark.parametrize(
    "text",
    ["it(" * 5_000, "describe('a', () => {" * 2_000, "// it('" + "a" * 200_000, "`${" * 10_000, "it.skip" * 10_000],
    ids=["calls", "groups", "comment", "templates", "members"],
)
def test_hostile_text_ends_soon(text: str) -> None:
    record = analysed(text)
    assert record.value is None or len(str(record.value)) < 1_000_000
