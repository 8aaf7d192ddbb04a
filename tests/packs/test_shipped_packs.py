# SPDX-License-Identifier: Apache-2.0
"""The packs that ship load, give their examples' outcomes, say everything in words, and mark what was not confirmed.

Each example runs as a test of its own. That the figures agree with the official texts no test can say.
"""

from __future__ import annotations

import json

import pytest

from rogatory.client.cli.main import run
from rogatory.client.pack_library import chosen_packs, shipped_packs
from rogatory.protocol.errors import Invalid, Refused
from rogatory.protocol.identifier_types import CHECKS
from rogatory.protocol.identifiers import BULK_TYPES, check_identifier
from rogatory.protocol.pack import Pack, lint_pack, load_pack
from rogatory.protocol.pack.examples import outcome
from rogatory.protocol.pack.shape import EXAMPLE_CLASSES, GRANTED, Example

FILES = shipped_packs()
EXAMPLES = [(name, example) for name, data in FILES.items() for example in load_pack(data).examples]
# What issue after issue of the reference names: one pack for each.
REGIMES = {
    "cloud.us-uk", "coe.budapest.16-18", "coe.budapest.29-30", "coe.cets224.10", "coe.cets224.6", "coe.cets224.7",
    "coe.cets224.8", "coe.cets224.9", "eu.e-evidence.2023-1543", "training.fictitious", "un.cybercrime.25",
    "un.cybercrime.26", "un.cybercrime.27", "un.cybercrime.42", "us.sca.2702b8", "us.sca.2703-warrant", "us.sca.2703c2",
    "us.sca.2703d", "us.sca.2703f",
}  # fmt: skip

# The reference's canonical types with their names in the ETSI dictionaries; none where it says proprietary.
TYPES = {
    "account_id": {"ServiceAccessIdentifier"}, "advert_id": set(), "card_masked": set(), "crypto_wallet": set(),
    "device_ad_id": set(), "domain": {"FQDN"}, "email": {"InternationalizedEmailAddress"}, "iccid": {"ICCID"},
    "imei": {"IMEI", "PEIIMEI"}, "imsi": {"IMSI", "SUPIIMSI"},
    "ip_port_time": {"IPV4Address", "IPV6Address", "ObservedTimes", "TCPPort", "UDPPort"},
    "ip_time": {"IPV4Address", "IPV6Address", "ObservedTimes"}, "mac": {"EUI64", "MACAddress"},
    "msisdn": {"GPSIMSISDN", "InternationalE164"}, "onion": set(), "payment_account": {"IBAN"}, "url": {"URL"}, "vin": {"VIN"},
}  # fmt: skip


def test_every_regime_of_the_reference_ships() -> None:
    assert {load_pack(data).pack_id for data in FILES.values()} == REGIMES


@pytest.mark.parametrize("name", FILES)
def test_a_shipped_pack_has_nothing_to_find_and_is_named_as_its_file(name: str) -> None:
    assert lint_pack(FILES[name]) == ()
    pack = load_pack(FILES[name])
    assert name == f"{pack.pack_id}.v{pack.pack_version}"
    assert pack.title
    assert pack.basis


@pytest.mark.parametrize("name", FILES)
def test_a_shipped_pack_shows_what_is_granted_what_is_refused_and_where_the_edge_is(name: str) -> None:
    assert {example.shows for example in load_pack(FILES[name]).examples} == set(EXAMPLE_CLASSES)


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=lambda value: getattr(value, "id", value))
def test_an_example_gives_its_outcome(name: str, example: Example) -> None:
    code, rule = outcome(load_pack(FILES[name]), example)
    assert code == example.outcome
    assert example.shows == "edge" or (example.shows == "granted") == (code == GRANTED)
    if example.rule:
        assert rule.endswith(f"/{example.rule}")


@pytest.mark.parametrize("name", FILES)
def test_a_shipped_identifier_type_has_a_label_and_an_example(name: str) -> None:
    pack = load_pack(FILES[name])
    assert [kind for kind, rule in pack.identifiers.items() if not (rule.label and rule.examples)] == []
    assert pack.labels.get("postal_address") == ("BILLING", "INSTALLATION", "REGISTERED")


def test_every_type_with_a_check_of_its_own_is_in_some_shipped_pack() -> None:
    shipped = {kind for data in FILES.values() for kind in load_pack(data).identifiers}
    # What a masked card number must look like, its pattern says; nothing computes.
    assert shipped - {"card_masked"} == set(CHECKS)


def test_every_type_of_the_reference_ships_under_its_etsi_names_and_the_bulk_ones_do_not() -> None:
    shipped: dict[str, set[str]] = {}
    for data in FILES.values():
        for kind, rule in load_pack(data).identifiers.items():
            shipped.setdefault(kind, set()).update(rule.etsi)
    assert shipped == TYPES
    assert BULK_TYPES.isdisjoint(shipped)


@pytest.mark.parametrize(
    ("value", "rule"),
    [("4000000000000002", "PATTERN"), ("400000******0002", "WILDCARD"), ("400000xx0002", "PATTERN")],
)
def test_a_card_number_is_written_without_its_middle_and_never_whole(value: str, rule: str) -> None:
    identifiers = load_pack(FILES["us.sca.2703f.v1"]).identifiers
    check_identifier("card_masked", b"400000xxxxxx0002", identifiers)
    with pytest.raises(Invalid) as caught:
        check_identifier("card_masked", value.encode(), identifiers)
    assert caught.value.rule == rule


