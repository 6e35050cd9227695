"""Follows the Python tools that run commands: uv, poetry, pdm, hatch, pipenv, rye, pixi, poe, taskipy and tox.

Source: the tools' own references of `pyproject.toml`, `tox.ini` and `Pipfile`.
"""

from __future__ import annotations

import configparser
import posixpath
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shipworthy.facts.pipeline.fact import Kind, Link, no
from shipworthy.facts.pipeline.resolve import Frame, Resolver, fixed
from shipworthy.facts.pipeline.shell import Options
from shipworthy.facts.pipeline.shell_words import ANYTHING, join_path
from shipworthy.facts.pipeline.tree import line_with, rows
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.facts.pipeline.words import words as _words
from shipworthy.facts.pipeline.wrappers import skip_options

_UV = _words(
    """
        -p --python --with --extra --group --only-group --package --directory --project --env-file --index --no-group
        --with-requirements --with-editable --no-extra --config-setting -m --module --cache-dir --color --manifest-path
        -e --environment -P
        """
)


def _table(data: Any, *keys: str) -> Mapping[str, Any]:
    for key in keys:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data if isinstance(data, Mapping) else {}


def _pyproject(r: Resolver, folder: str | None) -> tuple[str, Any]:
    path = r.tree.upwards(folder, "pyproject.toml")
    return (path, r.tree.toml(path)) if path else ("", None)


