"""Changes a form's text where an answer changed, and leaves every other character as it is.

As with decisions, tomlkit renders values only; where they go is found from the statements' positions.
"""

from __future__ import annotations

from collections.abc import Sequence

from shipworthy.checklist.positions import Statement, statements
from shipworthy.decisions.edit import CannotEdit, applied, whole_lines
from shipworthy.facts.forms import Answers, Form, Kind, Question, Row
from shipworthy.facts.forms.markdown import Part, parts, plain
from shipworthy.forms.words import block, keys, section, table, value

_Edit = tuple[int, int, str]


def edited_toml(form: Form, text: str, old: Answers, new: Answers) -> str:
    """A TOML text with other answers. Raises CannotEdit."""
    rows = statements(text)
    edits: list[_Edit] = []
    missing = ""
    for question in form.questions:
        if question.kind is Kind.ROWS:
            edits += _table_edits(text, rows, question, old.table(question.id), new.table(question.id))
        elif old.text(question.id) != new.text(question.id):
            written = value(new.text(question.id), question.kind)
            row = next((each for each in rows if each.path == (question.id,) and not each.header), None)
            if row is not None:
                edits.append((*row.value, written))
            else:
                missing += f"{question.id} = {written}\n"
    if missing:
        top = [each for each in rows if not each.header and each.table == ()]
        if top:
            end = whole_lines(text, top[-1])[1]
        else:
            end = 0 if any(each.header for each in rows) else len(text)
        edits.append((end, end, _on_its_own_line(text, end) + missing + ("\n" if end == 0 and text else "")))
    return applied(text, edits)


def _on_its_own_line(text: str, at: int) -> str:
    return "" if at == 0 or text[:at].endswith("\n") else "\n"


def _table_edits(
    text: str, rows: Sequence[Statement], question: Question, old: Sequence[Row], new: Sequence[Row]
) -> list[_Edit]:
    if list(old) == list(new):
        return []
    mine: list[list[Statement]] = [
        [each for each in rows if each.path[:2] == (question.id, number)] for number in range(len(old))
    ]
    if any(not held or not held[0].header for held in mine):
        raise CannotEdit(f"{question.id} is an inline list: write each row as a table of its own, [[{question.id}]]")
    pairs = _pairs(question, old, new)
    kept = [number for number in pairs if number is not None]
    edits: list[_Edit] = []
    for place, held in enumerate(mine):
        if place not in kept:
            edits += [whole_lines(text, each) for each in held]
    at = _above(text, mine[kept[0]][0]) if kept else whole_lines(text, mine[-1][-1])[1] if mine else len(text)
    if kept != sorted(kept):
        # In another order: taken out and written anew; comments between them stay where they were.
        out = [whole_lines(text, each) for number in kept for each in mine[number]]
        blocks = "\n".join(block(question, row) for row in new)
        return [*edits, *out, (len(text), len(text), f"{_on_its_own_line(text, len(text))}\n{blocks}")]
    # What is new is written behind the row before it; what comes first, above the first row that stays.
    first = bool(kept)
    for number, row in zip(pairs, new, strict=True):
        if number is None:
            written = block(question, row)
            edits.append((at, at, f"{written}\n" if first else f"{_on_its_own_line(text, at)}\n{written}"))
            continue
        first = False
        edits += _row_edits(text, mine[number], question, old[number], row)
        at = whole_lines(text, mine[number][-1])[1]
    return edits


def _above(text: str, row: Statement) -> int:
    """Where a table begins, with the comments that stand directly above it."""
    start = whole_lines(text, row)[0]
    while start:
        above = text.rfind("\n", 0, start - 1) + 1
        if not text[above:start].lstrip(" \t").startswith("#"):
            break
        start = above
    return start


