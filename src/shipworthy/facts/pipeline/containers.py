"""Follows commands into containers: docker run, docker exec, and services of compose files.

Source: the docker command line and compose file references.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from shipworthy.facts.pipeline import image_builds
from shipworthy.facts.pipeline.fact import Kind, Link, no, unsure
from shipworthy.facts.pipeline.neutral import could_test
from shipworthy.facts.pipeline.own_machine import kept_running
from shipworthy.facts.pipeline.resolve import Frame, Resolver, fixed
from shipworthy.facts.pipeline.secret_scanners import in_image
from shipworthy.facts.pipeline.shell_words import ROOT, join_path
from shipworthy.facts.pipeline.tree import line_with, rows
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.facts.pipeline.words import words as _words
from shipworthy.facts.pipeline.wrappers import option, skip_options

_RUN_VALUED = _words(
    "-e --env --env-file -v --volume --mount -p --publish --name -w --workdir -u --user --network --net --entrypoint "
    "--platform --label -l --add-host -h --hostname --memory -m --cpus --gpus --tmpfs --link --volumes-from --pull "
    "--restart --shm-size --security-opt --cap-add --cap-drop --ulimit --index --device --dns --pid --ipc --log-driver "
    "--log-opt --cidfile --stop-timeout -c --cpu-shares --network-alias --group-add --expose"
)
_MOUNT = re.compile(r"--mount(?:=|\Z)")
_COMPOSE_VALUED = _words("-f --file -p --project-name --profile --env-file --project-directory --ansi --progress")
_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")


def docker(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`docker run IMAGE cmd`, `docker exec NAME cmd`, `docker compose …`."""
    at = skip_options(words, 1, frozenset({"--context", "-c", "--host", "-H", "--log-level", "-l", "--config"}))
    if at >= len(words):
        return True
    command = words[at]
    if command == "container" and at + 1 < len(words):
        at += 1
        command = words[at]
    if command == "compose":
        return compose(r, ["docker-compose", *words[at + 1 :]], frame, words[1:at])
    if command == "buildx" and words[at + 1 : at + 2] == ["build"]:
        at, command = at + 1, "build"
    if command == "image" and words[at + 1 : at + 2] == ["build"]:
        at, command = at + 1, "build"
    if command == "build":
        image_builds.build(r, words[at + 1 :], frame)
        return False
    if command not in ("run", "exec"):
        return False
    start = at + 1
    at = skip_options(words, start, _RUN_VALUED)
    options = words[start:at]
    if command == "run" and {"-d", "--detach"} & set(options):
        frame = frame.masked(no("the container runs in the background"))
    entry = option(options, "--entrypoint")
    rest = list(words[at + 1 :])
    image = words[at] if at < len(words) else ""
    made = image_builds.built(r, image) if command == "run" and not entry else None
    if made is not None:
        stage = _inside(made.stage.copy(), options, frame)
        if image_builds.run(r, made, rest, frame, stage=stage):
            return True
    if command == "run" and not entry and (scan := in_image(image, rest)) != rest:
        rest, frame = _mounted(scan, options, frame)
    if command == "run" and option(options, "-w", "--workdir"):
        place = _inside(image_builds.Stage(), options, frame).place(".")
        frame = replace(frame, folder=place) if place is not None else frame
    if entry:
        rest = [*shlex.split(entry.replace(HOLE, "x")), *rest]
    if rest:
        r.command(rest, frame)
    elif could_test(image):
        r.lose(f"`docker {command} {image}`: what the image runs is not known".replace(HOLE, "…"), frame)
    return True


def _mounted(rest: list[str], options: Sequence[str], frame: Frame) -> tuple[list[str], Frame]:
    """A scanner's command line with the places of the repository for those of the container."""
    if not any(word.split("=", 1)[0] in ("-v", "--volume", "--mount", "--volumes-from") for word in options):
        return rest, frame.masked(unsure("no folder of the repository is mounted into its container"))
    stage = _inside(image_builds.Stage(), options, frame)
    words: list[str] = []
    for word in rest:
        name, sign, value = word.rpartition("=")
        scheme = "file://" if value.startswith("file://") else ""
        path = value.removeprefix(scheme)
        place = stage.place(path) if path.startswith("/") else None
        words.append(word if place is None else f"{name}{sign}{scheme}{ROOT}{place}")
    return words, frame


