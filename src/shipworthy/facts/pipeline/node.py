"""Follows npm, yarn, pnpm and bun: scripts of package.json with their pre and post scripts, workspaces, and binaries.

Source: the package managers' own command references.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from shipworthy.facts.pipeline.fact import unsure
from shipworthy.facts.pipeline.globs import matches
from shipworthy.facts.pipeline.packages import (
    has_script,
    package_of,
    run_everywhere,
    run_script,
    select,
    workspaces,
)
from shipworthy.facts.pipeline.resolve import Frame, Resolver, fixed
from shipworthy.facts.pipeline.shell_words import join_path
from shipworthy.facts.pipeline.words import words as _words

_FOLDER = {"--prefix", "-C", "--cwd", "--dir"}
_FILTER = {"--filter", "-F", "--workspace", "--filter-prod", "--scope"}
_ALL = {"-r", "--recursive", "--workspaces", "-ws", "--all"}
_VALUED = _words(
    """
        --loglevel --userconfig --workspace-concurrency --reporter --config --cache -j --jobs --from --include --exclude
        --network-timeout --store-dir --concurrency --mutex --modules-folder --ignore
        """
)
_BEFORE_SCRIPT = {"run", "run-script", "workspaces", "foreach", "workspace", "exec", "dlx", "recursive", "m", "multi"}
_RUN = {"run", "run-script", "rum", "urn"}
_TEST = {"test", "t", "tst"}
_BUILT_IN = _words(
    """
        install i ci clean-install add remove rm uninstall un update up upgrade audit publish pack link unlink login
        logout whoami version init create config cache list ls ll outdated dedupe prune rebuild rb info view show search
        help set get import why dist-tag owner deprecate fetch store patch setup env root bin prefix doctor explain fund
        sbom install-clean approve-builds ignored-builds self-update completion plugin policies constraints stage node
        pm deploy
        """
)


@dataclass(slots=True)
class _Line:
    """A package manager's command line, taken apart."""

    words: list[str]
    """The sub-command and what follows it."""
    folder: str | None
    filters: list[str]
    everywhere: bool = False
    if_present: bool = False


def _take_apart(words: Sequence[str], folder: str | None, *, late: bool) -> _Line:
    """`late`: options are read behind the script's name too, up to `--` (npm); else they end where it stands."""
    line = _Line([], folder, [])
    at = 1
    while at < len(words):
        word = words[at]
        name, _, value = word.partition("=")
        if word == "--":
            line.words += words[at + 1 :]
            break
        if not word.startswith("-") or word == "-":
            line.words.append(word)
            if not late and word not in _BEFORE_SCRIPT:
                line.words += words[at + 1 :]
                break
        elif name in _FOLDER:
            at += 0 if value else 1
            line.folder = join_path(line.folder, value or (words[at] if at < len(words) else ""))
        elif name in _FILTER or (name == "-w" and late):
            at += 0 if value else 1
            line.filters.append(value or (words[at] if at < len(words) else ""))
        elif name in _ALL:
            line.everywhere = True
        elif name == "--if-present":
            line.if_present = True
        elif name in _VALUED and not value:
            at += 1
        at += 1
    return line


def _script_or_binary(r: Resolver, line: _Line, frame: Frame, *, binary: bool) -> None:
    """`yarn X`, `pnpm X`: the script X where there is one, else the installed program X."""
    name, args = line.words[0], line.words[1:]
    here = replace(frame, folder=line.folder)
    if line.everywhere or line.filters:
        folders = select(r, line.folder, line.filters)
        if not folders and line.filters:
            r.lose(f"no package fits the filter {line.filters[0]}", frame)
        elif binary and not any(has_script(r, folder, name) for folder in folders):
            for folder in folders:
                r.command(line.words, replace(frame, folder=folder))
        else:
            run_everywhere(r, folders, name, args, frame)
    elif not binary or has_script(r, line.folder, name):
        run_script(r, name, args, here, if_present=line.if_present)
    else:
        r.command(line.words, here)


def _before_publishing(r: Resolver, words: Sequence[str], line: _Line, frame: Frame) -> None:
    """Scripts that npm and pnpm run before they publish the package of this folder."""
    if len(line.words) == 1 and not line.filters and not {"--ignore-scripts", "--dry-run"} & set(words):
        for name in ("prepublishOnly", "prepack", "prepare"):
            if has_script(r, line.folder, name):
                run_script(r, name, (), replace(frame, folder=line.folder))


