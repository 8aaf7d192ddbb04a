# SPDX-License-Identifier: Apache-2.0
"""The fold: from a request's state and one verified statement to the next state, or a refusal.

Pure, and the same for every party (architecture §4.2). ``decide`` is what the exchange runs before it commits and what
each client runs over the envelopes it was given; a test holds both against each other. It does no I/O and keeps nothing. Rules common to all kinds stand
here; those of issuing and validating in ``issuing``, those of the answer in ``answering``. Whether sealed objects and
parts have arrived is a matter of storage and is checked beside this by the exchange.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rogatory.protocol import (
    aftermath,
    answering,
    errors,
    issuing,
    keeping,
    questions,
    reviewing,
    scoping,
    terms,
)
from rogatory.protocol.bodies import Validate
from rogatory.protocol.carrying import require_carrying
from rogatory.protocol.copying import replace
from rogatory.protocol.decision import Decision, Setting, refuse
from rogatory.protocol.directory import Directory, PartyKind
from rogatory.protocol.duties import Clock
from rogatory.protocol.envelope import Verified, verify_envelope
from rogatory.protocol.errors import Invalid, NotVerified, Refused
from rogatory.protocol.header import Header, StatementKind
from rogatory.protocol.lifecycle_table import TABLE, About, Actor, Row
from rogatory.protocol.pack import Pack
from rogatory.protocol.state import TERMINAL, Flag, HoldName, RequestState, Seconded, Superseded

MAX_STATE_SECTIONS: Final = 512
MAX_SECONDED: Final = 16
# These say that something was seen or approved; who decides need not have seen them (nor what ``_still`` adds).
_STILL: Final = frozenset({StatementKind.PAGE_ACK, StatementKind.SECOND})


@dataclass(frozen=True, slots=True)
class LoggedEnvelope:
    """Envelope bytes with their place and time in the log, as a receipt or a view proves them."""

    data: bytes
    index: int
    time_ms: int


def decide(state: RequestState | None, verified: Verified, setting: Setting) -> RequestState:
    """Fold one verified statement into a request's state.

    Args:
        state: The state before; ``None`` for a request that does not exist yet.
        verified: The statement.
        setting: Log index, commit time, directory and pack that it is judged by.

    Raises:
        Refused: With a stable code, the field and the rule. The state is then unchanged.
    """
    decision = Decision(verified, setting)
    header = verified.header
    if header.kind is StatementKind.ISSUE:
        return issuing.issue(state, decision)
    rule, row = _RULES.get(header.kind), TABLE.get(header.kind)
    if rule is None or row is None:
        raise Refused(errors.X_KIND_UNKNOWN, "header.kind", "LIFECYCLE")
    told = header.kind is StatementKind.CLOCK  # the exchange's clock is no party, and signs nothing else
    if state is None or not (told or verified.row.org in state.parties):
        raise Refused(errors.X_NOT_FOUND, "header.request_id", "LIFECYCLE.EXISTS")
    _common(state, decision, row)
    after = terms.rested(state, rule(state, decision), decision)
    # By the state after: a grant's note may be sealed to the provider, whom the grant makes a party that sees it.
    _notes(after, decision)
    after = replace(
        after,
        sections=(*after.sections, *header.sections),
        last_index=setting.index,
        last_digest=verified.digest,
    )
    if _still(state, decision):
        return after
    return replace(after, moved_index=setting.index, moved_digest=verified.digest)


def fold(
    envelopes: Iterable[LoggedEnvelope],
    directory: Directory,
    packs: Mapping[bytes, Pack],
    start: RequestState | None = None,
) -> tuple[RequestState | None, tuple[Verified, ...]]:
    """Verify and fold a request's envelopes in log order.

    Args:
        envelopes: What is folded.
        directory: What they are verified against.
        packs: Packs by digest.
        start: The state that earlier envelopes gave; none to fold a request from its first.

    Raises:
        RogatoryError: The first envelope that does not verify or that the rules refuse, that is not in log order, or
            that is there twice: the exchange logs a statement once, and so nobody folds it twice.
    """
    state = start
    verified: list[Verified] = []
    taken: set[bytes] = set()
    for item in envelopes:
        if state is not None and item.index <= state.last_index:
            raise NotVerified(errors.X_LOG_INVALID, "statements", "ORDER")
        statement = verify_envelope(item.data, directory, item.time_ms)
        if statement.header.statement_id in taken:
            raise Invalid(errors.X_REPLAY, "header.statement_id", "STATEMENT_ID_TAKEN")
        taken.add(statement.header.statement_id)
        pack = pack_of(state, statement, packs)
        state = decide(state, statement, Setting(item.index, item.time_ms, directory, pack))
        verified.append(statement)
    return state, tuple(verified)


def pack_of(state: RequestState | None, verified: Verified, packs: Mapping[bytes, Pack]) -> Pack:
    """Return the pack that a statement is judged by: the one its request named when it was issued.

    Raises:
        Refused: ``X_PACK_UNKNOWN``, or ``X_NOT_FOUND`` for an answer to a request that does not exist.
    """
    if verified.header.kind is StatementKind.ISSUE:
        digest = verified.header.pack_digest
    elif state is None:
        raise Refused(errors.X_NOT_FOUND, "header.request_id", "LIFECYCLE.EXISTS")
    else:
        digest = state.pack_digest
    pack = packs.get(digest)
    if pack is None:
        raise Refused(errors.X_PACK_UNKNOWN, "header.pack_digest", "DIRECTORY.PACKS")
    return pack


def two_persons(pack: Pack, state: RequestState, kind: StatementKind) -> bool:
    """Tell whether a second person must approve a kind of statement: the table says so, or the pack."""
    row = TABLE.get(kind)
    return (row is not None and row.two_persons) or kind.name in pack.rules(state.kind).two_persons


def _common(state: RequestState, decision: Decision, row: Row) -> None:
    """What holds for every kind: the pinned law, the table's row, what the signer had seen, the addressee, two persons."""
    header, pack = decision.header, decision.setting.pack
    if Flag.ERASED in state.flags:
        refuse(errors.X_ERASED, "header.request_id", "ERASED")
    if header.pack_digest and header.pack_digest != state.pack_digest:
        refuse(errors.X_FIELD_INVALID, "header.pack_digest", "PINNED")
    if pack.recalled(decision.setting.index) and not row.under_recall:
        refuse(errors.X_PACK_RECALLED, "header.kind", pack.rule("recall"))
    if _ended(state, header, row):
        refuse(errors.X_OBJECT_TERMINAL, "header.request_id", f"STATE.{state.name.name}")
    _order(state, decision, row)
    # The log names the addressee as the receiving party: an answer may not put a bystander there.
    # Whoever takes back an issue that was replaced meanwhile has addressed those whom it named.
    former = _taken_back(state, header)
    if header.addressee not in (*state.named, *(former.named if former is not None else ())):
        refuse(errors.X_ADDRESSEE_NOT_DESIGNATED, "header.addressee", "ADDRESSEE.NAMED")
    if not any(_ACTORS[actor](state, decision) for actor in row.actors):
        refuse(errors.X_NOT_AUTHORISED, "header.issuer", f"PARTY.{row.actors[0].name}")
    if not _ABOUTS[row.about](state, decision):
        refuse(errors.X_FIELD_INVALID, "header.about", f"ABOUT.{row.about.name.partition('_')[0]}")
    if state.name not in row.states:
        refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", f"STATE.{state.name.name}")
    if two_persons(pack, state, header.kind) and not _seconded(state, decision):
        refuse(errors.X_SECOND_MISSING, "header.kind", pack.rule(f"kinds/{state.kind.name}/two_persons"))


