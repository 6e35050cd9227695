"""Code hosts in a folder: a bare remote with pull requests, checkouts as CI makes them, and steps run as scripts."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from tests.readiness.signed import Key
from tests.readiness.team import LEAD, POLICY, Team, line, team
from tests.support import git

from shipworthy.readiness.allowed import APPROVER, AUTHOR

NOW = datetime.now(UTC)
ROOT = Path(__file__).parents[2]
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_INPUT = re.compile(r"\$\[\[ inputs\.([a-z-]+) \]\]")
# What `python3 -I -m venv FOLDER` gets in the tests: a pip that writes down what it is asked for, and this shipworthy.
_PYTHON = """#!/bin/sh
[ "$1 $2 $3" = "-I -m venv" ] || {{ echo "python3 $*" >>{log}; exit 9; }}
echo "in $PWD" >>{log}
mkdir -p "$4/bin"
printf '#!/bin/sh\\necho "pip $*" >>%s\\n' {log} >"$4/bin/python"
printf '#!/bin/sh\\nexec %s -P -c "from shipworthy.cli.main import main; main()" "$@"\\n' {python} >"$4/bin/shipworthy"
chmod +x "$4/bin/python" "$4/bin/shipworthy"
"""


def load(text: str) -> Any:
    return YAML(typ="safe").load(StringIO(text))


@dataclass(frozen=True)
class Done:
    """What a job said."""

    code: int
    log: str
    summary: str = ""
    outputs: str = ""


@dataclass
class Host:
    """A remote with the base branch main, and the author's clone, which stands on the branch `work`."""

    folder: Path
    team: Team
    files: dict[str, str] = field(default_factory=dict)

    @property
    def remote(self) -> Path:
        return self.folder / "origin.git"

    def tip(self, ref: str) -> str:
        return git(self.remote, "rev-parse", ref)

    def push(self, ref: str = "refs/heads/work", folder: Path | None = None) -> str:
        """Send HEAD of a clone to a ref; its id."""
        git(folder or self.team.folder, "push", "-q", "--force", self.remote.as_uri(), f"HEAD:{ref}")
        return self.tip(ref)

    def pull_request(self, folder: Path | None = None) -> str:
        """HEAD of a clone as pull request 1, with the merge that a host makes; the id of its head."""
        head, main = self.push("refs/pull/1/head", folder), self.tip("refs/heads/main")
        git(self.remote, "update-ref", "refs/merge-requests/1/head", head)
        tree = git(self.remote, "merge-tree", "--write-tree", main, head)
        merge = git(self.remote, "commit-tree", "-p", main, "-p", head, "-m", "Merge", tree)
        for ref in ("refs/pull/1/merge", "refs/merge-requests/1/merge"):
            git(self.remote, "update-ref", ref, merge)
        return head

    def merge(self, commit: str) -> None:
        """Fast-forward main."""
        git(self.remote, "update-ref", "refs/heads/main", commit)

    def checkout(self, ref: str, *, depth: int = 1, name: str = "workspace") -> Path:
        """As a runner does it: only this ref, HEAD detached, no other refs; depth 0 is everything."""
        place = self.folder / name
        place.mkdir()
        git(place, "init", "-q")
        git(place, "remote", "add", "origin", self.remote.as_uri())
        if depth:
            git(place, "fetch", "-q", "--no-tags", f"--depth={depth}", "origin", f"+{ref}:refs/remotes/here")
        else:
            git(place, "fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*", f"+{ref}:refs/remotes/here")
        git(place, "checkout", "-q", "--detach", "refs/remotes/here")
        return place

    def fork(self) -> Path:
        """Somebody else's clone, standing on a branch of their own."""
        place = self.folder / "fork"
        git(self.folder, "clone", "-q", self.remote.as_uri(), str(place))
        git(place, "checkout", "-q", "-b", "work")
        git(place, "config", "user.email", "mallory@example.org")
        git(place, "config", "user.name", "Mallory")
        return place

    def hostile(self) -> tuple[Path, str]:
        """A fork that makes its own rules, lists its own people, neuters the CI files, and signs all of it.

        Its folder, and the fingerprints of the keys it lists.
        """
        place, key = self.fork(), Key()
        other = Team(place, ada=key, lea=Key())
        listed = line("ada@example.org", key, AUTHOR) + line(LEAD, other.lea, AUTHOR, APPROVER)
        git(place, "config", "user.email", "ada@example.org")
        workflows = {name: "on: pull_request\njobs: {}\n" for name in self.files if name.endswith(".yml")}
        other.commit({".shipworthy/allowed_signers": listed, "app.py": "print('evil')\n", **workflows})
        other.signed([(key, AUTHOR), (other.lea, APPROVER)], now=NOW)
        return place, f"{key.fingerprint} {other.lea.fingerprint}"


