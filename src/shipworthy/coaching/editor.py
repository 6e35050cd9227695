"""How a file of the repository is opened in the person's own editor, at its line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

# Editors that take file:line as one word; the others understand +LINE before the file, as vi does.
_GOTO = {"code": "--goto", "code-insiders": "--goto", "codium": "--goto", "cursor": "--goto", "windsurf": "--goto"}
_COLON = frozenset({"subl", "zed", "hx", "helix", "micro", "lapce"})


def editor_command(root: Path, path: str, line: int | None, environ: Mapping[str, str]) -> list[str] | None:
    """The command that opens a file of the repository at a line; None where no editor is named or found.

    The file is given by its absolute path, so that no name of a repository can be read as an option.
    """
    import shlex

    from shipworthy.git import find_tool

    wanted = environ.get("VISUAL") or environ.get("EDITOR") or ""
    try:
        words = shlex.split(wanted)
    except ValueError:
        return None
    if not words:
        return None
    base = root.resolve()
    program = words[0] if Path(words[0]).is_absolute() else find_tool(words[0], root)
    if program is None or Path(program).resolve().is_relative_to(base):
        return None
    target = str(base / path)
    name = Path(program).name
    if line is None:
        return [program, *words[1:], target]
    if name in _GOTO:
        return [program, *words[1:], _GOTO[name], f"{target}:{line}"]
    if name in _COLON:
        return [program, *words[1:], f"{target}:{line}"]
    return [program, *words[1:], f"+{line}", target]


def editable(root: Path, path: str) -> bool:
    """Whether the path is a regular file inside the repository, reached through no symlink."""
    try:
        base = root.resolve()
        full = base / path
        return full.resolve() == full and full.is_relative_to(base) and full.is_file()
    except (OSError, ValueError):
        # A name no file can have: too long, or with a zero byte in it.
        return False