def _order(state: RequestState, decision: Decision, row: Row) -> None:
    """What the signer says to have seen exists, and whoever decides has seen the newest that counts."""
    seen = decision.header.seen
    if seen.request_digest:  # the signer worked from a file
        require_carrying(state, decision.setting.pack, "header.seen.request_digest")
    newest = state.moved_index < seen.request_position <= state.last_index + 1 or _named(state, decision)
    if row.deciding and not newest:
        refuse(errors.X_STALE_GENERATION, "header.seen.request_position", "ORDER")
    if seen.request_position > state.last_index + 1:
        refuse(errors.X_FIELD_INVALID, "header.seen.request_position", "ORDER")


def _still(state: RequestState, decision: Decision) -> bool:
    """Whether a statement leaves alone what anybody may decide on.

    Also a validation that was owed and is given whole, and that a deposit is late: neither changes what an answer may hold, and
    either may come in between while the other side of a carried request still signs without the log.
    """
    body = decision.verified.statement.body
    if isinstance(body, Validate):
        owed = state.held(HoldName.EX_POST_VALIDATION_PENDING) is not None
        return owed and decision.header.about == state.issue_digest and body.granted == state.granted
    return decision.header.kind in _STILL or (isinstance(body, Clock) and body.obligation == terms.DEPOSIT)


