"""What the text of a program of the repository shows of tests, where the program itself is not followed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shipworthy.facts.pipeline.shell_words import join_path
from shipworthy.facts.pipeline.tree import Tree
from shipworthy.facts.pipeline.wrappers import skip_options
from shipworthy.project import is_test_path

_RUNS_TESTS = re.compile(
    r"\b(pytest|unittest|nose2?|tox|nox|doctest|jest|vitest|mocha|ava|tape|playwright|cypress|karma|phpunit|rspec|ctest)\b"
    r"|(go|cargo|npm|yarn|pnpm|bun|deno|make|gradlew?|mvn)[\"', ]+(run[\"', ]+)?test|node:test|--test\b"
)
_PYTHON_ENTRY = re.compile(
    r"\bunittest\.main\(|(sys\.exit|SystemExit|exit)\(\s*(int\(\s*)?pytest\.main\("
    r"|sys\.argv(\[0\]|\[:1\])?\s*,\s*[\"']test[\"']|execute_from_command_line\(\[[^\]\n]{0,40}[\"']test[\"']"
)
_NODE_ENTRY = re.compile(
    r"""(require\(|from\s+)["'](node:test|node:assert(/strict)?|assert(/strict)?|tape|tap|uvu|ava)["']"""
)


_VALUED = frozenset(
    {"-r", "--require", "--import", "--loader", "-P", "--project", "-O", "--compiler-options", "--tsconfig", "-W", "-X"}
)
_ENDINGS = ("", ".ts", ".js", ".mjs", ".cjs", ".mts", ".cts", ".tsx", "/index.ts", "/index.js")


def program_path(tree: Tree, folder: str | None, words: Sequence[str]) -> str | None:
    """The file of the repository that an interpreter is given, also without its ending; None where it is given none."""
    at = skip_options(words, 1, _VALUED)
    path = join_path(folder, words[at]) if at < len(words) else None
    if path is None:
        return None
    return next((path + ending for ending in _ENDINGS if tree.is_file(path + ending)), None)


def entry_of(path: str, text: str) -> re.Match[str] | None:
    """Where a program runs tests itself; None where its text does not show it."""
    entry = _PYTHON_ENTRY if path.endswith(".py") else _NODE_ENTRY if is_test_path(path) else None
    return entry.search(text) if entry else None


def starts_tests(text: str) -> bool:
    """Whether a program's text names what runs tests."""
    return bool(_RUNS_TESTS.search(text))


_DEPLOYS = re.compile(
    r"\b(npm|pnpm|yarn|cargo|uv|poetry|bun|lerna)[\"', ]{1,4}(npm[\"', ]{1,4})?publish\b|['\"]publish['\"]"
    r"|twine[\"', ]{1,4}upload|kubectl[\"', ]{1,4}apply|helm[\"', ]{1,4}upgrade|s3[\"', ]{1,4}sync"
    r"|docker[\"', ]{1,4}(compose[\"', ]{1,4})?push|gh[\"', ]{1,4}release[\"', ]{1,4}(create|upload)"
    r"|\b(fly|flyctl|firebase|wrangler|vercel|netlify)[\"', ]{1,4}deploy|\.(deploy|createDeployment)\("
    r"|\bgh-?pages\.publish\("
)


def starts_deploys(text: str) -> bool:
    """Whether a program's text names what deploys or publishes."""
    return bool(_DEPLOYS.search(text))
