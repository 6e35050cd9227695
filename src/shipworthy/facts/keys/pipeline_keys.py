"""Which secrets the workflows of GitHub ask for by name, so that the list of keys can name them too."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from shipworthy.facts.base import Fact, FactReader, Facts, View
from shipworthy.model import Location

# Source: GitHub's documentation, "secrets context"; GITHUB_TOKEN is made for each run by itself.
_EXPRESSION = re.compile(r"\$\{\{([^}]{0,2000})\}\}")
_ASKED = re.compile(r"\bsecrets(?:\.|\[['\"])([A-Za-z_]\w{0,200})")
_ANY = re.compile(r"\bsecrets\[\s*(?!['\"])|\btoJSON\(\s*secrets\s*\)", re.I)
_HANDED_ON = re.compile(r"^\s*secrets:\s*inherit\b")
_CALLED = re.compile(r"^\s*(?:-\s*)?uses:\s*['\"]?(\S)")
_OWN = frozenset({"github_token", "inherit"})


@dataclass(frozen=True, kw_only=True)
class PipelineKeys(Fact):
    """Name and place of every secret a workflow asks for, in path and line order."""

    asked: tuple[tuple[str, Location], ...] = ()
    computed: tuple[Location, ...] = ()
    """Where a workflow takes a secret by a computed name, or all of them, or hands all to one that lies elsewhere."""

    @classmethod
    def reader(cls) -> FactReader[Any]:
        return PipelineKeysReader()


class PipelineKeysReader(FactReader[PipelineKeys]):
    """Looks at the text of each workflow line by line; what is commented out does not count."""

    def read(self, view: View, facts: Facts) -> PipelineKeys:
        asked: list[tuple[str, Location]] = []
        computed: list[Location] = []
        for entry in view.entries(".github/workflows/*.yml", ".github/workflows/*.yaml"):
            source = view.source(entry.path)
            if source is None:
                continue
            called = ""
            for number, line in enumerate(source.text.splitlines(), 1):
                if line.lstrip().startswith("#"):
                    continue
                held = _CALLED.match(line)
                called = held[1] if held else called
                names = [name for held in _EXPRESSION.findall(line[:5_000]) for name in _ASKED.findall(held)]
                place = Location(path=entry.path, line=number)
                anything = any(_ANY.search(each) for each in _EXPRESSION.findall(line[:5_000]))
                if anything or (_HANDED_ON.match(line) and called != "."):
                    computed.append(place)
                asked += [(name, place) for name in names if name.casefold() not in _OWN]
        return PipelineKeys(asked=tuple(asked), computed=tuple(computed), read=tuple(view.seen), gaps=tuple(view.gaps))