def _named(state: RequestState, decision: Decision) -> bool:
    """Whether the signer names the last statement that counts by its digest, since its place in the log was not known.

    As strong as the place: who knows the digest of the signed bytes has had them.
    """
    named = decision.header.seen.request_digest
    return bool(named) and named in {state.moved_digest, state.last_digest}


def _taken_back(state: RequestState, header: Header) -> Superseded | None:
    """Return the replaced issue that a withdrawal names, if it names one."""
    return state.former(header.about) if header.kind is StatementKind.WITHDRAW else None


def _ended(state: RequestState, header: Header, row: Row) -> bool:
    """Whether a request takes this statement no more.

    A disclosure that went in before a withdrawal or a refusal is with the agency: that it was opened, and what was in it, is
    still said, once, or nobody could follow where the data are.
    """
    if state.name not in TERMINAL:
        return False
    if header.kind is StatementKind.ACKNOWLEDGE:
        return all(item.scope_report for item in state.disclosures if item.manifest == header.about)
    return state.name not in row.states


def _second(state: RequestState, decision: Decision) -> RequestState:
    """A person approves an envelope of the same party, which is then sent."""
    issuer = decision.header.issuer
    item = Seconded(decision.header.about, issuer.org, issuer.subject)
    return replace(state, seconded=(*state.seconded, item)[-MAX_SECONDED:])


def _seconded(state: RequestState, decision: Decision) -> bool:
    issuer = decision.header.issuer
    return any(
        item.digest == decision.verified.digest and item.org == issuer.org and item.subject != issuer.subject
        for item in state.seconded
    )


def _notes(state: RequestState, decision: Decision) -> None:
    """A note is sealed to units of parties that see the request, and to nobody else."""
    if not decision.header.sections:
        return
    allowed = {key.key_id for key in state.keys if key.org in state.parties}
    former = _taken_back(state, decision.header)
    if former is not None:
        # Replaced before anything was transmitted: its provider has never been a party.
        allowed |= {key.key_id for key in former.keys if key.org != former.named[-1].org}
    for i, ref in enumerate(decision.header.sections):
        if set(ref.recipients) - allowed:
            raise Refused(
                errors.X_FIELD_NOT_FOR_RECIPIENT, f"header.sections[{i}].recipients", "SECTION.RECIPIENTS"
            )
        if len(state.sections) + len(decision.header.sections) > MAX_STATE_SECTIONS:
            raise Refused(errors.X_TOO_LARGE, "header.sections", "COUNT")


_Says = Callable[[RequestState, Decision], bool]


def _authority(state: RequestState, decision: Decision) -> bool:
    """Whether the authority signs that the issue names; that it is its very unit, the rule of the kind checks."""
    named = state.authority is not None and decision.header.issuer.org == state.authority.org
    return named and decision.org.kind is PartyKind.AUTHORITY


def _court(state: RequestState, decision: Decision) -> bool:
    """Whether a judge of the asking State signs: remedies are had there (Reg. 2023/1543 Art. 18), not where data lie."""
    judge = decision.org.kind is PartyKind.AUTHORITY and decision.header.issuer.role == "JUDGE"
    return judge and not reviewing.is_enforcing(state, decision)


def _provider(state: RequestState, decision: Decision) -> bool:
    return decision.org.kind is PartyKind.PROVIDER and decision.header.issuer.org == state.provider.org


def _clock(_state: RequestState, decision: Decision) -> bool:
    return decision.org.kind is PartyKind.OPERATOR


_ACTORS: Final[Mapping[Actor, _Says]] = MappingProxyType(
    {
        Actor.ASKING: lambda state, decision: decision.header.issuer.org == state.agency.org,
        Actor.AUTHORITY: _authority,
        Actor.COURT: _court,
        Actor.PROVIDER: _provider,
        Actor.ENFORCING: reviewing.is_enforcing,
        Actor.PARTY: lambda state, decision: decision.header.issuer.org in state.parties,
        Actor.CLOCK: _clock,
    }
)


