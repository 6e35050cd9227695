"""Which commands look for secrets, and whether what they find makes them fail. Facts from the tools' own manuals.

A scan of dependencies is no scan for secrets. Names decide nothing but doubt: a program that is not known here and is
called "scan-secrets" may be one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from shipworthy.facts.pipeline.fact import YES, Said, SecretScan, no, unsure, weakest
from shipworthy.facts.pipeline.runner_tables import NO_RUN
from shipworthy.facts.pipeline.secret_scope import reach
from shipworthy.facts.pipeline.shell_words import join_path
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.facts.pipeline.words import words as _words
from shipworthy.facts.pipeline.wrappers import option, program_of, skip_options

Environment = Mapping[str, Sequence[str]]
"""What variables may hold, by name."""
NO_FAIL = "it ends well whatever it finds"
_HINT = re.compile(
    r"git-?leaks|truffle-?hog|git-?guardian|detect[-_. ]?secrets?"
    r"|(scan|check|find|lint|leak)(ing|s|ed)?[-_. ]?(for[-_. ])?secrets?"
    r"|secrets?[-_. ]?(scan|detect|check|lint|leak|guard)|credentials?[-_. ]?(scan|check|detect)",
    re.I,
)
_NOT_A_SCAN = _words("version help completion config auth login generate-config install quota api-status")


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a scanner: its words, what variables may hold, and whether file names are piped to it."""

    words: Sequence[str]
    variables: Environment
    fed: bool

    def has(self, *names: str) -> bool:
        return any(word.split("=", 1)[0] in names and not word.endswith("=false") for word in self.words[1:])

    @property
    def first(self) -> str:
        return next((word for word in self.words[1:] if not word.startswith("-")), "")

    def value(self, name: str, *options: str) -> str | None:
        """Of an option, or of the variable that stands for it."""
        given = option(self.words, *options)
        values = self.variables.get(name, ())
        return given if given is not None else values[0] if len(values) == 1 else HOLE if values else None


def scan_of(
    words: Sequence[str], variables: Environment, *, fed: bool = False, folder: str | None = "."
) -> SecretScan | None:
    """What a command does about secrets; None where it is no scan for them.

    `words` are without wrappers; `fed`: it is given file names through `xargs`, or by the tool that runs hooks;
    `folder`: where it starts, None where that is not known.
    """
    name = program_of(words[0])
    if name == "git" and len(words) > 1 and words[1] == "secrets":
        words, name = ["git-secrets", *words[2:]], "git-secrets"
    command = Command(words, variables, fed)
    judge = _JUDGES.get(name)
    if judge is None or any(word in NO_RUN for word in words[1:]) or command.first in _NOT_A_SCAN:
        return None
    scan = judge(command)
    if scan is None:
        return None
    return replace(scan, blocks=weakest(scan.blocks, reach(name, words, folder, fed=fed)))


def hints(text: str) -> bool:
    """Whether words hint at a scan for secrets. Used only to tell "not known" from "no"."""
    return bool(_HINT.search(text))


def perhaps(name: str) -> SecretScan:
    """A program or action that by its name may look for secrets, and is not known here."""
    return SecretScan(tool=name, blocks=unsure("it is not known here whether it looks for secrets, and can fail"))


def _exit_code(value: str | None, default: Said) -> Said:
    if value is None:
        return default
    if not value.strip().lstrip("-").isdecimal():
        return unsure("its exit code depends on something not known here")
    return YES if int(value) else no(f"with exit code 0 {NO_FAIL}")


def from_root(path: str) -> str:
    """A path as commands at the root name it; "" for one that is not known or lies elsewhere."""
    return join_path(".", path) or "" if path else ""


def _gitleaks(command: Command) -> SecretScan | None:
    infisical = program_of(command.words[0]) == "infisical"
    if infisical and command.first != "scan":
        return None
    staged = command.has("--staged", "--pre-commit") or command.first == "protect" or "git-changes" in command.words
    said = _exit_code(command.value("", "--exit-code"), YES)
    if command.has("--enable-rule"):
        said = weakest(said, unsure("`--enable-rule` lets it look for some kinds of secrets only"))
    configured = command.has("--config", "-c") or "GITLEAKS_CONFIG" in command.variables
    config = command.value("GITLEAKS_CONFIG", "--config", "-c") or ""
    return SecretScan(
        tool="infisical" if infisical else "gitleaks",
        blocks=said,
        staged=staged,
        configured=configured,
        config=from_root(config),
    )


_ONLY = ("--include-paths", "-i")


