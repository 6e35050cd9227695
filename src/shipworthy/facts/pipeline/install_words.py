"""An install command taken apart: its options, its plain words, and the folder it works in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shipworthy.facts.pipeline.shell_words import Values, join_path
from shipworthy.facts.pipeline.tree import Tree
from shipworthy.facts.pipeline.wrappers import option

_FOLDER = ("--prefix", "-C", "--cwd", "--dir", "--directory", "--project", "--working-dir", "--manifest-path")
_VALUED = frozenset({
    *_FOLDER, "-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-i", "--index-url", "--extra-index-url",
    "-f", "--find-links", "-t", "--target", "--timeout", "--retries", "--python", "-p", "--registry", "--loglevel",
    "--cache", "--store-dir", "--filter", "-F", "--workspace", "-w", "--location", "--only", "--with", "--without",
    "--extras", "-E", "--group", "-G", "--only-group", "--no-group", "--extra", "--package", "--platform", "--index",
    "--features", "--target-dir", "--bin", "--test", "--example", "--jobs", "-j", "--network-timeout", "--mutex",
    "--network-concurrency", "--cache-folder", "--modules-folder", "--omit", "--include", "--reporter", "--path",
    "--version", "--vers", "--profile", "--cache-dir", "--log", "--root", "--proxy", "--cert", "--trusted-host",
    "--abi", "--implementation", "--progress-bar", "--upgrade-strategy", "-P",
    "--upgrade-package", "--with-requirements", "--env-file", "--link-mode", "--config-settings", "--gemfile",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One command. `plain` are its words without options and their values, the program left out."""

    words: Sequence[str]
    plain: list[str]
    options: frozenset[str]
    """Names of its options ("--frozen-lockfile")."""
    folder: str | None
    tree: Tree
    variables: Mapping[str, Values]

    @property
    def first(self) -> str:
        return self.plain[0] if self.plain else ""

    @property
    def own(self) -> frozenset[str]:
        """Options that belong to the tool itself, not to the program it runs (`uv run --frozen pytest -q`)."""
        if self.first != "run":
            return self.options
        end = len(self.words)
        at, passed = 1, False
        while at < len(self.words):
            word = self.words[at]
            if word.startswith("-"):
                at += 2 if word in _VALUED else 1
                continue
            if passed:
                end = at
                break
            passed = word == "run"
            at += 1
        return frozenset(word.partition("=")[0] for word in self.words[1:end] if word.startswith("-"))

    def option(self, *names: str) -> str | None:
        return option(self.words, *names)

    def text(self, name: str) -> str:
        """The nearest file of this name as text, "" where there is none."""
        path = self.tree.upwards(self.folder if self.folder is not None else ".", name)
        return (self.tree.text(path) or "") if path else ""


def line_of_words(words: Sequence[str], folder: str | None, tree: Tree, variables: Mapping[str, Values]) -> Line:
    """The command `words`, started in `folder`."""
    plain: list[str] = []
    names: set[str] = set()
    at = 1
    while at < len(words):
        word = words[at]
        if word.startswith("-") and word != "-":
            names.add(word.partition("=")[0])
            at += 2 if word in _VALUED and "=" not in word else 1
            continue
        plain.append(word)
        at += 1
    moved = option(words, *_FOLDER)
    where = folder
    if moved:
        where = join_path(folder, moved)
        if where is not None and tree.is_file(where):
            where = where.rpartition("/")[0] or "."
    return Line(words, plain, frozenset(names), where, tree, variables)


def lock_in(line: Line, *names: str) -> bool:
    """Whether one of these locks is there for the command's folder; anywhere where that folder is not known."""
    if line.folder is None:
        return any(path.rpartition("/")[2] in names for path in line.tree.files)
    return line.tree.upwards(line.folder, *names) is not None


def truthy(line: Line, name: str) -> bool:
    """Whether a variable is surely set to a yes."""
    values = line.variables.get(name, ())
    return bool(values) and all(value.strip().lower() in ("1", "true", "yes", "on", "t", "y") for value in values)
