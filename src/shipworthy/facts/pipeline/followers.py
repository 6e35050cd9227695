"""Which follower takes which program."""

from __future__ import annotations

from collections.abc import Sequence

from shipworthy.facts.pipeline import (
    circleci_cli,
    containers,
    fastfile,
    gruntfile,
    make,
    monorepo,
    node,
    noxfile,
    pipes,
    precommit,
    python_tools,
    rakefile,
    taskfiles,
    uploads,
)
from shipworthy.facts.pipeline.resolve import Follower, Frame, Resolver


def _task(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`task` is go-task where there is a Taskfile, taskipy else."""
    return taskfiles.task(r, words, frame) or python_tools.taskipy(r, words, frame)


FOLLOWERS: dict[str, Follower] = {
    "grunt": gruntfile.follow,
    "gulp": gruntfile.follow,
    "rake": rakefile.rake,
    "fastlane": fastfile.follow,
    "circleci": circleci_cli.follow,
    "circleci-agent": circleci_cli.follow,
    "npm": node.npm,
    "pnpm": node.pnpm,
    "yarn": node.yarn,
    "yarnpkg": node.yarn,
    "bun": node.bun,
    "npm-run-all": node.run_several,
    "npm-run-all2": node.run_several,
    "run-s": node.run_several,
    "run-p": node.run_several,
    "concurrently": node.concurrently,
    "conc": node.concurrently,
    "start-server-and-test": node.start_server,
    "server-test": node.start_server,
    "turbo": monorepo.turbo,
    "lerna": monorepo.lerna,
    "lage": monorepo.lerna,
    "nx": monorepo.nx,
    "make": make.make,
    "gmake": make.make,
    "just": taskfiles.just,
    "task": _task,
    "go-task": taskfiles.task,
    "mise": taskfiles.mise,
    "composer": taskfiles.composer,
    "deno": taskfiles.deno,
    "uv": python_tools.runner,
    "poetry": python_tools.runner,
    "pdm": python_tools.runner,
    "pipenv": python_tools.runner,
    "rye": python_tools.runner,
    "pixi": python_tools.runner,
    "poe": python_tools.poe,
    "poethepoet": python_tools.poe,
    "hatch": python_tools.hatch,
    "tox": python_tools.tox,
    "nox": noxfile.nox,
    "invoke": noxfile.invoke,
    "inv": noxfile.invoke,
    "pre-commit": precommit.run,
    "prek": precommit.run,
    "docker": containers.docker,
    "podman": containers.docker,
    "docker-compose": containers.compose,
    "podman-compose": containers.compose,
    pipes.PROGRAM: pipes.follow,
    "buildkite-agent": uploads.follow,
}
