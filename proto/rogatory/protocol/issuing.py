# SPDX-License-Identifier: Apache-2.0
"""Rules of issuing, validating and withdrawing: who may ask for what, and who must say yes.

The values come from the pack; what stands here is how they combine (regimes §9.2): the strictest category decides on
authority and threshold, a drafter never validates, a grant narrows or equals what was asked and never widens it, and
grounds are never sealed to the provider.
"""

from __future__ import annotations

from typing import Final

from rogatory.protocol import errors
from rogatory.protocol.bodies import DecisionCode, GrantedTask, Issue, Validate, Withdraw
from rogatory.protocol.copying import replace
from rogatory.protocol.decision import Decision, refuse
from rogatory.protocol.directory import PartyKind
from rogatory.protocol.duties import Annul, Rescind
from rogatory.protocol.header import DAY_MS, Address, Header, SectionKind, Task
from rogatory.protocol.pack import EMERGENCY, Asked, Standing, check_validator, judge
from rogatory.protocol.questions import without
from rogatory.protocol.reviewing import review_opened
from rogatory.protocol.scoping import validate_widening, with_scope, within
from rogatory.protocol.state import (
    TERMINAL,
    Flag,
    HoldName,
    Open,
    PartyKey,
    RequestState,
    StateName,
    Superseded,
    TaskState,
)
from rogatory.protocol.terms import EX_POST, VALIDATE, met, start, started

_GRANTS: Final = frozenset({DecisionCode.GRANT, DecisionCode.GRANT_NARROWED})


def issue(state: RequestState | None, decision: Decision) -> RequestState:
    """A new request, or one that replaces what the authority returned."""
    header, body, setting = decision.header, decision.body(Issue), decision.setting
    pack = setting.pack
    _place(state, decision)
    if pack.recalled(setting.index):
        refuse(errors.X_PACK_RECALLED, "header.pack_digest", pack.rule("recall"))
    judged = judge(pack, _asked(decision, body))
    _addressee(decision)
    if judged.standing is not Standing.ALONE:
        _drafting(decision, body)
    _enforcing(decision, body)
    party_keys = _keys(decision, body)
    _sections(decision, party_keys)
    out = judged.standing is not Standing.VALIDATED_BEFORE
    after = RequestState(
        request_id=header.request_id,
        kind=body.request_kind,
        legal_type=body.legal_type,
        pack_digest=pack.digest,
        name=StateName.TRANSMITTED if out else StateName.ISSUED,
        agency=Address(header.issuer.org, header.reply_to.unit if header.reply_to else header.issuer.unit),
        drafter=header.issuer.subject,
        authority=body.authority,
        provider=header.addressee,
        facts=header.facts,
        tasks=tuple(TaskState(task, _whole(task) if out else None) for task in header.tasks),
        sections=header.sections,
        keys=tuple(party_keys.values()),
        categories=judged.categories,
        emergency=header.fact(EMERGENCY) is not None,
        issue_digest=decision.verified.digest,
        order_digest=decision.verified.digest if out else b"",
        last_index=setting.index,
        last_digest=decision.verified.digest,
        moved_index=setting.index,
        moved_digest=decision.verified.digest,
        superseded=_replaced(state),
        enforcing=body.enforcing,
        flags=(Flag.REDUCED_DISTRIBUTION.value,) if _of_victim(header) else (),
    )
    running = started(after, decision, "ISSUED")
    if running:
        after = replace(after, obligations=running)
    if judged.notify:
        after = review_opened(after, suspends=judged.suspended)
    return _owing(after, decision, judged.rank) if judged.standing is Standing.VALIDATED_AFTER else after


