"""What Jenkins refuses in a declarative pipeline before it runs anything, so that such a file never counts as a test.

Source: the Jenkins handbook, "Pipeline Syntax": required and allowed sections, directives and conditions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from shipworthy.facts.pipeline.systems.jenkins_tables import PIPELINE_SECTIONS, POST, STAGE_SECTIONS
from shipworthy.facts.pipeline.systems.jenkins_tree import (
    Called,
    Group,
    Statement,
    call_of,
    is_group,
    is_name,
    is_sign,
    is_text,
    line_in,
)
from shipworthy.facts.pipeline.systems.jenkins_when import CONDITIONS, NOT_CONDITIONS

_BODIES = ("steps", "stages", "parallel", "matrix")
_MATRIX = {"axes", "excludes", "agent", "environment", "input", "options", "post", "stages", "tools", "when"}
_SCRIPT_ONLY = ("if", "for", "while", "try", "def", "switch", "throw", "return", "else", "catch", "do")
Problem = tuple[str, int]


def heading(statements: Sequence[Statement]) -> Problem | None:
    """A line such as `Jenkinsfile (Declarative Pipeline)`, copied from a manual: two names are no argument."""
    for statement in statements:
        last = statement[-1]
        words = last.items if len(statement) == 2 and is_group(last, "(") else []
        if len(words) == 2 and all(is_name(word) and not is_name(word, "new") for word in words):
            return "a line is no Groovy, so Jenkins refuses the file", line_in(statement)
    return None


def sections_of(block: Group | None) -> dict[str, Called]:
    """The sections of a block by name; the first of each."""
    found: dict[str, Called] = {}
    for statement in block.statements if block is not None else ():
        call = call_of(statement)
        if call is not None:
            found.setdefault(call.links[0].name, call.links[0])
    return found


def problems(pipeline: Called) -> Iterator[Problem]:
    """Why Jenkins refuses a `pipeline { … }`, as (reason, line)."""
    block = pipeline.block
    if block is None:
        yield "`pipeline` has no block", pipeline.line
        return
    yield from _known(block, PIPELINE_SECTIONS, "pipeline")
    sections = sections_of(block)
    for name in ("agent", "stages"):
        if name not in sections:
            yield f"the pipeline has no `{name}`, so Jenkins refuses it", pipeline.line
    yield from _stages(sections.get("stages"))
    yield from _post(sections)


def _known(block: Group, names: frozenset[str] | set[str], where: str) -> Iterator[Problem]:
    for statement in block.statements:
        call = call_of(statement)
        name = call.links[0].name if call is not None else ""
        if name not in names:
            shown = name or "a statement"
            yield f"`{shown[:40]}` is not allowed in a {where}, so Jenkins refuses the file", line_in(statement)


def _stages(link: Called | None) -> Iterator[Problem]:
    if link is None:
        return
    if link.block is None or not link.block.statements:
        yield f"`{link.name}` holds no stage, so Jenkins refuses the file", link.line
        return
    yield from _known(link.block, {"stage"}, f"`{link.name}` block")
    for stage in stages_in(link):
        yield from _stage(stage)


def stages_in(link: Called) -> list[Called]:
    """The stages of a `stages` or `parallel` block."""
    calls = [call_of(statement) for statement in link.block.statements] if link.block is not None else []
    return [call.links[0] for call in calls if call is not None and call.links[0].name == "stage"]


def _stage(stage: Called) -> Iterator[Problem]:
    if stage.block is None or not stage.args:
        yield "a stage needs a name and a block, so Jenkins refuses the file", stage.line
        return
    yield from _known(stage.block, STAGE_SECTIONS, "stage")
    sections = sections_of(stage.block)
    bodies = [sections[name] for name in _BODIES if name in sections]
    if len(bodies) != 1:
        yield "a stage needs one of `steps`, `stages`, `parallel` and `matrix`, so Jenkins refuses the file", stage.line
    for body in bodies:
        if body.block is None:
            yield f"`{body.name}` has no block, so Jenkins refuses the file", body.line
        elif body.name == "steps":
            yield from _steps(body.block)
        elif body.name == "matrix":
            yield from _known(body.block, _MATRIX, "matrix")
            inner = sections_of(body.block)
            if "stages" not in inner or "axes" not in inner:
                yield "a matrix needs `axes` and `stages`, so Jenkins refuses the file", body.line
            yield from _stages(inner.get("stages"))
        else:
            yield from _stages(body)
    yield from _post(sections)
    when = sections.get("when")
    if when is not None:
        yield from _conditions(when.block, when.line, 0)


def _steps(block: Group) -> Iterator[Problem]:
    for statement in block.statements:
        first = statement[0]
        if is_name(first, *_SCRIPT_ONLY) or any(is_sign(item, "=") for item in statement):
            yield (
                "Groovy code in `steps` stands outside a `script` block, so Jenkins refuses the file",
                line_in(statement),
            )
        elif not is_name(first) and not is_text(first):
            yield "what stands in `steps` is no step, so Jenkins refuses the file", line_in(statement)


def _post(sections: Mapping[str, Called]) -> Iterator[Problem]:
    post = sections.get("post")
    if post is None:
        return
    if post.block is None:
        yield "`post` has no block, so Jenkins refuses the file", post.line
        return
    yield from _known(post.block, POST, "`post` block")
    for link in sections_of(post.block).values():
        if link.block is None:
            yield f"`{link.name}` in `post` has no block, so Jenkins refuses the file", link.line
        else:
            yield from _steps(link.block)


def _conditions(block: Group | None, line: int, depth: int) -> Iterator[Problem]:
    calls: Sequence[Statement] = block.statements if block is not None else []
    found = 0
    for statement in calls:
        call = call_of(statement)
        name = call.links[0].name if call is not None else ""
        if name in NOT_CONDITIONS and not depth:
            continue
        found += 1
        if name not in CONDITIONS or call is None:
            yield f"`{name[:40] or 'a statement'}` is no condition, so Jenkins refuses the file", line_in(statement)
        elif name in ("not", "allOf", "anyOf"):
            yield from _conditions(call.links[0].block, call.links[0].line, depth + 1)
    if not found:
        yield "a `when` without a condition, so Jenkins refuses the file", line
