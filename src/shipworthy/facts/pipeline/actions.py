"""What well-known actions of other repositories do, and which of them run commands that are given to them.

Facts from the actions' own pages. An action that is not named here is judged by the words of its name, and only to tell
"certainly runs no test" from "not known".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shipworthy.facts.pipeline.fact import Kind
from shipworthy.facts.pipeline.values import HOLE, OneOf, Ordinary, Unknown
from shipworthy.facts.pipeline.words import words as _words

# Actions that run the command given in one of these inputs in a shell.
WRAPPERS: Mapping[str, tuple[str, ...]] = {
    "nick-fields/retry": ("command",),
    "nick-invision/retry": ("command",),
    "wandalen/wretry.action": ("command",),
    "gabrielbb/xvfb-action": ("run",),
    "coactions/setup-xvfb": ("run",),
    "smithki/xvfb-action": ("run",),
    "reactivecircus/android-emulator-runner": ("script",),
    "paambaati/codeclimate-action": ("coverageCommand",),
    "addnab/docker-run-action": ("run",),
    "uraimo/run-on-arch-action": ("run",),
    "vmactions/freebsd-vm": ("run",),
    "pyvista/setup-headless-display-action": (),
    "devcontainers/ci": ("runCmd",),
    "jetify-com/devbox-install-action": (),
    "workleap/wl-setup": (),
    "mujo-code/puppeteer-headful": ("args",),
}
# Actions that are a program whose arguments are given in an input.
PROGRAMS: Mapping[str, tuple[str, str]] = {
    "borales/actions-yarn": ("yarn", "cmd"),
    "actions-rs/cargo": ("cargo", "command"),
    "actions-rs/tarpaulin": ("cargo tarpaulin", "args"),
    "gradle/gradle-build-action": ("gradle", "arguments"),
    "gradle/gradle-command-action": ("gradle", "arguments"),
    "burrunan/gradle-cache-action": ("gradle", "arguments"),
    "eskatos/gradle-command-action": ("gradle", "arguments"),
    "superfly/flyctl-actions": ("flyctl", "args"),
    "superfly/flyctl-actions/setup-flyctl": ("true", "args"),
    "cloudflare/wrangler-action": ("wrangler", "command"),
    "expo/expo-github-action": ("true", "command"),
    "serverless/github-action": ("serverless", "args"),
    "pulumi/actions": ("pulumi", "command"),
    "goreleaser/goreleaser-action": ("goreleaser", "args"),
    "w9jds/firebase-action": ("firebase", "args"),
    "cloud-gov/cg-cli-tools": ("cf", "command"),
    "helmfile/helmfile-action": ("helmfile", "helmfile-args"),
    "mikefarah/yq": ("", "cmd"),
    "maierj/fastlane-action": ("fastlane", "lane"),
    "yukiarrr/fastlane-action": ("fastlane", "lane"),
    "actions-hub/kubectl": ("kubectl", "args"),
    "steebchen/kubectl": ("kubectl", "args"),
    "actions-hub/gcloud": ("", "args"),
    "netlify/actions/cli": ("netlify", "args"),
    "ruby/setup-ruby": ("true", ""),
    "php-actions/composer": ("composer", "command"),
    "go-task/setup-task": ("true", ""),
}
KINDS: Mapping[str, Kind] = {
    "cypress-io/github-action": Kind.TEST,
    "julia-actions/julia-runtest": Kind.TEST,
    "artiomtr/jest-coverage-report-action": Kind.TEST,
    "php-actions/phpunit": Kind.TEST,
    "r-lib/actions/check-r-package": Kind.TEST,
    "chromaui/action": Kind.TEST,
    "robotframework/robotframework-action": Kind.TEST,
    "robherley/go-test-action": Kind.TEST,
    "helm/chart-testing-action": Kind.LINT,
    "pre-commit/action": Kind.LINT,
    "tox-dev/action-pre-commit-uv": Kind.LINT,
    "j178/prek-action": Kind.LINT,
    "astral-sh/ruff-action": Kind.LINT,
    "chartboost/ruff-action": Kind.LINT,
    "psf/black": Kind.LINT,
    "rickstaa/action-black": Kind.LINT,
    "isort/isort-action": Kind.LINT,
    "py-actions/flake8": Kind.LINT,
    "github/super-linter": Kind.LINT,
    "super-linter/super-linter": Kind.LINT,
    "oxsecurity/megalinter": Kind.LINT,
    "golangci/golangci-lint-action": Kind.LINT,
    "biomejs/setup-biome": Kind.LINT,
    "wearerequired/lint-action": Kind.LINT,
    "hadolint/hadolint-action": Kind.LINT,
    "ludeeus/action-shellcheck": Kind.LINT,
    "crate-ci/typos": Kind.LINT,
    "codespell-project/actions-codespell": Kind.LINT,
    "davidanson/markdownlint-cli2-action": Kind.LINT,
    "rhysd/actionlint": Kind.LINT,
    "trunk-io/trunk-action": Kind.LINT,
    "autofix-ci/action": Kind.LINT,
    "jakebailey/pyright-action": Kind.TYPES,
    "github/codeql-action/analyze": Kind.SCAN,
    "aquasecurity/trivy-action": Kind.SCAN,
    "anchore/scan-action": Kind.SCAN,
    "snyk/actions": Kind.SCAN,
    "gitleaks/gitleaks-action": Kind.SCAN,
    "trufflesecurity/trufflehog": Kind.SCAN,
    "ossf/scorecard-action": Kind.SCAN,
    "actions/dependency-review-action": Kind.SCAN,
    "returntocorp/semgrep-action": Kind.SCAN,
    "semgrep/semgrep-action": Kind.SCAN,
    "pypa/gh-action-pip-audit": Kind.SCAN,
    "pyupio/safety-action": Kind.SCAN,
    "bridgecrewio/checkov-action": Kind.SCAN,
    "aquasecurity/tfsec-action": Kind.SCAN,
    "zizmorcore/zizmor-action": Kind.SCAN,
    "google/osv-scanner-action": Kind.SCAN,
    "google/osv-scanner-action/osv-scanner-action": Kind.SCAN,
    "sonarsource/sonarcloud-github-action": Kind.SCAN,
    "sonarsource/sonarqube-scan-action": Kind.SCAN,
    "gitguardian/ggshield-action": Kind.SCAN,
    "securego/gosec": Kind.SCAN,
    "rustsec/audit-check": Kind.SCAN,
    "actions-rs/audit-check": Kind.SCAN,
    "embarkstudios/cargo-deny-action": Kind.SCAN,
    "shiftleftsecurity/scan-action": Kind.SCAN,
    "zaproxy/action-baseline": Kind.SCAN,
    "docker/scout-action": Kind.SCAN,
    "pypa/cibuildwheel": Kind.BUILD,
    "docker/build-push-action": Kind.BUILD,
    "docker/bake-action": Kind.BUILD,
    "helm/kind-action": Kind.LOCAL,
    "medyagh/setup-minikube": Kind.LOCAL,
    "manusa/actions-setup-minikube": Kind.LOCAL,
    "engineerd/setup-kind": Kind.LOCAL,
    "container-tools/kind-action": Kind.LOCAL,
    "absaoss/k3d-action": Kind.LOCAL,
    "nolar/setup-k3d-k3s": Kind.LOCAL,
    "jupyterhub/action-k3s-helm": Kind.LOCAL,
    "stefanzweifel/git-auto-commit-action": Kind.PUSH,
    "endbug/add-and-commit": Kind.PUSH,
    "ad-m/github-push-action": Kind.PUSH,
    "fjogeleit/yaml-update-action": Kind.DEPLOY,
    "depot/build-push-action": Kind.BUILD,
    "useblacksmith/build-push-action": Kind.BUILD,
    "actions/deploy-pages": Kind.DEPLOY,
    "peaceiris/actions-gh-pages": Kind.DEPLOY,
    "jamesives/github-pages-deploy-action": Kind.DEPLOY,
    "crazy-max/ghaction-github-pages": Kind.DEPLOY,
    "appleboy/ssh-action": Kind.DEPLOY,
    "appleboy/scp-action": Kind.DEPLOY,
    "easingthemes/ssh-deploy": Kind.DEPLOY,
    "burnett01/rsync-deployments": Kind.DEPLOY,
    "samkirkland/ftp-deploy-action": Kind.DEPLOY,
    "amondnet/vercel-action": Kind.DEPLOY,
    "nwtgck/actions-netlify": Kind.DEPLOY,
    "south-paw/action-netlify-deploy": Kind.DEPLOY,
    "cloudflare/pages-action": Kind.DEPLOY,
    "akhileshns/heroku-deploy": Kind.DEPLOY,
    "firebaseextended/action-hosting-deploy": Kind.DEPLOY,
    "azure/webapps-deploy": Kind.DEPLOY,
    "azure/functions-action": Kind.DEPLOY,
    "azure/static-web-apps-deploy": Kind.DEPLOY,
    "azure/container-apps-deploy-action": Kind.DEPLOY,
    "azure/k8s-deploy": Kind.DEPLOY,
    "aws-actions/amazon-ecs-deploy-task-definition": Kind.DEPLOY,
    "aws-actions/aws-cloudformation-github-deploy": Kind.DEPLOY,
    "einaregilsson/beanstalk-deploy": Kind.DEPLOY,
    "jakejarvis/s3-sync-action": Kind.DEPLOY,
    "google-github-actions/deploy-cloudrun": Kind.DEPLOY,
    "google-github-actions/deploy-appengine": Kind.DEPLOY,
    "google-github-actions/deploy-cloud-functions": Kind.DEPLOY,
    "digitalocean/app_action": Kind.DEPLOY,
    "digitalocean/app_action/deploy": Kind.DEPLOY,
    "bervproject/railway-deploy": Kind.DEPLOY,
    "johnbeynon/render-deploy-action": Kind.DEPLOY,
    "dawidd6/action-ansible-playbook": Kind.DEPLOY,
    "caprover/deploy-from-github": Kind.DEPLOY,
    "denoland/deployctl": Kind.DEPLOY,
    "aws-actions/aws-lambda-deploy": Kind.DEPLOY,
    "appleboy/lambda-action": Kind.DEPLOY,
    "azure/appservice-deploy": Kind.DEPLOY,
    "azure/arm-deploy": Kind.DEPLOY,
    "azure/aci-deploy": Kind.DEPLOY,
    "google-github-actions/create-cloud-deploy-release": Kind.DEPLOY,
    "garygrossgarten/github-action-ssh": Kind.DEPLOY,
    "fifsky/ssh-action": Kind.DEPLOY,
    "cross-the-world/ssh-pipeline": Kind.DEPLOY,
    "cross-the-world/scp-pipeline": Kind.DEPLOY,
    "garygrossgarten/github-action-scp": Kind.DEPLOY,
    "easingthemes/rsync-deployments": Kind.DEPLOY,
    "contention/rsync-deployments": Kind.DEPLOY,
    "wlixcc/sftp-deploy-action": Kind.DEPLOY,
    "sebastianpopp/ftp-action": Kind.DEPLOY,
    "dokku/github-action": Kind.DEPLOY,
    "deployphp/action": Kind.DEPLOY,
    "clevercloud/clever-deploy-action": Kind.DEPLOY,
    "koyeb/action-git-deploy": Kind.DEPLOY,
    "wpengine/github-action-wpe-site-deploy": Kind.DEPLOY,
    "10up/action-wordpress-plugin-deploy": Kind.PUBLISH,
    "r0adkll/upload-google-play": Kind.PUBLISH,
    "apple-actions/upload-testflight-build": Kind.PUBLISH,
    "wzieba/firebase-distribution-github-action": Kind.PUBLISH,
    "mnao305/chrome-extension-upload": Kind.PUBLISH,
    "plasmohq/bpp": Kind.PUBLISH,
    "rubygems/release-gem": Kind.PUBLISH,
    "rotki/action-gh-release": Kind.PUBLISH,
    "shogo82148/actions-create-release": Kind.PUBLISH,
    "shogo82148/actions-upload-release-asset": Kind.PUBLISH,
    "wangyoucao577/go-release-action": Kind.PUBLISH,
    "taiki-e/upload-rust-binary-action": Kind.PUBLISH,
    "akhilerm/tag-push-action": Kind.PUBLISH,
    "snapcore/action-publish": Kind.PUBLISH,
    "redhat-actions/push-to-registry": Kind.PUBLISH,
    "macbre/push-to-ghcr": Kind.PUBLISH,
    "pypa/gh-action-pypi-publish": Kind.PUBLISH,
    "js-devtools/npm-publish": Kind.PUBLISH,
    "changesets/action": Kind.PUBLISH,
    "cycjimmy/semantic-release-action": Kind.PUBLISH,
    "codfish/semantic-release-action": Kind.PUBLISH,
    "python-semantic-release/python-semantic-release": Kind.PUBLISH,
    "softprops/action-gh-release": Kind.PUBLISH,
    "ncipollo/release-action": Kind.PUBLISH,
    "actions/create-release": Kind.PUBLISH,
    "actions/upload-release-asset": Kind.PUBLISH,
    "svenstaro/upload-release-action": Kind.PUBLISH,
    "marvinpinto/action-automatic-releases": Kind.PUBLISH,
    "haaleo/publish-vscode-extension": Kind.PUBLISH,
    "tauri-apps/tauri-action": Kind.BUILD,
    "samuelmeuli/action-electron-builder": Kind.BUILD,
    "helm/chart-releaser-action": Kind.PUBLISH,
    "katyo/publish-crates": Kind.PUBLISH,
    "elgohr/publish-docker-github-action": Kind.PUBLISH,
    "mr-smithers-excellent/docker-build-push": Kind.PUBLISH,
    "renovatebot/github-action": Kind.UPDATE,
}
_HARMLESS_OWNERS = _words(
    "actions docker github codecov coverallsapp aws-actions azure google-github-actions hashicorp azure-actions pypa "
    "astral-sh pnpm oven-sh denoland dtolnay actions-rs actions-rust-lang swatinem shivammathur ruby gradle "
    "codeclimate sigstore anchore step-security slackapi sonarsource deepsource"
)
_HARMLESS = re.compile(
    r"setup|install|cache|checkout|label|comment|upload|download|artifact|report|notif|slack|discord|telegram|mail|lint|"
    r"format|stale|release|deploy|publish|login|auth|version|semver|semantic|changelog|\bcla\b|assign|merge|codeql|sonar|"
    r"scan|audit|badge|coverage|codecov|paths?-filter|changed|changes|cancel|skip|free-disk|disk-space|tmate|summary|"
    r"lighthouse|size|bundle|spell|typo|links?\b|toolchain|matrix|secret|ssh|push|commit|pull-request|create-pr|backport|"
    r"issue|project|release-drafter|sbom|sign|attest|toc|readme|translate|crowdin|sync|mirror|tag|docs?\b|pages|welcome|"
    r"first-interaction|lock-threads|claude|codex|copilot|review|cleanup|clean|delete|docker|image|metadata|get-|read|json|"
    r"yaml|env|variable|wait|sleep|qemu|buildx|terraform|kube|helm|aws|gcp|azure|vault|swap|timezone|locale|apt|brew|choco",
    re.I,
)


def name_of(uses: str) -> str:
    """The action's name in lower case, without its version ("owner/name" or "owner/name/folder")."""
    return uses.partition("@")[0].strip().lower()


