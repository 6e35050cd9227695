"""Settles what one command alone does not tell: whether it deploys shows only beside the others of its job."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from shipworthy.facts.pipeline.fact import Kind, Leaf
from shipworthy.facts.pipeline.wrappers import program_of

_INTO_CLUSTERS = {
    "kubectl", "oc", "helm", "helmfile", "kustomize", "skaffold", "kapp", "argocd", "flux", "devspace", "okteto", "ko",
    "werf", "docker", "terraform", "tofu", "make",
}  # fmt: skip
_OPEN = (Kind.LOCAL, Kind.GITOPS, Kind.PUSH, Kind.UP, Kind.LEFT)
TO_DEPLOY = re.compile(
    r"deploy|deliver|releas|roll[-_ ]?out|go[-_ ]?live|\bship\b|\bcd\b|(?<![a-z])prod(uction)?(?![a-z])|staging", re.I
)


def settled(leaves: Iterable[Leaf]) -> list[Leaf]:
    """The rows in the same order, without those of LOCAL, GITOPS, PUSH, UP and LEFT.

    Commits are pushed to deploy where the job has written another version into a manifest before; containers are
    started to deploy where no test of the job follows, and what is left running there deploys where the job also calls
    itself a deployment; what goes into a cluster that the job has made is no deploy.
    """
    rows = list(leaves)
    jobs: dict[tuple[str, str], list[Leaf]] = {}
    for leaf in rows:
        jobs.setdefault((leaf.workflow, leaf.job), []).append(leaf)
    given: dict[int, Leaf | None] = {}
    for same in jobs.values():
        if any(leaf.kind in _OPEN for leaf in same):
            given.update(_in_job(sorted(same, key=lambda leaf: leaf.step)))
    return [kept for leaf in rows if (kept := given.get(id(leaf), leaf)) is not None]


def _in_job(leaves: list[Leaf]) -> dict[int, Leaf | None]:
    """What becomes of the commands of one job, by `id`: None for those that are left out."""
    given: dict[int, Leaf | None] = {}
    local = written = False
    last_test = max((at for at, leaf in enumerate(leaves) if leaf.kind is Kind.TEST), default=-1)
    for at, leaf in enumerate(leaves):
        local = local or leaf.kind is Kind.LOCAL
        written = written or leaf.kind is Kind.GITOPS
        inside = leaf.kind is Kind.DEPLOY and program_of(leaf.text.split(" ")[0]) in _INTO_CLUSTERS
        started = leaf.kind is Kind.UP or (leaf.kind is Kind.LEFT and TO_DEPLOY.search(leaf.job))
        if (leaf.kind is Kind.PUSH and written) or (started and at > last_test):
            given[id(leaf)] = replace(leaf, kind=Kind.DEPLOY)
        elif leaf.kind in _OPEN or (local and inside):
            given[id(leaf)] = None
    return given
