"""Saving changes the answers that changed and nothing else; nothing broken, secret or half is ever written."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.forms.filled import a_form, complete, row, text
from tests.support import git, make_repo

from shipworthy.facts.forms import Answers, Form, FormError, Row, forms, read
from shipworthy.forms import opened, save
from shipworthy.forms.store import rendered
from shipworthy.forms.words import normal

MODEL, PARTIES, KEYS = a_form("threat-model"), a_form("third-party-inventory"), a_form("key-inventory")
SERVICES = PARTIES.question("services")

OWN_TOML = """\
# Ours: do not touch.

checked = 2026-11-10   # by Ada

# the money
[[services]]
# a row of ours
name = "stripe"  # live
purpose = 'cards'
data = "amounts"
owner = "Ada"
when_down = "orders wait"

[[services]] # mail
name = "resend"
purpose = "mail"
data = "addresses"
owner = "Bob"
when_down = "mail is late"
# the end
"""


def changed(form: Form, old: str, answers: Answers) -> str:
    """The new text; what it says is what was asked for."""
    new = rendered(form, answers, old.encode())
    assert read(form, new).answers.same(normal(form, answers))
    return new.decode()


def lines_of(old: str, new: str) -> tuple[list[str], list[str]]:
    """Lines that went, lines that came."""
    before, after = old.split("\n"), new.split("\n")
    return [each for each in before if each not in after], [each for each in after if each not in before]


def test_comments_and_layout_of_people_stay_in_toml() -> None:
    answers = read(PARTIES, OWN_TOML.encode()).answers
    assert changed(PARTIES, OWN_TOML, answers) == OWN_TOML
    stripe, resend = answers.table("services")
    owner = replace(stripe, cells={**stripe.cells, "owner": 'Eve "the" \\ one'})
    went, came = lines_of(OWN_TOML, changed(PARTIES, OWN_TOML, answers.with_rows("services", (owner, resend))))
    assert went == ['owner = "Ada"']
    assert came == ['owner = "Eve \\"the\\" \\\\ one"']
    new = changed(PARTIES, OWN_TOML, answers.with_text("checked", "2026-11-20"))
    assert lines_of(OWN_TOML, new) == (["checked = 2026-11-10   # by Ada"], ["checked = 2026-11-20   # by Ada"])
    new = changed(PARTIES, OWN_TOML, answers.with_rows("services", (stripe,)))
    assert "resend" not in new
    assert all(
        each in new for each in ("# Ours: do not touch.", "# by Ada", "# the money", "# a row of ours", "# live")
    )
    third = row(SERVICES, "sentry", confirmed=False, found="a.py:3")
    new = changed(PARTIES, OWN_TOML, answers.with_rows("services", (stripe, third, resend)))
    assert lines_of(OWN_TOML, new)[0] == []
    assert 'name = "sentry"' in new
    assert "confirmed = false" in new
    above = changed(PARTIES, OWN_TOML, answers.with_rows("services", (third, stripe, resend)))
    assert above.index('"sentry"') < above.index("# the money") < above.index('"stripe"')
    backwards = changed(PARTIES, OWN_TOML, answers.with_rows("services", (resend, stripe)))
    assert "# Ours: do not touch." in backwards
    renamed = replace(stripe, cells={**stripe.cells, "name": "Stripe payments"})
    new = changed(PARTIES, OWN_TOML, answers.with_rows("services", (renamed, resend)))
    assert lines_of(OWN_TOML, new)[1] == ['name = "Stripe payments"  # live']


def test_words_and_headings_of_people_stay_in_markdown() -> None:
    own = text("threat-model", "stripe").replace(
        "## Did it work?", "## Our history\n\nWe were hacked once.\n\n## Did it work?\n<!-- ask Bob -->"
    )
    own = own.replace("| Part |", "See the map.\n\n| Part |", 1)
    answers = read(MODEL, own.encode()).answers
    assert changed(MODEL, own, answers) == own
    new = changed(MODEL, own, answers.with_text("worked", "Yes.\n\nTwice."))
    went, came = lines_of(own, new)
    assert went == ["What we say about worked."]
    assert came == ["Yes.", "Twice."]
    parts = (*answers.table("parts"), row(MODEL.question("parts"), "a | b \\ c", confirmed=False, found="x.py:1"))
    new = changed(MODEL, own, answers.with_rows("parts", parts))
    assert lines_of(own, new) == ([], ["| a \\| b \\\\ c |  | x.py:1 | no |"])
    without = own.replace("## Who read it?", "## Somebody else's")
    new = changed(MODEL, without, answers.with_text("reader", "Ada"))
    assert "## Somebody else's" in new
    assert new.rstrip().endswith("Ada")


def test_confirming_a_row_is_one_word() -> None:
    waiting = replace(row(SERVICES, "stripe"), confirmed=False, found="a.py:1")
    old = changed(PARTIES, "", Answers().with_rows("services", (waiting,)))
    new = changed(PARTIES, old, Answers().with_rows("services", (replace(waiting, confirmed=True),)))
    assert lines_of(old, new) == (["confirmed = false"], ["confirmed = true"])


def test_line_ends_of_windows_stay() -> None:
    for form, old in ((PARTIES, OWN_TOML), (MODEL, text("threat-model"))):
        windows = old.replace("\n", "\r\n")
        answers = read(form, windows.encode()).answers
        day = next(each.id for each in form.questions if each.kind == "date")
        new = changed(form, windows, answers.with_text(day, "2026-11-21"))
        assert new.count("\n") == new.count("\r\n") == windows.count("\r\n")


_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=30) | st.sampled_from(
    ['"""', "'''", "\\", "|", "# x", "## Did it work?", "<!--", "-->", "[[services]]", "a\n\n\nb",
     "```", "| a |\n|---|", "\r\n"]
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(_TEXTS, _TEXTS, st.booleans()), max_size=4), st.lists(_TEXTS, max_size=5), st.booleans())
def test_every_answer_is_kept_as_it_is_or_refused(rows: list[tuple[str, str, bool]], said: list[str], md: bool) -> None:
    form = MODEL if md else a_form("backup-restored")
    table = next(each for each in form.questions if each.kind == "rows")
    asked = [each.id for each in form.questions if each.kind == "long"]
    answers = Answers(texts=dict(zip(asked, said, strict=False)))
    first, second = table.columns[0].id, table.columns[1].id
    answers = answers.with_rows(table.id, tuple(Row(cells={first: a, second: b}, confirmed=c) for a, b, c in rows))
    old = text(form.id, "Own 0")
    try:
        new = rendered(form, normal(form, answers), old.encode())
    except FormError:
        return
    assert read(form, new).answers.same(normal(form, answers))
    assert rendered(form, normal(form, answers), new) == new


