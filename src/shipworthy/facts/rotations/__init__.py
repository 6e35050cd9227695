"""Which leaked keys somebody replaced, and on which day, as `.shipworthy/keys.toml` says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from shipworthy.facts.base import Fact, FactReader, Facts, View
from shipworthy.facts.forms import Flaw, KeysFile, Question, Row, Written
from shipworthy.facts.forms.complete import flaws_of
from shipworthy.model import Location

QUESTION = "rotation"
"""The question of the form of keys whose rows these are."""


def how_to_record(identity: str) -> str:
    """The command that records a rotation: the last step of dealing with a leaked key."""
    return f"shipworthy rotated {identity} --on YYYY-MM-DD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """Somebody's word that a leaked key was replaced where it was issued."""

    identity: str
    """The fingerprint of the finding, which is the secret's own wherever it stands."""
    on: date
    by: str
    key: str
    """The setting's name; may be empty."""
    location: Location


@dataclass(frozen=True, kw_only=True)
class Rotations(Fact):
    """The rotations that count, in the order they are written. A file that is not understood is a gap of `KeysFile`."""

    rotations: tuple[Rotation, ...] = ()
    remarks: tuple[Flaw, ...] = ()
    """Why other rows do not count: no fingerprint, no day or one in the future, nobody named, not confirmed."""

    @classmethod
    def reader(cls) -> FactReader[Any]:
        return RotationsReader()

    def of(self, identity: str) -> Rotation | None:
        """The latest one of a fingerprint; None where there is none that counts."""
        return max(
            (each for each in self.rotations if each.identity == identity), key=lambda each: each.on, default=None
        )


class RotationsReader(FactReader[Rotations]):
    """Looks at the rows of the one table."""

    needs = (KeysFile,)

    def read(self, view: View, facts: Facts) -> Rotations:
        fact = facts[KeysFile]
        rotations: list[Rotation] = []
        remarks: list[Flaw] = []
        if fact.written is not None and not fact.written.broken:
            question = KeysFile.form().question(QUESTION)
            for number, row in enumerate(fact.written.answers.table(QUESTION)):
                wrong = list(_wrong(question, row, number, fact.written, view.context.now.date()))
                remarks += wrong
                if not wrong:
                    rotations.append(
                        Rotation(
                            identity=row.cell("fingerprint"),
                            on=date.fromisoformat(row.cell("rotated")),
                            by=row.cell("by"),
                            key=row.cell("name"),
                            location=Location(path=fact.written.form.file, line=fact.written.line(QUESTION, number)),
                        )
                    )
        return Rotations(
            rotations=tuple(rotations), remarks=tuple(remarks), read=tuple(view.seen), gaps=tuple(view.gaps)
        )


def _wrong(question: Question, row: Row, number: int, written: Written, today: date) -> Iterator[Flaw]:
    """Why a row does not count."""
    name = row.cell("fingerprint")[:80]
    if not row.confirmed:
        yield _flaw(written, number, "not-confirmed", f'nobody has confirmed the row "{name}"', "Say that it is so.")
    for column in question.columns:
        for flaw in flaws_of(column, row.cell(column.id), today):
            yield _flaw(written, number, flaw.rule, f"{flaw.message} ({name})", flaw.remedy, column.id)


def _flaw(written: Written, number: int, rule: str, message: str, remedy: str, *column: str) -> Flaw:
    return Flaw(
        file=written.form.file,
        line=written.line(QUESTION, number, *column),
        rule=rule,
        message=f"this rotation does not count: {message}",
        remedy=remedy,
        anchor="/".join((QUESTION, str(number), *column)),
    )
