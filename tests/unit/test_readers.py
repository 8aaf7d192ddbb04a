# SPDX-License-Identifier: Apache-2.0
"""Readers: certain moments are read, uncertain ones become unknown, and no row is lost on the way."""

import io
import json
from pathlib import Path

import pytest

from rogatory.client.readers import cgnat_syslog, mbox, radius_detail, records
from rogatory.client.readers.lines import MAX_LINE
from rogatory.client.readers.registry import READERS, disclosure_rows, item_rows
from rogatory.protocol.content import FORMATS, OPAQUE, RECORDS, DisclosedItem, Instant
from rogatory.protocol.errors import Invalid
from rogatory.protocol.instants import parse_instant
from rogatory.protocol.scope import Reason, Row, Scope, ScopeTask, check_scope

_MS = 1_793_603_700_000  # 2026-11-02T08:15:00+01:00


def _moments(reader: object, text: str | bytes) -> list[int | None]:
    data = text.encode() if isinstance(text, str) else text
    found = reader.rows(io.BytesIO(data), 1, "element")  # type: ignore[attr-defined]
    return [row.instant_ms for row in found]


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        ("<134>1 2026-11-02T08:15:00+01:00 cgn1 nat - - - ADD 203.0.113.7:40001", _MS),
        ("<134>1 2026-11-02T07:15:00.123456Z cgn1 nat - - - ADD 203.0.113.7:40001", _MS + 123),
        ("<134>1 - cgn1 nat - - - ADD 203.0.113.7:40001", None),
        ("<134>1 2026-11-02T08:15:00 cgn1 nat - - - naive", None),
        ("<134>Nov  2 08:15:00 cgn1 nat: the old form", None),
        ("2026-11-02T08:15:00+01:00 cgn1 no priority", None),
        ("garbage \x00 line", None),
    ],
)
def test_a_syslog_line_counts_only_with_an_offset(line: str, moment: int | None) -> None:
    assert _moments(cgnat_syslog, line + "\n") == [moment]


def test_syslog_rows_are_counted_line_by_line_blank_lines_apart() -> None:
    line = b"<134>1 2026-11-02T08:15:00+01:00 cgn1 nat - - - x"
    assert _moments(cgnat_syslog, line + b"\r\n\r\n" + b"x" * (MAX_LINE + 5) + b"\n" + line) == [
        _MS,
        None,
        _MS,
    ]


_BLOCK = """Mon Nov  2 03:15:00 2026
\tUser-Name = "invented@example.org"
\tFramed-IP-Address = 203.0.113.7
{lines}"""


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (f"\tTimestamp = {_MS // 1000}\n", (_MS, None, None)),
        (
            f'\tEvent-Timestamp = "Nov  2 2026 07:15:00 UTC"\n\tTimestamp = {_MS // 1000}\n',
            (_MS, None, None),
        ),
        (
            f'\tEvent-Timestamp = "Nov  2 2026 06:15:00 +0000"\n\tTimestamp = {_MS // 1000}\n',
            (None, _MS - 3_600_000, _MS),
        ),
        ('\tEvent-Timestamp = "Nov  2 2026 08:15:00 +0100"\n', (_MS, None, None)),
        (
            f'\tEvent-Timestamp = "Nov  2 2026 08:15:00 CET"\n\tTimestamp = {_MS // 1000}\n',
            (_MS, None, None),
        ),
        ('\tEvent-Timestamp = "Nov  2 2026 08:15:00 CET"\n', (None, None, None)),
        (f"\tAcct-Delay-Time = 60\n\tTimestamp = {_MS // 1000}\n", (None, _MS - 60_000, _MS)),
        (f"\tAcct-Delay-Time = 0\n\tTimestamp = {_MS // 1000}\n", (_MS, None, None)),
        (f"\tAcct-Delay-Time = long\n\tTimestamp = {_MS // 1000}\n", (None, None, None)),
        ('\tEvent-Timestamp = "Feb 31 2026 08:15:00 UTC"\n', (None, None, None)),
        ("", (None, None, None)),
        ("\tTimestamp = soon\n", (None, None, None)),
    ],
)
def test_a_radius_block_is_dated_by_its_attributes_never_by_its_first_line(
    lines: str, expected: tuple[int | None, int | None, int | None]
) -> None:
    (row,) = radius_detail.rows(io.BytesIO(_BLOCK.format(lines=lines).encode()), 1, "access_session", 4)
    assert (row.instant_ms, row.since_ms, row.until_ms) == expected
    assert (row.item, row.task, row.element) == (4, 1, "access_session")


def test_radius_blocks_are_told_apart_by_blank_lines() -> None:
    block = _BLOCK.format(lines=f"\tTimestamp = {_MS // 1000}\n")
    assert _moments(radius_detail, f"\n{block}\n\n{block}\n{_BLOCK.format(lines='')}") == [_MS, _MS, None]


def _mail(date: str) -> str:
    return f"From someone Mon Nov  2 03:15:00 2026\nFrom: a@example.org\n{date}Subject: x\n\nbody\n\n"


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("Date: Mon, 02 Nov 2026 08:15:00 +0100\n", _MS),
        ("Date: Mon, 02 Nov 2026 07:15:00 GMT\n", _MS),
        ("date: Mon, 02 Nov 2026\n 08:15:00 +0100 (CET)\n", _MS),
        ("Date: Mon, 02 Nov 2026 08:15:00\n", None),
        ("Date: Mon, 02 Nov 2026 08:15:00 -0000\n", None),
        ("Date: Mon, 02 Nov 2026 08:15:00 CET\n", None),
        ("Date: yesterday\n", None),
        ("Date: Mon, 99 Nov 2026 08:15:00 +0100\n", None),
        ("Date: Mon, 02 Nov 2026 08:15:00 +0100\nDate: Mon, 01 Jan 2024 08:15:00 +0100\n", None),
        ("", None),
    ],
)
def test_a_message_is_dated_by_one_date_header_with_an_offset(date: str, moment: int | None) -> None:
    assert _moments(mbox, _mail(date)) == [moment]


