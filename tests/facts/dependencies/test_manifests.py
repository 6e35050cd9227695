"""Manifests: what they ask for, for what purpose, from where, and on which line."""

from __future__ import annotations

import json

import pytest

from shipworthy.facts.dependencies import package_json, pipfile, pyproject, setuptools
from shipworthy.facts.dependencies.model import Origin
from shipworthy.facts.dependencies.parsing import Notes, Unclear

PYPROJECT = """\
[project]
name = "shop"
dependencies = [
  "flask>=2",
  "tool @ git+https://host.example/tool.git@v1",
  "ours",
  "shop[extra]",
]
[project.optional-dependencies]
extra = ["redis==5.0"]
test = ["pytest"]

[dependency-groups]
dev = ["ruff==0.6", {include-group = "lint"}]
lint = ["mypy"]
worker = ["celery"]

[tool.uv]
dev-dependencies = ["nox"]
override-dependencies = ["click==8.0"]
[tool.uv.sources]
ours = { workspace = true }
[tool.uv.workspace]
members = ["packages/*"]
"""
POETRY = """\
[tool.poetry]
name = "shop"
[tool.poetry.dependencies]
python = "^3.11"
flask = "^2.0.1"
click = {version = "~8.1", optional = true}
ours = {path = "../ours"}
tool = {git = "https://host.example/tool.git", rev = "0123456789012345678901234567890123456789"}
exact = "1.2.3"
[tool.poetry.group.dev.dependencies]
pytest = "*"
[tool.poetry.group.web.dependencies]
uvicorn = ">=0.20,<1"
[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"
"""


def test_standard_tables() -> None:
    notes = Notes()
    found = pyproject.parse("pyproject.toml", PYPROJECT, notes).manifest
    rows = {each.name: each for each in found.requirements}
    assert not notes.rows
    assert {name: (row.spec, row.dev, row.conditional, row.origin.value, row.line) for name, row in rows.items()} == {
        "flask": (">=2", False, False, "registry", 4),
        "tool": ("", False, False, "git", 5),
        "redis": ("==5.0", False, True, "registry", 10),
        "pytest": ("", True, True, "registry", 11),
        "ruff": ("==0.6", True, False, "registry", 14),
        "mypy": ("", True, False, "registry", 15),
        "celery": ("", False, False, "registry", 16),
        "nox": ("", True, False, "registry", 19),
    }
    assert found.tool == "uv"
    assert found.workspaces == ("packages/*",)
    assert found.loose == {"click", "ours"}


def test_poetry_tables() -> None:
    found = pyproject.parse("pyproject.toml", POETRY, Notes()).manifest
    assert {each.name: (each.spec, each.pin, each.dev, each.conditional, each.line) for each in found.requirements} == {
        "flask": (">=2.0.1,<3", None, False, False, 5),
        "click": (">=8.1,<8.2", None, False, True, 6),
        "tool": ("", None, False, False, 8),
        "exact": ("==1.2.3", "1.2.3", False, False, 9),
        "pytest": ("", None, True, False, 11),
        "uvicorn": (">=0.20,<1", None, False, False, 13),
    }
    assert found.tool == "poetry"
    assert next(each for each in found.requirements if each.name == "tool").exact


@pytest.mark.parametrize(
    ("poetry", "standard"),
    [
        ("^1.2.3", ">=1.2.3,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0", ">=0,<1"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1", ">=1,<2"),
        ("*", ""),
        ("1.2.*", "==1.2.*"),
        (">= 1, <2", ">=1,<2"),
        ("~=1.4", "~=1.4"),
        ("^1 || ^2", "^1 || ^2"),
        ("", ""),
    ],
)
def test_poetry_ranges(poetry: str, standard: str) -> None:
    assert pyproject.pep440(poetry) == standard


def test_dependencies_kept_in_other_files() -> None:
    text = '[project]\nname = "a"\ndynamic = ["dependencies"]\n'
    assert pyproject.parse("pyproject.toml", text, Notes()).elsewhere
    text += '[tool.setuptools.dynamic]\ndependencies = {file = ["requirements.txt"]}\n'
    found = pyproject.parse("pyproject.toml", text, Notes())
    assert (found.files, found.elsewhere) == (["requirements.txt"], False)


def test_setup_cfg() -> None:
    text = "[options]\ninstall_requires =\n    flask>=2\n    click==8.0 ; python_version < '3.9'\n"
    text += "[options.extras_require]\ndev =\n    pytest\n"
    found = setuptools.parse_cfg("setup.cfg", text, Notes()).manifest
    assert [(each.name, each.pin, each.dev, each.line) for each in found.requirements] == [
        ("flask", None, False, 3), ("click", "8.0", False, 4), ("pytest", None, True, 7),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "names", "unread"),
    [
        (
            "from setuptools import setup\nsetup(name='a', install_requires=['flask>=2', 'click'])\n",
            ["flask", "click"],
            None,
        ),
        (
            "REQ = ['flask']\nsetuptools.setup(install_requires=REQ, extras_require={'t': ['pytest']})\n",
            ["flask", "pytest"],
            None,
        ),
        ("setup(name='a')\n", [], None),
        ("setup(install_requires=read('x'))\n", [], 1),
        ("setup(install_requires=['flask'] + more)\n", [], 1),
        ("setup(install_requires=[f'flask=={v}'])\n", [], 1),
        ("setup(**options)\n", [], 1),
        ("x = 1\n", [], None),
    ],
)
def test_setup_py(text: str, names: list[str], unread: int | None) -> None:
    found = setuptools.parse_py("setup.py", text, Notes())
    assert [each.name for each in found.manifest.requirements] == names
    assert found.unread == unread


