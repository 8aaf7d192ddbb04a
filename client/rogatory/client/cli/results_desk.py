# SPDX-License-Identifier: Apache-2.0
"""What `--json` says of who will see a request, and of an exhibit that was checked. Part of the published schema.

Sealed values stand here in clear, because the command was asked to show them: treat such output like the file itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rogatory.client.xray import Sight


@dataclass(frozen=True, slots=True)
class SightResult:
    """A value, and from when on each reader sees it: AT_ONCE, TRANSMITTED, DUE or NEVER.

    `part` is STATEMENT, PARTICULARS (of `task`), GROUNDS or ENTRY; `value` is empty where only the exchange will make it.
    """

    part: str
    task: int
    path: str
    value: str
    seen: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class XrayResult:
    """Every value of a request with its readers; those that the request does not name are left out."""

    request_id: str
    values: tuple[SightResult, ...]


def xray_result(request_id: str, sights: Sequence[Sight]) -> XrayResult:
    """Return what was computed as a result."""
    return XrayResult(
        request_id,
        tuple(
            SightResult(
                item.part.value,
                item.task,
                item.path,
                item.text,
                {reader.value: when.value for reader, when in item.when.items()},
            )
            for item in sights
        ),
    )
