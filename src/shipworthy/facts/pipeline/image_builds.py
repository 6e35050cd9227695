"""Follows what the build of an image runs, and what a container of an image that was built here runs.

Source: the Dockerfile reference and the manual of `docker build`. BuildKit leaves out the stages an image does not
need; each RUN is a shell of its own without `set -e`.
"""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shipworthy.facts.pipeline.fact import Kind, Link, no, unsure
from shipworthy.facts.pipeline.neutral import could_test, hints_at_tests
from shipworthy.facts.pipeline.resolve import Frame, Resolver, fixed
from shipworthy.facts.pipeline.shell import Options
from shipworthy.facts.pipeline.shell_words import ROOT, Values, join_path
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.facts.pipeline.words import words as _words
from shipworthy.facts.pipeline.wrappers import option, skip_options

MAX_ROWS = 400
"""Instructions followed of one Dockerfile."""
_VALUED = _words(
    "-t --tag -f --file --target --build-arg --platform --label --cache-from --cache-to --progress --network --secret "
    "--ssh -o --output --iidfile --metadata-file --builder --add-host --shm-size --ulimit -m --memory -c --cpu-shares "
    "--build-context --attest --annotation --allow --isolation --memory-swap --cpuset-cpus --cgroup-parent"
)
_TESTS = re.compile(r"test|spec", re.I)
_HERE_DOCUMENT = re.compile(r"(?<!<)<<-?[\"']?\w")
_KEPT = {Kind.TEST, Kind.LINT, Kind.TYPES}


@dataclass(slots=True)
class Stage:
    """One stage of a Dockerfile, or what is known of the files of a container."""

    name: str = ""
    folder: str = "/"
    copies: list[tuple[str, str]] = field(default_factory=list)
    """(path in the repository, place in the image), the last one wins."""
    variables: dict[str, Values] = field(default_factory=dict)
    entry: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    command_text: str = ""
    """A CMD in shell form."""
    line: int = 1
    options: Options = field(default_factory=Options)
    runs: list[tuple[str, int, Stage]] = field(default_factory=list)
    """(command, line, the stage as it is there)."""
    needs: set[str] = field(default_factory=set)

    def copy(self) -> Stage:
        return replace(
            self, copies=list(self.copies), variables=dict(self.variables), runs=[], needs=set(),
            entry=list(self.entry), command=list(self.command),
        )  # fmt: skip

    def place(self, path: str) -> str | None:
        """The path in the repository of a path in the image; None where that is not known."""
        path = posixpath.normpath(posixpath.join(self.folder, path))
        for source, target in reversed(self.copies):
            if path == target:
                return source
            if path.startswith(target.rstrip("/") + "/"):
                return posixpath.normpath(posixpath.join(source, posixpath.relpath(path, target)))
        return None


@dataclass(frozen=True, slots=True)
class Image:
    """An image that the pipeline builds: which Dockerfile, and which stage of it runs."""

    path: str
    stage: Stage


def build(r: Resolver, words: Sequence[str], frame: Frame) -> None:
    """`docker build`: the tests its RUN lines run. What it builds is remembered under its tag."""
    if any(word in ("--check", "--call") or word.startswith("--call=") for word in words):
        # It only looks at the Dockerfile.
        return
    at, plain = 0, list[str]()
    while at < len(words):
        start = at
        at = skip_options(words, at, _VALUED)
        if at < len(words) and at >= start:
            plain.append(words[at])
            at += 1
    context = join_path(frame.folder, plain[0]) if plain else None
    tags = [words[n + 1] for n, word in enumerate(words[:-1]) if word in ("-t", "--tag")]
    tags += [word.partition("=")[2] for word in words if word.startswith("--tag=")]
    given = option(words, "-f", "--file")
    arguments = [words[n + 1] for n, word in enumerate(words[:-1]) if word == "--build-arg"]
    arguments += [word.partition("=")[2] for word in words if word.startswith("--build-arg=")]
    path = join_path(frame.folder, given) if given else join_path(context, "Dockerfile")
    follow(r, path, context, option(words, "--target") or "", frame, tags=tags, arguments=arguments)


