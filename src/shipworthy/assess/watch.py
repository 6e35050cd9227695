"""Notices on a thread of its own that the repository changed, waits until a burst of changes is over, and tells once.

The truth is always `lstat` and a new listing, so what git ignores wakes nobody, and nothing is opened or followed.
Where Linux says which files were written to, it says when to look (`assess.notify`); the sweep over all files then is a
safety net for network file systems and lost hints. Elsewhere the sweep is all there is, as often as half a percent of
one processor allows.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from shipworthy.assess.depends import Change, compare
from shipworthy.assess.looking import Looks
from shipworthy.assess.notify import Hints, Notifier
from shipworthy.bugs import bug
from shipworthy.project import Project, ProjectError

QUIET_SECONDS = 0.06
"""Changes that follow each other more closely are one."""
BURST_SECONDS = 2.0
"""A burst is cut off after this long, so that a program that never stops writing is noticed all the same."""
SHARE = 200
"""A sweep may take one of so many parts of the time."""
LEAST_SECONDS, MOST_SECONDS = 0.08, 15.0
"""Between two sweeps where nothing else tells of changes."""
NET_SECONDS, MOST_NET_SECONDS = 2.0, 60.0
"""Between two sweeps where the system tells of changes."""
GONE_SECONDS = 1.0
"""How often a repository that cannot be listed is tried again."""

Tell = Callable[[int, Project | None, Change], None]


class Watch:
    """Watches one repository. `tell` and `broke` are called on the thread.

    `tell` gets the number `examined` gave, the new listing (None: it cannot be listed now) and how it differs from the
    one before; `broke` gets the reason why nothing is noticed any more.
    """

    def __init__(self, root: Path, tell: Tell, broke: Callable[[str], None]) -> None:
        self._root = root
        self._tell = tell
        self._broke = broke
        self._lock = threading.Lock()
        self._on = False
        self._handed: tuple[int, Project, float] | None = None
        self._number = 0
        self._asked_again = False
        self._notifier: Notifier | None = None
        # Of the thread alone from here on.
        self._base: Project | None = None
        self._base_number = 0
        self._looks: Looks | None = None
        self._sweep_at = 0.0
        self._relist_after = 0.0
        self._gone = False

    def examined(self, project: Project, listed_at: float) -> int:
        """Everything is being examined as listed here: from now on, changes are told against it, with this number.

        `listed_at`: when listing it began, in seconds since the epoch.
        """
        with self._lock:
            self._number += 1
            self._handed = self._number, project, listed_at
            number = self._number
        self._wake()
        return number

    def on(self) -> None:
        """Begin, or go on; what changed in between is told. Raises OSError."""
        with self._lock:
            self._on = self._asked_again = True
            if self._notifier is None:
                self._notifier = Notifier()
                threading.Thread(target=self._run, args=(self._notifier,), name="watch", daemon=True).start()
        self._wake()

    def off(self) -> None:
        """Tell nothing until it is on again."""
        with self._lock:
            self._on = False

    def _wake(self) -> None:
        if self._notifier is not None:
            self._notifier.wake()

    def _run(self, notifier: Notifier) -> None:
        try:
            while True:
                self._turn(notifier)
        except Exception as error:
            self._broke(bug("watching the files", error))

    def _turn(self, notifier: Notifier) -> None:
        hints = notifier.wait(self._patience())
        with self._lock:
            on, handed, again = self._on, self._handed, self._asked_again
            if on:
                self._handed, self._asked_again = None, False
        if not on:
            return
        if handed is not None:
            self._gone = False
            self._base_number, project, listed_at = handed
            self._begin(notifier, project, listed_at)
        if self._gone:
            self._try_again(notifier)
        elif self._looks is not None and self._moved(notifier, self._looks, hints, everything=again):
            self._settle(notifier, self._looks)

    def _patience(self) -> float:
        """Seconds until there is something to do although nobody says so."""
        with self._lock:
            if not self._on:
                return MOST_SECONDS
        if self._gone:
            return GONE_SECONDS
        if self._looks is None:
            return MOST_SECONDS
        due = self._sweep_at
        if self._looks.dirty:
            due = min(due, self._relist_after)
        if self._looks.relist_at is not None:
            due = min(due, self._looks.relist_at)
        return min(max(due - time.monotonic(), 0.0), MOST_SECONDS)

    def _begin(self, notifier: Notifier, project: Project, listed_at: float) -> None:
        """Take a listing as what changes are told against."""
        self._base = project
        self._looks = Looks(project, listed_at)
        notifier.follow((*self._looks.folders, *self._looks.git_folders))
        self._sweep(notifier, self._looks)

    def _sweep(self, notifier: Notifier, looks: Looks) -> None:
        began = time.thread_time()
        looks.again()
        pause = (time.thread_time() - began) * SHARE
        bounds = (NET_SECONDS, MOST_NET_SECONDS) if notifier.listening else (LEAST_SECONDS, MOST_SECONDS)
        self._sweep_at = time.monotonic() + max(min(pause, bounds[1]), bounds[0])

    def _moved(self, notifier: Notifier, looks: Looks, hints: Hints, *, everything: bool = False) -> bool:
        """Whether it is time to list again."""
        looks.told(hints.folders)
        if everything or hints.lost or time.monotonic() >= self._sweep_at:
            self._sweep(notifier, looks)
        else:
            looks.again(hints.files)
        # Names that come and go all the time and are ignored must not have the files listed all the time.
        return bool(looks.touched) or (looks.relist and time.monotonic() >= self._relist_after)

    def _settle(self, notifier: Notifier, looks: Looks) -> None:
        began = last = time.monotonic()
        while (now := time.monotonic()) < began + BURST_SECONDS:
            if now >= last + QUIET_SECONDS and not looks.git_is_busy():
                break
            hints = notifier.wait(max(last + QUIET_SECONDS - now, QUIET_SECONDS / 4))
            with self._lock:
                if self._handed is not None:
                    return
            noticed = looks.told(hints.folders)
            noticed |= looks.again(hints.files if notifier.listening and not hints.lost else None)
            if noticed:
                last = time.monotonic()
        self._list_again(notifier, looks)

    def _list_again(self, notifier: Notifier, looks: Looks) -> None:
        base = self._base
        assert base is not None  # noqa: S101 - there are looks of it
        listed_at, began = time.time(), time.monotonic()
        touched, names = set(looks.touched), looks.relist
        project = self._open()
        with self._lock:
            if self._handed is not None:
                # Everything is examined anew meanwhile; this listing is the older one.
                return
        if project is None:
            self._gone, self._looks = True, None
            self._tell(self._base_number, None, Change(whole=True))
            return
        change = compare(base, project, touched)
        looks.touched -= touched
        looks.relist = False
        self._base = project
        if change is not None:
            self._tell(self._base_number, project, change)
        else:
            self._relist_after = time.monotonic() + 10 * (time.monotonic() - began)
        if names or (change is not None and (change.listed or change.git)):
            self._begin(notifier, project, listed_at)

    def _try_again(self, notifier: Notifier) -> None:
        listed_at = time.time()
        project = self._open()
        if project is not None:
            self._gone = False
            self._tell(self._base_number, project, Change(whole=True))
            self._begin(notifier, project, listed_at)

    def _open(self) -> Project | None:
        for attempt in range(2):
            try:
                return Project.open(self._root)
            except ProjectError:
                # A moment later git may be done with what it does, or the folder renamed back.
                if attempt == 0 and not self._gone:
                    time.sleep(QUIET_SECONDS)
        return None
