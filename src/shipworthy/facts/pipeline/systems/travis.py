"""Reads Travis CI's configuration: which builds there are, their stages and jobs, and what each may fail.

Travis CI builds pull requests and pushes unless its settings say otherwise; only the file is read here.
Source: Travis CI's pages "Core concepts", "Customizing the build" (branches) and "Conditional builds".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Answer, Said, no, unsure, weakest
from shipworthy.facts.pipeline.systems.plan import BY_CLOCK, BY_HAND, Plan
from shipworthy.facts.pipeline.systems.refs import MAX_REFS, Patterns, Ref, branches_of, tags_of
from shipworthy.facts.pipeline.systems.travis_conditions import judged
from shipworthy.facts.pipeline.systems.travis_jobs import (
    TravisJob,
    distinct,
    jobs_of,
    stage_conditions,
    stage_order,
)
from shipworthy.facts.pipeline.systems.travis_phases import Event, Phases, named_branches
from shipworthy.facts.pipeline.systems.travis_tables import VERSIONED
from shipworthy.facts.pipeline.values import Ordinary
from shipworthy.project.yaml import line_of

MAX_DISTINCT = 120
_KINDS = {"cron": "schedule", "api": "manual"}
_ASKED = re.compile(r"\bbranch\s*(?:==?|!=)\s*[\"']?([\w./@-]+)|\bbranch\s+(?:not\s+)?in\s*\(([^)]{0,400})\)", re.I)
_MATCHED = re.compile(r"\bbranch\s*(?:=~|!~)\s*(/(?:[^/\\]|\\.)*/|\S+)", re.I)


def _texts(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [] if value is None else [str(value)]


def _rows(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The file itself, and its jobs and stages."""
    rows: list[Any] = [data]
    for key in ("jobs", "matrix", "stages"):
        value = data.get(key)
        lists = [value] if isinstance(value, list) else list(value.values()) if isinstance(value, Mapping) else []
        rows += [row for each in lists if isinstance(each, list) for row in each]
    yield from (row for row in rows if isinstance(row, Mapping))


