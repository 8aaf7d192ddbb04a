# SPDX-License-Identifier: Apache-2.0
"""Who will see what, as a tree: one row for each value, and behind it who sees it and from when on.

First a count for each reader, then the values as they stand in the bytes. Everything comes from `rogatory.client.xray`; nothing
is decided here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

from rogatory.client.cli.render.tree import Row, Section, text_row
from rogatory.client.cli.results_desk import SightResult, XrayResult

_READERS: Final = {
    "ASKING": "asking unit",
    "EXCHANGE": "exchange",
    "AUTHORITY": "authority",
    "PROVIDER": "provider",
    "ENFORCING": "enforcing authority",
    "OVERSIGHT": "oversight",
    "PUBLIC": "public",
}
_WHEN: Final = {
    "AT_ONCE": "at once",
    "TRANSMITTED": "once granted",
    "DUE": "once the entry is due",
    "NEVER": "never",
}
_PARTS: Final = {
    "STATEMENT": "Signed, in clear",
    "PARTICULARS": "Sealed particulars of task",
    "GROUNDS": "Sealed grounds",
    "ENTRY": "Entry of the log (committed values)",
}


def xray_tree(result: XrayResult) -> Section:
    """Return the whole table."""
    groups = itertools.groupby(result.values, key=lambda item: (item.part, item.task))
    return Section(
        "Who will see what; nothing is signed or sent",
        (
            text_row("request", result.request_id),
            Section("In short", tuple(_counts(result.values))),
            *(
                Section(
                    f"{_PARTS[part]} {task}" if task else _PARTS[part], tuple(_value(item) for item in items)
                )
                for (part, task), items in groups
            ),
        ),
    )


def _counts(values: Sequence[SightResult]) -> Iterator[Row]:
    for reader, name in _READERS.items():
        mine = [item.seen[reader] for item in values if reader in item.seen]
        if not mine:
            continue
        told = [f"{mine.count(when)} {words}" for when, words in _WHEN.items() if when in mine]
        yield text_row(name, f"of {len(mine)} values: {', '.join(told)}")


def _value(item: SightResult) -> Row:
    return text_row(item.path, item.value or "not known before it is logged", _seen(item), strict=True)


def _seen(item: SightResult) -> str:
    """Name the readers by the moment from which they see a value; who never does is named too."""
    told = []
    for when, words in _WHEN.items():
        names = [_READERS[reader] for reader, at in item.seen.items() if at == when]
        if names:
            told.append(f"{words}: {', '.join(names)}")
    return "; ".join(told)
