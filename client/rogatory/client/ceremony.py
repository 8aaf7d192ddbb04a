# SPDX-License-Identifier: Apache-2.0
"""The making of a training realm: root, trust list, packs, keys of everybody, certificates (architecture §2, §5).

A training realm is a whole one: its root is marked EXERCISE, and its organisations and people are invented. One
ceremony makes all keys in one place, which is exactly what an operational realm must never do: there each party makes
its own, and several people sign. Pure but for the clock and the randomness that the caller passes in; files are
written by ``rogatory.client.realm_files``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa

from rogatory.audit.keys import Ed25519Signer as NoteEd25519Signer
from rogatory.audit.keys import TimestampedMlDsaSigner
from rogatory.client.certificates import CertificateAuthority, Credential
from rogatory.client.sealing import xwing
from rogatory.client.training import TRAINING_PLAN, OrgPlan, PersonPlan
from rogatory.protocol import codec
from rogatory.protocol.directory import (
    PACK_TYPE,
    TRUST_LIST_TYPE,
    TRUST_ROOT_TYPE,
    KeyRow,
    KeySet,
    OrgRow,
    RowStatus,
    TrustList,
    TrustRoot,
    UnitRow,
    realm_fingerprint,
)
from rogatory.protocol.ids import Clock, Entropy
from rogatory.protocol.keys import Ed25519Signer, HybridSigner, Signer
from rogatory.protocol.pack import load_pack
from rogatory.protocol.quorum import sign_quorum

DAY_MS: Final = 86_400_000
LIST_LIFETIME_MS: Final = 90 * DAY_MS
ROOT_LIFETIME_MS: Final = 365 * DAY_MS
TRAINING_ORIGIN: Final = "log.rogatory.example/training"


@dataclass(frozen=True, slots=True)
class Member:
    """A person or service with its row, signing seed (Ed25519, 32 bytes) and TLS credential."""

    name: str
    label: str
    org_name: str
    role: str
    row: KeyRow
    tls: Credential
    seed: bytes = field(repr=False)

    def signer(self) -> Signer:
        """Return the member's software signer."""
        return Ed25519Signer(self.seed)


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisation's unit with its row and X-Wing seed (32 bytes; empty when nothing is sealed to it)."""

    org_name: str
    org: OrgRow
    row: UnitRow
    seed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class LogKeys:
    """Seeds of the log's two keys, 32 bytes each."""

    origin: str
    ed25519: bytes = field(repr=False)
    ml_dsa_44: bytes = field(repr=False)

    def vkeys(self) -> tuple[bytes, ...]:
        """Return the verifier keys as C2SP vkey text, the Ed25519 one first."""
        first = NoteEd25519Signer(
            self.origin, ed25519.Ed25519PrivateKey.from_private_bytes(self.ed25519)
        ).verifier
        second = TimestampedMlDsaSigner(
            self.origin, mldsa.MLDSA44PrivateKey.from_seed_bytes(self.ml_dsa_44)
        ).verifier
        return first.vkey().encode(), second.vkey().encode()


@dataclass(frozen=True, slots=True)
class SchemeKeys:
    """Seeds of the hybrid keys that sign roots, trust lists and packs, 64 bytes each."""

    root: bytes = field(repr=False)
    trust_list: bytes = field(repr=False)
    pack: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Realm:
    """Everything that a ceremony made.

    ``fingerprint`` names the realm. ``root``, ``trust_list`` and ``packs`` are exact quorum bytes, packs by
    ``<pack id>.v<version>``. Members are keyed by their short names, units by their organisation's.
    ``names`` is a names book: what ids are called, by organisation and subject id.
    """

    fingerprint: bytes
    root: bytes
    trust_list: bytes
    packs: Mapping[str, bytes]
    members: Mapping[str, Member]
    units: Mapping[str, Unit]
    names: Mapping[bytes, str]
    log: LogKeys
    scheme: SchemeKeys
    authority: CertificateAuthority
    server: Credential


