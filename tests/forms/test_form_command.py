"""`shipworthy form` asks only where somebody can answer, keeps what was answered, and shows no control character."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.forms.filled import DAY, a_form, complete, text
from tests.support import git, make_repo, write
from tests.terminal import shipworthy

from shipworthy.cli import form as form_command
from shipworthy.facts.forms import Row
from shipworthy.forms import prefilled
from shipworthy.forms.child import answer, dump, load
from shipworthy.forms.prefill import Filled
from shipworthy.forms.store import opened, written

APP = "import os\nimport stripe\n\nKEY = os.environ['STRIPE_SECRET_KEY']\n"
PARTIES, ROLLBACK = a_form("third-party-inventory"), a_form("rollback-rehearsed")


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = make_repo(tmp_path / "app", {"app.py": APP, "requirements.txt": "stripe==11.0.0\n"})
    git(folder, "config", "user.email", "ada@example.org")
    return folder


def run(*args: str, said: str = "") -> Result:
    return CliRunner().invoke(form_command.command, list(args), input=said)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a person sat at a terminal."""
    monkeypatch.setattr(form_command, "asks", lambda: True)


def test_nobody_is_asked_without_a_terminal(app: Path) -> None:
    done = run("third-party-inventory", str(app), said="y\n" * 50)
    assert done.exit_code == 2
    assert "Write .shipworthy/third-parties.toml by hand" in done.stderr
    assert 'name = "stripe"' in done.stdout
    assert "confirmed = false" in done.stdout
    assert not (app / ".shipworthy").exists()
    printed = run("third-party-inventory", str(app), "--template")
    assert printed.exit_code == 0
    write(app, {PARTIES.file: printed.stdout})
    held = written(app, PARTIES)
    assert held is not None
    assert held.broken == ()
    assert not any(each.confirmed for each in held.answers.table("services"))


def test_a_whole_form_is_asked_line_by_line(app: Path, asked: None) -> None:
    words = ["", "cards", "amounts", "Ada", "orders wait", "y", ""]
    done = run("third-party-inventory", str(app), said="\n".join([*words, "someday", "2999-01-01", "today", ""]))
    assert done.exit_code == 0, done.output
    assert "found at requirements.txt:1" in done.stderr
    assert "is no day" in done.stderr
    assert "names a day in the future" in done.stderr
    assert "Nothing is missing" in done.stderr
    assert "shipworthy attest third-party-inventory" in done.stderr
    (row,) = opened(app, PARTIES).table("services")
    assert row == Row(
        cells={"name": "stripe", "purpose": "cards", "data": "amounts", "owner": "Ada", "when_down": "orders wait"},
        confirmed=True,
        found="requirements.txt:1",
    )
    assert "form done: you say" in done.stdout


def test_enter_keeps_everything_and_writes_nothing(app: Path, asked: None) -> None:
    write(app, {PARTIES.file: text(PARTIES.id, "stripe")})
    before = (app / PARTIES.file).read_bytes(), (app / PARTIES.file).stat().st_mtime_ns
    done = run("third-party-inventory", str(app), said="\n" * 20)
    assert "Nothing is missing" in done.stderr
    assert before == ((app / PARTIES.file).read_bytes(), (app / PARTIES.file).stat().st_mtime_ns)


def test_enter_alone_makes_no_file(app: Path, asked: None) -> None:
    done = run("rollback-rehearsed", str(app), said="\n" * 20)
    assert done.exit_code == 1
    assert not (app / ".shipworthy").exists()


def test_leaving_in_the_middle_keeps_what_was_answered(app: Path, asked: None) -> None:
    # The input ends after the second question, as with Ctrl-C.
    done = run("rollback-rehearsed", str(app), said="fly releases\nrollback\n\nthe registry\n")
    assert done.exit_code != 0
    held = opened(app, ROLLBACK)
    assert held.text("step") == "fly releases\nrollback"
    assert held.text("versions") == "the registry"
    assert "Saved: .shipworthy/rollback.toml" in done.stderr
    assert run("rollback-rehearsed", str(app), "--show").exit_code == 1


