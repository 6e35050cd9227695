"""Tree ids computed in memory are the ones git computes, and nothing is hidden from them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support import git, make_repo, write

from shipworthy.git import Git
from shipworthy.readiness.tree import MissingObject, Objects, OddTree, Snapshot, snapshot, source_tree

PLAIN, SIGNED = ".shipworthy/readiness.production.json", ".shipworthy/readiness.production.dsse.json"
FILES = {"app.py": "x\n", "a/b/c.txt": "y\n", ".shipworthy/policy.toml": "p\n", "a.b": "z\n", "a-b": "w\n"}


def by_git(folder: Path, index: Path, remove: tuple[str, ...] = (), add: tuple[str, ...] = ()) -> str:
    """The id anybody gets with a temporary index."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_INDEX_FILE": str(index)}

    def run(*args: str) -> str:
        return subprocess.run(
            ["git", *args], cwd=folder, env=env, check=True, capture_output=True, text=True
        ).stdout.strip()

    run("read-tree", "HEAD")
    for path in remove:
        run("rm", "-q", "--cached", "--ignore-unmatch", "-f", "--", path)
    for path in add:
        run("add", "-f", "--", path)
    return run("write-tree")


def taken(folder: Path) -> Snapshot:
    objects = Objects(Git(folder))
    return snapshot(objects, objects.commit("HEAD"))


@pytest.mark.parametrize("sha256", [False, True])
@pytest.mark.parametrize(
    "files",
    [
        FILES,
        FILES | {PLAIN: "{}", SIGNED: "{}"},
        {"app.py": "x\n", PLAIN: "{}", SIGNED: "{}"},
        {"app.py": "x\n", SIGNED: "{}"},
        {PLAIN: "{}"},
        {"app.py": "x\n"},
        FILES
        | {PLAIN: "{}", ".shipworthy/readiness.staging.json": "{}", ".Shipworthy/readiness.production.json": "{}"},
        FILES | {PLAIN: "{}", ".shipworthy/a/b": "1", ".shipworthy/a.txt": "2", ".shipworthy/a-c": "3"},
    ],
)
def test_the_source_tree_is_what_git_computes(tmp_path: Path, files: dict[str, str], sha256: bool) -> None:
    folder = tmp_path / "repo"
    folder.mkdir()
    if sha256:
        git(folder, "init", "-q", "-b", "main", "--object-format=sha256")
    make_repo(folder, files)
    found = source_tree(taken(folder), ["production"])
    assert found == by_git(folder, tmp_path / "index", remove=(PLAIN, SIGNED))
    assert len(found) == (64 if sha256 else 40)


def test_a_commit_still_to_be_made(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "repo", FILES | {".shipworthy/keys.toml": "k\n", PLAIN: "{}", SIGNED: "{}"})
    write(folder, {".shipworthy/policy.toml": "other\n", ".shipworthy/decisions.toml": "new\n"})
    (folder / ".shipworthy/keys.toml").unlink()
    changes = {"policy.toml": b"other\n", "decisions.toml": b"new\n", "keys.toml": None}
    paths = tuple(f".shipworthy/{name}" for name in changes)
    assert taken(folder).edited(changes) == by_git(folder, tmp_path / "index", add=paths)
    without = by_git(folder, tmp_path / "index2", add=paths, remove=(PLAIN, SIGNED))
    assert source_tree(taken(folder), ["production"], changes) == without


names = st.text(alphabet="ab.-_Z", min_size=1, max_size=4).filter(lambda name: name.strip(".") and name != ".git")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(top=st.sets(names, max_size=5), below=st.sets(names, max_size=5), nested=st.sets(names, max_size=3))
def test_any_names_sort_as_git_sorts_them(
    tmp_path_factory: pytest.TempPathFactory, top: set[str], below: set[str], nested: set[str]
) -> None:
    base = tmp_path_factory.mktemp("names")
    files = dict.fromkeys(top, "1") | {f".shipworthy/{name}": "2" for name in below - nested}
    files |= {f".shipworthy/{name}/x": "3" for name in nested} | {PLAIN: "{}", "x/y": "4"}
    files.pop("x", None)
    folder = make_repo(base / "repo", files)
    assert source_tree(taken(folder), ["production"]) == by_git(folder, base / "index", remove=(PLAIN, SIGNED))


