# SPDX-License-Identifier: Apache-2.0
"""The signed directory: who exists, which keys speak for whom, which keys data are sealed to.

Rows mirror ``rogatory/v1/directory.proto``. A ``Directory`` is made only from a trust list whose quorum verified
(``rogatory.protocol.quorum``); its look-ups never guess and compare full ids. Rows are pseudonymous: names stay with
the party. Thresholds above one and the chain of roots use the same form; ceremonies come with the operator's tools.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, TypeVar

from rogatory.audit.framing import th
from rogatory.protocol import errors, tags
from rogatory.protocol.errors import Invalid, NotVerified, Refused
from rogatory.protocol.header import Address, ascending, require
from rogatory.protocol.keys import Alg, PublicKey, check_public_key, key_id

K = TypeVar("K")
V = TypeVar("V")

_E164: Final = re.compile(r"tel:\+[1-9][0-9]{5,14}")
MAX_LIST: Final = 4 * 1024 * 1024 - 4096
TRUST_ROOT_TYPE: Final = "application/vnd.rogatory.root.v1+protobuf"
TRUST_LIST_TYPE: Final = "application/vnd.rogatory.trust-list.v1+protobuf"
PACK_TYPE: Final = "application/vnd.rogatory.pack.v1+yaml"
PACK_RECALL_TYPE: Final = "application/vnd.rogatory.pack-recall.v1+protobuf"
MARKINGS: Final = ("EXERCISE", "OPERATIONAL")


class PartyKind(IntEnum):
    """Kinds of organisation."""

    AGENCY = 1
    AUTHORITY = 2
    PROVIDER = 3
    OVERSIGHT = 4
    OPERATOR = 5


class RowStatus(IntEnum):
    """Whether a row counts."""

    ACTIVE = 1
    SUSPENDED = 2
    REVOKED = 3


@dataclass(frozen=True, slots=True)
class KeySet:
    """Keys of which ``threshold`` distinct raw ones must sign."""

    keys: tuple[PublicKey, ...]
    threshold: int


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """Root of a realm: which keys sign roots, trust lists and packs; the log's origin and verifier keys."""

    version: int
    marking: str
    root_keys: KeySet
    list_keys: KeySet
    pack_keys: KeySet
    log_origin: str
    log_vkeys: tuple[bytes, ...]
    issued_at_ms: int
    expires_at_ms: int


