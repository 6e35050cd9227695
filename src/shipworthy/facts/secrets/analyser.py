"""Scans each file for the shared pass; the record holds places, masked previews and hashes, never a value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

from shipworthy.facts.base import Analyser, Record
from shipworthy.facts.records import NOTHING
from shipworthy.facts.secrets.engine import Candidates, engine, expect
from shipworthy.facts.secrets.identity import masked, token_hash
from shipworthy.facts.secrets.kept import program
from shipworthy.facts.secrets.rules import load
from shipworthy.facts.secrets.scanner import TOO_MANY, Hit, judged
from shipworthy.project import FileEntry, Source

_ARCHIVES = """
.zip .gz .tgz .bz2 .xz .7z .rar .tar .zst .jar .war .ear .whl .egg .apk .ipa .aab .deb .rpm .dmg .iso .nupkg .gem .crate
.lz4 .br
"""
_BINARIES = """
.png .jpg .jpeg .gif .ico .icns .bmp .webp .avif .tif .tiff .heic .psd .ai .sketch .fig .woff .woff2 .ttf .otf .eot .mp3
.mp4 .m4a .mov .avi .webm .mkv .wav .ogg .flac .pdf .doc .docx .xls .xlsx .ppt .pptx .odt .ods .exe .dll .so .dylib .a
.o .obj .lib .class .pyc .pyo .wasm .bin .dat .pt .pth .onnx .h5 .hdf5 .npy .npz .pkl .pickle .parquet .feather .arrow
.safetensors .gguf .tflite .pb .mo .swf .glb .blend .stl .usdz .riv
"""
ARCHIVES = frozenset(_ARCHIVES.split())
"""Endings of files that hold other files; they are not opened."""
BINARIES = frozenset(_BINARIES.split())
"""Endings of files that hold no text."""
Ask = Callable[[bytes, str], Candidates | None]
_BINARY = '{"binary":true,"rows":[],"left":{}}'
_MANY_BYTES = 8_000_000
"""In so many there is nearly always something to judge."""
_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")


class SecretsAnalyser(Analyser):
    """Every text file, whoever wrote it."""

    name: ClassVar[str] = "secrets"
    light: ClassVar[bool] = True

    def __init__(self) -> None:
        self.version = f"{program()}-{load().digest}"

    def expect(self, size: int) -> None:
        expect(size)
        if size >= _MANY_BYTES:
            # Loaded once, before there are several processes that would each do it.
            import shipworthy.facts.secrets.judging  # noqa: F401

    def wants(self, entry: FileEntry) -> bool:
        return entry.suffix not in ARCHIVES and entry.suffix not in BINARIES

    def quick(self, entry: FileEntry, data: bytes) -> Record | str | None:
        return self.told(entry.path, data, engine().candidates)

    def told(self, path: str, data: bytes, ask: Ask) -> Record | str | None:
        """As `quick` of a file with this path, by whoever is asked for candidates."""
        if data.startswith(_MARKS):
            return None
        if data.find(b"\0", 0, 8000) >= 0:
            return _BINARY
        candidates = ask(data, path)
        return NOTHING if candidates is None else _record(path, data, candidates)

    def analyse(self, source: Source) -> Record:
        """`{"binary", "rows", "left"}`; rows hold what `Sighting` needs, left counts what filters refused.

        None for a text with neither.
        """
        if source.binary:
            return Record({"binary": True, "rows": [], "left": {}})
        data = text_bytes(source)
        return _record(source.path, data, engine().candidates(data, source.path))


def _record(path: str, data: bytes, candidates: Candidates | None) -> Record:
    found = judged(path, data, candidates, minified=None)
    left = dict(Counter(reason for reason, _ in found.left_out)) if found.left_out else {}
    rows = [row_of(hit, data) for hit in found.hits]
    gaps = ((TOO_MANY, None),) if found.cut else ()
    return Record({"binary": False, "rows": rows, "left": left} if rows or left else None, gaps)


def text_bytes(source: Source) -> bytes:
    """The file's text as UTF-8, whatever it was written in."""
    return source.utf8


def row_of(hit: Hit, data: bytes) -> dict[str, Any]:
    """What is kept of a hit: where it stands, a masked preview, a hash where it is random; never the value."""
    line_start = data.rfind(b"\n", 0, hit.start) + 1
    column = len(data[line_start : hit.start].decode("utf-8", "replace")) + 1
    first = hit.value.partition(b"\n")[0]
    return {
        "rule": hit.rule,
        "confidence": str(hit.confidence),
        "line": data.count(b"\n", 0, hit.start) + 1,
        "column": column,
        "end": column + len(first.decode("utf-8", "replace")),
        "masked": masked(load().by_id.get(hit.rule), hit.value, hit.guessable),
        "token": None if hit.guessable else token_hash(hit.rule, hit.value),
        "name": hit.name[:80],
    }