_IMAGES = (
    "docker/build-push-action",
    "docker/bake-action",
    "depot/build-push-action",
    "useblacksmith/build-push-action",
)
_LOCAL_REGISTRY = re.compile(r"^\s*(localhost|127\.0\.0\.1)[:/]")
_REHEARSAL = re.compile(r"\btest\.?pypi\b", re.I)
_BY_NAME = re.compile(r"(^|-)(deploy|redeploy|publish|deployer|publisher)(-|$)", re.I)
_BUILDS_AND_PUSHES = re.compile(r"build-(and-)?push|docker-(publish|bake)|push-to-(dockerhub|ghcr|ecr|registry)", re.I)
_NOT_BY_NAME = re.compile(
    r"test|result|report|status|comment|preview-url|delete|remove|label|wait|setup|install|key|draft|notif|slack|msg|"
    r"message|lint|plan\b|check|create-deployment|list|cancel|clean|size|badge|artifact|environment|get-|coverage|"
    r"changelog|version|unpublish|cache|finish|start|await|validate|require|log\b|sarif|summary|trello",
    re.I,
)
WAITING = frozenset(
    {
        "lewagon/wait-on-check-action", "poseidon/wait-for-status-checks", "fountainhead/action-wait-for-check",
        "kachick/wait-other-jobs", "int128/wait-for-workflows-action", "wechuli/allcheckspassed",
        "upsidr/merge-gatekeeper", "yogeshlonkar/wait-for-jobs", "jitterbit/await-check-suites",
        "ahmadnassri/action-workflow-run-wait", "convictional/trigger-workflow-and-wait",
        "softprops/turnstyle", "worryfree/wait-for-checks", "bugthesystem/wait-for-checks",
    }
)  # fmt: skip
"""Actions that wait for other jobs or checks: which ones, and what of them, is set where this is not followed."""