def validate(state: RequestState, decision: Decision) -> RequestState:
    """Grant, grant narrowed, return or refuse, by the authority that the issue names."""
    body, pack = decision.body(Validate), decision.setting.pack
    if state.authority is None:
        refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", "NO_AUTHORITY_ASKED")
    decision.require_party(PartyKind.AUTHORITY, state.authority, unit=True)
    widening = state.held(HoldName.WIDENING_PENDING)
    owing = state.held(HoldName.EX_POST_VALIDATION_PENDING)
    larger = widening is not None and decision.header.about == widening.digest
    if not larger and owing is None:
        decision.require_state(state, StateName.ISSUED)
    if not larger:
        decision.require_about(state.issue_digest, "ABOUT.ISSUE")
    check_validator(pack, state.kind, pack.rank(state.categories), decision.header.issuer.role)
    if decision.header.issuer.subject == state.drafter or decision.header.issuer.org == state.agency.org:
        refuse(errors.X_AUTHORITY_NOT_COMPETENT, "header.issuer", "DRAFTER_IS_NOT_VALIDATOR")
    granting = body.decision in _GRANTS
    if not granting and body.code not in pack.refusal["authority"]:
        refuse(errors.X_FIELD_INVALID, "body.code", pack.rule("refusal/authority"))
    if widening is not None and larger:
        if granting:
            _opened(state, body)
        return validate_widening(state, decision, widening)
    if owing is not None:
        return _settled(state, decision, owing)
    if not granting:
        name = StateName.RETURNED if body.decision is DecisionCode.RETURN else StateName.REFUSED
        return replace(state, name=name, code=body.code)
    _grant(state, body)
    granted = {item.number: item for item in body.granted}
    return replace(
        state,
        name=StateName.TRANSMITTED,
        order_digest=decision.verified.digest,
        obligations=met(state, VALIDATE),
        tasks=tuple(replace(item, granted=granted.get(item.task.number)) for item in state.tasks),
    )


def _owing(state: RequestState, decision: Decision, rank: str) -> RequestState:
    """Return a request that went out before its validation: the debt, and its clock."""
    term = decision.setting.pack.rules(state.kind).authority[rank].ex_post
    if term is None:
        raise AssertionError  # the pack has refused that
    item = Open(
        HoldName.EX_POST_VALIDATION_PENDING.value,
        state.issue_digest,
        state.agency.org,
        state.last_index,
        suspends=False,
    )
    after = replace(state, holds=(*state.holds, item))
    return start(after, decision, EX_POST, term, f"authority/{rank}/ex_post")


def _settled(state: RequestState, decision: Decision, owing: Open) -> RequestState:
    """The authority decides on what was issued in an emergency."""
    body = decision.body(Validate)
    if body.decision is DecisionCode.RETURN:
        refuse(errors.X_STATE_NOT_ALLOWED, "body.decision", "EX_POST_GRANT_OR_REFUSE")
    after = replace(without(state, owing), obligations=met(state, EX_POST))
    obtained = any(item.outcome == "DELIVERED" for item in state.tasks)
    if body.decision is DecisionCode.REFUSE:
        flags = after.flagged(Flag.DELETE_OR_RESTRICT) if obtained else after.flags
        return replace(
            after, name=StateName.WITHDRAWN, code=body.code, flags=flags, ended_ms=decision.setting.time_ms
        )
    _grant(state, body)
    if body.decision is DecisionCode.GRANT_NARROWED and obtained:
        after = replace(after, flags=after.flagged(Flag.DELETE_OR_RESTRICT))
    return with_scope(after, body.granted)


def rescind(state: RequestState, decision: Decision) -> RequestState:
    """The authority takes its word back, as long as nothing was delivered."""
    _taking_back(decision, decision.body(Rescind).code)
    if state.authority is not None:
        decision.require_party(PartyKind.AUTHORITY, state.authority, unit=True)
    rank = decision.setting.pack.rank(state.categories)
    check_validator(decision.setting.pack, state.kind, rank, decision.header.issuer.role)
    if state.disclosures:
        refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", "NOTHING_DELIVERED")
    return replace(
        state,
        name=StateName.WITHDRAWN,
        code=decision.body(Rescind).code,
        ended_ms=decision.setting.time_ms,
    )


def annul(state: RequestState, decision: Decision) -> RequestState:
    """A court quashes it; what was delivered must be deleted or restricted."""
    body = decision.body(Annul)
    _taking_back(decision, body.code)
    flags = [Flag.ANNULLED, *([Flag.DELETE_OR_RESTRICT] if state.disclosures else [])]
    name = state.name if state.name in TERMINAL else StateName.WITHDRAWN
    return replace(
        state, name=name, code=body.code, flags=state.flagged(*flags), ended_ms=decision.setting.time_ms
    )


