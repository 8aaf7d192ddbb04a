# SPDX-License-Identifier: Apache-2.0
"""The sixteen slots of a log entry in words, read with the published schema text and nothing beside it.

Names and types come from ``entry_schema.SCHEMA``, so that what a person is shown cannot drift from what is committed. Whether
a value is true is not looked at here; the reader computes it again (``opened_entries``).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from rogatory.audit.commitment import payload
from rogatory.protocol.entry_schema import SCHEMA, read_record

_LINE: Final = re.compile(r"(?P<slot>\d+) (?P<words>.+)")
_RECORD: Final = re.compile(r"record\((?P<items>.+)\)")
_LIST: Final = "list of text "


def _lines() -> Mapping[int, str]:
    found = (_LINE.fullmatch(line) for line in SCHEMA.decode().splitlines())
    return MappingProxyType({int(item["slot"]): item["words"] for item in found if item is not None})


_SLOTS: Final = _lines()


def slot_name(slot: int) -> str:
    """Return what the schema calls a slot, without the types."""
    record = _RECORD.fullmatch(_SLOTS[slot])
    if record is not None:
        return ", ".join(item.partition(" ")[2] for item in record["items"].split(", "))
    return (
        _SLOTS[slot].removeprefix(_LIST) if _SLOTS[slot].startswith(_LIST) else _SLOTS[slot].partition(" ")[2]
    )


def slot_text(slot: int, value: bytes) -> str:
    """Return the value of a slot as text; empty where it is absent.

    Raises:
        NotVerified: ``X_LOG_INVALID``: a record without exactly the items of the schema.
    """
    data = payload(value)
    if data is None:
        return ""
    words = _SLOTS[slot]
    record = _RECORD.fullmatch(words)
    if record is not None:
        kinds = [item.partition(" ")[0] for item in record["items"].split(", ")]
        items = read_record(value, len(kinds))
        return ", ".join(_TYPES[kind](item) or "none" for kind, item in zip(kinds, items, strict=True))
    if words.startswith(_LIST):
        return ", ".join(_items(data[2:]))
    return _TYPES[words.partition(" ")[0]](data)


def _items(data: bytes) -> list[str]:
    found = []
    while data:
        length = int.from_bytes(data[:4], "big")
        found.append(data[4 : 4 + length].decode())
        data = data[4 + length :]
    return found


def _time(data: bytes) -> str:
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=int.from_bytes(data, "big"))
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _number(data: bytes) -> str:
    return str(int.from_bytes(data, "big"))


_TYPES: Final[Mapping[str, Callable[[bytes], str]]] = MappingProxyType(
    {
        "digest": bytes.hex,
        "id": bytes.hex,
        "text": bytes.decode,
        "time": _time,
        "u16": _number,
        "u32": _number,
    }
)