def _inside(stage: image_builds.Stage, options: Sequence[str], frame: Frame) -> image_builds.Stage:
    """The container's files with the folders that are mounted into it, and where it starts."""
    mounts = [options[n + 1] for n, word in enumerate(options[:-1]) if word in ("-v", "--volume")]
    mounts += [word.partition("=")[2] for word in options if word.startswith(("--volume=", "-v="))]
    for bound in (option([word], "--mount") or after for word, after in pairwise([*options, ""]) if _MOUNT.match(word)):
        parts = dict(part.partition("=")[::2] for part in bound.split(","))
        source = parts.get("src") or parts.get("source") or ""
        mounts.append(f"{source}:{parts.get('dst') or parts.get('target') or parts.get('destination') or ''}")
    for mount in mounts:
        host, _, inside = mount.partition(":")
        path = join_path(frame.folder, host) if host[:1] in (".", ROOT) else None
        if path is not None and inside:
            stage.copies.append((path, posixpath.normpath(inside.partition(":")[0])))
    stage.folder = option(options, "-w", "--workdir") or stage.folder
    return stage


def compose(r: Resolver, words: Sequence[str], frame: Frame, outer: Sequence[str] = ()) -> bool:
    """`docker compose run SERVICE cmd`, `exec`, `up --exit-code-from SERVICE`; `outer`: options of docker itself."""
    at = skip_options(words, 1, _COMPOSE_VALUED)
    files = [words[n + 1] for n in range(1, min(at, len(words) - 1)) if words[n] in ("-f", "--file")]
    if at >= len(words):
        return True
    command, rest = words[at], words[at + 1 :]
    if command == "build" or (command == "up" and "--build" in rest):
        names = [] if option(rest, "--exit-code-from") else [word for word in rest if not word.startswith("-")]
        _build_services(r, files, names, frame)
    if command in ("run", "exec"):
        start = skip_options(rest, 0, _RUN_VALUED)
        if start >= len(rest):
            return True
        if {"-d", "--detach"} & set(rest[:start]):
            frame = frame.masked(no("it runs in the background"))
        service, inner = rest[start], list(rest[start + 1 :])
        if inner:
            _in_service(
                r, files, service, inner, frame, entered=command == "run", where=option(rest[:start], "-w", "--workdir")
            )
        else:
            _service(r, files, service, frame)
        return True
    if command == "up":
        service = option(rest, "--exit-code-from") or ""
        detached = {"-d", "--detach", "--wait"} & set(rest)
        if detached:
            if not {"--build-only"} & set(rest):
                if _far(frame, (*outer, *words[:at])):
                    r.note(Kind.DEPLOY, words, frame)
                elif (kept := kept_running(frame)) is not None:
                    r.note(kept, words, frame)
            return True
        plain = [
            word
            for number, word in enumerate(rest)
            if not word.startswith("-") and (not number or rest[number - 1] != "--exit-code-from")
        ]
        if service or "--abort-on-container-exit" in rest:
            here = frame if service else frame.masked(unsure("without `--exit-code-from` the exit code may be lost"))
            for name in [service] if service else plain:
                _service(r, files, name, here)
        return True
    return command in (
        "down",
        "build",
        "pull",
        "ps",
        "logs",
        "config",
        "stop",
        "rm",
        "start",
        "create",
        "version",
        "kill",
        "cp",
    )


def _far(frame: Frame, options: Sequence[str]) -> bool:
    """Whether containers start on another machine: a host reached by ssh, or a context that is named."""
    host = " ".join(frame.variables.get("DOCKER_HOST", ()))
    context = " ".join(frame.variables.get("DOCKER_CONTEXT", ()))
    named = any(word in ("-H", "--host", "--context", "-c") or word.startswith("--host=ssh") for word in options)
    return host.startswith("ssh://") or context not in ("", "default") or named


def _settings(r: Resolver, files: Sequence[str], service: str, frame: Frame) -> tuple[str, dict[str, Any]]:
    """The last compose file that names a service, and what the files say of it together."""
    paths = [join_path(frame.folder, name) for name in files] or [r.tree.upwards(frame.folder, *_NAMES)]
    where, settings = "", dict[str, Any]()
    for path in paths:
        data = r.tree.yaml(path) if path else None
        services = data.get("services") if isinstance(data, dict) else None
        # The first version of the format has the services at the top.
        services = services if isinstance(services, dict) else data if isinstance(data, dict) else None
        found = services.get(service) if isinstance(services, dict) else None
        if isinstance(found, dict) and path:
            where = path if found.get("command") or not where else where
            settings.update(found)
    return where, settings


