"""Judges `env-files-ignored`: local secret files cannot be committed or shipped."""

from __future__ import annotations

from collections.abc import Iterator

from shipworthy.checks.base import Check, CheckContext
from shipworthy.checks.secrets.committed_env import real_values, tracked, unread
from shipworthy.facts import Facts
from shipworthy.facts.secrets import Secrets
from shipworthy.facts.settings import ListingKind, SettingListing, Settings
from shipworthy.facts.settings.ignored import Ignored
from shipworthy.facts.settings.provided import provided
from shipworthy.facts.settings.secret_files import KEY_FILES, of_streamlit
from shipworthy.facts.settings.streamlit_reads import HOW as STREAMLIT
from shipworthy.facts.stack import Stack
from shipworthy.model import Confidence, Finding, Location, Outcome, Severity
from shipworthy.text import plural

_OF_VALUES = {ListingKind.ENV_FILE, ListingKind.EXAMPLE, ListingKind.SETTINGS_JSON}


class EnvFilesIgnored(Check):
    """Proves that a local secret file cannot be committed, copied into an image or published by accident.

    Evidence: git's own answer about `.env` and the other local files that examples, frameworks and tools here make, in
    every folder that has, documents or reads one, by rules of this repository; env files, keys, states and logins that
    git tracks, with what stands in them (encrypted ones may be there); Dockerfiles, stage by stage, against their
    ignore files; what an npm or Python package and an upload to a platform would take along. It
    cannot see a build context named on a command line.
    """

    id = "env-files-ignored"
    needs = (Ignored, Secrets, Settings, Stack)

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        ignored, settings = facts[Ignored], facts[Settings]
        listed = [each for each in settings.listings if each.kind in _OF_VALUES]
        files = [each for each in listed if each.kind is not ListingKind.SETTINGS_JSON]
        own = [read for read in settings.own_reads() if read.name is None or not provided(read.name)]
        kept_here = list(tracked(listed, ignored, facts[Stack]))
        sure = {each.location.path or "" for each in kept_here if each.confidence is not Confidence.REVIEW}
        committed = [*kept_here, *real_values(listed, ignored, facts[Secrets], sure), *_binary(ignored)]
        makes_files = any(
            each.used and not each.path.endswith("/.env") and each.path != ".env" for each in ignored.answers
        )
        from_env = any(read.how != STREAMLIT for read in own) or any(not of_streamlit(each.path) for each in files)
        if not (files or own or settings.loads_env_files or committed or makes_files):
            return Outcome.not_applicable(
                "no setting is read, no env file is used", [f"{plural(settings.files, 'code file')}, no env file"]
            )
        if not ignored.in_git:
            return Outcome.unknown("not a git repository, so nothing says what is ignored")
        findings = [
            *_not_ignored(ignored, env=from_env or bool(settings.loads_env_files)),
            *committed,
            *_shipped(ignored),
        ]
        kept = [each for each in ignored.answers if each.ignored and each.used]
        looked_at = [f"{each.path} ignored by {each.by}" for each in ignored.answers if each.ignored]
        looked_at += [
            f"{each.location} keeps .env out by {each.ignore_file}" for each in ignored.copies if not each.exposes
        ]
        failures = [each for each in findings if each.confidence is not Confidence.REVIEW]
        doubts = [each for each in findings if each.confidence is Confidence.REVIEW]
        if failures:
            more = f" and {len(failures) - 1} more" if len(failures) > 1 else ""
            what = f"{failures[0].location}: {failures[0].rule.replace('-', ' ')}"
            return Outcome.failed(what + more, [*failures, *doubts], looked_at)
        closed = unread(listed, ignored)
        if closed:
            return Outcome.unknown(f"{closed[0]} is in version control and no text, so what stands in it is not known")
        looked_at += [f"{path} is encrypted" for path in sorted(ignored.sealed)]
        if not kept and not ignored.sealed:
            return Outcome.unknown("git named no rule for .env")
        remarks = [*doubts, *_remarks(ignored, settings, files)]
        summary = f"{kept[0].path} ignored by {kept[0].by.partition(' ')[0]}" if kept else looked_at[-1]
        return Outcome.passed(summary, looked_at, remarks)


