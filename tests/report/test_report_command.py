"""`shipworthy report` as people run it: on a repository that is hostile all over, to files it may and may not write."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from page_cases import PAYLOADS, Tags
from tests import program
from tests.fixed_demo import fixed_demo
from tests.support import git, make_repo, write

from shipworthy.demo.make import make_demo

SHIPWORTHY = str(Path(sys.executable).parent / "shipworthy")


def run(*args: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return program.run(*args, cwd=cwd, env={**os.environ, **(env or {})})


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_demo(tmp_path_factory.mktemp("report") / "lemonade")


def secret() -> str:
    return "sk_" + "live_" + "51Hq8sZk" + "LmXw3TpR9vBn2Yc7Ud"


def hostile_repo(folder: Path) -> Path:
    """Hostile text wherever a repository can hold text, and one secret in each kind of place."""
    key, bad = secret(), PAYLOADS
    names = [f"{name} {text[:50]}".replace("/", "∕").replace("\0", "") for name, text in bad.items()]
    routes = "\n".join(
        f"@app.get('/x{number}{text[:200]}')\ndef route{number}(): return 1\n"
        for number, text in enumerate(bad.values())
        if not set(text[:200]) & set("\n\r'\\\0") and "\udce9" not in text[:200]
    )
    files: dict[str, str | bytes] = {
        "app/main.py": f"from fastapi import FastAPI\napp = FastAPI()\nKEY = '{key}'\n{routes}",
        "requirements.txt": f"fastapi==0.1\n<script>alert(1)</script>==1.0\nurllib3==2.0.4\n{bad['markup']}==1\n",
        "package.json": json.dumps(
            {"name": bad["script"], "dependencies": {bad["image"]: "1", key: "1"}, "scripts": {"test": f"echo {key}"}}
        ),
        ".github/workflows/<img src=x>.yml": f"on: push\njobs:\n  '<b>x':\n    runs-on: ubuntu-latest\n    steps:\n"
        f"      - run: pytest --token={key} '<script>' \"{bad['c1']}\"\n      - run: npm test\n",
        ".shipworthy/decisions.toml": "schema = 1\n",
        "long.py": f"password = '{'A1b2C3d4' * 12_500}'\n",
    }
    for name in names:
        files[f"src/{name}.py"] = f"import os\nTOKEN = '{key}'\n# <script>\x1b[2J\n"
    write(folder, files)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A", "-f")
    git(folder, "commit", "-q", "-m", f"{bad['script']} {key} {bad['escape']}")
    git(folder, "checkout", "-q", "-b", "<script>alert(1)</script>")
    git(folder, "config", "user.email", "ada@example.org")
    return folder


@pytest.mark.long
def test_a_repository_that_is_hostile_all_over(tmp_path: Path) -> None:
    folder = hostile_repo(tmp_path / "<img src=x onerror=alert(1)>")
    refused = run("waive", "update-bot", "-m", f"<script>{secret()}</script>", "--days", "9", cwd=folder)
    assert (refused.returncode, "looks like a secret" in refused.stderr) == (2, True)
    waived = run("waive", "update-bot", "-m", "<script>WORDS</script>", "--days", "9", cwd=folder)
    assert waived.returncode == 0, waived.stderr
    # What the command does not take, a person may write by hand.
    decisions = folder / ".shipworthy/decisions.toml"
    decisions.write_text(decisions.read_text().replace("WORDS", f"{secret()} \u202e"))
    done = run("report", "--profile", "team", cwd=folder)
    assert done.returncode == 1, done.stderr
    html = done.stdout
    assert "NOT READY" in html
    assert secret() not in html
    assert secret()[8:] not in html
    assert not re.search(r"<(?:script|img|iframe|svg|base|link|object|form)\b", html)
    assert "&lt;script&gt;" in html
    odd = {each for each in html if each != "\n" and unicodedata.category(each) in ("Cc", "Cf", "Cs", "Co", "Cn")}
    assert odd == set()
    shown = Tags(html)
    assert {name for tag, name, _ in shown.attributes if tag != "meta"} <= {
        "class", "id", "href", "scope", "open", "datetime", "lang", "aria-label", "aria-labelledby", "aria-hidden"
    }  # fmt: skip
    assert len(html) < 4_000_000
    for form in ("text", "json"):
        other = run("report", "--format", form, "--profile", "team", cwd=folder).stdout
        assert "\x1b" not in other
        assert "\u202e" not in other


def test_the_demo_shows_its_evidence_as_the_coach_does(demo: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    done = run("report", "-o", str(out), cwd=demo)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"NOT READY: wrote {out}\n"
    assert out.stat().st_mode & 0o777 == 0o644
    shown = Tags(out.read_text()).text
    assert 'STRIPE_KEY = "••••••••"' in shown
    assert "app/settings.py:5" in shown
    assert "sk_live_" + "51" not in shown
    assert "HEAD holds no .shipworthy/readiness.production.dsse.json" in shown
    assert git(demo, "status", "--porcelain") == ""
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]


def test_json_and_text_are_those_of_check(demo: Path) -> None:
    assert run("report", "--format", "json", cwd=demo).stdout == run("check", "--format", "json", cwd=demo).stdout
    assert run("report", "--format", "text", cwd=demo).stdout == run("check", "--verbose", cwd=demo).stdout
    assert run("report", "--output", "-", "--format", "json", cwd=demo).stdout.startswith("{")


def test_a_page_on_a_terminal_of_another_encoding_is_utf_8(demo: Path) -> None:
    done = run("report", cwd=demo, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"})
    assert "✘" in done.stdout


def test_files_it_does_not_write_over(demo: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("mine")
    (tmp_path / "link.html").symlink_to(kept)
    (tmp_path / "gone.html").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    folder = make_repo(tmp_path / "repo", {"README.md": "# hi\n", "sub/Page.html": "x", ".shipworthy/policy.toml": ""})
    (folder / "out").symlink_to(tmp_path)
    before = (folder / "README.md").read_bytes()
    for target, words in {
        str(tmp_path / "link.html"): "is a symbolic link",
        str(tmp_path / "gone.html"): "is a symbolic link",
        str(tmp_path / "pipe"): "is not an ordinary file",
        str(tmp_path): "is not an ordinary file",
        str(tmp_path / "no/such/x.html"): "there is no such folder",
        "README.md": "is a file that git tracks",
        "sub/../README.md": "is a file that git tracks",
        "sub/page.HTML": "is a file that git tracks",
        "out/x.html": "is a symbolic link of the repository",
        ".git/x.html": "is not for reports",
        "SUB/page.html": "no such folder" if not (folder / "SUB").exists() else "is a file that git tracks",
        ".shipworthy/x.html": "is not for reports",
    }.items():
        done = run("report", "-o", target, cwd=folder)
        assert (done.returncode, done.stdout) == (2, ""), target
        assert words in done.stderr, (target, done.stderr)
        assert "Traceback" not in done.stderr
    forced = run("report", "--force", "-o", str(tmp_path / "link.html"), cwd=folder)
    assert forced.returncode == 2
    assert kept.read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()
    assert not (tmp_path / "x.html").exists()
    assert (folder / "README.md").read_bytes() == before
    assert run("report", "--force", "-o", "README.md", cwd=folder).returncode == 1
    assert (folder / "README.md").read_text().startswith("<!DOCTYPE html>")


def test_a_tracked_file_of_another_repository_counts_too(demo: Path, tmp_path: Path) -> None:
    other = make_repo(tmp_path / "other", {"index.html": "mine"})
    assert run("report", "-o", str(other / "index.html"), cwd=demo).returncode == 2
    assert (other / "index.html").read_text() == "mine"
    (other / "index.html").unlink()
    assert run("report", "-o", str(other / "index.html"), cwd=demo).returncode == 2


def test_an_untracked_report_is_replaced_as_a_whole(demo: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    out.write_text("old" * 100_000)
    assert run("report", "-o", str(out), cwd=demo).returncode == 1
    assert out.read_text().endswith("</html>\n")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(demo: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        done = run("report", "-o", str(tmp_path / "x.html"), cwd=demo)
    finally:
        tmp_path.chmod(0o700)
    assert done.returncode == 2
    assert "could not be written" in done.stderr


@pytest.mark.long
def test_from_unsigned_to_verified(tmp_path: Path) -> None:
    folder = fixed_demo(tmp_path / "lemonade")
    for words in ("routes-protected", "spend-alert"):
        assert run("attest", words, "-m", "I looked and it is so", cwd=folder).returncode == 0
    assert "commit what is examined here, then sign it" in Tags(run("report", cwd=folder).stdout).text
    env = {"SHIPWORTHY_PASSPHRASE": "correct horse"}
    signed = run("sign", "--key", "shipworthy", "--commit", "--yes", cwd=folder, env=env)
    assert signed.returncode == 0, signed.stderr
    trust = next(line.split("=", 1)[1] for line in signed.stdout.splitlines() if "SHIPWORTHY_TRUST=" in line)

    def said(*args: str) -> str:
        done = run("report", *args, cwd=folder)
        assert done.returncode == 0, done.stderr
        return Tags(done.stdout).text

    alone = said()
    assert "! not judged The signature fits the file, and the file fits this tree." in alone
    assert trust in alone
    assert "✔ verified" not in alone
    judged = said("--trust", trust)
    assert "✔ verified Signature, people, tree, policy, dates and items hold for this commit." in judged
    assert "nothing: this commit is signed, and the signature holds." in judged
    stranger = said("--trust", "SHA256:" + "A" * 43)
    assert "✘ does not hold signature:" in stranger
    assert "✔ verified" not in stranger
    no_base = said("--base", "refs/remotes/origin/main")
    assert "! could not check" in no_base
    (folder / "README.md").write_text((folder / "README.md").read_text() + ".")
    git(folder, "commit", "-q", "-a", "-m", "One byte")
    assert "✘ does not hold The source changed after it was signed." in said()
    assert "✔ verified" not in said("--trust", trust)
    envelope = folder / ".shipworthy/readiness.production.dsse.json"
    envelope.write_text(envelope.read_text()[:-30])
    git(folder, "commit", "-q", "-a", "-m", "Damage it")
    assert "✘ does not hold .shipworthy/readiness.production.dsse.json is damaged or edited" in said()
    blob = git(folder, "rev-parse", "HEAD:.shipworthy/readiness.production.dsse.json")
    (folder / ".git/objects" / blob[:2] / blob[2:]).unlink()
    lost = said()
    assert "! could not check .shipworthy/readiness.production.dsse.json could not be read" in lost
    assert "can be signed" not in lost.partition("Summary")[0]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--profile", "nobody"], "unknown profile"),
        (["--format", "pdf"], "Invalid value"),
        (["--trust", "x"], "is not a fingerprint"),
        (["--trust", "SHA256:" + "A" * 43, "--base", "refs/heads/main"], "two different trust roots"),
        (["nowhere"], "no such folder"),
    ],
)
def test_bad_usage_says_what_to_do(args: list[str], words: str, demo: Path) -> None:
    done = run("report", *args, cwd=demo)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_without_git_nothing_is_called_signed(tmp_path: Path) -> None:
    folder = write(tmp_path / "plain", {"app.py": "x = 1\n"})
    done = run("report", cwd=folder)
    assert done.returncode == 1, done.stderr
    shown = Tags(done.stdout).text
    assert "Not looked at: this is not a git repository with a commit." in shown
    assert "No commit" in shown
