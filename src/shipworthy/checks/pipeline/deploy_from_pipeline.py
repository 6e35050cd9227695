"""Judges `deploy-from-pipeline`: production changes only through the pipeline."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shipworthy.checks.base import Check, CheckContext
from shipworthy.checks.pipeline.ci_on_every_change import no_code, not_understood
from shipworthy.facts import Facts
from shipworthy.facts.pipeline import ByHand, Kind, Leaf, Pipeline
from shipworthy.facts.pipeline.gate import hidden_deploys, place
from shipworthy.model import PROJECT, Confidence, Finding, Location, Outcome, Severity

_MOST = 20
_PULLS = re.compile(r"git (pull|fetch|reset)")


class DeployFromPipeline(Check):
    """Disproves that production changes only through the pipeline: what deploys is a script for a person's own login.

    Evidence: commands of the pipeline that deploy or publish, and scripts of the repository (package.json, makefiles,
    shell scripts) that do the same from wherever they are started, with whatever login is there; a server that is
    logged in to and pulls the code by itself. Where scripts deploy and no pipeline does, it fails. Otherwise a person
    says who can change production by hand: no file can show that nobody uses a console.
    """

    id = "deploy-from-pipeline"
    needs = (Pipeline,)

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        pipeline = facts[Pipeline]
        leaves = [
            leaf for leaf in pipeline.of(Kind.DEPLOY, Kind.PUBLISH) if any(not said.no for said in leaf.runs.values())
        ]
        known = {(link.path, link.line) for leaf in leaves for link in leaf.chain}
        own = [each for each in pipeline.by_hand if (each.path, each.line) not in known]
        looked_at = [f"{place(leaf)} {leaf.text}" for leaf in leaves[:_MOST]]
        looked_at += [f"{each.path}:{each.line} {each.title}" for each in pipeline.platforms[:_MOST]]
        looked_at += [f"{each.path}:{each.line} {each.text}" for each in pipeline.by_hand[:_MOST]]
        doubts = not_understood(pipeline, self.id)
        hidden = bool(doubts or hidden_deploys(pipeline) or pipeline.platforms)
        findings = [*map(_script, own[:_MOST]), *_pulling(leaves)]
        if own and not leaves and not hidden:
            return Outcome.failed(f"{own[0].path}:{own[0].line} deploys by hand, no pipeline does", findings, looked_at)
        if not (leaves or own or hidden):
            absent = no_code(pipeline)
            if absent is not None:
                return absent
        findings += doubts
        if doubts:
            return Outcome.unknown("not every pipeline file was understood", findings, looked_at=looked_at)
        return Outcome.needs_you(_summary(pipeline, leaves, own), findings or [_ask(pipeline, leaves)], looked_at)


def _summary(pipeline: Pipeline, leaves: list[Leaf], own: list[ByHand]) -> str:
    if own:
        return f"{own[0].path}:{own[0].line} can deploy by hand: say who does"
    if leaves:
        return f"{place(leaves[0])} deploys: say who can change production by hand"
    if pipeline.platforms:
        return f"{pipeline.platforms[0].title} deploys: say who can change production by hand"
    return "no deploy found: say how production changes"


def _script(script: ByHand) -> Finding:
    how = (
        "logs in to a server and pulls the code there"
        if script.pulls
        else "deploys with the login of whoever starts it"
    )
    return Finding.at(
        Location(path=script.path, line=script.line),
        "deploy-from-pipeline/pulled-on-the-server" if script.pulls else "deploy-from-pipeline/by-hand",
        f"`{script.text}` {how}.",
        anchor=script.text,
        severity=Severity.MEDIUM,
        confidence=Confidence.LIKELY,
        remedy=f"Move it from {script.path} into a job of the pipeline, with a token that only this job has.",
    )


def _pulling(leaves: list[Leaf]) -> Iterator[Finding]:
    for leaf in leaves:
        if _PULLS.search(leaf.text) or any("ssh" in link.text and _PULLS.search(link.text) for link in leaf.chain):
            yield Finding.at(
                Location(path=leaf.path, line=leaf.line),
                "deploy-from-pipeline/pulled-on-the-server",
                "The server pulls the code: it holds a key to the repository, and what runs is not what was built.",
                anchor=f"{leaf.job} {leaf.text}",
                severity=Severity.LOW,
                confidence=Confidence.LIKELY,
                remedy=f"Let job {leaf.job} in {leaf.workflow} send the server what was built and tested.",
            )


def _ask(pipeline: Pipeline, leaves: list[Leaf]) -> Finding:
    first = leaves[0] if leaves else None
    platform = pipeline.platforms[0] if pipeline.platforms and first is None else None
    where = PROJECT
    if first is not None:
        where = Location(path=first.path, line=first.line)
    elif platform is not None:
        where = Location(path=platform.path, line=platform.line)
    seen = "The pipeline deploys from here" if first or platform else "Nothing here deploys"
    return Finding.at(
        where,
        "deploy-from-pipeline/who",
        f"{seen}: who can change production by hand today, and when that was last used, only a person knows.",
        anchor=first.text if first else platform.path if platform else "none",
        severity=Severity.INFO,
        confidence=Confidence.REVIEW,
        remedy="Attest who can change production by hand, and when that was last used.",
    )
