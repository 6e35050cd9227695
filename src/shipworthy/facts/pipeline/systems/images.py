"""What the well-known plugin images of Drone and Woodpecker do: an image with settings and without commands.

Facts from the plugins' own pages. An image that is not named here is judged by the words of its name only to tell
"certainly runs no test" from "not known".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shipworthy.facts.pipeline.fact import Kind
from shipworthy.facts.pipeline.words import words

_PUBLISH = words(
    """
    plugins/docker plugins/ecr plugins/gcr plugins/gar plugins/acr plugins/kaniko plugins/kaniko-ecr plugins/kaniko-gcr
    plugins/kaniko-gar plugins/kaniko-acr plugins/buildx plugins/buildx-ecr plugins/buildx-gcr plugins/manifest
    plugins/npm plugins/pypi plugins/github-release plugins/gitea-release plugins/gitlab-release plugins/nuget
    plugins/artifactory plugins/rubygems plugins/helm-push banzaicloud/drone-kaniko thegeeklab/drone-docker
    thegeeklab/drone-docker-buildx thegeeklab/drone-github-release thegeeklab/drone-gitea-release
    woodpeckerci/plugin-docker woodpeckerci/plugin-docker-buildx woodpeckerci/plugin-docker-build
    woodpeckerci/plugin-github-release woodpeckerci/plugin-gitea-release woodpeckerci/plugin-release
    woodpeckerci/plugin-kaniko woodpeckerci/plugin-npm codeberg.org/woodpecker-plugins/docker-buildx
    codeberg.org/woodpecker-plugins/release codeberg.org/woodpecker-plugins/gitea-release
    codeberg.org/woodpecker-plugins/kaniko techknowlogick/drone-docker jmccann/drone-docker
    xoxys/drone-docker bitprocessor/drone-docker-buildx
    """
)
_DEPLOY = words(
    """
    plugins/s3 plugins/s3-sync plugins/gcs plugins/gh-pages plugins/heroku plugins/ecs plugins/lambda
    plugins/cloudformation plugins/elastic-beanstalk plugins/codedeploy plugins/marathon plugins/rancher plugins/nomad
    plugins/ansible plugins/cloudfoundry plugins/surge plugins/netlify plugins/firebase plugins/helm plugins/gae
    plugins/kubernetes plugins/capistrano plugins/rsync plugins/scp plugins/ssh plugins/ftp plugins/sftp
    plugins/azure-storage plugins/gdeploy plugins/serverless appleboy/drone-ssh appleboy/drone-scp
    appleboy/drone-lambda drillster/drone-rsync ipedrazas/drone-helm
    quay.io/ipedrazas/drone-helm quay.io/honestbee/drone-kubernetes honestbee/drone-kubernetes pelotech/drone-helm3
    bitsbeats/drone-helm3 sinlead/drone-kubectl danielgormly/drone-plugin-kube zc2638/drone-k8s-plugin
    joshdvir/drone-ecs joshdvir/drone-ecs-deploy lucap/drone-netlify techknowlogick/drone-netlify
    cschlosser/drone-ftps christophschlosser/drone-ftps nytimes/drone-gae nytimes/drone-gke jmccann/drone-terraform
    jmccann/drone-nomad robertstettner/drone-codedeploy robertstettner/drone-s3-sync peloton/drone-rancher
    quay.io/ukhomeofficedigital/kd woodpeckerci/plugin-s3 woodpeckerci/plugin-s3-sync woodpeckerci/plugin-ansible
    woodpeckerci/plugin-surge-preview codeberg.org/woodpecker-plugins/ansible woodpeckerci/plugin-codeberg-pages
    codeberg.org/woodpecker-plugins/surge-preview codeberg.org/xfix/plugin-codeberg-pages-deploy
    codeberg.org/woodpecker-plugins/s3 codeberg.org/woodpecker-plugins/s3-sync
    codeberg.org/woodpecker-plugins/rsync codeberg.org/woodpecker-plugins/codeberg-pages
    """
)
_SCAN = words(
    """
    aosapps/drone-sonar-plugin aosapps/drone-sonarqube-plugin codeberg.org/woodpecker-plugins/trivy
    woodpeckerci/plugin-trivy woodpeckerci/plugin-sonarqube plugins/sonarqube
    """
)
_CALLS = words("plugins/downstream codeberg.org/woodpecker-plugins/trigger woodpeckerci/plugin-trigger")
_HARMLESS = words(
    """
    plugins/git plugins/slack plugins/webhook plugins/cache plugins/coverage plugins/github-comment plugins/email
    codecov/codecov plugins/codecov woodpeckerci/plugin-git woodpeckerci/plugin-codecov robertstettner/drone-codecov
    woodpeckerci/plugin-ready-release-go woodpeckerci/plugin-editorconfig-checker
    """
)
_REGISTRIES = ("docker.io/library/", "index.docker.io/", "registry-1.docker.io/", "docker.io/", "library/")


def name_of(image: str) -> str:
    """The image without its tag, digest and the name of the public registry, in lower case."""
    name = image.strip().lower().partition("@")[0]
    folder, _, last = name.rpartition("/")
    name = f"{folder}/{last.partition(':')[0]}" if folder else last.partition(":")[0]
    for prefix in _REGISTRIES:
        name = name.removeprefix(prefix)
    return name


def kind_of(image: str, settings: Mapping[str, Any]) -> Kind | None:
    """What a known plugin does with these settings; None where it does none of the kinds, or is not known."""
    name = name_of(image)
    if name in _PUBLISH:
        dry = any(str(settings.get(key, "")).lower() == "true" for key in ("dry_run", "dry-run", "no_push"))
        return Kind.BUILD if dry else Kind.PUBLISH
    return Kind.DEPLOY if name in _DEPLOY else Kind.SCAN if name in _SCAN else None


def starts_others(image: str) -> bool:
    """Whether it starts builds of other repositories."""
    return name_of(image) in _CALLS


def is_harmless(image: str) -> bool:
    """Whether a plugin certainly runs no test of the project."""
    return name_of(image) in _HARMLESS
