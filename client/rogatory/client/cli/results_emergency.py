# SPDX-License-Identifier: Apache-2.0
"""Results of dividing an emergency and of sending its requests together, as they are written with `--json`.

They decide nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from rogatory.client.cli.results import SentResult
from rogatory.client.drafts import DraftRequest


@dataclass(frozen=True, slots=True)
class PartResult:
    """One request of a division, stored as a draft.

    `word` says on whose word it goes out: NONE (the signer's alone), AFTER (validated afterwards, `within` that period), or
    BEFORE (an authority first).
    """

    request_id: str
    kind: str
    categories: tuple[str, ...]
    word: str
    within: str
    draft: DraftRequest


@dataclass(frozen=True, slots=True)
class LeftResult:
    """What the law lets nobody ask in this way, with the refusal's code and rule; it stands in none of the drafts."""

    kind: str
    category: str
    elements: tuple[str, ...]
    code: str
    rule: str


@dataclass(frozen=True, slots=True)
class DividedResult:
    """An emergency as drafts, in the order in which they go; `together` is the id of the first, for `send --together`."""

    together: str
    requests: tuple[PartResult, ...]
    left: tuple[LeftResult, ...]


@dataclass(frozen=True, slots=True)
class UnsentResult:
    """A request that was refused; code, field and rule say why."""

    request_id: str
    code: str
    field: str
    rule: str


@dataclass(frozen=True, slots=True)
class TogetherResult:
    """What became of requests that were shown and signed together; `before` were sent earlier."""

    sent: tuple[SentResult, ...]
    refused: tuple[UnsentResult, ...]
    before: tuple[str, ...]
