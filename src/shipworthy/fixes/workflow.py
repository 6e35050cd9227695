"""Makes the fix for `ci-on-every-change` and `ci-runs-tests`: a first workflow that runs the tests there are."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from shipworthy.facts.dependencies import Dependencies
from shipworthy.facts.dependencies.model import PYPI
from shipworthy.facts.pipeline import Kind, Pipeline
from shipworthy.facts.tests import Suite, TestSuites
from shipworthy.fixes.desk import Desk, listed
from shipworthy.fixes.hosts import elsewhere
from shipworthy.fixes.model import Fix, NoFix
from shipworthy.fixes.unmask import unmask

PATH = ".github/workflows/tests.yml"
# Pinned by the commit of the release named beside it: a tag can be moved, a commit cannot.
_LEFT = "Left out: "
_CHECKOUT = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2"
_PYTHON = "actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065 # v5.6.0"
_NODE = "actions/setup-node@49933ea5288caeca8642d1e84afbd3f7d6820020 # v4.4.0"
_WORD = re.compile(r"[A-Za-z0-9._/=:,+@%~*-]{1,200}", re.ASCII)
_FOLDER = re.compile(r"[A-Za-z0-9._/-]{1,200}", re.ASCII)
_VERSION = re.compile(r"(?m)^FROM\s+(?:--\S+\s+)?(?:[\w./-]*/)?(python|node):(\d+(?:\.\d+)?)")
_EXTRAS = re.compile(rb"(?ms)^\[project\.optional-dependencies\]\s*$(.*?)(?=^\[|\Z)")
_MOST = 6
_OLDEST = 8
"""The oldest Python 3 that is there for the runner's system."""


@dataclass(frozen=True, slots=True)
class _Job:
    name: str
    folder: str
    steps: tuple[str, ...]


def make(desk: Desk) -> Fix | NoFix:
    """Only where there is no pipeline at all, the code host may be GitHub, and the tests' command is known.

    Where there is one that runs the tests and loses their result, what hides it is taken away.
    """
    pipeline = desk.fact(Pipeline)
    if desk.of("ci-runs-tests/masked"):
        done = unmask(desk, [leaf for leaf in pipeline.of(Kind.TEST) if leaf.fails.no and not leaf.on_change.no])
        return desk.result(f"{listed(done)}.")
    if pipeline.systems or pipeline.not_read or pipeline.gaps:
        desk.refuse("there is a pipeline already, and how it should change takes somebody who knows it.")
        return desk.result("")
    host = elsewhere(desk.project)
    if host:
        desk.refuse(f"the remote is on {host}, and the workflow made here is for GitHub.")
        return desk.result("")
    jobs: list[_Job] = []
    for suite in desk.fact(TestSuites).suites:
        steps = _steps(desk, suite)
        if steps is not None and len(jobs) < _MOST:
            jobs.append(_Job(_name(suite, jobs), suite.folder, steps))
    if not jobs:
        left = [note.removeprefix(_LEFT) for note in desk.notes[:1]]
        desk.refuse(*left or ("no test command that a pipeline could run was found: write a test first.",))
        return desk.result("")
    if not desk.free(PATH):
        desk.refuse(f"{PATH} cannot be made here: git ignores it, or something is in its place.")
        return desk.result("")
    desk.make(PATH, "".join(f"{line}\n" for line in _lines(jobs)).encode())
    desk.note("Push it and look at its first run: tests that need a database or settings need them there too.")
    desk.note("Then let the branch you deploy from accept only changes whose tests passed; that is set at GitHub.")
    return desk.result(f"Run the tests on every push and pull request: {listed(job.steps[-1] for job in jobs)}.")


def _lines(jobs: list[_Job]) -> Iterator[str]:
    yield from ("name: tests", "", "on:", "  push:", "  pull_request:", "", "permissions:", "  contents: read", "")
    yield "jobs:"
    for job in jobs:
        yield f"  {job.name}:"
        yield "    runs-on: ubuntu-24.04"
        yield "    timeout-minutes: 20"
        if job.folder != ".":
            yield from ("    defaults:", "      run:", f"        working-directory: {job.folder}")
        yield "    steps:"
        yield f"      - uses: {_CHECKOUT}"
        yield from ("        with:", "          persist-credentials: false")
        for step in job.steps:
            if step.startswith("\0"):
                yield from step[1:].split("\n")
            else:
                yield f"      - run: {step}"


def _name(suite: Suite, jobs: list[_Job]) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", f"test-{suite.folder}".lower()).strip("-") or "test"
    taken = {job.name for job in jobs}
    return name if name not in taken else f"{name}-{len(jobs) + 1}"


def _steps(desk: Desk, suite: Suite) -> tuple[str, ...] | None:
    """Setting up, installing, and the test command last; None after saying why a suite is left out."""
    where = suite.files[0] if suite.files else suite.folder
    if suite.browser or not suite.command:
        if suite.runner == "unknown":
            advice = "Have it call a test runner, such as `node --test`."
            desk.note(f"{_LEFT}the tests in {where}: {suite.problem}. {advice}")
        else:
            desk.note(f"{_LEFT}the {suite.runner} tests ({where}), {suite.problem or 'which need a browser'}.")
        return None
    if not _FOLDER.fullmatch(suite.folder) or suite.folder.startswith("-"):
        desk.note(f"{_LEFT}the tests in {where}, whose folder cannot be written into a workflow by machine.")
        return None
    python = suite.command[0] == "python"
    steps = _python(desk, suite) if python else _node(desk, suite)
    if steps is None:
        what = "Python" if python else "Node.js"
        lists = "a requirements.txt or pyproject.toml" if python else "a package.json with its lock"
        desk.note(
            f"{_LEFT}{suite.shown} ({where}): which {what} and packages it needs is not clear from the files; "
            f"list them in {lists} beside the tests."
        )
    return steps


