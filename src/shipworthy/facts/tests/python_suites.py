"""Finds the test suites of Python code: pytest, unittest or Django's runner, where they run, and by which signals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from shipworthy.facts.base import View
from shipworthy.facts.tests.kinds import Suite, TestFile
from shipworthy.facts.tests.node_suites import nearest
from shipworthy.facts.tests.pytest_config import PytestConfig, PytestConfigs, read_ini
from shipworthy.facts.tests.scripts import commands
from shipworthy.model import Location

_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile", "manage.py", "tox.ini")
_REQUIREMENTS = re.compile(
    r"(^|/)[\w.-]*requirements[\w.-]*\.(txt|in)$|(^|/)requirements/[\w.-]+\.(txt|in)$|(^|/)Pipfile$"
)
_PYTEST_NAMED = re.compile(r"^\s*[\"']?(pytest)(?![-\w])|[\"'\s]pytest\s*([<>=~!\[;\"']|$)", re.M)
_DJANGO_PYTEST = re.compile(r"pytest[-_]django", re.I)
_SAFE_WORD = re.compile(r"^[\w ./=:,+@%~()\[\]-]+$")
# Options that make no sense in a run of ours: they watch, stop early, need a plugin's server, or repeat what is added.
_DROPPED = re.compile(
    r"^(--junit-?xml|--lf|--ff|-f|--looponfail|--pdb|-x$|--exitfirst|--maxfail|--sw|--cov|--html|-k$|--co)"
)


def suites(view: View, files: Iterable[TestFile], configs: PytestConfigs, component: Mapping[str, str]) -> list[Suite]:
    """One suite for each folder whose tests run together."""
    homes = _homes(view, configs)
    grouped: dict[str, list[TestFile]] = {}
    for file in files:
        grouped.setdefault(_home(file.path, homes, configs), []).append(file)
    return [_suite(view, folder, rows, configs, component) for folder, rows in sorted(grouped.items())]


def _homes(view: View, configs: PytestConfigs) -> list[str]:
    folders = {"."}
    for entry in view.entries(*_MANIFESTS):
        if entry.by_hand and "{{" not in entry.path:
            folders.add(entry.path.rpartition("/")[0] or ".")
    return sorted(folders)


def _home(path: str, homes: list[str], configs: PytestConfigs) -> str:
    """Where pytest would be started for a file: its configured folder, else the nearest manifest's."""
    governed = configs.of(path)
    near = nearest(path, homes) or "."
    if governed.path is None:
        return near
    # A root configuration that names this folder in `testpaths` covers it, whatever manifest lies nearer.
    return governed.folder


def _suite(
    view: View, folder: str, files: list[TestFile], configs: PytestConfigs, component: Mapping[str, str]
) -> Suite:
    config = configs.in_folder(folder)
    evidence: list[Location] = []
    why: list[str] = []
    pytest = _pytest_signals(view, folder, files, config, evidence, why)
    frameworks = {framework for file in files for framework in file.frameworks}
    prefix = "" if folder == "." else folder + "/"
    manage = prefix + "manage.py"
    runner = "pytest"
    if not pytest:
        runner = "django" if view.exists(manage) else "unittest"
        if runner == "unittest" and not {"unittest", "django"} & frameworks:
            # Plain functions: only pytest would collect them.
            runner = "pytest"
    if runner == "django":
        evidence.insert(0, Location(path=manage))
        why.insert(0, "manage.py, and nothing speaks for pytest")
    elif runner == "unittest":
        first = next(file for file in files if {"unittest", "django"} & set(file.frameworks))
        evidence.insert(0, Location(path=first.path))
        why.insert(0, "unittest test cases, and nothing speaks for pytest")
    elif not evidence:
        evidence.append(Location(path=files[0].path))
        why.append("test functions in pytest's style")
    own = _own_command(view, folder, runner)
    words: tuple[str, ...] = ()
    if own:
        words, where, said = own
        evidence.append(where)
        why.append(said)
    command, shown = _command(runner, words, files, folder)
    return Suite(
        runner=runner,
        component=component.get(folder, "."),
        folder=folder,
        command=command,
        shown=shown,
        script=(own[2],) if own else (),
        evidence=tuple(evidence),
        why=tuple(why),
        files=tuple(file.path for file in files),
    )


