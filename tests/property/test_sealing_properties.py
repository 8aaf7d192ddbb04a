# SPDX-License-Identifier: Apache-2.0
"""Properties of sealing, moments, targets and scope over generated inputs; nothing here is about stored examples."""

import datetime as dt
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rogatory.client.sealing.files import PartLeaves, safe_name
from rogatory.client.sealing.plaintext import verify_plaintext
from rogatory.client.sealing.seal import seal_disclosure, seal_section
from rogatory.client.sealing.unseal import open_disclosure, open_section
from rogatory.protocol import codec
from rogatory.protocol.content import DisclosedItem, Instant, Particulars
from rogatory.protocol.errors import Invalid, NotVerified, RogatoryError
from rogatory.protocol.header import SectionKind
from rogatory.protocol.identifiers import IdentifierRule, check_identifier
from rogatory.protocol.instants import check_instant, instant_ms, parse_instant
from rogatory.protocol.scope import Row, Scope, ScopeTask, check_scope, scope_digest
from rogatory.protocol.sealed import (
    body_length,
    pad_disclosure,
    parse_sealed,
    part_leaf,
    plaintext_length,
    section_context,
)
from rogatory.protocol.statements import PART_SIZE, GrantedTask
from tests.support.realm import SeededEntropy
from tests.support.sealing import Recipient, disclosure_context, header, recipients

_UNIT = Recipient("unit")
_CONTEXT = section_context(header(), SectionKind.NOTE, 0, [_UNIT.key_id])
T = TypeVar("T")


def _attempt(call: Callable[[], T]) -> tuple[T | None, RogatoryError | None]:
    """Returns what the call gives, or how it was refused; anything else than a refusal of ours goes through."""
    try:
        return call(), None
    except RogatoryError as error:
        return None, error


_ZONES = ("Europe/Vienna", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC")


@given(st.binary(max_size=5000))
def test_whatever_is_sealed_opens_to_the_same_bytes_at_a_padded_size(message: bytes) -> None:
    data, ref = seal_section(message, _CONTEXT, recipients(_UNIT), SeededEntropy())
    assert open_section(data, ref, _CONTEXT, _UNIT.keys) == message
    assert plaintext_length(len(parse_sealed(data).body)) % 1024 == 0


@given(st.binary(max_size=200), st.data())
def test_a_section_with_any_changed_byte_never_opens(message: bytes, data: st.DataObject) -> None:
    sealed, ref = seal_section(message, _CONTEXT, recipients(_UNIT), SeededEntropy())
    place = data.draw(st.integers(0, len(sealed) - 1))
    bad = sealed[:place] + bytes([sealed[place] ^ data.draw(st.integers(1, 255))]) + sealed[place + 1 :]
    with pytest.raises((NotVerified, Invalid)):
        open_section(bad, ref, _CONTEXT, _UNIT.keys)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.text(max_size=40), st.binary(max_size=20_000)), max_size=4),
    st.text(max_size=200),
)
def test_any_files_under_any_names_come_back_whole_and_proven(
    contents: list[tuple[str, bytes]], words: str
) -> None:
    context = disclosure_context(_UNIT)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        items = []
        for index, (title, content) in enumerate(contents):
            (folder / str(index)).write_bytes(content)
            items.append((DisclosedItem(name=title), folder / str(index)))
        sealed = folder / "sealed"
        made = seal_disclosure(items, words, context, recipients(_UNIT), sealed, SeededEntropy())
        manifest = made.manifest(fits_scope=True, outcomes=[])
        opened = open_disclosure(sealed, manifest, context, _UNIT.keys, folder / "in")
        assert [path.read_bytes() for path in opened.files] == [content for _, content in contents]
        assert sorted(path.name for path in (folder / "in").iterdir()) == [p.name for p in opened.files]
        assert (opened.meta, opened.meta.words) == (made.meta, words)
        proven = verify_plaintext(opened.commitment_key, opened.meta_bytes, opened.files, manifest)
        assert proven == made.meta
        plain = plaintext_length(manifest.body_length)
        assert pad_disclosure(plain) == plain


@given(st.text(max_size=300), st.integers(0, 4095))
def test_a_safe_name_is_one_plain_component_and_keeps_its_number(name: str, index: int) -> None:
    safe = safe_name(index, name)
    assert safe.startswith(f"{index + 1:04d}-")
    assert safe.isascii()
    assert set(safe).isdisjoint('/\\:*?"<>|\x00 ')
    assert not safe.endswith((".", " "))
    assert len(safe) <= 86


@settings(max_examples=25)
@given(st.lists(st.integers(0, PART_SIZE + 7), min_size=1, max_size=4))
def test_part_leaves_do_not_depend_on_how_the_stream_comes(pieces: list[int]) -> None:
    leaves, whole = PartLeaves(), bytes(sum(pieces))
    for piece in pieces:
        leaves.update(bytes(piece))
    expected = [part_leaf(whole[start : start + PART_SIZE]) for start in range(0, len(whole), PART_SIZE)]
    assert list(leaves.leaves()) == expected


