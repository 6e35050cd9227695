"""Runs through the steps of a CircleCI job in one start: commands with parameters, conditions, shells, folders, orbs.

Source: CircleCI's configuration reference ("Steps", "run", "Default shell options", "commands", "executors").
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shipworthy.facts.pipeline.circleci_cli import without_xargs
from shipworthy.facts.pipeline.fact import YES, Kind, Link, Said, no, unsure, weakest
from shipworthy.facts.pipeline.neutral import could_test
from shipworthy.facts.pipeline.secret_scanners import hints
from shipworthy.facts.pipeline.shell import Options
from shipworthy.facts.pipeline.shell import Script as Shell
from shipworthy.facts.pipeline.shell_words import ROOT, Values, join_path
from shipworthy.facts.pipeline.systems.circleci_orbs import CONTINUE, ORBS, QUIET, Does, Recipe
from shipworthy.facts.pipeline.systems.circleci_parts import (
    MAX_DEPTH,
    Block,
    Env,
    absolute,
    bind,
    environment,
    given_value,
    truth_of,
)
from shipworthy.facts.pipeline.systems.circleci_values import fill, filled, logic, text_of
from shipworthy.facts.pipeline.systems.plan import NotUnderstood, Plan, PlannedJob, Script, script_of
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.facts.pipeline.wrappers import program_of
from shipworthy.project.yaml import line_of

MAX_STEPS = 30_000
"""Steps walked for one file, over all the ways it starts."""
MAX_LOOKED_AT = 20_000
"""Characters of a step in which names of scripts are looked for."""
_BUILT_IN = frozenset(
    {
        "checkout", "setup_remote_docker", "save_cache", "restore_cache", "store_artifacts", "store_test_results",
        "persist_to_workspace", "attach_workspace", "add_ssh_keys", "setup_docker_engine",
    }
)  # fmt: skip
_SCRIPT = re.compile(r"[\w./\ue001-]+\.(?:sh|bash)\b|(?<![\w./-])\.?/?(?:[\w-]+/)+[\w-]+(?![\w./-])")
_HALT = re.compile(r"circleci(?:-agent)?\s+step\s+halt")
_BRANCH = re.compile(
    r"""\$\{?CIRCLE_BRANCH(?::-)?\}?["']?\s*(?:==?|!=)\s*["']?([\w./@-]+)["']?(?=\s*(?:\]|&&|\|\||;|$))"""
    r"""|(?<![\w./@-])["']?([\w./@-]+)["']?\s*(?:==?|!=)\s*["']?\$\{?CIRCLE_BRANCH\}?["']?(?=\s*(?:\]|&&|\|\||;|$))"""
    r"""|-[nz]\s+["']?\$\{?CIRCLE_BRANCH\}?["']?()""",
    re.M,
)
_SHELLS = {"sh", "bash", "dash", "zsh", "ksh", "ash"}
_POWER = re.compile(r"[$;|&{}()@`]|^\s*(if|foreach|for|while|try|function|param)\b")


def named_branches(text: str) -> list[str]:
    """Names that scripts in a text compare `$CIRCLE_BRANCH` with."""
    return [one or two for one, two, _ in _BRANCH.findall(text[:400_000]) if one or two]


def options_of(shell: str) -> Options | None:
    """The options of a step's shell; None where it is none of the shells that are followed."""
    if not shell:
        return Options(errexit=True, pipefail=True)
    try:
        words = shlex.split(shell)
    except ValueError:
        words = shell.split()
    words = words[1:] if words and program_of(words[0]) == "env" else words
    if not words or program_of(words[0]) not in _SHELLS:
        return None
    flags = "".join(word[1:] for word in words[1:] if word.startswith("-") and not word.startswith("--"))
    return Options(errexit="e" in flags or "errexit" in words, pipefail="pipefail" in words)


@dataclass(slots=True)
class Shared:
    """What all jobs of a file share: how many steps may still be walked, and what a setup goes on with."""

    steps: int = field(default_factory=lambda: MAX_STEPS)
    continued: list[tuple[str, dict[str, str], Link]] = field(default_factory=list)
    """(member of the orb, what it was given, where) for each step that goes on with another configuration."""


