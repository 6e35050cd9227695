"""Judges whether a scan for secrets stops a change that holds one."""

from __future__ import annotations

import re
from dataclasses import replace

from shipworthy.checks.base import Check, CheckContext
from shipworthy.checks.pipeline.ci_on_every_change import not_understood
from shipworthy.checks.pipeline.remedies import chained, outside_words, own_words, proof
from shipworthy.facts import Facts, Gap
from shipworthy.facts.pipeline import Leaf, Opaque, Pipeline
from shipworthy.facts.pipeline.fact import Answer, Said, no, weakest
from shipworthy.facts.pipeline.github_place import NOTHING_HERE
from shipworthy.facts.pipeline.proof import covering, outside_starts, runs_in
from shipworthy.facts.scan_gate import HOOKS, LocalHook, ScanGate
from shipworthy.model import PROJECT, Confidence, Finding, Location, Outcome, Severity
from shipworthy.text import plural

_SCANNER = "Run a secret scanner, for example gitleaks, as a step of its own in a job that every change starts."
_LET_FAIL = "Let it fail: without `|| true` and without an exit code of 0."
_CONFIGURE = "Begin .gitleaks.toml with [extend] and useDefault = true, and let its lists name single files and values."
_CHECK_OUT = "Check the repository out in a step before it, as `actions/checkout` does."
_LIKE_A_SCAN = re.compile(r"secret|leak|credential|scan|secur|pre-?commit|hook|audit|complian|sast", re.I)
"""Names that leave it open whether a command looks for secrets too."""


