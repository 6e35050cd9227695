"""The files of other scanners: what each entry allows, what is too wide, and what a broken or hostile file does."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from tests.facts.secrets.allow_cases import KEY, PASSWORD, PEM, TOKEN, by, found, only
from tests.support import NOW, git, make_repo, write

from shipworthy.facts import Context, View
from shipworthy.facts.scan import Scan
from shipworthy.facts.secrets.allow import Permissions, Place
from shipworthy.facts.secrets.allow.go_regex import Work
from shipworthy.project import Project

CODE = {"src/a.py": f"api = '{KEY}'\n", "tests/fix.py": f"github_token = '{TOKEN}'\n"}
CONFIG = ".gitleaks.toml"


def allowed(folder: Path, config: str | bytes, name: str = CONFIG) -> list[str]:
    secrets = found(folder, {**CODE, name: config})
    return [each.location.path or "" for each in secrets.sightings if each.allowed is not None]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("[allowlist]\npaths = ['^tests/']", ["tests/fix.py"]),
        ("[[allowlists]]\npaths = ['^src/a\\.py$']", ["src/a.py"]),
        ("[Allowlist]\nPaths = ['fix']", ["tests/fix.py"]),
        ("[allowlist]\nregexes = ['START']", ["src/a.py"]),
        ("[allowlist]\nregexes = ['^START$']", []),
        ("[allowlist]\nregexTarget = 'line'\nregexes = ['^api = ']", ["src/a.py"]),
        ("[allowlist]\nregexTarget = 'match'\nregexes = ['^github_token = ']", ["tests/fix.py"]),
        ("[allowlist]\nregexes = ['^api = ']", []),
        ("[allowlist]\nregexTarget = 'file'\npaths = ['^tests/']", []),
        ("[allowlist]\nstopwords = ['WORD']", ["src/a.py"]),
        ("[allowlist]\ncommits = ['" + "a" * 40 + "']", []),
        ("[allowlist]\ncondition = 'AND'\npaths = ['^tests/']\nregexes = ['^ghp_']", ["tests/fix.py"]),
        ("[allowlist]\ncondition = 'AND'\npaths = ['^src/a']\nregexes = ['^ghp_']", []),
        ("[allowlist]\ncondition = 'AND'\npaths = ['^tests/']\nregexes = ['(']", []),
        ("[allowlist]\ncondition = 'AND'\npaths = ['^tests/']\nregexes = []", ["tests/fix.py"]),
        ("[allowlist]\ncondition = 'AND'\npaths = ['^tests/']\ncommits = ['" + "a" * 40 + "']", []),
        ("[allowlist]\ncondition = 'XOR'\npaths = ['^tests/']", []),
        ("[allowlist]\ncondition = 'AND'\npaths = ['.*']\nregexes = ['^ghp_']", ["tests/fix.py"]),
        ("[allowlist]\n", []),
        ("[allowlist]\npaths = '^tests/'", []),
        ("[allowlist]\npaths = [1]", []),
        ("allowlist = 3\nrules = 4\nallowlists = ['x']", []),
        ("[[rules]]\nid = 'github-pat'\n[rules.allowlist]\npaths = ['^tests/', '^src/a']", ["tests/fix.py"]),
        ("[[rules]]\nid = 'stripe-access-token'\n[[rules.allowlists]]\npaths = ['^tests/', '^src/a']", ["src/a.py"]),
        ("[[rules]]\nid = 'own'\nregex = 'api = .sk_live'\n[rules.allowlist]\npaths = ['fix', '/a.py']", ["src/a.py"]),
        ("[[rules]]\nid = 'generic-api-key'\n[rules.allowlist]\npaths = ['fix']", []),
        ("[[rules]]\n[rules.allowlist]\npaths = ['fix']", []),
        ("[[allowlists]]\ntargetRules = ['github-pat']\npaths = ['fix', '/a.py']", ["tests/fix.py"]),
        ("[[allowlists]]\ntargetRules = []\npaths = ['fix']", ["tests/fix.py"]),
    ],
)
def test_what_a_gitleaks_list_allows(tmp_path: Path, config: str, expected: list[str]) -> None:
    config = config.replace("START", KEY[:20]).replace("WORD", KEY[10:18].upper())
    assert allowed(tmp_path, config) == expected


@pytest.mark.parametrize(
    "rows",
    [
        "paths = ['.*']", "paths = ['.']", "paths = ['']", "paths = ['\\.py$']", "regexes = ['.*']", "stopwords = ['']",
        "regexTarget = 'line'\nregexes = ['=']", "condition = 'AND'\npaths = ['.*']\nregexes = ['.+']",
    ],
)  # fmt: skip
def test_what_allows_everything_is_not_followed_and_said(tmp_path: Path, rows: str) -> None:
    secrets = found(tmp_path, {**CODE, CONFIG: f"[allowlist]\n{rows}\n"})
    assert [each.counts for each in secrets.sightings] == [True, True]
    assert {str(each.too_wide.location) if each.too_wide else "" for each in secrets.sightings} == {f"{CONFIG}:1"}


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("[extend]\nuseDefault = true\n", ".gitleaks.toml:1: extend: allow-lists of what it extends are not read"),
        ("[allowlist]\npaths = ['ok',\n '(?=x)']", ".gitleaks.toml:3: allowlist.paths.#2: a pattern cannot be used"),
        ("[allowlist]\nx = ", ".gitleaks.toml:2: not valid TOML"),
        (b"[allowlist]\nx = '\xff'", ".gitleaks.toml:2: not UTF-8"),
        ("x = " + "[" * 3_000 + "]" * 3_000, ".gitleaks.toml: nested too deeply"),
        ("# " + "x " * 550_000, ".gitleaks.toml: larger than"),
        ("[allowlist]\npaths = ['" + "(a?){900}" * 60 + "']", "a pattern cannot be used"),
        ("[allowlist]\nstopwords = 5", "it is no list of texts"),
    ],
    ids=["extends", "pattern", "toml", "utf-8", "deep", "large", "bomb", "type"],
)
def test_what_cannot_be_used_allows_nothing_and_is_said(tmp_path: Path, config: str | bytes, says: str) -> None:
    secrets = found(tmp_path, {**CODE, CONFIG: config})
    assert all(each.counts for each in secrets.sightings)
    assert any(says in str(each) for each in secrets.problems), [str(each)[:200] for each in secrets.problems]


def test_no_message_repeats_a_pattern_or_a_reason_with_the_secret_in_it(tmp_path: Path) -> None:
    config = f"[allowlist]\ndescription = 'allows {KEY}'\npaths = ['^src/a']\nregexes = ['({KEY}', '{TOKEN}(?=x)']\n"
    secrets = found(tmp_path, {**CODE, CONFIG: config})
    said = repr(secrets)
    assert KEY not in said
    assert TOKEN not in said
    assert len(secrets.problems) == 2


def test_patterns_that_cost_too_much_leave_the_rest_not_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shipworthy.facts.secrets.allow.permissions.Work", lambda: Work(5_000))
    secrets = found(tmp_path, {**CODE, CONFIG: "[allowlist]\nregexes = ['(k?x?){20}zz']\npaths = ['fix']\n"})
    assert all(each.counts for each in secrets.sightings)
    assert any("take too long" in str(each) for each in secrets.problems)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("src/a.py:stripe-access-token:1", ["src/a.py"]),
        ("./src/a.py:whatever:1\r\n\n# tests/fix.py:x:1\n", ["src/a.py"]),
        ("src\\a.py:x:1", ["src/a.py"]),
        ("src/a.py:x:2", []),
        ("a.py:x:1", []),
        ("src/a.py:x", []),
        ("src/a.py", []),
        ("a" * 40 + ":src/a.py:x:1", []),
        ("*:x:1", []),
    ],
)
def test_what_a_gitleaksignore_allows(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert allowed(tmp_path, text, ".gitleaksignore") == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("src/a.py:x:1\nsrc/a.py:x:9\nb.py:x:1\n", [".gitleaksignore:2: 2 entries fit nothing that was found (of 3"]),
        ("src/a.py:x:1\nno entry\nneither\n", [".gitleaksignore:2: 2 lines from here on cannot be read"]),
        (b"src/a.py:x:1\n\xff\xfe:x:1\n", [".gitleaksignore:2: 1 entry fits nothing"]),
        ("a" * 40 + ":src/a.py:x:1\n", []),
        pytest.param("x:y:1\n" * 400_000, [".gitleaksignore: larger than"], id="large"),
    ],
)
def test_entries_that_fit_nothing_are_counted(tmp_path: Path, text: str | bytes, says: list[str]) -> None:
    secrets = found(tmp_path, {**CODE, ".gitleaksignore": text})
    assert len(secrets.problems) == len(says)
    assert all(str(each).startswith(said) for each, said in zip(secrets.problems, says, strict=True))


def test_an_entry_with_a_commit_counts_where_the_value_has_moved_to_and_not_for_a_new_one(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "a", CODE)
    commit = git(folder, "rev-parse", "HEAD")
    write(folder, {"src/a.py": f"\n\n\napi = '{KEY}'\nother = '{KEY[:-3]}xyz'\n"})
    secrets = found(folder, {".gitleaksignore": f"{commit}:src/a.py:x:1\n{commit}:tests/fix.py:x:7\n"})
    assert [(each.location.line, by(each)) for each in secrets.sightings] == [
        (4, ".gitleaksignore .gitleaksignore:1"),
        (5, None),
        (1, None),
    ]
    assert secrets.problems == ()


def baseline(*rows: dict[str, object], path: str = "src/a.py") -> str:
    return json.dumps({"version": "1.5.0", "results": {path: [{"type": "x", "filename": path, **row} for row in rows]}})


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (baseline({"hashed_secret": sha1(KEY), "line_number": 99, "is_secret": False}), ["src/a.py"]),
        (baseline({"hashed_secret": sha1(KEY), "line_number": 1, "is_secret": True}), []),
        (baseline({"hashed_secret": sha1(KEY), "line_number": 1}), []),
        (baseline({"hashed_secret": sha1(KEY), "line_number": 1, "is_secret": 0}), []),
        (baseline({"hashed_secret": sha1("other"), "line_number": 1, "is_secret": False}), []),
        (baseline({"hashed_secret": sha1(KEY), "is_secret": False}, path="b.py"), []),
        ("{}", []),
        ("[" * 100_000, []),
        ('{"results": {"src/a.py": [null, {"is_secret": false, "hashed_secret": 5}], "x": 3}}', []),
    ],
    ids=["audited", "is one", "not audited", "zero", "other", "elsewhere", "empty", "deep", "odd"],
)
def test_what_a_baseline_allows(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert allowed(tmp_path, text, ".secrets.baseline") == expected


@pytest.mark.parametrize(("line", "expected"), [(1, ".secrets.baseline .secrets.baseline:1"), (3, None)])
def test_the_hash_of_every_private_key_counts_on_its_line_only(tmp_path: Path, line: int, expected: str | None) -> None:
    row: dict[str, object] = {"hashed_secret": sha1("BEGIN RSA PRIVATE KEY"), "line_number": line, "is_secret": False}
    secrets = found(tmp_path, {"id_rsa": PEM, ".secrets.baseline": baseline(row, path="id_rsa")})
    assert by(only(secrets, "id_rsa")) == expected


def view_of(folder: Path, files: dict[str, str]) -> View:
    project = Project.open(write(folder, files))
    return View(project, Context(now=NOW, home=folder), Scan(project, ()))


def test_history_is_judged_by_the_same_rules(tmp_path: Path) -> None:
    commit = "c" * 40
    files = {
        ".gitleaksignore": f"{commit}:old.py:x:3\nold.py:x:8\n{'d' * 40}:old.py:x:3\n",
        CONFIG: f"[allowlist]\ncommits = ['{commit.upper()}']\n[[allowlists]]\npaths = ['^gone/']\n",
    }
    permissions = Permissions.read(view_of(tmp_path, files), history=True)

    def ask(path: str, line: int, at: str) -> str:
        place = Place(rule="x", identity="0" * 16, path=path, line=line, value=PASSWORD.encode(), commit=at)
        judged = permissions.judge(place).allowed
        return judged.by if judged else ""

    assert ask("old.py", 3, commit) == ".gitleaksignore"
    assert ask("old.py", 8, "e" * 40) == ".gitleaksignore"
    assert ask("other.py", 1, commit) == CONFIG
    assert ask("gone/a.py", 1, "e" * 40) == CONFIG
    assert ask("old.py", 3, "e" * 40) == ""
    assert [each.what for each in permissions.problems()] == [
        ".gitleaksignore:3: 1 entry fits nothing that was found (of 3, the first one here)"
    ]


def test_a_file_too_large_to_read_is_a_gap(tmp_path: Path) -> None:
    view = view_of(tmp_path, {CONFIG: "# " + "\n" * 10_000_000})
    Permissions.read(view)
    assert [gap.path for gap in view.gaps] == [CONFIG]
