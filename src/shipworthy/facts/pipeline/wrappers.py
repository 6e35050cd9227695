"""Takes the wrappers off a command line: `xvfb-run`, `timeout 60`, `npx`, `env A=b`, `python -m`, and so on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MAX_LAYERS = 12
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_PYTHON = re.compile(r"(python|pypy|python[23](\.\d+)?|python3\.\d+t?|py)(\.exe)?")
_MODULE = re.compile(r"-[bBdEiIOPqRsSuvx]*m")
_PACKAGE_FILE = re.compile(
    r"(?:[^\s]{0,200}/)?node_modules/((?:@[\w.-]+/)?[\w.-]+)/(?:[\w.-]+/){0,3}_?([\w.-]+?)(?:\.[cm]?js)?"
)
_NO_NAMES = {"cli", "index", "main", "run", "bin"}
_DURATION = re.compile(r"\d+(\.\d+)?[smhd]?")


@dataclass(frozen=True, slots=True)
class _Wrapper:
    """How a wrapper is written: options that take a word, and words that stand before the command."""

    valued: frozenset[str] = frozenset()
    words: int = 0


def _wrapper(valued: str = "", words: int = 0) -> _Wrapper:
    return _Wrapper(frozenset(valued.split()), words)


# Programs whose remaining words are a command of their own.
_PLAIN: Mapping[str, _Wrapper] = {
    "sudo": _wrapper("-u -g -C -h -p -r -t --user --group"),
    "doas": _wrapper("-u"),
    "env": _wrapper("-u -C -S --unset --chdir"),
    "exec": _wrapper("-a"),
    "command": _wrapper(),
    "builtin": _wrapper(),
    "time": _wrapper("-f -o"),
    "nice": _wrapper("-n"),
    "ionice": _wrapper("-c -n"),
    "nohup": _wrapper(),
    "setsid": _wrapper(),
    "stdbuf": _wrapper("-i -o -e"),
    "unbuffer": _wrapper(),
    "caffeinate": _wrapper(),
    "timeout": _wrapper("-k -s --kill-after --signal", 1),
    "gtimeout": _wrapper("-k -s --kill-after --signal", 1),
    "xvfb-run": _wrapper("-n -s -e -f -p -w --server-num --server-args --error-file --auth-file --wait"),
    "xvfb-maybe": _wrapper("-n -s -e -f -p -w --server-num --server-args"),
    "srun": _wrapper("-n -N -c -p -t -A -J -o -e -w -q -G --ntasks --nodes --cpus-per-task --partition --time"),
    "dbus-run-session": _wrapper("--config-file"),
    "dbus-launch": _wrapper(),
    "catchsegv": _wrapper(),
    "arch": _wrapper(),
    "gosu": _wrapper("", 1),
    "cross-env": _wrapper(),
    "cross-env-shell": _wrapper(),
    "env-cmd": _wrapper("-f -e -r --file --environments --rc-file"),
    "dotenv": _wrapper("-e -f -p -v -c --env-file"),
    "dotenvx": _wrapper("-f -e --env-file"),
    "doppler": _wrapper("-p -c -t --project --config --token"),
    "infisical": _wrapper("--env --path --projectId"),
    "aws-vault": _wrapper("", 1),
    "c8": _wrapper(
        "-r --reporter -o --reports-dir -x --exclude -n --include --temp-directory --src --lines --branches "
        "--functions --statements -c --config"
    ),
    "nyc": _wrapper("-r --reporter -t --temp-dir -x --exclude -n --include -e --extension --report-dir --nycrc-path"),
    "npx": _wrapper("-p --package -w --workspace"),
    "pnpx": _wrapper("-p --package"),
    "bunx": _wrapper("-p --package"),
    "pipx": _wrapper("--spec --python --index-url --pip-args"),
    "uvx": _wrapper("-p --python --with --from --index --with-requirements --with-editable -c"),
    "bundle": _wrapper("--gemfile"),
    "conda": _wrapper("-n -p --name --prefix --cwd"),
    "mamba": _wrapper("-n -p --name --prefix"),
    "micromamba": _wrapper("-n -p --name --prefix"),
    "direnv": _wrapper("", 1),
    "wait-for-it": _wrapper("-t --timeout"),
    "wait-for-it.sh": _wrapper("-t --timeout"),
    "dockerize": _wrapper("-wait -timeout -template"),
    "asdf": _wrapper(),
    "rtk": _wrapper(),
    "ts-node": _wrapper("-P --project -r --require -O --compiler-options"),
    "gh-retry": _wrapper(),
}
# Sub-commands behind which the command stands ("uv run", "conda run").
_SECOND: Mapping[str, frozenset[str]] = {
    "bundle": frozenset({"exec"}),
    "pipx": frozenset({"run"}),
    "conda": frozenset({"run"}),
    "mamba": frozenset({"run"}),
    "micromamba": frozenset({"run"}),
    "dotenvx": frozenset({"run"}),
    "doppler": frozenset({"run"}),
    "infisical": frozenset({"run"}),
    "aws-vault": frozenset({"exec"}),
    "direnv": frozenset({"exec"}),
    "asdf": frozenset({"exec"}),
    "dotenv": frozenset({"run"}),
}
_FOLDER_OPTIONS = {"env": ("-C", "--chdir"), "conda": ("--cwd",)}


@dataclass(frozen=True, slots=True)
class Stripped:
    """A command without its wrappers. `folder` is where a wrapper moves it, `doubt` why it may not run."""

    words: tuple[str, ...]
    variables: Mapping[str, str]
    folder: str | None = None
    doubt: str = ""
    as_binary: bool = False
    """It names an installed program, not a script of the package manager."""


def program_of(word: str) -> str:
    """The program's name without its folder and without `.exe`, `.cmd`."""
    name = word.replace("\\", "/").rsplit("/", 1)[-1]
    return re.sub(r"\.(exe|cmd|bat|ps1)$", "", name, flags=re.I) if "." in name else name


