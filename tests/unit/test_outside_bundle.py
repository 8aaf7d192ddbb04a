# SPDX-License-Identifier: Apache-2.0
"""The digest that stands for an answer from outside, and a bundle in which such an answer was changed with the index to fit.

The bundle is checked by the part that looks at these members; whole bundles are tests/cli's matter, not this file's.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from rogatory.client import bundle_format as names
from rogatory.client.bundle_check import _Checker
from rogatory.client.bundle_tar import Source, read_members, write_members
from rogatory.client.outside_format import OutsideDigest
from rogatory.client.views import RequestView, ViewedStatement
from rogatory.protocol import codec
from rogatory.protocol.content import DisclosedItem, DisclosureMeta
from rogatory.protocol.duties import TransmitOutside
from rogatory.protocol.envelope import Verified
from rogatory.protocol.errors import NotVerified
from rogatory.protocol.header import StatementKind
from rogatory.protocol.receipt import LogHead, Receipt, VerifiedReceipt
from tests.support.folding import Folding

ITEMS = (b"first file", b"second")
META = codec.encode(
    DisclosureMeta(
        tuple(
            DisclosedItem("name", "text/plain", 1, "name", None, None, len(d), hashlib.sha256(d).digest())
            for d in ITEMS
        ),
        16,
    )
)


def measured() -> OutsideDigest:
    found = OutsideDigest(META)
    for item in ITEMS:
        found.update(item)
    return found


def checker(folder: Path, *items: bytes, meta: bytes = META) -> _Checker:
    """A checker at a bundle that holds the meta and these items under the signed digest."""
    digest = measured().digest()
    members = [
        Source(names.outside_name(digest, names.item_part(i)), data) for i, data in enumerate(items, 1)
    ]
    path = folder / "made.bundle"
    with path.open("wb") as out:
        write_members(out, [*members, Source(names.outside_name(digest, "meta"), meta)], lambda _count: None)
    made = _Checker(None, None)
    made.members = {member.name: member for member in read_members(path)}
    return made


def view() -> RequestView:
    """A request in which the agency has signed what came."""
    desk = Folding()
    state = desk.transmitted()
    body = TransmitOutside(desk.clock.now_ms() - 1, measured().length, measured().digest())
    header = desk.header("investigator", StatementKind.TRANSMIT_OUTSIDE, state, about=state.order_digest)
    said: Verified = desk.say("investigator", header, body)
    receipt = VerifiedReceipt(Receipt(b"", (), (), 10, (), b""), LogHead(11, bytes(32), b""), {}, bytes(32))
    return RequestView(state.request_id, state, (ViewedStatement(said, receipt, state),), desk.pack)


def test_the_digest_is_over_length_meta_and_files_in_order() -> None:
    data = len(META).to_bytes(4, "big") + META + b"".join(ITEMS)
    assert (measured().length, measured().digest()) == (len(data), hashlib.sha256(data).digest())


def test_an_answer_that_is_whole_is_counted(tmp_path: Path) -> None:
    made = checker(tmp_path, *ITEMS)
    made._outside(view())
    assert made.used == set(made.members)
    assert list(made.counts.values()) == [1]


@pytest.mark.parametrize(
    "items",
    [
        (b"first fire", b"second"),
        (b"first file",),
        (b"second", b"first file"),
        (*ITEMS, b""),
        (b"first fil", b"esecond"),
    ],
)
def test_an_answer_that_was_changed_after_it_came_fails_the_bundle(
    tmp_path: Path, items: tuple[bytes, ...]
) -> None:
    """The last one joins to the same bytes."""
    with pytest.raises(NotVerified) as raised:
        checker(tmp_path, *items)._outside(view())
    assert raised.value.rule == "OUTSIDE.ITEMS"


def test_another_list_of_files_than_was_signed_fails_the_bundle(tmp_path: Path) -> None:
    made = checker(tmp_path, *ITEMS, meta=META.replace(b"text/plain", b"text/blame"))
    with pytest.raises(NotVerified) as raised:
        made._outside(view())
    assert raised.value.rule == "OUTSIDE.DIGEST"


def test_a_request_without_such_an_answer_is_none_the_worse(tmp_path: Path) -> None:
    made = checker(tmp_path, *ITEMS)
    whole = view()
    other = replace(whole.statements[0].verified.statement, body=TransmitOutside(1, 1, bytes(32)))
    verified = replace(whole.statements[0].verified, statement=other)
    made._outside(replace(whole, statements=(replace(whole.statements[0], verified=verified),)))
    assert made.counts == {}
