"""Follows a start command to the programs it runs: through wrappers, package scripts, shell scripts, make targets."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shipworthy.facts.base import View
from shipworthy.facts.serving.fact import Run, Start
from shipworthy.facts.serving.shell import TooLong, commands
from shipworthy.facts.stack.reader import set_aside
from shipworthy.model import Location
from shipworthy.project import FileEntry

MAX_DEPTH = 8
"""How many scripts a start command is followed through."""
MAX_RUNS = 300
MAX_WORDS = 4_000
"""Characters of one command that are kept."""
_RUNNERS = frozenset({"npm", "yarn", "pnpm", "bun"})
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh"})
# Programs that run what follows them; how many words of their own come before it, besides options.
_WRAPPERS = {
    "exec": 0, "env": 0, "tini": 0, "dumb-init": 0, "catatonit": 0, "nohup": 0, "time": 0, "sudo": 0, "command": 0,
    "gosu": 1, "su-exec": 1, "nice": 0, "timeout": 1, "npx": 0, "bunx": 0, "cross-env": 0, "dotenv": 0, "dotenvx": 0,
    "opentelemetry-instrument": 0, "ddtrace-run": 0, "dockerize": 0, "xvfb-run": 0, "chpst": 0, "setsid": 0,
    "wait-for-it.sh": 1, "wait-for-it": 1, "wait-for": 1, "wait-for.sh": 1, "stdbuf": 0, "infisical": 0, "doppler": 0,
}  # fmt: skip
_TWO_WORDS = {
    ("poetry", "run"), ("uv", "run"), ("pipenv", "run"), ("pdm", "run"), ("rye", "run"), ("hatch", "run"),
    ("conda", "run"), ("pnpm", "exec"), ("npm", "exec"), ("yarn", "exec"), ("yarn", "dlx"), ("pnpm", "dlx"),
    ("newrelic-admin", "run-program"), ("micromamba", "run"), ("pixi", "run"), ("doppler", "run"), ("op", "run"),
    ("infisical", "run"), ("bundle", "exec"), ("bun", "x"), ("dotenvx", "run"), ("corepack", "yarn"),
}  # fmt: skip
_WITH_VALUE = frozenset({
    "-u", "-g", "-n", "--name", "-e", "-f", "--env-file", "--group", "--extra", "--with", "--directory", "--project",
    "--python", "-p", "--package", "-t", "-s", "-k", "-P", "--user", "--service-name", "--traces_exporter",
})  # fmt: skip
_BUILT_IN = frozenset({
    "install", "i", "ci", "add", "prune", "cache", "config", "set", "rebuild", "audit", "version", "dedupe", "link",
    "update", "upgrade", "remove", "store", "fetch", "help", "--version", "init", "create", "pack", "publish",
})  # fmt: skip
_STOCK = re.compile(r"(^|/)(docker-[\w-]*entrypoint(\.sh)?|docker-php-entrypoint|_entrypoint\.sh|cnb/process/\w+)$")
"""Entry points of official images: they run what follows them."""
_ASSIGNMENT = re.compile(r"^[A-Za-z_]\w*=")


@dataclass
class _Trail:
    """What is gathered while a start is followed."""

    runs: list[Run] = field(default_factory=list)
    chain: list[Location] = field(default_factory=list)
    opaque: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Place:
    """Where a command stands and with what around it."""

    folder: str
    location: Location
    variables: Mapping[str, str]
    copies: tuple[tuple[str, str], ...]
    depth: int
    within: tuple[str, ...] = ()
    """Scripts being followed, so that one that calls itself ends."""


def joined(folder: str, below: str) -> str:
    """A folder below another, with "." and ".." taken out."""
    parts = [] if folder == "." else folder.split("/")
    for part in below.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts) or "."


def own(entry: FileEntry) -> bool:
    """Whether a file is written for the product."""
    return entry.by_hand and not set_aside(entry.path)


def line_of_text(text: str, needle: str) -> int | None:
    """The 1-based line a text first occurs on."""
    position = text.find(needle)
    return text.count("\n", 0, position) + 1 if position >= 0 else None


def follow(view: View, start: Start, variables: Mapping[str, str], copies: Sequence[tuple[str, str]] = ()) -> Start:
    """The start with the programs it runs, the script lines it goes through, and what could not be followed.

    `variables` are those of the image or service; `copies` are (place in the image, path here) of its COPY lines.
    """
    trail = _Trail()
    _text(view, start.command, (), _Place(start.folder, start.location, variables, tuple(copies), 0), trail)
    return Start(
        command=start.command, location=start.location, source=start.source, folder=start.folder,
        chain=tuple(dict.fromkeys(trail.chain)), runs=tuple(trail.runs), opaque=tuple(dict.fromkeys(trail.opaque)),
    )  # fmt: skip


def _text(view: View, text: str, arguments: Sequence[str], place: _Place, trail: _Trail) -> None:
    try:
        found = commands(text, arguments, place.variables)
    except TooLong as error:
        trail.opaque.append(str(error))
        return
    if not found and text.strip():
        trail.opaque.append("no command was found in its text")
    folder = place.folder
    for command in found:
        if command.words[:1] == ("cd",) and len(command.words) > 1:
            to = command.words[1]
            # An absolute folder is one of the image: here it is known only where one of that name exists.
            inside = joined(".", to)
            held = any(entry.path.startswith(inside + "/") for entry in view.entries())
            folder = joined(folder, to) if not to.startswith("/") else inside if held else place.folder
            continue
        here = _Place(folder, place.location, place.variables, place.copies, place.depth, place.within)
        _words(view, list(command.words), dict(command.variables), here, trail)


def _words(view: View, words: list[str], inline: dict[str, str], place: _Place, trail: _Trail) -> None:
    if place.depth > MAX_DEPTH or len(trail.runs) >= MAX_RUNS:
        trail.opaque.append("it goes through too many scripts")
        return
    words = _unwrapped(words, inline)
    if not words:
        if inline:
            _final(words, inline, place, trail)
        return
    name = words[0].rpartition("/")[2]
    deeper = _Place(
        place.folder, place.location, {**place.variables, **inline}, place.copies, place.depth + 1, place.within
    )
    if name in _SHELLS and (at := _command_option(words)):
        _text(view, words[at], words[at + 2 :], deeper, trail)
    elif name in _SHELLS and any(not word.startswith("-") for word in words[1:]):
        first = next(index for index, word in enumerate(words[1:], 1) if not word.startswith("-"))
        _script(view, words[first:], inline, deeper, trail, certain=True)
    elif name in (".", "source") or name == "eval":
        if name == "eval":
            _text(view, " ".join(words[1:]), (), deeper, trail)
        elif len(words) > 1:
            _script(view, words[1:], inline, deeper, trail, certain=False)
    elif name in _RUNNERS:
        _package_script(view, words, inline, deeper, trail)
    elif name in ("make", "gmake"):
        _make(view, words, inline, deeper, trail)
    elif name in ("foreman", "honcho", "supervisord", "forego", "overmind", "hivemind"):
        _manager(view, words, deeper, trail)
    elif name in ("concurrently", "npm-run-all", "run-p", "run-s"):
        for each in words[1:]:
            if not each.startswith("-"):
                script = (
                    each
                    if name == "concurrently" and not each.startswith("npm:")
                    else f"npm run {each[4:] if each.startswith('npm:') else each}"
                )
                _text(view, script, (), deeper, trail)
    else:
        _script(view, words, inline, deeper, trail, certain=False)


def _unwrapped(words: list[str], inline: dict[str, str]) -> list[str]:
    """The words without the programs around them; variables set on the way go into `inline`."""
    for _ in range(12):
        while words and _ASSIGNMENT.match(words[0]):
            variable, _, value = words.pop(0).partition("=")
            inline[variable] = value
        if not words:
            return words
        name = words[0].rpartition("/")[2]
        if (name, words[1] if len(words) > 1 else "") in _TWO_WORDS:
            rest, own_words = words[2:], 0
            if rest and rest[0] == "--":
                rest = rest[1:]
        elif name in _WRAPPERS:
            rest, own_words = words[1:], _WRAPPERS[name]
        elif _STOCK.search(words[0]) and len(words) > 1:
            rest, own_words = words[1:], 0
        else:
            return words
        if name in ("tini", "dumb-init", "dotenv", "dotenvx") or name.startswith("wait-for"):
            head = rest[: rest.index("--")] if "--" in rest[:12] else None
            if head is not None:
                words = rest[len(head) + 1 :]
                continue
        while rest and (rest[0].startswith("-") or own_words):
            if not rest[0].startswith("-"):
                own_words -= 1
                rest = rest[1:]
            elif rest[0] in _WITH_VALUE and not (name in ("npx", "tini", "bunx") and rest[0] != "-p"):
                rest = rest[2:]
            else:
                rest = rest[1:]
        words = rest
    return words


def _command_option(words: list[str]) -> int | None:
    """Where the text after a shell's -c stands."""
    for index, word in enumerate(words[1:6], 1):
        if re.fullmatch(r"-[a-z]*c", word):
            return index + 1 if index + 1 < len(words) else None
        if not word.startswith("-"):
            return None
    return None


