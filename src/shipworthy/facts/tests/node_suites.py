"""Finds the test suites of JavaScript packages: which script runs them, through which package manager, and why not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from shipworthy.facts.base import View
from shipworthy.facts.tests import scripts as package_scripts
from shipworthy.facts.tests.kinds import Suite, TestFile
from shipworthy.facts.tests.scripts import COUNTED, Reached
from shipworthy.model import Location

_PREFERRED = ("test", "test:ci", "test:run", "test:unit", "unit", "tests", "test:all", "test:once", "vitest", "jest")
_UNWANTED = re.compile(
    r"watch|e2e|playwright|cypress|ui|debug|update|snapshot|coverage|browser|storybook|load|perf|bench"
)
_NOTHING = re.compile(r"no test specified|^\s*(exit [01]|true|:)\s*$|^\s*echo\b[^&|;]*(&&\s*exit 1)?\s*$", re.I)
_CONFIGS = {
    "vitest": re.compile(r"(^|/)(vitest\.(config|workspace)|vite\.config)\.[cm]?[jt]s$"),
    "jest": re.compile(r"(^|/)jest\.config\.([cm]?[jt]s|json)$"),
    "mocha": re.compile(r"(^|/)\.mocharc\.(json|ya?ml|[cm]?js)$"),
    "ava": re.compile(r"(^|/)ava\.config\.[cm]?js$"),
    "playwright": re.compile(r"(^|/)playwright([.-][\w-]+)?\.config\.[cm]?[jt]s$"),
    "cypress": re.compile(r"(^|/)(cypress\.config\.[cm]?[jt]s|cypress\.json)$"),
}
_STEMS = (
    "vitest.config", "vitest.workspace", "vite.config", "jest.config", "ava.config", "playwright.config",
    "playwright-ct.config", "cypress.config", ".mocharc",
)  # fmt: skip
_SUFFIXES = ("ts", "js", "mts", "mjs", "cts", "cjs", "json", "yml", "yaml")
_CONFIG_NAMES = ("cypress.json", *(f"{stem}.{suffix}" for stem in _STEMS for suffix in _SUFFIXES))
_PACKAGES = {"vitest": "vitest", "jest": "jest", "mocha": "mocha", "ava": "ava", "@playwright/test": "playwright",
             "cypress": "cypress", "react-scripts": "jest"}  # fmt: skip
_BROWSERS = ("playwright", "cypress")
_LOCKS = (("pnpm-lock.yaml", "pnpm"), ("yarn.lock", "yarn"), ("bun.lockb", "bun"), ("bun.lock", "bun"),
          ("package-lock.json", "npm"), ("npm-shrinkwrap.json", "npm"))  # fmt: skip
_BROWSER_PATH = re.compile(r"(^|/)(e2e|cypress|playwright)/|[.-](e2e|cy)(\.(spec|test))?\.[cm]?[jt]sx?$")
DIRECT = {"vitest": ("vitest", "run"), "jest": ("jest",), "mocha": ("mocha",), "ava": ("ava",)}


@dataclass(frozen=True, slots=True)
class Package:
    """One package.json."""

    folder: str
    path: str
    data: Mapping[str, Any]

    @property
    def scripts(self) -> dict[str, str]:
        found = self.data.get("scripts")
        return {str(k): v for k, v in found.items() if isinstance(v, str)} if isinstance(found, dict) else {}

    @property
    def dependencies(self) -> set[str]:
        names: set[str] = set()
        for key in ("dependencies", "devDependencies", "optionalDependencies"):
            found = self.data.get(key)
            names |= set(found) if isinstance(found, dict) else set()
        return names


def packages(view: View) -> list[Package]:
    """Every package.json written by hand, outermost first; fixtures inside test folders are none of the project's."""
    found: list[Package] = []
    for entry in view.entries("**/package.json"):
        if not entry.by_hand or re.search(r"(^|/)(__?fixtures?__?|fixtures?|templates?|examples?|tests?)/", entry.path):
            continue
        if "{{" in entry.path:
            continue
        data = view.json(entry.path)
        if isinstance(data, dict):
            folder = entry.path.rpartition("/")[0] or "."
            found.append(Package(folder, entry.path, data))
        elif data is not None:
            view.gap(entry.path, "not a JSON object")
    return sorted(found, key=lambda each: (each.folder != ".", each.folder.count("/"), each.folder))


