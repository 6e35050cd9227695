"""The checks of the forms: missing asks, incomplete and out of date fail, complete waits for a person."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.forms.filled import DAY, a_form, complete, row, text
from tests.support import NOW, git, make_repo, outcome_of, write

from shipworthy.assess.depends import compare
from shipworthy.assess.events import Event, Judged
from shipworthy.assess.examine import Resident, examine
from shipworthy.assess.memory import Memory
from shipworthy.assess.run import judge
from shipworthy.checks import check_named
from shipworthy.facts import Context
from shipworthy.facts.forms import forms
from shipworthy.facts.forms.found import group_of
from shipworthy.facts.stack import Stack
from shipworthy.forms.prefill import prefill
from shipworthy.forms.store import opened, rendered, save
from shipworthy.model import Outcome, OutcomeKind, Status
from shipworthy.project import Project
from shipworthy.session import Session

ITEMS = [each.id for each in forms()]
APP = """\
import os

import stripe
from fastapi import APIRouter, FastAPI

app = FastAPI()
router = APIRouter(prefix="/api/v1")
KEY = os.environ["STRIPE_SECRET_KEY"]
MODE = os.environ.get("MODE", "live")


@router.get("/users")
def users():
    return []


@router.post("/users")
def add():
    return {}


@router.get("/about")
def about():
    return {}


@router.post("/pay/{order}")
def pay(order: str):
    return {}


app.include_router(router)
"""
WORKFLOW = """\
on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - run: fly deploy
        env:
          FLY_API_TOKEN: ${{ secrets.FLY_API_TOKEN }}
          GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}
          # OLD: ${{ secrets.OLD_TOKEN }}
