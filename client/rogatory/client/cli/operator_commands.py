# SPDX-License-Identifier: Apache-2.0
"""`rogatory operator`: what runs an exchange, and a training realm to learn on.

A production init makes the exchange's own keys and nothing else; a training init makes a whole invented realm. Neither
starts a server: that is `rogatory-server`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rogatory.client.cli.command import command, group
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.render.tree import Section, bytes_row, list_row, text_row
from rogatory.client.cli.session import Run, UsageError
from rogatory.client.exchange_init import ExchangeMade, init_exchange
from rogatory.client.pack_library import DEFAULT_PACK
from rogatory.client.realm_init import DEFAULT_LISTEN, TrainingMade, init_training

app = group("operator", "Set up an exchange, or a training realm.")


@command(app, "init", prefix="operator")
def init(
    run: Run,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New or empty folder.")],
    training: Annotated[
        bool, typer.Option("--training", help="A whole invented realm, marked EXERCISE.")
    ] = False,
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where the exchange listens.")
    ] = DEFAULT_LISTEN,
    log_origin: Annotated[str, typer.Option(metavar="NAME", help="Name of the log (not for training).")] = "",
    host: Annotated[str, typer.Option(metavar="HOST", help="Name that clients use (not for training).")] = "",
    pack: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PACK", help="Regime of a training realm, again for more; all for every one that ships."
        ),
    ] = None,
) -> Exit | None:
    """Make the keys and folders of an exchange.

    With --training: a realm with invented parties and one profile for each person, all under one passphrase. Without:
    only the exchange's own keys and a request for its certificate; people and roots make their own keys elsewhere.

    Examples:
      rogatory operator init --training ./realm --passphrase-file pass.txt
      rogatory operator init ./exchange --log-origin log.example.org/2026 --host exchange.example.org
    """
    if training:
        passphrase = run.new_passphrase()
        with run.output.progress("locking key files", entries=True) as report:
            made = init_training(folder, passphrase, listen, packs=pack or (DEFAULT_PACK,), progress=report)
        run.output.result(run.command, made, _training(made))
        return None
    if not log_origin or not host:
        raise UsageError(
            "Name the log and the host: --log-origin NAME --host HOST, or use --training.",
            "--log-origin",
            "PRESENT",
        )
    exchange = init_exchange(folder, log_origin, host, listen)
    run.output.result(run.command, exchange, _exchange(exchange))
    run.output.say("Hand enrolment.json to the people who sign the directory; it holds public keys only.")
    run.output.say("Put in what is still missing, then start: rogatory-server --config config.toml")
    return None


def _training(made: TrainingMade) -> Section:
    profiles = tuple(
        Section(
            item.name,
            (text_row("who", item.label), text_row("role", item.role), text_row("folder", item.folder)),
        )
        for item in made.profiles
    )
    return Section(
        "Training realm: EXERCISE, everybody in it is invented",
        (
            bytes_row("fingerprint", made.realm),
            text_row("exchange", made.address),
            text_row("settings", made.config),
            list_row("regime packs", made.packs),
            Section("Profiles", profiles),
        ),
    )


def _exchange(made: ExchangeMade) -> Section:
    return Section(
        "Keys of the exchange",
        (
            text_row("settings", made.config),
            text_row("for the directory", made.enrolment),
            text_row("log", made.log_origin),
            bytes_row("key id", made.key_id),
            list_row("still missing", made.missing),
        ),
    )
