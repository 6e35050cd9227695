"""The commands by name, each loaded only when it is called, and how their errors end the program."""

from __future__ import annotations

from importlib import import_module

import click

from shipworthy import __version__

# Command -> (module below shipworthy.cli that holds a click command named `command`, what it does).
COMMANDS: dict[str, tuple[str, str]] = {
    "coach": ("coach", "Open the coach on a repository (what `shipworthy` alone does)."),
    "serve": ("serve", "Open the coach in a browser on this machine, by a link that works once."),
    "check": ("check", "Examine a repository and print the verdict; exit 0 only when READY."),
    "report": ("report", "Put an examination on paper: one HTML page for a lead or an auditor, text or JSON."),
    "prompt": ("prompt", "Print what to give an AI assistant about an open item: bounded, and without any secret."),
    "facts": ("facts", "Print what was found of one area as JSON."),
    "fix": ("fix", "Show what a machine would change for an item; apply it after a yes, or take it back."),
    "form": ("form", "Answer the short questions about what only a person knows; list them and their state."),
    "rotated": ("rotated", "Record that a leaked key was replaced where it was issued, and on which day."),
    "attest": ("decide", "Say that an item is true, with evidence, until a date."),
    "waive": ("decide", "Accept that an item is open, with a reason, until a date."),
    "undo": ("decide", "Take back what was attested or waived."),
    "sign": ("sign", "Write and sign the readiness file for this tree."),
    "show": ("show", "Show a signed readiness file in words."),
    "review": ("review", "As the second person: look at a signed file, and answer what people claim in it."),
    "approve": ("approve", "Countersign a reviewed readiness file."),
    "send-back": ("send_back", "Send items of a signed file back to its author, with remarks."),
    "diff": ("diff", "Show what changed since the last sign-off."),
    "verify": ("verify", "Decide whether a commit may be deployed: exit 0 only when it is ready."),
    "key": ("key", "Make and list signing keys; say whose key counts in this repository."),
    "init": ("init", "Set a repository up: a policy, git attributes, CI that checks readiness."),
    "policy": ("policy", "Lint the policy and who may sign, or explain in plain words what is in force."),
    "checklist": ("checklist", "Lint a checklist or show the one in force."),
    "hook": ("hook", "Look for secrets in what is about to be committed; put that into git's commit hook."),
    "secret": ("secret", "List the secrets that were found; let one stand, with a reason and until a date."),
    "demo": ("demo", "Try shipworthy on a small app with faults, made for the purpose."),
}


class Commands(click.Group):
    """Loads a command's module when the command is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"shipworthy.cli.{COMMANDS[cmd_name][0]}")
        found = getattr(module, "commands", {}).get(cmd_name) or module.command
        assert isinstance(found, click.Command)  # noqa: S101 - a command module without a command is a bug
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # From the table, so that `--help` loads no command.
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="shipworthy")
@click.option("--plain", is_flag=True, help="Without a command: the coach in numbered lines, for a screen reader.")
@click.pass_context
def cli(ctx: click.Context, plain: bool) -> None:
    """The production-readiness coach for AI-built apps.

    Without a command it opens the coach on the repository you stand in.
    """
    if ctx.invoked_subcommand is None:
        coach = cli.get_command(ctx, "coach")
        assert coach is not None  # noqa: S101 - it is in the table above
        ctx.invoke(coach, plain=plain)
    elif plain:
        raise click.UsageError(
            f"--plain goes with the coach alone: shipworthy --plain, not with {ctx.invoked_subcommand}"
        )


def run() -> int | str | None:
    """Run what the arguments ask for; the exit code, as `sys.exit` takes it. Raises KeyboardInterrupt."""
    try:
        code: int | str | None = cli(prog_name="shipworthy", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort as error:
        raise KeyboardInterrupt from error
    return code