def _any(state: RequestState, decision: Decision) -> bool:
    """Whether a statement is about one that the state still knows."""
    known = {state.issue_digest, state.order_digest, state.last_digest}
    known |= {item.digest for item in (*state.holds, *state.proposals)}
    known |= {item.digest for item in state.debts}
    known |= {item.manifest for item in state.disclosures}
    return decision.header.about in known


# Where the rule of a kind looks closer (which hold, which claim), the table's word is not checked twice.
_ABOUTS: Final[Mapping[About, _Says]] = MappingProxyType(
    {
        About.NOTHING: lambda _state, d: not d.header.about,
        About.ISSUE: lambda state, d: d.header.about == state.issue_digest,
        About.ISSUE_EVER: lambda s, d: (
            d.header.about == s.issue_digest or s.former(d.header.about) is not None
        ),
        About.ORDER: lambda state, d: d.header.about == state.order_digest,
        About.DISCLOSURE: lambda state, d: d.header.about in {item.manifest for item in state.disclosures},
        About.HOLD: lambda state, d: d.header.about in {item.digest for item in state.holds},
        About.AMENDED: _any,
        About.CLAIM: lambda state, d: d.header.about in {item.digest for item in state.debts},
        About.DUTY: _any,
        About.ENVELOPE: lambda _state, _d: True,
        About.ISSUE_OR_AMENDMENT: lambda _state, _d: True,
        About.ANY: _any,
    }
)
_Rule = Callable[[RequestState, Decision], RequestState]
_RULES: Final[Mapping[StatementKind, _Rule]] = MappingProxyType(
    {
        StatementKind.VALIDATE: issuing.validate,
        StatementKind.SECOND: _second,
        StatementKind.DELIVERED: answering.delivered,
        StatementKind.RECEIVE: answering.receive,
        StatementKind.CONFIRM_ORIGIN_CHALLENGE: questions.challenge,
        StatementKind.CONFIRM_ORIGIN: questions.confirm,
        StatementKind.PRESERVE: answering.preserve,
        StatementKind.RELEASE: keeping.release,
        StatementKind.CLARIFY_REQUEST: questions.clarify_request,
        StatementKind.CLARIFY: questions.clarify,
        StatementKind.RESCIND: issuing.rescind,
        StatementKind.ANNUL: issuing.annul,
        StatementKind.PAGE_ACK: questions.page_ack,
        StatementKind.PROPOSE_NARROWING: scoping.propose_narrowing,
        StatementKind.AMEND: scoping.amend,
        StatementKind.OBJECT: questions.object_to,
        StatementKind.MAINTAIN: questions.maintain,
        StatementKind.NEW_DEADLINE: questions.new_deadline,
        StatementKind.REFUSE: answering.refuse_request,
        StatementKind.NOTIFY: reviewing.notify,
        StatementKind.NO_GROUNDS: reviewing.no_grounds,
        StatementKind.DISCLOSE: answering.disclose,
        StatementKind.ACKNOWLEDGE: answering.acknowledge,
        StatementKind.REWRAP: aftermath.rewrap,
        StatementKind.REPORT_EXCESS: answering.report_excess,
        StatementKind.ERROR: aftermath.error,
        StatementKind.ATTEST_DELETION: aftermath.attest_deletion,
        StatementKind.EXTEND: keeping.extend,
        StatementKind.HOLD: keeping.hold,
        StatementKind.WITHDRAW: issuing.withdraw,
        StatementKind.END: keeping.end,
        StatementKind.DEFER_NOTICE: aftermath.defer_notice,
        StatementKind.NOTIFY_SUBJECT: aftermath.notify_subject,
        StatementKind.EXTEND_SEAL: aftermath.extend_seal,
        StatementKind.CLAIM_COST: aftermath.claim_cost,
        StatementKind.SETTLE_COST: aftermath.settle_cost,
        StatementKind.TRANSMIT_OUTSIDE: aftermath.transmit_outside,
        StatementKind.ERASE: aftermath.erase,
        StatementKind.CLOCK: terms.clock,
    }
)
