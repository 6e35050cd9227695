"""`shipworthy policy lint | explain`: every mistake at its line, what cannot work, and what the rules mean in words."""

from __future__ import annotations

import base64
import json
import struct
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.readiness.signed import AUTHOR, Key, same_key
from tests.readiness.team import BASE, LEAD, line, team
from tests.support import git, make_repo, write

from shipworthy.cli.policy import command
from shipworthy.readiness.allowed import APPROVER
from shipworthy.readiness.allowed import AUTHOR as AUTHORS
from shipworthy.readiness.sshsig import public_blob

NOW = datetime.now(UTC)
ADA, LEA, SAM = same_key(1), same_key(2), same_key(3)
TEAM = 'profile = "team"\nchecklist = "demo"\n'
BOTH = line(AUTHOR, ADA, AUTHORS) + line(LEAD, LEA, AUTHORS, APPROVER)
POLICY, SIGNERS, REVOKED = (f".shipworthy/{name}" for name in ("policy.toml", "allowed_signers", "revoked_keys"))


def run(*args: str) -> Result:
    done = CliRunner().invoke(command, list(args))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def sk_line(address: str, *roles: str) -> str:
    """A line with a security key; its bytes are made up."""
    parts = (b"sk-ssh-ed25519@openssh.com", b"\1" * 32, b"ssh:")
    blob = b"".join(struct.pack(">I", len(part)) + part for part in parts)
    return f'{address} namespaces="{",".join(roles)}" sk-ssh-ed25519@openssh.com {base64.b64encode(blob).decode()}\n'


def public(key: Key) -> str:
    return f"ssh-ed25519 {base64.b64encode(public_blob(key.private)).decode()}\n"


def rules(folder: Path, policy: str | None = TEAM, signers: str = BOTH, revoked: str = "", **more: str) -> str:
    files = {POLICY: policy, SIGNERS: signers or None, REVOKED: revoked or None}
    return str(make_repo(folder / "app", {**{name: text for name, text in files.items() if text is not None}, **more}))


def test_in_order(tmp_path: Path) -> None:
    done = run("lint", rules(tmp_path))
    assert (done.exit_code, done.stdout.startswith("No problem")) == (0, True), done.output
    assert "warning" not in done.output


@pytest.mark.parametrize(
    ("policy", "signers", "revoked", "says"),
    [
        (TEAM + 'expiry_days = "x"\n', BOTH, "", "policy.toml:3: expiry_days: must be a whole number"),
        (TEAM + "expiry_day = 3\n", BOTH, "", "policy.toml:3: expiry_day: is not a known key. Did you mean"),
        (TEAM + '[items]\nnope = "none"\n', BOTH, "", "policy.toml:4: items.nope: the checklist demo has no such item"),
        (TEAM, "nobody ssh-ed25519 x\n", "", "allowed_signers:1: nobody is not one plain address"),
        (TEAM, f"# people\n{AUTHOR} {public(ADA)}", "", "allowed_signers:2: no namespaces="),
        (TEAM, line("*@example.org", ADA, AUTHORS), "", "allowed_signers:1: *@example.org is not one plain address"),
        (TEAM, BOTH + line("eve@example.org", ADA, AUTHORS), "", "allowed_signers:3: the key of eve@example.org"),
        (TEAM, BOTH, "nonsense\n", "revoked_keys:1: no public key"),
        (TEAM, BOTH, "SSHKRL\n\0", "revoked_keys: a binary revocation list"),
        (TEAM + "approvers = 2\n", BOTH, "", "policy.toml:3: approvers: takes 2 people besides the author; 1 person"),
        (TEAM, line(AUTHOR, ADA, AUTHORS, APPROVER), "", "policy.toml:1: profile: takes 1 person besides the author"),
        (TEAM, line(LEAD, LEA, APPROVER), "", "allowed_signers: nobody is listed as author"),
        (TEAM, BOTH, public(LEA), "policy.toml:1: profile: takes 1 person besides the author; 0 people can"),
        (TEAM, BOTH, public(ADA) + public(LEA), "allowed_signers: no key listed for an author counts now"),
        (TEAM + '[people]\none = ["ada@example.org", "lea@example.org"]\n', BOTH, "", "profile: takes 1 person"),
        (TEAM + 'touch = ["approver"]\n', BOTH, "", "policy.toml:3: touch: asks approvers for a security key"),
        (TEAM + 'pin = ["author"]\n', BOTH, "", "policy.toml:3: pin: asks authors for a security key"),
        (TEAM, line(AUTHOR, ADA, AUTHORS) + line(LEAD, LEA, APPROVER, options=',valid-before="20200101Z"'), "",
         "policy.toml:1: profile: takes 1 person"),
    ],
)  # fmt: skip
def test_problems(tmp_path: Path, policy: str, signers: str, revoked: str, says: str) -> None:
    done = run("lint", rules(tmp_path, policy, signers, revoked))
    assert done.exit_code == 1
    assert f".shipworthy/{says}" in done.stdout or says in done.stdout, done.stdout
    assert done.stdout.splitlines()[0].startswith(".shipworthy/")


