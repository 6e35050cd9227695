"""Reads Dockerfiles: each RUN line is followed by the same means as a pipeline's commands.

Source: the Dockerfile reference (COPY, ADD, WORKDIR, ENV, ARG, RUN with mounts and here-documents).
"""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from shipworthy.facts.base import FactReader, Facts, View
from shipworthy.facts.dependencies.naming import outside_product
from shipworthy.facts.image_installs.fact import ImageInstall, ImageInstalls
from shipworthy.facts.pipeline.fact import Kind, Link, no
from shipworthy.facts.pipeline.followers import FOLLOWERS
from shipworthy.facts.pipeline.masking import install_of
from shipworthy.facts.pipeline.resolve import Found, Frame, Resolver, fixed
from shipworthy.facts.pipeline.shell import Options
from shipworthy.facts.pipeline.shell_words import Values, join_path
from shipworthy.facts.pipeline.tree import Tree
from shipworthy.facts.serving.docker import instruction_rows

MAX_FILES = 100
_NAME = re.compile(r"(^|/)(Dockerfile|Containerfile)([._-][\w.-]*)?$|\.(Dockerfile|dockerfile)$")
_ASIDE = re.compile(r"(^|/)\.(devcontainer|github|vscode|circleci)/|\.(dockerignore|md|j2|tpl|template|erb)$|\{\{")
_MOUNT = re.compile(r"--mount=(\S+)")
_INSTALLS = re.compile(r"\b(npm|yarn|pnpm|bun|pip3?|uv|poetry|pdm|pipenv|bundle|cargo|composer|gem)\b")


@dataclass(slots=True)
class _Stage:
    """What a stage of a Dockerfile knows at a line."""

    workdir: str = "/"
    variables: dict[str, Values] = field(default_factory=dict)
    copies: list[tuple[str, str]] = field(default_factory=list)
    """(path in the repository or a pattern of it, place in the image: where a folder's contents go, or a file)."""


class ImageInstallsReader(FactReader[ImageInstalls]):
    """Whole-repository reader."""

    def read(self, view: View, facts: Facts) -> ImageInstalls:
        tree = Tree(view)
        files = [entry.path for entry in view.project.files.values() if entry.by_hand and _counts(entry.path)]
        rows: list[ImageInstall] = []
        lost: list[tuple[str, int, str]] = []
        for path in sorted(files)[:MAX_FILES]:
            text = tree.text(path)
            if text is not None:
                _Image(tree, path, rows, lost).read(text)
        for path, why in tree.bad.items():
            view.gap(path, why)
        return ImageInstalls(
            files=tuple(sorted(files)),
            installs=tuple(_masked(rows)),
            open_lines=tuple(lost),
            read=tuple(view.seen),
            gaps=tuple(view.gaps),
        )


def _counts(path: str) -> bool:
    return bool(_NAME.search(path)) and not _ASIDE.search(path) and not outside_product(path)


def _masked(rows: list[ImageInstall]) -> Iterator[ImageInstall]:
    from shipworthy.facts.secrets.mask import mask_text

    def mask(text: str) -> str:
        return mask_text("commands.sh", text) if text else text

    for row in rows:
        yield replace(row, text=mask(row.text), install=install_of(row.install, mask))