"""
NAMED = {
    "threat-model": ("/api/v1", "/api/v1/users", "/api/v1/pay", "PostgreSQL 16", "Stripe", "redis"),
    "third-party-inventory": ("Stripe payments",),
    "key-inventory": ("STRIPE_SECRET_KEY", "ADMIN_TOKEN", "FLY_API_TOKEN"),
    "spend-alert": ("stripe",),
    "backup-restored": ("Postgres (main)", "redis cache"),
}
FILES = {
    "app/__init__.py": "",
    "app/main.py": APP,
    "requirements.txt": "fastapi==0.115.0\nstripe==11.0.0\npsycopg==3.2.1\nredis==5.0.0\n",
    ".github/workflows/ci.yml": WORKFLOW,
    ".env.example": "STRIPE_SECRET_KEY=\nADMIN_TOKEN=\nMODE=\n",
}


def whole(item: str) -> str:
    return text(item, *NAMED.get(item, ()))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An app without any form."""
    return make_repo(tmp_path_factory.mktemp("bare") / "app", FILES)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app with every form, complete and current."""
    return make_repo(
        tmp_path_factory.mktemp("full") / "app", {**FILES, **{a_form(each).file: whole(each) for each in ITEMS}}
    )


@pytest.fixture
def app(tmp_path: Path, full: Path) -> Path:
    shutil.copytree(full, tmp_path / "app", symlinks=True)
    return tmp_path / "app"


def context(folder: Path) -> Context:
    return Context(now=NOW, home=folder)


def outcomes(folder: Path, items: Iterable[str] = ITEMS) -> dict[str, Outcome]:
    """What the checks of these items say, by one reading of the code."""
    judged = judge(Project.open(folder), [(each, check_named(each)) for each in items], context(folder), "team")
    return {item: found.outcome for item, (found,) in judged.items()}


def test_nothing_written_asks_and_names_the_command(bare: Path) -> None:
    for item, found in outcomes(bare).items():
        assert found.kind is OutcomeKind.NEEDS_YOU
        assert found.summary == "no form yet"
        assert [each.rule for each in found.findings] == ["nothing-written"]
        assert f"shipworthy form {item}" in found.findings[0].remedy


def test_complete_and_current_waits_for_a_person(full: Path) -> None:
    for item, found in outcomes(full).items():
        assert found.kind is OutcomeKind.PASS, found
        assert a_form(item).file in found.looked_at[0]


@pytest.mark.parametrize("item", ["threat-model", "key-inventory"])
def test_rows_from_the_code_count_for_nothing_until_confirmed(item: str, tmp_path: Path, bare: Path) -> None:
    folder = shutil.copytree(bare, tmp_path / "app", symlinks=True)
    form = a_form(item)
    filled = prefill(form, folder, context(folder))
    assert filled.added >= 1
    held = next(each for each in form.questions if each.sources)
    rows = filled.answers.table(held.id)
    assert not any(each.confirmed for each in rows)
    assert all(each.found.partition(":")[0] in FILES for each in rows)
    written = complete(item).with_rows(
        held.id,
        tuple(replace(row(held, each.cell(held.columns[0].id)), confirmed=False, found=each.found) for each in rows),
    )
    write(folder, {form.file: rendered(form, written, b"")})
    found = outcome_of(item, folder)
    assert found.kind is OutcomeKind.FAIL
    assert {each.rule for each in found.findings} - {"form-too-few"} == {"not-in-form"}
    assert all("nobody has confirmed" in each.message for each in found.findings if each.rule == "not-in-form")
    assert all(form.file in str(each.related[0]) for each in found.findings if each.rule == "not-in-form")
    said = written.with_rows(held.id, tuple(replace(each, confirmed=True) for each in written.table(held.id)))
    write(folder, {form.file: rendered(form, said, b"")})
    assert outcome_of(item, folder).kind is OutcomeKind.PASS
    assert prefill(form, folder, context(folder)).added == 0


NEW = {
    "app/main.py": "\n@app.post('/admin/wipe')\ndef wipe():\n    return os.environ['OPENAI_API_KEY']\nimport twilio\n",
    "requirements.txt": "pymongo==4.0\nopenai==1.0\n",
    ".env.example": "MAIL_PASSWORD=\n",
    ".github/workflows/ci.yml": "          HUB: ${{ secrets.FLY_API_TOKEN || secrets['HUB_PASSWORD'] }}\n",
}
"""What is added to which file, and then makes the forms stale."""
STALE = {
    "threat-model": {"/admin": "app/main.py", "mongodb": "requirements.txt", "openai": "", "twilio": "app/main.py"},
    "third-party-inventory": {"openai": "requirements.txt", "twilio": "app/main.py"},
    "spend-alert": {"openai": "requirements.txt", "twilio": "app/main.py"},
    "backup-restored": {"mongodb": "requirements.txt"},
    "key-inventory": {"OPENAI_API_KEY": "app/main.py", "MAIL_PASSWORD": ".env.example", "HUB_PASSWORD": ".github/"},
}


def test_what_is_new_in_the_code_makes_the_document_stale(app: Path) -> None:
    for name, more in NEW.items():
        (app / name).write_text((app / name).read_text() + more)
    for item, found in outcomes(app).items():
        strange = [each for each in found.findings if each.rule == "not-in-form"]
        if item not in STALE:
            assert found.kind is OutcomeKind.PASS
            continue
        assert found.kind is OutcomeKind.FAIL
        assert found.summary.startswith("form: lacks ")
        assert len(strange) == len(STALE[item])
        for name, place in STALE[item].items():
            (finding,) = (each for each in strange if f" {name} " in each.message)
            assert (finding.location.path or "").startswith(place)
            assert finding.location.line is not None
            assert a_form(item).file in [each.path for each in finding.related]


@pytest.mark.parametrize(
    ("item", "change", "rule"),
    [
        ("backup-restored", (DAY, "2026-05-20"), "form-too-old"),
        ("incident-plan", (DAY, "2026-08-01"), "form-too-old"),
        ("incident-plan", ("#alerts", "Ada"), "form-no-way-to-reach"),
        ("alert-reaches-human", ('reach = "#alerts"', 'reach = "her desk"'), "form-no-way-to-reach"),
        ("rollback-rehearsed", ("What we say about step.", ""), "form-empty"),
        ("spend-alert", ("What we say about limit.", "todo"), "form-empty"),
    ],
)
def test_incomplete_fails_at_its_line(item: str, change: tuple[str, str], rule: str, app: Path) -> None:
    path = app / a_form(item).file
    old = path.read_text()
    assert change[0] in old
    path.write_text(old.replace(change[0], change[1], 1))
    found = outcome_of(item, app)
    assert found.kind is OutcomeKind.FAIL
    place = found.findings[0].location
    assert found.findings[0].rule == rule
    assert found.summary == "form: 1 missing"
    assert place.path == a_form(item).file
    assert change[1] in path.read_text().splitlines()[(place.line or 0) - 1]


def test_a_document_grows_old_by_itself(full: Path) -> None:
    today = date.fromisoformat(DAY)
    for days, kind in ((180, OutcomeKind.PASS), (181, OutcomeKind.FAIL)):
        later = NOW.replace(year=today.year, month=today.month, day=today.day) + timedelta(days=days)
        assert outcome_of("rollback-rehearsed", full, context=Context(now=later, home=full)).kind is kind


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda path: path.write_bytes(b"checked = \n"), "not valid TOML"),
        (lambda path: path.write_bytes(b"checked = 2026-11-10\nservice = 1\n"), "not a known key"),
        (lambda path: (path.unlink(), os.mkfifo(path)), "special file"),
        (lambda path: path.unlink(), "missing on disk"),
    ],
)
def test_a_broken_file_is_unknown(spoil: Callable[[Path], object], says: str, app: Path) -> None:
    spoil(app / ".shipworthy/third-parties.toml")
    found = outcome_of("third-party-inventory", app)
    assert found.kind is OutcomeKind.UNKNOWN
    assert says in found.summary
    assert found.findings[0].location.path == ".shipworthy/third-parties.toml"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"server.go": "package main\n\nimport \"net/http\"\n"}, "go"),
        ({"app/main.py": f"{APP}\n@app.get(os.environ['P'])\ndef odd():\n    return 1\n"}, "run time"),
        ({"web/package.json": '{"name": "web", "dependencies": {"express": "4.0.0"}}'}, "xpress"),
    ],
)  # fmt: skip
def test_code_that_cannot_be_compared_is_unknown_and_still_asks_where_nothing_is_written(
    more: dict[str, str], says: str, app: Path
) -> None:
    write(app, more)
    found = outcome_of("threat-model", app)
    assert found.kind is OutcomeKind.UNKNOWN
    assert says in found.summary
    git(app, "rm", "-q", "-f", ".shipworthy/threat-model.md")
    assert outcome_of("threat-model", app).kind is OutcomeKind.NEEDS_YOU


def test_what_is_gone_from_the_code_is_a_remark(app: Path) -> None:
    path = app / ".shipworthy/third-parties.toml"
    path.write_text(path.read_text() + '\n[[services]]\nname = "sentry"\npurpose = "errors"\ndata = "none"\n')
    with path.open("a") as stream:
        stream.write('owner = "Ada"\nwhen_down = "nothing"\nfound = "app/old.py:3"\n')
    found = outcome_of("third-party-inventory", app)
    assert found.kind is OutcomeKind.PASS
    assert [each.rule for each in found.findings] == ["no-longer-found"]


def test_a_mapper_asks_for_some_database(tmp_path: Path) -> None:
    files = {"app.py": "import sqlalchemy\n", "requirements.txt": "sqlalchemy==2.0\n"}
    form = a_form("backup-restored")
    folder = make_repo(tmp_path / "app", {**files, form.file: text(form.id, "A folder of files")})
    assert outcome_of(form.id, folder).kind is OutcomeKind.FAIL
    write(folder, {form.file: text(form.id, "MariaDB at the host")})
    assert outcome_of(form.id, folder).kind is OutcomeKind.PASS


def test_a_repository_with_more_routes_than_a_form_can_hold(tmp_path: Path) -> None:
    odd = "".join(f"\n@app.post('/g{number}/x')\ndef g{number}():\n    return 1\n" for number in range(520))
    odd = "\n@app.post('/a|b/x')\ndef odd():\n    return 1\n" + odd
    files = {
        "app.py": "from fastapi import FastAPI\n\napp = FastAPI()\n" + odd,
        "requirements.txt": "fastapi==0.115.0\n",
    }
    folder = make_repo(tmp_path / "app", files)
    form = a_form("threat-model")
    filled = prefill(form, folder, context(folder))
    names = [each.cell("part") for each in filled.answers.table("parts")]
    assert len(names) == 500
    assert "21 more" in filled.unsure[0]
    assert all(each.isprintable() for each in names)
    save(folder, form, filled.answers)
    assert opened(folder, form).same(filled.answers)
    found = outcome_of(form.id, folder)
    assert found.kind is OutcomeKind.FAIL
    assert all(each.message.isprintable() for each in found.findings)


def test_any_answer_of_the_threat_model_may_name_a_thing_but_not_by_an_ordinary_word(app: Path) -> None:
    path = app / a_form("threat-model").file
    old = path.read_text()
    rows = "".join(line for line in old.splitlines(True) if line.startswith(("| /api/v1/pay ", "| Stripe ")))
    assert rows.count("\n") == 2
    lines = [line for line in old.splitlines(True) if line not in rows]
    path.write_text("".join(lines).replace("What we say about doing.", "Stripe is called by /api/v1/pay only."))
    assert outcome_of("threat-model", app).kind is OutcomeKind.PASS
    (app / "app/main.py").write_text(APP + "\n@app.get('/')\ndef home():\n    return 1\n")
    (app / "requirements.txt").write_text(FILES["requirements.txt"] + "resend==1.0\n")
    path.write_text(path.read_text().replace("What we say about worked.", "We resend / retry mail."))
    found = outcome_of("threat-model", app)
    assert "lacks /, resend" in found.summary


def test_a_service_that_keeps_data_is_one_thing_and_needs_a_backup(tmp_path: Path) -> None:
    folder = write(tmp_path / "app", {"package.json": '{"dependencies": {"@supabase/supabase-js": "2.0.0"}}'})
    for item in ("threat-model", "backup-restored", "third-party-inventory"):
        filled = prefill(a_form(item), folder, context(folder))
        assert [row.found for rows in filled.answers.rows.values() for row in rows] == ["package.json:1"]


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("/", ("/", "/")), ("/users", ("/", "/users")), ("/users/{id}", ("/", "/users")), ("/<name>", ("/", "/")),
        ("/api/v1/users/{id}", ("/api/v1", "/api/v1/users")), ("/api/{x}", ("/api", "/api")), ("/v2", ("/v2", "/v2")),
        ("/{path:path}", ("/", "/")), ("//a//b/", ("/", "/a")),
    ],
)  # fmt: skip
def test_groups_of_routes(path: str, group: tuple[str, str]) -> None:
    assert group_of(path) == group


def test_a_change_of_one_form_has_only_its_own_item_judged_again(app: Path) -> None:
    memory = Memory()
    stacks: list[Stack] = []
    told: dict[str, object] = {}
    keep = memory.judged
    memory.judged = lambda event, accounts, stack, withheld: (  # type: ignore[method-assign]  # over its shoulder
        stacks.append(stack),
        keep(event, accounts, stack, withheld=withheld),
    )

    def emit(event: Event) -> None:
        if isinstance(event, Judged):
            told[event.item] = event.outcomes

    examine(
        app, context(app), emit, only=tuple(ITEMS), use_cache=False, profile="team", resident=Resident(memory=memory)
    )
    assert set(told) == set(ITEMS)
    for item in ITEMS:
        path = app / a_form(item).file
        before = Project.open(app)
        path.write_text(path.read_text().replace(DAY, "2026-11-11"))
        change = compare(before, Project.open(app), touched=[a_form(item).file])
        assert change is not None
        # Settings are looked for in every Markdown file, as in all documentation; a key may stand in any file.
        named = {"threat-model", "third-party-inventory", "spend-alert"}
        also = {"key-inventory", *(named if path.suffix == ".md" else set())}
        assert memory.affected(change, stacks[0]) == {item} | also


def test_an_attestation_goes_stale_with_the_form(app: Path) -> None:
    git(app, "config", "user.email", "ada@example.org")

    def session() -> Session:
        made = Session(app, clock=lambda: NOW)
        examine(app, context(app), made.apply, only=("rollback-rehearsed",), use_cache=False, profile="team")
        return made

    made = session()
    assert made.result("rollback-rehearsed").status is Status.NEEDS_YOU
    made.attest("rollback-rehearsed", "I did it.", "", NOW.date() + timedelta(days=30))
    assert session().result("rollback-rehearsed").status is Status.ATTESTED
    path = app / a_form("rollback-rehearsed").file
    path.write_text(path.read_text().replace("What we say about step.", "Another step."))
    stale = session().result("rollback-rehearsed")
    assert stale.status is Status.NEEDS_YOU
    assert "changed since it was said" in stale.note
    path.write_text(path.read_text().replace("Another step.", ""))
    assert session().result("rollback-rehearsed").status is Status.FAIL