def test_every_bad_line_is_listed_not_only_the_first(tmp_path: Path) -> None:
    done = run("lint", rules(tmp_path, TEAM + "x = 1\n", "a\n" + BOTH + "b\n", "c\nd\n"))
    places = [row.split(": ")[0] for row in done.stdout.splitlines()]
    assert places == [f"{POLICY}:3", f"{SIGNERS}:1", f"{SIGNERS}:4", f"{REVOKED}:1", f"{REVOKED}:2"]
    assert "5 problems" in done.stderr


@pytest.mark.parametrize(
    ("policy", "signers", "says"),
    [
        (None, "", "policy.toml: profile: is not set"),
        ('checklist = "demo"\n', BOTH, "policy.toml: profile: is not set, and verification guesses none: it"),
        (TEAM, "", "policy.toml:1: profile: takes 1 approver, and nobody is listed"),
        (TEAM + "approvers = 0\n", BOTH, "policy.toml:3: approvers: is 0 in the profile team"),
        (TEAM + "waiver_max_days = 91\n", BOTH, "policy.toml:3: waiver_max_days: is 91 days"),
        (TEAM + "drift_max_age_days = 3\n", BOTH, "policy.toml:3: drift_max_age_days: does nothing"),
        (TEAM + 'critical = ["x"]\n', BOTH, "policy.toml:3: critical: does nothing"),
        ('profile = "solo"\ntouch = ["approver"]\n', "", "policy.toml:2: touch: is about approvers, and none is"),
        (TEAM + '[people]\nada = ["ada@example.com"]\n', BOTH,
         "policy.toml:4: people.ada: ada@example.com is nobody's address in allowed_signers. Did you mean ada@e"),
        (TEAM, BOTH + line("old@example.org", SAM, AUTHORS, options=',valid-before="20200101Z"'),
         "allowed_signers:3: old@example.org: the key was valid until 2020-01-01"),
        (TEAM + 'touch = ["approver"]\n',
         BOTH + sk_line("sam@example.org", APPROVER) + line("tom@example.org", SAM, APPROVER),
         "allowed_signers:4: tom@example.org: the key counts for nothing: the policy asks for a touch"),
        (TEAM, BOTH + line("tim@example.org", SAM, "shipworthy-aprover"),
         "allowed_signers:3: tim@example.org: may sign for shipworthy-aprover, which is no role. Did you mean"),
    ],
)  # fmt: skip
def test_warnings(tmp_path: Path, policy: str | None, signers: str, says: str) -> None:
    done = run("lint", rules(tmp_path, policy, signers, x="y"))
    assert done.exit_code == 0, done.output
    assert f"warning: .shipworthy/{says}" in done.stdout
    assert "warning" in done.stdout.splitlines()[-1]


def test_a_file_for_an_environment_nobody_deploys_to(tmp_path: Path) -> None:
    done = run("lint", rules(tmp_path, **{".shipworthy/readiness.staging.dsse.json": "{}"}))
    assert "readiness.staging.dsse.json: is for staging, which the policy does not name" in done.stdout


def test_two_of_two_with_security_keys(tmp_path: Path) -> None:
    signers = line(AUTHOR, ADA, AUTHORS) + sk_line(LEAD, APPROVER)
    done = run("lint", rules(tmp_path, TEAM + 'touch = ["approver"]\n', signers))
    assert (done.exit_code, "warning" in done.stdout) == (0, False), done.stdout


def test_a_checklist_of_its_own_is_looked_at_too(tmp_path: Path) -> None:
    folder = rules(tmp_path, **{".shipworthy/checklist.toml": 'schema = 1\nextends = "demo"\nnope = 1\n'})
    done = run("lint", folder)
    assert done.exit_code == 1
    assert done.stdout.startswith(".shipworthy/checklist.toml:3: nope: is not a known key")


def test_one_file(tmp_path: Path) -> None:
    folder = Path(rules(tmp_path, TEAM + "x = 1\n", "nonsense\n", "nonsense\n"))
    for name in (POLICY, SIGNERS, REVOKED):
        done = run("lint", str(folder / name))
        assert (done.exit_code, len(done.stdout.splitlines())) == (1, 1)
        assert done.stdout.startswith(f"{folder / name}:")
    other = write(tmp_path, {"other.txt": ""}) / "other.txt"
    assert run("lint", str(other)).exit_code == 2
    (folder / POLICY).unlink()
    (folder / POLICY).symlink_to(folder / SIGNERS)
    assert run("lint", str(folder / POLICY)).exit_code == 2
    assert run("lint", str(folder)).exit_code == 2
    assert run("lint", str(tmp_path / "none")).exit_code == 2


