"""Makes the weekend app: a real git repository with one commit, in a folder of its own."""

from __future__ import annotations

from pathlib import Path

from shipworthy.demo.weekend import weekend_files
from shipworthy.git import Git, GitMissing

NAME, MAIL = "Demo Developer", "demo@lemonade.example"


def make_demo(folder: Path) -> Path:
    """Write and commit the app below an empty or absent folder; the folder. Raises FileExistsError, GitError, OSError.

    Where the person's git has no identity, the demo gets one of its own: it is recorded with what they say and sign.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")
    for name, content in weekend_files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="\n")
    git = Git(folder)
    git.run("init", "-q", "-b", "main")
    for key, value in (("user.name", NAME), ("user.email", MAIL), ("commit.gpgsign", "false")):
        if key == "commit.gpgsign" or not git.answer("config", key):
            git.run("config", "--local", key, value)
    git.run("add", "--all", "--force")
    git.run("commit", "-q", "-m", "It works")
    return folder


__all__ = ["GitMissing", "make_demo"]