def runner(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`uv run X`, `poetry run X`, `pdm run X`, `pipenv run X`, `rye run X`, `pixi run X`, and scripts they define."""
    tool = words[0].rpartition("/")[2]
    at = skip_options(words, 1, _UV)
    if (
        at < len(words)
        and tool == "pdm"
        and words[at] not in ("run", "add", "install", "sync", "lock", "build", "publish")
    ):
        script = _scripts(r, tool, frame.folder).get(words[at])
        if script is not None:
            _script(r, tool, words[at], script, words[at + 1 :], frame)
            return True
    if at < len(words) and words[at] == "tool" and tool == "uv" and words[at + 1 : at + 2] == ["run"]:
        at += 1
    if at >= len(words) or words[at] != "run":
        return False
    before = words[1:at]
    start = at + 1
    at = skip_options(words, start, _UV)
    given = [*before, *words[start:at]]
    for name in ("--directory", "-C", "-P"):
        if name in given[:-1]:
            frame = replace(frame, folder=join_path(frame.folder, given[given.index(name) + 1]))
    module = next((given[n + 1] for n, word in enumerate(given[:-1]) if word in ("-m", "--module")), None)
    rest = list(words[at:])
    if module:
        rest = ["python", "-m", module, *rest]
    if not rest:
        return True
    script = _scripts(r, tool, frame.folder).get(rest[0])
    if script is not None:
        _script(r, tool, rest[0], script, rest[1:], frame)
    else:
        r.command(rest, frame)
    return True


def _scripts(r: Resolver, tool: str, folder: str | None) -> Mapping[str, Any]:
    if tool == "pipenv":
        path = r.tree.upwards(folder, "Pipfile")
        return _table(r.tree.toml(path), "scripts") if path else {}
    if tool == "pixi":
        path = r.tree.upwards(folder, "pixi.toml")
        data = r.tree.toml(path) if path else _table(_pyproject(r, folder)[1], "tool", "pixi")
        found = dict(_table(data, "tasks"))
        for feature in _table(data, "feature").values():
            found.update(_table(feature, "tasks"))
        return found
    keys = {"pdm": ("tool", "pdm", "scripts"), "rye": ("tool", "rye", "scripts")}.get(tool)
    return _table(_pyproject(r, folder)[1], *keys) if keys else {}


def _script(r: Resolver, tool: str, name: str, script: Any, args: Sequence[str], frame: Frame) -> None:
    """A script in one of the forms of pdm, rye, pixi, pipenv and poe: text, list, or table of them."""
    path = r.tree.upwards(
        frame.folder,
        *({"pipenv": ("Pipfile",), "pixi": ("pixi.toml", "pyproject.toml")}.get(tool, ("pyproject.toml",))),
    )
    nested = frame.enter(tool, str(path), name)
    if nested is None or path is None:
        return
    link = Link(
        path,
        line_with(
            r.tree.text(path) or "",
            rf"(^|\.)[ \t]*\"?{re.escape(name)}\"?[ \t]*(=|\])",
            "tool." if tool != "pipenv" else "",
        ),
        f"{name}: {script}"[:80],
    )
    here = nested.at(link)
    if isinstance(script, Mapping):
        if script.get("ignore_fail") in (True, "return_zero"):
            here = here.masked(no(f"“{name}” ignores failures"))
            nested = nested.masked(no(f"“{name}” ignores failures"))
        cwd = script.get("cwd") or script.get("working_dir")
        if isinstance(cwd, str):
            nested, here = (replace(each, folder=join_path(each.folder, cwd)) for each in (nested, here))
        for need in [*rows(script.get("deps")), *rows(script.get("depends-on")), *rows(script.get("depends_on"))]:
            wanted = need.get("task") if isinstance(need, Mapping) else need
            other = (
                _scripts(r, tool, frame.folder).get(str(wanted))
                if tool != "poe"
                else _poe_tasks(r, frame.folder).get(str(wanted))
            )
            if other is not None:
                _script(r, tool, str(wanted), other, (), here)
        several = script.get("composite") or script.get("chain") or script.get("sequence")
        for each in rows(several):
            if isinstance(each, Mapping):
                _script(r, tool, f"{name} …", each, (), here)
            elif isinstance(each, str):
                _reference(r, tool, each, here)
        if isinstance(script.get("ref"), str):
            _reference(r, tool, script["ref"], here)
        script = script.get("cmd") or script.get("shell")
    elif isinstance(script, list) and tool in ("poe", "rye"):
        for each in script:
            if isinstance(each, str):
                _reference(r, tool, each, here)
            elif isinstance(each, Mapping):
                _script(r, tool, f"{name} …", each, (), here)
        return
    if isinstance(script, list):
        r.command([*map(str, script), *args], here)
    elif isinstance(script, str):
        text = script + "".join(" " + shlex.quote(arg) for arg in args if HOLE not in arg)
        r.script(text, nested, fixed(link), options=Options(errexit=True))


def _reference(r: Resolver, tool: str, text: str, frame: Frame) -> None:
    """A part of a composite script: another script's name, or a command."""
    words = text.split()
    tasks = _poe_tasks(r, frame.folder) if tool == "poe" else _scripts(r, tool, frame.folder)
    if words and words[0] in tasks:
        _script(r, tool, words[0], tasks[words[0]], words[1:], frame)
    elif words:
        r.script(text, replace(frame, chain=frame.chain[:-1]), fixed(frame.chain[-1]))


def _poe_tasks(r: Resolver, folder: str | None) -> Mapping[str, Any]:
    path = r.tree.upwards(folder, "poe_tasks.toml")
    if path:
        return _table(r.tree.toml(path), "tasks")
    return _table(_pyproject(r, folder)[1], "tool", "poe", "tasks")


def poe(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`poe test`."""
    at = skip_options(words, 1, frozenset({"-C", "--root", "--directory", "-e", "--executor"}))
    if at >= len(words):
        return True
    task = _poe_tasks(r, frame.folder).get(words[at])
    if task is None:
        r.lose(f"`poe {words[at]}`: this task was not found".replace(HOLE, "…"), frame)
    else:
        _script(r, "poe", words[at], task, words[at + 1 :], frame)
    return True


def taskipy(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`task test` where pyproject.toml has taskipy's tasks."""
    path, data = _pyproject(r, frame.folder)
    tasks = _table(data, "tool", "taskipy", "tasks")
    name = next((word for word in words[1:] if not word.startswith("-")), "")
    if not tasks or name not in tasks:
        return False
    for part in (f"pre_{name}", name, f"post_{name}"):
        body = tasks.get(part)
        body = body.get("cmd") if isinstance(body, Mapping) else body
        nested = frame.enter("task", path, part)
        if isinstance(body, str) and nested is not None:
            link = Link(
                path, line_with(r.tree.text(path) or "", rf"^[ \t]*{re.escape(part)}\s*=", "taskipy"), body[:80]
            )
            r.script(body, nested, fixed(link))
    return True


def hatch(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`hatch run test:cov`, `hatch run +py=3.12 test:run`, `hatch test`."""
    at = skip_options(words, 1, frozenset({"-e", "--env", "-p", "--project", "--data-dir", "--config"}))
    env = next((words[n + 1] for n, word in enumerate(words[:at][:-1]) if word in ("-e", "--env")), "default")
    if at >= len(words):
        return True
    if words[at] == "env" and words[at + 1 : at + 2] == ["run"]:
        at += 1
        rest = list(words[at + 1 :])
        if rest[:1] and rest[0] in ("-e", "--env"):
            env, rest = rest[1], rest[2:]
        rest = rest[1:] if rest[:1] == ["--"] else rest
    elif words[at] == "run":
        rest = list(words[at + 1 :])
    else:
        return False
    rest = [word for word in rest if not re.match(r"[+-](py|python|version)\b", word)]
    if not rest:
        return True
    if ":" in rest[0]:
        env, _, rest[0] = rest[0].rpartition(":")
        env = env.lstrip("+")
    path = r.tree.upwards(frame.folder, "hatch.toml")
    path, data = (
        (path, _table(r.tree.toml(path), "envs"))
        if path
        else (_pyproject(r, frame.folder)[0], _table(_pyproject(r, frame.folder)[1], "tool", "hatch", "envs"))
    )
    script: Any = None
    seen: set[str] = set()
    while env not in seen:
        seen.add(env)
        settings = _table(data, env)
        script = _table(settings, "scripts").get(rest[0])
        if script is not None:
            break
        env = str(settings.get("template") or ("default" if "default" not in seen else env))
    if script is None:
        r.command(rest, frame)
        return True
    nested = frame.enter("hatch", path, env, rest[0])
    if nested is None:
        return True
    link = Link(
        path,
        line_with(r.tree.text(path) or "", rf"^[ \t]*\"?{re.escape(rest[0])}\"?\s*=", "scripts"),
        f"{rest[0]}: {script}"[:80],
    )
    for each in script if isinstance(script, list) else [script]:
        if not isinstance(each, str):
            continue
        text = re.sub(r"\{args:?([^{}]*)\}", lambda m: " ".join(rest[1:]) or m[1], each)
        text = re.sub(r"\{[^{}]*\}", HOLE, text)
        here = (
            nested.masked(no("hatch ignores the failure of a line that starts with “-”"))
            if text.startswith("-")
            else nested
        )
        first = text.lstrip("- ").split(" ")[0]
        if first in _table(data, env, "scripts") and first != rest[0]:
            hatch(r, ["hatch", "run", f"{env}:{text.lstrip('- ')}"], here.at(link))
        else:
            r.script(text.lstrip("- "), here, fixed(link))
    return True


def tox(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`tox`, `tox -e py312`, `tox run -e lint`: the commands of the environments."""
    wanted: list[str] = []
    at = 1
    given = None
    while at < len(words) and words[at] != "--":
        name, _, value = words[at].partition("=")
        if name in ("-e", "--env") or (
            words[at].startswith("-e") and len(words[at]) > 2 and not words[at].startswith("--")
        ):
            text = value or (
                words[at][2:] if name not in ("-e", "--env") else words[at + 1] if at + 1 < len(words) else ""
            )
            wanted += [each for each in text.split(",") if each]
        elif name in ("-c", "--conf", "--root") and at + 1 < len(words):
            given = value or words[at + 1]
        elif name in ("-l", "--listenvs", "-a", "--notest", "-n", "--showconfig", "list", "config", "devenv", "-h"):
            r.note(Kind.NOTHING, words, frame, f"`{name}` runs no test")
            return True
        at += 1
    from shipworthy.facts.pipeline.tox import Tox

    values = frame.variables.get("TOXENV", frame.variables.get(ANYTHING, ()))
    if not wanted and values and values[0]:
        wanted = values[0].split(",")
    where = join_path(frame.folder, given) if given else frame.folder
    folder = where if where is None or not r.tree.is_file(where) else posixpath.dirname(where) or "."
    config = Tox.find(r, folder)
    if config is None:
        r.lose("`tox`: no configuration of it was found", frame)
        return True
    for env in wanted or config.default:
        config.run(r, env, words[at + 1 :], frame)
    if not wanted and not config.default:
        config.run(r, "py", words[at + 1 :], frame)
    return True


def ini(text: str) -> configparser.RawConfigParser | None:
    """An INI file; None where it is not one."""
    parser = configparser.RawConfigParser(
        strict=False, interpolation=None, comment_prefixes=("#", ";"), inline_comment_prefixes=()
    )
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their case; the documented way
    try:
        parser.read_string(text)
    except configparser.Error:
        return None
    return parser
