# SPDX-License-Identifier: Apache-2.0
"""The realm as a client has verified it: root, directory, packs, the log's identity.

From the pinned fingerprint down (architecture §1.5, cryptography §4.2): first root, chain of roots, trust list, packs,
each by its quorum and each with the receipt of its own log entry. Pure: fetching and keeping the bytes happens
elsewhere, and whether the log is still one history is not judged here but in ``rogatory.client.log_heads``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from rogatory.protocol import codec, errors
from rogatory.protocol.directory import (
    MAX_LIST,
    TRUST_ROOT_TYPE,
    Directory,
    TrustRoot,
)
from rogatory.protocol.entry import scheme_fields
from rogatory.protocol.entry_schema import ALL_SLOTS
from rogatory.protocol.errors import NotVerified, Refused
from rogatory.protocol.header import StatementKind
from rogatory.protocol.laws import open_pack, open_recall
from rogatory.protocol.pack import Pack
from rogatory.protocol.quorum import open_root, open_trust_list, quorum_digest, verify_quorum
from rogatory.protocol.receipt import (
    LogHead,
    LogIdentity,
    VerifiedReceipt,
    check_fields,
    log_identity,
    verify_receipt,
)
from rogatory.protocol.wire import GetDirectoryResponse, GetPacksResponse, LoggedQuorum


@dataclass(frozen=True, slots=True)
class Scheme:
    """What a client may build on. ``heads`` are the signed log heads that came with the receipts."""

    realm: bytes
    root: TrustRoot
    directory: Directory
    log: LogIdentity
    packs: Mapping[bytes, Pack]
    heads: tuple[LogHead, ...]

    def check_term(self, at_ms: int) -> None:
        """Refuse to build on a root or trust list whose term has ended; a person whose row was revoked could hide behind it.

        Raises:
            Refused: ``X_EXPIRED`` with rule ``DIRECTORY.EXPIRED``.
        """
        _in_term(self.root, self.directory, at_ms)

    def pack_named(self, pack_id: str, at_ms: int) -> Pack:
        """Return the newest version of a pack that is in force.

        Raises:
            Refused: ``X_PACK_UNKNOWN``, ``X_PACK_NOT_IN_FORCE``, or ``X_PACK_RECALLED``.
        """
        versions = [pack for pack in self.packs.values() if pack.pack_id == pack_id]
        if not versions:
            raise Refused(errors.X_PACK_UNKNOWN, "pack_id", "DIRECTORY.PACKS")
        usable = [pack for pack in versions if pack.in_force_at(at_ms)]
        if not usable:
            raise Refused(errors.X_PACK_NOT_IN_FORCE, "pack_id", "IN_FORCE")
        # A recalled version is not stepped over: going back to older law is not for a program to choose.
        newest = max(usable, key=lambda pack: pack.pack_version)
        if newest.recalled_at is not None:
            raise Refused(errors.X_PACK_RECALLED, "pack_id", newest.rule("recall"))
        return newest


def verify_scheme(
    directory: GetDirectoryResponse,
    packs: GetPacksResponse,
    fingerprint: bytes | None,
    at_ms: int | None = None,
) -> Scheme:
    """Verify roots, trust list and packs.

    Args:
        directory: As received or stored.
        packs: As received or stored.
        fingerprint: Pinned realm; ``None`` only where the caller shows or reports that nothing is pinned.
        at_ms: Now, in milliseconds since the epoch, to refuse an expired root or list; ``None`` when looking back.

    Raises:
        NotVerified: A quorum, a receipt or the pinned fingerprint does not hold.
        Invalid: Not canonical.
        Refused: ``X_EXPIRED``.
    """
    root, realm = _chain(directory.roots, fingerprint)
    log = log_identity(root)
    receipts = [
        logged(item, StatementKind.ROOT, log, f"roots[{i}]") for i, item in enumerate(directory.roots)
    ]
    receipts.append(logged(directory.trust_list, StatementKind.TRUST_LIST, log, "trust_list"))
    found = open_trust_list(directory.trust_list.quorum, root, realm, directory.trust_list.receipt.index)
    if at_ms is not None:
        _in_term(root, found, at_ms)
    loaded: dict[bytes, Pack] = {}
    versions: set[tuple[str, int]] = set()
    for i, item in enumerate(packs.packs):
        receipts.append(logged(item, StatementKind.PACK, log, f"packs[{i}]"))
        pack = open_pack(item.quorum, root)
        if (pack.pack_id, pack.pack_version) in versions:
            raise NotVerified(errors.X_LOG_INVALID, f"packs[{i}]", "PACKS.FORK")
        versions.add((pack.pack_id, pack.pack_version))
        loaded[pack.digest] = pack
    for i, item in enumerate(packs.recalls):
        receipts.append(logged(item, StatementKind.PACK_RECALL, log, f"recalls[{i}]"))
        recall = open_recall(item.quorum, root)
        recalled = loaded.get(recall.pack_digest)
        if recalled is None:
            raise NotVerified(errors.X_LOG_INVALID, f"recalls[{i}]", "DIRECTORY.PACKS")
        loaded[recall.pack_digest] = replace(recalled, recalled_at=item.receipt.index)
    heads = tuple(receipt.head for receipt in receipts)
    return Scheme(realm, root, found, log, MappingProxyType(loaded), heads)


def check_continues(before: Scheme, after: Scheme) -> None:
    """Hold a scheme against the one that was verified before: nothing goes back, is taken away, or has two contents.

    Versions of packs are never taken away: requests in flight keep the version they named.

    Raises:
        NotVerified: ``X_LOG_INVALID`` with rule ``ROOT.ROLLBACK``, ``ROOT.FORK``, ``DIRECTORY.ROLLBACK``,
            ``DIRECTORY.FORK`` or ``PACKS.ROLLBACK``.
    """
    old, new = before.directory.trust_list, after.directory.trust_list
    for name, at, known, given, same in (
        ("ROOT", "roots", before.root.version, after.root.version, before.root == after.root),
        ("DIRECTORY", "trust_list.version", old.version, new.version, old == new),
    ):
        if given < known:
            raise NotVerified(errors.X_LOG_INVALID, at, f"{name}.ROLLBACK")
        if given == known and not same:
            raise NotVerified(errors.X_LOG_INVALID, at, f"{name}.FORK")
    if not set(before.packs) <= set(after.packs):
        raise NotVerified(errors.X_LOG_INVALID, "packs", "PACKS.ROLLBACK")
    for digest, pack in before.packs.items():
        if pack.recalled_at not in {None, after.packs[digest].recalled_at}:
            raise NotVerified(errors.X_LOG_INVALID, "recalls", "PACKS.ROLLBACK")


def _in_term(root: TrustRoot, found: Directory, at_ms: int) -> None:
    for name, expires in (("root", root.expires_at_ms), ("trust_list", found.trust_list.expires_at_ms)):
        if at_ms >= expires:
            raise Refused(errors.X_EXPIRED, name, "DIRECTORY.EXPIRED")


def _chain(roots: Sequence[LoggedQuorum], fingerprint: bytes | None) -> tuple[TrustRoot, bytes]:
    """Return the newest root, each one signed by the keys of the one before and by its own."""
    if not roots:
        raise NotVerified(errors.X_REALM_MISMATCH, "roots", "PRESENT")
    root, realm = open_root(roots[0].quorum, fingerprint)
    for i, item in enumerate(roots[1:], start=1):
        payload = verify_quorum(item.quorum, TRUST_ROOT_TYPE, root.root_keys)
        newer = codec.decode(TrustRoot, payload, limit=MAX_LIST, at=f"roots[{i}]")
        verify_quorum(item.quorum, TRUST_ROOT_TYPE, newer.root_keys)
        if newer.version != root.version + 1:
            raise NotVerified(errors.X_REALM_MISMATCH, f"roots[{i}]", "ROOT.VERSION")
        root = newer
    return root, realm


def logged(item: LoggedQuorum, kind: StatementKind, log: LogIdentity, at: str) -> VerifiedReceipt:
    """Verify the receipt of a quorum object's own entry, all slots: it is about these bytes and stands at this place.

    Raises:
        NotVerified: The receipt does not hold, or is of another object.
    """
    verified = verify_receipt(item.receipt, log)
    if set(verified.values) != ALL_SLOTS:
        raise NotVerified(errors.X_RECEIPT_INVALID, f"{at}.receipt.openings", "SCHEME.OPENED")
    check_fields(verified, scheme_fields(kind, quorum_digest(item.quorum), verified.time_ms))
    return verified