@pytest.mark.parametrize("form", forms(), ids=lambda form: form.id)
def test_saved_and_opened(form: Form, tmp_path: Path) -> None:
    assert not opened(tmp_path, form).texts
    answers = complete(form.id, ["stripe"])
    assert save(tmp_path, form, answers).changed
    assert opened(tmp_path, form).same(answers)
    assert not save(tmp_path, form, answers).changed
    assert [path.name for path in (tmp_path / ".shipworthy").iterdir()] == [Path(form.file).name]


def _broken(path: Path) -> None:
    path.write_bytes(b"checked = \n")


def _large(path: Path) -> None:
    path.write_bytes(b"#" * 300_000)


def _link(path: Path) -> None:
    path.with_name("elsewhere").write_bytes(b"")
    path.symlink_to("elsewhere")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _inline(path: Path) -> None:
    path.write_bytes(b'services = [{ name = "stripe" }]\n')


@pytest.mark.parametrize("spoil", [_broken, _large, _link, _pipe, _inline])
def test_what_cannot_be_read_is_never_overwritten(tmp_path: Path, spoil: object) -> None:
    path = tmp_path / PARTIES.file
    path.parent.mkdir()
    assert callable(spoil)
    spoil(path)
    before = path.lstat(), path.read_bytes() if path.is_file() else b""
    with pytest.raises(FormError) as caught:
        save(tmp_path, PARTIES, complete(PARTIES.id, ["stripe"]))
    assert caught.value.diagnostics
    assert PARTIES.file in str(caught.value) or "services" in str(caught.value)
    assert before == (path.lstat(), path.read_bytes() if path.is_file() else b"")