@dataclass(slots=True)
class JobRun:
    """One job in one start. `late` makes the job that stands for steps which run although an earlier one failed."""

    plan: Plan
    job: PlannedJob
    late: Callable[[], PlannedJob]
    branch: str | None
    tag: str | None
    shared: Shared
    shell: str = ""
    home: str = "~/project"
    """The job's working directory."""
    mount: str = "~/project"
    """Where the repository lies."""
    variables: dict[str, Values] = field(default_factory=dict)
    ended: Said = YES
    """Whether the steps behind are reached: an earlier one may end the job."""

    def walk(self, steps: Any, env: Env) -> None:
        """Every step of a list, or of a parameter that holds one."""
        value = fill(steps, env.scope) if isinstance(steps, str) else steps
        if isinstance(value, Block):
            inner = value.env
            self.walk(value.steps, replace(inner, runs=weakest(env.runs, inner.runs), depth=env.depth + 1))
        elif isinstance(value, list) and env.depth <= MAX_DEPTH:
            for index in range(len(value)):
                self._one(value, index, env)
        elif value is not None and value != []:
            deep = "nested too deep" if env.depth > MAX_DEPTH else "not known"
            self.job.lose(f"steps that are {deep}", env.chain or (Link(env.defs.path, 1, "steps"),), runs=env.runs)

    def _one(self, steps: list[Any], index: int, env: Env) -> None:
        step = steps[index]
        line = line_of(steps, index) or line_of(step) or 1
        self.shared.steps -= 1
        if self.shared.steps < 0:
            if self.shared.steps == -1:
                where = (Link(env.defs.path, line, "steps"),)
                self.job.lose("there are too many steps to follow them all", where, anything=True)
            return
        if isinstance(step, str):
            self._named(text_of(fill(step, env.scope)), None, line, env)
            return
        if not isinstance(step, Mapping) or not step:
            return
        here = (*env.chain, Link(env.defs.path, line, str(next(iter(step)))[:80]))
        if len(step) > 1:
            # A step has one key; CircleCI refuses the file, so what stands there does not run.
            self.job.lose("a step with several keys, which CircleCI refuses", here, runs=env.runs)
            return
        key = str(next(iter(step)))
        value = step.get(key)
        if key in ("run", "deploy"):
            self._run(step, key, value, env)
        elif key in ("when", "unless"):
            self._conditional(key, value, env)
        elif key == "steps":
            self.walk(value, env)
        else:
            self._named(key, value, line_of(step, key) or line, env)

    def _conditional(self, key: str, value: Any, env: Env) -> None:
        if not isinstance(value, Mapping):
            return
        holds = logic(value.get("condition"), env.scope)
        if holds is None:
            line = line_of(value, "condition") or line_of(value) or 1
            said = unsure(f"only {'if' if key == 'when' else 'unless'} the condition at {env.defs.path}:{line} holds")
            env = replace(env, runs=weakest(env.runs, said))
        elif holds is (key == "unless"):
            return
        self.walk(value.get("steps"), replace(env, depth=env.depth + 1))

    # Commands.

    def _run(self, step: Mapping[str, Any], key: str, value: Any, env: Env) -> None:
        settings = value if isinstance(value, Mapping) else {}
        try:
            node, name = (value, "command") if settings else (step, key)
            if isinstance(node[name], list):
                raise NotUnderstood("a command is a list", line_of(node, name))
            script = script_of(env.defs.path, node, name)
        except KeyError:
            script = None
        script = filled(script, env.scope)
        if script is None:
            return
        when = text_of(fill(settings.get("when", "on_success"), env.scope))
        runs = weakest(env.runs, self.ended)
        job = self.job
        if when == "on_fail":
            runs = no("runs only after another step has failed")
        elif when == "always":
            job, runs = self.late(), env.runs
        elif when != "on_success":
            runs = weakest(runs, unsure("when it runs is not known"))
        fails = YES
        if truth_of(settings.get("background"), env.scope):
            fails = no("it runs in the background")
        variables = {**self.variables, **environment(settings.get("environment"), env.scope)}
        folder = self.folder(fill(settings.get("working_directory"), env.scope))
        self.script(
            script,
            env,
            text_of(fill(settings.get("shell", self.shell), env.scope)),
            folder,
            variables,
            runs,
            fails,
            job,
        )

    def script(
        self,
        script: Script,
        env: Env,
        shell: str,
        folder: str | None,
        variables: Mapping[str, Values],
        runs: Said,
        fails: Said,
        job: PlannedJob,
    ) -> None:
        """Commands of one step."""
        first = script.text.split("\n", 1)[0]
        options = options_of(first[2:].strip() if first.startswith("#!") else shell)
        if options is None:
            self._other_shell(script, shell, env, folder, runs, job)
            return
        script = replace(script, text=self._at_root(without_xargs(script.text)))
        known = {**self._known(script.text), **variables}
        job.script(script, options=options, folder=folder, variables=known, chain=env.chain, runs=runs, fails=fails)
        if "git " in script.text:
            self.job.filled = YES
        if _HALT.search(script.text) and not runs.no:
            self._halt(script.text, options, known, folder, runs)
        elif not runs.no and self._calls_halt(script.text, folder):
            self.ended = weakest(self.ended, unsure("an earlier step's script may end the job"))

    def _halt(
        self, text: str, options: Options, variables: Mapping[str, Values], folder: str | None, runs: Said
    ) -> None:
        """`circleci-agent step halt` ends the job in green behind this step."""
        shell = Shell(text, options=options, variables=variables, exists=self.plan.tree.exists, folder=folder)
        for call in shell.calls:
            if len(call.words) > 2 and call.words[1:3] == ("step", "halt"):
                said = weakest(runs, call.runs)
                if said.yes:
                    self.ended = no("an earlier step ends the job")
                elif not said.no:
                    self.ended = weakest(self.ended, unsure("an earlier step may end the job"))

    def _calls_halt(self, text: str, folder: str | None) -> bool:
        """Whether a shell script of the repository that is named in a text may end the job."""
        if len(text) > MAX_LOOKED_AT:
            return True
        for word in set(_SCRIPT.findall(text)):
            path = join_path(folder, word)
            if path is not None and self.plan.tree.is_file(path) and _HALT.search(self.plan.tree.text(path) or ""):
                return True
        return False

    def _other_shell(
        self, script: Script, shell: str, env: Env, folder: str | None, runs: Said, job: PlannedJob
    ) -> None:
        """PowerShell: plain command lines only, of which the last decides. Anything else is not followed."""
        lines = [(row, line.strip()) for row, line in enumerate(script.text.split("\n"))]
        lines = [(row, line) for row, line in lines if line and not line.startswith("#")]
        power = program_of(shell.split(" ")[0]) in ("powershell", "pwsh", "cmd")
        if not power or any(_POWER.search(line) for _, line in lines):
            if could_test(script.text):
                what = shell.split(" ")[0].replace(HOLE, "…")[:40] or "another shell"
                job.lose(f"a script for {what} is not followed", (*env.chain, script.here(0)), runs=runs)
            return
        for number, (row, line) in enumerate(lines):
            words = line.replace("\\", "/").split()
            last = number == len(lines) - 1
            masked = YES if last else no("in PowerShell the last command decides the result")
            job.command(words, script.here(row), folder=folder, chain=env.chain, runs=runs, fails=masked)

    def _known(self, text: str) -> dict[str, Values]:
        """Variables that CircleCI itself sets."""
        found: dict[str, Values] = {
            "CIRCLECI": ("true",),
            "CIRCLE_WORKING_DIRECTORY": (ROOT,) if self.home == self.mount else (HOLE,),
            "CIRCLE_TAG": ("",) if self.tag == "" else ("v" + HOLE,),
        }
        # Its value stands for many: scripts may see it only where they do no more than compare it with a name.
        mentioned = text.count("CIRCLE_BRANCH")
        if self.branch is not None and mentioned and mentioned == len(_BRANCH.findall(text)):
            found["CIRCLE_BRANCH"] = (self.branch,)
        return found

    def _at_root(self, text: str) -> str:
        """A text in which the folder of the repository is written so that it is known as such."""
        inside = re.escape(self.mount[1:] if self.mount.startswith("~/") else self.mount)
        home = r"(?:~|\$HOME|\$\{HOME\}|/home/circleci|/root)" if self.mount.startswith("~/") else ""
        return re.sub(rf"(?<![\w./-]){home}{inside}(?=[/\s\"';&|)]|$)", ROOT, text)

    def folder(self, given: Any, base: str | None = None) -> str | None:
        """A working directory as a folder of the repository; None where it lies elsewhere or is not known."""
        path = self.home
        if given not in (None, ""):
            text = text_of(given)
            if HOLE in text:
                return None
            text = text.replace("$CIRCLE_WORKING_DIRECTORY", self.home)
            path = absolute(text, base or self.home)
        if path == self.mount:
            return "."
        inside = path[len(self.mount) + 1 :] if path.startswith(self.mount + "/") else None
        return join_path(".", inside) if inside is not None else None

    # Commands by name.

    def _named(self, name: str, given: Any, line: int, env: Env) -> None:
        link = Link(env.defs.path, line, name[:80].replace(HOLE, "…"))
        found = env.defs.part("commands", name)
        if found is not None and env.depth <= MAX_DEPTH:
            part, defs = found
            inner = bind(part, given, env, defs)
            self.walk(part.get("steps"), replace(inner, chain=(*env.chain, link)))
            return
        orb = env.defs.registry(name)
        if orb is not None or name in ("checkout", "attach_workspace", "restore_cache"):
            # What an orb does besides is its own affair.
            self.job.filled = YES
        if orb is not None:
            self.orb(*orb, given, link, env)
        elif name == "checkout" and isinstance(given, Mapping) and given.get("path") is not None:
            self.mount = absolute(text_of(fill(given["path"], env.scope)), self.home)
        elif name not in _BUILT_IN:
            self.job.lose(f"the command {link.text} is not defined", (*env.chain, link), runs=env.runs)

    def orb(self, orb: str, member: str, given: Any, link: Link, env: Env, *, job: bool = False) -> None:
        """A command or job of an orb in the registry."""
        here = (*env.chain, link)
        values = {str(key): given_value(each, env) for key, each in given.items()} if isinstance(given, Mapping) else {}
        blocks = {key: each for key, each in values.items() if isinstance(each, Block)}
        words = {key: text_of(each) for key, each in values.items() if not isinstance(each, Block)}
        known = member in ORBS.get(orb, {}) or orb in QUIET
        does: Does = ORBS.get(orb, {}).get(member)
        inner = env if known else replace(env, runs=weakest(env.runs, unsure(f"{orb}/{member} is not known here")))
        inner = replace(inner, depth=env.depth + 1)
        for key, block in blocks.items():
            if not _is_after(key):
                self.walk(block.steps, replace(inner, defs=block.env.defs, scope=block.env.scope))
        self._orb_itself(orb, member, does, known, words, here, env, job)
        for key, block in blocks.items():
            if _is_after(key):
                self.walk(block.steps, replace(inner, defs=block.env.defs, scope=block.env.scope))

    def _orb_itself(
        self, orb: str, member: str, does: Does, known: bool, words: dict[str, str], here: tuple[Link, ...], env: Env,
        job: bool,
    ) -> None:  # fmt: skip
        runs = weakest(env.runs, self.ended)
        if isinstance(does, Recipe):
            given = next((words[name] for name in does.folder if words.get(name)), None)
            script = Script(does.text(words), (here[-1],))
            self.script(
                script, replace(env, chain=here[:-1]), "", self.folder(given), self.variables, runs, YES, self.job
            )
        elif isinstance(does, Kind):
            kept = any(words.get(name) == "false" for name in ("deploy", "publish", "push"))
            kind = Kind.BUILD if does is Kind.PUBLISH and kept else does
            self.job.note(kind, [f"{orb}/{member}"], here, runs=runs)
        elif orb in CONTINUE:
            self.shared.continued.append((member, words, here[-1]))
        elif known:
            return
        elif hints(f"{orb}/{member}"):
            self.job.note(Kind.SCAN, [f"{orb}/{member}"], here, runs=runs)
        elif could_test(f"{orb.rpartition('/')[2]}/{member}") or could_test(" ".join(words.values())):
            what = "job" if job else "command"
            self.job.lose(
                f"the {what} {orb}/{member} may run tests and is not followed".replace(HOLE, "…"), here, runs=runs
            )
        elif re.search(r"deploy|release|publish|rollout", member):
            self.job.lose(
                f"what {orb}/{member} does is not known here".replace(HOLE, "…"), here, runs=runs, anything=True
            )


def _is_after(name: str) -> bool:
    return bool(re.search(r"post|after", name))
