"""Options that pytest takes from its surroundings: `PYTEST_ADDOPTS` and `addopts` of its settings file.

Source: pytest's reference, "Configuration file formats": the first of these files that has pytest's section, from the
folder upwards, is the only one that is read; `pytest.ini` counts even when it is empty.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence

from shipworthy.facts.pipeline.shell_words import Values
from shipworthy.facts.pipeline.tree import Tree
from shipworthy.facts.pipeline.wrappers import program_of

_SECTIONS = {
    "pytest.ini": "pytest", ".pytest.ini": "pytest", "pyproject.toml": "tool.pytest.ini_options", "tox.ini": "pytest",
    "setup.cfg": "tool:pytest",
}  # fmt: skip
_SECTION = re.compile(r"^\[([^\]\n]{1,80})\][ \t]*$", re.M)
_ADDOPTS = re.compile(r"^addopts[ \t]*=(.*(?:\n[ \t\"'\]-].*){0,40})", re.M)


def surrounding_options(
    words: Sequence[str], folder: str | None, variables: Mapping[str, Values], tree: Tree
) -> dict[str, set[str]]:
    """Words of options by where they stand; nothing for another program than pytest."""
    if program_of(words[0]) not in ("pytest", "py.test"):
        return {}
    found = {"PYTEST_ADDOPTS": set(" ".join(variables.get("PYTEST_ADDOPTS", ())).split())}
    while folder is not None:
        for name, section in _SECTIONS.items():
            path = posixpath.normpath(posixpath.join(folder, name))
            text = tree.text(path) if tree.is_file(path) else None
            own = _own(text, section) if text is not None else None
            if own is not None or (text is not None and name.endswith("pytest.ini")):
                match = _ADDOPTS.search(own or "")
                words_of = re.split(r"[\s\"',\[\]]+", match[1]) if match else []
                return {**found, path: {word for word in words_of if word}}
        folder = None if folder == "." else posixpath.dirname(folder) or "."
    return found


def _own(text: str, section: str) -> str | None:
    """The lines of a section; None where there is none."""
    for match in _SECTION.finditer(text):
        if match[1].strip() == section:
            following = _SECTION.search(text, match.end())
            return text[match.end() : following.start() if following else len(text)]
    return None
