"""Which commands install packages, and whether they install exactly what a lock of the repository holds.

Sources: the package managers' own command references, on what each does with its lock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from shipworthy.facts.pipeline.fact import YES, Install, Said, no, unsure
from shipworthy.facts.pipeline.install_pip import pip, pip_tool, unpinned
from shipworthy.facts.pipeline.install_words import Line, line_of_words, lock_in, truthy
from shipworthy.facts.pipeline.shell_words import Values
from shipworthy.facts.pipeline.tree import Tree
from shipworthy.facts.pipeline.wrappers import program_of

_PIPED = re.compile(r"\b(curl|wget)\b[^|]*\|\s*(sudo\s+(-\S+\s+)*)?(env\s+)?(\w+=\S*\s+)*(/bin/)?(ba|z)?sh\b")
_NPM_LOCKS = ("package-lock.json", "npm-shrinkwrap.json")
_NPM_INSTALL = {"install", "i", "in", "ins", "inst", "isntall", "add", "it", "install-test"}
_NPM_FROZEN = {"ci", "clean-install", "ic", "install-clean", "isntall-clean", "cit", "install-ci-test"}
_CARGO = {
    "build",
    "b",
    "check",
    "c",
    "test",
    "t",
    "run",
    "r",
    "clippy",
    "bench",
    "doc",
    "nextest",
    "fetch",
    "llvm-cov",
    "rustc",
}
_GO = {"build", "test", "vet", "run", "install", "generate"}


def installs(
    words: Sequence[str], folder: str | None, variables: Mapping[str, Values], tree: Tree, text: str = ""
) -> Iterator[Install]:
    """What a command installs, one row for each way: nothing for most commands.

    `words` are without wrappers; `text` is the line it stands on.
    """
    name = program_of(words[0])
    if name == "pip" or re.fullmatch(r"pip3(\.\d+)?", name):
        yield from pip(line_of_words(words, folder, tree, variables))
    elif name in ("sh", "bash", "zsh") and set(words[1:2]) <= {"-s", "-", "--"} and _PIPED.search(text):
        yield Install(tool="script", frozen=YES, aside="it runs whatever program the address hands out that day")
    elif name in _TOOLS:
        line = line_of_words(words, folder, tree, variables)
        if not {"--help", "-h", "--version", "--dry-run"} & line.options:
            yield from _TOOLS[name](line)


def _no_lock(line: Line, *names: str) -> Said | None:
    """That there is no lock to take; None where there is one."""
    return None if lock_in(line, *names) else no(f"there is no {names[0]} here, so it picks versions itself")


def _global(line: Line, tool: str) -> Iterator[Install]:
    """A program installed for the machine, beside the project's packages."""
    names = [each for each in line.plain[1:] if not each.startswith((".", "/"))]
    loose = [each for each in names if not re.search(r".@[\dv^~=]", each)]
    yield Install(tool=tool, frozen=YES, aside=unpinned(tool, loose) or "pinned")


def _npm(line: Line) -> Iterator[Install]:
    if line.first in _NPM_FROZEN:
        yield Install(tool="npm", frozen=YES, proves=True)
    if line.first not in _NPM_INSTALL or "--package-lock-only" in line.options:
        return
    if {"-g", "--global"} & line.options or line.option("--location") == "global":
        yield from _global(line, "npm")
        return
    names = [each for each in line.plain[1:] if not each.startswith((".", "/"))]
    why = f"`npm {line.first}` may pick other versions than package-lock.json; `npm ci` takes them as they are"
    if names:
        why = f"`npm {line.first} {names[0]}` adds a package that the lock does not hold"
    yield Install(tool="npm", frozen=_no_lock(line, *_NPM_LOCKS) or no(why))


def _berry(line: Line) -> bool:
    """Whether it is Yarn 2 or later, which refuses to change the lock in CI."""
    if line.tree.upwards(line.folder, ".yarnrc.yml"):
        return True
    path = line.tree.upwards(line.folder, "yarn.lock")
    return bool(path and "__metadata:" in (line.tree.text(path) or "")[:2000])


