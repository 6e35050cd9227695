"""Judges `secrets-not-in-tree`: no live-looking secret in the files."""

from __future__ import annotations

from collections.abc import Iterable

from shipworthy.checks.base import Check, CheckContext
from shipworthy.checks.secrets.allowed import allowed_findings, allowed_lines, allowed_until, not_followed
from shipworthy.checks.secrets.handling import remedy
from shipworthy.facts import Facts
from shipworthy.facts.secrets import Secrets, Sighting
from shipworthy.model import Confidence, Finding, Outcome, Severity
from shipworthy.text import plural


class SecretsNotInTree(Check):
    """Proves that no file holds text in the form of a live secret, and no file's name a provider's token.

    Evidence: every listed text file (tracked, or untracked and not ignored), scanned with rules written from the
    providers' own descriptions of their tokens, with private keys, connection strings, web tokens and values assigned
    to secret-named variables. It cannot see inside archives, binaries and submodules (it says how many it left out),
    nor recognise a secret that looks like a word. Findings for review never fail it by themselves. What somebody
    allowed (by a comment, another scanner's list, or an exception by fingerprint) fails nothing and is listed; a list
    that covers nearly everything is not followed, since a pass would then rest on nothing that was looked at.
    A signing secret that is a word ("changeme") is for review here: no provider issued it, so nothing has leaked with
    the file; that the app works with it is what `secret-store` fails on.
    """

    id = "secrets-not-in-tree"
    needs = (Secrets,)

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        secrets = facts[Secrets]
        looked_at = [*_looked_at(secrets), *allowed_lines(secrets)]
        findings = [_finding(group) for group in _by_identity(secrets.sightings)]
        remarks = allowed_findings(secrets)
        sure = [finding for finding in findings if finding.confidence is not Confidence.REVIEW]
        if sure:
            where = sure[0].location
            more = f" and {len(sure) - 1} more" if len(sure) > 1 else ""
            return Outcome.failed(
                f"{where}{more}", [*sure, *(f for f in findings if f not in sure), *remarks], looked_at
            )
        if not secrets.files:
            return Outcome.unknown("there was no text file to look at", looked_at=looked_at)
        doubts = len(findings)
        note = f", {plural(doubts, 'place')} to look at" if doubts else ", no finding"
        allowed = sum(each.allowed is not None for each in secrets.sightings)
        note += f", {allowed:,} allowed" if allowed else ""
        said = plural(secrets.files, "file") + note
        return Outcome.passed(said, looked_at, [*findings, *remarks], until=allowed_until(secrets))


def _by_identity(sightings: Iterable[Sighting]) -> list[list[Sighting]]:
    """One group a secret, without what is allowed: the same token in several places is one finding."""
    groups: dict[str, list[Sighting]] = {}
    for sighting in sightings:
        if sighting.allowed is None:
            groups.setdefault(sighting.identity, []).append(sighting)
    for group in groups.values():
        group.sort(key=lambda each: not each.counts)
    return list(groups.values())


def _finding(group: list[Sighting]) -> Finding:
    first = group[0]
    steps = remedy(first.rule, first.provider, names=[each.name for each in group], within=first.within)
    return Finding(
        rule=first.rule,
        message=f"{first.says} {first.where}: {first.masked}{not_followed(first)}",
        location=first.location,
        fingerprint=first.identity,
        severity=first.severity if first.counts else Severity.MEDIUM,
        confidence=first.confidence,
        related=tuple(each.location for each in group[1:]),
        remedy=steps if first.counts else f"If it guards anything: {steps}",
    )


def _looked_at(secrets: Secrets) -> list[str]:
    lines = [f"{plural(secrets.files, 'text file')}, {secrets.bytes / 1e6:.1f} MB"]
    if secrets.archives:
        lines.append(f"left out: {plural(secrets.archives, 'archive')}, not opened")
    if secrets.binaries:
        lines.append(f"left out: {plural(secrets.binaries, 'file')} without text")
    if secrets.left_out:
        most = sorted(secrets.left_out.items(), key=lambda each: (-each[1], each[0]))[:6]
        lines.append("refused by filters: " + ", ".join(f"{name} {count}" for name, count in most))
    return lines