def _trufflehog(command: Command) -> SecretScan | None:
    known = _words(
        "git github gitlab filesystem docker s3 gcs syslog circleci travisci elasticsearch jenkins huggingface stdin "
        "multi-scan postman github-experimental analyze json-enumerator"
    )
    if command.first not in known:
        # The first edition took an address and failed on a finding.
        return SecretScan(tool="trufflehog", blocks=unsure("this form of its command line is not known here"))
    staged = (option(command.words, "--since-commit") or "").strip() == "HEAD"
    if command.first == "analyze":
        return None
    said = YES if command.has("--fail") else no(f"without `--fail` {NO_FAIL}")
    if command.has("--no-fail"):
        said = no(f"with `--no-fail` {NO_FAIL}")
    verified = command.has("--only-verified") or (option(command.words, "--results") or "") == "verified"
    if verified and command.has("--no-verification"):
        said = weakest(said, no("it reports only what it verified, and verifies nothing"))
    lists = tuple(
        (from_root(given) if HOLE not in given else "", only)
        for only, given in ((False, command.value("", "--exclude-paths", "-x")), (True, command.value("", *_ONLY)))
        if given is not None
    )
    return SecretScan(tool="trufflehog", blocks=said, staged=staged, lists=lists)


def _trufflehog3(command: Command) -> SecretScan | None:
    return SecretScan(tool="trufflehog3", blocks=no(f"with `--zero` {NO_FAIL}") if command.has("-z", "--zero") else YES)


def _detect_secrets(command: Command) -> SecretScan | None:
    if command.first == "scan":
        # The list is often compared with the old one by what comes after it.
        why = f"`detect-secrets scan` writes a list, and {NO_FAIL}; whether something compares it is not known here"
        return SecretScan(tool="detect-secrets", blocks=unsure(why))
    if command.first == "audit":
        if command.has("--fail-on-unaudited", "--fail-on-live", "--fail-on-audited-real"):
            why = "`detect-secrets audit` looks at its list only; whether the list is made anew is not known here"
            return SecretScan(tool="detect-secrets", blocks=unsure(why))
        return SecretScan(tool="detect-secrets", blocks=no("`detect-secrets audit` only shows what was found before"))
    return None


_HOOK_VALUED = _words(
    "--baseline --exclude-files --exclude-lines --exclude-secrets -p --plugin --word-list -f --filter -n --num-cores "
    "--disable-plugin -d --base64-limit --hex-limit -c --cores --output-verified-false"
)


def _detect_secrets_hook(command: Command) -> SecretScan | None:
    given = command.fed or skip_options(command.words, 1, _HOOK_VALUED) < len(command.words)
    said = YES if given else no("no file is given to it, so it looks at none")
    return SecretScan(tool="detect-secrets", blocks=said, staged=False)


def _ggshield(command: Command) -> SecretScan | None:
    inner = [word for word in command.words[1:] if not word.startswith("-")]
    if inner[:1] == ["secret"]:
        inner = inner[1:]
    if inner[:1] != ["scan"]:
        return None
    zero = command.has("--exit-zero") or command.value("GITGUARDIAN_EXIT_ZERO", "--exit-zero-as") in ("true", "1")
    said = no(f"with `--exit-zero` {NO_FAIL}") if zero else YES
    return SecretScan(tool="ggshield", blocks=said, staged=bool({"pre-commit", "pre-push"} & set(inner)))


def _git_secrets(command: Command) -> SecretScan | None:
    if not command.has("--scan", "--scan-history", "--pre_commit_hook"):
        return None
    why = "git-secrets forbids only the patterns it is given, and those are set on each machine"
    return SecretScan(tool="git-secrets", blocks=unsure(why), staged=command.has("--pre_commit_hook", "--cached"))


def _talisman(command: Command) -> SecretScan | None:
    hook = command.value("", "--githook", "-g")
    if hook is None and not command.has("--scan", "-s", "--pattern", "-p", "--scanWithHtml"):
        return None
    return SecretScan(tool="talisman", blocks=YES, staged=hook is not None)


def _credsweeper(command: Command) -> SecretScan | None:
    said = YES if command.has("--error") else no(f"without `--error` {NO_FAIL}")
    return SecretScan(tool="credsweeper", blocks=said)


def _noseyparker(command: Command) -> SecretScan | None:
    if command.first not in ("scan", "report"):
        return None
    return SecretScan(tool="noseyparker", blocks=no(NO_FAIL))


def _two_ms(command: Command) -> SecretScan | None:
    ignored = command.value("", "--ignore-on-exit")
    return SecretScan(
        tool="2ms", blocks=no(f"with `--ignore-on-exit` {NO_FAIL}") if ignored in ("all", "results") else YES
    )


