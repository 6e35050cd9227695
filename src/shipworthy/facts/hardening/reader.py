"""Reads how hardened the pipeline is: every file of every CI system that was found, by the rules of its system."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shipworthy.facts.base import FactReader, Facts, View
from shipworthy.facts.hardening import github, others, zizmor
from shipworthy.facts.hardening.fact import Degree, Engine, Hardening, Weakness
from shipworthy.facts.hardening.github_target import Targets
from shipworthy.facts.hardening.github_text import follow, pasted
from shipworthy.facts.hardening.sheet import Sheet
from shipworthy.facts.hardening.shells import weak_commands
from shipworthy.facts.pipeline.fact import CiSystem, NotRead, Pipeline
from shipworthy.facts.pipeline.followers import FOLLOWERS
from shipworthy.facts.pipeline.gathering import Read
from shipworthy.facts.pipeline.resolve import Found, Lost, Resolver
from shipworthy.facts.pipeline.shell import Options
from shipworthy.facts.pipeline.shell_words import Values
from shipworthy.facts.pipeline.systems import READERS
from shipworthy.facts.pipeline.systems.plan import Plan, Script
from shipworthy.facts.pipeline.tree import Tree
from shipworthy.facts.pipeline.triggers import Surroundings
from shipworthy.project.yaml import BadData, load_yaml, why_bad

_ACTION = re.compile(r"(.*/)?action\.ya?ml")
_NOT_OURS = re.compile(r"(^|/)(templates?|examples?|samples?|fixtures|testdata|tests?|test[-_]?data)/", re.I)
_WORSE = list(Degree)
MAX_TEXT = 4_000
SHOWN = 120


class HardeningReader(FactReader[Hardening]):
    """Whole-repository reader: the pipeline's files, and those that they include."""

    needs = (Pipeline,)

    def read(self, view: View, facts: Facts) -> Hardening:
        tree = Tree(view)
        systems = facts[Pipeline].systems
        owner = _owner(view)
        lost: list[NotRead] = []
        found: list[Weakness] = []
        sheets = _sheets(tree, [each.path for each in systems if each.name == "github"], lost)
        found += _github(sheets, owner, lost)
        engine: Engine | None = None
        if sheets:
            engine, second = zizmor.second_opinion(
                {path: sheet.text for path, sheet in sheets.items()}, view.project.root
            )
            found = zizmor.joined(found, second)
        files = list(sheets)
        for system in systems:
            if system.name != "github":
                rows, read = _other(tree, system, owner, lost)
                found += rows
                files += [each for each in read if each not in files]
        return Hardening(
            weaknesses=tuple(_grouped(_masked(found))),
            files=tuple(files),
            not_understood=tuple(dict.fromkeys(replace(each, reason=_mask([each.reason])[0]) for each in lost)),
            engine=engine,
            read=tuple(view.seen),
            gaps=tuple(view.gaps),
        )


def _owner(view: View) -> str:
    """Whose the repository is at its host, in lower case, by its remote; "" where nothing tells."""
    git = view.project.git
    remote = git.answer("config", "--get", "remote.origin.url") if git is not None else None
    match = re.search(r"(?:://[^/]+/|^[\w.-]+@[\w.-]+:)([\w.-]{1,100})/[^/]", (remote or "")[:400])
    return match[1].lower() if match else ""


def _sheets(tree: Tree, workflows: list[str], lost: list[NotRead]) -> dict[str, Sheet]:
    """Every workflow and every composite or Docker action; actions only where there are workflows."""
    found: dict[str, Sheet] = {}
    actions = [path for path in sorted(tree.files) if _ACTION.fullmatch(path) and tree.files[path].by_hand]
    for path in [*workflows, *(actions if workflows else ())]:
        nested = "/.github/" in path or (_NOT_OURS.search(path) is not None and not path.startswith(".github/"))
        if path in actions and nested:
            continue
        data, text = tree.yaml(path), tree.text(path)
        if isinstance(data, Mapping) and text is not None and isinstance(data.get("jobs", data.get("runs")), Mapping):
            found[path] = Sheet(path, data, text)
        elif path in workflows or path in tree.bad:
            lost.append(NotRead(path=path, line=1, reason=tree.bad.get(path) or "it has no jobs"))
    return found


def _github(sheets: Mapping[str, Sheet], owner: str, lost: list[NotRead]) -> list[Weakness]:
    calls, starts = follow(sheets)
    targets = Targets(sheets, calls, starts)
    for path, sheet in sheets.items():
        targeted = targets.look(sheet)
        unread = github.look(sheet, owner, starts[path], targeted=targeted)
        if unread:
            lost.append(NotRead(path=path, line=1, reason=unread))
        pasted(sheet, calls)
    return [row for sheet in sheets.values() for row in sheet.found]


