"""Reads the pipeline: finds the CI systems, reads those that are understood, names the others."""

from __future__ import annotations

from shipworthy.facts.base import FactReader, Facts, View
from shipworthy.facts.pipeline.discovery import find_disabled, find_systems
from shipworthy.facts.pipeline.fact import ActionUse, Pipeline
from shipworthy.facts.pipeline.followers import FOLLOWERS
from shipworthy.facts.pipeline.gathering import Read
from shipworthy.facts.pipeline.github import GitHub
from shipworthy.facts.pipeline.globs import decides
from shipworthy.facts.pipeline.hardening import action_uses
from shipworthy.facts.pipeline.identity import default_branch, own_name
from shipworthy.facts.pipeline.masking import masked
from shipworthy.facts.pipeline.platforms import find_by_hand, find_platforms
from shipworthy.facts.pipeline.resolve import Resolver
from shipworthy.facts.pipeline.settling import settled
from shipworthy.facts.pipeline.systems import READERS
from shipworthy.facts.pipeline.systems.plan import Plan
from shipworthy.facts.pipeline.tree import Tree
from shipworthy.facts.pipeline.triggers import Surroundings
from shipworthy.facts.pipeline.words import words

_CODE = words(
    ".py .pyi .js .mjs .cjs .jsx .ts .tsx .mts .cts .vue .svelte .go .rs .java .kt .kts .scala .rb .php .cs .fs .vb .c "
    ".h .cc .cpp .hpp .swift .m .mm .dart .ex .exs .erl .clj .hs .ml .lua .pl .r .jl .sh .bash .ps1 .sql .html .css "
    ".scss .tf .sol .zig .nim .cr .groovy .astro"
)
_CODEOWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS", ".bitbucket/CODEOWNERS")


class PipelineReader(FactReader[Pipeline]):
    """Whole-repository reader: follows commands through the files they name, each read through the view."""

    def read(self, view: View, facts: Facts) -> Pipeline:
        tree = Tree(view)
        if view.project.incomplete:
            view.gap(None, view.project.incomplete)
        systems = tuple(find_systems(tree))
        mine = [entry for entry in view.project.files.values() if entry.by_hand]
        relevant = sorted(entry.path for entry in mine if decides(entry.path))
        around = Surroundings(relevant, default_branch(view), own_name(view, tree))
        resolver, found = Resolver(tree, FOLLOWERS), Read()
        github = GitHub(resolver, around, found)
        actions: list[ActionUse] = []
        for system in systems:
            if system.name == "github":
                github.workflow(system.path)
                actions += action_uses(system.path, tree.yaml(system.path))
            elif system.is_read:
                plan = Plan(resolver, around, found, system.name, system.path)
                READERS[system.name](plan)
                plan.finish()
        for path in sorted(tree.files):
            if path.startswith(".github/actions/") and path.endswith(("/action.yml", "/action.yaml")):
                actions += action_uses(path, tree.yaml(path))
        found.platforms, found.by_hand = list(find_platforms(resolver)), find_by_hand(resolver)
        found.leaves = settled(found.leaves)
        found = masked(found)
        return Pipeline(
            systems=systems,
            workflows=tuple(found.workflows),
            jobs=tuple(found.jobs),
            leaves=tuple(found.leaves),
            opaque=tuple(found.opaque),
            actions=tuple(actions),
            platforms=tuple(found.platforms),
            by_hand=tuple(found.by_hand),
            not_read=(*found.not_read, *find_disabled(tree)),
            files=len(mine),
            code_files=sum(entry.suffix in _CODE for entry in mine),
            codeowners=tuple(path for path in _CODEOWNERS if tree.is_file(path)),
            read=tuple(view.seen),
            gaps=tuple(view.gaps),
        )
