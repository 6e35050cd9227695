"""Remarks: written whole, read strictly, seen by the author, and the end of the signature they are about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.readiness.pair import LEAD, Pair, pair
from tests.readiness.test_sign_crash import strays
from tests.support import NOW, git, write

from shipworthy import approval
from shipworthy.cli import send_back as send_back_command
from shipworthy.cli import sign as sign_command
from shipworthy.decisions.read import DecisionsError
from shipworthy.decisions.remarks import MAX_REMARKS, Remark, add, clear, read_remarks
from shipworthy.readiness.answered import Reply
from shipworthy.readiness.answers import NotReady, Refused

FILE = ".shipworthy/remarks.toml"
REMARK = Remark(item="spend-alert", by=LEAD, at=NOW, payload="a" * 64, text='where\nis "it"? \\ # no')


@pytest.fixture
def two(tmp_path: Path) -> Pair:
    return pair(tmp_path)


def run(two: Pair, *args: str) -> Result:
    return CliRunner().invoke(send_back_command.command, [str(two.lead), *args])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".shipworthy" / "remarks.toml"


def other(item: str, text: str = "x") -> Remark:
    return Remark(item=item, by=LEAD, at=NOW + timedelta(hours=1), payload="b" * 64, text=text)


def test_what_is_written_is_read_back(path: Path) -> None:
    add(path, [REMARK])
    add(path, [other("lockfile"), REMARK])
    assert read_remarks(path.read_bytes(), FILE) == (REMARK, other("lockfile"), REMARK)
    assert clear(path, ["spend-alert"]) == (REMARK, REMARK)
    assert read_remarks(path.read_bytes(), FILE) == (other("lockfile"),)
    assert clear(path, ["spend-alert"]) == ()
    assert strays(path.parent.parent) == []


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_comments_survive(path: Path, ending: str) -> None:
    add(path, [REMARK, other("lockfile")])
    second = '[[remarks]]\nitem = "lockfile"'
    text = path.read_text().replace(f"\n{second}", f"\n# mine\n{second}")
    path.write_bytes(("# top\n" + text + "# end\n").replace("\n", ending).encode())
    clear(path, ["spend-alert"])
    add(path, [other("known-vulns")])
    left = path.read_bytes().decode()
    assert [left.count(each) for each in ("# top", "# mine", "# end")] == [1, 1, 1]
    assert left.count("\n") == left.count(ending)
    assert [each.item for each in read_remarks(left.encode(), FILE)] == ["lockfile", "known-vulns"]


@pytest.mark.parametrize(
    "text",
    [
        "=", 'x = 1\n', 'remarks = 1\n', '[[remarks]]\nitem = "a"\n', '[remarks]\nitem = "a"\n',
        '[[remarks]]\nitem = "../a"\nby = "b"\nat = 2026-11-22T12:00:00Z\npayload = "' + "a" * 64 + '"\ntext = "t"\n',
        '[[remarks]]\nitem = "a"\nby = "b"\nat = 2026-11-22\npayload = "' + "a" * 64 + '"\ntext = "t"\n',
        '[[remarks]]\nitem = "a"\nby = "b"\nat = 2026-11-22T12:00:00Z\npayload = "A"\ntext = "t"\n',
        '[[remarks]]\nz = 1\nby = "b"\nat = 2026-11-22T12:00:00Z\ntext = "t"\nitem = "a"\npayload = "%s"' % ("a" * 64),
    ],
)  # fmt: skip
def test_a_file_that_is_not_understood_is_left_alone(path: Path, text: str) -> None:
    write(path.parent, {path.name: text})
    with pytest.raises(DecisionsError) as caught:
        read_remarks(path.read_bytes(), FILE)
    assert caught.value.diagnostics
    for change in (lambda: add(path, [REMARK]), lambda: clear(path, ["a"])):
        with pytest.raises(DecisionsError):
            change()
    assert path.read_text() == text


def test_an_inline_list_is_refused_and_kept(path: Path) -> None:
    row = 'item = "a", by = "b", at = 2026-11-22T12:00:00Z, payload = "' + "a" * 64 + '", text = "t"'
    text = f"remarks = [{{{row}}}]\n"
    write(path.parent, {path.name: text})
    for change in (lambda: add(path, [REMARK]), lambda: clear(path, ["a"])):
        with pytest.raises(DecisionsError):
            change()
    assert path.read_text() == text


def test_it_is_bounded(path: Path) -> None:
    with pytest.raises(DecisionsError, match="more than"):
        add(path, [other("lockfile")] * (MAX_REMARKS + 1))
    assert not path.exists()
    with pytest.raises(DecisionsError):
        add(path, [other("lockfile", "x" * 5_000)])


def test_sending_back_ends_the_signature(two: Pair) -> None:
    done = run(two, "spend-alert", "--remark", "where is\x1b[2J the mail?", "--commit")
    assert done.exit_code == 0, done.output
    assert "does not count any more" in done.output
    assert "\x1b" not in done.output
    assert git(two.lead, "show", "--name-only", "--format=%ae", "HEAD").split() == [LEAD, FILE]
    assert git(two.lead, "status", "--porcelain") == ""
    remark = read_remarks((two.lead / FILE).read_bytes(), FILE)[0]
    assert (remark.item, remark.by) == ("spend-alert", LEAD)
    with pytest.raises(NotReady) as caught:
        two.look()
    assert caught.value.step == "source tree"
    # The author sees it before signing, answers, and signs again.
    author = two.made.folder
    git(author, "pull", "-q", str(two.lead), "work")
    plan = "\n".join(sign_command.plan_lines(two.made.state(), two.made.ada))
    assert f"remark by {LEAD} on" in plan
    assert "\x1b" not in plan
    assert "where is" in plan
    cleared = CliRunner().invoke(send_back_command.command, [str(author), "--clear", "spend-alert"])
    assert cleared.exit_code == 0, cleared.output
    assert "remark by" not in "\n".join(sign_command.plan_lines(two.made.state(), two.made.ada))


def test_an_open_remark_is_shown_in_the_next_review(two: Pair) -> None:
    assert run(two, "spend-alert", "-m", "why?", "--commit").exit_code == 0
    git(two.made.folder, "pull", "-q", str(two.lead), "work")
    two.made.signed([(two.made.ada, "shipworthy-author")])
    two.pull()
    assert [each.text for each in two.look().remarks] == ["why?"]


def test_what_the_review_sent_back_is_sent(two: Pair) -> None:
    found = two.look()
    answers = approval.answers_of(found)
    approval.answer(found, answers, "spend-alert", Reply.SENT_BACK, "where?", datetime.now(UTC))
    two.accept("routes-protected")
    done = run(two, "--no-commit")
    assert done.exit_code == 0, done.output
    assert "git add -f -- .shipworthy/remarks.toml" in done.output
    remarks = read_remarks((two.lead / FILE).read_bytes(), FILE)
    assert [(each.item, each.text, each.payload) for each in remarks] == [("spend-alert", "where?", found.payload)]
    # Once is enough.
    again = run(two, "--no-commit")
    assert again.exit_code == 2
    assert "nothing to send back" in again.output


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["spend-alert", "lockfile", "-m", "x"], "no such folder"),
        (["spend-alert"], "--remark"),
        (["none-such", "-m", "x"], "has no item"),
        (["spend-alert", "-m", " "], "remark of 0"),
        (["spend-alert", "-m", "x", "--clear", "lockfile"], "--clear"),
        (["--clear", "lockfile"], "no remark about lockfile"),
        ([], "nothing to send back"),
    ],
)
def test_refused(two: Pair, args: list[str], says: str) -> None:
    done = (
        run(two, *args)
        if args[:2] != ["spend-alert", "lockfile"]
        else CliRunner().invoke(send_back_command.command, args)
    )
    assert done.exit_code == 2, done.output
    assert says in done.output
    assert "Traceback" not in done.output
    assert not (two.lead / FILE).exists()


def test_nothing_to_send_back_to(two: Pair) -> None:
    git(two.lead, "checkout", "-q", "HEAD^")
    with pytest.raises(Refused, match="holds no readiness file"):
        approval.send_back(two.lead, [("spend-alert", "x")], "production", NOW)