def host(folder: Path, policy: bytes = POLICY, **files: str) -> Host:
    """A team's remote. `files` are on the base too."""
    folder.mkdir(parents=True, exist_ok=True)
    made = team(folder / "clone", policy)
    if files:
        made.base(dict(files.items()))
        made.commit({"app.py": "print('new')\n"})
    found = Host(folder, made, dict(files))
    git(folder, "init", "-q", "--bare", "-b", "main", str(found.remote))
    git(made.folder, "push", "-q", found.remote.as_uri(), "main:refs/heads/main")
    return found


def programs(folder: Path) -> tuple[Path, Path]:
    """A folder for PATH with a `python3` that downloads nothing, and the log of what it was asked for."""
    place, log = folder / "programs", folder / "asked.log"
    place.mkdir(exist_ok=True)
    quoted = {"log": shlex.quote(str(log)), "python": shlex.quote(sys.executable)}
    (place / "python3").write_text(_PYTHON.format(**quoted))
    (place / "python3").chmod(0o755)
    return place, log


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("HOME", "LANG", "TERM")}
    return {**kept, "PATH": f"{programs(folder)[0]}:/usr/local/bin:/usr/bin:/bin", "CI": "true", **more}


def run_script(text: str, folder: Path, env: Mapping[str, str], shell: tuple[str, ...]) -> tuple[int, str]:
    done = subprocess.run(
        [*shell, text], cwd=folder, env=dict(env), capture_output=True, text=True, timeout=120, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def filled(text: str, values: Mapping[str, str]) -> str:
    """`${{ }}` replaced by what the host would put there; what a test does not name is an error, not empty."""
    return _EXPRESSION.sub(lambda match: values[match[1]], text)


def github_step(step: Mapping[str, Any], place: Path, values: Mapping[str, str], **more: str) -> Done:
    """Run one `run:` step the way GitHub runs it."""
    temp = place.parent / "temp"
    temp.mkdir(exist_ok=True)
    summary, outputs = temp / "summary", temp / "outputs"
    for file in (summary, outputs):
        file.write_text("")
    env = environment(place.parent, **more) | {
        "RUNNER_TEMP": str(temp), "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(outputs),
        "GITHUB_SERVER_URL": "https://git.example", "GITHUB_ACTION_PATH": str(ROOT),
    }  # fmt: skip
    env |= {name: filled(str(value), values) for name, value in (step.get("env") or {}).items()}
    env |= {"GITHUB_SHA": values.get("github.sha", "")}
    code, log = run_script(step["run"], place, env, ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"))
    return Done(code, log, summary.read_text(), outputs.read_text())


def gitlab_job(
    text: str, place: Path, shell: str = "bash", inputs: Mapping[str, str] | None = None, **more: str
) -> Done:
    """Fill the component's inputs in, and run its script."""
    spec = load(text.split("\n---\n")[0])["spec"]["inputs"]
    given = {name: str(each["default"]) for name, each in spec.items()} | dict(inputs or {})
    given = {name: value.lower() if value in ("True", "False") else value for name, value in given.items()}
    for name, value in given.items():
        if "regex" in spec[name]:
            assert re.search(spec[name]["regex"], value), f"GitLab would refuse {name}"
    job = load(_INPUT.sub(lambda match: given[match[1]], text.split("\n---\n")[1]))["readiness"]
    code, log = run_script(
        "\n".join(job["script"]), place, environment(place.parent, **{"CI_PROJECT_ID": "7", **more}), (shell, "-c")
    )
    report = place / "shipworthy.xml"
    return Done(code, log, report.read_text() if report.exists() else "")
