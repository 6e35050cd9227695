"""Joins every kind of permission a repository holds, and answers for one place at a time."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from shipworthy.checklist.document import Problem
from shipworthy.facts.base import View
from shipworthy.facts.secrets.allow.baseline import BASELINE, Baseline
from shipworthy.facts.secrets.allow.comments import by_comment
from shipworthy.facts.secrets.allow.criteria import Criteria, Fit
from shipworthy.facts.secrets.allow.exceptions import EXCEPTIONS, Exceptions
from shipworthy.facts.secrets.allow.gitleaks_ignore import GITLEAKSIGNORE, GitleaksIgnore
from shipworthy.facts.secrets.allow.gitleaks_toml import GITLEAKS_TOML, GitleaksToml
from shipworthy.facts.secrets.allow.go_regex import OverWork, Work
from shipworthy.facts.secrets.allow.place import Allowed, Judged, Place
from shipworthy.facts.secrets.allow.wide import own_paths
from shipworthy.facts.secrets.identity import BULLETS

_MOST_PROBLEMS = 50
_MEND = "Mend those that are listed first."


class Permissions:
    """What may stand, by the files of a repository as they are now.

    The most specific one answers: an exception by fingerprint, a comment, gitleaks' fingerprints, an audited baseline,
    then allow-lists. A permission file that cannot be read allows nothing.
    """

    def __init__(self, view: View, *, history: bool) -> None:
        self._history = history
        self._unsalted: set[str] = set()
        self._problems: list[Problem] = []
        self._shown: dict[str, str] = {}
        self._over = False
        self._exceptions = Exceptions(view.read(EXCEPTIONS) or b"", view.context.now.date())
        self._ignore = GitleaksIgnore(view.read(GITLEAKSIGNORE) or b"", lambda: view.project.git)
        self._baseline = _read_baseline(view)
        self._config = view.read(GITLEAKS_TOML)
        self._entries = view.entries()

    @classmethod
    def read(cls, view: View, *, history: bool = False) -> Permissions:
        """Every permission file there is; `history`: places of commits will be judged, not those of the files."""
        return cls(view, history=history)

    def judge(self, place: Place) -> Judged:
        """What is said of one place. The value is looked at here and kept nowhere."""
        if place.unsalted:
            self._unsalted.add(place.unsalted)
        allowed = self._exceptions.allowed(place.identity) or by_comment(place) or self._ignore.allowed(place)
        if allowed is None and self._baseline is not None:
            allowed = self._baseline.allowed(place)
        if allowed is not None:
            return Judged(allowed=self._without_secrets(allowed, place))
        return self._by_list(place)

    @cached_property
    def _lists(self) -> tuple[Criteria, ...]:
        """Made when the first place asks: a copy of gitleaks' own rules takes half a second."""
        if self._config is None:
            return ()
        found = GitleaksToml(self._config, Work(), own_paths(self._entries))
        self._problems += found.problems
        return found.lists

    def _by_list(self, place: Place) -> Judged:
        wide: Allowed | None = None
        for each in self._lists:
            try:
                fit = each.fit(place)
            except OverWork as error:
                self._say_over(str(error))
                break
            if fit is Fit.NAMED:
                return Judged(allowed=self._without_secrets(each.gives, place))
            if fit is Fit.WIDE and wide is None:
                wide = self._without_secrets(each.gives, place)
        return Judged(too_wide=wide)

    def _say_over(self, why: str) -> None:
        if self._over:
            return
        self._over = True
        message = f"its patterns take too long on what was found ({why}); what they did not reach stays not allowed"
        remedy = "Write fewer or simpler patterns."
        self._problems.append(Problem(file=GITLEAKS_TOML, line=None, key="", message=message, remedy=remedy))

    def _without_secrets(self, allowed: Allowed, place: Place) -> Allowed:
        """The permission with a reason that may be shown: people write the very secret into it."""
        if not allowed.reason:
            return allowed
        if allowed.reason not in self._shown:
            from shipworthy.facts.secrets.mask import mask_text  # few permissions have a reason

            self._shown[allowed.reason] = mask_text("reason.txt", allowed.reason[:2_000])
        shown = self._shown[allowed.reason]
        value = (place.value or b"").decode("utf-8", "replace")
        return replace(allowed, reason=shown.replace(value, BULLETS) if len(value) > 3 else shown)

    def problems(self) -> tuple[Problem, ...]:
        """What allows nothing, once everything was judged: unreadable, expired, fitting nothing that was found."""
        baseline = self._baseline.problems if self._baseline is not None else []
        found = (
            *self._exceptions.problems(self._unsalted, history=self._history),
            *self._ignore.problems(history=self._history),
            *baseline,
            *self._problems,
        )
        if len(found) <= _MOST_PROBLEMS:
            return found
        more = f"{len(found) - _MOST_PROBLEMS:,} more permissions allow nothing"
        last = found[_MOST_PROBLEMS]
        return (*found[:_MOST_PROBLEMS], Problem(file=last.file, line=last.line, key="", message=more, remedy=_MEND))


def _read_baseline(view: View) -> Baseline | None:
    data = view.read(BASELINE)
    return None if data is None else Baseline(data)
