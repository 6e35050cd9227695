"""One GitLab pipeline in the making: which jobs it holds, in which order, and which of them keep others waiting.

Source: GitLab's reference "CI/CD YAML syntax" (`stages`, `needs`, `workflow`) and "Control how jobs run" (manual jobs).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Answer, Doubt, Said, no, strongest, unsure, weakest
from shipworthy.facts.pipeline.systems.gitlab_config import BadConfig, Config, Section, texts
from shipworthy.facts.pipeline.systems.gitlab_known import JOB, STAGES, TOP, WORK, WORKFLOWS
from shipworthy.facts.pipeline.systems.gitlab_policy import Decision, Policy

MAX_JOBS = 600
_SCRIPTS = frozenset({"before_script", "script", "after_script"})


@dataclass(frozen=True, slots=True)
class Need:
    """A job that another names in `needs`."""

    name: str
    optional: bool


@dataclass(slots=True)
class Row:
    """A job of a configuration, its keys with all it extends and without references."""

    name: str
    section: Section
    keys: dict[str, Any]
    variables: dict[str, Any]
    stage: int
    needs: list[Need] | None
    """None: it waits for the stages before its own."""


def variables_of(value: Any) -> dict[str, Any]:
    """A `variables` section as name -> text."""
    found: dict[str, Any] = {}
    for name, each in value.items() if isinstance(value, Mapping) else ():
        each = each.get("value", "") if isinstance(each, Mapping) else each
        found[str(name)] = "" if each is None else str(each).lower() if isinstance(each, bool) else str(each)
    return found


def _all_texts(value: Any) -> bool:
    """Whether a script is a text or a list of them: YAML makes a mapping of `- echo "a: b"`, which GitLab refuses."""
    if isinstance(value, list):
        return all(_all_texts(each) for each in value)
    return not isinstance(value, Mapping)


def _needs(given: Any) -> list[Need] | None:
    if given is None:
        return None
    found = []
    for each in given if isinstance(given, list) else [given]:
        if isinstance(each, Mapping):
            if "job" in each and not {"project", "pipeline"} & set(each):
                found.append(Need(str(each["job"]), each.get("optional") is True))
        else:
            found += [Need(name, False) for name in texts(each)]
    return found


class Jobs:
    """The jobs of a configuration, checked. Raises BadConfig where GitLab would refuse it."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.globals = variables_of(self._top("variables"))
        stages = config.plain.get("stages") or config.plain.get("types")
        names = texts(config.plain_value(stages.value)) if stages is not None and stages.value is not None else STAGES
        self._stages = {
            name: at for at, name in enumerate([".pre", *(each for each in names if each[:1] != "."), ".post"])
        }
        self._known_stages = stages is not None or not config.open
        self.rows: dict[str, Row] = {}
        self.scripts: dict[tuple[str, ...], Any] = {}
        """What was made of a job's scripts, for every pipeline it is in (see `gitlab_commands.script`)."""
        self._check_top()
        for name in config.entries:
            if not name.startswith(".") and (name not in TOP or name == "pages"):
                self._row(name)
        if len(self.rows) > MAX_JOBS:
            raise BadConfig(f"it has more than {MAX_JOBS} jobs")
        if not self.rows and not config.open:
            raise BadConfig("it has no job", 1)
        for row in self.rows.values():
            for need in row.needs or ():
                if need.name not in self.rows and not need.optional and not config.open:
                    raise BadConfig(f"job {row.name} needs {need.name}, which does not exist", self._line(row.section))

    def _line(self, section: Section) -> int | None:
        return section.at.line if section.at.path == self.config.path else None

    def _top(self, name: str) -> dict[str, Any]:
        section = self.config.entries.get(name)
        return {key: self.config.plain_value(part.value) for key, part in section.parts.items()} if section else {}

    def _check_top(self) -> None:
        for name, part in self.config.plain.items():
            if not name.startswith(".") and name not in TOP:
                line = part.line if part.path == self.config.path else None
                raise BadConfig(f"`{name}` at the top of the file is neither a keyword nor a job", line)

    def _row(self, name: str) -> None:
        config = self.config
        section = config.section(name)
        keys = {key: config.plain_value(part.value) for key, part in section.parts.items()}
        unknown = sorted(key for key in keys if key not in JOB and not key.startswith("<<"))
        if unknown:
            part = section.parts[unknown[0]]
            line = part.line if part.path == config.path else self._line(section)
            raise BadConfig(f"job {name} has a key that GitLab does not know: {unknown[0]}", line)
        if not any(keys.get(key) is not None for key in WORK):
            if config.open:
                return
            raise BadConfig(f"job {name} has neither `script` nor `trigger`", self._line(section))
        for key in _SCRIPTS & set(keys):
            if not _all_texts(keys[key]):
                part = section.parts[key]
                line = part.line if part.path == config.path else self._line(section)
                raise BadConfig(f"`{key}` of job {name} holds something that is no text", line)
        if keys.get("rules") is not None and (keys.get("only") is not None or keys.get("except") is not None):
            raise BadConfig(f"job {name} has `rules` and `only` or `except`", self._line(section))
        stage = str(keys.get("stage") or keys.get("type") or "test")
        if stage not in self._stages and self._known_stages:
            raise BadConfig(f"job {name} is in the stage {stage}, which does not exist", self._line(section))
        inherit = keys.get("inherit") if isinstance(keys.get("inherit"), Mapping) else {}
        taken = inherit.get("variables", True) if isinstance(inherit, Mapping) else True
        above = {key: each for key, each in self.globals.items() if taken is True or key in texts(taken)}
        self.rows[name] = Row(
            name,
            section,
            keys,
            {**above, **variables_of(keys.get("variables"))},
            self._stages.get(stage, len(self._stages)),
            _needs(keys.get("needs")),
        )

    def default(self, row: Row, key: str) -> Any:
        """The part of `default:`, or of the top of the file, that a job takes over; None where it has its own."""
        if key in row.section.parts:
            return row.section.parts[key]
        inherit = row.keys.get("inherit")
        taken = inherit.get("default", True) if isinstance(inherit, Mapping) else True
        if taken is False or (isinstance(taken, list) and key not in texts(taken)):
            return None
        section = self.config.entries.get("default")
        return (section.parts.get(key) if section else None) or self.config.plain.get(key)

    @property
    def workflow_rules(self) -> Any:
        """The `rules` of `workflow`, those of a known template included; None where there are none."""
        rules = self._top("workflow").get("rules")
        if rules is None:
            for each in self.config.foreign:
                if each.kind == "template" and each.name in WORKFLOWS:
                    rules = [{"if": text} for text in WORKFLOWS[each.name]]
        return rules

    @property
    def line(self) -> int:
        """Where the file says for what a pipeline is created, else its first line."""
        section = self.config.entries.get("workflow")
        return section.at.line if section is not None and section.at.path == self.config.path else 1


