"""Secrets: found by rules, masked at once, never kept."""

from shipworthy.facts.secrets.fact import SALT_FILE, Secrets, Sighting, inventory
from shipworthy.facts.secrets.scanner import GUESSABLE

__all__ = ["GUESSABLE", "SALT_FILE", "Secrets", "Sighting", "inventory"]
