"""An author's and a lead's clone of one remote, with real keys and real commands: signed, and not approved yet."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.fixed_demo import fixed_demo
from tests.readiness.test_story import ADA, LEA, World, enrol
from tests.support import git, write


def signed_and_waiting(folder: Path) -> tuple[World, Path]:
    """The world, and the lead's clone of the branch the author signed; git names the lead's key."""
    made = World(folder)
    for name in ("ada", "lea"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)], check=True
        )
    seed = fixed_demo(folder / "seed")
    policy = (seed / ".shipworthy/policy.toml").read_text().replace('profile = "solo"', 'profile = "team"')
    write(seed, {".shipworthy/policy.toml": policy, ".shipworthy/allowed_signers": enrol(made)})
    git(seed, "add", "-A")
    git(seed, "commit", "-q", "-m", "Enrol the team")
    git(folder, "clone", "-q", "--bare", str(seed), str(folder / "origin.git"))
    git(folder / "origin.git", "symbolic-ref", "HEAD", "refs/heads/main")
    author = made.clone("author", mail=ADA)
    git(author, "checkout", "-q", "-b", "feature")
    made.decide(author)
    made.sign(author)
    git(author, "push", "-q", "origin", "feature")
    lead = made.clone("lead", "--branch", "feature", mail=LEA)
    git(lead, "config", "user.signingkey", made.key("lea"))
    return made, lead
