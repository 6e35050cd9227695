"""Runs one suite: prepares the sandbox, starts the command, reads results, tries again where a setting hid tests."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from shipworthy.facts.base import View
from shipworthy.facts.tests.kinds import Failure, Suite, SuiteRun
from shipworthy.facts.tests.quote import masked
from shipworthy.facts.tests.running import environment, results, sandbox, tree_copy
from shipworthy.facts.tests.running.environment import Found
from shipworthy.facts.tests.running.sandbox import Ended, Limits, Spec

HOOKS = Path(__file__).parent / "hooks"
_PYTHON = ("pytest", "unittest", "django")
_TAIL_LINES = 8
_NOT_FOUND = re.compile(r"([\w@./-]{1,80}): (?:command )?not found")
_PREFIX = "shipworthy-run-"
_STALE = 24 * 3600.0
_PATIENCE = 60.0
"""Seconds a second try gets at least."""


@dataclass(slots=True)
class Workshop:
    """The temporary folder of all runs of one examination: the copy of the tree and what surrounds it."""

    root: Path
    """The repository, resolved."""
    folder: Path
    copied: tree_copy.Copied
    isolate: bool
    runs: int = 0

    @property
    def copy(self) -> Path:
        return self.folder / "copy"

    @property
    def base(self) -> Path:
        """Where the tree lies as the tests see it."""
        return self.root if self.isolate else self.copy

    def made(self, *names: str) -> Path:
        """A fresh folder of this run."""
        path = self.folder.joinpath(str(self.runs), *names)
        path.mkdir(parents=True, exist_ok=True)
        return path


@contextlib.contextmanager
def workshop(view: View, environments: list[str], *, isolate: bool) -> Iterator[Workshop]:
    """The copy, for as long as the body runs. Raises TooLarge, OSError."""
    root = Path(os.path.realpath(view.project.root))
    place = _temporary_place(root)
    _sweep(Path(place))
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
    try:
        (folder / "copy").mkdir()
        copied = tree_copy.copy_tree(view, folder / "copy", environments)
        if not isolate:
            for relative in environments:
                tree_copy.copy_environment(root, folder / "copy", relative)
        shutil.copytree(HOOKS, folder / "hooks", ignore=shutil.ignore_patterns("__pycache__"))
        yield Workshop(root, folder, copied, isolate)
    finally:
        tree_copy.remove(folder)


def _sweep(place: Path) -> None:
    """Remove what a killed run of this user left behind a day ago or earlier."""
    for entry in list(place.glob(_PREFIX + "*")):
        with contextlib.suppress(OSError):
            found = entry.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and time.time() - found.st_mtime > _STALE:
                tree_copy.remove(entry)


def _temporary_place(root: Path) -> str:
    """A folder for temporary files outside the repository. Raises OSError where there is none."""
    for each in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108 - mkdtemp makes a private folder in it
        real = Path(os.path.realpath(each))
        if real.is_dir() and real != root and root not in real.parents:
            return str(real)
    raise OSError("there is no folder for temporary files outside the repository")


def find(view: View, suite: Suite) -> Found:
    """What the suite would run with; looks at files only, runs nothing of the project."""
    outside = view.context.environment
    if suite.runner in _PYTHON:
        needs = {"pytest": "pytest", "django": "django"}.get(suite.runner, "")
        return environment.python(view.project, suite.folder, outside, needs)
    return environment.node(view.project, suite.folder, outside, suite.runner)


def run_suite(view: View, suite: Suite, found: Found, shop: Workshop, limits: Limits) -> SuiteRun:
    """Run it, at most three times: as in a pipeline; without CI where that ran nothing; with the example variables
    where it failed and the project has an example file. The last run counts, and what was tried is a remark."""
    remarks: list[str] = []
    if shop.copied.left_out:
        remarks.append(f"left out of the run: {', '.join(shop.copied.left_out[:5])}")
    given, path = environment.variables(view.project, suite.folder, examples=False)
    if path:
        remarks.append(f"variables from {path}")
    row = _attempt(view, suite, found, shop, limits, {"CI": "true", **given})
    left = limits.seconds - row.seconds
    if row.state in ("no-results", "unread") and row.exit_code == 0 and suite.runner not in _PYTHON and left > 5:
        again = _attempt(view, suite, found, shop, replace(limits, seconds=left), given)
        if again.state == "ran" and again.executed:
            remarks.append("with CI=true, as in a pipeline, the command runs no test: a pipeline would prove nothing")
            row, left = again, left - again.seconds
    if row.state == "ran" and (row.failed or row.errors) and not path and left > 5:
        example, path = environment.variables(view.project, suite.folder, examples=True)
        if path:
            patience = min(left, max(_PATIENCE, 5 * row.seconds))
            again = _attempt(view, suite, found, shop, replace(limits, seconds=patience), {"CI": "true", **example})
            if _tells_more(row, again):
                remarks.append(f"with the example variables of {path}; without them {row.failed + row.errors} fail")
                row = again
    return replace(row, remarks=(*remarks, *row.remarks))


def _tells_more(before: SuiteRun, again: SuiteRun) -> bool:
    """Whether a second try, with more variables set, replaces the first.

    It does where fewer tests fail, and where the first try broke before any test could fail and the second hung: then
    nothing is known of the tests.
    """
    if again.state == "ran" and again.executed:
        return again.failed + again.errors < before.failed + before.errors or before.failed == 0
    return again.state == "stopped" and before.failed == 0


def _attempt(
    view: View, suite: Suite, found: Found, shop: Workshop, limits: Limits, extra: Mapping[str, str]
) -> SuiteRun:
    shop.runs += 1
    out = shop.made("out")
    argv = _argv(suite, found, shop, out)
    cover = _cover(view, shop)
    spec = Spec(
        repo=str(shop.root),
        copy=str(shop.copy),
        cwd=str(shop.base / suite.folder) if suite.folder != "." else str(shop.base),
        argv=argv,
        env={**extra, **_environment(view, suite, found, shop, out)},
        environments=list(found.environments) if shop.isolate else [],
        cover=cover,
        keep=[str(shop.root), str(out), str(shop.made("home")), str(shop.folder / "hooks"), *_kept(found, cover)],
        writable=[str(out), str(shop.made("home"))],
        scratch=str(shop.made("scratch")),
        covers=str(shop.made("covers")),
        isolate=shop.isolate,
    )
    if suite.runner in _PYTHON:
        limits = replace(limits, address_space=limits.memory * 2)
    ended = sandbox.run(spec, limits)
    said = results.read(out)
    said.failures = [_own_fault(view, suite, each) for each in said.failures]
    row = _row(suite, found, ended, said)
    return _lacking(view, row) if row.state == "no-results" and row.exit_code else row


def _lacking(view: View, row: SuiteRun) -> SuiteRun:
    """A command that broke before any test because of something this machine lacks is no failure of the project."""
    last = _own_fault(view, row.suite, results.failure("", "\n".join(row.tail)))
    if last.missing_module:
        return replace(
            row,
            state="cannot-run",
            note=f"{last.missing_module} is not installed in the project's environment",
            remedy="Install the project's dependencies from its lock file; check that the package really exists.",
        )
    absent = next((found[1] for line in row.tail if (found := _NOT_FOUND.search(line))), None)
    if row.exit_code == 127 and absent:
        return replace(
            row,
            state="cannot-run",
            note=f"{absent} is not installed here",
            remedy="Install the project's packages from its lock file: npm ci, pnpm install or yarn install",
        )
    if last.unreachable:
        return replace(
            row,
            state="cannot-run",
            note=f"it needs a service or the network ({last.message})",
            remedy="Let a pipeline that starts the service be the proof, or replace the service in tests.",
        )
    return row


def _own_fault(view: View, suite: Suite, failure: Failure) -> Failure:
    """A module of the repository itself that cannot be imported is no gap in the environment: it is a broken import.

    A package kept below src/ is different: it must be installed to be found.
    """
    name = failure.missing_module
    if not name:
        return failure
    prefix = "" if suite.folder == "." else suite.folder + "/"
    top = name.replace(".", "/").split("/")[0] if suite.runner in _PYTHON else name.partition("/")[0]
    own = name.startswith((".", "/", "@/", "~/", "#")) or view.project.has_folder(prefix + top)
    own = own or f"{prefix}{top}.py" in view.project.files
    return replace(failure, missing_module="") if own else failure


def _cover(view: View, shop: Workshop) -> list[tuple[str, str | None]]:
    """Folders to hide: the user's home, sockets of other programs, other people's temporary files."""
    rows: list[tuple[str, str | None]] = [("/tmp", str(shop.made("tmp")))]  # noqa: S108 - to be hidden
    home = os.path.realpath(view.context.environment.get("HOME") or view.context.home)
    state = os.path.realpath(view.context.state_dir) if view.context.state_dir else "/nowhere"
    for folder in (home, state, "/root", "/run", "/var/run", "/var/tmp"):  # noqa: S108 - to be hidden
        real = os.path.realpath(folder)
        hidden = any(real == each or real.startswith(each + "/") for each, _ in rows)
        holds_all = real in ("/", "/usr", "/home") or str(shop.root) == real or real.startswith(str(shop.root) + "/")
        if not hidden and not holds_all and Path(real).is_dir():
            rows.append((real, None))
    return rows


def _kept(found: Found, cover: list[tuple[str, str | None]]) -> list[str]:
    """Places outside the repository that stay to be seen: none that holds a whole covered folder, each only once."""
    wanted = {os.path.normpath(each) for each in found.keep if each and each.startswith("/")}
    wanted = {each for each in wanted if not any(f == each or f.startswith(each.rstrip("/") + "/") for f, _ in cover)}
    return sorted(e for e in wanted if not any(e != other and e.startswith(other + "/") for other in wanted))


def _argv(suite: Suite, found: Found, shop: Workshop, out: Path) -> list[str]:
    """The suite's command with our way to write results; the words a person sees are `suite.shown`."""
    program = _moved(found.program, shop)
    rest = list(suite.command[1:])
    if suite.runner == "pytest":
        return [program, *rest, f"--junitxml={out}/pytest.xml", "-o", "junit_logging=no", "-o", "junit_family=xunit1"]
    if suite.runner == "unittest":
        return [program, str(shop.folder / "hooks/run_unittest.py"), str(out), *rest[1:]]
    if suite.runner == "django":
        return [program, str(shop.folder / "hooks/run_unittest.py"), str(out), *rest]
    if suite.command[0] == "npx":
        # Never through npx itself, which would look for the package in a registry.
        return rest
    manager = suite.command[0] if _on_path(suite.command[0], found, shop) else "npm"
    return [manager, *rest]


