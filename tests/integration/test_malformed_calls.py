# SPDX-License-Identifier: Apache-2.0
"""Bytes that are no message of a method that the front passes on: the writer's stable code comes back, not gRPC's own text."""

from pathlib import Path

import pytest

from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid
from rogatory.server.engine import Op
from tests.support.front import ServerProcess, Wire

FORWARDED = (Op.SUBMIT, Op.GET_REQUEST, Op.PUT_SEALED, Op.FETCH_SEALED, Op.OPEN_ENTRIES)


def test_bytes_that_are_no_message_get_a_stable_code(tmp_path: Path) -> None:
    server = ServerProcess.start(tmp_path)
    try:
        wire = Wire(server)
        for op in FORWARDED:
            name = "inspector" if op is Op.OPEN_ENTRIES else "investigator"
            for data, rule in ((b"\xff\xff\xff", "PARSE"), (b"\xf8\x3e\x01", "UNKNOWN_FIELD")):
                with pytest.raises(Invalid) as caught:
                    wire.call(name, op, data)
                assert (caught.value.code, caught.value.field, caught.value.rule) == (
                    errors.X_ENCODING,
                    "request",
                    rule,
                )
        wire.close()
    finally:
        server.stop()
