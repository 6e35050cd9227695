"""Runs through the steps of an Azure job: conditions, shells, tasks.

Source: the system's references "steps.script", "steps.bash", "steps.pwsh" (the last command's exit code decides, on
Linux too, unless `set -e`), "Specify conditions", and "task control options".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Kind, Link, Said, no, unsure, weakest
from shipworthy.facts.pipeline.neutral import could_test
from shipworthy.facts.pipeline.shell import Options
from shipworthy.facts.pipeline.shell_words import ROOT, Values, join_path
from shipworthy.facts.pipeline.systems.azure_conditions import judged, wants_success
from shipworthy.facts.pipeline.systems.azure_expressions import Scope
from shipworthy.facts.pipeline.systems.azure_nodes import Map
from shipworthy.facts.pipeline.systems.azure_task_tables import name_of
from shipworthy.facts.pipeline.systems.azure_tasks import Task
from shipworthy.facts.pipeline.systems.azure_variables import environment, filled
from shipworthy.facts.pipeline.systems.plan import EMPTY, Plan, PlannedJob, Script
from shipworthy.facts.pipeline.systems.windows_shells import Line, cmd_lines, power_lines
from shipworthy.facts.pipeline.values import HOLE, Open, Unknown, text_of

_SHELLS = ("script", "bash", "pwsh", "powershell")
_CMD = re.compile(r"^\s*(call\s|@echo\b|rem\s|set\s+\w+=|if\s+(not\s+)?exist\s)|%\w+%", re.M | re.I)
_OTHER_SCRIPT = re.compile(
    r"(?:(?:pwsh|powershell)(?:\.exe)?\s+(?:-\w+\s+(?:\w+\s+)?)*)?(\S+\.(?:cmd|bat|ps1))(?:\s|$)", re.I
)
MAX_SCRIPTS = 4
_WHEELS = re.compile(r"^\s*(\S+ -m )?cibuildwheel\b", re.M)


@dataclass(slots=True)
class Steps:
    """The steps of one job in one start with one combination of its matrix."""

    plan: Plan
    job: PlannedJob
    variables: Open
    system: str
    """"windows", "linux", "mac", or "" where that is not known."""
    own: Said = YES
    """Whether the folder it works in is this repository's."""
    mounts: tuple[str, ...] = ()
    """Folders of the repositories that several `checkout` steps put next to each other, this one's first."""
    _runs: Said = YES
    _fails: Said = YES
    _env: Any = None

    def walk(self, steps: Any, first: int = 0) -> int:
        """Every step; the number of the next. Numbers go on from `first`."""
        rows = steps if isinstance(steps, list) else [steps] if isinstance(steps, Unknown) else []
        self._checkouts(rows)
        for number, step in enumerate(rows, first):
            self.job.step = number - 1
            self._runs = self._fails = YES
            self.job.despite = False
            if isinstance(step, Map):
                self._step(step, rows[number - first + 1 :])
            elif isinstance(step, Unknown):
                here = Link(self.plan.path, 1, step.what[:80])
                self.job.lose("its steps come from a parameter that is not known", (here,), anything=True)
        return first + len(rows)

    def _checkouts(self, rows: list[Any]) -> None:
        given = [text_of(step["checkout"]) for step in rows if isinstance(step, Map) and "checkout" in step]
        if given and all(each.lower() == "none" for each in given):
            self.job.filled = EMPTY
        given = [each for each in given if each.lower() != "none"]
        if len(given) > 1 and "self" in given:
            self.mounts = tuple(each for each in given)
        elif given and "self" not in given:
            self.own = unsure(f"the job works on another repository ({given[0][:60]})")

    def _step(self, step: Map, later: list[Any]) -> None:
        if step.opaque:
            self.job.lose(step.opaque, self.chain(step, "template"), runs=step.runs, anything=True)
            return
        runs = weakest(step.runs, self.own, self._wanted(step))
        self._env = step.get("env")
        tolerant = text_of(self._value(step.get("continueOnError"))).lower() if "continueOnError" in step else "false"
        if tolerant not in ("false", "") and not self._raised(later):
            where = f"`continueOnError` at {step.path}:{step.lines.get('continueOnError', step.line)}"
            known = tolerant == "true"
            self._fails = no(where) if known else unsure(f"{where} depends on something not known here")
        self._runs = runs
        for key in _SHELLS:
            if key in step:
                shell = {"script": "script", "bash": "bash"}.get(key, "power")
                self.shell(shell, step, key, step, self.folder(self.filled(step.get("workingDirectory"))))
                return
        if "task" in step:
            task = text_of(step["task"])
            if HOLE in task:
                self.lose("which task it runs is not known", step)
            else:
                Task(self, step, task).run()

    def _wanted(self, step: Map) -> Said:
        """`condition` and `enabled` of a step; also whether it starts although an earlier one failed."""
        enabled = self._value(step.get("enabled", True))
        if text_of(enabled).lower() == "false":
            return no(f"`enabled: false` at {step.path}:{step.lines.get('enabled', step.line)}")
        said = YES if HOLE not in text_of(enabled) else unsure("`enabled` depends on something not known here")
        if step.get("condition") is None:
            return said
        scope = Scope({"variables": self.variables})
        self.job.despite = not wants_success(step["condition"], scope)
        return weakest(said, judged(step["condition"], scope, {}, "the step"))

    def _raised(self, later: list[Any]) -> bool:
        """Whether a later step fails the job for the failed tests in the results that it publishes."""
        for step in later:
            if not isinstance(step, Map) or name_of(text_of(step.get("task")))[0] != "publishtestresults":
                continue
            inputs = step.get("inputs")
            given = {str(k).lower(): text_of(v).lower() for k, v in inputs.items()} if isinstance(inputs, Map) else {}
            plain = not {"enabled", "continueOnError"} & set(step) and step.runs.yes
            condition = text_of(step.get("condition", "")).lower()
            if plain and given.get("failtaskonfailedtests") == "true" and not re.search("eq|ne|fail|var", condition):
                return True
        return False

    # What shells and tasks call.

    def _value(self, value: Any) -> Any:
        return filled(value, self.variables) if isinstance(value, str) else value

    def filled(self, value: Any) -> str:
        return filled(text_of(value), self.variables) if value is not None else ""

    def is_file(self, path: str | None) -> bool:
        return path is not None and self.plan.tree.is_file(path)

    def folder(self, given: str) -> str | None:
        """A working folder inside the repository; None where it is not known."""
        given = given.replace("\\", "/").strip()
        if not given:
            return None if self.mounts else "."
        path = join_path(".", given)
        if self.mounts and path is not None:
            top, _, rest = path.partition("/")
            return (rest or ".") if top == "s" or not self.plan.tree.exists(top) else path
        return path

    def chain(self, step: Map, key: str | None = None) -> tuple[Link, ...]:
        return (*step.chain, step.link(key))

    def note(self, kind: Kind, text: str, step: Map) -> None:
        self.job.note(kind, [text], self.chain(step, "task"), runs=self._runs, fails=self._fails)

    def lose(self, reason: str, step: Map) -> None:
        self.job.lose(reason.replace(HOLE, "…"), self.chain(step, "task"), runs=self._runs)

    def line(self, text: str, step: Map, key: str, folder: str | None) -> None:
        """One command that a task starts, its failure the task's."""
        link = step.link(key)
        self._bourne(Script(text.replace("\n", " "), (link,)), Options(errexit=True), folder, step.chain)

    def shell(self, shell: str, node: Map, key: str, step: Map, folder: str | None) -> None:
        """A script under a key of a node. `shell`: "bash", "power", "cmd", or "script" for the system's own."""
        raw = node.get(key)
        if isinstance(raw, Unknown):
            self.lose("its script is not known", step)
            return
        script = node.script(key, filled(text_of(raw), self.variables, in_shell=True))
        if script is None:
            return
        if shell == "script" and (self.system == "windows" or (not self.system and _CMD.search(script.text))):
            shell = "cmd"
        if shell in ("bash", "script"):
            self._bourne(script, Options(), folder, step.chain)
        else:
            self._lines(cmd_lines(script) if shell == "cmd" else power_lines(script), script, folder, step.chain)

    def power_file(self, path: str, step: Map, folder: str | None) -> None:
        self._script_file(path, step, folder, power=True)

    def cmd_file(self, path: str, step: Map, folder: str | None) -> None:
        self._script_file(path, step, folder, power=False)

    def _script_file(self, word: str, step: Map, folder: str | None, *, power: bool) -> None:
        path = join_path(".", word)
        text = self.plan.tree.text(path) if path is not None and self.is_file(path) else None
        if path is None or text is None:
            if could_test(word):
                self.lose(f"the script {word.removeprefix(ROOT)[:80]} is not in the repository", step)
            return
        script = _numbered(path, text)
        lines = power_lines(script) if power else cmd_lines(script)
        self._lines(lines, script, folder, (*step.chain, step.link("task")))

    def _other_script(self, line: Line, folder: str | None) -> tuple[Script, bool] | None:
        """A script of the repository for PowerShell (then True) or cmd that a line starts."""
        match = _OTHER_SCRIPT.match(line.text)
        path = join_path(folder, match[1].strip("\"'")) if match else None
        text = self.plan.tree.text(path) if path is not None and self.is_file(path) else None
        return (_numbered(path, text), path.lower().endswith(".ps1")) if path is not None and text is not None else None

    def _bourne(
        self,
        script: Script,
        options: Options,
        folder: str | None,
        chain: tuple[Link, ...],
        runs: Said = YES,
        fails: Said = YES,
    ) -> None:
        known = environment(self.variables, self._env)
        runs, fails = weakest(self._runs, runs), weakest(self._fails, fails)
        self.job.script(script, options=options, folder=folder, variables=known, chain=chain, runs=runs, fails=fails)
        wheels = _WHEELS.search(script.text)
        if wheels is not None:
            self._wheels(script.here(script.text.count("\n", 0, wheels.end())), folder, known, chain, runs, fails)

    def _wheels(
        self,
        link: Link,
        folder: str | None,
        known: Mapping[str, Values],
        chain: tuple[Link, ...],
        runs: Said,
        fails: Said,
    ) -> None:
        """cibuildwheel tests only where it is told how: by a variable, or in pyproject.toml."""
        commands: Any = list(known.get("CIBW_TEST_COMMAND", ()))
        if not commands and self.is_file("pyproject.toml"):
            settings = self.plan.tree.toml("pyproject.toml")
            for key in ("tool", "cibuildwheel", "test-command"):
                settings = settings.get(key) if isinstance(settings, dict) else None
            commands = settings if isinstance(settings, list) else [settings]
        for each in commands:
            if isinstance(each, str):
                text = each.replace("{project}", ".").replace("{package}", ".")
                self.job.step -= 1
                self.job.script(
                    Script(text, (link,)),
                    options=Options(errexit=True), folder=folder, variables=known, chain=chain, runs=runs, fails=fails,
                )  # fmt: skip

    def _lines(
        self,
        lines: list[Line],
        script: Script,
        folder: str | None,
        chain: tuple[Link, ...],
        around: tuple[Said, Said] = (YES, YES),
        depth: int = 0,
    ) -> None:
        """Command lines of PowerShell or cmd, all one step of the job. `around`: how surely they run and fail."""
        number = self.job.step
        for line in lines:
            self.job.step = number
            link = script.here(line.row)
            line = replace(line, runs=weakest(around[0], line.runs), fails=weakest(around[1], line.fails))
            other = self._other_script(line, folder)
            if line.folder is not None:
                folder = join_path(folder, line.folder)
            elif other is not None and depth >= MAX_SCRIPTS:
                self.job.lose("scripts are nested too deep", (*chain, link), runs=line.runs, anything=True)
            elif other is not None:
                inner, power = other
                rows = power_lines(inner) if power else cmd_lines(inner)
                self._lines(rows, inner, folder, (*chain, link), (line.runs, line.fails), depth + 1)
            elif line.text.lower().startswith("invoke-pester"):
                sure = re.search(r"-(CI|EnableExit)\b|Exit", script.text) is not None
                fails = weakest(line.fails, YES if sure else unsure("Pester's result may not reach the exit code"))
                runs = weakest(self._runs, line.runs)
                said = weakest(self._fails, fails)
                self.job.note(Kind.TEST, ["Invoke-Pester"], (*chain, link), runs=runs, fails=said)
            elif line.text:
                options = Options(errexit=False)
                self._bourne(Script(line.text, (link,)), options, folder, chain, line.runs, line.fails)
        self.job.step = number + 1


def _numbered(path: str, text: str) -> Script:
    """A script file with the line of each of its rows."""
    return Script(text, tuple(Link(path, row, each.strip()[:80]) for row, each in enumerate(text.split("\n"), 1)))
