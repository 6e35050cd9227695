"""The whole story with the real commands: an author signs, a lead approves in another clone, CI verifies the merge.

Then every attack of the threat table is tried on what came out of it, and fails with its named reason.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests import program
from tests.fixed_demo import fixed_demo
from tests.support import git, write

import shipworthy.readiness

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen")

BASE = "refs/remotes/origin/main"
ADA, LEA = "ada@example.org", "lea@example.org"
PLAIN, SIGNED = ".shipworthy/readiness.production.json", ".shipworthy/readiness.production.dsse.json"


@dataclass(frozen=True)
class World:
    """A bare remote, and the folder in which everybody's clones, homes and keys lie."""

    folder: Path

    def clone(self, name: str, *options: str, mail: str = "ci@example.org") -> Path:
        place = self.folder / name
        git(self.folder, "clone", "-q", *options, (self.folder / "origin.git").as_uri(), str(place))
        git(place, "config", "user.email", mail)
        git(place, "config", "user.name", name)
        return place

    def run(self, place: Path, *args: str, code: int | None = 0) -> str:
        """shipworthy in a clone, as a program of its own; what it said."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        env = {key: value for key, value in os.environ.items() if not key.startswith(("SSH_", "XDG_", "SHIPWORTHY_"))}
        done = program.run(*args, cwd=place, env={**env, "HOME": str(home), "CI": "true"})
        said = done.stdout + done.stderr
        assert "Traceback" not in said
        assert code is None or done.returncode == code, said
        return said

    def key(self, name: str) -> str:
        return str(self.folder / name)

    def decide(self, place: Path) -> None:
        """What only a person can say of the demo app."""
        self.run(place, "attest", "routes-protected", "-m", "Read them all", "--evidence", "app/main.py")
        self.run(place, "attest", "spend-alert", "-m", "Cap of 20 EUR", "--evidence", "mail of 3 November")

    def sign(self, place: Path, key: str = "ada", *options: str) -> str:
        return self.run(place, "sign", "--key", self.key(key), "--yes", "--commit", "--run-tests", *options)

    def approve(self, place: Path, key: str = "lea", code: int | None = 0) -> str:
        for item in ("routes-protected", "spend-alert"):
            self.run(place, "review", "--base", BASE, "--accept", item, code=None)
        return self.run(place, "approve", "--base", BASE, "--key", self.key(key), "--yes", "--commit", code=code)


def enrol(world: World) -> str:
    rows = []
    for name, mail, roles in (("ada", ADA, "shipworthy-author"), ("lea", LEA, "shipworthy-author,shipworthy-approver")):
        public = (world.folder / f"{name}.pub").read_text().split()
        rows.append(f'{mail} namespaces="{roles}" {public[0]} {public[1]}')
    return "\n".join(rows) + "\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The story itself, up to the merge: `author`, `lead` and `main` (a clone of the merged remote)."""
    folder = tmp_path_factory.mktemp("story")
    made = World(folder)
    for name, kind in (("ada", "ed25519"), ("lea", "ecdsa"), ("mal", "ed25519")):
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", name, "-f", str(folder / name)], check=True)
    seed = fixed_demo(folder / "seed")
    policy = (seed / ".shipworthy/policy.toml").read_text().replace('profile = "solo"', 'profile = "team"')
    write(seed, {".shipworthy/policy.toml": policy, ".shipworthy/allowed_signers": enrol(made)})
    git(seed, "add", "-A")
    git(seed, "commit", "-q", "-m", "Enrol the team")
    git(folder, "clone", "-q", "--bare", str(seed), str(folder / "origin.git"))
    git(folder / "origin.git", "symbolic-ref", "HEAD", "refs/heads/main")
    # The author works on a branch, says what only a person can say, and signs.
    author = made.clone("author", mail=ADA)
    git(author, "checkout", "-q", "-b", "feature")
    write(author, {"app/notes.py": "NOTE = 'new'\n"})
    git(author, "add", "-A")
    git(author, "commit", "-q", "-m", "A feature")
    made.decide(author)
    assert "it counts once 1 other person approved it" in made.sign(author)
    assert "approved by 0 of 1 person" in made.run(author, "verify", "--base", BASE, code=1)
    git(author, "push", "-q", "origin", "feature")
    # The lead looks at it in a clone of their own, and approves.
    lead = made.clone("lead", "--branch", "feature", mail=LEA)
    assert "routes-protected" in made.run(lead, "approve", "--base", BASE, "--key", made.key("lea"), "--yes", code=None)
    made.approve(lead)
    assert made.run(lead, "verify", "--base", BASE).startswith("READY")
    git(lead, "push", "-q", "origin", "feature")
    # The pull request is merged.
    host = made.clone("host")
    git(host, "merge", "-q", "--no-ff", "-m", "Merge the feature", "origin/feature")
    git(host, "push", "-q", "origin", "main")
    return made