def test_pipfile() -> None:
    text = '[packages]\nflask = "*"\nclick = "==8.0"\nours = {editable = true, path = "."}\n'
    text += '[dev-packages]\npytest = ">=7"\n'
    found = pipfile.parse_manifest("Pipfile", text)
    assert [(each.name, each.spec, each.pin, each.dev, each.line) for each in found.requirements] == [
        ("flask", "", None, False, 2), ("click", "==8.0", "8.0", False, 3), ("pytest", ">=7", None, True, 6),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "origin", "pin", "alias"),
    [
        ("^1.2.3", Origin.REGISTRY, None, None),
        ("1.2.3", Origin.REGISTRY, "1.2.3", None),
        ("=1.2.3", Origin.REGISTRY, "1.2.3", None),
        ("1.2.3-beta.1", Origin.REGISTRY, "1.2.3-beta.1", None),
        ("latest", Origin.REGISTRY, None, None),
        ("*", Origin.REGISTRY, None, None),
        ("", Origin.REGISTRY, None, None),
        ("npm:other@^2.0.0", Origin.REGISTRY, None, "other"),
        ("npm:@a/b@2.0.0", Origin.REGISTRY, "2.0.0", "@a/b"),
        ("npm:@a/b", Origin.REGISTRY, None, "@a/b"),
        ("patch:other@npm%3A2.0.0#x", Origin.REGISTRY, "2.0.0", None),
        ("workspace:*", Origin.PATH, None, None),
        ("file:../x", Origin.PATH, None, None),
        ("link:../x", Origin.PATH, None, None),
        ("../x", Origin.PATH, None, None),
        ("owner/name", Origin.GIT, None, None),
        ("github:owner/name#v1", Origin.GIT, None, None),
        ("git+ssh://git@host.example/a.git", Origin.GIT, None, None),
        ("https://host.example/a.git#x", Origin.GIT, None, None),
        ("https://host.example/a.tgz", Origin.URL, None, None),
        ("catalog:", Origin.REGISTRY, None, None),
    ],
)
def test_ranges_of_package_json(spec: str, origin: Origin, pin: str | None, alias: str | None) -> None:
    row = package_json.requirement("package.json", "x", spec, 1, dev=False, conditional=False)
    assert (row.origin, row.pin, row.alias_of) == (origin, pin, alias)


def test_package_json() -> None:
    text = json.dumps(
        {
            "name": "shop",
            "packageManager": "pnpm@9.0.0",
            "scripts": {"left-pad": "x"},
            "dependencies": {"left-pad": "^1.3.0"},
            "devDependencies": {"mocha": "^9", "react": "^18", "left-pad": "^1"},
            "peerDependencies": {"react": ">=17", "vue": "*"},
            "workspaces": {"packages": ["packages/*"]},
            "resolutions": {"**/minimist": "1.2.6"},
            "pnpm": {"overrides": {"a>@s/b@1": "2"}},
        },
        indent=1,
    )
    found = package_json.parse("package.json", text.encode(), text, Notes())
    lines = text.split("\n")
    rows = {each.name: each for each in found.requirements}
    assert {name: (row.spec, row.dev, row.conditional) for name, row in rows.items()} == {
        "left-pad": ("^1.3.0", False, False), "mocha": ("^9", True, False), "react": ("^18", False, False),
        "vue": ("*", False, True),
    }  # fmt: skip
    assert all(f'"{name}": "{row.spec}"' in lines[(row.line or 0) - 1] for name, row in rows.items())
    assert (found.tool, found.workspaces, found.loose) == ("pnpm", ("packages/*",), {"minimist", "@s/b"})


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1, "a": 2}', '{"dependencies": ' + "[" * 10_000])
def test_a_broken_package_json_is_refused(text: str) -> None:
    with pytest.raises(Unclear):
        package_json.parse("package.json", text.encode(), text, Notes())


@pytest.mark.parametrize("value", [[], "x", {"a": 1}, {"a": None}])
def test_an_odd_table_is_noted(value: object) -> None:
    text = json.dumps({"dependencies": value})
    notes = Notes()
    package_json.parse("package.json", text.encode(), text, notes)
    assert notes.rows
