"""What the pipes of Bitbucket do: ready-made parts of a step, written as `pipe: owner/name:version`.

The reader puts each into its script as a command of its own, so that it stands where it runs. Facts from the pipes' own
pages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from shipworthy.facts.pipeline.fact import Kind
from shipworthy.facts.pipeline.neutral import could_test
from shipworthy.facts.pipeline.resolve import Frame, Resolver
from shipworthy.facts.pipeline.words import words as _words

PROGRAM = "bitbucket-pipe"
"""Name under which a pipe stands in a script; no real program has it."""
_OWNERS = ("atlassian/", "microsoft/")
_DEPLOY = _words(
    """
    atlassian/aws-eks-kubectl-run atlassian/kubectl-run atlassian/google-gke-kubectl-run atlassian/azure-aks-deploy
    atlassian/azure-aks-helm-deploy atlassian/ssh-run atlassian/aws-elasticbeanstalk-run atlassian/firebase-deploy
    atlassian/azure-vm-linux-script-deploy atlassian/pulumi-run pulumi/pulumi-bitbucket-pipe
    atlassian/google-cloud-storage-deploy atlassian/rsync-deploy atlassian/heroku-deploy
    digitalocean/app-platform-deploy sparetimecoders/bitbucket-kubectl
    wpengine/wpengine-deploy platformsh/platformsh-deploy
    """
)
_PUBLISH = _words(
    """
    atlassian/aws-ecr-push-image atlassian/npm-publish atlassian/pypi-publish
    atlassian/google-gcr-push-image atlassian/google-artifact-registry-push atlassian/docker-push
    atlassian/azure-acr-push-image atlassian/snap-publish jfrog/jfrog-docker-push
    """
)
_SCANS = {
    "atlassian/git-secrets-scan": ["git-secrets", "--scan"],
    "sonarsource/sonarcloud-scan": ["sonar-scanner"],
    "sonarsource/sonarqube-scan": ["sonar-scanner"],
    "snyk/snyk-scan": ["snyk", "test"],
    "aquasecurity/trivy-pipe": ["trivy", "image"],
}
_HARMLESS = re.compile(
    r"notif|slack|trigger|report|email|gchat|teams|cache|clone|sonar|quality-gate|changelog|tag|release"
)


def name_of(pipe: str) -> str:
    """The pipe without its version, in lower case."""
    name = pipe.strip().lower()
    return name if name.startswith("docker://") else name.partition(":")[0]


def follow(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """The command that a pipe stands for."""
    name = name_of(words[1] if len(words) > 1 else "")
    shown = ["pipe", name]
    if name in _SCANS:
        r.command(_SCANS[name], frame)
    elif name == "atlassian/trigger-pipeline":
        r.lose("it starts another pipeline", frame, anything=True)
    elif name in _PUBLISH or (name.startswith(_OWNERS) and name.endswith(("-publish", "-push-image"))):
        r.note(Kind.PUBLISH, shown, frame)
    elif name in _DEPLOY or (name.startswith(_OWNERS) and name.endswith("-deploy")):
        r.note(Kind.DEPLOY, shown, frame)
    elif not name.startswith(_OWNERS) and not _HARMLESS.search(name) and could_test(name):
        r.lose(f"what the pipe {name} runs is not known", frame)
    return True
