"""Follows a package script to the test runners it starts: `npm run x`, `&&` chains, wrappers, workspaces."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

MAX_DEPTH = 6
MAX_TEXT = 4_000
_SEPARATORS = {"&&", "||", ";", "|", "&", "(", ")", "\n"}
_ENV = re.compile(r"^[A-Za-z_]\w*=")
# Words before a command that only set the scene for it.
_WRAPPERS = {
    "cross-env", "cross-env-shell", "env", "npx", "pnpx", "bunx", "dotenv", "dotenvx", "env-cmd", "nyc", "c8", "time",
    "exec", "command", "sudo", "nice", "xvfb-run", "is-ci-cli", "wait-on", "infisical", "doppler", "op", "varlock",
    "borp-", "tsx-", "run", "start-server-and-test",
}  # fmt: skip
_RUNNERS = {
    "vitest": "vitest", "jest": "jest", "mocha": "mocha", "_mocha": "mocha", "ava": "ava", "electron-mocha": "mocha",
    "mochapack": "mocha", "ts-mocha": "mocha", "react-scripts": "jest", "react-app-rewired": "jest", "craco": "jest",
    "playwright": "playwright", "cypress": "cypress", "borp": "node:test", "tap": "tap", "tape": "tape", "uvu": "uvu",
    "jasmine": "jasmine", "karma": "karma", "lab": "lab", "qunit": "qunit", "wtr": "web-test-runner",
    "web-test-runner": "web-test-runner", "vue-cli-service": "vue-cli", "ng": "angular", "umi-test": "jest",
    "rstest": "rstest", "wdio": "webdriverio", "detox": "detox", "testcafe": "testcafe", "nightwatch": "nightwatch",
    "pytest": "pytest", "expo": "", "astro": "", "storybook": "", "test-storybook": "storybook",
}  # fmt: skip
# These run tests only with this word after them.
_SUBCOMMANDS = {"react-scripts": "test", "react-app-rewired": "test", "craco": "test", "playwright": "test",
                "ng": "test", "vue-cli-service": "test:unit"}  # fmt: skip
_BROWSER = {"playwright", "cypress", "webdriverio", "detox", "testcafe", "nightwatch", "storybook"}
COUNTED = {"vitest", "jest", "mocha", "node:test", "ava"}
"""Runners whose results can be read."""
_ORCHESTRATORS = {"turbo", "nx", "lerna", "wireit", "lage", "rush", "moon", "ultra"}
_WATCH = {"--watch", "--watchAll", "-w", "watch", "--ui"}
_MANAGERS = {"npm", "pnpm", "yarn", "bun"}
_MANAGER_WORDS = {"install", "add", "ci", "exec", "dlx", "create", "publish", "audit", "link", "build", "workspace"}


@dataclass(slots=True)
class Reached:
    """What a script starts, in order."""

    runners: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    """The texts it goes through, "test: vitest run"."""
    watch: bool = False
    workspaces: bool = False
    """It hands over to the packages of a workspace."""
    unknown: list[str] = field(default_factory=list)
    """Programs that are none of the above: a runner of its own, a shell script."""

    def meets(self, runner: str) -> None:
        if runner and runner not in self.runners:
            self.runners.append(runner)

    @property
    def counted(self) -> list[str]:
        return [runner for runner in self.runners if runner in COUNTED]

    @property
    def browser_only(self) -> bool:
        return bool(self.runners) and all(runner in _BROWSER for runner in self.runners)


def follow(name: str, scripts: Mapping[str, str]) -> Reached:
    """Everything that `npm run NAME` starts, its pre and post scripts included."""
    reached = Reached()
    _script(name, scripts, reached, 0)
    return reached


def commands(text: str) -> list[list[str]]:
    """The simple commands of a shell line, as words; a line that cannot be split is one word."""
    lexer = shlex.shlex(text[:MAX_TEXT], posix=True, punctuation_chars="();&|\n")
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    lexer.commenters = ""
    found: list[list[str]] = [[]]
    try:
        for word in lexer:
            if word in _SEPARATORS or set(word) <= set("();&|\n"):
                found.append([])
            else:
                found[-1].append(word)
    except ValueError:
        return [[text[:MAX_TEXT]]]
    return [words for words in found if words]


def _script(name: str, scripts: Mapping[str, str], reached: Reached, depth: int) -> None:
    if depth > MAX_DEPTH:
        return
    for each in ("pre" + name, name, "post" + name):
        text = scripts.get(each)
        row = f"{each}: {text}"
        if not isinstance(text, str) or row in reached.scripts:
            continue
        reached.scripts.append(row)
        for words in commands(text):
            _command(words, scripts, reached, depth)


def _command(words: list[str], scripts: Mapping[str, str], reached: Reached, depth: int) -> None:
    words = _bare(words)
    if not words or depth > MAX_DEPTH:
        return
    program, rest = words[0].rpartition("/")[2], words[1:]
    program = re.sub(r"(\.[cm]?js|\.cmd)$", "", program)
    if program in _MANAGERS:
        _manager(program, rest, scripts, reached, depth)
    elif program in ("run-s", "run-p", "npm-run-all", "npm-run-all2"):
        for pattern in (each for each in rest if not each.startswith("-")):
            _matching(pattern.partition(" ")[0], scripts, reached, depth)
    elif program == "concurrently":
        for each in rest:
            if each.startswith(("npm:", "pnpm:", "yarn:")):
                _matching(each.partition(":")[2], scripts, reached, depth)
            elif " " in each:
                for inner in commands(each):
                    _command(inner, scripts, reached, depth + 1)
    elif program in _ORCHESTRATORS:
        reached.workspaces = True
    elif program in ("node", "tsx", "bun", "ts-node", "babel-node"):
        _node(program, rest, reached)
    elif program == "deno" and rest[:1] == ["test"]:
        reached.meets("deno")
    elif program in _RUNNERS:
        _runner(program, rest, reached)
    elif program in ("sh", "bash", "make", "just", "task", "docker", "docker-compose", "gulp", "grunt"):
        reached.unknown.append(" ".join([program, *rest[:2]]))


def _bare(words: list[str]) -> list[str]:
    """Without leading variables, wrappers and their options."""
    for _ in range(12):
        if not words:
            return words
        head = words[0].rpartition("/")[2]
        if _ENV.match(words[0]) or words[0] == "--":
            words = words[1:]
        elif head in _WRAPPERS:
            words = words[1:]
            while words and (words[0].startswith("-") or _ENV.match(words[0])):
                # An option that takes a value: `dotenv -e .env.test -- jest`.
                takes = words[0] in ("-e", "-f", "-c", "-v", "-p", "--env-file", "--package") and len(words) > 2
                words = words[2:] if takes else words[1:]
        else:
            return words
    return words


def _manager(program: str, rest: list[str], scripts: Mapping[str, str], reached: Reached, depth: int) -> None:
    if program == "bun" and rest[:1] == ["test"]:
        reached.meets("bun")
        return
    spread = {"-r", "--recursive", "-ws", "--workspaces", "--workspace", "-w", "--filter", "-F", "workspaces"}
    if spread & set(rest) or any(each.startswith(("--filter=", "--workspace=")) for each in rest):
        reached.workspaces = True
        return
    while rest and rest[0].startswith("-"):
        # `npm --prefix web test`, `yarn --cwd web test`: another package's script.
        if rest[0] in ("--prefix", "--cwd", "-C", "--dir"):
            reached.workspaces = True
            return
        rest = rest[1:]
    if not rest:
        return
    first = rest[0]
    if first in ("run", "run-script"):
        target = next((each for each in rest[1:] if not each.startswith("-")), "")
        _script(target, scripts, reached, depth + 1)
    elif first in ("exec", "dlx", "x"):
        _command([each for each in rest[1:] if each != "--"], scripts, reached, depth + 1)
    elif first in ("t", "tst"):
        _script("test", scripts, reached, depth + 1)
    elif first in scripts:
        _script(first, scripts, reached, depth + 1)
    elif first not in _MANAGER_WORDS:
        _command(rest, scripts, reached, depth + 1)


def _matching(pattern: str, scripts: Mapping[str, str], reached: Reached, depth: int) -> None:
    for name in scripts:
        if name == pattern or fnmatchcase(name, pattern.replace("**", "*")):
            _script(name, scripts, reached, depth + 1)


def _node(program: str, rest: list[str], reached: Reached) -> None:
    if "--test" in rest:
        reached.meets("node:test")
        reached.watch |= "--watch" in rest
        return
    target = next((each for each in rest if not each.startswith("-")), "")
    found = re.search(r"(?:^|/)(?:\.bin/)?(vitest|jest|_?mocha|ava)(?:/bin/\w+|/\w+)?(?:\.[cm]?js)?$", target)
    if found and ("node_modules" in target or "/bin/" in target):
        _runner(found[1], rest, reached)
    elif target:
        reached.unknown.append(f"{program} {target}")


def _runner(program: str, rest: list[str], reached: Reached) -> None:
    wanted = _SUBCOMMANDS.get(program)
    if wanted and wanted not in rest:
        return
    if program == "vitest" and rest[:1] in (["bench"], ["list"], ["typecheck"], ["init"]):
        return
    reached.meets(_RUNNERS[program])
    if any(word in _WATCH or (word.startswith("--watch=") and not word.endswith("=false")) for word in rest):
        # `vitest --ui --run` and `--watch=false` end by themselves.
        reached.watch |= "--run" not in rest and not (program == "mocha" and "--watch" not in rest and "-w" not in rest)
    if program == "vitest" and rest[:1] in (["dev"], ["watch"]):
        reached.watch = True
