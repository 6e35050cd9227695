"""The record and the fact: places and hashes, never values; every kind of file treated as it should be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.facts.secrets.examples import drawn
from tests.support import NOW, make_repo, write

from shipworthy.assess.store import FactStore
from shipworthy.facts import Context
from shipworthy.facts.secrets import Secrets, inventory
from shipworthy.facts.secrets.analyser import SecretsAnalyser
from shipworthy.project import FileEntry, FileKind, Project, Source

LIVE = "sk" + "_live_" + drawn("an", 60, 4)
PASSWORD = drawn("pw", 12, 4)


def secrets_of(folder: Path) -> Secrets:
    store = FactStore(Project.open(folder), Context(now=NOW, home=folder), [Secrets])
    found = store.get(Secrets)
    assert isinstance(found, Secrets)
    return found


def record(path: str, data: bytes) -> str:
    entry = FileEntry(path=path, size=len(data), mtime_ns=0, inode=0, kind=FileKind.SOURCE, tracked=True)
    return json.dumps(SecretsAnalyser().analyse(Source(entry, data)).value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_a_record_holds_places_and_no_value(encoding: str) -> None:
    text = f"# ü\nkey = '{LIVE}'\npassword = '{PASSWORD}'\n"
    data = ("\ufeff" if encoding == "utf-16-be" else "").encode(encoding) + text.encode(encoding)
    said = record("app.py", data)
    assert LIVE not in said
    assert PASSWORD not in said
    rows = json.loads(said)["rows"]
    assert [(row["rule"], row["line"], row["column"]) for row in rows] == [
        ("stripe-live-key", 2, 8),
        ("assigned-password", 3, 13),
    ]
    assert rows[0]["masked"] == "sk_live_••••••••"
    assert rows[1]["masked"] == "••••••••"
    assert rows[1]["token"] is None, "a password can be guessed, so no hash of it is kept"


def test_a_token_keeps_its_identity_when_it_moves(tmp_path: Path) -> None:
    first = secrets_of(make_repo(tmp_path / "a", {"a.py": f"k = '{LIVE}'\n"}))
    second = secrets_of(make_repo(tmp_path / "b", {"lib/b.py": f"\n\n\nother = '{LIVE}'\n"}))
    assert first.sightings[0].identity == second.sightings[0].identity


def test_a_password_is_known_by_its_place_alone(tmp_path: Path) -> None:
    other = drawn("pw", 12, 5)
    first = secrets_of(make_repo(tmp_path / "a", {"a.py": f"password = '{PASSWORD}'\n"}))
    second = secrets_of(make_repo(tmp_path / "b", {"a.py": f"\npassword = '{other}'\n"}))
    assert first.sightings[0].identity == second.sightings[0].identity


def test_the_projects_salt_changes_identities_and_a_short_one_is_refused(tmp_path: Path) -> None:
    code = {"a.py": f"k = '{LIVE}'\n"}
    plain = secrets_of(make_repo(tmp_path / "a", code))
    salted = secrets_of(make_repo(tmp_path / "b", {**code, ".shipworthy/salt": drawn("hex", 32, 1)}))
    short = secrets_of(make_repo(tmp_path / "c", {**code, ".shipworthy/salt": "abc"}))
    assert plain.sightings[0].identity != salted.sightings[0].identity
    assert not plain.gaps
    assert [gap.path for gap in short.gaps] == [".shipworthy/salt"]


def test_what_holds_no_text_is_counted_and_is_no_gap(tmp_path: Path) -> None:
    found = secrets_of(
        make_repo(
            tmp_path / "a",
            {"a.py": "x = 1\n", "logo.png": b"\x89PNG\0", "blob": b"\0\1\2", "old.zip": b"PK\3\4", "empty.txt": ""},
        )
    )
    assert (found.files, found.binaries, found.archives) == (2, 2, 1)
    assert found.gaps == ()


def test_links_that_git_holds_are_no_gap_but_a_replaced_file_is(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", {"a.py": "x = 1\n", "b.py": "y = 1\n"})
    (folder / "link").symlink_to("/somewhere/else")
    make_repo(folder, {})
    assert secrets_of(folder).gaps == ()
    (folder / "b.py").unlink()
    (folder / "b.py").symlink_to("/dev/null")
    assert [gap.path for gap in secrets_of(folder).gaps] == ["b.py"]


def test_untracked_files_count_and_ignored_ones_do_not(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "a", {".gitignore": ".env\n", "a.py": "x = 1\n"})
    write(folder, {"new.py": f"k = '{LIVE}'\n", ".env": f"K={LIVE}\n"})
    assert [each.location.path for each in secrets_of(folder).sightings] == ["new.py"]


def test_the_inventory_leaves_doubts_out_unless_asked(tmp_path: Path) -> None:
    found = secrets_of(
        make_repo(tmp_path / "a", {"a.py": f"k = '{LIVE}'\n", "tests/test_a.py": f"password = '{PASSWORD}'\n"})
    )
    rows = inventory(found)
    assert [(row["file"], row["line"], row["kind"]) for row in rows] == [("a.py", 1, "stripe-live-key")]
    assert len(inventory(found, review=True)) == 2
    assert LIVE not in json.dumps(rows)
