"""What the terminal can show and do."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest
from driving import WIDE, coach
from fake import FakeSession
from rich.segment import Segment
from textual.color import Color

from shipworthy.coaching.editor import editable, editor_command
from shipworthy.coaching.stand_ins import needs_ascii
from shipworthy.tui.terminal import OutputGuard, copy_with_tool


@pytest.mark.parametrize(
    ("encoding", "environ", "ascii_only"),
    [
        ("utf-8", {"LANG": "en_GB.UTF-8", "TERM": "xterm"}, False),
        ("utf-8", {}, False),
        ("utf-8", {"TERM": "linux"}, True),
        ("utf-8", {"LC_ALL": "C"}, True),
        ("utf-8", {"LANG": "C"}, True),
        ("utf-8", {"LC_ALL": "C.UTF-8"}, False),
        ("ascii", {"LANG": "en_GB.UTF-8"}, True),
        ("latin-1", {}, True),
        ("cp1252", {}, True),
        ("no-such-encoding", {}, True),
        (None, {}, True),
    ],
)
def test_needs_ascii(encoding: str | None, environ: dict[str, str], ascii_only: bool) -> None:
    assert needs_ascii(encoding, environ) is ascii_only


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("✔ ✘ ? ~ – ! …", "+ x ? ~ - ! ."),
        ("│─╭╮", "|-++"),
        ("▸ a → b · “c”", '> a > b - "c"'),
        ("漢字", "????"),
        ("é", "?"),
        ("plain", "plain"),
    ],
)
def test_ascii_stand_ins(text: str, shown: str) -> None:
    (after,) = OutputGuard(ascii_only=True).apply([Segment(text)], Color(0, 0, 0))
    assert after.text == shown


async def test_the_whole_screen_in_ascii() -> None:
    async with coach(size=WIDE, ascii_only=True) as driver:
        await driver.press("f")
        assert driver.text.isascii()
        for glyph in ("+ pass", "x fail", "? you", "! unknown", "- n/a", "~ waived"):
            assert glyph in driver.text
        await driver.press("w")
        assert driver.text.isascii()


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on PATH, and nothing else."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def tool(path: Path, script: str = "exit 0") -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_editor_commands(tmp_path: Path, tools: Path) -> None:
    root = tmp_path / "repo"
    root.mkdir()
    file = str(root / "a.py")
    vi, code, hx = (tool(tools / name) for name in ("vi", "code", "hx"))
    for environ, line, command in (
        ({"EDITOR": "vi"}, 12, [vi, "+12", file]),
        ({"EDITOR": "vi"}, None, [vi, file]),
        ({"EDITOR": "vi", "VISUAL": "code --wait"}, 12, [code, "--wait", "--goto", f"{file}:12"]),
        ({"VISUAL": hx}, 3, [hx, f"{file}:3"]),
        ({"EDITOR": "absent"}, 12, None),
        ({"EDITOR": ""}, 12, None),
        ({"EDITOR": "'unclosed"}, 12, None),
        ({}, 12, None),
    ):
        assert editor_command(root, "a.py", line, environ) == command


def test_an_editor_inside_the_repository_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "repo"
    (root / "bin").mkdir(parents=True)
    tool(root / "bin" / "vi")
    monkeypatch.setenv("PATH", str(root / "bin"))
    assert editor_command(root, "a.py", 1, {"EDITOR": "vi"}) is None
    assert editor_command(root, "a.py", 1, {"EDITOR": str(root / "bin" / "vi")}) is None


@pytest.mark.parametrize("name", ["+:!touch pwned", "-c", "--cmd=x", "a b;c"])
def test_no_file_name_is_an_option(tmp_path: Path, tools: Path, name: str) -> None:
    tool(tools / "vi")
    command = editor_command(tmp_path / "repo", name, 1, {"EDITOR": "vi"})
    assert command is not None
    assert command[-1] == str(tmp_path / "repo" / name)


def test_editable(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.py").symlink_to("a.py")
    (tmp_path / "out").symlink_to("/")
    assert editable(tmp_path, "a.py")
    for path in ("folder", "link.py", "absent", "../x", "/etc/passwd", "out/etc/passwd", "a\0b", "x" * 10_000):
        assert not editable(tmp_path, path), path


def test_clipboard_tools_in_order(tmp_path: Path, tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shipworthy.tui.terminal.CLIPBOARDS", (("first", ()), ("second", ("-x",)), ("third", ())))
    assert copy_with_tool("text", tmp_path / "repo") is None
    tool(tools / "first", "exit 1")
    tool(tools / "second", f'read text; echo "$1 $text" > {tmp_path}/got')
    tool(tools / "third", "exit 0")
    assert copy_with_tool("text\n", tmp_path / "repo") == "second"
    assert (tmp_path / "got").read_text() == "-x text\n"


async def test_the_editor_opens_the_line_in_sight(tmp_path: Path, tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "repo" / "web" / "src").mkdir(parents=True)
    file = tmp_path / "repo" / "web" / "src" / "pay.ts"
    file.write_text("1\n2\n3\n")
    monkeypatch.setenv("EDITOR", tool(tools / "vi", f'echo "$@" > {tmp_path}/got'))
    async with coach(FakeSession(root=tmp_path / "repo"), size=WIDE) as driver:
        await driver.press("right_square_bracket", "e")
        # A test has no terminal to lend, and says where to look instead.
        assert "Open it yourself: web/src/pay.ts:3" in driver.toasts
        monkeypatch.setattr(type(driver.app), "suspend", lambda self: nullcontext())
        await driver.press("e")
        assert (tmp_path / "got").read_text() == f"+3 {file}\n"
        assert "Press r to check this item again." in driver.toasts
