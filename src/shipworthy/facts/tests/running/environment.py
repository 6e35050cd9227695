"""Finds what a run needs and the copy lacks: the interpreter, the project's installed packages, allowed variables."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shipworthy.project import Project

_VENV_NAMES = (".venv", "venv", "env", ".env", "virtualenv", ".virtualenv")
_PROBE_SECONDS = 10
_PYTHON_PROBE = (
    "import json, sys, importlib.util as u; "
    "print(json.dumps([sys.executable, sys.prefix, sys.base_prefix, '%d.%d.%d' % sys.version_info[:3], "
    "[n for n in ('pytest', 'django') if u.find_spec(n)]]))"
)
_NODE_PROBE = "console.log(JSON.stringify([process.execPath, process.version]))"
_DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"
_TEST_FILES = (".env.test", ".env.testing")
_EXAMPLE_FILES = (".env.example", ".env.sample")
_ASSIGNMENT = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]{0,100})\s*=\s*(.*?)\s*$")
# Variables a file of the repository may not set: they would change what is run, or undo the sandbox.
_RESERVED = re.compile(
    r"^(PATH|HOME|SHELL|ENV|BASH_ENV|IFS|TMPDIR|TEMP|TMP|CI|USER|LOGNAME|PWD|VIRTUAL_ENV|LANG)$"
    r"|^(LD_|DYLD_|PYTHON|NODE_|npm_|NPM_|GIT_|SHIPWORTHY_|PYTEST_|SSH_|XDG_)",
)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a suite runs with. `problem` says what is missing, `remedy` what the user can do about it."""

    program: str = ""
    """Absolute path of the interpreter."""
    path: Sequence[str] = ()
    """Folders that go first on PATH."""
    keep: Sequence[str] = ()
    """Paths outside the repository that must stay visible."""
    environments: Sequence[str] = ()
    """Folders and files inside the repository that the copy lacks, relative to its root."""
    versions: Mapping[str, str] = field(default_factory=dict)
    shown: str = ""
    """Which interpreter, in words."""
    variables: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    remedy: str = ""


def search_path(environment: Mapping[str, str], root: Path) -> list[str]:
    """The user's PATH without folders of the repository, relative ones, and shipworthy's own virtual environment."""
    own = os.path.realpath(sys.prefix) if sys.prefix != sys.base_prefix else None
    base = os.path.realpath(root)
    found: list[str] = []
    for folder in (environment.get("PATH") or _DEFAULT_PATH).split(os.pathsep):
        if not folder.startswith("/") or folder in found:
            continue
        real = os.path.realpath(folder)
        if _inside(real, base) or (own is not None and _inside(real, own)):
            continue
        found.append(folder)
    return found


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _probe(argv: Sequence[str], environment: Mapping[str, str], path: Sequence[str]) -> list[object] | None:
    """What a program of the user's own says of itself; started outside the repository, with nothing of it."""
    env = {"PATH": os.pathsep.join(path), "HOME": environment.get("HOME", "/")}
    try:
        done = subprocess.run(
            argv, cwd="/", env=env, capture_output=True, timeout=_PROBE_SECONDS, check=True, stdin=subprocess.DEVNULL
        )
        found = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return found if isinstance(found, list) else None


def python(project: Project, folder: str, environment: Mapping[str, str], needs: str) -> Found:
    """The project's interpreter for a suite in `folder`, and whether the package `needs` ("" for none) is there."""
    root = Path(os.path.realpath(project.root))
    path = search_path(environment, root)
    for relative in dict.fromkeys([folder, "."]):
        for name in _VENV_NAMES:
            venv = root / relative / name
            if (venv / "pyvenv.cfg").is_file() and not venv.is_symlink():
                return _venv(venv, os.path.relpath(venv, root), needs)
    for key in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        active = environment.get(key, "")
        if active and active.startswith("/") and os.path.realpath(active) != os.path.realpath(sys.prefix):
            venv = Path(os.path.realpath(active))
            if (venv / "bin" / "python").exists() and not _inside(str(venv), str(root)):
                return _venv(venv, None, needs)
    program = shutil.which("python3", path=os.pathsep.join(path))
    said = _probe([program, "-I", "-c", _PYTHON_PROBE], environment, path) if program else None
    if said is None or len(said) != 5 or not isinstance(said[4], list):
        return Found(
            problem="there is no Python for the project", remedy="Make a virtual environment: python3 -m venv .venv"
        )
    executable, prefix, base, version, modules = str(said[0]), str(said[1]), str(said[2]), str(said[3]), said[4]
    if needs and needs not in modules:
        return Found(
            problem=f"{needs} is not installed in the project's environment (no .venv here, and not in {executable})",
            remedy="Make the project's environment and install its test dependencies: python3 -m venv .venv",
        )
    return Found(
        program=executable,
        path=[str(Path(executable).parent)],
        keep=[prefix, base, executable, os.path.realpath(executable)],
        versions={"python": version},
        shown=f"{executable} (Python {version}; the project has no .venv)",
    )


