"""Whether a `git` or `checkout` step brings in the change that is built, or another branch or repository."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain

from shipworthy.facts.pipeline.fact import YES, Said, no, unsure
from shipworthy.facts.pipeline.systems.jenkins_text import plain_text
from shipworthy.facts.pipeline.systems.jenkins_tree import Called, Group, Item, deep, is_name, is_text
from shipworthy.facts.pipeline.systems.jenkins_when import Scope, Setting
from shipworthy.facts.pipeline.values import HOLE, OneOf

_REPOSITORY = re.compile(r"[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?$")


def checked_out(link: Called, scope: Scope, own: str | None, setting: Setting) -> Said:
    """How surely the folder then holds what is built. `own`: "owner/name" of this repository, where it is known.

    `git` takes its branch from the file ("master" where none is given), never from the change that is built.
    """
    given = list(chain(*link.args, *link.named.values()))
    rows = list(deep(given))
    if any(is_name(item, "scm") for row in rows for item in row):
        return YES
    texts = [plain_text([item], scope) for row in rows for item in row if is_text(item)]
    url = next((text for text in texts if "://" in text or re.match(r"[\w.-]+@[\w.-]+:", text)), "")
    named = _REPOSITORY.search(url)
    if own and named and HOLE not in url and named[1].lower() != own.lower():
        return unsure(f"it works on another repository ({named[1]})")
    if link.name == "git":
        branch = plain_text(link.named["branch"], scope) if "branch" in link.named else "master"
    else:
        branch = _branch(rows, scope)
    branch = re.sub(r"^(?:\*/|refs/heads/|origin/|refs/remotes/origin/)", "", branch)
    if not branch or HOLE in branch or "*" in branch:
        return YES
    if isinstance(setting.branch, OneOf) and branch.lower() in [each.lower() for each in setting.branch.values]:
        return YES
    return no(f"it checks out branch {branch}, whatever is built")


def _branch(rows: Sequence[Sequence[Item]], scope: Scope) -> str:
    """The one branch of `branches: [[name: '*/main']]`; "" where there is none, or several."""
    found = set()
    for row in rows:
        for at, item in enumerate(row[:-2]):
            if is_name(item, "branches") and isinstance(row[at + 2], Group):
                inner = [each for inner_row in deep(row[at + 2 : at + 3]) for each in inner_row]
                found |= {plain_text([each], scope) for each in inner if is_text(each)}
                if not any(is_text(each) for each in inner):
                    return ""
    return found.pop() if len(found) == 1 else ""
