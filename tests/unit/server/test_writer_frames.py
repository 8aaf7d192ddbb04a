# SPDX-License-Identifier: Apache-2.0
"""Frames between front and writer: whatever the cuts, the same frames come out, and what cannot be ends the stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rogatory.protocol import errors
from rogatory.protocol.errors import Refused, RogatoryError
from rogatory.protocol.families import FAMILIES, rebuild
from rogatory.server.engine import Job, Op
from rogatory.server.writer import frames
from rogatory.server.writer.frames import FrameError, FrameType, Splitter


@given(
    st.lists(st.tuples(st.sampled_from(FrameType), st.binary(max_size=300)), max_size=8),
    st.lists(st.integers(1, 40), min_size=1),
)
def test_frames_come_out_as_they_went_in_wherever_the_stream_is_cut(
    sent: list[tuple[FrameType, bytes]], cuts: list[int]
) -> None:
    data = b"".join(frames.frame(kind, body) for kind, body in sent)
    splitter, at = Splitter(), 0
    received: list[tuple[FrameType, bytes]] = []
    while at < len(data):
        step = cuts[at % len(cuts)]
        received.extend(splitter.feed(data[at : at + step]))
        at += step
    assert received == sent


@given(st.integers(0, 2**64 - 1), st.sampled_from(Op), st.binary(min_size=32, max_size=32), st.binary())
def test_a_call_is_read_back(number: int, op: Op, spki: bytes, payload: bytes) -> None:
    ((kind, body),) = Splitter().feed(frames.call(number, op, spki, payload))
    assert kind is FrameType.CALL
    assert frames.read_call(body) == (number, Job(op, spki, payload))


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_an_error_crosses_as_the_same_typed_error(family: str) -> None:
    error = rebuild(family, errors.X_REPLAY, "header.statement_id", "IDEMPOTENCY")
    ((kind, body),) = Splitter().feed(frames.reply(7, error))
    number, read = frames.read_error(body)
    assert (kind, number, type(read)) == (FrameType.ERROR, 7, type(error))
    assert (read.code, read.field, read.rule) == (error.code, error.field, error.rule)


def test_an_error_of_no_family_stays_of_none() -> None:
    ((_, body),) = Splitter().feed(frames.reply(1, RogatoryError(errors.X_INTERNAL)))
    _, read = frames.read_error(body)
    assert type(read) is RogatoryError
    assert not isinstance(read, Refused)


@pytest.mark.parametrize(
    "data",
    [bytes(4), b"\xff\xff\xff\xff", frames.frame(FrameType.STOP, b"").replace(b"\x02", b"\x63")],
    ids=["no type", "too long", "unknown type"],
)
def test_a_frame_that_cannot_be_ends_the_stream(data: bytes) -> None:
    with pytest.raises(FrameError):
        list(Splitter().feed(data))


@pytest.mark.parametrize(
    "body", [b"", bytes(8), bytes(8) + b"\x63" + bytes(32), bytes(8) + b"\x01" + bytes(31)]
)
def test_a_call_that_cannot_be_is_refused(body: bytes) -> None:
    with pytest.raises(FrameError):
        frames.read_call(body)


def test_a_peer_digest_of_another_length_is_never_sent() -> None:
    with pytest.raises(FrameError):
        frames.call(1, Op.SUBMIT, b"short", b"")
