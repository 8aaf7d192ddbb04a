# SPDX-License-Identifier: Apache-2.0
"""A profile: one person's (or service's) folder with identity, pinned realm, locked keys and everything received.

Layout (0700): ``profile.json``, ``keys.rogatory`` (passphrase-locked), ``tls/``, and the folders of ``FOLDERS``. Names
in the book are the holder's own words for ids; the directory has none. This module reads and writes files; it talks to
nobody and verifies no signature: what was verified is ``rogatory.client.trusted_state``'s matter.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509 import Certificate, load_pem_x509_certificates

from rogatory.client.keyfile import load, unlock
from rogatory.client.private_files import (
    MAX_SMALL,
    check_private,
    parse_json,
    private_dir,
    read_kept,
    write_private,
)
from rogatory.client.profile_lock import exclusive
from rogatory.client.sealing.xwing import UnitKeys
from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid
from rogatory.protocol.header import Address, require
from rogatory.protocol.keys import Alg, Ed25519Signer, P256Signer, Signer
from rogatory.protocol.plain import from_plain, to_plain

VERSION: Final = 1
CONFIG: Final = "profile.json"
KEYS: Final = "keys.rogatory"
FOLDERS: Final = (
    "drafts",
    "envelopes",
    "evidence",
    "opened",
    "outbox",
    "quarantine",
    "receipts",
    "staging",
    "state",
    "templates",
)
_SIGNING: Final = "device/sign"
_SIGNING_ALG: Final = "device/sign-alg"
_UNIT: Final = "unit/"


@dataclass(frozen=True, slots=True)
class Person:
    """Who the profile speaks for: 16-byte ids as in the directory row, and the role used when signing."""

    org: bytes
    unit: bytes
    subject: bytes
    role: str

    @property
    def address(self) -> Address:
        """The person's unit."""
        return Address(self.org, self.unit)


@dataclass(frozen=True, slots=True)
class ProfileConfig:
    """What ``profile.json`` holds.

    Attributes:
        name: What the holder calls the profile.
        address: ``host:port`` of the exchange.
        realm: Pinned fingerprint of the realm, 32 bytes.
        person: Whose profile it is.
        names: Book of names: hex of an id to the holder's own words for it.
        server_name: Name that the exchange's certificate must carry.
        version: Version of this format.
    """

    name: str
    address: str
    realm: bytes
    person: Person
    names: Mapping[str, str] = field(default_factory=dict)
    server_name: str = "localhost"
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class TlsMaterial:
    """PEM bytes for mutual TLS."""

    certificate: bytes
    key: bytes = field(repr=False)
    authority: bytes = b""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Unlocked keys: the signing key, and the sealing keys of the person's unit."""

    signer: Signer = field(repr=False)
    unit_keys: UnitKeys = field(repr=False)


def pack_secrets(
    signing_seed: bytes, alg: Alg, unit_seeds: Iterable[tuple[Address, bytes]]
) -> dict[str, bytes]:
    """Return the named secrets that go into a key file (``keyfile.lock``).

    Args:
        signing_seed: 32 bytes.
        alg: ``Alg.ED25519`` or ``Alg.P256``.
        unit_seeds: X-Wing seeds of 32 bytes, the current and earlier ones of each unit.
    """
    secrets = {_SIGNING: signing_seed, _SIGNING_ALG: bytes([alg])}
    for i, (unit, seed) in enumerate(unit_seeds):
        secrets[f"{_UNIT}{unit.org.hex()}/{unit.unit.hex()}/{i}"] = seed
    return secrets


def unpack_secrets(secrets: Mapping[str, bytes]) -> Secrets:
    """Return the keys behind named secrets.

    Raises:
        Invalid: No signing key, or one of an algorithm that software keys do not have.
    """
    seed, alg = secrets.get(_SIGNING, b""), secrets.get(_SIGNING_ALG, b"")
    require(len(seed) == 32 and len(alg) == 1, "keys.signing", "PRESENT", errors.X_FIELD_MISSING)
    require(alg[0] in {Alg.ED25519, Alg.P256}, "keys.signing_alg", "ALGORITHM")
    signer: Signer = Ed25519Signer(seed) if alg[0] == Alg.ED25519 else P256Signer(seed)
    units = [value for name, value in sorted(secrets.items()) if name.startswith(_UNIT)]
    return Secrets(signer, UnitKeys(units))