def test_the_merge_is_deployed(world: World) -> None:
    ci = world.clone("ci", "--depth", "1")
    said = world.run(ci, "verify", "--base", BASE, "--rerun")
    assert said.startswith("READY")
    assert f"approved by {LEA}" in said
    assert "repeated here with the same answer" in said


@pytest.mark.skipif(shutil.which("jq") is None, reason="needs jq")
def test_the_lines_of_the_readme(world: World, tmp_path: Path) -> None:
    """git, jq and ssh-keygen alone name both people, and nobody once the payload changed or a key is revoked."""
    text = shipworthy.readiness.__doc__ or ""
    lines = textwrap.dedent(re.findall(r"^    \(f=.*?\)$", text, re.M | re.S)[1])
    place = tmp_path / "read"
    git(world.folder, "clone", "-q", (world.folder / "origin.git").as_uri(), str(place))
    git(place, "config", "user.email", ADA)
    git(place, "config", "user.name", "Ada")

    def good() -> list[str]:
        done = subprocess.run(
            ["sh", "-c", lines],
            cwd=place,
            env={**os.environ, "BASE": BASE},
            capture_output=True,
            text=True,
            check=False,
        )
        return [row.split(" with ")[0] for row in done.stdout.splitlines()]

    both = [f'Good "shipworthy-author" signature for {ADA}', f'Good "shipworthy-approver" signature for {LEA}']
    assert good() == both
    public = (world.folder / "lea.pub").read_text()
    commit(place, {".shipworthy/revoked_keys": public})
    git(place, "update-ref", BASE, "HEAD")
    assert good() == both[:1]
    commit(place, {PLAIN: (place / PLAIN).read_text().replace("READY", "READY ")})
    assert good() == []


Attack = Callable[[World, Path], tuple[list[str], str]]


def commit(place: Path, files: dict[str, str | bytes]) -> None:
    write(place, files)
    git(place, "add", "-A", "-f")
    git(place, "commit", "-q", "--allow-empty", "-m", "change")


def weakens_the_policy(world: World, place: Path) -> tuple[list[str], str]:
    policy = (place / ".shipworthy/policy.toml").read_text().replace('"team"', '"solo"')
    commit(place, {".shipworthy/policy.toml": policy})
    world.sign(place, "ada")
    return [], "approved by 0 of 1 person"


def adds_a_key(world: World, place: Path) -> tuple[list[str], str]:
    public = (world.folder / "mal.pub").read_text().split()
    row = f'mal@example.org namespaces="shipworthy-approver" {public[0]} {public[1]}\n'
    commit(place, {".shipworthy/allowed_signers": enrol(world) + row})
    world.sign(place, "ada")
    countersign(world, place, "mal")
    return [], f"which {BASE} does not list"


def approves_their_own(world: World, place: Path) -> tuple[list[str], str]:
    commit(place, {"x.py": "1\n"})
    world.sign(place, "ada")
    countersign(world, place, "ada")
    return [], "may not sign as approver"


def edits_after_signing(world: World, place: Path) -> tuple[list[str], str]:
    commit(place, {"app/notes.py": "NOTE = 'evil'\n"})
    return [], "holds other files than the ones signed"