def _final(words: Sequence[str], inline: Mapping[str, str], place: _Place, trail: _Trail) -> None:
    text = " ".join(words)
    if len(text) > MAX_WORDS:
        trail.opaque.append("a command is too long to read")
        text = text[:MAX_WORDS]
    where = trail.chain[-1] if trail.chain and place.depth > 1 else place.location
    trail.runs.append(Run(command=text, variables=tuple(sorted(inline.items())), location=where))


def _script(
    view: View, words: list[str], inline: dict[str, str], place: _Place, trail: _Trail, *, certain: bool
) -> None:
    """A script of this repository is followed; another program is where the trail ends."""
    name = words[0]
    shell = name.endswith((".sh", ".bash"))
    if not (certain or shell or "/" in name):
        _final(words, inline, place, trail)
        return
    path = _find(view, name, place)
    if path is not None and path in place.within:
        return
    source = view.source(path) if path else None
    if path is None or source is None:
        if shell or certain:
            trail.opaque.append(f"{name[:80]} is not in the repository, or in more than one place")
        _final(words, inline, place, trail)
        return
    first = source.text[:80].partition("\n")[0]
    if not (shell or certain) and not re.match(r"#!.{0,40}\b(sh|bash|dash|ash)\b", first):
        _final(words, inline, place, trail)
        return
    trail.chain.append(Location(path=path, line=1))
    inner = _Place(place.folder, place.location, place.variables, place.copies, place.depth + 1, (*place.within, path))
    _text(view, source.text, words[1:], inner, trail)


