"""The pre-push hook's description, and that installing beside a hostile checkout takes nothing from it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.setup.conftest import SETTINGS
from tests.setup.hosts import ROOT, Host, load
from tests.support import write

from shipworthy.cli.group import COMMANDS
from shipworthy.setup import templates

EVIL = "import os\nopen(os.environ['PWNED'], 'a').close()\n"
PLANTED = ("venv", "pip", "ensurepip", "shipworthy", "sitecustomize", "usercustomize", "json", "site", "runpy")


def test_the_hook_verifies_before_a_push() -> None:
    hook, secrets = load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["entry"].split() == ["shipworthy", "verify"]
    assert hook["entry"].split()[1] in COMMANDS
    assert (hook["language"], hook["stages"]) == ("python", ["pre-push"])
    assert (hook["pass_filenames"], hook["always_run"]) == (False, True)
    assert secrets["entry"].split() == ["shipworthy", "hook", "run"]
    assert (secrets["id"], secrets["stages"], secrets["pass_filenames"]) == (
        "shipworthy-secrets",
        ["pre-commit"],
        False,
    )
    # pre-commit starts one that always runs with nothing staged too, and then all files would be looked at.
    assert "always_run" not in secrets


def test_the_hook_as_pre_commit_calls_it(served: Host) -> None:
    """In the work tree, without file names; the trust root comes from args or the environment."""
    program = [sys.executable, "-P", "-c", "from shipworthy.cli.main import main; main()", "verify"]
    git_env = {**os.environ, "PRE_COMMIT": "1", "GIT_DIR": str(served.team.folder / "elsewhere")}

    def push(*args: str, **env: str) -> int:
        command = [*program, *args]
        done = subprocess.run(
            command, cwd=served.team.folder, env={**git_env, **env}, capture_output=True, timeout=60, check=False
        )
        return done.returncode

    assert push("--base", "refs/remotes/origin/main") == 0
    assert push(SHIPWORTHY_BASE="refs/remotes/origin/main") == 0
    assert push() == 4
    served.team.commit({"app.py": "print('later')\n"})
    assert push("--base", "refs/remotes/origin/main") == 1


def _wheel(folder: Path, version: str) -> Path:
    """A wheel called shipworthy whose command says its version."""
    folder.mkdir()
    path = folder / f"shipworthy-{version}-py3-none-any.whl"
    info = f"shipworthy-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("shipworthy/__init__.py", f"def main():\n    print('the real one, {version}')\n")
        out.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: shipworthy\nVersion: {version}\n")
        out.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        out.writestr(f"{info}/entry_points.txt", "[console_scripts]\nshipworthy = shipworthy:main\n")
        out.writestr(f"{info}/RECORD", "")
    return path


def _install_steps() -> dict[str, str]:
    steps = load((ROOT / "action.yml").read_text())["runs"]["steps"]
    action = next(each["run"] for each in steps if each["name"] == "Install shipworthy")
    job = load(templates.github(SETTINGS).decode())["jobs"]["readiness"]
    workflow = next(each["run"] for each in job["steps"] if each.get("name") == "Install shipworthy")
    return {"action": action, "workflow": workflow}


@pytest.mark.long
@pytest.mark.parametrize("which", ["action", "workflow"])
def test_a_real_install_takes_nothing_from_the_checkout(tmp_path: Path, which: str) -> None:
    """With the real venv and pip, started in a checkout full of modules of their names."""
    place = write(tmp_path / "workspace", {f"{name}.py": EVIL for name in PLANTED})
    write(
        place,
        {"pip.conf": "[global]\nindex-url = https://evil.example\n", "setup.cfg": "", "shipworthy/__init__.py": EVIL},
    )
    found = _wheel(tmp_path / "index", "9.9.9")
    temp = tmp_path / "temp"
    temp.mkdir()
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "python3").symlink_to(sys._base_executable)  # type: ignore[attr-defined]
    env = {
        "PATH": f"{programs}:/usr/bin:/bin", "HOME": str(tmp_path), "RUNNER_TEMP": str(temp), "VERSION": "9.9.9",
        "PWNED": str(tmp_path / "pwned"), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(found.parent),
        "GITHUB_ACTION_PATH": str(ROOT), "PYTHONPATH": str(place),
    }  # fmt: skip
    done = subprocess.run(
        [shutil.which("bash") or "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", _install_steps()[which]],
        cwd=place, env=env, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    program = temp / "shipworthy-venv/bin/shipworthy"
    assert "the real one, 9.9.9" in subprocess.run(
        [str(program)], cwd=temp, env={"PATH": "/usr/bin"}, capture_output=True, text=True, timeout=60, check=True
    ).stdout  # fmt: skip
    assert not (tmp_path / "pwned").exists()
