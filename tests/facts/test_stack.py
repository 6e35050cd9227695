"""The stack: components, their kinds and their parts, each with the line it came from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support import NOW, make_repo

from shipworthy.assess.profile import guess
from shipworthy.assess.store import FactStore
from shipworthy.facts import Context
from shipworthy.facts.stack import Part, Stack
from shipworthy.model import Component, ComponentKind
from shipworthy.project import Project


def stack_of(folder: Path, files: dict[str, str]) -> Stack:
    make_repo(folder, files)
    found = FactStore(Project.open(folder), Context(now=NOW, home=folder), [Stack]).get(Stack)
    assert isinstance(found, Stack)
    return found


def package(**fields: object) -> str:
    return json.dumps(fields, indent=1)


FASTAPI = {
    "requirements.txt": "# web\nfastapi==0.1\nstripe\n",
    "main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
}


WEB = {
    "web/package.json": package(private=True, dependencies={"react": "1"}),
    "web/src/a.tsx": "import React from 'react'",
}


@pytest.mark.parametrize(
    ("files", "kinds"),
    [
        (FASTAPI, {".": "service"}),
        ({"backend/" + path: text for path, text in FASTAPI.items()}, {"backend": "service"}),
        (
            {
                **{"api/" + path: text for path, text in FASTAPI.items()},
                "web/package.json": package(private=True, dependencies={"react": "1"}),
                "web/src/a.tsx": "import React from 'react'",
            },
            {"api": "service", "web": "site"},
        ),
        ({**FASTAPI, **WEB}, {".": "service", "web": "site"}),
        (
            {"manage.py": "", "requirements/base.txt": "django==4.1\n", "shop/models.py": "import django", **WEB},
            {".": "service", "web": "site"},
        ),
        ({**WEB, "scripts/seed.py": "x = 1", "tests/app.py": "x = 1", "docs/conf.py": "x = 1"}, {"web": "site"}),
        ({"package.json": package(dependencies={"next": "1"}, scripts={"start": "next"})}, {".": "service"}),
        ({"package.json": package(name="x", version="1", main="i.js"), "i.js": "x"}, {".": "library"}),
        ({"package.json": package(name="x", bin="i.js"), "i.js": "x"}, {".": "cli"}),
        (
            {
                "pyproject.toml": '[build-system]\n[project]\nname = "x"\ndependencies = ["celery"]\n',
                "Dockerfile": "FROM x",
                "t.py": "import celery",
            },
            {".": "worker"},
        ),
        ({"pyproject.toml": '[build-system]\n[project]\nname = "lib"\n', "lib/a.py": "x = 1"}, {".": "library"}),
        (
            {"pyproject.toml": '[build-system]\n[project]\nname = "c"\n[project.scripts]\nc = "c:main"\n', "c.py": ""},
            {".": "cli"},
        ),
        ({"script.py": "print(1)"}, {".": "unknown"}),
        ({"README.md": "hi"}, {".": "unknown"}),
        ({**FASTAPI, "examples/x/package.json": package(dependencies={"express": "1"})}, {".": "service"}),
        ({"tool.py": 'import click\nAPP = """\nfrom fastapi import FastAPI\n"""\n'}, {".": "cli"}),
        ({**FASTAPI, "node_modules/x/package.json": package(dependencies={"express": "1"})}, {".": "service"}),
    ],
)
def test_components_and_kinds(tmp_path: Path, files: dict[str, str], kinds: dict[str, str]) -> None:
    assert {each.root: each.kind.value for each in stack_of(tmp_path, files).components} == kinds


def test_parts_have_the_line_they_came_from(tmp_path: Path) -> None:
    files = {
        **FASTAPI,
        "compose.yml": "services:\n  db:\n    image: postgres:16\n",
        ".github/workflows/ci.yml": "on: push",
        "fly.toml": "app = 'x'",
        "bot.py": "\n\nimport redis\n",
    }
    found = {(each.part.value, each.name): str(each.location) for each in stack_of(tmp_path, files).parts}
    assert found["framework", "fastapi"] == "requirements.txt:2"
    assert found["third-party", "stripe"] == "requirements.txt:3"
    assert found["database", "postgresql"] == "compose.yml:3"
    assert found["database", "redis"] == "bot.py:3"
    assert found["ci", "github"] == ".github/workflows/ci.yml:1"
    assert found["deploy-target", "fly"] == "fly.toml:1"
    assert found["entry-point", "main.py"] == "main.py:2"


ENGINE = """DATABASES = {{
    "default": {{
        {}"ENGINE": "{}",
    }}
}}
"""


@pytest.mark.parametrize(
    ("path", "text", "named"),
    [
        ("shop/settings.py", ENGINE.format("", "django.db.backends.postgresql_psycopg2"), "postgresql at {}:3"),
        ("config/settings/base.py", ENGINE.format("", "django.contrib.gis.db.backends.postgis"), "postgresql at {}:3"),
        ("shop/settings_live.py", ENGINE.format("", "django_prometheus.db.backends.mysql"), "mysql at {}:3"),
        ("shop/settings.py", 'DATABASES = {"default": env.db(default="postgres://db/shop")}\n', "postgresql at {}:1"),
        ("shop/settings.py", ENGINE.format("# ", "django.db.backends.postgresql"), ""),
        ("shop/settings.py", ENGINE.format("", "django.db.backends.sqlite3"), ""),
        ("shop/settings/test.py", ENGINE.format("", "django.db.backends.postgresql"), ""),
        ("shop/routers.py", ENGINE.format("", "django.db.backends.postgresql"), ""),
    ],
)
def test_django_names_its_database_in_its_settings(tmp_path: Path, path: str, text: str, named: str) -> None:
    parts = stack_of(tmp_path, {"requirements.txt": "django==5.0\n", path: text}).parts
    found = [f"{each.name} at {each.location}" for each in parts if each.part is Part.DATABASE]
    assert found == ([named.format(path)] if named else [])


def test_a_test_dependency_makes_no_server(tmp_path: Path) -> None:
    text = '[build-system]\n[project]\nname = "lib"\n[dependency-groups]\ndev = ["flask", "pytest"]\n'
    found = stack_of(tmp_path, {"pyproject.toml": text, "tests/test_a.py": "import flask"})
    assert found.components[0].kind is ComponentKind.LIBRARY
    assert found.names(Part.TEST_RUNNER) == {"pytest"}


def test_an_unreadable_manifest_is_a_gap(tmp_path: Path) -> None:
    found = stack_of(tmp_path, {"package.json": "{ not json"})
    assert [(gap.path, gap.line) for gap in found.gaps] == [("package.json", 1)]


@pytest.mark.parametrize(
    ("kinds", "people", "profile"),
    [
        (["service"], 1, "solo"),
        (["service"], 3, "team"),
        (["service"], None, "solo"),
        (["library"], 9, "library"),
        (["cli", "library"], 9, "cli"),
        (["library", "site"], 1, "solo"),
        (["worker"], 2, "worker"),
        (["unknown"], 1, "solo"),
        (["library", "unknown"], 2, "team"),
    ],
)
def test_profile_guess(kinds: list[str], people: int | None, profile: str) -> None:
    components = [Component(root=str(number), kind=ComponentKind(kind)) for number, kind in enumerate(kinds)]
    chosen, reason = guess(components, people)
    assert chosen == profile
    assert reason
