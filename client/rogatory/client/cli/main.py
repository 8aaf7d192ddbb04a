# SPDX-License-Identifier: Apache-2.0
"""The root of the `rogatory` command: groups, version, and what happens to a command line that makes no sense.

The only place that ends the process. It parses nothing itself and holds no command.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated

import typer
from typer.main import get_command

from rogatory.client.cli import (
    aftermath_commands,
    answer_commands,
    audit_commands,
    authority_commands,
    bundle_commands,
    carry_commands,
    declared_commands,
    directory_commands,
    duty_commands,
    exhibit_commands,
    keys_commands,
    letter_commands,
    log_commands,
    operator_commands,
    provider_commands,
    question_commands,
    radar_commands,
    request_commands,
    review_commands,
    scope_commands,
    second_commands,
    template_commands,
    term_commands,
    xray_commands,
)
from rogatory.client.cli.exits import MEANINGS, Exit
from rogatory.client.cli.misuse import misuse
from rogatory.client.cli.output import Output

_HELP = """Signed preservation and disclosure requests, sealed answers, and a log that anyone can check.

\b
Exit codes:
""" + "\n".join(f"  {code.value}  {words}" for code, words in MEANINGS.items())

app = typer.Typer(
    name="rogatory",
    help=_HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
# Modules that add to somebody else's group are named for their effect.
ADDED = (
    aftermath_commands,
    answer_commands,
    declared_commands,
    carry_commands,
    letter_commands,
    exhibit_commands,
    log_commands,
    question_commands,
    radar_commands,
    review_commands,
    scope_commands,
    second_commands,
    template_commands,
    term_commands,
    xray_commands,
)
for _group in (
    request_commands.app,
    authority_commands.app,
    provider_commands.app,
    audit_commands.app,
    directory_commands.app,
    duty_commands.app,
    keys_commands.app,
    operator_commands.app,
):
    app.add_typer(_group)
bundle_commands.register(app)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"rogatory {version('rogatory')}")
        raise typer.Exit


@app.callback()
def root(
    show: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Take options that stand before the command's name."""
    del show


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code.

    Args:
        arguments: As the shell gives them, without the program's name.
    """
    tree = get_command(app)
    try:
        code = tree.main(list(arguments), prog_name="rogatory", standalone_mode=False)
    except typer.Abort:
        return int(Exit.USAGE)
    except typer.TyperException as error:
        output = Output(json="--json" in arguments)
        wrong = misuse(error, arguments, tree)
        said = wrong.sentence if output.json or wrong.is_help else f"{wrong.sentence} See --help."
        return int(output.usage(wrong.command, said, wrong.field, wrong.rule))
    return int(code or 0)


def main() -> None:
    """Entry point of the installed command."""
    sys.exit(run(sys.argv[1:]))
