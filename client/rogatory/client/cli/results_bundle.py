# SPDX-License-Identifier: Apache-2.0
"""What `--json` says about bundles. Part of the published schema, like `results`; it judges nothing."""

from __future__ import annotations

from dataclasses import dataclass

from rogatory.client.cli.results_log import ReasonResult


@dataclass(frozen=True, slots=True)
class BundleResult:
    """A bundle that was written."""

    path: str
    members: int
    length: int


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A check that was made, and on how many things."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class BundleVerdictResult:
    """Verdict on a bundle: VERIFIED, CONSISTENT_BUT_NOT_ANCHORED or FAILED."""

    verdict: str
    realm: bytes
    request_id: bytes
    state: str
    checks: tuple[CheckResult, ...]
    reasons: tuple[ReasonResult, ...]
