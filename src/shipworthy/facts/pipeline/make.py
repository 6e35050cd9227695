"""Follows make: targets, prerequisites, recipes, variables. Source: the GNU make manual."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shipworthy.facts.pipeline.fact import Link, no, unsure
from shipworthy.facts.pipeline.resolve import Frame, Resolver
from shipworthy.facts.pipeline.shell import Options
from shipworthy.facts.pipeline.shell_words import join_path
from shipworthy.facts.pipeline.values import HOLE

_VALUED = {"-f", "-C", "-j", "-l", "-o", "-W", "-I", "--file", "--makefile", "--directory", "--jobs", "--include-dir"}
_ASSIGNMENT = re.compile(r"(?:export\s+|override\s+)*([A-Za-z_.][\w.-]*)\s*(\?=|:::?=|\+=|!=|=)\s*(.*)")
_RULE = re.compile(r"([^\s:=#][^:=#]*?)\s*(::?)(?!=)\s*([^;#]*)(?:;(.*))?")
_CONDITION = re.compile(r"(ifeq|ifneq|ifdef|ifndef|else|endif)\b")
_REFERENCE = re.compile(r"\$(?:\(([^()$]*)\)|\{([^{}$]*)\}|([@<^*%?])|\$)")
MAX_INCLUDES = 20
MAX_LINE = 8_000


@dataclass(slots=True)
class _Rule:
    path: str
    line: int
    needs: list[str] = field(default_factory=list)
    recipe: list[tuple[int, str, bool]] = field(default_factory=list)
    """(line, text, whether a make condition decides over it)."""


@dataclass(slots=True)
class Makefile:
    """What a makefile and those it includes say."""

    rules: dict[str, _Rule] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    open: bool = False
    """It includes something that is not in the repository."""
    first: str = ""
    one_shell: bool = False
    phony: set[str] = field(default_factory=set)
    ignores: set[str] | None = None
    """Targets whose failures `.IGNORE` lets pass: empty for all of them."""


def _logical(text: str) -> list[tuple[int, str]]:
    """(line, text) with continued lines joined."""
    found: list[tuple[int, str]] = []
    held, start = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        if not held:
            start = number
        if line.endswith("\\") and not line.endswith("\\\\"):
            held += line[:-1] + (" " if not (held or line).startswith("\t") else "\\\n")
            continue
        found.append((start, held + line))
        held = ""
    return [*found, (start, held)] if held else found


def read(r: Resolver, path: str, into: Makefile, depth: int = 0) -> None:
    """Add a makefile's rules and variables."""
    text = r.tree.text(path)
    if text is None or depth > MAX_INCLUDES:
        into.open = True
        return
    current: list[_Rule] = []
    conditions: list[bool | None] = []
    for line, raw in _logical(text):
        if len(raw) > MAX_LINE:
            into.open = True
            continue
        if raw.startswith("\t") and current:
            if False not in conditions:
                for rule in current:
                    rule.recipe.append((line, raw[1:], None in conditions))
            continue
        stripped = raw.split("#", 1)[0].strip()
        if not stripped:
            continue
        condition = _CONDITION.match(stripped)
        if condition:
            _conditional(condition[1], stripped[condition.end() :].strip(), conditions, into)
            continue
        if False in conditions:
            continue
        include = re.match(r"(-?include|sinclude)\s+(.+)", stripped)
        if include:
            for word in expand(include[2], into).split():
                other = join_path(posixpath.dirname(path) or ".", word)
                if other is not None and r.tree.is_file(other):
                    read(r, other, into, depth + 1)
                else:
                    into.open = True
            continue
        assignment = _ASSIGNMENT.fullmatch(stripped)
        if assignment:
            _assign(into, assignment[1], assignment[2], assignment[3], None in conditions)
            current = []
            continue
        rule_text = _RULE.fullmatch(stripped)
        if rule_text:
            current = _rule(into, path, line, rule_text, None in conditions)


