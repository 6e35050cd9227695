"""Exceptions by fingerprint: what counts, what has expired or is wrong, the command that writes them, and the salt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.facts.secrets.allow_cases import KEY, PASSWORD, by, found, only
from tests.support import check_files, git, make_repo, write

from shipworthy.cli.secret import command
from shipworthy.facts.secrets.allow.exceptions import EXCEPTIONS
from shipworthy.facts.secrets.analyser import SecretsAnalyser
from shipworthy.model import OutcomeKind

CODE = {"a.py": f"api = '{KEY}'\n"}
TODAY = datetime.now(UTC).date()


def entry(fingerprint: str, **keys: str) -> str:
    rows = {"reason": '"a try"', "by": '"a@example.org"', "on": "2026-11-01", "expires": "2027-02-01", **keys}
    return f'[[exceptions]]\nfingerprint = "{fingerprint}"\n' + "".join(f"{k} = {v}\n" for k, v in rows.items() if v)


def identity(folder: Path) -> str:
    return only(found(folder, CODE), "a.py").identity


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({}, ""),
        ({"expires": "2026-11-22"}, ""),
        ({"expires": "2026-11-21"}, ":1: exception FP: it expired on 2026-11-21"),
        ({"expires": "2027-11-30"}, ":1: exception FP: it would count for more than a year"),
        ({"on": "2026-11-25"}, ":1: exception FP: it is from a day that is still to come"),
        ({"expires": ""}, ":1: exceptions.#1: the key `expires` is missing"),
        ({"expires": '"2027-01-01"'}, ":6: exceptions.#1.expires: must be a date"),
        ({"expires": "2027-01-01T00:00:00Z"}, ":6: exceptions.#1.expires: must be a date"),
        ({"reason": '" "'}, ":3: exceptions.#1.reason: is empty"),
        ({"reason": "5"}, ":3: exceptions.#1.reason: must be a text"),
        ({"paths": '[".*"]'}, ":7: exceptions.#1.paths: is not a known key"),
        ({"by": ""}, ":1: exceptions.#1: the key `by` is missing"),
    ],
)
def test_what_counts_today(tmp_path: Path, keys: dict[str, str], says: str) -> None:
    fingerprint = identity(tmp_path)
    secrets = found(tmp_path, {EXCEPTIONS: entry(fingerprint, **keys)})
    assert only(secrets, "a.py").counts is bool(says)
    if says:
        assert any(str(each).startswith(EXCEPTIONS + says.replace("FP", fingerprint)) for each in secrets.problems)
    else:
        assert secrets.problems == ()
        assert by(only(secrets, "a.py")) == f"exception {EXCEPTIONS}:1"


def test_a_broken_entry_takes_no_other_with_it(tmp_path: Path) -> None:
    fingerprint = identity(tmp_path)
    text = entry("nonsense") + entry(fingerprint) + entry(fingerprint, reason='"twice"') + entry("0" * 16)
    secrets = found(tmp_path, {EXCEPTIONS: text})
    assert only(secrets, "a.py").allowed is not None
    assert [str(each).partition(": ")[2].split(",")[0] for each in secrets.problems] == [
        "exceptions.#1.fingerprint: is no fingerprint",
        f"exception {fingerprint}: the same fingerprint stands further up",
        "exception 0000000000000000: no secret in the files has this fingerprint. Remove it",
    ]


@pytest.mark.parametrize("text", ["[[exceptions", "exceptions = 3", b"\xff", "x = " + "[" * 3_000, "schema = 9"])
def test_a_broken_file_allows_nothing_and_says_so(tmp_path: Path, text: str | bytes) -> None:
    secrets = found(tmp_path, {**CODE, EXCEPTIONS: text})
    assert only(secrets, "a.py").counts
    assert secrets.problems


def test_it_follows_the_secret_to_other_places_and_covers_no_other_secret(tmp_path: Path) -> None:
    fingerprint = identity(tmp_path)
    (tmp_path / "a.py").unlink()
    files = {"b/c.py": f"\n\nkey = '{KEY}'\n", "d.py": f"key = '{KEY[:-4]}wxyz'\n", EXCEPTIONS: entry(fingerprint)}
    assert [each.location.path for each in found(tmp_path, files).sightings if each.counts] == ["d.py"]


def test_a_salt_that_comes_later_is_told_from_a_secret_that_is_gone(tmp_path: Path) -> None:
    fingerprint = identity(tmp_path)
    salted = found(tmp_path, {EXCEPTIONS: entry(fingerprint), ".shipworthy/salt": "0123456789abcdef" * 2})
    assert only(salted, "a.py").counts
    assert "it was written before .shipworthy/salt" in str(salted.problems[0])
    again = found(tmp_path, {EXCEPTIONS: entry(only(salted, "a.py").identity)})
    assert not only(again, "a.py").counts


def test_a_reason_may_hold_what_it_likes_but_no_secret(tmp_path: Path) -> None:
    fingerprint = identity(tmp_path)
    secrets = found(tmp_path, {EXCEPTIONS: entry(fingerprint, reason=f'"\\u001b[31m was {KEY}"')})
    allowed = only(secrets, "a.py").allowed
    assert allowed is not None
    assert KEY not in repr(secrets)
    shown = invoke(tmp_path, "list").output
    assert "\x1b" not in shown


def test_the_list_says_who_allows_what_and_why(tmp_path: Path) -> None:
    fingerprint = identity(tmp_path)
    reason = '"\\u001b[31m a try of (ours) ' + "y" * 500 + '"'
    found(tmp_path, {EXCEPTIONS: entry(fingerprint, by='"Ada (ops)"', reason=reason, expires=str(TODAY))})
    (line,) = invoke(tmp_path, "list").output.splitlines()
    assert f"exception ({EXCEPTIONS}:1) until {TODAY}, says Ada (ops) on 2026-11-01: ␛[31m a try of (ours) y" in line
    assert len(line) < 900


def test_what_was_read_once_is_not_read_again(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # A file that just came to be is read again, whatever its age.
    monkeypatch.setattr("shipworthy.assess.cache.FRESH_SECONDS", -60.0)
    first = invoke(repository, "list").output
    for way in ("analyse", "quick", "told"):
        monkeypatch.setattr(SecretsAnalyser, way, None)
    assert invoke(repository, "list").output == first
    assert "not allowed" in first


def invoke(folder: Path, *args: str) -> Result:
    return CliRunner().invoke(command, [*args, "--path", str(folder)])


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = make_repo(tmp_path / "r", CODE)
    git(folder, "config", "user.email", "me@example.org")
    return folder


def test_allow_writes_and_undo_takes_back_and_comments_stay(repository: Path) -> None:
    fingerprint = identity(repository)
    assert "not allowed" in invoke(repository, "list").output
    done = invoke(repository, "allow", fingerprint, "-m", "the vendor's example")
    assert done.exit_code == 0, done.output
    path = repository / EXCEPTIONS
    path.write_text(path.read_text() + "# mine\n")
    assert invoke(repository, "allow", fingerprint, "-m", "said anew", "--days", "5").exit_code == 0
    text = path.read_text()
    assert "# mine" in text
    assert text.count("[[exceptions]]") == 1
    assert f"expires = {TODAY + timedelta(days=5)}" in text
    assert "allowed by exception" in invoke(repository, "list").output
    assert invoke(repository, "undo", fingerprint).exit_code == 0
    assert "# mine" in path.read_text()
    assert "not allowed" in invoke(repository, "list").output


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["allow", "0" * 16, "-m", "x"], "no secret in the files has the fingerprint"),
        (["allow", "nonsense", "-m", "x"], "is no fingerprint"),
        (["allow", "FP", "-m", " "], "no reason is given"),
        (["allow", "FP", "-m", "it is KEY"], "looks like a secret"),
        (["allow", "FP", "-m", "x" * 3_000], "more than 2,000 characters"),
        (["allow", "FP", "-m", "red \x1b[31m"], "the reason holds a line break or a control character"),
        (["allow", "FP", "-m", "one\ntwo"], "Write it as one line."),
        (["allow", "FP", "-m", "x", "--until", "soon"], "is not a date"),
        (["allow", "FP", "-m", "x", "--until", str(TODAY)], "lies in the past"),
        (["allow", "FP", "-m", "x", "--until", str(TODAY + timedelta(days=400))], "more than a year ahead"),
        (["undo", "FP"], "is written down"),
    ],
)
def test_what_the_command_refuses_leaves_nothing_behind(repository: Path, args: list[str], says: str) -> None:
    args = [identity(repository) if each == "FP" else each.replace("KEY", KEY) for each in args]
    done = invoke(repository, *args)
    assert done.exit_code == 2
    assert says in done.output
    assert KEY not in done.output
    assert not (repository / EXCEPTIONS).exists()


def test_one_in_the_history_is_taken_at_its_word(repository: Path) -> None:
    assert invoke(repository, "allow", "0" * 16, "-m", "rotated", "--in-history").exit_code == 0
    assert "no secret in the files has this fingerprint" in invoke(repository, "list").output


@pytest.mark.parametrize("text", ["[[exceptions]]\nx = 1\n", "exceptions = []\n# [[\n", "\xff"])
def test_a_file_that_cannot_be_changed_safely_stays_as_it_is(repository: Path, text: str) -> None:
    write(repository, {EXCEPTIONS: text.encode("latin-1")})
    done = invoke(repository, "allow", identity(repository), "-m", "x")
    assert done.exit_code == 2
    assert (repository / EXCEPTIONS).read_bytes() == text.encode("latin-1")


def test_what_an_exception_for_a_guessable_value_covers_is_said(repository: Path) -> None:
    token, password = found(repository, {"b.py": f"password = '{PASSWORD}'\n"}).sightings
    assert "so this covers any" not in invoke(repository, "allow", token.identity, "-m", "x").output
    said = invoke(repository, "allow", password.identity, "-m", "x").output
    assert "so this covers any that stands in b.py under the name password" in said


def test_windows_line_ends_stay(repository: Path) -> None:
    write(repository, {EXCEPTIONS: entry("0" * 16).replace("\n", "\r\n")})
    assert invoke(repository, "allow", identity(repository), "-m", "x").exit_code == 0
    data = (repository / EXCEPTIONS).read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n")


def test_the_exception_is_part_of_what_is_signed(repository: Path) -> None:
    from shipworthy.readiness.records import RECORDS
    from shipworthy.readiness.tree import readiness_names

    name = EXCEPTIONS.partition("/")[2]
    assert name in RECORDS, "signing commits it"
    assert name not in readiness_names("production"), "only the signed files themselves are left out of the tree"


PASSING = {"b.py": "x = 1\n"}


@pytest.mark.parametrize(
    ("comment", "kind"), [("", OutcomeKind.FAIL), ("  # gitleaks:allow", OutcomeKind.PASS)], ids=["none", "comment"]
)
def test_the_check_passes_on_what_is_allowed_and_says_by_what(tmp_path: Path, comment: str, kind: OutcomeKind) -> None:
    outcome = check_files("secrets-not-in-tree", tmp_path, {**PASSING, "a.py": f"api = '{KEY}'{comment}\n"})
    assert outcome.kind is kind
    assert ("allowed by comment: 1 place" in outcome.looked_at) is bool(comment)
    if comment:
        said = [each for each in outcome.findings if each.rule == "secret-allowed"]
        assert [str(each.location) for each in said] == ["a.py:1"]
        assert KEY not in repr(outcome)


def test_a_pass_ends_with_the_exception_it_rests_on(tmp_path: Path) -> None:
    fingerprint = identity(tmp_path)
    outcome = check_files("secrets-not-in-tree", tmp_path, {EXCEPTIONS: entry(fingerprint)})
    assert outcome.kind is OutcomeKind.PASS
    assert str(outcome.until) == "2027-02-01"


def test_what_is_too_wide_is_said_where_it_fails(tmp_path: Path) -> None:
    config = "[allowlist]\npaths = ['.*']\n"
    files = {"a.py": f"api = '{KEY}'\npassword = '{PASSWORD}'\n", ".gitleaks.toml": config}
    outcome = check_files("secrets-not-in-tree", tmp_path, files)
    assert outcome.kind is OutcomeKind.FAIL
    assert all(".gitleaks.toml:1 would allow it, but allows nearly everything" in f.message for f in outcome.findings)