def _venv(venv: Path, relative: str | None, needs: str) -> Found:
    settings = _settings(venv / "pyvenv.cfg")
    executable = venv / "bin" / "python"
    where = relative or str(venv)
    if not executable.exists():
        return Found(
            problem=f"the virtual environment {where} has no working Python (its base is gone)",
            remedy=f"Make it again: python3 -m venv --clear {where}",
        )
    versions = {"python": settings.get("version", settings.get("version_info", "?"))}
    sites = sorted(venv.glob("lib*/python3*/site-packages"))
    if needs:
        if not any((site / needs / "__init__.py").is_file() for site in sites):
            return Found(
                problem=f"{needs} is not installed in the project's environment {where}",
                remedy=f"Install the project's test dependencies: {where}/bin/python -m pip install {needs}",
            )
        versions[needs] = _version(sites, needs)
    return Found(
        program=str(executable),
        path=[str(venv / "bin")],
        keep=[*_installations(executable, settings.get("home", "")), *([str(venv)] if relative is None else [])],
        environments=[relative] if relative is not None else [],
        versions=versions,
        shown=f"{where} (Python {versions['python']})",
        variables={"VIRTUAL_ENV": str(venv)},
    )


def _settings(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text("utf-8", "replace")[:20_000].splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _installations(path: Path, home: str) -> list[str]:
    """The Python installations an environment rests on, along its chain of symlinks and by its own word.

    The environment belongs to the repository and may point anywhere: only what is laid out as a Python counts.
    """
    found = [Path(home).parent, Path(os.path.realpath(path)).parent.parent]
    for _ in range(16):
        if not path.is_symlink():
            break
        path = Path(os.path.normpath(path.parent / path.readlink()))
        found.append(path.parent.parent)
    return [str(each) for each in found if any(each.glob("lib*/python3*/os.py"))]


def _version(sites: Iterable[Path], package: str) -> str:
    for site in sites:
        for info in site.glob(f"{package}-*.dist-info"):
            return info.name.removesuffix(".dist-info").rpartition("-")[2]
    return "?"


def node(project: Project, folder: str, environment: Mapping[str, str], runner: str) -> Found:
    """Node, the package folders of the repository, and whether the runner is installed there."""
    root = Path(os.path.realpath(project.root))
    path = search_path(environment, root)
    program = shutil.which("node", path=os.pathsep.join(path))
    said = _probe([program, "-e", _NODE_PROBE], environment, path) if program else None
    if said is None or len(said) != 2:
        return Found(problem="Node.js was not found on PATH", remedy="Install the Node.js version the project names.")
    executable, version = str(said[0]), str(said[1])
    if runner == "node:test" and _major(version) < 20:
        return Found(problem=f"Node.js {version} writes no results of node:test", remedy="Use Node.js 20 or later.")
    environments = _package_folders(project, root)
    plug_and_play = (root / ".pnp.cjs").is_file()
    if runner != "node:test" and not plug_and_play and not _installed(root, folder, runner):
        return Found(
            problem=f"{runner} is not installed here (no node_modules with it)",
            remedy="Install the project's packages from its lock file: npm ci, pnpm install or yarn install",
        )
    versions = {"node": version}
    manifest = next((p for p in _up(root, folder) if (p / "node_modules" / runner / "package.json").is_file()), None)
    if manifest is not None:
        versions[runner] = _package_version(manifest / "node_modules" / runner / "package.json")
    installation = str(Path(executable).parent.parent)
    return Found(
        program=executable,
        path=[*(str(p / "node_modules" / ".bin") for p in _up(root, folder)), str(Path(executable).parent)],
        keep=[installation],
        environments=environments,
        versions=versions,
        shown=f"{executable} ({version})",
    )


def _major(version: str) -> int:
    digits = version.lstrip("v").partition(".")[0]
    return int(digits) if digits.isdigit() else 0


def _up(root: Path, folder: str) -> list[Path]:
    """The suite's folder and those above it, up to the root."""
    here = root / folder if folder != "." else root
    found = [here]
    while here != root and root in here.parents:
        here = here.parent
        found.append(here)
    return found


def _installed(root: Path, folder: str, runner: str) -> bool:
    names = {"jest": ("jest", "react-scripts", "react-app-rewired", "craco", "umi-test")}.get(runner, (runner,))
    return any(os.path.lexists(p / "node_modules" / ".bin" / name) for p in _up(root, folder) for name in names)


def _package_version(path: Path) -> str:
    try:
        found = json.loads(path.read_bytes()[:1_000_000])
    except (OSError, ValueError):
        return "?"
    return str(found.get("version", "?"))[:40] if isinstance(found, dict) else "?"


def _package_folders(project: Project, root: Path) -> list[str]:
    folders = {entry.path.rpartition("/")[0] for entry in project.entries("**/package.json") if entry.by_hand} | {""}
    found = [f"{folder}/node_modules" if folder else "node_modules" for folder in sorted(folders)]
    found += [name for name in (".yarn", ".pnp.cjs", ".pnp.loader.mjs") if (root / ".pnp.cjs").is_file()]
    return [name for name in found if (root / name).exists() and not (root / name).is_symlink()]


def variables(project: Project, folder: str, *, examples: bool) -> tuple[dict[str, str], str]:
    """Variables of the project's own file for tests (or, with `examples`, of its example file), and that file's path.

    ("", {}) where there is none. Only files that git lists are read, never `.env`.
    """
    names = _EXAMPLE_FILES if examples else _TEST_FILES
    for where in dict.fromkeys([folder, "."]):
        for name in names:
            path = name if where == "." else f"{where}/{name}"
            if path in project.files and not project.files[path].problem:
                text = project.read(path, 200_000).decode("utf-8", "replace")
                return _assignments(text), path
    return {}, ""


def _assignments(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines()[:500]:
        match = _ASSIGNMENT.match(line[:4_000])
        if not match or _RESERVED.match(match[1]):
            continue
        value = match[2]
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        else:
            value = re.split(r"\s+#", value, maxsplit=1)[0].strip()
        if value and "\0" not in value:
            found[match[1]] = value
    return found
