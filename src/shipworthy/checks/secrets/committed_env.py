"""Env files and settings in JSON that git tracks: which of them hold secrets, as `env-files-ignored` judges it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from shlex import quote

from shipworthy.facts.secrets import Secrets
from shipworthy.facts.settings import Assignment, Default, ListingKind, SettingListing
from shipworthy.facts.settings.env_names import one_of_a_set, plain
from shipworthy.facts.settings.ignored import Ignored
from shipworthy.facts.settings.secret_files import component_of
from shipworthy.facts.stack import Part, Stack
from shipworthy.model import Confidence, Finding, Location, Severity
from shipworthy.project import is_test_path

_ALWAYS = {".env", ".env.local", ".dev.vars", ".env.keys", ".env.me"}
# Frameworks whose documentation says to commit a `.env` with defaults that are no secrets.
_COMMITS_ENV = {"next", "vite", "nuxt", "astro", "react-scripts", "sveltekit", "gatsby", "expo", "symfony", "remix"}
_LOCAL_TAILS = (".dev", ".development", ".local", ".test", ".testing", ".ci", ".docker", ".sample")
_TEST_TAILS = (".test", ".testing", ".ci")
_LOCAL_SET = re.compile(r"(?:^|/)\.?(?:local|dev|development|test|testing|ci)/")
_OUT = "Replace the secrets in it, then run: git rm --cached -- {}"
_EMPTIED = "Replace the secret, and let an environment variable or a store give it to the app instead of this file."


def tracked(files: Iterable[SettingListing], ignored: Ignored, stack: Stack) -> Iterator[Finding]:
    """Files that are committed with secrets in them, or by a name that is nobody else's business."""
    for each in files:
        if each.kind is ListingKind.EXAMPLE or not each.tracked or each.path in ignored.sealed or each.unread:
            continue
        found = _judged(each, stack)
        if found is not None:
            shown, what, confidence = found
            name = each.path.rpartition("/")[2]
            kept = each.kind is ListingKind.SETTINGS_JSON and name.lower().startswith("appsettings")
            yield Finding.at(
                Location(path=each.path, line=shown.line if shown else 1),
                "env-file-tracked",
                f"{each.path} is in version control{f' and sets {shown.name}' if shown else ''}{what}.",
                anchor=each.path,
                severity=Severity.LOW if confidence is Confidence.REVIEW else Severity.HIGH,
                confidence=confidence,
                remedy=_EMPTIED if kept else _OUT.format(quote(each.path)),
            )


def _judged(each: SettingListing, stack: Stack) -> tuple[Assignment | None, str, Confidence] | None:
    """(what to show, how doubtful it is in words, how sure); None for a file that may be committed."""
    name = each.path.rpartition("/")[2]
    in_json = each.kind is ListingKind.SETTINGS_JSON
    told = [row for row in each.assignments if row.default in (Default.TEXT, Default.PLACEHOLDER)]
    named = [row for row in told if row.secret and not in_json]
    secret = [row for row in told if row.default is Default.TEXT and not row.stand_in and (in_json or row.secret)]
    if is_test_path(each.path) or plain(name).endswith(_TEST_TAILS):
        # A token of a provider counts all the same; what else stands here is mostly made up for the tests.
        return (secret[0], ", in a file for tests", Confidence.REVIEW) if secret else None
    if secret and one_of_a_set(each.path) and _LOCAL_SET.search(each.path):
        return secret[0], ", in a file for one's own machine", Confidence.REVIEW
    if secret:
        return secret[0], "", Confidence.CERTAIN
    commits_env = bool(stack.names(Part.FRAMEWORK, component_of(stack, each.path)) & _COMMITS_ENV)
    if name in _ALWAYS and not (commits_env and name == ".env"):
        return (named[0] if named else None), "", Confidence.CERTAIN
    # Only stand-ins in a file whose name says nothing: a person knows whether it is used as it is.
    if named and not plain(name).endswith(_LOCAL_TAILS):
        return named[0], ", to what looks like a stand-in", Confidence.REVIEW
    return None


def unread(files: Iterable[SettingListing], ignored: Ignored) -> list[str]:
    """Committed env files that are no text and no ciphertext known here: nobody can say what stands in them."""
    return [each.path for each in files if each.tracked and each.unread and each.path not in ignored.sealed]


def real_values(
    files: Iterable[SettingListing], ignored: Ignored, secrets: Secrets, said: set[str]
) -> Iterator[Finding]:
    """What the scanner takes for a real secret in a committed file; `said`: files that are accused already.

    Of a file that is readable here alone, what is committed is another text; beside encrypted values may stand others.
    """
    readable_here = ignored.sealed - {each.path for each in files if each.sealed}
    for each in secrets.sightings:
        path = each.location.path or ""
        if each.counts and path in ignored.secret_files and path not in readable_here and path not in said:
            yield Finding.at(
                each.location,
                "secret-file-committed",
                f"{path} holds what looks like a real secret: {each.title}.",
                anchor=each.rule,
                severity=Severity.CRITICAL,
                remedy="Replace the secret where it was issued, and keep only a placeholder in the repository.",
            )