def _trivy(command: Command) -> SecretScan | None:
    if command.first not in ("fs", "filesystem", "repo", "repository", "rootfs"):
        return None  # an image is built from more and less than the files
    return trivy(command.value("TRIVY_SCANNERS", "--scanners", "--security-checks"),
                 command.value("TRIVY_EXIT_CODE", "--exit-code"), command.has("--config", "-c"))  # fmt: skip


def trivy(scanners: str | None, code: str | None, configured: bool) -> SecretScan | None:
    """Trivy looks for secrets unless it is told what to look for; it fails on a finding only when told to."""
    if scanners and "secret" not in scanners:
        return None
    default = unsure("a configuration file decides") if configured else no(f"without `--exit-code 1` {NO_FAIL}")
    return SecretScan(tool="trivy", blocks=_exit_code(code or None, default))


def _semgrep(command: Command) -> SecretScan | None:
    rules = " ".join(command.words)
    if not re.search(r"\bp/(secrets|gitleaks)\b", rules):
        return None
    said = YES if command.first == "ci" or command.has("--error") else no(f"without `--error` {NO_FAIL}")
    return SecretScan(tool="semgrep", blocks=said)


def _checkov(command: Command) -> SecretScan | None:
    # Without the option it looks for secrets in infrastructure files alone.
    if not command.has("--enable-secret-scan-all-files"):
        return None
    said = no(f"with `--soft-fail` {NO_FAIL}") if command.has("--soft-fail", "-s") else YES
    return SecretScan(
        tool="checkov", blocks=weakest(said, checkov_kinds(*(option(command.words, *each) or "" for each in _KINDS)))
    )


_KINDS = (("--framework",), ("-c", "--check"), ("--skip-check",))


def checkov_kinds(framework: str, check: str, skipped: str) -> Said:
    """Whether checkov looks for each kind of secret. Source: its manual, "CLI Command Reference" and "Secrets"."""
    if (framework and not re.search(r"\b(all|secrets)\b", framework)) or (check and "CKV_SECRET" not in check):
        return no("it is told to look for other things only")
    if "CKV_SECRET" in check or "CKV_SECRET" in skipped:
        return unsure("it is told to leave kinds of secrets out")
    return YES


_ITEM = re.compile(r"--item(=|\Z)")


def _shipworthy(command: Command) -> SecretScan | None:
    if command.first == "check":
        items = [word.partition("=")[2] or after for word, after in pairwise([*command.words, ""]) if _ITEM.match(word)]
        looks = not items or any(each.startswith("secrets-not-in-") for each in items)
        return SecretScan(tool="shipworthy", blocks=YES) if looks else None
    if command.first == "hook" and "run" in command.words:
        return SecretScan(tool="shipworthy", blocks=YES, staged=not command.has("--all"))
    return None


_JUDGES: Mapping[str, Callable[[Command], SecretScan | None]] = {
    "gitleaks": _gitleaks,
    "infisical": _gitleaks,
    "trufflehog": _trufflehog,
    "trufflehog3": _trufflehog3,
    "detect-secrets": _detect_secrets,
    "detect-secrets-hook": _detect_secrets_hook,
    "ggshield": _ggshield,
    "git-secrets": _git_secrets,
    "kingfisher": lambda c: (
        SecretScan(tool="kingfisher", blocks=YES, staged=c.has("--staged")) if c.first == "scan" else None
    ),
    "talisman": _talisman,
    "secretlint": lambda c: None if c.has("--init") else SecretScan(tool="secretlint", blocks=YES),
    "ripsecrets": lambda c: None if c.has("--install-pre-commit") else SecretScan(tool="ripsecrets", blocks=YES),
    "credsweeper": _credsweeper,
    "noseyparker": _noseyparker,
    "2ms": _two_ms,
    "trivy": _trivy,
    "semgrep": _semgrep,
    "opengrep": _semgrep,
    "checkov": _checkov,
    "shipworthy": _shipworthy,
}
_IMAGES: Mapping[str, str] = {
    "zricethezav/gitleaks": "gitleaks",
    "gitleaks/gitleaks": "gitleaks",
    "trufflesecurity/trufflehog": "trufflehog",
    "aquasec/trivy": "trivy",
    "aquasecurity/trivy": "trivy",
    "checkmarx/2ms": "2ms",
    "mongodb/kingfisher": "kingfisher",
    "praetorian-inc/noseyparker": "noseyparker",
    "bridgecrew/checkov": "checkov",
}


def in_image(image: str, words: Sequence[str]) -> list[str]:
    """The command line of a container: behind the program that the images of known scanners start."""
    name = image.removeprefix("docker://").partition("@")[0]
    program = _IMAGES.get("/".join(name.split("/")[-2:]).rpartition(":")[0] or "/".join(name.split("/")[-2:]))
    return [program, *words] if program and list(words[:1]) != [program] else list(words)