def in_place_of(folder: Path, path: str, what: str) -> None:
    (folder / path).unlink(missing_ok=True)
    if what == "symlink":
        (folder / path).symlink_to("../app.py")
    elif what == "executable":
        write(folder, {path: "{}"})
        (folder / path).chmod(0o755)
    elif what == "folder":
        write(folder, {f"{path}/x": "{}"})
    else:
        head = git(folder, "rev-parse", "HEAD")
        git(folder, "update-index", "--add", "--cacheinfo", f"160000,{head},{path}")
        git(folder, "commit", "-q", "-m", what)
        return
    git(folder, "add", "-A", "-f")
    git(folder, "commit", "-q", "-m", what)


@pytest.mark.parametrize("path", [PLAIN, SIGNED])
@pytest.mark.parametrize("what", ["symlink", "executable", "folder", "gitlink"])
def test_what_is_left_out_must_be_a_regular_file(tmp_path: Path, path: str, what: str) -> None:
    folder = make_repo(tmp_path / "repo", FILES)
    in_place_of(folder, path, what)
    with pytest.raises(OddTree, match="not a regular file"):
        source_tree(taken(folder), ["production"])


@pytest.mark.parametrize("what", ["symlink", "executable", "gitlink"])
def test_the_folder_must_be_a_folder(tmp_path: Path, what: str) -> None:
    folder = make_repo(tmp_path / "repo", {"app.py": "x\n"})
    in_place_of(folder, ".shipworthy", what)
    with pytest.raises(OddTree, match="not a folder"):
        taken(folder)


def raw_tree(folder: Path, rows: bytes) -> str:
    done = subprocess.run(
        ["git", "hash-object", "-w", "-t", "tree", "--literally", "--stdin"],
        cwd=folder, input=rows, capture_output=True, check=True,
    )  # fmt: skip
    return git(folder, "commit-tree", "-m", "odd", done.stdout.decode().strip())


@pytest.mark.parametrize("order", [(b"b", b"a"), (b"a", b"a"), (b"a/b",), (b"",)])
def test_a_tree_git_would_not_write_is_refused(tmp_path: Path, order: tuple[bytes, ...]) -> None:
    folder = make_repo(tmp_path / "repo", {"app.py": "x\n"})
    blob = bytes.fromhex(git(folder, "rev-parse", "HEAD:app.py"))
    commit = raw_tree(folder, b"".join(b"100644 %s\0%s" % (name, blob) for name in order))
    with pytest.raises(OddTree):
        snapshot(Objects(Git(folder)), commit)


def test_a_damaged_object_is_noticed(tmp_path: Path) -> None:
    # git itself keeps each object in a file of its own.
    git(tmp_path, "init", "-q", "-b", "main", "repo")
    folder = make_repo(tmp_path / "repo", FILES)
    objects = Objects(Git(folder))
    right, other = (git(folder, "rev-parse", f"HEAD:{path}") for path in (".shipworthy/policy.toml", "app.py"))
    at = {oid: folder / ".git/objects" / oid[:2] / oid[2:] for oid in (right, other)}
    at[right].unlink()
    at[right].write_bytes(at[other].read_bytes())
    with pytest.raises(MissingObject):
        objects.read("blob", right)


def test_replace_refs_are_not_followed(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "repo", FILES)
    before = source_tree(taken(folder), ["production"])
    head = git(folder, "rev-parse", "HEAD")
    write(folder, {"app.py": "evil\n"})
    git(folder, "commit", "-q", "-a", "-m", "evil")
    evil = git(folder, "rev-parse", "HEAD")
    git(folder, "reset", "-q", "--hard", head)
    git(folder, "replace", head, evil)
    git(folder, "replace", git(folder, "rev-parse", f"{head}^{{tree}}"), git(folder, "rev-parse", f"{evil}^{{tree}}"))
    assert source_tree(taken(folder), ["production"]) == before


@pytest.mark.parametrize("name", ["nope", "--help", "-h", "HEAD~5", "HEAD^{tree}", ""])
def test_a_commit_that_is_none(tmp_path: Path, name: str) -> None:
    objects = Objects(Git(make_repo(tmp_path / "repo", FILES)))
    with pytest.raises(MissingObject):
        objects.commit(name)
