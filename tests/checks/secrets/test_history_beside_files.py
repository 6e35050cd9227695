"""secrets-not-in-history, of what stands beside files: what it says, what helps, which rotation counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.secret_history.histories import LIVE, Commit, history, read
from tests.support import git, outcome_of, write

from shipworthy.model import Outcome, OutcomeKind

CHECK = "secrets-not-in-history"
CLEAN = {"a.py": "x = 1\n"}
NOON = "1782907200 +0000"
"""2026-07-01 12:00 in London."""


def made(folder: Path, kind: str) -> Path:
    message = f"Fix it\n\nwith {LIVE}\n" if kind == "message" else "."
    files = {f"keys/{LIVE}.txt": "x\n"} if kind == "file" else CLEAN
    history(folder, [Commit(files=files, message=message, when=NOON), Commit(files={**CLEAN}, when=NOON)])
    if kind == "tag":
        head = f"object {git(folder, 'rev-parse', 'main')}\ntype commit\ntag v1\ntagger A <a@example.org> {NOON}"
        text = f"{head}\n\n{LIVE}\n"
        (folder / "text").write_text(text)
        git(folder, "update-ref", "refs/tags/v1", git(folder, "hash-object", "-t", "tag", "-w", "text"))
        (folder / "text").unlink()
    if kind == "ref":
        git(folder, "branch", f"try/{LIVE}")
    return folder


def rotated(folder: Path, day: str) -> Outcome:
    (found,) = {each.identity for each in read(folder).sightings}
    write(folder, {".shipworthy/keys.toml": f'[[rotation]]\nfingerprint = "{found}"\nrotated = {day}\nby = "Ada"\n'})
    return outcome_of(CHECK, folder)


@pytest.mark.parametrize(
    ("kind", "summary", "says", "helps"),
    [
        ("message", "message of commit COMMIT:3", "in the message of commit COMMIT of 2026-07-01: ", "commit --amend"),
        ("tag", "message of tag v1:1", "in the message of tag v1 of 2026-07-01: ", "git tag -f -a"),
        ("ref", "name of branch try/sk_live_••••••••", "in the name of branch try/sk_live_••••••••: ", "git branch -m"),
        (
            "file",
            "keys/sk_live_••••••••.txt in COMMIT",
            "in the name of this file, which commit COMMIT of 2026-07-01 brought in: ",
            "Old commits keep it",
        ),
    ],
)
def test_it_fails_and_says_where_and_what_helps(tmp_path: Path, kind: str, summary: str, says: str, helps: str) -> None:
    folder = made(tmp_path / "p", kind)
    commit = git(folder, "rev-parse", "main~1")[:10]
    outcome = outcome_of(CHECK, folder)
    (finding,) = outcome.findings
    assert outcome.kind is OutcomeKind.FAIL
    assert outcome.summary == summary.replace("COMMIT", commit)
    assert f" stands {says.replace('COMMIT', commit)}sk_live_••••••••" in finding.message
    assert helps in finding.remedy
    assert finding.location.named
    assert LIVE not in repr(outcome)


@pytest.mark.parametrize("kind", ["message", "tag", "ref", "file"])
def test_a_rotation_since_deals_with_it(tmp_path: Path, kind: str) -> None:
    outcome = rotated(made(tmp_path / "p", kind), "2026-07-02")
    assert (outcome.kind, outcome.summary) == ("pass", "2 commits, 1 secret replaced since")
    assert LIVE not in repr(outcome)


@pytest.mark.parametrize(
    ("kind", "words"),
    [("message", "not after commit "), ("tag", "not after the message of tag v1 of "), ("file", "not after commit ")],
)
def test_one_before_does_not(tmp_path: Path, kind: str, words: str) -> None:
    outcome = rotated(made(tmp_path / "p", kind), "2026-06-30")
    assert outcome.kind is OutcomeKind.FAIL
    assert words in outcome.findings[0].message


def test_the_same_secret_in_a_file_and_in_a_message_is_one_finding(tmp_path: Path) -> None:
    commits = [
        Commit(files={"a.py": f"k = '{LIVE}'\n"}, when=NOON),
        Commit(files=CLEAN, message=f"remove {LIVE}", when="1785000000 +0000"),
    ]
    folder = history(tmp_path / "p", commits)
    (finding,) = outcome_of(CHECK, folder).findings
    assert (str(finding.location), len(finding.related)) == ("a.py:1", 1)
    assert rotated(folder, "2026-07-02").kind is OutcomeKind.FAIL, "the message came later"
    assert rotated(folder, "2026-07-31").kind is OutcomeKind.PASS
