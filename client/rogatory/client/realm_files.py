# SPDX-License-Identifier: Apache-2.0
"""Writes what a ceremony made: the exchange's folder and the realm's public files.

    DIR/realm/                 root.quorum trust-list.quorum packs/*.quorum fingerprint
    DIR/server/config.toml     settings of the exchange
    DIR/server/tls/            exchange.pem exchange.key clients.pem
    DIR/server/data/keys/      log-ed25519.seed log-ml-dsa-44.seed exchange.seed clock.seed (32 bytes as hex, 0600)
    DIR/server/scheme/         what the exchange logs at its first start, same files as DIR/realm
    DIR/server/data/           otherwise the exchange's own

Profiles of people are written by ``rogatory.client.profile``. Nothing here overwrites a file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from rogatory.client.ceremony import Realm

EXCHANGE: Final = "exchange"
CLOCK: Final = "clock"
_CONFIG: Final = """\
# Settings of the exchange. Paths are relative to this file. Environment variables ROGATORY_... override.
listen = "{listen}"
data_dir = "data"
scheme_dir = "scheme"

[tls]
certificate = "tls/exchange.pem"
key = "tls/exchange.key"
client_ca = "tls/clients.pem"

[keys]
log_ed25519 = "data/keys/log-ed25519.seed"
log_ml_dsa_44 = "data/keys/log-ml-dsa-44.seed"
exchange = "data/keys/exchange.seed"
clock = "data/keys/clock.seed"
"""


def write_scheme(realm: Realm, folder: Path) -> None:
    """Write root, trust list and packs (exact quorum bytes) into a new folder.

    Raises:
        FileExistsError: Something is there already.
    """
    _folder(folder)
    _folder(folder / "packs")
    _write(folder / "root.quorum", realm.root)
    _write(folder / "trust-list.quorum", realm.trust_list)
    for name, data in realm.packs.items():
        _write(folder / "packs" / f"{name}.quorum", data)
    _write(folder / "fingerprint", realm.fingerprint.hex().encode() + b"\n")


def write_server(realm: Realm, folder: Path, listen: str = "127.0.0.1:0") -> Path:
    """Write the exchange's folder and return the path of its settings file.

    Args:
        realm: What the ceremony made.
        folder: A folder that does not exist yet.
        listen: Address and port; port 0 lets the system choose.

    Raises:
        FileExistsError: Something is there already.
    """
    for name in ("", "tls", "data", "data/keys"):
        _folder(folder / name)
    _write(folder / "tls" / "exchange.pem", realm.server.certificate)
    _write(folder / "tls" / "exchange.key", realm.server.key)
    _write(folder / "tls" / "clients.pem", realm.authority.certificate)
    seeds = {
        "log-ed25519": realm.log.ed25519,
        "log-ml-dsa-44": realm.log.ml_dsa_44,
        "exchange": realm.members[EXCHANGE].seed,
        "clock": realm.members[CLOCK].seed,
    }
    for name, seed in seeds.items():
        _write(folder / "data" / "keys" / f"{name}.seed", seed.hex().encode() + b"\n")
    write_scheme(realm, folder / "scheme")
    config = folder / "config.toml"
    _write(config, _CONFIG.format(listen=listen).encode())
    return config


def _folder(path: Path) -> None:
    path.mkdir(mode=0o700, parents=True)


def _write(path: Path, data: bytes) -> None:
    # Created with its mode, so that a secret is at no moment readable to others; O_EXCL never follows a planted link.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
