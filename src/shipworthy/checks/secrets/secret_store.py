"""Judges `secret-store`: production secrets live in a managed store."""

from __future__ import annotations

from collections.abc import Iterator

from shipworthy.checks.base import Check, CheckContext
from shipworthy.checks.secrets.written import written_failures, written_questions
from shipworthy.facts import Facts
from shipworthy.facts.keys import Keys
from shipworthy.facts.secrets import GUESSABLE, Secrets
from shipworthy.facts.secrets.names import PUBLIC_PREFIX, read_name
from shipworthy.facts.settings import Default, SettingRead, Settings, StoreUse
from shipworthy.facts.stack import Part, Stack
from shipworthy.model import Finding, Location, Outcome, Severity
from shipworthy.project import is_test_path
from shipworthy.text import plural

_WRITTEN = (Default.TEXT, Default.PLACEHOLDER)
_DEV_FILES = ("local", "dev", "development", "test", "testing", "ci")
_MOST_SHOWN = 20
_NO_KEY = {"sqlite", "sqlalchemy", "tortoise", "peewee", "odbc", "prisma", "drizzle", "typeorm", "sequelize", "knex"}
"""Databases without a password, and libraries that do not say which database they talk to."""


class SecretStore(Check):
    """Disproves that secrets come from a store: a secret, or a default for one, is written into a file.

    Evidence: how each secret-named setting is read and which store the deployment files say it comes from, defaults
    given to it in code, secrets standing in the tree or in a manifest, image or vars file, keys that only a pipeline,
    a deployment file or an env file names, words that code signs
    sessions or tokens with (however much of a stand-in: the app works with them). Where nothing disproves it, a
    person says which store holds them; no file can show that. A setting with a computed name could be a secret, so
    the app is then never said to use none. It cannot see where the platform takes an environment variable from.
    """

    id = "secret-store"
    needs = (Keys, Secrets, Settings, Stack)

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        secrets, settings = facts[Secrets], facts[Settings]
        reads = [read for read in settings.own_reads() if read.secret]
        by_name: dict[str, list[SettingRead]] = {}
        for read in reads:
            by_name.setdefault(read.name or "", []).append(read)
        looked_at = [_told(settings, name, rows) for name, rows in sorted(by_name.items())]
        looked_at += [
            f"{use.kind}: {use.location}" for use in settings.stores if use.name not in by_name or use.build_only
        ]
        stores = [use for use in settings.stores if not use.build_only]
        failures = [*_written(secrets), *written_failures(settings, secrets), *_guessable(secrets), *_defaults(reads)]
        if failures:
            more = f" and {len(failures) - 1} more" if len(failures) > 1 else ""
            return Outcome.failed(f"written into {failures[0].location}{more}", failures, looked_at)
        signing = list(_fixed_signing(secrets))
        doubts = [*signing, *written_questions(settings, secrets)]
        remarks = list(_cloud_keys(settings))
        computed = [read for read in settings.own_reads() if read.name is None]
        looked_at += [f"{read.location}: a setting with a computed name" for read in computed[:_MOST_SHOWN]]
        implied = list(_implied(facts[Stack])) if not by_name and not stores else []
        if not (by_name or stores or implied or doubts):
            implied = list(_only_named(facts[Keys]))
        if not (by_name or stores or doubts or remarks or implied):
            if computed:
                places = plural(len(computed), "setting is", "settings are")
                return Outcome.unknown(
                    f"{places} read by a computed name, which may be that of a secret",
                    [_computed(read) for read in computed[:_MOST_SHOWN]],
                    looked_at=looked_at,
                )
            return Outcome.not_applicable(
                "no secret setting is read", [f"{plural(settings.files, 'code file')}, no secret-named setting"]
            )
        findings = [_named(settings, name, rows) for name, rows in sorted(by_name.items())]
        findings += doubts
        findings += [_store(use) for use in (stores if not findings else ())]
        findings += implied
        findings += remarks
        if by_name:
            what = plural(len(by_name), "secret setting")
        else:
            what = stores[0].kind if stores else "a signing secret" if signing else findings[0].rule.replace("-", " ")
        return Outcome.needs_you(f"{what}: name the store", findings, looked_at)


def _told(settings: Settings, name: str, rows: list[SettingRead]) -> str:
    """One secret: how it is read, what stands in for it, and the store that gives it."""
    default = "" if rows[0].default is Default.NONE else f" (default: {rows[0].default})"
    given = [f"{use.kind} ({use.location})" for use in settings.stores_of(name)]
    return f"{name} read at {rows[0].location} by {rows[0].how}{default}" + (f", from {given[0]}" if given else "")


def _named(settings: Settings, name: str, rows: list[SettingRead]) -> Finding:
    uses = settings.stores_of(name)
    if uses:
        says = f"{name} is a secret that {uses[0].location} takes from a store ({uses[0].kind}): say who can read it."
        remedy = "Attest: the store's name and who can read it."
    else:
        says = f"{name} is a secret read by {rows[0].how}: say which store it comes from in production."
        remedy = "Put it into your platform's secret manager, then attest: the store's name and who can read it."
    if prefix := PUBLIC_PREFIX.match(name):
        remedy = (
            f"Take {prefix[0]} off its name first (no-secret-in-client): under it every visitor gets the key. {remedy}"
        )
    return Finding.at(
        rows[0].location,
        "secret-setting",
        says,
        anchor=name,
        severity=Severity.INFO,
        related=[*(use.location for use in uses[:3]), *(row.location for row in rows[1:6])],
        remedy=remedy,
    )