def _in(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder}/{name}"


def _has(desk: Desk, folder: str, name: str) -> bool:
    entry = desk.project.files.get(_in(folder, name))
    return entry is not None and not entry.problem


def _in_any_case(desk: Desk, folder: str, name: str) -> str | None:
    """The file of that name as it is written there: the runner's file system tells capitals apart."""
    if _has(desk, folder, name):
        return name
    above = _in(folder, "")
    alike = [
        path.removeprefix(above)
        for path, entry in desk.project.files.items()
        if path.startswith(above) and path.removeprefix(above).lower() == name and not entry.problem
    ]
    return alike[0] if len(alike) == 1 and _WORD.fullmatch(alike[0]) else None


def _command(words: tuple[str, ...]) -> str | None:
    """Words that mean the same to a shell and to YAML; None for any others."""
    if not all(_WORD.fullmatch(word) for word in words) or words[0][:1] in "-*@%":
        return None
    text = " ".join(words)
    return None if ": " in text or text.endswith(":") or shlex.split(text) != list(words) else text


def _setup(action: str, kind: str, folder: str, version_file: str | None, version: str) -> str:
    said = f"{kind}-version-file: {_in(folder, version_file)}" if version_file else f"{kind}-version: '{version}'"
    return f"\0      - uses: {action}\n        with:\n          {said}"


def _version(desk: Desk, kind: str, default: str) -> str:
    """The version the image has, so that tests run on what is shipped."""
    found: set[str] = set()
    for entry in desk.project.entries("Dockerfile", "*/Dockerfile"):
        data = desk.read(entry.path) or b""
        found |= {match[2] for match in _VERSION.finditer(data.decode("utf-8")) if match[1] == kind}
    return found.pop() if len(found) == 1 else default


def _python(desk: Desk, suite: Suite) -> tuple[str, ...] | None:
    folder = suite.folder
    test = _command(suite.command)
    project = desk.read(_in(folder, "pyproject.toml")) or b""
    chosen = next((name for name in (".python-version",) if _has(desk, folder, name)), None)
    if chosen is None and b"requires-python" in project:
        chosen = "pyproject.toml"
    version = _version(desk, "python", "3.12")
    if test is None or (chosen is None and version.startswith("3.") and int(version[2:]) < _OLDEST):
        return None
    setup = _setup(_PYTHON, "python", folder, chosen, version)
    if _has(desk, folder, "uv.lock"):
        return (setup, "python -m pip install uv", "uv sync --locked", f"uv run {test}")
    if _has(desk, folder, "poetry.lock"):
        return (setup, "python -m pip install poetry", "poetry install", f"poetry run {test}")
    if any(_has(desk, folder, name) for name in ("pdm.lock", "Pipfile", "environment.yml")):
        return None
    files = [
        there
        for name in ("requirements.txt", "requirements-dev.txt", "requirements-test.txt", "requirements_dev.txt",
                     "dev-requirements.txt", "test-requirements.txt", "requirements/dev.txt", "requirements/test.txt")
        if (there := _in_any_case(desk, folder, name))
    ]  # fmt: skip
    words = [word for name in files for word in ("-r", name)]
    if not files and b"[project]" in project:
        extras = _EXTRAS.search(project)
        names = re.findall(rb"(?m)^(tests?|testing|dev)\s*=", extras[1]) if extras else []
        words = [f'".[{names[0].decode()}]"' if names else "."]
    if not words and any(each.requirements for each in desk.fact(Dependencies).manifests if each.ecosystem == PYPI):
        return None  # what the tests need is declared elsewhere
    if suite.runner == "pytest" and not _declared(desk, folder, "pytest"):
        words.append("pytest")
    install = (f"python -m pip install {' '.join(words)}",) if words else ()
    return (setup, *install, test)


def _declared(desk: Desk, folder: str, name: str) -> bool:
    return any(
        row.name == name
        for manifest in desk.fact(Dependencies).manifests
        if manifest.folder == folder or manifest.folder.startswith(_in(folder, "requirements"))
        for row in manifest.requirements
    )


def _node(desk: Desk, suite: Suite) -> tuple[str, ...] | None:
    folder = suite.folder
    # A workspace's lock lies at the root; installing there needs a look at how the members are built.
    test = _command(tuple(suite.shown.split(" ")))
    chosen = next((name for name in (".nvmrc", ".node-version") if _has(desk, folder, name)), None)
    if chosen is None and b'"engines"' in (desk.read(_in(folder, "package.json")) or b""):
        chosen = "package.json"
    setup = _setup(_NODE, "node", folder, chosen, _version(desk, "node", "22"))
    if test is None or not _has(desk, folder, "package.json"):
        return None
    if _has(desk, folder, "package-lock.json") or _has(desk, folder, "npm-shrinkwrap.json"):
        return (setup, "npm ci", test)
    if _has(desk, folder, "pnpm-lock.yaml"):
        return (setup, "corepack enable", "pnpm install --frozen-lockfile", test)
    if _has(desk, folder, "yarn.lock"):
        flag = "--immutable" if _has(desk, folder, ".yarnrc.yml") else "--frozen-lockfile"
        return (setup, "corepack enable", f"yarn install {flag}", test)
    if any(_has(desk, folder, name) for name in ("bun.lock", "bun.lockb", "deno.lock")):
        return None
    locks = ("package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock")
    if folder != "." and any(_has(desk, ".", name) for name in locks):
        return None
    return (setup, "npm install", test)
