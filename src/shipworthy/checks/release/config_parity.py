"""Judges `config-parity`: all settings come from the environment and are listed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shipworthy.checks.base import Check, CheckContext
from shipworthy.facts import Facts
from shipworthy.facts.settings import Assignment, Default, ListingKind, SettingRead, Settings
from shipworthy.facts.settings.provided import provided
from shipworthy.model import Finding, Location, Outcome, Severity
from shipworthy.text import plural

_PRODUCTION = re.compile(r"(?:^|[/._-])prod(?:uction)?(?:[/._-]|$)", re.I)


class ConfigParity(Check):
    """Proves that every setting the app's own code reads has a default or is named in a file that others see.

    Evidence: reads of the environment in Python, JavaScript, TypeScript and, by text, seven other languages; names in
    env examples, compose files, images, CI, platform and Kubernetes manifests, Terraform and documentation. It cannot
    see names computed at run time: those it says, and does not pass. Test code and names that every platform provides
    are left out.
    """

    id = "config-parity"
    needs = (Settings,)

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        settings = facts[Settings]
        named = settings.named()
        asked = {name: rows for name, rows in named.items() if not provided(name)}
        computed = [read for read in settings.own_reads() if read.name is None]
        code = f"{plural(settings.files, 'code file')} read"
        if not named and not computed:
            return Outcome.not_applicable("no setting is read", [code])
        lists = {name: settings.listed_in(name) for name in asked}
        failures = [*_unlisted(settings, asked), *_only_here(settings)]
        where = sorted({path for paths in lists.values() for path in paths})
        looked_at = [code, f"{plural(len(asked), 'setting')} read"]
        looked_at += [f"listed in {path}" for path in where[:10]]
        questions = [_computed(read) for read in computed]
        if failures:
            missing = sum(finding.rule == "setting-not-listed" for finding in failures)
            summary = f"{plural(missing, 'setting')} not listed" if missing else "tied to one machine"
            return Outcome.failed(summary, [*failures, *questions], looked_at)
        if questions:
            places = plural(len(questions), "setting is", "settings are")
            return Outcome.unknown(f"{places} read by a computed name", questions, looked_at=looked_at)
        remarks = [*_leaving(settings, asked), *_stale(settings, named), *_local_defaults(settings)]
        listed = sum(bool(paths) for paths in lists.values())
        rest = f", {len(asked) - listed} with a default" if listed < len(asked) else ""
        summary = f"{plural(len(asked), 'setting')}: {listed} listed{rest}"
        if not asked:
            summary = "only settings that every platform provides"
        return Outcome.passed(summary, looked_at, remarks)


def _leaving(settings: Settings, asked: dict[str, list[SettingRead]]) -> Iterator[Finding]:
    """Settings that only an env file of somebody's own secrets names: without it nothing lists them."""
    leaving = {
        each.path
        for each in settings.listings
        if each.kind is ListingKind.ENV_FILE and any(_real(row) for row in each.assignments)
    }
    for name, rows in asked.items():
        required = [row for row in rows if row.required]
        paths = settings.listed_in(name)
        if required and paths and leaving.issuperset(paths):
            yield Finding.at(
                required[0].location,
                "setting-list-leaves",
                f"Only {paths[0]} names {name}, and it holds secrets, so it has to leave git.",
                anchor=name,
                severity=Severity.LOW,
                remedy=f"Add {name}= with a placeholder to .env.example before you take {paths[0]} out of git.",
            )


def _real(row: Assignment) -> bool:
    """A secret's value that is no stand-in, as `env-files-ignored` judges it."""
    return row.secret and row.default is Default.TEXT and not row.stand_in


def _unlisted(settings: Settings, asked: dict[str, list[SettingRead]]) -> Iterator[Finding]:
    examples = [each.path for each in settings.listings if each.kind is ListingKind.EXAMPLE]
    for name, rows in asked.items():
        required = [row for row in rows if row.required]
        if not required or settings.listed_in(name):
            continue
        where = examples[0] if examples else ".env.example"
        yield Finding.at(
            required[0].location,
            "setting-not-listed",
            f"{name} must be set for the app to run, and no example, document or deployment file names it.",
            anchor=name,
            severity=Severity.MEDIUM,
            related=[row.location for row in required[1:6]],
            remedy=f"Add {name}= with a placeholder to {where}.",
        )


def _only_here(settings: Settings) -> Iterator[Finding]:
    """Values that hold on one machine: a person's path anywhere, this host's address in production configuration."""
    for read in settings.own_reads():
        production = bool(_PRODUCTION.search(read.location.path or ""))
        if read.default is Default.MACHINE_PATH or (read.default is Default.LOCALHOST and production):
            what = "a path on one person's computer" if read.default is Default.MACHINE_PATH else "this very host"
            yield _tied(read.location, read.name or "", f"{read.name} falls back to {what}.")
    for listing in settings.listings:
        production = listing.kind is ListingKind.ENV_FILE and bool(_PRODUCTION.search(listing.path))
        for row in listing.assignments if listing.tracked and production else ():
            if row.default in (Default.LOCALHOST, Default.MACHINE_PATH):
                place = Location(path=listing.path, line=row.line)
                yield _tied(place, row.name, f"{row.name} points at this machine in a file for production.")


def _tied(location: Location, name: str, message: str) -> Finding:
    return Finding.at(
        location,
        "tied-to-one-machine",
        message,
        anchor=name,
        severity=Severity.MEDIUM,
        remedy=f"Take {name} from the environment without this default.",
    )


def _computed(read: SettingRead) -> Finding:
    return Finding.at(
        read.location,
        "setting-name-computed",
        f"Could not tell which setting is read here: its name is computed ({read.how}).",
        anchor=read.how,
        severity=Severity.INFO,
        remedy="Read settings by fixed names, or say in a waiver which names these are and where they are listed.",
    )


def _stale(settings: Settings, named: dict[str, list[SettingRead]]) -> Iterator[Finding]:
    everywhere = {read.name for read in settings.reads}
    for listing in settings.listings:
        for row in listing.assignments if listing.kind is ListingKind.EXAMPLE else ():
            used = row.name in everywhere or provided(row.name)
            if not used and not set(settings.listed_in(row.name)) - {listing.path}:
                yield Finding.at(
                    Location(path=listing.path, line=row.line),
                    "setting-stale",
                    f"{row.name} is listed here, and no code was seen to read it.",
                    anchor=row.name,
                    severity=Severity.INFO,
                    remedy=f"Remove {row.name} if nothing uses it.",
                )


def _local_defaults(settings: Settings) -> Iterator[Finding]:
    for read in settings.own_reads():
        if read.default is Default.LOCALHOST:
            yield Finding.at(
                read.location,
                "localhost-default",
                f"{read.name} falls back to this very host, also in production when nobody sets it.",
                anchor=read.name or "",
                severity=Severity.LOW,
                remedy=f"Make {read.name} required where the app runs in production.",
            )