def follow(
    r: Resolver, path: str | None, context: str | None, target: str, frame: Frame, *,
    tags: Sequence[str] = (), arguments: Sequence[str] = (),
) -> None:  # fmt: skip
    """The build of a Dockerfile. `arguments`: `NAME=value` for its ARG lines."""
    image = image_of(r, path, context, target, arguments)
    known: dict[str, Image | None] = r.tree.kept("images", "", dict)
    for tag in tags:
        same = tag not in known or (known[tag] is not None and image is not None and known[tag] == image)
        known[tag] = image if same else None
    if path is None or context is None or image is None:
        if could_test(f"{path or ''} {target}") and target:
            r.lose(f"the build of the stage {target} could not be followed".replace(HOLE, "…"), frame)
        return
    nested = frame.enter("image", path, target)
    if nested is None:
        return
    stages = _stages(r, path, context, arguments)
    last = _pick(stages, target)
    needed = _needed(stages, last)
    ignored = _ignores_tests(r, path, context)
    found, lost = len(r.found), len(r.lost)
    for number, stage in enumerate(stages):
        here = nested if number in needed else nested.doubt(no("BuildKit skips a stage that the image does not need"))
        for text, line, now in stage.runs:
            if _HERE_DOCUMENT.search(text):
                if hints_at_tests(r.tree.text(path) or ""):
                    reason = f"{path}: a RUN with a here-document is not followed, and may run tests"
                    r.lose(reason, here.at(Link(path, line, text[:80])))
                continue
            here_now = replace(
                here, folder=now.place("."), variables={**now.variables, "CI": (HOLE,)}, changed=frame.changed
            )
            before = len(r.found)
            r.script(text, here_now, fixed(Link(path, line, text[:80])), options=now.options)
            for at in range(before, len(r.found)):
                each = r.found[at]
                if each.kind is Kind.TEST and not _brings_tests(r, now.copies):
                    r.found[at] = replace(each, kind=Kind.NOTHING, remark="no tests are copied into the image")
                elif each.kind is Kind.TEST and ignored and each.runs.yes:
                    r.found[at] = replace(each, runs=unsure(f"{ignored} may leave the tests out of the image"))
    r.found[found:] = [each for each in r.found[found:] if each.kind in _KEPT]
    # What else a build does is nothing the pipeline does: installs of an image are facts of their own.
    r.lost[lost:] = [each for each in r.lost[lost:] if hints_at_tests(each.reason) and not each.runs.no]


def image_of(
    r: Resolver, path: str | None, context: str | None, target: str, arguments: Sequence[str] = ()
) -> Image | None:
    """The image a Dockerfile makes; None where there is no such file or stage."""
    if path is None or context is None or not r.tree.is_file(path):
        return None
    stages = _stages(r, path, context, arguments)
    stage = _pick(stages, target)
    return Image(path, stage) if stage is not None else None


def built(r: Resolver, name: str) -> Image | None:
    """The image of this name that was built here; None where none was, or different ones were."""
    known: dict[str, Image | None] = r.tree.kept("images", "", dict)
    for each in (name, name.removesuffix(":latest"), f"{name}:latest"):
        if each in known:
            return known[each]
    return None


def run(r: Resolver, image: Image, words: Sequence[str], frame: Frame, *, stage: Stage | None = None) -> bool:
    """A container of the image with these words behind its name; False where it says nothing of what runs."""
    here = stage or image.stage
    text = here.command_text if not words else ""
    line = here.entry or not words
    given = [*here.entry, *(words or here.command)]
    if text and not here.entry:
        shown_at = Link(image.path, here.line, text[:80])
        r.script(
            text,
            replace(frame, folder=here.place("."), variables={**frame.variables, **here.variables}),
            fixed(shown_at),
        )
        return True
    if not given:
        return False
    place = here.place(given[0]) if "/" in given[0] else None
    if place is not None and r.tree.is_file(place):
        given[0] = ROOT + place
    folder = here.place(".")
    inner = replace(frame, folder=folder, variables={**frame.variables, **here.variables})
    r.command(given, inner.at(Link(image.path, here.line, shlex.join(given).replace(ROOT, "")[:80])) if line else inner)
    return True


def _pick(stages: Sequence[Stage], target: str) -> Stage | None:
    """The stage that is built: the last one, or the one that is named."""
    if target:
        return next((each for each in stages if each.name == target.lower()), None)
    return stages[-1] if stages else None


def _needed(stages: Sequence[Stage], last: Stage | None) -> set[int]:
    names = {each.name: number for number, each in enumerate(stages)}
    waiting = [number for number, each in enumerate(stages) if each is last]
    found: set[int] = set()
    while waiting:
        number = waiting.pop()
        if number in found:
            continue
        found.add(number)
        for need in stages[number].needs:
            at = int(need) if need.isdigit() and int(need) < len(stages) else names.get(need)
            if at is not None:
                waiting.append(at)
    return found


def _stages(r: Resolver, path: str, context: str, arguments: Sequence[str]) -> list[Stage]:
    return r.tree.kept("stages", "\0".join((path, context, *arguments)), lambda: _read(r, path, context, arguments))


