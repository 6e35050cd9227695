"""The command `shipworthy serve`: what it prints and refuses, what it needs, which browser it starts."""

from __future__ import annotations

import io
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from serving import until

from shipworthy.cli import serve as command
from shipworthy.serve.server import CoachServer, listen


@pytest.fixture
def nobody_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run(self: CoachServer, listener: socket.socket, ready: object) -> None:
        listener.close()
        assert callable(ready)
        ready()

    monkeypatch.setattr(CoachServer, "run", run)


@pytest.mark.usefixtures("nobody_serves")
def test_it_prints_one_link(tmp_path: Path) -> None:
    done = CliRunner().invoke(command.command, [str(tmp_path)])
    assert done.exit_code == 0
    assert len(re.findall(r"\bhttp://127\.0\.0\.1:\d+/\?token=[\w-]{43}\n", done.output)) == 1
    assert "works once" in done.output
    assert "Ctrl-C" in done.output


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["absent"], "no such folder"),
        ([__file__], "not a folder"),
        (["--port", "0"], "0 is not in the range"),
        (["--host", "0.0.0.0"], "No such option"),
    ],
)
def test_what_it_does_not_take(args: list[str], words: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(command.command, args)
    assert done.exit_code == 2
    assert words in done.output


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with listen(0) as taken:
        port = taken.getsockname()[1]
        done = CliRunner().invoke(command.command, [str(tmp_path), "--port", str(port)])
    assert done.exit_code == 2
    assert f"port {port} on 127.0.0.1 cannot be had" in done.output
    assert "--port" in done.output


@pytest.mark.parametrize("missing", ["textual_serve", "aiohttp"])
def test_without_the_package_it_says_how_to_install_it(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == missing else object())
    done = CliRunner().invoke(command.command, [str(tmp_path)])
    assert done.exit_code == 2
    assert 'pip install "shipworthy[serve]"' in done.output
    assert "All other commands work without it." in done.output


def test_no_other_command_loads_what_it_needs() -> None:
    code = (
        "import sys, shipworthy.cli.main, shipworthy.cli.group, shipworthy.cli.serve, shipworthy.cli.served,"
        " shipworthy.tui.app; sys.exit(any(name in sys.modules for name in ('aiohttp', 'textual_serve')))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


@pytest.mark.parametrize(("encoding", "shown"), [("utf-8", "␛ é\n"), ("ascii", "\\u241b \\xe9\n")])
def test_it_speaks_to_every_terminal(encoding: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", out)
    command._say("␛ é")
    assert out.buffer.getvalue().decode(encoding) == shown  # type: ignore[attr-defined]


def test_it_goes_on_when_nobody_reads_what_it_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        command._say("A browser opened the link.")
        command._say("And again.")


@pytest.fixture
def browsers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a browser planted in it, which PATH names, and one outside; both leave their name and link."""
    import webbrowser

    for folder in ("repo/bin", "bin"):
        program = tmp_path / folder / "xdg-open"
        program.parent.mkdir(parents=True)
        program.write_text(f'#!/bin/sh\necho "{folder} $1" >> {tmp_path}/opened\n/bin/sleep 1\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([".", str(tmp_path / "repo/bin"), str(tmp_path / "bin")]))
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "_tryorder", None)
    monkeypatch.setattr(webbrowser, "_browsers", {})
    monkeypatch.chdir(tmp_path / "repo/bin")
    return tmp_path


@pytest.mark.skipif(sys.platform != "linux", reason="other systems start a browser otherwise")
async def test_the_browser_is_not_one_of_the_repositorys(browsers: Path) -> None:
    assert command.open_in_browser("http://127.0.0.1:1/", browsers / "repo")
    await until((browsers / "opened").exists)
    assert (browsers / "opened").read_text() == "bin http://127.0.0.1:1/\n"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems start a browser otherwise")
def test_no_browser_takes_the_terminal_that_serves(browsers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not command.open_in_browser("http://127.0.0.1:1/", browsers / "repo")
    assert not (browsers / "opened").exists()
