"""Turns one `task:` of an Azure pipeline into the commands it runs, or what it is known to do.

Source: the system's "Azure Pipelines task reference".
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from shipworthy.facts.pipeline.fact import Kind
from shipworthy.facts.pipeline.globs import lets_by
from shipworthy.facts.pipeline.neutral import could_test, hints_at_tests
from shipworthy.facts.pipeline.shell_words import ROOT, join_path
from shipworthy.facts.pipeline.systems.azure_nodes import Map
from shipworthy.facts.pipeline.systems.azure_task_tables import (
    COMMANDS,
    KINDS,
    PROGRAMS,
    SCRIPT_INPUTS,
    is_harmless,
    name_of,
)
from shipworthy.facts.pipeline.values import HOLE

if TYPE_CHECKING:
    from shipworthy.facts.pipeline.systems.azure_steps import Steps

_FOLDERS = ("workingdirectory", "workingdir", "cwd", "workingfolder", "rootfolder")
_PROJECT = re.compile(r"\.(\w+proj|slnx?|slnf)$")
_TESTING = re.compile(
    r"Microsoft\.NET\.Test\.Sdk|<IsTestProject>\s*true|Include=\"(xunit|nunit|MSTest|TUnit|Expecto)|UnitTestFramework"
    r"|CppUnitTest|3AC096D0-A1C2-E12C-1390-A8335801FDAB",
    re.I,
)


class Task:
    """One task with its inputs; `run` puts what it does down as a step."""

    def __init__(self, steps: Steps, step: Map, task: str) -> None:
        self.steps, self.step, self.task = steps, step, task
        self.name, self.version = name_of(task)
        inputs = step.get("inputs")
        self.inputs = inputs if isinstance(inputs, Map) else Map(step.path, step.line, step.chain)
        self.keys = {str(key).lower(): str(key) for key in self.inputs}
        self.given: Mapping[str, str] = {
            lower: steps.filled(self.inputs[key]) for lower, key in self.keys.items()
            if not isinstance(self.inputs[key], (dict, list))
        }  # fmt: skip

    def get(self, *names: str, default: str = "") -> str:
        """The first of these inputs that is given."""
        return next((self.given[name] for name in names if self.given.get(name)), default).strip()

    def run(self) -> None:
        own: Callable[[], None] | None = getattr(self, f"_{re.sub(r'[^a-z0-9]', '_', self.name)}", None)
        if own is not None:
            own()
        elif self.name in KINDS:
            self._note(KINDS[self.name])
        elif self.name in COMMANDS:
            self._by_command()
        elif self.name in PROGRAMS:
            program, inputs, folder = PROGRAMS[self.name]
            self._program(" ".join([program, *filter(None, (self.get(name) for name in inputs))]), self.get(folder))
        else:
            self._unknown()

    def _note(self, kind: Kind | None) -> None:
        if kind is not None:
            self.steps.note(kind, self.task, self.step)

    def _by_command(self) -> None:
        inputs, default, kinds = COMMANDS[self.name]
        command = self.get(*inputs, default=default).lower()
        if HOLE in command:
            self.steps.lose(f"which command {self.task} runs is not known", self.step)
            return
        self._note(kinds.get(command))

    def _unknown(self) -> None:
        """A task that is not in the tables: lost only where its name or its commands could mean tests."""
        commands = " ".join(value for name, value in self.given.items() if name in SCRIPT_INPUTS)
        named = not is_harmless(self.name) and hints_at_tests(self.name)
        if named or could_test(commands):
            self.steps.lose(f"the task {self.task} may run tests and is not known here", self.step)

    def _program(self, text: str, folder: str = "") -> None:
        """One command line that the task starts without a shell."""
        at = self.steps.folder(folder or self.get(*_FOLDERS))
        self.steps.line(text, self.step, "task", at)

    def _inline(self, shell: str, key: str) -> None:
        name = self.keys.get(key)
        if name is not None:
            self.steps.shell(shell, self.inputs, name, self.step, self.steps.folder(self.get(*_FOLDERS)))

    def _file(self, shell: str, path: str, arguments: str) -> None:
        """A script file of the repository."""
        folder = self.steps.folder(self.get(*_FOLDERS))
        path = path.replace("\\", "/").strip().strip("\"'")
        if not path.startswith(ROOT) and not (join_path(folder, path) and self.steps.is_file(join_path(folder, path))):
            # A path counts from the root of the sources, whatever folder the script then runs in.
            path = ROOT + path
        if shell == "power" or path.lower().endswith(".ps1"):
            self.steps.power_file(path, self.step, folder)
        elif path.lower().endswith((".cmd", ".bat")):
            self.steps.cmd_file(path, self.step, folder)
        else:
            self.steps.line(f"{shell} {shlex.quote(path)} {arguments}", self.step, "task", folder)

    # Shells.

    def _bash(self) -> None:
        kind = self.get("targettype", default="filePath").lower()
        if kind == "inline" or (not self.get("filepath") and self.get("script")):
            self._inline("bash", "script")
        elif self.get("filepath"):
            self._file("bash", self.get("filepath"), self.get("arguments"))

    def _cmdline(self) -> None:
        if self.get("script"):
            self._inline("script", "script")
        else:
            self._program(f"{self.get('filename')} {self.get('arguments')}")

    def _shellscript(self) -> None:
        self._file("bash", self.get("scriptpath"), self.get("args"))

    def _batchscript(self) -> None:
        self._file("cmd", self.get("filename"), self.get("arguments"))

    def _powershell(self) -> None:
        kind = self.get("targettype", "scripttype", default="filePath").lower()
        for key in ("script", "inlinescript"):
            if key in self.keys and (kind in ("inline", "inlinescript") or not self.get("filepath", "scriptname")):
                self._inline("power", key)
                return
        if self.get("filepath", "scriptname"):
            self._file("power", self.get("filepath", "scriptname"), "")

    def _azurepowershell(self) -> None:
        if self.get("inline"):
            self._inline("power", "inline")
        elif self.get("scriptpath"):
            self._file("power", self.get("scriptpath"), "")

    def _azurecli(self) -> None:
        kind = self.get("scripttype", default="bash").lower()
        shell = "power" if kind in ("ps", "pscore") else "cmd" if kind == "batch" else "bash"
        if self.get("inlinescript"):
            if "scripttype" not in self.given:
                shell = "script"
            self._inline(shell, "inlinescript")
        elif self.get("scriptpath"):
            self._file(shell, self.get("scriptpath"), self.get("arguments", "scriptarguments"))

    def _pythonscript(self) -> None:
        path = self.get("scriptpath")
        if path and self.get("scriptsource", default="filePath").lower() != "inline":
            self._program(f"python {shlex.quote(path)} {self.get('arguments')}")
        elif could_test(self.get("script")):
            self.steps.lose("a Python program in the file is not followed", self.step)

    # Programs with their own ways.

    def _npm(self) -> None:
        command = self.get("command", default="install").lower()
        if command == "custom":
            self._program(f"npm {self.get('customcommand', 'verbose')}")
        elif command == "publish":
            self._note(Kind.PUBLISH)
        else:
            self._program(f"npm {command} {self.get('arguments')}")

    def _dotnetcorecli(self) -> None:
        command = self.get("command", default="build").lower()
        if command == "custom":
            command = self.get("custom").lower()
            arguments = self.get("arguments")
            self._program(f"dotnet {command} {self.get('projects') if HOLE not in command else ''} {arguments}")
        elif command == "test":
            if self._has_tests(self.get("projects", "project")):
                self._program(f"dotnet test {self.get('arguments')}")
            else:
                self.steps.note(Kind.NOTHING, f"{self.task} test: no test project fits", self.step)
        else:
            self._by_command()

    def _vstest(self) -> None:
        """Without an assembly that fits it only warns, so it takes a test project to make one."""
        kind = Kind.TEST if self._has_tests("") else Kind.NOTHING
        self.steps.note(kind, self.task if kind is Kind.TEST else f"{self.task}: there is no test project", self.step)

    _visualstudiotest = _vstest

    def _has_tests(self, patterns: str) -> bool:
        """Whether a test project of the repository fits; the task only warns where none does. A solution means any."""
        rows = [each.strip().replace("\\", "/").removeprefix(ROOT).lstrip("/") for each in re.split(r"[\n;]", patterns)]
        rows = [each.lower() for each in rows if each and HOLE not in each]
        every = [path for path in self.steps.plan.tree.files if _PROJECT.search(path)]
        fitting = [path for path in every if lets_by(rows, path.lower())] if rows and HOLE not in patterns else every
        if any(".sln" in path for path in fitting):
            fitting = every
        return any(self._is_test_project(path) for path in fitting)

    def _is_test_project(self, path: str) -> bool:
        name = path.rpartition("/")[2]
        if ".sln" in name:
            return False
        return bool(re.search(r"test|spec", name, re.I) or _TESTING.search(self.steps.plan.tree.text(path) or ""))

    def _maven(self) -> None:
        goals = self.get("goals", default="package")
        pom = self.get("mavenpomfile", "mavenpom")
        folder = pom.rpartition("/")[0] if "/" in pom else ""
        self._program(f"mvn {goals} {self.get('options')}", folder)

    def _gradle(self) -> None:
        self._program(f"./gradlew {self.get('tasks', default='build')} {self.get('options')}")

    def _xcode(self) -> None:
        actions = self.get("actions", default="build").lower().split()
        self._note(Kind.TEST if "test" in actions else Kind.BUILD)

    def _docker(self) -> None:
        if self.get("command", "action").lower() in ("run", "run an image", "run a docker command"):
            command = self.get("containercommand", "customcommand", "arguments")
            self._program(f"docker {command}")
            return
        self._by_command()

    def _dockercompose(self) -> None:
        action = self.get("action", default="Run a Docker Compose command").lower()
        file = self.get("dockercomposefile", default="**/docker-compose.yml")
        option = "" if "*" in file else f"-f {shlex.quote(file)}"
        if action.startswith("push"):
            self._note(Kind.PUBLISH)
        elif action.startswith("run a docker"):
            self._program(f"docker-compose {option} {self.get('dockercomposecommand')} {self.get('arguments')}")
        elif action == "run a specific service":
            service = self.get("servicename")
            detached = "-d" if self.get("detached", default="true").lower() != "false" else ""
            self._program(f"docker-compose {option} run {detached} {service} {self.get('containercommand')}")

    def _octopuscreaterelease(self) -> None:
        self._note(Kind.DEPLOY if self.get("deploytoenvironment", "deploytoenvironments") else None)

    def _kubernetes(self) -> None:
        self._program(f"kubectl {self.get('command')} {self.get('arguments')}")
