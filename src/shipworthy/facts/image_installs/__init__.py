"""What the repository's images install while they are built, and whether they take the lock as it is."""

from shipworthy.facts.image_installs.fact import ImageInstall, ImageInstalls

__all__ = ["ImageInstall", "ImageInstalls"]
