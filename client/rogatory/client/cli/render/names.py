# SPDX-License-Identifier: Apache-2.0
"""The holder's own names for ids, shown beside them and never instead of them.

The directory has no names (architecture §2): a profile's book has. A name is therefore a remark of the reader's own,
not something that anybody signed, and it says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from rogatory.protocol.directory import Directory


@dataclass(frozen=True, slots=True)
class Names:
    """Look-up of names by id; ``units_of_keys`` leads from a sealing key's id to its unit's organisation."""

    book: Mapping[bytes, str] = field(default_factory=lambda: MappingProxyType({}))
    units_of_keys: Mapping[bytes, bytes] = field(default_factory=lambda: MappingProxyType({}))

    def remark(self, identity: bytes) -> str:
        """Return the remark for an organisation, unit, subject or sealing key; empty when the book has none."""
        name = self.book.get(identity) or self.book.get(self.units_of_keys.get(identity, b""), "")
        return f"in your book: {name}" if name else ""


def make_names(book: Mapping[str, str], directory: Directory | None) -> Names:
    """Return the look-up for a profile's book (hex id to name) and, where known, the directory."""
    by_id: dict[bytes, str] = {}
    for identity, name in book.items():
        try:
            by_id[bytes.fromhex(identity)] = name
        except ValueError:
            continue  # a remark about nothing; the profile itself is checked elsewhere
    if directory is None:
        return Names(by_id)
    units = directory.trust_list.units
    for unit in units:  # most units have no name of their own; their organisation's helps
        if unit.unit not in by_id and unit.org in by_id:
            by_id[unit.unit] = by_id[unit.org]
    return Names(by_id, {unit.key_id: unit.unit for unit in units if unit.sealing_key})
