"""Secrets beside files in the history: in what commits and tags say, and in names of files and refs."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest
from tests.facts.secret_history.histories import LIVE, OTHER, PASSWORD, Commit, history, read
from tests.facts.secret_history.test_secret_history_fact import _lose
from tests.support import NOW, git, write

from shipworthy.facts import Context
from shipworthy.facts.secret_history import SecretHistory, inventory, spots
from shipworthy.facts.secret_history.messages import listen, said_in
from shipworthy.facts.secrets.within import Within
from shipworthy.git import Git

HIDDEN = "sk_live_••••••••"
CLEAN = {"a.py": "x = 1\n"}
SAYS = f"Fix it\n\nIt works with {LIVE} now.\n"


def places(fact: SecretHistory) -> list[str]:
    return sorted(f"{each.location} [{each.within}]" for each in fact.sightings)


def short(folder: Path, name: str) -> str:
    return git(folder, "rev-parse", name)[:10]


def crafted(folder: Path, kind: str, text: bytes, ref: str) -> str:
    """A commit or tag of exactly these bytes, under a ref; its id."""
    command = ["git", "hash-object", "-t", kind, "-w", "--stdin", "--literally"]
    oid = subprocess.run(command, cwd=folder, input=text, capture_output=True, check=True).stdout.decode().strip()
    git(folder, "update-ref", ref, oid)
    return oid


def test_a_commit_message_is_read(tmp_path: Path) -> None:
    folder = history(tmp_path / "p", [Commit(files=CLEAN, message=SAYS), Commit(files={"a.py": "y\n"})])
    fact = read(folder)
    (found,) = fact.sightings
    assert places(fact) == [f"message of commit {short(folder, 'main~1')}:3 [commit message]"]
    assert (found.location.path, found.location.commit) == (None, git(folder, "rev-parse", "main~1"))
    assert found.counts
    assert fact.stamps.keys() == {found.location.commit}


@pytest.mark.parametrize("ref", ["refs/remotes/origin/old", "refs/stash", "refs/notes/n", "refs/heads/dev"])
def test_of_every_ref(tmp_path: Path, ref: str) -> None:
    folder = history(tmp_path / "p", [Commit(files=CLEAN), Commit(files=CLEAN, message=SAYS, ref=ref)])
    assert [each.within for each in read(folder).sightings] == [Within.MESSAGE]


def test_one_secret_has_one_identity_wherever_it_stands(tmp_path: Path) -> None:
    files = {"a.py": f"k = '{LIVE}'\n", f"keys/{LIVE}.txt": "x\n"}
    folder = history(tmp_path / "p", [Commit(files=files, message=SAYS), Commit(files={"a.py": "y\n"})])
    git(folder, "tag", "-a", "-m", f"with {LIVE}", "v1.0")
    git(folder, "branch", f"try/{LIVE}")
    fact = read(folder)
    assert places(fact) == [
        "a.py:1 [file]",
        f"keys/{HIDDEN}.txt [file name]",
        f"message of commit {short(folder, 'main~1')}:3 [commit message]",
        "message of tag v1.0:1 [tag message]",
        f"name of branch try/{HIDDEN} [ref name]",
    ]
    assert len({each.identity for each in fact.sightings}) == 1
    assert LIVE not in repr(fact)
    assert LIVE not in json.dumps(inventory(fact))


def test_a_tag_of_a_tag_and_one_whose_name_is_secret(tmp_path: Path) -> None:
    folder = history(tmp_path / "p", [Commit(files=CLEAN)])
    git(folder, "tag", "-a", "-m", f"with {OTHER}", "inner")
    git(folder, "tag", "-a", "-m", "outer", "outer", "inner")
    git(folder, "tag", "-d", "inner")
    git(folder, "tag", LIVE)
    assert places(read(folder)) == [
        "message of tag inner:1 [tag message]",
        f"name of tag {HIDDEN} [ref name]",
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"a\0b KEY", id="behind a NUL"),
        pytest.param(b"\xff\xfeKEY", id="behind a mark"),
        pytest.param("ü ".encode("latin-1") + b"KEY", id="in another encoding"),
        pytest.param(b"KEY", id="at the end of all"),
        pytest.param(b"x\n" * 50_000 + b"KEY", id="far down"),
    ],
)
def test_odd_messages_are_read(tmp_path: Path, text: bytes) -> None:
    folder = history(tmp_path / "p", [Commit(files=CLEAN)])
    tree = git(folder, "rev-parse", "main^{tree}")
    who = "A <a@example.org> 1767268800 +0000"
    head = f"tree {tree}\nauthor {who}\ncommitter {who}\nencoding latin-1\n\n".encode()
    crafted(folder, "commit", head + text.replace(b"KEY", LIVE.encode()), "refs/heads/odd")
    assert [each.within for each in read(folder).sightings] == [Within.MESSAGE]


def test_headers_are_read_but_for_what_nobody_writes(tmp_path: Path) -> None:
    folder = history(tmp_path / "p", [Commit(files=CLEAN)])
    tree = git(folder, "rev-parse", "main^{tree}")
    who = "A <a@example.org> 1767268800 +0000"
    merged = f"mergetag object {tree}\n type commit\n tag v1\n tagger {who}\n \n with {LIVE}\n"
    signed = f"gpgsig -----BEGIN PGP SIGNATURE-----\n \n {OTHER}\n -----END PGP SIGNATURE-----\n"
    text = f"tree {tree}\nauthor {who}\ncommitter {who}\n{merged}{signed}\nhello\n"
    oid = crafted(folder, "commit", text.encode(), "refs/heads/odd")
    (found,) = read(folder).sightings
    assert str(found.location) == f"header of commit {oid[:10]}"
    said, lines = said_in(text.encode())
    assert said.startswith(b"hello\n")
    assert lines == 2
    assert OTHER.encode() not in said


def test_a_chosen_password_is_known_by_its_commit(tmp_path: Path) -> None:
    says = f"Set it up\n\nDB_PASSWORD={PASSWORD}\n"
    folder = history(tmp_path / "p", [Commit(files=CLEAN, message=says), Commit(files={"a.py": "y\n"}, message=says)])
    fact = read(folder)
    assert len(fact.sightings) == 2
    assert fact.chosen == {each.identity for each in fact.sightings}
    assert len(fact.chosen) == 2, "an exception for one says nothing of the other"


def test_a_file_name_came_in_with_each_commit_that_added_it(tmp_path: Path) -> None:
    name = f"{LIVE}.txt"
    folder = history(
        tmp_path / "p",
        [
            Commit(files={name: "x\n"}),
            Commit(files={name: "y\n"}),
            Commit(files={name: None, "a.py": "x\n"}),
            Commit(files={name: "z\n"}),
        ],
    )
    came = [each.location.commit for each in read(folder).sightings]
    assert came == [git(folder, "rev-parse", "main"), git(folder, "rev-parse", "main~3")]


def test_a_project_in_a_folder_has_its_own_paths(tmp_path: Path) -> None:
    folder = history(tmp_path / "p", [Commit(files={f"web/{LIVE}.txt": "x\n", "api/a.py": "x\n"})])
    assert [each.location.path for each in read(folder / "api").sightings] == [f"../web/{HIDDEN}.txt"]


# What is kept for the next time


def test_a_second_look_reads_what_is_new_and_forgets_what_is_gone(tmp_path: Path) -> None:
    folder, cache = history(tmp_path / "p", [Commit(files=CLEAN, message=SAYS)]), tmp_path / "cache"
    first = read(folder, cache=cache)
    assert read(folder, cache=cache).sightings == first.sightings
    git(folder, "tag", "-a", "-m", f"with {OTHER}", "v1.0")
    assert [each.within for each in read(folder, cache=cache).sightings] == [Within.MESSAGE, Within.TAG]
    git(folder, "branch", OTHER)
    assert [each.within for each in read(folder, cache=cache).sightings] == [Within.MESSAGE, Within.TAG, Within.REF]
    git(folder, "branch", "-D", OTHER)
    git(folder, "tag", "-d", "v1.0")
    history(folder, [Commit(files={f"{OTHER}.md": "x\n"}, message=f"more: {OTHER}")])
    fact = read(folder, cache=cache)
    assert [each.within for each in fact.sightings] == [Within.MESSAGE, Within.NAME, Within.MESSAGE]
    assert read(folder, cache=cache).sightings == fact.sightings
    assert not [file for file in cache.rglob("*") if file.is_file() and LIVE.encode() in file.read_bytes()]
    assert sorted(places(fact)) == sorted(places(read(folder)))


def test_a_commit_that_was_read_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, cache = history(tmp_path / "p", [Commit(files=CLEAN, message=SAYS)]), tmp_path / "cache"
    read(folder, cache=cache)
    history(folder, [Commit(files={"a.py": "y\n"})])
    asked: list[int] = []
    monkeypatch.setattr(
        spots, "listen", lambda git, oids, *rest: (asked.append(len(oids)), listen(git, oids, *rest))[1]
    )
    assert len(read(folder, cache=cache).sightings) == 1
    assert asked == [1]


# What somebody allowed


@pytest.mark.parametrize(
    ("config", "allowed"),
    [
        ("[allowlist]\ncommits = ['COMMIT']\n", True),
        ("[allowlist]\ncommits = ['OTHER']\n", False),
        ("[allowlist]\nregexes = ['''^sk_live_''']\n", True),
        ("[allowlist]\npaths = ['''(docs/)?''', '''^$''']\n", False),
    ],
)
def test_lists_of_gitleaks(tmp_path: Path, config: str, allowed: bool) -> None:
    folder = history(tmp_path / "p", [Commit(files=CLEAN, message=SAYS), Commit(files={"a.py": "y\n"})])
    config = config.replace("COMMIT", git(folder, "rev-parse", "main~1"))
    write(folder, {".gitleaks.toml": config.replace("OTHER", git(folder, "rev-parse", "main"))})
    assert [each.allowed is not None for each in read(folder).sightings] == [allowed]


def test_an_exception_and_a_comment(tmp_path: Path) -> None:
    said = f"k = {LIVE} # gitleaks:allow\n"
    folder = history(tmp_path / "p", [Commit(files=CLEAN, message=said)])
    (found,) = read(folder).sightings
    assert found.allowed is not None
    assert str(found.allowed.location) == f"message of commit {short(folder, 'main')}:1"
    folder = history(tmp_path / "q", [Commit(files=CLEAN, message=SAYS)])
    (found,) = read(folder).sightings
    row = f'reason = "a try"\nby = "a@example.org"\non = {NOW.date()}\nexpires = {NOW.date().replace(day=28)}\n'
    entry = f'[[exceptions]]\nfingerprint = "{found.identity}"\n{row}'
    write(folder, {".shipworthy/secret-exceptions.toml": entry})
    assert [each.allowed is not None for each in read(folder).sightings] == [True]


# What is not known


def test_a_tag_that_is_missing_is_no_pass(tmp_path: Path) -> None:
    folder = history(tmp_path / "p", [Commit(files=CLEAN)])
    git(folder, "tag", "-a", "-m", "inner", "inner")
    inner = git(folder, "rev-parse", "inner")
    _lose(folder, inner)
    assert read(folder).gaps


def test_a_message_that_is_too_large_is_a_gap(tmp_path: Path) -> None:
    folder = history(tmp_path / "p", [Commit(files=CLEAN, message=b"x" * (8 * 1024 * 1024))])
    assert ["are not looked at" in gap.reason for gap in read(folder).gaps] == [True]


def test_a_commit_that_is_missing_is_counted_and_the_others_are_read(tmp_path: Path) -> None:
    folder = history(tmp_path / "p", [Commit(files=CLEAN, message=SAYS)])
    heard = listen(
        Git(folder),
        ["0" * 40, git(folder, "rev-parse", "main")],
        "commit",
        Context(home=tmp_path),
        time.monotonic() + 9,
    )
    assert (heard.missing, [number for number, _, _ in heard.rows]) == (1, [1])
