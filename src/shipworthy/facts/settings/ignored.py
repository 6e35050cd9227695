"""Whether local secret files can be committed, copied into an image or published: what git and docker ignore."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from shipworthy.facts.base import Fact, FactReader, Facts, View
from shipworthy.facts.settings import sealed, secret_files
from shipworthy.facts.settings.images import ImageCopy, copies
from shipworthy.facts.settings.model import ListingKind, Settings
from shipworthy.facts.settings.published import Published, published, uploads
from shipworthy.facts.stack import Stack
from shipworthy.git import GitError
from shipworthy.project import is_test_path

PROBES = (".env", ".env.local", ".env.production")
"""Names of local env files that are tried against the ignore rules in every folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignoring:
    """Whether git ignores a path, and by which line."""

    path: str
    ignored: bool
    """By a rule of the repository itself; a rule on this machine alone does not count."""
    by: str
    """ "path:line pattern" of the deciding rule, "" where there is none."""
    local_only: bool = False
    """Ignored, but only by a rule on this machine."""
    used: bool = False
    """Work on this project makes a file of this name here; the others are only tried."""


@dataclass(frozen=True, kw_only=True)
class Ignored(Fact):
    """What the ignore rules say of local secret files, in every folder that has, documents or reads them."""

    in_git: bool = False
    folders: tuple[str, ...] = ()
    """Folders looked at, "" for the root."""
    answers: tuple[Ignoring, ...] = ()
    copies: tuple[ImageCopy, ...] = ()
    published: tuple[Published, ...] = ()
    secret_files: frozenset[str] = frozenset()
    """Committed files where a secret would stand: examples of env files, keys, logins of tools, states."""
    sealed: frozenset[str] = frozenset()
    """Committed env files whose secrets are encrypted, here or in what git keeps of them."""
    key_stores: tuple[str, ...] = ()
    """Committed binary files with private keys."""
    states: tuple[str, ...] = ()
    """Committed states of Terraform that hold resources."""
    untracked: tuple[str, ...] = ()
    """Files of such names that lie here, neither committed nor ignored: the next `git add .` takes them."""

    @classmethod
    def reader(cls) -> FactReader[Any]:
        return IgnoredReader()

    def answer(self, path: str) -> Ignoring | None:
        """The answer about one path; None where it was not asked."""
        return next((each for each in self.answers if each.path == path), None)


class IgnoredReader(FactReader[Ignored]):
    """Reads ignore files through the view, so that their loss is noticed, and asks git what they mean."""

    needs = (Settings, Stack)

    def read(self, view: View, facts: Facts) -> Ignored:
        settings, stack = facts[Settings], facts[Stack]
        folders = sorted({*secret_files.folders(settings, stack), *_let_in(view)})
        for entry in view.entries(".gitignore", ".dockerignore", "*.dockerignore", ".npmignore"):
            view.read(entry.path)
        used = list(dict.fromkeys(secret_files.used(view, settings, stack, folders)))
        encrypted = frozenset(_sealed(view, settings))
        env_files = [path for path in used if not path.endswith(".tfstate") and path not in encrypted]
        stores = [entry for entry in view.entries() if secret_files.key_store(entry)]
        holding = [entry for entry in view.entries() if secret_files.holds_secrets(entry)]
        listed = {each.path: each.kind for each in settings.listings if each.kind in _OF_VALUES and each.tracked}
        named = {path for path, kind in listed.items() if kind is not ListingKind.EXAMPLE or not is_test_path(path)}
        in_git = view.project.head.in_git
        return Ignored(
            in_git=in_git,
            folders=tuple(folders),
            answers=tuple(_ask_git(view, folders, used)),
            copies=tuple(copies(view, env_files)),
            published=(*published(view, set(folders)), *uploads(view, env_files)),
            secret_files=frozenset({*(entry.path for entry in holding if entry.tracked), *named}),
            key_stores=tuple(entry.path for entry in stores if entry.tracked),
            sealed=encrypted,
            states=tuple(_states(view)),
            untracked=tuple(entry.path for entry in stores if in_git and not entry.tracked),
            read=tuple(view.seen),
            gaps=tuple(view.gaps),
        )


