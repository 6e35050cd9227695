"""Every lock format: what it holds, where, who asks for it, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from tests.facts.dependencies.lock_samples import (
    BERRY,
    BUN,
    HOST,
    NPM1,
    NPM3,
    PDM,
    PIPENV,
    PNPM5,
    PNPM6,
    PNPM9,
    POETRY_MIDDLE,
    POETRY_NEW,
    POETRY_OLD,
    PYLOCK,
    UV,
    YARN1,
)

from shipworthy.facts.dependencies import bun_lock, npm_lock, pipfile, pnpm_lock, python_locks, yarn_lock
from shipworthy.facts.dependencies.model import Lock, Origin, Requirement
from shipworthy.facts.dependencies.parsing import Unclear

ROOTS = [
    Requirement(ecosystem="npm", name="left-pad", spec="^1.3.0", file="package.json", line=1),
    Requirement(ecosystem="npm", name="mocha", spec="^9.0.0", file="package.json", line=2, dev=True),
]
PYTHON_ROOTS = [
    Requirement(ecosystem="PyPI", name="flask", spec=">=2", file="pyproject.toml", line=1),
    Requirement(ecosystem="PyPI", name="pytest", spec="", file="pyproject.toml", line=2, dev=True),
]


def npm(text: str) -> Lock:
    return npm_lock.parse("package-lock.json", text.encode(), text)


def yarn(text: str) -> Lock:
    return yarn_lock.parse("yarn.lock", text, ROOTS)


def pnpm(text: str) -> Lock:
    return pnpm_lock.parse("pnpm-lock.yaml", text)


def bun(text: str) -> Lock:
    return bun_lock.parse("bun.lock", text)


def uv(text: str) -> Lock:
    return python_locks.uv("uv.lock", text)


def poetry(text: str) -> Lock:
    return python_locks.poetry("poetry.lock", text, PYTHON_ROOTS)


def pdm(text: str) -> Lock:
    return python_locks.pdm("pdm.lock", text, PYTHON_ROOTS)


def pylock(text: str) -> Lock:
    return python_locks.pylock("pylock.toml", text)


def pipenv(text: str) -> Lock:
    return pipfile.parse_lock("Pipfile.lock", text.encode(), text)


NODE = {("left-pad", "1.3.0"), ("mocha", "9.0.0"), ("ms", "2.0.0")}
PYTHON = {("flask", "2.0.1"), ("click", "8.0"), ("pytest", "7.0")}
FORMATS: dict[str, tuple[Callable[[str], Lock], str]] = {
    "npm3": (npm, NPM3), "npm1": (npm, NPM1), "pnpm9": (pnpm, PNPM9), "pnpm6": (pnpm, PNPM6), "pnpm5": (pnpm, PNPM5),
    "yarn1": (yarn, YARN1), "berry": (yarn, BERRY), "bun": (bun, BUN), "uv": (uv, UV), "pdm": (pdm, PDM),
    "poetry-old": (poetry, POETRY_OLD), "poetry-middle": (poetry, POETRY_MIDDLE), "poetry-new": (poetry, POETRY_NEW),
    "pylock": (pylock, PYLOCK), "pipenv": (pipenv, PIPENV),
}  # fmt: skip
WITHOUT_DEV = {"pylock"}
WITHOUT_DIRECT = {"npm1", "pylock", "pipenv"}


@pytest.mark.parametrize("name", FORMATS)
def test_a_format(name: str) -> None:
    parse, text = FORMATS[name]
    lock = parse(text)
    assert {(each.name, each.version) for each in lock.packages} == (NODE if lock.ecosystem == "npm" else PYTHON)
    lines = text.split("\n")
    for package in lock.packages:
        assert package.line is not None
        near = "".join(lines[package.line - 1 : package.line + 2]).lower()
        assert package.name in near, package
    leaves = {each.name: each for each in lock.packages}
    if name not in WITHOUT_DEV:
        development = {each.name for each in lock.packages if each.dev}
        assert development == ({"mocha", "ms"} if lock.ecosystem == "npm" else {"pytest"})
    if name not in WITHOUT_DIRECT:
        direct = {each.name for each in lock.packages if each.direct}
        assert direct == ({"left-pad", "mocha"} if lock.ecosystem == "npm" else {"flask", "pytest"})
    assert {each.name for each in lock.packages if not each.hashed} == (
        {"ms"} if lock.ecosystem == "npm" else {"pytest"}
    )
    assert leaves


@pytest.mark.parametrize("name", [name for name in FORMATS if FORMATS[name][1] not in (YARN1, BERRY)])
def test_cut_off_anywhere_inside_a_line_is_never_a_smaller_lock(name: str) -> None:
    parse, text = FORMATS[name]
    whole = {(each.name, each.version) for each in parse(text).packages}
    for end in range(1, len(text), 7):
        if text[end - 1] == "\n":
            continue
        try:
            found = parse(text[:end])
        except Unclear:
            continue
        # What still parses must not claim a package that was never there under another version.
        assert {each.name for each in found.packages} <= {each for each, _ in whole}


NEEDED = {
    "npm3": ('    "node_modules/mocha/node_modules/ms": {', '    "packages/own"'),
    "pnpm9": ("  ms@2.0.0:\n    resolution", "snapshots:"),
    "pnpm6": ("  /ms@2.0.0:", None),
    "pnpm5": ("  /ms/2.0.0:", None),
    "yarn1": ("ms@2.0.0:", None),
    "berry": ('"ms@npm:2.0.0":', '"shop@workspace:.":'),
    "bun": ('    "mocha/ms":', "  }\n}\n"),
    "uv": ('[[package]]\nname = "click"', '[[package]]\nname = "pytest"'),
}


@pytest.mark.parametrize("name", NEEDED)
def test_a_lock_without_a_package_it_needs_is_refused(name: str) -> None:
    parse, text = FORMATS[name]
    first, behind = NEEDED[name]
    start = text.index(first)
    with pytest.raises(Unclear):
        parse(text[:start] + (text[text.index(behind, start) :] if behind else ""))


REFUSED: list[tuple[Callable[[str], Lock], str]] = [
    (npm, "{}"),
    (npm, "[]"),
    (npm, "not json"),
    (npm, '{"lockfileVersion": 4, "dependencies": {}}'),
    (npm, '{"lockfileVersion": 3, "packages": {"node_modules/a": {}}}'),
    (npm, '{"lockfileVersion": 1, "dependencies": {"a": {"version": "1.0.0"}, "a": {"version": "2.0.0"}}}'),
    (npm, '{"lockfileVersion": 1, "dependencies": ' + '{"a": {"version": "1.0.0", "dependencies": ' * 5_000),
    (yarn, "garbage\n"),
    (yarn, '# yarn lockfile v1\na@1:\n  resolved "x"\n'),
    (yarn, "<<<<<<< HEAD\n" + YARN1),
    (yarn, YARN1.replace("  version", "\tversion")),
    (yarn, YARN1 + YARN1),
    (pnpm, "packages: {}\n"),
    (pnpm, "lockfileVersion: 99.0\n"),
    (pnpm, PNPM9.replace("  left-pad@1.3.0:", "  &a left-pad@1.3.0:")),
    (pnpm, PNPM9.replace("    resolution", "\tresolution")),
    (pnpm, "a:\n " * 3 + "b"),
    (pnpm, PNPM9 + PNPM9),
    (pnpm, "".join(" " * depth + "a:\n" for depth in range(100))),
    (bun, "{}"),
    (bun, '{"lockfileVersion": 1'),
    (bun, '{"lockfileVersion": 1, "workspaces": {}, "packages": {"a": "b"}}'),
    (uv, "not toml ="),
    (uv, "package = 3\n"),
    (uv, "a = " + "[" * 50_000),
    (uv, "[[pack]]\nname = 1\n"),
    (uv, '[[package]]\nname = "a"\nsource = { registry = "x" }\n'),
    (poetry, '[[package]]\nname = "a"\nversion = "1"\n'),
    (poetry, "[metadata]\na = 1\n[[package]]\nversion = '1'\n"),
    (poetry, "[metadata]\na = 1\n" + "[[package]]\nname = 'a'\nversion = '1'\n" * 200),
    (pdm, '[[package]]\nname = "a"\n'),
    (pylock, '[[packages]]\nname = "a"\n'),
    (pipenv, "{}"),
    (pipenv, '{"_meta": {}, "default": {"a": {}}}'),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_what_is_no_such_lock_is_refused(number: int) -> None:
    parse, text = REFUSED[number]
    with pytest.raises(Unclear):
        parse(text)


@pytest.mark.parametrize(
    ("resolved", "version", "origin"),
    [
        (f"{HOST}/left-pad/-/left-pad-1.3.0.tgz", "1.3.0", Origin.REGISTRY),
        (f"{HOST}/left-pad/-/left-pad-1.0.0.tgz", "1.0.0", Origin.REGISTRY),
        (f"{HOST}/evil/-/evil-1.3.0.tgz", None, Origin.URL),
        ("git+ssh://git@host.example/a/left-pad.git#abc", "1.3.0", Origin.GIT),
        ("https://host.example/archive/left-pad", "1.3.0", Origin.URL),
    ],
)
def test_the_address_decides_what_is_installed(resolved: str, version: str | None, origin: Origin) -> None:
    (package,) = (
        each
        for each in npm(NPM3.replace(f"{HOST}/left-pad/-/left-pad-1.3.0.tgz", resolved)).packages
        if each.name == "left-pad"
    )
    assert (package.version, package.origin) == (version, origin)


def test_aliases_are_read_by_their_published_name() -> None:
    nested = '{"lockfileVersion": 1, "dependencies": {"mine": {"version": "npm:left-pad@1.3.0", "integrity": "x"}}}'
    assert {(each.name, each.version) for each in npm(nested).packages} == {("left-pad", "1.3.0")}
    flat = NPM3.replace('"version": "1.3.0",', '"version": "1.3.0", "name": "right-pad",').replace(
        "/left-pad-", "/right-pad-"
    )
    assert "right-pad" in {each.name for each in npm(flat).packages}
    text = YARN1.replace("left-pad@^1.3.0:", '"mine@npm:left-pad@^1.3.0":')
    assert "left-pad" in {each.name for each in yarn(text).packages}


def test_explicit_keys_of_long_names() -> None:
    text = PNPM9.replace(
        "  mocha@9.0.0(ms@2.0.0):\n    dependencies:\n", "  ? mocha@9.0.0(ms@2.0.0)\n  : dependencies:\n"
    )
    assert {(each.name, each.version) for each in pnpm(text).packages} == NODE


@pytest.mark.parametrize("name", ["pnpm9", "yarn1", "npm3", "uv"])
def test_a_large_lock_is_read_in_no_time(name: str) -> None:
    import time

    text = {
        "pnpm9": "lockfileVersion: '9.0'\npackages:\n"
        + "".join(f"  pkg-{n}@1.0.{n}:\n    resolution: {{integrity: sha512-{'x' * 88}}}\n" for n in range(6_000)),
        "yarn1": "# yarn lockfile v1\n"
        + "".join(f'pkg-{n}@^1.0.{n}:\n  version "1.0.{n}"\n  integrity sha512-{"x" * 88}\n' for n in range(6_000)),
        "npm3": json.dumps(
            {
                "lockfileVersion": 3,
                "packages": {
                    f"node_modules/pkg-{n}": {"version": f"1.0.{n}", "integrity": "x" * 88} for n in range(6_000)
                },
            },
            indent=2,
        ),
        "uv": "version = 1\n"
        + "".join(
            f'[[package]]\nname = "pkg-{n}"\nversion = "1.0.{n}"\nsource = {{ registry = "x" }}\n' for n in range(6_000)
        ),
    }[name]
    began = time.monotonic()
    assert len(FORMATS[name][0](text).packages) == 6_000
    assert time.monotonic() - began < 8
