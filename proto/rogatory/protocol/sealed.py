# SPDX-License-Identifier: Apache-2.0
"""The sealed-object format: what keys are bound to, digests, commitments and lengths (architecture §6).

Cryptography §2.2 has the format. FORMAT ONLY: no key is made or used here, nothing is sealed or opened, so the
exchange may import this module and still has no way to read what it carries. Sealing and opening live in the client.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rogatory.audit import merkle
from rogatory.audit.framing import th, u32
from rogatory.protocol import codec, errors, tags
from rogatory.protocol.errors import Invalid, NotVerified
from rogatory.protocol.header import Header, SectionKind, SectionRef, ascending, require
from rogatory.protocol.statements import PART_SIZE, Disclose, KeyWrap

MAX_SECTION: Final = 65_536
MAX_RECIPIENTS: Final = 16
SECTION_PAD: Final = 1024
DISCLOSURE_FLOOR: Final = 4096
# HPKE MLKEM768-X25519 with AES-256-GCM: 1,120 bytes of encapsulation, 32 of data key, 16 of tag.
WRAP_LENGTH: Final = 1168
# Cobblestone-256: salt, key commitment, then chunks with a tag each; the last chunk is always shorter than a full one.
SALT_LENGTH: Final = 24
BODY_HEAD: Final = 56
CHUNK: Final = 16_384
TAG: Final = 16


@dataclass(frozen=True, slots=True)
class SealedObject:
    """A sealed section as it travels: the data key wrapped for each recipient, and the Cobblestone-256 body."""

    wraps: tuple[KeyWrap, ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class SectionContext:
    """What a section's keys are bound to; ``recipients`` are key ids of sealing rows, sorted."""

    realm: bytes
    request_id: bytes
    kind: SectionKind
    task: int
    pack_digest: bytes
    header_digest: bytes
    sender_key_id: bytes
    recipients: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class DisclosureContext:
    """What a disclosure's keys are bound to; ``validate_digest`` is empty where the issuer signed alone."""

    realm: bytes
    request_id: bytes
    disclosure_id: bytes
    issue_digest: bytes
    validate_digest: bytes
    pack_digest: bytes
    sender_org: bytes
    sender_key_id: bytes
    recipients: tuple[bytes, ...]


def header_digest(header: Header) -> bytes:
    """Return the digest of a header with its sections left out: sections are sealed before they can be listed."""
    return th(tags.HEADER, codec.encode(header.without_sections()))


def section_context(
    header: Header, kind: SectionKind, task: int, recipients: Iterable[bytes]
) -> SectionContext:
    """Return the context of one section of a statement with this header.

    Args:
        header: The statement's header; its ``sections`` do not matter.
        kind: Kind of section.
        task: The task's number for particulars, else 0.
        recipients: Key ids of the recipients' sealing rows, in any order.
    """
    return SectionContext(
        realm=header.realm,
        request_id=header.request_id,
        kind=kind,
        task=task,
        pack_digest=header.pack_digest,
        header_digest=header_digest(header),
        sender_key_id=header.issuer.key_id,
        recipients=tuple(sorted(set(recipients))),
    )


def context_digest(context: SectionContext | DisclosureContext) -> bytes:
    """Return the 32 bytes that stand for a context in every key derivation of the object."""
    tag = tags.SECTION_CONTEXT if isinstance(context, SectionContext) else tags.DISCLOSURE_CONTEXT
    return th(tag, codec.encode(context))


def object_digest(data: bytes) -> bytes:
    """Return the digest that names a sealed object, over its exact bytes."""
    return th(tags.OBJECT, data)


def manifest_digest(disclose: Disclose) -> bytes:
    """Return the digest of a disclosure's manifest (log slot 11)."""
    return th(tags.MANIFEST, codec.encode(disclose))


def identifier_commitment(
    key: bytes, realm: bytes, request_id: bytes, task: int, identifier_type: str, value: bytes
) -> bytes:
    """Return HMAC-SHA256 over one identifier and its place (architecture §6).

    Args:
        key: 32 random bytes, kept in the particulars; whoever lacks them learns nothing from the commitment.
        realm: The realm's 32 bytes.
        request_id: The request's 16 bytes.
        task: The task's number.
        identifier_type: Canonical type name.
        value: The exact bytes of the identifier.
    """
    require(len(key) == 32, "particulars.commitment_key", "LENGTH")
    message = tags.framed(tags.IDENTIFIER, realm, request_id, u32(task), identifier_type.encode(), value)
    return hmac.digest(key, message, "sha256")


