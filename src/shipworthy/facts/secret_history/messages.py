"""Looks through what commits and annotated tags say: one after the other, as a stream, and nothing of it is kept.

They are read as git holds them, for what `git log` prints leaves out headers, such as the tag that a merge took in.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from shipworthy.facts.base import Context, Stopped
from shipworthy.facts.limits import Turns
from shipworthy.facts.secret_history.look import FILE_SECONDS, MOST_HITS, Row, looked_at
from shipworthy.facts.secrets.analyser import SecretsAnalyser
from shipworthy.facts.secrets.engine import engine, expect
from shipworthy.git import Git, GitError
from shipworthy.git_objects import stream
from shipworthy.project.project import MAX_BYTES

AS = "COMMIT_MESSAGE"
"""The name under which a message is judged: of a text in which values stand without quotes."""
_USUAL_BYTES = 250
_AT_ONCE = 64_000
"""Bytes of messages that are matched as one: nearly all hold nothing, and asking costs more than matching one."""
_TELL_EVERY = 5_000
_NOT_SAID = re.compile(rb"^(?:tree|parent|object|type|encoding|gpgsig(?:-sha256)?) .*\n?(?: .*\n?)*", re.M)
"""Headers in which nobody writes: ids, and signatures, which are random text."""
_MARKS = b"\xff\xfe\xef\xbb\xbf"


@dataclass(slots=True)
class Heard:
    """What stands in commits or tags, and what could not be read of them."""

    rows: list[tuple[int, bool, Row]] = field(default_factory=list)
    """The number of the commit among those asked for, whether it stands in a header, and what stands there."""
    left: Counter[str] = field(default_factory=Counter)
    missing: int = 0
    unread: dict[str, None] = field(default_factory=dict)


def said_in(data: bytes) -> tuple[bytes, int]:
    """What people wrote into a commit or tag, as one text, its message in front; and how many lines that has."""
    head, _, message = data.partition(b"\n\n")
    text = b"\n".join((message, _NOT_SAID.sub(b"", head))).lstrip(_MARKS).replace(b"\0", b" ")
    return text, message.count(b"\n") + 1


def listen(
    git: Git,
    oids: Sequence[str],
    kind: str,
    context: Context,
    deadline: float,
    also: Callable[[int, bytes], None] | None = None,
) -> Heard:
    """What stands in these commits or tags (`kind`). `deadline` is of `time.monotonic`; `also` is given each.

    Raises Stopped.
    """
    heard = Heard()
    if not oids:
        return heard
    expect(len(oids) * _USUAL_BYTES)
    done = 0
    try:
        with contextlib.closing(stream(git, oids, MAX_BYTES, deadline)) as objects, Turns(FILE_SECONDS) as turns:
            waiting: list[tuple[int, bytes, int]] = []
            size = 0
            for found in objects:
                done += 1
                if found.data is None or found.kind != kind:
                    heard.missing += not found.kind
                    if found.kind:
                        what = f"{found.length:,} bytes of a {found.kind} are not looked at"
                        heard.unread[f"{kind} {oids[found.number][:12]}: {what}"] = None
                    continue
                if also is not None:
                    also(found.number, found.data)
                text, lines = said_in(found.data)
                waiting.append((found.number, text, lines))
                size += len(text)
                if size >= _AT_ONCE:
                    _judge(heard, oids, kind, waiting, turns)
                    waiting, size = [], 0
                if done % _TELL_EVERY == 0:
                    context.progress(done, len(oids), f"reading the git history: {kind} message")
                    if context.stopped():
                        raise Stopped
            _judge(heard, oids, kind, waiting, turns)
    except GitError as error:
        left = len(oids) - done
        heard.unread[f"{left:,} of {len(oids):,} {kind} messages in the git history were not read: {error}"] = None
    return heard


def _judge(heard: Heard, oids: Sequence[str], kind: str, waiting: list[tuple[int, bytes, int]], turns: Turns) -> None:
    ask = engine().candidates
    # No expression looks further than to the end of a text, and a line end does as well there.
    if ask(b"\n\n".join(text for _, text, _ in waiting), AS) is None:
        return
    analyser = SecretsAnalyser()
    for number, text, lines in waiting:
        looked = looked_at(AS, text, analyser, turns, ask)
        if isinstance(looked, str):
            heard.unread[f"the message of {kind} {oids[number][:12]}: {looked}"] = None
            continue
        heard.left.update(looked.left or {})
        for row in looked.rows:
            if len(heard.rows) >= MOST_HITS:
                heard.unread[f"more than {MOST_HITS:,} {kind} messages hold something: the rest is not listed"] = None
                return
            heard.rows.append((number, row["line"] > lines, row))


@dataclass(slots=True)
class Tag:
    """What an annotated tag says of itself."""

    oid: str
    name: str = ""
    made: str = ""
    """When, as git has it: "1700000000 +0100"; empty where it does not say."""
    names: str = ""
    """The tag that it is one of; empty for a tag of anything else."""


_NAME = re.compile(rb"^tag (.*)$", re.M)
_MADE = re.compile(rb"^tagger .*> (\d{1,18} [+-]\d{4})$", re.M)
_OF_TAG = re.compile(rb"^object ([0-9a-f]{40,64})\ntype tag$", re.M)


def tags(git: Git, oids: Sequence[str], context: Context, deadline: float) -> Iterator[tuple[list[Tag], Heard]]:
    """What stands in these tags; then in those they are tags of, and so on. Raises Stopped."""
    seen: set[str] = set()
    while oids := [oid for oid in dict.fromkeys(oids) if oid not in seen]:
        seen.update(oids)
        read = [Tag(oid) for oid in oids]

        def note(number: int, data: bytes, read: list[Tag] = read) -> None:
            head = data.partition(b"\n\n")[0]
            tag = read[number]
            if name := _NAME.search(head):
                tag.name = name[1].decode("utf-8", "surrogateescape")
            if made := _MADE.search(head):
                tag.made = made[1].decode("ascii")
            if of := _OF_TAG.search(head):
                tag.names = of[1].decode("ascii")

        yield read, listen(git, oids, "tag", context, deadline, note)
        oids = [tag.names for tag in read if tag.names]


class Ids(Sequence[str]):
    """The ids of commits that a walk listed, read from it as they are asked for."""

    def __init__(self, commits: Any, count: int) -> None:
        self._commits, self._count = commits, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self._one(number) for number in range(*at.indices(self._count))]
        if not 0 <= at < self._count:
            raise IndexError(at)
        return self._one(at)

    def _one(self, number: int) -> str:
        line: str = self._commits[number]
        return line.partition(" ")[0]
