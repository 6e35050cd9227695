"""The diff: what patch(1) would do with it, secrets masked, hostile text visible, and never slow."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.facts.secrets.examples import drawn

from shipworthy.fixes import Edit, Fix, Splice
from shipworthy.fixes.model import created, edited
from shipworthy.fixes.show import diff

LIVE = "sk" + "_live_" + drawn("an", 60, 11)
MANY = b"".join(b"line %d\n" % number for number in range(40))


def shown(old: bytes, edit: Edit) -> tuple[str, ...]:
    return diff(Fix(item="x", says="x", edits=(edit,)), lambda path: old)


@pytest.mark.skipif(shutil.which("patch") is None, reason="patch(1) is not installed: the diff is not tried with it")
@pytest.mark.parametrize(
    ("old", "splices"),
    [
        (b"one\ntwo\nthree\n", [Splice(4, 7, b"2")]),
        (b"one\ntwo\nthree\n", [Splice(0, 0, b"zero\n")]),
        (b"one\ntwo\nthree\n", [Splice(14, 14, b"four\n")]),
        (b"one\ntwo", [Splice(7, 7, b"\nthree")]),
        (b"one\ntwo", [Splice(0, 3, b"1")]),
        (b"", [Splice(0, 0, b"one\n")]),
        (b"a = 1; b = 2\nc\n", [Splice(4, 5, b"3"), Splice(11, 12, b"4")]),
        (MANY, [Splice(0, 4, b"LINE"), Splice(7, 7, b"more\nand more\n"), Splice(len(MANY) - 5, len(MANY) - 1, b"")]),
        (MANY, [Splice(7, 21, b"")]),
        (MANY, [Splice(7, 21, b"two\nrows\nfor one\n")]),
    ],
)
def test_patch_takes_it(tmp_path: Path, old: bytes, splices: list[Splice]) -> None:
    edit = edited("a.txt", old, splices)
    (tmp_path / "a.txt").write_bytes(old)
    text = "".join(f"{line}\n" for line in shown(old, edit))
    done = subprocess.run(
        ["patch", "-p1", "--no-backup-if-mismatch"], cwd=tmp_path, input=text.encode(), capture_output=True
    )
    assert done.returncode == 0, (done.stdout, text)
    assert b"fuzz" not in done.stdout
    assert b"offset" not in done.stdout
    assert (tmp_path / "a.txt").read_bytes() == edit.data


def test_a_new_file() -> None:
    lines = shown(b"", created(".github/dependabot.yml", b"version: 2\nupdates: []"))
    assert lines == (
        "--- /dev/null", "+++ b/.github/dependabot.yml", "@@ -0,0 +1,2 @@", "+version: 2", "+updates: []",
        "\\ No newline at end of file",
    )  # fmt: skip


def test_a_word_nobody_would_take_for_a_secret_is_masked_where_it_is_removed() -> None:
    old = b"import os\nSECRET = 'lemon'\nNEXT = 'visible'\n"
    start = old.index(b"'lemon'")
    lines = shown(old, edited("a.py", old, [Splice(start, start + 7, b'os.environ["SECRET"]', b"''")]))
    assert "lemon" not in "\n".join(lines)
    assert "-SECRET = '••••••••'" in lines
    assert '+SECRET = os.environ["SECRET"]' in lines


def test_secrets_around_the_change_are_masked() -> None:
    old = f"DEBUG = True\nSTRIPE_KEY = '{LIVE}'\n".encode()
    lines = shown(old, edited("a.py", old, [Splice(8, 12, b"False")]))
    assert LIVE not in "\n".join(lines)
    assert "+DEBUG = False" in lines


def test_text_that_a_terminal_would_obey_is_visible() -> None:
    old = "a\x1b]0;x\x07\u202e\n".encode()
    lines = shown(old, edited("\x1b[2J.py", old, [Splice(0, 1, b"b")]))
    assert not any("\x1b" in line or "\u202e" in line for line in lines)


def test_a_file_of_lines_that_are_all_alike_takes_no_time() -> None:
    old = b"x\n" * 1_000_000
    lines = shown(old, edited("a.txt", old, [Splice(0, 1, b"y"), Splice(len(old), len(old), b"z\n")]))
    assert [line for line in lines if line[0] in "+-"][2:] == ["-x", "+y", "+z"]
