"""A made-up app: its checklist, what a machine says of it, and what a person said, on a fixed day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from shipworthy.model import (
    Area,
    Checklist,
    Component,
    ComponentKind,
    Confidence,
    Decides,
    Decision,
    DecisionKind,
    Excerpt,
    Finding,
    Item,
    Level,
    Location,
    Outcome,
    Risk,
    Severity,
)

TODAY = date(2026, 11, 22)
COMMIT = "4f2a91c0d3b7e6a59f8814c2d0e7b6a3c9f1e254"
FINGERPRINT = "SHA256:kX3vQm0Yb8J5tq1uZr6cWn2sDfGhLpAe9iVxTo4Ry7U"
# Put together here, so that no file of this repository holds anything shaped like a key.
MASKED = "sk_" + "live_" + "•" * 8 + "c9"


def an_item(id: str, area: str, title: str, failing: str = "", **changes: object) -> Item:
    """An item with everything that a test does not care about filled in."""
    known: dict[str, object] = {
        "why": "It fails quietly, and often too late.",
        "fix": ("Change it.", "Commit it."),
        "decides": Decides.MACHINE,
        "attest": "",
        "not_applicable": "",
        "references": (),
        "profiles": {"solo": Level.REQUIRED},
        "risk": Risk.HIGH,
        "minutes": 10,
        "check": id,
    }
    return Item(id=id, area=area, title=title, failing_title=failing or f"Not so: {title}", **(known | changes))  # type: ignore[arg-type]  # the defaults above have the right types


_SUGGESTED = {"profiles": {"solo": Level.SUGGESTED}}
_OPTIONAL = {"profiles": {"solo": Level.OPTIONAL}}

ITEMS = (
    an_item(
        "ci-runs-tests",
        "pipeline",
        "The pipeline really runs the tests, and they can fail it",
        why="A green tick from a job that only installs or lints is the most common false comfort.",
        references=("OSPS-QA-06.01", "SSDF PW.8"),
    ),
    an_item(
        "deploy-gated",
        "pipeline",
        "Nothing is deployed unless the tests passed first",
        "The deploy does not wait for the tests",
        why="A deploy job that starts beside the tests ships the broken build before the tests turn red.",
        fix=(
            "Put the deploy job into the same workflow as the tests.",
            "Give it `needs: [test]`.",
            "Push, and watch the deploy wait.",
        ),
        minutes=20,
    ),
    an_item("branch-protected", "pipeline", "The main branch refuses direct and forced pushes", **_SUGGESTED),
    an_item("ci-hardened", "pipeline", "The pipeline cannot be used against you", **_SUGGESTED),
    an_item("lint-types-in-ci", "pipeline", "Linter and type checker run on every change", **_OPTIONAL),
    an_item(
        "tests-pass",
        "tests",
        "The test suite exists, runs here and passes",
        why="“It works” by hand is not repeatable.",
    ),
    an_item(
        "authz-negative-tests",
        "tests",
        "Tests prove that strangers are refused",
        decides=Decides.BOTH,
        attest="Every route that writes has a test in which a stranger is refused.",
        why="Generated tests follow the happy path; the missing 401 test is why the open route is never seen.",
    ),
    an_item("tests-catch-faults", "tests", "Tests notice when the code is broken on purpose", **_SUGGESTED),
    an_item(
        "secrets-not-in-tree",
        "secrets",
        "No live-looking secret in the files",
        "A live-looking secret is in the files",
        why="Anyone who can read this repository can charge your customers' cards. "
        "Git keeps the key after you delete the line.",
        fix=(
            "Revoke the key at Stripe. Do this first.",
            "Put the new key into your host's secret store.",
            'In app/settings.py, read it: STRIPE_KEY = os.environ["STRIPE_KEY"].',
        ),
        risk=Risk.CRITICAL,
        references=("ASVS 13.3.1", "CWE-798"),
    ),
    an_item("env-files-ignored", "secrets", "Local secret files cannot be committed or shipped"),
    an_item("secret-store", "secrets", "Production secrets live in a managed store", **_OPTIONAL),
    an_item("lockfile", "dependencies", "Exact dependency versions are committed"),
    an_item("known-vulns", "dependencies", "No dependency has a known vulnerability", minutes=30),
    an_item(
        "write-routes-need-login",
        "access",
        "Every route that writes needs a login",
        "Routes that write are open to strangers",
        why="An open write route lets anyone change or delete your users' data.",
        fix=("Add `@login_required` to each route listed.", "Or list it as public on purpose, with a reason."),
        risk=Risk.CRITICAL,
        minutes=45,
    ),
    an_item("debug-routes-off", "access", "Debug pages and admin tools are off in production"),
    an_item(
        "backup-restored",
        "operations",
        "A backup was restored once",
        decides=Decides.PERSON,
        check=None,
        attest="I restored a backup of this app's data, and it worked.",
        not_applicable="The app keeps no data of its own.",
        why="A backup nobody restored is a hope.",
        fix=("Restore the newest backup to a scratch database.", "Log in and look for yesterday's data."),
        minutes=60,
    ),
    an_item(
        "errors-alert-someone",
        "operations",
        "Someone is alerted on errors",
        decides=Decides.BOTH,
        check="errors-alert-someone",
        attest="An error in production reaches a person within an hour.",
    ),
)

CHECKLIST = Checklist(
    name="production",
    version="1.2",
    title="Production readiness",
    areas=(
        Area(id="pipeline", title="Pipeline and review"),
        Area(id="tests", title="Tests"),
        Area(id="secrets", title="Secrets"),
        Area(id="dependencies", title="Dependencies"),
        Area(id="access", title="Access and routes"),
        Area(id="operations", title="Operations"),
    ),
    items=ITEMS,
    digest="9c1e" + "0" * 56 + "0f04",
)

COMPONENT = Component(root=".", kind=ComponentKind.SERVICE, languages=("python",), frameworks=("flask",))
COMPONENTS = (
    Component(root="api", kind=ComponentKind.SERVICE, languages=("python",), frameworks=("fastapi",)),
    Component(root="web", kind=ComponentKind.SITE, languages=("typescript",), frameworks=("next",)),
)


def a_finding(
    path: str | None, line: int | None, message: str, first: int = 1, lines: tuple[str, ...] = (), **changes: object
) -> Finding:
    """A finding with an excerpt."""
    found = Finding.at(Location(path=path, line=line), "fake", message, anchor=message, **changes)  # type: ignore[arg-type]  # passed on as they are
    return replace(found, excerpt=Excerpt(first=first, lines=lines)) if lines else found


SECRET = a_finding(
    "app/settings.py",
    12,
    "A Stripe key for real payments is written in this file.",
    10,
    ("DEBUG = False", "", f'STRIPE_KEY = "{MASKED}"', 'ALLOWED_HOSTS = ["*"]', "DATABASES = load_databases()"),
    severity=Severity.CRITICAL,
    remedy="Revoke it at Stripe first; then read it from the environment.",
)
SECRET_2 = a_finding(
    "web/src/pay.ts",
    3,
    "The same Stripe key is shipped to the browser.",
    1,
    (
        'import { loadStripe } from "@stripe/stripe-js";',
        "",
        f'const key = "{MASKED}";',
        "export const pay = loadStripe(key);",
    ),
    severity=Severity.CRITICAL,
    confidence=Confidence.LIKELY,
    remedy="Use the publishable key here.",
)
DEPLOY = a_finding(
    ".github/workflows/deploy.yml",
    9,
    "This job deploys on every push, whether or not the tests pass.",
    7,
    ("", "jobs:", "  deploy:", "    runs-on: ubuntu-latest", "    steps:", "      - run: flyctl deploy"),
    remedy="Add `needs: [test]` to the job.",
)
ROUTES = tuple(
    a_finding(
        "api.py",
        line,
        f"{method} {path} changes data and asks for no login.",
        line - 1,
        (f'@app.route("{path}", methods=["{method}"])', f"def {name}(todo_id):", "    db.execute(...)"),
        remedy="Put `@login_required` above it.",
    )
    for line, method, path, name in (
        (77, "DELETE", "/todos/<id>", "delete_todo"),
        (91, "POST", "/todos/<id>/share", "share_todo"),
        (120, "POST", "/admin/import", "import_todos"),
    )
)

OUTCOMES: Mapping[str, Outcome] = {
    "ci-runs-tests": Outcome.passed("ci.yml:14 pytest", ["ci.yml:14 runs `python -m pytest` on push and pull_request"]),
    "deploy-gated": Outcome.failed("deploy.yml:9 waits for nothing", [DEPLOY], ["2 workflows"]),
    "branch-protected": Outcome.unknown("no access to the host's settings"),
    "ci-hardened": Outcome.passed("every action pinned", ["6 actions pinned by hash"]),
    "lint-types-in-ci": Outcome.failed("no linter runs", [a_finding(None, None, "No job runs a linter.")]),
    "tests-pass": Outcome.passed("42 passed", ["python -m pytest: 42 passed in 3.1 s"]),
    "authz-negative-tests": Outcome.needs_you(
        "3 of 9 write routes have one",
        [a_finding("tests/test_api.py", 31, "Six routes that write have no test with a stranger.")],
        ["tests/test_api.py", "9 write routes"],
    ),
    "tests-catch-faults": Outcome.needs_you("not run yet", [a_finding(None, None, "The spot check has not run.")]),
    "secrets-not-in-tree": Outcome.failed("2 live keys", [SECRET, SECRET_2], ["412 files", "96 kinds of secrets"]),
    "env-files-ignored": Outcome.passed(".env is ignored", [".gitignore:3 .env", ".dockerignore:1 .env"]),
    "secret-store": Outcome.unknown("nothing names one"),
    "lockfile": Outcome.passed("uv.lock", ["uv.lock: 38 packages, all with hashes"]),
    "known-vulns": Outcome.unknown("the advisory data is 40 days old", looked_at=["uv.lock"]),
    "write-routes-need-login": Outcome.failed("3 open routes", ROUTES, ["14 routes in api.py"]),
    "debug-routes-off": Outcome.not_applicable("no debug routes", ["14 routes in api.py, none of them a debug page"]),
    "errors-alert-someone": Outcome.needs_you(
        "no alerting found", [a_finding(None, None, "No error reporting is set up.")]
    ),
}
"""What the machine says of the made-up app."""

ALL_GOOD: Mapping[str, Outcome] = {
    **OUTCOMES,
    "deploy-gated": Outcome.passed("deploy.yml:9 needs test", ["deploy.yml:9 needs: [test]"]),
    "secrets-not-in-tree": Outcome.passed("412 files, no finding", ["412 files"]),
    "known-vulns": Outcome.passed("38 packages, none", ["uv.lock: 38 packages"]),
    "write-routes-need-login": Outcome.passed("9 of 9 protected", ["14 routes in api.py"]),
}
"""The same once everything a machine can see is fixed."""

WAIVED = Decision(
    item="errors-alert-someone",
    kind=DecisionKind.WAIVED,
    by="Ada Lovelace <ada@example.org>",
    at=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
    reason="Launch is invite-only, ten people, all in one chat.",
    expires=date(2026, 12, 20),
    findings=tuple(each.fingerprint for each in OUTCOMES["errors-alert-someone"].findings),
)
EXPIRED = replace(
    WAIVED, item="backup-restored", kind=DecisionKind.ATTESTED, expires=date(2026, 11, 1), findings=(), reason="I did."
)


def an_attestation(item: str, reason: str) -> Decision:
    """What a person said on 18 November for three months."""
    return Decision(
        item=item,
        kind=DecisionKind.ATTESTED,
        by="Ada Lovelace <ada@example.org>",
        at=datetime(2026, 11, 18, tzinfo=UTC),
        reason=reason,
        evidence="docs/runbook.md",
        expires=date(2027, 2, 16),
        findings=tuple(each.fingerprint for each in OUTCOMES[item].findings) if item in OUTCOMES else (),
    )


DECIDED = {
    WAIVED.item: WAIVED,
    "backup-restored": an_attestation("backup-restored", "Restored the nightly dump to staging, logged in."),
    "authz-negative-tests": an_attestation("authz-negative-tests", "Tested the other six routes by hand."),
}
"""Everything a person has to say about the made-up app."""
