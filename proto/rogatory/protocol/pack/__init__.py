# SPDX-License-Identifier: Apache-2.0
"""Regime packs: the law as data (regimes §9.4, architecture §1.4). Bytes in, a checked ``Pack`` out, a request judged.

A pack is a YAML file inside a ``Quorum``; its digest stands in every request's signed header, and a request is judged
by that version for ever. This package knows the shape, the look-ups, the clocks and how rules combine, and no regime: a
changed deadline, a new category or a new kind of identifier is a new file.
"""

from rogatory.protocol.pack.asked import Asked
from rogatory.protocol.pack.checklist import Checked, checklist, legal_basis
from rogatory.protocol.pack.judging import (
    Judged,
    Standing,
    check_refusal,
    check_validator,
    findings,
    judge,
)
from rogatory.protocol.pack.law import Pack
from rogatory.protocol.pack.loading import Finding, lint_pack, load_pack, pack_digest
from rogatory.protocol.pack.shape import EMERGENCY
from rogatory.protocol.pack.source import MAX_PACK

__all__ = [
    "EMERGENCY",
    "MAX_PACK",
    "Asked",
    "Checked",
    "Finding",
    "Judged",
    "Pack",
    "Standing",
    "check_refusal",
    "check_validator",
    "checklist",
    "findings",
    "judge",
    "legal_basis",
    "lint_pack",
    "load_pack",
    "pack_digest",
]
