# SPDX-License-Identifier: Apache-2.0
"""Data are sealed to the keys that the law names, and to nobody else: held by who seals and by the exchange.

| attack | test |
|---|---|
| a disclosure to another key than the asking unit's (acceptance 19) | test_a_manifest_to_any_other_key_is_refused_by_the_exchange_and_by_the_fold |
| the same, built by a client (acceptance 19) | test_a_client_seals_to_the_key_of_the_asking_units_row_and_to_no_other |
| another raw key under the right id | test_a_key_that_is_not_that_of_its_id_is_never_sealed_to |
| particulars or grounds to one reader more or less (A16) | test_a_section_to_any_other_reader_is_refused |
| wraps doubled or out of order | test_one_recipient_has_one_wrap |
| stripped or exchanged wraps (A16), a crafted wrap of another data key (acceptance 10) | tests/unit/test_disclosures.py |
| chunks cut, dropped, swapped, doubled (acceptance 8) | tests/unit/test_disclosures.py, tests/conformance/test_sealing_vectors.py |
| a sealed object swapped for another valid one (A29) | tests/integration/test_forged_sections.py |

A recipient who passes on what it has opened is not defended against.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rogatory.client.sealing.seal import seal_disclosure, seal_section
from rogatory.protocol import codec
from rogatory.protocol.disclosure import disclosure_context
from rogatory.protocol.envelope import parse_envelope
from rogatory.protocol.errors import Invalid, RogatoryError
from rogatory.protocol.header import SectionKind
from rogatory.protocol.lifecycle import LoggedEnvelope
from rogatory.protocol.sealed import context_digest, section_context
from rogatory.protocol.state import RequestState
from rogatory.protocol.statements import MAX_ENVELOPE, Disclose, KeyWrap, Statement
from tests.support.acts import World
from tests.support.life import chain, folded, issued, received, refusal
from tests.support.realm import SeededEntropy

OUTCOMES = {1: "DELIVERED", 2: "NO_RECORD"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World.build(tmp_path_factory.mktemp("recipients"))


def unsigned(data: bytes) -> Statement:
    return codec.decode(Statement, parse_envelope(data).payload, limit=MAX_ENVELOPE)


def key_of(world: World, name: str) -> bytes:
    return world.realm.unit(name).key_id


def manifest(world: World, state: RequestState, recipients: tuple[bytes, ...]) -> bytes:
    """An honest manifest but for whom it is for: wraps and context agree with each other."""
    made = unsigned(world.disclose(state, OUTCOMES))
    body, row = made.body, world.realm.row("compliance")
    assert isinstance(body, Disclose)
    realm = world.realm.directory.realm
    context = disclosure_context(
        state, realm, body.disclosure_id, row.org, row.key_id, tuple(sorted(set(recipients)))
    )
    wraps = tuple(KeyWrap(key, bytes(1168)) for key in recipients)
    changed = replace(body, wraps=wraps, context_digest=context_digest(context))
    return world.sign("compliance", made.header, changed)


@pytest.mark.parametrize(
    "names",
    [
        ("provider",),
        ("authority",),
        ("oversight",),
        ("other-agency",),
        ("agency", "authority"),
        ("agency", "other-agency"),
        ("agency", "provider"),
        ("nobody",),
        ("agency", "nobody"),
    ],
)
def test_a_manifest_to_any_other_key_is_refused_by_the_exchange_and_by_the_fold(
    world: World, names: tuple[str, ...]
) -> None:
    """The provider keeps a copy, adds a friend, or forgets the asking unit; each party's own fold says no too."""
    state = received(world)
    known = {name: bytes(range(32)) if name == "nobody" else key_of(world, name) for name in names}
    data = manifest(world, state, tuple(sorted(known.values())))
    expected = ("X_FIELD_NOT_FOR_RECIPIENT", "body.wraps", "RECIPIENT.ASKING_UNIT")
    assert refusal(world, "compliance", data) == expected
    links = chain(world, state)
    with pytest.raises(RogatoryError) as caught:
        folded(world, [*links, LoggedEnvelope(data, world.engine.size, world.clock.now_ms())])
    assert caught.value.args == expected
    assert world.state(state.request_id) == state
    good = manifest(world, state, (key_of(world, "agency"),))
    (result,) = world.submit("compliance", good)
    assert result.receipt is not None, "the same with the right key goes in"


