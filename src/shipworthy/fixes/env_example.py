"""Makes the fix for `config-parity`: the names of settings nobody listed go into the example of the env file."""

from __future__ import annotations

import re

from shipworthy.facts.settings import ListingKind, Settings
from shipworthy.facts.stack import Stack
from shipworthy.fixes.desk import Desk, listed
from shipworthy.fixes.lines import appended
from shipworthy.fixes.model import Fix, NoFix

NEW = ".env.example"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,200}", re.ASCII)


def make(desk: Desk) -> Fix | NoFix:
    """One line `NAME=` a setting, without a value, in the nearest example above the code that reads it."""
    settings = desk.fact(Settings)
    wanted: dict[str, list[str]] = {}
    for name, rows in settings.named().items():
        first = next((row for row in rows if row.required), None)
        if first is None or not desk.is_open("setting-not-listed", first.location.path, name):
            continue
        if not _NAME.fullmatch(name):
            desk.refuse(f"{name} cannot be a line of an env file.")
            continue
        wanted.setdefault(_example(desk, settings, first.location.path or ""), []).append(name)
    for path, names in sorted(wanted.items()):
        lines = [f"{name}=" for name in names]
        data = desk.read(path)
        if data is not None:
            desk.change(path, appended(data, lines))
        elif path not in desk.project.files and desk.free(path):
            head = "# Every setting the app reads. Copy this to .env, fill it in, and never commit that.\n"
            desk.make(path, (head + "".join(f"{line}\n" for line in lines)).encode())
        else:
            desk.refuse(f"{path} cannot be made or changed here: git ignores it, or it is no ordinary text file.")
    for finding in desk.of("tied-to-one-machine", "setting-name-computed"):
        desk.refuse(f"{finding.location}: {finding.remedy}")
    names = [name for rows in wanted.values() for name in rows]
    return desk.result(f"List {listed(names)} in {listed(sorted(wanted))}, without values.")


def _example(desk: Desk, settings: Settings, path: str) -> str:
    """The example nearest above a file; where there is none, a new one in the folder of its component."""
    examples = [each.path for each in settings.listings if each.kind is ListingKind.EXAMPLE]
    above = [each for each in examples if path.startswith(each.rpartition("/")[0] + "/") or "/" not in each]
    if above:
        return max(above, key=lambda each: (each.count("/"), each.endswith(NEW)))
    roots = [each.root for each in desk.fact(Stack).components if each.contains(path) and each.root != "."]
    return f"{max(roots, key=len)}/{NEW}" if roots else NEW