def _taking_back(decision: Decision, code: str) -> None:
    pack = decision.setting.pack
    if code not in pack.taking_back:
        refuse(errors.X_FIELD_INVALID, "body.code", pack.rule("taking_back"))


def withdraw(state: RequestState, decision: Decision) -> RequestState:
    """The agency takes the request back; goes in whatever the signer had seen.

    Also where it names an issue that was replaced meanwhile: the request is one, and taking back waits for nobody.
    """
    code = decision.body(Withdraw).code
    if code not in decision.setting.pack.withdrawal:
        refuse(errors.X_FIELD_INVALID, "body.code", decision.setting.pack.rule("withdrawal"))
    return replace(state, name=StateName.WITHDRAWN, code=code, ended_ms=decision.setting.time_ms)


def _replaced(state: RequestState | None) -> tuple[Superseded, ...]:
    if state is None:
        return ()
    return (*state.superseded, Superseded(state.issue_digest, state.named, state.keys))


def _keys(decision: Decision, body: Issue) -> dict[str, PartyKey]:
    """Return the keys of the units that a request may be sealed to, by audience of the pack."""
    directory, header = decision.setting.directory, decision.header
    units = {
        "ASKING": header.reply_to,
        "AUTHORITY": body.authority,
        "PROVIDER": header.addressee,
        "ENFORCING": body.enforcing,
    }
    return {
        audience: PartyKey(unit.org, directory.unit(unit).key_id)
        for audience, unit in units.items()
        if unit is not None and (audience != "PROVIDER" or directory.unit(unit).sealing_key)
    }


def _place(state: RequestState | None, decision: Decision) -> None:
    """A request id is new, or its issue was returned and is replaced by the same agency."""
    header, body = decision.header, decision.body(Issue)
    if state is None:
        if body.supersedes or header.about:
            refuse(errors.X_NOT_FOUND, "body.supersedes", "LIFECYCLE.EXISTS")
        if header.seen.request_position:
            refuse(errors.X_FIELD_INVALID, "header.seen.request_position", "ORDER")
        return
    if state.agency.org != header.issuer.org:
        refuse(errors.X_NOT_FOUND, "header.request_id", "LIFECYCLE.EXISTS")
    # Whoever corrects what was taken back meanwhile is told that it has ended, not that the id is taken.
    if body.supersedes and state.name in TERMINAL:
        refuse(errors.X_OBJECT_TERMINAL, "header.request_id", f"STATE.{state.name.name}")
    # Before the state: whoever replaces a returned issue and comes second has not seen what came first, no more.
    if body.supersedes and header.seen.request_position != state.last_index + 1:
        refuse(errors.X_STALE_GENERATION, "header.seen.request_position", "ORDER")
    if state.name is not StateName.RETURNED or body.supersedes != state.issue_digest:
        refuse(errors.X_REPLAY, "header.request_id", "REQUEST_ID_TAKEN")


def _addressee(decision: Decision) -> None:
    """A provider, on the exchange or not (then nothing can be sealed to it), and a unit that the answer is sealed to."""
    directory, header = decision.setting.directory, decision.header
    directory.unit(header.addressee, "header.addressee")
    provider = directory.org(header.addressee.org, "header.addressee")
    if provider.kind is not PartyKind.PROVIDER:
        refuse(errors.X_ADDRESSEE_NOT_DESIGNATED, "header.addressee", "DIRECTORY.PROVIDER")
    reply = header.reply_to
    if reply is None or reply.org != header.issuer.org or not directory.unit(reply).sealing_key:
        refuse(errors.X_FIELD_INVALID, "header.reply_to", "OWN_UNIT")


def _asked(decision: Decision, body: Issue) -> Asked:
    """Return the request as the pack judges it."""
    header, directory = decision.header, decision.setting.directory
    return Asked(
        kind=body.request_kind,
        legal_type=body.legal_type,
        role=header.issuer.role,
        facts=header.facts,
        tasks=header.tasks,
        validator=body.authority is not None,
        enforcing=body.enforcing is not None,
        day=decision.setting.time_ms // DAY_MS,
        issuing=decision.org.jurisdiction,
        receiving=directory.org(header.addressee.org, "header.addressee").jurisdiction,
    )