def test_explained_from_the_files(tmp_path: Path) -> None:
    said = run("explain", rules(tmp_path, TEAM + "\n# short\nexpiry_days = 30\n")).stdout
    rows = [" ".join(row.split()) for row in said.splitlines()]
    assert "profile team line 1 which items are required, and how many people sign" in rows
    assert "expiry_days 30 line 5 days a readiness file is valid at most" in rows
    assert "waiver_max_days 90 default days a waiver is valid at most" in rows
    assert "approvers 1 default people besides the author who must sign" in rows
    assert f"{LEAD} as author and approver, line 2" in rows
    assert f"{LEA.fingerprint} (ssh-ed25519)" in rows
    assert f"- approved by 1 other person: {LEAD}" in rows
    assert "- a required item may be waived, for at most 90 days: by an approver only" in rows
    assert any(row.startswith("READY under that, and approved by") for row in rows)
    assert "Two people's keys signed this tree. Not that they read it: only they know that." in rows


def test_explained_alone_and_without_a_policy(tmp_path: Path) -> None:
    said = run("explain", rules(tmp_path, None, "", x="y")).stdout
    assert "there is no .shipworthy/policy.toml, so these are the defaults" in said
    assert "line" not in said.partition("Who may sign")[0]
    assert "one person's word" in said
    assert "An\n  assistant with a shell on that machine can" in said
    assert "whoever holds\n  that key changes them by signing" in said


def test_explained_as_json(tmp_path: Path) -> None:
    folder = rules(tmp_path, TEAM + 'touch = ["approver"]\n[items]\nspend-alert = "none"\n', BOTH, public(ADA))
    found = json.loads(run("explain", folder, "--format", "json").stdout)
    assert found["values"]["profile"] == {"value": "team", "line": 1}
    assert found["values"]["expiry_days"] == {"value": 90, "line": None}
    assert found["values"]["items.spend-alert"] == {"value": "none", "line": 5}
    ada, lea = found["signers"]
    assert (ada["countsAs"], ada["why"]) == ([], "the key is revoked")
    assert (lea["roles"], lea["countsAs"]) == (["author", "approver"], ["author"])
    assert "spend-alert" not in found["required"]["person"]
    assert found["required"]["machine"]
    assert found["base"] is None


def test_explained_of_a_base(tmp_path: Path) -> None:
    made = team(tmp_path / "app")
    write(made.folder, {POLICY: 'profile = "solo"\n', SIGNERS: ""})
    made.commit({})
    here, base = (run("explain", str(made.folder), *more, "--format", "json").stdout for more in ([], ["--base", BASE]))
    assert json.loads(here)["values"]["profile"]["value"] == "solo"
    found = json.loads(base)
    assert (found["values"]["profile"]["value"], found["base"]) == ("team", BASE)
    assert found["policy"] == f"{BASE}:{POLICY}"
    assert [each["address"] for each in found["signers"]] == [AUTHOR, LEAD]
    for wrong in ("main", "refs/heads/none", "--all", "refs/heads/a..b"):
        done = run("explain", str(made.folder), f"--base={wrong}")
        assert (done.exit_code, done.stdout) == (2, "")


@pytest.mark.parametrize(
    ("policy", "signers"),
    [("=", BOTH), (TEAM + "x = 1\n", BOTH), (TEAM, "nonsense\n"), (TEAM, BOTH + line("e@e.example", ADA, AUTHORS))],
)
def test_nothing_is_explained_that_is_not_in_force(tmp_path: Path, policy: str, signers: str) -> None:
    done = run("explain", rules(tmp_path, policy, signers))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("shipworthy: ")


def test_hostile_text_is_only_shown(tmp_path: Path) -> None:
    policy = TEAM + 'critical = ["\\u001b[2J\\u202e"]\n[people]\n"\\u001b]0;x\\u0007" = ["ada@example.org"]\n'
    folder = rules(tmp_path, policy, line(AUTHOR, ADA, AUTHORS) + line(LEAD, LEA, APPROVER))
    for args in (["lint", folder], ["explain", folder]):
        said = run(*args).output
        assert "\x1b" not in said
        assert "\u202e" not in said
    write(Path(folder), {SIGNERS: "\x1b[2J ssh-ed25519 x\n"})
    assert "\x1b" not in run("lint", folder).output


def test_what_it_says_agrees_with_verification(tmp_path: Path) -> None:
    """Whom `explain` lets sign is whom `verify` counts."""
    made = team(tmp_path / "app")
    made.signed(now=NOW)
    found = json.loads(run("explain", str(made.folder), "--base", BASE, "--format", "json").stdout)
    counted = {each["key"]: each["countsAs"] for each in found["signers"]}
    ready = made.verify(NOW)
    assert "author" in counted[ready.signed.fingerprint]
    assert ["approver" in counted[each.signed.fingerprint] for each in ready.approvals] == [True]
    made.base({REVOKED: public(made.lea)})
    counted = {each["key"]: each["countsAs"] for each in json.loads(
        run("explain", str(made.folder), "--base", BASE, "--format", "json").stdout)["signers"]}  # fmt: skip
    assert counted[made.lea.fingerprint] == []
    made.signed(now=NOW)
    made.refused("approval", "is revoked", NOW)
    assert git(made.folder, "status", "--porcelain") == ""
    assert replace(made, other=ADA).listed == made.listed
