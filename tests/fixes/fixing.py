"""A repository that fails an item, the fix proposed for it, and the item judged again afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.support import NOW, outcome_of

from shipworthy.checklist import load
from shipworthy.facts import Context
from shipworthy.fixes import Fix, NoFix
from shipworthy.fixes.propose import propose, shown
from shipworthy.fixes.undo import apply
from shipworthy.model import Item, Outcome


@cache
def item(name: str) -> Item:
    """An item of the production checklist."""
    return load("production").item(name)


def proposed(name: str, root: Path) -> Fix | NoFix:
    return propose(item(name), root, Context(now=NOW, home=root.parent / "home", advisory_max_age_days=9999))


def fix_of(name: str, root: Path) -> Fix:
    found = proposed(name, root)
    assert isinstance(found, Fix), found.why
    return found


def refusal(name: str, root: Path) -> str:
    found = proposed(name, root)
    assert isinstance(found, NoFix), found.says
    return found.why


def state(root: Path) -> Path:
    """The user's state folder beside the repository."""
    return root.parent / "state"


def applied(name: str, root: Path) -> tuple[Fix, Outcome]:
    """Propose, show, apply; what the item's check says then."""
    fix = fix_of(name, root)
    assert shown(fix, root)
    apply(root, fix, state(root), NOW)
    return fix, outcome_of(name, root, context=Context(now=NOW, home=root.parent / "home"))


def contents(root: Path) -> dict[str, bytes]:
    """Every file outside .git, by path."""
    found = (each for each in sorted(root.rglob("*")) if each.is_file() and ".git" not in each.relative_to(root).parts)
    return {each.relative_to(root).as_posix(): each.read_bytes() for each in found}


def changed(before: Mapping[str, bytes], root: Path) -> dict[str, tuple[bytes | None, bytes | None]]:
    """What differs: path -> (old bytes, new bytes)."""
    after = contents(root)
    return {
        path: (before.get(path), after.get(path))
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
    }
