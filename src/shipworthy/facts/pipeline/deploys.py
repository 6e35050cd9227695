"""Commands that put a build in front of users: deploys to a host, and publishing a package, image or release."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from shipworthy.facts.pipeline.deploy_tables import (
    AWS,
    AZ,
    DEPLOYS,
    GCLOUD,
    LATE,
    LOCAL_CLUSTERS,
    PACKAGES,
    PUBLISHES,
    VALUED,
    VERCEL_NOT,
)
from shipworthy.facts.pipeline.fact import Kind
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.facts.pipeline.wrappers import is_python, program_of

_Table = Mapping[str, tuple[tuple[str, ...], ...]]
_HARMLESS = {
    "--dry-run", "--dryrun", "--help", "--version", "--check", "--syntax-check", "--list-tasks", "--list-hosts",
    "--noop", "--whatif", "--what-if", "--validate-only", "--check-only", "--no-push", "--snapshot", "-refresh-only",
    "--refresh-only", "--skip-publish", "--local", "--list-different", "--list",
}  # fmt: skip
_HERE = re.compile(r"\b(localhost|127\.0\.0\.1|0\.0\.0\.0|localstack|host\.docker\.internal)\b|\[::1\]")
_REHEARSAL = re.compile(r"(^|[/.@=])test\.?pypi\b", re.I)
_HOST_PUSH = re.compile(r"^(heroku|dokku|clever|gandi|piku|flynn|gigalixir|scalingo|platform|upsun|azure|cpanel)$")
_HOST_REMOTE = re.compile(
    r"heroku\.com|dokku@|\.scm\.azurewebsites|scalingo\.com|clever-cloud\.com|hf\.co/|huggingface\.co/"
)
_HOST_BRANCH = re.compile(r"(^|[:/])(gh-pages|production|prod|deploy|deployment|release/production|live)$")
_CHAT = re.compile(r"slack|discord|teams|office\.com|telegram|mattermost|chat\.googleapis|ntfy|pushover", re.I)
_HOOK = re.compile(
    r"build_hooks|deploy[-_]?hooks?|/hooks?/|/webhooks?\b|/deploys?\b|/deployments?/trigger|redeploy|integrations/deploy",
    re.I,
)
_HOOK_NAME = re.compile(
    r"[\w.{$]{0,40}(deploy|render|coolify|vercel|netlify|dokploy|portainer|easypanel|cloudflare|railway|koyeb)"
    r"\w{0,20}(hook|webhook|trigger|url)\w{0,20}|(hook|webhook)_?(url)?_?(for|to)?_?(deploy|render|coolify|vercel)\w{0,20}",
    re.I,
)
_SAVES = (
    "-o",
    "-O",
    "-LO",
    "-fsSLO",
    "-sSLO",
    "-sLO",
    "-fLo",
    "-Lo",
    "-sLo",
    "-fsSLo",
    "-sSLo",
    "--output",
    "--remote-name",
)
_MANIFEST = re.compile(r"\.ya?ml\b|kustomization|\.tfvars\b|\.json\b|values")
_IMAGE_KEY = re.compile(r"\bimage\b|\btag\b|newTag|imageTag|image_tag|appVersion|_VERSION\b|version", re.I)


def _given(words: Sequence[str], *, late: bool = False) -> list[str]:
    """The words without options; `late`: options that take a word are left out with it."""
    found: list[str] = []
    at = 1
    while at < len(words):
        word = words[at]
        if word.startswith("-"):
            at += 1 if late and word in VALUED else 0
        else:
            found.append(word)
        at += 1
    return found


def _fits(table: _Table, name: str, words: Sequence[str]) -> bool:
    """Whether the command line starts with one of the program's phrases."""
    phrases = table.get(name, ())
    plain = [_given(words), _given(words, late=True)] if name in LATE else [_given(words)]
    return any(tuple(given[: len(phrase)]) == phrase for phrase in phrases for given in plain)


def _only_looks(words: Sequence[str]) -> bool:
    """A rehearsal, a question for help, or something on the machine at hand."""
    for word in words[1:]:
        name, sign, value = word.partition("=")
        if (name in _HARMLESS and value.lower() not in ("false", "none")) or (not sign and _HERE.search(word)):
            return True
        if sign and name.startswith("-") and _HERE.search(value):
            return True
        if _REHEARSAL.search(word):
            return True
    return False


def _docker(words: Sequence[str]) -> Kind | None:
    plain = _given(words)
    if plain[:1] == ["push"] or plain[:2] in (["image", "push"], ["manifest", "push"], ["compose", "push"]):
        return Kind.PUBLISH
    if "build" in plain[:2] or "bake" in plain[:2] or plain[:1] == ["buildx"]:
        pushed = any(
            word == "--push" or word.startswith("--push=t") or "push=true" in word or "type=registry" in word
            for word in words
        )
        return Kind.PUBLISH if pushed else Kind.BUILD if "build" in plain[:2] or "bake" in plain[:2] else None
    if plain[:2] in (["stack", "deploy"], ["service", "update"]):
        return Kind.DEPLOY
    return None


