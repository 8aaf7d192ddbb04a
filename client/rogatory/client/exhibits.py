# SPDX-License-Identifier: Apache-2.0
"""An identifier lifted from a file instead of typed: the file's digest, and a place in it that anybody can look up again.

Places: ``line:N`` (from 1), ``json:/pointer`` (RFC 6901), ``csv:ROW,COLUMN`` (row from 1, column a number from 1 or a name of
the first row), ``header:NAME`` of a message or of the first one in an mbox. What stands there must hold exactly one value
of the type: nothing is chosen among several. The exhibit itself is never sent, and who made it is not asked here.
"""

from __future__ import annotations

import csv
import email.parser
import email.policy
import hashlib
import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from rogatory.audit import files
from rogatory.audit.errors import FileRefused
from rogatory.client.drafts import DraftExhibit, DraftTask
from rogatory.client.private_files import parse_json
from rogatory.protocol import errors
from rogatory.protocol.content import Exhibit, Particulars
from rogatory.protocol.errors import Invalid, Refused
from rogatory.protocol.header import require
from rogatory.protocol.identifier_types import CHECKS
from rogatory.protocol.identifiers import IdentifierRule, check_identifier
from rogatory.protocol.writing import one_spelling

MAX_EXHIBIT: Final = 64 * 1024 * 1024
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}")
_APART: Final = re.compile(r"[\s,;\"'<>()=|{}]+")


def lift(path: Path, locator: str, identifier_type: str) -> tuple[str, Exhibit]:
    """Return the one identifier at a place of a file, and where it was found.

    Raises:
        Invalid: ``X_FIELD_INVALID``: the file cannot be read, has no such place, or holds no value of the type there, or
            several (``EXHIBIT.ONE_VALUE``).
    """
    data = _read(path)
    return _value(data, locator, identifier_type), Exhibit(hashlib.sha256(data).digest(), locator)


def lifted(task: DraftTask, at: str) -> Exhibit | None:
    """Return where a draft's identifier was taken from, once the file still says so; None where it was typed.

    Raises:
        Refused: ``X_EXHIBIT_CHANGED``: the file is gone or another one (``EXHIBIT.SHA256``), or has something else there
            (``EXHIBIT.VALUE``).
    """
    kept = task.exhibit
    if kept is None:
        return None
    try:
        value, exhibit = lift(Path(kept.path), kept.locator, task.identifier_type)
    except Invalid as error:
        raise Refused(errors.X_EXHIBIT_CHANGED, f"{at}.exhibit", error.rule) from error
    return _same(exhibit, value, kept.sha256, task.identifier, f"{at}.exhibit")


def check_exhibit(particulars: Particulars, path: Path) -> None:
    """Hold a file against what sealed particulars say about the exhibit: the same file, the same value at the same place.

    Raises:
        Refused: ``X_EXHIBIT_CHANGED`` with rule ``EXHIBIT.NONE``, ``EXHIBIT.SHA256`` or ``EXHIBIT.VALUE``.
        Invalid: The file cannot be read.
    """
    at, kept = "particulars.exhibit", particulars.exhibit
    if kept is None:
        raise Refused(errors.X_EXHIBIT_CHANGED, at, "EXHIBIT.NONE")
    data = _read(path)
    require_digest = hashlib.sha256(data).digest()
    if require_digest != kept.sha256:
        raise Refused(errors.X_EXHIBIT_CHANGED, at, "EXHIBIT.SHA256")
    value = _value(data, kept.locator, particulars.identifier_type)
    _same(
        Exhibit(require_digest, kept.locator), value, kept.sha256.hex(), particulars.identifier.decode(), at
    )


def draft_exhibit(path: Path, exhibit: Exhibit) -> DraftExhibit:
    """Return an exhibit as a draft keeps it, with the file's full path."""
    return DraftExhibit(str(path.absolute()), exhibit.sha256.hex(), exhibit.locator)


