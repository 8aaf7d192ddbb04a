# SPDX-License-Identifier: Apache-2.0
"""Open sections and disclosures, and give out nothing before everything holds (architecture §6, cryptography §2).

Digest, length, recipients, wrap, key commitment, body, padding, plaintext commitment: each failure is ``X_SEAL_BROKEN``
with its own rule. A section that was moved under another header fails as ``SECTION.CONTEXT``. The statement's signature
must have been verified before; whether the content agrees with the header is ``rogatory.protocol.match``.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag

from rogatory.audit.files import open_file
from rogatory.client.sealing import body
from rogatory.client.sealing.derive import ObjectKeys, object_keys, plaintext_commitment
from rogatory.client.sealing.files import (
    BLOCK,
    PARTIAL,
    PartLeaves,
    Progress,
    create,
    no_progress,
    safe_name,
    sync,
    sync_folder,
)
from rogatory.client.sealing.plaintext import PlaintextReader, held
from rogatory.client.sealing.xwing import UnitKeys
from rogatory.protocol import errors
from rogatory.protocol.content import DisclosureMeta
from rogatory.protocol.errors import NotVerified
from rogatory.protocol.header import SectionRef
from rogatory.protocol.sealed import (
    BODY_HEAD,
    DisclosureContext,
    SectionContext,
    check_object,
    check_wraps,
    context_digest,
    key_commitment,
    pad_section,
    part_root,
    plaintext_length,
)
from rogatory.protocol.statements import PART_SIZE, Disclose


def open_section(data: bytes, ref: SectionRef, context: SectionContext, unit_keys: UnitKeys) -> bytes:
    """Open one section.

    Args:
        data: The object as fetched.
        ref: The signed reference from the header.
        context: The context that the opener computes from the verified header.
        unit_keys: The unit's private keys.

    Returns:
        The message bytes, for ``codec.decode``.

    Raises:
        NotVerified: ``X_SEAL_BROKEN`` with the rule.
        NotAuthorised: ``X_FIELD_NOT_FOR_RECIPIENT``: it is sealed to other units.
        Invalid: The object breaks the format.
    """
    sealed = check_object(data, ref)
    same = (ref.kind, ref.task, ref.recipients) == (context.kind, context.task, context.recipients)
    held(same, "SECTION.CONTEXT", "section")
    digest = context_digest(context)
    data_key = unit_keys.unwrap(sealed.wraps, digest, "section", "SECTION.CONTEXT")
    keys = object_keys(data_key, digest)
    padded = _open_body(keys, sealed.body)
    length = int.from_bytes(padded[:4], "big")
    plain, padding = padded[: 4 + length], padded[4 + length :]
    right = len(plain) == 4 + length and pad_section(len(plain)) == len(padded)
    held(right and not padding.strip(b"\x00"), "SECTION.PADDING", "section")
    commitment = plaintext_commitment(keys.commitment, hashlib.sha256(plain).digest())
    held(hmac.compare_digest(commitment, ref.plaintext_commitment), "SECTION.PLAINTEXT_COMMITMENT", "section")
    return plain[4:]


def _open_body(keys: ObjectKeys, sealed: bytes) -> bytes:
    cipher = body.decryptor(keys.stream, keys.body_context)
    rule = "SECTION.KEY_COMMITMENT"
    try:
        cipher.update(sealed[:BODY_HEAD])
        rule = "SECTION.BODY"
        return cipher.update(sealed[BODY_HEAD:]) + cipher.finalize()
    except (InvalidTag, ValueError) as error:
        raise NotVerified(errors.X_SEAL_BROKEN, "section", rule) from error


@dataclass(frozen=True, slots=True)
class OpenedDisclosure:
    """A disclosure that was opened and holds in full.

    Attributes:
        meta: What is inside, with the sender's own file names (never use those as paths).
        meta_bytes: The exact bytes of the meta, for ``verify_plaintext``.
        files: The file of each item, in order, under a safe name.
        commitment_key: Opens the plaintext commitment; a bundle carries it, and it opens no ciphertext.
    """

    meta: DisclosureMeta
    meta_bytes: bytes = field(repr=False)
    files: tuple[Path, ...]
    commitment_key: bytes = field(repr=False)


def open_disclosure(
    sealed: Path,
    disclose: Disclose,
    context: DisclosureContext,
    unit_keys: UnitKeys,
    into: Path,
    progress: Progress = no_progress,
) -> OpenedDisclosure:
    """Open a disclosure into a folder. Files get their names only after the last check has passed.

    Args:
        sealed: The body as fetched; read once, in order.
        disclose: The signed manifest.
        context: The context that the opener computes.
        unit_keys: The unit's private keys.
        into: Folder for the files; made if it is missing.
        progress: Called with body bytes read, and in all.

    Raises:
        NotVerified: ``X_SEAL_BROKEN`` with the rule; no file is left.
        NotAuthorised: ``X_FIELD_NOT_FOR_RECIPIENT``.
        Invalid: Manifest or meta break the format.
    """
    keys, total = _keys(sealed, disclose, context, unit_keys)
    landing = _Landing(into)
    reader = PlaintextReader(total, landing.open, landing.close)
    try:
        _decrypt(sealed, disclose, keys, reader, progress)
        meta, plain = reader.finish()
        expected = plaintext_commitment(keys.commitment, plain)
        held(hmac.compare_digest(expected, disclose.plaintext_commitment), "DISCLOSURE.PLAINTEXT_COMMITMENT")
        landing.keep()
    finally:
        landing.clear()
    return OpenedDisclosure(meta, reader.meta_bytes, tuple(landing.files), keys.commitment)


class _Landing:
    """Where files wait under ``.partial`` names until everything holds."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.files: list[Path] = []
        self._folder = folder
        self._current: BinaryIO | None = None

    def open(self, index: int, name: str) -> BinaryIO:
        path = self._folder / safe_name(index, name)
        self.files.append(path)
        self._current = create(_partial(path))
        return self._current

    def close(self, stream: BinaryIO) -> None:
        sync(stream)
        stream.close()

    def keep(self) -> None:
        for path in self.files:
            _partial(path).replace(path)
        sync_folder(self._folder)

    def clear(self) -> None:
        if self._current is not None:
            self._current.close()
        for path in self.files:
            _partial(path).unlink(missing_ok=True)


