"""Recording and taking back decisions: nothing else in the file changes, and nothing that was there is ever lost."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipworthy.decisions import DecisionsError, read, record, remove
from shipworthy.decisions.edit import with_decision, without
from shipworthy.model import Decision, DecisionKind

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FILE = ".shipworthy/decisions.toml"
BASE = Decision(
    item="routes-protected",
    kind=DecisionKind.ATTESTED,
    by="ada@example.org",
    at=AT,
    reason="I went through the list.",
    evidence="docs/x.md",
    expires=date(2027, 2, 20),
    findings=("0123456789abcdef",),
    subjects={"docs/x.md": "a" * 64},
)
BY_HAND = """\
# Decisions of the todo app.

[items.lockfile]   # one service only
decision = 'waived'
# asked Grace first
by   = "grace@example.org"  # on holiday until May
at = 2026-11-01T09:30:00+01:00
reason = \"\"\"Prototype:
no lock yet.\"\"\"
expires = 2027-01-01
findings = [
  "00aa",  # the missing lock
]

# What Ada said in the meeting of 20 November:
[items.spend-alert]
decision = "attested"
by = "ada@example.org"
at = 2026-11-20T12:00:00Z
reason = "Budget alarm at 50 euros."
expires = 2027-02-01

# end of file
"""


def texts(most: int = 200) -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=most).filter(
        lambda text: text.strip()
    )


names = st.from_regex(r"[a-z0-9]{1,6}(-[a-z0-9]{1,6}){0,3}", fullmatch=True)
line = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(
    lambda text: text.strip()
)
digest = st.text("0123456789abcdef", min_size=64, max_size=64)


@st.composite
def decisions(draw: st.DrawFn) -> Decision:
    kind = draw(st.sampled_from(DecisionKind))
    return Decision(
        item=draw(names),
        kind=kind,
        by=draw(line),
        at=draw(st.datetimes(datetime(1971, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))),
        reason=draw(texts()),
        evidence=draw(st.one_of(st.just(""), texts())),
        expires=draw(st.none() | st.dates()),
        findings=tuple(draw(st.lists(line, max_size=8))),
        subjects=draw(st.dictionaries(texts(30), digest, max_size=4)),
        not_applicable=kind is DecisionKind.WAIVED and draw(st.booleans()),
    )


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def parsed(text: str) -> dict[str, Decision]:
    return read(text.encode(), FILE)


@settings(max_examples=60, deadline=None)
@given(st.lists(decisions(), min_size=1, max_size=5), st.data())
def test_what_is_recorded_is_read_again_and_nothing_else_changes(said: list[Decision], data: st.DataObject) -> None:
    text, expected = BY_HAND, parsed(BY_HAND)
    for decision in said:
        text = with_decision(text, decision)
        expected[decision.item] = decision
        assert parsed(text) == expected
    gone = data.draw(st.sampled_from(sorted(expected)))
    text = without(text, gone)
    del expected[gone]
    assert parsed(text) == expected
    for item, body in (("lockfile", "# asked Grace first"), ("spend-alert", 'reason = "Budget alarm at 50 euros."')):
        if item not in {each.item for each in said} | {gone}:
            assert body in text
    assert "# What Ada said in the meeting of 20 November:" in text
    assert text.count("# end of file") == 1


@settings(max_examples=50, deadline=None)
@given(decisions(), decisions(), st.booleans())
def test_a_decision_replaces_the_one_about_the_same_item(first: Decision, second: Decision, windows: bool) -> None:
    second = replace(second, item=first.item)
    text = with_decision(BY_HAND, first)
    assert parsed(with_decision(text, second)) == parsed(BY_HAND) | {first.item: second}
    assert with_decision(with_decision(text, second), second) == with_decision(text, second)


def test_comments_and_formatting_survive_a_change() -> None:
    new = replace(
        parsed(BY_HAND)["lockfile"], reason="Still a prototype.", expires=date(2027, 3, 1), evidence="plan.md"
    )
    text = with_decision(BY_HAND, new)
    assert text == BY_HAND.replace('"""Prototype:\nno lock yet."""', '"Still a prototype."').replace(
        "expires = 2027-01-01", "expires = 2027-03-01"
    ).replace("# the missing lock\n]\n", '# the missing lock\n]\nevidence = "plan.md"\n')


def test_taking_back_leaves_the_comment_above_the_next_one() -> None:
    text = without(BY_HAND, "lockfile")
    assert text.startswith(
        "# Decisions of the todo app.\n\n# What Ada said in the meeting of 20 November:\n[items.spend-alert]"
    )
    assert "Grace" not in text
    assert without(text, "lockfile") == text
    assert without(BY_HAND, "spend-alert") == BY_HAND[: BY_HAND.index("[items.spend-alert]")] + "\n# end of file\n"


REST = 'decision = "waived"\nby = "x"\nat = 2026-01-01T00:00:00Z\nreason = "r"\n'
INLINE = REST.strip().replace("\n", ", ")
LAYOUTS = {
    "inline": f"items.a = {{{INLINE}}} # one\nitems.b = {{{INLINE}}}\n",
    "dotted": "[items]\na." + REST.strip().replace("\n", "\n# between\na.") + f"\n[items.b]\n{REST}",
    "dotted subjects": f"[items.a]\n{REST}subjects.f = '{'0' * 64}'\n",
    "out of order": f"[items.a.subjects]\nf = '{'0' * 64}'\n[items.b]\n{REST}[items.a]\n{REST.strip()}",
    "quoted keys": "['items'.\"a\"]\n" + REST.replace("by", "'by'").replace("T00", " 00"),
}


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_other_layouts_are_changed_or_refused_but_never_corrupted(text: str, tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_text(text)
    before = parsed(text)
    for item in ("a", "c"):
        decision = replace(BASE, item=item)
        try:
            record(path, decision)
        except DecisionsError:
            assert path.read_text() == text
        else:
            assert parsed(path.read_text()) == before | {item: decision}
            assert remove(path, item)
            assert parsed(path.read_text()) == {key: value for key, value in before.items() if key != item}
            path.write_text(text)


@pytest.mark.parametrize(
    "text",
    ['items = { a = { decision = "waived", by = "x", at = 2026-01-01T00:00:00Z, reason = "r" } }\n'],
)
def test_an_inline_table_of_all_items_is_refused_and_kept(text: str, tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(DecisionsError, match=r"inline|not valid|without changing"):
        record(path, replace(BASE, item="a"))
    with pytest.raises(DecisionsError):
        record(path, BASE)
    with pytest.raises(DecisionsError, match="inline"):
        remove(path, "a")
    assert path.read_text() == text


@pytest.mark.parametrize(
    "reason",
    [
        "two\nlines",
        "\r\n",
        "quotes \" ' \"\"\" '''",
        "back\\slash \\u0041 \\",
        "\x00\x01\x1b[31m\x7f\x9b",
        "bidi \u202e and \u2028 \ufeff",
        "]\n[items.other]\ndecision = 'attested'",
        "x" * 10_000,
        "a." * 40 + "b",
        "\U0001f600 ünïcode",
    ],
    ids=["newline", "blank-crlf", "quotes", "backslash", "controls", "bidi", "injection", "10k", "dots", "emoji"],
)
def test_hostile_text_is_data(reason: str, tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_text(BY_HAND)
    decision = replace(BASE, reason=f"x{reason}", evidence=f"y{reason}", subjects={f"z{reason}": "b" * 64})
    record(path, decision)
    assert read(path.read_bytes(), FILE) == parsed(BY_HAND) | {decision.item: decision}


def test_a_first_decision_makes_folder_and_file(tmp_path: Path) -> None:
    path = tmp_path / FILE
    record(path, BASE)
    assert read(path.read_bytes(), FILE) == {BASE.item: BASE}
    assert path.read_text().startswith("# What people said")
    assert names_in(path.parent) == ["decisions.toml"]
    assert remove(path, BASE.item)
    assert not remove(path, BASE.item)
    assert read(path.read_bytes(), FILE) == {}
    assert not remove(tmp_path / "nowhere" / FILE, BASE.item)


def test_windows_line_ends_stay(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_bytes(BY_HAND.replace("\n", "\r\n").encode())
    record(path, BASE)
    data = path.read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n")
    assert read(data, FILE) == parsed(BY_HAND) | {BASE.item: BASE}


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_the_mode_is_kept(mode: int, tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_text(BY_HAND)
    path.chmod(mode)
    record(path, BASE)
    assert path.stat().st_mode & 0o7777 == mode


@pytest.mark.parametrize(
    "place", ["folder", "dangling folder", "file", "dangling file", "directory", "fifo", "temporary"]
)
def test_links_and_special_files_are_refused_or_replaced_never_followed(place: str, tmp_path: Path) -> None:
    path, outside = tmp_path / "repo" / FILE, tmp_path / "outside"
    path.parent.parent.mkdir()
    outside.mkdir()
    (outside / "decisions.toml").write_text(BY_HAND)
    if place.endswith("folder"):
        path.parent.symlink_to(outside if place == "folder" else tmp_path / "gone")
    else:
        path.parent.mkdir()
        target = {"file": outside / "decisions.toml", "dangling file": outside / "new.toml"}.get(place)
        if target:
            path.symlink_to(target)
        elif place == "directory":
            path.mkdir()
        elif place == "fifo":
            os.mkfifo(path)
        else:
            (path.parent / ".decisions.toml.new").symlink_to(outside / "decisions.toml")
    if place == "temporary":
        record(path, BASE)
        assert read(path.read_bytes(), FILE) == {BASE.item: BASE}
    else:
        with pytest.raises(DecisionsError, match="cannot be written"):
            record(path, BASE)
    assert (outside / "decisions.toml").read_text() == BY_HAND
    assert names_in(outside) == ["decisions.toml"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES], ids=errno.errorcode.get)
@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
def test_a_failing_disk_loses_nothing(call: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_text(BY_HAND)
    real = getattr(os, call)

    def failing(*args: object, **kwargs: object) -> object:
        if call != "open" or args[0] == ".decisions.toml.new":
            raise OSError(number, os.strerror(number))
        return real(*args, **kwargs)

    monkeypatch.setattr(os, call, failing)
    with pytest.raises(DecisionsError, match="cannot be written") as caught:
        record(path, BASE)
    monkeypatch.undo()
    assert caught.value.diagnostics
    assert path.read_text() == BY_HAND
    assert names_in(path.parent) == ["decisions.toml"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to a read-only folder")
def test_a_read_only_folder_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_text(BY_HAND)
    path.parent.chmod(0o500)
    try:
        with pytest.raises(DecisionsError, match="Permission denied"):
            record(path, BASE)
    finally:
        path.parent.chmod(0o700)
    assert path.read_text() == BY_HAND


def test_a_broken_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.parent.mkdir()
    for broken in (BY_HAND + "[items.spend-alert]\n", BY_HAND.replace("2027-01-01", "2027-13-01"), "\xff", "x = 1"):
        path.write_text(broken, encoding="latin-1")
        with pytest.raises(DecisionsError, match=r"decisions\.toml:"):
            record(path, BASE)
        with pytest.raises(DecisionsError, match=r"decisions\.toml:"):
            remove(path, "lockfile")
        assert path.read_text(encoding="latin-1") == broken


def test_too_much_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_text("# " + "x" * (1024 * 1024 - 100) + "\n" + BY_HAND[:1])
    before = path.read_bytes()
    with pytest.raises(DecisionsError, match="1,024 KiB"):
        record(path, BASE)
    assert path.read_bytes() == before
    with pytest.raises(DecisionsError, match="Unicode"):
        record(tmp_path / "other" / "decisions.toml", replace(BASE, reason="\udc80"))


WRITER = """
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from shipworthy.decisions import record
from shipworthy.model import Decision, DecisionKind
path, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
base = Decision(item="x", kind=DecisionKind.WAIVED, by="ada@example.org", at=datetime(2026, 11, 22, tzinfo=UTC),
                reason="r" * 3000, expires=date(2027, 1, 1))