def _flag(value: Any) -> str:
    """A yes-or-no input as text; "?" where it is not known here."""
    if isinstance(value, (Unknown, Ordinary, OneOf)):
        return "?"
    return "" if value is None else str(value).strip().lower()


def _image(given: Mapping[str, Any]) -> Kind:
    outputs = str(given.get("outputs", "")) + str(given.get("set", ""))
    asked = [_flag(value) for key, value in given.items() if key.startswith("push") and "cache" not in key]
    pushed = any(each not in ("", "false") for each in asked) or "push=true" in outputs or "type=registry" in outputs
    names = re.split(r"[\n,]", str(given.get("tags", "")))
    here = any(each.strip() for each in names) and all(_LOCAL_REGISTRY.match(each) for each in names if each.strip())
    return Kind.PUBLISH if pushed and not here else Kind.BUILD


def kind_of(name: str, given: Mapping[str, Any]) -> Kind | None:
    """What a known action does with these inputs; None where it does none of the kinds."""
    if name in _IMAGES:
        return _image(given)
    if name == "chromaui/action":
        return Kind.TEST if str(given.get("exitZeroOnChanges", "")).lower() == "false" else None
    if name == "cypress-io/github-action":
        return Kind.BUILD if str(given.get("runTests", "")).lower() == "false" else Kind.TEST
    if name == "changesets/action":
        return Kind.PUBLISH if given.get("publish") else None
    if name.startswith("snyk/actions") and not name.endswith("setup"):
        return Kind.SCAN
    if name == "tauri-apps/tauri-action":
        return Kind.PUBLISH if given.get("tagName") or given.get("releaseId") else Kind.BUILD
    if name == "samuelmeuli/action-electron-builder":
        return Kind.PUBLISH if _flag(given.get("release", "")) not in ("", "false") else Kind.BUILD
    if name == "pypa/gh-action-pypi-publish":
        place = str(given.get("repository-url", given.get("repository_url", "")))
        return Kind.BUILD if _REHEARSAL.search(place) else Kind.PUBLISH
    if name in ("cycjimmy/semantic-release-action", "codfish/semantic-release-action", "js-devtools/npm-publish"):
        dry = given.get("dry_run", given.get("dry-run", given.get("dryRun", "")))
        return Kind.BUILD if _flag(dry) == "true" else Kind.PUBLISH
    return KINDS.get(name) or _kind_by_name(name, given)


def _kind_by_name(name: str, given: Mapping[str, Any]) -> Kind | None:
    """DEPLOY for an action of somebody else whose own name says that it deploys or publishes."""
    last = name.rpartition("/")[2]
    if _BUILDS_AND_PUSHES.search(last):
        return _image(given)
    said = name.count("/") and not name.startswith("actions/") and _BY_NAME.search(last)
    return Kind.DEPLOY if said and not _NOT_BY_NAME.search(last) else None


def is_known(name: str) -> bool:
    """Whether what the action does depends on more than its name, or is in the tables."""
    tables = (WRAPPERS, PROGRAMS, KINDS, WAITING)
    if _kind_by_name(name, {}) is not None:
        return True
    return (
        any(name in table for table in tables) or name in ("actions/checkout", "pypa/cibuildwheel") or "snyk/" in name
    )


def is_harmless(uses: str) -> bool:
    """Whether an action that is not known here certainly runs no test, by its owner or the words of its name."""
    name = name_of(uses)
    if HOLE in name:
        return False
    return name.split("/")[0] in _HARMLESS_OWNERS or bool(_HARMLESS.search(name))
