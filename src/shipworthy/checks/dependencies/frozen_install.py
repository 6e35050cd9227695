"""Judges whether pipelines and images install exactly what is locked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shipworthy.checks.base import Check, CheckContext
from shipworthy.checks.pipeline.ci_on_every_change import not_understood
from shipworthy.facts import Facts
from shipworthy.facts.dependencies import Dependencies, Manifest, Origin
from shipworthy.facts.image_installs import ImageInstalls
from shipworthy.facts.pipeline import Kind, Leaf, Pipeline
from shipworthy.facts.pipeline.fact import YES, Install, Said, no, unsure, weakest
from shipworthy.model import Confidence, Finding, Location, Outcome, Severity
from shipworthy.text import plural

_INSTEAD = {
    "npm": "Use `npm ci`.",
    "yarn": "Use `yarn install --immutable` (Yarn 1: `--frozen-lockfile`).",
    "pnpm": "Use `pnpm install --frozen-lockfile`.",
    "bun": "Use `bun install --frozen-lockfile`.",
    "pip": "Write exact versions with hashes into a file (`pip-compile --generate-hashes`, or `uv pip compile` with "
    "the same option), commit it, and install with `pip install --require-hashes -r FILE`.",
    "uv": "Use `uv sync --locked`, and `uv run --locked`, or set the variable UV_LOCKED to 1.",
    "poetry": "Commit poetry.lock, copy it before the install, and use `poetry install` alone.",
    "pdm": "Use `pdm sync`, or `pdm install --frozen-lockfile`.",
    "pipenv": "Use `pipenv sync`, or `pipenv install --deploy`.",
    "bundle": "Set `bundle config set --local frozen true` before `bundle install`.",
    "cargo": "Add `--locked`.",
    "composer": "Commit composer.lock and use `composer install`.",
    "dotnet": "Use `dotnet restore --locked-mode`.",
    "pub": "Add `--enforce-lockfile`.",
}
_LATER = "Name its version, so that it changes only when you change it."
_MAY_INSTALL = re.compile(
    r"^`(make|just|task|npm|yarn|pnpm|bun)\b|install|set-?up|bootstrap|\bdeps\b|the script ", re.I
)
"""What could not be followed and may install packages, by its name."""
_DEV = ("dev", "test", "local", "ci", "debug", "development")


@dataclass(frozen=True, slots=True)
class Place:
    """One install that is judged: where it stands, what it installs, and whether that is what is locked."""

    where: Location
    text: str
    install: Install
    said: Said


class FrozenInstall(Check):
    """Pipeline and image install exactly what is locked.

    A pass proves that every command of the pipeline and of the images that installs the project's packages takes the
    lock as it is: `npm ci`, `--frozen-lockfile`, `--immutable`, `uv sync --locked`, `--require-hashes`, a requirements
    file of exact versions, `poetry install` with a poetry.lock, `cargo --locked`, Go with its go.sum, and so on; also
    pnpm and Yarn 2 in a pipeline, where they do so by themselves, and `uv run` or `cargo test` after a command of the
    same job that proved the lock. In an image, the lock must have been copied before. It fails where one command may
    pick other versions. Tools installed beside the project without a version, and installers piped from the network
    into a shell, are remarks.

    It cannot see what a hosting platform, an action or a tool such as tox installs by itself, nor packages of the
    operating system. Whether the lock is complete and committed is the item `lockfile`.
    """

    id = "frozen-install"
    needs = (Pipeline, ImageInstalls, Dependencies)

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        pipeline, images, everything = facts[Pipeline], facts[ImageInstalls], facts[Dependencies]
        if not pipeline.systems and not images.files:
            looked = f"{plural(pipeline.files, 'file')} listed, no pipeline configuration and no Dockerfile among them"
            return Outcome.not_applicable("no pipeline and no image", [looked])
        if not (everything.locks or everything.foreign or any(each.requirements for each in everything.manifests)):
            looked = f"{plural(len(everything.manifests), 'manifest')} read, none asks for a package"
            return Outcome.not_applicable("nothing to lock", [looked])
        places = [*_in_pipeline(pipeline, everything), *_in_images(images, everything)]
        own = [each for each in places if not each.install.aside]
        remarks = [_aside(each) for each in places if each.install.aside not in ("", "pinned")][:10]
        looked_at = [f"{each.where} {each.text}" for each in own]
        wrong = [each for each in own if each.said.no]
        if wrong:
            first = wrong[0]
            more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
            found = [_finding(each) for each in wrong[:20]]
            return Outcome.failed(f"{_short(first)}{more}", [*found, *remarks], looked_at)
        open_ones = [_finding(each) for each in own if not each.said.yes]
        open_ones += [_open(path, line, reason) for path, line, reason in images.open_lines[:10]]
        lost = [each for each in pipeline.opaque if each.anything or _MAY_INSTALL.search(each.reason)]
        open_ones += [_open(each.chain[0].path, each.chain[0].line, each.reason) for each in lost[:10]]
        open_ones += not_understood(pipeline, self.id)
        if open_ones:
            summary = (
                f"not known: {open_ones[0].location}"
                if own or not pipeline.unread_systems
                else "a system is not read yet"
            )
            return Outcome.unknown(summary, [*open_ones, *remarks], looked_at=looked_at)
        if not own:
            return Outcome.unknown(
                "no command that installs the project's packages was found", remarks, looked_at=looked_at, rule=self.id
            )
        first = own[0]
        more = f" (and {len(own) - 1} more)" if len(own) > 1 else ""
        return Outcome.passed(f"{_short(first)}{more}", looked_at, remarks)


def _short(place: Place) -> str:
    path = (place.where.path or "").rpartition("/")[2]
    return f"{path}:{place.where.line} {' '.join(place.text.split(' ')[:2])}"


def _in_pipeline(pipeline: Pipeline, everything: Dependencies) -> Iterator[Place]:
    leaves = [leaf for leaf in pipeline.of(Kind.INSTALL) if any(not said.no for said in leaf.runs.values())]
    named: set[tuple[str, str, str]] = set()
    for at, leaf in enumerate(leaves):
        if leaf.install is None:
            continue
        said = _judged(leaf.install, everything)
        key = (leaf.workflow, leaf.job, leaf.install.tool)
        if leaf.install.follows and said.no and key in named:
            # What is wrong with the first of a job is said once, not of each `uv run` behind it.
            continue
        if leaf.install.follows and not said.yes and any(_proved(each, leaf) for each in leaves[:at]):
            said = YES
        if said.no:
            named.add(key)
        last = leaf.chain[-1]
        yield _placed(Location(path=last.path, line=last.line), leaf.text, leaf.install, said, everything)


def _proved(earlier: Leaf, leaf: Leaf) -> bool:
    """Whether an earlier command of the same job surely took, or held, the lock of the same tool."""
    one, two = earlier.install, leaf.install
    if one is None or two is None or one.tool != two.tool or not (one.frozen.yes and (one.proves or one.requirements)):
        return False
    if (earlier.workflow, earlier.job) != (leaf.workflow, leaf.job):
        return False
    return all(
        said.no or (earlier.fails_when(name).yes and _whenever(earlier.runs.get(name), said))
        for name, said in leaf.runs.items()
    )


def _whenever(earlier: Said | None, said: Said) -> bool:
    """Whether the earlier command ran wherever the later one runs: it rests on no other condition."""
    return earlier is not None and not earlier.no and (earlier.yes or earlier.rests_on <= said.rests_on)


def _in_images(images: ImageInstalls, everything: Dependencies) -> Iterator[Place]:
    plain = [path for path in images.files if not _for_development(path)]
    rows = [each for each in images.installs if not plain or each.path in plain]
    for at, row in enumerate(rows):
        said = _judged(row.install, everything)
        before = [each for each in rows[:at] if each.path == row.path and each.install.tool == row.install.tool]
        proved = any(each.install.frozen.yes and (each.install.proves or each.install.requirements) for each in before)
        if row.install.follows and not said.yes and proved:
            said = YES
        yield _placed(Location(path=row.path, line=row.line), row.text, row.install, said, everything)


def _placed(where: Location, text: str, install: Install, said: Said, everything: Dependencies) -> Place:
    """What only documentation, tests or examples need is set aside, as its requirement files are."""
    if install.requirements and all(path in everything.aside for path in install.requirements):
        install = replace(
            install, aside="its packages are those of documentation, tests or examples, and not looked at"
        )
    return Place(where, text, install, said)


def _for_development(path: str) -> bool:
    """Whether an image file's name says that it is for development: it counts only where there is no other."""
    name = path.rpartition("/")[2].lower()
    return any(part in _DEV for part in name.replace("-", ".").replace("_", ".").split("."))


