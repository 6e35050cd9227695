"""A fix as a unified diff that can be shown: secrets masked, every line made visible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from shipworthy.facts.secrets.identity import BULLETS
from shipworthy.facts.secrets.mask import Masked
from shipworthy.fixes.model import Edit, Fix
from shipworthy.text import visible

CONTEXT = 3
LINE = 400
_NO_END = "\\ No newline at end of file"


def diff(fix: Fix, read: Callable[[str], bytes]) -> tuple[str, ...]:
    """The lines of a unified diff, without line ends. `read` gives a file's old bytes by path.

    What changes is shown masked, so a line that changes in its secret only still shows twice.
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


class _Block(NamedTuple):
    """Rows `i` to `j` of the old file are rows `k` to `m` of the new one now (from 0, ends left out)."""

    i: int
    j: int
    k: int
    m: int


def _file(edit: Edit, old: bytes) -> Iterator[str]:
    # Whole quoted values are hidden with their quotes left, so that the line still reads like what it is.
    hidden = [_inside(old, each.start, each.end) for each in edit.splices if each.back is not None]
    left, right = _Side(edit.path, old, hidden), _Side(edit.path, edit.data, [])
    yield f"--- {'/dev/null' if edit.before is None else 'a/' + edit.path}"
    yield f"+++ b/{edit.path}"
    blocks = _blocks(edit, old) if edit.before is not None else [_Block(0, 0, 0, len(right.rows))]
    for hunk in _hunks(blocks):
        first, last = hunk[0], hunk[-1]
        start, end = max(first.i - CONTEXT, 0), min(last.j + CONTEXT, len(left.rows))
        begin, stop = first.k - (first.i - start), last.m + (end - last.j)
        yield f"@@ -{_range(start, end)} +{_range(begin, stop)} @@"
        position = start
        for block in hunk:
            yield from _rows(" ", left, position, block.i)
            yield from _rows("-", left, block.i, block.j)
            yield from _rows("+", right, block.k, block.m)
            position = block.j
        yield from _rows(" ", left, position, end)


def _blocks(edit: Edit, old: bytes) -> list[_Block]:
    """Straight from the changes: comparing the files could take for ever where all their lines are alike."""
    found: list[_Block] = []
    new, shift = edit.data, 0
    row = number = position = place = 0
    for splice in edit.splices:
        start, end = splice.start + shift, splice.start + shift + len(splice.new)
        row += old.count(b"\n", position, splice.start)
        number += new.count(b"\n", place, start)
        position, place = splice.start, start
        if (
            splice.start == splice.end
            and splice.new.endswith(b"\n")
            and old[max(position - 1, 0) : position] in (b"", b"\n")
        ):
            block = _Block(row, row, number, number + splice.new.count(b"\n"))
        else:
            rows = old.count(b"\n", splice.start, splice.end) + 1
            block = _Block(row, row + rows, number, number + new.count(b"\n", start, end) + 1)
        if found and block.i < found[-1].j:
            before = found.pop()
            block = _Block(before.i, max(before.j, block.j), before.k, max(before.m, block.m))
        found.append(block)
        shift += len(splice.new) - (splice.end - splice.start)
    return found


def _hunks(blocks: list[_Block]) -> Iterator[list[_Block]]:
    """Blocks near one another are shown together."""
    hunk: list[_Block] = []
    for block in blocks:
        if hunk and block.i - hunk[-1].j > 2 * CONTEXT:
            yield hunk
            hunk = []
        hunk.append(block)
    if hunk:
        yield hunk


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
