"""What well-known actions of other repositories do about secrets. Facts from the actions' own pages."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Said, SecretScan, no, unsure, weakest
from shipworthy.facts.pipeline.secret_scanners import NO_FAIL, checkov_kinds, from_root, hints, perhaps, scan_of, trivy
from shipworthy.facts.pipeline.secret_scope import reach
from shipworthy.facts.pipeline.tree import Tree

PRE_COMMIT: Mapping[str, str] = {
    "pre-commit/action": "extra_args",
    "tox-dev/action-pre-commit-uv": "extra_args",
    "j178/prek-action": "extra-args",
}
"""Actions that run `pre-commit run`, and the input that holds the rest of its command line ("--all-files")."""
_MEGA_FILES = (".mega-linter.yml", ".mega-linter.yaml", ".megalinter.yml", ".megalinter.yaml")
_MEGA = ("REPOSITORY_GITLEAKS", "REPOSITORY_SECRETLINT", "REPOSITORY_TRUFFLEHOG", "REPOSITORY_KINGFISHER")
Values = Mapping[str, Any]


def action(name: str, given: Values, env: Values, tree: Tree) -> SecretScan | None:
    """What an action (in lower case, without version) does with these inputs and variables; None for no scan.

    One whose name hints at a scan and that is not known here may be one.
    """
    for known, judge in _JUDGES.items():
        if name == known or name.startswith(known + "/"):
            return judge(given, env, tree)
    return perhaps(name) if hints(name) else None


def container(uses: str, given: Values) -> Sequence[str]:
    """The arguments given to a container's program ("docker://IMAGE")."""
    try:
        return shlex.split(_text(given.get("args")))
    except ValueError:
        return ()


def _text(value: Any) -> str:
    return "" if value is None else str(value) if isinstance(value, (str, bool, int)) else "?"


def _true(value: Any) -> bool:
    return _text(value).lower() in ("true", "1", "yes")


def _false(value: Any) -> bool:
    return _text(value).lower() in ("false", "0", "no")


def _gitleaks(given: Values, env: Values, tree: Tree) -> SecretScan | None:
    config = from_root(_text(env.get("GITLEAKS_CONFIG")))
    return SecretScan(tool="gitleaks", blocks=YES, configured="GITLEAKS_CONFIG" in env, config=config)


def _trufflehog(given: Values, env: Values, tree: Tree) -> SecretScan | None:
    """Source: the action's own action.yml: it runs `trufflehog git … --fail`, with `extra_args` at the end."""
    try:
        extra = shlex.split(_text(given.get("extra_args")))
    except ValueError:
        return SecretScan(tool="trufflehog", blocks=unsure("its `extra_args` could not be understood"))
    base, head = _text(given.get("base")), _text(given.get("head"))
    if base and base == head:
        return SecretScan(tool="trufflehog", blocks=no("`base` and `head` are the same, so it looks at no commit"))
    place = _text(given.get("path")) or "./"
    return scan_of(["trufflehog", "git", f"file://{place}", "--fail", *extra], {})


def _unless_false(tool: str, key: str) -> Callable[[Values, Values, Tree], SecretScan | None]:
    def judge(given: Values, env: Values, tree: Tree) -> SecretScan:
        return SecretScan(tool=tool, blocks=no(f"with `{key}: false` {NO_FAIL}") if _false(given.get(key)) else YES)

    return judge


def _reviewdog(tool: str) -> Callable[[Values, Values, Tree], SecretScan | None]:
    def judge(given: Values, env: Values, tree: Tree) -> SecretScan:
        fails = _true(given.get("fail_on_error")) or _text(given.get("fail_level")) in (
            "any",
            "info",
            "warning",
            "error",
        )
        return SecretScan(tool=tool, blocks=YES if fails else no(f"without `fail_level` {NO_FAIL}"))

    return judge


def _ggshield(given: Values, env: Values, tree: Tree) -> SecretScan | None:
    zero = "--exit-zero" in _text(given.get("args")) or _true(env.get("GITGUARDIAN_EXIT_ZERO"))
    return SecretScan(tool="ggshield", blocks=no(f"with `--exit-zero` {NO_FAIL}") if zero else YES)


def _trivy(given: Values, env: Values, tree: Tree) -> SecretScan | None:
    if _text(given.get("scan-type")) not in ("fs", "filesystem", "repo", "rootfs"):
        return None
    scanners = _text(given.get("scanners") or given.get("security-checks") or env.get("TRIVY_SCANNERS"))
    code = _text(given.get("exit-code") or env.get("TRIVY_EXIT_CODE"))
    scan = trivy(scanners or None, code or None, bool(given.get("trivy-config")))
    narrower = [f"--skip-dirs={_text(given['skip-dirs'])}"] if given.get("skip-dirs") else []
    looks = reach("trivy", ["trivy", "fs", _text(given.get("scan-ref")) or ".", *narrower], ".", fed=False)
    return scan and replace(scan, blocks=weakest(scan.blocks, looks))


