"""Commands of image files that install packages, as rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shipworthy.facts.base import Fact, FactReader
from shipworthy.facts.pipeline.fact import Install, Said


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageInstall:
    """One install of a RUN line. `line` is 1-based, `text` the command shortened."""

    path: str
    line: int
    text: str
    install: Install
    runs: Said
    """Whether building the image surely runs it."""


@dataclass(frozen=True, kw_only=True)
class ImageInstalls(Fact):
    """Every install of every image file of the product, in file order."""

    files: tuple[str, ...] = ()
    """The image files: those of examples, tests and documentation are left out."""
    installs: tuple[ImageInstall, ...] = ()
    open_lines: tuple[tuple[str, int, str], ...] = ()
    """(path, line, reason) of RUN lines that were not followed."""

    @classmethod
    def reader(cls) -> FactReader[Any]:
        from shipworthy.facts.image_installs.reader import ImageInstallsReader

        return ImageInstallsReader()
