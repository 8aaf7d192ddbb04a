# SPDX-License-Identifier: Apache-2.0
"""Nothing carried along unverified: what a copy or a bundle holds must be covered to its last bit.

Readers of signed notes and of quorums pass over signatures of keys that they do not know, and must (C2SP signed-note,
TUF). A file that claims to be evidence must not hold such a line: a changed byte in it would go unnoticed. These checks
come after the ones that verify, and replace none of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from rogatory.audit.encoding import encode_base64
from rogatory.audit.errors import AuditError
from rogatory.audit.note import Note, Signature, format_note, parse_note
from rogatory.client.scheme import Scheme, verify_scheme
from rogatory.protocol import codec, errors
from rogatory.protocol.directory import MAX_LIST, KeySet, TrustRoot
from rogatory.protocol.errors import NotVerified
from rogatory.protocol.keys import key_id
from rogatory.protocol.quorum import MAX_QUORUM, Quorum
from rogatory.protocol.receipt import LogHead, LogIdentity, verify_head
from rogatory.protocol.wire import GetDirectoryResponse, GetPacksResponse


def own_lines(data: bytes, log: LogIdentity) -> bytes:
    """Return a verified note with the lines of the log's own keys only, each in its one encoding.

    Raises:
        NotVerified: ``X_LOG_INVALID``: the note does not verify.
    """
    verify_head(data, log)
    note = _parsed(data)
    known = {(verifier.name, verifier.key_id) for verifier in log.verifiers}
    lines: dict[tuple[str, bytes], str] = {}
    for signature in note.signatures:
        pair = (signature.name, signature.key_id)
        if pair in known:
            lines.setdefault(pair, _line(signature))
    return format_note(note.text, lines.values()).encode()


def whole_note(data: bytes, log: LogIdentity) -> LogHead:
    """Verify a note in which every line is a good signature of one of the log's keys, once each.

    Raises:
        NotVerified: ``X_LOG_INVALID`` with rule ``SIGNED_NOTE``, or ``NOTE.WHOLE`` for a line that nothing verifies.
    """
    head = verify_head(data, log)
    if own_lines(data, log) != data:
        raise NotVerified(errors.X_LOG_INVALID, "head", "NOTE.WHOLE")
    return head


def whole_scheme(
    directory: GetDirectoryResponse, packs: GetPacksResponse, fingerprint: bytes | None
) -> Scheme:
    """Verify a stored scheme in which every signature counts.

    Args:
        directory: As stored.
        packs: As stored.
        fingerprint: Pinned realm, if there is one.

    Raises:
        NotVerified: Something does not hold, or ``QUORUM.WHOLE`` for a signature that nothing verifies.
        Invalid: Not canonical.
    """
    scheme = verify_scheme(directory, packs, fingerprint)
    roots = [_root(item.quorum) for item in directory.roots]
    for i, item in enumerate(directory.roots):
        # Each root is signed by the keys of the one before and by its own; verify_scheme has checked both.
        _whole_quorum(item.quorum, (root.root_keys for root in roots[max(i - 1, 0) : i + 1]))
    _whole_quorum(directory.trust_list.quorum, [scheme.root.list_keys])
    for item in (*packs.packs, *packs.recalls):
        _whole_quorum(item.quorum, [scheme.root.pack_keys])
    for item in (*directory.roots, directory.trust_list, *packs.packs, *packs.recalls):
        whole_note(item.receipt.head, scheme.log)
    return scheme


def _whole_quorum(data: bytes, key_sets: Iterable[KeySet]) -> None:
    known = {key_id(key.alg, key.raw) for keys in key_sets for key in keys.keys}
    quorum = codec.decode(Quorum, data, limit=MAX_QUORUM, at="quorum")
    if not {item.key_id for item in quorum.signatures} <= known:
        raise NotVerified(errors.X_QUORUM_NOT_MET, "quorum.signatures", "QUORUM.WHOLE")


def _root(data: bytes) -> TrustRoot:
    quorum = codec.decode(Quorum, data, limit=MAX_QUORUM, at="root")
    return codec.decode(TrustRoot, quorum.payload, limit=MAX_LIST, at="root")


def _parsed(data: bytes) -> Note:
    try:
        return parse_note(data)
    except AuditError as error:  # verify_head has parsed it before
        raise NotVerified(errors.X_LOG_INVALID, "head", "SIGNED_NOTE") from error


def _line(signature: Signature) -> str:
    return f"\N{EM DASH} {signature.name} {encode_base64(signature.key_id + signature.blob)}"
