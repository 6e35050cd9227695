"""Masks secrets in every text the pipeline's rows carry, at once, before a check or a report sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from shipworthy.facts.pipeline.fact import Install, Job, Leaf, Link, NotRead, Opaque, Platform, Said, Scenario, Workflow
from shipworthy.facts.pipeline.gathering import Read

Mask = Callable[[str], str]


def _plain(text: str) -> str:
    """A text on one line, so that lines in and out of the mask agree."""
    return " ".join(text.split("\n"))


def _said(said: Said) -> Iterable[str]:
    yield said.why
    yield from (what for what, _ in said.doubts)


def _texts(found: Read) -> Iterable[str]:
    """Every text of the rows."""
    for workflow in found.workflows:
        yield workflow.name
        for scenario in workflow.scenarios:
            yield from _said(scenario.on_change)
    for job in found.jobs:
        yield from (job.id, *job.needs, job.condition, job.environment, *_said(job.on_change))
        for said in job.runs.values():
            yield from _said(said)
    for leaf in found.leaves:
        yield from (leaf.text, leaf.remark, leaf.job, *(link.text for link in leaf.chain))
        for said in (leaf.on_change, leaf.fails, *leaf.runs.values(), *leaf.fails_in.values()):
            yield from _said(said)
        if leaf.install is not None:
            yield from (leaf.install.frozen.why, leaf.install.aside, *leaf.install.requirements)
    for loss in found.opaque:
        yield from (loss.reason, loss.job, *(link.text for link in loss.chain), *_said(loss.on_change))
        for said in loss.runs.values():
            yield from _said(said)
    for each in found.not_read:
        yield each.reason
    for platform in found.platforms:
        yield from (*_said(platform.waits), platform.test.text if platform.test else "")
    for script in found.by_hand:
        yield from (script.text, script.name)


def masked(found: Read) -> Read:
    """The same rows with secrets replaced by bullets. One pass over all texts: most of them repeat."""
    from shipworthy.facts.secrets.mask import mask_text

    lines = list(dict.fromkeys(_plain(text) for text in _texts(found) if text))
    known = dict(zip(lines, mask_text("commands.sh", "\n".join(lines)).split("\n"), strict=False))

    def mask(text: str) -> str:
        return known.get(_plain(text), "…") if text else text

    return Read(
        workflows=[_workflow(each, mask) for each in found.workflows],
        jobs=[_job(each, mask) for each in found.jobs],
        leaves=[_leaf(each, mask) for each in found.leaves],
        opaque=[_opaque(each, mask) for each in found.opaque],
        not_read=[NotRead(path=each.path, line=each.line, reason=mask(each.reason)) for each in found.not_read],
        platforms=[_platform(each, mask) for each in found.platforms],
        by_hand=[replace(each, text=mask(each.text), name=mask(each.name)) for each in found.by_hand],
    )


def _said_of(said: Said, mask: Mask) -> Said:
    if not said.why and not said.doubts:
        return said
    doubts = frozenset((mask(what), left_out) for what, left_out in said.doubts)
    return replace(said, why=mask(said.why), doubts=doubts)


def _platform(platform: Platform, mask: Mask) -> Platform:
    test = _chain((platform.test,), mask)[0] if platform.test else None
    return replace(platform, waits=_said_of(platform.waits, mask), test=test)


def _scenario(scenario: Scenario, mask: Mask) -> Scenario:
    return replace(scenario, on_change=_said_of(scenario.on_change, mask))


def _workflow(workflow: Workflow, mask: Mask) -> Workflow:
    scenarios = tuple(_scenario(each, mask) for each in workflow.scenarios)
    return replace(workflow, name=mask(workflow.name), scenarios=scenarios)


def _job(job: Job, mask: Mask) -> Job:
    return replace(
        job,
        id=mask(job.id),
        condition=mask(job.condition),
        environment=mask(job.environment),
        on_change=_said_of(job.on_change, mask),
        runs={name: _said_of(said, mask) for name, said in job.runs.items()},
        needs=tuple(mask(each) for each in job.needs),
        fails_with=frozenset((mask(need), result) for need, result in job.fails_with),
    )


def _chain(chain: tuple[Link, ...], mask: Mask) -> tuple[Link, ...]:
    return tuple(replace(link, text=mask(link.text)) for link in chain)


def _leaf(leaf: Leaf, mask: Mask) -> Leaf:
    return replace(
        leaf,
        text=mask(leaf.text),
        remark=mask(leaf.remark),
        chain=_chain(leaf.chain, mask),
        job=mask(leaf.job),
        on_change=_said_of(leaf.on_change, mask),
        fails=_said_of(leaf.fails, mask),
        runs={name: _said_of(said, mask) for name, said in leaf.runs.items()},
        fails_in={name: _said_of(said, mask) for name, said in leaf.fails_in.items()},
        install=None if leaf.install is None else install_of(leaf.install, mask),
    )


def install_of(install: Install, mask: Mask) -> Install:
    """An install with its texts masked: a package's address may hold a password."""
    return replace(
        install,
        frozen=_said_of(install.frozen, mask),
        aside=mask(install.aside),
        requirements=tuple(mask(each) for each in install.requirements),
    )


def _opaque(loss: Opaque, mask: Mask) -> Opaque:
    return replace(
        loss,
        reason=mask(loss.reason),
        chain=_chain(loss.chain, mask),
        job=mask(loss.job),
        on_change=_said_of(loss.on_change, mask),
        runs={name: _said_of(said, mask) for name, said in loss.runs.items()},
    )
