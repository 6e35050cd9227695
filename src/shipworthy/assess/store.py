"""Reads facts, each at most once, when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from shipworthy.bugs import bug
from shipworthy.facts import Analyser, Context, Fact, FactReader, Facts, Gap, View
from shipworthy.facts.scan import OverTime, RecordCache, Scan, time_limit
from shipworthy.project import Project

if TYPE_CHECKING:
    from shipworthy.assess.depends import Account

FACT_SECONDS = 120.0
"""How long reading one kind of fact may take, beside the shared pass (which has limits of its own)."""

_READERS: dict[type[Fact], FactReader[Any]] = {}


def reader_of(kind: type[Fact]) -> FactReader[Any]:
    """The reader of a kind; one is enough for all projects, since a reader keeps nothing between reads."""
    if kind not in _READERS:
        _READERS[kind] = kind.reader()
    return _READERS[kind]


def closure(kinds: Iterable[type[Fact]]) -> list[type[Fact]]:
    """The kinds and all they build on, each after what it needs."""
    ordered: list[type[Fact]] = []

    def add(kind: type[Fact]) -> None:
        if kind not in ordered:
            for needed in type(reader_of(kind)).needs:
                add(needed)
            ordered.append(kind)

    for kind in kinds:
        add(kind)
    return ordered


def _stack() -> type[Fact]:
    # Whoever asks for one area alone needs neither this nor an account.
    from shipworthy.facts.stack import Stack

    return Stack


class FactStore:
    """Reads each kind of fact at most once, when it is first asked for. A reader's failure is kept as a reason."""

    def __init__(
        self,
        project: Project,
        context: Context,
        planned: Iterable[type[Fact]],
        cache: RecordCache | None = None,
        progress: Callable[[int, int], None] | None = None,
        *,
        note: bool = False,
        stack: bool = True,
    ) -> None:
        """`note`: keep account of what each fact was made from. `stack`: whether the stack will be asked for too."""
        self._accounts: dict[type[Fact], Account] | None = {} if note else None
        self._project = project
        self._context = context
        analysers: list[Analyser] = []
        for kind in closure([*([_stack()] if stack else []), *planned]):
            analysers += reader_of(kind).analysers
        self._scan = Scan(project, analysers, cache, progress)
        self._known: dict[type[Fact], Fact] = {}
        self._broken: dict[type[Fact], str] = {}

    def get(self, kind: type[Fact]) -> Fact | str:
        """The fact, or the reason why there is none."""
        if kind not in self._known and kind not in self._broken:
            self._read(kind)
        return self._known.get(kind) or self._broken[kind]

    def _read(self, kind: type[Fact]) -> None:
        reader = reader_of(kind)
        needed: dict[type[Fact], Fact] = {}
        for other in type(reader).needs:
            found = self.get(other)
            if isinstance(found, str):
                self._broken[kind] = found
                return
            needed[other] = found
        view = self._view(kind)
        try:
            # The pass over all files has its own limits and may belong to many kinds, so it is outside this one.
            for analyser in reader.analysers:
                self._scan.of(analyser)
            with time_limit(type(reader).seconds or FACT_SECONDS):
                self._known[kind] = reader.read(view, Facts(needed))
        except OverTime as error:
            self._broken[kind] = f"reading {kind.__name__.lower()} facts {error}"
        except Exception as error:
            self._broken[kind] = bug(f"reading {kind.__name__.lower()} facts", error)

    def _view(self, kind: type[Fact]) -> View:
        if self._accounts is None:
            return View(self._project, self._context, self._scan)
        from shipworthy.assess.depends import Account, NotedView

        account = self._accounts[kind] = Account()
        return NotedView(self._project, self._context, self._scan, account)

    def accounts(self, kinds: Iterable[type[Fact]]) -> tuple[Account, ...]:
        """What these kinds and all they build on but the stack were made from; opaque where that is not known."""
        if self._accounts is None:
            raise ValueError("no account was kept: build the store with note=True")
        from shipworthy.assess.depends import Account

        found: list[Account] = []
        for kind in closure(kinds):
            if kind is _stack():
                continue
            account = self._accounts.get(kind) or Account()
            # Where reading failed or was not come to, nobody knows what it would have asked for.
            account.opaque = account.opaque or kind not in self._known
            found.append(account)
        return tuple(found)

    def read_so_far(self) -> tuple[Fact, ...]:
        """Every fact read until now."""
        return tuple(self._known.values())

    def facts(self, kinds: Sequence[type[Fact]]) -> tuple[dict[type[Fact], Fact], list[Gap], str | None]:
        """The facts of these kinds, the gaps in them and in what they build on, and why one is missing, if so."""
        known: dict[type[Fact], Fact] = {}
        for kind in kinds:
            found = self.get(kind)
            if isinstance(found, str):
                return known, [], found
            known[kind] = found
        gaps = [gap for kind in closure(kinds) if (fact := self._known.get(kind)) for gap in fact.gaps]
        return known, gaps, None
