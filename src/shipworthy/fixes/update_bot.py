"""Makes the fix for `update-bot`: a Dependabot configuration, or the entries one lacks."""

from __future__ import annotations

import re

from shipworthy.facts.pipeline import Pipeline
from shipworthy.facts.update_bots import Manifest, UpdateBots
from shipworthy.fixes.desk import Desk, listed
from shipworthy.fixes.hosts import elsewhere
from shipworthy.fixes.lines import appended, line_span
from shipworthy.fixes.model import Fix, NoFix
from shipworthy.project.yaml import BadData, line_of, load_yaml

PATH = ".github/dependabot.yml"
_HOSTS = ("gitlab", "bitbucket", "azure", "forgejo")
_FOLDER = re.compile(r"[A-Za-z0-9._@/+-]{1,200}", re.ASCII)
_MARKERS = (("uv.lock", "pip", "uv"), ("bun.lock", "npm", "bun"), ("bun.lockb", "npm", "bun"))


def make(desk: Desk) -> Fix | NoFix:
    """One entry an ecosystem and folder, weekly; only where the code host is GitHub as far as the files say."""
    bots, pipeline = desk.fact(UpdateBots), desk.fact(Pipeline)
    if bots.gaps or pipeline.gaps:
        desk.refuse("something that may configure a bot could not be read; mend that first.")
        return desk.result("")
    # Only systems that come with a code host: others, such as CircleCI, run for repositories on GitHub too.
    others = sorted({each.title for each in pipeline.systems if each.name in _HOSTS})
    here = not others or any(each.name == "github" for each in pipeline.systems)
    host = elsewhere(desk.project) or (None if here else others[0])
    if host:
        desk.refuse(f"this is on {host}, which Dependabot's own file does not serve: set Renovate up there.")
        return desk.result("")
    foreign = [bot for bot in bots.bots if bot.path not in (PATH, ".github/dependabot.yaml")]
    if foreign:
        desk.refuse(f"{foreign[0].path} configures {foreign[0].name} already: add what is left out there.")
        return desk.result("")
    if desk.of("update-bot/off"):
        desk.refuse("part of the configuration is switched off, and only a person knows why.")
        return desk.result("")
    wanted = _wanted(desk, bots)
    if not wanted:
        return desk.result("")
    if bots.bots:
        _extend(desk, bots.bots[0].path, wanted)
    elif PATH not in desk.project.files and desk.free(PATH):
        desk.make(PATH, ("version: 2\nupdates:\n" + "".join(_entry(each, "  ", "\n") for each in wanted)).encode())
    else:
        desk.refuse(f"{PATH} cannot be made here.")
    desk.note("Dependabot works once this file is on the default branch of a repository on GitHub.")
    return desk.result(f"Let Dependabot propose weekly updates for {listed(sorted({name for name, _ in wanted}))}.")


def _wanted(desk: Desk, bots: UpdateBots) -> list[tuple[str, str]]:
    """(ecosystem, folder) pairs nobody looks after."""
    nothing = desk.of("update-bot/none")
    found: list[tuple[str, str]] = []
    for manifest in bots.manifests:
        if not nothing and not desk.is_open("update-bot/left-out", manifest.path, manifest.ecosystem):
            continue
        if not _FOLDER.fullmatch(manifest.folder):
            desk.refuse(f"the folder {manifest.folder} cannot be written into the configuration by machine.")
            continue
        pair = (_name(desk, manifest), "/" if manifest.folder == "." else f"/{manifest.folder}")
        if pair not in found:
            found.append(pair)
    return sorted(found)


def _name(desk: Desk, manifest: Manifest) -> str:
    """What Dependabot calls the package manager: its documentation lists uv and bun apart from pip and npm."""
    prefix = "" if manifest.folder == "." else manifest.folder + "/"
    for file, ecosystem, name in _MARKERS:
        if manifest.ecosystem == ecosystem and prefix + file in desk.project.files:
            return name
    return manifest.ecosystem


def _entry(pair: tuple[str, str], indent: str, end: str) -> str:
    ecosystem, folder = pair
    rows = (
        f"{indent}- package-ecosystem: {ecosystem}",
        f'{indent}  directory: "{folder}"',
        f"{indent}  schedule:",
        f"{indent}    interval: weekly",
    )
    return "".join(row + end for row in rows)


def _extend(desk: Desk, path: str, wanted: list[tuple[str, str]]) -> None:
    """Entries go behind the last one, where `updates` is a plain block list at the end of the file."""
    data = desk.read(path)
    why = f"{path} is written in a way that cannot be extended by machine: add the entries yourself."
    try:
        documents = load_yaml(data) if data is not None else []
    except BadData:
        documents = []
    top = documents[0] if len(documents) == 1 else None
    if (
        data is None
        or not isinstance(top, dict)
        or list(top)[-1:] != ["updates"]
        or not isinstance(top["updates"], list)
    ):
        desk.refuse(why)
        return
    first = top["updates"][0] if top["updates"] else None
    span = line_span(data, line_of(first) or 0) if isinstance(first, dict) and line_of(first) else None
    indent = re.match(rb"( *)- ", data[span[0] : span[1]]) if span else None
    if indent is None:
        desk.refuse(why)
        return
    lines = "".join(_entry(each, indent[1].decode(), "\n") for each in wanted).splitlines()
    splice = appended(data, lines)
    try:
        after = load_yaml(data[: splice.start] + splice.new)
    except BadData:
        after = []
    if not after or len(after[0]["updates"]) != len(top["updates"]) + len(wanted):
        desk.refuse(why)
        return
    desk.change(path, splice)
