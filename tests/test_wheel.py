"""The built wheel carries everything it needs: it runs away from the checkout, from start to a verified file."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.fixed_demo import fixed_demo
from tests.support import git

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True,
        capture_output=True,
    )
    return next(out.glob("*.whl"))


def test_every_data_file_is_in_it(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "src/shipworthy"
    for path in package.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert f"shipworthy/{path.relative_to(package).as_posix()}" in inside
    for path in (ROOT / "checklists").glob("*.toml"):
        assert f"shipworthy/_checklists/{path.name}" in inside


def walk(program: list[str], folder: Path, env: dict[str, str]) -> None:
    """demo, check, sign and verify with an installed program."""

    def run(*args: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([*program, *args], cwd=folder, env=env, capture_output=True, text=True, timeout=120)
        assert "Traceback" not in done.stderr
        return done

    demo = run("demo", "--plain")
    assert demo.returncode == 0, demo.stderr
    assert "NOT READY  9 block · 1 needs you" in demo.stdout
    assert run("check").returncode == 1
    for item in ("routes-protected", "spend-alert"):
        assert run("attest", item, "-m", "I looked and it is so").returncode == 0
    assert run("check").returncode == 0
    signed = run("sign", "--key", "shipworthy", "--commit", "--yes")
    assert signed.returncode == 0, signed.stderr
    trust = next(line.split("=", 1)[1] for line in signed.stdout.splitlines() if "SHIPWORTHY_TRUST=" in line)
    assert run("verify", "--trust", trust).returncode == 0
    assert run("show").stdout.startswith("READY")
    assert git(folder, "status", "--porcelain") == ""


def test_unpacked_away_from_the_checkout_it_walks_the_whole_way(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    # Its libraries come from this environment, shipworthy itself from the wheel; `-P` and the path file keep the
    # checkout out.
    code = (
        f"import sys; sys.path[:] = [{str(site)!r}] + [p for p in sys.path if {str(ROOT / 'src')!r} != p];"
        "import shipworthy; assert shipworthy.__file__.startswith(sys.path[0]);"
        "from shipworthy.cli.main import main; main()"
    )
    env = {**os.environ, "SHIPWORTHY_PASSPHRASE": "correct horse"}
    # Else each start would compile it anew, as with an installed program none does.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    walk([sys.executable, "-P", "-c", code], fixed_demo(tmp_path / "lemonade"), env)


@pytest.mark.long
def test_installed_in_an_empty_environment_it_walks_the_whole_way(wheel: Path, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    pip = [str(venv / "bin/python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / "requirements.lock")], check=True, cwd=tmp_path)
    subprocess.run([*pip, "--no-deps", str(wheel)], check=True, cwd=tmp_path)
    env = {"PATH": "/usr/bin:/bin", "HOME": os.environ["HOME"], "SHIPWORTHY_PASSPHRASE": "correct horse"}
    walk([str(venv / "bin/shipworthy")], fixed_demo(tmp_path / "lemonade"), env)