def _yarn(line: Line) -> Iterator[Install]:
    if line.first == "global" and line.plain[1:2] == ["add"]:
        yield from _global(
            Line(line.words, line.plain[1:], line.options, line.folder, line.tree, line.variables), "yarn"
        )
        return
    if line.first in ("add", "up", "upgrade"):
        yield Install(tool="yarn", frozen=no(f"`yarn {line.first}` changes the lock"))
        return
    workspaces = line.plain[:2] == ["workspaces", "focus"]
    if (line.first not in ("", "install") and not workspaces) or (not line.first and "-v" in line.options):
        return
    needs = ("yarn.lock",)
    frozen: Said = no("`yarn install` without `--immutable` (Yarn 1: `--frozen-lockfile`) may change the lock")
    config = line.text(".yarnrc.yml")
    classic = line.text(".yarnrc")
    told = bool({"--immutable", "--frozen-lockfile"} & line.options)
    told = told or bool(re.search(r"^--(install\.)?frozen-lockfile\s+true", classic, re.M))
    always = re.search(r"enableImmutableInstalls:\s*true", config) or truthy(line, "YARN_ENABLE_IMMUTABLE_INSTALLS")
    by_itself = truthy(line, "CI") and not _false(line, "YARN_ENABLE_IMMUTABLE_INSTALLS")
    if not told and ("--no-immutable" in line.options or re.search(r"enableImmutableInstalls:\s*false", config)):
        frozen = no("it is told that the lock may change")
    elif told or always or (by_itself and _berry(line)):
        frozen = YES
    yield Install(tool="yarn", frozen=_no_lock(line, *needs) or frozen, needs=needs)


def _false(line: Line, name: str) -> bool:
    return any(value.lower() in ("0", "false", "no") for value in line.variables.get(name, ()))


def _pnpm(line: Line) -> Iterator[Install]:
    if line.first == "fetch":
        yield Install(tool="pnpm", frozen=_no_lock(line, "pnpm-lock.yaml") or YES, needs=("pnpm-lock.yaml",))
    if line.first == "add":
        if {"-g", "--global"} & line.options:
            yield from _global(line, "pnpm")
        else:
            yield Install(tool="pnpm", frozen=no("`pnpm add` changes the lock"))
    if line.first not in ("install", "i", "ci", "clean-install") or "--lockfile-only" in line.options:
        return
    told = line.option("--frozen-lockfile")
    off = "--no-frozen-lockfile" in line.options or told == "false" or "--fix-lockfile" in line.options
    off = off or bool(re.search(r"^\s*frozen-lockfile\s*=\s*false", line.text(".npmrc"), re.M))
    if line.first in ("ci", "clean-install") or ("--frozen-lockfile" in line.options and told != "false"):
        frozen: Said = YES
    elif off:
        frozen = no("it is told that the lock may change")
    elif truthy(line, "CI"):
        frozen = YES
    else:
        frozen = no("outside a pipeline `pnpm install` may change the lock; `--frozen-lockfile` takes it as it is")
    yield Install(tool="pnpm", frozen=_no_lock(line, "pnpm-lock.yaml") or frozen, proves=frozen.yes)


def _bun(line: Line) -> Iterator[Install]:
    if line.first == "add":
        if {"-g", "--global"} & line.options:
            yield from _global(line, "bun")
        else:
            yield Install(tool="bun", frozen=no("`bun add` changes the lock"))
    if line.first not in ("install", "i", "ci"):
        return
    frozen: Said = no("`bun install` may change the lock; `--frozen-lockfile` takes it as it is")
    if line.first == "ci" or "--frozen-lockfile" in line.options:
        frozen = YES
    yield Install(tool="bun", frozen=_no_lock(line, "bun.lock", "bun.lockb") or frozen, proves=frozen.yes)


