# SPDX-License-Identifier: Apache-2.0
"""`rogatory keys`: a person's own keys. Secrets are never printed, and never leave the folder in which they were made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from rogatory.client.cli.command import call, command, group
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.render.tree import Section, bytes_row, list_row, text_row, time_row
from rogatory.client.cli.session import Run, UsageError
from rogatory.client.enrolment import SIGNING_ALGS, KeysMade, new_keys
from rogatory.client.session import Session
from rogatory.protocol.header import Address
from rogatory.protocol.keys import Alg

app = group("keys", "Make and list your own keys.")


@dataclass(frozen=True, slots=True)
class KeyListed:
    """A key of the profile's holder as the verified directory has it."""

    use: str
    alg: str
    key_id: bytes
    status: str
    roles: tuple[str, ...] = ()
    valid_from_ms: int = 0
    valid_until_ms: int = 0


@dataclass(frozen=True, slots=True)
class KeyList:
    """The keys of a profile's holder and unit."""

    profile: str
    subject: bytes
    keys: tuple[KeyListed, ...]


@command(app, "new", prefix="keys")
def new(
    run: Run,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New or empty folder.")],
    org: Annotated[str, typer.Option(metavar="HEX", help="Organisation id, from your registrar.")],
    unit: Annotated[str, typer.Option(metavar="HEX", help="Unit id, from your registrar.")],
    alg: Annotated[
        str, typer.Option(metavar="ED25519|P256", help="Algorithm of the signing key.")
    ] = "ED25519",
    unit_key: Annotated[bool, typer.Option("--unit-key", help="Make the unit's sealing key too.")] = False,
) -> Exit | None:
    """Make a signing key, a TLS key and a request for enrolment.

    The key file is locked by your passphrase. The file enrolment.json holds public keys only: give it to your registrar
    and read the key id aloud, so that both of you know it is the same.

    Examples:
      rogatory keys new ./my-keys --org 0123456789abcdef0123456789abcdef --unit 00112233445566778899aabbccddeeff
    """
    names = {item.name: item for item in SIGNING_ALGS}
    if alg not in names:
        raise UsageError("--alg is ED25519 or P256.", "--alg", "VOCABULARY")
    address = Address(_identity(org, "--org"), _identity(unit, "--unit"))
    made = new_keys(folder, address, run.new_passphrase(), names[alg], unit_key=unit_key)
    run.output.result(run.command, made, _made(made))
    run.output.say("Next: give enrolment.json to your registrar and compare the key id by voice.")
    return None


@command(app, "list", prefix="keys")
def list_keys(run: Run) -> Exit | None:
    """List your keys and their state in the directory, without a passphrase.

    Examples:
      rogatory keys list --profile investigator
    """

    async def work(session: Session) -> KeyList:
        return _listed(session)

    found = call(run, work, fallback=True)
    run.output.result(run.command, found, _list(found))
    return None


def _listed(session: Session) -> KeyList:
    me = session.me
    rows = [
        row for row in session.directory.trust_list.keys if row.subject == me.subject and row.org == me.org
    ]
    keys = [
        KeyListed(
            "SIGN",
            Alg(row.alg).name,
            row.key_id,
            row.status.name,
            row.roles,
            row.valid_from_ms,
            row.valid_until_ms,
        )
        for row in rows
    ]
    unit = session.directory.unit(me.address)
    if unit.sealing_key:
        keys.append(KeyListed("UNIT_SEALING", Alg.X_WING.name, unit.key_id, unit.status.name))
    return KeyList(session.profile.config.name, me.subject, tuple(keys))


def _identity(text: str, option: str) -> bytes:
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != 16:
        raise UsageError(f"{option} takes 32 hexadecimal digits.", option, "HEX")
    return value


def _made(made: KeysMade) -> Section:
    return Section(
        "New keys",
        (
            text_row("folder", made.folder),
            text_row("for your registrar", made.enrolment),
            bytes_row("you are", made.subject),
            text_row("algorithm", made.alg),
            bytes_row("key id", made.key_id),
            bytes_row("unit key id", made.unit_key_id),
            bytes_row("TLS key digest", made.tls_spki),
        ),
    )


def _list(found: KeyList) -> Section:
    sections = []
    for key in found.keys:
        rows = [
            text_row("algorithm", key.alg),
            bytes_row("key id", key.key_id),
            text_row("status", key.status),
        ]
        if key.valid_until_ms:
            rows += [
                list_row("roles", key.roles),
                time_row("valid from", key.valid_from_ms),
                time_row("not valid from", key.valid_until_ms),
            ]
        sections.append(
            Section("Signing key" if key.use == "SIGN" else "Sealing key of the unit", tuple(rows))
        )
    return Section("Keys", (bytes_row("you are", found.subject), *sections))
