"""What git and docker ignore, as they themselves would say."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import NOW, make_repo

from shipworthy.assess.store import FactStore
from shipworthy.facts import Context
from shipworthy.facts.settings.ignore_rules import git_rules, ignores
from shipworthy.facts.settings.ignored import Ignored
from shipworthy.project import Project


def ignored_in(folder: Path, files: dict[str, str]) -> Ignored:
    make_repo(folder, files)
    found = FactStore(Project.open(folder), Context(now=NOW, home=folder), [Ignored]).get(Ignored)
    assert isinstance(found, Ignored)
    return found


@pytest.mark.parametrize(
    ("rules", "ignored"),
    [
        (".env\n", {".env"}),
        (".env*\n!.env.example\n", {".env", ".env.local", ".env.production"}),
        ("*.local\n", {".env.local"}),
        (".env*\n!.env\n", {".env.local", ".env.production"}),
        ("/.env\n", {".env"}),
        ("backend/.env\n", set()),
        ("# .env\n", set()),
    ],
)
def test_git_says_what_is_ignored(tmp_path: Path, rules: str, ignored: set[str]) -> None:
    found = ignored_in(tmp_path / "p", {".gitignore": rules, "a.py": ""})
    assert {each.path for each in found.answers if each.ignored and each.path.startswith(".env")} == ignored


def test_a_rule_of_this_machine_alone_does_not_count(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    make_repo(folder, {"a.py": ""})
    (folder / ".git/info").mkdir(exist_ok=True)
    (folder / ".git/info/exclude").write_text(".env\n")
    found = FactStore(Project.open(folder), Context(now=NOW, home=folder), [Ignored]).get(Ignored)
    assert isinstance(found, Ignored)
    answer = found.answer(".env")
    assert answer is not None
    assert (answer.ignored, answer.local_only) == (False, True)


@pytest.mark.parametrize(
    ("copy", "rules", "exposed"),
    [
        ("COPY . .", None, [(".env",)]),
        ("COPY . .", ".env\n", [()]),
        ("COPY . .", "**/.env*\n", [()]),
        ("COPY . .", ".env*\n!.env\n", [(".env",)]),
        ("COPY . .", "*\n!src\n", [()]),
        ("COPY . .", "node_modules\n# .env\n", [(".env",)]),
        ('COPY ["./", "/srv"]', None, [(".env",)]),
        ("ADD . /srv", None, [(".env",)]),
        ("COPY --chown=a:b . /srv", None, [(".env",)]),
        ("COPY src /srv", None, []),
        ("COPY --from=build /app /srv", None, []),
        ("COPY . .", "*\n!.env.example\n!src/**\n", [()]),
        ("COPY . .", "*\n!.*\n", [(".env",)]),
        ("COPY . .", "[.]env\n", [()]),
        ("COPY . .", "?env\n", [()]),
        ("COPY \\\n  . /srv", None, [(".env",)]),
    ],
)
def test_what_an_image_takes_along(
    tmp_path: Path, copy: str, rules: str | None, exposed: list[tuple[str, ...]]
) -> None:
    files = {"Dockerfile": f"FROM python:3.12\n{copy}\n"}
    if rules is not None:
        files[".dockerignore"] = rules
    assert [each.exposes for each in ignored_in(tmp_path / "p", files).copies] == exposed


def test_the_context_of_a_build_comes_from_compose(tmp_path: Path) -> None:
    files = {
        "docker/Dockerfile": "FROM python:3.12\nCOPY . .\n",
        "compose.yaml": "services:\n  web:\n    build:\n      context: .\n      dockerfile: docker/Dockerfile\n",
        ".dockerignore": ".env\n",
    }
    (copy,) = ignored_in(tmp_path / "p", files).copies
    assert (copy.exposes, copy.ignore_file) == ((), ".dockerignore")


@pytest.mark.parametrize(
    ("stages", "shipped"),
    [
        ("FROM a\nCOPY . .\n", True),
        ("FROM a AS b\nWORKDIR /app\nCOPY . .\nFROM c\nCOPY --from=b /app/dist /srv\n", False),
        ("FROM a AS b\nWORKDIR /app\nCOPY . .\nFROM c\nCOPY --from=b /app /srv\n", True),
        ("FROM a AS b\nWORKDIR /app\nCOPY . .\nFROM b\nCMD x\n", True),
        ("FROM a AS b\nWORKDIR /app\nCOPY . .\nFROM b AS d\nFROM c\nCOPY --from=d /app/a.bin /\n", False),
        ("FROM a\nWORKDIR /app\nCOPY . .\nFROM c\nCOPY --from=0 / /\n", True),
        ("FROM a AS b\nWORKDIR $HOME\nCOPY . .\nFROM c\nCOPY --from=b $HOME/dist /\n", True),
    ],
)
def test_which_stage_reaches_the_image(tmp_path: Path, stages: str, shipped: bool) -> None:
    (copy,) = ignored_in(tmp_path / "p", {"Dockerfile": stages}).copies
    assert (copy.exposes, copy.shipped) == ((".env",), shipped)


def test_the_context_of_a_build_comes_from_a_workflow(tmp_path: Path) -> None:
    step = "      - with:\n          context: ./web\n          file: docker/Dockerfile\n"
    files = {
        "docker/Dockerfile": "FROM a\nCOPY . .\n",
        ".github/workflows/a.yml": step,
        "web/.dockerignore": ".env\n",
        "web/.env.example": "A=\n",
    }
    (copy,) = ignored_in(tmp_path / "p", files).copies
    assert (copy.exposes, copy.ignore_file) == ((), "web/.dockerignore")


@pytest.mark.parametrize(
    ("rules", "path", "expected"),
    [
        (".env", "a/.env", True),
        ("/.env", "a/.env", False),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("**/b", "b", True),
        ("**/b", "ab", False),
        ("a/", "a/b", True),
        ("a/", "a", False),
        ("*.pem\n!x.pem", "x.pem", False),
        ("[!a]b", "cb", True),
        ("\\*", "*", True),
        ("**a" * 80, "a" * 3000, True),
        ("*a" * 80 + "b", "a" * 3000, False),
    ],
    ids=range(13),
)
def test_rules_that_git_is_not_asked_about(rules: str, path: str, expected: bool) -> None:
    assert ignores(git_rules(rules), path) is expected


@pytest.mark.parametrize(
    ("lines", "published"),
    [
        ("include README.md\n", 0),
        ("graft .\n", 1),
        ("graft .\nglobal-exclude .env*\n", 0),
        ("global-include *\n", 1),
        ("recursive-include src *\n", 0),
    ],
)
def test_what_a_source_package_would_hold(tmp_path: Path, lines: str, published: int) -> None:
    assert len(ignored_in(tmp_path / "p", {"MANIFEST.in": lines}).published) == published


@pytest.mark.parametrize(
    ("package", "extra", "published"),
    [
        ('{"name": "a", "version": "1.0.0"}', {}, 0),
        ('{"name": "a", "version": "1.0.0"}', {".npmignore": "tests\n"}, 1),
        ('{"name": "a", "version": "1.0.0"}', {".npmignore": ".env*\n"}, 0),
        ('{"name": "a", "version": "1.0.0", "files": ["dist"]}', {".npmignore": "tests\n"}, 0),
        ('{"name": "a", "version": "1.0.0", "files": ["*"]}', {}, 1),
        ('{"name": "a", "version": "1.0.0", "files": ["*", "!.env"]}', {}, 0),
        ('{"name": "a", "version": "1.0.0"}', {".npmignore": "*\n!dist\n"}, 0),
        ('{"name": "a", "version": "1.0.0", "private": true}', {".npmignore": "tests\n"}, 0),
    ],
)
def test_what_npm_would_publish(tmp_path: Path, package: str, extra: dict[str, str], published: int) -> None:
    assert len(ignored_in(tmp_path / "p", {"package.json": package, **extra}).published) == published