def _let_in(view: View) -> Iterator[str]:
    """Folders whose env file a rule takes out of what is ignored: somebody has one there."""
    for entry in view.entries(".gitignore"):
        source = view.source(entry.path) if entry.by_hand and not is_test_path(entry.path) else None
        for match in _LET_IN.finditer(source.text if source is not None else ""):
            yield posixpath.normpath(posixpath.join("/", posixpath.dirname(entry.path), match[1].strip("/")))[1:]


def _sealed(view: View, settings: Settings) -> Iterator[str]:
    """A filter of git may encrypt what it keeps: then the file that lies here is readable, and the committed is not."""
    filtered = any(_FILTER.search(view.read(entry.path) or b"") for entry in view.entries(".gitattributes"))
    git = view.project.git
    for each in settings.listings:
        if each.kind not in _OF_VALUES or not each.tracked:
            continue
        blob = view.project.files[each.path].blob
        if each.sealed:
            yield each.path
        elif filtered and git is not None and blob is not None:
            try:
                kept = git.run("cat-file", "blob", blob)
            except GitError as error:
                view.gap(each.path, f"git could not say what it keeps of this file: {error}")
                continue
            if sealed.whole(each.path, kept, binary=False):
                yield each.path


def _states(view: View) -> Iterator[str]:
    for entry in view.entries("*.tfstate", "*.tfstate.backup"):
        if entry.tracked and entry.by_hand and not is_test_path(entry.path):
            data = view.read(entry.path)
            if data is not None and b'"resources"' in data and b'"instances"' in data:
                yield entry.path


def _in(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


_OF_VALUES = {ListingKind.EXAMPLE, ListingKind.ENV_FILE, ListingKind.SETTINGS_JSON}
_FILTER = re.compile(rb"(?m)^[^#\n]*\bfilter=[\w-]*crypt")
"""git-crypt and transcrypt name their filter so. Source: their README."""
_LET_IN = re.compile(r"^!((?:[\w./-]{0,200}/)?)\.env\*?[ \t]*$", re.M)
_ANY_PATH = {"GIT_LITERAL_PATHSPECS": "0"}
"""check-ignore takes paths, not pathspecs, and refuses to run where they are declared literal."""
_BY_CASE = ("-c", "core.ignoreCase=false")
"""As on most servers: a rule for `.ENV` ignores no `.env` there, whatever this machine makes of it."""


def _ask_git(view: View, folders: Iterable[str], used: list[str]) -> Iterator[Ignoring]:
    git = view.project.git
    if git is None:
        return
    tried = [_in(folder, name) for folder in folders for name in PROBES]
    paths = list(dict.fromkeys([*used, *tried, *secret_files.KEY_FILES]))
    stdin = b"".join(path.encode("utf-8", "surrogateescape") + b"\0" for path in paths)
    try:
        said = git.run(
            *_BY_CASE, "check-ignore", "--no-index", "-v", "-n", "-z", "--stdin", stdin=stdin, ok=(0, 1), env=_ANY_PATH
        )
    except GitError as error:
        view.gap(None, f"git could not say what is ignored: {error}")
        return
    fields = said.decode("utf-8", "surrogateescape").split("\0")
    for source, line, pattern, path in zip(*(fields[start::4] for start in range(4)), strict=False):
        matched = bool(pattern) and not pattern.startswith("!")
        # A file of rules that is ignored itself is never committed, so its rules stay on this machine.
        own = matched and source.rpartition("/")[2] == ".gitignore" and view.exists(source)
        by = f"{source}:{line} {pattern}" if matched else ""
        yield Ignoring(path=path, ignored=own, by=by, local_only=matched and not own, used=path in used)
