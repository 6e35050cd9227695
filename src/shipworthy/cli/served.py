"""The process behind `shipworthy serve`: the coach on one folder, drawn for a browser. Not a command of its own."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

DRIVER = "shipworthy.tui.browser:BrowserDriver"


def served_command(root: Path, *, theme: str, watch: bool) -> list[str]:
    """How to start it. -P keeps the working directory and the repository off the module path."""
    watching = "watch" if watch else "no-watch"
    return [sys.executable, "-P", "-X", "utf8", "-m", "shipworthy.cli.served", str(root), theme, watching]


def served_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment to start it in: without what makes Python import from elsewhere, and drawing for a browser."""
    env = {key: value for key, value in environ.items() if not key.startswith("PYTHON")}
    return env | {
        "PYTHONSAFEPATH": "1",
        "TEXTUAL_DRIVER": DRIVER,
        "TEXTUAL_COLOR_SYSTEM": "truecolor",
        "TEXTUAL_FPS": "60",
        "TERM_PROGRAM": "textual",
    }


def main() -> None:
    """Run the coach until its browser goes; the exit codes of every command."""
    root, theme, watching = sys.argv[1:]
    try:
        from shipworthy.cli.opening import open_coach

        # A browser has every glyph, whatever the terminal that serves it has.
        sys.exit(open_coach(Path(root), theme=theme, ascii_only=False, watch=watching == "watch"))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        from shipworthy.bugs import bug

        sys.stderr.write(f"shipworthy: {bug('the coach', error)}\n")
        sys.exit(4)


if __name__ == "__main__":
    main()
