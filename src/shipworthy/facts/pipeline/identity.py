"""The repository's own name at the code host ("owner/name"), as far as its remote or its manifests tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shipworthy.facts.base import View
from shipworthy.facts.pipeline.tree import Tree

_ADDRESS = re.compile(r"github\.com[:/]([\w.-]{1,80})/([\w.-]{1,120}?)(?:\.git)?(?:[/#?].*)?$")


def own_name(view: View, tree: Tree) -> str | None:
    """ "owner/name"; None where nothing tells. The remote is asked first: a fork keeps its parent's manifests."""
    git = view.project.git
    remote = git.answer("config", "--get", "remote.origin.url") if git is not None else None
    for address in filter(None, [remote, *_stated(tree)]):
        match = _ADDRESS.search(address[:400])
        if match:
            return f"{match[1]}/{match[2]}"
    return None


def _stated(tree: Tree) -> Iterator[str]:
    """Addresses that the root manifests give as the project's own."""
    if tree.is_file("package.json"):
        data = tree.json("package.json")
        stated: Any = data.get("repository") if isinstance(data, Mapping) else None
        stated = stated.get("url") if isinstance(stated, Mapping) else stated
        if isinstance(stated, str):
            yield stated if "github.com" in stated else f"github.com/{stated.removeprefix('github:')}"
    if tree.is_file("pyproject.toml"):
        data = tree.toml("pyproject.toml")
        project = data.get("project") if isinstance(data, Mapping) else None
        urls = project.get("urls") if isinstance(project, Mapping) else None
        for name, address in urls.items() if isinstance(urls, Mapping) else ():
            if isinstance(address, str) and re.search(r"repo|source|code|home|github", str(name), re.I):
                yield address
    if tree.is_file("Cargo.toml"):
        data = tree.toml("Cargo.toml")
        package = data.get("package") if isinstance(data, Mapping) else None
        stated = package.get("repository") if isinstance(package, Mapping) else None
        if isinstance(stated, str):
            yield stated
    if tree.is_file("go.mod"):
        yield from re.findall(r"^module\s+(github\.com/\S{1,200})", tree.text("go.mod") or "", re.M)[:1]


def default_branch(view: View) -> str | None:
    """The branch changes land on; None where nothing tells.

    Asked only on a branch: at a commit of its own an older state may be looked at, from before a rename.
    """
    head, git = view.project.head, view.project.git
    if head.branch is None or git is None:
        return None
    remote = git.answer("symbolic-ref", "-q", "--short", "refs/remotes/origin/HEAD")
    if remote:
        return remote.partition("/")[2]
    return head.branch if head.branch in ("main", "master", "trunk") else None
