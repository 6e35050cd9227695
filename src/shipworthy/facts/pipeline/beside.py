"""What a command does beside its own kind: installs packages on its way, asks what was deployed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from shipworthy.facts.pipeline.fact import YES, Install, Kind, Said
from shipworthy.facts.pipeline.installs import installs
from shipworthy.facts.pipeline.probes import probe
from shipworthy.facts.pipeline.shell_words import Values
from shipworthy.facts.pipeline.tree import Tree


def beside(
    words: Sequence[str], folder: str | None, variables: Mapping[str, Values], tree: Tree, text: str
) -> Iterator[tuple[Kind, Install | None, Said]]:
    """Kinds with what they install and whether a fault fails the command. `text` is the line it stands on."""
    for install in installs(words, folder, variables, tree, text):
        yield Kind.INSTALL, install, YES
    asked = probe(words, text)
    if asked is not None:
        yield Kind.PROBE, None, asked