@dataclass(slots=True)
class _Listener(Plan):
    """A plan that notes down the scripts a system's reader hands it, and follows none of them."""

    scripts: dict[Script, None] = field(default_factory=dict)

    def resolved(
        self, script: Script, options: Options, folder: str | None, variables: Mapping[str, Values]
    ) -> tuple[list[Found], list[Lost]]:
        self.scripts[script] = None
        return [], []


class _Listed(Tree):
    """A tree that notes which files it was asked for."""

    def __init__(self, tree: Tree) -> None:
        super().__init__(tree.view)
        self.asked: dict[str, None] = {}

    def text(self, path: str) -> str | None:
        self.asked[path] = None
        return super().text(path)

    def parsed(self, path: str, system: str) -> list[Any] | None:
        """The documents of a file as its system reads them; None where they are not valid."""
        if system != "gitlab":
            found = self.documents(path)
            return None if path in self.bad else found
        try:
            return load_yaml((self.text(path) or "").encode("utf-8", "replace"), last_wins=True)
        except BadData as error:
            self.bad[path] = why_bad(error)
            return None


def _other(tree: Tree, system: CiSystem, owner: str, lost: list[NotRead]) -> tuple[list[Weakness], list[str]]:
    """What is weak in one file of another system and in the files it includes; and which were understood."""
    if not system.is_read:
        lost.append(NotRead(path=system.path, line=None, reason=f"{system.title} is not read yet"))
        return [], []
    listed = _Listed(tree)
    plan = _Listener(Resolver(listed, FOLLOWERS), Surroundings([], None, None), Read(), system.name, system.path)
    READERS[system.name](plan)
    lost += plan.read.not_read
    found: list[Weakness] = []
    for script in plan.scripts:
        found += _scripted(script)
        if weak_commands(script.text) is None:
            lost.append(NotRead(path=script.rows[0].path, line=script.rows[0].line, reason="a script is too large"))
    if system.name == "jenkins":
        found += others.look_in_groovy(system.path, listed.text(system.path) or "")
        return found, [system.path]
    paths = [path for path in dict.fromkeys([system.path, *listed.asked]) if path in listed.files]
    understood: list[str] = []
    for path in paths:
        if path != system.path and not path.endswith((".yml", ".yaml")):
            continue
        documents = listed.parsed(path, system.name)
        if documents is None:
            lost.append(NotRead(path=path, line=1, reason=listed.bad[path]))
            continue
        for data in documents:
            found += others.look(system.name, path, data, owner)
        if not any(row.path == path for row in lost):
            understood.append(path)
    return found, understood


def _scripted(script: Script) -> Iterator[Weakness]:
    for each in weak_commands(script.text) or ():
        link = script.here(each.row)
        yield Weakness(rule=each.rule, degree=each.degree, path=link.path, line=link.line, what=each.what, why=each.why)


def _mask(texts: list[str]) -> list[str]:
    """Texts on one line each, secrets replaced by bullets, and only then cut."""
    if not texts:
        return []
    from shipworthy.facts.secrets.mask import mask_text

    plain = [" ".join(text.split())[:MAX_TEXT] for text in texts]
    masked = mask_text("commands.sh", "\n".join(plain)).split("\n")
    return [each[:SHOWN] for each in masked] if len(masked) == len(plain) else ["…" for _ in plain]


def _masked(found: list[Weakness]) -> list[Weakness]:
    texts = list(dict.fromkeys([text for row in found for text in (row.what, row.why)]))
    known = dict(zip(texts, _mask(texts), strict=True))
    return [replace(row, what=known[row.what], why=known[row.why]) for row in found]


def _grouped(found: list[Weakness]) -> Iterator[Weakness]:
    """Rows by file and line, where the same in several lines of a file is one row of the worst degree."""
    groups: dict[tuple[str, str, str], list[Weakness]] = {}
    for row in found:
        groups.setdefault((row.path, row.rule, row.what), []).append(row)
    joined: list[Weakness] = []
    for rows in groups.values():
        rows.sort(key=lambda row: (_WORSE.index(row.degree), row.line))
        lines = sorted({row.line for row in rows} - {rows[0].line})
        joined.append(replace(rows[0], more=tuple(lines[:50])))
    yield from sorted(joined, key=lambda row: (row.path, row.line, row.rule))