def _store(use: StoreUse) -> Finding:
    return Finding.at(
        use.location,
        "store-in-use",
        f"Secrets are taken from here: {use.kind}.",
        anchor=f"{use.kind}\0{use.location.path}",
        severity=Severity.INFO,
        remedy="Attest the store's name and who can read it.",
    )


def _computed(read: SettingRead) -> Finding:
    return Finding.at(
        read.location,
        "setting-name-computed",
        f"Could not tell which setting is read here, so it may be a secret ({read.how}).",
        anchor=read.how,
        severity=Severity.INFO,
        remedy="Read secrets by fixed names.",
    )


def _cloud_keys(settings: Settings) -> Iterator[Finding]:
    for use in settings.cloud_keys:
        yield Finding.at(
            use.location,
            "long-lived-cloud-key",
            f"The pipeline logs in to the cloud with a stored key, {use.name}, that works until somebody replaces it.",
            anchor=use.name,
            severity=Severity.LOW,
            remedy="Let the pipeline log in with a short-lived token (OIDC, `id-token: write`) and delete the key.",
        )


def _implied(stack: Stack) -> Iterator[Finding]:
    """Services and databases in use where no key is read: their clients take one from the environment themselves."""
    seen: set[str] = set()
    for part in (*stack.of(Part.THIRD_PARTY), *stack.of(Part.DATABASE)):
        if part.name in _NO_KEY or part.name in seen or is_test_path(part.location.path or ""):
            continue
        seen.add(part.name)
        yield Finding.at(
            part.location,
            "key-not-seen",
            f"{part.name} is used here, and nothing shows where its key or password comes from.",
            anchor=part.name,
            severity=Severity.LOW,
            remedy="Say which store gives it, or that it needs none.",
        )


def _only_named(keys: Keys) -> Iterator[Finding]:
    """Keys that no code is seen to read: a pipeline, a deployment file, an env file or its example names them."""
    for key in keys.keys:
        places = [each for each in (*key.named, *key.ci) if not (each.path or "").startswith(".github/")]
        if key.guarded and places:
            yield Finding.at(
                places[0],
                "key-named",
                f"{key.name} is named here, and nothing shows where its value comes from.",
                anchor=key.name,
                severity=Severity.LOW,
                related=places[1:6],
                remedy="Attest: the store's name and who can read it.",
            )


def _fixed_signing(secrets: Secrets) -> Iterator[Finding]:
    for each in secrets.sightings:
        if each.rule == "assigned-signing" and each.allowed is None and not _aside(each.location):
            yield Finding.at(
                each.location,
                "signing-secret-in-code",
                f"{each.name} is given a fixed value here: if production uses it, anybody can sign in as anybody.",
                anchor=each.identity,
                severity=Severity.MEDIUM,
                confidence=each.confidence,
                remedy="Read it from the environment and refuse to start without it.",
            )


def _defaults(reads: list[SettingRead]) -> Iterator[Finding]:
    for read in reads:
        if read.default not in _WRITTEN or _for_development(read.location) or _seen_by_all(read.name or ""):
            continue
        yield Finding.at(
            read.location,
            "secret-default",
            f"{read.name} has a default value written into the code, which runs in production when nobody sets it.",
            anchor=read.name or "",
            remedy="Remove the default, so that the app refuses to start without the secret.",
        )


def _seen_by_all(name: str) -> bool:
    """A key that goes into the browser's bundle: no store could keep it, and `no-secret-in-client` judges it."""
    named = read_name(name)
    return bool(PUBLIC_PREFIX.match(name)) and named is not None and named.kind in ("key", "token")


def _guessable(secrets: Secrets) -> Iterator[Finding]:
    for each in secrets.sightings:
        if each.rule == GUESSABLE and each.allowed is None and not _for_development(each.location):
            yield Finding.at(
                each.location,
                GUESSABLE,
                f"{each.name}: what the app signs with is a word in the code; whoever guesses it signs in as anybody.",
                anchor=each.identity,
                severity=each.severity,
                remedy="Make a random one, put it into the store, and refuse to start without it.",
            )


def _for_development(location: Location) -> bool:
    return (location.path or "").rpartition("/")[2].partition(".")[0] in _DEV_FILES


def _aside(location: Location) -> bool:
    """Tests and documentation: what stands there does not run in production."""
    path = location.path or ""
    return is_test_path(path) or _for_development(location) or path.endswith((".md", ".mdx", ".rst"))


def _written(secrets: Secrets) -> Iterator[Finding]:
    seen: set[str] = set()
    for each in secrets.sightings:
        if not each.counts or each.identity in seen:
            continue
        seen.add(each.identity)
        yield Finding.at(
            each.location,
            "secret-in-file",
            f"{each.says} {each.where} instead of a store: {each.masked}",
            anchor=each.identity,
            severity=each.severity,
            confidence=each.confidence,
            remedy="Replace it where it was issued, put the new one into the store and read it from the environment.",
        )