def parse_sealed(data: bytes, at: str = "section") -> SealedObject:
    """Parse a sealed section strictly; nothing is opened.

    Raises:
        Invalid: Over 64 KiB, not canonical, recipients missing or not sorted, or a wrap or body of impossible length.
    """
    sealed = codec.decode(SealedObject, data, limit=MAX_SECTION, at=at)
    check_wraps(sealed.wraps, f"{at}.wraps")
    length = plaintext_length(len(sealed.body), f"{at}.body")
    require(length >= SECTION_PAD and length % SECTION_PAD == 0, f"{at}.body", "PADDING")
    return sealed


def check_wraps(wraps: Sequence[KeyWrap], at: str) -> None:
    """Check number, order and lengths of key wraps.

    Raises:
        Invalid: With the field and the rule.
    """
    require(wraps, at, "PRESENT", errors.X_FIELD_MISSING)
    require(len(wraps) <= MAX_RECIPIENTS, at, "COUNT")
    ascending([wrap.key_id for wrap in wraps], at)
    for i, wrap in enumerate(wraps):
        require(len(wrap.key_id) == 32, f"{at}[{i}].key_id", "DIGEST")
        require(len(wrap.wrap) == WRAP_LENGTH, f"{at}[{i}].wrap", "LENGTH")


def find_section(header: Header, kind: SectionKind, task: int = 0) -> SectionRef:
    """Return a header's only section of this kind and task.

    Raises:
        NotVerified: ``X_SECTION_MISSING`` when there is none, or more than one.
    """
    found = [ref for ref in header.sections if ref.kind is kind and ref.task == task]
    if len(found) != 1:
        raise NotVerified(errors.X_SECTION_MISSING, "header.sections", "ONE_OF_KIND")
    return found[0]


def check_object(data: bytes, ref: SectionRef, at: str = "section") -> SealedObject:
    """Return the parsed object, once it is the one that the signed reference names.

    Everything that can be checked without a key: digest, length, key commitment, recipients.

    Raises:
        Invalid: The bytes break the format.
        NotVerified: ``X_SEAL_BROKEN`` with the rule.
    """
    _held(len(data) == ref.object_length, at, "SECTION.LENGTH")
    _held(object_digest(data) == ref.object_digest, at, "SECTION.DIGEST")
    sealed = parse_sealed(data, at)
    _held(key_commitment(sealed.body) == ref.key_commitment, at, "SECTION.KEY_COMMITMENT")
    _held(tuple(wrap.key_id for wrap in sealed.wraps) == ref.recipients, at, "SECTION.RECIPIENTS")
    return sealed


def _held(condition: object, at: str, rule: str) -> None:
    if not condition:
        raise NotVerified(errors.X_SEAL_BROKEN, at, rule)


def key_commitment(body: bytes) -> bytes:
    """Return the commitment to the body's key: bytes 24 to 56 of a Cobblestone-256 body."""
    return body[SALT_LENGTH:BODY_HEAD]


def pad_section(length: int) -> int:
    """Return the padded length of a section's plaintext: the next multiple of 1,024, at least 1,024."""
    return max(SECTION_PAD, -(-length // SECTION_PAD) * SECTION_PAD)


def pad_disclosure(length: int) -> int:
    """Return the padded length of a disclosure's plaintext: Padme, at least 4,096 (at most 12 % more)."""
    if length <= DISCLOSURE_FLOOR:
        return DISCLOSURE_FLOOR
    exponent = length.bit_length() - 1
    unit = 1 << (exponent - exponent.bit_length())
    return -(-length // unit) * unit


def body_length(plaintext: int) -> int:
    """Return the length of the Cobblestone-256 body of so many bytes of plaintext."""
    return BODY_HEAD + plaintext + TAG * (plaintext // CHUNK + 1)


def plaintext_length(body: int, at: str = "body") -> int:
    """Return how many bytes of plaintext a body of this length holds.

    Raises:
        Invalid: No body has this length.
    """
    full, rest = divmod(body - BODY_HEAD, CHUNK + TAG)
    if body < BODY_HEAD or rest < TAG:
        raise Invalid(errors.X_FIELD_INVALID, at, "BODY_LENGTH")
    return full * CHUNK + rest - TAG


def part_count(length: int) -> int:
    """Return the number of 4 MiB parts of a body."""
    return -(-length // PART_SIZE)


def part_length(length: int, index: int) -> int:
    """Return the length of part ``index`` (from 0) of a body; the last one may be shorter.

    Raises:
        Invalid: ``X_PART_INVALID``: the body has no such part.
    """
    require(0 <= index < part_count(length), "part.index", "RANGE", errors.X_PART_INVALID)
    return min(PART_SIZE, length - index * PART_SIZE)


def part_leaf(part: bytes | bytearray | memoryview) -> bytes:
    """Return the RFC 6962 leaf hash of a part, without copying the part."""
    digest = hashlib.sha256(b"\x00")
    digest.update(part)
    return digest.digest()


def part_root(leaves: Sequence[bytes]) -> bytes:
    """Return the RFC 6962 root over the leaf hashes of all parts."""
    return merkle.root_of(leaves)