def _deploy_conditions(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every `deploy.on`; one that is a mere branch as if it were written out."""
    for row in _rows(data):
        deploys = row.get("deploy")
        for deploy in deploys if isinstance(deploys, list) else [deploys]:
            on = deploy.get("on") if isinstance(deploy, Mapping) else None
            if on is not None:
                yield on if isinstance(on, Mapping) else {"branch": on}


def _conditions(data: Mapping[str, Any]) -> Iterator[str]:
    """Every `if` of the file, and the branches of its deploys as conditions."""
    yield from (str(row["if"]) for row in _rows(data) if isinstance(row.get("if"), str))
    for on in _deploy_conditions(data):
        branches = on.get("branch", on.get("branches"))
        for name in branches if isinstance(branches, (list, Mapping)) else _texts(branches):
            yield f"branch = {name}"


def _told(data: Mapping[str, Any], text: str) -> tuple[list[str], list[str]]:
    """(branches, patterns of whole names) that the file tells apart."""
    names, patterns = named_branches(text), list[str]()
    filters = data.get("branches")
    settings = filters if isinstance(filters, Mapping) else {"only": filters}
    for key in ("only", "except"):
        for each in _texts(settings.get(key)):
            pattern = _pattern(each)
            patterns += [_whole(pattern)] if pattern is not None else []
            names += [each] if pattern is None else []
    for condition in _conditions(data):
        for one, several in _ASKED.findall(condition):
            names += [each.strip(" \"'") for each in (several.split(",") if several else [one])]
        patterns += [_whole(each.strip("/").replace("\\/", "/")) for each in _MATCHED.findall(condition)]
    return [name for name in names if name], patterns


def _pattern(text: str) -> str | None:
    match = re.fullmatch(r"/(.*)/[imx]*", text)
    return match[1] if match else None


def _whole(pattern: str) -> str:
    """A pattern that may match anywhere, as one of the whole name."""
    return f"{'' if '^' in pattern else '.*'}(?:{pattern}){'' if '$' in pattern else '.*'}"


class _Build:
    """The file, for every way a build starts."""

    def __init__(self, plan: Plan, data: Mapping[str, Any]) -> None:
        self.plan, self.data, self.fits = plan, data, Patterns()
        self.text = plan.tree.text(plan.path) or ""

    def read(self) -> None:
        """Every start with its jobs."""
        refs, events = self._events()
        if len(refs) > MAX_REFS:
            self.plan.cut(f"it tells more than {MAX_REFS} kinds of branches and tags apart")
        for event in events[: MAX_REFS + 4]:
            said = weakest(
                self._filtered(event), judged(self.data.get("if"), self._known(event, None), self.fits, "it")
            )
            if said.no and event.ref.name not in ("change", "push"):
                continue
            line = line_of(self.data, "branches" if "branches" in self.data else "if") or 1
            name = event.ref.name
            kind = "tag" if event.ref.is_tag else _KINDS.get(event.type, event.type)
            self.plan.start(name, weakest(event.ref.on_change, said), line, event=kind)
            if not said.no:
                self._jobs(event)

    def _events(self) -> tuple[list[Ref], list[Event]]:
        names, patterns = _told(self.data, self.text)
        refs = branches_of(names, patterns, self.plan.around.branch, self.fits)
        landing = refs[1].branch or "main"
        usual = frozenset({landing, "master", "main"})
        into = Ref("change", branch=self.plan.around.branch or landing, default=True)
        events = [Event(into, "pull_request", usual)]
        if self._filtered(events[0]).no:
            for ref in refs[1:]:
                only = Said(Answer.PARTIAL, f"only for changes into {ref.branch}")
                events.append(
                    Event(replace(ref, name=f"change into {ref.branch}", on_change=only), "pull_request", usual)
                )
        events.append(Event(replace(refs[0], name="push"), "push", usual))
        refs = [*refs[1:], *tags_of([], patterns, self.fits)]
        events += [Event(ref, "push", usual) for ref in refs[:MAX_REFS]]
        asked = " ".join(_conditions(self.data)) + self.text
        for word, name, said in (("cron", "schedule", BY_CLOCK), ("api", "manual", BY_HAND)):
            if re.search(rf"\b{word}\b", asked):
                events.append(Event(Ref(name, branch=landing, on_change=said, default=True), word, usual))
        return refs, events

    def _filtered(self, event: Event) -> Said:
        """Whether the `branches` filter lets a build by. For a pull request it looks at the branch it goes into."""
        filters = self.data.get("branches")
        if filters is None:
            return YES
        settings = filters if isinstance(filters, Mapping) else {"only": filters}
        name = event.ref.tag if event.ref.is_tag else event.ref.branch
        if name is None:
            return unsure("a pattern of `branches` is not understood")
        if "only" in settings and settings["only"] is not None:
            fits = self._fits(_texts(settings["only"]), name)
        elif settings.get("except") is not None:
            other = self._fits(_texts(settings["except"]), name)
            fits = None if other is None else not other
        else:
            return YES
        if fits is None:
            return unsure("a pattern of `branches` is not understood")
        return (
            YES
            if fits
            else no(f"`branches` leaves out builds of {'a feature branch' if event.ref.name == 'push' else name}")
        )

    def _fits(self, patterns: list[str], name: str) -> bool | None:
        answers: list[bool | None] = []
        for each in patterns:
            pattern = _pattern(each)
            answers.append(each == name if pattern is None else self.fits.search(pattern, name))
        return True if True in answers else None if None in answers else False

    def _known(self, event: Event, job: TravisJob | None) -> dict[str, Any]:
        """What conditions may ask for."""
        asked = event.type == "pull_request"
        known: dict[str, Any] = {
            "type": event.type,
            "tag": event.ref.tag or "" if event.ref.is_tag else "",
            "sender": Ordinary("sender"),
            "commit_message": Ordinary("commit_message"),
            "fork": False,
        }
        branch = event.ref.tag if event.ref.is_tag else event.ref.branch
        if branch is not None:
            known["branch"] = branch
            known["head_branch"] = Ordinary("head_branch") if asked else branch
        repository = self.plan.around.repository
        given = job.given if job is not None else self.data
        for key in ("os", "dist", "language", "group", "sudo"):
            if key in given and not isinstance(given[key], (list, Mapping)):
                known[key] = given[key]
        known.setdefault("os", "linux")
        for name, value in job.env if job is not None else ():
            known[f"env {name}"] = value
        # A repository may have been renamed since, so another name decides nothing.
        if repository is not None and repository in self.text:
            known["repo"] = repository
            known["head_repo"] = Ordinary("head_repo") if asked else repository
        return known

    def _jobs(self, event: Event) -> None:
        def holds(row: Mapping[str, Any], job: TravisJob) -> bool:
            return judged(row.get("if"), self._known(event, job), self.fits, "it").yes

        told_apart = "TRAVIS_" in self.text or any(
            VERSIONED & set(map(str, on)) for on in _deploy_conditions(self.data)
        )
        jobs = distinct(jobs_of(self.data, holds), told_apart)
        jobs = self.plan.first(jobs, MAX_DISTINCT, "jobs that differ")
        order, conditions = stage_order(self.data, jobs), stage_conditions(self.data)
        for number, job in enumerate(jobs, 1):
            job.unset = frozenset(name for other in jobs for name, _ in other.env)
            job.id = f"{job.stage} {number}".replace("/", ":")
        start = self.plan.starts[event.ref.name]
        for job in jobs:
            stage = job.stage.lower()
            before = order[: order.index(stage)]
            needs = [each.id for each in jobs if each.stage.lower() in before and not each.may_fail]
            known = self._known(event, job)
            own = judged(job.given.get("if"), known, self.fits, f"the job {job.id}")
            runs = weakest(
                own, judged(conditions.get(stage), self._known(event, None), self.fits, f"the stage {job.stage}")
            )
            if not runs.no:
                Phases(self.plan, start, job, event, needs, runs).run()


def read(plan: Plan) -> None:
    """Reads `.travis.yml` into the plan."""
    data = plan.tree.yaml(plan.path)
    if not isinstance(data, Mapping):
        plan.bad(f"it is {plan.tree.bad.get(plan.path, 'not a mapping')}")
        return
    if "import" in data:
        plan.bad("it imports a configuration that is not followed", line_of(data, "import"))
    _Build(plan, data).read()
