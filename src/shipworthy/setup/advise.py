"""Says what has to be set on the code host: no file in a repository protects it from whoever can push there."""

from __future__ import annotations

from collections.abc import Iterator

from shipworthy.checklist.policy import TWO_PEOPLE
from shipworthy.setup.look import GITHUB, GITLAB
from shipworthy.setup.plan import COMPONENT, WORKFLOW, Plan

_WORTH = (
    "Until then this is a reminder, not a gate: whoever can push to the branch can change the rules.",
    "A pull request runs the CI files as the pull request has them. What counts is that the deploy runs from the",
    "protected branch only, and waits for the job there.",
)


def protect(plan: Plan) -> Iterator[str]:
    """What to set on the host, a line each."""
    branch = plan.settings.branch
    if plan.ci == GITHUB:
        yield f"On GitHub, Settings > Rules > Rulesets, for the branch {branch}:"
        yield "  - Require a pull request with an approval, and review from Code Owners; nobody pushes directly."
        yield "  - Require the status check `readiness`, and branches to be up to date before merging: then what is"
        yield "    merged is the tree that was signed."
        yield "  - Block force pushes and deletion; no bypass, not for admins either."
        yield "In .github/CODEOWNERS, as the last lines (the last that fits counts):"
        yield "  /.shipworthy/ @YOUR/approvers"
        yield "  /.github/ @YOUR/approvers"
        yield "Settings > Environments: let the environment you deploy to accept this branch only."
        yield "In an organisation: a ruleset that requires this workflow, so that no pull request can change"
        yield f"{WORKFLOW}."
        if not plan.settings.base:
            yield "Settings > Secrets and variables > Actions > Variables: SHIPWORTHY_TRUST, the fingerprint SHA256:…"
            yield "that `shipworthy sign` prints."
    elif plan.ci == GITLAB:
        yield f"On GitLab, Settings > Repository > Protected branches, for {branch}:"
        yield "  - Allowed to merge: maintainers. Allowed to push: no one. No force push."
        yield "Settings > Merge requests: pipelines must succeed; fast-forward merge or semi-linear history: then"
        yield "what is merged is the tree that was signed."
        yield "Settings > CI/CD > Variables: who may set variables of a pipeline: owners, or no one."
        yield "In .gitlab/CODEOWNERS, and Code owner approval for the branch:"
        for owned in (".shipworthy/", ".gitlab-ci.yml", f"{COMPONENT.partition('/')[0]}/"):
            yield f"  /{owned} @your/approvers"
        yield "Stricter: keep .gitlab-ci.yml in another project (Settings > CI/CD > CI/CD configuration file)."
        yield "A pipeline in a fork gives no answer; somebody of the project runs it in the project."
        if not plan.settings.base:
            yield "Settings > CI/CD > Variables: SHIPWORTHY_TRUST, the fingerprint SHA256:… that `shipworthy sign`"
            yield "prints."
    else:
        yield "In your pipeline, before the deploy, in a job of its own, with the protected branch fetched:"
        yield f"  shipworthy verify --base refs/remotes/origin/{branch}"
        yield "Write the ref out; never take it from what triggered the pipeline. Exit 0 alone means ready."
        yield f"On the host, protect {branch}: changes through review only, this job required, and an owner for"
        yield ".shipworthy/ and the pipeline's own files."
    yield from _WORTH


def enrol(plan: Plan) -> Iterator[str]:
    """How people come to be listed, a line each."""
    if not plan.settings.base:
        yield "Alone, one key is the trust root: shipworthy sign prints its fingerprint. It is worth one person's word."
        yield 'With a second person: list both with shipworthy key trust, and set profile = "team".'
        return
    yield "List who may sign, and have it merged; it counts once it is on the base:"
    yield "  shipworthy key trust KEY.pub --as ada@example.org --role author"
    if plan.settings.profile in TWO_PEOPLE:
        yield "  shipworthy key trust KEY.pub --as lead@example.org --role approver"
        yield "Two people at least: whoever signs as author never counts as approver."
    yield "Look at the result: shipworthy policy explain"
