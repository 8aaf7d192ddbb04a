# SPDX-License-Identifier: Apache-2.0
"""The operator serves an older catalogue of a provider, none any more, two of one version, or one that it wrote itself.

Each stands in the log with a receipt that holds: what stops it is the provider's signature and the reader's memory. What an
honest exchange refuses is in tests/integration/test_catalogue.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rogatory.protocol import codec
from rogatory.protocol.catalogues import Catalogue, Holding, sign_catalogue
from rogatory.protocol.directory import TRUST_LIST_TYPE, RowStatus
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.header import StatementKind
from rogatory.protocol.keys import HybridSigner
from rogatory.protocol.quorum import sign_quorum
from rogatory.protocol.wire import ListProvidersResponse, PublishRequest
from rogatory.server.engine import Op
from rogatory.server.reader import Reader
from tests.support.desks import Changed
from tests.support.liar import Inner, Inside, log_scheme, oversight_finds

PROVIDERS = "DirectoryService/ListProviders"


@pytest.fixture
def inner(tmp_path: Path) -> Iterator[Inner]:
    inner = Inner.build(tmp_path)
    yield inner
    inner.world.engine.close()


def catalogue(inner: Inner, version: int = 1, *, cgnat: bool = True) -> Catalogue:
    address = inner.world.realm.address("provider")
    realm, now = inner.world.realm.directory.realm, inner.world.clock.now_ms()
    held = (Holding("login_ip", "DAYS", 90),)
    return Catalogue(realm, address.org, address.unit, version, now, cgnat, holdings=held)


def publish(inner: Inner, version: int = 1, *, cgnat: bool = True) -> None:
    data = sign_catalogue(catalogue(inner, version, cgnat=cgnat), inner.world.realm.signer("compliance"))
    inner.world.call("compliance", Op.PUBLISH, PublishRequest(data))
    inner.world.engine.publish()


def served(inner: Inner) -> ListProvidersResponse:
    reader = Reader(inner.world.files.database)
    found = reader.providers_response()
    reader.close()
    return found


async def declares_cgnat(inner: Inner, answer: ListProvidersResponse | None = None) -> bool | None:
    """What the investigator believes after a look at the exchange; None where nothing is declared."""
    transport: Any = Inside(inner.world, "investigator")
    if answer is not None:
        transport = Changed(transport, PROVIDERS, lambda _honest: answer)
    async with inner.open("investigator", transport) as session:
        address = inner.world.realm.address("provider")
        found = session.exchange.catalogues.of(address, session.clock.now_ms())
        return None if found is None else found.cgnat


async def refused(inner: Inner, answer: ListProvidersResponse | None = None) -> tuple[str, str]:
    with pytest.raises(RogatoryError) as raised:
        await declares_cgnat(inner, answer)
    return raised.value.code, raised.value.rule


async def test_an_older_catalogue_than_the_stored_one_is_refused(inner: Inner) -> None:
    """Else a reader would be asked for less than the provider says it needs."""
    publish(inner, 1, cgnat=False)
    old = served(inner)
    publish(inner, 2)
    assert await declares_cgnat(inner) is True
    assert await refused(inner, old) == ("X_LOG_INVALID", "CATALOGUE.ROLLBACK")
    assert inner.evidence("investigator") == ["catalogues"]
    assert await declares_cgnat(inner) is True  # the honest answer is still taken


async def test_a_catalogue_that_was_there_cannot_be_withheld(inner: Inner) -> None:
    publish(inner)
    assert await declares_cgnat(inner) is True
    assert await refused(inner, ListProvidersResponse()) == ("X_LOG_INVALID", "CATALOGUE.ROLLBACK")


async def test_two_catalogues_of_one_version_are_refused(inner: Inner) -> None:
    """A provider and the operator together: both are signed and logged, and only one was published first."""
    publish(inner)
    assert await declares_cgnat(inner) is True
    other = sign_catalogue(catalogue(inner, cgnat=False), inner.world.realm.signer("compliance"))
    log_scheme(inner.world, StatementKind.CATALOGUE, other)
    assert await refused(inner) == ("X_LOG_INVALID", "CATALOGUE.FORK")


async def test_a_unit_that_is_listed_twice_is_refused(inner: Inner) -> None:
    publish(inner)
    twice = ListProvidersResponse(served(inner).catalogues * 2)
    assert await refused(inner, twice) == ("X_LOG_INVALID", "CATALOGUE.FORK")


async def test_a_catalogue_that_the_operator_wrote_or_altered_is_refused_even_when_it_is_logged(
    inner: Inner,
) -> None:
    own = sign_catalogue(catalogue(inner, cgnat=False), inner.world.realm.signer("other-compliance"))
    log_scheme(inner.world, StatementKind.CATALOGUE, own)
    assert await refused(inner) == ("X_NOT_AUTHORISED", "CATALOGUE.OWN")
    honest = sign_catalogue(catalogue(inner, 2), inner.world.realm.signer("compliance"))
    log_scheme(inner.world, StatementKind.CATALOGUE, honest.replace(b"login_ip", b"login_io"))
    assert (await refused(inner))[0] == "X_SIGNATURE_INVALID"


async def test_a_receipt_of_another_object_proves_no_catalogue(inner: Inner) -> None:
    publish(inner)
    publish(inner, 2, cgnat=False)
    (item,) = served(inner).catalogues
    data = sign_catalogue(catalogue(inner, 3), inner.world.realm.signer("compliance"))
    assert (await refused(inner, ListProvidersResponse((replace(item, quorum=data),))))[
        0
    ] == "X_RECEIPT_INVALID"


async def test_what_was_signed_with_a_key_that_was_suspended_counts_for_nothing(inner: Inner) -> None:
    publish(inner)
    assert await declares_cgnat(inner) is True
    realm = inner.world.realm
    row = realm.row("compliance")
    listed = realm.directory.trust_list
    keys = tuple(replace(key, status=RowStatus.SUSPENDED) if key == row else key for key in listed.keys)
    newer = codec.encode(replace(listed, version=2, keys=keys))
    signer = HybridSigner(realm.realm.scheme.trust_list)
    log_scheme(inner.world, StatementKind.TRUST_LIST, sign_quorum(newer, TRUST_LIST_TYPE, [signer]))
    assert await declares_cgnat(inner) is None


def test_oversight_finds_a_catalogue_that_the_exchange_let_go_back(inner: Inner) -> None:
    publish(inner, 2)
    older = sign_catalogue(catalogue(inner, 1), inner.world.realm.signer("compliance"))
    assert oversight_finds(inner.world) == (-1, "")
    index = inner.world.engine.size
    log_scheme(inner.world, StatementKind.CATALOGUE, older)
    assert oversight_finds(inner.world) == (index, "CATALOGUE.ORDER")