def _find(view: View, name: str, place: _Place) -> str | None:
    """The repository's file behind a path in an image or a folder; None where there is none, or no single one."""
    for target, source in place.copies:
        plain, wanted = target.rstrip("/"), name.removeprefix("./")
        here = wanted == plain or (wanted == plain.rpartition("/")[2] and "/" not in wanted)
        if plain and here and view.exists(source):
            return source
        if name.startswith(plain + "/") and view.exists(below := joined(source, name[len(plain) + 1 :])):
            return below
    direct = joined("." if name.startswith("/") else place.folder, name)
    if view.exists(direct):
        return direct
    base = name.rpartition("/")[2]
    held = [entry.path for entry in view.entries(base) if own(entry)] if base and not re.search(r"[*?\[]", base) else []
    below_folder = [path for path in held if place.folder == "." or path.startswith(place.folder + "/")]
    chosen = below_folder or held
    return chosen[0] if len(chosen) == 1 else None


def _package_script(view: View, words: list[str], inline: dict[str, str], place: _Place, trail: _Trail) -> None:
    folder, rest, index = place.folder, list[str](), 1
    while index < len(words):
        word = words[index]
        option, equals, value = word.partition("=")
        if option in ("--prefix", "--cwd", "-C", "--dir", "--filter", "-F", "-w", "--workspace"):
            if not equals:
                index += 1
                value = words[index] if index < len(words) else ""
            folder = (
                _workspace(view, value, place.folder)
                if option not in ("--prefix", "--cwd", "-C", "--dir")
                else (joined("." if value.startswith("/") else place.folder, value))
            )
        elif word == "--":
            rest += words[index + 1 :]
            break
        elif word == "workspace" and words[0].endswith("yarn") and index + 1 < len(words):
            index += 1
            folder = _workspace(view, words[index], place.folder)
        elif rest or not word.startswith("-"):
            rest.append(word)
        index += 1
    if rest[:1] in (["run"], ["run-script"]):
        rest = rest[1:]
    name = rest[0] if rest else ""
    if not name or name in _BUILT_IN or "." in name:
        _final(words, inline, place, trail)
        return
    path = "package.json" if folder == "." else f"{folder}/package.json"
    if not view.exists(path) and place.folder == ".":
        held = [entry.path for entry in view.entries("package.json") if own(entry)]
        path = held[0] if len(held) == 1 else path
    document: Any = view.json(path)
    scripts = document.get("scripts") if isinstance(document, dict) else None
    script = scripts.get(name) if isinstance(scripts, dict) else None
    source = view.source(path)
    if not isinstance(script, str) or source is None:
        if name == "start" and isinstance(document, dict):
            _final(["node", "server.js"], inline, place, trail)
        elif words[0].rpartition("/")[2] in ("yarn", "pnpm", "bun") and isinstance(document, dict):
            _script(view, rest, inline, place, trail, certain=False)
        else:
            trail.opaque.append(f"the script {name[:60]} of `{' '.join(words)[:60]}` was not found")
            _final(words, inline, place, trail)
        return
    if f"{path}#{name}" in place.within:
        return
    trail.chain.append(Location(path=path, line=line_of_text(source.text, f'"{name}"')))
    more = " ".join(shlex.quote(word) for word in rest[1:])
    inner = _Place(
        path.rpartition("/")[0] or ".", place.location, place.variables, place.copies, place.depth + 1,
        (*place.within, f"{path}#{name}"),
    )  # fmt: skip
    _text(view, f"{script} {more}", (), inner, trail)


