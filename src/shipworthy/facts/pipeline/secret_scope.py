"""Whether a scan for secrets looks at the whole repository. Facts from the scanners' own manuals.

A scanner that finds nothing because it looks elsewhere ends as well as one that looked everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shipworthy.facts.pipeline.fact import YES, Said, no, unsure, weakest
from shipworthy.facts.pipeline.shell_words import ROOT, join_path
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.facts.pipeline.words import words as _words
from shipworthy.facts.pipeline.wrappers import option

_FLAGS = _words(
    "--fail --error --redact --verbose -v -vv --no-banner --no-color --json -j --no-update --only-verified "
    "--no-verification -r --recursive -y --yes --no-git --strict -q --quiet --debug --github-actions --no-progress "
    "--maskSecrets --no-maskSecrets --no-glob --no-terminalLink "
    "--staged --pre-commit --soft-fail --compact --metrics=off --no-git-ignore --strict-ignore --show-ignored"
)
"""Options that take no value: a word behind one is a place. Behind any other it may be its value."""
_MOUNTED = "/github/workspace"
"""Where GitHub mounts the repository into the container of a step."""
_EVERYTHING = frozenset({"*", "**", "**/*", ".", "./", "./**", "./**/*", "/", "/**", ".*", ".+", "^.*$", "^.*", ".*$"})
"""Patterns of files, as globs and as regular expressions, that fit each of them."""
_PART_OF_HISTORY = re.compile(
    r"(?:^|\s)(?:--(?:since|after|until|before|max-count|skip|author|committer|grep|diff-filter|no-walk)(?:[=\s]|$)"
    r"|--max-count|-n\s*\d|-\d|-[SG]|--(?:\s|$))"
)
"""Options of `git log` that leave commits of a change out."""


@dataclass(frozen=True, slots=True)
class _Places:
    """How a scanner is told where to look; without being told, it looks where it starts."""

    options: tuple[str, ...] = ()
    behind: int = 0
    """How many words come before the first place: subcommands. -1: only options name places."""
    history: bool = False
    """It reads the history of the repository that the place lies in, which is the same for each folder of it."""


_PIPED = no("it looks at what is piped to it, and nothing is known to be")
_GITLEAKS: Mapping[str, _Places] = {
    "dir": _Places(behind=1),
    "directory": _Places(behind=1),
    "file": _Places(behind=1),
    "git": _Places(behind=1, history=True),
    "detect": _Places(("--source", "-s"), behind=-1, history=True),
    "scan": _Places(("--source", "-s"), behind=-1, history=True),
}
_TABLE: Mapping[str, Mapping[str, _Places]] = {
    "gitleaks": _GITLEAKS,
    "infisical": _GITLEAKS,
    "trufflehog": {"filesystem": _Places(("--directory",), behind=1), "git": _Places(behind=1, history=True)},
    "kingfisher": {"scan": _Places(behind=1)},
    "trivy": {name: _Places(behind=1) for name in ("fs", "filesystem", "repo", "repository", "rootfs")},
    "semgrep": {"ci": _Places(behind=-1), "scan": _Places(behind=1), "": _Places()},
    "opengrep": {"ci": _Places(behind=-1), "scan": _Places(behind=1), "": _Places()},
    "checkov": {"": _Places(("-d", "--directory", "-f", "--file"), behind=-1)},
    "credsweeper": {"": _Places(("--path",), behind=-1)},
    "2ms": {"filesystem": _Places(("--path",), behind=-1), "git": _Places(behind=1, history=True)},
    "ripsecrets": {"": _Places()},
    "secretlint": {"": _Places()},
    "shipworthy": {"check": _Places(behind=1)},
}
_ELSEWHERE: Mapping[str, frozenset[str]] = {
    "trufflehog": _words(
        "github gitlab docker s3 gcs syslog circleci travisci elasticsearch jenkins huggingface multi-scan postman "
        "github-experimental json-enumerator"
    ),
    "2ms": _words("slack discord paligo confluence"),
}
"""Subcommands that look at something else than files that were checked out."""


def reach(name: str, words: Sequence[str], folder: str | None, *, fed: bool) -> Said:
    """Whether a command, without wrappers, looks at everything that a change could bring in; `folder`: where it starts.

    `fed`: names of files are handed to it by what starts it.
    """
    plain = [word for word in words[1:] if not word.startswith("-")]
    if name == "ggshield":
        return _ggshield([each for each in plain if each not in ("secret", "scan")], words, folder)
    if name == "detect-secrets-hook":
        return _narrowed(words, "--exclude-files") if fed else _given_files(words)
    if name == "talisman":
        return _patterns(option(words, "--pattern", "-p"))
    first = plain[0] if plain else ""
    if first == "stdin":
        return unsure(_PIPED.why)
    if first in _ELSEWHERE.get(name, ()):
        return unsure(f"`{name} {first}` does not look at the files that are checked out")
    kinds = _TABLE.get(name, {})
    places = kinds.get(first) or kinds.get("")
    if places is None or (name in ("gitleaks", "infisical") and first == "protect"):
        return YES
    history = places.history and "--no-git" not in words
    named = [*_of_options(words, places.options), *_behind(words, places.behind)]
    if name == "secretlint":
        if fed or not plain:
            return YES if fed else no("no file is named to it")
        return weakest(*map(_patterns, named))
    if not fed and not (named and all(each.startswith(("/", ROOT)) for each in named)):
        named = named or ["."]
    said = [] if fed else [_place(each, folder, history=history) for each in named]
    return weakest(*said, _narrowed(words, "--include", "--skip-dirs", "--skip-files"), _log(words), _fewer(words))


def _of_options(words: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    given = option(words, *names) if names else None
    if given is not None:
        yield given


def _behind(words: Sequence[str], count: int) -> Iterator[str]:
    """Words that are no option and no option's value, behind so many of them."""
    if count < 0:
        return
    for number, word in enumerate(words[1:], 1):
        before = words[number - 1] if number > 1 else ""
        if word.startswith("-") or (before.startswith("-") and before not in _FLAGS and "=" not in before):
            continue
        if count:
            count -= 1
        else:
            yield word


