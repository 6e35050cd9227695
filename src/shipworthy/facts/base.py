"""How facts are read: a `FactReader` fills one kind of `Fact` through a `View` that keeps account of what was read.

A reader never decides what an unreadable file means: the view writes down every file it was asked for and every one
it could not give (a `Gap`), and the engine turns gaps into `unknown`. Readers that look at many files one by one do
so through an `Analyser`, so that all analysers share one pass and their records are cached by content.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from shipworthy.project import FileEntry, Project, Source, Unreadable
from shipworthy.project.yaml import BadData, load_json, load_yaml

if TYPE_CHECKING:
    from shipworthy.sources.hosts.model import Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something a reader should have understood and could not. `path` None means the repository as a whole."""

    path: str | None
    reason: str
    line: int | None = None
    subject: str = ""
    """What exactly is not known, where that is narrow enough for some checks not to mind: a framework's name."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """The base of every kind of fact: what it was read from, and where reading it fell short."""

    read: tuple[str, ...] = ()
    """Paths whose bytes it rests on."""
    gaps: tuple[Gap, ...] = ()

    @classmethod
    def reader(cls) -> FactReader[Any]:
        """The reader that fills this kind."""
        raise NotImplementedError(f"{cls.__name__} names no reader")


@dataclass(frozen=True, kw_only=True)
class Context:
    """Everything a reader or check may know besides the repository: nothing is read behind the caller's back."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    home: Path = field(default_factory=Path.home)
    state_dir: Path | None = None
    """Where the user's own decisions about running things are kept; None: keep nothing."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """The user's environment variables, for programs started after consent; empty unless they are needed."""
    run_consent: Callable[[str, str], bool] | None = None
    """Asked with (command, why) before the project's own code runs; None means nobody can be asked: no."""
    advisory_max_age_days: int | None = None
    """The policy's limit on the age of advisory data, in days; None where it sets none."""
    key_max_days: int | None = None
    """The policy's limit on how long a key may be used, in days; None where it sets none."""
    ask_host: Asker | None = None
    """Asks the code host, which a person asked for; None: nobody did, and nothing goes over the network."""
    host_dir: Path | None = None
    """Where a code host's answers are kept for a day; None: keep and believe none."""
    cache_dir: Path | None = None
    """Where answers that can be worked out again are kept between runs; None: keep and believe none."""
    progress: Callable[[int, int, str], None] = lambda done, total, what: None
    """Told by a reader that takes long: so many done of so many, and of what."""
    stopped: Callable[[], bool] = lambda: False
    """Whether nobody waits for the answer any more; a reader that takes long asks, and raises `Stopped`."""


class Stopped(BaseException):
    """A reader ended because nobody waits for its answer: no reason to say anything about the repository."""


@dataclass(frozen=True, slots=True)
class Record:
    """What an analyser says of one file: a JSON-shaped value (it is cached), and gaps as (reason, line or None)."""

    value: Any
    gaps: tuple[tuple[str, int | None], ...] = ()


class Analyser(ABC):
    """A pure function of one file, cached by the file's content."""

    name: ClassVar[str]
    """Unique among analysers; part of the cache key."""
    version: str
    """Change it whenever the same bytes would give another record: code, rules or configuration."""
    light: ClassVar[bool] = False
    """Whether it takes less than handing the bytes to another process does."""

    def expect(self, size: int) -> None:  # noqa: B027 - most have nothing to prepare
        """Told before a pass of how many bytes there may be to look at."""

    def quick(self, entry: FileEntry, data: bytes) -> Record | str | None:
        """For light ones: the record, or its value as JSON where that is always the same, told at less cost than by
        `analyse`, which would say the same. None: ask `analyse`."""
        return None

    @abstractmethod
    def wants(self, entry: FileEntry) -> bool:
        """Decided from the path and size alone; the file is read only if some analyser wants it."""

    @abstractmethod
    def analyse(self, source: Source) -> Record:
        """The record of one file. It must depend on the path and the bytes only."""


class Records(Protocol):
    """Gives the records of an analyser over all files; implemented by the shared pass (`facts.scan`)."""

    def of(self, analyser: Analyser) -> tuple[Mapping[str, Any], list[Gap]]:
        """Value by path for every file the analyser wanted and could be read, and the gaps."""
        ...

    def remembered(self, name: str, analyser: Analyser, make: Callable[[], Any]) -> Any:
        """What `make` gives, or what it gave when the analyser's records were the same."""
        ...


