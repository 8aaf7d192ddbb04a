# SPDX-License-Identifier: Apache-2.0
"""Each rule of issuing refuses what it is there to refuse, by its own code, and allows the rest.

Pure: statements signed and folded, no engine. What the pack's values should be is the pack tests' matter.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rogatory.protocol.directory import PartyKind
from rogatory.protocol.header import Address, Fact, SectionKind, StatementKind
from rogatory.protocol.state import RequestState, StateName, Superseded
from rogatory.protocol.statements import (
    DecisionCode,
    Validate,
    Withdraw,
)
from tests.support.acts import FACTS
from tests.support.folding import SUBSCRIBER, TRAFFIC, Folding, granting, whole
from tests.support.refused import refusal


@pytest.fixture
def desk() -> Folding:
    return Folding()


def issue(desk: Folding, name: str = "investigator", state: RequestState | None = None, **other: Any) -> Any:  # noqa: ANN401
    """Decides on an issue; fields of the body are named with ``body_``."""
    mine = {key.removeprefix("body_"): other.pop(key) for key in list(other) if key.startswith("body_")}
    setting = other.pop("setting", {})
    header, body = desk.asking(name, state=state, **other)
    return desk.decide(state, desk.say(name, header, replace(body, **mine)), **setting)


def validate(desk: Folding, state: RequestState, body: Validate, name: str = "judge") -> RequestState:
    return desk.act(name, StatementKind.VALIDATE, state, state.issue_digest, body)


def returned(desk: Folding) -> RequestState:
    return validate(desk, desk.issued(), Validate(DecisionCode.RETURN, "A_NOT_NECESSARY"))


def test_an_issue_makes_the_state_that_it_asks_for(desk: Folding) -> None:
    header, body = desk.asking(asked=(SUBSCRIBER, TRAFFIC))
    verified = desk.say("investigator", header, body)
    state = desk.decide(None, verified)
    assert (state.name, state.request_id, state.kind, state.legal_type) == (
        StateName.ISSUED,
        header.request_id,
        body.request_kind,
        "EPOC",
    )
    assert (state.agency, state.authority, state.provider) == (
        desk.address("investigator"),
        desk.address("judge"),
        desk.address("provider"),
    )
    assert (state.drafter, state.facts, state.sections) == (header.issuer.subject, FACTS, header.sections)
    assert [item.task for item in state.tasks] == list(header.tasks)
    assert state.granted == ()
    assert (state.issue_digest, state.last_digest, state.order_digest) == (
        verified.digest,
        verified.digest,
        b"",
    )
    assert (state.last_index, state.pack_digest, state.emergency) == (10, desk.pack.digest, False)
    units = [desk.realm.unit(name) for name in ("investigator", "judge", "provider")]
    assert [(key.org, key.key_id) for key in state.keys] == [(unit.org, unit.key_id) for unit in units]
    assert set(state.categories) == {"SUBSCRIBER", "TRAFFIC"}


def test_who_may_sign_alone_transmits_at_once_and_needs_nobody(desk: Folding) -> None:
    state = issue(desk, "prosecutor", sections=sealed_for(desk, "prosecutor"), body_authority=None)
    assert state.name is StateName.TRANSMITTED
    assert state.order_digest == state.issue_digest != b""
    assert state.granted == whole(state)
    assert state.authority is None
    grant = granting(state)
    asked = ("X_NOT_AUTHORISED", "header.issuer", "PARTY.AUTHORITY")
    assert refusal(validate, desk, state, grant) == asked


def sealed_for(desk: Folding, *readers: str) -> tuple[Any, ...]:
    """Sections of one task that only these, and for particulars the provider, can open."""
    return (
        desk.ref(SectionKind.PARTICULARS, 1, *readers, "provider"),
        desk.ref(SectionKind.GROUNDS, 0, *readers),
    )


def test_an_issue_is_held_against_its_pack(desk: Folding) -> None:
    rule = desk.pack.rule
    before = {"time_ms": 0}
    assert refusal(issue, desk, setting=before) == (
        "X_PACK_NOT_IN_FORCE",
        "header.pack_digest",
        rule("in_force"),
    )
    assert refusal(issue, desk, body_legal_type="EPOCPR") == (
        "X_FIELD_INVALID",
        "body.legal_type",
        rule("legal_type"),
    )
    header, _ = desk.asking(asked=(SUBSCRIBER, TRAFFIC))
    odd = replace(header.tasks[1], identifier_type="shoe_size")
    assert refusal(issue, desk, asked=(SUBSCRIBER, TRAFFIC), tasks=(header.tasks[0], odd)) == (
        "X_FIELD_INVALID",
        "header.tasks[1].identifier_type",
        rule("identifiers"),
    )
    today = header.tasks[0].last_day
    assert issue(desk, tasks=(replace(header.tasks[0], last_day=today),)).name is StateName.ISSUED
    assert refusal(issue, desk, tasks=(replace(header.tasks[0], last_day=today + 1),)) == (
        "X_PROSPECTIVE_DATA",
        "header.tasks[0].last_day",
        "STORED_DATA_ONLY",
    )
    abroad = tuple(Fact(f.code, ("NO",)) if f.code.startswith("person.resides") else f for f in FACTS)
    assert issue(desk, facts=abroad).name is StateName.ISSUED
    assert refusal(issue, desk, asked=(TRAFFIC,), facts=abroad) == (
        "X_NOTIFICATION_MISSING",
        "header.facts",
        rule("notify_enforcing_authority"),
    )


def test_an_emergency_is_a_fact_of_the_header(desk: Folding) -> None:
    claimed = (*FACTS, Fact("emergency", ("LIFE",)))
    facts = tuple(
        sorted((*claimed, Fact("emergency.reason", ("CHILD_AT_RISK",))), key=lambda fact: fact.code)
    )
    assert issue(desk, facts=facts).emergency
    assert refusal(issue, desk, facts=tuple(sorted(claimed, key=lambda fact: fact.code)))[0] == (
        "X_EMERGENCY_NOT_REASONED"
    )


def test_an_issue_goes_to_a_provider_that_can_open_it_and_comes_from_a_unit_that_can(desk: Folding) -> None:
    nowhere = Address(desk.address("provider").org, bytes(16))
    assert refusal(issue, desk, addressee=nowhere) == (
        "X_ADDRESSEE_NOT_DESIGNATED",
        "header.addressee",
        "DIRECTORY.UNIT",
    )
    assert refusal(issue, desk, addressee=desk.address("judge")) == (
        "X_ADDRESSEE_NOT_DESIGNATED",
        "header.addressee",
        "DIRECTORY.PROVIDER",
    )
    # One without a key is outside the exchange: nothing may be sealed to what the directory does not name.
    assert refusal(issue, desk, setting={"directory": keyless(desk, "provider")}) == (
        "X_FIELD_NOT_FOR_RECIPIENT",
        "header.sections[0].recipients",
        "SECTION.RECIPIENTS",
    )
    for other in (
        {"reply_to": desk.address("other-agency")},
        {"setting": {"directory": keyless(desk, "investigator")}},
    ):
        assert refusal(issue, desk, **other) == ("X_FIELD_INVALID", "header.reply_to", "OWN_UNIT")


def test_the_unit_that_is_replied_to_is_the_one_that_asks(desk: Folding) -> None:
    mine = desk.realm.unit("investigator")
    next_door = replace(mine, unit=bytes([7]) * 16)
    listed = (*desk.directory.trust_list.units, next_door)
    directory = desk.rebuilt(units=tuple(sorted(listed, key=lambda row: (row.org, row.unit))))
    state = issue(desk, reply_to=next_door.address, setting={"directory": directory})
    assert state.agency == next_door.address != mine.address


def keyless(desk: Folding, name: str) -> Any:  # noqa: ANN401 - a directory
    """The directory in which a unit has no sealing key."""
    listed, wanted = desk.directory.trust_list.units, desk.address(name)
    return desk.rebuilt(
        units=tuple(replace(unit, sealing_key=b"") if unit.address == wanted else unit for unit in listed)
    )


def test_a_drafter_drafts_for_an_agency_and_for_no_other_kind_of_party(desk: Folding) -> None:
    mine = desk.realm.row("investigator").org
    for kind in PartyKind:
        orgs = tuple(
            replace(org, kind=kind) if org.org == mine else org for org in desk.directory.trust_list.orgs
        )
        setting = {"directory": desk.rebuilt(orgs=orgs)}
        if kind is PartyKind.AGENCY:
            assert issue(desk, setting=setting).agency.org == mine
        else:
            found = refusal(issue, desk, setting=setting)
            assert found == ("X_NOT_AUTHORISED", "header.issuer", "PARTY.AGENCY")


def test_a_drafter_names_an_authority_that_can_open_what_it_judges(desk: Folding) -> None:
    rule = desk.pack.rule
    assert refusal(issue, desk, body_authority=None) == (
        "X_VALIDATION_MISSING",
        "body.authority",
        rule("authority/1/validate"),
    )
    for authority, setting in (
        (desk.address("provider"), {}),
        (desk.address("judge"), {"directory": keyless(desk, "judge")}),
    ):
        assert refusal(issue, desk, body_authority=authority, setting=setting) == (
            "X_AUTHORITY_NOT_COMPETENT",
            "body.authority",
            "DIRECTORY.AUTHORITY",
        )
    nobody = Address(desk.address("judge").org, bytes(16))
    assert refusal(issue, desk, body_authority=nobody)[1:] == ("body.authority", "DIRECTORY.UNIT")
    assert refusal(issue, desk, "compliance") == (
        "X_AUTHORITY_NOT_COMPETENT",
        "header.issuer.role",
        rule("authority/1/issue"),
    )
    assert refusal(issue, desk, "prosecutor", asked=(TRAFFIC,)) == (
        "X_AUTHORITY_NOT_COMPETENT",
        "header.issuer.role",
        rule("authority/2/issue"),
    )


def test_sections_are_sealed_to_whom_the_law_lets_read_them(desk: Folding) -> None:
    particulars = desk.ref(SectionKind.PARTICULARS, 1, "investigator", "judge", "provider")
    grounds = desk.ref(SectionKind.GROUNDS, 0, "investigator", "judge")
    told = desk.ref(SectionKind.GROUNDS, 0, "investigator", "judge", "provider")
    hidden = desk.ref(SectionKind.PARTICULARS, 1, "investigator", "provider")
    swapped = desk.ref(SectionKind.PARTICULARS, 1, "investigator", "judge", "other-provider")
    extra = tuple(
        sorted(
            (grounds, desk.ref(SectionKind.GROUNDS, 0, "investigator", "judge")),
            key=lambda ref: ref.object_digest,
        )
    )
    for sections, expected in (
        ((particulars, told), ("X_FIELD_NOT_FOR_RECIPIENT", "header.sections[1].recipients")),
        ((hidden, grounds), ("X_FIELD_INVALID", "header.sections[0].recipients")),
        ((swapped, grounds), ("X_FIELD_INVALID", "header.sections[0].recipients")),
    ):
        assert refusal(issue, desk, sections=sections) == (*expected, "SECTION.RECIPIENTS")
    for missing, rule in (
        ((particulars,), "SECTION.GROUNDS"),
        ((particulars, *extra), "SECTION.GROUNDS"),
        ((grounds,), "SECTION.PARTICULARS"),
    ):
        assert refusal(issue, desk, sections=missing) == ("X_SECTION_MISSING", "header.sections", rule)


def test_a_request_id_is_new_or_its_issue_was_returned(desk: Folding) -> None:
    assert refusal(issue, desk, body_supersedes=bytes(32)) == (
        "X_NOT_FOUND",
        "body.supersedes",
        "LIFECYCLE.EXISTS",
    )
    assert refusal(issue, desk, about=bytes(32))[1:] == ("body.supersedes", "LIFECYCLE.EXISTS")
    header, _ = desk.asking()
    assert refusal(issue, desk, seen=replace(header.seen, request_position=1)) == (
        "X_FIELD_INVALID",
        "header.seen.request_position",
        "ORDER",
    )
    state = desk.issued()
    taken = ("X_REPLAY", "header.request_id", "REQUEST_ID_TAKEN")
    assert refusal(issue, desk, state=state) == taken
    assert refusal(issue, desk, state=state, body_supersedes=b"") == taken
    assert refusal(issue, desk, "other-investigator", state=state) == (
        "X_NOT_FOUND",
        "header.request_id",
        "LIFECYCLE.EXISTS",
    )


def test_a_returned_issue_is_replaced_once_by_who_has_seen_the_return(desk: Folding) -> None:
    state = returned(desk)
    assert (state.name, state.code) == (StateName.RETURNED, "A_NOT_NECESSARY")
    header, _ = desk.asking(state=state)
    for position in (state.last_index, state.last_index + 2, 0):
        seen = replace(header.seen, request_position=position)
        assert refusal(issue, desk, state=state, seen=seen) == (
            "X_STALE_GENERATION",
            "header.seen.request_position",
            "ORDER",
        )
    assert refusal(issue, desk, state=state, body_supersedes=bytes(32))[2] == "REQUEST_ID_TAKEN"
    again = issue(desk, state=state)
    assert (again.name, again.request_id, again.code) == (StateName.ISSUED, state.request_id, "")
    assert again.issue_digest != state.issue_digest
    assert state.superseded == ()
    assert again.superseded == (Superseded(state.issue_digest, state.named, state.keys),)


def test_a_correction_of_what_was_taken_back_meanwhile_is_told_that_it_has_ended(desk: Folding) -> None:
    state = returned(desk)
    header, _ = desk.asking(state=state)
    body = Withdraw("ERROR")
    ended = desk.act("investigator", StatementKind.WITHDRAW, state, state.issue_digest, body)
    for position in (state.last_index + 1, ended.last_index + 1):
        seen = replace(header.seen, request_position=position)
        assert refusal(issue, desk, state=ended, seen=seen, body_supersedes=state.issue_digest) == (
            "X_OBJECT_TERMINAL",
            "header.request_id",
            "STATE.WITHDRAWN",
        )
    assert refusal(issue, desk, state=ended, body_supersedes=b"")[2] == "REQUEST_ID_TAKEN"


def moved(desk: Folding, state: RequestState) -> RequestState:
    """A correction that asks another provider."""
    header, body = desk.asking(state=state)
    to = desk.address("other-provider")
    readers = [desk.directory.unit(unit).key_id for unit in (header.reply_to, body.authority, to) if unit]
    sections = tuple(
        replace(ref, recipients=tuple(sorted(readers[: len(ref.recipients)]))) for ref in header.sections
    )
    corrected: RequestState = issue(desk, state=state, addressee=to, sections=sections)
    assert corrected.provider == to
    return corrected


def test_a_withdrawal_may_name_any_issue_that_the_request_ever_had(desk: Folding) -> None:
    first = returned(desk)
    again = issue(desk, state=first)
    for about in (first.issue_digest, again.issue_digest):
        after = desk.act("investigator", StatementKind.WITHDRAW, again, about, Withdraw("ERROR"))
        assert (after.name, len(after.superseded)) == (StateName.WITHDRAWN, 1)
    body = Withdraw("ERROR")
    assert (
        refusal(desk.act, "investigator", StatementKind.WITHDRAW, again, bytes(32), body)[2] == "ABOUT.ISSUE"
    )


def test_a_withdrawal_addresses_whom_the_issue_that_it_names_has_named(desk: Folding) -> None:
    first = returned(desk)
    again = moved(desk, first)

    def take_back(about: bytes, to: Address, *readers: str) -> RequestState:
        notes = (desk.ref(SectionKind.NOTE, 0, *readers),) if readers else ()
        header = desk.header(
            "investigator", StatementKind.WITHDRAW, again, about=about, addressee=to, sections=notes
        )
        return desk.decide(again, desk.say("investigator", header, Withdraw("ERROR")))

    for to in (first.provider, again.provider):
        assert take_back(first.issue_digest, to, "investigator", "judge").name is StateName.WITHDRAWN
    bystander = refusal(take_back, again.issue_digest, first.provider)
    assert bystander == ("X_ADDRESSEE_NOT_DESIGNATED", "header.addressee", "ADDRESSEE.NAMED")
    unread = refusal(take_back, first.issue_digest, first.provider, "provider")
    assert unread == (
        "X_FIELD_NOT_FOR_RECIPIENT",
        "header.sections[0].recipients",
        "SECTION.RECIPIENTS",
    )


def test_a_note_of_a_withdrawal_may_be_sealed_to_parties_of_then_and_of_now(desk: Folding) -> None:
    first = returned(desk)
    # The agency's unit and its judge have new sealing keys when the corrected issue comes.
    old = [unit for unit in desk.directory.trust_list.units if unit.address in first.named[:2]]
    new = [replace(unit, sealing_key=bytes(reversed(unit.sealing_key))) for unit in old]
    others = [unit for unit in desk.directory.trust_list.units if unit not in old]
    renewed = desk.rebuilt(units=tuple(sorted([*new, *others], key=lambda row: (row.org, row.unit))))
    changed = {was.key_id: now.key_id for was, now in zip(old, new, strict=True)}
    header, _ = desk.asking(state=first)
    sections = tuple(
        replace(ref, recipients=tuple(sorted(changed.get(key, key) for key in ref.recipients)))
        for ref in header.sections
    )
    again: RequestState = issue(desk, state=first, sections=sections, setting={"directory": renewed})
    assert len(changed) == 2
    assert not set(changed) & {key.key_id for key in again.keys}

    def take_back(*key_ids: bytes) -> RequestState:
        note = desk.ref(SectionKind.NOTE, 0, key_ids=key_ids)
        about = first.issue_digest
        return desk.act(
            "investigator", StatementKind.WITHDRAW, again, about, Withdraw("ERROR"), sections=(note,)
        )

    assert take_back(*changed).name is StateName.WITHDRAWN
    assert take_back(*changed.values()).name is StateName.WITHDRAWN
    assert take_back(*changed, *changed.values()).name is StateName.WITHDRAWN
    unread = refusal(take_back, *changed, desk.realm.unit("provider").key_id)
    assert unread[1:] == ("header.sections[0].recipients", "SECTION.RECIPIENTS")


def test_only_a_withdrawal_reaches_whom_a_replaced_issue_has_named(desk: Folding) -> None:
    first = returned(desk)
    again = moved(desk, first)
    for name, kind, body in (
        ("judge", StatementKind.VALIDATE, granting(again)),
        ("judge", StatementKind.VALIDATE, Validate(DecisionCode.RETURN, "A_NOT_NECESSARY")),
    ):
        found = refusal(desk.act, name, kind, again, first.issue_digest, body, addressee=first.provider)
        assert found == ("X_ADDRESSEE_NOT_DESIGNATED", "header.addressee", "ADDRESSEE.NAMED")