def _pairs(question: Question, old: Sequence[Row], new: Sequence[Row]) -> list[int | None]:
    """For each new row the number of the old one it comes from: by its name, else by its place."""
    first = question.columns[0].id
    free = {number: plain(row.cell(first)) for number, row in enumerate(old)}
    pairs: list[int | None] = []
    for row in new:
        name = plain(row.cell(first))
        number = next((each for each, known in free.items() if known == name), None)
        if number is not None:
            del free[number]
        pairs.append(number)
    for place, number in enumerate(pairs):
        if number is None and len(old) == len(new) and place in free:
            pairs[place] = place
            del free[place]
    return pairs


def _row_edits(text: str, held: list[Statement], question: Question, old: Row, new: Row) -> list[_Edit]:
    was, wanted = dict(keys(question, old)), dict(keys(question, new))
    places = {str(each.path[-1]): each for each in held if not each.header}
    edits: list[_Edit] = []
    lines = ""
    for key, written in wanted.items():
        if key in places:
            if was.get(key) != written:
                edits.append((*places[key].value, written))
        elif written not in ('""', "true"):
            lines += f"{key} = {written}\n"
    edits += [whole_lines(text, places[key]) for key in places if key not in wanted and key in was]
    if new.confirmed and "confirmed" in places and "confirmed" not in wanted and "confirmed" not in was:
        edits.append(whole_lines(text, places["confirmed"]))
    if lines:
        end = whole_lines(text, held[-1])[1]
        edits.append((end, end, _on_its_own_line(text, end) + lines))
    return edits


def edited_markdown(form: Form, text: str, old: Answers, new: Answers) -> str:
    """A Markdown text with other answers."""
    lines = text.split("\n")
    found = list(parts(text))
    replaced: list[tuple[int, int, list[str]]] = []
    behind: list[str] = []
    for question in form.questions:
        same = (
            list(old.table(question.id)) == list(new.table(question.id))
            if question.kind is Kind.ROWS
            else old.text(question.id) == new.text(question.id)
        )
        if same:
            continue
        place = next((number for number, part in enumerate(found) if plain(part.title) == plain(question.label)), None)
        if place is None:
            behind += [*section(question)[: -2 if question.kind is Kind.ROWS else None], *_answer(question, new), ""]
            continue
        end = found[place + 1].line - 1 if place + 1 < len(found) else len(lines)
        replaced.append(_replacement(question, found[place], lines, end, new))
    for start, end, body in sorted(replaced, reverse=True):
        lines[start:end] = body
    changed = "\n".join(lines)
    return changed.rstrip("\n") + "\n" + "\n".join(behind) if behind else changed


def _answer(question: Question, answers: Answers) -> list[str]:
    if question.kind is Kind.ROWS:
        return ["", *table(question, answers.table(question.id))]
    return ["", *answers.text(question.id).split("\n")]


def _replacement(
    question: Question, part: Part, lines: list[str], end: int, answers: Answers
) -> tuple[int, int, list[str]]:
    """(first index, index behind the last, new lines) of what an answer takes the place of."""
    if question.kind is Kind.ROWS:
        numbers = [number for number, line in part.body if line.lstrip().startswith("|")]
        if numbers:
            # Text between two halves of a table stays, behind the table.
            between = [lines[each] for each in range(numbers[0] - 1, numbers[-1]) if each + 1 not in numbers]
            return numbers[0] - 1, numbers[-1], [*table(question, answers.table(question.id)), *between]
    start = _behind_comment(lines, part.line, end)
    rest = lines[start:end] if question.kind is Kind.ROWS else []
    tail = [] if end == len(lines) and lines[-1:] == [""] and question.kind is Kind.ROWS else [""]
    return start, end, [*_answer(question, answers), *rest, *tail]


def _behind_comment(lines: list[str], start: int, end: int) -> int:
    """The index behind the comments that open a part; `start` where none does."""
    behind = at = start
    while at < end:
        if lines[at].lstrip().startswith("<!--"):
            while at < end and "-->" not in lines[at]:
                at += 1
            if at >= end or not lines[at].rstrip().endswith("-->"):
                break
            behind = at + 1
        elif lines[at].strip():
            break
        at += 1
    return behind