class SecretScanGate(Check):
    """A scan for secrets stops a change that holds one.

    A pass proves that a command which every proposed change reaches comes down to a known secret scanner, that the
    scanner fails on what it finds, and that its failure fails the pipeline, in any CI system that is read. Commands
    are followed as for `ci-runs-tests`, and through `pre-commit run --all-files` to the hooks of
    .pre-commit-config.yaml. A scanner proves nothing where its result is lost (`|| true`, what the system has to
    tolerate failures, `--exit-code 0`, TruffleHog without `--fail`, Trivy without its own), or where it only looks at
    staged changes: a pipeline has none, so pre-commit's gitleaks hook finds nothing there. A scan of dependencies is
    no scan for secrets; a bundle of linters counts if its secret scanner is switched on.

    A commit hook alone (pre-commit, husky, lefthook) is no pass: it runs only on machines where somebody installed it,
    and can be skipped. It is for a person to say. So it is where a system keeps outside the repository when it starts.

    It cannot see the code host's own push protection, whether pre-commit.ci is switched on, or whether a red change can
    be merged. Of what the scanner finds it judges: whether the repository is checked out before it; whether gitleaks'
    configuration, with what it extends, leaves it rules and places to look at; whether the command looks at the whole
    repository (its folder, files, lists of paths, commits and kinds of secrets). A filter on changed files, even one
    that leaves out documentation alone, is a hole: a key stands in a README as well (GitHub's filters only).
    """

    id = "secret-scan-gate"
    needs = (Pipeline, ScanGate)

    def minds(self, gap: Gap) -> bool:
        # A scanner in the pipeline stops a change whatever the hooks do; without one, `check` itself asks for them.
        return gap.subject != HOOKS

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        pipeline, local = facts[Pipeline], facts[ScanGate]
        leaves = [_by_configuration(leaf, local) for leaf in pipeline.leaves if leaf.secrets is not None]
        scans = sorted(leaves, key=lambda leaf: len(leaf.chain))
        gates = covering([leaf for leaf in scans if blocks(leaf).yes], lambda leaf: leaf.on_change)
        missed = _left_out(pipeline, [leaf for leaf in scans if blocks(leaf).yes], local) if gates else frozenset()
        if gates and missed:
            found = [self._filtered(pipeline, gates[0], missed)]
            return Outcome.unknown(
                f"{proof(gates[0])}, but not for every file", found, looked_at=[chained(each) for each in gates[:10]]
            )
        if gates:
            looked_at = [chained(each) for each in gates[:10]]
            more = "" if gates[0].on_change.yes else f", with {len(gates) - 1} more for other files"
            return Outcome.passed(proof(gates[0]) + more, looked_at)
        seen = [f"{proof(leaf)}: {_why(leaf)}" for leaf in scans[:10]]
        seen += [f"{each.path}:{each.line} {each.scan.tool}, a commit hook" for each in local.hooks[:10]]
        masked = [self._masked(pipeline, leaf, local) for leaf in scans if blocks(leaf).no and not leaf.on_change.no]
        masked += [
            self._at(Location(path=each.path, line=each.line), "reports", f"{each.why}.", each.path, remedy=_SCANNER)
            for each in local.reports
        ]
        doubts = [*not_understood(pipeline, self.id), *map(self._gap, local.gaps)]
        outside = outside_starts(pipeline)
        waiting = [leaf for leaf in scans if blocks(leaf).yes and runs_in(leaf.workflow, leaf.runs, outside)]
        if waiting:
            found = [*(self._outside(pipeline, leaf) for leaf in waiting[:10]), *masked[:10], *doubts]
            summary = f"{proof(waiting[0])}, but {outside_words(pipeline, waiting[0].workflow)[0]}"
            return Outcome.unknown(summary, found, looked_at=[*map(chained, waiting[:10]), *seen])
        if pipeline.unread_systems:
            system = pipeline.unread_systems[0]
            return Outcome.unknown(f"{system.title} is not read yet", [*masked, *doubts], looked_at=seen)
        unsure = [leaf for leaf in scans if not leaf.on_change.no and not blocks(leaf).no]
        lost = [each for each in pipeline.opaque if not each.on_change.no and _may_scan(each)]
        if unsure or lost or doubts:
            found = [self._unsure(pipeline, each, local) for each in unsure[:10]]
            found += [*masked[:10], *(self._lost(pipeline, each) for each in lost[:10]), *doubts]
            if unsure:
                summary = f"{proof(unsure[0])}, but not surely"
            else:
                summary = f"not followed: {lost[0].reason}" if lost else "a file could not be understood"
            return Outcome.unknown(summary, found, looked_at=seen)
        hooks = [each for each in local.hooks if not each.scan.blocks.no]
        if hooks:
            found = [*map(self._hook, hooks[:10]), *masked[:10]]
            return Outcome.needs_you(f"{hooks[0].scan.tool} as a commit hook only", found, seen)
        return Outcome.failed(self._summary(scans, bool(masked)), self._failures(pipeline, masked, local), seen)

    def _at(
        self, where: Location, rule: str, message: str, anchor: str, *, remedy: str, unsure: bool = False
    ) -> Finding:
        return Finding.at(
            where,
            f"secret-scan-gate/{rule}",
            message,
            anchor=anchor,
            remedy=remedy,
            severity=Severity.MEDIUM if unsure else Severity.HIGH,
            confidence=Confidence.LIKELY if unsure else Confidence.CERTAIN,
        )

    def _leaf(
        self, leaf: Leaf | Opaque, rule: str, message: str, anchor: str, *, remedy: str, unsure: bool = False
    ) -> Finding:
        first = leaf.chain[0]
        where = Location(path=first.path, line=first.line)
        return self._at(where, rule, message, f"{leaf.job} {anchor}", remedy=remedy, unsure=unsure)

    def _masked(self, pipeline: Pipeline, leaf: Leaf, local: ScanGate) -> Finding:
        remedy = _CONFIGURE if local.lacks(blocks(leaf)) else _unmask(pipeline, leaf.workflow)
        remedy = _CHECK_OUT if blocks(leaf).why == NOTHING_HERE.why else remedy
        message = f"`{leaf.text}` looks for secrets, but what it finds stops nothing: {blocks(leaf).why}."
        return self._leaf(leaf, "masked", message, leaf.text, remedy=remedy)

    def _filtered(self, pipeline: Pipeline, leaf: Leaf, missed: frozenset[str]) -> Finding:
        more = f" and {len(missed) - 1} more" if len(missed) > 1 else ""
        message = (
            f"`{leaf.text}` does not look at a change to {min(missed)}{more} alone: a filter keeps it from starting. A "
            "key can stand in a document or a setting as well as in code."
        )
        remedy = "Put the scan into a workflow that starts on every change, without `paths` and `paths-ignore`."
        return self._leaf(leaf, "filtered", message, leaf.text, remedy=remedy, unsure=True)

    def _outside(self, pipeline: Pipeline, leaf: Leaf) -> Finding:
        what, remedy = outside_words(pipeline, leaf.workflow)
        message = f"`{leaf.text}` looks for secrets in this file and can fail it, but {what}."
        return self._leaf(leaf, "started-outside", message, leaf.text, remedy=remedy, unsure=True)

    def _unsure(self, pipeline: Pipeline, leaf: Leaf, local: ScanGate) -> Finding:
        message = f"`{leaf.text}` does not surely stop every change that holds a secret: {_why(leaf)}."
        own = local.lacks(blocks(leaf))
        remedy = " ".join(filter(None, (_unmask(pipeline, leaf.workflow), _start(pipeline, leaf))))
        remedy = _CONFIGURE if own else remedy
        return self._leaf(leaf, "not-surely", message, leaf.text, remedy=remedy, unsure=True)

    def _lost(self, pipeline: Pipeline, loss: Opaque) -> Finding:
        message = f"What runs here could not be followed: {loss.reason}."
        remedy = " ".join(filter(None, (_SCANNER, _start(pipeline, loss))))
        return self._leaf(loss, "not-followed", message, loss.reason, remedy=remedy, unsure=True)

    def _gap(self, gap: Gap) -> Finding:
        message = f"What it sets up as commit hooks is not known: {gap.reason}."
        return self._at(
            Location(path=gap.path), "not-read", message, gap.reason, remedy="Correct the file.", unsure=True
        )

    def _hook(self, hook: LocalHook) -> Finding:
        message = (
            f"{hook.scan.tool} is set up as a commit hook ({hook.manager}). It runs only where somebody installed it, "
            "and can be skipped."
        )
        where = Location(path=hook.path, line=hook.line)
        return self._at(where, "hook-only", message, hook.scan.tool, remedy=_SCANNER, unsure=True)

    def _late(self, pipeline: Pipeline, leaf: Leaf) -> Finding:
        message = f"`{leaf.text}` looks for secrets, but not on a proposed change: {leaf.on_change.why}."
        return self._leaf(leaf, "too-late", message, leaf.text, remedy=own_words(pipeline, leaf.workflow).start)

    def _summary(self, scans: list[Leaf], masked: bool) -> str:
        if masked:
            return "a scan for secrets runs, but stops nothing"
        return (
            f"{plural(len(scans), 'scan')} for secrets, none on a proposed change" if scans else "no scan for secrets"
        )

    def _failures(self, pipeline: Pipeline, masked: list[Finding], local: ScanGate) -> list[Finding]:
        off = [
            self._at(
                Location(path=each.path, line=each.line),
                "masked",
                f"{each.scan.tool} is a commit hook here, but what it finds stops nothing: {each.scan.blocks.why}.",
                each.scan.tool,
                remedy=_CONFIGURE if local.lacks(each.scan.blocks) else _LET_FAIL,
            )
            for each in local.hooks
        ]
        late = [leaf for leaf in pipeline.leaves if leaf.secrets is not None and leaf.on_change.no]
        found = [*masked, *(self._late(pipeline, leaf) for leaf in late), *off][:20]
        message = (
            "Nothing stops a change that holds a secret: no scanner runs in the pipeline, and the repository sets up "
            "none as a commit hook."
        )
        own = own_words(pipeline)
        # Where a file starts on every change already, the step is all that is missing.
        started = next((each.path for each in pipeline.workflows if each.on_change.yes), "")
        start = "" if started else f" {own.start}"
        remedy = f"{_SCANNER} The place is {started or own.file}.{start} Let its exit code count."
        return found or [self._at(PROJECT, "none", message, "none", remedy=remedy)]


