"""Changes several files as one step: all are staged on disk before the first is replaced, and a failure goes back.

A crash between two replacements leaves each file whole, old or new; the record for undoing (`undo`) is on disk before.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import stat
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shipworthy.fixes.model import FixError, digest

MAX_BYTES = 8 * 1024 * 1024
LOCK_SECONDS = 10.0
_AGAIN = "Look at the fix again: it is made for the files as they are then."


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """`before`: sha256 (hex) of what must be there now, None for nothing. `data`: what will be, None for nothing."""

    path: str
    before: str | None
    data: bytes | None = field(repr=False)


@dataclass(slots=True)
class _Place:
    """Where a change happens: an open folder and a name in it."""

    change: Change
    folder: int
    name: str
    stray: str
    old: bytes | None = field(default=None, repr=False)
    mode: int = 0o644


def parts_of(path: str) -> list[str]:
    """The parts of a path below the root. Raises FixError for one that leads outside, or into git's own folder."""
    parts = path.split("/")
    if path.startswith("/") or any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
        raise FixError(f"{path} is not a path inside the repository", "Nothing was changed.")
    return parts


def replace_all(root: Path, changes: Sequence[Change], ready: Callable[[Sequence[str]], None]) -> None:
    """Make all changes or none. `ready` is called with the folders that were made, when all is staged.

    Raises FixError where a file is not as expected or cannot be written; then every file is as it was, unless the disk
    failed again while going back, which the message says.
    """
    made: list[str] = []
    with contextlib.ExitStack() as open_folders:
        try:
            top = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise FixError(f"{root} cannot be opened: {error.strerror}", "Name the repository's folder.") from error
        open_folders.callback(os.close, top)
        _lock(top)
        places: list[_Place] = []
        try:
            places.extend(_place(top, change, made, open_folders) for change in changes)
            for place in places:
                _look(place)
            for place in places:
                _stage(place)
            ready(made)
        except BaseException as error:
            _clear(places)
            unmake(root, made)
            if isinstance(error, OSError):
                raise FixError(f"nothing was changed: {error.strerror or error}", "Make room, or allow it.") from error
            raise
        done: list[_Place] = []
        try:
            for place in places:
                if _read(place) != place.old:
                    raise FixError(f"{place.change.path} changed just now, so nothing was changed", _AGAIN)
                _put(place)
                done.append(place)
        except BaseException as error:
            stuck = [place.change.path for place in reversed(done) if not _put_back(place)]
            _clear(places)
            unmake(root, made)
            if stuck:
                raise FixError(
                    f"the disk failed, and {', '.join(stuck)} could not be put back", "Undo: shipworthy fix --undo"
                ) from error
            if isinstance(error, OSError):
                raise FixError(f"nothing was changed: {error.strerror or error}", "Make room, or allow it.") from error
            raise
        for folder in {place.folder for place in places}:
            with contextlib.suppress(OSError):  # not every file system can
                os.fsync(folder)


def sweep(root: Path, paths: Sequence[str]) -> None:
    """Take away what a crash left beside these files."""
    for path in paths:
        folder = root.joinpath(*parts_of(path)[:-1])
        with contextlib.suppress(OSError):
            (folder / _stray(path)).unlink()


def read_now(root: Path, path: str) -> bytes | None:
    """The bytes of an ordinary file; None where there is none. Raises FixError for anything else."""
    from shipworthy.project import Missing, Unreadable, read_file

    parts_of(path)
    try:
        return read_file(root, path, MAX_BYTES)
    except Missing:
        return None
    except Unreadable as error:
        raise FixError(f"{path}: {error}", "Nothing was changed.") from error


def _lock(folder: int) -> None:
    until = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise FixError("another shipworthy is writing here", "Try again when it is done.") from None
            time.sleep(0.02)
        except OSError:
            return  # a file system without locks
        else:
            return


def _stray(path: str) -> str:
    """Where a new file waits: a name of our own, the same after a crash."""
    return f".shipworthy-{hashlib.sha256(path.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}.new"


def _place(top: int, change: Change, made: list[str], open_folders: contextlib.ExitStack) -> _Place:
    *folders, name = parts_of(change.path)
    here = top
    for number, part in enumerate(folders):
        where = "/".join(folders[: number + 1])
        if change.before is None and change.data is not None:
            with contextlib.suppress(FileExistsError):
                os.mkdir(part, dir_fd=here)
                made.append(where)
        try:
            here = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
        except FileNotFoundError as error:
            raise FixError(f"{change.path} is gone", _AGAIN) from error
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP):
                raise FixError(f"{where} is a symlink or no folder, not followed", "Nothing was changed.") from error
            raise
        open_folders.callback(os.close, here)
    return _Place(change, here, name, _stray(change.path))


def _look(place: _Place) -> None:
    """Remember what is there now. Raises FixError where it is not what the change was made for."""
    path, before = place.change.path, place.change.before
    place.old = _read(place)
    if place.old is None and before is not None:
        raise FixError(f"{path} is gone", _AGAIN)
    if place.old is not None and before is None:
        raise FixError(f"{path} is there by now", _AGAIN)
    if place.old is not None and digest(place.old) != before:
        raise FixError(f"{path} changed in the meantime", _AGAIN)


def _read(place: _Place) -> bytes | None:
    path = place.change.path
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(place.name, flags, dir_fd=place.folder)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK, errno.ENXIO):
            raise FixError(f"{path} is a symlink or a special file, not touched", "Nothing was changed.") from error
        raise
    with os.fdopen(descriptor, "rb") as stream:
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise FixError(f"{path} is not an ordinary file, not touched", "Nothing was changed.")
        place.mode = stat.S_IMODE(found.st_mode) & 0o777
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise FixError(f"{path} is too large to change", "Change it by hand.")
    return data


def _stage(place: _Place) -> None:
    _unlink(place.folder, place.stray)
    if place.change.data is not None:
        _write(place, place.change.data)


def _write(place: _Place, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(place.stray, flags, 0o600, dir_fd=place.folder), "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fchmod(stream.fileno(), place.mode)
        os.fsync(stream.fileno())


def _put(place: _Place) -> None:
    if place.change.data is None:
        os.unlink(place.name, dir_fd=place.folder)
        return
    if place.old is None:
        # A link refuses to replace what appeared just now; a rename would not.
        try:
            os.link(place.stray, place.name, src_dir_fd=place.folder, dst_dir_fd=place.folder, follow_symlinks=False)
        except FileExistsError:
            raise FixError(f"{place.change.path} is there by now", _AGAIN) from None
        except (OSError, NotImplementedError):
            pass  # a file system without hard links: looking just before is the best there is
        else:
            _unlink(place.folder, place.stray)
            return
    os.replace(place.stray, place.name, src_dir_fd=place.folder, dst_dir_fd=place.folder)


def _put_back(place: _Place) -> bool:
    try:
        if place.old is None:
            os.unlink(place.name, dir_fd=place.folder)
        else:
            _unlink(place.folder, place.stray)
            _write(place, place.old)
            os.replace(place.stray, place.name, src_dir_fd=place.folder, dst_dir_fd=place.folder)
    except OSError:
        return False
    return True


def _clear(places: Sequence[_Place]) -> None:
    for place in places:
        _unlink(place.folder, place.stray)


def unmake(root: Path, folders: Sequence[str]) -> None:
    """Take away folders that were made, the deepest first, where they are empty."""
    for folder in reversed(folders):
        with contextlib.suppress(OSError):
            root.joinpath(*parts_of(folder)).rmdir()


def _unlink(folder: int, name: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(name, dir_fd=folder)
