# SPDX-License-Identifier: Apache-2.0
"""A bundle checked offline, and one of three verdicts (architecture §11).

Container and index first; then the realm from its first root down, every statement and its place in the log, the
published checkpoint, what was sealed against the signed commitments, and disclosed files against the signed manifest.
Every member must be asked for by one of these checks; one that nothing asks for fails the bundle. No network, no key, and
nothing is written. That a signer told the truth is not checked by anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rogatory.audit.errors import AuditError
from rogatory.audit.proof import parse_proof, verify_proof
from rogatory.client import bundle_format as names
from rogatory.client.bundle_contents import check_section, claimed_request, submitter
from rogatory.client.bundle_tar import Member, read_members
from rogatory.client.outside_format import OutsideDigest
from rogatory.client.rejections import verify_rejection
from rogatory.client.scheme import Scheme
from rogatory.client.sealing.plaintext import prove_plaintext
from rogatory.client.verdict import Check, Reason, Word, reason_of, word_of
from rogatory.client.views import RequestView, verify_view
from rogatory.client.whole import whole_note, whole_scheme
from rogatory.protocol import codec, errors
from rogatory.protocol.content import MAX_META, DisclosureMeta
from rogatory.protocol.errors import NotVerified, RogatoryError
from rogatory.protocol.header import SectionKind
from rogatory.protocol.receipt import Rejection
from rogatory.protocol.state import RequestState
from rogatory.protocol.statements import Disclose, TransmitOutside
from rogatory.protocol.wire import (
    MAX_MESSAGE,
    GetDirectoryResponse,
    GetPacksResponse,
    GetRequestResponse,
    LoggedStatement,
)

Progress = Callable[[int, int], None]
_MAX_INDEX: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of a bundle found; ``checks`` count what held, ``reasons`` say what did not."""

    verdict: Word
    realm: bytes = b""
    request_id: bytes = b""
    state: RequestState | None = None
    checks: tuple[Check, ...] = ()
    reasons: tuple[Reason, ...] = ()


def verify_bundle(path: Path, fingerprint: bytes | None = None, progress: Progress | None = None) -> Verdict:
    """Check a bundle without a network.

    Args:
        path: The file.
        fingerprint: The realm pinned beforehand; without one the verdict cannot be VERIFIED.
        progress: Called with bytes hashed and bytes in all.
    """
    checker = _Checker(fingerprint, progress)
    try:
        checker.run(path)
    except (RogatoryError, AuditError, OSError) as error:
        if isinstance(error, OSError):
            reason = Reason(errors.X_ENCODING, "bundle", "FILE")
        else:
            reason = reason_of(error, checker.at)
        return Verdict(Word.FAILED, checker.realm, checker.request_id, None, checker.found(), (reason,))
    return Verdict(
        word_of((), fingerprint), checker.realm, checker.request_id, checker.state, checker.found()
    )


