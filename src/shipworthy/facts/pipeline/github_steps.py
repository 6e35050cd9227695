"""Runs through the steps of a GitHub job in one scenario: conditions, shells, local actions, known actions."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shipworthy.facts.pipeline import actions, changes, secret_actions
from shipworthy.facts.pipeline.expressions import fill, uses_status
from shipworthy.facts.pipeline.fact import YES, Kind, Link, Said, no, unsure, weakest
from shipworthy.facts.pipeline.github_parallel import laid_out, placed
from shipworthy.facts.pipeline.github_place import (
    Place,
    brings,
    check_out,
    judged,
    options_of,
    raises,
    replace_fails,
    replace_runs,
    starts_despite,
    texts,
)
from shipworthy.facts.pipeline.globs import matches
from shipworthy.facts.pipeline.neutral import could_test
from shipworthy.facts.pipeline.power_shell import power_shell
from shipworthy.facts.pipeline.resolve import Found, Frame, Lost, Resolver, Written, fixed, shown
from shipworthy.facts.pipeline.secret_scanners import in_image, scan_of
from shipworthy.facts.pipeline.shell import Options
from shipworthy.facts.pipeline.shell_words import ROOT, Values, join_path
from shipworthy.facts.pipeline.tree import rows
from shipworthy.facts.pipeline.values import HOLE, Open, Unknown, text_of, truth
from shipworthy.project.yaml import line_of

MAX_ACTION_DEPTH = 6
MAX_WALKED = 25_000
"""Steps of one workflow file, those of each combination and each start counted."""
_PER_START = ("GITHUB_EVENT_NAME", "RUNNER_OS")
"""Variables that differ from start to start, or from machine to machine of one step."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A command or a loss at the end of a step, with how surely it runs and fails in this scenario."""

    step: int
    what: Found | Lost


