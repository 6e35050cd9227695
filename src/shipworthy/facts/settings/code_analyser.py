"""Reads the settings of each code file for the shared pass."""

from __future__ import annotations

from shipworthy.facts.base import Analyser, Record
from shipworthy.facts.settings import js_reads, loaded, python_reads, stores, text_reads
from shipworthy.facts.settings.row import Rows
from shipworthy.project import FileEntry, Source

_TREES = {".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"}
_TEXT_HINT = {".go", ".rb", ".php", ".java", ".rs", ".cs", ".ex"}


class CodeSettings(Analyser):
    """Record: `Rows.record()`; null for a file that says nothing about settings."""

    name = "settings-code"
    version = "10"

    def wants(self, entry: FileEntry) -> bool:
        # Yarn writes its loader for every project alike: it reads Yarn's own settings.
        return entry.by_hand and entry.suffix in text_reads.SUFFIXES and not entry.name.startswith(".pnp.")

    def analyse(self, source: Source) -> Record:
        suffix, data = source.entry.suffix, source.data
        rows = Rows()
        gaps: tuple[tuple[str, int | None], ...] = ()
        may_read = python_reads.may_read if suffix == ".py" else js_reads.may_read
        if source.binary or source.minified:
            return Record(None)
        if suffix == ".py" or suffix in _TREES:
            if may_read(data):
                tree = source.tree
                if tree is None:
                    gaps = (("took too long or is too large to parse for its settings", None),)
                else:
                    reader = python_reads.PythonReads if suffix == ".py" else js_reads.JavaScriptReads
                    rows = reader(tree.root_node).read()
                    if tree.root_node.has_error:
                        known = frozenset(row.name or "" for row in rows.reads)
                        text_reads.read_text(suffix, source.text, rows, known=known)
        else:
            text_reads.read_text(suffix, source.text, rows)
        if stores.may_ask(data):
            rows.stores += stores.asked_in(source.text)
        if text_reads.may_load(data):
            text_reads.read_loads(source.text, rows)
        if loaded.may_name(data):
            rows.env_files += loaded.named_in(source.text)
        if not (rows.env_files or rows.reads or rows.wrappers or rows.calls or rows.stores or rows.loads):
            return Record(None, gaps)
        return Record(rows.record(), gaps)
