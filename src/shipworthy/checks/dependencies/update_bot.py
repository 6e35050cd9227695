"""Judges whether something proposes updates for every kind of dependency."""

from __future__ import annotations

from shipworthy.checks.base import Check, CheckContext
from shipworthy.facts import Facts
from shipworthy.facts.pipeline import Kind, Leaf, Pipeline
from shipworthy.facts.update_bots import Manifest, UpdateBots, covered
from shipworthy.model import PROJECT, Finding, Location, Outcome, Severity
from shipworthy.text import plural

_REMEDY = "Add .github/dependabot.yml with one entry per ecosystem and folder, and one for github-actions."
# Which ecosystem a command that raises locked versions looks after, by its program.
_RAISES = {
    "npm": "npm", "pnpm": "npm", "yarn": "npm", "bun": "npm", "ncu": "npm", "npm-check-updates": "npm", "taze": "npm",
    "poetry": "pip", "pdm": "pip", "pipenv": "pip", "uv": "pip", "pip-compile": "pip", "cargo": "cargo", "go": "gomod",
    "bundle": "bundler", "composer": "composer",
}  # fmt: skip


class UpdateBot(Check):
    """Someone or something proposes updates.

    A pass proves that for every ecosystem with a dependency manifest in the repository, and for the actions its
    workflows use, an enabled Dependabot, Renovate or pyup configuration looks after the manifest's folder, or a
    scheduled job raises the locked versions. Manifests of tests, examples and documentation are left out.

    It cannot see whether the bot is installed at the code host, or whether anybody merges what it proposes.
    """

    id = "update-bot"
    needs = (UpdateBots, Pipeline)

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        bots, pipeline = facts[UpdateBots], facts[Pipeline]
        if not bots.manifests:
            return Outcome.not_applicable(
                "no dependency manifest", [f"{plural(bots.files, 'file')} listed, no dependency manifest among them"]
            )
        jobs = self._scheduled(pipeline)
        raised = {_RAISES.get(leaf.text.split(" ")[0], "") for leaf in jobs}
        every = any(leaf.kind is Kind.UPDATE and "renovatebot" in leaf.text for leaf in jobs)
        missing = [
            manifest
            for manifest in bots.manifests
            if not every and manifest.ecosystem not in raised and not self._covered(bots, manifest)
        ]
        names = ", ".join(sorted({bot.name for bot in bots.bots if bot.active}))
        looked_at = [f"{bot.path}: {bot.name}" for bot in bots.bots] + [
            f"{leaf.path}:{leaf.line} scheduled {leaf.text}" for leaf in jobs[:5]
        ]
        if not missing:
            ecosystems = sorted({manifest.ecosystem for manifest in bots.manifests})
            return Outcome.passed(f"{names or 'a scheduled job'}: {', '.join(ecosystems)}", looked_at)
        if bots.gaps or pipeline.gaps:
            # What could not be read may be the configuration that covers what is missing.
            return Outcome.unknown("a configuration could not be read", looked_at=looked_at)
        off = [self._off(bot.path, each.line, each.off) for bot in bots.bots for each in bot.covers if each.off]
        if not names and not raised:
            message = "Nothing proposes updates, so a vulnerable version stays until somebody thinks of it."
            found = [
                *off,
                Finding.at(
                    PROJECT, "update-bot/none", message, anchor="none", severity=Severity.MEDIUM, remedy=_REMEDY
                ),
            ]
            return Outcome.failed("nothing proposes updates", found, looked_at)
        groups = {(each.ecosystem, each.folder): each for each in reversed(missing)}
        found = [*off, *(self._missing(each) for each in list(groups.values())[:20])]
        left = ", ".join(sorted({each.ecosystem for each in missing}))
        return Outcome.failed(f"{names or 'a scheduled job'} leaves out {left}", found, looked_at)

    def _covered(self, bots: UpdateBots, manifest: Manifest) -> bool:
        # A folder's lock or workspace takes the packages below it along; a part that is off takes its own out.
        below = any(
            other.ecosystem == manifest.ecosystem and other.folder != manifest.folder and self._holds(other, manifest)
            for other in bots.manifests
        )
        parts = [each for bot in bots.bots for each in bot.covers]
        if any(each.off and not each.folders and each.ecosystem == manifest.ecosystem for each in parts):
            return False
        return any(not each.off and covered(manifest, each, below) for each in parts)

    def _holds(self, outer: Manifest, inner: Manifest) -> bool:
        return outer.folder == "." or inner.folder.startswith(outer.folder + "/")

    def _scheduled(self, pipeline: Pipeline) -> list[Leaf]:
        """Commands that raise locked versions, in jobs the clock starts."""
        return [
            leaf for leaf in pipeline.of(Kind.UPDATE) if (said := leaf.runs.get("schedule")) is not None and not said.no
        ]

    def _off(self, path: str, line: int, why: str) -> Finding:
        message = f"This part of the configuration proposes nothing: {why}."
        return Finding.at(
            Location(path=path, line=line),
            "update-bot/off",
            message,
            anchor=why,
            severity=Severity.MEDIUM,
            remedy=_REMEDY,
        )

    def _missing(self, manifest: Manifest) -> Finding:
        where = "the repository's root" if manifest.folder == "." else manifest.folder
        return Finding.at(
            Location(path=manifest.path),
            "update-bot/left-out",
            f"No bot proposes {manifest.ecosystem} updates for {where}.",
            anchor=manifest.ecosystem,
            severity=Severity.MEDIUM,
            remedy=f"Add an entry for {manifest.ecosystem} in /{'' if manifest.folder == '.' else manifest.folder}.",
        )
