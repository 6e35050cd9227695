"""What the commit hook sees of a commit that is about to be made: each row stages something in a real repository."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.facts.secrets.examples import drawn
from tests.support import git, make_repo, write

from shipworthy.hook import look, main

KEY = "sk_" + "live_" + drawn("an", 24, 3)
OTHER = "sk_" + "live_" + drawn("an", 24, 4)
LINE = f'KEY = "{KEY}"\n'
Stage = Callable[[Path], None]


def looked(folder: Path, **environment: str) -> int:
    return main.run(folder, {"PATH": os.environ["PATH"], **environment})


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return make_repo(tmp_path / "a shop", {"app.py": "x = 1\n", "old.py": LINE, "notes.txt": "a\n"})


def new(name: str, data: str | bytes) -> Stage:
    def stage(folder: Path) -> None:
        write(folder, {name: data})
        git(folder, "add", "-f", name)

    return stage


def in_part(folder: Path) -> None:
    new("app.py", "x = 2\n")(folder)
    write(folder, {"app.py": f"x = 2\n{LINE}"})


def in_index_only(folder: Path) -> None:
    new("app.py", f"x = 2\n{LINE}")(folder)
    write(folder, {"app.py": "x = 2\n"})


def beside_an_old_one(folder: Path) -> None:
    new("old.py", f"{LINE}x = 3\n")(folder)


def moved_down(folder: Path) -> None:
    new("old.py", f"x = 3\n\n{LINE}")(folder)


def changed(folder: Path) -> None:
    new("old.py", f'KEY = "{OTHER}"\n')(folder)


def renamed(folder: Path) -> None:
    git(folder, "mv", "old.py", "new.py")


def renamed_and_added_to(folder: Path) -> None:
    text = "".join(f"line {number}\n" for number in range(30))
    make_repo(folder, {"long.py": text})
    git(folder, "mv", "long.py", "other.py")
    new("other.py", text + LINE)(folder)


def copied(folder: Path) -> None:
    new("copy.py", LINE)(folder)


def deleted(folder: Path) -> None:
    git(folder, "rm", "-q", "old.py")


def linked(folder: Path) -> None:
    (folder / "link.py").symlink_to("old.py")
    git(folder, "add", "link.py")


def link_becomes_file(folder: Path) -> None:
    linked(folder)
    git(folder, "commit", "-q", "-m", "link")
    (folder / "link.py").unlink()
    new("link.py", LINE)(folder)


def submodule(folder: Path) -> None:
    make_repo(folder / "sub", {"a.py": LINE})
    git(folder, "add", "sub")


def intent_to_add(folder: Path) -> None:
    write(folder, {"later.py": LINE})
    git(folder, "add", "--intent-to-add", "later.py")


def allowed(folder: Path) -> None:
    new("app.py", f'KEY = "{KEY}"  # gitleaks:allow\n')(folder)


def odd_name(folder: Path) -> None:
    new("a\nb \x1b[31m.py", LINE)(folder)


def not_utf8_name(folder: Path) -> None:
    path = os.fsencode(folder) + b"/caf\xe9.py"
    Path(os.fsdecode(path)).write_text(LINE)
    git(folder, "add", "-A")


@pytest.mark.parametrize(
    ("stage", "answer", "says"),
    [
        pytest.param(lambda folder: None, 0, "", id="nothing"),
        pytest.param(new("app.py", "x = 2\n"), 0, "", id="clean"),
        pytest.param(new("app.py", f"x = 1\n{LINE}"), 1, "app.py:2  ", id="a new line"),
        pytest.param(new("deep/er/app.py", LINE), 1, "deep/er/app.py:1  ", id="a new file"),
        pytest.param(in_part, 0, "", id="only in the work tree"),
        pytest.param(in_index_only, 1, "app.py:2  ", id="only in the index"),
        pytest.param(beside_an_old_one, 0, "", id="beside one that was committed before"),
        pytest.param(moved_down, 0, "", id="one that was committed before, further down"),
        pytest.param(changed, 1, "old.py:1  ", id="another one in its place"),
        pytest.param(renamed, 0, "", id="renamed"),
        pytest.param(renamed_and_added_to, 1, "other.py:31  ", id="renamed and added to"),
        pytest.param(copied, 1, "copy.py:1  ", id="copied"),
        pytest.param(deleted, 0, "", id="deleted"),
        pytest.param(linked, 0, "", id="a symlink"),
        pytest.param(link_becomes_file, 1, "link.py:1  ", id="a symlink becomes a file"),
        pytest.param(submodule, 0, "", id="a submodule"),
        pytest.param(intent_to_add, 0, "", id="intent to add"),
        pytest.param(allowed, 0, "", id="allowed by a comment"),
        pytest.param(odd_name, 1, "a␊b ␛[31m.py:1", id="a name that draws"),
        pytest.param(not_utf8_name, 1, "caf\\xe9.py:1", id="a name that is not UTF-8"),
        pytest.param(new("a.bin", b"\0\1\2" + LINE.encode()), 0, "1 binary file", id="binary"),
        pytest.param(new("a.pdf", b"%PDF\n" + LINE.encode()), 0, "1 binary file", id="binary by its ending"),
        pytest.param(new("a.cs", LINE.encode("utf-16")), 1, "a.cs:1  ", id="UTF-16"),
        pytest.param(new("a.cs", b"\xef\xbb\xbf" + LINE.encode()), 1, "a.cs:1  ", id="UTF-8 with a mark"),
        pytest.param(new("a.py", b"\xff\xfa\n" + LINE.encode()), 1, "a.py:2  ", id="not UTF-8"),
        pytest.param(new("app.py", f"x = 1\r\n{LINE}"), 1, "app.py:2  ", id="other line ends"),
        pytest.param(
            new("a.psd", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"),
            0,
            "1 file in Git LFS",
            id="a Git LFS pointer",
        ),
        pytest.param(new(".env", f"STRIPE_KEY={KEY}\n"), 1, "git rm --cached -- .env", id="an env file"),
    ],
)  # fmt: skip
def test_what_is_staged(repo: Path, capsys: pytest.CaptureFixture[str], stage: Stage, answer: int, says: str) -> None:
    stage(repo)
    code = looked(repo)
    out, err = capsys.readouterr()
    assert (code, err) == (answer, "")
    assert says in out
    assert KEY not in out
    assert "\x1b" not in out
    assert len(out.splitlines()) <= 1 if not answer else "--no-verify" in out
    if not says:
        assert out == ""


def test_the_first_commit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(write(tmp_path, {"a.py": LINE}), "init", "-q")
    git(tmp_path, "add", "a.py")
    assert looked(tmp_path) == 1
    assert "a.py:1" in capsys.readouterr().out


@pytest.mark.parametrize(("resolved", "answer"), [(f"ours\ntheirs\n{LINE}", 0), (f'ours\nKEY = "{OTHER}"\n', 1)])
def test_a_merge_counts_only_what_is_in_no_parent(repo: Path, resolved: str, answer: int) -> None:
    git(repo, "checkout", "-q", "-b", "side")
    make_repo(repo, {"app.py": f"theirs\n{LINE}", "theirs.py": LINE})
    git(repo, "checkout", "-q", "main")
    make_repo(repo, {"app.py": "ours\n"})
    with pytest.raises(subprocess.CalledProcessError):
        git(repo, "merge", "side")
    new("app.py", resolved)(repo)
    assert looked(repo) == answer


def test_another_index_is_the_one_git_names(repo: Path) -> None:
    write(repo, {"app.py": LINE})
    index = repo / ".git" / "next-index"
    index.write_bytes((repo / ".git/index").read_bytes())
    subprocess.run(["git", "add", "app.py"], cwd=repo, env={**os.environ, "GIT_INDEX_FILE": str(index)}, check=True)
    assert looked(repo) == 0
    assert looked(repo, GIT_INDEX_FILE=str(index)) == 1


def test_pre_commit_asked_for_all_files_gets_all_of_them(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert looked(repo) == 0
    assert looked(repo, PRE_COMMIT="1") == 1
    assert "old.py:1" in capsys.readouterr().out
    assert main.run(repo, {}, everything=True) == 1


@pytest.mark.parametrize(
    ("data", "answer", "says"), [("words\n" * 20, 2, "big.txt: "), ("\0words" * 20, 0, "1 binary file")]
)
def test_a_text_over_the_limit_blocks_and_a_binary_does_not(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], data: str, answer: int, says: str
) -> None:
    monkeypatch.setattr(look, "MAX_BYTES", 100)
    new("big.txt", data)(repo)
    new("z.py", "x = 1\n")(repo)
    assert looked(repo) == answer
    assert says in capsys.readouterr().out


@pytest.mark.parametrize("folder", ["nowhere", "broken"])
def test_what_cannot_be_read_blocks(tmp_path: Path, capsys: pytest.CaptureFixture[str], folder: str) -> None:
    here = write(tmp_path / folder, {"a.py": "x\n"})
    if folder == "broken":
        make_repo(here, {})
        new("b.py", "y\n")(here)
        blob = git(here, "rev-parse", ":b.py")
        (here / ".git/objects" / blob[:2] / blob[2:]).unlink()
    assert looked(here) == 2
    said = capsys.readouterr().err
    assert "blocked" in said
    assert "--no-verify" in said


def test_it_loads_nothing_heavy(repo: Path) -> None:
    new("app.py", "x = 2\n")(repo)
    heavy = ("textual", "click", "httpx", "keyring", "tomlkit", "ruamel.yaml", "tree_sitter", "cryptography", "asyncio")
    code = (
        "import sys; from shipworthy.hook.main import main; assert main() == 0; "
        "assert 'shipworthy.facts.secrets.scanner' in sys.modules; print([m for m in sys.argv[1:] if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-P", "-E", "-c", code, *heavy], cwd=repo, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