def _conditional(word: str, rest: str, conditions: list[bool | None], into: Makefile) -> None:
    """`ifeq (a,b)`, `ifdef X`, `else`, `endif`: the stack of what is known to hold."""
    if word == "endif":
        del conditions[-1:]
        return
    if word == "else":
        before = conditions.pop() if conditions else None
        conditions.append(None if before is None else not before)
        other = _CONDITION.match(rest)
        if other and conditions[-1] is not False:
            conditions.pop()
            _conditional(other[1], rest[other.end() :].strip(), conditions, into)
        return
    if word in ("ifdef", "ifndef"):
        value = into.variables.get(rest)
        known = None if into.open or value == HOLE else bool(value)
        conditions.append(known if word == "ifdef" or known is None else not known)
        return
    match = re.fullmatch(r"\(([^,()]*),([^,()]*)\)|[\"'](.*?)[\"']\s+[\"'](.*?)[\"']", expand(rest, into))
    if match is None or HOLE in match[0]:
        conditions.append(None)
        return
    left, right = (match[1], match[2]) if match[1] is not None else (match[3], match[4])
    same = left.strip() == right.strip()
    conditions.append(same if word == "ifeq" else not same)


def _assign(into: Makefile, name: str, sign: str, value: str, conditional: bool) -> None:
    if sign == "+=":
        value = f"{into.variables.get(name, '')} {value}".strip()
    elif sign == "!=" or (conditional and name in into.variables and into.variables[name] != value):
        value = HOLE
    elif sign == "?=" and name in into.variables:
        return
    elif sign in (":=", "::="):
        value = expand(value, into)
    into.variables[name] = value


def _rule(into: Makefile, path: str, line: int, match: re.Match[str], conditional: bool) -> list[_Rule]:
    targets, needs = expand(match[1], into).split(), expand(match[3].split("|")[0], into).split()
    if targets == [".ONESHELL"]:
        into.one_shell = True
    if targets == [".PHONY"]:
        into.phony.update(needs)
    if targets == [".IGNORE"]:
        # Once without a target it holds for all, whatever else is named.
        into.ignores = set() if not needs or into.ignores == set() else {*(into.ignores or ()), *needs}
    rules = []
    for target in targets:
        if target.startswith(".") and target.isupper():
            continue
        rule = into.rules.get(target)
        if rule is None or match[2] == "::":
            rule = into.rules.setdefault(target, _Rule(path, line))
        rule.needs += [need for need in needs if need not in rule.needs]
        if match[4]:
            rule.recipe.append((line, match[4].strip(), conditional))
        if not into.first and "%" not in target:
            into.first = target
        rules.append(rule)
    return rules