print("started", flush=True)
for number in range(count):
    record(path, replace(base, item=f"{name}-{number}"))
    print(number, flush=True)
"""


def writer(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), name, str(count)], stdout=subprocess.PIPE, text=True
    )


def test_concurrent_writers_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_text(BY_HAND)
    writers = [writer(path, name, 8) for name in ("a", "b", "c")]
    for each in writers:
        each.communicate(timeout=60)
        assert each.returncode == 0
    expected = {"lockfile", "spend-alert"} | {f"{name}-{number}" for name in "abc" for number in range(8)}
    assert set(read(path.read_bytes(), FILE)) == expected
    assert names_in(path.parent) == ["decisions.toml"]


def test_a_kill_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_text(BY_HAND)
    chance = random.Random(7)
    for round_ in range(6):
        process = writer(path, f"r{round_}", 100)
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        time.sleep(chance.uniform(0.0, 0.15))
        process.send_signal(signal.SIGKILL)
        said, _ = process.communicate(timeout=30)
        kept = read(path.read_bytes(), FILE)
        assert {"lockfile", "spend-alert"} <= set(kept)
        assert {f"r{round_}-{number}" for number in said.split()} <= set(kept)
    record(path, BASE)
    assert BASE.item in read(path.read_bytes(), FILE)
    assert names_in(path.parent) == ["decisions.toml"]


def test_an_editor_saving_in_between_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from shipworthy.decisions import store

    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_text(BY_HAND)
    real, saves = store.with_decision, [BY_HAND + "# saved by the editor\n"]

    def slow(text: str, decision: Decision) -> str:
        if saves:
            path.write_text(saves.pop())
        return real(text, decision)

    monkeypatch.setattr(store, "with_decision", slow)
    record(path, BASE)
    assert "# saved by the editor" in path.read_text()
    assert set(tomllib.loads(path.read_text())["items"]) == {"lockfile", "spend-alert", BASE.item}


def test_editing_that_went_wrong_is_noticed_before_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shipworthy.decisions import store

    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_text(BY_HAND)
    for result in (BY_HAND, "", BY_HAND.replace("Budget", "No"), "[items"):
        monkeypatch.setattr(store, "with_decision", lambda text, decision, result=result: result)
        with pytest.raises(DecisionsError):
            record(path, BASE)
        assert path.read_text() == BY_HAND


def test_a_time_in_another_zone_is_the_same_decision() -> None:
    at = AT + timedelta(microseconds=120_000)
    text = with_decision("", replace(BASE, at=at))
    assert "at = 2026-11-22T12:00:00.12" in text
    assert parsed(text)[BASE.item].at == at
