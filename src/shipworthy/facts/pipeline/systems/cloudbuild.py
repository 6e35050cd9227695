"""Reads Google Cloud Build files: steps in containers, the images they leave behind, and who waits for whom.

Source: the system's pages "Build configuration file schema", "Configuring the order of build steps", "Substituting
variable values" and "Running bash scripts". What starts a build is set in the system, not in the file.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Kind, Link, Said, no, unsure
from shipworthy.facts.pipeline.neutral import could_test
from shipworthy.facts.pipeline.secret_scanners import in_image
from shipworthy.facts.pipeline.shell import Options
from shipworthy.facts.pipeline.shell_words import ROOT, Values, join_path
from shipworthy.facts.pipeline.systems.plan import Plan, PlannedJob, Script, Start, script_of
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.facts.pipeline.words import words
from shipworthy.project.yaml import line_of

MAX_STEPS = 300
_OUTSIDE = unsure("what starts a build is set in Cloud Build, not in the file")
_SHELLS = ("bash", "sh", "dash", "ash", "zsh")
_SUBSTITUTION = re.compile(r"\$\$|\$\{?(_?[A-Z][A-Z0-9_]*)\}?")
_BUILT_IN = words(
    "PROJECT_ID BUILD_ID PROJECT_NUMBER LOCATION TRIGGER_NAME COMMIT_SHA REVISION_ID SHORT_SHA REPO_NAME "
    "REPO_FULL_NAME BRANCH_NAME TAG_NAME REF_NAME TRIGGER_BUILD_CONFIG_PATH SERVICE_ACCOUNT_EMAIL SERVICE_ACCOUNT"
)
# Images that are one program, which the arguments are given to. Others run their arguments as a command.
_PROGRAMS = words(
    "npm yarn gcloud gsutil docker git go gradle mvn bazel kubectl curl wget javac dotnet firebase terraform helm "
    "pulumi serverless ng sbt docker-compose packer helmfile make pnpm kustomize skaffold cypress hugo composer "
    "gke-deploy trivy snyk"
)
_COMMANDS = words("node python golang maven gradle ruby php openjdk rust ubuntu debian alpine cloud-sdk bash sh")
_ENTRYPOINTS = {"compose": "docker-compose"}


def read(plan: Plan) -> None:
    """Fills the plan of one file."""
    data = plan.tree.yaml(plan.path)
    if not isinstance(data, Mapping) or not isinstance(data.get("steps"), list):
        plan.bad(plan.tree.bad.get(plan.path) or "it has no steps")
        return
    plan.variables = {}
    _Build(plan, data).walk()


class _Build:
    """One file: every step is a job, since steps may run side by side."""

    def __init__(self, plan: Plan, data: Mapping[str, Any]) -> None:
        self._plan, self._data = plan, data
        self._start: Start = plan.start("change", _OUTSIDE, line_of(data, "steps") or 1, outside=True)
        given = data.get("substitutions")
        self._given = {str(name): str(value) for name, value in given.items()} if isinstance(given, Mapping) else {}
        self._ids: dict[str, str] = {}
        """Ids of the jobs by the ids that `waitFor` names."""
        self._before: list[str] = []
        self._base = self._root()

    def walk(self) -> None:
        steps = self._data["steps"]
        for number, step in enumerate(self._plan.first(steps, MAX_STEPS, "steps", line_of(self._data, "steps"))):
            if isinstance(step, Mapping):
                self._step(number, step, line_of(steps, number) or 1)
        self._artifacts()

    def _root(self) -> str:
        """The folder a build starts in: the repository's, or the file's own where only that has what it names."""
        folder = posixpath.dirname(self._plan.path)
        tree = self._plan.tree
        names = [str(step.get("dir")) for step in self._data["steps"] if isinstance(step, Mapping) and step.get("dir")]
        text = tree.text(self._plan.path) or ""
        if not folder or f"{folder}/" in text or any(tree.exists(posixpath.normpath(name)) for name in names):
            return "."
        own = ("package.json", "pom.xml", "go.mod", "pyproject.toml", "requirements.txt", "Makefile", "Dockerfile")
        inside = any(tree.is_file(f"{folder}/{name}") for name in own)
        return folder if inside and not any(tree.is_file(name) for name in own) else "."

    def _filled(self, text: str) -> str:
        """A text with its substitutions; `$$` stands for a plain `$`."""

        def one(match: re.Match[str]) -> str:
            name = match[1]
            if name is None:
                return "$"
            if name in self._given:
                return self._given[name] if "$" not in self._given[name] else HOLE
            return HOLE if name in _BUILT_IN or name.startswith("_") else match[0]

        return _SUBSTITUTION.sub(one, text)

    def _texts(self, value: Any) -> list[str]:
        rows = value if isinstance(value, list) else [] if value is None else [value]
        return [self._filled(str(each)) for each in rows if not isinstance(each, (list, dict))]

    def _step(self, number: int, step: Mapping[str, Any], line: int) -> None:
        name = str(step.get("id") or f"step {number + 1}").replace("/", "-")[:80]
        id = name if name not in self._before else f"{name} {number + 1}"
        fails: Said = YES
        where = f"{self._plan.path}:{line_of(step, 'allowFailure') or line_of(step, 'allowExitCodes') or line}"
        if str(step.get("allowFailure", "")).lower() == "true":
            fails = no(f"`allowFailure` at {where}")
        elif isinstance(step.get("allowExitCodes"), list) and step["allowExitCodes"]:
            codes = [str(each) for each in step["allowExitCodes"] if str(each) != "0"]
            fails = no(f"`allowExitCodes` at {where} lets code {', '.join(codes)} pass") if codes else YES
        waits = step.get("waitFor")
        if isinstance(waits, list) and waits:
            needs = [self._ids[str(each)] for each in waits if str(each) in self._ids]
        else:
            needs = list(self._before)
        job = self._start.job(id, line, needs=needs, fails=fails, steps=1)
        self._ids[str(step.get("id") or id)] = id
        self._before.append(id)
        self._run(step, job, line)

    def _run(self, step: Mapping[str, Any], job: PlannedJob, line: int) -> None:
        path = self._plan.path
        image = self._filled(str(step.get("name", "")))
        folder = self._folder(step.get("dir"))
        variables = self._environment(step)
        if step.get("script") is not None:
            script = script_of(path, step, "script")
            self._script(script, job, folder, variables)
            return
        link = Link(path, line_of(step, "args") or line_of(step, "name") or line, image.replace(HOLE, "…")[:80])
        arguments = self._texts(step.get("args"))
        entry = self._filled(str(step["entrypoint"])) if step.get("entrypoint") else ""
        if entry and posixpath.basename(entry) in _SHELLS:
            self._shell(step, job, folder, variables, link)
            return
        if entry:
            job.command([entry, *arguments], link, folder=folder, variables=variables)
            return
        self._image(image, arguments, step, job, link, folder, variables)

    def _image(
        self,
        image: str,
        arguments: list[str],
        step: Mapping[str, Any],
        job: PlannedJob,
        link: Link,
        folder: str | None,
        variables: Mapping[str, Values],
    ) -> None:
        """What an image does with its arguments when no entry point is given."""
        last = re.split(r"[:@]", image.rpartition("/")[2])[0].lower()
        if "kaniko" in image:
            pushed = not any(each.startswith("--no-push") or each == "--no-push=true" for each in arguments)
            job.note(Kind.PUBLISH if pushed else Kind.BUILD, ["kaniko"], (link,))
            return
        if last == "gke-deploy":
            applied = arguments[:1] in (["run"], ["apply"])
            job.note(Kind.DEPLOY if applied else Kind.BUILD, ["gke-deploy", *arguments[:1]], (link,))
            return
        scan = in_image(image, arguments)
        if scan != arguments and scan:
            job.command(scan, link, folder=folder, variables=variables)
            return
        last = _ENTRYPOINTS.get(last, last)
        if not arguments:
            if could_test(image):
                job.lose(f"what the image {image.replace(HOLE, '…')[:60]} runs is not known", (link,))
            return
        if last in _SHELLS and arguments[0].startswith("-"):
            self._shell(step, job, folder, variables, link)
            return
        if posixpath.basename(arguments[0]) in _SHELLS:
            self._shell(step, job, folder, variables, link, after=1)
            return
        if (last in _PROGRAMS or "cloud-builders/" in image) and last not in _COMMANDS and arguments[0] != last:
            arguments = [last, *arguments]
        job.command(arguments, link, folder=folder, variables=variables)

    def _shell(
        self,
        step: Mapping[str, Any],
        job: PlannedJob,
        folder: str | None,
        variables: Mapping[str, Values],
        link: Link,
        after: int = 0,
    ) -> None:
        """`bash -c TEXT` or `bash FILE`, from the argument number `after` on."""
        raw = step.get("args")
        rows = raw if isinstance(raw, list) else [raw] if raw is not None else []
        flags = ""
        at = after
        while at < len(rows) and str(rows[at])[:1] in ("-", "+") and "c" not in flags:
            word = str(rows[at])
            at += 1
            if not word.startswith("--"):
                flags += word[1:]
            if word.endswith("o") and not word.startswith("--") and at < len(rows):
                flags += f" {rows[at]} "
                at += 1
        short = re.sub(r"\s\w+\s", "", flags)
        options = Options(errexit="e" in short or "errexit" in flags, pipefail="pipefail" in flags)
        if at >= len(rows):
            return
        if "c" in short:
            node, key = (raw, at) if isinstance(raw, list) else (step, "args")
            script = script_of(self._plan.path, node, key)
            if script is not None:
                text = self._filled(script.text)
                job.script(Script(text, script.rows), options=options, folder=folder, variables=variables)
            return
        command = ["bash", *(["-e"] if options.errexit else []), *self._texts(rows[at:])]
        job.command(command, link, folder=folder, variables=variables)

    def _script(
        self, script: Script | None, job: PlannedJob, folder: str | None, variables: Mapping[str, Values]
    ) -> None:
        """`script:` runs by its own first line, else by `bash -e`; substitutions reach it as variables only."""
        if script is None:
            return
        first = script.text.split("\n", 1)[0]
        options = Options(errexit=True)
        if first.startswith("#!"):
            program = first[2:].replace("/usr/bin/env", "").replace("-S", "").split() or ["sh"]
            if posixpath.basename(program[0]) not in _SHELLS:
                if could_test(script.text):
                    reason = f"a script for {posixpath.basename(program[0])[:40]} is not followed"
                    job.lose(reason, (script.here(0),))
                return
            flags = " ".join(program[1:])
            options = Options(errexit=bool(re.search(r"-\w*e", flags)), pipefail="pipefail" in flags)
        job.script(script, options=options, folder=folder, variables=variables)

    def _folder(self, given: Any) -> str | None:
        text = self._filled(str(given)) if given else "."
        if text == "/workspace" or text.startswith("/workspace/"):
            text = ROOT + text.removeprefix("/workspace")
        return join_path(self._base, text)

    def _environment(self, step: Mapping[str, Any]) -> dict[str, Values]:
        found: dict[str, Values] = {}
        options = self._data.get("options")
        shared = options.get("env") if isinstance(options, Mapping) else None
        for rows in (shared, step.get("env")):
            for each in rows if isinstance(rows, list) else ():
                name, sign, value = str(each).partition("=")
                if sign:
                    found[name] = (self._filled(value),)
        return found

    def _artifacts(self) -> None:
        """What is pushed once every step has passed: `images`, and packages among the `artifacts`."""
        pushed: list[tuple[Any, str]] = [(self._data, "images")] if self._data.get("images") else []
        more = self._data.get("artifacts")
        kept = more if isinstance(more, Mapping) else {}
        packages = ("images", "pythonPackages", "npmPackages", "mavenArtifacts", "goModules")
        pushed += [(kept, key) for key in packages if kept.get(key)]
        for node, key in pushed:
            line = line_of(node, key) or 1
            job = self._start.job(key, line, needs=list(self._before))
            job.note(Kind.PUBLISH, [key], (Link(self._plan.path, line, f"{key}:"),))


def is_build(data: Any) -> bool:
    """Whether a file has the shape of a build: steps that name an image each."""
    steps = data.get("steps") if isinstance(data, Mapping) else None
    return isinstance(steps, Sequence) and bool(steps) and all(isinstance(s, Mapping) and "name" in s for s in steps)