def _judged(install: Install, everything: Dependencies) -> Said:
    """The command's own answer, and that of the requirement files it takes."""
    return weakest(install.frozen, *(_exact(name, everything) for name in install.requirements))


def _exact(path: str, everything: Dependencies, seen: tuple[str, ...] = ()) -> Said:
    """Whether a requirement file leaves no version open."""
    manifest = next((each for each in everything.manifests if each.path == path), None)
    if manifest is None:
        if any(lock.path == path for lock in everything.locks):
            return YES
        aside = (
            "belongs to tests, examples or documentation" if path in everything.aside else "is not in the repository"
        )
        return unsure(f"{path} {aside}, so its versions are not known")
    if manifest.problem:
        return unsure(f"{path} could not be understood")
    loose = _loose(manifest)
    if loose:
        return no(f"{path} leaves the version of {loose[0]} open")
    if manifest.missing:
        return no(f"{path} leaves out {manifest.missing[0][1]}, which {manifest.missing[0][0]} needs")
    more = [each for each in manifest.includes if each not in (*seen, path)]
    return weakest(YES, *(_exact(each, everything, (*seen, path)) for each in more))


def _loose(manifest: Manifest) -> Sequence[str]:
    return [
        each.name for each in manifest.requirements if not (each.exact or each.hashed or each.origin is Origin.PATH)
    ]


def _finding(place: Place) -> Finding:
    return Finding.at(
        place.where,
        "frozen-install/other-versions" if place.said.no else "frozen-install/not-surely",
        f"`{place.text}` does not surely install what is locked: {place.said.why}.",
        anchor=place.text,
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN if place.said.no else Confidence.LIKELY,
        remedy=_INSTEAD.get(place.install.tool, "Use the form of your installer that takes the lock as it is."),
    )


def _open(path: str, line: int, reason: str) -> Finding:
    return Finding.at(
        Location(path=path, line=line),
        "frozen-install/not-followed",
        f"What is installed here could not be followed: {reason}.",
        anchor=reason,
        severity=Severity.LOW,
        confidence=Confidence.REVIEW,
        remedy="Write the install command out, one command a line.",
    )


def _aside(place: Place) -> Finding:
    return Finding.at(
        place.where,
        "frozen-install/tool",
        f"`{place.text}`: {place.install.aside}.",
        anchor=place.text,
        severity=Severity.LOW,
        remedy=_LATER,
    )