def test_one_recipient_has_one_wrap(world: World) -> None:
    state = received(world)
    own = key_of(world, "agency")
    made = unsigned(manifest(world, state, (own,)))
    assert isinstance(made.body, Disclose)
    doubled = replace(made.body, wraps=made.body.wraps * 2)
    with pytest.raises(Invalid, match="SORTED_UNIQUE"):
        world.sign("compliance", made.header, doubled)
    none = replace(made.body, wraps=())
    with pytest.raises(Invalid, match="X_FIELD_MISSING"):
        world.sign("compliance", made.header, none)


def test_a_client_seals_to_the_key_of_the_asking_units_row_and_to_no_other(
    world: World, tmp_path: Path
) -> None:
    """What the client builds from names the row's key; other keys beside or instead of it are refused, no file is left."""
    state = received(world)
    row, agency, other = (
        world.realm.row("compliance"),
        world.realm.unit("agency"),
        world.realm.unit("provider"),
    )
    context = disclosure_context(
        state, world.realm.directory.realm, bytes(16), row.org, row.key_id, (agency.key_id,)
    )
    right = {agency.key_id: agency.sealing_key}
    for keys in ({other.key_id: other.sealing_key}, right | {other.key_id: other.sealing_key}, {}):
        with pytest.raises(Invalid):
            seal_disclosure([], "", context, keys, tmp_path / "body", SeededEntropy())
        assert not list(tmp_path.iterdir())
    sealed = seal_disclosure([], "", context, right, tmp_path / "body", SeededEntropy())
    assert [wrap.key_id for wrap in sealed.wraps] == [agency.key_id]


def test_a_key_that_is_not_that_of_its_id_is_never_sealed_to(world: World, tmp_path: Path) -> None:
    """A directory look-up gone wrong, or an id said to stand for another key: the id is computed from the key."""
    state = received(world)
    row, agency, other = (
        world.realm.row("compliance"),
        world.realm.unit("agency"),
        world.realm.unit("provider"),
    )
    wrong = {agency.key_id: other.sealing_key}
    context = disclosure_context(
        state, world.realm.directory.realm, bytes(16), row.org, row.key_id, (agency.key_id,)
    )
    with pytest.raises(Invalid, match="KEY_ID"):
        seal_disclosure([], "", context, wrong, tmp_path / "body", SeededEntropy())
    assert not list(tmp_path.iterdir())
    header = world.header(
        "compliance", unsigned(chain(world, state)[0].data).header.kind, state.request_id, state
    )
    with pytest.raises(Invalid, match="KEY_ID"):
        seal_section(
            b"", section_context(header, SectionKind.NOTE, 0, (agency.key_id,)), wrong, SeededEntropy()
        )


@pytest.mark.parametrize("kind", [SectionKind.PARTICULARS, SectionKind.GROUNDS])
@pytest.mark.parametrize(
    "change", ["provider", "oversight", "other-provider", "other-agency", "drop", "nobody"]
)
def test_a_section_to_any_other_reader_is_refused(world: World, kind: SectionKind, change: str) -> None:
    """Grounds for the provider, anything for a third party, the judge left out."""
    state = issued(world)
    made = unsigned(world.issue()[1])
    particulars = kind is SectionKind.PARTICULARS

    def changed(readers: tuple[bytes, ...]) -> tuple[bytes, ...]:
        if change == "drop" or (change == "provider" and particulars):
            return tuple(key for key in readers if key != key_of(world, "authority"))
        extra = bytes(32) if change == "nobody" else key_of(world, change)
        return tuple(sorted({*readers, extra}))

    sections = tuple(
        replace(ref, recipients=changed(ref.recipients)) if ref.kind is kind else ref
        for ref in made.header.sections
    )
    data = world.sign("investigator", replace(made.header, sections=sections), made.body)
    code, field, rule = refusal(world, "investigator", data)
    assert code in {"X_FIELD_NOT_FOR_RECIPIENT", "X_FIELD_INVALID"}
    assert (field.endswith(".recipients"), rule) == (True, "SECTION.RECIPIENTS")
    assert world.engine._core.state(made.header.request_id)[0] is None
    assert world.state(state.request_id) == state
