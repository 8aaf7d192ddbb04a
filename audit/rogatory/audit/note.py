# SPDX-License-Identifier: Apache-2.0
"""C2SP signed notes: parse, verify, sign; and the signed checkpoint, the note that a log's head is.

A :class:`Note` is only parsed; a :class:`VerifiedNote` and a :class:`SignedCheckpoint` have been checked, and only the
functions here make them from outside bytes. The key types and key texts are in :mod:`rogatory.audit.keys` and are
offered here too, because protocol code reaches them through this module.

Pure. It decides nothing about which keys to trust: the caller passes the verifiers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rogatory.audit.checkpoint import Checkpoint, parse_checkpoint
from rogatory.audit.encoding import check_name, decode_signature_base64, encode_base64
from rogatory.audit.errors import AmbiguousKey, BadSignature, FormatError, UnverifiedNote
from rogatory.audit.keys import Ed25519Signer, PublicKey, Signer, Verifier, parse_signer, parse_vkey

__all__ = [
    "MAX_NOTE",
    "MAX_SIGNATURES",
    "Ed25519Signer",
    "Note",
    "PublicKey",
    "Signature",
    "SignedCheckpoint",
    "Signer",
    "VerifiedNote",
    "VerifiedSignature",
    "Verifier",
    "format_note",
    "open_checkpoint",
    "open_note",
    "parse_note",
    "parse_signer",
    "parse_vkey",
    "sign_note",
]

MAX_NOTE = 1_000_000
"""Bytes; as golang's note package."""
MAX_SIGNATURES = 100
"""Signature lines; the specification asks for at least 16, golang stops at 100."""

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_LINE_START = "\N{EM DASH} "


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line, not verified.

    Attributes:
        name: key name.
        key_id: 4 bytes.
        blob: the signature after the key id.
        line: the line as it stood in the note, without newline.
    """

    name: str
    key_id: bytes
    blob: bytes
    line: str


@dataclass(frozen=True, slots=True)
class Note:
    """A note that parses. Nothing says that anybody signed it.

    Attributes:
        text: the text, with its final newline.
        signatures: at least one line.
    """

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """A signature that verified.

    Attributes:
        verifier: the key.
        time: POSIX seconds that a cosignature states; None for types that state none.
        line: the line as it stood in the note, without newline.
    """

    verifier: Verifier
    time: int | None
    line: str


@dataclass(frozen=True, slots=True)
class VerifiedNote:
    """A note with at least one good signature of a known key.

    Attributes:
        text: the text, with its final newline.
        verified: one signature per known key, in the note's order.
        unverified: lines of unknown keys, the same line once.
    """

    text: str
    verified: tuple[VerifiedSignature, ...]
    unverified: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint that the log signed.

    Attributes:
        checkpoint: origin, size, root.
        note: the signed note, verbatim.
        log_signatures: good signatures of the log's keys, at least one.
        cosignatures: good signatures of the witnesses asked about.
    """

    checkpoint: Checkpoint
    note: str
    log_signatures: tuple[VerifiedSignature, ...]
    cosignatures: tuple[VerifiedSignature, ...]


def parse_note(data: str | bytes) -> Note:
    """Parse a signed note.

    Raises:
        FormatError: not UTF-8, a control character, no blank line, no or too many signature lines, a bad line.
    """
    if len(data) > MAX_NOTE:
        raise FormatError("note is too long")
    try:
        message = data.decode("utf-8") if isinstance(data, bytes) else data.encode("utf-8").decode("utf-8")
    except UnicodeError:
        raise FormatError("note is not UTF-8") from None
    if _CONTROL.search(message):
        raise FormatError("note holds a control character")
    split = message.rfind("\n\n")
    lines = message[split + 2 :].split("\n")
    if split < 0 or lines.pop() != "" or not lines:
        raise FormatError("note has no signature lines after a blank line, or no final newline")
    if len(lines) > MAX_SIGNATURES:
        raise FormatError("note has too many signatures")
    return Note(message[: split + 1], tuple(_parse_line(line) for line in lines))


def _parse_line(line: str) -> Signature:
    name, separator, encoded = line.removeprefix(_LINE_START).partition(" ")
    if not line.startswith(_LINE_START) or not separator:
        raise FormatError("not a signature line")
    data = decode_signature_base64(encoded)
    if len(data) < 5:
        raise FormatError("signature line has no signature")
    return Signature(check_name(name), data[:4], data[4:], line)


def format_note(text: str, lines: Iterable[str]) -> str:
    """Return a signed note from its text and its signature lines (without newlines).

    Raises:
        FormatError: the result would not parse back to the same text and lines.
    """
    lines = tuple(lines)
    note = text + "\n" + "".join(f"{line}\n" for line in lines)
    parsed = parse_note(note)
    if parsed.text != text or tuple(signature.line for signature in parsed.signatures) != lines:
        raise FormatError("text or lines cannot stand in a note")
    return note


def sign_note(text: str, signers: Sequence[Signer]) -> str:
    """Return the note that these signers, in this order, make of a text.

    Raises:
        FormatError: the text has no final newline, or cannot stand in a note, or there is no signer.
    """
    return format_note(text, [_signature_line(signer, text) for signer in signers])


def _signature_line(signer: Signer, text: str) -> str:
    verifier = signer.verifier
    return f"{_LINE_START}{verifier.name} {encode_base64(verifier.key_id + signer.sign(text))}"


def open_note(data: str | bytes, verifiers: Sequence[Verifier]) -> VerifiedNote:
    """Parse a note and check every signature whose key is known.

    Raises:
        FormatError: the note does not parse.
        BadSignature: a known key's signature fails; the note is worth nothing then.
        AmbiguousKey: two of the verifiers share the name and id of a signature.
        UnverifiedNote: no signature is by a known key.
    """
    note = parse_note(data)
    verified: dict[tuple[str, bytes], VerifiedSignature] = {}
    unverified: dict[str, Signature] = {}
    for signature in note.signatures:
        pair = (signature.name, signature.key_id)
        known = [verifier for verifier in verifiers if (verifier.name, verifier.key_id) == pair]
        if len(known) > 1:
            raise AmbiguousKey("two configured keys share a name and key id")
        if not known:
            unverified[signature.line] = signature
        elif pair not in verified:
            time = known[0].verify(note.text, signature.blob)
            verified[pair] = VerifiedSignature(known[0], time, signature.line)
    if not verified:
        raise UnverifiedNote("no signature is by a known key")
    return VerifiedNote(note.text, tuple(verified.values()), tuple(unverified.values()))


def open_checkpoint(
    data: str | bytes, origin: str, log_keys: Sequence[Verifier], witnesses: Sequence[Verifier] = ()
) -> SignedCheckpoint:
    """Verify a signed checkpoint of one log.

    Args:
        data: the signed note.
        origin: the log that it must speak for.
        log_keys: keys of that log; at least one of them must have signed.
        witnesses: keys of cosigners; their good signatures are reported, none is demanded.

    Raises:
        FormatError: the note or its text does not parse.
        NoteError: see :func:`open_note`; also when only witnesses signed, or another log.
    """
    note = open_note(data, [*log_keys, *witnesses])
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != origin:
        raise BadSignature("checkpoint is of another log")
    own = tuple(signature for signature in note.verified if signature.verifier in log_keys)
    if not own:
        raise UnverifiedNote("no signature is by a key of the log")
    others = tuple(signature for signature in note.verified if signature.verifier not in log_keys)
    text = data.decode("utf-8") if isinstance(data, bytes) else data
    return SignedCheckpoint(checkpoint, text, own, others)
