# SPDX-License-Identifier: Apache-2.0
"""A receipt in which one thing was changed is refused, and by the rule that the change breaks.

On the committed vectors. That honest receipts verify is the conformance tests' matter.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rogatory.protocol.directory import TrustRoot
from rogatory.protocol.quorum import open_root
from rogatory.protocol.receipt import (
    LogIdentity,
    Receipt,
    decode_receipt,
    log_identity,
    verify_head,
    verify_receipt,
)
from tests.support.logs import ed25519_signer
from tests.support.project import ROOT
from tests.support.refused import refusal

VECTORS = json.loads((ROOT / "tests" / "vectors" / "rogatory-v1.json").read_bytes())


@pytest.fixture
def root() -> TrustRoot:
    return open_root(bytes.fromhex(VECTORS["root"]["quorum"]))[0]


@pytest.fixture
def log(root: TrustRoot) -> LogIdentity:
    return log_identity(root)


@pytest.fixture
def receipt() -> Receipt:
    return decode_receipt(bytes.fromhex(VECTORS["receipts"][1]))


def test_an_opening_of_another_value_salt_or_slot_opens_nothing(log: LogIdentity, receipt: Receipt) -> None:
    first, second, *others = receipt.openings
    for changed in (
        replace(first, value=first.value + b"\0"),
        replace(first, salt=bytes(32)),
        replace(first, slot=second.slot),
    ):
        lying = replace(receipt, openings=(changed, second, *others))
        found = refusal(verify_receipt, lying, log)
        assert found == ("X_RECEIPT_INVALID", "receipt.openings", "COMMITMENT")


def test_another_entry_has_other_commitments(log: LogIdentity, receipt: Receipt) -> None:
    lying = replace(receipt, entry=bytes([receipt.entry[0] ^ 1]) + receipt.entry[1:])
    assert refusal(verify_receipt, lying, log) == ("X_RECEIPT_INVALID", "receipt.openings", "COMMITMENT")


def test_another_index_or_path_includes_nothing(log: LogIdentity, receipt: Receipt) -> None:
    for lying in (
        replace(receipt, index=receipt.index + 1),
        replace(receipt, index=2**63),
        replace(receipt, inclusion=receipt.inclusion[:-1]),
        replace(receipt, inclusion=(*receipt.inclusion, bytes(32))),
    ):
        found = refusal(verify_receipt, lying, log)
        assert found == ("X_RECEIPT_INVALID", "receipt.inclusion", "INCLUSION")


def test_a_head_of_another_log_is_no_head_of_this_one(log: LogIdentity, receipt: Receipt) -> None:
    assert verify_head(receipt.head, log).size > receipt.index
    stranger = replace(log, verifiers=(ed25519_signer(log.origin).verifier,))
    elsewhere = replace(log, origin="elsewhere.example")
    for data, other in (
        (b"", log),
        (receipt.head[:-2], log),
        (receipt.head, stranger),
        (receipt.head, elsewhere),
    ):
        assert refusal(verify_head, data, other) == ("X_LOG_INVALID", "head", "SIGNED_NOTE")
    assert refusal(verify_receipt, replace(receipt, head=b""), log) == (
        "X_LOG_INVALID",
        "head",
        "SIGNED_NOTE",
    )


def test_a_root_whose_log_key_is_none_names_no_log(root: TrustRoot) -> None:
    for vkey in (b"", b"no key", b"\xff", root.log_vkeys[0][:-4]):
        found = refusal(log_identity, replace(root, log_vkeys=(vkey,)))
        assert found == ("X_LOG_INVALID", "root.log_vkeys", "VKEY")
