"""Who proposes updates of dependencies (Dependabot, Renovate, others), and which dependency manifests there are."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shipworthy.facts.base import Fact, FactReader, Facts, View
from shipworthy.facts.pipeline.globs import matches
from shipworthy.facts.pipeline.tree import Tree, line_with, rows
from shipworthy.project.yaml import line_of

EVERYTHING = "*"
"""An ecosystem that stands for all of them."""
_MANIFESTS: tuple[tuple[str, str], ...] = (
    ("npm", r"package\.json"),
    ("pip", r"requirements[^/]*\.(txt|in)|Pipfile|setup\.(py|cfg)|pyproject\.toml|uv\.lock|poetry\.lock|pdm\.lock"),
    ("bundler", r"Gemfile|[^/]+\.gemspec"),
    ("cargo", r"Cargo\.toml"),
    ("composer", r"composer\.json"),
    ("gomod", r"go\.mod"),
    ("gradle", r"build\.gradle(\.kts)?"),
    ("maven", r"pom\.xml"),
    ("nuget", r"[^/]+\.(cs|fs|vb)proj|packages\.config|Directory\.Packages\.props"),
    ("mix", r"mix\.exs"),
    ("pub", r"pubspec\.yaml"),
    ("swift", r"Package\.swift"),
    ("github-actions", r"action\.ya?ml"),
)
_LISTS = re.compile(r"(^|/)requirements/[^/]+\.(txt|in)$")
_COMPILED = [(name, re.compile(pattern)) for name, pattern in _MANIFESTS]
# Other names under which a bot's configuration covers an ecosystem.
SAME_AS: Mapping[str, frozenset[str]] = {
    "pip": frozenset(
        {"pip", "uv", "poetry", "pipenv", "pip-compile", "pip_requirements", "pep621", "pip_setup", "pdm"}
    ),
    "npm": frozenset({"npm", "bun", "yarn", "pnpm"}),
    "github-actions": frozenset({"github-actions"}),
    "bundler": frozenset({"bundler", "rubygems"}),
}
_PASSED_OVER = re.compile(
    r"(^|/)(tests?|__tests__|fixtures?|testdata|test[-_]?data|examples?|samples?|templates?|docs?|e2e|benchmarks?|demos?|"
    r"playgrounds?|cookiecutters?)(/|$)|\{\{",
    re.I,
)
_RENOVATE = (
    "renovate.json", "renovate.json5", ".github/renovate.json", ".github/renovate.json5", ".gitlab/renovate.json",
    ".gitlab/renovate.json5", ".renovaterc", ".renovaterc.json", ".renovaterc.json5",
)  # fmt: skip
_DEPENDABOT = (".github/dependabot.yml", ".github/dependabot.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A file that declares dependencies. `folder` is "." for the root."""

    ecosystem: str
    path: str
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Covers:
    """What a bot looks after: an ecosystem (or `EVERYTHING`) and folder patterns ("." is the root, `**` all)."""

    ecosystem: str
    folders: tuple[str, ...]
    line: int
    off: str = ""
    """Why this part does nothing; empty where it works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """A configured bot."""

    name: str
    path: str
    covers: tuple[Covers, ...]

    @property
    def active(self) -> bool:
        return any(not each.off for each in self.covers)


@dataclass(frozen=True, kw_only=True)
class UpdateBots(Fact):
    """Bots and manifests."""

    bots: tuple[Bot, ...] = ()
    manifests: tuple[Manifest, ...] = ()
    files: int = 0

    @classmethod
    def reader(cls) -> FactReader[Any]:
        return UpdateBotsReader()


class UpdateBotsReader(FactReader[UpdateBots]):
    """Reads the bots' configuration. Manifests are told by name; only pyproject.toml and package.json are opened."""

    def read(self, view: View, facts: Facts) -> UpdateBots:
        tree = Tree(view)
        if view.project.incomplete:
            view.gap(None, view.project.incomplete)
        bots = [
            bot for bot in (_dependabot(tree), _dependabot_old(tree), *_renovate(tree), _pyup(tree)) if bot is not None
        ]
        manifests = _manifests(tree)
        for path, reason in tree.bad.items():
            view.gap(path, reason)
        return UpdateBots(
            bots=tuple(bots),
            manifests=tuple(manifests),
            files=len(view.project.files),
            read=tuple(view.seen),
            gaps=tuple(view.gaps),
        )


def _manifests(tree: Tree) -> list[Manifest]:
    found = []
    for path in sorted(tree.files):
        entry = tree.files[path]
        folder = posixpath.dirname(path) or "."
        if not entry.by_hand or _PASSED_OVER.search(folder):
            continue
        for ecosystem, pattern in _COMPILED:
            listed = ecosystem == "pip" and _LISTS.search(path)
            if (pattern.fullmatch(entry.name) or listed) and _declares(tree, path, entry.name):
                found.append(Manifest(ecosystem=ecosystem, path=path, folder=folder))
                break
        if re.fullmatch(r"\.github/workflows/[^/]+\.ya?ml", path):
            found.append(Manifest(ecosystem="github-actions", path=path, folder="."))
    return found