def test_ctrl_c_leaves_the_shell_a_line_of_its_own(app: Path, tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "CI": ""}
    with shipworthy(app, home, "form", "rollback-rehearsed") as terminal:
        terminal.until(" >")
        terminal.type("\x03")
        assert terminal.ended() == 130
        assert terminal.sent.endswith(b"^C\r\n")
    assert not (app / ".shipworthy").exists()


def test_a_secret_is_asked_for_again(app: Path, asked: None) -> None:
    token = "gh" + "p_" + "".join(random.Random(36).choices("abcdefghjkmnpqrstuvwxyzABCDEFGH23456789", k=36))
    done = run("rollback-rehearsed", str(app), said=f"use {token}\n\nthe button\n\n")
    assert "looks like a secret" in done.stderr
    assert opened(app, ROLLBACK).text("step") == "the button"
    assert token not in (app / ROLLBACK.file).read_text()


def test_rows_are_changed_and_taken_out_by_number(app: Path, asked: None) -> None:
    write(app, {PARTIES.file: text(PARTIES.id, "stripe", "resend")})
    done = run("third-party-inventory", str(app), said="9\n1\n\n\nEve\n\n-2\n\n\n\n")
    assert "there is no such row" in done.stderr
    (row,) = opened(app, PARTIES).table("services")
    assert (row.cell("name"), row.cell("owner")) == ("stripe", "Eve")


@pytest.mark.parametrize(
    ("data", "args", "code", "says"),
    [
        (b"checked = \n", (), 2, "third-parties.toml:1"),
        (b"checked = \n", ("--template",), 2, "third-parties.toml:1"),
        (b"checked = \n", ("--show",), 2, "third-parties.toml:1"),
        (None, ("--show",), 1, "there is no"),
    ],
)
def test_a_broken_file_is_named(
    app: Path, asked: None, data: bytes | None, args: tuple[str, ...], code: int, says: str
) -> None:
    if data is not None:
        write(app, {PARTIES.file: data})
    done = run("third-party-inventory", str(app), *args)
    assert done.exit_code == code
    assert says in done.output
    assert data is None or (app / PARTIES.file).read_bytes() == data


def test_nothing_of_a_repository_reaches_the_terminal_as_it_is(app: Path, asked: None) -> None:
    own = text(PARTIES.id, "stripe").replace("What we say about owner.", "\u202eevil \u200b\u0085 ##[error]x")
    write(app, {PARTIES.file: own})
    for done in (
        run("third-party-inventory", str(app), "--show"),
        run("third-party-inventory", str(app), said="\n" * 9),
    ):
        assert "evil" in done.output
        assert not set(done.output) & set("\u202e\u200b\u0085\x1b")
        assert "##[" not in done.output


def test_the_list_says_how_each_item_stands(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(app, {PARTIES.file: text(PARTIES.id, "resend"), ".shipworthy/policy.toml": 'profile = "team"\n'})
    monkeypatch.chdir(app)
    done = run()
    lines = " ".join(done.stdout.split())
    assert done.exit_code == 1
    assert "fail: form: lacks stripe" in lines
    assert "needs-you: no form yet" in lines


def test_an_item_without_a_form() -> None:
    done = run("lockfile")
    assert done.exit_code == 2
    assert "threat-model" in done.stderr


def test_what_a_screen_is_given_survives_the_way_to_it(app: Path) -> None:
    filled = Filled(answers=complete("threat-model", ["stripe"]), added=2, hints=("a",), unsure=("b",))
    back = load(dump(filled))
    assert back.answers.same(filled.answers)
    assert (back.added, back.hints, back.unsure) == (2, ("a",), ("b",))
    assert answer(app, "third-party-inventory")["added"] == 1
    write(app, {PARTIES.file: b"checked = \n"})
    said = answer(app, "third-party-inventory")
    assert "third-parties.toml:1" in said["error"]
    assert said["advice"]
    assert "no form" in answer(app, "lockfile")["error"]


@pytest.mark.long
def test_a_screen_fills_a_form_in_another_process(app: Path) -> None:
    filled = prefilled(app, PARTIES)
    (row,) = filled.answers.table("services")
    assert row == Row(cells={"name": "stripe"}, confirmed=False, found="requirements.txt:1")
    assert DAY not in filled.answers.texts.values()
