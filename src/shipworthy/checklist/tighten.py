"""Makes an item of a checklist stricter by what a project's own file says of it, and refuses everything else."""

from __future__ import annotations

from dataclasses import replace

from shipworthy.checklist.document import Section, shown
from shipworthy.checklist.items import levels
from shipworthy.model import LEVEL_ORDER, Item, Risk

RISK_ORDER = tuple(reversed(Risk))
_ONLY = "Here levels and risk can be raised and `fix` and `references` added to; levels are relaxed in policy.toml."


def tighten(item: Item, section: Section) -> Item | None:
    """`item` with raised levels, a raised risk, added steps and references; None where the table asks for other things.

    Any other key may stand there only with the value it has already: who decides, by which check and with which words
    an item is settled are never a project's to change.
    """
    section.raw("id")
    profiles = dict(item.profiles)
    if "profiles" in section:
        for profile, level in levels(section).items():
            if LEVEL_ORDER.index(level) < LEVEL_ORDER.index(item.level(profile)):
                section.wrong(
                    "profiles", f'lowers "{profile}" from {item.level(profile)} to {level}', "Only a policy relaxes."
                )
            profiles[profile] = level
    risk = item.risk
    if "risk" in section and (asked := section.choice("risk", Risk)) is not None:
        if RISK_ORDER.index(asked) < RISK_ORDER.index(risk):
            section.wrong("risk", f"lowers the risk from {risk} to {asked}", _ONLY)
        risk = asked
    fix, references = item.fix, item.references
    if "fix" in section:
        fix = _joined(item.fix, section.texts("fix", most=20))
    if "references" in section:
        references = _joined(item.references, section.texts("references", most=50, limit=120))
    for key in ("area", "title", "failing_title", "why", "decides", "attest", "not_applicable", "minutes", "check"):
        if key in section and section.raw(key) != getattr(item, key):
            section.wrong(key, f"cannot be changed here: it is {_value(getattr(item, key))}", _ONLY)
    if not section.close():
        return None
    return replace(item, profiles=profiles, risk=risk, fix=fix, references=references)


def _joined(have: tuple[str, ...], more: list[str]) -> tuple[str, ...]:
    """What is there, and behind it what is new."""
    return have + tuple(each for each in dict.fromkeys(more) if each not in have)


def _value(value: object) -> str:
    return "not set" if value is None else shown(value)
