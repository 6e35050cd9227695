"""The hooks of a pre-commit configuration that look for secrets, and what `pre-commit run` does with them in a job.

Sources: pre-commit's manual (".pre-commit-config.yaml - hooks", "pre-commit run") and the scanners' own hook files.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Kind, Link, Said, SecretScan, no, unsure, weakest
from shipworthy.facts.pipeline.hook_linters import STAGES, linters_of, own_hooks
from shipworthy.facts.pipeline.resolve import Frame, Resolver
from shipworthy.facts.pipeline.secret_scanners import hints, perhaps, scan_of
from shipworthy.facts.pipeline.tree import Tree, rows
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.facts.pipeline.words import words as _words
from shipworthy.facts.pipeline.wrappers import option, program_of, skip_options, strip
from shipworthy.project.yaml import line_of

FILE = ".pre-commit-config.yaml"
_NAMES = (FILE, ".pre-commit-config.yml")
# Hooks of other repositories by the repository's name and the hook's id: the command each runs.
_KNOWN: Mapping[tuple[str, str], str] = {
    ("gitleaks", "gitleaks"): "gitleaks git --pre-commit --staged",
    ("gitleaks", "gitleaks-docker"): "gitleaks git --pre-commit --staged",
    ("gitleaks", "gitleaks-system"): "gitleaks git --pre-commit --staged",
    ("detect-secrets", "detect-secrets"): "detect-secrets-hook",
    ("trufflehog", "trufflehog"): "trufflehog git file://. --since-commit HEAD --fail",
    ("ggshield", "ggshield"): "ggshield secret scan pre-commit",
    ("ggshield", "ggshield-push"): "ggshield secret scan pre-push",
    ("git-secrets", "git-secrets"): "git-secrets --pre_commit_hook",
    ("talisman", "talisman-commit"): "talisman --githook pre-commit",
    ("talisman", "talisman-push"): "talisman --githook pre-push",
    ("ripsecrets", "ripsecrets"): "ripsecrets",
    ("ripsecrets", "ripsecrets-system"): "ripsecrets",
    ("kingfisher", "kingfisher-pre-commit"): "kingfisher scan --staged",
    ("kingfisher", "kingfisher-docker"): "kingfisher scan --staged",
    ("secretlint", "secretlint"): "secretlint",
    ("infisical", "infisical-scan"): "infisical scan git-changes --staged",
    ("semgrep", "semgrep"): "semgrep",
    ("pre-commit", "semgrep"): "semgrep",
    # Asked for all files, it looks at all of them.
    ("shipworthy", "shipworthy-secrets"): "shipworthy hook run --all",
}
_FILES = _words("-a --all-files --files --from-ref -s --source --to-ref -o --origin")
_ALL = frozenset({".*", "^.*", ".*$", "^.*$", ".+", "^.+$", "^", "."})
_VALUED = _words(
    "-c --config --color --hook-stage -t --hook-type --from-ref -s --source --to-ref -o --origin --remote-name "
    "--remote-url --files --log-file -j --jobs"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One hook that looks for secrets."""

    id: str
    names: frozenset[str]
    """What selects it on a command line or skips it: its id and its alias."""
    path: str
    line: int
    stages: frozenset[str]
    scan: SecretScan

    @property
    def link(self) -> Link:
        return Link(self.path, self.line, self.id[:80])


def config_of(tree: Tree) -> tuple[str, Mapping[str, Any]] | None:
    """The path and content of the configuration; None where there is none that can be read."""
    path = next((name for name in _NAMES if tree.is_file(name)), None)
    data = tree.yaml(path) if path else None
    return (path, data) if path and isinstance(data, Mapping) else None


def hooks_of(tree: Tree) -> list[Hook]:
    """Every hook of the configuration that looks for secrets, in file order."""
    found = config_of(tree)
    return list(_hooks(*found)) if found else []


def _hooks(path: str, data: Mapping[str, Any]) -> Iterator[Hook]:
    default = [str(each) for each in rows(data.get("default_stages"))]
    for repo in rows(data.get("repos")):
        if not isinstance(repo, Mapping):
            continue
        for row in rows(repo.get("hooks")):
            if not isinstance(row, Mapping):
                continue
            name = str(row.get("id", ""))
            scan = _scan(str(repo.get("repo", "")), name, row)
            if scan is None:
                continue
            scan = replace(scan, blocks=weakest(scan.blocks, _filtered(data), _filtered(row)))
            stages = [str(each) for each in rows(row.get("stages"))] or default or ["pre-commit", "pre-push"]
            names = frozenset({name, str(row.get("alias") or name)})
            yield Hook(
                id=name, names=names, path=path, line=line_of(row, "id") or 1,
                stages=frozenset(STAGES.get(each, each) for each in stages), scan=scan,
            )  # fmt: skip


