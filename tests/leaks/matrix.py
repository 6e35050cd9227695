"""Every command of the program with every way of printing, as it is run on the planted repository, in this order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

import click

from shipworthy.cli.facts import AREAS
from shipworthy.cli.group import cli
from shipworthy.facts.forms import forms

Rows = tuple[tuple[str, ...], ...]
FORMS = tuple(form.id for form in forms())

# What stands in braces is filled in by the test: a fingerprint, a planted value, a folder, this machine's own key.
MATRIX: Mapping[tuple[str, ...], Rows] = {
    ("check",): (
        ("-v",), ("--format", "text"), ("--format", "json"), ("--no-cache", "--run-tests"), ("--host",),
        ("--item", "secrets-not-in-tree"),
    ),
    ("report",): (
        *(("--format", each, "--run-tests") for each in ("html", "text", "json")),
        ("-o", "{tmp}/page.html"),
    ),
    ("prompt",): (("--all",), *((each,) for each in ("secrets-not-in-tree", "tests-not-skipped", "key-rotation"))),
    ("facts",): (*((each,) for each in AREAS), ("secrets", "--history")),
    ("form",): ((), *((each, how) for each, how in product(FORMS, ("--show", "--template")))),
    ("secret", "list"): ((),),
    ("secret", "allow"): (
        *(("{fingerprint}", "-m", said) for said in ("made up", "it is {value}")),
        ("{value}", "-m", "made up"),
    ),
    ("secret", "undo"): (("{fingerprint}",), ("{value}",)),
    ("rotated",): (
        ("{fingerprint}", "--on", "today"),
        ("{fingerprint}", "--on", "today", "--note", "it was {value}"),
        ("{value}", "--on", "today"),
    ),
    ("attest",): (("data-map", "-m", "I drew it."), ("data-map", "-m", "it is {value}"),
                  ("data-map", "-m", "so", "-e", "https://x:{value}@a.example/")),
    ("waive",): (("lockfile", "-m", "Later."), ("lockfile", "-m", "because {value}")),
    ("undo",): (("lockfile",),),
    ("fix",): (),  # for each item, below
    ("hook", "install"): ((),),
    ("hook", "status"): ((),),
    ("hook", "run"): ((), ("--all",)),
    ("hook", "uninstall"): ((),),
    ("policy", "lint"): ((),),
    ("policy", "explain"): (("--format", "text"), ("--format", "json")),
    ("checklist", "lint"): ((), (".shipworthy/policy.toml",)),
    ("checklist", "show"): (("--format", "text"), ("--format", "json")),
    ("init",): (("--dry-run", "--ci", "github"), ("--dry-run", "--ci", "gitlab"), ("--yes", "--ci", "none")),
    ("key", "new"): ((),),
    ("key", "list"): (("--format", "text"), ("--format", "json")),
    ("key", "show"): ((),),
    ("key", "trust"): (("shipworthy", "--as", "ada@example.org"), ("{value}", "--as", "ada@example.org")),
    ("sign",): (("--yes", "--key", "shipworthy", "--commit"),),
    ("show",): ((), ("--textconv", ".shipworthy/readiness.production.json")),
    ("diff",): (("--format", "human"), ("--format", "json")),
    ("review",): (
        ("--trust", "{key}", "--format", "human"), ("--trust", "{key}", "--format", "json"),
        ("--trust", "{key}", "--plain"),
    ),
    ("send-back",): (("lockfile", "--remark", "Say more."), ("lockfile", "--remark", "it is {value}")),
    ("approve",): (("--yes", "--trust", "{key}", "--key", "shipworthy"),),
    ("verify",): (
        *(("--trust", "{key}", "--format", each) for each in ("human", "json", "github", "junit")),
        ("--trust", "{key}", "--rerun"),
    ),
    ("key", "rotate"): ((),),
    ("key", "revoke"): (("ada@example.org",), ("{value}",)),
    ("coach",): ((), ("--plain",)),
    ("serve",): (("--help",),),  # it shows the coach, which the screens are tested with
    ("demo",): (("--plain",),),
}  # fmt: skip

# What prints the same in another size, order or colour, or says only what to examine.
SAME = {("coach", "--theme"), ("serve", "--theme"), ("init", "--profile"), ("checklist show", "--profile"),
        ("key trust", "--role")}  # fmt: skip


def commands() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command there is, by its words."""

    def walk(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
        if not isinstance(command, click.Group):
            yield words, command
            return
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from walk(below, (*words, name))

    yield from walk(cli, ())


def choices() -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Every choice of every option and argument: the command's words, the option's name, the choice."""
    for words, command in commands():
        for parameter in command.params:
            name = parameter.opts[0]
            if isinstance(parameter.type, click.Choice) and (" ".join(words), name) not in SAME:
                yield from ((words, name, choice) for choice in parameter.type.choices)
