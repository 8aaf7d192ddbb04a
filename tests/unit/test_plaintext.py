# SPDX-License-Identifier: Apache-2.0
"""The plaintext of a disclosure as a stream: any pieces, bounded memory, and no meta that exhausts the reader."""

import io
import tracemalloc
from pathlib import Path
from typing import BinaryIO

import pytest

from rogatory.audit.framing import u32
from rogatory.client.sealing.plaintext import PlaintextReader
from rogatory.client.sealing.seal import seal_disclosure
from rogatory.client.sealing.unseal import open_disclosure
from rogatory.protocol import codec
from rogatory.protocol.content import MAX_ITEMS, DisclosedItem, DisclosureMeta
from rogatory.protocol.errors import Invalid, NotVerified
from rogatory.protocol.sealed import pad_disclosure, plaintext_length
from tests.support.realm import SeededEntropy
from tests.support.sealing import Recipient, disclosure_context, recipients

_UNIT = Recipient("unit")
_EMPTY = bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")


def _reader(total: int) -> tuple[PlaintextReader, list[str]]:
    names: list[str] = []

    def sink(_index: int, name: str) -> BinaryIO:
        names.append(name)
        return io.BytesIO()

    return PlaintextReader(total, sink, lambda _stream: None), names


def _empty_items(count: int) -> bytes:
    """Returns a plaintext of so many empty items, padded as it should be."""
    items = tuple(DisclosedItem(name="e", sha256=_EMPTY) for _ in range(count))
    bare = 4 + len(codec.encode(DisclosureMeta(items)))
    total = pad_disclosure(bare + 64)
    # The padding's length takes a tag and one to three bytes of its own.
    for extra in range(2, 5):
        head = codec.encode(DisclosureMeta(items, 0, total - bare - extra))
        if 4 + len(head) == bare + extra:
            return u32(len(head)) + head + bytes(total - bare - extra)
    raise AssertionError("no padding fits")


def test_as_many_empty_items_as_a_meta_may_have_are_read_without_running_out_of_stack() -> None:
    data = _empty_items(MAX_ITEMS)
    reader, names = _reader(len(data))
    for start in range(0, len(data), 1000):
        reader.feed(data[start : start + 1000])
    meta, _ = reader.finish()
    assert len(names) == len(meta.items) == MAX_ITEMS


def test_one_item_more_is_refused_on_both_sides(tmp_path: Path) -> None:
    data = _empty_items(MAX_ITEMS + 1)
    reader, names = _reader(len(data))
    with pytest.raises(NotVerified) as caught:
        reader.feed(data)
    assert (caught.value.rule, names) == ("DISCLOSURE.ITEM_COUNT", [])
    path = tmp_path / "empty"
    path.touch()
    items = [(DisclosedItem(name="e"), path)] * (MAX_ITEMS + 1)
    context = disclosure_context(_UNIT)
    with pytest.raises(Invalid):
        seal_disclosure(items, "", context, recipients(_UNIT), tmp_path / "body", SeededEntropy())


def test_an_item_with_another_hash_stops_the_reader_at_its_end() -> None:
    meta = DisclosureMeta((DisclosedItem(name="a", length=1, sha256=b"x" * 32),), 1, 0)
    size = 4 + len(codec.encode(meta)) + 1
    padded = DisclosureMeta(meta.items, 1, 4096 - size - 3)
    head = codec.encode(padded)
    data = u32(len(head)) + head + b"!" + bytes(padded.pad_length)
    assert len(data) == 4096
    reader, _ = _reader(len(data))
    with pytest.raises(NotVerified) as caught:
        reader.feed(data)
    assert caught.value.rule == "DISCLOSURE.ITEM_HASH"


def test_nothing_is_complete_before_its_last_byte() -> None:
    data = _empty_items(1)
    for end in (0, 3, 10, len(data) - 1):
        reader, _ = _reader(len(data))
        reader.feed(data[:end])
        with pytest.raises(NotVerified) as caught:
            reader.finish()
        assert caught.value.rule == "DISCLOSURE.PLAINTEXT_LENGTH"


def test_every_length_finds_a_padding_that_covers_its_own_encoding(tmp_path: Path) -> None:
    """Also where the room left over is 1 or 130 bytes, which no padding length fills exactly."""
    path, context = tmp_path / "source", disclosure_context(_UNIT)
    for words in range(3750, 4100):
        made = seal_disclosure([], "w" * words, context, {_UNIT.key_id: _UNIT.raw}, path, SeededEntropy())
        bare = 4 + len(codec.encode(DisclosureMeta((), 0, 0, "w" * words)))
        total = 4 + len(codec.encode(made.meta)) + made.meta.pad_length
        assert bare <= total == pad_disclosure(total) == plaintext_length(made.body_length)


def test_memory_does_not_grow_with_the_content(tmp_path: Path) -> None:
    source, context = tmp_path / "source", disclosure_context(_UNIT)
    with source.open("wb") as stream:
        stream.truncate(32 << 20)
    tracemalloc.start()
    try:
        made = seal_disclosure(
            [(DisclosedItem(name="large"), source)],
            "",
            context,
            recipients(_UNIT),
            tmp_path / "body",
            SeededEntropy(),
        )
        manifest = made.manifest(fits_scope=True, outcomes=[])
        open_disclosure(tmp_path / "body", manifest, context, _UNIT.keys, tmp_path / "in")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12 << 20