def _partial(path: Path) -> Path:
    return path.with_name(path.name + PARTIAL)


def _keys(
    sealed: Path, disclose: Disclose, context: DisclosureContext, unit_keys: UnitKeys
) -> tuple[ObjectKeys, int]:
    """Check everything that needs no plaintext; return the object's keys and the plaintext's length."""
    digest = context_digest(context)
    held(disclose.context_digest == digest, "DISCLOSURE.CONTEXT")
    held(disclose.disclosure_id == context.disclosure_id, "DISCLOSURE.CONTEXT")
    check_wraps(disclose.wraps, "body.wraps")
    held(tuple(wrap.key_id for wrap in disclose.wraps) == context.recipients, "DISCLOSURE.RECIPIENTS")
    held(disclose.part_size == PART_SIZE, "DISCLOSURE.PART_SIZE")
    total = plaintext_length(disclose.body_length, "body.body_length")
    held(sealed.stat().st_size == disclose.body_length, "DISCLOSURE.LENGTH")
    data_key = unit_keys.unwrap(disclose.wraps, digest, "disclosure", "DISCLOSURE.WRAP")
    return object_keys(data_key, digest), total


def _decrypt(
    sealed: Path, disclose: Disclose, keys: ObjectKeys, reader: PlaintextReader, progress: Progress
) -> None:
    """Run the body through cipher and reader; every byte read is also hashed into the parts."""
    cipher, leaves = body.decryptor(keys.stream, keys.body_context), PartLeaves()
    rule = "DISCLOSURE.KEY_COMMITMENT"
    try:
        with open_file(sealed) as stream:
            block = stream.read(BODY_HEAD)
            held(key_commitment(block) == disclose.key_commitment, rule)
            while block:
                leaves.update(block)
                reader.feed(cipher.update(block))
                rule = "DISCLOSURE.BODY"
                progress(leaves.length, disclose.body_length)
                block = stream.read(BLOCK)
        reader.feed(cipher.finalize())
    except (InvalidTag, ValueError) as error:
        raise NotVerified(errors.X_SEAL_BROKEN, "disclosure", rule) from error
    held(leaves.length == disclose.body_length, "DISCLOSURE.LENGTH")
    held(part_root(leaves.leaves()) == disclose.part_root, "DISCLOSURE.PART_ROOT")