def _remote(word: str) -> bool:
    """Whether a word names a place on another machine (`user@host:/path`)."""
    return bool(re.match(r"[^/\s:]{0,200}[@\ue000][^\s:]{0,200}:|[\w.-]{2,200}:[/~.\w]|rsync://", word)) or HOLE in word


def _copied(name: str, words: Sequence[str]) -> Kind | None:
    plain = [word for word in words[1:] if not word.startswith("-")]
    short = "".join(word[1:] for word in words[1:] if re.fullmatch(r"-[A-Za-z]+", word))
    if not plain or (name == "rsync" and "n" in short):
        return None
    return Kind.DEPLOY if _remote(plain[-1]) else None


def _ssh(words: Sequence[str]) -> Kind | None:
    if any(re.fullmatch(r"-[A-Za-z]*[TNVLRDfGQ][A-Za-z]*", word) for word in words[1:]) and not _given(words)[1:]:
        return None
    there = [word for word in words[1:] if "@" in word or HOLE in word or not word.startswith("-")]
    if not there or any(re.search(r"git@|@(github|gitlab|bitbucket)\.", word) for word in words):
        return None
    return Kind.DEPLOY


def _bucket(words: Sequence[str], scheme: str) -> bool:
    """Whether files are copied to a bucket, not from one."""
    plain = _given(words)
    places = [word for word in plain if word.startswith(scheme) or HOLE in word]
    return bool(places) and (
        plain[-1] in places or (len(places) == 1 and plain.index(places[0]) > plain.index(plain[0]) + 2)
    )


def _aws(words: Sequence[str]) -> bool:
    plain = _given(words, late=True)
    for at in range(min(2, len(plain))):
        if any(tuple(plain[at + 1 : at + 1 + len(each)]) == each for each in AWS.get(plain[at], ())):
            return plain[at] != "s3" or _bucket(["aws", *plain], "s3://")
    return False


def _cloud(table: _Table, words: Sequence[str]) -> bool:
    plain = [word for word in _given(words, late=True) if word not in ("beta", "alpha")]
    if not plain or not any(tuple(plain[1 : 1 + len(each)]) == each for each in table.get(plain[0], ())):
        return False
    return plain[0] != "storage" or table is not GCLOUD or _bucket(["gcloud", *plain], "gs://")


def _push(words: Sequence[str], line: str) -> Kind | None:
    """`git push` to a host that deploys what it is given, or to the branch that is served; else a plain push."""
    plain = _given(words)
    at = next((at for at, word in enumerate(plain) if word in ("push", "subtree")), None)
    if at is None or (plain[at] == "subtree" and "push" not in plain[at : at + 2]):
        return None
    rest = [word for word in plain[at + 1 :] if word != "push"]
    if "--delete" in words or "-d" in words or any(word.startswith(":") for word in rest[1:]):
        return None
    if rest and (_HOST_PUSH.search(rest[0]) or _HOST_REMOTE.search(rest[0]) or re.search(r"heroku|dokku", line)):
        return Kind.DEPLOY
    return Kind.DEPLOY if any(_HOST_BRANCH.search(word) for word in rest[1:]) else Kind.PUSH


def _hook(words: Sequence[str], line: str) -> Kind | None:
    """A request that makes a host deploy: its address says so, or the name of the secret that holds the address."""
    addresses = [word for word in words[1:] if "://" in word or HOLE in word or word.startswith("$")]
    text = " ".join(addresses)
    if not addresses or _CHAT.search(text) or _CHAT.search(line) or any(word in _SAVES for word in words):
        return None
    named = [word for word in addresses if "://" in word]
    if any(_HOOK.search(word) and "api.github.com" not in word for word in named):
        return Kind.DEPLOY
    return (
        Kind.DEPLOY if any(HOLE in word or word[0] == "$" for word in addresses) and _HOOK_NAME.search(line) else None
    )


def _manifest(name: str, words: Sequence[str]) -> Kind | None:
    """A command that writes another image or version into a manifest."""
    plain = _given(words)
    if name == "kustomize" and plain[:3] == ["edit", "set", "image"]:
        return Kind.GITOPS
    writes = any(re.fullmatch(r"-[A-Za-z]*i[\w.]*|--inplace|--in-place", word) for word in words[1:])
    text = " ".join(words[1:])
    return Kind.GITOPS if writes and _MANIFEST.search(text) and _IMAGE_KEY.search(text) else None


