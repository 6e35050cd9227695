"""Fills a form's tables with what was found in the code: rows that wait for a person to confirm them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shipworthy.assess.cache import cache_dir, record_cache
from shipworthy.assess.store import FactStore
from shipworthy.facts import Context
from shipworthy.facts.forms import Answers, Form, Named, Question, Row, Source, found_in
from shipworthy.facts.forms.found import mentions, needed
from shipworthy.facts.forms.reading import MAX_ROWS
from shipworthy.facts.stack import Part, Stack
from shipworthy.forms.store import opened
from shipworthy.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A form's answers with rows added for what the code names and the file does not."""

    answers: Answers
    added: int = 0
    """How many rows were added."""
    hints: tuple[str, ...] = ()
    """What else was found that may help to answer, one line each; nothing of it is an answer."""
    unsure: tuple[str, ...] = ()
    """What could not be read, so that rows may be missing; one line each."""


def prefill(form: Form, root: Path, context: Context) -> Filled:
    """The form as a person should see it now. Raises FormError for a broken file, ProjectError as `Project.open`.

    A row is added for what no row names yet, whether confirmed or not.
    """
    answers = opened(root, form)
    kinds = list(dict.fromkeys([*needed(form), Stack]))
    project = Project.open(root)
    with record_cache(cache_dir(context.environment, context.home), project.root) as cache:
        store = FactStore(project, context, kinds, cache)
        known, gaps, missing = store.facts(kinds)
    if missing is not None:
        return Filled(answers=answers, unsure=(missing,))
    added = 0
    left: list[str] = []
    for question in form.questions:
        if not question.sources:
            continue
        rows = answers.table(question.id)
        first = question.columns[0].id
        named = "\n".join(row.cell(first) for row in rows)
        wanted = tuple(
            Row(cells={first: each.name, **_told(question, each)}, confirmed=False, found=str(each.location))
            for each in found_in(question.sources, known)
            if not mentions(each, named)
        )
        new = wanted[: max(0, MAX_ROWS - len(rows))]
        if len(new) < len(wanted):
            left.append(f"{len(wanted) - len(new)} more were found than a table of {MAX_ROWS} rows can hold")
        added += len(new)
        answers = answers.with_rows(question.id, rows + new)
    stack = known[Stack]
    assert isinstance(stack, Stack)  # noqa: S101 - facts are keyed by their own type
    unsure = tuple(f"{gap.path or 'the repository'}: {gap.reason}" for gap in gaps) if needed(form) else ()
    return Filled(answers=answers, added=added, hints=_hints(form, stack), unsure=(*left, *unsure))


def _told(question: Question, named: Named) -> dict[str, str]:
    """What the files tell of it, as cells of the columns there are."""
    columns = {column.id for column in question.columns}
    return {column: text for column, text in named.told if column in columns}


_SAYS = ((Part.DEPLOY_TARGET, "deployed by"), (Part.CI, "CI system"), (Part.DATABASE, "data store"))


def _hints(form: Form, stack: Stack) -> tuple[str, ...]:
    rows = {source for question in form.questions for source in question.sources}
    found = [
        f"{words}: {each.name} ({each.location})"
        for part, words in _SAYS
        # What has a row of its own needs no hint.
        if not (part is Part.DATABASE and Source.STORES in rows)
        for each in stack.of(part)
    ]
    return tuple(dict.fromkeys(found))