class View:
    """A reader's window on the project. It notes every read, so that no reader can forget to."""

    def __init__(self, project: Project, context: Context, records: Records) -> None:
        self.project = project
        self.context = context
        self._records = records
        self.seen: dict[str, None] = {}
        """Paths in the order they were first read; there may be tens of thousands."""
        self.gaps: list[Gap] = []
        self._noted: set[Gap] = set()

    def entries(self, *patterns: str) -> Iterable[FileEntry]:
        """Listed files that fit a pattern (see `FileEntry.matches`), in path order."""
        return self.project.entries(*patterns)

    def exists(self, path: str) -> bool:
        """Whether the path is listed (it may still turn out unreadable)."""
        return path in self.project.files

    def gap(self, path: str | None, reason: str, line: int | None = None, *, subject: str = "") -> None:
        """Write down that something relevant was not understood."""
        gap = Gap(path=path, reason=reason, line=line, subject=subject)
        # A reader may have taken one out again, so the list has the last word; the set spares looking for new ones.
        if gap not in self._noted or gap not in self.gaps:
            self._noted.add(gap)
            self.gaps.append(gap)

    def read(self, path: str) -> bytes | None:
        """The bytes of a listed file; None for an absent one (no gap) and for an unreadable one (a gap)."""
        if path not in self.project.files:
            return None
        self.seen[path] = None
        try:
            return self.project.read(path)
        except Unreadable as error:
            self.gap(path, str(error))
            return None

    def source(self, path: str) -> Source | None:
        """Like `read`, wrapped for text and syntax."""
        data = self.read(path)
        return None if data is None else Source(self.project.files[path], data)

    def yaml(self, path: str) -> list[Any] | None:
        """The documents of a YAML file; None when absent, and a gap when unreadable or invalid."""
        return self._parsed(path, load_yaml)

    def json(self, path: str) -> Any | None:
        """A JSON document; None when absent, and a gap when unreadable or invalid."""
        return self._parsed(path, load_json)

    def toml(self, path: str) -> dict[str, Any] | None:
        """A TOML document; None when absent, and a gap when unreadable or invalid."""
        return self._parsed(path, _load_toml)

    def _parsed(self, path: str, load: Callable[[bytes], Any]) -> Any | None:
        data = self.read(path)
        if data is None:
            return None
        try:
            return load(data)
        except BadData as error:
            self.gap(path, str(error), error.line)
            return None

    def records(self, analyser: Analyser) -> Mapping[str, Any]:
        """The analyser's value by path, from the pass all analysers share. Reads and gaps are noted here."""
        values, gaps = self._records.of(analyser)
        self.seen.update(dict.fromkeys(values))
        for gap in gaps:
            self.gap(gap.path, gap.reason, gap.line)
        return values

    def remembered(self, name: str, analyser: Analyser, make: Callable[[], Any]) -> Any:
        """The JSON-shaped value `make()`, from the cache where nothing it may depend on has changed since.

        `make` must be a pure function of the analyser's records and of shipworthy's own code.
        """
        return self._records.remembered(name, analyser, make)


def _load_toml(data: bytes) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadData("not valid TOML: not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        text = str(error)
        line = text.partition("at line ")[2].partition(",")[0]
        raise BadData(f"not valid TOML: {text}", int(line) if line.isdigit() else None) from error
    except RecursionError as error:
        raise BadData("not valid TOML: nested too deep") from error


F = TypeVar("F", bound=Fact)


class Undeclared(Exception):
    """A reader or check asked for a kind of fact it does not declare in `needs`: a bug."""


class Facts:
    """The facts a reader or check declared that it needs: `facts[Routes]`."""

    def __init__(self, known: Mapping[type[Fact], Fact]) -> None:
        self._known = known

    def __getitem__(self, kind: type[F]) -> F:
        try:
            return self._known[kind]  # type: ignore[return-value]  # keyed by its own type
        except KeyError:
            raise Undeclared(kind.__name__) from None


class FactReader(ABC, Generic[F]):
    """Fills one kind of fact."""

    needs: ClassVar[tuple[type[Fact], ...]] = ()
    """Other kinds it builds on."""
    analysers: tuple[Analyser, ...] = ()
    """The per-file analysers whose records it will ask for, so that the pass can plan them together."""
    seconds: ClassVar[float | None] = None
    """How long reading may take, beside the shared pass; None for the engine's own limit."""

    @abstractmethod
    def read(self, view: View, facts: Facts) -> F:
        """The fact. Set `read=tuple(view.seen), gaps=tuple(view.gaps)` on it last."""
