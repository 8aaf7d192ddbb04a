# SPDX-License-Identifier: Apache-2.0
"""Seal sections and disclosures for the recipients that the context names (architecture §6, cryptography §2.2).

Fresh data key, one HPKE wrap for each recipient, Cobblestone-256 body, commitments to the key and to the plaintext.
Disclosures are streamed: memory does not grow with the content. Who the recipients are is the directory's word, and the
scope check comes before; neither happens here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rogatory.audit.files import open_file
from rogatory.audit.framing import u32
from rogatory.client.sealing import body
from rogatory.client.sealing.derive import KEY_LENGTH, object_keys, plaintext_commitment
from rogatory.client.sealing.files import PartLeaves, Progress, blocks, no_progress, staged
from rogatory.client.sealing.xwing import wrap_all
from rogatory.protocol import codec, errors
from rogatory.protocol.content import FORMATS, MAX_ITEMS, MAX_META, DisclosedItem, DisclosureMeta
from rogatory.protocol.errors import Invalid
from rogatory.protocol.header import SectionRef, require
from rogatory.protocol.ids import Entropy
from rogatory.protocol.sealed import (
    BODY_HEAD,
    MAX_SECTION,
    DisclosureContext,
    SealedObject,
    SectionContext,
    context_digest,
    key_commitment,
    object_digest,
    pad_disclosure,
    pad_section,
    part_root,
)
from rogatory.protocol.statements import PART_SIZE, Disclose, KeyWrap, TaskOutcome


def seal_section(
    message: bytes, context: SectionContext, recipients: Mapping[bytes, bytes], entropy: Entropy
) -> tuple[bytes, SectionRef]:
    """Seal one section.

    Args:
        message: Canonical bytes of the particulars, grounds or note.
        context: What the keys are bound to (``rogatory.protocol.sealed.section_context``).
        recipients: Raw X-Wing public key by key id; exactly those that the context names.
        entropy: Where the data key comes from.

    Returns:
        The object to store, and the reference to sign in the header.

    Raises:
        Invalid: Recipients differ from the context's, or the object would exceed 64 KiB.
    """
    digest = context_digest(context)
    data_key = entropy.token(KEY_LENGTH)
    keys = object_keys(data_key, digest)
    plain = u32(len(message)) + message
    padded = plain + bytes(pad_section(len(plain)) - len(plain))
    cipher = body.encryptor(keys.stream, keys.body_context)
    sealed = cipher.update(padded) + cipher.finalize()
    data = codec.encode(SealedObject(wrap_all(data_key, digest, recipients, context.recipients), sealed))
    require(len(data) <= MAX_SECTION, "section", "SECTION_CAP", errors.X_TOO_LARGE)
    return data, SectionRef(
        kind=context.kind,
        task=context.task,
        object_digest=object_digest(data),
        object_length=len(data),
        key_commitment=key_commitment(sealed),
        plaintext_commitment=plaintext_commitment(keys.commitment, hashlib.sha256(plain).digest()),
        recipients=context.recipients,
    )


@dataclass(frozen=True, slots=True)
class SealedDisclosure:
    """A sealed body on disk, and what the manifest says about it.

    ``leaves`` are the RFC 6962 leaf hashes of the 4 MiB parts, for the upload; ``meta`` is what was sealed in front.
    """

    disclosure_id: bytes
    context_digest: bytes
    wraps: tuple[KeyWrap, ...]
    body_length: int
    key_commitment: bytes
    plaintext_commitment: bytes
    leaves: tuple[bytes, ...]
    meta: DisclosureMeta

    def manifest(self, *, fits_scope: bool, outcomes: Sequence[TaskOutcome]) -> Disclose:
        """Return the body of the ``disclose`` statement."""
        return Disclose(
            disclosure_id=self.disclosure_id,
            context_digest=self.context_digest,
            wraps=self.wraps,
            body_length=self.body_length,
            part_size=PART_SIZE,
            part_root=part_root(self.leaves),
            key_commitment=self.key_commitment,
            plaintext_commitment=self.plaintext_commitment,
            fits_scope=fits_scope,
            outcomes=tuple(sorted(outcomes, key=lambda outcome: outcome.number)),
        )


def measure(item: DisclosedItem, path: Path) -> DisclosedItem:
    """Return the item with the length and SHA-256 of its file; do it when the scope check reads the file.

    Raises:
        FileRefused: It is missing or no regular file.
    """
    with open_file(path) as stream:
        digest = hashlib.file_digest(stream, "sha256").digest()
        return replace(item, length=stream.tell(), sha256=digest)


def seal_disclosure(
    items: Sequence[tuple[DisclosedItem, Path]],
    words: str,
    context: DisclosureContext,
    recipients: Mapping[bytes, bytes],
    out: Path,
    entropy: Entropy,
    progress: Progress = no_progress,
) -> SealedDisclosure:
    """Seal files into one body at ``out``, which appears whole or not at all.

    Args:
        items: What is disclosed, in order, with the file of each. An item that was measured (``measure``) must still
            have that content; others are measured first, so their files are read twice.
        words: Words to the requesting unit.
        context: What the keys are bound to.
        recipients: Raw X-Wing public key by key id; exactly those that the context names.
        out: Where the ciphertext goes, for the upload.
        entropy: Where the data key comes from.
        progress: Called with plaintext bytes sealed, and in all.

    Raises:
        Invalid: ``X_PART_INVALID`` with rule ``SOURCE_CHANGED`` when a file changed between hashing and sealing;
            ``X_TOO_LARGE`` for too many items; ``X_FIELD_INVALID`` for recipients or formats.
    """
    require(len(items) <= MAX_ITEMS, "items", "COUNT", errors.X_TOO_LARGE)
    measured = [item if item.sha256 else measure(item, path) for item, path in items]
    for i, item in enumerate(measured):
        require(item.format in FORMATS, f"items[{i}].format", "VOCABULARY")
        # A file name that is no text on this system (surrogates stand for its bytes) has no place in the meta.
        require(not any("\ud800" <= char <= "\udfff" for char in item.name), f"items[{i}].name", "UTF8")
    meta, head = _head(measured, words)
    total = len(head) + meta.content_length + meta.pad_length
    digest = context_digest(context)
    data_key = entropy.token(KEY_LENGTH)
    keys = object_keys(data_key, digest)
    wraps = wrap_all(data_key, digest, recipients, context.recipients)
    cipher, plain, leaves = body.encryptor(keys.stream, keys.body_context), hashlib.sha256(head), PartLeaves()
    start = b""
    with staged(out) as stream:

        def emit(sealed: bytes) -> None:
            nonlocal start
            start = (start + sealed[:BODY_HEAD])[:BODY_HEAD] if len(start) < BODY_HEAD else start
            leaves.update(sealed)
            stream.write(sealed)

        emit(cipher.update(head))
        done = len(head)
        for i, (item, path) in enumerate(zip(measured, (path for _, path in items), strict=True)):
            for block in _unchanged(item, path, f"items[{i}]"):
                plain.update(block)
                emit(cipher.update(block))
                done += len(block)
                progress(done, total)
        _pad(meta.pad_length, lambda zeros: emit(cipher.update(zeros)))
        emit(cipher.finalize())
        progress(total, total)
    return SealedDisclosure(
        disclosure_id=context.disclosure_id,
        context_digest=digest,
        wraps=wraps,
        body_length=leaves.length,
        key_commitment=key_commitment(start),
        plaintext_commitment=plaintext_commitment(keys.commitment, plain.digest()),
        leaves=leaves.leaves(),
        meta=meta,
    )


def _head(items: Sequence[DisclosedItem], words: str) -> tuple[DisclosureMeta, bytes]:
    """Return the meta with a padding length that fits its own encoding, and ``u32(n) || meta``."""
    meta = DisclosureMeta(tuple(items), sum(item.length for item in items), 0, words)
    bare = 4 + len(codec.encode(meta)) + meta.content_length
    target = pad_disclosure(bare)
    while True:
        # The padding's length is itself part of what is padded, with 0 to 10 bytes; where none of them comes out
        # even (130 bytes of room, for example), the next size does.
        for extra in range(min(11, target - bare + 1)):
            padded = replace(meta, pad_length=target - bare - extra)
            data = codec.encode(padded)
            if 4 + len(data) + padded.content_length + padded.pad_length == target:
                require(len(data) <= MAX_META, "meta", "SIZE_CAP", errors.X_TOO_LARGE)
                return padded, u32(len(data)) + data
        target = pad_disclosure(target + 1)


def _unchanged(item: DisclosedItem, path: Path, at: str) -> Iterator[bytes]:
    seen, digest = 0, hashlib.sha256()
    for block in blocks(path):
        seen += len(block)
        digest.update(block)
        if seen > item.length:
            break
        yield block
    if seen != item.length or digest.digest() != item.sha256:
        raise Invalid(errors.X_PART_INVALID, at, "SOURCE_CHANGED")


def _pad(length: int, emit: Callable[[bytes], None]) -> None:
    zeros = bytes(min(length, 1 << 20))
    while length:
        emit(zeros[:length])
        length -= min(length, len(zeros))
