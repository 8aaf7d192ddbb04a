# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a pack's identifier types.

A type is data (pattern, checksum by name, label, examples), and its author proves it with values that must pass. Whether a value was ever given out to anybody is not asked here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from rogatory.protocol.check_digits import CHECKSUMS
from rogatory.protocol.errors import Invalid
from rogatory.protocol.identifiers import BULK_TYPES, IdentifierRule, check_identifier

MAX_LENGTH: Final = 4096
_TYPE: Final = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*", re.ASCII)
_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ,()/-]{0,59}", re.ASCII)
_ETSI: Final = re.compile(r"[A-Z][A-Za-z0-9]{0,63}", re.ASCII)


def target_faults(identifiers: Mapping[str, IdentifierRule]) -> Iterator[tuple[str, str]]:
    """Yield path and rule of everything that is wrong with identifier types."""
    for name, rule in identifiers.items():
        yield from ((f"pack.identifiers.{name}{where}", broken) for where, broken in _type_faults(name, rule))


def _type_faults(name: str, rule: IdentifierRule) -> Iterator[tuple[str, str]]:
    if not _TYPE.fullmatch(name):
        yield "", "IDENTIFIER_NAME"
    if name in BULK_TYPES:
        yield "", "BULK_TYPE"
    if not 1 <= rule.max_length <= MAX_LENGTH:
        yield ".max_length", "RANGE"
    if rule.label and not _LABEL.fullmatch(rule.label):
        yield ".label", "LABEL"
    if not all(_ETSI.fullmatch(item) for item in rule.etsi):
        yield ".etsi", "ETSI_NAME"
    # Without the moment not even the port says whose the address was.
    if rule.port_required_with_nat and not rule.observed_required:
        yield ".port_required_with_nat", "OBSERVED_TOO"
    usable = True
    if rule.checksum and rule.checksum not in CHECKSUMS:
        yield ".checksum", "CHECKSUM_EXISTS"
        usable = False
    try:
        re.compile(rule.pattern)
    except re.error:
        yield ".pattern", "PATTERN"
        usable = False
    if usable:
        yield from _example_faults(name, rule)


def _example_faults(name: str, rule: IdentifierRule) -> Iterator[tuple[str, str]]:
    for i, value in enumerate(rule.examples):
        try:
            check_identifier(name, value.encode("utf-8", "surrogatepass"), {name: rule})
        except Invalid:
            yield f".examples[{i}]", "EXAMPLE_PASSES"