def _read(r: Resolver, path: str, context: str, arguments: Sequence[str]) -> list[Stage]:
    from shipworthy.facts.serving.docker import instruction_rows

    given = {name: value for name, _, value in (each.partition("=") for each in arguments)}
    stages: list[Stage] = []
    here = Stage()
    for name, argument, line in list(instruction_rows(r.tree.text(path) or ""))[:MAX_ROWS]:
        if name == "FROM":
            words = [word for word in argument.split() if not word.startswith("--")]
            base = words[0].lower() if words else ""
            before = next((each for each in stages if each.name == base), None)
            here = before.copy() if before else Stage()
            named = len(words) >= 3 and words[1].lower() == "as"
            here.name = words[2].lower() if named else f"#{len(stages)}"
            here.needs = {base}
            stages.append(here)
        elif name == "WORKDIR":
            here.folder = posixpath.normpath(posixpath.join(here.folder, argument.strip("\"'")))
        elif name in ("ENV", "ARG"):
            _variables(argument, here, given if name == "ARG" else {})
        elif name in ("COPY", "ADD"):
            _copy(r, argument, context, here)
        elif name == "SHELL":
            flags = _list(argument)
            here.options = Options(
                errexit=any(re.fullmatch(r"-[a-zA-Z]*e[a-zA-Z]*", flag) for flag in flags), pipefail="pipefail" in flags
            )
        elif name == "RUN":
            here.needs.update(re.findall(r"--mount=\S*?\bfrom=([\w.-]+)", argument))
            text = re.sub(r"^(--\S+\s+)+", "", argument)
            text = shlex.join(_list(text)) if text.startswith("[") else text
            here.runs.append((text, line, here.copy()))
        elif name == "ENTRYPOINT":
            here.entry = _list(argument) if argument.startswith("[") else ["sh", "-c", argument]
            here.command, here.command_text, here.line = [], "", line
        elif name == "CMD":
            here.command = _list(argument) if argument.startswith("[") else ["sh", "-c", argument]
            here.command_text = "" if argument.startswith("[") else argument
            here.line = here.line if here.entry else line
    return stages


def _list(argument: str) -> list[str]:
    try:
        words = json.loads(argument)
    except ValueError:
        return []
    return [str(each) for each in words] if isinstance(words, list) else []


def _variables(argument: str, stage: Stage, given: dict[str, str]) -> None:
    try:
        words = shlex.split(argument)
    except ValueError:
        return
    if len(words) >= 2 and "=" not in words[0]:
        words = [f"{words[0]}={' '.join(words[1:])}"]
    for word in words:
        key, sign, value = word.partition("=")
        if key in given:
            stage.variables[key] = (given[key],)
        elif sign:
            stage.variables[key] = (HOLE if "$" in value else value,)


def _copy(r: Resolver, argument: str, context: str, stage: Stage) -> None:
    origin = re.search(r"--from=(\S+)", argument)
    if origin:
        stage.needs.add(origin[1].lower())
        return
    text = re.sub(r"^(--\S+\s+)+", "", argument)
    words = _list(text) if text.startswith("[") else text.split()
    if len(words) < 2 or "$" in words[-1]:
        return
    target = posixpath.normpath(posixpath.join(stage.folder, words[-1]))
    for source in words[:-1]:
        path = join_path(context, source.lstrip("/") or ".")
        if path is None:
            continue
        if path in r.tree.folders:
            stage.copies.append((path, target))
        elif any(sign in path for sign in "*?["):
            stage.copies.append((posixpath.dirname(path) or ".", target))
        elif r.tree.is_file(path):
            whole = words[-1].endswith(("/", ".")) or len(words) > 2
            stage.copies.append((path, posixpath.join(target, posixpath.basename(path)) if whole else target))
            if whole and not any(place == target for _, place in stage.copies):
                stage.copies.append((posixpath.dirname(path) or ".", target))


def _brings_tests(r: Resolver, copies: Sequence[tuple[str, str]]) -> bool:
    """Whether what is copied into the image has test files among it."""
    places = {source for source, _ in copies}
    if "." in places:
        return True
    return any(
        _TESTS.search(path) and any(path == place or path.startswith(place + "/") for place in places)
        for path in r.tree.files
    )


def _ignores_tests(r: Resolver, path: str, context: str) -> str:
    """The file that may leave the tests out of what is copied; empty where none does."""
    for name in (f"{path}.dockerignore", posixpath.normpath(posixpath.join(context, ".dockerignore"))):
        text = r.tree.text(name) if r.tree.is_file(name) else None
        if text is not None:
            rows = [row.strip() for row in text.split("\n")]
            named = any(
                re.search(r"(^|[/_.*-])(__)?(tests?|specs?)(__)?($|[/_.*-])", row)
                for row in rows
                if row[:1] not in ("#", "!")
            )
            return name if named or "**" in rows or "*" in rows else ""
    return ""
