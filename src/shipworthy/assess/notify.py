"""Linux's inotify by way of the C library: which files of some folders were written to, without looking at them all.

It is a hint only: whoever is told here looks at the file itself. Where the system has no inotify, or no watches left
(`fs.inotify.max_user_watches`), there is no hint, and files are looked at from time to time instead.
"""

from __future__ import annotations

import ctypes
import os
import select
import struct
import sys
from collections.abc import Iterable

MAX_FOLDERS = 20_000
"""More folders than this are not watched: a person's other programs need watches too."""
_WRITTEN = 0x2 | 0x4 | 0x8  # IN_MODIFY, IN_ATTRIB, IN_CLOSE_WRITE
_NAMES = 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800  # moved from and to, create, delete, delete and move of itself
_OVERFLOW, _IGNORED = 0x4000, 0x8000
_ONLY_FOLDERS = 0x1000000 | 0x2000000  # IN_ONLYDIR, IN_DONT_FOLLOW
_HEAD = struct.Struct("iIII")
_FLAGS = os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0)


class Hints:
    """What was heard: files that were written to, folders in which names came or went."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.folders: set[str] = set()
        self.lost = False
        """Whether more happened than the system could say: look at everything."""


class Notifier:
    """Listens to folders, each by itself and not those below it. Raises OSError where the system cannot."""

    def __init__(self) -> None:
        self._waker, self._woken = os.pipe2(_FLAGS) if hasattr(os, "pipe2") else os.pipe()
        self._descriptor = -1
        self._folders: dict[int, str] = {}
        self._poll = select.poll()
        self._poll.register(self._waker, select.POLLIN)
        self.listening = False
        self._listen()

    def _listen(self) -> None:
        if sys.platform != "linux":
            return
        self._library = ctypes.CDLL(None, use_errno=True)
        descriptor = self._library.inotify_init1(_FLAGS) if hasattr(self._library, "inotify_init1") else -1
        if descriptor >= 0:
            self._descriptor = descriptor
            self._poll.register(descriptor, select.POLLIN)
            self.listening = True

    def follow(self, folders: Iterable[str]) -> None:
        """Listen to these folders (absolute) too. When one cannot be had, nothing is listened to any more."""
        if not self.listening:
            return
        known = set(self._folders.values())
        for folder in folders:
            if folder in known:
                continue
            mask = _WRITTEN | _NAMES | _ONLY_FOLDERS
            number = self._library.inotify_add_watch(self._descriptor, os.fsencode(folder), ctypes.c_uint32(mask))
            if number >= 0:
                self._folders[number] = folder
            elif ctypes.get_errno() not in (2, 20) and self._exists(folder):
                # No watches left, or not allowed: half a hint would pass for a whole one.
                self._deaf()
                return
            if len(self._folders) > MAX_FOLDERS:
                self._deaf()
                return

    @staticmethod
    def _exists(folder: str) -> bool:
        return os.path.isdir(folder)  # noqa: PTH112 - paths may be surrogate-escaped

    def _deaf(self) -> None:
        self.listening = False
        self._folders.clear()
        if self._descriptor >= 0:
            self._poll.unregister(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1

    def wait(self, seconds: float) -> Hints:
        """What was heard within so many seconds; it returns with the first of it, or when woken."""
        hints = Hints()
        for descriptor, _ in self._poll.poll(max(seconds, 0) * 1000):
            if descriptor == self._waker:
                os.read(self._waker, 4096)
            else:
                self._hear(hints)
        return hints

    def _hear(self, hints: Hints) -> None:
        try:
            data = os.read(self._descriptor, 1 << 16)
        except OSError:
            hints.lost = True
            return
        position = 0
        while position + _HEAD.size <= len(data):
            number, mask, _, length = _HEAD.unpack_from(data, position)
            name = data[position + _HEAD.size : position + _HEAD.size + length].rstrip(b"\0")
            position += _HEAD.size + length
            folder = self._folders.get(number)
            if mask & _IGNORED:
                self._folders.pop(number, None)
            if mask & _OVERFLOW:
                hints.lost = True
            if folder is None:
                continue
            if mask & _WRITTEN and name:
                hints.files.add(f"{folder}/{os.fsdecode(name)}")
            if mask & _NAMES:
                hints.folders.add(folder)
                if name:
                    hints.files.add(f"{folder}/{os.fsdecode(name)}")

    def wake(self) -> None:
        """End the wait under way; from any thread."""
        os.write(self._woken, b".")
