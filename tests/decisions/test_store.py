"""Writing the file: nothing that was there is lost to a crash, a full disk, a link or a second writer."""

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
from pathlib import Path

import pytest
from decision_samples import BASE, BY_HAND, FILE, names_in, parsed

from shipworthy.decisions import DecisionsError, read, record, remove
from shipworthy.model import Decision


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
