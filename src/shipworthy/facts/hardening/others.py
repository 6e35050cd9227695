"""The rules for the files of CI systems other than GitHub Actions.

Sources: the systems' manuals: GitLab "include" and "CI/CD components", CircleCI "Orb versions", Azure "Repositories
resource", Bitbucket "Pipes", Drone and Woodpecker "Plugins", Buildkite "Using plugins", Cloud Build "Build steps".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shipworthy.facts.hardening.fact import Degree, Weakness
from shipworthy.facts.hardening.images import judged
from shipworthy.facts.hardening.sheet import mapping
from shipworthy.facts.pipeline.tree import rows
from shipworthy.project.yaml import line_of

MAX_DEPTH = 40
MAX_NODES = 100_000
_COMMIT = re.compile(r"[0-9a-f]{40}")
_BRANCHES = {"", "main", "master", "head", "develop", "dev", "trunk", "~latest", "latest"}
_VERSION = re.compile(r"v?\d+(\.\d+)*([.+-][\w.+-]*)?")
Row = tuple[str, Degree, Any, Any, str, str]
"""(rule, degree, node, key, what, why)."""


def look(system: str, path: str, data: Any, owner: str) -> Iterator[Weakness]:
    """What is weak in one document of a file."""
    variables = _variables(data)
    rule = _BORROWED.get(system)
    found = list(rule(data, owner)) if rule is not None else []
    for node, key, image, served in _images(system, data):
        said = judged(image, variables)
        if said is not None:
            found.append(("unpinned-image", Degree.REMARK if served else said[0], node, key, image[:2000], said[1]))
    for name, degree, node, key, what, why in found:
        line = line_of(node, key) or line_of(node) or 1
        yield Weakness(rule=name, degree=degree, path=path, line=line, what=what, why=why)


def _nodes(data: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every mapping and list, with the keys that lead to it."""
    stack: list[tuple[tuple[Any, ...], Any]] = [((), data)]
    count = 0
    seen: set[int] = set()
    while stack and count < MAX_NODES:
        keys, node = stack.pop()
        if not isinstance(node, Mapping | list) or id(node) in seen or len(keys) > MAX_DEPTH:
            continue
        seen.add(id(node))
        count += 1
        yield keys, node
        items = list(node.items()) if isinstance(node, Mapping) else list(enumerate(node))
        stack.extend(((*keys, key), value) for key, value in reversed(items))


def _variables(data: Any) -> dict[str, str]:
    """What the file itself gives a name to, for the whole pipeline: one plain value each."""
    top = mapping(data)
    found: dict[str, str] = {}
    for key in ("variables", "env", "environment"):
        rows_ = top.get(key)
        for row in rows(rows_):
            if isinstance(mapping(row).get("name"), str) and isinstance(mapping(row).get("value"), str):
                found[str(row["name"])] = row["value"]
        for name, value in mapping(rows_).items():
            value = mapping(value).get("value", value)
            if isinstance(value, str | int | float):
                found[str(name)] = str(value)
    return found


def _images(system: str, data: Any) -> Iterator[tuple[Any, Any, str, bool]]:
    """(node, key, image, whether it serves beside the job) for every container image that is named."""
    for keys, node in _nodes(data):
        names = [each for each in keys if isinstance(each, str)]
        beside = bool({"services", "definitions"} & set(names))
        if isinstance(node, list):
            if system == "gitlab" and names[-1:] == ["services"]:
                for at, each in enumerate(node):
                    if isinstance(each, str):
                        yield node, at, each, True
            continue
        for key in node:
            value = node[key]
            image = mapping(value).get("name") if key == "image" and isinstance(value, Mapping) else value
            if not isinstance(image, str):
                continue
            if key == "image" and _names_image(system, names):
                yield (value, "name", image, beside) if isinstance(value, Mapping) else (node, key, image, beside)
            elif key == "pipe" and system == "bitbucket":
                yield node, key, image.removeprefix("docker://"), False
            elif key == "container" and system == "azure" and re.search(r"[/:.]", image):
                yield node, key, image, False
            elif key == "name" and ((system == "cloudbuild" and names[-1:] == ["steps"]) or _is_service(system, names)):
                yield node, key, image, system == "gitlab"


def _is_service(system: str, names: list[str]) -> bool:
    return system == "gitlab" and names[-1:] == ["services"]


def _names_image(system: str, names: list[str]) -> bool:
    """Whether an `image:` below these keys is a container's: in CircleCI, `machine:` has images of another kind."""
    if {"variables", "environment", "settings", "parameters", "inputs"} & set(names):
        return False
    if system == "circleci":
        return names[-1:] == ["docker"]
    if system == "buildkite":
        return any("docker" in name or name == "image" for name in names)
    return system in ("gitlab", "bitbucket", "drone", "woodpecker", "azure")


