"""Reads a checklist: `parse` a whole one, `extend` one by a project's own file, `lint` either for every problem."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import replace

from shipworthy.checklist.document import Document, Problem, Section, nearest, shown
from shipworthy.checklist.items import MAX_AREAS, MAX_ITEMS, ChecklistError, in_reading_order, read_areas, read_item
from shipworthy.checklist.tighten import tighten
from shipworthy.model import Area, Checklist, Item


def parse(data: bytes, file: str, *, checks: Collection[str] | None = None) -> Checklist:
    """A checklist that stands alone, from the bytes of its file.

    `checks` are the names of known checks; None: do not look. Its digest is the sha256 of `data`. Raises
    ChecklistError with every problem.
    """
    document = Document(data, file)
    checklist = _parse(document, data, checks)
    if checklist is None:
        raise ChecklistError(document.problems)
    return checklist


def extend(base: Checklist, data: bytes, file: str, *, checks: Collection[str] | None = None) -> Checklist:
    """`base` with a project's own items added and others made stricter; nothing can be weakened here.

    The digest is the sha256 of two lines, the hex digest of `base` and that of `data`, each ended by a newline (what
    `sha256sum BASE FILE | cut -c1-64 | sha256sum` prints), so bytes cannot be moved from one file to the other unseen.
    Raises ChecklistError with every problem.
    """
    return _extended(base, data, file, checks, packaged=False)


def derive(base: Checklist, data: bytes, file: str, *, checks: Collection[str] | None = None) -> Checklist:
    """A packaged checklist made of another: like `extend`, with a name of its own and `only` the items it lists."""
    return _extended(base, data, file, checks, packaged=True)


def lint(
    data: bytes,
    file: str,
    *,
    checks: Collection[str] | None = None,
    base: Checklist | None = None,
    packaged: bool = False,
) -> list[Problem]:
    """Every problem of a checklist file, in the order of the file.

    Without `base` it is a checklist that stands alone, with it a project's extension of that, or, `packaged`, another
    checklist made of it. `packaged.lint_file` finds out which.
    """
    document = Document(data, file)
    if base is None:
        _parse(document, data, checks)
    else:
        _extend(document, data, base, checks, packaged=packaged)
    return document.problems


def chained(base: str, data: bytes) -> str:
    """The digest of a checklist made of two files; see `extend`."""
    return hashlib.sha256(f"{base}\n{hashlib.sha256(data).hexdigest()}\n".encode()).hexdigest()


def _parse(document: Document, data: bytes, checks: Collection[str] | None) -> Checklist | None:
    if document.problems:
        return None
    top = document.top()
    top.schema(required=True)
    name, version, title = top.kebab("name"), top.text("version", limit=40), top.text("title", limit=60)
    areas = read_areas(document, top.sections("area", required=True, most=MAX_AREAS))
    sections = top.sections("item", required=True, most=MAX_ITEMS)
    # An area with a problem of its own must not make a problem of every item in it.
    known = {area.id for area in areas} | _written_areas(top)
    items = _unique([(section, read_item(section, known, checks)) for section in sections])
    if not top.close() or document.problems:
        return None
    return Checklist(
        name=name,
        version=version,
        title=title,
        areas=tuple(areas),
        items=in_reading_order(areas, items),
        digest=hashlib.sha256(data).hexdigest(),
    )


def _written_areas(top: Section) -> set[str]:
    return {
        each["id"] for each in top.table.get("area", ()) if isinstance(each, dict) and isinstance(each.get("id"), str)
    }


def _unique(found: list[tuple[Section, Item | None]]) -> list[Item]:
    """The sound items; an id that stands twice is a problem of the later one."""
    first: dict[str, Section] = {}
    for section, _ in found:
        item_id = section.table.get("id")
        if not isinstance(item_id, str):
            continue
        if item_id in first:
            line = section.document.line((*first[item_id].path, "id"))
            section.wrong("id", f"{shown(item_id)} is already the id of the item at line {line}", "Give each its own.")
        else:
            first[item_id] = section
    return [item for _, item in found if item is not None]


def _extended(base: Checklist, data: bytes, file: str, checks: Collection[str] | None, *, packaged: bool) -> Checklist:
    document = Document(data, file)
    checklist = _extend(document, data, base, checks, packaged=packaged)
    if checklist is None:
        raise ChecklistError(document.problems)
    return checklist


def _extend(
    document: Document, data: bytes, base: Checklist, checks: Collection[str] | None, *, packaged: bool
) -> Checklist | None:
    if document.problems:
        return None
    top = document.top()
    top.schema(required=True)
    extends = top.text("extends", limit=60)
    if extends and extends != base.name:
        top.wrong("extends", f"{shown(extends)} is not the checklist in force", f'Write `extends = "{base.name}"`.')
    named = _Named.read(top, base) if packaged else None
    areas = [
        *base.areas,
        *read_areas(document, top.sections("area", required=False, most=MAX_AREAS), [area.id for area in base.areas]),
    ]
    known = {area.id for area in areas} | _written_areas(top)
    present = {item.id: item for item in base.items}
    found: list[tuple[Section, Item | None]] = []
    for section in top.sections("item", required=False, most=MAX_ITEMS):
        item_id = section.table.get("id")
        existing = present.get(item_id) if isinstance(item_id, str) else None
        found.append(
            (section, tighten(existing, section) if existing is not None else read_item(section, known, checks))
        )
    changed = _unique(found)
    if not packaged:
        _refuse_choice(top)
    if not top.close() or document.problems:
        return None
    items = present | {item.id: item for item in changed}
    if len(items) > MAX_ITEMS:
        top.wrong("item", f"makes {len(items):,} items, at most {MAX_ITEMS:,} are read", "Remove some.")
        return None
    checklist = replace(
        base, areas=tuple(areas), items=in_reading_order(areas, items.values()), digest=chained(base.digest, data)
    )
    return named.given_to(checklist) if named else checklist


def _refuse_choice(top: Section) -> None:
    """What only a packaged checklist may say gets a better answer than `not a known key`."""
    for key in ("only", "name", "version", "title"):
        if key in top:
            top.raw(key)
            top.wrong(
                key,
                "a project's checklist can add items and make them stricter, nothing else",
                "Remove it; levels are relaxed in policy.toml.",
            )


class _Named:
    """What makes a packaged checklist out of an extension."""

    def __init__(self, name: str, version: str, title: str, only: Collection[str]) -> None:
        self.name, self.version, self.title, self.only = name, version, title, only

    @classmethod
    def read(cls, top: Section, base: Checklist) -> _Named:
        only = top.texts("only", least=1, most=MAX_ITEMS, limit=60)
        known = [item.id for item in base.items]
        for index, item_id in enumerate(only):
            if item_id not in known:
                top.document.problem(
                    ("only", index), f"{shown(item_id)} is no item of {base.name}", nearest(item_id, known)
                )
        return cls(top.kebab("name"), top.text("version", limit=40), top.text("title", limit=60), only)

    def given_to(self, checklist: Checklist) -> Checklist:
        items = tuple(item for item in checklist.items if item.id in self.only)
        used = {item.area for item in items}
        areas: tuple[Area, ...] = tuple(area for area in checklist.areas if area.id in used)
        return replace(checklist, name=self.name, version=self.version, title=self.title, areas=areas, items=items)
