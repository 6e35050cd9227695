"""Secrets: found by rules, masked at once, never kept."""

from shipworthy.facts.secrets.fact import SALT_FILE, Secrets, Sighting, inventory

__all__ = ["SALT_FILE", "Secrets", "Sighting", "inventory"]