def _uv(line: Line) -> Iterator[Install]:
    if line.first == "pip":
        if line.plain[1:2] in (["install"], ["sync"]):
            yield from pip(
                Line(
                    line.words[line.words.index("pip") :],
                    line.plain[1:],
                    line.options,
                    line.folder,
                    line.tree,
                    line.variables,
                )
            )
        return
    if line.plain[:2] == ["tool", "install"]:
        yield from pip_tool("uv tool", line.plain[2:])
        return
    checked = "--locked" in line.own or truthy(line, "UV_LOCKED")
    held = checked or "--frozen" in line.own or truthy(line, "UV_FROZEN")
    if line.first == "lock" and {"--check", "--locked"} & line.own:
        yield Install(tool="uv", frozen=YES, proves=True, aside="pinned")
    if line.first == "add":
        yield Install(tool="uv", frozen=no("`uv add` changes the lock"))
    if line.first not in ("sync", "run") or {"--no-project", "--script"} & line.own:
        return
    if line.first == "run" and ("--no-sync" in line.own or truthy(line, "UV_NO_SYNC")):
        return
    raised = {"--upgrade", "-U", "--upgrade-package", "-P"} & line.own if line.first == "sync" else set()
    frozen: Said = YES if held else no(f"`uv {line.first}` without `--locked` writes a new lock where it thinks fit")
    if raised:
        frozen = no(f"`{min(raised)}` picks newer versions than the lock holds")
    missing = None if held and not raised else _no_lock(line, "uv.lock")
    proved = checked and not raised
    yield Install(tool="uv", frozen=missing or frozen, proves=proved, follows=not raised and missing is None)


def _poetry(line: Line) -> Iterator[Install]:
    if line.first in ("add", "update") or (line.first == "lock" and "--check" not in line.options):
        shown = f"`poetry {line.first}` writes a new lock, so what is installed is not what was committed"
        kept = line.first == "lock" and "--no-update" in line.options
        yield Install(tool="poetry", frozen=unsure(shown) if kept else no(shown))
    if line.first in ("install", "sync"):
        needs = ("poetry.lock",)
        yield Install(tool="poetry", frozen=_no_lock(line, *needs) or YES, needs=needs)


def _pdm(line: Line) -> Iterator[Install]:
    if line.first in ("add", "update"):
        yield Install(tool="pdm", frozen=no(f"`pdm {line.first}` changes the lock"))
    if line.first in ("install", "sync"):
        held = {"--frozen-lockfile", "--check", "--locked", "--no-lock"} & line.options or truthy(
            line, "PDM_FROZEN_LOCKFILE"
        )
        frozen = (
            YES
            if line.first == "sync" or held
            else no("`pdm install` may write a new lock; `pdm sync` takes it as it is")
        )
        yield Install(tool="pdm", frozen=_no_lock(line, "pdm.lock") or frozen, needs=("pdm.lock",))


def _pipenv(line: Line) -> Iterator[Install]:
    if line.first == "update" or (line.first == "install" and line.plain[1:]):
        yield Install(tool="pipenv", frozen=no(f"`pipenv {line.first}` changes the lock"))
    elif line.first in ("install", "sync"):
        held = line.first == "sync" or {"--deploy", "--ignore-pipfile"} & line.options
        frozen = YES if held else no("`pipenv install` may write a new lock; `pipenv sync` takes it as it is")
        yield Install(tool="pipenv", frozen=_no_lock(line, "Pipfile.lock") or frozen)


def _bundle(line: Line) -> Iterator[Install]:
    text = " ".join(line.words)
    if line.first == "config":
        if re.search(r"\b(deployment|frozen)\s+(true|1)\b", text):
            yield Install(tool="bundle", frozen=YES, proves=True, aside="pinned")
        return
    if line.first == "update":
        yield Install(tool="bundle", frozen=no("`bundle update` changes the lock"))
    if line.first not in ("install", ""):
        return
    held = (
        {"--deployment", "--frozen"} & line.options
        or truthy(line, "BUNDLE_FROZEN")
        or truthy(line, "BUNDLE_DEPLOYMENT")
    )
    kept = re.search(r"BUNDLE_(FROZEN|DEPLOYMENT):\s*\"?(true|1)", line.text(".bundle/config"))
    frozen = (
        YES if held or kept else no("`bundle install` may change Gemfile.lock unless `frozen` or `deployment` is set")
    )
    needs = ("Gemfile.lock",)
    yield Install(tool="bundle", frozen=_no_lock(line, *needs) or frozen, needs=needs, follows=lock_in(line, *needs))