def _drafting(decision: Decision, body: Issue) -> None:
    """The issuer may not sign alone: it must belong to an agency and name an authority that can open what it validates."""
    if decision.org.kind is not PartyKind.AGENCY:
        refuse(errors.X_NOT_AUTHORISED, "header.issuer", "PARTY.AGENCY")
    if body.authority is None:
        raise AssertionError  # the pack has refused that
    unit = decision.setting.directory.unit(body.authority, "body.authority")
    if decision.setting.directory.org(unit.org).kind is not PartyKind.AUTHORITY or not unit.sealing_key:
        refuse(errors.X_AUTHORITY_NOT_COMPETENT, "body.authority", "DIRECTORY.AUTHORITY")


def _enforcing(decision: Decision, body: Issue) -> None:
    """The authority to be told is one of the provider's State, and can open what it reviews."""
    if body.enforcing is None:
        return
    directory = decision.setting.directory
    unit = directory.unit(body.enforcing, "body.enforcing")
    org = directory.org(unit.org, "body.enforcing")
    provider = directory.org(decision.header.addressee.org, "header.addressee")
    if (
        org.kind is not PartyKind.AUTHORITY
        or not unit.sealing_key
        or org.jurisdiction != provider.jurisdiction
    ):
        refuse(errors.X_AUTHORITY_NOT_COMPETENT, "body.enforcing", "DIRECTORY.ENFORCING")


def _of_victim(header: Header) -> bool:
    role = header.fact("person.role")
    return role is not None and "VICTIM" in role.values


def _sections(decision: Decision, keys: dict[str, PartyKey]) -> None:
    """One particulars for each task, one grounds; each sealed to exactly the units that the law lets read it."""
    header = decision.header
    tasks: list[int] = []
    seen_grounds = 0
    readers = {
        kind: tuple(
            sorted({keys[name].key_id for name in decision.setting.pack.readers(kind.name) if name in keys})
        )
        for kind in (SectionKind.PARTICULARS, SectionKind.GROUNDS)
    }
    for i, ref in enumerate(header.sections):
        # A note on an issue goes where its grounds go.
        expected = readers.get(ref.kind, readers[SectionKind.GROUNDS])
        if ref.recipients != expected:
            code = (
                errors.X_FIELD_INVALID
                if set(expected) - set(ref.recipients)
                else errors.X_FIELD_NOT_FOR_RECIPIENT
            )
            refuse(code, f"header.sections[{i}].recipients", "SECTION.RECIPIENTS")
        if ref.kind is SectionKind.PARTICULARS:
            tasks.append(ref.task)
        seen_grounds += ref.kind is SectionKind.GROUNDS
    if tasks != [task.number for task in header.tasks]:
        refuse(errors.X_SECTION_MISSING, "header.sections", "SECTION.PARTICULARS")
    if seen_grounds != 1:
        refuse(errors.X_SECTION_MISSING, "header.sections", "SECTION.GROUNDS")


def _grant(state: RequestState, body: Validate) -> None:
    by_number = {item.task.number: item.task for item in state.tasks}
    for i, granted in enumerate(body.granted):
        task = by_number.get(granted.number)
        if task is None or not within(granted, task):
            refuse(errors.X_SCOPE_EXCEEDED, f"body.granted[{i}]", "GRANT_NEVER_WIDENS")
    whole = body.granted == tuple(_whole(item.task) for item in state.tasks)
    if whole != (body.decision is DecisionCode.GRANT):
        refuse(errors.X_FIELD_INVALID, "body.decision", "GRANT_SAYS_WHAT_IT_DOES")
    _opened(state, body)


def _opened(state: RequestState, body: Validate) -> None:
    """Who grants has opened the grounds and the particulars of each task that is granted."""
    opened = set(body.opened)
    grounds = state.grounds()
    needed = [state.particulars(item.number) for item in body.granted] + [grounds]
    if any(ref is None or ref.object_digest not in opened for ref in needed):
        refuse(errors.X_SECTION_NOT_OPENED, "body.opened", "SECTION.OPENED")
    if opened - {ref.object_digest for ref in state.sections}:
        refuse(errors.X_FIELD_INVALID, "body.opened", "SECTION.EXISTS")


def _whole(task: Task) -> GrantedTask:
    return GrantedTask(task.number, task.elements, task.first_day, task.last_day)
