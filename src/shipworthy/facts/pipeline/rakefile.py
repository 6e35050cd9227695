"""Follows `rake`: its tasks one by one, and without any those that its Rakefile runs by default.

Source: Rake's manual ("Rakefile format": `task default: [:spec]`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from shipworthy.facts.pipeline.fact import Kind, Link
from shipworthy.facts.pipeline.neutral import could_test
from shipworthy.facts.pipeline.resolve import Frame, Resolver, shown

_FILES = ("Rakefile", "rakefile", "Rakefile.rb", "rakefile.rb")
_DEFAULT = re.compile(r"""^[ \t]*task[ \t(]*(?::default|["']default["'])[ \t]*=>[ \t]*(.{0,300})""", re.M)
_DEFAULT_NEW = re.compile(r"^[ \t]*task[ \t(]*default:[ \t]*(.{0,300})", re.M)
_TESTS = re.compile(
    r"(?:test|spec):(?!prepare$)\w+|parallel:(?:test|spec|features)|cucumber(?::\w+)?|jasmine:ci|teaspoon"
    r"|knapsack(?:_pro)?:(?:(?:queue:)?(?:rspec|minitest|cucumber)|test_unit)"
)
"""Tasks of Rails, rspec-rails, parallel_tests, knapsack, cucumber, jasmine and teaspoon, from their manuals."""
_PREPARES = re.compile(r"db:|parallel:(?!test|spec|features)|assets:|test:prepare$")
_NAME = re.compile(r"""(?::|["'])([\w:]+)""")


def _task(r: Resolver, task: str, frame: Frame) -> None:
    name = task.partition("[")[0]
    if name in ("test", "spec"):
        r.leaf(["rake", name], frame)
    elif _TESTS.fullmatch(name):
        r.note(Kind.TEST, ["rake", name], frame)
    elif could_test(name) and not _PREPARES.match(name):
        r.lose(f"the rake task {shown([name])} is not followed", frame)
    else:
        r.leaf(["rake", name], frame)


def rake(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`rake` with its tasks, or alone."""
    tasks = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    if tasks:
        for task in tasks:
            _task(r, task, frame)
        return True
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
            _task(r, name, here)
    if not found and could_test(text):
        r.lose("what `rake` runs by default is not written in the Rakefile", inner)
    return True
