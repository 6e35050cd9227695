"""Small edits of text files that keep their line ends, their missing last newline and their byte order mark."""

from __future__ import annotations

from collections.abc import Sequence

from shipworthy.fixes.model import Splice

_MARKS = (b"\xff\xfe", b"\xfe\xff")


def plain(data: bytes) -> bool:
    """Whether a file is text in UTF-8 (or ASCII): what is written in anything else is not edited."""
    if data.startswith(_MARKS) or b"\0" in data:
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def line_end(data: bytes) -> bytes:
    """The line end most lines of a file have."""
    windows = data.count(b"\r\n")
    return b"\r\n" if windows * 2 > data.count(b"\n") else b"\n"


def appended(data: bytes, lines: Sequence[str]) -> Splice:
    """These lines below the last one. A file without a newline at its end gets one between, and none at the new end."""
    end = line_end(data)
    body = end.join(line.encode("utf-8", "surrogateescape") for line in lines)
    if not data:
        return Splice(0, 0, body + end)
    if data.endswith(b"\n"):
        return Splice(len(data), len(data), body + end)
    return Splice(len(data), len(data), end + body)


def line_span(data: bytes, line: int) -> tuple[int, int] | None:
    """(start, end) of line `line` (1-based) without its line end; None where there is no such line."""
    start = 0
    for _ in range(line - 1):
        start = data.find(b"\n", start) + 1
        if not start:
            return None
    end = data.find(b"\n", start)
    end = len(data) if end < 0 else end
    return start, end - 1 if data[start:end].endswith(b"\r") else end
