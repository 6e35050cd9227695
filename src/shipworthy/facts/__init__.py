"""What is true of the repository: typed facts with locations, each saying what it could not read."""

from shipworthy.facts.base import (
    Analyser,
    Context,
    Fact,
    FactReader,
    Facts,
    Gap,
    Record,
    Undeclared,
    View,
)

__all__ = ["Analyser", "Context", "Fact", "FactReader", "Facts", "Gap", "Record", "Undeclared", "View"]
