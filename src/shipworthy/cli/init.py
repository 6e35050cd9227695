"""`shipworthy init`: shows what CI, policy and git attributes a repository needs, writes what is not there yet."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shipworthy.cli.common import CANNOT, asks, fail, print_lines
from shipworthy.model import PROFILES
from shipworthy.text import plural, visible

if TYPE_CHECKING:
    from shipworthy.project import Project
    from shipworthy.setup.look import Surroundings
    from shipworthy.setup.plan import Plan
    from shipworthy.setup.templates import Settings

LEFT_TO_YOU = 1
"""Something that is there already says otherwise and was left as it is."""


@click.command("init")
@click.argument("path", required=False, type=click.Path(exists=True, file_okay=False))
@click.option("--ci", type=click.Choice(["github", "gitlab", "none"]), help="Whose CI. Default: what is in use here.")
@click.option("--profile", type=click.Choice(PROFILES), help="Default: guessed, with its reason.")
@click.option("--environment", metavar="NAME", help="Deploy where? Default: production.")
@click.option("--branch", metavar="NAME", help="The protected branch that is deployed. Default: what git says.")
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
def command(
    path: str | None,
    ci: str | None,
    profile: str | None,
    environment: str | None,
    branch: str | None,
    yes: bool,
    dry_run: bool,
) -> None:
    """Set the repository at PATH up: a policy, git attributes, and CI that lets only a signed, READY tree through.

    Nothing that exists is ever changed. Exit 0 all is in place, 1 something is left to you, 2 it cannot be done.
    """
    project = _open(path)
    from shipworthy.setup.look import look
    from shipworthy.setup.plan import make_plan

    around = look(project)
    system = _system(around, ci)
    plan = make_plan(project.root, around, _settings(around, profile, environment, branch), system)
    print_lines(_shown(plan, around))
    if plan.new and not dry_run:
        if not yes and not asks():
            fail("nobody can be asked here, nothing is written", "Say yes beforehand: shipworthy init --yes")
        if not yes and not click.confirm(f"Write {plural(len(plan.new), 'file')}?", default=False, err=True):
            click.echo("Nothing is written.", err=True)
            sys.exit(CANNOT)
        _write(project.root, plan)
    print_lines(_next(plan, dry_run=dry_run))
    sys.exit(LEFT_TO_YOU if plan.yours else 0)


def _open(path: str | None) -> Project:
    from shipworthy.project import Project, ProjectError
    from shipworthy.project.root import find_root

    try:
        project = Project.open(find_root(Path(path or ".").resolve()))
    except ProjectError as error:
        fail(str(error), error.diagnostics)
    except OSError as error:
        fail(f"the folder cannot be used: {error.strerror}", "Change to a folder that exists.")
    if project.git is None:
        fail(f"{project.root} is not a git repository", "What is signed is a tree in git. Start with: git init")
    return project


def _system(around: Surroundings, ci: str | None) -> str | None:
    if ci is not None:
        return None if ci == "none" else ci
    if around.ci is None and {"github", "gitlab"} <= set(around.systems):
        fail("this repository has pipelines for GitHub and for GitLab", "Say which one: --ci github or --ci gitlab")
    return around.ci


def _settings(around: Surroundings, profile: str | None, environment: str | None, branch: str | None) -> Settings:
    from shipworthy.setup.templates import Settings, is_branch, is_environment

    wanted = branch or around.branch
    if wanted is None:
        fail("git does not say which branch is deployed", "Name it: shipworthy init --branch main")
    if not is_branch(wanted):
        fail(f"the branch {wanted} cannot be written into a workflow", "Name a plain one: --branch main")
    if environment is not None and not is_environment(environment):
        fail(f"{environment} cannot be an environment's name", "Use lower-case letters, digits and hyphens.")
    chosen = profile or around.profile
    return Settings(
        branch=wanted,
        profile=chosen,
        reason="you said so" if profile else around.reason,
        # One person has nobody else to list: their key is pinned outside the repository.
        base=chosen != "solo",
        environment=environment,
        merge_requests=around.merge_requests,
    )


def _shown(plan: Plan, around: Surroundings) -> Iterator[str]:
    settings = plan.settings
    others = ", ".join(around.systems) or "none"
    system = plan.ci or "no CI of GitHub or GitLab"
    yield f"{visible(around.name, 80)}: {system} (found: {others}), deploys from {settings.branch}"
    yield f"profile {settings.profile} ({visible(settings.reason, 200)})"
    for each in plan.files:
        yield ""
        yield f"{each.state.value:<6} {visible(each.path, 200)}: {each.what}"
        if each in plan.new:
            yield from (f"  | {visible(line, 200)}".rstrip() for line in each.data.decode("utf-8").splitlines())
        elif each in plan.yours:
            yield "  It is there already and stays as it is."
            yield from (f"  {line}" for line in each.difference())
            yield f"  {visible(each.todo, 300)}"
    yield ""
    if plan.new:
        yield f"To write: {', '.join(each.path for each in plan.new)}"
    if plan.yours:
        yield f"Left to you: {', '.join(each.path for each in plan.yours)}"


def _write(root: Path, plan: Plan) -> None:
    from shipworthy.setup.write import write_new

    for done, each in enumerate(plan.new):
        try:
            write_new(root, each.path, each.data)
        except FileExistsError:
            fail(f"{each.path} is there by now, and stays as it is", _so_far(plan, done))
        except OSError as error:
            fail(f"{each.path} could not be written: {error.strerror}", _so_far(plan, done))


def _so_far(plan: Plan, done: int) -> str:
    written = ", ".join(each.path for each in plan.new[:done]) or "nothing"
    return f"Written so far: {written}. Mend it and run shipworthy init again: it goes on from there."


def _next(plan: Plan, *, dry_run: bool) -> Iterator[str]:
    from shipworthy.setup.advise import enrol, protect

    paths = " ".join(each.path for each in plan.new)
    if dry_run and plan.new:
        yield "Nothing is written (--dry-run)."
    elif plan.new:
        yield "Written. Look at it, then commit it:"
        yield f"  git add -f {paths}"
        yield f"  git commit -m 'Let CI check readiness' -- {paths}"
    elif not plan.yours:
        yield "All is in place already."
    if plan.ci is not None:
        yield f"CI installs shipworthy {plan.settings.version} from the package index your runner is set up for."
        yield "Without it there, the job fails: put it there, or change that step."
    yield ""
    yield from protect(plan)
    yield ""
    yield from enrol(plan)