def manager(view: View, folder: str) -> str:
    """npm, pnpm, yarn or bun: by the lock file of the nearest folder that has one, else by `packageManager`."""
    here = folder
    while True:
        prefix = "" if here == "." else here + "/"
        for name, program in _LOCKS:
            if view.exists(prefix + name):
                return program
        if here == ".":
            return "npm"
        here = here.rpartition("/")[0] or "."


def suites(view: View, files: Iterable[TestFile], component: Mapping[str, str]) -> list[Suite]:
    """One suite for each package that has tests or says it has. `component` maps a folder to its component's root."""
    known = packages(view)
    folders = [each.folder for each in known]
    own: dict[str, list[TestFile]] = {folder: [] for folder in folders}
    for file in files:
        home = nearest(file.path, folders)
        if home is not None:
            own[home].append(file)
    found: list[Suite] = []
    browser: list[Suite] = []
    for package in known:
        where = component.get(package.folder, ".")
        browser += _browser_suites(view, package, own[package.folder], where)
        suite = _suite(view, package, own[package.folder], where)
        if suite is not None and suite.runner != "workspaces":
            # A root script that hands over to the packages is no suite: the packages' own scripts are.
            found.append(suite)
    return [*_merged(found), *browser]


def _merged(found: list[Suite]) -> list[Suite]:
    """Packages without a script of their own belong to the nearest package above that has one."""
    leading = {suite.folder: suite for suite in found if suite.script and not suite.problem}
    files: dict[str, list[str]] = {folder: list(suite.files) for folder, suite in leading.items()}
    rest: list[Suite] = []
    for suite in found:
        above = nearest(suite.folder + "/", leading) if suite.folder not in leading else None
        if suite.folder in leading:
            continue
        if above is None or suite.problem.startswith("its script"):
            rest.append(suite)
        else:
            files[above] += suite.files
    return [*(replace(suite, files=tuple(files[folder])) for folder, suite in leading.items()), *rest]


def nearest(path: str, folders: Iterable[str]) -> str | None:
    """The deepest of the folders that holds a path."""
    holding = [each for each in folders if each == "." or path.startswith(each + "/")]
    return max(holding, key=lambda each: 0 if each == "." else len(each)) if holding else None


def _without_doubles(found: list[Suite]) -> list[Suite]:
    return [each for each in found if each.files or not each.problem]


def _suite(view: View, package: Package, files: list[TestFile], component: str) -> Suite | None:
    scripts = package.scripts
    unit = [file for file in files if not _in_browser(file, package)]
    named = [name for name in _PREFERRED if name in scripts and not _NOTHING.search(scripts[name])]
    named += sorted(n for n in scripts if n.startswith("test") and n not in _PREFERRED and not _UNWANTED.search(n))
    reached = {name: package_scripts.follow(name, scripts) for name in named}
    evidence, why, signals = _signals(view, package, unit)
    paths = tuple(file.path for file in unit)
    program = manager(view, package.folder)

    def made(runner: str, **more: Any) -> Suite:
        return Suite(
            runner=runner, component=component, folder=package.folder, files=paths,
            evidence=tuple(evidence), why=tuple(why), **more,
        )  # fmt: skip

    for name in named:
        found = reached[name]
        if found.counted and not found.watch and set(found.runners) <= COUNTED | set(_BROWSERS):
            evidence.insert(0, Location(path=package.path, line=_line(view, package.path, name)))
            why.insert(0, f"script {name}: {scripts[name]}"[:200])
            return made(
                found.counted[0],
                command=(program, "run", name),
                shown=_shown(program, name),
                script=tuple(found.scripts),
            )
    spread = next((name for name, found in reached.items() if found.workspaces), None)
    if spread and package.folder == "." and not unit:
        return made("workspaces")
    direct = next((runner for runner in signals if runner in DIRECT), None)
    problem = _problem(named, reached)
    if direct and unit and not problem.startswith("its script"):
        command = DIRECT[direct]
        return made(direct, command=("npx", *command), shown="npx " + " ".join(command))
    if problem and (unit or any(r.runners or r.unknown for r in reached.values())):
        runner = next((r for found in reached.values() for r in found.runners), signals[0] if signals else "unknown")
        return made(runner, problem=problem)
    if unit:
        runner = signals[0] if signals else "unknown"
        if spread:
            return made(runner, problem=f"its script {spread} hands over to other packages, and these tests lie here")
        return made(runner, problem=f"{package.path} has no script that runs these tests")
    return None