def _image(r: Resolver, where: str, settings: Mapping[str, Any]) -> image_builds.Image | None:
    """The image a service is built from; its files together with the folders that are mounted."""
    home = posixpath.dirname(where) or "."
    build = settings.get("build")
    given = build if isinstance(build, dict) else {"context": build} if isinstance(build, str) else None
    image = None
    if given is not None:
        context = join_path(home, str(given.get("context") or "."))
        path = join_path(context, str(given.get("dockerfile") or "Dockerfile"))
        image = image_builds.image_of(r, path, context, str(given.get("target") or ""))
        if image is None and context is not None:
            image = image_builds.Image(where, image_builds.Stage(copies=[(context, "/")]))
    elif isinstance(settings.get("image"), str):
        image = image_builds.built(r, settings["image"])
    stage = image.stage.copy() if image else image_builds.Stage()
    for volume in rows(settings.get("volumes")):
        host, _, inside = volume.partition(":") if isinstance(volume, str) else ("", "", "")
        if isinstance(volume, dict):
            host, inside = str(volume.get("source") or ""), str(volume.get("target") or "")
        path = join_path(home, host) if host.startswith(".") else None
        if path is not None and inside:
            stage.copies.append((path, posixpath.normpath(inside.partition(":")[0])))
    if isinstance(settings.get("working_dir"), str):
        stage.folder = settings["working_dir"]
    if image is None and not stage.copies:
        return None
    return image_builds.Image(image.path if image else where, stage)


def _build_services(r: Resolver, files: Sequence[str], names: Sequence[str], frame: Frame) -> None:
    """`docker compose build`: the images of the services that are named, or of all."""
    every = dict[str, None]()
    for path in [join_path(frame.folder, name) for name in files] or [r.tree.upwards(frame.folder, *_NAMES)]:
        data = r.tree.yaml(path) if path else None
        services = data.get("services") if isinstance(data, dict) else None
        every.update(dict.fromkeys(map(str, services)) if isinstance(services, dict) else {})
    for service in [name for name in every if not names or name in names]:
        where, settings = _settings(r, files, service, frame)
        build = settings.get("build")
        given = build if isinstance(build, dict) else {"context": build} if isinstance(build, str) else None
        if given is None or settings.get("profiles"):
            continue
        context = join_path(posixpath.dirname(where) or ".", str(given.get("context") or "."))
        path = join_path(context, str(given.get("dockerfile") or "Dockerfile"))
        tags = [str(settings["image"])] if settings.get("image") else []
        image_builds.follow(r, path, context, str(given.get("target") or ""), frame, tags=tags)


def _in_service(
    r: Resolver, files: Sequence[str], service: str, words: list[str], frame: Frame, *, entered: bool, where: str | None
) -> None:
    """`docker compose run SERVICE cmd`: where in the repository the command stands."""
    path, settings = _settings(r, files, service, frame) if frame.folder is not None else ("", {})
    image = _image(r, path, settings) if path else None
    if image is None:
        r.command(words, frame)
        return
    if where:
        image.stage.folder = where
    if not entered:
        image.stage.entry = []
    if image.stage.place(".") is None and not image.stage.entry:
        r.command(words, frame)
        return
    image_builds.run(r, image, words, frame)


def _service(r: Resolver, files: Sequence[str], service: str, frame: Frame) -> None:
    """What a service of the compose files runs."""
    if frame.folder is None:
        r.lose(f"`docker compose … {service}`: its folder is not known".replace(HOLE, "…"), frame)
        return
    where, settings = _settings(r, files, service, frame)
    command, entry = settings.get("command"), settings.get("entrypoint")
    image = _image(r, where, settings) if where else None
    nested = frame.enter("compose", where, service)
    if nested is None:
        return
    if where and not command and not entry and image is not None and image_builds.run(r, image, (), nested):
        return
    if not where or not (command or entry):
        r.lose(
            f"the compose service “{service}” was not found, or its image decides what runs".replace(HOLE, "…"), frame
        )
        return
    line = line_with(r.tree.text(where) or "", r"^[ \t]*(command|entrypoint)\s*:", f"{service}:") if service else 1
    link = Link(where, line, f"{service}: {command or entry}"[:80])
    inside = image.stage.place(".") if image is not None else None
    nested = replace(nested, folder=inside if inside is not None else posixpath.dirname(where) or ".")
    if not entry and image is not None and image.stage.entry:
        given = _split(command) if isinstance(command, str) else [str(each) for each in rows(command)]
        image_builds.run(r, image, given, nested.at(link))
        return
    words: list[str] = []
    for part in (entry, command):
        if isinstance(part, str) and not entry:
            r.script(part, nested, fixed(link))
            return
        words += [str(each) for each in rows(part)] if not isinstance(part, str) else _split(part)
    r.command(words, nested.at(link))


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