def _mobile(name: str, words: Sequence[str]) -> Kind | None:
    plain = _given(words)
    if name == "fastlane":
        wanted = {"supply", "deliver", "pilot", "upload_to_testflight", "upload_to_app_store", "upload_to_play_store"}
        return Kind.PUBLISH if wanted & set(plain[:2]) or plain[:2] == ["run", "firebase_app_distribution"] else None
    if name == "xcrun":
        return Kind.PUBLISH if "altool" in plain[:1] and "--upload-app" in words else None
    return Kind.PUBLISH if name == "eas" and "--auto-submit" in words else None


def classify_deploy(words: Sequence[str], line: str = "") -> Kind | None:
    """What a command does of these: DEPLOY, PUBLISH, BUILD for an image that is only built; else None.

    LOCAL, GITOPS and PUSH mean something only beside the other commands of the job (see `settling`). `line` is the
    text it stands in, where names of secrets can still be read.
    """
    if not words:
        return None
    name = PACKAGES.get(words[0].partition("@")[0] or "@" + words[0][1:].partition("@")[0], program_of(words[0]))
    if name in ("docker", "podman", "buildah", "nerdctl", "docker-compose", "podman-compose"):
        kind = _docker(words)
        return Kind.BUILD if kind is Kind.PUBLISH and _only_looks(words) else kind
    if _only_looks(words):
        return None
    kind = _by_rule(name, words, line)
    if kind is not None:
        return kind
    if _fits(LOCAL_CLUSTERS, name, words):
        return Kind.LOCAL
    if _fits(DEPLOYS, name, words):
        return Kind.DEPLOY
    return Kind.PUBLISH if _fits(PUBLISHES, name, words) else None


def _by_rule(name: str, words: Sequence[str], line: str) -> Kind | None:
    """Programs whose command lines need more than a table."""
    plain = _given(words)
    if name in ("rsync", "scp"):
        return _copied(name, words)
    if name == "ssh":
        return _ssh(words)
    if name == "git":
        return _push(words, line)
    if name in ("curl", "wget", "http", "https", "xh"):
        return _hook(words, line)
    if name in ("yq", "sed", "kustomize", "perl"):
        return _manifest(name, words)
    if name in ("fastlane", "xcrun", "eas"):
        return _mobile(name, words)
    cloud = {
        "aws": _aws(words),
        "az": name == "az" and _cloud(AZ, words),
        "gcloud": name == "gcloud" and _cloud(GCLOUD, words),
    }
    if name in cloud:
        return Kind.DEPLOY if cloud[name] else None
    if name == "gsutil":
        return Kind.DEPLOY if {"cp", "rsync"} & set(plain) and _bucket(words, "gs://") else None
    if name in ("vercel", "now"):
        first = next(iter(_given(words, late=True)), "")
        return None if first in VERCEL_NOT else Kind.DEPLOY
    if name == "ansible-playbook":
        aside = any(re.search(r"(^|/)(tests?|molecule)/", word) for word in plain)
        own = "local" in plain or any(word.endswith("=local") for word in words)
        return None if aside or own else Kind.DEPLOY
    if name == "cap":
        return Kind.DEPLOY if any("deploy" in word for word in plain) else None
    if name == "skopeo":
        return Kind.PUBLISH if plain[:1] == ["copy"] and plain[-1].startswith("docker://") else None
    if name == "executor":
        return Kind.PUBLISH if any(word.startswith(("--destination", "-d")) for word in words) else None
    if name == "electron-builder":
        at = next((at for at, word in enumerate(words) if word in ("-p", "--publish")), None)
        value = words[at + 1] if at is not None and at + 1 < len(words) else ""
        value = value or next((word.partition("=")[2] for word in words if word.startswith("--publish=")), "")
        return Kind.PUBLISH if value in ("always", "onTag", "onTagOrDraft") else None
    if name in ("gradle", "gradlew"):
        tasks = [word.rpartition(":")[2] for word in plain]
        return Kind.PUBLISH if any(re.match(r"publish(?!ToMavenLocal|.*Local$)", task) for task in tasks) else None
    if name == "dotnet":
        return Kind.PUBLISH if plain[:2] == ["nuget", "push"] else None
    if name in ("mvn", "mvnw"):
        return Kind.PUBLISH if {"deploy", "release:perform", "jib:build", "deploy:deploy"} & set(plain) else None
    if is_python(name) and plain[:1] and program_of(plain[0]) == "setup.py":
        return Kind.PUBLISH if "upload" in plain else None
    if name == "goreleaser":
        skipped = any(word.startswith("--skip") and "publish" in word for word in words)
        return Kind.PUBLISH if plain[:1] == ["release"] and not skipped else None
    if name == "semantic-release":
        # The Node.js one publishes without a word, the Python one by `version` or `publish`.
        return Kind.PUBLISH if plain[:1] in ([], ["version"], ["publish"]) and "-d" not in words else None
    return None
