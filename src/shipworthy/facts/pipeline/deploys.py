"""Commands that put a build in front of users: deploys to a host, and publishing a package, image or release."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from shipworthy.facts.pipeline.fact import Kind
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.facts.pipeline.wrappers import is_python, program_of, skip_options

# Program -> words one of which must be among its first plain words; an empty text means the program alone is enough.
_DEPLOYS: dict[str, tuple[str, ...]] = {
    "kubectl": ("apply", "rollout", "set", "create", "replace", "patch"),
    "oc": ("apply", "rollout", "start-build"),
    "helm": ("upgrade", "install"),
    "helmfile": ("apply", "sync"),
    "kustomize": (),
    "terraform": ("apply",),
    "tofu": ("apply",),
    "terragrunt": ("apply", "run-all"),
    "pulumi": ("up",),
    "cdk": ("deploy",),
    "cdktf": ("deploy",),
    "sam": ("deploy",),
    "sls": ("deploy",),
    "serverless": ("deploy",),
    "sst": ("deploy",),
    "copilot": ("deploy",),
    "eb": ("deploy",),
    "zappa": ("deploy", "update"),
    "chalice": ("deploy",),
    "firebase": ("deploy", "hosting:channel:deploy"),
    "vercel": ("", "deploy", "promote"),
    "now": ("",),
    "netlify": ("deploy",),
    "ntl": ("deploy",),
    "fly": ("deploy",),
    "flyctl": ("deploy",),
    "heroku": ("container:release", "container:push", "builds:create"),
    "wrangler": ("deploy", "publish", "pages"),
    "railway": ("up", "redeploy"),
    "surge": ("",),
    "gh-pages": ("",),
    "kamal": ("deploy", "redeploy", "setup"),
    "cap": ("",),
    "dokku": ("",),
    "caprover": ("deploy",),
    "nomad": ("run", "job"),
    "skaffold": ("run", "deploy"),
    "argocd": ("app",),
    "flux": ("reconcile",),
    "doctl": ("apps", "serverless"),
    "shopify": ("theme", "app"),
    "supabase": ("functions", "db"),
    "convex": ("deploy",),
    "amplify": ("publish", "push"),
    "ansible-playbook": ("",),
    "rsync": ("",),
    "scp": ("",),
    "sftp": ("",),
    "lftp": ("",),
    "ncftpput": ("",),
    "mike": ("deploy",),
    "mkdocs": ("gh-deploy",),
    "ghp-import": ("",),
    "eas": ("submit", "update"),
    "expo": ("publish",),
    "clasp": ("push", "deploy"),
    "gatsby-plugin-s3": ("",),
    "modal": ("deploy",),
    "deployctl": ("deploy",),
    "az": ("webapp", "functionapp", "containerapp", "acr", "staticwebapp", "aks"),
    "swa": ("deploy",),
    "cf": ("push",),
    "stack-deploy": (),
}
_PUBLISHES: dict[str, tuple[str, ...]] = {
    "npm": ("publish",),
    "pnpm": ("publish",),
    "yarn": ("publish",),
    "bun": ("publish",),
    "lerna": ("publish",),
    "changeset": ("publish",),
    "semantic-release": ("",),
    "release-it": ("",),
    "np": ("",),
    "jsr": ("publish",),
    "twine": ("upload",),
    "poetry": ("publish",),
    "uv": ("publish",),
    "pdm": ("publish",),
    "hatch": ("publish",),
    "flit": ("publish",),
    "maturin": ("publish", "upload"),
    "python-semantic-release": ("",),
    "cargo": ("publish",),
    "gem": ("push",),
    "goreleaser": ("release", ""),
    "vsce": ("publish",),
    "ovsx": ("publish",),
    "electron-forge": ("publish",),
    "crane": ("push", "copy"),
    "skopeo": ("copy",),
    "ko": ("publish", "build", "apply"),
    "docker-pushrm": ("",),
    "conda-build": (),
    "anaconda": ("upload",),
}
_AWS = {
    ("s3", "sync"), ("s3", "cp"), ("ecs", "update-service"), ("ecs", "run-task"), ("lambda", "update-function-code"),
    ("cloudformation", "deploy"), ("elasticbeanstalk", "update-environment"), ("deploy", "create-deployment"),
    ("apprunner", "start-deployment"), ("amplify", "start-job"), ("amplify", "start-deployment"),
    ("ssm", "send-command"),
}  # fmt: skip
_GCLOUD = {"deploy", "submit", "update-traffic"}
_HOST_PUSH = re.compile(r"(heroku|dokku|production|prod|deploy|clever|gandi|piku)$|heroku\.com|gh-pages")
_HOOK = re.compile(r"deploy|/hooks?/|webhook", re.I)


def _plain(words: Sequence[str]) -> list[str]:
    return [word for word in words[1:] if not word.startswith("-")]


def _docker(words: Sequence[str]) -> Kind | None:
    plain = _plain(words)
    if plain[:1] == ["push"] or plain[:2] in (["image", "push"], ["manifest", "push"], ["compose", "push"]):
        return Kind.PUBLISH
    if "build" in plain[:2] or "bake" in plain[:2]:
        pushed = "--push" in words or any("push=true" in word or "type=registry" in word for word in words)
        return Kind.PUBLISH if pushed else Kind.BUILD
    if plain[:2] in (["stack", "deploy"], ["service", "update"]):
        return Kind.DEPLOY
    return None


def _remote(words: Sequence[str]) -> bool:
    """Whether one of the words names a place on another machine (`user@host:/path`)."""
    return any(re.match(r"[^/\s:]*[@\ue000][^\s]*:|[\w.-]+:[/~]|rsync://", word) or HOLE in word for word in words[1:])


def classify_deploy(words: Sequence[str]) -> Kind | None:
    """DEPLOY or PUBLISH for a command that does one of them (BUILD for an image that is only built), else None."""
    if not words:
        return None
    name = program_of(words[0])
    if any(word in ("--dry-run", "--help", "--version", "--dryrun") or word.startswith("--dry-run=") for word in words):
        return None
    plain = _plain(words)
    first = plain[0] if plain else ""
    if name in ("docker", "podman", "buildah", "nerdctl"):
        return _docker(words)
    if name in ("rsync", "scp", "sftp"):
        return Kind.DEPLOY if _remote(words) else None
    if name == "ssh":
        return Kind.DEPLOY if len(plain) > 1 else None
    if name == "aws":
        pairs = pairwise(plain)
        return Kind.DEPLOY if any(pair in _AWS for pair in pairs) else None
    if name == "gcloud":
        return Kind.DEPLOY if _GCLOUD & set(plain[:5]) else None
    if name == "git" and "push" in plain[:1]:
        return Kind.DEPLOY if any(_HOST_PUSH.search(word) for word in plain[1:3]) else None
    if name == "gh":
        return Kind.PUBLISH if plain[:2] in (["release", "create"], ["release", "upload"]) else None
    if name == "curl":
        return Kind.DEPLOY if any("://" in word and _HOOK.search(word) for word in words) else None
    if name == "electron-builder":
        at = skip_options(words, 1, frozenset())
        published = any(word in ("always", "onTag", "onTagOrDraft") for word in words[at - 1 :])
        return Kind.PUBLISH if published else None
    if name == "dotnet":
        return Kind.PUBLISH if plain[:2] == ["nuget", "push"] else None
    if name in ("mvn", "mvnw"):
        return Kind.PUBLISH if any(word in ("deploy", "release:perform", "jib:build") for word in plain) else None
    if is_python(name) and "upload" in plain and any(program_of(word) == "setup.py" for word in plain[:1]):
        return Kind.PUBLISH
    if name == "az":
        tail = set(plain[1:4])
        return (
            Kind.DEPLOY
            if first in _DEPLOYS["az"] and tail & {"deploy", "deployment", "up", "update", "config", "build"}
            else None
        )
    for table, kind in ((_DEPLOYS, Kind.DEPLOY), (_PUBLISHES, Kind.PUBLISH)):
        wanted = table.get(name, ())
        if first in wanted or (plain[1:2] and plain[1] in wanted and plain[1] and name not in ("kubectl", "helm")):
            return kind
        if name in ("kubectl", "helm", "oc") and set(plain[:3]) & set(wanted):
            return kind
    return None