def _declares(tree: Tree, path: str, name: str) -> bool:
    """Whether a manifest declares any dependency: these two files often hold settings of tools only."""
    if name == "pyproject.toml":
        text = tree.text(path) or ""
        return bool(
            re.search(
                r"^\s*(dependencies|requires)\s*=|^\[(tool\.poetry|dependency-groups|project\.optional)", text, re.M
            )
        )
    if name == "setup.cfg":
        return "install_requires" in (tree.text(path) or "")
    if name == "package.json":
        return bool(re.search(r'"(d|devD|peerD|optionalD)ependencies"\s*:\s*\{\s*"', tree.text(path) or ""))
    return True


def _dependabot(tree: Tree) -> Bot | None:
    path = next((each for each in _DEPENDABOT if tree.is_file(each)), None)
    data = tree.yaml(path) if path else None
    if path is None or data is None:
        return None
    covers = []
    for row in rows(data.get("updates") if isinstance(data, Mapping) else None):
        if not isinstance(row, Mapping):
            continue
        given = rows(row.get("directories")) or [row.get("directory", "/")]
        folders = tuple(str(each).strip("/").removeprefix("./") or "." for each in given)
        off = ""
        if str(row.get("open-pull-requests-limit", "")) == "0":
            off = "`open-pull-requests-limit: 0` switches it off"
        if any(isinstance(each, Mapping) and each == {"dependency-name": "*"} for each in rows(row.get("ignore"))):
            off = "it ignores every dependency"
        covers.append(
            Covers(ecosystem=str(row.get("package-ecosystem", "")), folders=folders, line=line_of(row) or 1, off=off)
        )
    return Bot(name="dependabot", path=path, covers=tuple(covers))


def _dependabot_old(tree: Tree) -> Bot | None:
    path = ".dependabot/config.yml"
    if not tree.is_file(path):
        return None
    off = "this form of the configuration is no longer read; use .github/dependabot.yml"
    return Bot(name="dependabot", path=path, covers=(Covers(ecosystem=EVERYTHING, folders=("**",), line=1, off=off),))


def _renovate(tree: Tree) -> list[Bot]:
    path = next((each for each in _RENOVATE if tree.is_file(each)), None)
    data: Any = None
    if path is not None:
        text = tree.text(path)
        data = tree.json5(path) if text is not None else None
    elif tree.is_file("package.json") and '"renovate"' in (tree.text("package.json") or ""):
        package = tree.json("package.json")
        data = package.get("renovate") if isinstance(package, Mapping) else None
        path = "package.json"
    if path is None or not isinstance(data, Mapping):
        return []
    off = "`enabled: false` switches it off" if data.get("enabled") is False else ""
    managers = [str(each) for each in rows(data.get("enabledManagers"))] or [EVERYTHING]
    line = line_with(tree.text(path) or "", r"enabledManagers|\"?enabled\"?\s*:")
    for manager, settings in data.items():
        if isinstance(settings, Mapping) and settings.get("enabled") is False and managers == [EVERYTHING]:
            name = {"npm": "npm", "github-actions": "github-actions", "pip_requirements": "pip"}.get(str(manager))
            if name:
                why = f"“{manager}” is switched off"
                own = Covers(ecosystem=name, folders=(), line=line, off=why)
                every = Covers(ecosystem=EVERYTHING, folders=("**",), line=line, off=off)
                return [Bot(name="renovate", path=path, covers=(own, every))]
    covers = tuple(Covers(ecosystem=each, folders=("**",), line=line, off=off) for each in managers)
    return [Bot(name="renovate", path=path, covers=covers)]


def _pyup(tree: Tree) -> Bot | None:
    path = ".pyup.yml"
    data = tree.yaml(path) if tree.is_file(path) else None
    if not isinstance(data, Mapping):
        return None
    off = "`update: false` switches it off" if str(data.get("update", "all")).lower() in ("false", "none") else ""
    return Bot(name="pyup", path=path, covers=(Covers(ecosystem="pip", folders=("**",), line=1, off=off),))


def covered(manifest: Manifest, covers: Covers, below: bool) -> bool:
    """Whether a bot's part looks after a manifest. `below`: a folder of it takes the folders below it along."""
    names = SAME_AS.get(manifest.ecosystem, frozenset({manifest.ecosystem}))
    if covers.ecosystem not in names and covers.ecosystem != EVERYTHING:
        return False
    for folder in covers.folders:
        if folder in ("**", manifest.folder) or matches(folder, manifest.folder):
            return True
        if below and (folder == "." or manifest.folder.startswith(folder + "/")):
            return True
    return False
