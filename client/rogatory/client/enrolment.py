# SPDX-License-Identifier: Apache-2.0
"""A person's own keys: a locked key file, a TLS key, and the public request that a registrar enrols.

Keys are made where they will be used and never leave; what travels is `enrolment.json`, which holds public keys only,
and its fingerprint, which is short enough to be read aloud. Enrolling is the registrar's act, not this module's. Formats:
cryptography §5; the URI of a device as in architecture §5.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rogatory.client.keyfile import DEFAULT_COST, Cost, lock
from rogatory.client.private_files import private_dir, require_new, write_private
from rogatory.client.profile import KEYS, pack_secrets
from rogatory.client.sealing.xwing import public_raw
from rogatory.client.signing_requests import device_request
from rogatory.protocol.header import Address, require
from rogatory.protocol.ids import Entropy, SystemEntropy
from rogatory.protocol.keys import Alg, Ed25519Signer, P256Signer, Signer, key_id, signer_id

FORM: Final = "rogatory/device-enrolment/1"
SIGNING_ALGS: Final = (Alg.ED25519, Alg.P256)


@dataclass(frozen=True, slots=True)
class KeysMade:
    """What was written. ``key_id`` and ``unit_key_id`` (empty without a unit key) are what a registrar compares."""

    folder: str
    enrolment: str
    subject: bytes
    alg: str
    key_id: bytes
    unit_key_id: bytes
    tls_spki: bytes


def new_keys(
    folder: Path,
    unit: Address,
    passphrase: str,
    alg: Alg = Alg.ED25519,
    *,
    unit_key: bool = False,
    entropy: Entropy | None = None,
    cost: Cost = DEFAULT_COST,
) -> KeysMade:
    """Make the keys of a new person or service.

    Args:
        folder: Where to write; must be new or empty.
        unit: The unit that the registrar named.
        passphrase: Locks the key file.
        alg: ``ED25519`` or ``P256``.
        unit_key: Make the unit's sealing key too; for the first member of a unit.
        entropy: Where keys and the subject's id come from.
        cost: Argon2id parameters.

    Raises:
        Invalid: The folder is not empty, or the passphrase is.
    """
    require_new(folder)
    require(alg in SIGNING_ALGS, "alg", "ALGORITHM")
    source = entropy or SystemEntropy()
    subject, seed = source.token(16), source.token(32)
    unit_seed = source.token(32) if unit_key else b""
    signer: Signer = Ed25519Signer(seed) if alg == Alg.ED25519 else P256Signer(seed)
    tls = device_request(unit.org, subject)
    locked = lock(pack_secrets(seed, alg, [(unit, unit_seed)] if unit_seed else []), passphrase, cost)
    private_dir(folder)
    private_dir(folder / "tls")
    write_private(folder / KEYS, locked)
    write_private(folder / "tls" / "key.pem", tls.key)
    public: dict[str, Any] = {
        "form": FORM,
        "org": unit.org.hex(),
        "unit": unit.unit.hex(),
        "subject": subject.hex(),
        "signing_key": {"alg": signer.public_key.alg, "raw": signer.public_key.raw.hex()},
        "sealing_key": public_raw(unit_seed).hex() if unit_seed else "",
        "tls_spki": tls.spki.hex(),
        "certificate_request": tls.request.decode(),
    }
    write_private(folder / "enrolment.json", json.dumps(public, indent=2).encode() + b"\n")
    return KeysMade(
        folder=str(folder),
        enrolment=str(folder / "enrolment.json"),
        subject=subject,
        alg=alg.name,
        key_id=signer_id(signer),
        unit_key_id=key_id(Alg.X_WING, public_raw(unit_seed)) if unit_seed else b"",
        tls_spki=tls.spki,
    )
