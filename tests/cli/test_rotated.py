"""`shipworthy rotated` records that a leaked key was replaced: strictly, and without touching anything else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.facts.secrets.examples import example
from tests.support import git, make_repo, write

from shipworthy.assess.store import FactStore
from shipworthy.cli import form as form_command
from shipworthy.cli.rotated import command
from shipworthy.facts import Context
from shipworthy.facts.forms import FormError, Row, form_of
from shipworthy.facts.rotations import Rotations, how_to_record
from shipworthy.facts.secrets import Secrets
from shipworthy.facts.secrets.rules import load
from shipworthy.forms.store import opened, save
from shipworthy.project import Project

FILE = ".shipworthy/keys.toml"
HELD = """\
# ours
checked = 2026-11-10  # by all

[[keys]]
name = "A_KEY"  # the old one
purpose = "x"
owner = "Bo"

# the end
"""
UNKNOWN = "0123456789abcdef"


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = make_repo(tmp_path / "app", {"app.py": f'key = "{example(load().by_id["stripe-live-key"])}"\n'})
    git(folder, "config", "user.email", "ada@example.org")
    return folder


def rotated(folder: Path, *args: str) -> Result:
    return CliRunner().invoke(command, [*args, "--path", str(folder)])


def facts(folder: Path) -> tuple[str, Rotations]:
    """The fingerprint of the one secret, and the rotations written."""
    store = FactStore(Project.open(folder), Context(home=folder), [Secrets, Rotations])
    secrets, rotations = store.get(Secrets), store.get(Rotations)
    assert isinstance(secrets, Secrets)
    assert isinstance(rotations, Rotations)
    return secrets.sightings[0].identity, rotations


def test_a_known_secret_is_recorded_as_replaced_and_all_else_stays(app: Path) -> None:
    write(app, {FILE: HELD})
    fingerprint, _ = facts(app)
    assert how_to_record(fingerprint) == f"shipworthy {command.name} {fingerprint} --on YYYY-MM-DD"
    done = rotated(app, fingerprint.upper(), "--on", "2026-11-20", "--name", "STRIPE_KEY", "--note", "ticket 7")
    assert done.exit_code == 0, done.output
    assert f"{fingerprint} replaced on 2026-11-20 by ada@example.org" in done.output
    assert (app / FILE).read_text() == HELD + (
        f'\n[[rotation]]\nfingerprint = "{fingerprint}"\nrotated = 2026-11-20\nby = "ada@example.org"\n'
        'name = "STRIPE_KEY"\nnote = "ticket 7"\n'
    )
    assert rotated(app, fingerprint, "--on", "today", "--by", "Bo").exit_code == 0
    _, found = facts(app)
    latest = found.of(fingerprint)
    assert latest is not None
    assert (latest.by, latest.on) == ("Bo", datetime.now(UTC).date())
    assert len(found.rotations) == 2


def test_a_secret_that_only_the_history_holds_is_known(app: Path) -> None:
    fingerprint, _ = facts(app)
    write(app, {"app.py": "key = ''\n"})
    git(app, "commit", "-q", "-a", "-m", "take it out")
    done = rotated(app, fingerprint, "--on", "2026-11-20")
    assert done.exit_code == 0, done.output
    assert "no secret" in rotated(app, UNKNOWN, "--on", "2026-11-20").output


def test_without_a_file_one_is_made(app: Path) -> None:
    fingerprint, _ = facts(app)
    assert rotated(app, fingerprint, "--on", "2026-11-20").exit_code == 0
    assert facts(app)[1].of(fingerprint) is not None


def test_a_day_before_the_leak_would_not_count(app: Path) -> None:
    fingerprint, _ = facts(app)
    early = rotated(app, fingerprint, "--on", "2026-11-19")
    assert early.exit_code == 2
    assert f"2026-11-19 is not after commit {git(app, 'rev-parse', 'HEAD')[:10]} of 2026-11-20" in early.output
    assert not (app / FILE).exists()
    assert rotated(app, fingerprint, "--on", "2026-11-20").exit_code == 0
    assert rotated(app, fingerprint, "--on", "2026-11-19").exit_code == 2


def test_the_form_refuses_such_a_day_too_in_the_same_words(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fingerprint, _ = facts(app)
    monkeypatch.setattr(form_command, "asks", lambda: True)
    row = [fingerprint, "2026-11-19", "Ada", "", ""]
    said = ["", "", *row, *row[:1], "2026-11-20", *row[2:], "", ""]
    done = CliRunner().invoke(form_command.command, ["key-inventory", str(app)], input="\n".join(said))
    words, advice = rotated(app, fingerprint, "--on", "2026-11-19").output.removeprefix("shipworthy: ").splitlines()
    assert f"  ! {words}\n" in done.output
    assert advice.strip() in done.output
    found = facts(app)[1].of(fingerprint)
    assert found is not None
    assert str(found.on) == "2026-11-20"


def test_what_the_form_s_file_holds_already_is_not_held_against_it(app: Path) -> None:
    fingerprint, _ = facts(app)
    old = Row(cells={"fingerprint": fingerprint, "rotated": "2026-11-01", "by": "Bo"})
    write(app, {FILE: f'[[rotation]]\nfingerprint = "{fingerprint}"\nrotated = 2026-11-01\nby = "Bo"\n'})
    form = form_of("key-inventory")
    assert form is not None
    answers = opened(app, form)
    assert save(app, form, answers.with_text("checked", "2026-11-20")).changed
    for row in (Row(cells={**old.cells, "fingerprint": UNKNOWN}), Row(cells=old.cells, confirmed=False)):
        assert save(app, form, answers.with_rows("rotation", (old, row))).changed
    early, late = (Row(cells={**old.cells, "rotated": day}) for day in ("2026-11-02", "2026-11-21"))
    with pytest.raises(FormError, match="2026-11-02 is not after commit"):
        save(app, form, answers.with_rows("rotation", (old, early, late)))


def test_in_half_a_history_it_is_said_that_the_rest_is_missing(app: Path, tmp_path: Path) -> None:
    write(app, {"app.py": "key = ''\n"})
    git(app, "commit", "-q", "-a", "-m", "take it out")
    git(tmp_path, "clone", "-q", "--depth", "1", app.as_uri(), "half")
    done = rotated(tmp_path / "half", UNKNOWN, "--on", "2026-11-20", "--by", "Bo")
    assert done.exit_code == 2
    assert "git fetch --unshallow" in done.output


def test_in_half_a_history_a_day_is_taken_or_refused_with_that_said(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fingerprint, _ = facts(app)
    half = tmp_path / "half"
    git(tmp_path, "clone", "-q", "--depth", "1", app.as_uri(), "half")
    cut = "Not all of the history could be looked at: the git history was cut off when it was cloned"
    early = rotated(half, fingerprint, "--on", "2026-11-19", "--by", "Bo")
    assert early.exit_code == 2
    assert cut in early.output
    assert not (half / FILE).exists()
    done = rotated(half, fingerprint, "--on", "2026-11-20", "--by", "Bo")
    assert done.exit_code == 0
    assert cut in done.stderr
    form = form_of("key-inventory")
    assert form is not None
    row = Row(cells={"fingerprint": fingerprint, "rotated": "2026-11-21", "by": "Bo"})
    saved = save(half, form, opened(half, form).with_rows("rotation", (row,)))
    assert saved.unread.startswith(cut)
    assert not save(app, form, opened(app, form).with_rows("rotation", (row,))).unread
    monkeypatch.setattr(form_command, "asks", lambda: True)
    said = ["", "", "", fingerprint, "2026-11-22", "Ada", "", "", "", ""]
    assert (
        f"  ! Saved. {cut}"
        in CliRunner().invoke(form_command.command, ["key-inventory", str(half)], "\n".join(said)).output
    )


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ((UNKNOWN, "--on", "2026-11-20"), "no secret with the fingerprint"),
        (("NEAR", "--on", "2026-11-20"), "Did you mean"),
        (("0123", "--on", "2026-11-20"), "is no fingerprint"),
        (("KNOWN", "--on", "2999-01-01"), "in the future"),
        (("KNOWN", "--on", "last week"), "is no day"),
        (("KNOWN", "--on", "2026-11-20", "--by", " "), "not answered"),
        (("KNOWN", "--on", "2026-11-20", "--note", "SECRET"), "looks like a secret"),
        (("KNOWN",), "Missing option '--on'"),
    ],
    ids=lambda value: None if isinstance(value, tuple) else value.replace(" ", "-"),
)
def test_what_would_not_count_is_refused_and_nothing_is_written(app: Path, args: tuple[str, ...], says: str) -> None:
    fingerprint, _ = facts(app)
    secret = example(load().by_id["stripe-live-key"], 2)
    near = fingerprint[:-2] + ("00" if fingerprint[-1] != "0" else "11")
    done = rotated(app, *({"KNOWN": fingerprint, "NEAR": near, "SECRET": secret}.get(each, each) for each in args))
    assert done.exit_code == 2
    assert says in done.output
    assert secret not in done.output
    assert not (app / FILE).exists()


def test_a_broken_file_stays_as_it_is(app: Path) -> None:
    fingerprint, _ = facts(app)
    write(app, {FILE: "keys = 1\n"})
    done = rotated(app, fingerprint, "--on", "2026-11-20")
    assert done.exit_code == 2
    assert f"{FILE}:1" in done.output
    assert (app / FILE).read_text() == "keys = 1\n"
