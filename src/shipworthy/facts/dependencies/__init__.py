"""What the product depends on: manifests, locks, exact versions, and the published advisories about them."""

from shipworthy.facts.dependencies.model import (
    NPM,
    PYPI,
    Dependencies,
    Drift,
    Foreign,
    Lock,
    Manifest,
    Origin,
    Package,
    Requirement,
    Undeclared,
    owner,
)
from shipworthy.facts.dependencies.vulnerable import KnownVulnerabilities, Vulnerable

__all__ = [
    "NPM",
    "PYPI",
    "Dependencies",
    "Drift",
    "Foreign",
    "KnownVulnerabilities",
    "Lock",
    "Manifest",
    "Origin",
    "Package",
    "Requirement",
    "Undeclared",
    "Vulnerable",
    "owner",
]