def _cargo(line: Line) -> Iterator[Install]:
    if line.first == "install":
        loose = [] if {"--path", "--version", "--vers"} & line.options else line.plain[1:]
        yield from _global(
            Line(line.words, [line.first, *loose], line.options, line.folder, line.tree, line.variables), "cargo"
        )
    if line.first not in _CARGO or not lock_in(line, "Cargo.lock"):
        return
    held = bool({"--locked", "--frozen"} & line.options)
    frozen = YES if held else no(f"`cargo {line.first}` without `--locked` writes a new Cargo.lock where it thinks fit")
    yield Install(tool="cargo", frozen=frozen, proves=held, follows=True)


def _go(line: Line) -> Iterator[Install]:
    if line.first == "install" and any("@" in each for each in line.plain[1:]):
        loose = [each for each in line.plain[1:] if re.search(r"@(latest|master|main|HEAD|upgrade)$", each)]
        yield Install(tool="go", frozen=YES, aside=unpinned("go install", loose) or "pinned")
        return
    if line.first == "get" and line.plain[1:]:
        yield Install(tool="go", frozen=no("`go get` changes go.mod"))
        return
    if line.first in _GO or line.plain[:2] == ["mod", "download"]:
        flags = " ".join(line.variables.get("GOFLAGS", ()))
        if line.option("-mod") == "mod" or "-mod=mod" in line.words or "-mod=mod" in flags:
            yield Install(tool="go", frozen=no("`-mod=mod` lets it change go.mod"))
        elif lock_in(line, "go.sum"):
            yield Install(tool="go", frozen=YES)


def _composer(line: Line) -> Iterator[Install]:
    if line.first in ("update", "require", "upgrade"):
        yield Install(tool="composer", frozen=no(f"`composer {line.first}` changes the lock"))
    if line.first in ("install", "i"):
        needs = ("composer.lock",)
        yield Install(tool="composer", frozen=_no_lock(line, *needs) or YES, needs=needs)


def _dotnet(line: Line) -> Iterator[Install]:
    if line.first in ("restore", "build", "test", "publish") and lock_in(line, "packages.lock.json"):
        held = (
            "--locked-mode" in line.options
            or "-p:RestoreLockedMode=true" in line.words
            or "--no-restore" in line.options
        )
        frozen = (
            YES if held else no(f"`dotnet {line.first}` without `--locked-mode` may pick other versions than the lock")
        )
        yield Install(tool="dotnet", frozen=frozen, proves=held, follows=True)


def _dart(line: Line) -> Iterator[Install]:
    if line.plain[:2] in (["pub", "get"], ["pub", "upgrade"]) and lock_in(line, "pubspec.lock"):
        held = "--enforce-lockfile" in line.options
        frozen = YES if held else no("`pub get` without `--enforce-lockfile` may change the lock")
        yield Install(tool="pub", frozen=frozen)


def _gem(line: Line) -> Iterator[Install]:
    if line.first == "install":
        pinned = {"-v", "--version"} & line.options
        yield Install(tool="gem", frozen=YES, aside=unpinned("gem", [] if pinned else line.plain[1:]) or "pinned")


def _pipx(line: Line) -> Iterator[Install]:
    if line.first == "install":
        yield from pip_tool("pipx", line.plain[1:])


_TOOLS: Mapping[str, Callable[[Line], Iterator[Install]]] = {
    "npm": _npm, "yarn": _yarn, "yarnpkg": _yarn, "pnpm": _pnpm, "bun": _bun, "uv": _uv, "poetry": _poetry,
    "pdm": _pdm, "pipenv": _pipenv, "bundle": _bundle, "bundler": _bundle, "cargo": _cargo, "cross": _cargo, "go": _go,
    "composer": _composer, "dotnet": _dotnet, "dart": _dart, "flutter": _dart, "gem": _gem, "pipx": _pipx,
    "pip-sync": pip,
}  # fmt: skip