class _Image:
    """One Dockerfile. The build's context is not in it: its own folder is tried before the repository's root."""

    def __init__(self, tree: Tree, path: str, rows: list[ImageInstall], lost: list[tuple[str, int, str]]) -> None:
        self._tree, self._path, self._rows, self._lost = tree, path, rows, lost
        self._own = posixpath.dirname(path) or "."

    def read(self, text: str) -> None:
        stages: dict[str, _Stage] = {}
        here = _Stage()
        for name, argument, line in instruction_rows(text):
            if name == "FROM":
                words = [word for word in argument.split() if not word.startswith("--")]
                base = stages.get(words[0].lower()) if words else None
                here = _Stage(base.workdir, dict(base.variables), list(base.copies)) if base else _Stage()
                if len(words) >= 3 and words[1].lower() == "as":
                    stages[words[2].lower()] = here
            elif name == "WORKDIR":
                here.workdir = posixpath.normpath(posixpath.join(here.workdir, argument.strip("\"'")))
            elif name in ("ENV", "ARG"):
                self._variables(argument, here)
            elif name in ("COPY", "ADD"):
                self._copy(argument, here)
            elif name == "RUN":
                self._run(argument, line, here)

    def _variables(self, argument: str, stage: _Stage) -> None:
        try:
            words = shlex.split(argument)
        except ValueError:
            return
        if len(words) >= 2 and "=" not in words[0]:
            stage.variables[words[0]] = (" ".join(words[1:]),)
            return
        for word in words:
            key, sign, value = word.partition("=")
            if sign:
                stage.variables[key] = (value,)

    def _copy(self, argument: str, stage: _Stage) -> None:
        if "--from=" in argument:
            return
        if argument.startswith("["):
            try:
                words = [str(each) for each in json.loads(argument)]
            except (ValueError, TypeError):
                return
        else:
            words = [word for word in argument.split() if not word.startswith("--")]
        if len(words) >= 2:
            target = posixpath.normpath(posixpath.join(stage.workdir, words[-1]))
            for source in words[:-1]:
                stage.copies.append((source.removeprefix("./").strip("/") or ".", target))

    def _sources(self, pattern: str) -> Iterator[str]:
        """The paths in the repository that a source of a COPY stands for, for either context."""
        for context in dict.fromkeys((self._own, ".")):
            path = join_path(context, pattern)
            if path is not None:
                yield path

    def _brings(self, stage: _Stage, name: str, mounts: list[str]) -> bool:
        """Whether a file of this name is in the image at this line."""
        for pattern in (*(source for source, _ in stage.copies), *mounts):
            if fnmatchcase(name, posixpath.basename(pattern)):
                return True
            for path in self._sources(pattern):
                inside = name if path == "." else f"{path}/{name}"
                if path in self._tree.folders and (self._tree.is_file(inside) or pattern == "."):
                    return True
        return False

    def _folder(self, stage: _Stage) -> str:
        """The folder of the repository that lies in the image's current one."""
        for source, target in reversed(stage.copies):
            for path in self._sources(source):
                if (
                    path in self._tree.folders
                    and path != "."
                    and target in (stage.workdir, posixpath.join(stage.workdir, posixpath.basename(path)))
                ):
                    return path if target == stage.workdir else self._own
        for source, _ in reversed(stage.copies):
            for path in self._sources(source):
                if self._tree.is_file(path):
                    return posixpath.dirname(path) or "."
        return self._own

    def _run(self, argument: str, line: int, stage: _Stage) -> None:
        mounts = [
            part.partition("=")[2]
            for options in _MOUNT.findall(argument)
            if "type=bind" in options and "from=" not in options
            for part in options.split(",")
            if part.startswith(("source=", "src="))
        ]
        text = re.sub(r"^(--\S+\s+)+", "", argument)
        if "<<" in text and re.search(r"<<-?[\"']?\w", text):
            self._lost.append((self._path, line, "a RUN with a here-document is not followed"))
            return
        if text.startswith("["):
            try:
                text = shlex.join(str(each) for each in json.loads(text))
            except (ValueError, TypeError):
                return
        resolver = Resolver(self._tree, FOLLOWERS)
        frame = Frame(folder=self._folder(stage), variables=stage.variables)
        resolver.script(text, frame, fixed(Link(self._path, line, text[:80])), options=Options(errexit=True))
        found = [each for each in resolver.found if each.kind is Kind.INSTALL and each.install is not None]
        for each in found:
            self._row(each, line, stage, mounts)
        if not found and any(_INSTALLS.search(loss.reason) for loss in resolver.lost):
            self._lost.append((self._path, line, resolver.lost[0].reason))

    def _row(self, each: Found, line: int, stage: _Stage, mounts: list[str]) -> None:
        install = each.install
        if install is None or each.runs.no:
            return
        requirements = tuple(self._requirement(name, stage) for name in install.requirements)
        install = replace(install, requirements=requirements)
        missing = [name for name in install.needs if not self._brings(stage, name, mounts)]
        if missing and install.frozen.yes:
            why = no(f"{missing[0]} is not copied into the image before this line, so it picks versions itself")
            install = replace(install, frozen=why)
        row = ImageInstall(path=self._path, line=line, text=each.text, install=install, runs=each.runs)
        self._rows.append(row)

    def _requirement(self, name: str, stage: _Stage) -> str:
        """The file of the repository that a requirement file of the image was copied from."""
        if self._tree.is_file(name):
            return name
        base = posixpath.basename(name)
        for source, target in reversed(stage.copies):
            for path in self._sources(source):
                named = base in (posixpath.basename(target), posixpath.basename(path))
                if named and self._tree.is_file(path):
                    return path
                inside = base if path == "." else f"{path}/{base}"
                if path in self._tree.folders and self._tree.is_file(inside):
                    return inside
        return name