def make_training_realm(
    pack_files: Iterable[bytes],
    clock: Clock,
    entropy: Entropy,
    plan: Sequence[OrgPlan] = TRAINING_PLAN,
    origin: str = TRAINING_ORIGIN,
) -> Realm:
    """Make a training realm that is in force from an hour ago.

    Args:
        pack_files: Exact bytes of the regime packs to sign.
        clock: When the ceremony takes place.
        entropy: Where all keys and ids come from.
        plan: Who is enrolled.
        origin: Name of the log.

    Raises:
        Invalid: A pack that does not hold.
    """
    now = clock.now_ms()
    since = now - 3_600_000
    scheme = SchemeKeys(*(entropy.token(64) for _ in range(3)))
    log = LogKeys(origin, entropy.token(32), entropy.token(32))
    authority = CertificateAuthority.create(since, now + LIST_LIFETIME_MS, entropy)
    root_payload = codec.encode(_trust_root(scheme, log, since))
    fingerprint = realm_fingerprint(root_payload)
    units: dict[str, Unit] = {}
    members: dict[str, Member] = {}
    for org in plan:
        unit = _enrol_unit(org, entropy)
        units[org.name] = unit
        for person in org.people:
            members[person.name] = _enrol(org, person, unit, authority, since, now, entropy)
    trust_list = codec.encode(_trust_list(fingerprint, units, members, since, now))
    names = {unit.row.org: org.label for org, unit in zip(plan, units.values(), strict=True)}
    names.update({member.row.subject: member.label for member in members.values()})
    return Realm(
        fingerprint=fingerprint,
        root=sign_quorum(root_payload, TRUST_ROOT_TYPE, [HybridSigner(scheme.root)]),
        trust_list=sign_quorum(trust_list, TRUST_LIST_TYPE, [HybridSigner(scheme.trust_list)]),
        packs=dict(_signed_pack(payload, scheme) for payload in pack_files),
        members=members,
        units=units,
        names=names,
        log=log,
        scheme=scheme,
        authority=authority,
        server=authority.server(),
    )


def _signed_pack(payload: bytes, scheme: SchemeKeys) -> tuple[str, bytes]:
    pack = load_pack(payload)
    name = f"{pack.pack_id}.v{pack.pack_version}"
    return name, sign_quorum(payload, PACK_TYPE, [HybridSigner(scheme.pack)])


def _trust_root(scheme: SchemeKeys, log: LogKeys, since: int) -> TrustRoot:
    def one_of_one(seed: bytes) -> KeySet:
        return KeySet((HybridSigner(seed).public_key,), 1)

    return TrustRoot(
        version=1,
        marking="EXERCISE",
        root_keys=one_of_one(scheme.root),
        list_keys=one_of_one(scheme.trust_list),
        pack_keys=one_of_one(scheme.pack),
        log_origin=log.origin,
        log_vkeys=log.vkeys(),
        issued_at_ms=since,
        expires_at_ms=since + ROOT_LIFETIME_MS,
    )


def _enrol_unit(plan: OrgPlan, entropy: Entropy) -> Unit:
    org, unit = entropy.token(16), entropy.token(16)
    roles = tuple(sorted({person.role for person in plan.people}))
    seed = entropy.token(32) if plan.sealed else b""
    return Unit(
        plan.name,
        OrgRow(org, plan.kind, plan.jurisdiction, roles, RowStatus.ACTIVE),
        UnitRow(org, unit, xwing.public_raw(seed) if seed else b"", RowStatus.ACTIVE, plan.call_back),
        seed,
    )


def _enrol(
    org: OrgPlan,
    person: PersonPlan,
    unit: Unit,
    authority: CertificateAuthority,
    since: int,
    now: int,
    entropy: Entropy,
) -> Member:
    subject, seed = entropy.token(16), entropy.token(32)
    public = Ed25519Signer(seed).public_key
    tls = authority.device(unit.row.org, subject)
    row = KeyRow(
        alg=public.alg,
        raw=public.raw,
        org=unit.row.org,
        unit=unit.row.unit,
        subject=subject,
        subject_kind="SERVICE" if person.service else "OFFICER",
        roles=(person.role,),
        valid_from_ms=since,
        valid_until_ms=now + LIST_LIFETIME_MS,
        status=RowStatus.ACTIVE,
        tls_spki=tls.spki,
    )
    return Member(person.name, person.label, org.name, person.role, row, tls, seed)


def _trust_list(
    realm: bytes, units: Mapping[str, Unit], members: Mapping[str, Member], since: int, now: int
) -> TrustList:
    return TrustList(
        realm=realm,
        version=1,
        issued_at_ms=since,
        expires_at_ms=now + LIST_LIFETIME_MS,
        orgs=tuple(sorted((unit.org for unit in units.values()), key=lambda row: row.org)),
        units=tuple(sorted((unit.row for unit in units.values()), key=lambda row: (row.org, row.unit))),
        keys=tuple(sorted((member.row for member in members.values()), key=lambda row: row.key_id)),
    )