def _not_ignored(ignored: Ignored, *, env: bool) -> Iterator[Finding]:
    # Who commits such files encrypted can have no rule that ignores them.
    sealed = {path.rpartition("/")[2] for path in ignored.sealed}
    open_at_root = {each.path for each in ignored.answers if each.used and not each.ignored and "/" not in each.path}
    for answer in ignored.answers:
        folder, _, name = answer.path.rpartition("/")
        if folder and name in open_at_root:
            # The rule that is missing at the root is missing for the whole repository: one line mends both.
            continue
        prefix = f"{folder}/" if folder else ""
        if answer.ignored or not answer.used or name in sealed or (name.startswith(".env") and not env):
            continue
        how = "only by a rule on this machine" if answer.local_only else "by no rule"
        state = name.endswith(".tfstate")
        what = "holds every secret that Terraform makes and " if state else ""
        yield Finding.at(
            Location(path=f"{prefix}.gitignore"),
            "env-file-not-ignored",
            f"{answer.path} {what}is ignored {how}, so one `git add .` commits it.",
            anchor=answer.path,
            remedy=f"Add {name} to {prefix}.gitignore and commit that.",
        )
    for path in ignored.untracked:
        yield Finding.at(
            Location(path=path),
            "key-store-not-ignored",
            f"{path} lies here, neither committed nor ignored, so one `git add .` commits it.",
            anchor=path,
            remedy="Add its name to .gitignore and commit that.",
        )


def _binary(ignored: Ignored) -> Iterator[Finding]:
    for path in ignored.key_stores:
        yield Finding.at(
            Location(path=path),
            "key-store-committed",
            f"{path} is a store of private keys, in version control.",
            anchor=path,
            remedy="Replace its keys, take it out of git, and hand it over from a store when it is needed.",
        )
    for path in ignored.states:
        yield Finding.at(
            Location(path=path),
            "state-committed",
            f"{path} is Terraform's state: it holds the secrets of everything it made, readable.",
            anchor=path,
            severity=Severity.CRITICAL,
            remedy="Replace the secrets in it, move the state to an encrypted backend, and take the file out of git.",
        )


def _shipped(ignored: Ignored) -> Iterator[Finding]:
    for each in ignored.copies:
        if each.exposes:
            why = f"{each.ignore_file} does not exclude it" if each.ignore_file else "there is no .dockerignore"
            where = "the image" if each.shipped else "a stage of the build, which is cached but not shipped"
            where = "an image for tests or development" if each.aside else where
            sure = each.shipped and not each.aside
            yield Finding.at(
                each.location,
                "env-file-in-image",
                f"This line copies {each.exposes[0]} into {where}: {why}.",
                anchor=each.exposes[0],
                severity=Severity.HIGH if sure else Severity.LOW,
                confidence=Confidence.CERTAIN if sure else Confidence.REVIEW,
                remedy=f"Add {_pattern(each.exposes[0])} to .dockerignore beside the Dockerfile.",
            )
    for package in ignored.published:
        act = "An upload" if package.upload else "Publishing this package"
        listed = 'Name what to publish in "files" of package.json.'
        yield Finding.at(
            package.location,
            "env-file-uploaded" if package.upload else "env-file-published",
            f"{act} would take {package.takes} along: {package.why}.",
            anchor="published",
            remedy=f"Add {package.takes} to it." if package.upload else listed,
        )


def _pattern(path: str) -> str:
    """What keeps a file and its like out of an image."""
    name = path.rpartition("/")[2]
    return ".env*" if name.startswith(".env") else f"**/{name}"


def _remarks(ignored: Ignored, settings: Settings, files: list[SettingListing]) -> Iterator[Finding]:
    open_keys = [path for path in KEY_FILES if (said := ignored.answer(path)) is not None and not said.ignored]
    if open_keys:
        yield Finding.at(
            Location(path=".gitignore"),
            "key-file-not-ignored",
            f"A file such as {' or '.join(open_keys[:3])} would be committed by `git add .`.",
            anchor="key files",
            severity=Severity.INFO,
            remedy="If you keep key files here, add *.pem, *.key and their names to .gitignore.",
        )
    has_example = any(each.kind is ListingKind.EXAMPLE and each.tracked for each in files)
    if settings.loads_env_files and not has_example:
        yield Finding.at(
            settings.loads_env_files[0],
            "no-example-file",
            "A .env file is loaded here, and no example of it says what belongs into it.",
            anchor="example",
            severity=Severity.LOW,
            remedy="Commit an .env.example with the names and made-up values.",
        )
