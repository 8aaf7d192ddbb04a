# SPDX-License-Identifier: Apache-2.0
"""The fold: from a request's state and one verified statement to the next state, or a refusal.

Pure, and the same for every party (architecture §4.2). ``decide`` is what the exchange runs before it commits and what
each client runs over the envelopes it was given; a test holds both against each other. It does no I/O and keeps nothing. Rules common to all kinds stand
here; those of issuing and validating in ``issuing``, those of the answer in ``answering``. Whether sealed objects and
parts have arrived is a matter of storage and is checked beside this by the exchange.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from rogatory.protocol import answering, errors, issuing
from rogatory.protocol.decision import Decision, Setting
from rogatory.protocol.directory import Directory
from rogatory.protocol.envelope import Verified, verify_envelope
from rogatory.protocol.errors import Invalid, NotVerified, Refused
from rogatory.protocol.header import Header, StatementKind
from rogatory.protocol.pack import Pack
from rogatory.protocol.state import TERMINAL, RequestState, Superseded
from rogatory.protocol.statements import DECIDING_KINDS

_Rule = Callable[[RequestState, Decision], RequestState]

_RULES: Final[Mapping[StatementKind, _Rule]] = MappingProxyType(
    {
        StatementKind.VALIDATE: issuing.validate,
        StatementKind.WITHDRAW: issuing.withdraw,
        StatementKind.DELIVERED: answering.delivered,
        StatementKind.RECEIVE: answering.receive,
        StatementKind.PRESERVE: answering.preserve,
        StatementKind.REFUSE: answering.refuse_request,
        StatementKind.DISCLOSE: answering.disclose,
        StatementKind.ACKNOWLEDGE: answering.acknowledge,
        StatementKind.REPORT_EXCESS: answering.report_excess,
    }
)
# Taking back, refusing and reporting must never wait for having read the newest state, nor for a request to be open.
MAX_STATE_SECTIONS: Final = 512
_ALWAYS: Final = frozenset({StatementKind.REPORT_EXCESS})


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
    rule = _RULES.get(header.kind)
    if rule is None:
        raise Refused(errors.X_KIND_UNKNOWN, "header.kind", "LIFECYCLE")
    if state is None or verified.row.org not in state.parties:
        raise Refused(errors.X_NOT_FOUND, "header.request_id", "LIFECYCLE.EXISTS")
    _common(state, decision)
    after = rule(state, decision)
    # By the state after: a grant's note may be sealed to the provider, whom the grant makes a party that sees it.
    _notes(after, decision)
    sections = (*after.sections, *header.sections)
    return replace(after, sections=sections, last_index=setting.index, last_digest=verified.digest)


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


def _common(state: RequestState, decision: Decision) -> None:
    header = decision.header
    if header.pack_digest and header.pack_digest != state.pack_digest:
        raise Refused(errors.X_FIELD_INVALID, "header.pack_digest", "PINNED")
    if _ended(state, header):
        raise Refused(errors.X_OBJECT_TERMINAL, "header.request_id", f"STATE.{state.name.name}")
    if header.kind in DECIDING_KINDS and header.seen.request_position != state.last_index + 1:
        raise Refused(errors.X_STALE_GENERATION, "header.seen.request_position", "ORDER")
    if header.seen.request_position > state.last_index + 1:
        raise Refused(errors.X_FIELD_INVALID, "header.seen.request_position", "ORDER")
    # The log names the addressee as the receiving party: an answer may not put a bystander there.
    # Whoever takes back an issue that was replaced meanwhile has addressed those whom it named.
    former = _taken_back(state, header)
    if header.addressee not in (*state.named, *(former.named if former is not None else ())):
        raise Refused(errors.X_ADDRESSEE_NOT_DESIGNATED, "header.addressee", "ADDRESSEE.NAMED")


def _taken_back(state: RequestState, header: Header) -> Superseded | None:
    """Return the replaced issue that a withdrawal names, if it names one."""
    return state.former(header.about) if header.kind is StatementKind.WITHDRAW else None


def _ended(state: RequestState, header: Header) -> bool:
    """Whether a request takes this statement no more.

    A disclosure that went in before a withdrawal or a refusal is with the agency: that it was opened, and what was in it, is
    still said, once, or nobody could follow where the data are.
    """
    if state.name not in TERMINAL or header.kind in _ALWAYS:
        return False
    if header.kind is StatementKind.ACKNOWLEDGE:
        return all(item.scope_report for item in state.disclosures if item.manifest == header.about)
    return True


def _notes(state: RequestState, decision: Decision) -> None:
    """A note is sealed to units of parties that see the request, and to nobody else."""
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