def expand(text: str, makefile: Makefile, target: str = "", depth: int = 0) -> str:
    """Make's variables replaced; `HOLE` for functions and for what is not known."""

    def one(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        if match[3]:
            return target if match[3] == "@" else HOLE
        name = (match[1] if match[1] is not None else match[2] or "").strip()
        if name == "MAKE":
            return "make"
        if name == "CURDIR":
            return "."
        if name in makefile.variables:
            return expand(makefile.variables[name], makefile, target, depth + 1) if depth < 10 else HOLE
        if not re.fullmatch(r"[\w.-]+", name) or makefile.open:
            return HOLE
        return {"PYTHON": HOLE, "SHELL": "sh", "GO": HOLE, "NPM": HOLE}.get(name, "")

    previous = None
    # Inner references first: `$(call f,$(X))`; a few rounds are enough for every real makefile.
    for _ in range(4):
        previous, text = text, _REFERENCE.sub(lambda m: "\ue002" if m[0] == "$$" else one(m), text)
        if previous == text or len(text) > 20_000:
            break
    return text.replace("\ue002", "$")


def _whole(r: Resolver, path: str) -> Makefile:
    makefile = Makefile()
    read(r, path, makefile)
    return makefile


_IGNORING = re.compile(r"(^|\s)(-?[A-Za-z]*i[A-Za-z]*|--ignore-errors)(?=\s|$)")
"""Options in MAKEFLAGS: letters with or without a dash, or in full."""


def make(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`make`, `make -C dir test A=b`."""
    folder, files, targets, given = frame.folder, [], [], dict[str, str]()
    at = 1
    while at < len(words):
        word = words[at]
        name, _, value = word.partition("=")
        if word.startswith("-"):
            following = words[at + 1] if at + 1 < len(words) else ""
            taken = name in _VALUED and not value and (name != "-j" or following.isdigit())
            text = value or (following if taken else "")
            if name in ("-C", "--directory"):
                folder = join_path(folder, text)
            elif word.startswith("-C") and len(word) > 2 and not word.startswith("--"):
                folder = join_path(folder, word[2:])
            elif name in ("-f", "--file", "--makefile"):
                files.append(text)
            elif name in ("-n", "--dry-run", "--just-print", "-i", "--ignore-errors", "-q", "-t"):
                why = "only prints the commands" if name in ("-n", "--dry-run", "--just-print") else "ignores failures"
                frame = frame.masked(no(f"`make {name}` {why}"))
            at += 1 if taken else 0
        elif re.fullmatch(r"[A-Za-z_]\w*", name) and "=" in word:
            given[name] = value
        else:
            targets.append(word)
        at += 1
    names = files or ["GNUmakefile", "makefile", "Makefile"]
    path = next((each for each in (join_path(folder, name) for name in names) if each and r.tree.is_file(each)), None)
    if path is None:
        r.lose(f"`{' '.join(words)[:60]}`: there is no makefile in the repository for it", frame)
        return True
    parsed = r.tree.kept("make", path, lambda: _whole(r, path))
    makefile = replace(parsed, variables={**parsed.variables, **given})
    for name, values in frame.variables.items():
        makefile.variables.setdefault(name, values[0] if len(values) == 1 else HOLE)
    if _IGNORING.search(makefile.variables.get("MAKEFLAGS", "")):
        frame = frame.masked(no("MAKEFLAGS ignores failures"))
    for target in targets or [makefile.first]:
        _target(r, makefile, target, path, replace(frame, folder=folder))
    return True


def _target(r: Resolver, makefile: Makefile, target: str, path: str, frame: Frame) -> None:
    rule = makefile.rules.get(target)
    if rule is None:
        if makefile.open or any("%" in each for each in makefile.rules) or HOLE in target:
            r.lose(f"`make {target}`: this target was not found in {path}".replace(HOLE, "…"), frame)
        return
    nested = frame.enter("make", path, target)
    if nested is None:
        return
    made = join_path(frame.folder, target)
    if target not in makefile.phony and made is not None and r.tree.exists(made) and not _rebuilt(rule, makefile):
        # Make finds what it is asked to make and has nothing to do.
        nested = nested.doubt(no(f"make does nothing: {made} exists and the target “{target}” is not .PHONY"))
    for need in rule.needs:
        if need in makefile.rules:
            link = Link(rule.path, rule.line, f"{target}: {need}"[:80])
            _target(r, makefile, need, path, nested.at(link))
    if makefile.ignores is not None and (not makefile.ignores or target in makefile.ignores):
        nested = nested.masked(no(f"`.IGNORE` in {path} ignores failures"))
    strict = makefile.variables.get(".SHELLFLAGS", "")
    flags = strict.split()
    options = Options(errexit=any(f.startswith("-") and "e" in f for f in flags), pipefail="pipefail" in flags)
    if makefile.one_shell:
        _recipe(
            r,
            rule,
            "\n".join(text.lstrip("@-+ ") for _, text, _ in rule.recipe),
            rule.line,
            False,
            nested,
            options,
            makefile,
            target,
        )
        return
    for line, text, conditional in rule.recipe:
        _recipe(r, rule, text, line, conditional, nested, options, makefile, target)


def _rebuilt(rule: _Rule, makefile: Makefile) -> bool:
    """Whether a prerequisite that is always made anew makes the target anew."""
    return any(need in makefile.phony or (need in makefile.rules and not rule.recipe) for need in rule.needs)


def _recipe(
    r: Resolver,
    rule: _Rule,
    text: str,
    line: int,
    conditional: bool,
    frame: Frame,
    options: Options,
    makefile: Makefile,
    target: str,
) -> None:
    """One line of a recipe, which is a shell of its own."""
    marks = re.match(r"[@+\-\s]*", text)
    prefix = marks[0] if marks else ""
    command = expand(text[len(prefix) :], makefile, target)
    if "-" in prefix:
        frame = frame.masked(no("make ignores the failure of a line that starts with “-”"))
    if conditional:
        frame = frame.doubt(unsure("only if a condition of the makefile holds"))
    variables = {name: (value,) for name, value in makefile.variables.items() if HOLE not in value and "$" not in value}
    here = replace(frame, variables={**frame.variables, **variables})
    r.script(command, here, lambda row: Link(rule.path, line + row, command.strip()[:80]), options=options)