@dataclass(slots=True)
class Pipeline:
    """The jobs in one pipeline: `said` is how surely it is created at all."""

    jobs: Jobs
    policy: Policy
    said: Said
    forwarded: Mapping[str, Any]
    decisions: dict[str, Decision] = field(default_factory=dict)
    refused: Said = YES
    workflow_variables: dict[str, Any] = field(default_factory=dict)
    _ready: dict[str, Said] = field(default_factory=dict)
    _stages: dict[int, list[Said]] = field(default_factory=dict)

    def variables(self, row: Row) -> dict[str, Any]:
        """Those the files give a job in this pipeline."""
        own = variables_of(row.keys.get("variables"))
        decision = self.decisions.get(row.name)
        chosen = variables_of(dict(decision.variables)) if decision else {}
        return {**row.variables, **self.workflow_variables, **own, **chosen, **self.forwarded}

    @property
    def exists(self) -> bool:
        """Whether it is created for some: not without a job outside of the first and last stage."""
        rows = self.jobs.rows
        last = max((row.stage for row in rows.values()), default=0)
        edge = {0, self.jobs._stages.get(".post", last)}
        inner = any(each.is_in and rows[name].stage not in edge for name, each in self.decisions.items())
        return not self.said.no and inner

    @property
    def held(self) -> set[str]:
        """Names of the jobs it holds; none where it is not created."""
        return {name for name, each in self.decisions.items() if each.is_in} if self.exists else set()

    def needs(self, row: Row) -> list[Need] | None:
        decision = self.decisions.get(row.name)
        own = _needs(list(decision.needs)) if decision is not None and decision.needs is not None else None
        return row.needs if own is None else own

    def runs(self, row: Row) -> Said:
        """Whether it runs here: by itself, or (where manual jobs are started) at all."""
        decision = self.decisions[row.name]
        if self.policy.way.by_hand:
            started = [decision.runs, decision.manual, decision.present]
            return weakest(self.refused, strongest(started if not decision.manual.no else started[:2], decision.runs))
        return weakest(self.refused, self._held(row, ()))

    def _held(self, row: Row, seen: tuple[str, ...]) -> Said:
        if row.name in self._ready:
            return self._ready[row.name]
        said = self.decisions[row.name].runs
        if row.name not in seen and not said.no:
            for said_before in self._before(row, (*seen, row.name)):
                said = weakest(said, said_before)
        self._ready[row.name] = said
        return said

    def _before(self, row: Row, seen: tuple[str, ...]) -> Iterable[Said]:
        needs = self.needs(row)
        rows = self.jobs.rows
        if needs is not None:
            for need in needs:
                decision = self.decisions.get(need.name)
                if decision is None or not decision.is_in:
                    continue
                said = self._held(rows[need.name], seen)
                if said.no:
                    yield no(f"it waits for job {need.name}: {said.why}")
                elif said.answer is Answer.UNKNOWN and not need.optional:
                    yield said
            return
        if row.stage not in self._stages:
            self._stages[row.stage] = list(self._stages_before(row.stage))
        yield from self._stages[row.stage]

    def _stages_before(self, stage: int) -> Iterable[Said]:
        for name, decision in self.decisions.items():
            if self.jobs.rows[name].stage < stage and not decision.manual.no and not decision.optional:
                why = f"it waits for job {name}, which is started by hand"
                if decision.runs.no and decision.manual.yes:
                    # Nothing that follows can make it less.
                    yield no(why)
                    return
                yield unsure(why)


