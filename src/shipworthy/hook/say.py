"""What the commit hook says: plain lines, everything from the repository made visible, no value."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from shipworthy.hook.look import Looked
from shipworthy.text import plural, visible

if TYPE_CHECKING:
    from shipworthy.facts.secrets import Sighting

MOST = 20
"""Places shown; the rest is counted."""
SKIP = "git commit --no-verify"
_ALLOW = "gitleaks:allow"


def report(looked: Looked, *, everything: bool = False) -> list[str]:
    """The lines for a person; none where everything was looked into and nothing found."""
    if not looked.secrets and not looked.unread:
        left = _left_out(looked)
        return [f"shipworthy: no secret in {_files(looked, everything)}; not looked into: {left}"] if left else []
    lines = list(_secrets(looked, everything)) if looked.secrets else []
    if looked.unread:
        lines += _unread(looked, everything)
    if not everything:
        lines.append(f"  To commit all the same, without a look: {SKIP}")
    return lines


def _files(looked: Looked, everything: bool) -> str:
    return plural(looked.files, "text file" if everything else "staged text")


def _left_out(looked: Looked) -> str:
    kinds = sorted(looked.left_out.items())
    parts = [plural(count, kind, "files in Git LFS" if "LFS" in kind else None) for kind, count in kinds]
    return ", ".join(parts)


def _secrets(looked: Looked, everything: bool) -> Iterator[str]:
    found = looked.secrets
    where = "the files git holds" if everything else "what you are about to commit, so it is blocked"
    yield f"shipworthy: {plural(len(found), 'secret')} in {where}."
    yield ""
    shown = [(visible(str(each.location), 200), each) for each in found[:MOST]]
    width = min(max(len(where) for where, _ in shown), 60)
    for place, each in shown:
        yield f"  {place:<{width}}  {visible(_what(each), 120)}: {visible(each.masked, 60)}"
    if len(found) > MOST:
        yield f"  and {len(found) - MOST} more"
    yield ""
    yield from _first(found)
    if looked.unread:
        yield ""


def _what(each: Sighting) -> str:
    """ "API_TOKEN is set to a token", "Stripe live secret key"."""
    return each.says.removesuffix(" stands")


def _first(found: list[Sighting]) -> Iterator[str]:
    from shipworthy.facts.secrets.context import context_of
    from shipworthy.facts.secrets.providers import provider_of

    env = [each.location.path or "" for each in found if context_of(each.location.path or "").role == "env"]
    if env:
        path = visible(env[0], 200)
        name = visible(posixpath.basename(env[0]), 100)
        yield f"  First: keep the file out of git: git rm --cached -- {_quoted(path)}, and add {name} to .gitignore."
    if len(env) < len(found):
        yield "  First: put the value into the environment or a secret store, read it from there, stage the file again."
    steps = dict.fromkeys(provider_of(each.rule, each.provider).first for each in found)
    yield "  Was it ever pushed or shared before? Then revoke it, whatever you do with the file:"
    yield from (f"    {visible(step, 300)}" for step in list(steps)[:5])
    yield f"  No secret? Say so on its line, in a comment: {_ALLOW}"


def _unread(looked: Looked, everything: bool) -> Iterator[str]:
    blocked = "" if everything else ", so this commit is blocked"
    yield f"shipworthy: {plural(len(looked.unread), 'file')} could not be looked into{blocked}."
    for path, why in looked.unread[:MOST]:
        yield f"  {visible(path, 200)}: {why}"
    if len(looked.unread) > MOST:
        yield f"  and {len(looked.unread) - MOST} more"
    if not everything:
        path = visible(looked.unread[0][0], 200)
        yield f"  Leave it out of the commit (git restore --staged -- {_quoted(path)}), or keep it in Git LFS."


def _quoted(path: str) -> str:
    from shlex import quote

    return quote(path)