def _included(data: Any, owner: str) -> Iterator[Row]:
    """GitLab: what `include:` takes from elsewhere."""
    top = mapping(data)
    value = top.get("include")
    entries = value if isinstance(value, list) else [value]
    for at, entry in enumerate(entries):
        node, key = (value, at) if isinstance(value, list) else (top, "include")
        if isinstance(entry, str):
            if re.match(r"https?://", entry):
                yield "remote-include", Degree.WEAK, node, key, entry[:2000], ""
            continue
        row = mapping(entry)
        remote, project, component = (str(row.get(each) or "") for each in ("remote", "project", "component"))
        if remote and "integrity" not in row:
            fixed = _COMMIT.search(remote) is not None
            why = "the address names a commit" if fixed else ""
            yield "remote-include", Degree.REMARK if fixed else Degree.WEAK, row, "remote", remote[:2000], why
        if project:
            yield from _from_project(row, project, str(row.get("ref") or ""), owner)
        if component:
            ref = component.rpartition("@")[2] if "@" in component else ""
            if not _COMMIT.fullmatch(ref) and not re.fullmatch(r"v?\d+\.\d+\.\d+.*", ref):
                own = "$CI_PROJECT_PATH" in component or "$CI_SERVER_FQDN/$CI_PROJECT" in component
                why = f"`{ref}` is the newest of several" if ref else "it names no version"
                yield "remote-include", Degree.REMARK if own else Degree.WEAK, row, "component", component[:2000], why


def _from_project(row: Any, project: str, ref: str, owner: str) -> Iterator[Row]:
    if _COMMIT.fullmatch(ref):
        return
    own = bool(owner) and project.strip("/").split("/")[0].lower() == owner
    moving = ref.lower() in _BRANCHES
    why = f"it follows the branch {ref or 'that is the default there'}" if moving else f"`{ref}` can be moved"
    what = f"{project}@{ref}" if ref else project
    degree = Degree.WEAK if moving and not own else Degree.REMARK
    yield "remote-include", degree, row, "project", what[:2000], why + (", by the same owner" if own else "")


def _orbs(data: Any, _owner: str) -> Iterator[Row]:
    orbs = mapping(data).get("orbs")
    for name, value in mapping(orbs).items():
        if not isinstance(value, str):
            continue
        orb, _, version = value.partition("@")
        if re.fullmatch(r"\d+\.\d+\.\d+", version) or "<<" in value:
            continue
        volatile = not re.fullmatch(r"\d+(\.\d+)?", version)
        mild = orb.startswith("circleci/") and not volatile
        why = (
            f"`{version}` can be changed at any time" if volatile else f"`{version}` is the newest of several versions"
        )
        why += ", by CircleCI itself" if mild else ""
        yield "unpinned-orb", Degree.REMARK if mild else Degree.WEAK, orbs, name, value[:2000], why


def _repositories(data: Any, owner: str) -> Iterator[Row]:
    """Azure: templates that another repository holds."""
    used = {
        str(value).rpartition("@")[2]
        for _, node in _nodes(data)
        if isinstance(node, Mapping)
        for key, value in node.items()
        if key == "template" and "@" in str(value)
    }
    for row in rows(mapping(mapping(data).get("resources")).get("repositories")):
        row = mapping(row)
        alias, ref, kind = (str(row.get(each) or "") for each in ("repository", "ref", "type"))
        if alias not in used or _COMMIT.fullmatch(ref):
            continue
        whose = str(row.get("name") or alias)
        same = kind.lower() in ("git", "tfsgit", "") or (owner and whose.split("/")[0].lower() == owner)
        tag = ref.startswith("refs/tags/")
        why = "a tag can be moved" if tag else f"it follows the branch {ref or 'that is the default there'}"
        why += ", by the same owner" if same else ""
        degree = Degree.REMARK if tag or same else Degree.WEAK
        yield "remote-include", degree, row, "repository", f"{whose}@{ref}" if ref else whose, why


def _plugins(data: Any, _owner: str) -> Iterator[Row]:
    """Buildkite: a plugin is a repository, `name#ref`."""
    for keys, node in _nodes(data):
        if keys[-1:] == ("plugins",) or keys[-2:-1] == ("plugins",):
            names = (
                [(at, each) for at, each in enumerate(node) if isinstance(each, str)] if isinstance(node, list) else []
            )
            names += [(key, str(key)) for key in node] if isinstance(node, Mapping) else []
            for key, name in names:
                ref = name.rpartition("#")[2] if "#" in name else ""
                if name.startswith(("./", "file:", "$")) or _COMMIT.fullmatch(ref) or _VERSION.fullmatch(ref):
                    continue
                why = f"it follows the branch `{ref}`" if ref else "it names no version"
                yield "remote-include", Degree.WEAK, node, key, name[:2000], why


_BORROWED: Mapping[str, Callable[[Any, str], Iterator[Row]]] = {
    "gitlab": _included,
    "circleci": _orbs,
    "azure": _repositories,
    "buildkite": _plugins,
}

_GROOVY_IMAGE = re.compile(r"""(?:\bimage\s*\(?\s*|\bdocker\.image\s*\(\s*)(['"])([^'"\n]{1,200})\1""")


def look_in_groovy(path: str, text: str) -> Iterator[Weakness]:
    """A Jenkinsfile: the images of its agents."""
    for row, line in enumerate(text.split("\n"), 1):
        if line.strip().startswith(("//", "*", "/*")):
            continue
        for match in _GROOVY_IMAGE.finditer(line[:2000]):
            said = judged(match[2])
            if said is not None:
                what, why = match[2][:2000], said[1]
                yield Weakness(rule="unpinned-image", degree=said[0], path=path, line=row, what=what, why=why)