def _on_path(name: str, found: Found, shop: Workshop) -> bool:
    return shutil.which(name, path=os.pathsep.join(found.path)) is not None


def _moved(path: str, shop: Workshop) -> str:
    """A path inside the repository as the tests see it."""
    inside = os.path.relpath(path, shop.root)
    return path if inside.startswith("..") else str(shop.base / inside)


def _environment(view: View, suite: Suite, found: Found, shop: Workshop, out: Path) -> dict[str, str]:
    """Everything the tests get to see of variables, beside the project's own test file."""
    outside = view.context.environment
    tmp = "/tmp" if shop.isolate else str(shop.made("tmp"))  # noqa: S108 - a private folder lies there in the sandbox
    path = [_moved(each, shop) for each in found.path] + environment.search_path(outside, shop.root)
    env = {
        "PATH": os.pathsep.join(dict.fromkeys(path)),
        "HOME": str(shop.made("home")),
        "TMPDIR": tmp,
        "LANG": outside.get("LANG", "C.UTF-8"),
        "TERM": "dumb",
        "NO_COLOR": "1",
        "SHELL": "/bin/sh",
        "SHIPWORTHY_RESULTS": str(out),
        **{name: _moved(value, shop) for name, value in found.variables.items()},
    }
    hooks = shop.folder / "hooks"
    if suite.runner in _PYTHON:
        env["PYTHONNOUSERSITE"] = "1"
        if not shop.isolate:
            env["PYTHONPATH"] = str(hooks / "python_guard")
            env["PYTHONDONTWRITEBYTECODE"] = "1"
    else:
        options = [f'--require="{hooks}/node_hook.cjs"']
        if suite.runner == "node:test":
            options += ["--test-reporter=junit", f'--test-reporter-destination="{out}/node.xml"']
        env["NODE_OPTIONS"] = " ".join(options)
        env.update(npm_config_offline="true", npm_config_audit="false", npm_config_fund="false",
                   npm_config_update_notifier="false", COREPACK_ENABLE_DOWNLOAD_PROMPT="0")  # fmt: skip
    if not shop.isolate:
        env["SHIPWORTHY_GUARD"] = "1"
    return env


