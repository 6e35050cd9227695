"""Makes the fix for `env-files-ignored`: patterns for .gitignore and .dockerignore."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterable

from shipworthy.facts.settings import ListingKind, Settings
from shipworthy.facts.settings.ignored import Ignored
from shipworthy.fixes.desk import Desk, listed
from shipworthy.fixes.lines import appended
from shipworthy.fixes.model import Fix, NoFix
from shipworthy.model import Finding

_IN_IMAGE = ("**/.env", "**/.env.*", "!**/.env.example")


def make(desk: Desk) -> Fix | NoFix:
    """Names of env files go to the end of the root's .gitignore, patterns to the ignore file docker reads."""
    names = _not_ignored(desk)
    files = [".gitignore"] if names and _add(desk, ".gitignore", names) else []
    files += _images(desk)
    files += _uploads(desk)
    for finding in desk.of("env-file-tracked"):
        path = finding.location.path or ""
        quoted = shlex.quote(path if not path.startswith("-") else f"./{path}")
        desk.note(
            f"{path} is in version control, and ignoring it does not take it out. Replace every secret in it where it "
            f"was issued, then run: git rm --cached -- {quoted}"
        )
    for finding in desk.of("secret-file-committed"):
        desk.note(f"{finding.location} holds a secret: replace it where it was issued, then put a placeholder there.")
    for finding in desk.of("key-store-committed", "state-committed"):
        desk.note(f"{finding.location}: {finding.remedy}")
    for finding in desk.of("env-file-published"):
        if not (finding.location.path or "").endswith(".npmignore"):
            desk.refuse(f"what {finding.location.path} publishes is yours to list: name it in its files.")
    return desk.result(f"Keep env files out by {listed(files)}.")


def _not_ignored(desk: Desk) -> list[str]:
    names: list[str] = []
    ignored = desk.fact(Ignored)
    for answer in ignored.answers:
        folder, _, name = answer.path.rpartition("/")
        where = f"{folder}/.gitignore" if folder else ".gitignore"
        if desk.is_open("env-file-not-ignored", where, answer.path) and name not in names:
            names.append(name)
    for path in ignored.untracked:
        pattern = f"*.{path.rpartition('.')[2]}"
        if desk.is_open("key-store-not-ignored", path, path) and pattern not in names:
            names.append(pattern)
    # A tracked one would be added again by the next `git add .` after it was taken out.
    known = {answer.path: answer for answer in ignored.answers}
    for each in desk.fact(Settings).listings:
        name = each.path.rpartition("/")[2]
        tracked = each.kind is ListingKind.ENV_FILE and desk.is_open("env-file-tracked", each.path, each.path)
        said = known.get(each.path)
        if tracked and name not in names and (said is None or not said.ignored) and name.startswith(".env"):
            names.append(name)
    return names


def _images(desk: Desk) -> list[str]:
    """The ignore files that now keep env files out of images."""
    named: dict[str, list[str]] = {}
    for copy in desk.fact(Ignored).copies:
        if not copy.exposes or not _open(desk.of("env-file-in-image"), copy.location.path, copy.location.line):
            continue
        # The folder an image is built from: that of its ignore file, else the Dockerfile's own, where docker looks.
        home = posixpath.dirname(copy.location.path or "")
        path = copy.ignore_file or (f"{home}/.dockerignore" if home else ".dockerignore")
        if copy.ignore_file is None and home and not all(each.startswith(home + "/") for each in copy.exposes):
            # Built from further up: there the ignore file that docker always reads is the one named after it.
            path = f"{copy.location.path}.dockerignore"
        others = named.setdefault(path, [])
        for name in map(posixpath.basename, copy.exposes):
            if not name.startswith(".env") and f"**/{name}" not in others:
                others.append(f"**/{name}")
    return [path for path, others in named.items() if _add(desk, path, (*_IN_IMAGE, *others))]


def _uploads(desk: Desk) -> list[str]:
    """The ignore files of npm and of platforms that now leave env files behind."""
    found: list[str] = []
    for each in desk.fact(Ignored).published:
        path = each.location.path or ""
        rule = "env-file-uploaded" if each.upload else "env-file-published"
        writable = each.upload or path.endswith(".npmignore")
        if writable and desk.is_open(rule, path, "published"):
            patterns = (each.takes,) if each.upload else (".env", ".env.*", "!.env.example")
            if _add(desk, path, patterns):
                found.append(path)
    return found


def _open(findings: Iterable[Finding], path: str | None, line: int | None) -> bool:
    return any((each.location.path, each.location.line) == (path, line) for each in findings)


def _add(desk: Desk, path: str, patterns: Iterable[str]) -> bool:
    data = desk.read(path)
    if data is not None:
        there = {line.strip() for line in data.decode("utf-8").splitlines()}
        missing = [each for each in patterns if each not in there or not each.startswith("!")]
        if any(f"!{each}" in there for each in missing):
            desk.refuse(f"{path} takes one of these names out of the ignored ones on purpose; look at it yourself.")
            return False
        desk.change(path, appended(data, missing))
        return True
    if path in desk.project.files or not desk.free(path):
        desk.refuse(f"{path} is there and cannot be changed by machine.")
        return False
    desk.make(path, "".join(f"{each}\n" for each in patterns).encode())
    return True
