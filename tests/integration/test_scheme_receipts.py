# SPDX-License-Identifier: Apache-2.0
"""Root, trust list and packs come with receipts that are about them: another object's receipt does not pass for theirs.

The quorums' own signatures are tested in test_quorum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rogatory.client.scheme import verify_scheme
from rogatory.protocol.errors import NotVerified
from rogatory.server.reader import Reader
from tests.support.acts import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.build(tmp_path)


@pytest.fixture
def reader(world: World) -> Iterator[Reader]:
    reader = Reader(world.files.database)
    yield reader
    reader.close()


def test_the_scheme_verifies_down_to_every_slot_of_its_entries(world: World, reader: Reader) -> None:
    realm = world.realm.directory.realm
    scheme = verify_scheme(reader.directory_response(), reader.packs_response(), realm)
    assert scheme.directory.index == world.realm.directory.index == 2
    assert set(scheme.packs) == set(world.realm.packs)


def test_the_receipt_of_another_object_does_not_pass(world: World, reader: Reader) -> None:
    directory, packs = reader.directory_response(), reader.packs_response()
    swapped = replace(directory, trust_list=replace(directory.trust_list, receipt=directory.roots[0].receipt))
    with pytest.raises(NotVerified) as caught:
        verify_scheme(swapped, packs, world.realm.directory.realm)
    assert caught.value.rule == "SLOT.0"


def test_a_receipt_that_opens_nothing_proves_nothing(world: World, reader: Reader) -> None:
    directory, packs = reader.directory_response(), reader.packs_response()
    closed = replace(directory.trust_list.receipt, openings=())
    with pytest.raises(NotVerified) as caught:
        verify_scheme(
            replace(directory, trust_list=replace(directory.trust_list, receipt=closed)),
            packs,
            world.realm.directory.realm,
        )
    assert caught.value.rule == "SCHEME.OPENED"