def _checkov(given: Values, env: Values, tree: Tree) -> SecretScan | None:
    if not _true(given.get("enable_secrets_scan_all_files")):
        return None
    soft = _true(given.get("soft_fail"))
    said = no(f"with `soft_fail` {NO_FAIL}") if soft else YES
    kinds = checkov_kinds(*(_text(given.get(key)) for key in ("framework", "check", "skip_check")))
    place = _text(given.get("file") or given.get("directory")) or "."
    return SecretScan(
        tool="checkov", blocks=weakest(said, kinds, reach("checkov", ["checkov", "-d", place], ".", fed=False))
    )


def _semgrep(given: Values, env: Values, tree: Tree) -> SecretScan | None:
    return scan_of(["semgrep", "ci", *_text(given.get("config")).split()], {})


def _super_linter(given: Values, env: Values, tree: Tree) -> SecretScan | None:
    """It runs gitleaks unless that is switched off, or only others are switched on."""
    own = env.get("VALIDATE_GITLEAKS")
    others = [
        key
        for key, value in env.items()
        if key.startswith("VALIDATE_") and key != "VALIDATE_ALL_CODEBASE" and _true(value)
    ]
    if _false(own) or (own is None and others):
        return None
    said = no(f"with `DISABLE_ERRORS` {NO_FAIL}") if _true(env.get("DISABLE_ERRORS")) else YES
    if own is not None and not _true(own):
        said = unsure("`VALIDATE_GITLEAKS` depends on something not known here")
    return SecretScan(tool="gitleaks in super-linter", blocks=said)


def _megalinter(given: Values, env: Values, tree: Tree) -> SecretScan | None:
    """It runs several scanners unless they are switched off, or only others are switched on."""
    path = next((name for name in _MEGA_FILES if tree.is_file(name)), None)
    data = tree.yaml(path) if path else {}
    if not isinstance(data, Mapping):
        return SecretScan(tool="MegaLinter", blocks=unsure("its configuration could not be read"))
    settings = {**data, **env}

    def names(key: str) -> list[str]:
        value = settings.get(key)
        return [
            str(each).strip() for each in (value if isinstance(value, list) else _text(value).split(",")) if str(each)
        ]

    active = [
        each
        for each in _MEGA
        if not {each, "REPOSITORY"} & {*names("DISABLE"), *names("DISABLE_LINTERS")}
        and (
            each in names("ENABLE_LINTERS")
            if names("ENABLE_LINTERS")
            else not names("ENABLE") or "REPOSITORY" in names("ENABLE")
        )
    ]
    if not active:
        return None
    tool = f"{active[0].removeprefix('REPOSITORY_').lower()} in MegaLinter"
    if "EXTENDS" in settings:
        return SecretScan(tool=tool, blocks=unsure("its configuration goes on elsewhere"))
    failing = [
        each
        for each in active
        if not _true(settings.get(f"{each}_DISABLE_ERRORS"))
        and each not in names("DISABLE_ERRORS_LINTERS")
        and (not names("ENABLE_ERRORS_LINTERS") or each in names("ENABLE_ERRORS_LINTERS"))
    ]
    off = _true(settings.get("DISABLE_ERRORS")) or not failing
    said: Said = no(f"with its errors switched off {NO_FAIL}") if off else YES
    return SecretScan(tool=tool, blocks=said)


_JUDGES: Mapping[str, Callable[[Values, Values, Tree], SecretScan | None]] = {
    "gitleaks/gitleaks-action": _gitleaks,
    "zricethezav/gitleaks-action": _gitleaks,
    "dariuszporowski/github-action-gitleaks": _unless_false("gitleaks", "fail"),
    "gacts/gitleaks": _unless_false("gitleaks", "fail-on-error"),
    "reviewdog/action-gitleaks": _reviewdog("gitleaks"),
    "reviewdog/action-detect-secrets": _reviewdog("detect-secrets"),
    "trufflesecurity/trufflehog": _trufflehog,
    "gitguardian/ggshield-action": _ggshield,
    "gitguardian/gg-shield-action": _ggshield,
    "gitguardian/ggshield/actions/secret": _ggshield,
    "aquasecurity/trivy-action": _trivy,
    "bridgecrewio/checkov-action": _checkov,
    "returntocorp/semgrep-action": _semgrep,
    "semgrep/semgrep-action": _semgrep,
    "super-linter/super-linter": _super_linter,
    "github/super-linter": _super_linter,
    "oxsecurity/megalinter": _megalinter,
    "megalinter/megalinter": _megalinter,
}
