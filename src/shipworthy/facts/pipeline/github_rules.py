"""What the code host refuses in a workflow file before it runs any of it, so that such a file never counts as a test.

Source: the code host's "Workflow syntax" and "Events that trigger workflows": keys, and what excludes each other. One
mistake anywhere in a file is enough for none of its jobs to run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shipworthy.facts.pipeline.github_parallel import CONTROLS, MAX_STEPS
from shipworthy.facts.pipeline.tree import rows
from shipworthy.facts.pipeline.words import words
from shipworthy.project.yaml import line_of

Problem = tuple[str, int]
_WORKFLOW = words("name run-name on permissions env defaults concurrency jobs description")
_JOB = words(
    "name permissions needs if runs-on snapshot environment concurrency outputs env defaults steps timeout-minutes "
    "cancel-timeout-minutes strategy continue-on-error container services uses with secrets"
)
_STEP = words(
    "id if name uses run working-directory shell with env continue-on-error timeout-minutes background wait wait-all "
    "cancel parallel"
)
_EVENTS = words(
    """
        branch_protection_rule check_run check_suite create delete deployment deployment_status discussion
        discussion_comment fork gollum image_version issue_comment issues label member merge_group milestone page_build
        project project_card project_column public pull_request pull_request_comment pull_request_review
        pull_request_review_comment pull_request_target push registry_package release repository_dispatch
        repository_vulnerability_alert schedule status watch workflow_call workflow_dispatch workflow_run
    """
)
_ID = re.compile(r"[A-Za-z_][\w-]*")


def problems(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Why the code host refuses a workflow, as (reason, line)."""
    yield from _known(data, _WORKFLOW, "a workflow")
    yield from _events(data)
    jobs = data.get("jobs")
    for name, job in jobs.items() if isinstance(jobs, Mapping) else ():
        line = line_of(jobs, name) or 1
        if not _ID.fullmatch(str(name)):
            yield f"`{str(name)[:40]}` is no name for a job", line
        if not isinstance(job, Mapping):
            yield f"job {name} has no settings", line
            continue
        if job.get("uses") is None:
            if job.get("runs-on") is None:
                yield f"job {name} has no `runs-on`", line
            if not rows(job.get("steps")):
                yield f"job {name} has no `steps`", line
        yield from _job(str(name), job, jobs if isinstance(jobs, Mapping) else {}, line)


def _known(node: Mapping[str, Any], names: frozenset[str] | set[str], where: str) -> Iterator[Problem]:
    for key in node:
        if str(key) not in names:
            yield f"`{str(key)[:40]}` is not a key of {where}", line_of(node, key) or 1


def _events(data: Mapping[str, Any]) -> Iterator[Problem]:
    on = data.get("on")
    line = line_of(data, "on") or 1
    names = [on] if isinstance(on, str) else list(on) if isinstance(on, list | Mapping) else []
    if not names:
        yield "nothing is named in `on`", line
    for name in names:
        if str(name) not in _EVENTS:
            yield f"`{str(name)[:40]}` is not an event", line
        options = on.get(name) if isinstance(on, Mapping) else None
        given = options if isinstance(options, Mapping) else {}
        for key in ("branches", "tags", "paths"):
            if key in given and f"{key}-ignore" in given:
                yield f"`{key}` and `{key}-ignore` exclude each other", line_of(given, key) or line


def _job(name: str, job: Mapping[str, Any], jobs: Mapping[str, Any], line: int) -> Iterator[Problem]:
    yield from _known(job, _JOB, "a job")
    if "uses" in job and ("steps" in job or "runs-on" in job):
        yield f"job {name} calls a workflow and has steps of its own", line
    needs = job.get("needs")
    for need in [needs] if isinstance(needs, str) else rows(needs):
        if str(need) not in {str(each) for each in jobs}:
            yield f"job {name} needs {str(need)[:40]}, which does not exist", line_of(job, "needs") or line
    yield from _steps(name, job.get("steps"), set(), line)


def _steps(name: str, steps: Any, ids: set[str], line: int, inside: bool = False) -> Iterator[Problem]:
    """`ids`: those of the job's steps so far. `inside`: they are the steps of a `parallel` group."""
    if len(rows(steps)) > MAX_STEPS:
        yield f"job {name} has more than {MAX_STEPS} steps", line
    for index, step in enumerate(rows(steps)):
        where = line_of(steps, index) or line
        if not isinstance(step, Mapping):
            yield "a step is not a mapping", where
            continue
        yield from _known(step, _STEP, "a step")
        if "parallel" in step and not inside:
            yield from _steps(name, step["parallel"], ids, where, inside=True)
        for word in ("run", "uses"):
            if not isinstance(step.get(word, ""), str | int | float):
                yield f"the `{word}` of a step is no text", line_of(step, word) or where
        if sum(key in step for key in ("run", "uses", *(() if inside else CONTROLS))) != 1:
            yield "a step needs either `run` or `uses`", where
        key = step.get("id")
        if isinstance(key, str) and key in ids:
            yield f"two steps of job {name} have the id {key[:40]}", where
        ids.add(str(key))
