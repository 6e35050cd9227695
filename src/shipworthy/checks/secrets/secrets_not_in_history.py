"""Judges `secrets-not-in-history`: no live-looking secret in old commits that was not replaced since."""

from __future__ import annotations

from shipworthy.checks.base import Check, CheckContext
from shipworthy.checks.secrets.allowed import allowed_findings, allowed_lines, allowed_until, not_followed
from shipworthy.checks.secrets.handling import remedy
from shipworthy.checks.secrets.leaks import counts, last_leak
from shipworthy.facts import Facts
from shipworthy.facts.rotations import Rotation, Rotations, how_to_record
from shipworthy.facts.secret_history import SecretHistory
from shipworthy.facts.secrets import Secrets, Sighting
from shipworthy.facts.secrets.within import Within
from shipworthy.model import Confidence, Finding, Outcome, Severity
from shipworthy.text import plural

ROTATED = "secret-rotated"
_MOST_RELATED = 20
_ORDER = tuple(Within)


class SecretsNotInHistory(Check):
    """Proves that no version of a file, in any commit of any ref, and nothing that a commit or an annotated tag says,
    holds text in the form of a live secret that nobody wrote down as replaced since; and no name of a file or ref a
    provider's token.

    Evidence: every blob and commit of every branch, tag, remote branch, note and the newest stash, merges included,
    looked at by the detector that looks at the files; and the rotations in `.shipworthy/keys.toml`. A rotation counts
    from the day of the last commit that brought the secret in, or of the tag; names of refs have no day. Where what
    identifies the secret is a hash of itself, that day itself counts: the replaced value is the one that leaked,
    whichever came first. Where it is a path and a name, because somebody may have chosen the value, it takes a later
    day: the next password of that name looks the same. Of a commit's two times the later counts, since a rebase keeps
    one of them. It cannot see what no ref leads to (dropped commits, older stashes), archives, binaries, submodules
    and files in Git LFS (it says how many it left out). Findings for review never fail it by themselves.
    """

    id = "secrets-not-in-history"
    needs = (SecretHistory, Rotations)
    late = True

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        history, rotations = facts[SecretHistory], facts[Rotations]
        if not history.in_git:
            return Outcome.not_applicable("the project has no git history", ["no .git folder, here or above"])
        looked_at = _looked_at(history)
        if not history.commits:
            return Outcome.not_applicable("there is no commit yet", ["no ref leads to a commit"])
        standing: list[Finding] = []
        replaced: list[Finding] = []
        for group in _by_identity(history):
            rotation = rotations.of(group[0].identity)
            if rotation is not None and counts(rotation.on, group, history):
                replaced.append(_replaced(group, rotation, history))
            else:
                standing.append(_standing(group, rotation, history))
        allowed = allowed_findings(Secrets(sightings=history.sightings))
        looked_at += allowed_lines(Secrets(sightings=history.sightings))
        if replaced:
            looked_at.append(f"replaced since: {plural(len(replaced), 'secret')}")
        remarks = [*replaced, *allowed]
        sure = [finding for finding in standing if finding.confidence is not Confidence.REVIEW]
        doubts = [finding for finding in standing if finding.confidence is Confidence.REVIEW]
        if sure:
            more = f" and {len(sure) - 1} more" if len(sure) > 1 else ""
            first = sure[0].location
            commit = f" in {first.commit[:10]}" if first.commit and first.path else ""
            # What was not read makes a pass unknown by itself; beside a failure nobody else would say it.
            looked_at += [f"not all was read: {gap.reason}" for gap in history.gaps if gap.path is None]
            return Outcome.failed(f"{first}{commit}{more}", [*sure, *doubts, *remarks], looked_at)
        notes = [f"{plural(len(replaced), 'secret')} replaced since"] if replaced else []
        notes += [f"{plural(len(doubts), 'place')} to look at"] if doubts else []
        summary = ", ".join([plural(history.commits, "commit"), *(notes or ["no finding"])])
        ends = allowed_until(Secrets(sightings=history.sightings))
        return Outcome.passed(summary, looked_at, [*doubts, *remarks], until=ends)


def _by_identity(history: SecretHistory) -> list[list[Sighting]]:
    """One group a secret, without what is allowed; in each the surest first, then files before the rest, the oldest."""
    groups: dict[str, list[Sighting]] = {}
    for sighting in reversed(history.sightings):
        if sighting.allowed is None:
            groups.setdefault(sighting.identity, []).append(sighting)
    for group in groups.values():
        group.sort(key=lambda each: (not each.counts, _ORDER.index(each.within)))
    return list(groups.values())


def _as_of(sighting: Sighting, history: SecretHistory) -> str:
    commit = sighting.location.commit
    stamp = history.stamps.get(commit or "")
    if sighting.location.part:
        return sighting.where + (f" of {stamp.committed.date()}" if stamp and sighting.within is not Within.REF else "")
    if commit is None or stamp is None:
        held = "in the name of a file" if sighting.within is Within.NAME else "in a file"
        return f"{held} that a ref holds outright"
    if sighting.within is Within.NAME:
        return f"in the name of this file, which commit {commit[:10]} of {stamp.committed.date()} brought in"
    # The file may read otherwise today, or be gone.
    return f"in this file as of commit {commit[:10]} of {stamp.committed.date()}"


def _standing(group: list[Sighting], rotation: Rotation | None, history: SecretHistory) -> Finding:
    first = group[0]
    message = f"{first.says} {_as_of(first, history)}: {first.masked}{not_followed(first)}"
    if rotation is not None:
        last = last_leak(group, history)
        message += f"; it is said to be replaced on {rotation.on} ({rotation.location}), which is not after {last}"
    steps = remedy(first.rule, first.provider, in_history=True, within=first.within)
    steps += f" 4. Record it: {how_to_record(first.identity)}"
    return Finding(
        rule=first.rule,
        message=message,
        location=first.location,
        fingerprint=first.identity,
        severity=first.severity if first.counts else Severity.MEDIUM,
        confidence=first.confidence,
        related=tuple(each.location for each in group[1 : _MOST_RELATED + 1]),
        remedy=steps if first.counts else f"If it guards anything: {steps}",
    )


def _replaced(group: list[Sighting], rotation: Rotation, history: SecretHistory) -> Finding:
    first = group[0]
    return Finding.at(
        first.location,
        ROTATED,
        f"{first.says} {_as_of(first, history)} and was replaced on {rotation.on}, says {rotation.by}: {first.masked}",
        anchor=first.identity,
        severity=Severity.INFO,
        confidence=first.confidence,
        related=[rotation.location],
    )


def _looked_at(history: SecretHistory) -> list[str]:
    versions = plural(history.blobs, "version of a text file", "versions of text files")
    commits = plural(history.commits, "commit")
    lines = [f"{commits} of all refs and their messages, {versions}, {history.bytes / 1e6:.1f} MB"]
    if history.archives:
        lines.append(
            f"left out: {plural(history.archives, 'version of an archive', 'versions of archives')}, not opened"
        )
    if history.binaries:
        many = plural(history.binaries, "version of a file", "versions of files")
        lines.append(f"left out: {many} without text")
    if history.lfs:
        lines.append(f"left out: {plural(history.lfs, 'file')} in Git LFS, of which git holds a pointer only")
    if history.left_out:
        most = sorted(history.left_out.items(), key=lambda each: (-each[1], each[0]))[:6]
        lines.append("refused by filters: " + ", ".join(f"{name} {count}" for name, count in most))
    return lines
