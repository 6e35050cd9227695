"""What people said about items: read, propose, record and take back, in `.shipworthy/decisions.toml`."""

from shipworthy.decisions.propose import propose
from shipworthy.decisions.read import DecisionsError, lint, read
from shipworthy.decisions.store import record, remove

__all__ = ["DecisionsError", "lint", "propose", "read", "record", "remove"]
