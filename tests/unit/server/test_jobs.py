# SPDX-License-Identifier: Apache-2.0
"""Values that cross between front and writer as JSON: read back as they were, or refused by name.

What the writer does with them is not tested here.
"""

from __future__ import annotations

import pytest

from rogatory.protocol.errors import Invalid
from rogatory.server.engine.jobs import Direction, TransferGrant, TransferOpen, pack_json, unpack_json


def test_transfer_values_are_read_back_as_they_were() -> None:
    asked = TransferOpen(b"r" * 16, b"d" * 16, Direction.FETCH, "EVIDENCE")
    assert unpack_json(TransferOpen, pack_json(asked)) == asked
    assert unpack_json(TransferGrant, pack_json(TransferGrant(4096))) == TransferGrant(4096)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff", b"[" * 100_000, b'{"body_length":' + b"9" * 5000 + b"}"]
)
def test_bytes_that_are_no_json_are_refused_by_name(data: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        unpack_json(TransferGrant, data)
    assert caught.value.args == ("X_ENCODING", "transfer", "JSON")
