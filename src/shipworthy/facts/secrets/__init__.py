"""Secrets: found by rules, masked at once, never kept."""