def npm(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    line = _take_apart(words, frame.folder, late=True)
    if not line.words:
        return True
    command = line.words[0]
    if command == "publish":
        _before_publishing(r, words, line, frame)
    if command in ("exec", "x"):
        r.command(line.words[1:], replace(frame, folder=line.folder))
        return True
    if (
        command in _RUN
        or command in _TEST
        or command in ("start", "stop", "restart", "it", "cit", "install-test", "install-ci-test")
    ):
        if command in _RUN:
            line.words = line.words[1:]
        elif command in _TEST or "t" in command[-2:]:
            line.words = ["test", *line.words[1:]] if command not in ("start", "restart") else line.words
        if line.words:
            _script_or_binary(r, line, frame, binary=False)
        return True
    return False


def pnpm(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    line = _take_apart(words, frame.folder, late=False)
    if line.words[:1] in (["recursive"], ["m"], ["multi"]):
        line.words, line.everywhere = line.words[1:], True
    if not line.words:
        return True
    command = line.words[0]
    if command in ("exec", "dlx"):
        r.command([word for word in line.words[1:] if word != "--"], replace(frame, folder=line.folder))
    elif command in _RUN:
        line.words = line.words[1:]
        if line.words:
            _script_or_binary(r, line, frame, binary=False)
    elif command in _TEST:
        line.words[0] = "test"
        _script_or_binary(r, line, frame, binary=False)
    elif command in _BUILT_IN and not has_script(r, line.folder, command):
        if command == "publish":
            _before_publishing(r, words, line, frame)
        return False
    elif command not in ("install", "i", "add", "ci"):
        _script_or_binary(r, line, frame, binary=True)
    return True


def yarn(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    line = _take_apart(words, frame.folder, late=False)
    if not line.words:
        return True
    command = line.words[0]
    if command == "workspaces" and len(line.words) > 1:
        rest = [word for word in line.words[1:] if word not in ("foreach", "run")]
        if rest:
            run_everywhere(r, workspaces(r, line.folder), rest[0], rest[1:], frame)
    elif command == "workspace" and len(line.words) > 2:
        folders = select(r, line.folder, [line.words[1]])
        if not folders:
            r.lose(f"there is no workspace {line.words[1]}", frame)
        for folder in folders:
            yarn(r, ["yarn", *line.words[2:]], replace(frame, folder=folder))
    elif command in ("exec", "dlx"):
        r.command([word for word in line.words[1:] if word != "--"], replace(frame, folder=line.folder))
    elif command in _RUN:
        line.words = line.words[1:]
        if line.words:
            _script_or_binary(r, line, frame, binary=True)
    elif command == "test":
        _script_or_binary(r, line, frame, binary=False)
    elif command in _BUILT_IN and not has_script(r, line.folder, command):
        return False
    else:
        _script_or_binary(r, line, frame, binary=True)
    return True


def bun(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    line = _take_apart([word for word in words if word not in ("--bun", "-b")], frame.folder, late=False)
    if not line.words:
        return True
    command = line.words[0]
    if command == "test":
        return False
    if command in ("x", "exec"):
        r.command(line.words[1:], replace(frame, folder=line.folder))
        return True
    if command in _RUN:
        line.words = line.words[1:]
    elif command in _BUILT_IN and not has_script(r, line.folder, command):
        return False
    if line.words:
        path = join_path(line.folder, line.words[0])
        if path is not None and r.tree.is_file(path):
            return False
        _script_or_binary(r, line, frame, binary=True)
    return True


def run_several(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """npm-run-all, run-s, run-p: names and patterns of scripts."""
    package = package_of(r, frame.folder)
    scripts = package[1].get("scripts") if package else None
    names = list(scripts) if isinstance(scripts, dict) else []
    hidden = {"--continue-on-error", "-c"} & set(words)
    if hidden:
        frame = frame.doubt(unsure(f"`{min(hidden)}` goes on after a failure")) if "-c" not in hidden else frame
    for word in words[1:]:
        if word == "--":
            break
        if word.startswith("-"):
            continue
        name = word.split(" ")[0]
        chosen = (
            [each for each in names if matches(name.replace("**", "*").replace("*", "**"), each)]
            if "*" in name
            else [name]
        )
        for each in chosen:
            run_script(r, each, (), frame)
    return True


def concurrently(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """concurrently: each word is a command line, `npm:x` a script."""
    valued = {
        "-n",
        "--names",
        "-c",
        "--prefix-colors",
        "-p",
        "--prefix",
        "-l",
        "-m",
        "--max-processes",
        "-s",
        "--success",
    }
    success = next((words[at + 1] for at, word in enumerate(words[:-1]) if word in ("-s", "--success")), "all")
    if success in ("first", "last"):
        frame = frame.masked(unsure(f"`--success {success}` looks at one command only"))
    at = 1
    while at < len(words):
        word = words[at]
        if word.startswith("-"):
            at += 2 if word in valued else 1
            continue
        match = re.fullmatch(r"(?:npm|yarn|pnpm|bun):(.+)", word)
        if match:
            run_several(r, ["run-p", match[1]], frame)
        else:
            r.script(word, replace(frame, chain=frame.chain[:-1]), fixed(frame.chain[-1]))
        at += 1
    return True


def start_server(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """start-server-and-test: server, address and test, each a script or a command."""
    plain = [word for word in words[1:] if not word.startswith("-")]
    for word in plain[-1:]:
        if has_script(r, frame.folder, word):
            run_script(r, word, (), frame)
        else:
            r.script(word, replace(frame, chain=frame.chain[:-1]), fixed(frame.chain[-1]))
    return True