@pytest.mark.parametrize("name", FILES)
def test_an_error_is_reported_a_word_taken_back_and_a_question_asked_under_every_law(name: str) -> None:
    pack = load_pack(FILES[name])
    assert pack.errors is not None
    assert {"WRONG_IDENTIFIER", "WRONG_PERIOD", "WRONG_PERSON", "EXCESS_DATA"} <= set(pack.errors.causes)
    assert "QUASHED" in pack.taking_back
    assert "IDENTIFIER_UNCLEAR" in pack.questions
    assert not pack.oral_validation


@pytest.mark.parametrize("name", FILES)
def test_a_state_refuses_through_its_authority_and_no_provider_for_it(name: str) -> None:
    pack = load_pack(FILES[name])
    assert [
        code for code in pack.refusal["provider"] if code.startswith(("E_", "T_"))
    ] == [] or name.startswith("cloud")
    if "enforcing" in pack.refusal:
        assert "CONSULTATION" in pack.questions
        assert "ENFORCING" in pack.readers("GROUNDS")


# What the reference marks as from memory is marked here; what it confirms is not.
DOUBTED = {
    "cloud.us-uk.v1": ("in_force", "kinds.DISCLOSURE", "objections.T_TARGETING"),
    "coe.budapest.16-18.v1": ("kinds.PRESERVATION", "kinds.DISCLOSURE.authority.1", "kinds.DISCLOSURE.deadlines.produce"),
    "coe.budapest.29-30.v1": ("kinds.DISCLOSURE", "kinds.PRESERVATION"),
    "coe.cets224.10.v1": ("in_force", "kinds.DISCLOSURE", "parties"),
    "coe.cets224.6.v1": ("in_force", "kinds.DISCLOSURE", "parties"),
    "coe.cets224.7.v1": ("in_force", "kinds.DISCLOSURE", "parties"),
    "coe.cets224.8.v1": ("in_force", "kinds.DISCLOSURE", "parties"),
    "coe.cets224.9.v1": ("in_force", "kinds.DISCLOSURE", "parties"),
    "eu.e-evidence.2023-1543.v2": (
        "day_count", "elements", "facts.offence.annex_iv", "facts.offence.listed", "offline", "refusal", "user_information",
    ),
    "un.cybercrime.25.v1": ("in_force", "kinds.PRESERVATION"),
    "un.cybercrime.26.v1": ("in_force", "kinds.DISCLOSURE"),
    "un.cybercrime.27.v1": ("in_force", "kinds.DISCLOSURE"),
    "un.cybercrime.42.v1": ("in_force", "kinds.PRESERVATION"),
    "us.sca.2702b8.v1": ("kinds.DISCLOSURE",),
    "us.sca.2703-warrant.v1": ("kinds.DISCLOSURE",),
    "us.sca.2703c2.v1": ("kinds.DISCLOSURE",),
    "us.sca.2703d.v1": ("kinds.DISCLOSURE.deadlines.produce",),
    "us.sca.2703f.v1": ("day_count", "in_force"),
}  # fmt: skip
SURE = {
    "coe.budapest.16-18.v1": ("kinds.DISCLOSURE",),
    "eu.e-evidence.2023-1543.v2": (
        "in_force", "kinds.DISCLOSURE", "kinds.DISCLOSURE.authority.1", "kinds.DISCLOSURE.authority.2",
        "kinds.DISCLOSURE.deadlines.produce", "kinds.PRESERVATION", "kinds.PRESERVATION.extension", "parties", "signature",
    ),
    "us.sca.2703d.v1": ("kinds.DISCLOSURE", "kinds.DISCLOSURE.authority.2", "user_information"),
    "us.sca.2703f.v1": ("kinds.PRESERVATION", "kinds.PRESERVATION.deadlines.preserve", "kinds.PRESERVATION.extension"),
}  # fmt: skip


@pytest.mark.parametrize("name", DOUBTED)
def test_what_the_reference_has_from_memory_is_marked_and_what_it_confirms_is_not(name: str) -> None:
    marked = {path.removeprefix("pack.") for path in load_pack(FILES[name]).unverified}
    assert set(DOUBTED[name]) - marked == set()
    assert set(SURE.get(name, ())) & marked == set()


def test_what_is_not_confirmed_is_marked_and_what_is_not_in_force_has_no_first_day() -> None:
    packs: list[Pack] = [load_pack(data) for data in FILES.values()]
    unmarked = {pack.pack_id for pack in packs if not pack.unverified}
    assert unmarked == {"training.fictitious"}
    waiting = {pack.pack_id for pack in packs if pack.in_force.since is None}
    assert waiting == {name for name in REGIMES if name.startswith(("coe.cets224", "un.cybercrime"))}


def test_packs_are_chosen_by_id_by_version_or_all_and_an_unknown_one_is_refused() -> None:
    assert chosen_packs(["us.sca.2703f"]) == chosen_packs(["us.sca.2703f.v1"])
    assert len(chosen_packs(["all"])) == len(FILES)
    with pytest.raises(Refused) as caught:
        chosen_packs(["us.sca.9999"])
    assert (caught.value.code, caught.value.rule) == ("X_PACK_UNKNOWN", "PACK.SHIPS")


def test_the_command_names_what_is_not_confirmed_and_the_signature_that_is_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["directory", "pack", "show", "eu.e-evidence.2023-1543", "--shipped", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)["result"]
    assert "pack.kinds.DISCLOSURE.rules.trafficking-means" in result["unverified"]
    assert result["pack"]["unverified"] == len(result["unverified"])
    assert result["signature"] == "QUALIFIED"
