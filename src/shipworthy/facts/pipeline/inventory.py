"""The pipeline as one machine-readable table, for people to pipe into anything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shipworthy.facts.pipeline.fact import Answer, Kind, Leaf, Pipeline, weakest
from shipworthy.facts.pipeline.gate import gates, hidden_deploys, overall
from shipworthy.facts.pipeline.proof import holds_in, outside_starts, proving, started_outside
from shipworthy.facts.update_bots import UpdateBots


def tests_on_change(pipeline: Pipeline) -> str:
    """ "yes", "partial" (some changes, or only once they have landed), "no", or "unknown".

    Where only the system itself knows when it starts (Jenkins), what it runs decides; the checks ask a person for it.
    """
    if proving(pipeline) or started_outside(pipeline):
        return "yes"
    if pipeline.unread_systems or pipeline.gaps:
        return "unknown"
    tests = pipeline.of(Kind.TEST)
    answers = {weakest(leaf.on_change, leaf.fails).answer for leaf in tests}
    outside = outside_starts(pipeline)
    partly = [leaf for leaf in tests if holds_in(leaf, outside, Answer.PARTIAL)]
    if Answer.PARTIAL in answers or partly:
        return "partial"
    lost = any(not each.on_change.no for each in pipeline.opaque)
    if Answer.UNKNOWN in answers or lost or any(each.line is not None for each in pipeline.not_read):
        return "unknown"
    landed = any(
        said.yes and name.partition(" on ")[0] == "landing" and leaf.fails_when(name).yes
        for leaf in tests
        for name, said in leaf.runs.items()
    )
    return "partial" if landed else "no"


def _places(leaves: Iterable[Leaf]) -> list[list[Any]]:
    """[file, line] of each, no place twice."""
    return [list(place) for place in dict.fromkeys((leaf.path, leaf.line) for leaf in leaves)]


def _runs(leaf: Leaf) -> bool:
    return any(not said.no for said in leaf.runs.values())


def inventory(pipeline: Pipeline, bots: UpdateBots) -> dict[str, Any]:
    """The table of `shipworthy facts pipeline`. Paths are relative to the root, lines 1-based."""
    deploys = [leaf for leaf in pipeline.of(Kind.DEPLOY, Kind.PUBLISH) if _runs(leaf)]
    unread = bool(pipeline.unread_systems)
    hidden = unread or bool(hidden_deploys(pipeline))
    external = [use for use in pipeline.actions if use.where == "external"]
    github = any(system.name == "github" for system in pipeline.systems)
    gated = overall(gates(pipeline))
    table: dict[str, Any] = {
        "ci_systems": sorted({system.name for system in pipeline.systems}),
        "tests_on_change": tests_on_change(pipeline),
        "test_evidence": [
            [link.path, link.line]
            for leaf in proving(pipeline) or started_outside(pipeline)
            for link in (leaf.chain[0], *leaf.chain[1:])
        ],
        "deploy": "yes" if deploys else "unknown" if hidden else "no",
        "deploy_gated": "unknown" if unread or (hidden and gated in ("yes", "na")) else gated,
        "deploy_evidence": _places(deploys),
        "actions": {"external_total": len(external), "sha_pinned": sum(use.pinned for use in external)}
        if github
        else None,
        "top_level_permissions": {
            each.path.rpartition("/")[2]: each.permissions for each in pipeline.workflows if each.permissions
        }
        or None,
        "update_bot": sorted({bot.name for bot in bots.bots if bot.active}),
        "codeowners": list(pipeline.codeowners),
    }
    for key, kind in (("lint", Kind.LINT), ("typecheck", Kind.TYPES), ("security_scan_in_ci", Kind.SCAN)):
        table[key] = any(_runs(leaf) for leaf in pipeline.of(kind))
    table["test_evidence"] = [list(place) for place in dict.fromkeys(map(tuple, table["test_evidence"]))]
    return table
