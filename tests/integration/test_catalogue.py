# SPDX-License-Identifier: Apache-2.0
"""Provider catalogues at the exchange: a provider's own word, logged once, never older than before. Real engine and log.

The same through the real server and the command is in tests/cli/test_catalogue.py.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rogatory.protocol import codec
from rogatory.protocol.catalogues import CATALOGUE_TYPE, Catalogue, DutyContact, Holding, sign_catalogue
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.header import DAY_MS
from rogatory.protocol.quorum import sign_quorum
from rogatory.protocol.receipt import log_identity, verify_receipt
from rogatory.protocol.wire import MAX_MESSAGE, PublishRequest, PublishResponse
from rogatory.server.engine import Engine, Op
from rogatory.server.engine.genesis import newest_catalogues
from tests.support.acts import NO_FLOODS, World
from tests.support.realm import SeededEntropy


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.build(tmp_path)


def catalogue(world: World, version: int = 1) -> Catalogue:
    address = world.realm.address("provider")
    return Catalogue(
        world.realm.directory.realm, address.org, address.unit, version, world.clock.now_ms(), cgnat=True,
        holdings=(Holding("login_ip", "DAYS", 90),),
    )  # fmt: skip


def publish(world: World, data: bytes, name: str = "compliance") -> PublishResponse:
    reply = world.call(name, Op.PUBLISH, PublishRequest(data))
    return codec.decode(PublishResponse, reply, limit=MAX_MESSAGE)


def signed(world: World, declared: Catalogue, name: str = "compliance") -> bytes:
    return sign_catalogue(declared, world.realm.signer(name))


def refusal(world: World, data: bytes) -> tuple[str, str]:
    size = world.engine.size
    with pytest.raises(RogatoryError) as caught:
        publish(world, data)
    assert world.engine.size == size
    return caught.value.code, caught.value.rule


def newest(world: World) -> dict[bytes, int]:
    rows = world.engine._core.store.scheme()
    return {address.unit: found.version for address, (_, found) in newest_catalogues(rows).items()}


def test_a_catalogue_is_logged_once_and_gives_its_receipt_again(world: World) -> None:
    data, size = signed(world, catalogue(world)), world.engine.size
    first = publish(world, data)
    assert publish(world, data, "investigator") == first  # who carries it does not matter
    assert world.engine.size == size + 1
    assert first.object is not None
    assert verify_receipt(first.object.receipt, log_identity(world.realm.root)).receipt.index == size


def test_the_newest_version_stands_also_after_a_new_start(world: World) -> None:
    address = world.realm.address("provider")
    other = world.realm.address("other-provider")
    for version in (1, 3):
        publish(world, signed(world, catalogue(world, version)))
    elsewhere = replace(catalogue(world), org=other.org, unit=other.unit)
    publish(world, signed(world, elsewhere, "other-compliance"))
    assert newest(world) == {address.unit: 3, other.unit: 1}
    world.engine.close()
    world.engine = Engine.open(world.files, world.clock, SeededEntropy("again"), NO_FLOODS)
    assert newest(world) == {address.unit: 3, other.unit: 1}
    assert refusal(world, signed(world, catalogue(world, 2)))[1] == "CATALOGUE.VERSION_GROWS"


def test_of_one_version_there_is_one_content(world: World) -> None:
    publish(world, signed(world, catalogue(world)))
    kinder = replace(catalogue(world), cgnat=False)
    assert refusal(world, signed(world, kinder)) == ("X_REPLAY", "CATALOGUE.FORK")
    assert refusal(world, signed(world, kinder, "provider-service")) == ("X_REPLAY", "CATALOGUE.FORK")


def test_nobody_speaks_for_another_partys_catalogue(world: World) -> None:
    own = ("X_NOT_AUTHORISED", "CATALOGUE.OWN")
    assert refusal(world, signed(world, catalogue(world), "other-compliance")) == own
    assert refusal(world, signed(world, catalogue(world), "investigator")) == own
    agency = world.realm.address("agency")
    mine = replace(catalogue(world), org=agency.org, unit=agency.unit)
    assert refusal(world, signed(world, mine, "investigator")) == own  # an agency declares nothing
    nowhere = replace(catalogue(world), unit=bytes(15) + b"\1")
    assert refusal(world, signed(world, nowhere)) == ("X_ADDRESSEE_NOT_DESIGNATED", "DIRECTORY.UNIT")


def test_a_catalogue_of_another_realm_or_with_other_signatures_is_refused(world: World) -> None:
    elsewhere = replace(catalogue(world), realm=b"\1" * 32)
    assert refusal(world, signed(world, elsewhere)) == ("X_REALM_MISMATCH", "REALM")
    both = [world.realm.signer("compliance"), world.realm.signer("provider-service")]
    payload = codec.encode(catalogue(world))
    assert refusal(world, sign_quorum(payload, CATALOGUE_TYPE, both)) == ("X_FIELD_INVALID", "COUNT")
    assert refusal(world, sign_quorum(payload, CATALOGUE_TYPE, [])) == ("X_FIELD_INVALID", "COUNT")
    data = signed(world, catalogue(world))
    assert refusal(world, data.replace(b"login_ip", b"login_io"))[0] == "X_SIGNATURE_INVALID"


def test_a_key_that_has_run_out_declares_nothing_any_more(world: World) -> None:
    world.clock.at_ms = world.realm.row("compliance").valid_until_ms - 1
    data = signed(world, catalogue(world))
    world.clock.at_ms += 1
    with pytest.raises(RogatoryError) as caught:
        publish(world, data)
    assert caught.value.code in {"X_NOT_AUTHORISED", "X_CERTIFICATE_NOT_TRUSTED"}


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        ({"version": 0}, "version", "PRESENT"),
        ({"holdings": (Holding("login_ip", "DAYS"),)}, "holdings[0].days", "RANGE"),
        ({"holdings": (Holding("name", "WHILE_CUSTOMER", 3),)}, "holdings[0].days", "RANGE"),
        ({"holdings": (Holding("name", "FOREVER"),)}, "holdings[0].term", "VOCABULARY"),
        ({"holdings": (Holding("name", "NOT_HELD"), Holding("billing", "NOT_HELD"))}, "holdings", "SORTED_UNIQUE"),
        ({"holdings": (Holding("name", "NOT_HELD"),) * 2}, "holdings", "SORTED_UNIQUE"),
        ({"services": tuple(f"s{i:03}" for i in range(257))}, "services", "COUNT"),
        ({"services": ("a/b",)}, "services[0]", "FORM"),
        ({"languages": ("DE",)}, "languages[0]", "FORM"),
        ({"contacts": (DutyContact("HOME", 15550100123),)}, "contacts[0].kind", "VOCABULARY"),
        ({"contacts": (DutyContact("DUTY", 110),)}, "contacts[0].telephone", "RANGE"),
        ({"contacts": (DutyContact("DUTY", 15550100123, ("ww", "de")),)}, "contacts[0].languages", "SORTED_UNIQUE"),
    ],
)  # fmt: skip
def test_what_is_no_catalogue_is_neither_signed_nor_taken(
    world: World, change: dict[str, object], field: str, rule: str
) -> None:
    wrong = replace(catalogue(world), **change)  # type: ignore[arg-type]
    with pytest.raises(RogatoryError) as caught:
        signed(world, wrong)
    assert (caught.value.field, caught.value.rule) == (f"catalogue.{field}", rule)
    forced = sign_quorum(codec.encode(wrong), CATALOGUE_TYPE, [world.realm.signer("compliance")])
    assert refusal(world, forced)[1] == rule


def test_words_cannot_stand_in_a_catalogue(world: World) -> None:
    words = replace(catalogue(world), services=("call jo after six",))
    with pytest.raises(RogatoryError):
        signed(world, words)
    raw = sign_quorum(codec.encode(words), CATALOGUE_TYPE, [world.realm.signer("compliance")])
    assert refusal(world, raw) == ("X_FIELD_INVALID", "CODE")


def test_days_say_when_something_is_gone() -> None:
    known = Catalogue(
        b"r", b"o", b"u", 1, 1,
        holdings=(
            Holding("login_ip", "DAYS", 90), Holding("mailbox", "NOT_HELD"), Holding("name", "WHILE_CUSTOMER"),
        ),
    )  # fmt: skip
    assert known.gone_ms("login_ip", 100) == 191 * DAY_MS
    assert known.gone_ms("mailbox", 100) == 100 * DAY_MS
    assert known.gone_ms("name", 100) is None
    assert known.gone_ms("location", 100) is None
