"""Follows just, Taskfile, mise, composer and deno tasks. Source: their own references."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from shipworthy.facts.pipeline.fact import Link, no, unsure
from shipworthy.facts.pipeline.resolve import Frame, Resolver, fixed
from shipworthy.facts.pipeline.shell import Options
from shipworthy.facts.pipeline.shell_words import ROOT, join_path
from shipworthy.facts.pipeline.tree import line_with, rows
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.facts.pipeline.wrappers import option, skip_options

MAX_LINE = 4_000
_MISE_FOLDERS = ("mise-tasks", ".mise-tasks", "mise/tasks", ".mise/tasks", ".config/mise/tasks")
_RECIPE = re.compile(r"@?([A-Za-z_][\w-]*)((?:\s+[^:]*)?):(?!=)\s*(.*)")
_JUST_SET = re.compile(r"\{\{\s*(.*?)\s*\}\}")


def just(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`just test`: recipes and what they depend on."""
    given = option(words, "-f", "--justfile")
    folder = join_path(frame.folder, option(words, "-d", "--working-directory") or ".")
    names = ("justfile", "Justfile", ".justfile")
    path = join_path(frame.folder, given) if given else r.tree.upwards(folder, *names)
    text = r.tree.text(path) if path else None
    if text is None or path is None:
        r.lose("`just`: there is no justfile in the repository for it", frame)
        return True
    plain = [word for word in words[1:] if not word.startswith("-") and word not in (given,) and "=" not in word]
    recipes = _just_recipes(text)
    chosen = plain[:1] or list(recipes)[:1]
    # Further plain words are recipes too, unless the first one takes them as parameters.
    if chosen and chosen[0] in recipes and not recipes[chosen[0]][1]:
        chosen += [word for word in plain[1:] if word in recipes]
    for name in chosen:
        _just_recipe(r, path, recipes, name, plain[1:], replace(frame, folder=posixpath.dirname(path) or "."))
    return True


_Recipes = dict[str, tuple[int, list[str], list[str], list[tuple[int, str]]]]


def _just_recipes(text: str) -> _Recipes:
    """Name -> (line, parameters, recipes it depends on, lines)."""
    found: _Recipes = {}
    current: list[tuple[int, str]] | None = None
    for number, whole in enumerate(text.split("\n"), 1):
        line = whole[:MAX_LINE]
        if line[:1] in (" ", "\t") and current is not None:
            if line.strip():
                current.append((number, line.strip()))
            continue
        if not line.strip() or line.startswith(("#", "[")):
            continue
        match = _RECIPE.fullmatch(line.strip())
        alias = re.fullmatch(r"alias\s+([\w-]+)\s*:=\s*([\w-]+)\s*", line)
        if alias:
            found[alias[1]] = (number, [], [alias[2]], [])
            current = None
        elif match:
            current = []
            needs = [
                re.sub(r"[()]", "", need.split(" ")[0])
                for need in re.findall(r"\([^)]*\)|[^\s&]+", match[3].split("#")[0])
            ]
            found[match[1]] = (number, match[2].split(), needs, current)
        else:
            current = None
    return found


def _just_recipe(r: Resolver, path: str, recipes: _Recipes, name: str, args: Sequence[str], frame: Frame) -> None:
    nested = frame.enter("just", path, name)
    if name not in recipes or nested is None:
        if nested is not None:
            r.lose(f"`just {name}`: {path} has no such recipe".replace(HOLE, "…"), frame)
        return
    line, _parameters, needs, lines = recipes[name]
    for need in needs:
        if need in recipes:
            _just_recipe(r, path, recipes, need, (), nested.at(Link(path, line, f"{name}: {need}"[:80])))
    script = [
        (number, _JUST_SET.sub(lambda m: " ".join(args) if "args" in m[1].lower() else HOLE, text))
        for number, text in lines
    ]
    if script and script[0][1].startswith("#!"):
        first = script[0][0]
        if not re.search(r"\b(ba|z|da)?sh\b", script[0][1]):
            r.lose(f"`just {name}` is a script in a language that is not followed", frame)
            return
        r.script("\n".join(text for _, text in script), nested, lambda row: Link(path, first + row, name))
        return
    for number, text in script:
        here = (
            nested.masked(no("just ignores the failure of a line that starts with “-”"))
            if text[:2].strip("@")[:1] == "-"
            else nested
        )
        r.script(text.lstrip("@-"), here, fixed(Link(path, number, text[:80])))


