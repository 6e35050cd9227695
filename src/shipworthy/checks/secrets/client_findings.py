"""The findings of `no-secret-in-client`: what an exposure means, how bad it is and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from shipworthy.facts.client import Client, Exposure, How, KeyUse, Meant
from shipworthy.model import Confidence, Finding, Severity

_MOVE = "Replace the key where it was issued, then call the service from a route of your own server that keeps it."
_ASK = "If its provider means it to be public, waive this with that reason; else move the call to your server."
_WAYS = {
    How.READ_BY_PREFIX: "secret-with-public-prefix",
    How.SET_BY_PREFIX: "secret-with-public-prefix",
    How.CONFIGURED: "secret-put-into-bundle",
    How.WHOLE: "environment-put-into-bundle",
    How.INLINED: "secret-put-into-bundle",
    How.UNREACHED: "server-setting-in-client",
    How.WRITTEN: "secret-written-into-page",
    How.CARRIED: "secret-handed-to-client",
    How.LITERAL: "secret-in-client-code",
    How.BUILT: "secret-in-built-output",
}


def failures(client: Client) -> Iterator[Finding]:
    """What is wrong for sure, the worst first."""
    rows = [_exposed(each) for each in _failing(client)]
    rows += [_handed(each) for each in _failing_uses(client)]
    order = list(Severity)
    yield from sorted(rows, key=lambda each: order.index(each.severity))


def short(client: Client) -> str:
    """The first failure in a few words."""
    first = next(failures(client))
    for each in _failing(client):
        if each.location == first.location and _WAYS[each.how] == first.rule:
            return f"{first.location}: {each.name}"
    return f"{first.location}: {first.rule.replace('-', ' ')}"


def asks(client: Client) -> Iterator[Finding]:
    """Keys of which nothing says whether they may be public, and keys that somebody hands in."""
    for each in client.exposures:
        if each.meant is Meant.OPEN and each.reached and each.how is not How.SET_BY_PREFIX:
            yield Finding.at(
                each.location,
                "is-this-key-public",
                f"{each.name} reaches everybody through {each.by}; its name does not say whether that is meant.",
                anchor=each.identity or each.name,
                severity=Severity.MEDIUM,
                confidence=Confidence.REVIEW,
                related=each.related,
                remedy=_ASK,
            )
    for use in client.key_uses:
        if use.source in ("given", "other") and use.admitted:
            yield Finding.at(
                use.location,
                "whose-key-is-this",
                f"This {use.provider} client is made to run in browsers; whose key it gets is not told here.",
                anchor=f"{use.provider}:{use.source}",
                severity=Severity.MEDIUM,
                confidence=Confidence.REVIEW,
                remedy="If people enter their own key, waive this with that reason; else move the call to your server.",
            )


def remarks(client: Client) -> Iterator[Finding]:
    """What is only a trap: an example that tells people to set a secret under a public prefix."""
    for each in client.exposures:
        if each.how is How.SET_BY_PREFIX and not each.reached and each.meant is Meant.SERVER:
            yield Finding.at(
                each.location,
                "secret-with-public-prefix",
                f"{each.name} is named for the browser by {each.by}; no code reads it, so it is not sent today.",
                anchor=each.name,
                severity=Severity.LOW,
                remedy="Take it out, or rename it without the prefix.",
            )


def _failing(client: Client) -> Iterator[Exposure]:
    read = {each.name for each in client.exposures if each.how is How.READ_BY_PREFIX}
    for each in client.exposures:
        if each.meant is not Meant.SERVER:
            continue
        if each.how is How.SET_BY_PREFIX and (not each.reached or (each.name in read and not each.identity)):
            continue  # the place that reads it says it, or nothing does
        yield each


def _failing_uses(client: Client) -> Iterator[KeyUse]:
    named = {each.name for each in client.exposures if each.meant is Meant.SERVER}
    for use in client.key_uses:
        from_build = use.source == "env" and use.name not in named and (use.in_bundle or use.admitted)
        if use.source == "literal" or (use.source == "none" and use.admitted) or from_build:
            yield use


def _exposed(each: Exposure) -> Finding:
    severity = Severity.CRITICAL
    remedy = _MOVE
    name = each.name
    if each.how is How.READ_BY_PREFIX and each.reached:
        says = f"{name} is put into the bundle by {each.by}: everybody who opens the app can read it."
    elif each.how is How.READ_BY_PREFIX:
        severity = Severity.HIGH
        says = (
            f"{name} is named for the browser by {each.by}; the first client code that reads it sends it to everybody."
        )
        remedy = "Rename it without the prefix, here and where it is set; replace the key if it was ever built in."
    elif each.how is How.SET_BY_PREFIX:
        severity = Severity.HIGH
        says = f"{name} is given a value here under a name for the browser ({each.by})."
    elif each.how is How.WHOLE:
        says = f"{each.by} puts the whole environment of the build into the bundle, every secret included."
        remedy = "Name the settings that the client needs, one by one. Replace every secret that the build had."
    elif each.how is How.CONFIGURED and not each.reached:
        severity = Severity.HIGH
        says = (
            f"{each.by} puts {name} wherever client code names it; none was seen to, and the first to do so sends it."
        )
        remedy = "Take it out of the configuration; replace the key if it was ever built in."
    elif each.how is How.CONFIGURED:
        says = f"{each.by} puts {name} into the bundle: everybody who opens the app can read it."
    elif each.how is How.INLINED:
        says = f"Client code reads {name}, and {each.by} puts its value into the bundle."
    elif each.how is How.UNREACHED:
        severity = Severity.MEDIUM
        says = (
            f"Client code reads {name}, a server's setting. It is undefined in the browser; made to work, it is public."
        )
        remedy = "Read it in server code only, and give the browser a route of your own server to call."
    elif each.how is How.WRITTEN:
        says = f"{name} is written into the page by {each.by}: everybody who opens the page can read it."
    elif each.how is How.CARRIED:
        says = f"{name} is handed over in {each.by}: everybody who asks for it can read it."
    elif each.how is How.BUILT:
        says = f"{name} stands in built output ({each.by})."
    else:
        says = f"{name} stands in {each.by}: everybody who opens the app can read it."
    return Finding.at(
        each.location, _WAYS[each.how], says, anchor=each.identity or name, severity=severity, related=each.related,
        remedy=remedy,
    )  # fmt: skip


def _handed(use: KeyUse) -> Finding:
    if use.source == "literal":
        says = f"The key of this {use.provider} client stands in client code: everybody who opens the app can read it."
    elif use.source == "none":
        says = f"This {use.provider} client is made to run in browsers, with the key of the build's environment."
    elif use.in_bundle:
        says = f"{use.name}, the key of this {use.provider} client, is put into the bundle: everybody can read it."
    else:
        says = f"This {use.provider} client is made to run in browsers with {use.name}, a server's key."
    severity = Severity.CRITICAL if use.in_bundle or use.source == "literal" else Severity.HIGH
    return Finding.at(
        use.location, "server-key-in-client-library", says, anchor=f"{use.provider}:{use.source}:{use.name}",
        severity=severity, remedy=_MOVE,
    )  # fmt: skip