def _place(word: str, folder: str | None, *, history: bool) -> Said:
    word = word.removeprefix("file://") or "."
    if word == _MOUNTED or word.startswith(_MOUNTED + "/"):
        word = ROOT + word.removeprefix(_MOUNTED)
    if HOLE in word:
        return unsure("which folder it looks at is not known here")
    if "://" in word or word.startswith(("/", "~")) or "@" in word:
        return unsure(f"it looks at {word[:60]}, and what that is is not known here")
    if history and folder is None:
        return YES
    path = join_path(folder, word)
    if path is None:
        return unsure("the folder it looks at lies outside the repository, or is not known here")
    return YES if path == "." or history else unsure(f"it looks at {path[:60]} only, not at the whole repository")


def _ggshield(inner: Sequence[str], words: Sequence[str], folder: str | None) -> Said:
    what, *named = inner or [""]
    if what == "path":
        # The words behind it are files, and folders with `-r`.
        return weakest(*(_place(each, folder, history=False) for each in named))
    if what in ("docker", "archive", "pypi", "docset"):
        return unsure(f"`ggshield secret scan {what}` does not look at the files that are checked out")
    return weakest(*(_place(each, folder, history=True) for each in named)) if what == "repo" else YES


def _given_files(words: Sequence[str]) -> Said:
    """Files that are written out one by one leave out those of tomorrow; a list that is made there is taken for all."""
    named = [each for each in _behind(words, 0) if HOLE not in each]
    return unsure(f"it looks at {named[0][:60]} only, not at the whole repository") if named else YES


def _patterns(glob: str | None) -> Said:
    if glob is None or glob in _EVERYTHING:
        return YES
    return unsure(f"it looks at {glob[:60]} only, not at the whole repository".replace(HOLE, "…"))


def _narrowed(words: Sequence[str], *names: str) -> Said:
    """What is left in is too little; what is left out is too much where it is everything."""
    for name in names:
        given = option(words, name)
        if given is not None and (given in _EVERYTHING) is not name.startswith("--include"):
            return unsure(f"`{name}` leaves files of the repository out")
    return YES


def _fewer(words: Sequence[str]) -> Said:
    """TruffleHog's options that leave kinds of secrets or commits out. Source: its `--help`."""
    if option(words, "--include-detectors") not in (None, "all"):
        return unsure("`--include-detectors` lets it look for some kinds of secrets only")
    if option(words, "--max-depth") not in (None, "0"):
        return unsure("`--max-depth` leaves commits of a change out")
    globs = (option(words, "--exclude-globs") or "").split(",")
    return unsure("`--exclude-globs` leaves every file out") if _EVERYTHING & set(globs) else YES


def _log(words: Sequence[str]) -> Said:
    given = option(words, "--log-opts")
    if given is None:
        return YES
    start, dots, end = given.partition("..")
    if _PART_OF_HISTORY.search(given) or (dots and start.strip() == end.lstrip(".").strip() and HOLE not in given):
        return unsure(f"`--log-opts` leaves commits of a change out ({given[:60]})".replace(HOLE, "…"))
    return YES
