# SPDX-License-Identifier: Apache-2.0
"""Signing whatever one is told to, which the product's own signing refuses. For tests of those who must say no."""

from __future__ import annotations

from rogatory.protocol import codec
from rogatory.protocol.envelope import Envelope, pae
from rogatory.protocol.statements import Statement, payload_type
from tests.support.acts import World


def signed(world: World, name: str, statement: Statement, *, payload: bytes = b"") -> bytes:
    """An envelope over a statement, or over exact payload bytes in its place."""
    payload, kind = payload or codec.encode(statement), payload_type(statement.header.kind)
    signature = world.realm.signer(name).sign(pae(kind, payload))
    return codec.encode(Envelope(payload, kind, world.realm.row(name).key_id, signature))
