"""Deploys that a hosting platform starts by itself, and deploys that a person can start: what the files say of both.

Source: each platform's own description of its configuration file.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shipworthy.facts.pipeline.fact import YES, ByHand, Kind, Link, Platform, Said, no, unsure
from shipworthy.facts.pipeline.resolve import Frame, Resolver, fixed
from shipworthy.facts.pipeline.shell import Options
from shipworthy.facts.pipeline.tree import Tree, line_with, rows

_MOST = 40
_ASIDE = re.compile(
    r"(^|/)(node_modules|vendor|examples?|samples?|templates?|fixtures|tests?|testdata|docs)(/|$)", re.I
)
_SCRIPT = re.compile(
    r"(^|/)[^/]*(deploy|release|publish)[^/]*\.(sh|bash)$|(^|/)(bin|scripts?|tools)/(deploy|release|publish)$"
)
_HINT = re.compile(r"deploy|publish|push|apply|ssh|scp|rsync|s3|upload|release|vercel|netlify|fly|up\b|sync|pages")
_SETTING = "whether it deploys by itself, and waits for checks, is set at the platform, not in the file"

_Commands = list[tuple[str, str]]
_Reading = tuple[Said, _Commands]
"""Whether it waits, as far as the file says, and the commands it runs before: a pattern of their line, and text."""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else " && ".join(map(str, value)) if isinstance(value, list) else ""


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _vercel(data: Any) -> _Reading | None:
    git = _map(_map(data).get("git"))
    if git.get("deploymentEnabled") is False or _map(_map(data).get("github")).get("enabled") is False:
        return None
    return unsure(_SETTING), [(r'"buildCommand"', _text(_map(data).get("buildCommand")))]


def _netlify(data: Any) -> _Reading | None:
    build = _map(_map(data).get("build"))
    own = _map(_map(_map(data).get("context")).get("production"))
    return unsure(_SETTING), [(r"^\s*command\s*=", _text(own.get("command") or build.get("command")))]


def _render(data: Any) -> _Reading | None:
    services = [_map(each) for each in rows(_map(data).get("services"))]
    said: list[Said] = []
    commands: _Commands = []
    for service in services:
        automatic = service.get("autoDeploy")
        trigger = service.get(
            "autoDeployTrigger", "commit" if automatic is True else "off" if automatic is False else ""
        )
        if str(trigger).lower() in ("off", "no", "false") or service.get("type") in ("redis", "keyvalue", "pserv_db"):
            continue
        if trigger == "checksPass":
            said.append(YES)
        elif trigger == "commit":
            said.append(no("every commit is deployed (`autoDeployTrigger: checksPass` would wait)"))
        else:
            said.append(unsure(_SETTING))
        commands.append((r"^\s*(-\s*)?buildCommand:", _text(service.get("buildCommand"))))
    if not said:
        return None
    worst = next((each for each in said if each.no), next((each for each in said if not each.yes), YES))
    return worst, commands if len(commands) == 1 else []


def _railway(data: Any) -> _Reading | None:
    return unsure(_SETTING), [(r"buildCommand", _text(_map(_map(data).get("build")).get("buildCommand")))]


def _digital_ocean(data: Any) -> _Reading | None:
    sources: list[Any] = []
    for key in ("services", "static_sites", "workers", "jobs", "functions"):
        for each in rows(_map(data).get(key)):
            sources += [_map(each).get(name) for name in ("github", "gitlab", "git", "bitbucket")]
            sources += [_map(_map(each).get("image")).get("deploy_on_push")]
    said = [_map(source).get("deploy_on_push", _map(source).get("enabled")) for source in sources if source]
    if True in said:
        return no("every push is deployed (`deploy_on_push: true`)"), []
    return (unsure(_SETTING), []) if not said or None in said else None


def _amplify(data: Any) -> _Reading | None:
    apps = rows(_map(data).get("applications")) or [data]
    commands: _Commands = []
    for app in apps if len(apps) == 1 else []:
        for part in ("backend", "frontend", "test"):
            phases = _map(_map(_map(app).get(part)).get("phases"))
            commands += [(rf"^\s*{name}:", _text(_map(phase).get("commands"))) for name, phase in phases.items()]
    return unsure(_SETTING), commands


def _other(_data: Any) -> _Reading | None:
    return unsure(_SETTING), []


def _heroku(_data: Any) -> _Reading | None:
    return unsure("whether it deploys by itself, and waits for CI, is a setting of the app at Heroku"), []


# File name (or path) -> platform, title, how it is read. `.do/app.yaml` and the like are matched with their folder.
_FILES: Mapping[str, tuple[str, str, Callable[[Any], _Reading | None]]] = {
    "vercel.json": ("vercel", "Vercel", _vercel),
    "netlify.toml": ("netlify", "Netlify", _netlify),
    "fly.toml": ("fly", "Fly.io", _other),
    "render.yaml": ("render", "Render", _render),
    "render.yml": ("render", "Render", _render),
    "railway.json": ("railway", "Railway", _railway),
    "railway.toml": ("railway", "Railway", _railway),
    "Procfile": ("heroku", "Heroku", _heroku),
    "heroku.yml": ("heroku", "Heroku", _heroku),
    ".do/app.yaml": ("digitalocean", "DigitalOcean", _digital_ocean),
    ".do/app.yml": ("digitalocean", "DigitalOcean", _digital_ocean),
    "amplify.yml": ("amplify", "AWS Amplify", _amplify),
    "wrangler.toml": ("cloudflare", "Cloudflare", _other),
    "wrangler.json": ("cloudflare", "Cloudflare", _other),
    "wrangler.jsonc": ("cloudflare", "Cloudflare", _other),
    "firebase.json": ("firebase", "Firebase", _other),
    "apphosting.yaml": ("firebase", "Firebase App Hosting", _other),
    "appspec.yml": ("codedeploy", "AWS CodeDeploy", _other),
    "app.json": ("heroku", "Heroku", _heroku),
}


def find_platforms(resolver: Resolver) -> Iterator[Platform]:
    """Every file that ties the repository to a platform, unless it switches deploys by itself off."""
    tree = resolver.tree
    for path in sorted(tree.files):
        name, folder = posixpath.basename(path), posixpath.dirname(path)
        known = _FILES.get(f"{posixpath.basename(folder)}/{name}") or _FILES.get(name)
        if known is None or not tree.files[path].by_hand or _ASIDE.search(path) or path.count("/") > 3:
            continue
        platform, title, read = known
        data = _data(tree, path)
        if name == "app.json" and not {"buildpacks", "formation", "addons"} & set(_map(data)):
            continue
        if path in tree.bad:
            yield Platform(name=platform, title=title, path=path, line=1, waits=unsure("the file is not valid"))
            continue
        found = read(data)
        if found is None:
            continue
        said, commands = found
        tested = next((place for row in commands if (place := _tests(resolver, path, row)) is not None), None)
        line = tested.line if tested else 1
        yield Platform(
            name=platform, title=title, path=path, line=line, waits=YES if tested else said, test=tested,
            for_checks=said.yes and tested is None,
        )  # fmt: skip


def _data(tree: Tree, path: str) -> Any:
    if path.endswith((".json", ".jsonc")):
        return tree.json(path)
    if path.endswith(".toml"):
        return tree.toml(path)
    return tree.yaml(path) if path.endswith((".yaml", ".yml")) else tree.text(path)


def _tests(resolver: Resolver, path: str, command: tuple[str, str]) -> Link | None:
    """The line of a build command that runs tests whose failure ends the build."""
    pattern, text = command
    if not text:
        return None
    link = Link(path, line_with(resolver.tree.text(path) or "", pattern), text.split("\n")[0][:80])
    found = _resolved(resolver, text, link, posixpath.dirname(path) or ".")
    return link if any(kind is Kind.TEST and sure for kind, sure, _ in found) else None


def _resolved(resolver: Resolver, text: str, link: Link, folder: str) -> list[tuple[Kind, bool, tuple[Link, ...]]]:
    """What commands come down to: kind, whether it surely runs and can fail, and its chain."""
    at = len(resolver.found), len(resolver.lost)
    frame = Frame(folder=folder, variables={"CI": ("true",)})
    resolver.script(text, frame, fixed(link), options=Options(errexit=True))
    found = [(each.kind, each.runs.yes and each.fails.yes, each.chain) for each in resolver.found[at[0] :]]
    del resolver.found[at[0] :], resolver.lost[at[1] :]
    return found


def find_by_hand(resolver: Resolver) -> list[ByHand]:
    """Scripts for people that deploy or publish: of package.json and makefiles, and shell scripts by their own name."""
    found: dict[tuple[str, int], ByHand] = {}
    for path, line, text, folder in _scripts(resolver.tree):
        link = Link(path, line, text[:80])
        command = f"make {text}" if posixpath.basename(path) == "Makefile" else text
        for kind, _, chain in _resolved(resolver, command, link, folder):
            if kind in (Kind.DEPLOY, Kind.PUBLISH):
                last = chain[-1]
                remote = bool(
                    re.search(r"\bssh\b", last.text) and re.search(r"git (pull|fetch|reset)", text + last.text)
                )
                row = ByHand(path=last.path, line=last.line, text=last.text, pulls=remote, name=text[:60])
                found.setdefault((last.path, last.line), row)
    return list(found.values())[:_MOST]


def _scripts(tree: Tree) -> Iterator[tuple[str, int, str, str]]:
    """(path, line, command or target, folder) of what may deploy."""
    for path in sorted(tree.files):
        name, folder = posixpath.basename(path), posixpath.dirname(path) or "."
        if not tree.files[path].by_hand or _ASIDE.search(path) or path.count("/") > 2:
            continue
        if name == "package.json":
            scripts = _map(_map(tree.json(path)).get("scripts"))
            for key, command in list(scripts.items())[:200]:
                if isinstance(command, str) and _HINT.search(command) and not re.match(r"(pre|post)", key):
                    yield (
                        path,
                        line_with(tree.text(path) or "", rf'"{re.escape(key)}"\s*:', '"scripts"'),
                        command,
                        folder,
                    )
        elif name == "Makefile":
            for target in re.finditer(r"^([A-Za-z][\w.-]{0,60})\s*:(?!=)", tree.text(path) or "", re.M):
                if re.search(r"deploy|publish|release|push|upload|ship", target[1]):
                    yield path, (tree.text(path) or "").count("\n", 0, target.start()) + 1, target[1], folder
        elif _SCRIPT.search(path):
            yield path, 1, f"bash {name}", folder


def on_platform(platform: Platform, text: str) -> bool:
    """Whether a command or action deploys to the platform."""
    words = {
        "fly": ("fly", "flyctl", "superfly"),
        "cloudflare": ("wrangler", "cloudflare"),
        "digitalocean": ("doctl", "digitalocean"),
        "codedeploy": ("codedeploy", "create-deployment"),
    }.get(platform.name, (platform.name,))
    return any(re.search(rf"(^|[^a-z]){word}", text, re.I) for word in words)