def _row(suite: Suite, found: Found, ended: Ended, said: results.Results) -> SuiteRun:
    row = SuiteRun(
        suite=suite,
        state="ran",
        passed=said.passed,
        failed=said.failed,
        errors=said.errors,
        skipped=said.skipped,
        failures=tuple(said.failures),
        skipped_names=tuple(said.skipped_names),
        exit_code=ended.code,
        seconds=round(ended.seconds, 2),
        versions=found.versions,
        isolation=ended.isolation,
        interpreter=found.shown,
    )
    tail = _tail(ended.output)
    if ended.refused:
        return replace(row, state="cannot-run", note=f"the sandbox could not be built: {ended.refused}")
    if ended.not_started:
        return replace(row, state="cannot-run", note=f"the command did not start: {ended.not_started}")
    if ended.stopped:
        return replace(row, state="stopped", note=ended.stopped, tail=tail)
    if said.problems:
        return replace(row, state="no-results", note=said.problems[0], tail=tail)
    if said.total == 0:
        # Python's runners are started by us, so their silence tells; a script may start one in a way that is not seen.
        unread = ended.code == 0 and said.files == 0 and suite.runner not in _PYTHON
        return replace(row, state="unread" if unread else "no-results", tail=tail)
    return replace(row, tail=tail if ended.code and not row.failed and not row.errors else ())


def _tail(output: bytes) -> tuple[str, ...]:
    lines = [line for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
    return tuple(masked(line, 200) for line in lines[-_TAIL_LINES:])
