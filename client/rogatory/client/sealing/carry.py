# SPDX-License-Identifier: Apache-2.0
"""Seal and open the head of a carry file, for one unit (architecture §13): the section's way, without its size and padding.

Fresh data key, one HPKE wrap, Cobblestone-256 body, keys bound to realm and recipient. Who the recipient is, and whether what
comes out is believed, is not decided here.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag

from rogatory.client.sealing import body
from rogatory.client.sealing.derive import KEY_LENGTH, object_keys
from rogatory.client.sealing.xwing import UnitKeys, wrap_all
from rogatory.protocol import codec, errors
from rogatory.protocol.carried import MAX_HEAD, carry_context
from rogatory.protocol.directory import UnitRow
from rogatory.protocol.errors import NotAuthorised, NotVerified
from rogatory.protocol.header import require
from rogatory.protocol.ids import Entropy
from rogatory.protocol.sealed import SealedObject, check_wraps

AT: Final = "carried.head"


def seal_head(plain: bytes, realm: bytes, unit: UnitRow, entropy: Entropy) -> bytes:
    """Return the sealed head.

    Raises:
        Invalid: ``X_TOO_LARGE``.
    """
    digest = carry_context(realm, unit.key_id)
    data_key = entropy.token(KEY_LENGTH)
    keys = object_keys(data_key, digest)
    cipher = body.encryptor(keys.stream, keys.body_context)
    sealed = cipher.update(plain) + cipher.finalize()
    wraps = wrap_all(data_key, digest, {unit.key_id: unit.sealing_key}, (unit.key_id,))
    head = codec.encode(SealedObject(wraps, sealed))
    require(len(head) <= MAX_HEAD, AT, "SIZE_CAP", errors.X_TOO_LARGE)
    return head


def open_head(head: bytes, realm: bytes, unit_keys: UnitKeys) -> bytes:
    """Return what was sealed.

    Raises:
        NotAuthorised: ``X_FIELD_NOT_FOR_RECIPIENT``: the file is for another unit.
        NotVerified: ``X_SEAL_BROKEN``: it was changed, or sealed in another realm.
        Invalid: The head breaks the format.
    """
    sealed = codec.decode(SealedObject, head, limit=MAX_HEAD, at=AT)
    check_wraps(sealed.wraps, f"{AT}.wraps")
    mine = next((wrap.key_id for wrap in sealed.wraps if wrap.key_id in unit_keys.key_ids), None)
    if mine is None:
        raise NotAuthorised(errors.X_FIELD_NOT_FOR_RECIPIENT, AT, "RECIPIENT")
    digest = carry_context(realm, mine)
    keys = object_keys(unit_keys.unwrap(sealed.wraps, digest, AT, "CARRY.WRAP"), digest)
    cipher = body.decryptor(keys.stream, keys.body_context)
    try:
        return cipher.update(sealed.body) + cipher.finalize()
    except (InvalidTag, ValueError) as error:
        raise NotVerified(errors.X_SEAL_BROKEN, AT, "CARRY.BODY") from error