def task(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`task test`: tasks of a Taskfile, or of taskipy where there is none."""
    given = option(words, "-t", "--taskfile")
    folder = join_path(frame.folder, option(words, "-d", "--dir") or ".")
    names = (
        "Taskfile.yml",
        "Taskfile.yaml",
        "taskfile.yml",
        "taskfile.yaml",
        "Taskfile.dist.yml",
        "Taskfile.dist.yaml",
    )
    path = join_path(frame.folder, given) if given else r.tree.upwards(folder, *names)
    if path is None or not r.tree.is_file(path):
        return False
    data = r.tree.yaml(path)
    if not isinstance(data, dict):
        r.lose(f"{path} could not be understood", frame)
        return True
    plain = [word for word in words[1:] if not word.startswith("-") and "=" not in word and word != given]
    for name in plain or ["default"]:
        _task(r, path, data, name, replace(frame, folder=posixpath.dirname(path) or "."))
    return True


def _task(r: Resolver, path: str, data: Any, name: str, frame: Frame) -> None:
    tasks = data.get("tasks")
    settings = tasks.get(name) if isinstance(tasks, dict) else None
    if settings is None:
        included = data.get("includes")
        first, _, rest = name.partition(":")
        other = included.get(first) if isinstance(included, dict) else None
        target = other.get("taskfile") if isinstance(other, dict) else other
        found = join_path(posixpath.dirname(path) or ".", str(target)) if target and rest else None
        if found is not None and not r.tree.is_file(found):
            found = next(
                (f"{found}/{each}" for each in ("Taskfile.yml", "Taskfile.yaml") if r.tree.is_file(f"{found}/{each}")),
                None,
            )
        inner = r.tree.yaml(found) if found else None
        if found and isinstance(inner, dict):
            where = other.get("dir") if isinstance(other, dict) else None
            _task(
                r,
                found,
                inner,
                rest,
                replace(frame, folder=join_path(frame.folder, str(where)) if where else frame.folder),
            )
            return
        r.lose(f"`task {name}`: this task was not found".replace(HOLE, "…"), frame)
        return
    nested = frame.enter("task", path, name)
    if nested is None:
        return
    if isinstance(settings, (str, list)):
        settings = {"cmds": settings if isinstance(settings, list) else [settings]}
    if not isinstance(settings, dict):
        return
    if settings.get("ignore_error") is True:
        nested = nested.masked(no(f"task “{name}” ignores errors"))
    if settings.get("status") or settings.get("platforms") or settings.get("if"):
        nested = nested.doubt(unsure(f"task “{name}” may be skipped"))
    if isinstance(settings.get("dir"), str):
        nested = replace(nested, folder=join_path(nested.folder, _template(settings["dir"])))
    text = r.tree.text(path) or ""
    line = line_with(text, rf"^[ \t]*[\"']?{re.escape(name)}[\"']?\s*:", "tasks:") if len(name) < 100 else 1
    for need in rows(settings.get("deps")):
        wanted = need.get("task") if isinstance(need, dict) else need
        if isinstance(wanted, str):
            _task(r, path, data, wanted, nested.at(Link(path, line, f"{name}: {wanted}"[:80])))
    commands = settings.get("cmds")
    for command in rows(commands) or [settings.get("cmd") or commands]:
        here = nested
        if isinstance(command, dict):
            if command.get("ignore_error") is True:
                here = nested.masked(no("it ignores errors"))
            wanted = command.get("task")
            if isinstance(wanted, str):
                _task(r, path, data, wanted, here.at(Link(path, line, f"{name}: {wanted}"[:80])))
                continue
            command = command.get("cmd")
        if isinstance(command, str):
            filled = _template(command)
            r.script(filled, here, fixed(Link(path, line, filled.split("\n")[0][:80])), options=Options(errexit=True))


def _template(text: str) -> str:
    """Go templates are filled at run time; the arguments from the command line are usually none."""
    return re.sub(r"\{\{[^{}]*\}\}", lambda m: "" if "CLI_ARGS" in m[0] else HOLE, text)


def mise(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`mise run test`, `mise x -- cmd`."""
    plain = [word for word in words[1:] if not word.startswith("-")]
    if plain[:1] in (["exec"], ["x"]) and "--" in words:
        r.command(words[list(words).index("--") + 1 :], frame)
        return True
    path = r.tree.upwards(frame.folder, "mise.toml", ".mise.toml", ".mise/config.toml", ".config/mise.toml")
    data = r.tree.toml(path) if path else None
    tasks = data.get("tasks") if isinstance(data, dict) else None
    tasks = tasks if isinstance(tasks, dict) else {}
    if plain[:1] in (["run"], ["r"]):
        plain = plain[1:]
    elif not plain or (plain[0] not in tasks and _mise_file(r, plain[0], frame) is None):
        return plain[:1] in (["install"], ["use"], ["trust"], ["settings"])
    # Behind `:::` stands a further task; other words are arguments.
    for name in [word for at, word in enumerate(plain) if not at or plain[at - 1] == ":::"]:
        file = _mise_file(r, name, frame) if name not in tasks else None
        if file is not None:
            r.command([ROOT + file], frame)
        else:
            _toml_task(r, path, tasks, name, frame)
    return True


def _mise_file(r: Resolver, name: str, frame: Frame) -> str | None:
    """A task that is a file of its own."""
    return r.tree.upwards(frame.folder, *(f"{folder}/{name.replace(':', '/')}" for folder in _MISE_FOLDERS))


def _toml_task(r: Resolver, path: str | None, tasks: Any, name: str, frame: Frame) -> None:
    settings = tasks.get(name) if isinstance(tasks, dict) else None
    nested = frame.enter("task", str(path), name)
    if settings is None or path is None:
        r.lose(f"the task “{name}” was not found".replace(HOLE, "…"), frame)
        return
    if nested is None:
        return
    link = Link(path, line_with(r.tree.text(path) or "", rf"(^|\.|\")({re.escape(name)})\b", "tasks"), name)
    if isinstance(settings, dict):
        for need in rows(settings.get("depends")):
            if isinstance(need, str):
                _toml_task(r, path, tasks, need, nested.at(link))
        settings = settings.get("run")
    for command in settings if isinstance(settings, list) else [settings]:
        if isinstance(command, str):
            r.script(command, nested, fixed(link), options=Options(errexit=True))


def composer(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`composer test`, `composer run-script test`."""
    plain = [word for word in words[1:] if not word.startswith("-")]
    if plain[:1] in (["run"], ["run-script"]):
        plain = plain[1:]
    path = r.tree.upwards(frame.folder, "composer.json")
    data = r.tree.json(path) if path else None
    scripts = data.get("scripts") if isinstance(data, dict) else None
    if not plain or not path or not isinstance(scripts, dict) or plain[0] not in scripts:
        return False
    nested = frame.enter("composer", path, plain[0])
    body = scripts[plain[0]]
    link = Link(path, line_with(r.tree.text(path) or "", rf'"{re.escape(plain[0])}"\s*:', '"scripts"'), str(body)[:80])
    for command in body if isinstance(body, list) else [body]:
        if not isinstance(command, str) or nested is None:
            continue
        if command.startswith("@") and command[1:].split(" ")[0] in scripts:
            composer(r, ["composer", command[1:].split(" ")[0]], nested.at(link))
        elif "::" not in command.split(" ")[0]:
            r.script(command.removeprefix("@php "), replace(nested, folder=posixpath.dirname(path) or "."), fixed(link))
    return True


def deno(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`deno task test`."""
    at = skip_options(words, 1, frozenset({"-c", "--config", "--cwd", "-f", "--filter"}))
    if words[at : at + 1] != ["task"]:
        return False
    start = skip_options(words, at + 1, frozenset({"-c", "--config", "--cwd", "-f", "--filter"}))
    plain = ["task", *words[start:]]
    if len(plain) < 2:
        return False
    where = option(words[:start], "--cwd")
    frame = replace(frame, folder=join_path(frame.folder, where)) if where else frame
    path = r.tree.upwards(frame.folder, "deno.json", "deno.jsonc", "package.json")
    data = r.tree.json(path) if path else None
    tasks = (data.get("tasks") or data.get("scripts")) if isinstance(data, dict) else None
    body = tasks.get(plain[1]) if isinstance(tasks, dict) else None
    body = body.get("command") if isinstance(body, dict) else body
    nested = frame.enter("deno", str(path), plain[1])
    if not isinstance(body, str) or path is None:
        r.lose(f"`deno task {plain[1]}` was not found".replace(HOLE, "…"), frame)
    elif nested is not None:
        link = Link(path, line_with(r.tree.text(path) or "", rf'"{re.escape(plain[1])}"\s*:'), body[:80])
        r.script(body, replace(nested, folder=posixpath.dirname(path) or "."), fixed(link))
    return True
