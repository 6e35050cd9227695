"""Judges secrets that deployment files write down: which of them disprove a store, and which a person has to judge."""

from __future__ import annotations

from collections.abc import Iterator

from shipworthy.facts.secrets import Secrets
from shipworthy.facts.settings import Settings, WrittenIn, WrittenSecret
from shipworthy.model import Confidence, Finding, Severity

_WHERE = {
    WrittenIn.KUBERNETES: "a Kubernetes Secret in version control, where base64 hides nothing",
    WrittenIn.MANIFEST: "the environment of a service",
    WrittenIn.COMPOSE: "a compose file",
    WrittenIn.IMAGE: "an image, where everybody who can pull it reads it",
    WrittenIn.BUILD: "the build of an image",
    WrittenIn.TERRAFORM: "Terraform",
    WrittenIn.ANSIBLE: "Ansible variables that are not encrypted",
    WrittenIn.HELM: "a chart's values",
    WrittenIn.UNIT: "a service unit",
}
_REMEDY = {
    WrittenIn.KUBERNETES: "Replace it, and commit an ExternalSecret, a SealedSecret or a SOPS file instead.",
    WrittenIn.IMAGE: "Replace it, and hand it over when the container starts, not when the image is built.",
    WrittenIn.BUILD: "Hand it to the build step with RUN --mount=type=secret.",
    WrittenIn.TERRAFORM: "Replace it, and read it from your cloud's secret manager with a data source.",
    WrittenIn.ANSIBLE: "Replace it, and encrypt the new one with ansible-vault.",
    WrittenIn.HELM: "Remove the value, and let the chart take it from an existing Secret.",
    WrittenIn.UNIT: "Replace it, and hand it over with LoadCredential=.",
}
_OTHER = "Replace it, and take it from the platform's secret manager."


def written_failures(settings: Settings, secrets: Secrets) -> Iterator[Finding]:
    """What runs in production as it stands: a value that is no stand-in, in a file that is not for development."""
    for each in _once(settings, secrets):
        if _sure(each):
            yield Finding.at(
                each.location,
                "secret-in-deployment",
                f"{each.name} is written into {_WHERE[each.where]}.",
                anchor=each.name,
                remedy=_REMEDY.get(each.where, _OTHER),
            )


def written_questions(settings: Settings, secrets: Secrets) -> Iterator[Finding]:
    """What may or may not run in production: only a person can say."""
    for each in _once(settings, secrets):
        if not _sure(each):
            why = "that looks like a stand-in" if each.stand_in else "which may be for your own machine only"
            yield Finding.at(
                each.location,
                "secret-in-deployment-file",
                f"{each.name} has a value in {_WHERE[each.where]}, {why}: does production run with it?",
                anchor=each.name,
                severity=Severity.MEDIUM,
                confidence=Confidence.REVIEW,
                remedy=f"If it does: {_decapitalised(_REMEDY.get(each.where, _OTHER))} If not, say so when you attest.",
            )
    for use in settings.handed:
        yield Finding.at(
            use.location,
            "secret-build-argument",
            f"{use.name} comes in as a build argument and stays in the image for everybody who can pull it.",
            anchor=use.name,
            severity=Severity.MEDIUM,
            confidence=Confidence.REVIEW,
            remedy=_REMEDY[WrittenIn.BUILD],
        )


def _once(settings: Settings, secrets: Secrets) -> Iterator[WrittenSecret]:
    """Each name of a file once, the surest place first; none of what is for tests, documents and development.

    What the scanner of secrets found in the same line is told by it, or was allowed.
    """
    told = {(each.location.path, each.location.line) for each in secrets.sightings if each.counts or each.allowed}
    seen: set[tuple[str | None, str]] = set()
    for each in sorted(
        settings.written, key=lambda row: (row.location.path or "", row.stand_in, row.location.line or 0)
    ):
        key = (each.location.path, each.name)
        if not each.aside and key not in seen and (each.location.path, each.location.line) not in told:
            seen.add(key)
            yield each


def _sure(each: WrittenSecret) -> bool:
    """A compose file without a word of production, and a database's own image, are run on one's own machine too."""
    if each.stand_in or each.where in (WrittenIn.COMPOSE, WrittenIn.BUILD):
        return False
    return not (each.database and each.where is WrittenIn.IMAGE)


def _decapitalised(text: str) -> str:
    return text[:1].lower() + text[1:]