@dataclass
class _Checker:
    fingerprint: bytes | None
    progress: Progress | None
    at: str = "bundle"
    realm: bytes = b""
    request_id: bytes = b""
    state: RequestState | None = None
    counts: dict[str, int] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def found(self) -> tuple[Check, ...]:
        return tuple(Check(name, count) for name, count in self.counts.items())

    def run(self, path: Path) -> None:
        self._open(path)
        self.at = "scheme"
        scheme = whole_scheme(
            codec.decode(
                GetDirectoryResponse, self._bytes(names.DIRECTORY), limit=MAX_MESSAGE, at="directory"
            ),
            codec.decode(GetPacksResponse, self._bytes(names.PACKS), limit=MAX_MESSAGE, at="packs"),
            self.fingerprint,
        )
        _held(scheme.realm == self.realm, "bundle.realm", "INDEX.REALM")
        self._count("realm, trust list and law, by their signatures", 2 + len(scheme.packs))
        self.at = "statements"
        view = self._statements(scheme)
        self.at = "proofs"
        self._proofs(scheme, view)
        self.at = "rejections"
        self._rejections(scheme)
        self.at = "sections"
        self._sections(view)
        self.at = "disclosures"
        self._disclosures(view)
        self.at = "outside"
        self._outside(view)
        self.at = "bundle"
        _held(set(self.members) == self.used, "bundle", "MEMBER_UNKNOWN")
        self.state = view.state

    def _open(self, path: Path) -> None:
        """Container, index, and each member against its digest."""
        listed = read_members(path)
        _held(listed and listed[0].name == names.INDEX, "bundle", "INDEX.FIRST")
        index = names.parse_index(listed[0].read(_MAX_INDEX))
        self.realm, self.request_id = index.realm, index.request_id
        rows = [(row.name, row.length) for row in index.members]
        _held(rows == sorted(rows), "bundle.members", "SORTED_UNIQUE")
        _held(
            [(member.name, member.length) for member in listed[1:]] == rows, "bundle.members", "INDEX.MEMBERS"
        )
        done, total = 0, sum(member.length for member in listed)
        for member, row in zip(listed[1:], index.members, strict=True):
            digest = hashlib.sha256()
            for block in member.blocks():
                digest.update(block)
                done += len(block)
                if self.progress is not None:
                    self.progress(done, total)
            _held(digest.digest() == row.sha256, "bundle.members", "INDEX.SHA256")
            _held(member.name not in self.members, "bundle.members", "SORTED_UNIQUE")
            self.members[member.name] = member
        self._count("members", len(listed))

    def _statements(self, scheme: Scheme) -> RequestView:
        found = sorted(name for name in self.members if name.startswith("statements/"))
        _held(found, "statements", "PRESENT")
        logged = [
            codec.decode(LoggedStatement, self._bytes(name), limit=MAX_MESSAGE, at="statement")
            for name in found
        ]
        for name, item in zip(found, logged, strict=True):
            _held(name == names.statement_name(item.receipt.index), "statements", "MEMBER_NAME")
            whole_note(item.receipt.head, scheme.log)
        response = GetRequestResponse(tuple(logged), logged[0].receipt)
        view = verify_view(response, self.request_id, scheme, None, "")
        self._count("statements, signed and folded", len(logged))
        self._count("log receipts, every slot computed again", len(logged))
        return view

    def _proofs(self, scheme: Scheme, view: RequestView) -> None:
        """Each statement's entry in the published checkpoint, in the form that other people's verifiers read."""
        if names.CHECKPOINT not in self.members:
            return
        note = self._bytes(names.CHECKPOINT)
        whole_note(note, scheme.log)
        for item in view.statements:
            name = names.proof_name(item.index)
            if name not in self.members:
                continue
            proof = parse_proof(self._bytes(name))
            verified = verify_proof(
                proof, item.receipt.receipt.entry, scheme.log.origin, scheme.log.verifiers
            )
            same = proof.checkpoint.encode() == note and proof.extra is None
            _held(verified.index == item.index and same, "proofs", "PROOF.CHECKPOINT")
            self._count("entries in the published checkpoint")

    def _sections(self, view: RequestView) -> None:
        for item in view.statements:
            for ref in item.verified.header.sections:
                name = names.section_name(ref.object_digest)
                if name not in self.members:
                    continue
                data = self._bytes(name)
                key, message = data[: names.SECTION_KEY], data[names.SECTION_KEY :]
                check_section(message, key, ref, item.verified.header, view.pack)
                self._count("sections, plaintext proven")
                if ref.kind is SectionKind.PARTICULARS:
                    self._count("identifiers matched with their commitments")

    def _rejections(self, scheme: Scheme) -> None:
        """The exchange's signed refusals of what the holder sent about this request."""
        for name in sorted(name for name in self.members if name.startswith("rejections/")):
            if not name.endswith(".bin"):
                continue
            rejection = codec.decode(Rejection, self._bytes(name), limit=MAX_MESSAGE, at="rejection")
            index = rejection.receipt.index
            _held(name == names.rejection_name(index), "rejections", "MEMBER_NAME")
            refused = self._bytes(names.refused_name(index))
            _held(claimed_request(refused) == self.request_id, "rejections", "INDEX.REQUEST")
            whole_note(rejection.receipt.head, scheme.log)
            verify_rejection(rejection, refused, scheme, submitter(rejection, scheme))
            self._count("rejections")

    def _disclosures(self, view: RequestView) -> None:
        for item in view.statements:
            body = item.verified.statement.body
            if not isinstance(body, Disclose):
                continue
            key_name = names.disclosure_name(body.disclosure_id, "key")
            if key_name not in self.members:
                self._count("disclosures, manifest only")
                continue
            meta = self._bytes(names.disclosure_name(body.disclosure_id, "meta"), MAX_META)
            count = sum(name.startswith(key_name.removesuffix("key.bin") + "item-") for name in self.members)
            parts = [
                names.disclosure_name(body.disclosure_id, names.item_part(n)) for n in range(1, count + 1)
            ]
            key = self._bytes(key_name)
            _held(len(key) == names.SECTION_KEY, "disclosures", "KEY.LENGTH")
            prove_plaintext(key, meta, [self._take(name).blocks() for name in parts], body)
            self._count("disclosures, files proven against the signed manifest")
            self._count("disclosed files", count)

    def _outside(self, view: RequestView) -> None:
        """What came another way, against the digest that the holder signed when it came."""
        for item in view.statements:
            body = item.verified.statement.body
            meta_name = names.outside_name(body.digest, "meta") if isinstance(body, TransmitOutside) else ""
            if not isinstance(body, TransmitOutside) or meta_name not in self.members:
                continue
            meta = self._bytes(meta_name, MAX_META)
            count = sum(
                name.startswith(meta_name.removesuffix("meta.bin") + "item-") for name in self.members
            )
            measured = OutsideDigest(meta)
            items = codec.decode(DisclosureMeta, meta, limit=MAX_META, at="meta").items
            _held(len(items) == count, "outside", "OUTSIDE.ITEMS")
            for number, listed in enumerate(items, start=1):
                member, digest = (
                    self._take(names.outside_name(body.digest, names.item_part(number))),
                    hashlib.sha256(),
                )
                for block in member.blocks():
                    measured.update(block)
                    digest.update(block)
                same = (member.length, digest.digest()) == (listed.length, listed.sha256)
                _held(same, "outside", "OUTSIDE.ITEMS")
            _held(
                (measured.length, measured.digest()) == (body.length, body.digest),
                "outside",
                "OUTSIDE.DIGEST",
            )
            self._count("answers that came another way, files held against the signed digest")

    def _take(self, name: str) -> Member:
        member = self.members.get(name)
        if member is None:
            raise NotVerified(errors.X_FIELD_MISSING, "bundle.members", "MEMBER_MISSING")
        self.used.add(name)
        return member

    def _bytes(self, name: str, limit: int = MAX_MESSAGE) -> bytes:
        return self._take(name).read(limit)

    def _count(self, name: str, count: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + count


def _held(condition: object, at: str, rule: str) -> None:
    if not condition:
        raise NotVerified(errors.X_ENCODING, at, rule)
