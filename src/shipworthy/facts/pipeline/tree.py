"""The repository's files as a resolver needs them: read once through the view, parsed once, looked up by folder."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable
from typing import Any, TypeVar

from shipworthy.facts.base import View
from shipworthy.project import FileKind
from shipworthy.project.yaml import BadData, load_json, load_yaml, why_bad

MAX_BYTES = 1024 * 1024
MAX_REMEMBERED = 4 * 1024 * 1024
"""Characters of YAML whose nodes are kept, for the next reader of the same text."""
T = TypeVar("T")
_WORKFLOWS = ".github/workflows/"


class Tree:
    """Reads files for the resolver. What cannot be read is a gap of the view; what cannot be parsed is in `bad`."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.bad: dict[str, str] = {}
        """Why a file that was asked for could not be understood, by path."""
        self._texts: dict[str, str | None] = {}
        self._parsed: dict[tuple[str, str], Any] = {}
        self._kept: dict[tuple[str, str], Any] = {}
        self._read: list[str] = []
        self._words: dict[str, tuple[int, bool]] = {}
        self.files = view.project.files
        self.folders = {"."}
        for path in self.files:
            folder = posixpath.dirname(path)
            while folder and folder not in self.folders:
                self.folders.add(folder)
                folder = posixpath.dirname(folder)

    def is_file(self, path: str) -> bool:
        return path in self.files

    def exists(self, path: str) -> bool:
        """Whether a path is a file or folder of the repository."""
        return path in self.files or path in self.folders

    def text(self, path: str) -> str | None:
        """A file as text; None where there is none or it could not be read (then a gap tells)."""
        if path not in self._texts:
            data = self.view.read(path)
            if data is not None and (len(data) > MAX_BYTES or b"\0" in data[:8000]):
                self.bad[path] = "too large or not text"
                data = None
            self._texts[path] = None if data is None else data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
            if not path.startswith(_WORKFLOWS):
                self._read.append(self._texts[path] or "")
        return self._texts[path]

    def mentions(self, word: str) -> bool:
        """Whether a file that was read so far has this word in it; a workflow, whose steps are texts of their own,
        does not count."""
        at, found = self._words.get(word, (0, False))
        if not found and at < len(self._read):
            found = any(word in text for text in self._read[at:])
            self._words[word] = len(self._read), found
        return found

    def _load(self, path: str, kind: str, load: Callable[[str], Any]) -> Any:
        if (path, kind) not in self._parsed:
            text = self.text(path)
            try:
                self._parsed[path, kind] = None if text is None else load(text)
            except (BadData, ValueError, RecursionError) as error:
                self.bad[path] = why_bad(error)
                self._parsed[path, kind] = None
        return self._parsed[path, kind]

    def json(self, path: str) -> Any:
        """A JSON file, comments and trailing commas allowed; None where absent or not valid."""
        return self._load(path, "json", lambda text: load_json(plain_json(text).encode("utf-8", "replace")))

    def json5(self, path: str) -> Any:
        """A JSON5 file (bare keys, single quotes); None where absent or not valid."""
        return self._load(path, "json5", lambda text: load_json(json5_as_json(text).encode("utf-8", "replace")))

    def toml(self, path: str) -> Any:
        import tomllib

        return self._load(path, "toml", tomllib.loads)

    def yaml(self, path: str) -> Any:
        """The first document of a YAML file; None where absent or not valid."""
        return self._load(path, "yaml", lambda text: next(iter(_documents(text)), None))

    def documents(self, path: str) -> list[Any]:
        """Every document of a YAML file; none where absent or not valid."""
        return self._load(path, "documents", _documents) or []

    def kept(self, kind: str, path: str, make: Callable[[], T]) -> T:
        """What was made of a file for one purpose, made only once."""
        if (kind, path) not in self._kept:
            self._kept[kind, path] = make()
        found: T = self._kept[kind, path]
        return found

    def upwards(self, folder: str | None, *names: str) -> str | None:
        """The nearest file of one of these names, in the folder or above it."""
        while folder is not None:
            for name in names:
                path = posixpath.normpath(posixpath.join(folder, name))
                if path in self.files:
                    return path
            if folder in (".", ""):
                return None
            folder = posixpath.dirname(folder) or "."
        return None

    def below(self, folder: str, suffixes: tuple[str, ...]) -> list[str]:
        """Hand-written files below a folder with one of these endings, in path order."""
        prefix = "" if folder == "." else folder + "/"
        return sorted(
            path
            for path, entry in self.files.items()
            if path.startswith(prefix) and path.endswith(suffixes) and entry.kind is FileKind.SOURCE
        )


_REMEMBERED: dict[str, list[Any]] = {}


def _documents(text: str) -> list[Any]:
    """The documents of a YAML text, made once for all readers: that is most of the time they take. None changes them.

    Raises BadData.
    """
    found = _REMEMBERED.pop(text, None)
    if found is None:
        found = load_yaml(text.encode("utf-8", "replace"))
    _REMEMBERED[text] = found
    size = sum(map(len, _REMEMBERED))
    while size > MAX_REMEMBERED and _REMEMBERED:
        oldest = next(iter(_REMEMBERED))
        size -= len(oldest)
        del _REMEMBERED[oldest]
    return found


_STRING_OR_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"?|//[^\n]*|/\*(?:.*?\*/|.*)', re.S)
_TRAILING_COMMA = re.compile(r'("(?:[^"\\\n]|\\.)*"?)|,(?=\s*[}\]])')


def plain_json(text: str) -> str:
    """JSON with comments and trailing commas as plain JSON, lines kept."""
    if "//" not in text and "/*" not in text and not re.search(r",\s*[}\]]", text):
        return text

    def keep(match: re.Match[str]) -> str:
        return match[0] if match[0].startswith('"') else "\n" * match[0].count("\n")

    return _TRAILING_COMMA.sub(lambda m: m[1] or "", _STRING_OR_COMMENT.sub(keep, text))


_JSON5 = re.compile(r""""(?:[^"\\\n]|\\.)*"?|'((?:[^'\\\n]|\\.)*)'?|([A-Za-z_$][\w$]*)(?=\s*:)""")


def json5_as_json(text: str) -> str:
    """JSON5 with its bare keys and single quotes in JSON's form; comments and trailing commas removed."""

    def quote(match: re.Match[str]) -> str:
        inner = match[1] if match[1] is not None else match[2]
        return match[0] if inner is None else json.dumps(inner.replace("\\'", "'"))

    return _JSON5.sub(quote, plain_json(text))


def rows(value: Any) -> list[Any]:
    """A value of a configuration file that should be a list: itself, or nothing where it is not."""
    return value if isinstance(value, list) else []


def line_with(text: str, pattern: str, after: str = "") -> int:
    """The 1-based line of the first match of `pattern` behind the first `after`; 1 where there is none."""
    start = max(text.find(after), 0) if after else 0
    match = re.compile(pattern, re.M).search(text, start)
    return text.count("\n", 0, match.start()) + 1 if match else 1
