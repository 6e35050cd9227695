"""Reads `[[area]]` and `[[item]]` tables of a checklist: which keys there are and what each may hold."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from shipworthy.checklist.document import Document, DocumentError, Section, nearest
from shipworthy.model import PROFILES, Area, Decides, Item, Level, Risk

MAX_ITEMS = 1_000
MAX_AREAS = 50
MAX_TITLE = 60
"""Characters in a title: one line of the list at 80 columns."""
MAX_MINUTES = 7 * 24 * 60


class ChecklistError(DocumentError):
    """A checklist or policy cannot be used."""


def read_areas(document: Document, sections: Iterable[Section], taken: Collection[str] = ()) -> list[Area]:
    """The areas; `taken` are ids an earlier file has already."""
    areas: list[Area] = []
    seen = set(taken)
    for section in sections:
        area = Area(id=section.kebab("id"), title=section.text("title", limit=MAX_TITLE))
        if area.id in seen:
            section.wrong("id", f'there is an area "{area.id}" already', "Use it, or choose another id.")
        if section.close():
            areas.append(area)
            seen.add(area.id)
    return areas


def levels(section: Section) -> dict[str, Level]:
    """The `profiles` table of an item: a level for each profile it names."""
    table = section.section("profiles")
    if table is None:
        return {}
    found: dict[str, Level] = {}
    for key in table.table:
        if key not in PROFILES:
            table.wrong(key, "is not a known profile", nearest(key, PROFILES))
            continue
        level = table.member(key, table.raw(key), Level)
        if level is not None:
            found[key] = level
    if not table.table:
        section.wrong("profiles", "names no profile", 'Write for example `profiles = { solo = "required" }`.')
    section.sound = section.sound and table.sound
    return found


def read_item(section: Section, areas: Collection[str], checks: Collection[str] | None) -> Item | None:
    """A whole item; None where it has a problem. `checks` are the names of known checks, None: do not look."""
    item_id = section.kebab("id")
    area = section.text("area")
    if area and area not in areas:
        section.wrong("area", "is not an area of this checklist", nearest(area, areas) if areas else "Add an [[area]].")
    title = section.text("title", limit=MAX_TITLE)
    failing_title = section.text("failing_title", limit=MAX_TITLE)
    if title and title == failing_title:
        section.wrong("failing_title", "says the same as `title`", "Say what is wrong when the item is open.")
    why = section.text("why")
    fix = section.texts("fix", least=1, most=20)
    decides = section.choice("decides", Decides)
    attest = section.text("attest", empty=True)
    not_applicable = section.text("not_applicable", empty=True)
    references = section.texts("references", most=50, limit=120)
    profiles = levels(section)
    risk = section.choice("risk", Risk)
    minutes = section.number("minutes", low=1, high=MAX_MINUTES)
    if "minutes" not in section:
        section.wrong(None, "the key `minutes` is missing", "Add a typical time to fix it, in minutes.")
    check = section.text("check") if "check" in section else None
    if check and checks is not None and check not in checks:
        section.wrong("check", "is not a known check", nearest(check, checks))
    if "attest" in section and not attest.strip() and decides and not (decides is Decides.MACHINE and check):
        section.wrong("attest", "is empty, but a person has to settle this item", 'Write what they state: "I …".')
    if not section.close() or decides is None or risk is None or minutes is None:
        return None
    return Item(
        id=item_id,
        area=area,
        title=title,
        failing_title=failing_title,
        why=why,
        fix=tuple(fix),
        decides=decides,
        attest=attest,
        not_applicable=not_applicable,
        references=tuple(references),
        profiles=profiles,
        risk=risk,
        minutes=minutes,
        check=check,
    )


def in_reading_order(areas: Iterable[Area], items: Iterable[Item]) -> tuple[Item, ...]:
    """Items by area, and within an area as they came."""
    order = {area.id: place for place, area in enumerate(areas)}
    return tuple(sorted(items, key=lambda item: order[item.area]))
