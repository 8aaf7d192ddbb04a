# SPDX-License-Identifier: Apache-2.0
"""C2SP tlog-proof: one entry's index, inclusion path and signed checkpoint as a text that verifies offline.

Pure. ``extra`` is carried and never believed. Reading and storing the file is the caller's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rogatory.audit.checkpoint import parse_checkpoint
from rogatory.audit.encoding import MAX_INT, decode_base64, encode_base64, parse_decimal
from rogatory.audit.errors import FormatError, UnverifiedNote
from rogatory.audit.merkle import HASH_SIZE, leaf_hash, verify_inclusion
from rogatory.audit.note import MAX_NOTE, SignedCheckpoint, Verifier, open_checkpoint, parse_note

__all__ = ["HEADER", "MAX_PROOF", "TlogProof", "VerifiedProof", "parse_proof", "verify_proof"]

HEADER = "c2sp.org/tlog-proof@v1"
MAX_PROOF = 63
"""Hashes in a path; trees have at most 2^63-1 leaves."""


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A parsed proof, not verified.

    Attributes:
        index: position of the entry.
        hashes: inclusion path, the leaf's sibling first; 32 bytes each.
        checkpoint: signed checkpoint, verbatim.
        extra: bytes that nothing authenticates; None when the line is absent.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    def text(self) -> str:
        """Return the proof file.

        Raises:
            FormatError: a field cannot stand in a proof.
        """
        if not 0 <= self.index <= MAX_INT or len(self.hashes) > MAX_PROOF:
            raise FormatError("index or number of hashes is out of range")
        if any(len(value) != HASH_SIZE for value in self.hashes):
            raise FormatError("a hash is not 32 bytes")
        parse_checkpoint(parse_note(self.checkpoint).text)
        extra = [] if self.extra is None else [f"extra {encode_base64(self.extra)}"]
        hashes = [encode_base64(value) for value in self.hashes]
        return "\n".join([HEADER, *extra, f"index {self.index}", *hashes, "", self.checkpoint])


@dataclass(frozen=True, slots=True)
class VerifiedProof:
    """An entry that a signed checkpoint includes.

    Attributes:
        index: position of the entry.
        checkpoint: the verified checkpoint.
    """

    index: int
    checkpoint: SignedCheckpoint


def parse_proof(data: str | bytes) -> TlogProof:
    """Parse a proof file; the exact inverse of :meth:`TlogProof.text`.

    Raises:
        FormatError: another header, a bad index, ``extra`` or hash, no blank line, or a checkpoint that is no note.
    """
    if len(data) > MAX_NOTE + 8_192:
        raise FormatError("proof is too long")
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
    except UnicodeDecodeError:
        raise FormatError("proof is not UTF-8") from None
    head, separator, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not separator or lines.pop(0) != HEADER:
        raise FormatError("not a tlog-proof")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = decode_base64(lines.pop(0).removeprefix("extra "))
    if not lines or not lines[0].startswith("index "):
        raise FormatError("proof has no index")
    index = parse_decimal(lines.pop(0).removeprefix("index "))
    proof = TlogProof(index, tuple(decode_base64(line) for line in lines), checkpoint, extra)
    proof.text()
    return proof


def verify_proof(
    proof: TlogProof,
    entry: bytes,
    origin: str,
    log_keys: Sequence[Verifier],
    witnesses: Sequence[Verifier] = (),
    quorum: int = 0,
) -> VerifiedProof:
    """Check that the log included the entry, in the order that tlog-proof prescribes.

    Args:
        proof: the parsed proof.
        entry: the entry's bytes, from the application, never from the proof.
        origin: the log that must have signed.
        log_keys: keys of that log.
        witnesses: keys of cosigners, one per witness.
        quorum: how many of the witnesses must have cosigned.

    Raises:
        FormatError: the checkpoint does not parse.
        NoteError: the checkpoint is not signed by the log, or by too few witnesses.
        ProofError: the entry is not included.
    """
    leaf = leaf_hash(entry)
    signed = open_checkpoint(proof.checkpoint, origin, log_keys, witnesses)
    if len({signature.verifier.name for signature in signed.cosignatures}) < quorum:
        raise UnverifiedNote("too few witnesses cosigned")
    verify_inclusion(leaf, proof.index, signed.checkpoint.size, proof.hashes, signed.checkpoint.root)
    return VerifiedProof(proof.index, signed)
