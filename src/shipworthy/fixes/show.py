"""A fix as a unified diff that can be shown: secrets masked, every line made visible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import SequenceMatcher

from shipworthy.facts.secrets.identity import BULLETS
from shipworthy.facts.secrets.mask import Masked
from shipworthy.fixes.model import Edit, Fix
from shipworthy.text import visible

CONTEXT = 3
LINE = 400
_NO_END = "\\ No newline at end of file"


def diff(fix: Fix, read: Callable[[str], bytes]) -> tuple[str, ...]:
    """The lines of a unified diff, without line ends. `read` gives a file's old bytes by path.

    Lines are compared as they are and shown masked, so a line that changes in its secret only still shows twice.
    """
    return tuple(
        visible(line, LINE)
        for edit in fix.edits
        for line in _file(edit, b"" if edit.before is None else read(edit.path))
    )


class _Side:
    """One version of a file: its lines as they are, and as they may be shown."""

    def __init__(self, path: str, data: bytes, hidden: list[tuple[int, int]]) -> None:
        self.rows = data.split(b"\n")
        self.ended = self.rows[-1] == b""
        if self.ended:
            self.rows.pop()
        shown = bytearray(data)
        for start, end in reversed(hidden):
            # Newlines stay, so that line numbers do.
            lines = data[start:end].count(b"\n")
            shown[start:end] = BULLETS.encode() + b"\n" * lines
        self._masked = Masked(path, bytes(shown).decode("utf-8", "surrogateescape"))

    def line(self, number: int) -> str:
        """Line `number` (from 0), masked."""
        found = self._masked.lines(number + 1, number + 1)
        return found[0] if found else ""


def _file(edit: Edit, old: bytes) -> Iterator[str]:
    # Whole quoted values are hidden with their quotes left, so that the line still reads like what it is.
    hidden = [_inside(old, each.start, each.end) for each in edit.splices if each.back is not None]
    left, right = _Side(edit.path, old, hidden), _Side(edit.path, edit.data, [])
    yield f"--- {'/dev/null' if edit.before is None else 'a/' + edit.path}"
    yield f"+++ b/{edit.path}"
    for group in SequenceMatcher(None, left.rows, right.rows, autojunk=False).get_grouped_opcodes(CONTEXT):
        first, last = group[0], group[-1]
        yield f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@"
        for tag, i, j, k, m in group:
            if tag == "equal":
                yield from _rows(" ", left, i, j)
                continue
            yield from _rows("-", left, i, j)
            yield from _rows("+", right, k, m)
    if left.ended != right.ended and left.rows == right.rows:
        yield "(only the newline at the end of the file changes)"


def _rows(sign: str, side: _Side, start: int, end: int) -> Iterator[str]:
    for number in range(start, end):
        yield sign + side.line(number)
        if number == len(side.rows) - 1 and not side.ended:
            yield _NO_END


def _range(start: int, end: int) -> str:
    """As unified diffs count: from 1, and the line before where the range is empty."""
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _inside(data: bytes, start: int, end: int) -> tuple[int, int]:
    text = data[start:end]
    if len(text) >= 2 and text[:1] == text[-1:] and text[:1] in (b'"', b"'", b"`"):
        return start + 1, end - 1
    return start, end
