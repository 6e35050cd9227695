"""Writes decisions.toml: locked, atomic, never through a symlink, so that no crash or second writer loses a word."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from shipworthy.checklist.document import MAX_BYTES, Problem
from shipworthy.decisions.edit import CannotEdit, with_decision, without
from shipworthy.decisions.read import DecisionsError, read
from shipworthy.model import Decision

_ATTEMPTS = 20
_LOCK_SECONDS = 10.0


def record(path: Path, decision: Decision) -> None:
    """Write a decision to decisions.toml at `path`, in place of the one about the same item.

    The folder and the file are made if need be. Raises DecisionsError, and then the file is as it was.
    """
    _change(path, lambda text, held: (with_decision(text, decision), {**held, decision.item: decision}))


def remove(path: Path, item: str) -> bool:
    """Take the decision about an item out of decisions.toml; False where there is none. Raises DecisionsError."""
    found = False

    def change(text: str, held: dict[str, Decision]) -> tuple[str, dict[str, Decision]]:
        nonlocal found
        found = item in held
        return (without(text, item) if found else text), {key: held[key] for key in held if key != item}

    if not os.path.lexists(path):
        return False
    _change(path, change)
    return found


_Change = Callable[[str, dict[str, Decision]], tuple[str, dict[str, Decision]]]


def _change(path: Path, change: _Change) -> None:
    rewrite(path, lambda data, shown: _changed(data, change, shown))


def rewrite(path: Path, change: Callable[[bytes, str], bytes]) -> None:
    """Read, change and replace a file of `.shipworthy/` while nobody else of us does.

    `change` gets the bytes (none where there is no file) and the path for messages. Raises DecisionsError.
    """
    shown = f"{path.parent.name}/{path.name}"
    try:
        with _folder(path.parent) as folder:
            for _ in range(_ATTEMPTS):
                data = _read(folder, path.name)
                new = change(data or b"", shown)
                if new == data:
                    return
                # The lock keeps shipworthy's own writers apart; an editor does not take it, so look again.
                with _temporary(folder, path.name, new) as temporary:
                    if _read(folder, path.name) == data:
                        os.replace(temporary, path.name, src_dir_fd=folder, dst_dir_fd=folder)
                        with suppress(OSError):  # not every file system can; the file itself is on disk
                            os.fsync(folder)
                        return
    except OSError as error:
        raise failed(shown, _reason(error), "Make .shipworthy an ordinary folder you can write to.") from error
    raise failed(shown, "keeps being changed by something else", "Close other programs that write it.")


def _reason(error: OSError) -> str:
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return "cannot be written: it, or its folder, is a symlink or no folder"
    return f"cannot be written: {error.strerror or error}"


def _changed(data: bytes, change: _Change, shown: str) -> bytes:
    held = read(data, shown)
    text = data.decode("utf-8")
    windows = "\r\n" in text
    if windows:
        text = text.replace("\r\n", "\n")
    try:
        text, wanted = change(text, held)
    except CannotEdit as error:
        remedy = "Write each decision as a table of its own: [items.ITEM]."
        raise failed(shown, str(error), remedy) from error
    try:
        new = (text.replace("\n", "\r\n") if windows else text).encode("utf-8")
    except UnicodeEncodeError as error:
        raise failed(
            shown, "a text holds a character that is not Unicode", "Write it with other characters."
        ) from error
    # Whatever the editing did, only a file that says exactly what was meant may take the old one's place.
    if len(new) > MAX_BYTES:
        raise failed(
            shown, f"would be larger than {MAX_BYTES // 1024:,} KiB", "Shorten reasons, or undo old decisions."
        )
    if read(new, shown) != wanted:
        raise failed(shown, "cannot be changed without changing other decisions", "Lay it out as [items.ITEM] tables.")
    return new


def failed(shown: str, message: str, remedy: str) -> DecisionsError:
    return DecisionsError([Problem(file=shown, line=None, key="", message=message, remedy=remedy)])


@contextmanager
def _folder(folder: Path) -> Iterator[int]:
    """The folder opened and locked. Every later step goes through this descriptor, so it cannot be swapped."""
    with suppress(FileExistsError):
        os.mkdir(folder)  # noqa: PTH102 - not `parents=True`: the repository itself must be there
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _lock(descriptor)
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(folder: int) -> None:
    """Lock the folder itself: a lock file would lie in the repository for git to see."""
    until = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise OSError(errno.EBUSY, "another shipworthy has been writing for too long") from None
            time.sleep(0.02)
        except OSError:
            return  # a file system without locks: `_change` still looks again before it replaces the file
        else:
            return


def _read(folder: int, name: str) -> bytes | None:
    """The file's bytes; None where there is none. Raises OSError for anything but an ordinary file."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not an ordinary file")
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read(MAX_BYTES + 1)


@contextmanager
def _temporary(folder: int, name: str, data: bytes) -> Iterator[str]:
    """A new file beside `name` that holds `data`, on disk, with the mode of the old one. Gone afterwards."""
    temporary = f".{name}.new"
    with suppress(FileNotFoundError):
        os.unlink(temporary, dir_fd=folder)  # left behind by a crash: we hold the lock, so nobody writes it now
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o666, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            with suppress(FileNotFoundError):
                mode = stat.S_IMODE(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
                os.fchmod(descriptor, mode & 0o777)
            stream.write(data)
            stream.flush()
            os.fsync(descriptor)
        yield temporary
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
