"""The secrets that stand in the git history: where, since which commit, of which kind; their values are nowhere."""

from __future__ import annotations

import posixpath
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from shipworthy.facts.base import Fact, FactReader, Facts, View
from shipworthy.facts.secret_history.judge import judged
from shipworthy.facts.secret_history.locate import Added, Located, Stamp, key_of, locate
from shipworthy.facts.secret_history.look import Looker, Seen
from shipworthy.facts.secret_history.source import BROKEN, PARTIAL, absent, add_outright, is_partial, still_there, whole
from shipworthy.facts.secret_history.spots import Beside, Spot, dumped, loaded
from shipworthy.facts.secret_history.spots import sightings as spot_sightings
from shipworthy.facts.secret_history.store import Store, open_store
from shipworthy.facts.secret_history.walk import Refs, Walk, refs, walk
from shipworthy.facts.secrets import SALT_FILE, Sighting
from shipworthy.facts.secrets.analyser import SecretsAnalyser
from shipworthy.facts.secrets.fact import sightings_of, without_names
from shipworthy.facts.secrets.identity import LEAST_SALT
from shipworthy.facts.secrets.in_names import in_names
from shipworthy.facts.secrets.within import Within
from shipworthy.git import Git, GitError
from shipworthy.git_objects import LEAN

READ_SECONDS = 900.0
"""How long the first look at a history may take. What was read by then is kept, so the next one gets further."""
_VERSION = "2"
_STATE = "state"
_MOST_NAMED = 50


@dataclass(frozen=True, kw_only=True)
class SecretHistory(Fact):
    """Sightings in the commits of every ref: one for each commit that brought a secret into a file, newest first; then
    those in what commits and tags say, and in names of files and refs."""

    in_git: bool = False
    sightings: tuple[Sighting, ...] = ()
    """`location` is the path and line in `location.commit`; a ref that holds a file outright has no commit. Of what
    stands in no file, `location.part` says where; of a tag `location.commit` is its own id, of a ref what it names."""
    stamps: Mapping[str, Stamp] = field(default_factory=dict)
    """By id of a commit or tag in `sightings`, when it was made."""
    chosen: frozenset[str] = frozenset()
    """Identities of values that a person may have chosen: of rule, path and name, and the same for the next value."""
    commits: int = 0
    """Commits of all refs."""
    blobs: int = 0
    """Versions of text files looked at."""
    bytes: int = 0
    read_now: int = 0
    """Versions of files that were read now; the others were remembered."""
    binaries: int = 0
    archives: int = 0
    lfs: int = 0
    """Pointers to files in Git LFS, which were not looked at."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many candidates each filter refused."""

    @classmethod
    def reader(cls) -> FactReader[Any]:
        return SecretHistoryReader()


@dataclass(slots=True)
class _State:
    """What is known of a history, and is kept for the next time where nothing of it is missing."""

    refs: Refs = field(default_factory=lambda: Refs((), ()))
    commits: int = 0
    seen: Seen = field(default_factory=Seen)
    located: Located = field(default_factory=Located)
    spots: list[Spot] = field(default_factory=list)
    """In messages of commits and names of files, the newest reading first."""
    tags: list[Spot] = field(default_factory=list)
    names: list[Spot] = field(default_factory=list)
    """Of refs."""

    def dump(self) -> dict[str, Any]:
        return {
            "refs": [self.refs.commits, self.refs.others, self.refs.tags, self.refs.names],
            "commits": self.commits,
            "counts": dict(self.seen.counts),
            "left": dict(self.seen.left),
            "hits": [[oid, path, rows] for (oid, path), rows in self.seen.hits.items()],
            "added": [[each.commit, each.path, each.oid, each.key] for each in self.located.added],
            "last": [[key, path, oid] for (key, path), oid in self.located.last.items()],
            "spots": [dumped(each) for each in (self.spots, self.tags, self.names)],
        }

    @classmethod
    def load(cls, value: Any) -> _State | None:
        """None where it is not what `dump` gives."""
        try:
            seen = Seen(
                hits={(oid, path): rows for oid, path, rows in value["hits"]},
                counts=Counter(value["counts"]),
                left=Counter(value["left"]),
            )
            located = Located(
                added=[Added(*each) for each in value["added"]],
                last={(key, path): oid for key, path, oid in value["last"]},
            )
            commits, others, tags, names = value["refs"]
            then = Refs(tuple(commits), tuple(others), tuple(tags), names)
            return cls(then, value["commits"], seen, located, *map(loaded, value["spots"]))
        except (KeyError, TypeError, ValueError):
            return None


class SecretHistoryReader(FactReader[SecretHistory]):
    """Reads every version of every file of every ref once, and from then on what is new."""

    seconds: ClassVar[float | None] = READ_SECONDS + 60

    def read(self, view: View, facts: Facts) -> SecretHistory:
        project = view.project
        if project.git is None:
            if not project.head.in_git and project.incomplete:
                view.gap(None, f"the git history was not read: {project.incomplete}")
            return SecretHistory(in_git=False, gaps=tuple(view.gaps))
        version = f"{_VERSION}-{SecretsAnalyser().version}"
        store = open_store(view.context.cache_dir, project.root, version)
        try:
            git = Git(project.git.folder, env={"GIT_CONFIG_PARAMETERS": LEAN})
            state = _History(git, view, store).read()
            return _fact(git, view, state)
        except GitError as error:
            view.gap(None, f"the git history could not be read: {error}")
            return SecretHistory(in_git=True, gaps=tuple(view.gaps))
        finally:
            store.close()


