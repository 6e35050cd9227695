"""`shipworthy show`: a signed readiness file in words, for a person or as git's textconv."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shipworthy.text import visible

if TYPE_CHECKING:
    from shipworthy.readiness.dsse import Envelope
    from shipworthy.readiness.statement import StatedItem, Statement


def statement_lines(statement: Statement) -> list[str]:
    """The statement in words; every text goes through `visible`."""
    checklist = f"{visible(statement.checklist_name, 60)} {visible(statement.checklist_version, 40)}"
    lines = [
        f"{statement.verdict.value}  {visible(statement.repo, 120)} ({visible(statement.ref, 120)})",
        f"environment  {visible(statement.environment, 60)}, profile {visible(statement.profile, 60)}",
        f"source tree  {statement.tree}",
        f"author       {visible(statement.author, 120)}, {visible(statement.author_key, 80)}",
        f"valid        {statement.issued:%Y-%m-%d %H:%M} to {statement.expires:%Y-%m-%d %H:%M} UTC",
        f"checklist    {checklist}, shipworthy {visible(statement.tool_version, 40)}",
    ]
    if statement.advisories:
        lines.append(f"advisories   as of {visible(statement.advisories, 20)}")
    lines.append("")
    for item in statement.items:
        lines += _item_lines(item)
    for name, rows in sorted(statement.inventories.items()):
        lines += ["", f"{name}:", *(f"  {visible(row, 200)}" for row in rows)]
    return lines


def _item_lines(item: StatedItem) -> list[str]:
    outcome = item.outcome.value if item.outcome else "no machine"
    lines = [f"{visible(item.id, 60):<28} {outcome:<15} {visible(item.summary, 120)}".rstrip()]
    said = item.said
    if said is not None:
        what = "waived as not applicable" if said.not_applicable else said.kind.value
        lines.append(f"  {what} by {visible(said.by, 120)} until {said.expires:%Y-%m-%d}: {visible(said.words, 400)}")
        if said.named:
            lines.append(f"  evidence: {visible(said.named, 200)}")
    return lines


def _signature_lines(envelope: Envelope, statement: Statement) -> list[str]:
    """Every signature in the file with its role, valid or not, in the file's order."""
    from shipworthy.readiness import dsse, rules, sshsig

    message = dsse.pae(envelope.payload_type, envelope.payload)
    lines = []
    for each in envelope.signatures:
        text = each.sig.decode("ascii", "replace")
        try:
            namespace = sshsig.parse(text).namespace
            signed = sshsig.verify(text, message, namespace)
        except sshsig.BadSignature as error:
            lines.append(f"signature    NOT VALID: {visible(str(error), 200)}")
            continue
        role = {rules.AUTHOR: "author", rules.APPROVER: "approver"}.get(namespace, visible(namespace, 60))
        named = namespace == rules.AUTHOR and signed.fingerprint == statement.author_key
        notes = [signed.kind, *(["the author it names"] if named else []), *(["touched"] if signed.touched else [])]
        lines.append(f"signature    as {role} by {signed.fingerprint} ({', '.join(notes)})")
    return [*lines, "whether any of them counts: shipworthy verify"] if lines else ["signature    NONE"]


@click.command("show")
@click.argument("file", required=False, type=click.Path(dir_okay=False))
@click.option("--textconv", is_flag=True, help="For git: what is no readiness file is shown as it is, and is no error.")
def command(file: str | None, textconv: bool) -> None:
    """Show a readiness file (payload or envelope) in words. Default: that of the repository you stand in.

    As git's textconv: git config diff.shipworthy.textconv "shipworthy show --textconv", and in .git/info/attributes
    .shipworthy/readiness.*.json diff=shipworthy. Without it git stops at a damaged version.
    """
    from shipworthy.cli.common import fail, print_lines
    from shipworthy.readiness import dsse
    from shipworthy.readiness.statement import parse

    path = Path(file) if file else _default()
    try:
        with path.open("rb") as stream:
            data = stream.read(dsse.MAX_BYTES + 1)
    except OSError as error:
        fail(f"{path}: {error.strerror}", "Name a readiness file: shipworthy show FILE")
    try:
        whole = dsse.load_json(data)
        if isinstance(whole, dict) and "_type" in whole:
            lines = [*statement_lines(parse(data)), "", "signature    not in this file: see the .dsse.json beside it"]
        else:
            envelope = dsse.parse(data)
            statement = parse(envelope.payload)
            lines = [*statement_lines(statement), "", *_signature_lines(envelope, statement)]
    except dsse.Malformed as error:
        if textconv:
            text = data.decode("utf-8", "surrogateescape")
            print_lines([f"NOT A READINESS FILE: {error}", "", *(visible(row) for row in text.splitlines())])
            sys.exit(0)
        fail(f"{path} is not a readiness file: {error}", "It may be damaged or edited: sign again.", code=1)
    print_lines(lines)
    sys.exit(0)


def _default() -> Path:
    from shipworthy.project import Project
    from shipworthy.readiness.context import ENVIRONMENT
    from shipworthy.readiness.tree import FOLDER, readiness_names

    return Project.find_root(Path.cwd()) / FOLDER / readiness_names(ENVIRONMENT)[1]
