"""What commands and jobs of CircleCI's well-known orbs run in the end.

Facts from the orbs' own pages in the registry. An orb that is not named here is judged by the words of its name and
inputs, and only to tell "certainly runs no test" from "not known".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shipworthy.facts.pipeline.fact import Kind


@dataclass(frozen=True, slots=True)
class Recipe:
    """A command line with `{parameter}` in it; `defaults` for those not given, `folder`: the one that names a folder.

    `words` says how some values are written on the command line. Where one of `instead` is given, it is run in place of
    the command line, behind the words that stand there.
    """

    run: str
    defaults: Mapping[str, str] = field(default_factory=dict)
    folder: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    instead: Mapping[str, str] = field(default_factory=dict)

    def text(self, given: Mapping[str, str]) -> str:
        """The command line with what was given."""
        for name, before in self.instead.items():
            if given.get(name):
                return before + given[name]
        text = self.run
        for name, default in self.defaults.items():
            value = given.get(name, default)
            text = text.replace("{" + name + "}", self.words.get(value, value))
        return text


Does = Recipe | Kind | None
"""What it runs, or what it is; None where it does nothing that matters here."""

_NODE_TEST = Recipe(
    "{pkg-manager} run {run-command}",
    {"pkg-manager": "npm", "run-command": "test"},
    ("app-dir",),
    {"yarn-berry": "yarn"},
)
_PYTHON_TEST = Recipe(
    "{test-tool} {test-tool-args}",
    {"test-tool": "pytest", "test-tool-args": ""},
    ("app-dir",),
    {"unittest": "python -m unittest"},
)
_CYPRESS = Recipe(
    "npx cypress run",
    folder=("working-directory", "working_directory"),
    instead={"cypress-command": "", "command": ""},
)
_MANAGERS = ("npm", "yarn", "pnpm", "bun")
_IMAGES = ("build-and-push-image", "push-image", "build_and_push_image", "push_image")


def _all(kind: Kind, *names: str) -> dict[str, Does]:
    return dict.fromkeys(names, kind)


ORBS: Mapping[str, Mapping[str, Does]] = {
    "circleci/node": {
        "test": _NODE_TEST,
        "run": Recipe("true", folder=("app-dir",), instead={f"{name}-run": f"{name} run " for name in _MANAGERS}),
    },
    "circleci/python": {"test": _PYTHON_TEST},
    "circleci/ruby": {
        "rspec-test": Recipe("bundle exec rspec", folder=("app-dir",)),
        "rubocop-check": Recipe("bundle exec rubocop", folder=("app-dir",)),
    },
    "cypress-io/cypress": {"run": _CYPRESS, "run-tests": _CYPRESS, "install": None},
    "circleci/go": {"test": Recipe("go test {packages}", {"packages": "./..."}, ("project-path",))},
    "circleci/rust": {
        "test": Recipe("cargo test", folder=("working_directory",)),
        "build": Kind.BUILD,
        "clippy": Kind.LINT,
        "format": Kind.LINT,
    },
    "circleci/maven": {
        "test": Recipe("mvn {command}", {"command": "verify"}, ("app_src_directory",)),
        "run_with_coverage": None,
    },
    "circleci/gradle": {"test": Recipe("./gradlew {test_command}", {"test_command": "test"}, ("app_src_directory",))},
    "circleci/android": {
        "run-tests": Recipe("{test-command}", {"test-command": "./gradlew connectedDebugAndroidTest"}),
        "run-ui-tests": Recipe("{test-command}", {"test-command": "./gradlew connectedDebugAndroidTest"}),
        "start-emulator-and-run-tests": Recipe(
            "{test-command}", {"test-command": "./gradlew connectedDebugAndroidTest"}
        ),
    },
    "circleci/docker": {
        "publish": Kind.PUBLISH,
        "push": Kind.PUBLISH,
        "build": Kind.BUILD,
        "hadolint": Kind.LINT,
        "dockerlint": Kind.LINT,
    },
    "circleci/aws-ecr": {**_all(Kind.PUBLISH, *_IMAGES), **_all(Kind.BUILD, "build-image", "build_image")},
    "circleci/aws-ecs": _all(
        Kind.DEPLOY,
        "deploy-service-update",
        "deploy_service_update",
        "deploy-update-service",
        "deploy_ecs_scheduled_task",
        "deploy-ecs-scheduled-task",
        "update-service",
        "update_service",
        "run-task",
        "run_task",
        "update_bluegreen_service_via_task_def",
        "update_rolling_service_via_task_def",
    ),
    "circleci/aws-s3": _all(Kind.DEPLOY, "sync", "copy"),
    "circleci/aws-eks": _all(
        Kind.DEPLOY, "update-container-image", "create-or-update-resource", "install-helm-chart", "upgrade-helm-chart"
    ),
    "circleci/aws-elastic-beanstalk": _all(Kind.DEPLOY, "deploy"),
    "circleci/aws-code-deploy": _all(Kind.DEPLOY, "deploy", "deploy-bundle", "deploy_bundle"),
    "circleci/aws-cloudformation": _all(Kind.DEPLOY, "deploy"),
    "circleci/aws-sam-serverless": _all(Kind.DEPLOY, "deploy"),
    "circleci/aws-serverless": _all(Kind.DEPLOY, "deploy"),
    "circleci/serverless-framework": _all(Kind.DEPLOY, "deploy"),
    "circleci/heroku": _all(Kind.DEPLOY, "deploy-via-git", "push-docker-image", "release-docker-image"),
    "circleci/kubernetes": _all(Kind.DEPLOY, "create-or-update-resource", "update-container-image"),
    "circleci/helm": _all(
        Kind.DEPLOY, "upgrade-helm-chart", "install-helm-chart", "upgrade_helm_chart", "install_helm_chart"
    ),
    "circleci/gcp-gcr": _all(Kind.PUBLISH, *_IMAGES),
    "circleci/gcp-artifact-registry": _all(Kind.PUBLISH, *_IMAGES),
    "circleci/gcp-gke": _all(Kind.DEPLOY, "publish-and-rollout-image", "rollout-image"),
    "circleci/gcp-cloud-run": _all(Kind.DEPLOY, "deploy"),
    "circleci/gcp-app-engine": _all(Kind.DEPLOY, "deploy"),
    "circleci/azure-acr": _all(Kind.PUBLISH, *_IMAGES),
    "circleci/azure-aks": _all(Kind.DEPLOY, "update-container-image", "create-deployment"),
    "circleci/terraform": {"apply": Kind.DEPLOY, "validate": Kind.LINT, "fmt": Kind.LINT, "plan": None},
    "pulumi/pulumi": _all(Kind.DEPLOY, "update"),
    "circleci/netlify": _all(Kind.DEPLOY, "deploy"),
    "circleci/cloudfoundry": _all(Kind.DEPLOY, "push", "deploy", "domain_push", "blue_green"),
    "circleci/artifactory": _all(Kind.PUBLISH, "upload", "docker-publish"),
    "circleci/npm-publisher": _all(Kind.PUBLISH, "publish-from-package-json"),
    "circleci/orb-tools": {"lint": Kind.LINT, "publish": Kind.PUBLISH, "increment": Kind.PUBLISH},
    "circleci/shellcheck": _all(Kind.LINT, "check"),
    "snyk/snyk": _all(Kind.SCAN, "scan"),
    "sonarsource/sonarcloud": _all(Kind.SCAN, "scan"),
    "ministryofjustice/hmpps": {
        **_all(Kind.DEPLOY, "deploy_env"),
        **_all(Kind.PUBLISH, "build_docker", "build_multiplatform_docker"),
        **_all(Kind.LINT, "helm_lint"),
    },
    "artsy/hokusai": {
        **_all(Kind.DEPLOY, "deploy-staging", "deploy-production"),
        **_all(Kind.PUBLISH, "push"),
    },
    "codecov/codecov": {"upload": None},
    "coveralls/coveralls": {"upload": None},
}
# Orbs that set something up or tell somebody, whatever the name of their command.
QUIET = frozenset(
    {
        "circleci/slack", "circleci/jira", "circleci/aws-cli", "circleci/gcp-cli", "circleci/azure-cli", "circleci/jq",
        "circleci/browser-tools", "circleci/github-cli", "circleci/windows", "circleci/macos", "circleci/build-tools",
        "codecov/codecov", "coveralls/coveralls", "codacy/coverage-reporter", "eddiewebb/queue", "nrwl/nx",
        "circleci/welcome-orb", "threetreeslight/puppeteer", "circleci/envsubst", "circleci/rollbar",
        "paperless/tailscale", "circleci/hello-build",
    }
)  # fmt: skip
CONTINUE = frozenset({"circleci/continuation", "circleci/path-filtering"})
"""Orbs that go on with another configuration."""
