"""Asks the host where a person wanted that, and otherwise recalls what it said within the last day."""

from __future__ import annotations

from typing import ClassVar

from shipworthy.facts.base import FactReader, Facts, View
from shipworthy.facts.codeowners import Codeowners
from shipworthy.facts.host.fact import HostEvidence
from shipworthy.facts.host.kept import keep, recall
from shipworthy.facts.host.remote import address, remote_of
from shipworthy.sources.hosts.address import Address, HostKind
from shipworthy.sources.hosts.client import HostError
from shipworthy.sources.hosts.tokens import NoToken


class HostReader(FactReader[HostEvidence]):
    """Nothing goes over the network unless the context brings somebody who asks."""

    needs = (Codeowners,)
    seconds: ClassVar[float | None] = 90.0

    def read(self, view: View, facts: Facts) -> HostEvidence:
        context, head = view.context, view.project.head
        where = address(view)
        if where is None:
            why = (
                "git names no remote" if remote_of(view) is None else "the remote is at no GitHub or GitLab known here"
            )
            remedy = "Clone it from its code host; for a GitHub or GitLab of your own, set GH_HOST or GITLAB_HOST."
            return HostEvidence(why=why, remedy=remedy, failed=context.ask_host is not None)
        if context.ask_host is None:
            return self._recalled(view, where)
        # GitHub has a question of its own for them.
        owners = facts[Codeowners].owners if where.kind is HostKind.GITLAB else ()
        try:
            answers = context.ask_host(
                where,
                head.commit or "",
                context.now,
                owners,
                lambda asked: context.progress(asked, asked, f"asking {where.host}: question"),
            )
        except (HostError, NoToken) as error:
            return HostEvidence(address=where, why=str(error), remedy=error.diagnostics, failed=True)
        if context.host_dir is not None:
            keep(context.host_dir, answers)
        return HostEvidence(address=where, answers=answers)

    def _recalled(self, view: View, where: Address) -> HostEvidence:
        folder = view.context.host_dir
        answers, why = recall(folder, where, view.context.now) if folder is not None else (None, "")
        if answers is not None:
            return HostEvidence(address=where, answers=answers)
        return HostEvidence(
            address=where,
            why=why or f"{where.kind.spoken} was not asked",
            remedy=_ask(where),
        )


def _ask(where: Address) -> str:
    ways = "GITHUB_TOKEN or `gh auth login`" if where.kind is HostKind.GITHUB else "GITLAB_TOKEN or `glab auth login`"
    return f"Have it asked: shipworthy check --host, with a token that may only read ({ways})."
