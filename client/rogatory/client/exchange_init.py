# SPDX-License-Identifier: Apache-2.0
"""The keys of an operational exchange: its log's, its own, and a request for a TLS certificate. Nothing else.

An operator must never be able to make an officer or a root, so this makes neither: roots, trust lists and packs come
signed from the scheme's own people, and what they need from here is public (`enrolment.json`). The folder has the shape
that `rogatory-server` reads; it starts once certificate, client authority and scheme files have been put in.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from rogatory.client.ceremony import LogKeys
from rogatory.client.private_files import private_dir, require_new, write_private
from rogatory.client.realm_files import _CONFIG as SETTINGS  # one text of the settings for both ceremonies
from rogatory.client.signing_requests import server_request
from rogatory.protocol.header import require
from rogatory.protocol.ids import Entropy, SystemEntropy
from rogatory.protocol.keys import Ed25519Signer, signer_id


@dataclass(frozen=True, slots=True)
class ExchangeMade:
    """What was written: settings, the file to hand to the scheme's people, what is still missing."""

    config: str
    enrolment: str
    log_origin: str
    key_id: bytes
    missing: tuple[str, ...]


def init_exchange(
    folder: Path, origin: str, host: str, listen: str, entropy: Entropy | None = None
) -> ExchangeMade:
    """Make an exchange's keys in a folder that does not exist yet or is empty.

    Args:
        folder: Where to write.
        origin: Name of the log (C2SP checkpoint origin), such as ``log.example.org/2026``.
        host: Host name that clients will use.
        listen: Host and port to listen on.
        entropy: Where keys come from.

    Raises:
        Invalid: The folder is not empty, or a name is.
    """
    require_new(folder)
    require(origin and host and ":" in listen, "exchange", "NAMES")
    source = entropy or SystemEntropy()
    log = LogKeys(origin, source.token(32), source.token(32))
    seed, clock = source.token(32), source.token(32)
    signer, tls = Ed25519Signer(seed), server_request(host)
    clock_key = Ed25519Signer(clock).public_key
    for name in ("", "tls", "data", "data/keys", "scheme", "scheme/packs"):
        private_dir(folder / name)
    seeds = {"log-ed25519": log.ed25519, "log-ml-dsa-44": log.ml_dsa_44, "exchange": seed, "clock": clock}
    for name, value in seeds.items():
        write_private(folder / "data" / "keys" / f"{name}.seed", value.hex().encode() + b"\n")
    write_private(folder / "tls" / "exchange.key", tls.key)
    write_private(folder / "tls" / "exchange.csr", tls.request)
    write_private(folder / "config.toml", SETTINGS.format(listen=listen).encode())
    public = {
        "form": "rogatory/exchange-enrolment/1",
        "log_origin": origin,
        "log_vkeys": [vkey.decode() for vkey in log.vkeys()],
        "exchange_key": {"alg": signer.public_key.alg, "raw": signer.public_key.raw.hex()},
        "clock_key": {"alg": clock_key.alg, "raw": clock_key.raw.hex()},
        "tls_spki": tls.spki.hex(),
        "certificate_request": tls.request.decode(),
    }
    write_private(folder / "enrolment.json", json.dumps(public, indent=2).encode() + b"\n")
    return ExchangeMade(
        config=str(folder / "config.toml"),
        enrolment=str(folder / "enrolment.json"),
        log_origin=origin,
        key_id=signer_id(signer),
        missing=(
            "tls/exchange.pem",
            "tls/clients.pem",
            "scheme/root.quorum",
            "scheme/trust-list.quorum",
            "scheme/packs/*.quorum",
        ),
    )
