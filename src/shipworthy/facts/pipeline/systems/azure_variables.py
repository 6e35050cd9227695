"""Variables of an Azure pipeline at one point: predefined, from the file, from a matrix; and `$(name)` in texts.

Source: the system's pages "Define variables" and "Predefined variables". A group, a setting of the pipeline in the
system, or a command may set any variable that the file does not, so an unknown name is never taken to be empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from shipworthy.facts.pipeline.shell_words import ROOT, Values
from shipworthy.facts.pipeline.systems.azure_expressions import MAX_TEXT, Scope, evaluate
from shipworthy.facts.pipeline.systems.azure_nodes import Map
from shipworthy.facts.pipeline.values import HOLE, Open, property_of, text_of

_MACRO = re.compile(r"\$\(([\w.\-/]{1,120})\)")
_RUNTIME = re.compile(r"\s*\$\[(.*)\]\s*", re.S)
_FOLDERS = {
    "build.sourcesdirectory", "build.repository.localpath", "system.defaultworkingdirectory", "agent.builddirectory/s",
    "pipeline.workspace/s",
}  # fmt: skip
_OWN = ("build.", "system.", "agent.", "pipeline.", "environment.", "release.", "common.", "strategy.", "checks.")
MAX_ROUNDS = 5


def variables_of(node: Any, known: Open) -> Open:
    """`known` and what a `variables:` section (expanded) sets beyond it."""
    found = Open("variables", known)
    for name, value in _rows(node):
        if isinstance(value, str):
            runtime = _RUNTIME.fullmatch(value)
            if runtime is not None:
                value = evaluate(runtime[1], Scope({"variables": found}))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            value = text_of(float(value)) if isinstance(value, float) else str(value)
        for other in [each for each in found if each.lower() == name.lower()]:
            del found[other]
        found[name] = value
    return found


def _rows(node: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(node, list):
        for each in node:
            if isinstance(each, Mapping) and "name" in each and "value" in each:
                yield text_of(each["name"]), each["value"]
    elif isinstance(node, Mapping):
        for name, value in node.items():
            if not isinstance(value, (dict, list)):
                yield str(name), value


def filled(text: str, variables: Open, *, in_shell: bool = False) -> str:
    """A text with `$(name)` filled as the agent does it before it runs anything.

    What is not known becomes a hole; in a shell, where `$(name)` means a command of its own, a name that nobody sets
    stays.
    """
    for _ in range(MAX_ROUNDS):
        done = _MACRO.sub(lambda match: _one(match, variables, in_shell), text)
        if len(done) > MAX_TEXT:
            return HOLE
        if done == text:
            break
        text = done
    return text


def _one(match: re.Match[str], variables: Open, in_shell: bool) -> str:
    name = match[1].lower()
    if name in _FOLDERS:
        return ROOT
    if any(each.lower() == name for each in variables):
        value = text_of(property_of(variables, match[1]))
        return HOLE if "\n" in value or match[0] in value else value
    return match[0] if in_shell and not name.startswith(_OWN) else HOLE


def environment(variables: Open, env: Any = None) -> dict[str, Values]:
    """What commands see as environment variables: every variable under its name in capitals, and a step's `env`."""
    found: dict[str, Values] = {}
    for name, value in variables.items():
        if not isinstance(value, (dict, list)):
            text = filled(text_of(value), variables)
            found[re.sub(r"[^A-Z0-9_]", "_", name.upper())] = (text,)
    for name in ("BUILD_SOURCESDIRECTORY", "BUILD_REPOSITORY_LOCALPATH", "SYSTEM_DEFAULTWORKINGDIRECTORY"):
        found[name] = (ROOT,)
    if isinstance(env, Map):
        for name, value in env.items():
            found[str(name)] = (filled(text_of(value), variables),)
    return found