def _filtered(row: Mapping[str, Any]) -> Said:
    """Whether a hook, or all of them, is given every file. A pattern is not run: whoever wrote it may mean harm."""
    files, left_out = str(row.get("files") or ""), str(row.get("exclude") or "")
    kinds = {str(each) for key in ("types", "types_or") for each in rows(row.get(key))}
    if left_out in _ALL:
        return no(f"{FILE} leaves out every file (`exclude: {left_out}`)")
    if (files and files not in _ALL) or kinds - {"text", "file"}:
        return unsure(f"{FILE} gives it some files only")
    return YES


def _scan(repo: str, name: str, row: Mapping[str, Any]) -> SecretScan | None:
    """What a hook does about secrets; None where it is no scan for them."""
    owner = repo.rstrip("/").removesuffix(".git").rpartition("/")[2].lower()
    entry = row.get("entry")
    line = str(entry) if entry is not None else _KNOWN.get((owner, name))
    if line is None:
        known = repo not in ("local", "meta") and (hints(name) or hints(owner))
        return perhaps(name) if known else None
    try:
        words = strip([*shlex.split(line), *(str(each) for each in rows(row.get("args")))]).words
    except ValueError:
        return perhaps(name) if hints(line) else None
    if not words:
        return None
    fed = row.get("pass_filenames", True) is not False
    found = scan_of(words, {}, fed=fed)
    if found is None and (hints(name) or hints(" ".join(words[:2]))):
        return perhaps(name)
    return found


def run(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`pre-commit run`: one row for the hooks that lint, and one for each that looks for secrets."""
    at = skip_options(words, 1, _VALUED)
    if at >= len(words) or words[at] != "run":
        return False
    rest = words[at + 1 :]
    only = skip_options(rest, 0, _VALUED)
    chosen = rest[only] if only < len(rest) else ""
    stage = option(rest, "--hook-stage", "-t", "--hook-type") or "pre-commit"
    files = any(word.split("=", 1)[0] in _FILES for word in rest)
    staged = no("it looks only at staged files, and a pipeline has none: `--all-files` is missing")
    named = [word for word in rest[rest.index("--files") + 1 :] if HOLE not in word] if "--files" in rest else []
    lints = frame if files else frame.masked(staged)
    r.note(Kind.LINT, words, lints)
    skipped = {each.strip() for value in frame.variables.get("SKIP", ()) for each in value.split(",")}
    config = option(words, "-c", "--config")
    if frame.folder not in (".", None) or (config and config not in _NAMES):
        return True
    found = config_of(r.tree)
    if found is None and any(r.tree.is_file(name) for name in _NAMES):
        r.lose(f"{FILE} could not be understood", frame, anything=True)
    stage = STAGES.get(stage, stage)
    for linter in linters_of(*found) if found else ():
        if stage in linter.stages and not linter.names & skipped and (not chosen or chosen in linter.names):
            r.note(linter.kind, linter.program.split(), lints.at(linter.link))
    scans = {hook.link.line for hook in hooks_of(r.tree)}
    for own in own_hooks(*found) if found else ():
        mine = own.words and own.link.line not in scans and not hints(" ".join(own.words))
        if mine and stage in own.stages and not own.names & skipped and (not chosen or chosen in own.names):
            r.command(own.words, lints.at(own.link))
    for hook in hooks_of(r.tree):
        if (chosen and chosen not in hook.names and HOLE not in chosen) or stage not in hook.stages:
            continue
        here = frame.at(hook.link)
        if HOLE in chosen:
            here = here.doubt(unsure("which hook is run is not known here"))
        scan = hook.scan
        if hook.names & skipped:
            scan = replace(scan, blocks=no("SKIP leaves it out"))
        elif not files:
            scan = replace(scan, staged=True)
        elif named:
            scan = replace(scan, blocks=weakest(scan.blocks, unsure(f"it looks at {named[0][:60]} only")))
        r.note(Kind.SCAN, [program_of(words[0]), "run", hook.id], here, secrets=scan)
    return True