class _History:
    """One reading of a history."""

    def __init__(self, git: Git, view: View, store: Store) -> None:
        self._git, self._view, self._store = git, view, store
        self._deadline = time.monotonic() + READ_SECONDS

    def read(self) -> _State:
        """Everything known of it, with a gap for everything that is not. Raises GitError."""
        for reason in whole(self._git, self._view.project):
            self._view.gap(None, reason)
        now = refs(self._git)
        state = None if self._view.gaps else _State.load(self._store.recall(_STATE) or {})
        if state is not None and state.refs == now:
            return state
        if state is None or state.refs.others != now.others or not still_there(self._git, state.refs.commits, now):
            state = _State()
        whole_before = not self._view.gaps
        self._continue(state, now)
        if whole_before and not self._view.gaps:
            self._store.keep(_STATE, state.dump())
        return state

    def _continue(self, state: _State, now: Refs) -> None:
        """Read what is reachable from `now` and was not before."""
        again = bool(state.refs.commits)
        found, why = walk(self._git, now.commits, state.refs.commits, self._deadline)
        partial = is_partial(self._git)
        if why:
            self._view.gap(None, f"the commits could not all be listed: {why}; {PARTIAL if partial else BROKEN}")
        listed = len(found.commits)
        state.commits += listed
        if not again:
            add_outright(self._git, found, now.others)
        found.end()
        seen = self._look(found, now, again=again, partial=partial)
        state.seen.hits |= seen.hits
        state.seen.counts += seen.counts
        state.seen.left += seen.left
        state.seen.read = seen.read
        located = locate(found, state.seen.hits)
        state.located.added[:0] = located.added
        state.located.last |= located.last
        self._beside(state, now, found, listed)
        state.refs = now

    def _beside(self, state: _State, now: Refs, found: Walk, listed: int) -> None:
        """Look for what stands in no file's text. `listed`: how many commits of the walk are some."""
        beside = Beside(self._git, self._view.context, self._deadline)
        state.spots[:0] = beside.of(found, listed)
        # A tag that is gone says nothing any more; one that is named by others alone is read with them.
        state.tags = beside.of_tags(now.tags)
        state.names = beside.of_refs()
        state.seen.left += beside.left
        if beside.missing:
            self._view.gap(None, f"{beside.missing:,} messages of commits and tags were not read: {BROKEN}")
        for why in list(beside.unread)[:_MOST_NAMED]:
            self._view.gap(None, why)
        if len(beside.unread) > _MOST_NAMED:
            self._view.gap(None, f"{len(beside.unread) - _MOST_NAMED:,} more messages were not looked at")

    def _look(self, found: Walk, now: Refs, *, again: bool, partial: bool) -> Seen:
        gone: frozenset[str] = frozenset()
        if partial:
            gone = absent(self._git, now.commits, max(self._deadline - time.monotonic(), 1))
        seen = Looker(self._git, found, self._store, self._view.context, self._deadline, gone).look(again=again)
        if seen.missing:
            self._view.gap(None, f"{seen.missing:,} versions of files were not read: {PARTIAL if partial else BROKEN}")
        for why in list(seen.unread)[:_MOST_NAMED]:
            self._view.gap(None, why)
        if len(seen.unread) > _MOST_NAMED:
            self._view.gap(None, f"{len(seen.unread) - _MOST_NAMED:,} more versions of files were not looked at")
        return seen


def _fact(git: Git, view: View, state: _State) -> SecretHistory:
    salt = (view.read(SALT_FILE) or b"").strip()
    if salt and len(salt) < LEAST_SALT:
        view.gap(SALT_FILE, f"the salt is shorter than {LEAST_SALT} characters")
    prefix = git.text("rev-parse", "--show-prefix")
    stamps: dict[str, Stamp] = {}
    pairs: list[tuple[Added, Sighting]] = []
    chosen: set[str] = set()
    for each in state.located.added:
        commit, *times = each.commit.split() or [""]
        if times:
            stamps[commit] = Stamp.read(*times)
        path = posixpath.relpath(each.path, prefix) if prefix else each.path
        rows = [row for row in state.seen.hits[each.oid, each.path] if key_of(row, each.path) == each.key]
        for row, sighting in zip(rows, sightings_of(path, rows, salt), strict=True):
            if row["token"] is None:
                chosen.add(sighting.identity)
            pairs.append((each, replace(sighting, location=replace(sighting.location, commit=commit or None))))
    found = list(judged(git, view, pairs, state.located, state.seen.hits))
    if any(each.within == Within.NAME for each in state.spots):
        paths = list({each.location.path or "" for each in found})
        found = without_names(found, {paths[each.number]: each for each in in_names(paths)})
    for spot in (*state.spots, *state.tags, *state.names):
        commit, *times = spot.commit.split() or [""]
        if times:
            stamps[commit] = Stamp.read(*times)
    for sighting, row in spot_sightings(git, view, (*state.spots, *state.tags, *state.names), salt, prefix):
        if row["token"] is None:
            chosen.add(sighting.identity)
        found.append(sighting)
    counts = state.seen.counts
    return SecretHistory(
        in_git=True,
        sightings=tuple(found),
        stamps=stamps,
        chosen=frozenset(chosen),
        commits=state.commits,
        blobs=counts["text"],
        bytes=counts["bytes"],
        read_now=state.seen.read,
        binaries=counts["binary"] + counts["binaries"],
        archives=counts["archives"],
        lfs=counts["lfs"],
        left_out=dict(state.seen.left),
        read=tuple(view.seen),
        gaps=tuple(view.gaps),
    )
