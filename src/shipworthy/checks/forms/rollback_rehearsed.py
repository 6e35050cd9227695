"""Judges `rollback-rehearsed`: going back a version is known and was tried."""

from __future__ import annotations

from shipworthy.checks.forms.base import FormCheck
from shipworthy.facts.forms import RollbackFile


class RollbackRehearsed(FormCheck):
    """A pass proves that `.shipworthy/rollback.toml` names the step back, and a recent day on which it was tried.

    Evidence: the file alone. That it worked is what the person attests.
    """

    id = "rollback-rehearsed"
    file = RollbackFile
    needs = (RollbackFile,)