def _same(exhibit: Exhibit, value: str, sha256: str, identifier: str, at: str) -> Exhibit:
    if exhibit.sha256.hex() != sha256:
        raise Refused(errors.X_EXHIBIT_CHANGED, at, "EXHIBIT.SHA256")
    if value != identifier:
        raise Refused(errors.X_EXHIBIT_CHANGED, at, "EXHIBIT.VALUE")
    return exhibit


def _read(path: Path) -> bytes:
    try:
        return files.read_file(path, MAX_EXHIBIT)
    except FileRefused as refused:
        raise Invalid(errors.X_FIELD_INVALID, "exhibit", refused.rule) from refused


def _value(data: bytes, locator: str, identifier_type: str) -> str:
    """Return the one value of a type in the text at a place: all of it, or the only part of it that is such a value."""
    how, _, place = locator.partition(":")
    reader = _READERS.get(how)
    if reader is None or not place:
        raise Invalid(errors.X_FIELD_INVALID, "exhibit.locator", "EXHIBIT.LOCATOR")
    text = reader(data, place)
    whole = one_spelling(identifier_type, text)
    if _is_value(identifier_type, whole):
        return whole
    # A type with a pattern alone has no check here, and any word could be it.
    parts = _APART.split(text) if identifier_type in CHECKS else []
    spelled = {one_spelling(identifier_type, part.strip(".:!")) for part in parts}
    found = [part for part in spelled if _is_value(identifier_type, part)]
    require(len(found) == 1, "exhibit.locator", "EXHIBIT.ONE_VALUE")
    return found[0]


def _is_value(identifier_type: str, text: str) -> bool:
    try:
        check_identifier(
            identifier_type, text.encode(), {identifier_type: IdentifierRule(".+", max_length=4096)}
        )
    except (Invalid, UnicodeEncodeError):
        return False
    return True


def _missing() -> Invalid:
    return Invalid(errors.X_FIELD_INVALID, "exhibit.locator", "EXHIBIT.PLACE")


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(errors.X_FIELD_INVALID, "exhibit", "UTF8") from error


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise _missing()
    return int(text)


def _line(data: bytes, place: str) -> str:
    # By line feeds alone, as editors and grep count; other separators are characters of the line.
    lines, number = data.split(b"\n"), _number(place)
    if number > len(lines):
        raise _missing()
    return _text(lines[number - 1]).strip()


def _json(data: bytes, place: str) -> str:
    """RFC 6901: names and numbers between slashes, ``~1`` for a slash and ``~0`` for a tilde."""
    value = parse_json(data, "exhibit")
    for raw in place.split("/")[1:] if place.startswith("/") else [""]:
        name = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and _INDEX.fullmatch(name) and int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, dict) and name in value:
            value = value[name]
        else:
            raise _missing()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise _missing()
    return value


def _csv(data: bytes, place: str) -> str:
    row, _, column = place.partition(",")
    try:
        rows = list(csv.reader(io.StringIO(_text(data), newline=""), strict=True))
    except csv.Error as error:
        raise Invalid(errors.X_FIELD_INVALID, "exhibit", "EXHIBIT.CSV") from error
    number = _number(row)
    named = rows[0].index(column) if rows and rows[0].count(column) == 1 else -1
    index = named if named >= 0 else _number(column) - 1
    if number > len(rows) or index >= len(rows[number - 1]):
        raise _missing()
    return rows[number - 1][index].strip()


def _header(data: bytes, place: str) -> str:
    """A header of a message, or of the first message of an mbox; one that stands there more than once is several values."""
    if data.startswith(b"From "):
        data = data.partition(b"\n")[2]
    message = email.parser.BytesHeaderParser(policy=email.policy.default).parsebytes(data)
    values = message.get_all(place, [])
    if len(values) != 1:
        raise _missing()
    return str(values[0]).strip()


_READERS: Final[Mapping[str, Callable[[bytes, str], str]]] = MappingProxyType(
    {"csv": _csv, "header": _header, "json": _json, "line": _line}
)
