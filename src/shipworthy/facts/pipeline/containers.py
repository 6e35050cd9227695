"""Follows commands into containers: docker run, docker exec, and services of compose files.

Source: the docker command line and compose file references.
"""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from shipworthy.facts.pipeline.fact import Kind, Link, no, unsure
from shipworthy.facts.pipeline.neutral import could_test
from shipworthy.facts.pipeline.resolve import Frame, Resolver, fixed
from shipworthy.facts.pipeline.secret_scanners import in_image
from shipworthy.facts.pipeline.shell_words import join_path
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
    if command == "run" and not entry:
        rest = in_image(image, rest)
    if entry:
        rest = [*shlex.split(entry.replace(HOLE, "x")), *rest]
    if rest:
        r.command(rest, frame)
    elif could_test(image):
        r.lose(f"`docker {command} {image}`: what the image runs is not known".replace(HOLE, "…"), frame)
    return True


def compose(r: Resolver, words: Sequence[str], frame: Frame, outer: Sequence[str] = ()) -> bool:
    """`docker compose run SERVICE cmd`, `exec`, `up --exit-code-from SERVICE`; `outer`: options of docker itself."""
    at = skip_options(words, 1, _COMPOSE_VALUED)
    files = [words[n + 1] for n in range(1, min(at, len(words) - 1)) if words[n] in ("-f", "--file")]
    if at >= len(words):
        return True
    command, rest = words[at], words[at + 1 :]
    if command in ("run", "exec"):
        start = skip_options(rest, 0, _RUN_VALUED)
        if start >= len(rest):
            return True
        if {"-d", "--detach"} & set(rest[:start]):
            frame = frame.masked(no("it runs in the background"))
        service, inner = rest[start], list(rest[start + 1 :])
        if inner:
            r.command(inner, frame)
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
                elif _on_own_machine(frame):
                    r.note(Kind.UP, words, frame)
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


def _on_own_machine(frame: Frame) -> bool:
    """Whether the job runs on a machine of the project's own, where starting containers is a deploy."""
    return frame.variables.get("RUNNER_ENVIRONMENT") == ("self-hosted",)


def _service(r: Resolver, files: Sequence[str], service: str, frame: Frame) -> None:
    """What a service of the compose files runs."""
    if frame.folder is None:
        r.lose(f"`docker compose … {service}`: its folder is not known".replace(HOLE, "…"), frame)
        return
    paths = [join_path(frame.folder, name) for name in files] or [r.tree.upwards(frame.folder, *_NAMES)]
    command: Any = None
    entry: Any = None
    where = ""
    for path in paths:
        data = r.tree.yaml(path) if path else None
        services = data.get("services") if isinstance(data, dict) else None
        settings = services.get(service) if isinstance(services, dict) else None
        if isinstance(settings, dict) and path:
            where = path if settings.get("command") or not where else where
            command = settings.get("command") or command
            entry = settings.get("entrypoint") or entry
    if not where or not (command or entry):
        r.lose(
            f"the compose service “{service}” was not found, or its image decides what runs".replace(HOLE, "…"), frame
        )
        return
    line = line_with(r.tree.text(where) or "", r"^[ \t]*(command|entrypoint)\s*:", f"{service}:") if service else 1
    link = Link(where, line, f"{service}: {command or entry}"[:80])
    nested = frame.enter("compose", where, service)
    if nested is None:
        return
    nested = replace(nested, folder=posixpath.dirname(where) or ".")
    words: list[str] = []
    for part in (entry, command):
        if isinstance(part, str) and part is command and not entry:
            r.script(part, nested, fixed(link))
            return
        words += [str(each) for each in rows(part)] if not isinstance(part, str) else _split(part)
    r.command(words, nested.at(link))


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