class Profile:
    """An opened profile folder."""

    def __init__(self, path: Path, config: ProfileConfig) -> None:
        self.path = path
        self.config = config

    @classmethod
    def create(
        cls,
        path: Path,
        config: ProfileConfig,
        *,
        key_file: bytes,
        tls_cert: bytes,
        tls_key: bytes,
        tls_ca: bytes,
    ) -> Profile:
        """Make a profile folder.

        Args:
            path: The folder; it must not hold a profile yet.
            config: What ``profile.json`` will say.
            key_file: Locked key file (``keyfile.lock``).
            tls_cert: Certificate of this device, PEM.
            tls_key: Its private key, PEM.
            tls_ca: Authority of the exchange's certificate, PEM.

        Raises:
            Invalid: There is a profile already, or the realm is not 32 bytes.
        """
        require(not (path / CONFIG).exists(), "profile", "NEW")
        _check(config)
        private_dir(path)
        for folder in (*FOLDERS, "tls"):
            private_dir(path / folder)
        for name, data in (("cert.pem", tls_cert), ("key.pem", tls_key), ("ca.pem", tls_ca)):
            write_private(path / "tls" / name, data)
        write_private(path / KEYS, key_file)
        profile = cls(path, config)
        profile.save()
        return profile

    @classmethod
    def open(cls, path: Path) -> Profile:
        """Open a profile folder.

        Raises:
            Invalid: ``X_FIELD_MISSING`` (no profile here), ``X_ENCODING``, ``X_TOO_LARGE``, ``X_FIELD_INVALID`` (other
                users may read it, or a value does not fit).
        """
        data = parse_json(read_kept(path / CONFIG, "profile", MAX_SMALL), "profile")
        check_private(path, "profile")
        check_private(path / KEYS, "profile.keys")
        config = from_plain(ProfileConfig, data, "profile")
        _check(config)
        for folder in FOLDERS:
            private_dir(path / folder)
        return cls(path, config)

    def save(self) -> None:
        """Write ``profile.json``."""
        text = json.dumps(to_plain(self.config), ensure_ascii=False, indent=2, sort_keys=True)
        write_private(self.path / CONFIG, text.encode() + b"\n")

    def folder(self, name: str) -> Path:
        """Return one of the profile's folders."""
        return self.path / name

    def lock(self) -> AbstractContextManager[None]:
        """Return the profile's lock: one process at a time.

        Raises:
            Unavailable: On entry, ``X_TRANSIENT`` with rule ``PROFILE.LOCKED``.
        """
        return exclusive(self.path / "lock")

    def unlock(self, passphrase: str) -> Secrets:
        """Return the keys of the locked key file.

        Raises:
            RogatoryError: ``X_PASSPHRASE``, or a key file that is damaged.
        """
        return unpack_secrets(unlock(load(self.path / KEYS), passphrase))

    def tls(self) -> TlsMaterial:
        """Return the certificate, key and authority of this device.

        Raises:
            Invalid: A file is missing or no such file, or the key is not that of the certificate.
        """
        chain, authorities = _chain(self._pem("cert"), "cert"), _chain(self._pem("ca"), "ca")
        try:
            private = load_pem_private_key(self._pem("key"), None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise Invalid(errors.X_ENCODING, "profile.tls.key", "PEM") from error
        require(private.public_key() == chain[0].public_key(), "profile.tls.key", "KEY_OF_CERTIFICATE")
        # Written anew: the parser of the connection is another one, and what only one of them reads would be told as a
        # network that is down.
        key = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return TlsMaterial(_pem(chain), key, _pem(authorities))

    def _pem(self, name: str) -> bytes:
        return read_kept(self.path / "tls" / f"{name}.pem", f"profile.tls.{name}", MAX_SMALL)

    def certificate_in_term(self, now_ms: int) -> bool:
        """Whether this device's certificate is valid now, as its own dates say.

        Raises:
            Invalid: The certificate file is damaged.
        """
        own = _chain(self._pem("cert"), "cert")[0]
        since, until = own.not_valid_before_utc.timestamp(), own.not_valid_after_utc.timestamp()
        return since * 1000 <= now_ms <= until * 1000

    @property
    def tls_spki(self) -> bytes:
        """SHA-256 of the public key in this device's certificate, as it stands in the directory row.

        Raises:
            Invalid: The certificate file is damaged.
        """
        public = _chain(self._pem("cert"), "cert")[0].public_key()
        spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(spki).digest()

    def name_of(self, identifier: bytes) -> str:
        """Return the holder's own name for an id, or an empty text."""
        return self.config.names.get(identifier.hex(), "")


def _chain(data: bytes, name: str) -> list[Certificate]:
    try:
        return load_pem_x509_certificates(data)
    except ValueError as error:
        raise Invalid(errors.X_ENCODING, f"profile.tls.{name}", "PEM") from error


def _pem(certificates: list[Certificate]) -> bytes:
    return b"".join(item.public_bytes(Encoding.PEM) for item in certificates)


def _check(config: ProfileConfig) -> None:
    require(config.version == VERSION, "profile.version", "VERSION")
    require(len(config.realm) == 32, "profile.realm", "PINNED_FINGERPRINT")
    for name in ("org", "unit", "subject"):
        require(len(getattr(config.person, name)) == 16, f"profile.person.{name}", "ID")
    require(":" in config.address, "profile.address", "HOST_PORT")