@given(st.integers(0, 1 << 40))
def test_body_and_padding_arithmetic_hold_at_any_size(length: int) -> None:
    assert plaintext_length(body_length(length)) == length
    padded = pad_disclosure(length)
    assert length <= padded
    assert padded <= max(4096, length + length // 8)


@given(
    st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2090, 1, 1)),  # noqa: DTZ001 - local times on purpose
    st.sampled_from(_ZONES),
)
def test_a_local_time_is_exact_or_refused_and_the_offset_form_agrees(local: dt.datetime, zone: str) -> None:
    text = local.isoformat(timespec="milliseconds")
    instant, error = _attempt(lambda: parse_instant(text, zone))
    if instant is None:
        assert error is not None
        assert error.rule in {"DST_AMBIGUOUS", "DST_GAP"}
        return
    check_instant(instant)
    utc = dt.datetime.fromtimestamp(instant.utc_ms // 1000, dt.UTC).replace(
        microsecond=instant.utc_ms % 1000 * 1000
    )
    assert parse_instant(utc.isoformat(timespec="milliseconds")).utc_ms == instant.utc_ms
    with pytest.raises(Invalid):
        check_instant(Instant(instant.text, instant.zone, instant.utc_ms + 1000))


@given(st.text(max_size=60), st.text(max_size=20))
def test_no_text_crashes_the_reader_of_moments(text: str, zone: str) -> None:
    moment, error = _attempt(lambda: instant_ms(text, zone))
    assert (moment is None) is (error is not None)
    assert error is None or error.code in {"X_FIELD_INVALID", "X_TIME_NAIVE"}


@given(st.sampled_from(["ip_port_time", "msisdn", "email", "url", "onion", "imei"]), st.binary(max_size=80))
def test_no_bytes_crash_the_target_check_or_show_in_its_error(name: str, value: bytes) -> None:
    rules = {name: IdentifierRule(r".*")}
    _, error = _attempt(lambda: check_identifier(name, value, rules))
    assert error is None or (error.field == "particulars.identifier" and error.rule != "ERROR.TOKEN")


@given(st.integers(0, 255), st.integers(0, 255), st.integers(1, 65_535), st.sampled_from(",;|\n \t*/-"))
def test_an_address_passes_alone_and_never_with_company(a: int, b: int, port: int, joint: str) -> None:
    rules = {"ip_port_time": IdentifierRule(r".*")}
    one, two = f"203.0.113.{a}:{port}", f"198.51.100.{b}:{port}"
    check_identifier("ip_port_time", one.encode(), rules)
    for many in (f"{one}{joint}{two}", f"{one}{joint}"):
        with pytest.raises(Invalid):
            check_identifier("ip_port_time", many.encode(), rules)


_ROWS = st.lists(
    st.builds(
        Row,
        item=st.integers(0, 3),
        task=st.integers(1, 3),
        element=st.sampled_from(["a", "b"]),
        instant_ms=st.none() | st.integers(0, 30),
        since_ms=st.none() | st.integers(0, 30),
        until_ms=st.none() | st.integers(0, 30),
    ),
    max_size=30,
)


@given(_ROWS, st.integers(0, 30), st.integers(0, 30))
def test_each_row_is_counted_once_and_a_wider_scope_never_finds_more_excess(
    rows: list[Row], since: int, until: int
) -> None:
    narrow = Scope((ScopeTask(1, ("a",), since, until), ScopeTask(2, ("b",), 5, 9)))
    wide = Scope(
        (
            ScopeTask(1, ("a", "b"), 0, 30),
            ScopeTask(2, ("a", "b"), 0, 30),
            ScopeTask(3, ("a", "b"), 0, 30),
        )
    )
    report, wider = check_scope(narrow, rows), check_scope(wide, rows)
    assert report.in_scope + len(report.excess) == len(rows)
    assert {excess.row for excess in wider.excess} <= {excess.row for excess in report.excess}
    assert all(excess.reason == "TIME_UNKNOWN" for excess in wider.excess)


@given(st.lists(st.text("ab", min_size=1, max_size=4), unique=True, max_size=5))
def test_scope_digests_of_different_element_lists_differ(elements: list[str]) -> None:
    names = tuple(sorted(elements))
    joined = ("".join(names),) if names else ("x",)
    first, second = (scope_digest([GrantedTask(1, value, 0, 1)]) for value in (names, joined))
    assert (first == second) is (names == joined)


@given(
    st.builds(
        Particulars,
        *[st.just(value) for value in (1, "msisdn")],
        st.binary(),
        st.binary(),
        *[st.builds(Instant, st.text(), st.text(), st.integers(0, 2**63)) for _ in range(2)],
    )
)
def test_particulars_survive_the_wire(value: Particulars) -> None:
    data = codec.encode(value)
    assert codec.decode(Particulars, data, limit=1 << 20) == value
    assert codec.encode(value) == data
