# SPDX-License-Identifier: Apache-2.0
"""One identifier, one value: what makes a target specific (regimes §7.1).

A request names one person's or one device's identifier per task. A list, a range, a wildcard or a bulk type would name
many, so it is refused by name before anything else is looked at. Which types exist and how they look is the pack's
(``IdentifierRule``), so that a new type is data; what a pattern and a check digit cannot say stands in
``identifier_types``. No value is ever part of an error.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rogatory.protocol import errors
from rogatory.protocol.check_digits import sums_up
from rogatory.protocol.errors import Invalid
from rogatory.protocol.header import require
from rogatory.protocol.identifier_types import CHECKS

MAX_OBSERVED: Final = 16
BULK_TYPES: Final = frozenset({"cell_time", "ip_range"})
_SEPARATORS: Final = frozenset(",;|\t\n\r\v\f")
# Where these characters are part of the form itself, they are no sign of a wildcard.
_FORM_CHARACTERS: Final[Mapping[str, str]] = {"ip_port_time": "[]", "url": "?%[]()"}
_WILDCARDS: Final = frozenset("*?%[]{}()\uff0a\uff1f")
_DASHES: Final = "-\u2010-\u2015~\u2212/"
# Two numbers or addresses with a dash, slash or dots between them, with nothing else around.
_RANGE: Final = re.compile(rf"[+0-9:.\[\]]+(?:[{_DASHES}]|\.\.+)[+0-9:.\[\]]+")
_HEX_RANGE: Final = re.compile(rf"[+0-9A-Fa-f:.\[\]]+(?:[{_DASHES}]|\.\.+)[+0-9A-Fa-f:.\[\]]+")
_NUMERIC_TYPES: Final = frozenset({"iccid", "imei", "imsi", "ip_port_time", "ip_time", "mac", "msisdn"})


@dataclass(frozen=True, slots=True)
class IdentifierRule:
    r"""What a pack says about one identifier type.

    Attributes:
        pattern: Regular expression that the whole value must match; ``\d``, ``\w`` and ``\s`` are ASCII only.
        observed_required: The identifier means nothing without the moments at which it was seen.
        max_length: Largest length of the value, in bytes of UTF-8.
        checksum: Name of a checksum of ``check_digits`` that the value must satisfy; empty for none.
        label: What people call it, English.
        etsi: Names in the ETSI dictionaries (TS 103 120), where there are any.
        port_required_with_nat: It has no port, so it names nobody where the provider shares addresses.
        examples: Invented values that must pass; the pack does not load if one does not.
    """

    pattern: str
    observed_required: bool = False
    max_length: int = 256
    checksum: str = ""
    label: str = ""
    etsi: tuple[str, ...] = ()
    port_required_with_nat: bool = False
    examples: tuple[str, ...] = ()


def check_identifier(
    identifier_type: str,
    value: bytes,
    rules: Mapping[str, IdentifierRule],
    at: str = "particulars.identifier",
) -> None:
    """Check that the value is one complete identifier of its type.

    Args:
        identifier_type: Canonical type name, such as ``msisdn``.
        value: The exact bytes, UTF-8.
        rules: The pack's rule for each type that it allows.
        at: Path of the field, for error texts.

    Raises:
        Invalid: ``X_TARGET_NOT_SPECIFIC`` (bulk type, list, wildcard, range), ``X_IDENTIFIER_INCOMPLETE`` (a part is
            missing) or ``X_FIELD_INVALID``, each with the rule.
    """
    require(identifier_type not in BULK_TYPES, at, "BULK_TYPE", errors.X_TARGET_NOT_SPECIFIC)
    rule = rules.get(identifier_type)
    if rule is None:
        raise Invalid(errors.X_FIELD_INVALID, at, "IDENTIFIER_TYPE")
    require(value, at, "PRESENT", errors.X_IDENTIFIER_INCOMPLETE)
    text = _text(value, at)
    _one_value(identifier_type, text, at)
    require(len(value) <= rule.max_length, at, "LENGTH")
    check = CHECKS.get(identifier_type)
    if check is not None:
        check(text, at)
    require(_compiled(rule.pattern).fullmatch(text), at, "PATTERN")
    require(not rule.checksum or sums_up(rule.checksum, text), at, "CHECK_DIGIT")


def check_shared_address(
    rule: IdentifierRule,
    *,
    declares_cgnat: bool,
    observed: int,
    at: str = "particulars",
) -> None:
    """Check that an identifier can name one customer of a provider that puts many behind one address.

    Args:
        rule: The pack's rule for the type.
        declares_cgnat: What the provider's catalogue entry says.
        observed: How many moments are stated.
        at: Path of the particulars, for error texts.

    Raises:
        Invalid: ``X_IDENTIFIER_INCOMPLETE`` with rule ``PORT_AT_CGNAT`` or ``OBSERVED_AT_CGNAT``.
    """
    if declares_cgnat and rule.observed_required:
        incomplete = errors.X_IDENTIFIER_INCOMPLETE
        require(not rule.port_required_with_nat, f"{at}.identifier", "PORT_AT_CGNAT", incomplete)
        require(observed, f"{at}.observed", "OBSERVED_AT_CGNAT", incomplete)


def _text(value: bytes, at: str) -> str:
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(errors.X_FIELD_INVALID, at, "UTF8") from error
    require(unicodedata.is_normalized("NFC", text), at, "NFC")
    return text


def _one_value(identifier_type: str, text: str, at: str) -> None:
    separated = any(char in _SEPARATORS or unicodedata.category(char)[0] == "Z" for char in text)
    require(not separated, at, "LIST", errors.X_TARGET_NOT_SPECIFIC)
    # Controls, bidirectional marks and zero-width characters make two values look like one.
    require(all(unicodedata.category(char)[0] != "C" for char in text), at, "CHARACTERS")
    wild = _WILDCARDS.difference(_FORM_CHARACTERS.get(identifier_type, ""))
    require(wild.isdisjoint(text), at, "WILDCARD", errors.X_TARGET_NOT_SPECIFIC)
    ranges = _HEX_RANGE if identifier_type in _NUMERIC_TYPES else _RANGE
    require(not ranges.fullmatch(text), at, "RANGE", errors.X_TARGET_NOT_SPECIFIC)


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)