def _start(pipeline: Pipeline, leaf: Leaf | Opaque) -> str:
    """How it starts on every change; empty where it does."""
    return "" if leaf.on_change.yes else own_words(pipeline, leaf.workflow).start


def _unmask(pipeline: Pipeline, path: str) -> str:
    return f"Let the scanner's own result count: without {own_words(pipeline, path).hides}, or an exit code of 0."


def _by_configuration(leaf: Leaf, local: ScanGate) -> Leaf:
    if leaf.secrets is None:
        return leaf
    return replace(leaf, secrets=local.judged(leaf.secrets))


def _left_out(pipeline: Pipeline, scans: list[Leaf], local: ScanGate) -> frozenset[str]:
    """Files of any kind whose change alone starts none of the scans."""
    starts = {(each.path, one.name): one for each in pipeline.workflows for one in each.scenarios}
    holds = (Answer.YES, Answer.PARTIAL)
    left: frozenset[str] | None = None
    for leaf in scans:
        for name, said in leaf.runs.items():
            start = starts.get((leaf.workflow, name))
            if start is not None and said.answer in holds and start.on_change.answer in holds:
                now = local.left_out.get((leaf.workflow, name), frozenset())
                left = now if left is None else left & now
    return left or frozenset()


def _may_scan(loss: Opaque) -> bool:
    """Whether what could not be followed may be a scan: anything may hide there, or its names hint at one."""
    names = (loss.reason, *(link.text for link in loss.chain))
    return loss.anything or any(_LIKE_A_SCAN.search(name) for name in names)


def blocks(leaf: Leaf) -> Said:
    """Whether a secret in the change fails the job."""
    if leaf.secrets is None:
        return no("it looks for no secret")
    staged = no("it looks only at staged changes, and a pipeline has none")
    said = weakest(leaf.secrets.blocks, staged) if leaf.secrets.staged else leaf.secrets.blocks
    return weakest(leaf.fails, said)


def _why(leaf: Leaf) -> str:
    said = blocks(leaf)
    return said.why if not said.yes else leaf.on_change.why
