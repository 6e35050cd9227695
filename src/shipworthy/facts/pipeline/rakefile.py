"""Follows `rake` without a task: to the tasks that its Rakefile runs by default.

Source: Rake's manual ("Rakefile format": `task default: [:spec]`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from shipworthy.facts.pipeline.fact import Link
from shipworthy.facts.pipeline.neutral import could_test
from shipworthy.facts.pipeline.resolve import Frame, Resolver

_FILES = ("Rakefile", "rakefile", "Rakefile.rb", "rakefile.rb")
_DEFAULT = re.compile(r"""^[ \t]*task[ \t(]*(?::default|["']default["'])[ \t]*=>[ \t]*(.{0,300})""", re.M)
_DEFAULT_NEW = re.compile(r"^[ \t]*task[ \t(]*default:[ \t]*(.{0,300})", re.M)
_NAME = re.compile(r"""(?::|["'])([\w:]+)""")


def rake(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`rake` alone; with a task it is a program like others."""
    if any(not word.startswith("-") and "=" not in word for word in words[1:]):
        return False
    path = r.tree.upwards(frame.folder, *_FILES)
    text = r.tree.text(path) if path is not None else None
    inner = frame.enter("rake", path or "")
    if path is None or text is None or inner is None:
        return False
    found = [match for pattern in (_DEFAULT, _DEFAULT_NEW) for match in pattern.finditer(text)]
    for match in found:
        line = text.count("\n", 0, match.start()) + 1
        here = inner.at(Link(path, line, match[0].strip()[:80]))
        for name in _NAME.findall(match[1].partition("#")[0]):
            if name in ("test", "spec"):
                r.leaf(["rake", name], here)
            elif could_test(name):
                r.lose(f"the task {name} of the Rakefile is not followed", here)
    if not found and could_test(text):
        r.lose("what `rake` runs by default is not written in the Rakefile", inner)
    return True