def _token(alphabet: str, length: int) -> str:
    # The same in every run: one token in a thousand looks like an example, and is then let through as one.
    chosen = random.Random(length)
    return "".join(chosen.choice(alphabet) for _ in range(length))


_MIXED = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@pytest.mark.parametrize(
    ("form", "question", "column", "value"),
    [
        (MODEL, "building", "", "It uses " + "sk_li" + "ve_" + _token(_MIXED, 24) + " for cards."),
        (MODEL, "parts", "note", "gh" + "p_" + _token(_MIXED, 36)),
        (MODEL, "parts", "part", "AK" + "IA7" + _token("ABCDEFGHJKLMNPQRSTUVWXYZ234567", 15)),
        (PARTIES, "services", "owner", "sk_li" + "ve_51Hq8Zk2LmNoPqRsTuVwXyZ0a"),
        (KEYS, "keys", "kept", _token(_MIXED, 40)),
        (KEYS, "keys", "kept", "it is " + _token(_MIXED, 40) + " now"),
        (KEYS, "keys", "purpose", _token("0123456789abcdef", 48)),
    ],
    ids=["stripe", "github", "aws", "example", "random", "in words", "hex"],
)
def test_a_secret_is_refused_without_showing_it(
    form: Form, question: str, column: str, value: str, tmp_path: Path
) -> None:
    answers = complete(form.id, ["STRIPE_SECRET_KEY"])
    if column:
        held = answers.table(question)[0]
        answers = answers.with_rows(question, (replace(held, cells={**held.cells, column: value}),))
    else:
        answers = answers.with_text(question, value)
    with pytest.raises(FormError, match="looks like a secret") as caught:
        save(tmp_path, form, answers)
    assert not any(word in f"{caught.value} {caught.value.diagnostics}" for word in value.split() if len(word) > 10)
    assert not (tmp_path / ".shipworthy").exists()


@pytest.mark.parametrize(
    "value",
    [
        "fly secrets", "read-only", "In AWS Secrets Manager under prod/app", "kubernetes secret shop-prod/db",
        "https://vault.example/ui/vault/secrets/kv/show/shop", "charge cards; read/write customers", "doppler-prod",
        "projects/shop-prod-123/secrets/stripe", "ada.lovelace@example.org", "pg_restore backup-2026-11-01.dump",
    ],
)  # fmt: skip
def test_words_about_a_key_are_no_secret(value: str, tmp_path: Path) -> None:
    held = row(KEYS.question("keys"), "STRIPE_SECRET_KEY")
    answers = complete(KEYS.id).with_rows("keys", (replace(held, cells={**held.cells, "kept": value}),))
    assert save(tmp_path, KEYS, answers).changed


def test_a_file_that_git_would_leave_out_is_told(tmp_path: Path) -> None:
    make_repo(tmp_path / "app", {".gitignore": ".shipworthy/keys.toml\n"})
    assert save(tmp_path / "app", KEYS, complete(KEYS.id, ["A_KEY"])).ignored
    assert not save(tmp_path / "app", PARTIES, complete(PARTIES.id, ["stripe"])).ignored
    assert git(tmp_path / "app", "status", "--short", "-uall") == "?? .shipworthy/third-parties.toml"
