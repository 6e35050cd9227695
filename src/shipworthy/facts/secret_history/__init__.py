"""Secrets in the git history: every version of every file of every ref, each read once."""

from shipworthy.facts.secret_history.fact import SecretHistory
from shipworthy.facts.secret_history.inventory import inventory
from shipworthy.facts.secret_history.locate import Stamp

__all__ = ["SecretHistory", "Stamp", "inventory"]
