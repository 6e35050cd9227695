"""What changed since the last sign-off: items, terms, inventories and the source between."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.readiness.signed import SIGNED, Key
from tests.readiness.team import Team, team
from tests.support import NOW, git, write

from shipworthy.cli import diff
from shipworthy.model import DecisionKind, OutcomeKind
from shipworthy.readiness import rules
from shipworthy.readiness.compare import MACHINE, compare, compared
from shipworthy.readiness.statement import Said, StatedItem, Statement
from shipworthy.report import comparison

SAID = Said(kind=DecisionKind.ATTESTED, by="ada@example.org", words="yes", expires=NOW + timedelta(days=9), named="doc")
PASS = StatedItem(id="a", outcome=OutcomeKind.PASS, summary="s", evidence="0" * 64)


@pytest.fixture(scope="module")
def statement(tmp_path_factory: pytest.TempPathFactory) -> Statement:
    return team(tmp_path_factory.mktemp("one") / "app").state().statement


@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        (PASS, PASS, None),
        (PASS, replace(PASS, summary="other words"), None),
        (PASS, replace(PASS, evidence="1" * 64), (MACHINE,)),
        (PASS, replace(PASS, outcome=OutcomeKind.FAIL), ("outcome",)),
        (PASS, replace(PASS, outcome=None, evidence=None), ("outcome", MACHINE)),
        (PASS, replace(PASS, said=SAID), ("decision",)),
        (replace(PASS, said=SAID), PASS, ("decision",)),
        (replace(PASS, said=SAID), replace(PASS, said=replace(SAID, words="no")), ("words",)),
        (replace(PASS, said=SAID), replace(PASS, said=replace(SAID, by="b@example.org")), ("by",)),
        (replace(PASS, said=SAID), replace(PASS, said=replace(SAID, named="")), ("named",)),
        (replace(PASS, said=SAID), replace(PASS, said=replace(SAID, findings=("f",))), ("findings",)),
        (replace(PASS, said=SAID), replace(PASS, said=replace(SAID, expires=NOW)), ("expires",)),
        (replace(PASS, said=SAID), replace(PASS, said=replace(SAID, kind=DecisionKind.WAIVED)), ("decision",)),
        (replace(PASS, said=SAID), replace(PASS, said=replace(SAID, not_applicable=True)), ("notApplicable",)),
        (None, PASS, ()),
        (PASS, None, ()),
    ],
)
def test_items(
    statement: Statement, before: StatedItem | None, after: StatedItem | None, fields: tuple[str, ...] | None
) -> None:
    found = compare(
        replace(statement, items=(before,) if before else ()), replace(statement, items=(after,) if after else ())
    )
    assert [each.fields for each in found.items] == ([] if fields is None else [fields])
    assert found.unchanged == int(fields is None)
    assert comparison.lines(found)
    assert json.loads(json.dumps(comparison.as_data(found)))["unchanged"] == found.unchanged


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"checklist_digest": "1" * 64}, "checklist"), ({"policy_digest": "1" * 64}, "policy"),
        ({"profile": "solo"}, "profile"), ({"author": "b@example.org"}, "author"), ({"author_key": "SHA256:x"}, "key"),
        ({"tool_version": "9"}, "shipworthy"), ({"advisories": None}, "advisories"), ({"repo": "x"}, "repository"),
        ({"ref": "refs/heads/x"}, "ref"),
    ],
)  # fmt: skip
def test_terms(statement: Statement, change: dict[str, object], name: str) -> None:
    found = compare(statement, replace(statement, **change))  # type: ignore[arg-type]  # fields of Statement
    assert [each[0] for each in found.terms] == [name]
    assert any(f"~ {name}:" in row for row in comparison.lines(found))


def test_inventories(statement: Statement) -> None:
    one = replace(statement, inventories={"keys": ("a", "b"), "thirdParties": ("x",)})
    two = replace(statement, inventories={"keys": ("b", "c\x1b"), "publicRoutes": ()})
    found = compare(one, two)
    assert found.inventories == (("keys", ("c\x1b",), ("a",)), ("thirdParties", (), ("x",)))
    assert "\x1b" not in "\n".join(comparison.lines(found))


@pytest.fixture
def made(tmp_path: Path) -> Team:
    """Signed twice, with a change of the source and of one attestation between."""
    found = team(tmp_path / "app")
    found.signed()
    found.commit({"src/new.py": "X = 2\n", "app.py": "print('newer')\n"})
    found.signed(now=NOW + timedelta(hours=1))
    return found


def run(made: Team, *args: str) -> Result:
    return CliRunner().invoke(diff.command, [str(made.folder), *args])


def test_since_the_last_one(made: Team) -> None:
    found = compared(made.folder, "production", None)
    assert (found.before.issued, found.after.issued) == (NOW, NOW + timedelta(hours=1))
    assert found.paths == ("app.py", "src/new.py")
    # Both attestations were said anew, so they count a day longer or not: nothing but that may differ.
    assert {field for each in found.items for field in each.fields} <= {"expires"}
    human = run(made)
    assert human.exit_code == 0, human.output
    assert "source: 2 paths changed" in human.output
    data = json.loads(run(made, "--format", "json").output)
    assert (data["paths"], data["pathCount"]) == (["app.py", "src/new.py"], 2)


def test_many_paths_are_counted_and_not_all_shown(made: Team) -> None:
    made.commit({f"many/{number}.py": "" for number in range(60)})
    made.signed(now=NOW + timedelta(hours=2))
    rows = run(made).output
    assert "60 paths changed" in rows
    assert "and 20 more" in rows


def test_against_a_commit_and_the_file_of_the_work_tree(made: Team) -> None:
    first = git(made.folder, "rev-parse", "HEAD~2")
    assert compared(made.folder, "production", first).before.issued == NOW
    held = git(made.folder, "show", f"{first}:{SIGNED}")
    write(made.folder, {SIGNED: held + "\n"})
    with pytest.raises(Exception, match="earlier"):
        compared(made.folder, "production", None)
    backwards = compared(made.folder, "production", "HEAD")
    assert backwards.after.issued == NOW
    assert backwards.paths == ("app.py", "src/new.py")


def damaged(made: Team) -> None:
    made.commit({SIGNED: b"{}"})


def by_a_stranger(made: Team) -> None:
    made.put((made.folder / ".shipworthy/readiness.production.json").read_bytes(), [(Key(), rules.AUTHOR)])


def gone(made: Team) -> None:
    made.commit({SIGNED: None})


def no_git(made: Team) -> None:
    (made.folder / ".git").rename(made.folder / "git")


@pytest.mark.parametrize(
    ("spoil", "args", "code"),
    [
        (damaged, (), 1), (by_a_stranger, (), 1), (gone, (), 3), (no_git, (), 4),
        (None, ("--against", "nowhere"), 4), (None, ("--against", "--output=x"), 4), (None, ("--against", "main"), 3),
        (None, ("--environment", "staging"), 3),
    ],
)  # fmt: skip
def test_what_cannot_be_compared(
    made: Team, spoil: Callable[[Team], None] | None, args: tuple[str, ...], code: int
) -> None:
    if spoil is not None:
        spoil(made)
    done = run(made, *args)
    assert done.exit_code == code, done.output
    assert "Traceback" not in done.output
    assert done.output.startswith("shipworthy: ")


def test_a_forged_file_in_history_is_gone_past(made: Team) -> None:
    """Between the two sign-offs somebody commits a file that its author did not sign."""
    first = git(made.folder, "rev-parse", "HEAD~2")
    payload = git(made.folder, "show", "HEAD:.shipworthy/readiness.production.json") + "\n"
    git(made.folder, "checkout", "-q", "-B", "work", first)
    made.put(payload.encode(), [(Key(), rules.AUTHOR)])
    made.commit({"src/new.py": "X = 3\n"})
    made.signed(now=NOW + timedelta(hours=2))
    assert compared(made.folder, "production", None).before.issued == NOW
