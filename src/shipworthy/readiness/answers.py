"""What verification can answer besides yes, each with what to do about it."""

from __future__ import annotations


class NotReady(Exception):
    """The commit may not be deployed: at which step, why, and in `diagnostics` what to do."""

    def __init__(self, step: str, reason: str, diagnostics: str) -> None:
        super().__init__(reason)
        self.step = step
        self.reason = reason
        self.diagnostics = diagnostics


class NoReadinessFile(Exception):
    """The commit holds no readiness file for this environment."""

    def __init__(self, path: str, commit: str) -> None:
        super().__init__(f"{path} is not in commit {commit[:12]}")
        self.diagnostics = "Sign it: shipworthy sign, and commit what it wrote."


class CouldNotEvaluate(Exception):
    """Neither ready nor not ready can be said: why, and in `diagnostics` what to do."""

    def __init__(self, message: str, diagnostics: str) -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


class BadTrust(ValueError):
    """A trust root that is not written as one, or whose own files cannot be used; `diagnostics`: what to do."""

    def __init__(self, message: str, diagnostics: str) -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


class Refused(Exception):
    """It cannot be signed or committed as things are: why, and in `diagnostics` what to do."""

    def __init__(self, message: str, diagnostics: str = "") -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


class NotReadyToSign(Refused):
    """The verdict is NOT READY, or it would not survive verification."""
