"""The judges, grouped by area: one small module per item. To add one: ARCHITECTURE.md, "Add a check"."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shipworthy.checks.base import Check, CheckContext

__all__ = ["BUILT_IN", "Check", "CheckContext", "check_named"]

# Name of the check -> where it lives. Imported when it is first needed: a check costs nothing until it runs.
BUILT_IN: dict[str, str] = {
    "ci-on-every-change": "pipeline.ci_on_every_change:CiOnEveryChange",
    "ci-runs-tests": "pipeline.ci_runs_tests:CiRunsTests",
    "deploy-gated": "pipeline.deploy_gated:DeployGated",
    "deploy-from-pipeline": "pipeline.deploy_from_pipeline:DeployFromPipeline",
    "branch-protected": "pipeline.branch_protected:BranchProtected",
    "review-by-another-human": "pipeline.review_by_another_human:ReviewByAnotherHuman",
    "codeowners-live": "pipeline.codeowners_live:CodeownersLive",
    "ci-hardened": "pipeline.ci_hardened:CiHardened",
    "lint-types-in-ci": "pipeline.lint_types_in_ci:LintTypesInCi",
    "tests-pass": "tests.tests_pass:TestsPass",
    "tests-not-skipped": "tests.tests_not_skipped:TestsNotSkipped",
    "smoke-test": "tests.smoke_test:SmokeTest",
    "secrets-not-in-tree": "secrets.secrets_not_in_tree:SecretsNotInTree",
    "secrets-not-in-history": "secrets.secrets_not_in_history:SecretsNotInHistory",
    "env-files-ignored": "secrets.env_files_ignored:EnvFilesIgnored",
    "no-secret-in-client": "secrets.no_secret_in_client:NoSecretInClient",
    "secret-store": "secrets.secret_store:SecretStore",
    "secret-scan-gate": "secrets.secret_scan_gate:SecretScanGate",
    "lockfile": "dependencies.lockfile:Lockfile",
    "frozen-install": "dependencies.frozen_install:FrozenInstall",
    "known-vulns": "dependencies.known_vulns:KnownVulns",
    "update-bot": "dependencies.update_bot:UpdateBot",
    "route-inventory": "access.route_inventory:RouteInventory",
    "routes-protected": "access.routes_protected:RoutesProtected",
    "debug-surface-closed": "access.debug_surface_closed:DebugSurfaceClosed",
    "health-check": "signals.health_check:HealthCheck",
    "config-parity": "release.config_parity:ConfigParity",
    "threat-model": "forms.threat_model:ThreatModel",
    "third-party-inventory": "forms.third_party_inventory:ThirdPartyInventory",
    "key-inventory": "forms.key_inventory:KeyInventory",
    "key-rotation": "forms.key_rotation:KeyRotation",
    "alert-reaches-human": "forms.alert_reaches_human:AlertReachesHuman",
    "spend-alert": "forms.spend_alert:SpendAlert",
    "backup-restored": "forms.backup_restored:BackupRestored",
    "rollback-rehearsed": "forms.rollback_rehearsed:RollbackRehearsed",
    "incident-plan": "forms.incident_plan:IncidentPlan",
}


def __getattr__(name: str) -> Any:
    # The names of the checks are needed before the first picture of the coach; what a check is made of is not.
    if name in ("Check", "CheckContext"):
        return getattr(import_module("shipworthy.checks.base"), name)
    raise AttributeError(name)


def check_named(name: str) -> Check:
    """The built-in check of this name. Raises KeyError for another name."""
    module, _, cls = BUILT_IN[name].partition(":")
    found = getattr(import_module(f"shipworthy.checks.{module}"), cls)
    check: Check = found()
    return check
