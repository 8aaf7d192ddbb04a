# SPDX-License-Identifier: Apache-2.0
"""Objects that several keys sign: roots, trust lists, packs.

One payload, a set of signatures over its PAE; what is counted towards the threshold are distinct raw public keys after
parsing, never key ids and never signatures (cryptography §4.2: several TUF and DSSE libraries counted one key twice).
A statement about a request is never a quorum; it has exactly one signature (``rogatory.protocol.envelope``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rogatory.audit.framing import th
from rogatory.protocol import codec, errors, keys, tags
from rogatory.protocol.directory import (
    MARKINGS,
    MAX_LIST,
    TRUST_LIST_TYPE,
    TRUST_ROOT_TYPE,
    Directory,
    KeySet,
    TrustList,
    TrustRoot,
    build_directory,
    realm_fingerprint,
)
from rogatory.protocol.envelope import pae
from rogatory.protocol.errors import NotVerified
from rogatory.protocol.header import ascending, require

MAX_QUORUM: Final = MAX_LIST + 256 * 1024


@dataclass(frozen=True, slots=True)
class QuorumSignature:
    """One signature, with the full id of its key."""

    key_id: bytes
    sig: bytes


@dataclass(frozen=True, slots=True)
class Quorum:
    """Payload, its type, and signatures sorted by key id."""

    payload: bytes
    payload_type: str
    signatures: tuple[QuorumSignature, ...]


def quorum_digest(data: bytes) -> bytes:
    """Return the digest that the log entry of a quorum object carries in slot 10."""
    return th(tags.QUORUM, data)


def sign_quorum(payload: bytes, payload_type: str, signers: Sequence[keys.Signer]) -> bytes:
    """Return the exact bytes of a quorum object signed by ``signers``."""
    message = pae(payload_type, payload)
    signatures = sorted(((keys.signer_id(s), s.sign(message)) for s in signers), key=lambda pair: pair[0])
    return codec.encode(Quorum(payload, payload_type, tuple(QuorumSignature(*pair) for pair in signatures)))


def verify_quorum(data: bytes, payload_type: str, key_set: KeySet) -> bytes:
    """Return the payload once ``key_set.threshold`` distinct raw keys of the set have signed it.

    Raises:
        Invalid: Not canonical, or signatures out of order.
        NotVerified: ``X_QUORUM_NOT_MET``, or ``X_SIGNATURE_INVALID`` where a known key's signature fails.
    """
    quorum = codec.decode(Quorum, data, limit=MAX_QUORUM, at="quorum")
    require(quorum.payload_type == payload_type, "quorum.payload_type", "TYPE")
    ascending([item.key_id for item in quorum.signatures], "quorum.signatures")
    known = {keys.key_id(key.alg, key.raw): key for key in key_set.keys}
    message = pae(payload_type, quorum.payload)
    counted: set[bytes] = set()
    for item in quorum.signatures:
        key = known.get(item.key_id)
        if key is not None:
            keys.verify(key.alg, key.raw, item.sig, message)
            counted.add(key.raw)
    if key_set.threshold < 1 or len(counted) < key_set.threshold:
        raise NotVerified(errors.X_QUORUM_NOT_MET, "quorum.signatures", "THRESHOLD")
    return quorum.payload


def open_root(data: bytes, fingerprint: bytes | None = None) -> tuple[TrustRoot, bytes]:
    """Verify a first root by its own keys and return it with the realm's fingerprint.

    Args:
        data: Exact bytes of the quorum.
        fingerprint: The pinned realm, 32 bytes; ``None`` only where the caller shows the result to a person to pin.

    Raises:
        Invalid: Not canonical.
        NotVerified: ``X_REALM_MISMATCH`` or ``X_QUORUM_NOT_MET``.
    """
    claimed = codec.decode(Quorum, data, limit=MAX_QUORUM, at="quorum")
    realm = realm_fingerprint(claimed.payload)
    if fingerprint is not None and realm != fingerprint:
        raise NotVerified(errors.X_REALM_MISMATCH, "root", "PINNED_FINGERPRINT")
    root = codec.decode(TrustRoot, claimed.payload, limit=MAX_LIST, at="root")
    require(root.marking in MARKINGS, "root.marking", "VOCABULARY")
    verify_quorum(data, TRUST_ROOT_TYPE, root.root_keys)
    return root, realm


def open_trust_list(data: bytes, root: TrustRoot, realm: bytes, index: int) -> Directory:
    """Verify a trust list under a root and return its directory.

    Raises:
        Invalid: Not canonical, or rows that contradict each other.
        NotVerified: ``X_QUORUM_NOT_MET`` or ``X_REALM_MISMATCH``.
    """
    payload = verify_quorum(data, TRUST_LIST_TYPE, root.list_keys)
    trust_list = codec.decode(TrustList, payload, limit=MAX_LIST, at="trust_list")
    if trust_list.realm != realm:
        raise NotVerified(errors.X_REALM_MISMATCH, "trust_list.realm", "REALM")
    return build_directory(root, trust_list, index)