def hides_a_program(world: World, place: Path) -> tuple[list[str], str]:
    (place / PLAIN).chmod(0o755)
    commit(place, {})
    return [], "not a regular file"


def replays_elsewhere(world: World, place: Path) -> tuple[list[str], str]:
    return ["--repo", "acme/other"], "signed for"


def replays_another_branch(world: World, place: Path) -> tuple[list[str], str]:
    return ["--ref", "refs/heads/release"], "not for refs/heads/release"


def brings_back_the_old(world: World, place: Path) -> tuple[list[str], str]:
    commit(place, {"app/notes.py": "NOTE = 'next'\n"})
    world.sign(place, "ada")
    countersign(world, place, "lea")
    git(place, "update-ref", BASE, "HEAD")
    return ["--at", "origin/feature"], "for another tree"


def uses_replace_refs(world: World, place: Path) -> tuple[list[str], str]:
    good = git(place, "rev-parse", "HEAD")
    commit(place, {"app/notes.py": "NOTE = 'evil'\n"})
    git(place, "replace", git(place, "rev-parse", "HEAD"), good)
    return [], "holds other files than the ones signed"


def uses_a_revoked_key(world: World, place: Path) -> tuple[list[str], str]:
    public = (world.folder / "ada.pub").read_text().split()
    git(place, "checkout", "-q", "-B", "later", BASE)
    commit(place, {".shipworthy/revoked_keys": f"{public[0]} {public[1]}\n"})
    git(place, "update-ref", BASE, "HEAD")
    return ["--at", "origin/feature"], "is revoked"


def changes_what_is_read(world: World, place: Path) -> tuple[list[str], str]:
    text = (place / PLAIN).read_text()
    commit(place, {PLAIN: text.replace("Cap of 20 EUR", "Cap of 90 EUR")})
    return [], "is not what was signed"


def fakes_the_envelope(world: World, place: Path) -> tuple[list[str], str]:
    commit(place, {SIGNED: (place / SIGNED).read_text().replace('"sig": "', '"sig": "AAAA', 1)})
    return [], ""


def countersign(world: World, place: Path, name: str) -> None:
    """Append a valid signature in the approver's role with any key, as a forger without our command would."""
    import base64
    import json

    from shipworthy.readiness import dsse

    whole = json.loads((place / SIGNED).read_bytes())
    message = dsse.pae(dsse.PAYLOAD_TYPE, base64.b64decode(whole["payload"]))
    command = ["ssh-keygen", "-Y", "sign", "-q", "-n", "shipworthy-approver", "-f", world.key(name)]
    armored = subprocess.run(command, input=message, capture_output=True, check=True).stdout
    whole["signatures"].append({"keyid": "", "sig": base64.b64encode(armored).decode()})
    commit(place, {SIGNED: json.dumps(whole).encode()})


@pytest.fixture(scope="module")
def unspoiled(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone as it is when the pull request is judged, where the answer is READY."""
    place = tmp_path_factory.mktemp("unspoiled") / "attack"
    git(world.folder, "clone", "-q", "--branch", "feature", (world.folder / "origin.git").as_uri(), str(place))
    git(place, "config", "user.email", ADA)
    git(place, "config", "user.name", "Ada")
    # The base as it was before the merge.
    git(place, "update-ref", BASE, f"{BASE}^1")
    assert world.run(place, "verify", "--base", BASE).startswith("READY")
    return place


@pytest.mark.parametrize(
    "attack",
    [
        weakens_the_policy, adds_a_key, approves_their_own, edits_after_signing, hides_a_program, replays_elsewhere,
        replays_another_branch, brings_back_the_old, uses_replace_refs, uses_a_revoked_key, changes_what_is_read,
        fakes_the_envelope,
    ],
)  # fmt: skip
def test_an_attack_fails_with_its_reason(world: World, unspoiled: Path, tmp_path: Path, attack: Attack) -> None:
    place = tmp_path / "attack"
    shutil.copytree(unspoiled, place, symlinks=True)
    options, reason = attack(world, place)
    said = world.run(place, "verify", "--base", BASE, *options, code=1)
    assert said.startswith("NOT READY")
    assert reason in said
