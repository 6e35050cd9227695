"""`shipworthy send-back`: tell the author what has to change before it is approved, in a file that is committed."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from shipworthy.cli.common import asks, fail, print_lines, root_of
from shipworthy.cli.lead import failing
from shipworthy.text import plural, visible

_VOID = (
    "the author's signature does not count any more once this is committed: .shipworthy/remarks.toml is part of what",
    "is signed. The author answers, clears the remark (shipworthy send-back --clear ITEM), and signs again.",
)


@click.command("send-back")
@click.argument("words", nargs=-1, metavar="[PATH] [ITEM]...")
@click.option("--remark", "-m", multiple=True, metavar="TEXT", help="What has to change: one for each ITEM, in order.")
@click.option("--clear", multiple=True, metavar="ITEM", help="As the author: the remarks about ITEM are answered.")
@click.option("--environment", metavar="NAME", help="Of which file? Default: the first the policy names.")
@click.option("--commit/--no-commit", default=None, help="Make the commit, or do not. Default: ask.")
def command(
    words: tuple[str, ...],
    remark: tuple[str, ...],
    clear: tuple[str, ...],
    environment: str | None,
    commit: bool | None,
) -> None:
    """Send ITEM of the signed readiness file back to its author, with a remark.

    It is written to .shipworthy/remarks.toml under your git identity. Without an ITEM: everything you sent back in
    `shipworthy review`.
    """
    items, path = words, None
    if len(words) == len(remark) + 1:
        path, items = words[0], words[1:]
    if len(items) != len(remark):
        fail("each ITEM takes one --remark", "shipworthy send-back ITEM --remark TEXT")
    if clear and items:
        fail("--clear is the author's answer to a remark, and does not go with a new one", "Do one after the other.")
    root = root_of(path)
    if not root.is_dir():
        fail(f"{root}: no such folder, and no item with a remark", "shipworthy send-back ITEM --remark TEXT")
    with failing("send back"):
        if clear:
            _clear(root, clear)
        else:
            _send(root, list(zip(items, remark, strict=True)), environment, commit)


def _clear(root: Path, items: tuple[str, ...]) -> None:
    from shipworthy.approval import clear_remarks

    gone = clear_remarks(root, items)
    missing = [item for item in items if item not in {each.item for each in gone}]
    print_lines([f"cleared: {plural(len(gone), 'remark')}; sign again when all is answered: shipworthy sign"])
    if missing:
        fail(f"there is no remark about {', '.join(missing)}", "See them in .shipworthy/remarks.toml")


def _send(root: Path, rows: list[tuple[str, str]], environment: str | None, wanted: bool | None) -> None:
    from shipworthy.approval import SEND_BACK_COMMAND, commit_remarks, kept_back, send_back
    from shipworthy.readiness.review import remark_line

    environment = environment or _environment(root)
    rows = rows or kept_back(root, environment)
    remarks = send_back(root, rows, environment, datetime.now(UTC))
    print_lines([*map(remark_line, remarks), "written to .shipworthy/remarks.toml", *_VOID])
    if wanted is None and asks():
        wanted = click.confirm("Make exactly this commit now?", default=True, err=True)
    if not wanted:
        print_lines(["commit it, or the author does not see it:", f"  {SEND_BACK_COMMAND}"])
        return
    print_lines([f"committed as {commit_remarks(root)[:12]}"])
    sys.exit(0)


def _environment(root: Path) -> str:
    from shipworthy.assess.rules import RulesError, read_rules

    try:
        return read_rules(root).policy.environment
    except RulesError as error:
        fail(f"{visible(str(error), 400)}", error.diagnostics)