def _problem(named: list[str], reached: Mapping[str, Reached]) -> str:
    for name in named:
        found = reached[name]
        if found.counted and found.watch:
            return f"its script {name} only watches and never ends"
        others = [runner for runner in found.runners if runner not in COUNTED and runner not in _BROWSERS]
        if others:
            return f"its script {name} uses {others[0]}, whose results are not read yet"
        if found.unknown and not found.workspaces:
            return f"its script {name} runs `{found.unknown[0][:60]}`, which could not be followed to a test runner"
    return ""


def _signals(view: View, package: Package, files: list[TestFile]) -> tuple[list[Location], list[str], list[str]]:
    """What speaks for a runner: configuration files, packages, imports; with the runners in that order."""
    evidence: list[Location] = []
    why: list[str] = []
    runners: list[str] = []
    for runner, path in _configs(view, package.folder):
        if path.rpartition("/")[2].startswith("vite.config") and "vitest" not in package.dependencies:
            continue
        evidence.append(Location(path=path))
        why.append(f"{runner} configuration")
        runners.append(runner)
    for name, runner in _PACKAGES.items():
        if name in package.dependencies:
            evidence.append(Location(path=package.path, line=_line(view, package.path, name)))
            why.append(f"depends on {name}")
            runners.append(runner)
    for file in files:
        for framework in file.frameworks:
            if framework not in runners:
                evidence.append(Location(path=file.path))
                why.append(f"imports {framework}")
                runners.append(framework)
    return evidence, why, runners


def _browser_suites(view: View, package: Package, files: list[TestFile], component: str) -> list[Suite]:
    """Playwright and Cypress: listed with their files, never run here."""
    found: list[Suite] = []
    configs = dict(_configs(view, package.folder))
    for runner in _BROWSERS:
        config = configs.get(runner)
        rest = [file for file in files if runner in file.frameworks or _in_browser(file, package)]
        other = set(_BROWSERS) - {runner}
        paths = tuple(
            file.path for file in rest if not other & set(file.frameworks) and runner in _browsers_of(package)
        )
        if config is None and not paths:
            continue
        evidence = Location(path=config or paths[0])
        found.append(
            Suite(
                runner=runner, component=component, folder=package.folder, files=paths, browser=True,
                evidence=(evidence,), why=(f"{runner} configuration" if config else f"imports {runner}",),
                problem="needs a browser and a running application",
            )
        )  # fmt: skip
    return found


def _browsers_of(package: Package) -> set[str]:
    return {runner for name, runner in _PACKAGES.items() if runner in _BROWSERS and name in package.dependencies}


def _in_browser(file: TestFile, package: Package) -> bool:
    """Whether a test file drives a browser: by its imports, or by its place in a package that has such a runner."""
    if set(file.frameworks) & set(_BROWSERS):
        return True
    if set(file.frameworks) & COUNTED:
        return False
    return bool(_browsers_of(package)) and bool(_BROWSER_PATH.search(file.path))


def _configs(view: View, folder: str) -> list[tuple[str, str]]:
    """(runner, path) of the configuration files right in a folder."""
    prefix = "" if folder == "." else folder + "/"
    return [
        (runner, prefix + name)
        for name in _CONFIG_NAMES
        if view.exists(prefix + name)
        for runner, pattern in _CONFIGS.items()
        if pattern.search(name)
    ]


def _shown(program: str, name: str) -> str:
    if name == "test":
        return f"{program} test" if program != "bun" else "bun run test"
    return f"{program} run {name}"


def _line(view: View, path: str, key: str) -> int | None:
    """The line a key stands on in a JSON file written one key to a line."""
    source = view.source(path)
    if source is None:
        return None
    sign = f'"{key}"'
    return next((number for number, line in enumerate(source.lines, 1) if line.lstrip().startswith(sign)), None)
