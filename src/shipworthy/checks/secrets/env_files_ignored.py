"""Judges `env-files-ignored`: local secret files cannot be committed or shipped."""

from __future__ import annotations

from collections.abc import Iterator

from shipworthy.checks.base import Check, CheckContext
from shipworthy.facts import Facts
from shipworthy.facts.settings import Default, ListingKind, SettingListing, Settings
from shipworthy.facts.settings.ignored import Ignored
from shipworthy.facts.settings.provided import provided
from shipworthy.facts.stack import Part, Stack
from shipworthy.model import Finding, Location, Outcome, Severity
from shipworthy.project import is_test_path
from shipworthy.text import plural

# Frameworks that read `.env.local` by themselves.
_LOCAL_ENV = {"next", "vite", "nuxt", "astro", "remix", "react-scripts", "sveltekit", "gatsby", "expo"}
_ALWAYS = {".env", ".env.local", ".env.production", ".env.prod", ".dev.vars"}


class EnvFilesIgnored(Check):
    """Proves that a `.env` cannot be committed or copied into an image by accident.

    Evidence: git's own answer about `.env` names in every folder that has or documents one, by rules of this
    repository; env files that git tracks; Dockerfiles against their .dockerignore; what an npm package would publish.
    It cannot see a build context named on a command line.
    """

    id = "env-files-ignored"
    needs = (Ignored, Settings, Stack)

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        ignored, settings = facts[Ignored], facts[Settings]
        files = [each for each in settings.listings if each.kind in (ListingKind.ENV_FILE, ListingKind.EXAMPLE)]
        own = [read for read in settings.own_reads() if read.name is None or not provided(read.name)]
        if not (files or own or settings.loads_env_files):
            return Outcome.not_applicable(
                "no setting is read, no env file is used", [f"{plural(settings.files, 'code file')}, no env file"]
            )
        if not ignored.in_git:
            return Outcome.unknown("not a git repository, so nothing says what is ignored")
        frameworks = facts[Stack].names(Part.FRAMEWORK)
        findings = [
            *_not_ignored(ignored, files, bool(frameworks & _LOCAL_ENV)),
            *_tracked(files),
            *_real_values(ignored),
            *_shipped(ignored),
        ]
        rules = sorted({each.by.partition(" ")[0] for each in ignored.answers if each.ignored})
        looked_at = [f"{each.path} ignored by {each.by}" for each in ignored.answers if each.ignored]
        looked_at += [
            f"{each.location} keeps .env out by {each.ignore_file}" for each in ignored.copies if not each.exposes
        ]
        if findings:
            more = f" and {len(findings) - 1} more" if len(findings) > 1 else ""
            what = f"{findings[0].location}: {findings[0].rule.replace('-', ' ')}"
            return Outcome.failed(what + more, findings, looked_at)
        if not rules:
            return Outcome.unknown("git named no rule for .env")
        return Outcome.passed(f".env ignored by {rules[0]}", looked_at, _remarks(ignored))


def _not_ignored(ignored: Ignored, files: list[SettingListing], local_env: bool) -> Iterator[Finding]:
    documented = {each.path for each in files}
    for answer in ignored.answers:
        folder, _, name = answer.path.rpartition("/")
        prefix = f"{folder}/" if folder else ""
        used = name == ".env" or (name == ".env.local" and local_env)
        used = used or any(path.startswith(f"{prefix}{name}.") for path in documented)
        if answer.ignored or not used:
            continue
        how = "only by a rule on this machine" if answer.local_only else "by no rule"
        yield Finding.at(
            Location(path=".gitignore") if not folder else Location(path=f"{prefix}.gitignore"),
            "env-file-not-ignored",
            f"{answer.path} is ignored {how}, so one `git add .` commits it.",
            anchor=answer.path,
            remedy=f"Add {name} to .gitignore and commit that.",
        )


def _tracked(files: list[SettingListing]) -> Iterator[Finding]:
    for each in files:
        if each.kind is not ListingKind.ENV_FILE or not each.tracked or is_test_path(each.path):
            continue
        name = each.path.rpartition("/")[2]
        secret = [row for row in each.assignments if row.secret and row.default is Default.TEXT]
        if name.endswith((".test", ".testing", ".ci")) or not (name in _ALWAYS or secret):
            continue
        what = f" and sets {secret[0].name}" if secret else ""
        yield Finding.at(
            Location(path=each.path, line=secret[0].line if secret else 1),
            "env-file-tracked",
            f"{each.path} is in version control{what}.",
            anchor=each.path,
            remedy=f"Replace the secrets in it, then run: git rm --cached {name}",
        )


def _real_values(ignored: Ignored) -> Iterator[Finding]:
    for each in ignored.real_values:
        yield Finding.at(
            each.location,
            "secret-file-committed",
            f"{each.location.path} holds what looks like a real secret: {each.title}.",
            anchor=each.rule,
            severity=Severity.CRITICAL,
            remedy="Replace the secret where it was issued, and keep only a placeholder in the repository.",
        )


def _shipped(ignored: Ignored) -> Iterator[Finding]:
    for each in ignored.copies:
        if each.exposes:
            why = f"{each.ignore_file} does not exclude it" if each.ignore_file else "there is no .dockerignore"
            yield Finding.at(
                each.location,
                "env-file-in-image",
                f"This line copies {each.exposes[0]} into the image: {why}.",
                anchor=each.exposes[0],
                remedy="Add .env* to .dockerignore beside the Dockerfile.",
            )
    for package in ignored.published:
        yield Finding.at(
            package.location,
            "env-file-published",
            f"Publishing this package would take .env along: {package.why}.",
            anchor="published",
            remedy='Name what to publish in "files" of package.json.',
        )


def _remarks(ignored: Ignored) -> Iterator[Finding]:
    for name in ("key.pem", "service-account.json"):
        answer = ignored.answer(name)
        if answer is not None and not answer.ignored:
            yield Finding.at(
                Location(path=".gitignore"),
                "key-file-not-ignored",
                f"A file such as {name} would be committed by `git add .`.",
                anchor=name,
                severity=Severity.INFO,
                remedy="If you keep key files here, add *.pem and their names to .gitignore.",
            )
