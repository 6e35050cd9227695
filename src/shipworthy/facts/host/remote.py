"""Which code host the repository has, by its remote."""

from __future__ import annotations

from shipworthy.facts.base import View
from shipworthy.sources.hosts.address import Address, HostKind, address_of


def remote_of(view: View) -> str | None:
    """The address of `origin`, or of the only remote; None without one. It may hold a password: it is never shown."""
    git = view.project.git
    if git is None:
        return None
    names = (git.answer("remote") or "").split()
    name = "origin" if "origin" in names else names[0] if len(names) == 1 else None
    return git.answer("remote", "get-url", "--", name) if name is not None else None


def address(view: View) -> Address | None:
    """Where its host answers; None where there is no remote, or it cannot be told whose API it speaks."""
    remote = remote_of(view)
    if remote is None:
        return None
    systems = [HostKind.GITHUB] if view.project.has_folder(".github/workflows") else []
    systems += [HostKind.GITLAB] if view.exists(".gitlab-ci.yml") else []
    return address_of(remote, view.context.environment, [each.value for each in systems])
