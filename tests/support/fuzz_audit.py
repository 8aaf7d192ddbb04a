# SPDX-License-Identifier: Apache-2.0
"""Fuzz targets of the log library: notes, keys, checkpoints, proofs, paths, bundles, entries, cosigned statements, ratchet.

Signatures over fuzzed notes cannot hold, so verifying is not a target; reading is.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from rogatory.audit.checkpoint import Checkpoint, parse_checkpoint
from rogatory.audit.commitment import ENTRY_SIZE, EntryHeader, commit, parse_entry
from rogatory.audit.cosignature import SubtreeStatement
from rogatory.audit.encoding import decode_base64, encode_base64, parse_decimal
from rogatory.audit.errors import FormatError, LogCorrupt
from rogatory.audit.keys import parse_signer, parse_vkey
from rogatory.audit.note import format_note, parse_note, sign_note
from rogatory.audit.proof import TlogProof, parse_proof
from rogatory.audit.ratchet import Ratchet
from rogatory.audit.tile import format_bundle, parse_bundle, parse_path
from tests.support.fuzz_targets import Target
from tests.support.logs import ORIGIN, ed25519_signer, entries, mldsa_signer, seed

_TEXT = Checkpoint(ORIGIN, 5, b"\x05" * 32, ("note",)).text()
_FORM = (FormatError,)


_STATEMENT = SubtreeStatement("witness.example/w1", 1_790_000_000, ORIGIN, 0, 5, b"h" * 32)
_PATHS = [b"tile/0/000", b"tile/1/x001/234.p/7", b"tile/entries/000.p/255", b"tile/entries/x999/999"]


def _proofs() -> list[bytes]:
    note, hashes = _notes()[0].decode(), (b"a" * 32, b"b" * 32)
    return [
        TlogProof(3, hashes, note).text().encode(),
        TlogProof(0, (), note, b"any claim").text().encode(),
    ]


def _notes() -> list[bytes]:
    plain = Checkpoint(ORIGIN, 5, b"\x05" * 32).text()
    log, second = ed25519_signer(), mldsa_signer()
    return [sign_note(_TEXT, [log]).encode(), sign_note(plain, [log, second]).encode()]


def _note(data: bytes) -> None:
    note = parse_note(data)
    assert format_note(note.text, [signature.line for signature in note.signatures]).encode() == data


def _checkpoint(data: bytes) -> None:
    assert parse_checkpoint(data).text().encode() == data


def _vkey(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    assert parse_vkey(text).vkey() == text


def _signer(data: bytes) -> None:
    assert parse_signer(data.decode("utf-8", "replace")).verifier.key_id


def _proof(data: bytes) -> None:
    assert parse_proof(data).text().encode() == data


def _path(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    assert parse_path(text).path() == text


def _bundle(data: bytes) -> None:
    assert format_bundle(parse_bundle(data)) == data


def _entry(data: bytes) -> None:
    entry = parse_entry(data)
    assert entry.header.encode() + entry.body == data
    assert len(data) == ENTRY_SIZE


def _statement(data: bytes) -> None:
    assert SubtreeStatement.parse(data).message() == data


def _base64(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    assert encode_base64(decode_base64(text)) == text


def _decimal(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    assert str(parse_decimal(text)) == text


def _ratchets() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ratchet")
        ratchet = Ratchet.create(path)
        for size in (1, 2, 300):
            ratchet.advance(size, bytes([size % 256]) * 32)
        return [path.read_bytes()]


def _ratchet(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ratchet")
        path.write_bytes(data)
        last = Ratchet.open(path).last
        assert last is None or (last[0] >= 0 and len(last[1]) == 32)


def _private_texts() -> list[bytes]:
    """The text of a private key, which the library reads and never writes."""
    verifier = ed25519_signer().verifier
    key = encode_base64(b"\1" + seed("log"))
    return [f"PRIVATE+KEY+{verifier.name}+{verifier.key_id.hex()}+{key}".encode()]


_VKEYS = [signer.verifier.vkey().encode() for signer in (ed25519_signer(), mldsa_signer())]
_ENTRY = commit(
    ORIGIN,
    b"s" * 32,
    EntryHeader(b"e" * 16, 20781, 21519),
    [b"\0"] * 16,
    [bytes([slot]) * 32 for slot in range(16)],
).entry

TARGETS = (
    Target("note", "audit.note", _FORM, _notes, _note),
    Target("checkpoint", "audit.checkpoint", _FORM, lambda: [_TEXT.encode()], _checkpoint),
    Target("vkey", "audit.keys", _FORM, lambda: _VKEYS, _vkey),
    Target("private key text", "audit.keys", _FORM, _private_texts, _signer),
    Target("tlog-proof", "audit.proof", _FORM, _proofs, _proof),
    Target("tile path", "audit.tile", _FORM, lambda: _PATHS, _path),
    Target("entry bundle", "audit.tile", _FORM, lambda: [format_bundle(entries(5))], _bundle),
    Target("log entry", "audit.commitment", _FORM, lambda: [_ENTRY], _entry),
    Target("subtree statement", "audit.cosignature", _FORM, lambda: [_STATEMENT.message()], _statement),
    Target("base64", "audit.encoding", _FORM, lambda: [b"", b"YQ==", b"YWI=", b"YWJj"], _base64),
    Target("decimal", "audit.encoding", _FORM, lambda: [b"0", b"17", b"9223372036854775807"], _decimal),
    Target("ratchet", "audit.ratchet", (LogCorrupt,), _ratchets, _ratchet, slow=4),
)