def pipeline_of(jobs: Jobs, policy: Policy, forwarded: Mapping[str, Any], mask: str = "`allow_failure`") -> Pipeline:
    """Decides over every job of a configuration in one pipeline."""
    rules = jobs.workflow_rules
    found = Pipeline(jobs, policy, YES, forwarded)
    own = {**jobs.globals, **forwarded}
    if rules is not None:
        decision = policy.by_rules(rules, "always", None, own, YES)
        found.said = decision.runs if not decision.runs.no else no("`workflow: rules` leaves it out")
        found.workflow_variables = variables_of(dict(decision.variables))
    for name, row in jobs.rows.items():
        at = row.section.parts.get("allow_failure") or row.section.parts.get("rules")
        why = no(f"{mask} at {at.path}:{at.line}" if at is not None else mask)
        decision = policy.job(row.keys, found.variables(row), rules is not None, why)
        found.decisions[name] = decision
    found.refused = _refused(found)
    return found


def _refused(found: Pipeline) -> Said:
    """GitLab creates no pipeline in which a job needs one that is not in it."""
    said: Said = YES
    for name, row in found.jobs.rows.items():
        decision = found.decisions[name]
        mine = decision.present
        for need in found.needs(row) or () if not mine.no else ():
            other = found.decisions.get(need.name)
            if other is None or need.optional:
                continue
            theirs = other.present
            if theirs.yes or mine.answer is Answer.UNKNOWN:
                continue
            why = f"the pipeline is refused where job {name} is in it and {need.name}, which it needs, is not"
            if theirs.no:
                said = weakest(said, no(why) if mine.yes else unsure(why))
            elif not all(_shared(each, mine) for each in theirs.rests_on):
                said = weakest(said, unsure(why))
    return said


def _shared(doubt: Doubt, said: Said) -> bool:
    """Whether what makes an answer open holds wherever the other answer does."""
    _, left_out = doubt
    return any(doubt == each or (left_out and each[1] >= left_out) for each in said.rests_on)
