# SPDX-License-Identifier: Apache-2.0
"""Key files: a few secrets under a passphrase (cryptography §5).

Argon2id with 256 MiB, then AES-256-GCM; the cost parameters travel in the header, are authenticated, and have floors and
ceilings: a hostile file can neither make the passphrase cheap to guess nor ask for all of the memory. The unlocked
secrets are never written, and this is not PKCS#8, whose default key derivation is weak.

Layout: magic and version (20 bytes), u32 passes, u32 lanes, u32 KiB of memory, salt (16), nonce (12), ciphertext with tag.
"""

from __future__ import annotations

import json
import re
import struct
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from rogatory.client.private_files import read_kept
from rogatory.client.sealing.files import staged
from rogatory.protocol import errors, tags
from rogatory.protocol.errors import Invalid, NotVerified
from rogatory.protocol.header import require
from rogatory.protocol.ids import Entropy, SystemEntropy

MAGIC: Final = b"rogatory-key-file/1\n"
MAX_FILE: Final = 65_536
_HEADER: Final = struct.Struct(">20sIII16s12s")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._/-]{0,127}")


@dataclass(frozen=True, slots=True)
class Cost:
    """Argon2id parameters: passes over the memory, lanes, and memory in KiB."""

    passes: int
    lanes: int
    memory_kib: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may ask for, both ends included."""

    floor: Cost
    ceiling: Cost


DEFAULT_COST: Final = Cost(passes=3, lanes=4, memory_kib=256 * 1024)
DEFAULT_LIMITS: Final = Limits(
    floor=Cost(passes=3, lanes=1, memory_kib=64 * 1024),
    ceiling=Cost(passes=8, lanes=16, memory_kib=1024 * 1024),
)


def lock(
    secrets: Mapping[str, bytes],
    passphrase: str,
    cost: Cost = DEFAULT_COST,
    entropy: Entropy | None = None,
) -> bytes:
    """Return the bytes of a key file.

    Args:
        secrets: Secret by name; names are lower-case ASCII, such as ``device/sign``.
        passphrase: Any text, not empty; normalised to NFC, so that two keyboards give the same key.
        cost: Argon2id parameters.
        entropy: Where salt and nonce come from; the operating system unless given.

    Raises:
        Invalid: An empty passphrase, a malformed name, or more than a key file holds.
    """
    require(all(_NAME.fullmatch(name) for name in secrets), "key_file.name", "NAME")
    source = entropy or SystemEntropy()
    salt, nonce = source.token(16), source.token(12)
    header = _HEADER.pack(MAGIC, cost.passes, cost.lanes, cost.memory_kib, salt, nonce)
    plain = json.dumps({name: secrets[name].hex() for name in sorted(secrets)}).encode()
    sealed = AESGCM(_derive(passphrase, salt, cost)).encrypt(nonce, plain, _bound(header))
    require(len(header) + len(sealed) <= MAX_FILE, "key_file", "SIZE_CAP", errors.X_TOO_LARGE)
    return header + sealed


def unlock(data: bytes, passphrase: str, limits: Limits = DEFAULT_LIMITS) -> dict[str, bytes]:
    """Return the secrets of a key file.

    Args:
        data: The file's bytes.
        passphrase: As given to ``lock``.
        limits: What the file may ask for; checked before any memory is taken.

    Raises:
        NotVerified: ``X_PASSPHRASE``: wrong passphrase, or the file was changed.
        Invalid: Not a key file of this version, or its cost lies outside the limits.
    """
    require(len(data) <= MAX_FILE, "key_file", "SIZE_CAP", errors.X_TOO_LARGE)
    require(len(data) > _HEADER.size and data.startswith(MAGIC), "key_file", "KEY_FILE_V1", errors.X_ENCODING)
    header = data[: _HEADER.size]
    _, passes, lanes, memory_kib, salt, nonce = _HEADER.unpack(header)
    cost = Cost(passes, lanes, memory_kib)
    _check_cost(cost, limits)
    try:
        plain = AESGCM(_derive(passphrase, salt, cost)).decrypt(nonce, data[_HEADER.size :], _bound(header))
    except InvalidTag as error:
        raise NotVerified(errors.X_PASSPHRASE, "key_file", "PASSPHRASE") from error
    return _secrets(plain)


def save(path: Path, data: bytes, *, replace: bool = False) -> None:
    """Write a key file, whole or not at all, readable by its owner only.

    Raises:
        Invalid: Something is there already and ``replace`` was not asked for: keys are not overwritten by accident.
    """
    require(replace or not path.exists(), "key_file", "EXISTS")
    with staged(path) as stream:
        stream.write(data)


def load(path: Path) -> bytes:
    """Read a key file's bytes.

    Raises:
        Invalid: It is missing, no regular file, or larger than a key file can be.
    """
    return read_kept(path, "key_file", MAX_FILE)


def _check_cost(cost: Cost, limits: Limits) -> None:
    for name in ("passes", "lanes", "memory_kib"):
        asked, low, high = getattr(cost, name), getattr(limits.floor, name), getattr(limits.ceiling, name)
        require(asked >= low, f"key_file.{name}", "COST_FLOOR")
        require(asked <= high, f"key_file.{name}", "COST_CEILING")


def _derive(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    text = unicodedata.normalize("NFC", passphrase).encode()
    require(text, "passphrase", "PRESENT", errors.X_PASSPHRASE)
    kdf = Argon2id(
        salt=salt, length=32, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib
    )
    return kdf.derive(text)


def _bound(header: bytes) -> bytes:
    return tags.framed(tags.KEY_FILE, header)


def _secrets(plain: bytes) -> dict[str, bytes]:
    try:
        found = json.loads(plain)
        return {str(name): bytes.fromhex(value) for name, value in found.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise Invalid(errors.X_ENCODING, "key_file", "CONTENT") from error
