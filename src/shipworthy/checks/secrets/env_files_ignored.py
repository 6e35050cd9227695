"""Judges `env-files-ignored`: local secret files cannot be committed or shipped."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from shipworthy.checks.base import Check, CheckContext
from shipworthy.facts import Facts
from shipworthy.facts.secrets import Secrets
from shipworthy.facts.settings import Default, ListingKind, SettingListing, Settings
from shipworthy.facts.settings.ignored import Ignored
from shipworthy.facts.settings.provided import provided
from shipworthy.facts.settings.secret_files import KEY_FILES, component_of, of_streamlit
from shipworthy.facts.settings.streamlit_reads import HOW as STREAMLIT
from shipworthy.facts.stack import Part, Stack
from shipworthy.model import Confidence, Finding, Location, Outcome, Severity
from shipworthy.project import is_test_path
from shipworthy.text import plural

_ALWAYS = {".env", ".env.local", ".dev.vars"}
# Frameworks whose documentation says to commit a `.env` with defaults that are no secrets.
_COMMITS_ENV = {"next", "vite", "nuxt", "astro", "react-scripts", "sveltekit", "gatsby", "expo", "symfony", "remix"}
_LOCAL_TAILS = (".dev", ".development", ".local", ".test", ".testing", ".ci", ".docker", ".sample")
_TEST_TAILS = (".test", ".testing", ".ci")


class EnvFilesIgnored(Check):
    """Proves that a local secret file cannot be committed, copied into an image or published by accident.

    Evidence: git's own answer about `.env` and the other local files that examples, frameworks and tools here make, in
    every folder that has, documents or reads one, by rules of this repository; env files, keys, states and logins that
    git tracks, with what stands in them; Dockerfiles, stage by stage, against their ignore files; what an npm or Python
    package and an upload to a platform would take along. It cannot see a build context named on a command line.
    """

    id = "env-files-ignored"
    needs = (Ignored, Secrets, Settings, Stack)

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        ignored, settings = facts[Ignored], facts[Settings]
        files = [each for each in settings.listings if each.kind in (ListingKind.ENV_FILE, ListingKind.EXAMPLE)]
        own = [read for read in settings.own_reads() if read.name is None or not provided(read.name)]
        committed = [*_real_values(ignored, facts[Secrets]), *_binary(ignored)]
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
            *_tracked(files, facts[Stack]),
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
        if not kept:
            return Outcome.unknown("git named no rule for .env")
        remarks = [*doubts, *_remarks(ignored, settings, files)]
        return Outcome.passed(f"{kept[0].path} ignored by {kept[0].by.partition(' ')[0]}", looked_at, remarks)


def _not_ignored(ignored: Ignored, *, env: bool) -> Iterator[Finding]:
    open_at_root = {each.path for each in ignored.answers if each.used and not each.ignored and "/" not in each.path}
    for answer in ignored.answers:
        folder, _, name = answer.path.rpartition("/")
        if folder and name in open_at_root:
            # The rule that is missing at the root is missing for the whole repository: one line mends both.
            continue
        prefix = f"{folder}/" if folder else ""
        if answer.ignored or not answer.used or (name.startswith(".env") and not env):
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


def _tracked(files: list[SettingListing], stack: Stack) -> Iterator[Finding]:
    for each in files:
        if each.kind is not ListingKind.ENV_FILE or not each.tracked or is_test_path(each.path):
            continue
        name = each.path.rpartition("/")[2]
        if name.endswith(_TEST_TAILS):
            continue
        named = [row for row in each.assignments if row.secret and row.default in (Default.TEXT, Default.PLACEHOLDER)]
        secret = [row for row in named if row.default is Default.TEXT and not row.stand_in]
        commits_env = bool(stack.names(Part.FRAMEWORK, component_of(stack, each.path)) & _COMMITS_ENV)
        meant = commits_env and name == ".env" and not secret
        doubtful = bool(named) and not secret and not name.endswith(_LOCAL_TAILS)
        if not secret and not doubtful and (name not in _ALWAYS or meant):
            continue
        # Only stand-ins in a file whose name says nothing: a person knows whether it is used as it is.
        sure = bool(secret) or (name in _ALWAYS and not meant)
        shown = (secret or named)[:1]
        what = f" and sets {shown[0].name}" if shown else ""
        yield Finding.at(
            Location(path=each.path, line=shown[0].line if shown else 1),
            "env-file-tracked",
            f"{each.path} is in version control{what}" + ("." if sure else ", to what looks like a stand-in."),
            anchor=each.path,
            severity=Severity.HIGH if sure else Severity.LOW,
            confidence=Confidence.CERTAIN if sure else Confidence.REVIEW,
            remedy=f"Replace the secrets in it, then run: git rm --cached -- {quote(each.path)}",
        )


def _real_values(ignored: Ignored, secrets: Secrets) -> Iterator[Finding]:
    for each in secrets.sightings:
        if each.counts and each.location.path in ignored.secret_files:
            yield Finding.at(
                each.location,
                "secret-file-committed",
                f"{each.location.path} holds what looks like a real secret: {each.title}.",
                anchor=each.rule,
                severity=Severity.CRITICAL,
                remedy="Replace the secret where it was issued, and keep only a placeholder in the repository.",
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
