"""Which packages each Python and JavaScript file imports: an analyser on text, so that broken files count too."""

from __future__ import annotations

import re

from shipworthy.facts.base import Analyser, Record
from shipworthy.project import FileEntry, Source, is_test_path

_PYTHON = re.compile(r"^[ \t]*(?:from[ \t]+([A-Za-z_][\w.]*)[ \t]+import\b|import[ \t]+([A-Za-z_][\w.]*))", re.M)
_NODE = re.compile(
    r"""(?:\bfrom[ \t]*|\brequire[ \t]*\([ \t]*|\bimport[ \t]*\(?[ \t]*)"""
    r"""["']((?:@[\w.-]+/)?[\w.-]+)(?:/[^"'\n]{0,200})?["']"""
)
# Text between triple quotes is text, even where a line of it looks like an import.
_TRIPLE = re.compile(r"\"\"\"[\s\S]*?(?:\"\"\"|\Z)|'''[\s\S]*?(?:'''|\Z)")
_SUFFIXES = {".py", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".vue", ".svelte"}
MAX_CHARACTERS = 1_000_000


class Imports(Analyser):
    """Value: {package: first line}. Python packages by their top name, Node packages with their scope."""

    name = "imports"
    version = "2"

    def wants(self, entry: FileEntry) -> bool:
        return entry.by_hand and entry.suffix in _SUFFIXES and not is_test_path(entry.path)

    def analyse(self, source: Source) -> Record:
        text = source.text[:MAX_CHARACTERS]
        pattern = _PYTHON if source.entry.suffix == ".py" else _NODE
        if source.entry.suffix == ".py":
            text = _TRIPLE.sub(lambda match: "\n" * match[0].count("\n"), text)
        found: dict[str, int] = {}
        for match in pattern.finditer(text):
            name = next(group for group in match.groups() if group)
            if source.entry.suffix == ".py":
                name = name.partition(".")[0]
            if name not in found:
                found[name] = text.count("\n", 0, match.start(0)) + 1
        # A file too long to search whole is no gap: an import stands at the top.
        return Record(found)