def _pytest_signals(
    view: View, folder: str, files: list[TestFile], config: PytestConfig, evidence: list[Location], why: list[str]
) -> bool:
    prefix = "" if folder == "." else folder + "/"
    if config.path is not None:
        evidence.append(Location(path=config.path))
        why.append(f"[{config.section}]" if config.section else "pytest configuration")
    for entry in view.entries("pyproject.toml", "setup.py", "setup.cfg", "tox.ini"):
        if entry.path.rpartition("/")[0] + "/" == prefix or (not prefix and "/" not in entry.path):
            _named(view, entry.path, evidence, why)
    for entry in view.entries():
        if entry.path.startswith(prefix) and _REQUIREMENTS.search(entry.path) and entry.path.count("/") <= (
            prefix.count("/") + 1
        ):  # fmt: skip
            _named(view, entry.path, evidence, why)
    importing = next((file for file in files if "pytest" in file.frameworks), None)
    if importing is not None:
        evidence.append(Location(path=importing.path))
        why.append("imports pytest")
    return bool(evidence)


def _named(view: View, path: str, evidence: list[Location], why: list[str]) -> None:
    source = view.source(path)
    if source is None:
        return
    for number, line in enumerate(source.lines, 1):
        if not line.lstrip().startswith("#") and _PYTEST_NAMED.search(line[:300]):
            evidence.append(Location(path=path, line=number))
            why.append("names pytest")
            return


def _own_command(view: View, folder: str, runner: str) -> tuple[tuple[str, ...], Location, str] | None:
    """The project's own way to start the runner, where a Makefile or tox says one: (arguments, place, words)."""
    prefix = "" if folder == "." else folder + "/"
    for name in ("Makefile", "makefile", "GNUmakefile", "justfile", "Justfile"):
        found = _recipe(view, prefix + name, runner)
        if found:
            return found
    sections = read_ini(view, prefix + "tox.ini")
    for section in ("testenv", "testenv:py", "testenv:test", "testenv:tests"):
        for line in sections.get(section, {}).get("commands", "").splitlines():
            words = _arguments(line.replace("{posargs}", " ").lstrip("-@ "), runner)
            if words is not None:
                return words, Location(path=prefix + "tox.ini"), f"[{section}] {line.strip()}"[:200]
    return None


def _recipe(view: View, path: str, runner: str) -> tuple[tuple[str, ...], Location, str] | None:
    source = view.source(path) if view.exists(path) else None
    if source is None:
        return None
    inside = False
    for number, line in enumerate(source.lines[:5_000], 1):
        if re.match(r"(test|tests|unit|unittest|check|test-unit|unit-tests?)\b[^=]*:(?!=)", line[:200]):
            inside = True
        elif line[:1] not in ("\t", " ", "#", ""):
            inside = False
        elif inside and line.strip():
            words = _arguments(line.strip().lstrip("-@ "), runner)
            if words is not None:
                return words, Location(path=path, line=number), line.strip()[:200]
    return None


def _arguments(line: str, runner: str) -> tuple[str, ...] | None:
    """What a shell line hands to the runner; None where it does not start it. Anything a shell would expand is left."""
    for words in commands(line[:1_000]):
        for position, word in enumerate(words):
            name = word.rpartition("/")[2]
            if (runner == "pytest" and name in ("pytest", "py.test")) or (
                runner == "unittest" and name == "unittest" and words[position - 1 : position] == ["-m"]
            ):
                rest = words[position + 1 :]
            elif runner == "django" and name == "manage.py" and words[position + 1 : position + 2] == ["test"]:
                rest = words[position + 2 :]
            else:
                continue
            if all(_SAFE_WORD.match(each) for each in rest):
                return tuple(each for each in rest if not _DROPPED.match(each))
            return ()
    return None


def _command(runner: str, words: tuple[str, ...], files: list[TestFile], folder: str) -> tuple[tuple[str, ...], str]:
    if runner == "pytest":
        command = ("python", "-m", "pytest", *words)
        return command, " ".join(["pytest", *words])
    if runner == "django":
        command = ("python", "manage.py", "test", "--noinput", *(word for word in words if word != "--noinput"))
        return command, "python manage.py test" + "".join(" " + word for word in words)
    if not words:
        words = ("discover", *_discovery(files, folder))
    command = ("python", "-m", "unittest", *words)
    return command, " ".join(command)


def _discovery(files: list[TestFile], folder: str) -> tuple[str, ...]:
    """`unittest discover` descends into packages only: name the folder the tests lie in, and a pattern that fits."""
    prefix = "" if folder == "." else folder + "/"
    paths = [file.path.removeprefix(prefix) for file in files]
    parts = [path.split("/")[:-1] for path in paths]
    common: list[str] = []
    for level in zip(*parts, strict=False):
        if len(set(level)) != 1:
            break
        common.append(level[0])
    names = [path.rpartition("/")[2] for path in paths]
    pattern = () if all(name.startswith("test") for name in names) else ("-p", "*test*.py")
    return ("-s", "/".join(common), "-t", ".", *pattern) if common else pattern
