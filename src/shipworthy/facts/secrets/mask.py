"""Masks secrets in text that a person or a report will see: by the scanner's own rules, at their most sensitive."""

from __future__ import annotations

import hashlib
import re

from shipworthy.facts.secrets import values
from shipworthy.facts.secrets.context import context_of
from shipworthy.facts.secrets.fallbacks import fallbacks, setting_names
from shipworthy.facts.secrets.identity import BULLETS
from shipworthy.facts.secrets.scanner import scan

_ENV_LINE = re.compile(rb"^[ \t]*#?[ \t]*(?:export[ \t]+)?[A-Za-z_][\w.]*[ \t]*=[ \t]*(?P<value>[^\r\n]+)", re.M)
_PLAIN_VALUE = re.compile(rb"[\"']?(?:true|false|yes|no|on|off|\d{1,6}|[a-z]{0,12}|)[\"']?[ \t]*(?:#.*)?", re.I)
# "=" only as padding: what stands before one is a name.
_RUN = re.compile(rb"(?<![\w+/-])[A-Za-z0-9+/_-]{20,2000}={0,3}(?![\w+/-])")
_HEX = re.compile(rb"[0-9a-fA-F]+")
_KEY_BLOCK = re.compile(
    rb"-{5}BEGIN[ A-Z0-9]{0,30}PRIVATE[ ]KEY[^-]{0,20}-{5}(?P<value>[\s\S]{0,20000}?)(?:-{5}END|\Z)"
)
_WORDS = re.compile(r"passw|secret|token|key|://|(?=\S{0,60}\d)\S{12}", re.I)
"""Without any of these a text of a person is not looked at: nothing in it could be known for a secret."""
_IN_ADDRESS = re.compile(rb"://[^\s/:@]{0,100}:(?P<value>[^\s/@]{8,400})@")
"""A password in an address, whoever logs in with it."""
_BLOCK = 64
"""Lines masked together."""
_MOST_BLOCKS = 512
_blocks: dict[bytes, list[str]] = {}
_MARGIN = 4_000
"""Characters looked at on each side: more than any rule but that for keys spans (`engine`, `assign`)."""
_LONGEST_KEY = 20_500
_LONGEST = 8_000


def mask_text(path: str, text: str) -> str:
    """The text with every secret replaced by bullets; newlines stay, so line numbers do too.

    In env files every value goes (in an example of one, all but words, short numbers and switches); elsewhere
    whatever the scanner finds, what its filters were in doubt about, defaults of secret settings whatever they are,
    and long random text.
    """
    data = text.encode("utf-8", "surrogateescape" if _escaped(text) else "replace")
    names = set(setting_names(data))
    hits = scan(path, data, sensitive=True).hits
    spans = [(hit.start, hit.end) for hit in hits if not (hit.general and (hit.start, hit.end) in names)]
    spans += fallbacks(data)
    spans += [match.span("value") for match in _KEY_BLOCK.finditer(data)]
    name = path.rpartition("/")[2]
    if name.startswith(".env") or name.endswith(".env"):
        example = context_of(path).role == "example"
        spans += [
            match.span("value")
            for match in _ENV_LINE.finditer(data)
            if not (example and _PLAIN_VALUE.fullmatch(match.group("value")))
        ]
    spans += [match.span() for match in _RUN.finditer(data) if _stray(match.group())]
    return _covered(data, spans).decode("utf-8", "surrogateescape")


def mask_words(text: str) -> str:
    """What a person wrote, with every secret that the scanner finds in it masked, and nothing else: a link stays."""
    if not _WORDS.search(text):
        return text
    data = text.encode("utf-8", "surrogateescape" if _escaped(text) else "replace")
    spans = [(hit.start, hit.end) for hit in scan("words.txt", data).hits]
    spans += [match.span("value") for match in _IN_ADDRESS.finditer(data)]
    return _covered(data, spans).decode("utf-8", "surrogateescape") if spans else text


def mask_lines(path: str, text: str) -> list[str]:
    """The lines of a file (split at newlines, without carriage returns) with every secret masked."""
    return [line.removesuffix("\r") for line in mask_text(path, text).split("\n")]


def mask_around(path: str, text: str, first: int, last: int) -> list[str]:
    """Lines `first` to `last` (1-based, both included) as `mask_lines` gives them, at a cost that the file's size
    does not change. Lines that do not exist are left out; one of more than 8,000 characters is cut there.
    """
    return Masked(path, text).lines(first, last)


def _masked_block(path: str, text: str) -> list[str]:
    """As `mask_lines`, remembered under a hash, so that no unmasked text is: a file is shown again and again."""
    name = hashlib.blake2b(f"{path}\0{text}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
    if name not in _blocks:
        _blocks[name] = mask_lines(path, text)
        if len(_blocks) > _MOST_BLOCKS:
            del _blocks[next(iter(_blocks))]
    return _blocks[name]


class Masked:
    """A text whose lines are masked when they are asked for, in blocks, each once."""

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._rows = text.split("\n")
        self._blocks: dict[int, list[str]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def lines(self, first: int, last: int) -> list[str]:
        """Lines `first` to `last`, as `mask_around` gives them."""
        first, last = max(1, first), min(last, len(self._rows))
        shown: list[str] = []
        for number in range((first - 1) // _BLOCK, (last - 1) // _BLOCK + 1):
            if number not in self._blocks:
                self._blocks[number] = self._masked(number * _BLOCK, min((number + 1) * _BLOCK, len(self._rows)))
            shown += self._blocks[number]
        skipped = (first - 1) // _BLOCK * _BLOCK
        return shown[first - 1 - skipped : last - skipped]

    def _masked(self, start: int, end: int) -> list[str]:
        low, high, room = start, end, _MARGIN
        while low > 0 and room > 0:
            low -= 1
            room -= min(len(self._rows[low]), _LONGEST) + 1
        low = self._opening(low)
        room = _MARGIN
        while high < len(self._rows) and room > 0:
            room -= min(len(self._rows[high]), _LONGEST) + 1
            high += 1
        text = "\n".join(row[:_LONGEST] for row in self._rows[low:high])
        return _masked_block(self._path, text)[start - low : end - low]

    def _opening(self, low: int) -> int:
        """The first line that may open a key whose middle stands at `low`: keys are longer than any margin."""
        room, found, at = _LONGEST_KEY, low, low
        while at > 0 and room > 0:
            at -= 1
            room -= len(self._rows[at]) + 1
            if "-----BEGIN" in self._rows[at]:
                found = at
        return found


def _escaped(text: str) -> bool:
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def _stray(run: bytes) -> bool:
    # A run of hex is far more often a pinned commit or a digest, which a reader needs to see.
    return not _HEX.fullmatch(run) and values.random(run.decode("ascii"), 20)


def _covered(data: bytes, spans: list[tuple[int, int]]) -> bytes:
    shown: list[bytes] = []
    position = 0
    for start, end in sorted(spans):
        if end <= position:
            continue
        start = max(start, position)
        shown.append(data[position:start])
        # Nothing of a line's ends or of its length is given away, but every newline stays.
        shown.append(b"\n".join(BULLETS.encode() if part.strip() else part for part in data[start:end].split(b"\n")))
        position = end
    shown.append(data[position:])
    return b"".join(shown)
