"""What verification answered, on paper: for a person, a machine, a GitHub job and a test report."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from typing import Any

from shipworthy.readiness.sshsig import Signed
from shipworthy.readiness.statement import StatedItem
from shipworthy.readiness.verify import Verified
from shipworthy.text import plural, visible

READY, NOT_READY, USAGE, NO_FILE, NO_ANSWER = 0, 1, 2, 3, 4
_VERDICTS = {READY: "READY", NOT_READY: "NOT READY", NO_FILE: "NO READINESS FILE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """What a re-run of the checks said."""

    repeated: int
    """Items whose check gave the same answer again."""
    left_out: tuple[str, ...]
    """Items whose check needs a run or the outside world, and was not repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer: its exit code, and either what was verified or the step that failed."""

    exit: int
    found: Verified | None = None
    again: Again | None = None
    step: str = ""
    reason: str = ""
    remedy: str = ""

    @property
    def verdict(self) -> str:
        return _VERDICTS.get(self.exit, "NO ANSWER")


def _item(each: StatedItem) -> dict[str, Any]:
    said = each.said
    assert said is not None  # noqa: S101 - only decided items come here
    return {"item": each.id, "by": said.by, "reason": said.words, "expiresAt": said.expires.isoformat()}


def as_json(answer: Answer) -> str:
    """One JSON object."""
    found = answer.found
    if found is None:
        said = {"verdict": answer.verdict, "exit": answer.exit, "step": answer.step}
        return _quiet(json.dumps({**said, "reason": answer.reason, "remedy": answer.remedy}, indent=2))
    statement = found.statement
    whole: dict[str, Any] = {
        "verdict": answer.verdict,
        "exit": answer.exit,
        "commit": found.commit,
        "sourceTree": statement.tree,
        "repo": statement.repo,
        "ref": statement.ref,
        "environment": statement.environment,
        "profile": statement.profile,
        "checklist": f"{statement.checklist_name} {statement.checklist_version}",
        "base": found.base,
        "author": {"id": statement.author, "key": found.signed.fingerprint, "kind": found.signed.kind},
        "touched": found.signed.touched,
        "userVerified": found.signed.user_verified,
        "approvers": [
            {
                "person": each.person, "id": each.address, "key": each.signed.fingerprint, "kind": each.signed.kind,
                "touched": each.signed.touched, "userVerified": each.signed.user_verified,
            }
            for each in found.approvals
        ],
        "issuedAt": statement.issued.isoformat(),
        "expiresAt": statement.expires.isoformat(),
        "attested": [each.id for each in found.attested],
        "selfWaived": [_item(each) for each in found.self_waived],
        "waived": [_item(each) for each in found.waived],
        "changedRules": list(found.changed_rules),
        "drifted": None
        if found.drifted is None
        else {"signedCommit": found.drifted.signed_commit, "changed": list(found.drifted.changed)},
        "rerun": None
        if answer.again is None
        else {"repeated": answer.again.repeated, "notRepeated": list(answer.again.left_out)},
        "notCompared": list(found.not_compared),
        "notCounted": list(found.uncounted),
    }  # fmt: skip
    return _quiet(json.dumps(whole, indent=2))


def _quiet(document: str) -> str:
    """The same JSON without what a CI runner obeys wherever it stands in a line (`##[`, `##vso[`)."""
    return document.replace("##", "#\\u0023")


def lines(answer: Answer) -> list[str]:
    """For a person."""
    found = answer.found
    if found is None:
        rows = [f"{answer.verdict}  {visible(answer.step, 60)}: {visible(answer.reason, 600)}"]
        return rows + ([f"  {visible(answer.remedy, 600)}"] if answer.remedy else [])
    statement = found.statement
    signed = found.signed
    checklist = visible(f"{statement.checklist_name} {statement.checklist_version}", 90)
    rows = [
        f"READY  {visible(statement.repo, 120)} for {statement.environment}, commit {found.commit[:12]}",
        f"  signed by {visible(statement.author, 120)} with {_key(signed)}",
    ]
    rows += [
        f"  approved by {visible(each.address or each.person, 120)} with {_key(each.signed)}"
        for each in found.approvals
    ]
    rows += [
        f"  source tree {statement.tree}",
        f"  issued {statement.issued:%Y-%m-%d %H:%M} UTC, expires {statement.expires:%Y-%m-%d %H:%M} UTC",
        f"  profile {statement.profile}, checklist {checklist}",
        f"  policy and signers from {found.base}" if found.base else "  policy from the commit itself, keys pinned",
    ]
    rows += _decided(found)
    if found.changed_rules:
        rows.append(f"  changes the rules themselves: {', '.join(found.changed_rules)}")
    if found.drifted:
        rows.append(
            f"  {plural(len(found.drifted.changed), 'path')} changed since commit {found.drifted.signed_commit[:12]}, "
            "which was signed; none of them critical"
        )
    if answer.again:
        rows.append(f"  {plural(answer.again.repeated, 'check')} repeated here with the same answer")
        if answer.again.left_out:
            rows.append(f"  not repeated: {', '.join(answer.again.left_out)}")
    if found.not_compared:
        rows.append(f"  signed for, not compared here: {', '.join(found.not_compared)}")
    if found.uncounted:
        rows.append(f"  other signatures that do not count: {visible('; '.join(found.uncounted), 400)}")
    return rows


def _key(signed: Signed) -> str:
    touch = {True: ", with a touch", False: ", without a touch", None: ""}[signed.touched]
    return f"{signed.fingerprint} ({signed.kind}{touch})"


def _decided(found: Verified) -> list[str]:
    rows = []
    for word, items in (("self-waived", found.self_waived), ("waived", found.waived)):
        for each in items:
            if each.said:
                by = f" by {visible(each.said.by, 120)}" if word == "waived" else ""
                rows.append(
                    f"  {word}{by} until {each.said.expires:%Y-%m-%d}: {each.id}: {visible(each.said.words, 200)}"
                )
    attested: dict[str, list[str]] = {}
    for each in found.attested:
        attested.setdefault(each.said.by if each.said else "", []).append(each.id)
    for who, ids in attested.items():
        name = "the author" if who == found.statement.author else visible(who, 120)
        rows.append(f"  attested by {name}: {', '.join(ids)}")
    return rows


def markdown(answer: Answer) -> str:
    """For a job's summary page. Everything from the file stands in a code block, where no markup counts."""
    body = "\n".join(lines(answer)).replace("`", "'")
    sign = "✅" if answer.exit == READY else "❌"
    return f"### {sign} shipworthy: {answer.verdict}\n\n```text\n{body}\n```\n"


def annotation(answer: Answer) -> str:
    """One workflow command for GitHub; its data escaped, so that no text can become a command of its own."""
    if answer.exit == READY:
        return f"::notice title=shipworthy::{_command(lines(answer)[0])}"
    return f"::error title=shipworthy {_command(answer.verdict)}::{_command(chr(10).join(lines(answer)))}"


def _command(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def junit(answer: Answer) -> str:
    """A JUnit report with one case, as GitLab and others show it."""
    text = "\n".join(lines(answer))
    kind = {NOT_READY: "failure", NO_FILE: "failure"}.get(answer.exit, "error")
    failed = answer.exit != READY
    inner = f'<{kind} message="{escape(lines(answer)[0])}">{escape(text)}</{kind}>' if failed else ""
    counts = f'tests="1" failures="{int(failed and kind == "failure")}" errors="{int(failed and kind == "error")}"'
    out = "" if failed else f"<system-out>{escape(text)}</system-out>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites><testsuite name="shipworthy" {counts}>'
        f'<testcase classname="shipworthy" name="verify">{inner}{out}</testcase></testsuite></testsuites>\n'
    )
