# SPDX-License-Identifier: Apache-2.0
"""Rules of issuing, validating and withdrawing: who may ask for what, and who must say yes.

The values come from the pack; what stands here is how they combine (regimes §9.2): the strictest category decides on
authority and threshold, a drafter never validates, a grant narrows or equals what was asked and never widens it, and
grounds are never sealed to the provider.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from rogatory.protocol import errors
from rogatory.protocol.decision import Decision, refuse
from rogatory.protocol.directory import PartyKind
from rogatory.protocol.header import DAY_MS, Address, SectionKind, Task
from rogatory.protocol.pack import EMERGENCY, check_facts, check_threshold, notification_required
from rogatory.protocol.state import TERMINAL, PartyKey, RequestState, StateName, Superseded, TaskState
from rogatory.protocol.statements import DecisionCode, GrantedTask, Issue, Validate, Withdraw

_GRANTS: Final = frozenset({DecisionCode.GRANT, DecisionCode.GRANT_NARROWED})


def issue(state: RequestState | None, decision: Decision) -> RequestState:
    """A new request, or one that replaces what the authority returned."""
    header, body, setting = decision.header, decision.body(Issue), decision.setting
    pack = setting.pack
    _place(state, decision)
    if not pack.in_force_at(setting.time_ms):
        refuse(errors.X_PACK_NOT_IN_FORCE, "header.pack_digest", pack.rule("in_force"))
    rules = pack.rules(body.request_kind)
    if body.legal_type != rules.legal_type:
        refuse(errors.X_FIELD_INVALID, "body.legal_type", pack.rule("legal_type"))
    check_facts(header, pack, rules.required_facts)
    for i, task in enumerate(header.tasks):
        if task.identifier_type not in pack.identifiers:
            refuse(errors.X_FIELD_INVALID, f"header.tasks[{i}].identifier_type", pack.rule("identifiers"))
        if task.last_day > setting.time_ms // DAY_MS:
            refuse(errors.X_PROSPECTIVE_DATA, f"header.tasks[{i}].last_day", "STORED_DATA_ONLY")
    categories = pack.categories_of(header.tasks)
    rank = pack.rank(categories)
    check_threshold(header, pack, body.request_kind, rank)
    if notification_required(header, pack, body.request_kind, rank):
        refuse(errors.X_NOTIFICATION_MISSING, "header.facts", pack.rule("notify_enforcing_authority"))
    _addressee(decision)
    alone = header.issuer.role in rules.authority[rank].issue
    if not alone:
        _drafting(decision, body, rules.authority[rank].drafters, rank)
    party_keys = _keys(decision, body.authority)
    _sections(decision, party_keys)
    return RequestState(
        request_id=header.request_id,
        kind=body.request_kind,
        legal_type=body.legal_type,
        pack_digest=pack.digest,
        name=StateName.TRANSMITTED if alone else StateName.ISSUED,
        agency=Address(header.issuer.org, header.reply_to.unit if header.reply_to else header.issuer.unit),
        drafter=header.issuer.subject,
        authority=body.authority,
        provider=header.addressee,
        facts=header.facts,
        tasks=tuple(TaskState(task, _whole(task) if alone else None) for task in header.tasks),
        sections=header.sections,
        keys=party_keys,
        categories=categories,
        emergency=header.fact(EMERGENCY) is not None,
        issue_digest=decision.verified.digest,
        order_digest=decision.verified.digest if alone else b"",
        last_index=setting.index,
        last_digest=decision.verified.digest,
        superseded=_replaced(state),
    )


def validate(state: RequestState, decision: Decision) -> RequestState:
    """Grant, grant narrowed, return or refuse, by the authority that the issue names."""
    body, pack = decision.body(Validate), decision.setting.pack
    if state.authority is None:
        refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", "NO_AUTHORITY_ASKED")
    decision.require_party(PartyKind.AUTHORITY, state.authority, unit=True)
    decision.require_state(state, StateName.ISSUED)
    decision.require_about(state.issue_digest, "ABOUT.ISSUE")
    rank = pack.rank(state.categories)
    roles = pack.rules(state.kind).authority[rank].validate
    decision.require_role(roles, errors.X_AUTHORITY_NOT_COMPETENT, pack.rule(f"authority/{rank}/validate"))
    if decision.header.issuer.subject == state.drafter or decision.header.issuer.org == state.agency.org:
        refuse(errors.X_AUTHORITY_NOT_COMPETENT, "header.issuer", "DRAFTER_IS_NOT_VALIDATOR")
    if body.decision not in _GRANTS:
        if body.code not in pack.refusal["authority"]:
            refuse(errors.X_FIELD_INVALID, "body.code", pack.rule("refusal/authority"))
        name = StateName.RETURNED if body.decision is DecisionCode.RETURN else StateName.REFUSED
        return replace(state, name=name, code=body.code)
    _grant(state, body)
    granted = {item.number: item for item in body.granted}
    return replace(
        state,
        name=StateName.TRANSMITTED,
        order_digest=decision.verified.digest,
        tasks=tuple(replace(item, granted=granted.get(item.task.number)) for item in state.tasks),
    )


def withdraw(state: RequestState, decision: Decision) -> RequestState:
    """The agency takes the request back; goes in whatever the signer had seen.

    Also where it names an issue that was replaced meanwhile: the request is one, and taking back waits for nobody.
    """
    decision.require_asking(state)
    if state.former(decision.header.about) is None:
        decision.require_about(state.issue_digest, "ABOUT.ISSUE")
    code = decision.body(Withdraw).code
    if code not in decision.setting.pack.withdrawal:
        refuse(errors.X_FIELD_INVALID, "body.code", decision.setting.pack.rule("withdrawal"))
    return replace(state, name=StateName.WITHDRAWN, code=code)


def _replaced(state: RequestState | None) -> tuple[Superseded, ...]:
    if state is None:
        return ()
    return (*state.superseded, Superseded(state.issue_digest, state.named, state.keys))


def _keys(decision: Decision, authority: Address | None) -> tuple[PartyKey, ...]:
    """Keys of the units that a request is sealed to: who asked, who validates if anybody does, the provider."""
    directory, header = decision.setting.directory, decision.header
    units = [header.reply_to, authority, header.addressee]
    return tuple(PartyKey(unit.org, directory.unit(unit).key_id) for unit in units if unit is not None)


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
    directory, header = decision.setting.directory, decision.header
    directory.unit(header.addressee, "header.addressee")
    provider = directory.org(header.addressee.org, "header.addressee")
    if provider.kind is not PartyKind.PROVIDER or not directory.unit(header.addressee).sealing_key:
        refuse(errors.X_ADDRESSEE_NOT_DESIGNATED, "header.addressee", "DIRECTORY.PROVIDER")
    reply = header.reply_to
    if reply is None or reply.org != header.issuer.org or not directory.unit(reply).sealing_key:
        refuse(errors.X_FIELD_INVALID, "header.reply_to", "OWN_UNIT")


def _drafting(decision: Decision, body: Issue, drafters: tuple[str, ...], rank: str) -> None:
    """The issuer may not sign alone: it must be a drafter of an agency and name an authority to validate."""
    pack = decision.setting.pack
    decision.require_role(drafters, errors.X_AUTHORITY_NOT_COMPETENT, pack.rule(f"authority/{rank}/issue"))
    if decision.org.kind is not PartyKind.AGENCY:
        refuse(errors.X_NOT_AUTHORISED, "header.issuer", "PARTY.AGENCY")
    if body.authority is None:
        refuse(errors.X_VALIDATION_MISSING, "body.authority", pack.rule(f"authority/{rank}/validate"))
    unit = decision.setting.directory.unit(body.authority, "body.authority")
    if decision.setting.directory.org(unit.org).kind is not PartyKind.AUTHORITY or not unit.sealing_key:
        refuse(errors.X_AUTHORITY_NOT_COMPETENT, "body.authority", "DIRECTORY.AUTHORITY")


def _sections(decision: Decision, keys: tuple[PartyKey, ...]) -> None:
    """One particulars for each task, one grounds; each sealed to exactly the units that the law lets read it."""
    header = decision.header
    everybody = [key.key_id for key in keys]
    grounds = tuple(sorted(everybody[:-1]))  # not to the provider, who is the last
    particulars = tuple(sorted({*everybody}))
    tasks: list[int] = []
    seen_grounds = 0
    for i, ref in enumerate(header.sections):
        expected = particulars if ref.kind is SectionKind.PARTICULARS else grounds
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
        if task is None or not _within(granted, task):
            refuse(errors.X_SCOPE_EXCEEDED, f"body.granted[{i}]", "GRANT_NEVER_WIDENS")
    whole = body.granted == tuple(_whole(item.task) for item in state.tasks)
    if whole != (body.decision is DecisionCode.GRANT):
        refuse(errors.X_FIELD_INVALID, "body.decision", "GRANT_SAYS_WHAT_IT_DOES")
    opened = set(body.opened)
    grounds = state.grounds()
    needed = [state.particulars(item.number) for item in body.granted] + [grounds]
    if any(ref is None or ref.object_digest not in opened for ref in needed):
        refuse(errors.X_SECTION_NOT_OPENED, "body.opened", "SECTION.OPENED")
    if opened - {ref.object_digest for ref in state.sections}:
        refuse(errors.X_FIELD_INVALID, "body.opened", "SECTION.EXISTS")


def _within(granted: GrantedTask, task: Task) -> bool:
    return (
        set(granted.elements) <= set(task.elements)
        and task.first_day <= granted.first_day
        and granted.last_day <= task.last_day
    )


def _whole(task: Task) -> GrantedTask:
    return GrantedTask(task.number, task.elements, task.first_day, task.last_day)