@dataclass(frozen=True, slots=True)
class PackRecall:
    """A pack, by the digest of its file, that must not be used any more; with a coded reason."""

    pack_digest: bytes = b""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OrgRow:
    """An organisation, its kind, jurisdiction (ISO 3166 code) and the roles its subjects may hold."""

    org: bytes
    kind: PartyKind
    jurisdiction: str
    roles: tuple[str, ...]
    status: RowStatus


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit and its raw X-Wing sealing key (1,216 bytes; empty for a unit that receives nothing sealed).

    ``call_back`` is the number at which the unit is reached to confirm that something came from it (RFC 3966, such as ``tel:+44…``; may be empty).
    """

    org: bytes
    unit: bytes
    sealing_key: bytes
    status: RowStatus
    call_back: str = ""

    @property
    def key_id(self) -> bytes:
        """Key id of the sealing row."""
        return key_id(Alg.X_WING, self.sealing_key)

    @property
    def address(self) -> Address:
        """The unit's address."""
        return Address(self.org, self.unit)


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A device key of a subject: validity in milliseconds, roles, and the SPKI digest of its TLS certificate."""

    alg: int
    raw: bytes
    org: bytes
    unit: bytes
    subject: bytes
    subject_kind: str
    roles: tuple[str, ...]
    valid_from_ms: int
    valid_until_ms: int
    status: RowStatus
    tls_spki: bytes

    @property
    def key_id(self) -> bytes:
        """Full id of the key."""
        return key_id(self.alg, self.raw)

    @property
    def address(self) -> Address:
        """The unit that the subject belongs to."""
        return Address(self.org, self.unit)


@dataclass(frozen=True, slots=True)
class TrustList:
    """All rows of a realm at one version. Sorted by id."""

    realm: bytes
    version: int
    issued_at_ms: int
    expires_at_ms: int
    orgs: tuple[OrgRow, ...]
    units: tuple[UnitRow, ...]
    keys: tuple[KeyRow, ...]


@dataclass(frozen=True, slots=True)
class Directory:
    """Look-ups over one verified trust list; ``index`` is its place in the log."""

    root: TrustRoot
    trust_list: TrustList
    index: int
    _orgs: dict[bytes, OrgRow] = field(repr=False)
    _units: dict[Address, UnitRow] = field(repr=False)
    _active: dict[Address, UnitRow] = field(repr=False)
    _keys: dict[bytes, KeyRow] = field(repr=False)
    _spki: dict[bytes, KeyRow] = field(repr=False)

    @property
    def realm(self) -> bytes:
        """Fingerprint of the realm, 32 bytes."""
        return self.trust_list.realm

    def org(self, org: bytes, at: str = "org") -> OrgRow:
        """Return an active organisation's row.

        Raises:
            Refused: ``X_ADDRESSEE_NOT_DESIGNATED`` if there is none or it is not active.
        """
        row = self._orgs.get(org)
        if row is None or row.status is not RowStatus.ACTIVE:
            raise Refused(errors.X_ADDRESSEE_NOT_DESIGNATED, at, "DIRECTORY.ORG")
        return row

    def unit(self, address: Address, at: str = "unit") -> UnitRow:
        """Return an active unit's row.

        Raises:
            Refused: ``X_ADDRESSEE_NOT_DESIGNATED`` if there is none or it is not active.
        """
        row = self._active.get(address)
        if row is None:
            known = self._units.get(address)
            if known is not None and known.status is RowStatus.ACTIVE:
                self.org(address.org, at)  # which is not active, and is what the refusal names
            raise Refused(errors.X_ADDRESSEE_NOT_DESIGNATED, at, "DIRECTORY.UNIT")
        return row

    def key(self, wanted: bytes) -> KeyRow:
        """Return the row of a full key id, whatever its status.

        Raises:
            NotVerified: ``X_KEY_UNKNOWN``.
        """
        row = self._keys.get(wanted)
        if row is None:
            raise NotVerified(errors.X_KEY_UNKNOWN, "key_id", "DIRECTORY.KEY")
        return row

    def device(self, tls_spki: bytes) -> KeyRow | None:
        """Return the row of a TLS certificate's SPKI digest, or None."""
        return self._spki.get(tls_spki)

    def seals_to(self, wanted: bytes) -> bool:
        """Tell whether an active unit has the sealing key with this id."""
        return any(row.sealing_key and row.key_id == wanted for row in self._active.values())

    def of_kind(self, kind: PartyKind) -> tuple[OrgRow, ...]:
        """Return the active organisations of a kind."""
        return tuple(o for o in self.trust_list.orgs if o.kind is kind and o.status is RowStatus.ACTIVE)


def realm_fingerprint(first_root_payload: bytes) -> bytes:
    """Return the 32-byte name of a realm: the tagged hash of its first root's payload."""
    return th(tags.REALM, first_root_payload)


def build_directory(root: TrustRoot, trust_list: TrustList, index: int) -> Directory:
    """Check a verified trust list in itself and make its look-ups.

    Raises:
        Invalid: Rows out of order or repeated, one raw key or certificate in two rows, a row of an organisation that
            does not exist, a role that the organisation may not give, or a key of bad form.
    """
    orgs = _unique([(row.org, row) for row in trust_list.orgs], "orgs")
    units = _unique([(row.address, row) for row in trust_list.units], "units")
    ascending([(row.org, row.unit) for row in trust_list.units], "units")
    ascending([row.key_id for row in trust_list.keys], "keys")
    _unique([(row.raw, row) for row in trust_list.keys], "keys")
    for i, unit in enumerate(trust_list.units):
        require(unit.org in orgs, f"units[{i}].org", "ORG_EXISTS")
        if unit.sealing_key:
            check_public_key(Alg.X_WING, unit.sealing_key, f"units[{i}].sealing_key")
        require(not unit.call_back or _E164.fullmatch(unit.call_back), f"units[{i}].call_back", "E164")
    for i, row in enumerate(trust_list.keys):
        require(row.address in units, f"keys[{i}].unit", "UNIT_EXISTS")
        require(set(row.roles) <= set(orgs[row.org].roles), f"keys[{i}].roles", "ORG_GIVES_ROLE")
        check_public_key(row.alg, row.raw, f"keys[{i}]")
    return Directory(
        root,
        trust_list,
        index,
        orgs,
        units,
        {
            row.address: row
            for row in trust_list.units
            if row.status is RowStatus.ACTIVE and orgs[row.org].status is RowStatus.ACTIVE
        },
        {row.key_id: row for row in trust_list.keys},
        _unique([(row.tls_spki, row) for row in trust_list.keys if row.tls_spki], "keys"),
    )


def _unique(pairs: Iterable[tuple[K, V]], at: str) -> dict[K, V]:
    found: dict[K, V] = {}
    for key, value in pairs:
        if key in found:
            raise Invalid(errors.X_FIELD_INVALID, at, "UNIQUE")
        found[key] = value
    return found
