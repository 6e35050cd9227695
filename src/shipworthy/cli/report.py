"""`shipworthy report`: an examination on paper, as one HTML page, text or JSON, to a file or to standard output."""

from __future__ import annotations

import io
import stat
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shipworthy.cli.common import NOT_READY, fail, print_lines, root_of
from shipworthy.cli.examined import examined
from shipworthy.text import visible

if TYPE_CHECKING:
    from shipworthy.model import Assessment
    from shipworthy.readiness.trust import TrustRoot

_OTHER = "Name another file with --output, or leave it out to print."


@click.command("report")
@click.argument("path", required=False)
@click.option(
    "--format", "form", type=click.Choice(["html", "text", "json"]), default="html", show_default=True,
    help="html: one page that needs nothing else. text, json: as `check` prints them, every finding listed.",
)  # fmt: skip
@click.option("--output", "-o", metavar="FILE", help="Write to FILE, as a whole or not at all. Default, or -: print.")
@click.option("--force", is_flag=True, help="Write over a file that git tracks.")
@click.option("--profile", metavar="NAME", help="Judge by this profile instead of the policy's or the guessed one.")
@click.option("--run-tests", is_flag=True, help="Say yes to running the project's own tests in a copy of the tree.")
@click.option("--no-cache", is_flag=True, help="Read every file again.")
@click.option("--base", metavar="REF", envvar="SHIPWORTHY_BASE", help="Judge the signature at HEAD by this full ref.")
@click.option(
    "--trust", multiple=True, metavar="SHA256:…", envvar="SHIPWORTHY_TRUST",
    help="Without a base: judge it by the keys with these fingerprints.",
)  # fmt: skip
def command(
    path: str | None,
    form: str,
    output: str | None,
    force: bool,
    profile: str | None,
    run_tests: bool,
    no_cache: bool,
    base: str | None,
    trust: tuple[str, ...],
) -> None:
    """Examine the repository at PATH (default: the one you stand in) and put it on paper.

    Exit 0 only when READY, 1 when not (the report is written either way), 2 when it cannot be examined or written.
    """
    root = root_of(path)
    target = None if output in (None, "-") else Path(str(output))
    if target is not None:
        _refuse(target, root, force)
    trusted = _trust(base, trust) if form == "html" else None
    assessment = examined(root, profile=profile, run_tests=run_tests, use_cache=not no_cache).assessment()
    document = _document(assessment, form, root, trusted)
    if target is None:
        if form == "html" and isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # what the page says of itself
        print_lines(document.removesuffix("\n").split("\n"))
    else:
        _refuse(target, root, force)  # an examination takes a while, and the first look was before it
        _write(target, document)
        sys.stderr.write(f"{assessment.verdict.value}: wrote {visible(str(target), 300)}\n")
    sys.exit(0 if assessment.verdict.value == "READY" else NOT_READY)


def _trust(base: str | None, trust: tuple[str, ...]) -> TrustRoot | None:
    from shipworthy.readiness.answers import BadTrust
    from shipworthy.readiness.trust import TrustRoot

    named = [part for each in trust for part in each.replace(",", " ").split()]
    if base and named:
        fail("--base and --trust are two different trust roots (SHIPWORTHY_BASE, SHIPWORTHY_TRUST count too)",
             "Give one of them.")  # fmt: skip
    try:
        if base:
            return TrustRoot.from_base(base)
        return TrustRoot.pinned(named) if named else None
    except BadTrust as error:
        fail(str(error), error.diagnostics)


def _document(assessment: Assessment, form: str, root: Path, trust: TrustRoot | None) -> str:
    if form == "json":
        from shipworthy.report import json

        return json.render(assessment)
    if form == "text":
        from shipworthy.report.text import TextReport

        return "\n".join(TextReport(verbose=True).lines(assessment)) + "\n"
    from shipworthy import __version__
    from shipworthy.report.page import Made, render
    from shipworthy.report.page_signed import signature_states

    now = datetime.now(UTC)
    signatures = signature_states(root, now, trust) if assessment.commit else ()
    return render(assessment, Made(at=now, version=__version__, signatures=signatures))


def _refuse(target: Path, root: Path, force: bool) -> None:
    """Fails where writing could hit something it was not meant for: a link, a special file, git's or the project's."""
    shown = str(target)
    try:
        folder = target.absolute().parent.resolve(strict=True)
    except (OSError, RuntimeError):
        fail(f"{shown}: there is no such folder", "Make the folder first, or name another file.")
    # A repository can hold a link to anywhere; one outside it is the user's own (like /tmp on some systems).
    inside = root.absolute()
    for each in target.absolute().parents:
        if each != inside and inside in each.parents and each.is_symlink():
            fail(f"{shown}: the folder {each} is a symbolic link of the repository", _OTHER)
    try:
        mode = (folder / target.name).lstat().st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    except OSError as error:
        fail(f"{shown}: {error.strerror}", _OTHER)
    if stat.S_ISLNK(mode):
        fail(f"{shown} is a symbolic link, and a report is written through none", _OTHER)
    if not stat.S_ISREG(mode) or target.name in ("", ".."):
        fail(f"{shown} is not an ordinary file", _OTHER)
    if {".git", ".shipworthy"} & {part.casefold() for part in folder.parts}:
        fail(f"{shown} lies in a folder that is not for reports", _OTHER)
    if not force:
        _refuse_tracked(folder, target)


def _refuse_tracked(folder: Path, target: Path) -> None:
    from shipworthy.git import Git, GitError, GitMissing
    from shipworthy.project.root import find_root

    top = find_root(folder)
    if not (top / ".git").exists():
        return
    again = "Name another file, or add --force to write over it."
    try:
        listed = Git(folder).run("ls-files", "-z", "--", ".").decode("utf-8", "surrogateescape")
    except (GitError, GitMissing) as error:
        fail(f"{target}: git could not say whether it tracks it: {error}", again)
    # Upper and lower case are one on many disks.
    if target.name.casefold() in (name.casefold() for name in listed.split("\0")):
        fail(f"{target} is a file that git tracks", again)


def _write(target: Path, document: str) -> None:
    from shipworthy.readiness.replace import replace

    folder = target.absolute().parent.resolve()
    try:
        replace(folder, {target.name: document.encode("utf-8", "backslashreplace")})
    except OSError as error:
        fail(f"{target} could not be written: {error.strerror}", "What was there before still is.")