def test_a_date_in_a_body_does_not_date_the_message() -> None:
    text = "From x Mon Nov  2 03:15:00 2026\nSubject: x\n\nDate: Mon, 02 Nov 2026 08:15:00 +0100\n"
    assert _moments(mbox, text) == [None]


def test_every_message_and_whatever_stands_before_the_first_is_a_row() -> None:
    dated = _mail("Date: Mon, 02 Nov 2026 08:15:00 +0100\n")
    assert _moments(mbox, dated * 3) == [_MS] * 3
    assert _moments(mbox, "hidden words\n\n" + dated) == [None, _MS]
    assert _moments(mbox, "\n\n" + dated) == [_MS]
    assert _moments(mbox, "") == []


def test_an_oversized_header_is_no_header() -> None:
    large = "".join(f"X-{number}: {'y' * 1000}\n" for number in range(1100))
    assert _moments(mbox, _mail("Date: Mon, 02 Nov 2026 08:15:00 +0100\n" + large)) == [None]


@pytest.mark.parametrize(
    ("record", "row"),
    [
        ({"instant": "2026-11-02T08:15:00+01:00"}, Row(0, 1, "element", _MS)),
        ({"instant": {"text": "2026-11-02T08:15:00", "zone": "Europe/Vienna"}}, Row(0, 1, "element", _MS)),
        ({"instant": "2026-11-02T08:15:00"}, Row(0, 1, "element")),
        ({"instant": 1_793_603_700}, Row(0, 1, "element")),
        (
            {"instant": "2026-11-02T08:15:00Z", "task": 2, "element": "name"},
            Row(0, 2, "name", _MS + 3_600_000),
        ),
        ({"instant": "2026-11-02T08:15:00Z", "task": True}, Row(0, 1, "element")),
        ({"instant": {"text": ["x"]}}, Row(0, 1, "element")),
        ([], Row(0, 1, "element")),
    ],
)
def test_a_record_says_itself_what_it_answers(record: object, row: Row) -> None:
    data = json.dumps(record).encode()
    assert list(records.rows(io.BytesIO(data), 1, "element")) == [row]


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b'{"instant": "2026-11-02T08:15:00Z", "task": 1, "task": 2}',
        b"\xff",
        b"[" * 100_000,
        b"1" * 5000,
    ],
)
def test_a_line_that_is_no_record_is_still_a_row(line: bytes) -> None:
    assert list(records.rows(io.BytesIO(line + b"\n"), 1, "element")) == [Row(0, 1, "element")]


def _item(since: Instant | None, until: Instant | None, name: str = OPAQUE) -> DisclosedItem:
    return DisclosedItem(name="x", task=1, element="mailbox", since=since, until=until, format=name)


def test_an_opaque_file_is_judged_by_its_declared_span(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"anything")
    early, late = parse_instant("2026-11-02T00:00:00Z"), parse_instant("2026-11-03T00:00:00Z")
    (row,) = item_rows(_item(early, late), path, 3)
    assert row == Row(3, 1, "mailbox", None, early.utc_ms, late.utc_ms)
    lie = Instant(late.text, late.zone, late.utc_ms - 1)
    for since, until in ((None, None), (early, None), (early, lie)):
        (unknown,) = item_rows(_item(since, until), path, 0)
        scope = Scope((ScopeTask(1, ("mailbox",), 0, late.utc_ms),))
        assert check_scope(scope, [unknown]).excess[0].reason is Reason.TIME_UNKNOWN


def test_a_file_without_a_row_does_not_pass_as_nothing(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.write_bytes(b"")
    assert list(item_rows(_item(None, None, RECORDS), path, 0)) == [Row(0, 1, "mailbox")]


def test_rows_of_all_items_come_in_order(tmp_path: Path) -> None:
    path = tmp_path / "records"
    path.write_text('{"instant": "2026-11-02T08:15:00+01:00"}\n' * 2)
    rows = list(disclosure_rows([(_item(None, None, RECORDS), path), (_item(None, None), path)]))
    assert [row.item for row in rows] == [0, 0, 1]


def test_every_named_format_has_a_reader_or_is_opaque_and_others_are_refused(tmp_path: Path) -> None:
    assert {*READERS, OPAQUE} == set(FORMATS)
    with pytest.raises(Invalid):
        list(item_rows(_item(None, None, "PDF"), tmp_path, 0))


@pytest.mark.parametrize("year", ["99999", "99999999999999999999"])
def test_a_message_dated_without_measure_has_no_moment_and_stops_nobody(year: str) -> None:
    assert _moments(mbox, f"From a@mail.example\nDate: Mon, 02 Nov {year} 08:15:00 +0100\n\nwords\n") == [
        None
    ]
    far = "99999999999999999999999"
    assert _moments(mbox, f"From a@mail.example\nDate: Mon, 02 Nov 2026 08:15:{far} +0100\n\nwords\n") == [
        None
    ]