class Steps:
    """Walks steps; `ended` collects what they come down to."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._known: dict[Any, tuple[list[Found], list[Lost], list[Written]]] = {}
        self._hashes: dict[tuple[str, ...], str] = {}
        self.ended: list[Ended] = []
        self.left = MAX_WALKED

    def walk(self, steps: Any, place: Place, number: int | None = None) -> None:
        """Every step of a job (or of an action: then all count as step `number` of the job)."""
        known_steps: dict[str, Any] = {}
        place.context = {**place.context, "steps": known_steps, "hashfiles()": self._hash_files}
        order = laid_out(rows(steps))
        first, positions = len(self.ended), list[int]()
        for index, laid in enumerate(order):
            self.left -= 1
            if self.left < 0:
                link = Link(place.path, line_of(laid.step) or 1, "steps")
                self._end(
                    [], [Lost("there are too many steps to follow them all", (link,), YES, True)], place, laid.starts
                )
                positions.append(laid.ends)
                break
            step, start = laid.step, len(self.ended)
            said = judged(step.get("if"), self._status(place.context, step.get("if")), "the step")
            key = step.get("id")
            raised = isinstance(key, str) and raises(key, [each.step for each in order[index + 1 :]])
            here = replace_runs(place, said)
            if starts_despite(step.get("if"), place.context):
                here = replace(here, despite=True)
            outputs = self._one(step, here, laid.starts if number is None else number, raised)
            for row in range(start, len(self.ended)):
                position, what = placed(self.ended[row].what, laid)
                positions.append(position)
                self.ended[row] = Ended(position if number is None else number, what)
            if isinstance(key, str):
                outcome: Any = "success" if said.yes else "skipped" if said.no else Unknown(f"steps.{key}.outcome")
                given = {"outputs": outputs, "outcome": outcome, "conclusion": outcome}
                known_steps[key] = given if not said.no else {**given, "outputs": {}}
        if number is not None:
            # Of one step of the job, only the order of the rows tells what came before what.
            self.ended[first:] = [
                self.ended[first + row] for row in sorted(range(len(positions)), key=positions.__getitem__)
            ]

    def _status(self, context: Mapping[str, Any], text: Any) -> Mapping[str, Any]:
        if not isinstance(text, str) or not uses_status(text):
            return context
        answers = {"success()": True, "always()": True, "failure()": False, "cancelled()": False}
        return {**context, **{name: (lambda _args, value=value: value) for name, value in answers.items()}}

    def _hash_files(self, args: Sequence[Any]) -> Any:
        patterns = [each for each in args if isinstance(each, str)]
        if len(patterns) != len(args):
            return Unknown("hashFiles()")
        key = tuple(patterns)
        if key not in self._hashes:
            wanted = [pattern.removeprefix("./") for pattern in patterns]
            found = any(matches(pattern, path) for pattern in wanted for path in self._resolver.tree.files)
            self._hashes[key] = "a-hash" if found else ""
        return self._hashes[key]

    def _one(self, step: Mapping[str, Any], place: Place, number: int, raised: bool = False) -> Any:
        """One step; its outputs. `raised`: a later step fails where it failed, so tolerating that hides nothing."""
        env = texts(step.get("env"), place.context)
        known = place.context.get("env")
        context = {**place.context, "env": Open("env", {**(known if isinstance(known, dict) else {}), **env})}
        tolerated = "continue-on-error" in step and not raised
        tolerant = truth(fill(step.get("continue-on-error"), context)) if tolerated else False
        if tolerant is not False:
            line = line_of(step, "continue-on-error")
            why = f"`continue-on-error` at {place.path}:{line}"
            place = replace_fails(place, no(why) if tolerant else unsure(why + " depends on something not known here"))
        inner = Place(
            context, place.path, place.chain, place.shell, place.folder, place.runs, place.fails,
            place.depth, place.written, place.changed, place.despite, place.mounts, place.brought,
        )  # fmt: skip
        if isinstance(step.get("run"), str):
            return self._run(step, inner, number)
        if isinstance(step.get("uses"), str):
            self._uses(step, inner, number)
            return changes.outputs(step, context, place.changed)
        return {}

    def _frame(self, place: Place, folder: str | None) -> Frame:
        variables: dict[str, Values] = {
            "CI": ("true",),
            "GITHUB_ACTIONS": ("true",),
            "GITHUB_WORKSPACE": (ROOT,),
        }
        github = place.context.get("github")
        event = github.get("event_name") if isinstance(github, dict) else None
        if isinstance(event, str):
            variables["GITHUB_EVENT_NAME"] = (event,)
        runner = place.context.get("runner")
        for name, key in (("RUNNER_OS", "os"), ("RUNNER_ENVIRONMENT", "environment")):
            value = runner.get(key) if isinstance(runner, dict) else None
            if isinstance(value, str):
                variables[name] = (value,)
        variables.update(place.written)
        env = place.context.get("env")
        for name, value in env.items() if isinstance(env, dict) else ():
            variables[name] = (text_of(value),)
        return Frame(chain=(), folder=folder, variables=variables, changed=place.changed)

    def _folder(self, step: Mapping[str, Any], place: Place) -> tuple[str | None, Said]:
        """The step's folder inside the repository, and whether it is this repository's at all."""
        given = step.get("working-directory")
        folder = place.folder
        if given is not None:
            folder = join_path(".", text_of(fill(given, place.context)))
        said = YES
        for mount, own in sorted(place.mounts.items(), key=lambda row: -len(row[0])):
            inside = folder is not None and (mount == "." or folder == mount or folder.startswith(mount + "/"))
            if inside and folder is not None:
                said = own
                if own.yes and mount != ".":
                    folder = folder[len(mount) + 1 :] or "."
                break
        return folder, said

    def _run(self, step: Mapping[str, Any], place: Place, number: int) -> Any:
        raw = step["run"]
        text = str(fill(raw, place.context)) if not isinstance(fill(raw, place.context), Unknown) else HOLE
        shell = text_of(fill(step.get("shell", place.shell), place.context))
        folder, own = self._folder(step, place)
        place = replace_runs(place, own)
        line = line_of(step, "run") or 1
        block = type(raw).__name__ == "LiteralScalarString"
        lines, written = text.split("\n"), str(raw).split("\n")

        def here(row: int) -> Link:
            shown = lines[row].strip() if row < len(lines) else ""
            # As it is written, where that is one line too: it names the secrets and variables that are not known.
            shown = written[row].strip() if HOLE in shown and len(written) == len(lines) else shown
            return Link(place.path, line + 1 + row if block else line, shown.replace(HOLE, "…")[:80])

        runner = place.context.get("runner")
        windows = isinstance(runner, dict) and runner.get("os") == "Windows"
        options = options_of(shell) if shell or not windows else None
        frame = self._frame(place, folder)
        changed = place.changed if "diff" in text else None
        same = tuple(sorted(row for row in frame.variables.items() if row[0] not in _PER_START))
        key = (text, shell, folder, options, line, place.path, changed, same)
        if (key, self._told(text, frame)) not in self._known:
            resolved = self._resolve(text, frame, here, options, shell or ("pwsh" if windows else ""))
            # Only now is it known which files the step comes down to.
            self._known[key, self._told(text, frame)] = resolved
        found, lost, handed_on = self._known[key, self._told(text, frame)]
        self._end(found, lost, place, number)
        brings(text, place)
        return self._handed_on(handed_on, place)

    def _told(self, text: str, frame: Frame) -> tuple[Values | None, ...]:
        """What the start and the machine say, where the step or a file it may come down to asks for it by name."""
        tree = self._resolver.tree
        return tuple(frame.variables.get(name) for name in _PER_START if name in text or tree.mentions(name))

    def _resolve(
        self, text: str, frame: Frame, here: Any, options: Options | None, shell: str
    ) -> tuple[list[Found], list[Lost], list[Written]]:
        r = self._resolver
        at = len(r.found), len(r.lost), len(r.written)
        if options is not None:
            r.script(text, frame, here, options=options)
        elif shell in ("pwsh", "powershell", "cmd"):
            power_shell(r, text, frame, here)
        elif could_test(text):
            r.lose(
                f"a script for {shell.split(' ')[0] or 'another shell'} is not followed".replace(HOLE, "…"),
                frame.at(here(0)),
            )
        return r.found[at[0] :], r.lost[at[1] :], r.written[at[2] :]

    def _handed_on(self, written: Sequence[Written], place: Place) -> Any:
        """Outputs of a step, and variables for later steps, as far as `echo NAME=value >> FILE` tells them."""
        outputs: dict[str, Any] = {}
        for each in written:
            name, sign, value = each.text.partition("=")
            if not sign or each.runs.no:
                continue
            if each.where == "env":
                surely = each.runs.yes and place.runs.yes
                place.written[name] = (value,) if surely and HOLE not in value else (HOLE,)
            elif name in outputs or not each.runs.yes or HOLE in value:
                outputs[name] = Unknown(f"outputs.{name}")
            else:
                outputs[name] = value
        return Open("outputs", outputs)

    def _end(self, found: Sequence[Found], lost: Sequence[Lost], place: Place, number: int) -> None:
        for each in found:
            runs, fails = weakest(place.runs, each.runs), weakest(place.fails, each.fails)
            fails = weakest(fails, place.filled) if each.secrets is not None else fails
            chain = (*place.chain, *each.chain)
            ended = replace(each, chain=chain, runs=runs, fails=fails, despite=place.despite)
            self.ended.append(Ended(number, ended))
        for loss in lost:
            said = weakest(place.runs, loss.runs)
            self.ended.append(Ended(number, replace(loss, chain=(*place.chain, *loss.chain), runs=said)))

    # Actions.

    def _uses(self, step: Mapping[str, Any], place: Place, number: int) -> None:
        uses = text_of(fill(step["uses"], place.context))
        line = line_of(step, "uses") or 1
        link = Link(place.path, line, uses.replace(HOLE, "…")[:80])
        name = actions.name_of(uses)
        local = uses.startswith("./")
        given = texts(step.get("with"), place.context)
        env = place.context.get("env")
        container = uses.startswith("docker://")
        words = in_image(uses, secret_actions.container(uses, given)) if container else []
        inside = scan_of(words, self._frame(place, ".").variables) if words else None
        if inside is not None:
            self._end([Found(Kind.SCAN, shown(words), (link,), YES, YES, "", inside)], [], place, number)
            return
        scan = (
            None
            if local or container
            else secret_actions.action(name, given, env if isinstance(env, dict) else {}, self._resolver.tree)
        )
        if name != "actions/checkout":
            brings(name, place)
        if not local and scan is None and not actions.is_known(name) and actions.is_harmless(uses):
            return
        if local:
            self._local(uses, link, given, place, number)
            return
        if container:
            if could_test(str(given)):
                self._end([], [Lost(f"the container {uses[:60]} is not followed", (link,), YES)], place, number)
            return
        if name == "actions/checkout":
            check_out(step, given, place)
            return
        folder, own = self._folder(
            {"working-directory": given.get("working-directory") or given.get("cwd") or "."}, place
        )
        place = replace_runs(place, own)
        frame = self._frame(place, folder).at(link)
        r = self._resolver
        at = len(r.found), len(r.lost)
        if scan is not None:
            r.note(actions.kind_of(name, given) or Kind.SCAN, [uses], frame, secrets=scan)
        else:
            self._known_action(name, uses, given, frame, place)
        self._end(r.found[at[0] :], r.lost[at[1] :], place, number)

    def _known_action(self, name: str, uses: str, given: Mapping[str, Any], frame: Frame, place: Place) -> None:
        r = self._resolver
        link = frame.chain[-1]
        outer = replace(frame, chain=frame.chain[:-1])
        if name in secret_actions.PRE_COMMIT:
            rest = text_of(given.get(secret_actions.PRE_COMMIT[name], "--all-files"))
            r.script(f"pre-commit run {rest}", outer, fixed(link), options=Options(errexit=True))
        elif name in actions.WRAPPERS:
            tolerant = any(
                str(given.get(key, "")).lower() == "true" for key in ("continue_on_error", "continue-on-error")
            )
            here = outer.masked(no(f"`continue_on_error` of {name}")) if tolerant else outer
            for key in actions.WRAPPERS[name]:
                if key in given:
                    r.script(text_of(given[key]), here, fixed(link), options=Options(errexit=True))
        elif name in actions.PROGRAMS:
            program, key = actions.PROGRAMS[name]
            text = text_of(given.get(key, "")) if key else ""
            more = text_of(given.get("args", "")) if key == "command" else ""
            if program != "true" and text:
                r.script(f"{program} {text} {more}".strip(), outer, fixed(link), options=Options(errexit=True))
        elif name == "pypa/cibuildwheel":
            self._wheels(place, outer, link)
        elif name == "cypress-io/github-action" and given.get("command"):
            r.script(text_of(given["command"]), outer, fixed(link), options=Options(errexit=True))
        elif name in actions.WAITING:
            r.lose(f"the action {uses} waits for other checks".replace(HOLE, "…"), frame)
        else:
            kind = actions.kind_of(name, given)
            if kind is not None:
                r.note(kind, [uses], frame)
            elif could_test(uses.partition("@")[0]) or could_test(" ".join(map(str, given.values()))):
                r.lose(f"the action {uses} may run tests and is not followed".replace(HOLE, "…"), frame)

    def _wheels(self, place: Place, outer: Frame, link: Link) -> None:
        """cibuildwheel tests only where it is told how."""
        r = self._resolver
        env = place.context.get("env")
        command: Any = env.get("CIBW_TEST_COMMAND") if isinstance(env, dict) else None
        if isinstance(command, Unknown):
            command = None
        if command is None and r.tree.is_file("pyproject.toml"):
            data = r.tree.toml("pyproject.toml")
            tool = data.get("tool") if isinstance(data, dict) else None
            settings = tool.get("cibuildwheel") if isinstance(tool, dict) else None
            command = settings.get("test-command") if isinstance(settings, dict) else None
        for each in command if isinstance(command, list) else [command]:
            if isinstance(each, str):
                text = each.replace("{project}", ".").replace("{package}", ".")
                r.script(text, outer, fixed(link), options=Options(errexit=True))
        r.note(Kind.BUILD, ["cibuildwheel"], outer.at(link))

    def _local(self, uses: str, link: Link, given: Mapping[str, Any], place: Place, number: int) -> None:
        folder = join_path(".", uses[2:] or ".")
        for mount, own in place.mounts.items():
            if own.yes and mount != "." and folder is not None and folder.startswith(mount + "/"):
                folder = folder[len(mount) + 1 :]
        r = self._resolver
        names = [posixpath.normpath(f"{folder}/{name}") for name in ("action.yml", "action.yaml")] if folder else []
        path = next((name for name in names if r.tree.is_file(name)), None)
        data = r.tree.yaml(path) if path else None
        runs = data.get("runs") if isinstance(data, Mapping) else None
        if path is None or not isinstance(runs, Mapping) or place.depth >= MAX_ACTION_DEPTH:
            why = (
                "nested too deep"
                if place.depth >= MAX_ACTION_DEPTH
                else "missing"
                if path is None
                else "not understood"
            )
            self._end([], [Lost(f"the action {uses} is {why}".replace(HOLE, "…"), (link,), YES)], place, number)
            return
        if runs.get("using") != "composite":
            if not actions.is_harmless(posixpath.basename(folder or "")):
                self._end(
                    [], [Lost(f"the action {uses} is a program that is not followed", (link,), YES)], place, number
                )
            return
        inputs: dict[str, Any] = {}
        declared = data.get("inputs") if isinstance(data, Mapping) else None
        for name, settings in declared.items() if isinstance(declared, Mapping) else ():
            default = settings.get("default") if isinstance(settings, Mapping) else None
            inputs[str(name)] = fill(default, place.context) if default is not None else ""
        inputs.update(given)
        github = place.context.get("github")
        own_github = {**(github if isinstance(github, dict) else {}), "action_path": ROOT + (folder or ".")}
        inner = Place(
            {**place.context, "inputs": inputs, "github": Open("github", own_github)},
            path, (*place.chain, link), "", place.folder if place.depth else ".", place.runs, place.fails,
            place.depth + 1, place.written, place.changed, place.despite, place.mounts, place.brought,
        )  # fmt: skip
        self.walk(runs.get("steps"), inner, number)
