"""Judges `no-secret-in-client`: no server key reaches the browser or app bundle."""

from __future__ import annotations

from collections.abc import Iterator

from shipworthy.checks.base import Check, CheckContext
from shipworthy.checks.secrets import client_findings
from shipworthy.facts import Facts
from shipworthy.facts.client import Client, How, Meant
from shipworthy.facts.secrets import Secrets
from shipworthy.facts.settings import Settings
from shipworthy.facts.stack import Part, Stack
from shipworthy.model import Finding, Outcome
from shipworthy.text import plural

_CLIENT_LANGUAGES = frozenset({"dart", "swift"})


class NoSecretInClient(Check):
    """Proves that the sources of every front end put no server's key into what is sent.

    Evidence: each app found by its framework and followed from where its client starts through every import; the
    settings that this code reads and those with a public prefix anywhere; what the configuration of bundlers adds; keys
    handed to server libraries; what templates write out; and the scanner's sightings in client code, pages, static
    files, phone apps, and in built output with its source maps where that is in the repository. What could not be
    followed is a gap, so it never passes. A name says what a setting holds: one called `VITE_COLOR` may hold a key all
    the same. Of vendored and generated code only literal secrets are seen. It cannot see output that git ignores,
    values set on a platform only, a key that a server's answer carries to the browser by way of two other files or of
    code outside JavaScript, or what a template is given under a name of its own (`render(…, key=…)`).
    """

    id = "no-secret-in-client"
    needs = (Client, Settings, Secrets, Stack)

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        client, stack = facts[Client], facts[Stack]
        looked_at = list(_looked_at(client))
        failures = list(client_findings.failures(client))
        if failures:
            more = f" and {len(failures) - 1} more" if len(failures) > 1 else ""
            return Outcome.failed(f"{client_findings.short(client)}{more}", failures, looked_at)
        languages = stack.names(Part.LANGUAGE)
        if not client.apps:
            if not languages:
                return Outcome.unknown("no code in a known language was found", looked_at=looked_at)
            if languages & _CLIENT_LANGUAGES:
                named = ", ".join(sorted(languages & _CLIENT_LANGUAGES))
                return Outcome.unknown(
                    f"code in {named} may be an app for phones, and is not read", looked_at=looked_at
                )
            return Outcome.not_applicable(
                "there is no browser or mobile client", [*looked_at, *_without(client, stack)]
            )
        asks = list(client_findings.asks(client))
        if asks:
            return Outcome.needs_you(
                f"say whether {plural(len(asks), 'key')} in the client may be public", asks, looked_at
            )
        remarks: list[Finding] = list(client_findings.remarks(client))
        return Outcome.passed(f"no server key in {plural(len(client.apps), 'client')}", looked_at, remarks)


def _looked_at(client: Client) -> Iterator[str]:
    for app in client.apps:
        yield f"{app.location}: {app.framework}, {plural(app.files, 'file')} sent"
    for name, where in list(client.public.items())[:20]:
        yield f"{where}: {name} is public by its prefix, and names nothing secret"
    for each in client.exposures:
        if each.how is How.READ_BY_PREFIX and each.meant is Meant.OPEN:
            yield f"{each.location}: {each.name} is public by its prefix"
    if client.built:
        yield f"built output in {', '.join(client.built[:5])}, with {plural(client.maps, 'source')} from source maps"
    elif client.apps:
        yield "no built output in the repository, so the built bundle itself was not looked at"


def _without(client: Client, stack: Stack) -> Iterator[str]:
    languages = ", ".join(sorted(stack.names(Part.LANGUAGE)))
    yield f"code in {languages}; no front-end framework, page, template, static script or phone app"
    yield f"{plural(client.scripts, 'script or page', 'scripts and pages')} looked at"
