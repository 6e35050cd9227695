"""Forms as a session opens them: half filled, with rows found in the code, hostile, and large."""

from __future__ import annotations

from shipworthy.forming import Opened
from shipworthy.forms import Answers, Filled, Form, Row, form_of

HINTS = (
    "deployed by: fly (fly.toml:1)",
    "deployed by: fly (app/fly.toml:1)",
    "deployed by: docker (Dockerfile:1)",
    "CI system: x",
)


def form(item: str) -> Form:
    """The item's form; there is one."""
    found = form_of(item)
    assert found is not None
    return found


def opened(item: str, answers: Answers, held: Answers | None = None, **more: tuple[str, ...]) -> Opened:
    """A form with these answers, the file holding `held`."""
    return Opened(form=form(item), filled=Filled(answers=answers, **more), held=held or Answers())  # type: ignore[arg-type]  # hints and unsure


def backup() -> Opened:
    """A table with two rows from the code, a date, a long text and a line; nothing answered yet."""
    found = (
        Row(cells={"name": "postgresql"}, confirmed=False, found="requirements.txt:4"),
        Row(cells={"name": "redis"}, confirmed=False, found="compose.yaml:12"),
    )
    answers = Answers().with_rows("stores", found)
    return opened("backup-restored", answers, hints=HINTS)


def complete() -> Opened:
    """The same with nothing missing on 22 November 2026."""
    rows = tuple(
        Row(cells={"name": name, "how": "every night, kept 30 days", "where": "another account"}, found=place)
        for name, place in (("postgresql", "requirements.txt:4"), ("redis", "compose.yaml:12"))
    )
    answers = Answers(
        texts={
            "restored": "2026-11-18",
            "result": "Three orders of yesterday were there.",
            "took": "40 minutes",
            "steps": "pg_restore",
        },
        rows={"stores": rows},
    )
    return opened("backup-restored", answers, answers)


def large(rows: int = 200) -> Opened:
    """Many keys, none of them confirmed."""
    found = tuple(
        Row(cells={"name": f"SERVICE_{number}_API_KEY"}, confirmed=False, found=f"app/settings/{number}.py:{number}")
        for number in range(rows)
    )
    return opened("key-inventory", Answers().with_rows("keys", found))


def hostile(payload: str) -> Opened:
    """A payload wherever a repository or a file can put one."""
    row = Row(cells={"name": payload, "how": payload, "where": payload}, confirmed=False, found=f"{payload}:1")
    texts = dict.fromkeys(("restored", "result", "took", "steps"), payload)
    answers = Answers(texts=texts, rows={"stores": (row, Row(cells={"name": payload, "how": payload}))})
    return opened("backup-restored", answers, answers, hints=(payload,), unsure=(payload,))
