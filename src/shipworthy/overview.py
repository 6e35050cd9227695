"""The part of a session that only looks: what changed since a sign-off, and whose keys there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.assess.signing import SessionError

if TYPE_CHECKING:
    from shipworthy.assess.rules import Rules
    from shipworthy.model import Assessment, Result
    from shipworthy.readiness.changes import Changes
    from shipworthy.readiness.key_book import KeyBook


class Overview:
    """What `session.Session` can show besides an assessment. All of it waits for git, so a screen asks in a thread."""

    root: Path
    rules: Rules
    _clock: Callable[[], datetime]

    def needs_approver(self, result: Result) -> bool:
        """Whether a waiver of this item counts only where somebody else, an approver, accepts it."""
        from shipworthy.model import Level
        from shipworthy.readiness.waivers import own_counts

        if result.level is not Level.REQUIRED:
            return False
        try:
            me = self.email()
        except SessionError:
            return False  # nothing can be written down for nobody, and that is said then
        return not own_counts(self.root, self.rules.policy, self.profile, me)

    @property
    def profile(self) -> str:
        """The profile that holds now."""
        raise NotImplementedError

    def email(self) -> str:
        """The address decisions are recorded under. Raises SessionError."""
        raise NotImplementedError

    def since_sign_off(self, assessment: Assessment) -> Changes:
        """What an assessment of this repository says now, compared with the last accepted sign-off.

        Accepted: with every signature the remote's default branch asks for; where this clone knows none that lists who
        may sign, the author's. Raises SessionError, also where there is no sign-off yet.
        """
        from shipworthy.approval import default_base
        from shipworthy.readiness.changes import since_sign_off

        with _said("Fetch the history with its files: git fetch origin"):
            base = default_base(self.root)
            return since_sign_off(self.root, assessment, self.rules.policy, base, self._clock())

    def between_sign_offs(self) -> Changes:
        """The signed file that lies here compared with the sign-off before it. Raises SessionError."""
        from shipworthy.readiness.changes import between_sign_offs

        with _said("Fetch the history with its files: git fetch origin"):
            return between_sign_offs(self.root, self.rules.checklist, self.rules.policy)

    def key_book(self) -> KeyBook:
        """The person's keys, and whom the repository lets sign. Asks an agent too. Raises SessionError."""
        from shipworthy.approval import default_base
        from shipworthy.readiness.key_book import key_book
        from shipworthy.signing import Passphrase, keys_of

        with _said("Look at the repository: git status"):
            return key_book(self.root, keys_of(self.root, Passphrase()), default_base(self.root), self._clock())


@contextmanager
def _said(advice: str) -> Iterator[None]:
    """Every expected error as a SessionError."""
    from shipworthy.git import GitError
    from shipworthy.readiness.answers import BadTrust, CouldNotEvaluate, NotReady, Refused
    from shipworthy.readiness.tree import MissingObject, OddTree

    try:
        yield
    except NotReady as error:
        raise SessionError(f"{error.step}: {error.reason}", error.diagnostics) from error
    except (Refused, BadTrust, CouldNotEvaluate) as error:
        raise SessionError(str(error), error.diagnostics) from error
    except OddTree as error:
        raise SessionError(str(error), "Commit ordinary files there.") from error
    except (GitError, MissingObject) as error:
        raise SessionError(str(error), getattr(error, "diagnostics", "") or advice) from error
