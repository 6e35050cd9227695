"""CODEOWNERS read as its host reads it: each expected answer is from the host's own description of the syntax."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.host_answers import REMOTE
from tests.support import NOW, git, make_repo, write

from shipworthy.assess.store import FactStore
from shipworthy.facts import Context
from shipworthy.facts.codeowners import Codeowners
from shipworthy.facts.codeowners import parse as parsing
from shipworthy.facts.codeowners import reader as reading
from shipworthy.facts.codeowners.parse import parse
from shipworthy.facts.codeowners.patterns import compiled
from shipworthy.project import Project
from shipworthy.sources.hosts.address import HostKind

GITHUB, GITLAB = HostKind.GITHUB, HostKind.GITLAB

MATCHES: list[tuple[HostKind, str, str, bool]] = [
    (GITHUB, "*", "a/b/c.py", True),
    (GITHUB, "*.js", "web/src/a.js", True),
    (GITHUB, "*.js", "a.jsx", False),
    (GITHUB, "/build/logs/", "build/logs/a/b.txt", True),
    (GITHUB, "/build/logs/", "x/build/logs/a.txt", False),
    (GITHUB, "docs/*", "docs/start.md", True),
    (GITHUB, "docs/*", "docs/app/trouble.md", False),
    (GITHUB, "docs/*", "x/docs/start.md", False),
    (GITHUB, "docs/**", "docs/app/trouble.md", True),
    (GITHUB, "apps/", "x/apps/a.py", True),
    (GITHUB, "apps/", "apps", False),
    (GITHUB, "/docs/", "docs/a/b.md", True),
    (GITHUB, "/docs", "docs/a/b.md", True),
    (GITHUB, "**/logs", "deeply/nested/logs/a.txt", True),
    (GITHUB, "**/logs", "logs/a.txt", True),
    (GITHUB, "/apps/github", "apps/github/a.py", True),
    (GITHUB, "apps/github", "x/apps/github/a.py", False),
    (GITHUB, "a/**/b", "a/b", True),
    (GITHUB, "a/**/b", "a/x/y/b", True),
    (GITHUB, "a/**/b", "ab", False),
    (GITHUB, "a?c.py", "x/abc.py", True),
    (GITHUB, "Makefile", "makefile", False),
    (GITHUB, "/*", "a.py", True),
    (GITHUB, "/*", "a/b.py", False),
    (GITHUB, "a b.md", "x/a b.md", True),
    (GITLAB, "*", "a/b.py", True),
    (GITLAB, "README.md", "docs/README.md", True),
    (GITLAB, "internal/README.md", "docs/internal/README.md", True),
    (GITLAB, "/README.md", "docs/README.md", False),
    (GITLAB, "/docs/", "docs/a/b.md", True),
    (GITLAB, "/docs", "docs/a.md", False),
    (GITLAB, "docs/", "x/docs/a.md", True),
    (GITLAB, "/docs/*.md", "docs/a.md", True),
    (GITLAB, "/docs/*.md", "docs/a/b.md", False),
    (GITLAB, "/docs/**/index.md", "docs/a/b/index.md", True),
    (GITLAB, "/docs/**/index.md", "docs/index.md", True),
    (GITLAB, "/file[1-3].rb", "file2.rb", True),
    (GITLAB, "/file[^1-3].rb", "file2.rb", False),
    (GITLAB, "\\#file", "x/#file", True),
]


@pytest.mark.parametrize(("kind", "pattern", "path", "expected"), MATCHES)
def test_matches(kind: HostKind, pattern: str, path: str, expected: bool) -> None:
    assert compiled(pattern, kind).matches(path.split("/")) is expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("*a" * 300 + "b", False), ("**/" * 300 + "b", False), ("?*" * 100, True), ("/".join(["*"] * 40), False)],
    ids=["stars", "folders", "one by one", "wide"],
)
def test_a_hostile_pattern_ends(pattern: str, expected: bool) -> None:
    assert compiled(pattern, GITHUB).matches(["a" * 200] * 30) is expected


PARSED: dict[str, tuple[HostKind, str, list[str], list[str]]] = {
    "rules and comments": (
        GITHUB, "# all\n* @ada @acme/crew # why\n\n/a x@example.org\r\n/b\n",
        ["2 * @ada @acme/crew", "4 /a x@example.org", "5 /b"], [],
    ),
    "no owner at all": (GITHUB, "/a ada\n", [], ["1 'ada' is no owner"]),
    "one wrong owner": (GITHUB, "/a @ada grace,\n* @ada\n", ["2 * @ada"], ["1 'grace,' is no owner"]),
    "negated": (GITHUB, "!/a @ada\n", [], ["1 GitHub knows no `!` here"]),
    "a set": (GITHUB, "/a[12] @ada\n", [], ["1 GitHub knows no `[ ]` here"]),
    "escaped sign": (GITHUB, "\\#a @ada\n", [], ["1 GitHub takes `\\#` for no name here"]),
    "escaped space": (GITHUB, "/a\\ b @ada\n", ["1 /a b @ada"], []),
    "only a slash": (GITHUB, "/ @ada\n", [], ["1 this is no pattern"]),
    "sections of the other host": (GITHUB, "[Crew] @ada\n", [], ["1 GitHub knows no `[ ]` here"]),
    "sections": (
        GITLAB, "/a @x\n[Crew][2] @crew\n/b\n/c @y\n^[Extra]\n/d\n",
        ["1 /a @x", "3 /b @crew [crew]", "4 /c @y [crew]", "6 /d [extra]"], [],
    ),
    "roles": (GITLAB, "/a @@developer @@maintainers\n", ["1 /a @@developer @@maintainers"], []),
    "no such role": (GITLAB, "/a @@boss @ada\n", ["1 /a @ada"], ["1 '@@boss' is no owner"]),
    "subgroups": (GITLAB, "/a @acme/crew/door\n", ["1 /a @acme/crew/door"], []),
    "exclusion": (GITLAB, "* @ada\n!/a\n", ["1 * @ada", "2 !/a"], []),
    "a broken section": (GITLAB, "[Crew @ada\n/a @ada\n", ["2 /a @ada"], ["1 this is neither a section nor a rule"]),
    "a wrong default owner": (GITLAB, "[Crew] ada\n/a\n", ["2 /a [crew]"], ["1 'ada' is no owner"]),
}  # fmt: skip


@pytest.mark.parametrize("name", PARSED)
def test_parse(name: str) -> None:
    kind, text, rules, mistakes = PARSED[name]
    found = parse(text, kind)
    shown = [
        f"{each.line} {'!' if each.excludes else ''}{' '.join([each.pattern, *each.owners])}"
        + (f" [{each.section}]" if each.section else "")
        for each in found.rules
    ]
    assert shown == rules
    assert [f"{each.line} {each.why}" for each in found.mistakes] == mistakes


def test_too_many_rules_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "MAX_RULES", 3)
    assert [parse("* @a\n" * count, GITHUB).too_many for count in (3, 4)] == [False, True]


FILES = {"app/auth/login.py": "x\n", "app/billing.py": "x\n", "app/main.py": "x\n"}
CI = ".github/workflows/ci.yml"
# Per row: the files beside FILES, the remote, and what is found: path, kind, files that do not count, unowned areas.
FOUND: dict[str, tuple[dict[str, str], str, tuple[str | None, HostKind, list[str], list[str]]]] = {
    "none": ({}, "", (None, GITHUB, [], ["login and permissions", "payments"])),
    "the first place counts": (
        {".github/CODEOWNERS": "/app/auth/ @a\n", "CODEOWNERS": "* @a\n"}, "",
        (".github/CODEOWNERS", GITHUB, ["CODEOWNERS"], ["payments", "pipeline"]),
    ),
    "another order at GitLab": (
        {".gitlab/CODEOWNERS": "/app/auth/ @a\n", "CODEOWNERS": "* @a\n"}, "https://gitlab.com/a/b",
        ("CODEOWNERS", GITLAB, [".gitlab/CODEOWNERS"], []),
    ),
    "a place of the other host": (
        {".gitlab/CODEOWNERS": "* @a\n"}, REMOTE,
        (None, GITHUB, [".gitlab/CODEOWNERS"], ["login and permissions", "payments", "pipeline"]),
    ),
    "sections tell GitLab": ({"CODEOWNERS": "[All] @a\n*\n"}, "", ("CODEOWNERS", GITLAB, [], [])),
    "the last match has no owner": (
        {"CODEOWNERS": "* @a\n/app/auth/\n"}, REMOTE, ("CODEOWNERS", GITHUB, [], ["login and permissions"]),
    ),
    "the last match of each section": (
        {"CODEOWNERS": "* @a\n[Auth] @b\n/app/auth/\n"}, "https://gitlab.com/a/b", ("CODEOWNERS", GITLAB, [], []),
    ),
    "excluded for good": (
        {"CODEOWNERS": "* @a\n!/app/auth/\n/app/auth/login.py @b\n"}, "https://gitlab.com/a/b",
        ("CODEOWNERS", GITLAB, [], ["login and permissions"]),
    ),
    "a rule that is left out": (
        {"CODEOWNERS": "* @a wrong,\n"}, REMOTE,
        ("CODEOWNERS", GITHUB, [], ["login and permissions", "payments", "pipeline"]),
    ),
    "a pipeline": (
        {"CODEOWNERS": "/app/ @a\n/CODEOWNERS @a\n", CI: "on: push\njobs: {}\n"}, REMOTE,
        ("CODEOWNERS", GITHUB, [], ["pipeline"]),
    ),
}  # fmt: skip


def codeowners(folder: Path) -> Codeowners:
    found = FactStore(Project.open(folder), Context(now=NOW, home=folder), [Codeowners]).get(Codeowners)
    assert isinstance(found, Codeowners), found
    return found


@pytest.mark.parametrize("name", FOUND)
def test_which_file_counts_and_what_it_leaves_out(name: str, tmp_path: Path) -> None:
    files, remote, expected = FOUND[name]
    folder = make_repo(tmp_path, {**FILES, **files})
    if remote:
        git(folder, "remote", "add", "origin", remote)
    found = codeowners(folder)
    assert (found.path, found.kind, list(found.ignored), [each.area for each in found.unowned]) == expected
    assert found.gaps == ()


@pytest.mark.parametrize(
    ("remote", "place"),
    [
        ("git@bitbucket.org:a/b.git", "CODEOWNERS"),
        ("https://codeberg.org/a/b", "CODEOWNERS"),
        ("", ".gitea/CODEOWNERS"),
    ],
    ids=["Bitbucket", "Gitea", "by its folder"],
)
def test_a_host_with_rules_of_its_own_is_a_gap(tmp_path: Path, remote: str, place: str) -> None:
    folder = make_repo(tmp_path, {**FILES, place: "(.*)\\.py @a\n"})
    if remote:
        git(folder, "remote", "add", "origin", remote)
    found = codeowners(folder)
    assert ["is not known here" in each.reason for each in found.gaps] == [True]
    assert (found.path, found.unowned) == (None, ())


def test_stale_patterns_and_what_could_not_be_read(tmp_path: Path) -> None:
    text = "/app/ @a\n/gone/ @a\n*.go @a\n/app/main.py @a\n/app/none.py @a\napp/auth/* @a\nCODEOWNERS @a\n"
    folder = make_repo(tmp_path, {**FILES, "CODEOWNERS": text})
    found = codeowners(folder)
    assert [each.line for each in found.rules if each.stale] == [2, 3, 5]
    # What is not in git is nobody's yet.
    write(folder, {"gone/a.py": "x\n"})
    assert [each.line for each in codeowners(folder).rules if each.stale] == [2, 3, 5]
    (folder / "CODEOWNERS").unlink()
    (folder / "CODEOWNERS").symlink_to("app/main.py")
    assert codeowners(folder).gaps


def test_a_file_github_would_not_load_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_SIZE", 50)
    folder = make_repo(tmp_path, {**FILES, "CODEOWNERS": "* @a\n" + "#" * 50})
    assert ["3 MB" in each.reason for each in codeowners(folder).gaps] == [True]
