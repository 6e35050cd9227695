"""Reads GitLab CI: every pipeline the file can create, with its jobs in order, child pipelines included.

Source: GitLab's "CI/CD YAML syntax reference" and its pages on types of pipelines and downstream pipelines.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from shipworthy.facts.pipeline.fact import YES, Answer, Kind, Link, Said, no, unsure, weakest
from shipworthy.facts.pipeline.systems import gitlab_commands as commands
from shipworthy.facts.pipeline.systems.gitlab_config import BadConfig, Config, load, texts
from shipworthy.facts.pipeline.systems.gitlab_known import WORKFLOWS, template_kind
from shipworthy.facts.pipeline.systems.gitlab_order import foreign_id, needs_of
from shipworthy.facts.pipeline.systems.gitlab_pipeline import Jobs, Pipeline, Row, pipeline_of, variables_of
from shipworthy.facts.pipeline.systems.gitlab_policy import Policy, merged_decision
from shipworthy.facts.pipeline.systems.gitlab_rules import MOST_WORK, Conditions, expanded, look_in
from shipworthy.facts.pipeline.systems.gitlab_starts import HANDS, Way, ways
from shipworthy.facts.pipeline.systems.plan import EMPTY, NotUnderstood, Plan, PlannedJob, Start
from shipworthy.facts.secrets.allow.go_regex import Work

MAX_CHILDREN = 2
"""How deep GitLab lets child pipelines start others."""
_NOT_ASKED = no("its result does not come back: the trigger has no `strategy: depend`")
_ELSEWHERE = "its jobs lie outside this repository"


def read(plan: Plan) -> None:
    """Reads `plan.path` into the plan."""
    try:
        _Reader(plan).read()
    except BadConfig as error:
        raise NotUnderstood(str(error), error.line) from error


@dataclass(slots=True)
class _Reader:
    plan: Plan
    conditions: Conditions = field(init=False)
    _configs: dict[str, Jobs] = field(default_factory=dict)
    _needs: dict[int, dict[str, list[str]]] = field(default_factory=dict)
    """What each job waits for, by the identity of the jobs it was told of."""
    _children: list[Pipeline] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.conditions = Conditions(Work(MOST_WORK))

    def read(self) -> None:
        whole = load(self.plan.tree, self.plan.path, lambda _rules: YES, self._path)
        around = self.plan.around
        own = around.repository.rpartition("/")[2] if around.repository else None
        usual, rare, complete = ways(*_named(whole), self.conditions, around.branch, own)
        if not complete:
            self.plan.cut("it names too many branches and tags to try them all")
        found: list[Pipeline] = []
        for way in usual:
            found += self._with_hands(self._pipeline(way, whole))
        ran = {name for each in found for name in each.held}
        for way in rare:
            for each in self._with_hands(self._pipeline(way, whole)):
                if each.held - ran:
                    found.append(each)
                    ran |= each.held
        self._emit(found)

    def _path(self, text: str) -> str | None:
        found = expanded(text, look_in({}, {})) if "$" in text else text
        return found if isinstance(found, str) and found else None

    def _policy(self, way: Way) -> Policy:
        return Policy(way, self.conditions, self.plan.around.files, self.plan.tree.files)

    def _jobs(self, way: Way, whole: Config) -> Jobs:
        key = way.name.removesuffix(HANDS) if whole.conditional else ""
        if key not in self._configs:
            config = whole
            if whole.conditional:
                own = (
                    variables_of({k: p.value for k, p in whole.entries["variables"].parts.items()})
                    if ("variables" in whole.entries)
                    else {}
                )
                policy = self._policy(way)
                config = load(self.plan.tree, self.plan.path, lambda rules: policy.included(rules, own), self._path)
            self._configs[key] = Jobs(config)
        return self._configs[key]

    def _pipeline(self, way: Way, whole: Config) -> Pipeline:
        jobs = self._jobs(way, whole)
        found = pipeline_of(jobs, self._policy(way), {})
        if way.name == "push" and "CI_OPEN_MERGE_REQUESTS" in (self.plan.tree.text(self.plan.path) or ""):
            alone = replace(way, variables={**way.variables, "CI_OPEN_MERGE_REQUESTS": None})
            closed = pipeline_of(jobs, self._policy(alone), {})
            found.decisions = {
                name: merged_decision(each, closed.decisions[name]) for name, each in found.decisions.items()
            }
        return found

    def _with_hands(self, pipeline: Pipeline) -> list[Pipeline]:
        """The pipeline, and the same once its manual jobs are started, where it has any."""
        if all(each.manual.no for each in pipeline.decisions.values()):
            return [pipeline]
        policy = self._policy(pipeline.policy.way.played)
        played = replace(pipeline, policy=policy, _ready={}, _stages={})
        return [pipeline, played]

    def _emit(self, found: Sequence[Pipeline]) -> None:
        real = [each for each in found if each.exists]
        merge = next((each for each in real if each.policy.way.name == "merge_request"), None)
        for each in real:
            way, said = each.policy.way, weakest(each.policy.way.on_change, each.said)
            if way.name == "push" and merge is not None and said.yes and each.held - merge.held:
                said = replace(said, why=_hidden(merge))
            start = self.plan.start(way.name, said, each.jobs.line, event=way.event)
            peers = [other for other in real if other.jobs is each.jobs] or [each]
            self._start(start, each, peers, "", [], YES, YES, 0)
            self._foreign(start, each)
        if not real:
            self._none(found)

    def _none(self, found: Sequence[Pipeline]) -> None:
        """A file that no pipeline is ever created from, as far as it tells."""
        way, jobs = found[0].policy.way, found[0].jobs
        if jobs.config.open:
            start = self.plan.start(way.name, unsure("what is included elsewhere decides"), 1, event=way.event)
            self._foreign(start, found[0])
            return
        start = self.plan.start(way.name, no(found[0].said.why or "no job is in any pipeline"), 1, event=way.event)
        for name, row in jobs.rows.items():
            job = start.job(name, row.section.at.line, runs=no("it is in no pipeline"))
            commands.run(found[0], row, job)

    def _start(
        self,
        start: Start,
        pipeline: Pipeline,
        peers: Sequence[Pipeline],
        prefix: str,
        outer: Sequence[str],
        runs: Said,
        fails: Said,
        depth: int,
    ) -> None:
        """The jobs of a pipeline, or of a child pipeline below `prefix`, which waited for the jobs in `outer`."""
        if id(pipeline.jobs) not in self._needs:
            self._needs[id(pipeline.jobs)] = needs_of(peers)
        needs = self._needs[id(pipeline.jobs)]
        for name, row in pipeline.jobs.rows.items():
            decision = pipeline.decisions[name]
            said = weakest(runs, pipeline.runs(row))
            if row.section.lost and not {"rules", "only", "except"} & set(row.keys) and not said.no:
                said = weakest(said, unsure(f"it extends {row.section.lost[0]}, which is not in the repository"))
            by_hand = decision.runs.no and not decision.manual.no
            job = start.job(
                prefix + name,
                row.section.at.line,
                needs=[*outer, *(prefix + each for each in needs[name])],
                waits=all(each.decisions[name].waits for each in peers),
                environment=commands.environment_of(row),
                runs=said,
                # A job started by hand keeps nobody waiting (see `needs_of`); its own commands wait for each other.
                fails=weakest(fails, YES if by_hand else decision.fails),
                steps=len(texts(row.keys.get("script"))),
            )
            if str(pipeline.variables(row).get("GIT_STRATEGY", "")) in ("none", "empty"):
                job.filled = EMPTY
            if "trigger" in row.keys:
                self._trigger(start, pipeline, row, job, prefix, outer, said, fails, depth)
                continue
            commands.deploys(pipeline, row, job, commands.run(pipeline, row, job))

    def _foreign(self, start: Start, pipeline: Pipeline) -> None:
        """What is included from elsewhere, as far as it is known."""
        way = pipeline.policy.way
        for each in pipeline.jobs.config.foreign:
            if each.kind == "template" and each.name in WORKFLOWS:
                continue
            link = each.chain[0]
            kind = template_kind(each.name) if each.kind in ("template", "component") else None
            if kind is Kind.NOTHING:
                continue
            said: Said = unsure(f"{each.name} decides when its jobs run")
            latest = ".latest." in each.name and way.kind == "merge request"
            if kind is not None and way.kind != "branch" and not latest:
                said = no(f"{each.name} runs in branch pipelines")
            job = start.job(foreign_id(each.name), link.line, runs=said)
            if kind is None:
                job.lose(f"{each.kind} {each.name}: {_ELSEWHERE}", each.chain, anything=True)
            else:
                job.note(kind, ["include", each.name], each.chain, fails=no("its jobs have `allow_failure: true`"))
        for reason, chain in pipeline.jobs.config.lost:
            job = start.job(f"include at {chain[0]}", chain[0].line, runs=unsure(reason))
            job.lose(reason, chain, anything=True)

    def _trigger(
        self,
        start: Start,
        pipeline: Pipeline,
        row: Row,
        job: PlannedJob,
        prefix: str,
        outer: Sequence[str],
        runs: Said,
        fails: Said,
        depth: int,
    ) -> None:
        """Another pipeline: a child of this one where its files are here, else unknown."""
        part = row.section.parts["trigger"]
        link = (*part.via, Link(part.path, part.line, f"trigger in {row.name}"[:80]))
        given = row.keys["trigger"]
        asked = isinstance(given, Mapping) and given.get("strategy") in ("depend", "mirror")
        back = YES if asked else _NOT_ASKED
        # What is started elsewhere tests nothing where its result does not come back; it may deploy all the same.
        seen = back if start.scenario.on_change.answer is not Answer.NO else YES
        includes = given.get("include") if isinstance(given, Mapping) else None
        if includes is None:
            name = given.get("project", "") if isinstance(given, Mapping) else given
            link = (*part.via, Link(part.path, part.line, f"trigger {name}"[:80]))
            job.lose(f"the pipeline of {name} lies elsewhere", link, runs=seen, anything=True)
            return
        rows = includes if isinstance(includes, list) else [includes]
        paths = [
            each if isinstance(each, str) else each.get("local") for each in rows if isinstance(each, str | Mapping)
        ]
        if len(paths) != len(rows) or not all(isinstance(each, str) and "://" not in each for each in paths):
            job.lose("its child pipeline is made elsewhere or at run time", link, runs=seen, anything=True)
            return
        if depth >= MAX_CHILDREN:
            job.lose("child pipelines are nested too deep", link, runs=seen, anything=True)
            return
        try:
            child = self._child(pipeline, row, [str(each) for each in paths])
        except BadConfig as error:
            job.lose(f"its child pipeline is not understood: {error}", link, runs=seen, anything=True)
            return
        # Below the trigger's own id only where the jobs after it wait for the child.
        inner = f"{prefix}{row.name}/" if asked else f"{prefix}{row.name} (not waited for)/"
        outer = [*outer, *(prefix + each for each in self._needs[id(pipeline.jobs)][row.name])]
        self._start(start, child, [child], inner, outer, weakest(runs, child.said), weakest(fails, back), depth + 1)

    def _child(self, pipeline: Pipeline, row: Row, paths: Sequence[str]) -> Pipeline:
        way = pipeline.policy.way.child
        policy, forwarded = self._policy(way), pipeline.variables(row)
        merged = Config(self.plan.tree, "")
        for path in paths:
            path = posixpath.normpath(path.lstrip("/"))
            if not self.plan.tree.is_file(path):
                raise BadConfig(f"{path} does not exist")
            one = load(self.plan.tree, path, lambda rules: policy.included(rules, forwarded), self._path)
            merged.absorb(one)
        child = pipeline_of(Jobs(merged), policy, forwarded)
        self._children.append(child)
        return child


def _hidden(merge: Pipeline) -> str:
    """Why the result of a branch pipeline may not count for a merge request."""
    names = [name for name, each in merge.decisions.items() if each.is_in]
    row = merge.jobs.rows[names[0]]
    return (
        f"a merge request shows its own pipeline, which holds {', '.join(names[:3])} "
        f"({row.section.at.path}:{row.section.at.line}), so it can be merged while a branch pipeline is red"
    )


def _named(config: Config) -> tuple[str, list[str]]:
    """The conditions of all jobs as one text, and what stands in their `only` and `except`."""
    found: list[str] = []
    refs: list[str] = []
    for section in config.entries.values():
        for key, part in section.parts.items():
            if key in ("rules", "variables"):
                found.append(json.dumps(config.plain_value(part.value), default=str).replace('\\"', '"'))
            elif key in ("only", "except"):
                value = config.plain_value(part.value)
                found.append(json.dumps(value, default=str).replace('\\"', '"').replace("\\\\", "\\"))
                refs += texts(value.get("refs") if isinstance(value, Mapping) else value)
    return "\n".join(found).replace("\\\\", "\\"), refs
