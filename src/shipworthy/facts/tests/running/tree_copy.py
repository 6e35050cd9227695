"""Copies the files git would give to somebody else into a temporary folder, and digests them."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from shipworthy.facts.base import View
from shipworthy.project import FileEntry, Unreadable

MAX_FILE = 256 * 1024 * 1024
MAX_TREE = 3 * 1024 * 1024 * 1024
MAX_ENVIRONMENT = 1536 * 1024 * 1024
"""The largest virtual environment or node_modules that is copied where it cannot be mounted."""
_ENV_FILE = re.compile(r"(^|/)\.env(\.[^/]*)?$|(^|/)[^/]+\.env$")
_HARMLESS = re.compile(r"\.(test|testing|tests|example|sample|template|dist|defaults?|ci|schema)(\.|$)", re.I)


class TooLarge(Exception):
    """More than a run may copy."""


@dataclass(slots=True)
class Copied:
    """What the copy holds. `digest` is sha256 (hex) over path, mode and content of every file, in path order."""

    digest: str = ""
    files: int = 0
    left_out: list[str] = field(default_factory=list)
    """Files with secrets that a test run does not get."""
    linked: list[str] = field(default_factory=list)
    """Symlinks that lead out of the repository, and submodules: not in the copy."""


def copy_tree(view: View, target: Path, environments: Iterable[str]) -> Copied:
    """Tracked files, and untracked ones that are not ignored. A listed file that cannot be read becomes a gap.

    Raises TooLarge, and OSError where the target cannot be written.
    """
    copied = Copied()
    whole = hashlib.sha256()
    size = 0
    skipped = tuple(name.rstrip("/") + "/" for name in environments)
    for entry in view.entries():
        if entry.path.startswith(skipped):
            continue
        if _ENV_FILE.search(entry.path) and not _HARMLESS.search(entry.path.rpartition("/")[2]):
            copied.left_out.append(entry.path)
            continue
        if entry.problem:
            _special(view, entry, target, copied)
            continue
        try:
            data = view.project.read(entry.path, MAX_FILE)
        except Unreadable as error:
            view.gap(entry.path, f"not in the copy that would run: {error}")
            continue
        size += len(data)
        if size > MAX_TREE:
            raise TooLarge(f"the tree is larger than {MAX_TREE >> 30} GiB")
        view.seen[entry.path] = None
        full = target / entry.path
        full.parent.mkdir(parents=True, exist_ok=True)
        mode = _mode(view.project.root / entry.path)
        descriptor = os.open(full, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        full.chmod(mode)
        copied.files += 1
        name = entry.path.encode("utf-8", "surrogateescape")
        whole.update(b"%s\0%o\0%s\0" % (name, mode, hashlib.sha256(data).digest()))
    copied.digest = whole.hexdigest()
    return copied


def _mode(path: Path) -> int:
    """Readable and writable for the owner, executable where the original is."""
    try:
        return 0o755 if path.lstat().st_mode & stat.S_IXUSR else 0o644
    except OSError:
        return 0o644


def _special(view: View, entry: FileEntry, target: Path, copied: Copied) -> None:
    """A symlink that stays inside is made again; one that leads out, a device or a submodule is not in the copy."""
    original = view.project.root / entry.path
    if original.is_symlink():
        to = str(original.readlink())
        inside = os.path.normpath(str(PurePosixPath(entry.path).parent / to))
        if not to.startswith("/") and not inside.startswith("..") and "\0" not in to:
            full = target / entry.path
            full.parent.mkdir(parents=True, exist_ok=True)
            if not os.path.lexists(full):
                full.symlink_to(to)
        else:
            copied.linked.append(entry.path)
    elif entry.problem and "not covered" in entry.problem:
        copied.linked.append(entry.path)
    elif entry.tracked:
        view.gap(entry.path, f"not in the copy that would run: {entry.problem}")


def copy_environment(root: Path, target: Path, relative: str) -> None:
    """A private copy of a virtual environment or node_modules, for systems without mounts. Raises TooLarge, OSError.

    Links that lead into the user's tree by an absolute path are bent to the copy, so that nothing is written there.
    """
    original, copy = root / relative, target / relative
    if original.is_file():
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(original, copy)
        return
    size = sum((Path(folder) / name).lstat().st_size for folder, _, names in os.walk(original) for name in names)
    if size > MAX_ENVIRONMENT:
        raise TooLarge(f"{relative} is larger than {MAX_ENVIRONMENT >> 20:,} MiB and cannot be shared read-only here")
    shutil.copytree(original, copy, symlinks=True, dirs_exist_ok=True, ignore_dangling_symlinks=True)
    here, there = str(root) + "/", str(target) + "/"
    for folder, folders, names in os.walk(copy):
        for name in (*folders, *names):
            path = Path(folder) / name
            if path.is_symlink() and str(path.readlink()).startswith(here):
                to = there + str(path.readlink()).removeprefix(here)
                path.unlink()
                path.symlink_to(to)
            elif name.endswith(".pth") or name.startswith("__editable__") or path.parent.name == "bin":
                _readdress(path, here, there)


def _readdress(path: Path, here: str, there: str) -> None:
    """Scripts and path files of a virtual environment name its absolute place."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > 200_000:
        return
    data = path.read_bytes()
    changed = data.replace(os.fsencode(here), os.fsencode(there))
    if changed != data:
        path.write_bytes(changed)


def remove(folder: Path) -> None:
    """Delete a temporary folder, whatever permissions a run left in it. Never follows a link."""

    def again(_call: object, name: str, _error: object) -> None:
        path = Path(name)
        with contextlib.suppress(OSError):
            for each in (path.parent, path):
                if not each.is_symlink():
                    each.chmod(0o700)
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()

    shutil.rmtree(folder, onerror=again)
