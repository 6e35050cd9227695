"""Reads the lines of CODEOWNERS as GitHub or GitLab does, and says of each line it does not accept why.

Sources: GitHub, "About code owners"; GitLab, "Code Owners syntax" (sections, roles, exclusions).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from shipworthy.facts.codeowners.fact import Mistake, OwnerRule
from shipworthy.facts.codeowners.patterns import MAX_PATTERN
from shipworthy.sources.hosts.address import HostKind

MAX_RULES = 5_000
_GITHUB_OWNER = re.compile(r"@[A-Za-z0-9][A-Za-z0-9_-]{0,99}(?:/[\w.-]{1,255})?", re.A)
_GITLAB_OWNER = re.compile(r"@(?:@(?:developer|maintainer|owner)s?|[A-Za-z0-9_.][\w./-]{0,254})", re.A)
_ADDRESS = re.compile(r"[^@\s<>,;]{1,200}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,200})")
_SECTION = re.compile(r"(\^?)\[([^\[\]]{1,255})\](?:\[(\d{1,5})\])?(?=\s|$)(.*)")


@dataclass(slots=True)
class Parsed:
    """Rules in file order, and the lines that are none."""

    rules: list[OwnerRule] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    too_many: bool = False


def parse(text: str, kind: HostKind) -> Parsed:
    """The rules of a file's text."""
    found = Parsed()
    section = ""
    default: tuple[str, ...] = ()
    for number, raw in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if len(found.rules) >= MAX_RULES or len(found.mistakes) >= MAX_RULES:
            found.too_many = True
            break
        if kind is HostKind.GITLAB and (match := _SECTION.fullmatch(line[:4_000])):
            section = match[2].strip().lower()
            default, wrong = _owners(_fields(match[4]), kind)
            found.mistakes += [Mistake(line=number, why=f"{each!r} is no owner") for each in wrong]
            continue
        if kind is HostKind.GITLAB and line.startswith(("[", "^[")):
            found.mistakes.append(Mistake(line=number, why="this is neither a section nor a rule"))
            continue
        _rule(found, number, line, kind, section, default)
    return found


def _rule(found: Parsed, number: int, line: str, kind: HostKind, section: str, default: tuple[str, ...]) -> None:
    pattern, *fields = _fields(line) or [""]
    excludes = kind is HostKind.GITLAB and pattern.startswith("!")
    pattern = pattern.removeprefix("!") if excludes else pattern
    if kind is HostKind.GITHUB:
        why = _not_for_github(pattern)
        if why:
            found.mistakes.append(Mistake(line=number, why=why))
            return
    if not pattern.strip("/") or len(pattern) > MAX_PATTERN:
        found.mistakes.append(Mistake(line=number, why="this is no pattern"))
        return
    owners, wrong = _owners(fields, kind)
    found.mistakes += [Mistake(line=number, why=f"{each!r} is no owner") for each in wrong]
    if wrong and kind is HostKind.GITHUB:
        # The whole line is left out there.
        return
    if not fields and not excludes:
        owners = default
    found.rules.append(OwnerRule(line=number, pattern=pattern, owners=owners, section=section, excludes=excludes))


def _not_for_github(pattern: str) -> str:
    if pattern.startswith("!"):
        return "GitHub knows no `!` here"
    if "[" in pattern:
        return "GitHub knows no `[ ]` here"
    return "GitHub takes `\\#` for no name here" if pattern.startswith("\\#") else ""


def _fields(line: str) -> list[str]:
    """Parts between spaces, up to a comment. A backslash keeps a space inside its part."""
    found: list[str] = []
    part = ""
    at = 0
    while at < len(line):
        here = line[at]
        if here == "\\" and at + 1 < len(line):
            # Only a space needs its backslash no more: what else is escaped, the pattern wants to know.
            part += line[at + 1] if line[at + 1] == " " else line[at : at + 2]
            at += 2
            continue
        if here.isspace():
            if part:
                found.append(part)
            part = ""
        elif here == "#" and not part:
            return found
        else:
            part += here
        at += 1
    return [*found, part] if part else found


def _owners(fields: list[str], kind: HostKind) -> tuple[tuple[str, ...], list[str]]:
    """Owners, and what is none."""
    shape = _GITLAB_OWNER if kind is HostKind.GITLAB else _GITHUB_OWNER
    right = [each for each in fields if shape.fullmatch(each) or _ADDRESS.fullmatch(each[:500])]
    return tuple(right), [each[:100] for each in fields if each not in right]
