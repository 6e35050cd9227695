"""A review of the made-up app without a repository behind it: what its author said, and a re-run that agrees."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from made_up import COMMIT, FINGERPRINT, TODAY

from shipworthy.model import OutcomeKind
from shipworthy.readiness.answered import Reply
from shipworthy.readiness.seen import Claim, Countersign, Head, Machine, Rerun, RerunState, Since, Worth

ADA = "Ada Lovelace <ada@example.org>"
CLAIMS = (
    Claim(
        id="errors-alert-someone",
        title="Someone is alerted on errors",
        kind="waived",
        by=ADA,
        words="Launch is invite-only, ten people, all in one chat.",
        evidence="",
        until=date(2026, 12, 20),
        machine="needs you: no alerting found",
        findings=("errors-alert-someone:5f0c",),
        waits="Counts once a lead accepts it.",
        reply=None,
        remark="",
    ),
    Claim(
        id="backup-restored",
        title="A backup was restored once",
        kind="said",
        by=ADA,
        words="2026-11-18: Restored the nightly dump to staging, logged in.\nThree orders of that day were there.",
        evidence="docs/runbook.md",
        until=date(2027, 2, 16),
        machine="no machine looks at it",
        findings=(),
        waits="",
        reply=None,
        remark="",
    ),
)
MACHINES = (
    Machine("ci-runs-tests", "The pipeline really runs the tests", OutcomeKind.PASS, "ci.yml:14 pytest"),
    Machine("tests-pass", "The test suite exists, runs here and passes", OutcomeKind.PASS, "42 passed"),
    Machine("known-vulns", "No known vulnerability without a plan", OutcomeKind.UNKNOWN, "the data is 40 days old"),
    Machine("debug-routes-off", "Debug routes are off", OutcomeKind.NOT_APPLICABLE, "no debug routes"),
)
SINCE = Since("1 waiver is new · 9 unchanged", ("+ errors-alert-someone is waived", "= 9 unchanged"))
RERUN = Rerun(
    RerunState.AGREES,
    "3 of 3 checks repeated here agree",
    "",
    {"ci-runs-tests": "", "known-vulns": "", "debug-routes-off": ""},
    ("tests-pass",),
)


@dataclass
class MadeUpDesk:
    """Answers are kept in memory; what is signed and committed here is nothing."""

    replies: dict[str, tuple[Reply, str]] = field(default_factory=dict)
    alarms: tuple[str, ...] = ("The policy was changed in this branch too: look at .shipworthy/policy.toml.",)
    today: date = TODAY
    payload: bytes = b'{\n  "_type": "https://in-toto.io/Statement/v1",\n  "verdict": "READY"\n}\n'
    since: Since = SINCE
    rerun: Rerun = RERUN

    @property
    def head(self) -> Head:
        return Head(
            name="todo-app",
            environment="production",
            commit=COMMIT,
            author="ada@example.org",
            fingerprint=FINGERPRINT,
            key_kind="Ed25519",
            listed="listed in allowed_signers of refs/remotes/origin/main since 3 Oct",
            issued=date(2026, 11, 21),
            expires=date(2026, 12, 21),
            missing="1 more approver",
            approved=(),
            alarms=self.alarms,
            remarks=(),
            own="",
        )

    @property
    def claims(self) -> tuple[Claim, ...]:
        answered = (self.replies.get(each.id, (None, "")) for each in CLAIMS)
        return tuple(
            each._replace(reply=reply, remark=remark) for each, (reply, remark) in zip(CLAIMS, answered, strict=True)
        )

    @property
    def machines(self) -> tuple[Machine, ...]:
        return MACHINES

    @property
    def why_not(self) -> str:
        left = sum(each.reply is not Reply.ACCEPTED for each in self.claims)
        return f"{left} of {len(CLAIMS)} claims are not accepted yet." if left else ""

    def accept(self, item: str) -> None:
        self.replies[item] = (Reply.ACCEPTED, "")

    def send_back(self, item: str, remark: str) -> None:
        self.replies[item] = (Reply.SENT_BACK, remark)

    def tell_author(self) -> str:
        return "77e0c1" + "0" * 34

    def again(self) -> Rerun:
        return self.rerun

    def stop(self) -> None: ...

    def plan(self) -> Countersign:
        return Countersign(
            who="Lea Meyer <lea@example.org>",
            key_label="lea-yubikey",
            key_fingerprint=FINGERPRINT,
            key_place="on a security key",
            needs_passphrase=False,
            needs_touch=True,
            resumed=False,
            file=".shipworthy/readiness.production.dsse.json",
            commit_command='git add .shipworthy && git commit -m "Approve the production readiness file"',
        )

    def approve(self, passphrase: str | None = None) -> None: ...

    def commit(self) -> str:
        return "8caf24" + "0" * 34

    def worth(self) -> Worth:
        return Worth(True, "signed by ada@example.org, approved by lea@example.org")
