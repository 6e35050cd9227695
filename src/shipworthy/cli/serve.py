"""`shipworthy serve`: the same coach in a browser on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from shipworthy.cli.common import fail, root_of


@click.command("serve")
@click.argument("path", required=False)
@click.option("--port", type=click.IntRange(1, 65_535), help="The port on 127.0.0.1 (default: one that is free).")
@click.option("--open", "open_it", is_flag=True, help="Open the link in your browser, too.")
@click.option("--theme", type=click.Choice(["dark", "light", "contrast"]), default="dark", help="The colours.")
@click.option("--no-watch", is_flag=True, help="Do not re-check by itself what a changed file touches.")
def command(path: str | None, port: int | None, open_it: bool, theme: str, no_watch: bool) -> None:
    """Open the coach on the repository at PATH in a browser on this machine.

    Prints one link, which lets one browser in, once. It listens on 127.0.0.1 only and ends with Ctrl-C.
    """
    import asyncio
    from threading import Thread

    root = root_of(path).absolute()
    if not root.is_dir():
        fail(f"{root}: {'not a folder' if root.exists() else 'no such folder'}", "Name the repository's folder.")
    _need_the_package()
    from shipworthy.cli.served import served_command, served_environment
    from shipworthy.serve.door import Door
    from shipworthy.serve.server import CoachServer, listen

    try:
        listener = listen(port or 0)
    except OSError as error:
        which = f"port {port}" if port else "a free port"
        fail(f"{which} on 127.0.0.1 cannot be had: {error.strerror}", "Name another with --port.")
    door = Door(listener.getsockname()[1])
    env = served_environment(os.environ)
    server = CoachServer(door, served_command(root, theme=theme, watch=not no_watch), env, root.name, _say)

    def ready() -> None:
        link = door.link
        _say(
            f"The coach is at\n\n  {link}\n\nThe link works once, in a browser on this machine. Ctrl-C ends the coach."
        )
        if open_it:
            # Some browsers' starters wait for what they started.
            Thread(target=_open, args=(link, root), daemon=True).start()

    asyncio.run(server.run(listener, ready))
    _say("Ended.")


def _open(link: str, root: Path) -> None:
    if not open_in_browser(link, root):
        _say("No browser could be started from here: open the link yourself.")


def open_in_browser(link: str, root: Path) -> bool:
    """Have the person's browser open a link; whether one was started. It is started from outside the repository."""
    import webbrowser

    screen = os.environ.get("BROWSER") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.platform not in ("darwin", "win32") and not screen:
        # What would be found is a browser for this terminal, which serves.
        return False
    inside = root.resolve()
    folders = os.environ.get("PATH", "").split(os.pathsep)
    kept = [each for each in folders if Path(each).is_absolute() and not Path(each).resolve().is_relative_to(inside)]
    os.environ["PATH"] = os.pathsep.join(kept)
    try:
        return webbrowser.open(link)
    except (webbrowser.Error, OSError):
        return False


def _need_the_package() -> None:
    from importlib.util import find_spec

    missing = [name for name in ("textual_serve", "aiohttp") if find_spec(name) is None]
    if missing:
        fail(
            "`shipworthy serve` needs textual-serve, which is not installed here.",
            f'Install it beside shipworthy: {sys.executable} -m pip install "shipworthy[serve]"'
            " (with pipx: pipx inject shipworthy textual-serve). All other commands work without it.",
        )


def _say(words: str) -> None:
    text = f"{words}\n"
    encoding = sys.stdout.encoding or "ascii"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except OSError:
        # Whoever read it is gone; the coach goes on. Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
