"""The fact of secrets in the git history: where each came in, what is left out, what is not known, what is kept."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.facts.secret_history.histories import LIVE, OTHER, PASSWORD, Commit, history, read, shown
from tests.support import git

from shipworthy.assess.store import FactStore
from shipworthy.facts import Context
from shipworthy.facts.secret_history import SecretHistory
from shipworthy.facts.secret_history.fact import SecretHistoryReader
from shipworthy.facts.secrets import Secrets
from shipworthy.project import Project

KEY = f"k = '{LIVE}'\n"
DAY = 86_400
T = 1_767_268_800


def at(day: int) -> str:
    return f"{T + day * DAY} +0000"


@pytest.mark.parametrize(
    ("commits", "found"),
    [
        pytest.param([Commit(files={"a.py": "x = 1\n"})], [], id="nothing"),
        pytest.param(
            [Commit(files={"a.py": KEY}), Commit(files={"a.py": "x\n"})], ["a.py:1 main~1"], id="removed since"
        ),
        pytest.param(
            [Commit(files={"a.py": KEY}), Commit(files={"a.py": "#\n" + KEY})],
            ["a.py:1 main~1"],
            id="an edit around it",
        ),
        pytest.param(
            [Commit(files={"a.py": KEY}), Commit(files={"a.py": None, "b.py": KEY})], ["a.py:1 main~1"], id="a move"
        ),
        pytest.param(
            [Commit(files={"a.py": KEY}), Commit(files={"b.py": KEY})], ["b.py:1 main", "a.py:1 main~1"], id="a copy"
        ),
        pytest.param(
            [Commit(files={"a.py": KEY}), Commit(files={"a.py": "x\n"}), Commit(files={"a.py": KEY})],
            ["a.py:1 main", "a.py:1 main~2"],
            id="back again",
        ),
        pytest.param(
            [
                Commit(files={"a.py": "x\n"}),
                Commit(files={"b.py": "x\n"}, ref="refs/heads/dev", start="refs/heads/main"),
                Commit(files={"a.py": "y\n"}),
                Commit(files={"a.py": KEY}, merge="refs/heads/dev"),
                Commit(files={"a.py": "z\n"}),
            ],
            ["a.py:1 main~1"],
            id="brought in by a merge alone",
        ),
        pytest.param(
            [
                Commit(files={"a.py": "x\n"}),
                Commit(files={"b.py": KEY}, ref="refs/heads/dev", start="refs/heads/main"),
                Commit(files={"a.py": "y\n"}),
                Commit(files={}, merge="refs/heads/dev"),
            ],
            ["b.py:1 dev"],
            id="merged from a branch",
        ),
        pytest.param(
            [Commit(files={"a.py": "x\n"}), Commit(files={"k.py": KEY}, ref="refs/remotes/origin/old")],
            ["k.py:1 remotes/origin/old"],
            id="on a remote branch only",
        ),
        pytest.param(
            [Commit(files={"a.py": "x\n"}), Commit(files={"k.py": KEY}, ref="refs/stash")],
            ["k.py:1 stash"],
            id="stashed",
        ),
        pytest.param(
            [Commit(files={"a.py": "x\n"}), Commit(files={"k.py": KEY}, ref="refs/notes/n")],
            ["k.py:1 notes/n"],
            id="in a note",
        ),
        pytest.param(
            [Commit(files={"tests/a.py": f"password = '{PASSWORD}'\n"}), Commit(files={"tests/a.py": None})],
            ["tests/a.py:1 main~1"],
            id="for review",
        ),
        pytest.param(
            [Commit(files={"docs/k.py": f"password = '{PASSWORD}'\n", "k.py": f"password = '{PASSWORD}'\n"})],
            ["docs/k.py:1 main", "k.py:1 main"],
            id="one text in two places is judged in both",
        ),
    ],
)
def test_each_commit_that_brought_one_in(tmp_path: Path, commits: list[Commit], found: list[str]) -> None:
    folder = history(tmp_path / "p", commits)
    fact = read(folder)
    assert sorted(shown(fact, folder)) == sorted(found)
    assert fact.gaps == ()


def test_a_path_decides_how_sure_it_is(tmp_path: Path) -> None:
    text = f"password = '{PASSWORD}'\n"
    fact = read(history(tmp_path / "p", [Commit(files={"docs/k.py": text, "src/k.py": text})]))
    assert {each.location.path: each.counts for each in fact.sightings} == {"docs/k.py": False, "src/k.py": True}


def test_a_secret_is_the_same_one_in_the_files_and_in_the_history(tmp_path: Path) -> None:
    folder = history(tmp_path / "p", [Commit(files={"a.py": KEY + f"db_password = '{PASSWORD}'\n"})])
    store = FactStore(Project.open(folder), Context(home=tmp_path), [Secrets, SecretHistory])
    tree, past = store.get(Secrets), store.get(SecretHistory)
    assert isinstance(tree, Secrets)
    assert isinstance(past, SecretHistory)
    assert [each.identity for each in tree.sightings] == [each.identity for each in past.sightings]
    assert past.chosen == {past.sightings[1].identity}


def test_a_project_in_a_folder_of_a_repository_has_its_own_paths(tmp_path: Path) -> None:
    folder = history(tmp_path / "p", [Commit(files={"api/a.py": KEY, "web/b.py": f"k = '{OTHER}'\n"})])
    fact = read(folder / "api")
    assert [each.location.path for each in fact.sightings] == ["a.py", "../web/b.py"]


def test_numbers_and_what_is_left_out(tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 9\n"
    files = {"a.py": "x = 1\n", "b.png": b"x", "c.zip": b"PK", "d.dat2": b"\0" * 9, "e.psdx": pointer}
    fact = read(history(tmp_path / "p", [Commit(files=files), Commit(files={"a.py": "x = 2\n"})]))
    numbers = (fact.commits, fact.blobs, fact.bytes, fact.binaries, fact.archives, fact.lfs)
    assert numbers == (2, 2, 12, 2, 1, 1)


@pytest.mark.parametrize("kind", ["blob", "tree"])
def test_a_tag_may_name_a_file_or_a_folder(tmp_path: Path, kind: str) -> None:
    folder = history(tmp_path / "p", [Commit(files={"k.py": KEY}), Commit(files={"k.py": "x\n"})])
    named = git(folder, "rev-parse", "main~1:k.py" if kind == "blob" else "main~1^{tree}")
    git(folder, "checkout", "-q", "--orphan", "new")
    git(folder, "commit", "-q", "-m", "new")
    git(folder, "branch", "-D", "main")
    git(folder, "tag", "outright", named)
    git(folder, "tag", "-a", "-m", "twice", "annotated", "outright")
    fact = read(folder)
    assert [each.location.commit for each in fact.sightings] == [None]
    assert fact.stamps == {}


def test_what_replace_refs_hide_and_what_they_show_is_both_read(tmp_path: Path) -> None:
    commits = [Commit(files={"a.py": KEY}), Commit(files={"b.py": f"k = '{OTHER}'\n"}, ref="refs/heads/new")]
    folder = history(tmp_path / "p", commits)
    git(folder, "replace", "main", "new")
    git(folder, "branch", "-D", "new")
    assert {each.location.path for each in read(folder).sightings} == {"a.py", "b.py"}


# What is not known


def _shallow(folder: Path) -> Path:
    git(folder.parent, "clone", "-q", "--depth=1", folder.as_uri(), "shallow")
    return folder.parent / "shallow"


def _partial(kind: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        git(folder, "config", "uploadpack.allowFilter", "true")
        git(folder.parent, "clone", "-q", f"--filter={kind}", folder.as_uri(), "partial")
        return folder.parent / "partial"

    return make


def _missing(folder: Path) -> Path:
    return _lose(folder, git(folder, "rev-parse", "main~1:a.py"))


def _lose(folder: Path, oid: str, data: bytes | None = None) -> Path:
    for pack in (folder / ".git/objects/pack").glob("*.pack"):
        moved = folder.parent / pack.name
        pack.rename(moved)
        pack.with_suffix(".idx").unlink()
        with moved.open("rb") as stream:
            subprocess.run(["git", "unpack-objects", "-q"], cwd=folder, stdin=stream, check=True)
    loose = folder / ".git/objects" / oid[:2] / oid[2:]
    loose.chmod(0o600)
    if data is None:
        loose.unlink()
    else:
        loose.write_bytes(data)
    return folder


def _damaged(folder: Path) -> Path:
    return _lose(folder, git(folder, "rev-parse", "main~1:a.py"), b"\x78\x9cnot zlib at all")


def _no_tree(folder: Path) -> Path:
    return _lose(folder, git(folder, "rev-parse", "main~1^{tree}"))


def _grafts(folder: Path) -> Path:
    (folder / ".git/info/grafts").write_text(git(folder, "rev-parse", "main") + "\n")
    return folder


def _large(folder: Path) -> Path:
    return history(folder, [Commit(files={"big.json": "1" * (8 * 1024 * 1024 + 1)}), Commit(files={"big.json": None})])


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_shallow, "git fetch --unshallow"),
        (_partial("blob:none"), "git fetch --refetch --no-filter"),
        (_partial("tree:0"), "git fetch --refetch --no-filter"),
        (_missing, "1 versions of files were not read: they are missing or damaged"),
        (_damaged, "they are missing or damaged"),
        (_no_tree, "the commits could not all be listed"),
        (_grafts, "git replace --convert-graft-file"),
        (_large, "big.json, as it was once"),
    ],
)
def test_what_is_not_there_is_said(tmp_path: Path, make: Callable[[Path], Path], says: str) -> None:
    commits = [Commit(files={"a.py": f"x = {number}\n"}) for number in range(3)]
    folder = make(history(tmp_path / "p", commits))
    for _ in range(2):
        fact = read(folder, cache=tmp_path / "cache")
        assert any(says in gap.reason for gap in fact.gaps), fact.gaps
        assert all(gap.path is None for gap in fact.gaps)


def test_a_large_file_without_text_is_left_out(tmp_path: Path) -> None:
    fact = read(history(tmp_path / "p", [Commit(files={"big.blob": b"\0" * (8 * 1024 * 1024 + 1)})]))
    assert (fact.binaries, fact.gaps) == (1, ())


def test_nothing_is_fetched(tmp_path: Path) -> None:
    folder = _partial("blob:none")(history(tmp_path / "p", [Commit(files={"a.py": f"{n}\n"}) for n in range(3)]))
    before = git(folder, "count-objects", "-v")
    assert read(folder).gaps
    assert git(folder, "count-objects", "-v") == before


# What somebody allowed


def test_a_comment_in_a_later_version_counts_for_the_file(tmp_path: Path) -> None:
    later = f"k = '{LIVE}'  # gitleaks:allow\n"
    fact = read(history(tmp_path / "p", [Commit(files={"a.py": KEY, "b.py": KEY}), Commit(files={"a.py": later})]))
    assert {each.location.path: each.allowed is not None for each in fact.sightings} == {"a.py": True, "b.py": False}


def test_hostile_paths_and_dates_are_taken(tmp_path: Path) -> None:
    folder = history(
        tmp_path / "p",
        [
            Commit(files={'"a\\n:100644 b.py"': KEY}, when="99999999999999 +9999", authored="1 -1400"),
            Commit(files={'"\\001x.py"': KEY, '"not-\\377-utf8.py"': KEY, "blob.py": "x"}),
        ],
        work_tree=False,
    )
    fact = read(folder)
    found = sorted(each.location.path or "" for each in fact.sightings)
    assert found == ["\x01x.py", "a\n:100644 b.py", "not-\udcff-utf8.py"]


def test_it_may_take_longer_than_other_facts() -> None:
    assert (SecretHistoryReader.seconds or 0) > 120
