"""tox environments of `tox.ini`, `setup.cfg`, `tox.toml` and `pyproject.toml`. Source: tox's reference."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from shipworthy.facts.pipeline.fact import Link, no, unsure
from shipworthy.facts.pipeline.python_tools import ini
from shipworthy.facts.pipeline.resolve import Frame, Resolver
from shipworthy.facts.pipeline.shell_words import join_path
from shipworthy.facts.pipeline.tree import line_with, rows
from shipworthy.facts.pipeline.values import HOLE

MAX_ENVS = 200
_FACTORS = re.compile(r"^([A-Za-z0-9_.!,{}\-]+):(\s+|$)(.*)$")
_BRACES = re.compile(r"\{([^{}]*)\}")


def expand_braces(text: str) -> list[str]:
    """`py{310,311}-{a,b}` as the names it stands for, at most `MAX_ENVS`."""
    parts = re.split(r"\{([^{}]*)\}", text)
    choices = [part.split(",") if number % 2 else [part] for number, part in enumerate(parts)]
    count = 1
    for choice in choices:
        count *= len(choice)
    if count > MAX_ENVS:
        return []
    return ["".join(each.strip() for each in one) for one in product(*choices)]


def _names(text: str) -> list[str]:
    """The names of an `envlist`: separated by commas and lines, braces expanded."""
    found: list[str] = []
    for piece in re.split(r",(?![^{]*\})|\n|\s", text):
        found += expand_braces(piece.strip()) if piece.strip() and not piece.strip().startswith("#") else []
    return found[:MAX_ENVS]


@dataclass(slots=True)
class Tox:
    """One configuration: where it is, the environments that run by default, and each environment's settings."""

    path: str
    text: str
    default: list[str]
    sections: dict[str, Mapping[str, Any]]
    """Settings by environment pattern; "" holds the base."""
    raw: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Every section of an INI file, for references to them."""
    plugins: bool = False
    """It asks for plugins, which may bring environments of their own."""

    @classmethod
    def find(cls, r: Resolver, folder: str | None) -> Tox | None:
        """The nearest configuration at or above a folder; None where there is none that is understood."""
        path = r.tree.upwards(folder, "tox.ini")
        if path:
            return cls._from_ini(path, r.tree.text(path) or "", "tox", "testenv")
        path = r.tree.upwards(folder, "tox.toml")
        if path and isinstance(r.tree.toml(path), dict):
            return cls._from_toml(path, r.tree.text(path) or "", r.tree.toml(path))
        path = r.tree.upwards(folder, "pyproject.toml")
        data = r.tree.toml(path) if path else None
        tool = data.get("tool") if isinstance(data, dict) else None
        section = tool.get("tox") if isinstance(tool, dict) else None
        if path and isinstance(section, dict):
            old = section.get("legacy_tox_ini")
            if isinstance(old, str):
                return cls._from_ini(path, old, "tox", "testenv")
            return cls._from_toml(path, r.tree.text(path) or "", section)
        path = r.tree.upwards(folder, "setup.cfg")
        return cls._from_ini(path, r.tree.text(path) or "", "tox:tox", "testenv") if path else None

    @classmethod
    def _from_ini(cls, path: str, text: str, main: str, prefix: str) -> Tox | None:
        parser = ini(text)
        if parser is None or not any(section == main or section.startswith(prefix) for section in parser.sections()):
            return None
        settings = dict(parser.items(main)) if parser.has_section(main) else {}
        sections: dict[str, Mapping[str, Any]] = {}
        for section in parser.sections():
            if section == prefix:
                sections[""] = dict(parser.items(section))
            elif section.startswith(prefix + ":"):
                for name in expand_braces(section.removeprefix(prefix + ":")):
                    sections[name] = dict(parser.items(section))
        asked = re.split(r"[\s,]+", settings.get("requires", ""))
        plugins = any(re.match(r"[A-Za-z]", each) and not re.match(r"tox|virtualenv|git\+", each) for each in asked)
        raw = {section: dict(parser.items(section)) for section in parser.sections()}
        return cls(
            path, text, _names(settings.get("envlist") or settings.get("env_list") or ""), sections, raw, plugins
        )

    @classmethod
    def _from_toml(cls, path: str, text: str, data: Mapping[str, Any]) -> Tox:
        base, envs = data.get("env_run_base"), data.get("env")
        sections: dict[str, Mapping[str, Any]] = {"": base if isinstance(base, Mapping) else {}}
        for name, settings in envs.items() if isinstance(envs, Mapping) else ():
            if isinstance(settings, Mapping):
                sections[str(name)] = settings
        default = [each for each in rows(data.get("env_list")) if isinstance(each, str)]
        return cls(path, text, default, sections)

    def setting(self, env: str, key: str) -> Any:
        """A setting of an environment, from its own section or the base."""
        own = self.sections.get(env, {})
        return own[key] if key in own else self.sections.get("", {}).get(key)

    def referred(self, section: str, key: str) -> Any:
        """A value of another section: `{[testenv:x]commands}`, `{[base]commands}`."""
        if section == "testenv":
            return self.setting("", key)
        if section.startswith("testenv:"):
            return self.setting(section.removeprefix("testenv:"), key)
        return self.raw.get(section, {}).get(key)

    def run(self, r: Resolver, env: str, args: Sequence[str], frame: Frame) -> None:
        """The commands of one environment."""
        nested = frame.enter("tox", self.path, env)
        if nested is None:
            return
        if HOLE in env:
            # Which environment it is comes from outside; the base's commands run unless a section replaces them.
            if any("commands" in settings for name, settings in self.sections.items() if name):
                r.lose("`tox`: which environment runs is not known", frame)
                return
            env = "py"
        if self.plugins and env not in self.sections and not re.match(r"(py|pypy|\d)[\d.]*(-|$)", env):
            nested = nested.doubt(unsure(f"tox environment {env} may come from a plugin"))
        if str(self.setting(env, "ignore_outcome")).lower() == "true":
            nested = nested.masked(no(f"tox environment {env} has ignore_outcome"))
        change = self.setting(env, "changedir") or self.setting(env, "change_dir")
        if isinstance(change, str):
            folder = join_path(nested.folder, self._filled(change, env, args, 0).replace("{toxinidir}", "."))
            nested = replace(nested, folder=folder)
        for key in ("commands_pre", "commands", "commands_post"):
            self._commands(r, env, self.setting(env, key), args, nested, 0)

    def _commands(self, r: Resolver, env: str, commands: Any, args: Sequence[str], frame: Frame, depth: int) -> None:
        lines = commands.replace("\\\n", " ").split("\n") if isinstance(commands, str) else rows(commands)
        for each in lines:
            if isinstance(each, list):
                words = [self._filled(str(word), env, args, 0) for word in each if not isinstance(word, Mapping)]
                self._one(r, words, each, frame, env)
                continue
            if not isinstance(each, str):
                continue
            line = each.strip()
            factors = _FACTORS.match(line)
            if factors and not line.startswith("{"):
                if not _applies(factors[1], env):
                    continue
                line = factors[3].strip()
            line = re.sub(r"(^|\s)#.*$", "", line)
            reference = re.fullmatch(r"\{\[([^\]]+)\](\w+)\}", line)
            if reference and depth < 5:
                self._commands(r, env, self.referred(reference[1], reference[2]), args, frame, depth + 1)
                continue
            try:
                words = shlex.split(self._filled(line, env, args, 0))
            except ValueError:
                r.lose(f"{self.path}: a command is not understood", frame)
                continue
            self._one(r, words, line, frame, env)

    def _one(self, r: Resolver, words: list[str], written: Any, frame: Frame, env: str) -> None:
        if not words:
            return
        shown = written if isinstance(written, str) else " ".join(map(str, written))
        written_so = r"[\s\\]+".join(map(re.escape, shown.strip()[:60].split()))
        key = written_so if isinstance(written, str) else r"commands\s*="
        link = Link(self.path, line_with(self.text, key, f"[testenv:{env}]"), shown[:80])
        if words[0] in ("-", "!"):
            frame = frame.masked(no("tox ignores the failure of a command that starts with “-”"))
            words = words[1:]
        elif words[0].startswith("-") and len(words[0]) > 1:
            frame = frame.masked(no("tox ignores the failure of a command that starts with “-”"))
            words = [words[0][1:], *words[1:]]
        r.command(words, frame.at(link))

    def _filled(self, text: str, env: str, args: Sequence[str], depth: int) -> str:
        """Substitutions of a command: the arguments' default, folders, references to other sections."""

        def one(match: re.Match[str]) -> str:
            inner = match[1]
            if inner == "posargs" or inner.startswith("posargs:"):
                return " ".join(args) if args else inner.partition(":")[2]
            if inner in ("toxinidir", "tox_root", "/"):
                return "."
            if inner == "envname":
                return env
            if inner in ("envpython", "env_python"):
                return "python"
            if inner in ("envbindir", "env_bin_dir"):
                return "bin"
            reference = re.fullmatch(r"\[([^\]]+)\](\w+)", inner)
            if reference:
                value = self.referred(reference[1], reference[2])
                return value.strip() if isinstance(value, str) else HOLE
            if inner.startswith("env:"):
                return inner.split(":", 2)[2] if inner.count(":") > 1 else HOLE
            return HOLE

        filled = _BRACES.sub(one, text)
        return self._filled(filled, env, args, depth + 1) if filled != text and "{" in filled and depth < 4 else filled


def _applies(factors: str, env: str) -> bool:
    """Whether a factor condition (`py310,py311-!cov`) fits an environment's name."""
    own = set(env.split("-"))
    for choice in expand_braces(factors) if "{" in factors else factors.split(","):
        parts = [part for part in choice.split("-") if part]
        if parts and all((part[1:] not in own) if part.startswith("!") else (part in own) for part in parts):
            return True
    return False
