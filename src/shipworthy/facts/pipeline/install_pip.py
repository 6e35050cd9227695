"""What `pip install` and its relatives install: requirement files, the project itself, packages by name, tools.

Sources: pip's manual ("Requirements File Format", "Secure installs", "Repeatable Installs"), uv's "pip interface".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from shipworthy.facts.pipeline.fact import YES, Install, Said, no, unsure
from shipworthy.facts.pipeline.install_words import Line
from shipworthy.facts.pipeline.shell_words import join_path
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.facts.pipeline.words import words as _words

_TOOLS = _words(
    """
    pip setuptools wheel uv poetry pipenv pdm hatch hatchling tox tox-uv nox pre-commit prek virtualenv build twine flit
    pip-tools pipx codecov coveralls coverage awscli ansible pip-audit bandit safety ruff flake8 black isort mypy pylint
    pyright cibuildwheel setuptools-scm setuptools_scm semgrep detect-secrets checkov yamllint python-semantic-release
    mkdocs mkdocs-material sphinx aws-sam-cli conan meson ninja cmake gsutil poetry-plugin-export httpie
    poetry-dynamic-versioning docker-compose zest.releaser
    """
)
_FIXED = re.compile(r"@[0-9a-f]{40}\b|/[0-9a-f]{40}\.(zip|tar\.gz)|#sha256=")
"""An address that names one content: a commit or a digest."""
_LOCAL = re.compile(r"^(\.|/|~|file:)|\.(whl|tar\.gz|zip)$|[*]")
_EXACT = re.compile(r"===?|@")


def unpinned(tool: str, names: Sequence[str]) -> str:
    """The remark about tools without a version, "" where there are none."""
    shown = ", ".join(names[:3]).replace(HOLE, "…")
    return f"`{tool}` takes whatever version of {shown} is newest that day" if names else ""


def pip_tool(tool: str, names: Sequence[str]) -> Iterator[Install]:
    """Programs installed beside the project (`pipx install`, `uv tool install`)."""
    loose = [each for each in names if not re.search(r"==|@\d", each)]
    yield Install(tool=tool, frozen=YES, aside=unpinned(tool, loose) or "pinned")


def _name(word: str) -> str:
    return re.split(r"[\[<>=~!@;\s]", word, maxsplit=1)[0].lower()


def _files(line: Line) -> tuple[list[str], list[str]]:
    """Requirement files of the command, and what it is told to install editable."""
    files: list[str] = []
    editable: list[str] = []
    for at, word in enumerate(line.words):
        following = line.words[at + 1] if at + 1 < len(line.words) else ""
        if word in ("-r", "--requirement"):
            files.append(following)
        elif word.startswith("--requirement="):
            files.append(word.partition("=")[2])
        elif re.match(r"-r[^-]", word):
            files.append(word[2:])
        elif word in ("-e", "--editable"):
            editable.append(following)
        elif word.startswith("--editable="):
            editable.append(word.partition("=")[2])
    return files, editable


def _constraints(line: Line) -> list[str]:
    """Constraint files: they pin whatever the command installs, as far as they name it."""
    return [line.words[at + 1] for at, word in enumerate(line.words[:-1]) if word in ("-c", "--constraint")]


def _paths(line: Line, files: Sequence[str]) -> tuple[str, ...]:
    """Files of the repository where they are there, else as they are written."""
    found = []
    for each in files:
        path = join_path(line.folder, each)
        found.append(path if path is not None and line.tree.is_file(path) else each)
    return tuple(found)


def pip(line: Line) -> Iterator[Install]:
    """`pip install`, `pip wheel`, `pip-sync`, `uv pip install`, `uv pip sync`."""
    sync = line.words[0].endswith("pip-sync")
    verb = "sync" if sync else line.first
    if verb not in ("install", "wheel", "sync"):
        return
    names = line.plain if sync else line.plain[1:]
    files, editable = _files(line)
    if verb == "sync":
        files, names = [*files, *(names or ["requirements.txt"])], []
    local = [*editable, *(each for each in names if _LOCAL.search(each) and "://" not in each)]
    names = [each for each in names if each not in local and each not in ("", "-")]
    hashed = "--require-hashes" in line.options
    if "--no-index" in line.options:
        yield Install(tool="pip", frozen=YES, aside="pinned")
        return
    if files:
        unknown = any(HOLE in each for each in files)
        said: Said = unsure("which requirement file it takes is not known here") if unknown else YES
        yield Install(tool="pip", frozen=said, requirements=() if hashed else _paths(line, files), proves=True)
    tools = [each for each in names if _name(each) in _TOOLS]
    own = [each for each in names if each not in tools]
    if local and "--no-deps" not in line.options and not files:
        held = _constraints(line)
        why = f"`pip install {local[0]}` takes any version that the project's own ranges allow".replace(HOLE, "…")
        yield Install(tool="pip", frozen=YES if held else no(why), requirements=_paths(line, held), follows=True)
    loose = [each for each in own if not (_FIXED if "://" in each else _EXACT).search(each)]
    if loose and not hashed:
        shown = loose[0].replace(HOLE, "…")
        yield Install(tool="pip", frozen=no(f"`{shown}` is installed by name, without a lock"), follows=False)
    elif own:
        yield Install(tool="pip", frozen=YES, aside="pinned")
    if tools:
        named = [each for each in tools if not _EXACT.search(each)]
        yield Install(tool="pip", frozen=YES, aside=unpinned("pip install", named) or "pinned")