def _workspace(view: View, name: str, folder: str) -> str:
    """The folder of a workspace by its package name or its path."""
    below = joined(folder, name)
    if view.exists(f"{below}/package.json"):
        return below
    for entry in view.entries("package.json"):
        if own(entry):
            document: Any = view.json(entry.path)
            if isinstance(document, dict) and document.get("name") == name:
                return entry.path.rpartition("/")[0] or "."
    return below


def _make(view: View, words: list[str], inline: dict[str, str], place: _Place, trail: _Trail) -> None:
    target = next((word for word in words[1:] if not word.startswith("-") and "=" not in word), "")
    path = joined(place.folder, "Makefile")
    source = view.source(path)
    body: list[str] = []
    inside = False
    for line in source.lines if source else ():
        if line.startswith("\t"):
            if inside:
                body.append(line.strip().lstrip("@-+"))
        elif line.strip():
            inside = bool(target) and target in line.partition(":")[0].split() and ":" in line
    if not body or f"{path}#{target}" in place.within:
        trail.opaque.append(f"`make {target}` could not be followed")
        _final(words, inline, place, trail)
        return
    trail.chain.append(Location(path=path, line=line_of_text(source.text if source else "", f"{target}:")))
    inner = _Place(
        place.folder, place.location, place.variables, place.copies, place.depth + 1,
        (*place.within, f"{path}#{target}"),
    )  # fmt: skip
    _text(view, "\n".join(body), (), inner, trail)


def _manager(view: View, words: list[str], place: _Place, trail: _Trail) -> None:
    """Process managers: the commands of the file they are given."""
    named = [words[index + 1] for index, word in enumerate(words[:-1]) if word in ("-c", "-f", "--procfile")]
    supervisor = words[0].endswith("supervisord")
    wanted = named[0] if named else "supervisord.conf" if supervisor else "Procfile"
    path = _find(view, wanted, place)
    source = view.source(path) if path else None
    pattern = r"^command\s{0,9}=(.+)$" if supervisor else r"^[\w-]{1,60}:(.+)$"
    found = re.findall(pattern, source.text, re.M) if source else []
    if path is None or not found:
        trail.opaque.append(f"what {words[0].rpartition('/')[2]} starts was not found")
        return
    trail.chain.append(Location(path=path, line=1))
    inner = _Place(place.folder, place.location, place.variables, place.copies, place.depth + 1, (*place.within, path))
    for each in found[:50]:
        _text(view, each.strip(), (), inner, trail)
