"""Which commands ask something that was started or deployed whether it works, and whether a bad answer fails them.

Sources: the tools' own manuals: curl's and wget's exit codes, "kubectl rollout status", "helm upgrade", "docker compose
up", wait-on, the waiters of the AWS command line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from shipworthy.facts.pipeline.fact import YES, Said, no
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.facts.pipeline.words import words as _words
from shipworthy.facts.pipeline.wrappers import option, program_of

_OWN = re.compile(r"(localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\]|host\.docker\.internal)(:\d+|:\ue000|/|$)")
_HEALTH = re.compile(r"/(_?health\w*|healthcheck|status|ping|ready\w*|live\w*|up|version|api/health\w*)([/?#]|$)", re.I)
_FILE = re.compile(
    r"\.(sh|bash|tgz|gz|xz|zip|deb|rpm|gpg|asc|key|pub|whl|jar|py|exe|pem|crt|sha256|txt|list|repo)([?#]|$)", re.I
)
_OTHERS = re.compile(
    r"(^|[./@])(github\.com|githubusercontent\.com|gitlab\.com|bitbucket\.org|slack\.com|discord(app)?\.com|codecov\.io"
    r"|telegram\.org|sentry\.io|docker\.com|nodesource\.com|googleapis\.com|microsoft\.com|hashicorp\.com|k8s\.io"
    r"|helm\.sh|amazonaws\.com/aws|codeclimate\.com|sonarcloud\.io|rustup\.rs|astral\.sh|snapcraft\.io)([:/]|$)",
    re.I,
)
_SAVED = re.compile(r"\|\s*(sudo\s+)?(-\S+\s+)*(bash|sh|tar|gpg|apt-key|tee|gunzip|unzip|python3?|node)\b|>\s*[^\s&|/]")
_SENDS = _words("-d --data --data-raw --data-binary --data-urlencode -F --form -T --upload-file --json")
_CURL_VALUED = _words(
    "-H --header -A --user-agent -u --user -m --max-time --retry --retry-delay --retry-max-time --connect-timeout -w "
    "--write-out -o --output -X --request -d --data --data-raw --data-binary -b --cookie -c --cookie-jar -e --referer "
    "-F --form --resolve --cacert --cert --key -x --proxy -T --upload-file --unix-socket --data-urlencode -K --config"
)
_TO_NOTHING = frozenset({"/dev/null", "-", "NUL"})
_WAITS = {
    "kubectl": ("rollout status", "wait"),
    "oc": ("rollout status", "wait"),
    "helm": ("test",),
    "argocd": ("app wait",),
    "aws": (
        "ecs wait", "elbv2 wait", "apprunner wait", "elasticbeanstalk wait", "deploy wait", "lambda wait",
    ),
    "nomad": ("deployment status",),
    "az": ("containerapp revision",),
    "hurl": ("",),
    "wait-on": ("",),
    "k6": ("run",),
    "artillery": ("run",),
    "lhci": ("autorun", "collect"),
    "smokeping": (),
    "goss": ("validate",),
    "dgoss": ("run",),
    "container-structure-test": ("test",),
}  # fmt: skip


def probe(words: Sequence[str], text: str = "") -> Said | None:
    """Whether a bad answer fails the command; None where it asks nothing. `text` is the line it stands on."""
    name = program_of(words[0])
    plain = [word for word in words[1:] if not word.startswith("-")]
    if name == "curl":
        return _curl(words, text)
    if name == "wget":
        return _wget(words, text)
    if name in ("http", "https", "xh"):
        asked = {"--check-status", "--ignore-stdin"} & set(words) and "--check-status" in words
        return (YES if asked or name == "xh" else no(f"`{name}` without `--check-status` ends well")) if plain else None
    if name in ("helm",) and plain[:1] and plain[0] in ("upgrade", "install"):
        return YES if {"--wait", "--atomic"} & set(words) else None
    if name in ("docker", "podman", "docker-compose"):
        return (
            YES if "up" in plain[:4] and "--wait" in words and ("compose" in plain[:1] or "compose" in name) else None
        )
    wanted = _WAITS.get(name, ())
    shown = " ".join(plain[:3])
    return YES if any(shown.startswith(each) for each in wanted) and "--help" not in words else None


def _addresses(words: Sequence[str], valued: frozenset[str]) -> list[str]:
    found: list[str] = []
    at = 1
    while at < len(words):
        word = words[at]
        if word.startswith("-"):
            at += 2 if word in valued or (re.fullmatch(r"-[a-zA-Z]*[HAumwoXdbceFxTK]", word) is not None) else 1
            continue
        found.append(word)
        at += 1
    given = option(words, "--url")
    return [*found, *([given] if given else [])]


def _asks(address: str, text: str, saved: bool) -> bool:
    """Whether an address is one of the app's own, as far as it can be told from it."""
    if _OWN.search(address):
        return True
    if saved or _FILE.search(address) or _OTHERS.search(address) or _SAVED.search(text):
        return False
    if not re.match(r"https?://|\ue000", address):
        return False
    return bool(
        _HEALTH.search(address) or HOLE in address or re.match(r"https?://[\w.-]+(:\d+)?(/[\w./-]*)?$", address)
    )


def _curl(words: Sequence[str], text: str) -> Said | None:
    target = option(words, "-o", "--output")
    saved = (target is not None and target not in _TO_NOTHING) or bool({"-O", "--remote-name"} & set(words))
    if _SENDS & {word.partition("=")[0] for word in words} and "-G" not in words:
        return None
    if not any(_asks(each, text, saved) for each in _addresses(words, _CURL_VALUED)):
        return None
    short = [word for word in words[1:] if re.fullmatch(r"-[a-zA-Z]+", word)]
    fails = {"--fail", "--fail-with-body", "--fail-early"} & set(words) - {"--fail-early"}
    if fails or any("f" in re.split(r"[HAumwoXdbceFxTK]", word[1:], maxsplit=1)[0] for word in short):
        return YES
    return no("`curl` without `--fail` ends well whatever the service answers")


def _wget(words: Sequence[str], text: str) -> Said | None:
    target = option(words, "-O", "--output-document")
    short = next((word for word in words if re.fullmatch(r"-[a-zA-Z]*O(-|/dev/null)?", word)), "")
    quiet = (
        "--spider" in words
        or target in _TO_NOTHING
        or short.endswith(("O-", "O/dev/null"))
        or (bool(short) and bool(_TO_NOTHING & set(words)))
    )
    addresses = _addresses(words, frozenset({"-O", "--output-document", "-T", "--timeout", "-t", "--tries", "-P"}))
    return YES if any(_asks(each, text, not quiet) for each in addresses) else None
