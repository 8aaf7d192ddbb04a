# SPDX-License-Identifier: Apache-2.0
"""Prints the reference pages, so that they can never say something else than the program.

`python -m rogatory.client.cli.reference docs` writes `docs/commands.md`, `docs/json.md`, and what `law_pages`
prints; a test compares. It is not
part of the command itself.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer
from typer.main import get_command

from rogatory.client.cli.catalogue import CATALOGUE, RULES
from rogatory.client.cli.exits import MEANINGS
from rogatory.client.cli.law_pages import lifecycle_page, packs_page
from rogatory.client.cli.main import app
from rogatory.client.cli.misuse import USAGE_RULES
from rogatory.client.cli.schema import schema, table

WIDTH: Final = 100
_COMMANDS: Final = """# Commands

Printed from the program by `python -m rogatory.client.cli.reference docs`; a test holds both together.
Every command takes `--json`, `--plain`, `--profile` and `--passphrase-file`; those that sign take `--yes`, except for
grants and emergencies, where a word must be typed in full. Results go to standard output, everything else to standard
error.
"""
_JSON: Final = """# Output of `--json`

Printed from the program by `python -m rogatory.client.cli.reference docs`; a test holds both together.

Each command writes exactly one JSON object on standard output, in ASCII: `command`, `ok`, `exit` (the exit code), and
either `result` or `error`. Where signed statements waited in the outbox, `outbox` says what became of them; they go before
the command's own work and change neither its result nor its exit code. `request watch` has no end, so it writes one `WatchedResult` on each line instead.
Ids, digests, keys and signed bytes are lower-case hex. Fields that end in `_ms` are milliseconds since
1970-01-01T00:00:00Z. `draft` in the result of `request new` and `request preview` is what `request new --from-json`
takes: `rogatory request preview DRAFT --json | rogatory request new --from-json -` changes nothing.

An `error` has `code`, `field` and `rule`, which stay what they are, and `what` and `next`, which are sentences. None of them
ever holds a value: nothing of what was typed or of what stands in a file. The code `USAGE` (exit 2) is for command lines and
for files that they name; its field is an option or argument as the help writes it, or a path into the file. Files that a
profile holds give the codes below, with a field such as `profile`, `profile.tls.cert`, `key_file`, `draft`, `outbox`, `state`.
The code `FAULT` (exit 1) is a fault of this program, with the fault's name as its rule.
"""


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:  # noqa: ANN401 - typer's own classes
    """Yield every command below one, with its path of words."""
    for name, item in command.commands.items():
        if hasattr(item, "commands"):
            yield from leaves(item, (*path, name))
        else:
            yield (*path, name), item


def help_of(path: tuple[str, ...], command: Any) -> str:  # noqa: ANN401 - typer's own classes
    """Return the help of a command, at a fixed width."""
    context = typer.Context(command, info_name=" ".join(("rogatory", *path)), terminal_width=WIDTH)
    text: str = command.get_help(context)
    return "\n".join(line.rstrip() for line in text.splitlines())


def commands_page() -> str:
    """Return the page of commands."""
    parts = [_COMMANDS, "| exit code | meaning |\n|---|---|"]
    parts[-1] += "".join(f"\n| {code.value} | {words} |" for code, words in MEANINGS.items())
    for path, command in sorted(leaves(get_command(app)), key=lambda pair: pair[0]):
        parts.append(f"\n## rogatory {' '.join(path)}\n\n```text\n{help_of(path, command)}\n```")
    return "\n".join(parts) + "\n"


def json_page() -> str:
    """Return the page of `--json`."""
    rows = "".join(f"\n| `{name}` | {classes} |" for name, classes in table())
    codes = "".join(
        f"\n| `{code}` | {item.what} | {item.advice} |" for code, item in sorted(CATALOGUE.items())
    )
    rules = "".join(f"\n| `{rule}` | {item.what} | {item.advice} |" for rule, item in sorted(RULES.items()))
    usage = "".join(f"\n| `{rule}` | {words} |" for rule, words in USAGE_RULES)
    return (
        f"{_JSON}\n## Which command writes what\n\n| command | result |\n|---|---|{rows}\n"
        f"\n## Codes\n\n| code | what happened | what to do |\n|---|---|---|{codes}\n"
        f"\nRules of the client that say more than their code:\n\n| rule | what happened | what to do |\n"
        f"|---|---|---|{rules}\n\nRules of the code `USAGE`; a draft or plan that does not have its form gives the form's rules (`TYPE`,\n"
        f"`UNKNOWN_FIELD` and so on), and what the system refuses gives `SYSTEM.` and the system's name of the error:\n\n"
        f"| rule | what is wrong |\n|---|---|{usage}\n\n## Schema\n\n```json\n{json.dumps(schema(), indent=1)}\n```\n"
    )


def write(folder: Path) -> None:
    """Write every page into a folder."""
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8", newline="\n")


PAGES: Final = {
    "commands.md": commands_page,
    "json.md": json_page,
    "lifecycle.md": lifecycle_page,
    "packs.md": packs_page,
}


if __name__ == "__main__":
    write(Path(sys.argv[1]))
