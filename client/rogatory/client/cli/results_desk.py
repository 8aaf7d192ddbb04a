# SPDX-License-Identifier: Apache-2.0
"""What `--json` says of who will see a request, and of an exhibit that was checked. Part of the published schema.

Sealed values stand here in clear, because the command was asked to show them: treat such output like the file itself. Nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rogatory.client.templates import Template
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


@dataclass(frozen=True, slots=True)
class ExhibitResult:
    """Whether a file is the one that a task's identifier was taken from, and has it there; else code and rule.

    Digest and place are those that the request seals; empty where the identifier was typed.
    """

    request_id: bytes
    task: int
    sha256: bytes
    locator: str
    agrees: bool
    code: str
    rule: str


@dataclass(frozen=True, slots=True)
class TemplatesResult:
    """Names of the profile's templates."""

    templates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TemplateResult:
    """A template: a request without anything of its case."""

    name: str
    template: Template


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
