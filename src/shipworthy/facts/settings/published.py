"""Whether publishing a package, or handing a folder to a platform, would take a local secret file along."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shipworthy.facts.base import View
from shipworthy.facts.settings.ignore_rules import fits, git_rules, ignores, tokens
from shipworthy.model import Location
from shipworthy.project import is_test_path

_UPLOADS = ((".vercelignore", "Vercel"), (".gcloudignore", "Google Cloud"), (".ebignore", "Elastic Beanstalk"))
"""Where one is there, its platform's tool reads it instead of .gitignore."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A package, or an upload to a platform, that would hold an env file."""

    location: Location
    why: str
    takes: str = ".env"
    """What to name in that ignore file to keep it out."""
    upload: bool = False


def published(view: View, folders: set[str]) -> Iterator[Published]:
    """Packages of npm and Python that take `.env` along, of the folders where one may lie."""
    for entry in view.entries("package.json"):
        home = entry.path.rpartition("/")[0]
        own = entry.by_hand and home in folders and not is_test_path(entry.path)
        package = view.json(entry.path) if own else None
        if isinstance(package, dict) and not package.get("private") and package.get("name") and package.get("version"):
            yield from _npm(view, entry.path, package.get("files"))
    for entry in view.entries("MANIFEST.in"):
        if entry.by_hand:
            yield from _sdist(view, entry.path)


def _npm(view: View, path: str, listed: object) -> Iterator[Published]:
    home = path.rpartition("/")[0]
    if isinstance(listed, list):
        patterns = [each.removeprefix("./").strip("/") or "**" for each in listed if isinstance(each, str)]
        taken = False
        for each in patterns:
            hit = fits(tokens(each.lstrip("!")), ".env") or each == "."
            taken = not each.startswith("!") if hit else taken
        if taken:
            yield Published(location=Location(path=path), why="its files list takes everything along")
        return
    ignore = f"{home}/.npmignore" if home else ".npmignore"
    rules = git_rules((view.read(ignore) or b"").decode("utf-8", "replace"))
    if view.exists(ignore) and not ignores(rules, ".env"):
        yield Published(location=Location(path=ignore), why="it replaces .gitignore and does not name .env")


def _sdist(view: View, path: str) -> Iterator[Published]:
    """The last line that speaks of everything or of `.env` decides, as setuptools reads them in order."""
    taken: int | None = None
    for number, line in enumerate((view.read(path) or b"").decode("utf-8", "replace").splitlines(), 1):
        word, _, rest = line.strip().partition(" ")
        names = rest.split()
        if word == "graft" and "." in names:
            taken = number
        elif word in ("include", "global-include") or (word == "recursive-include" and names[:1] == ["."]):
            names = names[1:] if word == "recursive-include" else names
            taken = number if any(fits(tokens(each), ".env") for each in names) else taken
        elif word in ("exclude", "global-exclude") or (word == "recursive-exclude" and names[:1] in (["."], ["*"])):
            taken = None if any(fits(tokens(each), ".env") for each in names) else taken
    if taken is not None:
        yield Published(location=Location(path=path, line=taken), why="this line takes .env into the source package")


def uploads(view: View, secret_files: list[str]) -> Iterator[Published]:
    """Ignore files of platforms that leave a local secret file in what is sent there."""
    for name, platform in _UPLOADS:
        for entry in view.entries(name):
            text = (view.read(entry.path) or b"").decode("utf-8", "replace")
            if name == ".gcloudignore" and re.search(r"^#!include:\.gitignore\s*$", text, re.M):
                continue
            home = entry.path.rpartition("/")[0]
            rules = git_rules(text)
            below = [path[len(home) :].strip("/") for path in secret_files if not home or path.startswith(home + "/")]
            left = [each for each in below if not ignores(rules, each) and not _by_itself(platform, each)]
            if left:
                yield Published(
                    location=Location(path=entry.path),
                    why=f"{platform} reads it instead of .gitignore, and it does not name {left[0]}",
                    takes=left[0].rpartition("/")[2],
                    upload=True,
                )


def _by_itself(platform: str, path: str) -> bool:
    """What a platform's tool leaves out whatever the ignore file says. Source: Vercel's documentation."""
    return platform == "Vercel" and bool(re.search(r"(?:^|/)\.env(?:\.[\w-]+)?\.local$", path))