def is_python(word: str) -> bool:
    return bool(_PYTHON.fullmatch(program_of(word)))


def skip_options(words: Sequence[str], at: int, valued: frozenset[str]) -> int:
    """The position of the first word that is neither an option nor an option's value."""
    while at < len(words):
        word = words[at]
        if word == "--":
            return at + 1
        if not word.startswith("-") or word == "-":
            return at
        at += 2 if word in valued and "=" not in word else 1
    return at


def option(words: Sequence[str], *names: str) -> str | None:
    """The value of an option in either form (`-f x`, `--file=x`); None where it is not given."""
    for at, word in enumerate(words):
        if word in names:
            return words[at + 1] if at + 1 < len(words) else ""
        for name in names:
            if name.startswith("--") and word.startswith(name + "="):
                return word[len(name) + 1 :]
    return None


def strip(words: Sequence[str]) -> Stripped:
    """The command a shell line comes down to."""
    here = list(words)
    variables: dict[str, str] = {}
    folder: str | None = None
    doubt, binary = "", False
    for _ in range(MAX_LAYERS):
        while here and _ASSIGNMENT.match(here[0]):
            key, _, value = here.pop(0).partition("=")
            variables[key] = value
        if not here:
            break
        name = program_of(here[0])
        if name in ("uv", "rye", "pixi") and "run" in here[1:4]:
            break
        if name == "xargs":
            here = here[skip_options(here, 1, frozenset(["-n", "-P", "-I", "-L", "-d", "-a", "-s"])) :]
            doubt = "xargs runs it only if it is given something"
            continue
        if name in ("coverage", "kernprof", "slipcover") or (
            is_python(name) and any(map(_MODULE.fullmatch, here[1:6]))
        ):
            after = _python_module(here, name)
            if after is None or after == here:
                break
            here, binary = after, True
            continue
        installed = _installed(here, name)
        if installed:
            here, binary = installed, True
            continue
        wrapper = _PLAIN.get(name)
        if wrapper is None or name == "ts-node":
            break
        at = skip_options(here, 1, wrapper.valued)
        moved = option(here[:at], *_FOLDER_OPTIONS[name]) if name in _FOLDER_OPTIONS else None
        folder = moved or folder
        second = _SECOND.get(name)
        if second is not None:
            if at < len(here) and here[at] in second:
                at = skip_options(here, at + 1, wrapper.valued)
            elif name != "dotenv":
                break
        for _ in range(wrapper.words):
            at = skip_options(here, at, wrapper.valued) + 1
        at = skip_options(here, at, wrapper.valued)
        call = option(here[:at], "-c", "--call") if name == "npx" else None
        if call:
            here = call.split()
            continue
        if at >= len(here):
            break
        if name in ("npx", "pnpx", "bunx", "uvx", "pipx"):
            binary = True
            here = [re.sub(r"(?<=.)@[^/]*$", "", here[at]), *here[at + 1 :]]
        else:
            here = here[at:]
    return Stripped(tuple(here), variables, folder, doubt, binary)


def _installed(words: list[str], name: str) -> list[str]:
    """`php vendor/bin/X …` and `node node_modules/X/bin/X.js …` as `X …`; empty where that is not what stands there."""
    start = skip_options(words, 1, frozenset({"-r", "--require", "--import"})) if name == "node" else 0
    package = _PACKAGE_FILE.fullmatch(words[start][:300]) if start < len(words) else None
    if package is not None and package[1] != ".bin":
        own = {"@playwright/test": "playwright", "@angular/cli": "ng"}.get(package[1])
        return [own or (package[1] if package[2] in _NO_NAMES else package[2]), *words[start + 1 :]]
    folder = {"php": "vendor/bin/", "phpdbg": "vendor/bin/", "node": "node_modules/.bin/"}.get(name)
    at = skip_options(words, 1, frozenset({"-d", "-r", "--require"})) if folder else len(words)
    if folder is None or at >= len(words) or folder not in words[at]:
        return []
    rest = words[at].rpartition(folder)[2]
    return [rest, *words[at + 1 :]] if rest and "/" not in rest else []


def _python_module(words: list[str], name: str) -> list[str] | None:
    """`python -m X …` and `coverage run -m X …` as `X …`; None where that is not what stands there."""
    if name == "coverage":
        if len(words) < 2 or words[1] != "run":
            return None
        at = 2
        while at < len(words) and words[at].startswith("-"):
            if words[at] in ("-m", "--module"):
                return words[at + 1 :] or None
            at += 2 if words[at] in ("--source", "--rcfile", "--omit", "--include", "--context", "--data-file") else 1
        return ["python", *words[at:]] if at < len(words) else None
    at = 1
    while at < len(words) and words[at].startswith("-"):
        if _MODULE.fullmatch(words[at]):
            return words[at + 1 :] or None
        at += 2 if words[at] in ("-W", "-X", "--source", "--include", "--omit") else 1
    if name == "slipcover" and at < len(words):
        return ["python", *words[at:]]
    return None
