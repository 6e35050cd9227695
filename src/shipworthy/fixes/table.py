"""Which items have a maker, and why the others have none. It imports no maker, so that a screen may ask at any time."""

from __future__ import annotations

from shipworthy.model import Item
from shipworthy.model.form_files import FORM_FILES

# Name of the check -> the module with its maker, `make(desk) -> Fix | NoFix`, loaded when it is needed.
MAKERS: dict[str, str] = {
    "env-files-ignored": "env_files",
    "config-parity": "env_example",
    "update-bot": "update_bot",
    "ci-on-every-change": "workflow",
    "ci-runs-tests": "workflow",
    "ci-hardened": "harden",
    "deploy-gated": "deploy_gate",
    "health-check": "health",
    "debug-surface-closed": "debug",
    "secrets-not-in-tree": "literals",
    "secret-store": "literals",
    "known-vulns": "pins",
}
_NEVER = {
    "deploy-from-pipeline": "who may change production, and with which key, is a team's to decide.",
    "branch-protected": "the rules of a branch are set at your code host, by somebody who may.",
    "codeowners-live": "who owns which files is a team's to decide.",
    "frozen-install": "which command makes the lock binding is told in the remedy; the line stays yours to change.",
    "lint-types-in-ci": "which linter and which rules a team wants is a team's to decide.",
    "review-by-another-human": "no machine can make somebody look.",
    "smoke-test": "what must work after a deploy is a person's to say.",
    "tests-not-skipped": "why a test is switched off is a person's to judge: mend it, or delete it.",
    "lockfile": "a lock is made by your package manager, from its registry; shipworthy calls neither.",
    "tests-pass": "a failing test is a question about the code.",
    "route-inventory": "which routes there should be is a person's to say.",
    "routes-protected": "who may call a route is a person's to say.",
    "secrets-not-in-history": "old commits keep what they hold: replace the key where it was issued, and record that.",
    "no-secret-in-client": "moving a call behind your own server changes how the app works.",
    "secret-scan-gate": "which scan all changes go through is a team's to decide. To guard your own commits now: "
    "shipworthy hook install",
    "key-rotation": "a key is replaced where it was issued. To write down the days: shipworthy form key-inventory",
}


def why_none(item: Item) -> str | None:
    """Why an item can have no fix by machine, whatever its findings; None where it may have one."""
    if item.check is None:
        return "no machine checks this item: only a person can say it."
    if item.check in MAKERS:
        return None
    if item.check in FORM_FILES:
        return f"only a person knows it. Answer its questions: shipworthy form {item.check}"
    return _NEVER.get(item.check, "its fix takes judgement.")
